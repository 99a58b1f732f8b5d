"""Scenarios that the workshop saved: part of a run where there are some, with the very numbers of the panels."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, Value, settle, start_of
from gtmlib.analyses.workshop.scenarios import WHAT_IFS, compare, moved_states
from gtmlib.cli import main
from gtmlib.data.engagement import Engagement, read_engagement
from gtmlib.data.load import load_tables
from gtmlib.data.scenarios import read_scenarios, save_scenario
from gtmlib.errors import ContractError
from gtmlib.present.language import Language
from gtmlib.run import runner
from gtmlib.run.exports import export_run
from gtmlib.run.notebooks import read_blocks
from gtmlib.run.plan import NOTEBOOKS, plan_run
from gtmlib.run.runner import Run, run_engagement
from gtmlib.run.stored import read_stored_run
from gtmlib.run.verify import verify_report

from ..conftest import make_once
from .conftest import STARTED

CHAPTERS = ("10_data_check", "80_hypotheses", "85_scenarios")


@pytest.fixture
def client(demo_folder: Path, tmp_path: Path) -> Engagement:
    """The demo as an engagement of its own, into which scenarios may be saved."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    return read_engagement(folder)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a run would have executed."""
    calls: list[Any] = []
    monkeypatch.setattr(runner, "execute_chapters", lambda *args, **kwargs: calls.append(args))
    return calls


def names(engagement: Engagement, *given: str) -> list[str]:
    return [chapter.name for chapter in plan_run(engagement, given)]


def test_a_run_has_the_chapter_of_scenarios_only_where_there_are_some(client: Engagement) -> None:
    assert "scenarios" not in names(client)
    save_scenario(client, "Pris upp", {"price_cost": {"price": 0.05}})
    assert names(client)[-1] == "scenarios"
    (*_, chapter) = plan_run(client, ["scenario=pris-upp"])
    assert chapter.parameters["scenario"] == "pris-upp"
    assert names(client, "scenario=pris-upp,") == names(client, "scenario=") == names(client)


@pytest.mark.parametrize(("given", "said"), [
    ("scenario=pris-up", "unknown scenario 'pris-up': did you mean 'pris-upp'?"),
    ("scenario=pris-upp,zzz", "unknown scenario 'zzz': it can be pris-upp"),
])  # fmt: skip
def test_a_scenario_that_there_is_not_exits_2_and_starts_no_kernel(
    given: str, said: str, client: Engagement, capsys: pytest.CaptureFixture[str], started: list[Any]
) -> None:
    save_scenario(client, "Pris upp", {"price_cost": {"price": 0.05}})
    assert main(["run", str(client.folder), "-p", given, "-p", "confidence_level=x"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "'x' is not" in told  # all that is wrong, at once
    assert not started


def test_where_none_is_saved_a_scenario_asked_for_is_told_so(
    client: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(client.folder), "-p", "scenario=pris-upp"]) == 2
    assert "demo has no scenario 'pris-upp', nor any other: save one in the workshop" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "said"), [
    ("title = 1\n", "demo/scenarios/odd.toml line 1: title: can't be used (found '1'). Write a text, in quotes"),
    ('title = "Odd"\n[price_cots]\n', "demo/scenarios/odd.toml line 2: price_cots: is unknown here. "
                                      "Did you mean 'price_cost'?"),
])  # fmt: skip
def test_a_file_that_is_not_as_it_should_be_starts_no_kernel(
    text: str, said: str, client: Engagement, tmp_path: Path, started: list[Any]
) -> None:
    path = client.folder / "scenarios" / "odd.toml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(ContractError) as raised:
        run_engagement(client, started_at=STARTED, reports=tmp_path / "reports")
    assert str(raised.value) == said
    assert not started
    assert not (tmp_path / "reports").exists()


# --- A run with what was tried in every panel. ---


def test_the_chapter_has_a_cell_for_every_panel_that_can_be_tried() -> None:
    code = (NOTEBOOKS / "85_scenarios.ipynb").read_text("utf-8")
    assert re.findall(r'show\(tried\.get\(\\"(\w+)\\"\)', code) == list(WHAT_IFS)


def elsewhere(control: Control) -> Iterator[Value]:
    """Places where a control does not start."""
    if control.kind == "slider":
        middle = round((control.low + control.high) / 2 / control.step) * control.step
        yield from (end for end in (control.high, control.low, middle) if end != control.start)
    elif control.kind == "choice":
        yield from (option for option in control.options if option != control.start)
    elif control.kind == "choices":
        yield from ((option,) for option in control.options if (option,) != control.start)


def move(panel: Panel) -> dict[str, Value]:
    """Move one control so that a headline is another."""
    today = compare([panel], [scenario_of(panel, {})])[0].today
    for control in panel.controls:
        for place in elsewhere(control):
            state = settle(panel, {control.id: place})
            try:
                panel.compute(state)
            except PanelError:
                continue
            (tried,) = compare([panel], [scenario_of(panel, state)])
            if tried.answers[0].figures and tried.answers[0].figures != today.figures:
                return state
    raise AssertionError(f"no control of {panel.id} changes a headline")


