"""Objections: a rate is per conversation, not per mention, and what is too small is folded, not shown."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gtmlib.analyses.objections import ObjectionRates, analyse_objections
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.data.engagement import Contract, Conversations, Disclosure
from gtmlib.data.load import Loaded, load_frames
from gtmlib.errors import ParameterError
from gtmlib.stats.proportions import estimate_proportion
from templates.demo.synth import Demo

from ..conftest import load_demo, value_of

CALLS = Conversations(channels=["call", "meeting"], excluded_outcomes=["no answer"])
TWO = Disclosure(smallest_group=2)


def load(touches: list[dict[str, Any]], said: list[tuple[str, str]], **decided: Any) -> Loaded:
    frames = {"touches": pd.DataFrame(touches)}
    frames["objections"] = pd.DataFrame(said, columns=["touch_id", "code"])
    customers = {touch["customer_id"]: touch["customer_segment"] for touch in touches if "customer_segment" in touch}
    if customers:
        frames["touches"] = frames["touches"].drop(columns="customer_segment")
        frames["customers"] = pd.DataFrame(customers.items(), columns=["customer_id", "segment"])
    return load_frames(frames, **({"conversations": CALLS, "disclosure": TWO} | decided))


def talks(n: int, start: int = 1, **columns: Any) -> list[dict[str, Any]]:
    return [{"touch_id": f"T{start + i}", "channel": "call", "outcome": "held", **columns} for i in range(n)]


def counts(result: Any) -> dict[tuple[str, str], tuple[int, int]]:
    assert isinstance(result, ObjectionRates)
    return {(row.code, row.group): (row.estimate.n_successes, row.estimate.n_trials) for row in result.rows}


def test_a_conversation_counts_once_per_code_however_often_it_was_logged() -> None:
    said = [("T1", "price"), ("T1", "price"), ("T1", "timing"), ("T2", "price"), ("T3", "timing")]
    result = analyse_objections(load(talks(10), said))
    assert counts(result) == {("price", ""): (2, 10), ("timing", ""): (2, 10)}
    assert isinstance(result, ObjectionRates)
    assert (result.n_conversations, result.with_any[0].n_successes, result.n_left_out) == (10, 3, 0)


def test_the_interval_is_wilsons() -> None:
    result = analyse_objections(load(talks(40), [(f"T{i}", "price") for i in range(1, 13)]), confidence_level=0.9)
    assert isinstance(result, ObjectionRates)
    assert result.rows[0].estimate == estimate_proportion(12, 40, confidence_level=0.9)
    finding, whole = result.findings()
    assert (finding.id, finding.group, finding.value, finding.n) == ("objections.rate", {"code": "price"}, 0.3, 40)
    assert (whole.id, whole.value, whole.n) == ("objections.any_rate", 0.3, 40)


def test_only_what_the_contract_calls_a_conversation_counts_and_the_rest_is_counted_as_left_out() -> None:
    touches = [
        *talks(4),
        {"touch_id": "M1", "channel": "mail", "outcome": "held"},
        {"touch_id": "N1", "channel": "call", "outcome": "no answer"},
        {"touch_id": "U1", "channel": "call", "outcome": None},  # an unknown outcome is no 'no answer'
    ]
    said = [("T1", "price"), ("U1", "price"), ("M1", "price"), ("N1", "price"), ("nobody", "price")]
    result = analyse_objections(load(touches, said))
    assert counts(result) == {("price", ""): (2, 5)}
    assert isinstance(result, ObjectionRates)
    assert result.n_left_out == 3


def test_by_stage_each_rate_has_the_conversations_of_its_own_stage_below_it() -> None:
    touches = [*talks(10, stage="early"), *talks(4, 11, stage="late"), *talks(3, 15, stage=None)]
    said = [("T1", "price"), ("T2", "price"), ("T11", "price"), ("T11", "legal"), ("T12", "legal"), ("T15", "price")]
    result = analyse_objections(load(touches, said), by="stage")
    assert counts(result) == {
        ("price", "early"): (2, 10), ("price", "late"): (1, 4), ("legal", "early"): (0, 10), ("legal", "late"): (2, 4),
    }  # fmt: skip
    assert isinstance(result, ObjectionRates)
    assert (result.n_conversations, result.n_without_group) == (17, 3)
    assert value_of(result.findings(), "objections.rate", code="legal", stage="late") == 0.5


def test_the_segment_is_the_touchs_own_else_its_customers() -> None:
    touches = [
        *talks(3, customer_id="K1", segment="Retail", customer_segment="Industry"),
        *talks(3, 4, customer_id="K1", segment=None, customer_segment="Industry"),
        *talks(1, 7, customer_id="K2", segment=None, customer_segment=None),
    ]
    result = analyse_objections(load(touches, [("T1", "price"), ("T2", "price"), ("T4", "price")]), by="segment")
    assert counts(result) == {("price", "Retail"): (2, 3), ("price", "Industry"): (1, 3)}
    assert isinstance(result, ObjectionRates)
    assert result.n_without_group == 1


def test_a_conversation_with_two_rare_objections_is_one_conversation() -> None:
    said = [(f"T{i}", "price") for i in range(1, 7)]
    said += [("T1", "fit"), ("T2", "fit"), ("T1", "legal"), ("T2", "legal"), ("T3", "trust")]
    result = analyse_objections(load(talks(12), said, disclosure=Disclosure(smallest_group=5)))
    # fit, legal and trust are each in fewer than five: together in T1, T2 and T3, which is three conversations.
    assert counts(result) == {("price", ""): (6, 12), (OTHER, ""): (3, 12)}


def test_a_code_that_the_client_calls_other_joins_the_folded_ones() -> None:
    said = [(f"T{i}", "price") for i in range(1, 9)] + [(f"T{i}", "other") for i in range(1, 7)]
    assert counts(analyse_objections(load(talks(12), said))) == {("price", ""): (8, 12), (OTHER, ""): (6, 12)}
    said += [("T8", "legal")]
    assert counts(analyse_objections(load(talks(12), said))) == {("price", ""): (8, 12), (OTHER, ""): (7, 12)}


def test_small_groups_are_folded_until_none_can_be_told_from_a_total() -> None:
    touches = [*talks(20, stage="early"), *talks(9, 21, stage="middle"), *talks(2, 30, stage="late")]
    said = [(f"T{i}", "price") for i in (1, 2, 3, 4, 5, 21, 30)]
    result = analyse_objections(load(touches, said, disclosure=Disclosure(smallest_group=5)), by="stage")
    assert counts(result) == {("price", "early"): (5, 20), ("price", OTHER): (2, 11)}


@pytest.mark.parametrize("by", ["code", "stage", "segment"])
def test_without_conversations_or_groups_it_says_what_to_ask_for(by: str) -> None:
    mails = load([{"touch_id": "T1", "channel": "mail", "stage": "early", "segment": "A"}], [("T1", "price")])
    assert analyse_objections(mails, by=by) == MissingData(chapter="objections", needed=("touches",))
    nothing = load_frames({"touches": pd.DataFrame(talks(3))})
    expected = ("objections",) if by != "stage" else ("touches.stage", "objections")
    assert analyse_objections(nothing, by=by) == MissingData(chapter="objections", needed=expected)


def test_a_grouping_that_no_touch_has_is_asked_for() -> None:
    loaded = load(talks(6), [("T1", "price")])
    assert analyse_objections(loaded, by="segment") == MissingData(chapter="objections", needed=("touches.segment",))
    assert analyse_objections(loaded, by="stage") == MissingData(chapter="objections", needed=("touches.stage",))


def test_an_unknown_grouping_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ParameterError, match="stage"):
        analyse_objections(load(talks(6), [("T1", "price")]), by="stages")


def test_groups_add_up_to_all_in_the_demo(demo: Demo, demo_contract: Contract) -> None:
    loaded = load_demo(demo, demo_contract)
    in_all = counts(analyse_objections(loaded))
    for by in ("stage", "segment"):
        found = counts(analyse_objections(loaded, by=by))
        for (code, _), (n_met, n_talks) in in_all.items():
            cells = [found[key] for key in found if key[0] == code]
            assert (sum(cell[0] for cell in cells), sum(cell[1] for cell in cells)) == (n_met, n_talks)
