from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.sensitivity import compare_ranks, cost_leverage


def test_superstore_office_costs_may_be_so_much_higher_before_the_profit_is_gone() -> None:
    # Superstore: cost of goods 2,010,803.84, profit 286,397.02.
    found = cost_leverage(2_010_803.84, 286_397.02)
    assert found.break_even_cost_error == pytest.approx(0.1424, abs=5e-5)
    assert found.leverage == pytest.approx(7.02, abs=5e-3)


@given(st.floats(1, 1e9), st.floats(-1e9, 1e9))
def test_a_cost_wrong_by_the_break_even_error_leaves_nothing(cost: float, contribution: float) -> None:
    found = cost_leverage(cost, contribution)
    assert found.break_even_cost_error is not None
    assert contribution - cost * found.break_even_cost_error == pytest.approx(0, abs=1e-6 * max(abs(contribution), 1))


def test_without_cost_or_contribution_there_is_no_leverage() -> None:
    assert cost_leverage(0, 10).break_even_cost_error is None
    assert cost_leverage(100, -5).leverage is None
    assert cost_leverage(100, -5).break_even_cost_error == -0.05


def test_an_order_that_holds_moves_nobody() -> None:
    stable = compare_ranks([30, 20, 10], [[33, 22, 11], [3, 2, 1]])
    assert (stable.n_moved, stable.is_best_stable, stable.is_worst_stable, stable.n_signs_changed) == (0, True, True, 0)


def test_an_order_that_turns_says_where() -> None:
    turned = compare_ranks([30, 20, 10], [[30, 10, 20], [30, 25, -1]])
    assert (turned.n_moved, turned.is_best_stable, turned.is_worst_stable, turned.n_signs_changed) == (
        2,
        True,
        False,
        1,
    )
    with pytest.raises(ParameterError, match="give 3 groups"):
        compare_ranks([3, 2, 1], [[1, 2]])