def scenario_of(panel: Panel, state: dict[str, Value]) -> Any:
    from gtmlib.data.scenarios import Scenario

    return Scenario(name="s", title="S", states={panel.id: state})


def run_with_scenarios(folder: Path, demo_folder: Path) -> tuple[Engagement, Run]:
    shutil.copytree(demo_folder, folder / "data" / "demo", ignore=shutil.ignore_patterns("*.md"))
    engagement = read_engagement(folder / "data" / "demo")
    loaded = load_tables(engagement)
    opened = [open_panel(name, loaded) for name in WHAT_IFS]
    panels = [panel for panel in opened if isinstance(panel, Panel)]
    states = moved_states(panels, {panel.id: move(panel) for panel in panels})
    assert list(states) == list(WHAT_IFS)
    save_scenario(engagement, "Allt på en gång", states)
    save_scenario(engagement, "Bara ett", dict([next(iter(states.items()))]))
    (engagement.folder / "commentary" / "scenarios.md").write_text("Said by those who were there.", "utf-8")
    for name in CHAPTERS:
        (folder / "notebooks").mkdir(exist_ok=True)
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder / "notebooks")
    started = {"started_at": STARTED, "reports": folder / "reports", "notebooks": folder / "notebooks"}
    return engagement, run_engagement(engagement, **started)


@pytest.fixture(scope="module")
def tried(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engagement, Run]:
    return make_once(tmp_path_factory, "scenarios", lambda folder: run_with_scenarios(folder, demo_folder))


def results(run: Run) -> list[dict[str, Any]]:
    return list(json.loads((run.folder / "results.json").read_text("utf-8"))["findings"])


def test_the_numbers_of_a_run_are_exactly_those_that_the_panels_compute(tried: tuple[Engagement, Run]) -> None:
    engagement, run = tried
    loaded = load_tables(engagement)
    saved = {one.name: one for one in read_scenarios(engagement)}
    assert list(saved) == ["allt-pa-en-gang", "bara-ett"]
    rows = [row for row in results(run) if row["id"] == "workshop.tried"]
    assert {row["chapter"] for row in rows} == {"scenarios"}
    for name in saved["allt-pa-en-gang"].states:
        panel = open_panel(name, loaded)
        assert isinstance(panel, Panel)
        for scenario in (None, *saved.values()):
            if scenario is not None and name not in scenario.states:
                continue
            state = settle(panel, scenario.states[name]) if scenario else start_of(panel)
            group = {"panel": name} | ({"scenario": scenario.name} if scenario else {})
            for finding in (one for result in panel.compute(state) for one in result.findings()):
                if finding.id in panel.headlines and not finding.group and finding.value is not None:
                    (row,) = (row for row in rows if row["group"] == group | {"metric": finding.id})
                    assert [row[key] for key in ("value", "unit", "ci_low", "ci_high", "n")] == [
                        finding.value, finding.unit, finding.ci_low, finding.ci_high, finding.n,
                    ]  # fmt: skip


def test_no_two_findings_of_a_run_with_scenarios_share_an_id_and_a_group(tried: tuple[Engagement, Run]) -> None:
    keys = [(row["id"], *sorted(row["group"].items())) for row in results(tried[1])]
    assert len(set(keys)) == len(keys)


def test_the_hypotheses_do_not_count_what_was_tried(tried: tuple[Engagement, Run]) -> None:
    (_, (cascade, _)) = read_blocks(tried[1].folder / "80_hypotheses.ipynb")
    measured = {row["id"] for row in results(tried[1]) if row["chapter"] == "data_check"}
    assert measured
    assert cascade.n_measured == 0  # of the chapters of this run only the data check gave evidence


def test_the_report_has_a_chapter_with_what_was_tried_and_its_first_page_has_none_of_it(
    tried: tuple[Engagement, Run],
) -> None:
    engagement, run = tried
    blocks = read_blocks(run.folder / "85_scenarios.ipynb")
    for code in engagement.contract.languages:
        say = Language.of(engagement, code).say
        page = (run.folder / f"report.{code}.html").read_text("utf-8")
        summary = page.partition('<section id="summary"')[2].partition("</section>")[0]
        assert say("question.scenarios") in page
        assert "Allt på en gång" in page
        assert summary
        assert "Allt på en gång" not in summary
        assert page.count(say("workshop.tried.note").split(":")[0]) == len(blocks)
        assert "Said by those who were there." in page


def test_the_manifest_names_the_scenarios_and_how_they_were_asked_for(tried: tuple[Engagement, Run]) -> None:
    manifest = json.loads((tried[1].folder / "manifest.json").read_text("utf-8"))
    assert {"scenarios/allt-pa-en-gang.toml", "scenarios/bara-ett.toml"} <= set(manifest["own_files"])
    assert manifest["parameters"]["scenario"] == ""


def test_a_run_with_scenarios_is_verified_and_exported_like_any_other(tried: tuple[Engagement, Run]) -> None:
    engagement, run = tried
    assert [str(problem) for problem in verify_report(run.reports[0]).problems] == []
    stored = read_stored_run(engagement, reports=run.folder.parents[1])
    made = export_run(stored, ("xlsx", "pptx"))
    assert {path.suffix for path in made} == {".xlsx", ".pptx"}
