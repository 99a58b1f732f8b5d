"""A delivered report checked again: by what its file says, by its hash, and by opening it where there is a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtmlib.errors import ParameterError, Problem
from gtmlib.run.browser import Page, find_browser, open_browser
from gtmlib.run.manifest import file_hash
from gtmlib.run.page_checks import check_page

LOOK = Path(__file__).with_name("look.js")
AGAIN = "Deliver the file as the run wrote it, or run again"
CHARTS_DRAWN = "document.documentElement.dataset.chartsDrawn === document.documentElement.dataset.charts"
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"
# Requests that stay within the file.
INSIDE = ("data:", "blob:", "about:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the check of a report found.

    Parameters
    ----------
    report : Path
        The file.
    problems : tuple of Problem
        What must not be delivered.
    notes : tuple of str
        What was looked at, and what could not be.
    """

    report: Path
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        found = [f"{self.report.name}, {problem}" for problem in self.problems]
        n = len(found)
        end = (
            f"{n} problem{'s' if n > 1 else ''}: do not deliver it yet" if n else "nothing speaks against delivering it"
        )
        return "\n".join([*found, *self.notes, f"{self.report.name}: {end}"])


def verify_report(report: Path) -> Verified:
    """Check a report: requests, console, charts, ids, alternative texts, contrast, secrets and its hash.

    Parameters
    ----------
    report : Path
        The HTML file; its run's `manifest.json` beside it, if it is still there.

    Raises
    ------
    ParameterError
        If there is no such file, or it is no HTML.
    """
    if not report.is_file():
        raise ParameterError(f"there is no file {report}")
    content = report.read_bytes()
    if not content.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise ParameterError(f"{report.name} is no report: give the HTML file that a run wrote")
    problems = check_page(content.decode("utf-8", "replace"))
    hashed, notes = _check_hash(report)
    problems += hashed
    if find_browser() is None:
        notes.append("Not opened, for want of a browser: install Chromium, Chrome or Edge, or set GTM_BROWSER")
    else:
        opened, note = _open(report)
        problems += opened
        notes.append(note)
    return Verified(report=report, problems=tuple(problems), notes=tuple(notes))


def _check_hash(report: Path) -> tuple[list[Problem], list[str]]:
    manifest = report.with_name("manifest.json")
    if not manifest.is_file():
        return [], ["Hash not checked: there is no manifest.json beside the report"]
    try:
        hashes = json.loads(manifest.read_text("utf-8")).get("reports", {})
    except (ValueError, AttributeError):
        return [Problem(place="manifest.json", what="it is not what a run writes", fix=AGAIN)], []
    if report.name not in hashes:
        return [], [f"Hash not checked: manifest.json does not name {report.name}"]
    if hashes[report.name] != file_hash(report):
        return [
            Problem(place="the whole file", what="its hash is not that of manifest.json: it was changed", fix=AGAIN)
        ], []
    return [], ["Its hash is that of manifest.json"]


def _open(report: Path) -> tuple[list[Problem], str]:
    """Open a report as its readers do, first in light and then in dark."""
    found = list[Problem]()
    with open_browser() as open_page, open_page() as page:
        for theme in ("light", "dark"):
            page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            if theme == "light":
                page.start(report)
                page.wait_for_load()
            page.ask(NEXT_FRAME)
            drawn = page.wait_until(CHARTS_DRAWN, timeout=30)
            n_charts = page.ask("document.querySelectorAll('.chart').length")
            said = int(page.ask("document.documentElement.dataset.chartsDrawn") or 0)
            if not drawn or said != n_charts:
                what = f"{n_charts} charts, of which {said} were drawn"
                found.append(Problem(place=f"opened, {theme}", what=what, fix=AGAIN))
            found += _read_contrast(page, theme)
        found += _read_events(page, report)
    return list(dict.fromkeys(found)), f"Opened in light and dark: {n_charts} charts"


def _read_events(page: Page, report: Path) -> Iterator[Problem]:
    own, place = report.resolve().as_uri(), "opened"
    for event in page.events:
        method, about = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            address = about["request"]["url"]
            if address.split("#")[0] != own and not address.startswith(INSIDE):
                yield Problem(
                    place=place, what=f"it asks for {address[:120]}", fix="Pack it into the file, or remove it"
                )
        elif text := _console_text(method, about):
            yield Problem(place=place, what=f"the console says: {text[:200]}", fix=AGAIN)


def _console_text(method: str, about: dict[str, Any]) -> str:
    if method == "Runtime.exceptionThrown":
        details = about["exceptionDetails"]
        return str(details.get("exception", {}).get("description") or details["text"]).splitlines()[0]
    if method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
        return str(about["entry"]["text"])
    if method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
        return " ".join(str(part.get("value", part.get("description", ""))) for part in about["args"])
    return ""


def _read_contrast(page: Page, theme: str) -> Iterator[Problem]:
    for ratio, least, text, tag in page.ask(LOOK.read_text("utf-8")):
        what = f"'{text}' in <{tag}> has a contrast of {ratio:.1f}, less than {least:g}"
        yield Problem(place=f"opened, {theme}", what=what, fix="Choose a darker colour, or a lighter ground")
