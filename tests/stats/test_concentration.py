from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.concentration import estimate_concentration, estimate_whale_curve

DATA = Path(__file__).parents[2].parent / "shared" / "data"
money = st.floats(-1e5, 1e5, allow_nan=False)


def test_kanthal_earns_225_percent_on_a_fifth_of_its_customers() -> None:
    # Cooper & Kaplan (1991), Kanthal: 20 customers earn 11.25 each, 70 nothing, 10 lose 12.5 each.
    curve = estimate_whale_curve([0] * 70 + [-12.5] * 10 + [11.25] * 20)
    assert (curve.peak_share, curve.peak_at_share, curve.loss_total) == (2.25, 0.20, -125.0)
    assert (curve.total, curve.n_loss_customers, curve.top_20_share, curve.top_10_share) == (100.0, 10, 2.25, 1.125)


def test_superstore_whale_curve_has_its_published_numbers() -> None:
    path = DATA / "superstore.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} of the shared sample data is not here")
    profit = pd.read_csv(path, encoding="utf-8-sig").groupby("Customer ID")["Profit"].sum()
    curve = estimate_whale_curve(profit)
    assert curve.n_customers == 793
    assert round(100 * curve.peak_share, 2) == 124.87
    assert round(100 * curve.peak_at_share, 2) == 80.45
    assert round(100 * curve.top_20_share, 2) == 81.66
    assert (curve.n_loss_customers, round(curve.loss_total, 2)) == (155, -71224.47)
    assert round(curve.total, 2) == 286397.02


@given(st.lists(money, min_size=1, max_size=700), st.integers(1, 8))
def test_no_point_of_the_curve_isolates_fewer_customers_than_the_floor(amounts: list[float], floor: int) -> None:
    curve = estimate_whale_curve(amounts, smallest_group=floor)
    counts = np.rint(np.array(curve.customer_shares) * curve.n_customers)
    assert len(counts) <= 101
    assert (np.diff(counts) >= floor).all()
    drawn = {round(share, 12) for share in curve.contribution_shares}
    for name in {"peak_share", "top_10_share", "top_20_share"} - {*curve.withheld} if drawn else ():
        assert round(getattr(curve, name), 12) in drawn  # a figure beside the curve tells no more


@given(st.lists(money, min_size=1, max_size=60))
def test_the_curve_ends_at_the_total_and_never_passes_its_peak(amounts: list[float]) -> None:
    curve = estimate_whale_curve(amounts, smallest_group=1)
    assert curve.total == pytest.approx(sum(amounts), abs=1e-6)
    assert curve.loss_total == pytest.approx(sum(a for a in amounts if a < 0), abs=1e-6)
    if curve.total > 0 and len(amounts) > 1:
        assert (curve.contribution_shares[0], curve.contribution_shares[-1]) == (0, 1)
        assert max(curve.contribution_shares) <= curve.peak_share + 1e-12


def test_where_all_customers_lose_there_are_sums_and_no_shares() -> None:
    curve = estimate_whale_curve([-1.0] * 12)
    assert (curve.n_loss_customers, curve.total, curve.loss_total, curve.peak_share) == (12, -12.0, -12.0, None)
    assert curve.customer_shares == ()


def test_one_customer_is_a_curve_of_nothing() -> None:
    curve = estimate_whale_curve([5.0])
    assert (curve.n_customers, curve.total, curve.customer_shares) == (1, 5.0, ())
    with pytest.raises(ParameterError, match="0 customers"):
        estimate_whale_curve([])


def test_what_would_give_three_loss_makers_away_is_marked_and_not_drawn() -> None:
    curve = estimate_whale_curve([10.0] * 97 + [-5.0] * 3, smallest_group=5)
    assert (curve.n_loss_customers, curve.withheld) == (3, ("peak_share", "loss_total"))
    assert max(curve.contribution_shares) < curve.peak_share
    assert estimate_whale_curve([10.0] * 97 + [-5.0] * 3, smallest_group=3).withheld == ()


def test_gini_herfindahl_and_effective_number_of_known_shares() -> None:
    assert estimate_concentration([10] * 9 + [100]).gini == pytest.approx(0.4263158, abs=5e-8)
    quarter = estimate_concentration([30, 30, 20, 20])
    assert 10_000 * quarter.herfindahl == pytest.approx(2600)
    assert quarter.effective_number == pytest.approx(1 / 0.26)
    equal = estimate_concentration([7, 7, 7, 7])
    assert (equal.gini, equal.effective_number) == (pytest.approx(0, abs=1e-12), pytest.approx(4))


def test_concentration_has_no_meaning_with_losses() -> None:
    with pytest.raises(ParameterError, match="value 2 of 2, -5, is below 0"):
        estimate_concentration([100, -5])
    with pytest.raises(ParameterError, match="No customer has revenue"):
        estimate_concentration([0, 0])


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=50))
def test_concentration_is_the_same_in_any_currency(revenue: list[float]) -> None:
    one, other = estimate_concentration(revenue), estimate_concentration([11.3 * amount for amount in revenue])
    assert one.gini == pytest.approx(other.gini, abs=1e-9)
    assert 0 <= one.gini < 1
    assert 1 - 1e-9 <= one.effective_number <= len(revenue) + 1e-9
