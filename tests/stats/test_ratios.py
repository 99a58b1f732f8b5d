from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.means import estimate_mean
from gtmlib.stats.ratios import RatioEstimate, divide_estimates, estimate_ratio_of_sums

POSITIVE = st.floats(0.01, 1e6)


def figure(value: float, low: float | None, high: float | None) -> RatioEstimate:
    return RatioEstimate(value=value, ci_low=low, ci_high=high, confidence_level=0.95)


@st.composite
def figures(draw: st.DrawFn) -> RatioEstimate:
    value = draw(POSITIVE)
    return figure(value, value * draw(st.floats(0.05, 1)), value * draw(st.floats(1, 20)))


def of(top: np.ndarray, bottom: np.ndarray) -> RatioEstimate:
    sums = {"top_squares": top @ top, "bottom_squares": bottom @ bottom, "products": top @ bottom}
    return estimate_ratio_of_sums(len(top), top.sum(), bottom.sum(), **{name: float(x) for name, x in sums.items()})


def test_a_ratio_to_the_number_of_units_is_their_mean_with_its_t_interval() -> None:
    values = np.array([3.0, 5.0, 1.0, 8.0])
    ratio, mean = of(values, np.ones(4)), estimate_mean(4, values.sum(), float(values @ values))
    assert (ratio.value, ratio.ci_low, ratio.ci_high) == pytest.approx((mean.mean, mean.ci_low, mean.ci_high))


def test_a_ratio_that_every_unit_shares_is_certain() -> None:
    months = np.array([3.0, 12.0, 24.0])
    ratio = of(7 * months, months)
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx((7, 7))


def test_the_interval_of_a_ratio_of_sums_covers_what_it_claims() -> None:
    rng, covered = np.random.default_rng(9), 0
    for _ in range(400):
        months = rng.uniform(2, 24, 60)
        found = of(months * rng.gamma(2, 50, 60), months)  # 100 a month
        covered += (found.ci_low or 0) <= 100 <= (found.ci_high or 0)
    assert covered / 400 >= 0.91


def test_the_interval_of_a_quotient_covers_what_it_claims() -> None:
    rng, covered = np.random.default_rng(4), 0
    for _ in range(600):
        top = estimate_mean(30, (x := rng.normal(50, 20, 30)).sum(), float(x @ x))
        bottom = estimate_mean(30, (y := rng.normal(8, 3, 30)).sum(), float(y @ y))
        found = divide_estimates(*(figure(each.mean, each.ci_low, each.ci_high) for each in (top, bottom)))
        assert found is not None
        covered += (found.ci_low or 0) <= 50 / 8 <= (found.ci_high or 0)
    assert 0.925 <= covered / 600 <= 0.98


@given(figures(), figures())
def test_a_quotient_lies_in_its_interval_which_lies_within_the_outermost_quotients(
    top: RatioEstimate, bottom: RatioEstimate
) -> None:
    found = divide_estimates(top, bottom)
    assert found is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.ci_low <= found.value * (1 + 1e-9)
    assert found.value <= found.ci_high * (1 + 1e-9)
    assert found.ci_low >= top.ci_low / bottom.ci_high * (1 - 1e-9)
    assert found.ci_high <= top.ci_high / bottom.ci_low * (1 + 1e-9)


def test_what_may_be_nothing_leaves_the_quotient_without_an_upper_end() -> None:
    cost = figure(5_000.0, 4_000.0, 6_500.0)
    found = divide_estimates(cost, figure(400.0, -10.0, 810.0))
    assert found is not None
    assert found.ci_high is None
    assert found.ci_low == pytest.approx(12.5 * np.exp(-np.hypot(np.log(1.25), np.log(2.025))))
    assert divide_estimates(cost, figure(-3.0, -10.0, 4.0)) is None


def test_a_value_below_nothing_over_a_cost_keeps_its_sign_and_an_interval_around_it() -> None:
    found = divide_estimates(figure(-100.0, -300.0, 40.0), figure(50.0, 25.0, 100.0))
    assert found == figure(-2.0, -12.0, 1.6)


def test_two_levels_or_no_units_are_refused() -> None:
    with pytest.raises(ParameterError, match="one level"):
        divide_estimates(figure(1.0, 0.5, 2.0), RatioEstimate(value=1, ci_low=1, ci_high=1, confidence_level=0.9))
    with pytest.raises(ParameterError, match="bottom above 0"):
        estimate_ratio_of_sums(3, 1.0, 0.0, top_squares=1.0, bottom_squares=1.0, products=1.0)
