from __future__ import annotations

import math

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.permutation import compare_units

RNG = np.random.default_rng(1)


def test_all_ways_are_looked_at_where_they_are_few() -> None:
    compared = compare_units([4.0, 5.0, 6.0, 7.0], [0.0, 1.0, 2.0, 3.0], rng=RNG)
    assert compared.is_exact
    assert compared.pvalue == pytest.approx(2 / math.comb(8, 4))  # this way and its mirror are the furthest apart
    assert compared.ci_low > 0


def test_by_hand_one_unit_in_the_wrong_group_is_two_ways_more() -> None:
    # Of the 70 ways, the seen sum of 21 or more has 22 (the best four) and 21 (two nearest swapped): 2, and mirrored 4.
    compared = compare_units([3.0, 5.0, 6.0, 7.0], [0.0, 1.0, 2.0, 4.0], rng=RNG)
    assert compared.pvalue == pytest.approx(4 / 70)


@pytest.mark.parametrize("n_runs", [300, pytest.param(2000, marks=pytest.mark.full)])
def test_the_interval_holds_the_truth_and_never_disagrees_with_the_p_value(n_runs: int) -> None:
    rng, hits = np.random.default_rng(9), 0
    for _ in range(n_runs):
        compared = compare_units(rng.normal(0.1, 0.05, 5), rng.normal(0.0, 0.05, 7), rng=rng)
        hits += compared.ci_low <= 0.1 <= compared.ci_high
        assert (compared.pvalue <= 0.05) == (compared.ci_low > 0 or compared.ci_high < 0)
    assert 0.92 < hits / n_runs < 0.985


def test_many_units_are_sampled_and_swapping_the_groups_flips_the_sign() -> None:
    rng = np.random.default_rng(2)
    group, control = rng.normal(0.2, 0.1, 20), rng.normal(0.1, 0.1, 20)
    there, back = (compare_units(*pair, rng=np.random.default_rng(3)) for pair in ((group, control), (control, group)))
    assert not there.is_exact
    assert there.difference == pytest.approx(-back.difference)
    assert there.pvalue == pytest.approx(back.pvalue, abs=0.01)
    assert there.ci_low == pytest.approx(-back.ci_high, abs=0.01)


def test_units_that_are_all_alike_show_no_difference() -> None:
    compared = compare_units([0.5] * 4, [0.5] * 5, rng=RNG)
    assert (compared.difference, compared.pvalue) == (0.0, 1.0)


def test_three_units_against_many_are_refused() -> None:
    with pytest.raises(ParameterError, match="each group needs 4"):
        compare_units([0.1, 0.2, 0.3], [0.1] * 9, rng=RNG)
