"""The data check: counts that add up, and two rates that say how far the other chapters can be trusted."""

from __future__ import annotations

import pandas as pd

from gtmlib.analyses.data_check import analyse_coverage, analyse_data
from gtmlib.data.load import Loaded, load_frames
from gtmlib.data.synth import Demo
from gtmlib.stats.proportions import estimate_proportion

from ..conftest import value_of

DEALS = pd.DataFrame({
    "deal_id": ["1", "2", "3", "4", "5", "6"],
    "rep_id": ["R1", "R1", None, "R9", "R1", "R1"],
    "status": ["won", "lost", "lost", "lost", "open", None],
    "lost_reason": [None, "Price", None, "Timing", None, "Price"],
})  # fmt: skip


def test_deals_are_counted_by_status_the_unknown_ones_too() -> None:
    check = analyse_data(load_frames({"deals": DEALS}))
    assert check.n_deals == {"lost": 3, "open": 1, "unknown": 1, "won": 1}
    assert value_of(check.findings(), "data.n_deals", status="lost") == 3


def test_a_reason_counts_only_for_lost_deals_and_an_unlogged_reason_is_no_reason() -> None:
    check = analyse_data(load_frames({"deals": DEALS}), confidence_level=0.9)
    assert check.reasons == estimate_proportion(2, 3, confidence_level=0.9)
    without = analyse_data(load_frames({"deals": DEALS.drop(columns="lost_reason")}))
    assert without.reasons == estimate_proportion(0, 3)  # no reason was logged, which is not the same as unknown
    assert analyse_data(load_frames({"deals": DEALS[DEALS["status"] == "won"]})).reasons is None


def test_fidelity_is_the_share_of_contacts_that_got_the_message_they_were_assigned() -> None:
    touches = pd.DataFrame({
        "touch_id": list("abcdef"),
        "variant_assigned": ["A", "A", "B", "B", None, "A"],
        "variant_delivered": ["A", "B", "B", "B", "A", None],
    })  # fmt: skip
    check = analyse_data(load_frames({"touches": touches}))
    assert check.fidelity == estimate_proportion(3, 4)
    assert value_of(check.findings(), "data.fidelity_rate") == 0.75


def test_reps_without_deals_are_counted_only_where_both_are_known() -> None:
    reps = pd.DataFrame({"rep_id": ["R1", "R2", "R3"]})
    assert analyse_data(load_frames({"reps": reps, "deals": DEALS})).n_reps_without_deals == 2
    assert analyse_data(load_frames({"reps": reps})).n_reps_without_deals is None
    assert analyse_data(load_frames({"reps": reps, "deals": DEALS.drop(columns="rep_id")})).n_reps_without_deals is None


def test_coverage_counts_what_each_column_lacks_and_what_points_to_nothing() -> None:
    reps = pd.DataFrame({"rep_id": ["R1", "R2"]})
    found = analyse_coverage(load_frames({"reps": reps, "deals": DEALS})).findings()
    assert value_of(found, "data.n_rows", table="deals") == 6
    assert value_of(found, "data.n_missing", table="deals", column="rep_id") == 1
    assert value_of(found, "data.n_unmatched", table="deals", column="rep_id") == 1  # R9
    assert value_of(found, "data.n_missing", table="deals", column="amount") == 6  # no source gives it


def test_an_engagement_without_any_of_it_still_has_a_data_check() -> None:
    check = analyse_data(load_frames({"interviews": pd.DataFrame({"interview_id": ["1"], "kind": "win", "note": "x"})}))
    assert (check.n_deals, check.n_reps_without_deals, check.reasons, check.fidelity) == ({}, None, None, None)
    assert check.findings() == ()


def test_every_row_of_the_demos_exports_is_accounted_for(loaded_demo: Loaded, demo: Demo) -> None:
    check = analyse_data(loaded_demo)
    found = check.findings()
    for source in check.sources:
        assert source.n_read == source.n_used + sum(source.excluded.values())
    assert value_of(found, "data.n_excluded", table="touches", reason="repeated") == 25
    assert value_of(found, "data.n_excluded", table="hubspot_deals", reason="test deal") == 3
    coverage = {
        (finding.group["table"], finding.group["column"]): finding.value
        for finding in analyse_coverage(loaded_demo).findings()
        if finding.id == "data.n_unmatched" and finding.value
    }
    assert coverage == {
        ("transactions", "customer_id"): 3,
        ("costs", "customer_id"): 2,
        ("objections", "touch_id"): 3,
        ("touches", "deal_id"): demo.frames["touches"]["deal_id"].iloc[300:320].notna().sum(),
    }
