"""The workshop in a browser: in Voilà as `gtm workshop` serves it, and in JupyterLab; every panel, every control."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gtmlib.data.engagement import Engagement, read_engagement
from gtmlib.data.scenarios import read_scenarios
from gtmlib.errors import RunError
from gtmlib.present.widgets.workshop import Workshop
from gtmlib.run import workshop as served
from gtmlib.run.runner import REPORTS, Run
from tests.browser import open_browser
from tests.workshop_pages import PATIENCE, Page, run_all, serve_lab, serve_voila

CLAIM = 'Ett "nytt" <b>påstående</b>'
NUMBERS = {"threshold": "10", "smallest_effect": "2,5"}  # what has to be said as a number


def expected(workshop: Workshop, panel: str, state: dict[str, Any]) -> list[dict[str, Any]] | str:
    """Give what the pure function's results look like, in the form of `Page.shown`; or the sentence that refuses."""
    answer = workshop.answer({"ask": "compute", "panel": panel, "state": state, "theme": "light"})
    if "error" in answer:
        return str(answer["error"])
    told = []
    for exhibit in answer["exhibits"]:
        traces = json.loads(exhibit["figure"])["data"] if exhibit["figure"] else []
        told.append(
            {
                "id": exhibit["id"],
                "title": exhibit["title"],
                "sentences": exhibit["sentences"],
                "cells": [cell for row in (exhibit["table"] or {"rows": []})["rows"] for cell in row],
                "traces": [[trace.get("type", ""), trace.get("x"), trace.get("y")] for trace in traces],
                "drawn": True,
            }
        )
    return told


