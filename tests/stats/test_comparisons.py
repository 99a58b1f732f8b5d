from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.stats.comparisons import compare_proportions, fisher_pvalue, newcombe_interval


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_interval_reproduces_newcombe_1998b_table_ii(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    comparison = compare_proportions(*counts)
    assert (round(comparison.ci_low, 4), round(comparison.ci_high, 4)) == (low, high)


def test_newcombe_agrees_with_hillstroms_wald_interval_to_one_in_ten_thousand() -> None:
    # Hillstrom's e-mail test, women's mail against none, visits.
    comparison = compare_proportions(3238, 21387, 2262, 21306)
    assert round(comparison.difference, 5) == 0.04523
    assert (comparison.ci_low, comparison.ci_high) == pytest.approx((0.03889, 0.05157), abs=1e-4)


def test_the_broken_score_interval_of_statsmodels_issue_10269_is_not_ours() -> None:
    comparison = compare_proportions(56, 70, 48, 80)
    assert round(comparison.ci_high, 4) != 0.3440


def test_fisher_exact_reproduces_the_zero_cell_table() -> None:
    # [[7, 0], [5, 8]]: 7 of 7 against 5 of 13.
    assert round(fisher_pvalue(7, 7, 5, 13), 5) == 0.01465


def test_the_pvalue_is_the_pooled_z_test_where_every_cell_expects_five() -> None:
    comparison = compare_proportions(48, 200, 32, 200)  # z = 2.000
    assert (round(comparison.pvalue, 4), comparison.pvalue_method) == (0.0455, "score")
    assert compare_proportions(7, 7, 5, 13).pvalue_method == "fisher"


def test_no_two_groups_of_up_to_thirty_give_an_error_a_nan_or_an_interval_out_of_order() -> None:
    sizes = np.arange(1, 31.0)
    k, n = (axis.ravel() for axis in np.meshgrid(np.arange(31.0), sizes))
    k, n = k[k <= n], n[k <= n]
    group, control = np.meshgrid(np.arange(len(k)), np.arange(len(k)))  # every pair of the 495 rates
    for critical in (1.959964, 3.0384, 12.0):
        low, high = newcombe_interval(k[group], n[group], k[control], n[control], critical)
        difference = k[group] / n[group] - k[control] / n[control]
        assert np.isfinite(low).all()
        assert np.isfinite(high).all()
        assert (low >= -1).all()
        assert (low <= difference).all()
        assert (difference <= high).all()
        assert (high <= 1).all()


@given(st.integers(1, 400), st.floats(0, 1), st.integers(1, 400), st.floats(0, 1))
def test_swapping_the_groups_flips_the_sign(n: int, share: float, n_0: int, share_0: float) -> None:
    k, k_0 = round(share * n), round(share_0 * n_0)
    forth, back = compare_proportions(k, n, k_0, n_0), compare_proportions(k_0, n_0, k, n)
    assert forth.difference == -back.difference
    assert (forth.ci_low, forth.ci_high) == pytest.approx((-back.ci_high, -back.ci_low), abs=1e-12)
    assert forth.pvalue == pytest.approx(back.pvalue, rel=1e-6)
    assert 0 <= forth.pvalue <= 1
