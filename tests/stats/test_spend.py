from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.spend import estimate_spend, expected_spend

DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    path = DATA / "lifetimes_cdnow_customers_summary_with_transactions.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} of the shared sample data is not here")
    return pd.read_csv(path)


def test_maximum_likelihood_reproduces_fader_and_hardie_note_025(cdnow: pd.DataFrame) -> None:
    repeaters = cdnow[cdnow["x"] > 0]
    start = time.process_time()
    fit = estimate_spend(repeaters["x"], repeaters["zbar"], prior=None)
    assert time.process_time() - start < 1
    assert fit.n_customers == 946
    assert [fit.p.value, fit.q.value, fit.v.value] == pytest.approx([6.25, 3.74, 15.44], abs=0.02)
    first_ten = [24.66, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert expected_spend(fit, cdnow["x"], cdnow["zbar"])[:10] == pytest.approx(first_ten, abs=5e-3)


def test_the_default_prior_hardly_moves_nine_hundred_customers(cdnow: pd.DataFrame) -> None:
    repeaters = cdnow[cdnow["x"] > 0]
    fit = estimate_spend(repeaters["x"], repeaters["zbar"])
    assert fit.mean_spend.value == pytest.approx(35.17, abs=0.01)
    assert [fit.p.value, fit.q.value, fit.v.value] == pytest.approx([6.25, 3.74, 15.44], rel=0.03)


@pytest.mark.parametrize("size", [20, 50])
def test_forty_random_subsamples_of_cdnow_converge_to_finite_values(cdnow: pd.DataFrame, size: int) -> None:
    for seed in range(40):
        sample = cdnow.sample(size, random_state=seed)
        sample = sample[sample["x"] > 0]
        fit = estimate_spend(sample["x"], sample["zbar"])
        assert np.isfinite([*fit.fit.log_values, fit.q.ci_high, fit.mean_spend.ci_high]).all()
        assert sample["zbar"].min() < fit.mean_spend.value < sample["zbar"].max()


def test_expected_spend_lies_between_a_customers_mean_and_everybodys() -> None:
    fit = estimate_spend([1, 2, 5, 9, 3], [10, 20, 30, 25, 80])
    few, many = expected_spend(fit, [1, 40], [80, 80])
    assert fit.mean_spend.value < few < many < 80


def test_money_in_another_unit_gives_the_same_model() -> None:
    crowns, thousands = (estimate_spend([1, 2, 5], [unit * m for m in (10, 20, 30)]) for unit in (1.0, 0.001))
    assert crowns.p.value == pytest.approx(thousands.p.value)
    assert crowns.v.value == pytest.approx(1000 * thousands.v.value)


@pytest.mark.parametrize("spend", [[49.0] * 50, [5.0] * 3, [0.001, 1e9], [1e7]])
def test_extreme_spend_still_gives_finite_numbers_around_the_data(spend: list[float]) -> None:
    fit = estimate_spend([3] * len(spend), spend)
    assert np.isfinite([fit.p.ci_high, fit.q.ci_high, fit.v.ci_high, fit.mean_spend.ci_high]).all()
    assert fit.mean_spend.ci_low < np.mean(spend) < fit.mean_spend.ci_high


def test_the_gradient_is_that_of_the_likelihood() -> None:
    from scipy.optimize import check_grad

    from gtmlib.stats.spend import _log_likelihood

    data = np.array([1.0, 4.0]), np.array([0.7, 1.3])
    start = np.array([4.0, 2.5, 0.6])
    assert check_grad(lambda v: _log_likelihood(v, *data)[0], lambda v: _log_likelihood(v, *data)[1], start) < 1e-5


def test_losses_are_refused() -> None:
    with pytest.raises(ParameterError, match="is below 0"):
        estimate_spend([1, 1], [-5, 10])
    with pytest.raises(ParameterError, match="spend above 0"):
        estimate_spend([1, 1], [0, 10])
    with pytest.raises(ParameterError, match="No customer"):
        estimate_spend([], [])
