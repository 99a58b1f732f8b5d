from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.shrinkage import shrink_lifts, shrink_means, shrink_rates, shrink_values

# Efron & Morris (1977): hits of 18 batters in their first 45 times at bat in 1970, Clemente first.
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]


def test_batting_averages_reproduce_efron_and_morris_1977() -> None:
    shrunk = shrink_rates(HITS, [45] * 18)
    clemente = shrunk.groups[0]
    assert shrunk.centre == pytest.approx(0.265, abs=5e-4)
    assert clemente.own_weight == pytest.approx(0.212, abs=5e-4)
    assert (clemente.raw, clemente.shrunken) == (pytest.approx(0.400), pytest.approx(0.294, abs=5e-4))


def _segments(rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
    means = rng.normal(100, 20, 8)
    return means, [rng.gamma(2, mean / 2, n) for mean, n in zip(means, rng.integers(5, 60, 8), strict=True)]


@pytest.mark.parametrize("n_runs", [400, pytest.param(4000, marks=pytest.mark.full)])
def test_shrunken_means_of_eight_segments_beat_raw_means_by_a_fifth(n_runs: int) -> None:
    rng, raw, shrunken, hits = np.random.default_rng(1977), 0.0, 0.0, []
    for _ in range(n_runs):
        means, values = _segments(rng)
        found = shrink_means(
            [v.size for v in values], [v.sum() for v in values], [(v**2).sum() for v in values], confidence_level=0.9
        )
        raw += sum((group.raw - mean) ** 2 for group, mean in zip(found.groups, means, strict=True))
        shrunken += sum((group.shrunken - mean) ** 2 for group, mean in zip(found.groups, means, strict=True))
        hits += [group.ci_low <= mean <= group.ci_high for group, mean in zip(found.groups, means, strict=True)]
    assert shrunken < 0.8 * raw
    assert np.mean(hits) > 0.86


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(numbers, st.floats(0, 1e6)), min_size=1, max_size=12))
def test_a_variance_is_never_negative_and_a_value_never_leaves_the_span(rows: list[tuple[float, float]]) -> None:
    raw = [value for value, _ in rows]
    shrunk = shrink_values(raw, [variance for _, variance in rows], [1] * len(rows))
    assert shrunk.between_variance >= 0
    for group in shrunk.groups:
        assert 0 <= group.own_weight <= 1
        assert min(raw) - 1e-6 <= group.shrunken <= max(raw) + 1e-6
        assert group.ci_low <= group.shrunken <= group.ci_high


@given(st.lists(st.tuples(numbers, st.floats(1, 1e6)), min_size=4, max_size=8), st.randoms())
def test_order_of_groups_does_not_matter(rows: list[tuple[float, float]], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(rows)))
    random.shuffle(order)
    plain = shrink_values([v for v, _ in rows], [s for _, s in rows], [1] * len(rows))
    mixed = shrink_values([rows[k][0] for k in order], [rows[k][1] for k in order], [1] * len(rows))
    for place, k in enumerate(order):
        assert mixed.groups[place].shrunken == pytest.approx(plain.groups[k].shrunken, rel=1e-6, abs=1e-3)


def test_differences_no_greater_than_chance_have_no_spread_between_groups() -> None:
    shrunk = shrink_values([10, 11, 9, 10, 10.5], [25] * 5, [4] * 5)
    assert shrunk.between_variance == 0
    assert all(9.4 < group.shrunken < 10.6 for group in shrunk.groups)


def test_three_groups_or_fewer_come_back_as_they_are() -> None:
    for size in (1, 2, 3):
        shrunk = shrink_values(range(size), [1] * size, [5] * size)
        assert [group.shrunken for group in shrunk.groups] == [group.raw for group in shrunk.groups]


def test_rates_of_nobody_keep_an_interval() -> None:
    shrunk = shrink_rates([0, 0, 0, 0], [10, 20, 30, 5])
    assert all(group.shrunken == 0 and group.ci_low == 0 and group.ci_high > 0 for group in shrunk.groups)


def test_a_group_of_one_customer_borrows_its_spread() -> None:
    shrunk = shrink_means([30, 30, 30, 30, 1], [300, 330, 270, 300, 90], [4000, 4400, 3500, 4100, 8100])
    single = shrunk.groups[4]
    assert single.own_weight < min(group.own_weight for group in shrunk.groups[:4])
    assert single.ci_low < single.shrunken < single.raw


def test_lifts_recover_a_planted_feature_and_leave_noise_near_zero() -> None:
    rng, found = np.random.default_rng(3), []
    for _ in range(50):
        n = 300
        country, noise = rng.integers(0, 3, n), [rng.integers(0, 4, n) for _ in range(3)]
        amount = rng.gamma(2, 50, n) + 60 * (country == 1)
        rows = [
            (f"feature {k}", amount[column == level])
            for k, column in enumerate([country, *noise])
            for level in np.unique(column)
        ]
        shrunk = shrink_lifts(
            [v.size for _, v in rows],
            [v.sum() for _, v in rows],
            [(v**2).sum() for _, v in rows],
            [feature for feature, _ in rows],
        )
        found.append([group.ci_low > 0 for group in shrunk.groups])
    shares = np.mean(found, axis=0)
    assert shares[1] > 0.95  # the planted level
    assert shares[3:].mean() < 0.06  # twelve levels of noise: 2.5 % are claimed on this side


def test_sums_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="Group 1 of 2 has the sum of squares 10"):
        shrink_means([2, 2], [100, 10], [10, 60])
    with pytest.raises(ParameterError, match="no spread"):
        shrink_means([1, 1], [5, 6], [25, 36])
    with pytest.raises(ParameterError, match="3 successes in 2 trials"):
        shrink_rates([3], [2])
    with pytest.raises(ParameterError, match="only one of its feature"):
        shrink_lifts([5, 5, 5], [1, 2, 3], [9, 9, 9], ["a", "a", "b"])
