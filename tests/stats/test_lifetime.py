from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.buyers import BuyerFit, estimate_buyers, expected_purchases
from gtmlib.stats.lifetime import check_enough_data, discounted_purchases, estimate_future_revenue, value_by_multiple
from gtmlib.stats.posterior import Estimate
from gtmlib.stats.spend import SpendFit, estimate_spend, expected_spend

DATA = Path(__file__).parents[2].parent / "shared" / "data"
Models = tuple[pd.DataFrame, BuyerFit, SpendFit]


@pytest.fixture(scope="module")
def cdnow() -> Models:
    path = DATA / "lifetimes_cdnow_customers_summary_with_transactions.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} of the shared sample data is not here")
    rows = pd.read_csv(path)
    repeaters = rows[rows["x"] > 0]
    return rows, estimate_buyers(rows["x"], rows["t_x"], rows["T"]), estimate_spend(repeaters["x"], repeaters["zbar"])


def test_one_undiscounted_year_is_purchases_times_spend(cdnow: Models) -> None:
    rows, buyers, spend = cdnow
    people = rows["x"], rows["t_x"], rows["T"]
    future = estimate_future_revenue(buyers, spend, *people, rows["zbar"], year=52.18, n_years=1, discount_rate=0)
    purchases = expected_purchases(np.exp(buyers.fit.log_values), 52.18, *people)
    assert future.total.value == pytest.approx(purchases @ expected_spend(spend, rows["x"], rows["zbar"]))
    assert future.per_customer.value == pytest.approx(future.total.value / 2357)


def test_five_discounted_years_of_cdnow_have_a_finite_interval_around_them(cdnow: Models) -> None:
    rows, buyers, spend = cdnow
    future = estimate_future_revenue(buyers, spend, rows["x"], rows["t_x"], rows["T"], rows["zbar"], year=52.18)
    assert 0 < future.total.ci_low < future.total.value < future.total.ci_high < 2 * future.total.value


def test_customers_split_into_groups_sum_to_all_of_them(cdnow: Models) -> None:
    rows, buyers, spend = cdnow
    halves = [
        estimate_future_revenue(buyers, spend, part["x"], part["t_x"], part["T"], part["zbar"], year=52.18).total.value
        for part in (rows, rows.iloc[:1000], rows.iloc[1000:])
    ]
    assert halves[0] == pytest.approx(halves[1] + halves[2])


def test_discounting_makes_later_purchases_worth_less() -> None:
    values, customer = (0.243, 4.414, 0.793, 2.426), ([2], [30.43], [38.86])
    plain, dear = (
        discounted_purchases(values, *customer, year=52.18, n_years=5, discount_rate=i)[0] for i in (0.0, 0.2)
    )
    assert plain == pytest.approx(expected_purchases(values, 5 * 52.18, *customer)[0])
    assert dear < plain


@pytest.mark.parametrize(
    ("n", "repeaters", "reason"),
    [(99, 99, "few_customers"), (100, 29, "few_repeaters"), (100, 30, None), (0, 0, "few_customers")],
)
def test_a_model_needs_100_customers_and_30_repeaters(n: int, repeaters: int, reason: str | None) -> None:
    enough = check_enough_data([1] * repeaters + [0] * (n - repeaters))
    assert (enough.is_enough, enough.reason) == (reason is None, reason)


def test_without_a_model_the_value_is_a_years_contribution_times_a_multiple() -> None:
    yearly = Estimate(value=-100.0, ci_low=-300.0, ci_high=100.0, confidence_level=0.9)
    value = value_by_multiple(yearly, 0.8, discount_rate=0.1, n_years=None)
    assert (value.ci_low, value.value, value.ci_high) == pytest.approx((-800, -800 / 3, 800 / 3))


def test_an_impossible_horizon_is_refused() -> None:
    with pytest.raises(ParameterError, match="n_years 0"):
        discounted_purchases((1, 1, 2, 2), [0], [0], [5], year=52, n_years=0, discount_rate=0.1)
