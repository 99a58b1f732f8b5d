"""Break-even of prices: the published case, the sums it stands for, and the ends where there is no answer."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.pricing import break_even_price, break_even_volume

# Nagle & Müller, The Strategy and Tactics of Pricing: Westside sells 4,000 pillows a month at $10.00 that cost $5.50.
WESTSIDE = (40_000.0, 22_000.0)
SHARES = st.integers(-40, 40).map(lambda percent: percent / 100)
MONEY = st.integers(1, 10**9).map(lambda cents: cents / 100)


def left(revenue: float, cost: float, price: float, volume: float, dearer: float, fixed: float) -> float:
    return revenue * (1 + price) * (1 + volume) - cost * (1 + dearer) * (1 + volume) - fixed


def test_a_price_cut_of_5_percent_needs_an_eighth_more_pillows_as_in_nagle_and_muller() -> None:
    assert break_even_volume(*WESTSIDE, price_change=-0.05) == 0.125  # 0.50 / (4.50 - 0.50)


def test_a_cheaper_filling_halves_what_the_cut_needs_as_in_nagle_and_muller() -> None:
    assert break_even_volume(*WESTSIDE, price_change=-0.05, cost_change=-0.04) == pytest.approx(0.28 / 4.22)  # 6.6 %


def test_a_rise_of_10_percent_may_lose_what_a_cut_would_have_to_win_by_its_own_margin() -> None:
    assert break_even_volume(*WESTSIDE, price_change=0.1) == pytest.approx(-1.0 / 5.5)


def test_fixed_cost_is_earned_by_units_at_their_margin() -> None:
    assert break_even_volume(*WESTSIDE, fixed_cost_change=1_800.0) == 0.1  # 400 pillows of 4.50


def test_without_any_change_nothing_needs_to_change() -> None:
    assert break_even_volume(*WESTSIDE) == 0
    assert break_even_price(*WESTSIDE) == pytest.approx(0)


def test_no_volume_helps_where_a_unit_leaves_nothing() -> None:
    assert break_even_volume(100.0, 80.0, price_change=-0.2) is None
    assert break_even_volume(100.0, 120.0) is None


def test_a_saving_of_all_that_there_is_leaves_more_even_without_sales() -> None:
    assert break_even_volume(100.0, 80.0, fixed_cost_change=-30.0) == -1.5


def test_no_price_gives_back_what_is_not_sold() -> None:
    assert break_even_price(*WESTSIDE, volume_change=-1.0) is None
    assert break_even_price(0.0, 10.0) is None


@given(MONEY, MONEY, SHARES, SHARES, st.integers(-(10**8), 10**8))
def test_at_the_break_even_exactly_as_much_is_left_as_today(
    revenue: float, cost: float, share: float, dearer: float, fixed: int
) -> None:
    about = {"cost_change": dearer, "fixed_cost_change": fixed / 100}
    today, size = revenue - cost, revenue + cost + abs(fixed)
    price = break_even_price(revenue, cost, volume_change=share, **about)
    assert price is not None
    assert left(revenue, cost, price, share, dearer, fixed / 100) == pytest.approx(today, abs=1e-9 * size)
    volume = break_even_volume(revenue, cost, price_change=share, **about)
    assume(volume is not None and abs(volume) < 1e6)
    assert left(revenue, cost, share, volume, dearer, fixed / 100) == pytest.approx(today, abs=1e-6 * size)


@pytest.mark.parametrize(
    "given_", [{"price_change": -1.01}, {"cost_change": float("nan")}, {"fixed_cost_change": 1e400}]
)
def test_impossible_changes_are_refused(given_: dict[str, float]) -> None:
    with pytest.raises(ParameterError):
        break_even_volume(*WESTSIDE, **given_)
