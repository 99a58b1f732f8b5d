from __future__ import annotations

import time

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.contracts import estimate_contract_multiple, estimate_contract_survival, estimate_contracts

# Fader & Hardie (2007), table 1, segment "High End": per cent of contracts alive after 0..7 renewals.
HIGH_END = np.array([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1]) * 10


def test_maximum_likelihood_reproduces_fader_and_hardie_2007_high_end() -> None:
    start = time.process_time()
    fit = estimate_contracts(HIGH_END[:-1], -np.diff(HIGH_END), prior=None)
    assert time.process_time() - start < 1
    assert [fit.alpha.value, fit.beta.value] == pytest.approx([0.668, 3.806], abs=1e-3)
    survival = [step.value for step in estimate_contract_survival(fit, range(8, 13))]
    assert survival == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=5e-4)


def test_the_default_prior_hardly_moves_a_thousand_contracts() -> None:
    fit = estimate_contracts(HIGH_END[:-1], -np.diff(HIGH_END))
    assert [fit.alpha.value, fit.beta.value] == pytest.approx([0.668, 3.806], rel=0.01)


@pytest.mark.parametrize(("at_risk", "lost"), [([3], [0]), ([3], [3]), ([1, 1], [0, 1]), ([40, 20, 0], [0, 0, 0])])
def test_a_handful_of_contracts_gives_wide_and_finite_intervals(at_risk: list[int], lost: list[int]) -> None:
    fit = estimate_contracts(at_risk, lost)
    for step in estimate_contract_survival(fit, [1, 5]):
        assert 0 < step.ci_low < step.value < step.ci_high < 1
    multiple = estimate_contract_multiple(fit, age=0, discount_rate=0.1, n_periods=5)
    assert 0 < multiple.ci_low < multiple.value < multiple.ci_high


def test_cohorts_of_different_age_are_summed_by_renewals_at_risk() -> None:
    # A cohort of 500 seen for 7 renewals and one of 500 seen for 3: the fit is that of the same hazard.
    half = HIGH_END / 2
    at_risk = half[:-1] + np.where(np.arange(7) < 3, half[:-1], 0)
    lost = -np.diff(half) + np.where(np.arange(7) < 3, -np.diff(half), 0)
    fit = estimate_contracts(at_risk, lost)
    survival = estimate_contract_survival(fit, [3])[0]
    assert survival.ci_low < 0.653 < survival.ci_high
    assert survival.value == pytest.approx(0.653, abs=0.02)


def test_an_endless_undiscounted_multiple_of_constant_retention_is_gupta_and_lehmanns() -> None:
    # Huge alpha and beta: every contract has the same chance, and the sum is r / (1 + i - r).
    fit = estimate_contracts([1e6] * 3, [2e5] * 3)
    assert estimate_contract_multiple(fit, age=0, discount_rate=0.1, n_periods=200).value == pytest.approx(
        2.67, abs=0.02
    )


def test_more_lost_than_at_risk_is_refused() -> None:
    with pytest.raises(ParameterError, match="At renewal 2, 5 contracts of 4 are lost"):
        estimate_contracts([10, 4], [1, 5])
    with pytest.raises(ParameterError, match="No contract"):
        estimate_contracts([0], [0])
    with pytest.raises(ParameterError, match="without bounds"):
        estimate_contracts([3], [0], prior=None)
