"""Verdicts on declared hypotheses: what was planted in the demo comes out, and each reason is the right one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gtmlib.analyses.conversion import analyse_variants
from gtmlib.analyses.data_check import analyse_data
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses import (
    Judged,
    Verdicts,
    judge_hypotheses,
    judge_hypothesis,
    lay_out_cascade,
    read_findings,
)
from gtmlib.analyses.profitability import analyse_segments
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.contract import Contract
from gtmlib.data.engagement import Engagement, Hypothesis, parse_contract
from gtmlib.data.loaded import Loaded
from gtmlib.data.metrics import METRICS
from gtmlib.data.register import declare
from gtmlib.errors import DataError
from gtmlib.stats.claims import observations_needed
from templates.demo.synth import make_demo, read_model
from templates.demo.synth_exports import TEMPLATE

from ..conftest import load_demo

LEAST_WEEKS_RIGHT = 45 / 50
# The planted verdict of each hypothesis of the demo, with why.
PLANTED = {
    "manufacturing_pays": "confirmed",
    "retail_pays": "refuted",
    "proof_message": "fidelity",
    "price_message": "few",
}


@cache
def demo_contract() -> Contract:
    return parse_contract(TEMPLATE.read_bytes())


def findings_of(loaded: Loaded) -> list[Finding]:
    results = (analyse_segments(loaded), analyse_variants(loaded), analyse_data(loaded))
    return [finding for result in results for finding in result.findings()]


@cache
def judged(seed: int) -> dict[str, Judged]:
    loaded = load_demo(make_demo(seed), demo_contract())
    engagement = replace(loaded.engagement, contract=demo_contract())
    verdicts = judge_hypotheses(engagement, findings_of(loaded))
    assert isinstance(verdicts, Verdicts)
    return {row.id: row for row in verdicts.rows}


def planted_weeks() -> float:
    """Weeks until the price message can be told, from the parameters that the demo is drawn from alone."""
    model, plan = read_model(), demo_contract().variants
    assert plan is not None
    assert plan.horizon_days is not None
    (claim,) = (one for one in demo_contract().hypotheses if one.id == "price_message")
    outreach = model["n_touches"] * model["stages"].set_index("stage")["share"]["Outreach"]
    n_days = (model["ends_on"] - model["test_starts_on"]).days + 1
    per_day = outreach / n_days / len(plan.planned_split)
    n = per_day * (n_days - plan.horizon_days)
    spread = (claim.threshold * (1 - claim.threshold)) ** 0.5
    need = observations_needed(
        spread, round(n), smallest_effect=claim.smallest_effect, planned_n=claim.smallest_n, per_week=per_day * 7
    )
    assert need.weeks is not None
    return need.weeks


@pytest.mark.parametrize("n_seeds", [6, pytest.param(50, marks=pytest.mark.full)])
def test_planted_hypotheses_end_as_planted(n_seeds: int) -> None:
    found = Counter((name, judged(seed)[name].reason) for seed in range(n_seeds) for name in PLANTED)
    # A 95 % sequence may miss now and then; what was planted lies far from each line.
    assert {name: found[name, reason] for name, reason in PLANTED.items() if found[name, reason] < n_seeds - 1} == {}
    for seed in range(n_seeds):
        assert judged(seed)["outcome_message"].reason in (
            "confirmed",
            "open",
            "fidelity",
        )  # it is better: never refuted


@pytest.mark.parametrize("n_seeds", [6, pytest.param(50, marks=pytest.mark.full)])
def test_the_weeks_to_go_are_within_20_percent_of_the_planted_answer(n_seeds: int) -> None:
    weeks = [judged(seed)["price_message"].need for seed in range(n_seeds)]
    right = [need is not None and abs((need.weeks or 0) / planted_weeks() - 1) <= 0.2 for need in weeks]
    assert sum(right) >= LEAST_WEEKS_RIGHT * n_seeds - (n_seeds < 50)


def test_the_demo_has_one_of_each(loaded_demo: Loaded) -> None:
    verdicts = judge_hypotheses(loaded_demo.engagement, findings_of(loaded_demo))
    assert isinstance(verdicts, Verdicts)
    assert {row.id: row.reason for row in verdicts.rows} == {"outcome_message": "confirmed", **PLANTED}
    assert all(row.is_declared and not row.changes for row in verdicts.rows)
    assert [one.id for one in verdicts.findings()][:5] == ["hypotheses.verdict"] * 5


# --- Each reason, on findings made by hand. ---

HAND: dict[str, Any] = {
    "id": "h", "claim": "More than a tenth convert", "speaks_to": "scope", "metric": "conversion.rate",
    "group": {"variant": "b_outcome"}, "direction": "above", "threshold": 0.1, "smallest_effect": 0.03,
    "smallest_n": 400, "declared_on": date(2025, 1, 10), "decide_by": date(2026, 6, 30), "owner": "sales",
    "if_confirmed": "go on", "if_refuted": "stop",
}  # fmt: skip


def claim(**other: Any) -> Hypothesis:
    return Hypothesis(**{**HAND, **other})


def rate(value: float = 0.15, n: int = 2000, half: float = 0.01, **other: Any) -> Finding:
    about = {"group": {"variant": "b_outcome"}, "ci_low": value - half, "ci_high": value + half, "n": n, **other}
    return Finding("conversion.rate", value, "share", "conversion.finding.rate", confidence_level=0.95, **about)


def fidelity(value: float) -> Finding:
    return Finding("conversion.fidelity_rate", value, "share", "", group={"variant": "b_outcome"}, n=2000)


def pace(value: float = 60.0, n: int = 3000) -> Finding:
    return Finding("conversion.contacts_per_week", value, "count", "", n=n)


def verdict(*findings: Finding, **other: Any) -> Judged:
    return judge_hypothesis(claim(**other), findings, demo_contract())


def test_without_a_finding_it_can_not_be_told() -> None:
    assert verdict().reason == "no_finding"
    assert verdict(rate(), group={"variant": "c_proof"}).reason == "no_finding"


def test_what_was_not_delivered_is_not_judged_whatever_the_interval_says() -> None:
    assert verdict(rate(), fidelity(0.9)).reason == "confirmed"
    found = verdict(rate(), fidelity(0.7))  # the demo's contract asks for .8
    assert (found.verdict, found.reason, found.trust, found.trust_floor) == ("cannot_tell", "fidelity", 0.7, 0.8)
    assert verdict(rate(), fidelity(0.7), fidelity_floor=0.6).reason == "confirmed"


def test_without_logged_reasons_nothing_is_judged_that_rests_on_them() -> None:
    objection = Finding("objections.rate", 0.3, "share", "", group={"code": "price"}, ci_low=0.29, ci_high=0.31, n=900)
    logged = Finding("data.reason_logged_rate", 0.4, "share", "", n=200)
    about = {"metric": "objections.rate", "group": {"code": "price"}}
    assert verdict(objection, logged, **about).reason == "logging"
    assert verdict(objection, replace(logged, value=0.6), **about).reason == "confirmed"


def test_too_few_observations_give_no_verdict_but_weeks_and_a_cost() -> None:
    found = verdict(rate(n=300), pace(), cost_per_week=1000.0)
    assert found.reason == "few"
    assert found.per_week == 6.0  # 300 of 3,000 contacts, at 60 a week
    assert found.need is not None
    assert found.need.n is not None
    assert found.need.n_more == found.need.n - 300
    assert found.delay is not None
    assert found.need.weeks == pytest.approx(found.need.n_more / 6)
    assert found.delay.until_decided == 1000.0 * round(found.need.weeks or 0)


def test_an_interval_that_holds_the_line_is_open_until_what_matters_would_have_shown() -> None:
    assert verdict(rate(0.1, n=1000, half=0.02), pace()).reason == "open"
    close = verdict(rate(0.1, n=90_000, half=0.002), pace())
    assert (close.verdict, close.reason) == ("cannot_tell", "close")


def test_the_side_of_the_line_decides() -> None:
    assert verdict(rate(0.15)).verdict == "confirmed"
    assert verdict(rate(0.15), direction="below").verdict == "refuted"
    assert verdict(rate(0.05)).verdict == "refuted"


def test_a_test_that_its_own_checks_stopped_is_not_judged() -> None:
    difference = Finding(
        "conversion.difference", 0.2, "share", "conversion.finding.not_answerable", group={"variant": "b_outcome"},
        ci_low=0.11, ci_high=0.29, confidence_level=0.95, n=2000, verdict="cannot_tell",
    )  # fmt: skip
    assert verdict(difference, metric="conversion.difference").reason == "stopped"
    clear = replace(difference, message="conversion.finding.winner")
    found = verdict(clear, metric="conversion.difference")
    assert (found.verdict, found.ci_low, found.ci_high) == ("confirmed", 0.11, 0.29)  # it holds at every look already


def test_what_the_lesser_message_forgoes_is_the_cost_of_waiting() -> None:
    difference = Finding(
        "conversion.difference", 0.02, "share", "conversion.finding.undecided", group={"variant": "b_outcome"},
        ci_low=-0.01, ci_high=0.05, confidence_level=0.95, n=2000, verdict="cannot_tell",
    )  # fmt: skip
    found = verdict(difference, pace(), metric="conversion.difference", threshold=0.0)
    assert found.delay is not None
    # A third of 60 contacts a week get the price; each forgoes .02 meetings of 9,000 kr.
    assert found.delay.per_week == pytest.approx(60 / 3 * 0.02 * 9000)
    assert (found.delay.low, found.delay.high) == pytest.approx((0, 60 / 3 * 0.05 * 9000))
    assert not found.delay.is_declared


def test_two_groups_are_compared_by_the_difference_of_their_intervals() -> None:
    other = rate(0.10, group={"variant": "a_price"})
    found = verdict(rate(0.16), other, against={"variant": "a_price"}, threshold=0.0)
    assert found.value == pytest.approx(0.06)
    assert found.verdict == "confirmed"
    assert verdict(rate(0.11), other, against={"variant": "a_price"}, threshold=0.0).verdict == "cannot_tell"


def test_a_total_is_judged_on_its_day_and_not_before() -> None:
    total = Finding("profitability.total_contribution", 12e6, "SEK", "", n=260)
    about = {"metric": "profitability.total_contribution", "group": {}, "threshold": 1e7, "smallest_effect": 1e6}
    assert verdict(total, **about, smallest_n=100).reason == "running"
    assert verdict(total, **about, smallest_n=100, decide_by=date(2025, 12, 31)).reason == "confirmed"
    assert verdict(total, **about, smallest_n=100, decide_by=date(2025, 12, 31), direction="below").reason == "refuted"


def test_a_changed_threshold_comes_with_the_verdict(tmp_path: Path, loaded_demo: Loaded) -> None:
    contract = loaded_demo.engagement.contract
    first = contract.hypotheses[0]
    declare(tmp_path, [first], today=date(2025, 1, 10))
    moved = first.model_copy(update={"threshold": 0.01})
    engagement = Engagement("demo", tmp_path, tmp_path, contract.model_copy(update={"hypotheses": [moved]}))
    verdicts = judge_hypotheses(engagement, findings_of(loaded_demo))
    assert isinstance(verdicts, Verdicts)
    assert verdicts.findings()[0].args["changes"] == [["threshold", "0.02", "0.01", ""]]


def test_the_cascade_says_which_goals_nothing_measures(loaded_demo: Loaded) -> None:
    findings = findings_of(loaded_demo)
    verdicts = judge_hypotheses(loaded_demo.engagement, findings)
    cascade = lay_out_cascade(loaded_demo.engagement, verdicts, findings)
    assert cascade is not None
    assert cascade.unmeasured == ("Nine of ten customers renew their contract",)
    assert [choice.heading for choice in cascade.choices] == [
        "objectives", "objectives", "scope", "scope", "advantage",
    ]  # fmt: skip
    assert len(cascade.choices[-1].claims) == 2
    measured = {finding.id for finding in findings if not finding.id.startswith("data.")}
    assert cascade.n_measured == len(measured)
    assert cascade.n_unasked == len(measured) - 3


def test_without_hypotheses_the_chapter_says_what_to_ask_for(loaded_demo: Loaded) -> None:
    contract = loaded_demo.engagement.contract.model_copy(update={"hypotheses": []})
    found = judge_hypotheses(replace(loaded_demo.engagement, contract=contract), ())
    assert isinstance(found, MissingData)
    assert found.needed == ("contract.hypotheses",)


def test_without_a_run_there_are_no_findings_to_judge_by(loaded_demo: Loaded, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gtm run demo"):
        read_findings(loaded_demo.engagement, str(tmp_path / "results.json"))


def test_findings_come_from_a_run_without_those_of_this_chapter_and_without_what_was_tried(
    loaded_demo: Loaded, tmp_path: Path
) -> None:
    row = {"chapter": "data_check", "id": "data.fidelity_rate", "value": 0.8, "unit": "share", "message": ""}
    own = {**row, "chapter": "hypotheses", "id": "hypotheses.verdict"}
    tried = {**row, "chapter": "scenarios", "id": "workshop.tried", "group": {"panel": "pipeline"}}
    (tmp_path / "results.json").write_text(json.dumps({"findings": [row, own, tried]}))
    assert [one.id for one in read_findings(loaded_demo.engagement, str(tmp_path / "results.json"))] == [row["id"]]


def test_every_finding_of_these_chapters_is_known_by_id_and_group(loaded_demo: Loaded) -> None:
    for finding in findings_of(loaded_demo):
        ways = {" ".join(sorted(keys.split())) for keys in METRICS[finding.id].groups}
        assert " ".join(sorted(finding.group)) in ways, finding.id
