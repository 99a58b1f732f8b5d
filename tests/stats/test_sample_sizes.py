from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, normal_sample_size_one_tail
from statsmodels.stats.proportion import proportion_effectsize, samplesize_proportions_2indep_onetail

from gtmlib.stats.comparisons import newcombe_interval
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.sample_sizes import _likely_outcomes, exact_power, required_contacts, smallest_detectable_effect

RATES = st.floats(0.02, 0.9)


def test_fleiss_needs_199_an_arm_for_10_against_20_percent() -> None:
    assert math.ceil(required_contacts(0.10, 0.20, power=0.8)) == 199


@given(RATES, RATES, st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0, 4.0]), st.sampled_from([0.8, 0.9]))
def test_unequal_groups_take_the_larger_of_the_two_sizes_of_statsmodels(
    control: float, variant: float, ratio: float, power: float
) -> None:
    if abs(control - variant) < 0.01:
        return
    pooled = samplesize_proportions_2indep_onetail(
        variant - control, control, power, ratio=1 / ratio, alpha=0.05, alternative="two-sided"
    )
    spread = math.sqrt(variant * (1 - variant) + ratio * control * (1 - control))  # of the variant's contacts
    apart = normal_sample_size_one_tail(abs(variant - control), power, 0.025, spread, spread)
    assert required_contacts(control, variant, ratio=ratio, power=power) == pytest.approx(max(pooled, apart), rel=1e-9)
    if ratio == 1:
        assert pooled >= apart


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_the_arcsine_power_of_that_size_is_what_was_asked_or_more(ratio: float) -> None:
    n = required_contacts(0.45, 0.55, ratio=ratio)
    effect = proportion_effectsize(0.55, 0.45)
    power = NormalIndPower().power(effect, nobs1=n, ratio=1 / ratio, alpha=0.05, alternative="two-sided")
    assert power == pytest.approx(0.80, abs=0.01)


@pytest.mark.parametrize(("ratio", "power"), [(0.25, 0.878), (0.5, 0.848), (1.0, 0.804), (2.0, 0.805), (4.0, 0.804)])
def test_the_newcombe_rule_has_the_power_with_unequal_groups_too(ratio: float, power: float) -> None:
    n = math.ceil(required_contacts(0.10, 0.20, ratio=ratio))
    assert exact_power(n, 0.10, 0.20, n_control=math.ceil(n / ratio)) == pytest.approx(power, abs=0.001)


def test_exact_power_of_the_newcombe_rule_is_804_of_1000_at_199_and_704_at_157() -> None:
    assert round(exact_power(199, 0.10, 0.20), 3) == 0.804
    assert round(exact_power(157, 0.10, 0.20), 3) == 0.704


@given(st.integers(2, 60), st.integers(2, 60), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_exact_power_is_that_of_every_outcome_counted_one_by_one(n: int, n_0: int, rate: float, rate_0: float) -> None:
    (k, weights), (k_0, weights_0) = _likely_outcomes(n, rate), _likely_outcomes(n_0, rate_0)
    low, high = newcombe_interval(k[:, None], np.array(n), k_0[None], np.array(n_0), critical_value(0.95))
    right = low > 0 if rate >= rate_0 else high < 0
    counted = float(weights @ right @ weights_0)
    assert exact_power(n, rate_0, rate, n_control=n_0) == pytest.approx(counted, abs=1e-9)


def test_the_smallest_detectable_effect_is_the_inverse_of_the_required_contacts() -> None:
    for n, ratio in ((30.0, 1.0), (199.0, 0.25), (5000.0, 2.0)):
        effect = smallest_detectable_effect(n, 0.10, ratio=ratio)
        assert effect is not None
        assert required_contacts(0.10, 0.10 + effect, ratio=ratio) == pytest.approx(n, rel=1e-3)
    assert smallest_detectable_effect(3, 0.5) is None
