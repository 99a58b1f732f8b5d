"""The hypothesis desk: what is said is judged as the chapter judges it, and written to the contract only when whole."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses import judge_hypothesis, read_findings
from gtmlib.analyses.workshop.hypotheses import Draft, HypothesisPanel, open_panel, read_number
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.cli import main
from gtmlib.data.engagement import CONTRACT_FILE, Hypothesis, read_engagement
from gtmlib.data.load import load_frames
from gtmlib.data.loaded import Loaded
from gtmlib.data.metrics import METRICS
from gtmlib.errors import ParameterError
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.exhibits.workshop_hypotheses import name_measure
from gtmlib.present.language import Language
from templates.demo.synth_exports import TEMPLATE

ENGLISH = Language("en", "SEK")


def estimate(name: str, value: float, half: float, n: int, unit: str = "share", **group: str) -> Finding:
    return Finding(name, value, unit, "", {}, group, value - half, value + half, 0.95, n)


FINDINGS = (
    estimate("data.fidelity_rate", 0.95, 0.02, 900),
    estimate("profitability.contribution_per_customer", 120_000.0, 30_000.0, 90, "SEK", segment="Manufacturing"),
    estimate("conversion.rate", 0.12, 0.02, 800, variant="a_price"),
    estimate("conversion.rate", 0.17, 0.02, 810, variant="b_outcome"),
    estimate("conversion.difference", 0.05, 0.03, 800, variant="b_outcome"),
    Finding("conversion.contacts_per_week", 30.0, "count", "", n=2400),
    # What nothing is claimed of: people, months, folded groups, assumptions, totals, and a group of two keys.
    estimate("profitability.loss_rate", 0.3, 0.1, 60, segment="other"),
    estimate("execution.fidelity_rate", 0.8, 0.1, 60, rep="#1"),
    estimate("pipeline.cohort_won", 0.3, 0.1, 60, cohort="2025-01-01"),
    estimate("objections.rate", 0.2, 0.1, 60, code="price", segment="Manufacturing"),
    estimate("workshop.expected_wins", 12.0, 3.0, 60, "count"),
    Finding("profitability.loss_total", -9.0, "SEK", "", n=4),
)
WHOLE = {
    "claim": "Price is worn out",
    "metric": "conversion.rate | variant | A: price",
    "direction": "below",
    "threshold": "10 %",
    "smallest_effect": "3 %",
    "smallest_n": 1200.0,
    "owner": "head of marketing",
    "if_confirmed": "Take it out",
    "if_refuted": "Leave it",
}


@pytest.fixture
def client(tmp_path: Path) -> Loaded:
    """The demo's contract in a folder of its own, and what a run found."""
    folder = tmp_path / "demo"
    folder.mkdir()
    for name in (CONTRACT_FILE, "logo.svg"):
        shutil.copy(TEMPLATE.parent / name, folder / name)
    rows = [{"chapter": "any", **asdict(finding)} for finding in FINDINGS]
    (tmp_path / "results.json").write_text(json.dumps({"findings": rows}), "utf-8")
    return replace(load_frames({}), engagement=read_engagement(folder))


def panel_of(client: Loaded) -> HypothesisPanel:
    panel = open_panel(client, str(client.engagement.folder.parent / "results.json"))
    assert isinstance(panel, HypothesisPanel)
    return panel


def asked(panel: HypothesisPanel, **said: Any) -> Draft:
    return panel.compute(settle(panel, said))[0]


def test_a_claim_can_be_about_what_has_an_interval_and_is_no_person(client: Loaded) -> None:
    panel = panel_of(client)
    options = {control.id: control for control in panel.controls}["metric"].options
    assert options == (
        "data.fidelity_rate",
        "profitability.contribution_per_customer | segment | Manufacturing",
        "conversion.rate | variant | A: price",
        "conversion.rate | variant | B: outcome",
        "conversion.difference | variant | B: outcome",
    )
    assert name_measure(options[1], ENGLISH) == "Contribution per customer: Manufacturing"
    swedish = Language.of(client.engagement, "sv")
    assert name_measure(options[2], swedish).endswith(": A: pris")
    assert all("glossary." not in name_measure(option, ENGLISH) for option in options)


def test_at_first_the_desk_shows_where_the_number_stands_and_asks_for_the_rest(client: Loaded) -> None:
    panel = panel_of(client)
    found = panel.compute(start_of(panel))[0]
    assert (found.value, found.ci_low, found.ci_high, found.n) == pytest.approx((0.95, 0.93, 0.97, 900))
    assert found.lacking == ("claim", "threshold", "smallest_effect", "owner", "if_confirmed", "if_refuted")
    assert (found.judged, found.need, found.block, found.findings()) == (None, None, "", ())
    said = " ".join(present(found, ENGLISH, "#1f5f8b").sentences)
    assert "95.0% today" in said
    assert "the claim, the line" in said


