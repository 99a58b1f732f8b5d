from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.differences import stratified_difference
from gtmlib.stats.stratified import check_equal_differences, check_homogeneity, compare_odds, compare_strata

# Berkeley admissions 1973: admitted men, men, admitted women, women, by department A to F.
BERKELEY = [
    (512, 825, 89, 108),
    (353, 560, 17, 25),
    (120, 325, 202, 593),
    (138, 417, 131, 375),
    (53, 191, 94, 393),
    (22, 373, 24, 341),
]
STARS = [(24, 80, 6, 20), (18, 60, 12, 40), (2, 20, 8, 80), (4, 40, 6, 60)]


def test_woolfs_interval_reproduces_the_aspirin_trial() -> None:
    ratio = compare_odds(189, 189 + 10845, 104, 104 + 10933)
    assert (round(ratio.odds_ratio, 3), round(ratio.ci_low, 2), round(ratio.ci_high, 2)) == (1.832, 1.44, 2.33)
    assert not ratio.is_corrected


def test_haldane_anscombe_adds_one_half_at_a_zero_cell_and_only_there() -> None:
    ratio = compare_odds(7, 7, 5, 13)
    assert (round(ratio.odds_ratio, 2), round(ratio.ci_low, 2), round(ratio.ci_high, 2)) == (23.18, 1.09, 492.95)
    assert (round(ratio.pvalue, 5), ratio.is_corrected) == (0.01465, True)


def test_berkeley_reverses_from_crude_to_adjusted() -> None:
    comparison = compare_strata(BERKELEY)
    adjusted = comparison.adjusted
    assert round(comparison.crude.odds_ratio, 4) == 1.8411
    assert round(adjusted.odds_ratio, 5) == 0.90470
    assert (round(adjusted.ci_low, 4), round(adjusted.ci_high, 4)) == (0.7719, 1.0603)
    assert comparison.is_reversed


def test_berkeley_risk_difference_has_satos_1989_error() -> None:
    comparison = compare_strata(BERKELEY)
    assert (round(comparison.difference, 5), round(comparison.standard_error, 6)) == (-0.01843, 0.014825)
    assert (round(comparison.ci_low, 4), round(comparison.ci_high, 4)) == (-0.0475, 0.0106)


def test_berkeley_odds_ratios_are_not_homogeneous_by_breslow_day_and_tarone() -> None:
    homogeneity = compare_strata(BERKELEY).homogeneity
    assert homogeneity is not None
    assert (round(homogeneity.statistic, 3), homogeneity.df, round(homogeneity.pvalue, 5)) == (18.826, 5, 0.00207)


def test_star_reps_adjust_to_nothing() -> None:
    comparison = compare_strata(STARS)
    assert round(comparison.difference, 4) == 0.0
    assert round(1.959964 * comparison.standard_error, 4) == 0.0849
    assert comparison.adjusted.odds_ratio == pytest.approx(1.0)


def test_swapping_the_groups_flips_the_difference_and_inverts_the_odds_ratio() -> None:
    forth, back = compare_strata(BERKELEY), compare_strata([(c, d, a, b) for a, b, c, d in BERKELEY])
    assert forth.difference == pytest.approx(-back.difference)
    assert forth.standard_error == pytest.approx(back.standard_error)
    assert forth.adjusted.odds_ratio == pytest.approx(1 / back.adjusted.odds_ratio)


def test_a_stratum_with_one_group_only_changes_nothing() -> None:
    assert compare_strata([*STARS, (5, 50, 0, 0)]).difference == pytest.approx(compare_strata(STARS).difference)
    assert check_homogeneity([*STARS, (5, 50, 0, 0)], odds_ratio=1.0) == check_homogeneity(STARS, odds_ratio=1.0)


def test_strata_without_a_comparison_are_refused() -> None:
    with pytest.raises(ParameterError, match="both groups"):
        compare_strata([(1, 5, 0, 0), (0, 0, 2, 5)])
    with pytest.raises(ParameterError, match="Compare rates"):
        compare_strata([(0, 5, 3, 5)])


def test_cochrans_q_is_zero_for_equal_differences_and_by_hand_for_two() -> None:
    assert check_equal_differences([0.1, 0.1, 0.1], [0.01, 0.02, 0.3]).statistic == pytest.approx(0)
    assert check_equal_differences([0.1, -0.1], [0.05, 0.05]).statistic == pytest.approx(8.0)
    with pytest.raises(ParameterError):
        check_equal_differences([0.1], [0.1])


def test_one_stratum_is_the_crude_difference() -> None:
    estimate = stratified_difference(*(np.array([count]) for count in (56.0, 70.0, 48.0, 80.0)))
    assert float(estimate.difference) == pytest.approx(0.2)
