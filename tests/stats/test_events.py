from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from scipy import stats

from gtmlib.errors import ParameterError
from gtmlib.stats.events import compare_events, ratio_interval


def test_three_tests_of_two_poisson_rates_reproduce_gu_et_al_2008() -> None:
    comparison = compare_events(60, 51477.5, 30, 54308.7)
    pvalues = (comparison.pvalue, comparison.conditional_pvalue, comparison.score_pvalue)
    assert [round(pvalue, 6) for pvalue in pvalues] == [0.000567, 0.000675, 0.000632]


def test_equal_rates_have_a_pvalue_of_one_and_swapping_changes_none() -> None:
    assert compare_events(10, 100, 20, 200).pvalue == pytest.approx(1.0)
    forth, back = compare_events(12, 100, 5, 90), compare_events(5, 90, 12, 100)
    assert forth.pvalue == pytest.approx(back.pvalue)
    assert forth.ratio == pytest.approx(1 / (back.ratio or 0))


def test_no_small_counts_give_a_nan() -> None:
    for k in range(6):
        for k_0 in range(6):
            if k + k_0:
                json.dumps(asdict(compare_events(k, 3.0, k_0, 7.0)), allow_nan=False)
    with pytest.raises(ParameterError):
        compare_events(0, 1, 0, 1)


def test_the_ratios_exact_interval_is_that_of_the_share_of_events() -> None:
    # Given 90 events in all, the group's share of them is binomial: Clopper and Pearson's limits x give x / (1 - x).
    low, high = ratio_interval(60, 51477.5, 30, 54308.7)
    shares = stats.binomtest(60, 90).proportion_ci(method="exact")
    scale = 54308.7 / 51477.5
    assert (low, high) == pytest.approx(
        (shares.low / (1 - shares.low) * scale, shares.high / (1 - shares.high) * scale)
    )
    assert ratio_interval(0, 1.0, 5, 1.0)[0] == 0.0
    with pytest.raises(ParameterError):
        ratio_interval(3, 1.0, 0, 1.0)