@pytest.fixture(scope="module")
def client(demo_folder: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engagement]:
    """A demo of our own, since scenarios are written into it, with a run that its hypothesis desk can read."""
    folder = tmp_path_factory.mktemp("clients") / f"workshop-test-{os.getpid()}"
    shutil.copytree(demo_folder, folder)
    latest = REPORTS / folder.name / run.folder.name
    latest.mkdir(parents=True)
    shutil.copy(run.folder / "results.json", latest)
    yield read_engagement(folder)
    shutil.rmtree(latest.parent)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def voila(client: Engagement, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_voila(client.folder, tmp_path_factory.mktemp("voila")) as address:
        yield address


@pytest.fixture(scope="module")
def lab(client: Engagement, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_lab(client.folder, tmp_path_factory.mktemp("lab")) as address:
        yield address


def move_control(opened: Page, section: Any, control: dict[str, Any], at: Any) -> Any:
    """Move a control as a person does, and give where it stands then."""
    node = section.locator(f'[data-control="{control["id"]}"]')
    if control["kind"] == "slider":
        key = "PageUp" if at < control["high"] else "PageDown"  # a tenth of the way
        slider = node.locator("input")
        slider.focus()
        opened.move(section, lambda: opened.page.keyboard.press(key))
        value = float(slider.input_value())
        assert value != at
        assert (
            node.locator("output").text_content() == control["texts"][round((value - control["low"]) / control["step"])]
        )
        return value
    if control["kind"] == "choice":
        values = [value for value, _ in control["options"]]
        place = values.index(at)
        value = values[place + 1 if place + 1 < len(values) else place - 1]
        if len(values) > 1:
            opened.move(section, lambda: node.locator("select").select_option(value))
        return value
    if control["kind"] == "choices":
        opened.move(section, lambda: node.locator("input").last.click())
        return [value for value in at if value != control["options"][-1][0]]
    text = NUMBERS.get(control["id"], CLAIM)
    opened.move(section, lambda: node.locator("textarea").fill(text))
    return text


def try_every_control(opened: Page, workshop: Workshop) -> None:
    """Open every panel, move each control, and hold what is shown against the pure function."""
    for panel in workshop.names:
        section = opened.select(panel)
        described = workshop.answer({"ask": "open", "panel": panel})
        state = described["state"]
        assert described["controls"], panel
        assert opened.shown(section) == expected(workshop, panel, state), panel
        for control in described["controls"]:
            state[control["id"]] = move_control(opened, section, control, state[control["id"]])
            wanted = expected(workshop, panel, state)
            if isinstance(wanted, str):
                assert section.locator(".error").text_content() == wanted, (panel, control["id"])
            else:
                assert opened.shown(section) == wanted, (panel, control["id"])


def test_in_voila_every_control_shows_what_the_pure_function_gives(
    browser: Any, voila: str, client: Engagement
) -> None:
    opened = Page(browser.new_page(viewport={"width": 1280, "height": 900}), voila)
    try_every_control(opened, Workshop(client))
    assert (opened.problems, opened.foreign) == ([], [])
    opened.page.close()


def test_in_jupyterlab_too(browser: Any, lab: str, client: Engagement) -> None:
    opened = Page(browser.new_page(viewport={"width": 1400, "height": 900}), lab)
    run_all(opened.page)
    try_every_control(opened, Workshop(client))
    assert (opened.problems, opened.foreign) == ([], [])
    opened.page.close()


def test_two_sessions_do_not_see_each_other_and_an_error_stays_in_its_panel(
    browser: Any, voila: str, client: Engagement
) -> None:
    first, second = (Page(browser.new_context().new_page(), voila) for _ in range(2))
    there = second.select("segments")
    before = second.shown(there)
    here = first.select("segments")
    first.move(here, lambda: here.locator("fieldset").first.locator("button").last.click())
    sentence = here.locator(".error").text_content()
    assert (
        sentence == Workshop(client).answer({"ask": "compute", "panel": "segments", "state": {"segments": []}})["error"]
    )
    assert "\n" not in sentence
    other = first.select("price_cost")
    assert other.locator(".error").is_hidden()
    assert other.locator(".exhibit").count()
    first.select("segments").locator(".again").click()
    here.locator(".error").wait_for(state="hidden")
    assert first.shown(here) == before == second.shown(there)
    for opened in (first, second):
        opened.page.context.close()


def test_what_is_saved_is_set_beside_today_and_can_be_gone_on_from(
    browser: Any, voila: str, client: Engagement
) -> None:
    opened = Page(browser.new_page(viewport={"width": 820, "height": 1100}), voila)
    section = opened.select("price_cost")
    slider = section.locator("input[type=range]").first
    slider.focus()
    opened.move(section, lambda: opened.page.keyboard.press("End"))
    at, shown = float(slider.input_value()), opened.shown(section)
    compare = opened.select("compare")
    compare.locator("input[type=text]").fill("Dyrare år")
    compare.locator(".saving button").click()
    compare.locator(".exhibit").first.wait_for()
    (scenario,) = read_scenarios(client)
    assert scenario.title == "Dyrare år"
    assert at in scenario.states["price_cost"].values()
    opened.select("price_cost").locator(".again").click()
    opened.select("compare").locator("li button").click()
    section.wait_for()
    opened.page.wait_for_function(f"document.querySelector('[data-panel=price_cost] input[type=range]').value == {at}")
    opened.page.wait_for_timeout(500)
    assert opened.shown(section) == shown
    assert opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    opened.page.close()


def test_a_hypothesis_is_declared_when_somebody_has_confirmed_and_not_before(
    browser: Any, voila: str, client: Engagement
) -> None:
    opened = Page(browser.new_page(viewport={"width": 820, "height": 1100}), voila)
    section = opened.select("hypotheses")
    said = {
        "claim": "Fler \"loggade\" skäl", "threshold": "60 %", "smallest_effect": "5 %", "owner": "Säljchefen",
        "if_confirmed": "Vi fortsätter.", "if_refuted": "Vi utbildar.",
    }  # fmt: skip
    for name, text in said.items():
        opened.move(section, lambda name=name, text=text: section.locator(f"[data-control={name}] textarea").fill(text))  # type: ignore[misc]
    contract, before = client.folder / "engagement.toml", (client.folder / "engagement.toml").read_text("utf-8")
    section.locator(".action > button").click()
    section.locator(".question button").last.click()
    assert contract.read_text("utf-8") == before
    section.locator(".action > button").click()
    section.locator(".question button").first.click()
    section.locator(".told:not(:empty)").wait_for()
    assert contract.read_text("utf-8").startswith(before)
    assert read_engagement(client.folder).contract.hypotheses[-1].claim.in_language("sv") == said["claim"]
    assert "can’t be done" not in (section.locator(".told").text_content() or "")
    opened.page.reload()
    opened.page.locator(".gtm-workshop header").wait_for(timeout=PATIENCE * 1000)
    assert opened.problems == []
    opened.page.close()


def test_without_voila_it_says_how_to_get_it(client: Engagement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "find_spec", lambda name: None)
    with pytest.raises(RunError, match="make workshop"):
        served.serve_workshop(client)
