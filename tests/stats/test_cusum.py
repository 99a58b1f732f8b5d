"""The chart keeps what it states: how rare its false alarms are, and how soon it sees a rate that has doubled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.cusum import Cusum, design_cusum, first_alarm, run_cusum

WEEKLY = 60  # conversations a week, of which 5 % hold the objection


def run_lengths(chart: Cusum, rate: float, volumes: list[int], n_series: int, seed: int) -> np.ndarray:
    """Weeks until the first alarm of each series: every series runs to its alarm."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(n_series):
        weeks, total, alarm = 0, 0.0, None
        while alarm is None:
            exposures = rng.choice(volumes, 64)
            counts = rng.poisson(rate * exposures)
            # The sum goes on from where it stood: a first period whose count makes it so.
            sums = run_cusum(chart, counts, exposures) if total == 0 else go_on(chart, total, counts, exposures)
            alarm = first_alarm(chart, sums)
            weeks += 64 if alarm is None else alarm + 1
            total = sums[-1]
        found.append(weeks)
    return np.array(found)


def go_on(chart: Cusum, total: float, counts: np.ndarray, exposures: np.ndarray) -> list[float]:
    sums = []
    for count, allowance in zip(counts, np.rint(chart.allowance * exposures * 8) / 8, strict=True):
        total = max(0.0, total + count - allowance)
        sums.append(total)
    return sums


def check_run_length(n_series: int, within: float, volumes: list[int]) -> None:
    chart = design_cusum(0.05, volumes, least_run_length=100)
    assert chart.run_length >= 100
    found = run_lengths(chart, chart.rate, volumes, n_series, seed=1).mean()
    assert abs(found / chart.run_length - 1) < within


def test_400_null_series_run_as_long_to_their_false_alarm_as_is_stated() -> None:
    check_run_length(400, 0.2, [WEEKLY])


def test_so_they_do_where_weeks_are_not_equally_busy() -> None:
    check_run_length(400, 0.2, [20, 60, 100])


@pytest.mark.full
@pytest.mark.parametrize("volumes", [[WEEKLY], [20, 60, 100]])
def test_2000_null_series_run_as_long_to_their_false_alarm_as_is_stated(volumes: list[int]) -> None:
    check_run_length(2000, 0.1, volumes)


@pytest.mark.parametrize("least", [100, 1200])
def test_a_rate_that_doubles_from_5_to_10_percent_at_60_a_week_is_caught_in_the_stated_median_delay(least: int) -> None:
    chart = design_cusum(0.05, [WEEKLY], least_run_length=least)
    found = run_lengths(chart, 0.10, [WEEKLY], 1000, seed=2)
    assert np.median(found) == chart.median_delay
    assert chart.median_delay == {100: 3, 1200: 5}[least]


def test_the_run_length_is_that_of_a_chain_small_enough_to_be_solved_by_hand() -> None:
    # Doubling from a mean of ln 2 has the allowance 1 an event, so that sums are whole: below 1 there is only 0, which
    # is kept with a count of 0 or 1. The run is geometric: 1 / (1 - exp(-m)(1 + m)).
    mean = np.log(2)
    chart = design_cusum(mean, [1.0], least_run_length=6)
    assert chart.allowance == pytest.approx(1.0)
    assert chart.run_length == pytest.approx(1 / (1 - np.exp(-mean) * (1 + mean)))


@settings(max_examples=20)
@given(st.floats(0.01, 0.2), st.floats(20, 200), st.floats(1.5, 4))
def test_rarer_false_alarms_cost_time(rate: float, least: float, factor: float) -> None:
    often, seldom = (design_cusum(rate, [40.0], factor=factor, least_run_length=n) for n in (least, 3 * least))
    assert least <= often.run_length <= seldom.run_length
    assert often.interval <= seldom.interval
    assert often.median_delay <= seldom.median_delay < seldom.run_length


def test_after_an_alarm_the_sum_starts_anew_and_no_sum_is_below_zero() -> None:
    chart = design_cusum(0.05, [60.0])
    sums = run_cusum(chart, [12, 0, 0, 5], [60] * 4)
    assert first_alarm(chart, sums) == 0
    assert sums[1:] == (0.0, 0.0, 0.625)
    assert first_alarm(chart, sums[1:]) is None


def test_what_makes_no_chart_is_refused() -> None:
    for wrong in ({"factor": 1.0}, {"exposures": []}, {"exposures": [0.0]}, {"rate": 0.0}, {"rate": 1e6}):
        with pytest.raises(ParameterError):
            design_cusum(**({"rate": 0.05, "exposures": [60.0]} | wrong))
    with pytest.raises(ParameterError):
        run_cusum(design_cusum(0.05, [60.0]), [1.5], [60])
