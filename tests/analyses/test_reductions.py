"""Reductions that analyses share: small groups, segments and the period."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.analyses.reductions import OTHER, fold_small_groups, in_period, label_reps, with_segment
from gtmlib.data.engagement import Period, Segments
from gtmlib.data.engine import to_frame
from gtmlib.data.load import load_frames


def fold(sizes: dict[str, int], smallest: int) -> dict[str, int]:
    frame = pd.DataFrame({"group": list(sizes), "n": list(sizes.values()), "amount": [1.5] * len(sizes)})
    folded = fold_small_groups(frame, "group", "n", smallest)
    assert folded["amount"].sum() == frame["amount"].sum()
    assert not folded["group"].duplicated().any()
    return dict(zip(folded["group"], folded["n"], strict=True))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"A": 40, "B": 7}, {"A": 40, "B": 7}),
        ({"A": 40, "B": 3, "C": 4}, {"A": 40, OTHER: 7}),
        ({"A": 40, "B": 7, "C": 2}, {"A": 40, OTHER: 9}),  # C alone could be told from the total
        ({"A": 40, "B": 2}, {OTHER: 42}),
        ({"A": 40, "B": 1, "C": 1}, {OTHER: 42}),  # B and C together are still too few
        ({"A": 40, "B": 10, OTHER: 8}, {"A": 40, "B": 10, OTHER: 8}),
        ({"A": 40, "B": 10, OTHER: 8, "C": 1}, {"A": 40, "B": 10, OTHER: 9}),
        ({}, {}),
    ],
)
def test_small_groups_are_folded_until_none_can_be_computed_from_a_total(
    sizes: dict[str, int], expected: dict[str, int]
) -> None:
    assert fold(sizes, 5) == expected


@given(st.dictionaries(st.sampled_from(["A", "B", "C", "D", "E", OTHER]), st.integers(1, 30)), st.integers(2, 10))
def test_folding_keeps_the_total_and_shows_no_group_below_the_floor(sizes: dict[str, int], smallest: int) -> None:
    folded = fold(sizes, smallest)
    assert sum(folded.values()) == sum(sizes.values())
    if sum(sizes.values()) >= smallest:
        assert all(n >= smallest for n in folded.values())
    if set(folded) != set(sizes):
        assert len(set(sizes) - (set(folded) - {OTHER})) >= min(2, len(sizes))  # what is hidden hides behind another


def test_folding_leaves_its_input_as_it_was() -> None:
    frame = pd.DataFrame({"group": ["A", "B"], "n": [40, 2]})
    before = frame.copy()
    fold_small_groups(frame, "group", "n", 5)
    pd.testing.assert_frame_equal(frame, before)


def test_a_rows_own_segment_goes_before_its_customers_and_spellings_are_one_segment() -> None:
    loaded = load_frames(
        {
            "customers": pd.DataFrame({"customer_id": ["K1", "K2"], "segment": ["Industri", None]}),
            "touches": pd.DataFrame({
                "touch_id": ["1", "2", "3", "4"],
                "customer_id": ["K1", "K1", "K2", "K9"],
                "segment": [None, "Retail", None, None],
            }),
        },
        segments=Segments(names={"Industri": "Industry", "industri": "Industry"}),
    )  # fmt: skip
    found = to_frame(with_segment(loaded, loaded.tables["touches"])).set_index("touch_id")["segment"]
    assert found[["1", "2"]].tolist() == ["Industry", "Retail"]
    assert found[["3", "4"]].isna().all()
    assert len(found) == 4


def test_another_column_can_name_the_segment() -> None:
    customers = pd.DataFrame({"customer_id": ["K1"], "segment": ["A"], "country": ["SE"]})
    sales = pd.DataFrame({"transaction_id": ["1"], "customer_id": ["K1"]})
    loaded = load_frames({"customers": customers, "transactions": sales}, segments=Segments(by="country"))
    assert to_frame(with_segment(loaded, loaded.tables["transactions"]))["segment"].tolist() == ["SE"]


def test_the_period_holds_both_its_ends_and_no_row_without_a_date() -> None:
    dates = pd.to_datetime(["2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01", None])
    sales = pd.DataFrame({"transaction_id": list("abcde"), "date": dates})
    period = Period.model_validate({"starts_on": dates[1].date(), "ends_on": dates[2].date()})
    bounded, open_ended = load_frames({"transactions": sales}, period=period), load_frames({"transactions": sales})
    kept = to_frame(in_period(bounded, bounded.tables["transactions"]))["transaction_id"]
    assert sorted(kept) == ["b", "c"]
    assert len(to_frame(in_period(open_ended, open_ended.tables["transactions"]))) == 5


def test_reps_of_deals_and_of_touches_are_labelled_together() -> None:
    touches = pd.DataFrame({"touch_id": ["T1", "T2"], "rep_id": ["R1", None]})
    deals = pd.DataFrame({"deal_id": ["D1", "D2"], "rep_id": ["R1", "R2"]})
    labels = label_reps(load_frames({"touches": touches, "deals": deals}))
    assert set(labels) == {"R1", "R2"}
    assert set(labels.values()) == {"#1", "#2"}
    assert label_reps(load_frames({"customers": pd.DataFrame({"customer_id": ["K1"]})})) == {}
