"""The first page: which findings stand there and why, what moved since the run before, and what is done on Monday."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses import judge_hypothesis
from gtmlib.data.contract import Behaviour, Contract
from gtmlib.data.engagement import Engagement, parse_contract
from gtmlib.data.local_text import LocalText
from gtmlib.present.language import Language
from gtmlib.run.changes import compare_findings, compare_with_previous, describe_news, reached_stops
from gtmlib.run.summary import certainty, choose_findings, money_secured, summarise
from templates.demo.synth_exports import TEMPLATE

LANGUAGES = [Language("en", "SEK"), Language("sv", "SEK")]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract(TEMPLATE.read_bytes())


def total(value: float = 15e6) -> Finding:
    args = {"revenue": 8e7, "amount": value, "share": 0.2, "measure_as": "contribution"}
    return Finding("profitability.total_contribution", value, "SEK", "profitability.finding.total", args, n=260)


def lift(level: str, value: float, half: float, n: int = 80) -> Finding:
    return Finding(
        "profitability.lift", value, "SEK", "profitability.finding.lift_up",
        {"feature": "segment", "level": level, "lift": value}, {"feature": "segment", "level": level},
        ci_low=value - half, ci_high=value + half, confidence_level=0.95, n=n,
    )  # fmt: skip


def rate(name: str, value: float, half: float, **group: str) -> Finding:
    message = {"objections.rate": "objections.finding.rate"}.get(name, name.replace("data.", "data.finding."))
    args = {"rate": value, "n": 900, **group}
    return Finding(name, value, "share", message, args, group, value - half, value + half, 0.95, 900)


def winner(verdict: Any = "confirmed", half: float = 0.01) -> Finding:
    return Finding(
        "conversion.verdict", 0.05, "share", "conversion.finding.winner",
        {"variant": "C", "control": "A", "difference": 0.05}, {"variant": "c_proof"}, ci_low=0.05 - half,
        ci_high=0.05 + half, confidence_level=0.95, n=1600, verdict=verdict,
    )  # fmt: skip


PACE = Finding("conversion.contacts_per_week", 50.0, "count", "", n=2400)


# --- Which findings. ---


def test_money_that_the_evidence_secures_is_the_end_of_the_interval_nearest_to_nothing(contract: Contract) -> None:
    assert money_secured(total(), [], contract) == 15e6
    assert money_secured(lift("Ports", 1000.0, 400.0), [], contract) == 600.0 * 80
    assert money_secured(lift("Ports", 1000.0, 1400.0), [], contract) == 0.0  # it may be nothing
    assert money_secured(rate("data.fidelity_rate", 0.9, 0.01), [], contract) == 0.0
    # Fifty contacts a week, at least four points more of them, 9,000 kr each.
    assert money_secured(winner(), [PACE], contract) == pytest.approx(50 * 52 * 0.04 * 9000)


def test_certainty_is_how_narrow_the_interval_is_against_its_number() -> None:
    assert certainty(total()) == 1.0
    assert certainty(rate("objections.rate", 0.2, 0.02, code="price")) == pytest.approx(0.9)


def test_findings_stand_by_money_then_by_certainty_and_those_about_the_data_last(contract: Contract) -> None:
    contract = contract.model_copy(update={"hypotheses": []})
    shown = [
        ("data_check", rate("data.fidelity_rate", 0.9, 0.01)),
        ("objections", rate("objections.rate", 0.2, 0.02, code="price")),
        ("objections", rate("objections.rate", 0.4, 0.02, code="value")),
        ("conversion", winner()),
        ("conversion", PACE),
        ("profitability", lift("Ports", 1000.0, 400.0)),
        ("profitability", lift("Retail", 100.0, 400.0)),
        ("profitability", total()),
    ]
    chosen = choose_findings(shown, contract, most=5)
    assert [(one.id, *one.group.values()) for _, one in chosen] == [
        ("profitability.total_contribution",),
        ("conversion.verdict", "c_proof"),
        ("profitability.lift", "segment", "Ports"),
        ("objections.rate", "value"),
        ("data.fidelity_rate",),
    ]


def test_what_can_not_be_told_or_a_hypothesis_has_said_is_no_headline(contract: Contract) -> None:
    shown = [("conversion", winner("cannot_tell")), ("conversion", winner())]
    assert choose_findings(shown[:1], contract, most=5) == []
    assert choose_findings(shown, contract, most=5) == []  # a hypothesis of the demo is on this very difference
    free = contract.model_copy(update={"hypotheses": []})
    assert len(choose_findings(shown, free, most=5)) == 1


def tried(value: float) -> Finding:
    args = {"metric": "profitability.total_contribution", "value": value}
    return Finding(
        "workshop.tried", value, "SEK", "workshop.finding.today.money", args, {"panel": "price_cost"},
        ci_low=value - 1, ci_high=value + 1, confidence_level=0.95, n=900,
    )  # fmt: skip


def test_what_was_tried_in_the_workshop_is_no_headline_whatever_money_it_is_about(contract: Contract) -> None:
    shown = [("scenarios", tried(9e9)), ("profitability", total())]
    assert [one.id for _, one in choose_findings(shown, contract, most=5)] == ["profitability.total_contribution"]


def test_what_was_tried_did_not_move_and_to_try_something_else_is_no_run_on_other_data(
    tmp_path: Path, contract: Contract
) -> None:
    assert compare_findings([tried(1.0)], [tried(9e9)], contract, since="2025-09-30") is None
    old, new = rate("data.fidelity_rate", 0.7, 0.02), rate("data.fidelity_rate", 0.8, 0.02)
    write_run(tmp_path, "1", "2025-09-30", "a", old)
    write_run(tmp_path, "2", "2025-12-31", "b", new)
    third = write_run(tmp_path, "3", "2025-12-31", "b", new) | {"parameters": {"scenario": "pris-upp"}}
    changes = compare_with_previous(tmp_path, third, [new], contract)
    assert changes is not None
    assert changes.since == "2025-09-30"


def test_a_crowded_chapter_fills_up_to_three_findings_where_there_are_no_others(contract: Contract) -> None:
    shown = [("profitability", lift(name, 1000.0 + place, 100.0)) for place, name in enumerate("ABCDE")]
    assert len(choose_findings(shown, contract, most=5)) == 3


# --- What it says. ---


def blocks(*findings: Finding) -> dict[str, list[tuple[Any, tuple[Finding, ...]]]]:
    return {"profitability": [(None, findings)]}


def test_without_findings_the_lead_says_that_the_data_carry_none(contract: Contract) -> None:
    said = [summarise({}, contract, language).lead for language in LANGUAGES]
    assert said[0].startswith("The data carry no finding yet.")
    assert said[1].startswith("Underlaget bär ännu ingen slutsats.")


def test_verdicts_come_first_decided_ones_before_those_that_cost_most_to_wait_for(contract: Contract) -> None:
    segments = [
        Finding("profitability.contribution_per_customer", value, "SEK", "", group={"segment": name}, n=80,
                ci_low=value - 5000, ci_high=value + 5000, confidence_level=0.95)
        for name, value in (("Manufacturing", 183_000.0), ("Retail chains", -9000.0))
    ]  # fmt: skip
    judged = [judge_hypothesis(one, segments, contract).finding for one in contract.hypotheses]
    summary = summarise(blocks(*judged), contract, LANGUAGES[0])
    assert [row.verdict for row in summary.verdicts] == ["confirmed", "refuted", *["cannot_tell"] * 3]
    told = "5 hypotheses: 1 confirmed, 1 refuted and 3 can’t be told yet."
    assert summary.lead.replace("\N{NO-BREAK SPACE}", " ") == told
    assert summary.verdicts[0].todo == "Now: Two more sellers for manufacturing (managing director)."
    engagement = Engagement("demo", TEMPLATE.parent, TEMPLATE.parent, contract)
    swedish = summarise(blocks(*judged), contract, Language.of(engagement, "sv"))
    assert swedish.verdicts[1].claim == "En butikskedja bidrar med mer än 25\N{NO-BREAK SPACE}000 kr"
    assert swedish.verdicts[1].todo.startswith("Nu: Inga nya butikskedjor")


def test_a_changed_threshold_is_said_with_both_values(contract: Contract) -> None:
    judged = judge_hypothesis(contract.hypotheses[1], [], contract).finding
    args = judged.args | {
        "is_declared": True,
        "unit": "SEK",
        "changes": [["threshold", "90000.0", "100000.0", "2025-06-02"]],
    }
    (row,) = summarise(blocks(replace(judged, args=args)), contract, LANGUAGES[0]).verdicts
    assert "the line was SEK 90,000 and is SEK 100,000 since 2 June 2025" in row.found.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_behaviours_say_who_looks_at_them(contract: Contract) -> None:
    behaviour = Behaviour(
        id="next_step",
        name=LocalText({"en": "Every conversation ends with a next step", "sv": "Alla samtal får ett nästa steg"}),
        rule="next_step", starts_on=date(2026, 1, 5), target=0.8, seen_by="sales_team",
    )  # fmt: skip
    told = {"behaviour": behaviour.name, "starts_on": "2026-01-05", "target": 0.8, "seen_by": "sales_team"}
    finding = Finding("hypotheses.behaviour", 0.8, "share", "hypotheses.finding.behaviour", told, {"id": "next_step"})
    followed = contract.model_copy(update={"behaviours": [behaviour]})
    (english,) = summarise(blocks(finding), followed, LANGUAGES[0]).behaviours
    (swedish,) = summarise(blocks(finding), followed, LANGUAGES[1]).behaviours
    assert english.detail == "From 5 January 2026, with a target of 80% of cases; looked at weekly by the sales team."
    assert swedish.text == "Alla samtal får ett nästa steg"
    (bare,) = summarise({}, followed, LANGUAGES[0]).behaviours
    assert bare.detail == "Looked at by the sales team."


# --- What moved. ---


def verdict_of(verdict: str, *, is_due: bool = False) -> Finding:
    args = {"claim": "Retail pays", "is_due": is_due}
    message = f"hypotheses.finding.{verdict}"
    return Finding("hypotheses.verdict", None, None, message, args, {"id": "retail"}, verdict=verdict)  # type: ignore[arg-type]


def test_a_verdict_that_moved_and_a_number_beyond_its_interval_are_found(contract: Contract) -> None:
    before = [
        verdict_of("cannot_tell"),
        rate("data.fidelity_rate", 0.7, 0.02),
        rate("data.reason_logged_rate", 0.6, 0.05),
    ]
    now = [verdict_of("refuted"), rate("data.fidelity_rate", 0.8, 0.02), rate("data.reason_logged_rate", 0.62, 0.05)]
    changes = compare_findings(before, now, contract, since="2025-09-30")
    assert changes is not None
    assert [(pair.now.id, pair.is_verdict) for pair in changes.moved] == [
        ("hypotheses.verdict", True), ("data.fidelity_rate", False),
    ]  # fmt: skip
    assert compare_findings(now, now, contract, since="2025-09-30") is None


def test_a_declared_stop_that_is_reached_is_an_alert(contract: Contract) -> None:
    arms = [replace(rate("conversion.rate", 0.1, 0.01, variant=name), n=900) for name in "abc"]
    assert reached_stops([verdict_of("refuted", is_due=True), *arms], contract) == ("retail", "planned_n")
    changes = compare_findings(
        [verdict_of("refuted")], [verdict_of("refuted", is_due=True), *arms], contract, since="2025-09-30"
    )
    assert changes is not None
    assert changes.stops == ("retail", "planned_n")
    news = describe_news(changes, changes.stops)
    assert news[0] == "Declared stop reached: the day of decision of hypothesis 'retail'."
    assert "planned number of contacts" in news[1]


def test_the_summary_says_what_moved_in_both_languages(contract: Contract) -> None:
    pairs = ([verdict_of("cannot_tell"), rate("data.fidelity_rate", 0.7, 0.02)],
             [verdict_of("refuted"), rate("data.fidelity_rate", 0.8, 0.02)])  # fmt: skip
    changes = compare_findings(*pairs, contract, since="2025-09-30")
    english, swedish = (summarise({}, contract, language, changes).changes for language in LANGUAGES)
    assert english[0] == "Retail pays: Cannot tell in the data of 30 September 2025, now Refuted."
    assert swedish[0] == "Retail pays: Går inte att avgöra i underlaget från 30 september 2025, nu Motbevisat."
    assert len(english) == len(swedish) == 2


def write_run(home: Path, name: str, exported_on: str, sha: str, *findings: Finding) -> dict[str, Any]:
    manifest = {
        "contract_sha256": sha,
        "register_sha256": "",
        "inputs": [],
        "parameters": {},
        "exported_on": exported_on,
    }
    (home / name).mkdir(parents=True)
    (home / name / "manifest.json").write_text(json.dumps(manifest))
    rows = [{"chapter": "x", **asdict(finding)} for finding in findings]
    (home / name / "results.json").write_text(json.dumps({"findings": rows}))
    return manifest


def test_a_run_that_is_repeated_compares_with_the_same_earlier_run_and_the_first_with_none(
    tmp_path: Path, contract: Contract
) -> None:
    old, new = rate("data.fidelity_rate", 0.7, 0.02), rate("data.fidelity_rate", 0.8, 0.02)
    first = write_run(tmp_path, "1", "2025-09-30", "a", old)
    assert compare_with_previous(tmp_path, first, [old], contract) is None  # only itself is there
    second = write_run(tmp_path, "2", "2025-12-31", "b", new)
    once = compare_with_previous(tmp_path, second, [new], contract)
    write_run(tmp_path, "3", "2025-12-31", "b", new)
    assert once == compare_with_previous(tmp_path, second, [new], contract)
    assert once is not None
    assert once.since == "2025-09-30"
    assert compare_with_previous(tmp_path, first, [old], contract) is None  # later data are no earlier run
