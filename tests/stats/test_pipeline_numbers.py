"""Calibration, trends, pushes and flow: the published numbers, and what must hold of any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.calibration import decompose_brier, estimate_forecast_bins
from gtmlib.stats.mean_cumulative import estimate_mean_cumulative
from gtmlib.stats.pipeline_flow import estimate_velocity, round_flow
from gtmlib.stats.trends import estimate_trend

# Wilks, Statistical Methods in the Atmospheric Sciences, table 7.3.
FORECASTS = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
RATES = [0.006, 0.019, 0.059, 0.150, 0.277, 0.377, 0.511, 0.587, 0.723, 0.779, 0.934, 0.933]
WEIGHTS = [0.4112, 0.0671, 0.1833, 0.0986, 0.0616, 0.0366, 0.0303, 0.0275, 0.0245, 0.0220, 0.0170, 0.0203]


def test_wilks_table_7_3_has_its_parts_of_the_brier_score() -> None:
    # From these inputs; the book prints .13576, .07380 and .4564 from a mean rounded to .162.
    parts = decompose_brier(FORECASTS, RATES, WEIGHTS)
    found = (parts.reliability, parts.resolution, parts.uncertainty, parts.brier)
    assert found == pytest.approx((0.00083, 0.06279, 0.13542, 0.07346), abs=5e-6)
    assert parts.skill == pytest.approx(0.4575, abs=5e-5)


def test_weights_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"sum to 0.5888, not to 1"):
        decompose_brier(FORECASTS[1:], RATES[1:], WEIGHTS[1:])
    with pytest.raises(ParameterError, match="from 0 to 1"):
        decompose_brier([1.5], [0.5], [1.0])


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=60))
def test_the_parts_add_up_to_the_mean_squared_error(rows: list[tuple[int, bool]]) -> None:
    forecasts, came = np.array([tenth / 10 for tenth, _ in rows]), np.array([came for _, came in rows], float)
    groups = np.unique(forecasts)
    weights = [np.mean(forecasts == group) for group in groups]
    parts = decompose_brier(groups, [came[forecasts == group].mean() for group in groups], weights)
    assert parts.brier == pytest.approx(np.mean((forecasts - came) ** 2), abs=1e-12)
    assert parts.reliability >= 0
    assert parts.resolution >= 0


def test_a_deal_forecast_many_times_tells_as_much_as_once() -> None:
    once, often = (estimate_forecast_bins([n], [20], [0.5 * n], [n // 2])[0] for n in (20, 200))
    assert (once.rate.ci_low, once.rate.ci_high) == pytest.approx((often.rate.ci_low, often.rate.ci_high))


def test_a_straight_line_through_values_is_least_squares_on_each_value() -> None:
    from scipy.stats import linregress

    rng = np.random.default_rng(1)
    place = rng.integers(0, 6, 90)
    value = rng.normal(40 + 2 * place, 12)
    groups = np.unique(place)
    sums = [[part.size, part.sum(), (part**2).sum()] for part in (value[place == group] for group in groups)]
    found, expected = estimate_trend(groups, *np.transpose(sums)), linregress(place, value)
    assert found.slope == pytest.approx(expected.slope)
    assert found.pvalue == pytest.approx(expected.pvalue)
    assert (found.ci_high - found.ci_low) / 2 == pytest.approx(expected.stderr * 1.98729, rel=1e-4)  # t(88)


def test_a_trend_of_one_group_is_refused() -> None:
    with pytest.raises(ParameterError, match="two groups"):
        estimate_trend([1], [10], [5], [5])


@given(st.lists(st.integers(0, 4), min_size=2, max_size=12))
def test_where_all_are_watched_all_the_time_it_is_the_mean_with_its_error(n_pushes: list[int]) -> None:
    events = [(unit, age) for unit, n in enumerate(n_pushes) for age in range(1, n + 1)]
    units, ages = zip(*events, strict=True) if events else ((), ())
    zeros = [0] * len(n_pushes)
    (found,) = estimate_mean_cumulative(zeros, [9] * len(n_pushes), units, ages, [9])
    assert found.value == pytest.approx(np.mean(n_pushes))
    error = np.std(n_pushes) / np.sqrt(len(n_pushes))  # Lawless & Nadeau (1995): the robust variance, divided by n
    assert (found.ci_high - found.value) == pytest.approx(1.959964 * error, abs=1e-6)


def test_units_that_come_later_or_leave_earlier_are_not_counted_as_if_they_had_no_events() -> None:
    # Two watched from the start, one from age 5: at age 3 two are at risk, at age 7 the two that are left.
    (found,) = estimate_mean_cumulative([0, 0, 5], [9, 6, 9], [0, 2], [3, 7], [9])
    assert found.value == pytest.approx(1 / 2 + 1 / 2)
    with pytest.raises(ParameterError, match="outside of the time"):
        estimate_mean_cumulative([5], [9], [0], [4], [9])
    with pytest.raises(ParameterError, match="not there"):
        estimate_mean_cumulative([0], [9], [1], [4], [9])


def test_pipeline_velocity_is_22_222_22_a_day() -> None:
    # reference/methods.md: 40 deals x .25 x 200 000 SEK / 90 d.
    assert round(estimate_velocity(40, 0.25, 200_000, 90).value, 2) == 22_222.22


def test_velocity_has_an_interval_around_it_and_needs_amounts() -> None:
    found = estimate_velocity(40, 0.25, 200_000, 90, standard_errors=(0.05, 20_000, 9))
    assert found.ci_low < found.value < found.ci_high
    for wrong in ((-1, 0.25, 1, 1), (1, 1.2, 1, 1), (1, 0.2, 0, 1), (1, 0.2, 1, 0)):
        with pytest.raises(ParameterError):
            estimate_velocity(*wrong)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(-(10**15), 10**15), max_size=8))
def test_rounded_changes_still_add_up_and_each_sum_is_right_to_the_cent(opening: int, changes: list[int]) -> None:
    first, rounded, last = round_flow(opening, changes)
    assert first + sum(rounded) == last
    assert abs(last * 100 - opening - sum(changes)) <= 50
    assert abs(first * 100 - opening) <= 50