def test_what_the_contract_claims_is_judged_at_the_desk_as_in_the_chapter(client: Loaded) -> None:
    panel, contract = panel_of(client), client.engagement.contract
    findings = read_findings(client.engagement, str(client.engagement.folder.parent / "results.json"))
    names = contract.variants.names if contract.variants else {}
    n_compared = 0
    for one in contract.hypotheses:
        found = next((each for each in FINDINGS if (each.id, each.group) == (one.metric, one.group)), None)
        if found is None or one.fidelity_floor is not None or one.cost_per_week is not None:
            continue
        keys = [f"{key} | {names.get(value, value)}" for key, value in one.group.items()]
        draft = asked(
            panel, metric=" | ".join([one.metric, *keys]), direction=one.direction, threshold=str(one.threshold),
            smallest_effect=str(one.smallest_effect), smallest_n=float(one.smallest_n), decide_by=3.0,
        )  # fmt: skip
        chapter = judge_hypothesis(one.model_copy(update={"decide_by": date(2026, 3, 31)}), findings, contract)
        assert draft.judged is not None
        for name in ("value", "ci_low", "ci_high", "n", "verdict", "reason", "per_week", "delay"):
            assert getattr(draft.judged, name) == getattr(chapter, name), name
        assert chapter.need is None or draft.need == chapter.need
        n_compared += 1
    assert n_compared >= 2


def test_the_number_needed_comes_in_at_the_pace_of_the_variants_contacts(client: Loaded) -> None:
    found = asked(panel_of(client), **WHOLE)
    assert found.need is not None
    assert found.need.n is not None
    assert found.need.n > 1200
    assert found.need.n_more == found.need.n - 800
    assert found.need.weeks == pytest.approx(found.need.n_more / (30 * 800 / 2400))
    assert [one.value for one in found.findings()] == [found.need.n, found.need.n_more]
    closer = asked(panel_of(client), **WHOLE | {"smallest_effect": "1,5 %"})
    assert closer.need is not None
    assert closer.need.n is not None
    assert 3.5 < closer.need.n / found.need.n < 4.5  # half the distance takes four times as many
    assert "weeks" in " ".join(present(found, ENGLISH, "#1f5f8b").sentences)


def test_a_line_that_known_data_decide_is_said_to_be_no_test(client: Loaded) -> None:
    found = asked(panel_of(client), **WHOLE | {"direction": "above", "threshold": "2 %", "smallest_n": 100.0})
    assert found.judged is not None
    assert found.judged.verdict == "confirmed"
    exhibit = present(found, ENGLISH, "#1f5f8b")
    assert exhibit.verdict is None
    assert "draw the line where new data decide" in " ".join(exhibit.sentences)


def test_the_day_is_as_many_months_after_the_data_and_never_the_thirty_first_of_june(client: Loaded) -> None:
    panel = panel_of(client)
    days = [asked(panel, decide_by=float(months)).decide_by for months in (1, 2, 6, 24)]
    assert days == ["2026-01-31", "2026-02-28", "2026-06-30", "2027-12-31"]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("10 %", "share", 0.1), ("0,1", "share", 0.1), ("12.5%", "share", 0.125), ("25 000", "SEK", 25e3),
        ("25\u00a0000,50", "SEK", 25000.5), ("0.125", "share", 0.125), ("1000", "SEK", 1e3), ("−3", "SEK", -3.0),
        ("0,125", "SEK", 0.125),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, unit: str, number: float) -> None:
    assert read_number(text, unit) == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "unit", "key"),
    [
        ("25,000", "SEK", "number_unclear"), ("1.250.000", "SEK", "number_unclear"), ("ten", "SEK", "number"),
        ("1e9", "SEK", "number"), ("nan", "SEK", "number"), ("9" * 400, "SEK", "number"), ("10", "share", "share"),
        ("-5 %", "share", "share"), ("10 % %", "share", "number"),
    ],
)  # fmt: skip
def test_what_is_no_number_or_two_numbers_is_asked_again(text: str, unit: str, key: str) -> None:
    with pytest.raises(PanelError) as error:
        read_number(text, unit)
    assert error.value.key == key
    assert ENGLISH.say(f"workshop.error.{key}", **error.value.args_said)


