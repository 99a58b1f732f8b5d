"""A verdict on a claim may be looked at every week; what a decision takes is what it then took."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.claims import POWER, Interval, judge_claim, observations_needed, spread_of, subtract, widen
from gtmlib.stats.means import estimate_mean
from gtmlib.stats.proportions import estimate_proportion

SMALLEST_N = 200
WEEKS = 52
N_ENGAGEMENTS = 1000


def wrong_rates(rate: float, per_week: int, n_runs: int, rng: np.random.Generator) -> float:
    """Share of engagements that ever decide a rate that is exactly at its threshold, looked at every week."""
    k = rng.binomial(per_week, rate, size=(n_runs, WEEKS)).cumsum(axis=1)
    wrong = 0
    for row in k:
        for week, successes in enumerate(row, start=1):
            n = week * per_week
            if n < SMALLEST_N:
                continue
            one = estimate_proportion(int(successes), n)
            wide = widen(Interval(one.rate, one.ci_low, one.ci_high), n, planned_n=SMALLEST_N)
            if judge_claim(wide, direction="above", threshold=rate) != "open":
                wrong += 1
                break
    return wrong / n_runs


def wrong_means(per_week: int, n_runs: int, rng: np.random.Generator) -> float:
    """The same of a skewed amount per customer, whose mean is 2."""
    values = rng.gamma(2, 1, size=(n_runs, WEEKS, per_week))
    sums, squares = values.sum(axis=2).cumsum(axis=1), (values**2).sum(axis=2).cumsum(axis=1)
    wrong = 0
    for total, square in zip(sums, squares, strict=True):
        for week in range(WEEKS):
            n = (week + 1) * per_week
            if n < SMALLEST_N:
                continue
            one = estimate_mean(n, float(total[week]), float(square[week]))
            assert one.ci_low is not None
            assert one.ci_high is not None
            wide = widen(Interval(one.mean, one.ci_low, one.ci_high), n, planned_n=SMALLEST_N)
            if judge_claim(wide, direction="below", threshold=2.0) != "open":
                wrong += 1
                break
    return wrong / n_runs


def wrong_comparisons(rate: float, per_week: int, n_runs: int, rng: np.random.Generator) -> float:
    """The same of two groups whose rates are alike."""
    k = rng.binomial(per_week, rate, size=(2, n_runs, WEEKS)).cumsum(axis=2)
    wrong = 0
    for run in range(n_runs):
        for week in range(WEEKS):
            n = (week + 1) * per_week
            if n < SMALLEST_N:
                continue
            ones = [estimate_proportion(int(k[side, run, week]), n) for side in (0, 1)]
            wide = [widen(Interval(x.rate, x.ci_low, x.ci_high), n, planned_n=SMALLEST_N) for x in ones]
            if judge_claim(subtract(*wide), direction="above", threshold=0.0) != "open":
                wrong += 1
                break
    return wrong / n_runs


@pytest.mark.parametrize("n_runs", [200, pytest.param(N_ENGAGEMENTS, marks=pytest.mark.full)])
def test_a_wrong_verdict_comes_in_at_most_5_percent_of_engagements_although_looked_at_weekly(n_runs: int) -> None:
    # The true effect is exactly at the threshold: whatever verdict comes is wrong.
    rng = np.random.default_rng(20261122)
    found = {
        "a rate of .10": wrong_rates(0.10, 20, n_runs, rng),
        "a rate of .50": wrong_rates(0.50, 20, n_runs, rng),
        "a rate of .03": wrong_rates(0.03, 40, n_runs, rng),
        "a skewed mean": wrong_means(20, n_runs, rng),
        "two rates": wrong_comparisons(0.15, 20, n_runs, rng),
    }
    print(found)
    assert {name: share for name, share in found.items() if share > 0.05} == {}


def test_without_widening_the_same_looks_are_wrong_far_more_often() -> None:
    rng = np.random.default_rng(1)
    k = rng.binomial(20, 0.1, size=(200, WEEKS)).cumsum(axis=1)
    n = 20 * np.arange(1, WEEKS + 1)
    wrong = 0
    for row in k:
        rates = [estimate_proportion(int(s), int(m)) for s, m in zip(row, n, strict=True) if m >= SMALLEST_N]
        wrong += any(rate.ci_low > 0.1 or rate.ci_high < 0.1 for rate in rates)
    assert wrong / 200 > 0.10


def test_at_the_announced_n_a_claim_off_by_the_smallest_effect_is_decided_in_about_four_of_five_cases() -> None:
    rng = np.random.default_rng(7)
    threshold, effect = 0.10, 0.03
    need = observations_needed(math.sqrt(0.13 * 0.87), 0, smallest_effect=effect, planned_n=1000)
    assert need.n is not None
    decided = 0
    for k in rng.binomial(need.n, threshold + effect, size=1000):
        one = estimate_proportion(int(k), need.n)
        wide = widen(Interval(one.rate, one.ci_low, one.ci_high), need.n, planned_n=1000)
        decided += judge_claim(wide, direction="above", threshold=threshold) == "confirmed"
    assert POWER - 0.05 < decided / 1000 < POWER + 0.07


def test_the_spread_of_a_rate_comes_back_from_its_interval() -> None:
    one = estimate_proportion(300, 1000)
    wide = widen(Interval(one.rate, one.ci_low, one.ci_high), 1000, planned_n=500)
    assert spread_of(wide, 1000, planned_n=500) == pytest.approx(math.sqrt(0.3 * 0.7), rel=0.01)


def test_what_is_needed_at_a_pace_is_counted_in_weeks_and_never_below_nothing() -> None:
    need = observations_needed(0.3, 10_000, smallest_effect=0.03, planned_n=1000, per_week=18)
    assert (need.n_more, need.weeks) == (0, 0)
    assert observations_needed(0.3, 0, smallest_effect=1e-9, planned_n=1000, per_week=18).n is None
    assert observations_needed(0.3, 0, smallest_effect=0.03, planned_n=1000).weeks is None


def test_a_direction_that_there_is_not_is_refused() -> None:
    with pytest.raises(ParameterError, match="Write 'above' or 'below'"):
        judge_claim(Interval(0, -1, 1), direction="up", threshold=0)  # type: ignore[arg-type]


@given(
    value=st.floats(-1e6, 1e6), down=st.floats(0, 1e5), up=st.floats(0, 1e5), n=st.integers(20, 10**6),
    threshold=st.floats(-1e6, 1e6),
)  # fmt: skip
def test_a_widened_interval_holds_the_first_one_and_a_claim_and_its_opposite_never_agree(
    value: float, down: float, up: float, n: int, threshold: float
) -> None:
    one = Interval(value, value - down, value + up)
    wide = widen(one, n, planned_n=200)
    assert wide.low <= one.low
    assert one.high <= wide.high
    above, below = (judge_claim(wide, direction=side, threshold=threshold) for side in ("above", "below"))
    assert (above, below) in (("open", "open"), ("confirmed", "refuted"), ("refuted", "confirmed"))
