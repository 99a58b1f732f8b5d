from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.ratios import RatioEstimate
from gtmlib.stats.unit_economics import (
    burn_multiple,
    estimate_acquisition_cost,
    estimate_payback,
    estimate_value_to_cost,
    value_multiple,
)


def test_acquisition_cost_is_all_spend_over_customers_won() -> None:
    cost = estimate_acquisition_cost(50_000, 25, spend_on_won=20_000)
    assert (cost.loaded.value, cost.won_only) == (2_000, 800)
    assert estimate_acquisition_cost(50_000, 25).won_only is None


def test_acquisition_cost_interval_is_garwoods_for_the_number_won() -> None:
    # Garwood (1936): 10 events leave 4.795 to 18.390 at 95 %.
    cost = estimate_acquisition_cost(10_000, 10)
    assert (cost.ci_low, cost.ci_high) == (
        pytest.approx(10_000 / 18.390, rel=1e-4),
        pytest.approx(10_000 / 4.795, rel=1e-4),
    )


def test_no_customer_won_has_no_cost_per_customer_but_a_least_one() -> None:
    cost = estimate_acquisition_cost(10_000, 0, n_prospects=8)
    assert (cost.loaded.value, cost.loaded.reason, cost.ci_high, cost.won_only) == (
        None,
        "no_customers_won",
        None,
        None,
    )
    assert cost.ci_low == pytest.approx(10_000 / 3.689, rel=1e-3)


def per_customer(value: float, low: float, high: float) -> RatioEstimate:
    return RatioEstimate(value=value, ci_low=low, ci_high=high, confidence_level=0.95)


def test_payback_of_5000_at_500_a_month_and_80_percent_is_12_and_a_half_months() -> None:
    cost = estimate_acquisition_cost(5_000, 1)
    assert estimate_payback(cost, per_customer(500 * 0.8, 300, 500)).value == 12.5
    assert estimate_payback(cost, per_customer(-50, -90, -10)).reason == "no_gross_profit"
    assert estimate_payback(cost, per_customer(50, -10, 110)).ci_high is None
    assert estimate_payback(estimate_acquisition_cost(5_000, 0), per_customer(1, 1, 1)).reason == "no_customers_won"


@pytest.mark.parametrize(("retention", "multiple"), [(0.6, 1.20), (0.7, 1.75), (0.8, 2.67), (0.9, 4.50)])
def test_value_multiple_reproduces_gupta_and_lehmann_2003(retention: float, multiple: float) -> None:
    assert round(value_multiple(retention, 0.10), 2) == multiple


@given(st.floats(0, 0.99), st.floats(0, 1), st.integers(1, 30))
def test_a_horizon_never_adds_to_the_endless_multiple(retention: float, rate: float, n_years: int) -> None:
    assert 0 <= value_multiple(retention, rate, n_years=n_years) <= value_multiple(retention, rate) + 1e-9


def test_burn_multiple_is_not_meaningful_without_growth() -> None:
    assert burn_multiple(3e6, 1e6).value == 3
    for growth in (0, -1e6):
        assert (burn_multiple(3e6, growth).value, burn_multiple(3e6, growth).reason) == (None, "not_meaningful")


def test_value_over_cost_has_no_meaning_where_winning_cost_nothing_or_nobody_was_won() -> None:
    worth = per_customer(6_000, 5_000, 7_500)
    assert estimate_value_to_cost(worth, estimate_acquisition_cost(50_000, 25)).value == 3
    assert estimate_value_to_cost(worth, estimate_acquisition_cost(0, 25)).reason == "not_meaningful"
    assert estimate_value_to_cost(worth, estimate_acquisition_cost(9_000, 0)).reason == "no_customers_won"


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ParameterError, match="25 customers were won from 20 prospects"):
        estimate_acquisition_cost(1, 25, n_prospects=20)
    with pytest.raises(ParameterError, match="not a part of the spend"):
        estimate_acquisition_cost(100, 2, spend_on_won=200)
    with pytest.raises(ParameterError, match="endless"):
        value_multiple(1, 0)
    with pytest.raises(ParameterError, match="retention_rate is 1"):
        value_multiple(1.2, 0.1)