def test_a_difference_can_be_below_nothing_but_a_distance_cannot(client: Loaded) -> None:
    panel = panel_of(client)
    about = WHOLE | {"metric": "conversion.difference | variant | B: outcome"}
    assert asked(panel, **about | {"threshold": "-2 %"}).threshold == -0.02
    with pytest.raises(PanelError) as error:
        asked(panel, **about | {"smallest_effect": "0"})
    assert error.value.key == "effect"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_said_the_answer_is_finite_or_a_sentence_that_asks(client: Loaded, data: st.DataObject) -> None:
    panel = panel_of(client)
    numbers = st.sampled_from(["", "10 %", "0", "0,5", "25000", "-1", "25,000", "x", "100 %"])
    said: dict[str, Any] = {}
    for control in panel.controls:
        if control.kind == "slider":
            said[control.id] = data.draw(st.sampled_from([control.low, control.start, control.high]))
        elif control.kind == "choice":
            said[control.id] = data.draw(st.sampled_from(control.options))
        else:
            is_number = control.id in ("threshold", "smallest_effect")
            said[control.id] = data.draw(numbers if is_number else st.text(max_size=12))
    try:
        found = asked(panel, **said)
    except PanelError as error:
        assert ENGLISH.say(f"workshop.error.{error.key}", **error.args_said)  # noqa: PT017
        return
    assert all(math.isfinite(number) for number in (found.value, found.ci_low, found.ci_high))
    assert found.ci_low <= found.value <= found.ci_high
    read, _ = from_block(json.loads(json.dumps(to_block(found))))
    assert read == found
    assert bool(found.block) == (not found.lacking)
    assert present(found, ENGLISH, "#1f5f8b").figure is not None


def test_what_is_declared_is_what_was_shown_and_the_command_line_takes_it(
    client: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    panel, path = panel_of(client), client.engagement.folder / CONTRACT_FILE
    before, state = path.read_bytes(), settle(panel, WHOLE | {"claim": 'Price is "worn out"\n]] \\ åäö'})
    block = panel.compute(state)[0].block
    key, args = panel.act("declare", state)
    assert (
        ENGLISH.say(f"workshop.hypotheses.{key}", **args)
        == "The hypothesis ‘price_is_worn_out_aao’ is in the contract. It is decided by 30 June 2026."
    )
    assert path.read_bytes() == before + b"\n" + block.encode()
    added = read_engagement(client.engagement.folder).contract.hypotheses[-1]
    assert isinstance(added, Hypothesis)
    assert added.claim == 'Price is "worn out" ]] \\ åäö'
    assert (added.threshold, added.group, added.speaks_to) == (0.1, {"variant": "a_price"}, "meetings")
    assert added.declared_on == client.engagement.contract.exported_on
    assert main(["hypotheses", str(client.engagement.folder)]) == 0
    assert "price_is_worn_out_aao: CANNOT TELL" in capsys.readouterr().out
    with pytest.raises(PanelError) as error:
        panel.act("declare", state)
    assert error.value.key == "already_declared"


def test_nothing_is_written_while_something_lacks_or_the_contract_is_broken(client: Loaded) -> None:
    panel, path = panel_of(client), client.engagement.folder / CONTRACT_FILE
    before = path.read_bytes()
    with pytest.raises(PanelError) as error:
        panel.act("declare", settle(panel, WHOLE | {"owner": " "}))
    assert error.value.key == "not_said"
    with pytest.raises(ParameterError, match="unknown action"):
        panel.act("delete", settle(panel, WHOLE))
    assert path.read_bytes() == before
    path.write_bytes(before + b"\nclient = 1")
    with pytest.raises(PanelError) as error:
        panel.act("declare", settle(panel, WHOLE))
    assert error.value.key == "not_written"
    assert path.read_bytes() == before + b"\nclient = 1"


def test_without_a_run_the_desk_says_to_run_the_report_first(client: Loaded) -> None:
    with pytest.raises(PanelError) as error:
        open_panel(client, str(client.engagement.folder / "nowhere.json"))
    assert "gtm run demo" in ENGLISH.say(f"workshop.error.{error.value.key}", **error.value.args_said)


def test_a_panel_without_actions_has_none_to_do() -> None:
    from gtmlib.analyses.workshop.pipeline import PipelinePanel

    assert PipelinePanel.actions == ()
    with pytest.raises(ParameterError, match="has no action"):
        super(HypothesisPanel, HypothesisPanel.__new__(HypothesisPanel)).act("declare", {})
    assert set(HypothesisPanel.headlines) <= set(METRICS)
