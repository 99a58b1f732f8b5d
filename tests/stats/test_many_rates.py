from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.many_rates import compare_rates, shrink_rates_by_likelihood

from .test_shrinkage import HITS


@pytest.fixture(scope="module")
def maven(shared_data: Path) -> pd.DataFrame:
    """Won and closed deals by rep."""
    deals = pd.read_csv(shared_data / "maven_crm_sales_pipeline.csv")
    closed = deals[deals["deal_stage"].isin(["Won", "Lost"])]
    return (closed["deal_stage"] == "Won").groupby(closed["sales_agent"]).agg(["sum", "count"])


def test_the_reps_of_maven_differ_by_no_more_than_chance(maven: pd.DataFrame) -> None:
    found = compare_rates(maven["sum"], maven["count"])
    assert (found.df, round(found.statistic, 2), round(found.pvalue, 3)) == (29, 33.35, 0.264)


def test_the_shrunken_rates_of_maven_lie_between_626_and_636(maven: pd.DataFrame) -> None:
    groups = shrink_rates_by_likelihood(maven["sum"], maven["count"]).groups
    assert (round(min(group.raw for group in groups), 2), round(max(group.raw for group in groups), 2)) == (0.55, 0.70)
    shrunken = [group.shrunken for group in groups]
    assert (round(min(shrunken), 3), round(max(shrunken), 3)) == (0.626, 0.636)


@pytest.mark.parametrize("n_runs", [40, pytest.param(200, marks=pytest.mark.full)])
def test_a_team_whose_true_standard_deviation_is_a_tenth_is_flagged(maven: pd.DataFrame, n_runs: int) -> None:
    flagged = 0
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        rates = np.clip(rng.normal(0.63, 0.10, len(maven)), 0.01, 0.99)
        flagged += compare_rates(rng.binomial(maven["count"], rates), maven["count"]).pvalue < 0.05
    assert flagged >= 0.8 * n_runs


@pytest.mark.parametrize("n_runs", [200, pytest.param(2000, marks=pytest.mark.full)])
def test_a_team_that_is_alike_is_flagged_one_time_in_twenty(maven: pd.DataFrame, n_runs: int) -> None:
    rng = np.random.default_rng(7)
    draws = rng.binomial(maven["count"], 0.63, (n_runs, len(maven)))
    flagged = np.mean([compare_rates(draw, maven["count"]).pvalue < 0.05 for draw in draws])
    assert flagged < 0.09


def test_small_groups_among_large_ones_raise_no_false_alarms() -> None:
    rng, n = np.random.default_rng(6), [5] * 15 + [200] * 15
    flagged = np.mean([compare_rates(rng.binomial(n, 0.05), n).pvalue < 0.05 for _ in range(400)])
    assert flagged < 0.08  # counted each for itself it would be .10


def test_groups_that_all_ended_alike_do_not_differ() -> None:
    assert compare_rates([0, 0, 0], [5, 9, 40]).pvalue == 1.0


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.10])
def test_intervals_of_shrunken_rates_hold_the_true_ones(maven: pd.DataFrame, spread: float) -> None:
    rng, hits = np.random.default_rng(11), []
    for _ in range(20):
        rates = np.clip(rng.normal(0.63, spread, len(maven)), 0.01, 0.99)
        shrunk = shrink_rates_by_likelihood(rng.binomial(maven["count"], rates), maven["count"])
        hits += [group.ci_low <= rate <= group.ci_high for group, rate in zip(shrunk.groups, rates, strict=True)]
    assert np.mean(hits) > 0.89


def test_the_spread_of_batters_is_smaller_by_likelihood_than_by_moments() -> None:
    clemente = shrink_rates_by_likelihood(HITS, [45] * 18).groups[0]
    assert clemente.raw == pytest.approx(0.400)
    assert 0.265 < clemente.shrunken < 0.294  # Efron & Morris (1977) by moments: .294


COUNTS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), min_size=4, max_size=10)


@given(COUNTS)
def test_a_shrunken_rate_lies_between_its_own_and_the_centre(pairs: list[tuple[int, int]]) -> None:
    n = [size for _, size in pairs]
    k = [min(count, size) for count, size in pairs]
    shrunk = shrink_rates_by_likelihood(k, n)
    assert shrunk.between_variance >= 0
    for group in shrunk.groups:
        low, high = sorted((group.raw, shrunk.centre))
        assert low - 1e-9 <= group.shrunken <= high + 1e-9
        assert 0 <= group.ci_low <= group.shrunken <= group.ci_high <= 1
    assert 0 <= compare_rates(k, n).pvalue <= 1


def test_three_groups_have_no_spread_to_learn() -> None:
    with pytest.raises(ParameterError, match="4 or more"):
        shrink_rates_by_likelihood([1, 2, 3], [4, 4, 4])


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ParameterError, match="Group 2"):
        compare_rates([1, 5], [4, 4])
