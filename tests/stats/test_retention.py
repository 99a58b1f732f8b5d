from __future__ import annotations

import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.retention import cohort_triangle


def test_unseen_is_empty_and_seen_without_purchases_is_zero() -> None:
    cells = [[0, 0, 10], [0, 1, 6], [1, 0, 8], [1, 1, 3], [2, 0, 5]]
    triangle = cohort_triangle(["Q1", "Q2", "Q3"], [10, 8, 5], [3, 2, 1], cells)
    assert [cohort.n_active for cohort in triangle.cohorts] == [(10, 6, 0), (8, 3, None), (5, None, None)]


def test_an_age_holds_only_the_cohorts_that_came_to_it() -> None:
    cells = [[0, 0, 10], [0, 1, 6], [1, 0, 8], [1, 1, 3], [2, 0, 5]]
    together = cohort_triangle(["Q1", "Q2", "Q3"], [10, 8, 5], [3, 2, 1], cells).together
    assert [(point.n_customers, point.n_active) for point in together] == [(23, 23), (18, 9), (10, 0)]
    assert (together[0].ci_high, together[2].ci_low) == (1.0, 0.0)


def test_intervals_are_wilsons_of_newcombe_1998() -> None:
    # Newcombe (1998), table I: 15 of 148 gives .0624 to .1605.
    point = cohort_triangle(["all"], [148], [1], [[0, 0, 15]]).together[0]
    assert (round(point.ci_low, 4), round(point.ci_high, 4)) == (0.0624, 0.1605)


def test_a_purchase_in_a_period_that_is_not_whole_is_left_out() -> None:
    triangle = cohort_triangle(["Q1"], [10], [1], [[0, 0, 10], [0, 1, 2]])
    assert triangle.cohorts[0].n_active == (10,)
    assert cohort_triangle(["Q1"], [10], [0], []).together == ()


def test_cells_that_cannot_be_are_refused() -> None:
    with pytest.raises(ParameterError, match="12 of 10 customers of 'Q1'"):
        cohort_triangle(["Q1"], [10], [2], [[0, 0, 12]])
    with pytest.raises(ParameterError, match="occurs twice"):
        cohort_triangle(["Q1"], [10], [2], [[0, 0, 1], [0, 0, 1]])
    with pytest.raises(ParameterError, match="of no cohort"):
        cohort_triangle(["Q1"], [10], [2], [[1, 0, 1]])
    with pytest.raises(ParameterError, match="no cohorts"):
        cohort_triangle([], [], [], [])
