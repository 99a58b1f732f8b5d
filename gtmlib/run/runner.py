"""A run: exports in; executed notebooks, results, manifest and one report per language out, or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import Contract, Engagement
from gtmlib.data.load import load_tables
from gtmlib.errors import RunError
from gtmlib.present.language import Language
from gtmlib.run.changes import Changes, compare_findings, describe_news, reached_stops
from gtmlib.run.manifest import make_manifest
from gtmlib.run.notebooks import Failure, execute_chapters, read_blocks
from gtmlib.run.plan import FINDINGS, NOTEBOOKS, ROOT, Chapter, plan_run
from gtmlib.run.report import render_report
from gtmlib.run.view import Blocks, build_view

REPORTS = ROOT / "reports"
MADE_FROM = ("contract_sha256", "register_sha256", "inputs", "parameters")  # of a manifest: what a run's numbers follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run.

    Parameters
    ----------
    folder : Path
        Holds all that the run made.
    reports : tuple of Path
        One file per language.
    news : tuple of str
        For the consultant, in English: what moved since the earlier run, and which declared stops are reached.
    """

    folder: Path
    reports: tuple[Path, ...]
    news: tuple[str, ...] = ()


def run_engagement(
    engagement: Engagement,
    given: Iterable[str] = (),
    *,
    started_at: datetime,
    reports: Path = REPORTS,
    notebooks: Path = NOTEBOOKS,
) -> Run:
    """Run every chapter and write the reports.

    Parameters
    ----------
    engagement : Engagement
        The contract and the exports.
    given : iterable of str
        Parameters as `name=value`.
    started_at : datetime
        Names the run's folder; nothing in a report depends on it.
    reports, notebooks : Path
        Where runs go (`<reports>/<engagement>/<run>/`), and where the chapters are.

    Raises
    ------
    ParameterError, DataError
        Before any kernel starts.
    RunError
        If a chapter fails; `<run>-failed/` then holds the author's copies with their tracebacks, and nothing else.
    """
    from tqdm import tqdm

    chapters = plan_run(engagement, given, notebooks=notebooks)
    manifest = make_manifest(engagement, load_tables(engagement).report, chapters)
    home = reports / engagement.name
    run = _free_name(home, started_at)
    part = home / f".{run}.part"
    part.mkdir(parents=True)
    try:
        with tqdm(total=len(chapters), unit="chapter", desc=engagement.name) as bar:
            failures = _execute(engagement, chapters, part, done=lambda _: bar.update())
        if failures:
            failed = part.rename(home / f"{run}-failed")
            kept = f"The notebooks with their tracebacks are in {failed}"
            raise RunError(*(f"{failure.place}: {failure.message}" for failure in failures), kept)
        blocks = read_chapters(chapters, part)
        changes = _compare(engagement, blocks, previous_run(home, manifest))
        _write_json(part / "results.json", _results(engagement, blocks, changes))
        names = _write_reports(part, engagement.contract, blocks, manifest, changes)
        _write_json(part / "manifest.json", manifest)
        folder = part.rename(home / run)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    findings = _findings_of(blocks)
    return Run(
        folder=folder,
        reports=tuple(folder / name for name in names),
        news=describe_news(changes, reached_stops(findings, engagement.contract)),
    )


def latest_manifest(name: str, *, reports: Path = REPORTS) -> dict[str, Any] | None:
    """Give the manifest of the latest finished run of an engagement, if there is one.

    Parameters
    ----------
    name : str
        Of the engagement.
    reports : Path
        Folder of all reports.

    Returns
    -------
    dict or None
        None where no run has finished.
    """
    paths = sorted((reports / name).glob("[!.]*/manifest.json"))
    return dict(json.loads(paths[-1].read_text("utf-8"))) if paths else None


def previous_run(home: Path, manifest: Mapping[str, Any]) -> Path | None:
    """Find the latest earlier run on other inputs: a run that is repeated compares with the same one, and is the same.

    Parameters
    ----------
    home : Path
        Where the engagement's finished runs lie.
    manifest : mapping
        Of this run.
    """
    made = json.loads(json.dumps({name: manifest[name] for name in MADE_FROM}, default=list))
    for path in sorted(home.glob("[!.]*/manifest.json"), reverse=True):
        before = json.loads(path.read_text("utf-8"))
        if any(before.get(name) != made[name] for name in MADE_FROM) and (
            before["exported_on"] <= manifest["exported_on"]
        ):
            return path.parent
    return None


def read_chapters(chapters: Iterable[Chapter], folder: Path) -> dict[str, Blocks]:
    """Read the blocks of executed chapters.

    Parameters
    ----------
    chapters : iterable of Chapter
        Those to read.
    folder : Path
        Where the executed notebooks lie.
    """
    return {chapter.name: read_blocks(folder / chapter.notebook.name) for chapter in chapters}


def _execute(
    engagement: Engagement, chapters: tuple[Chapter, ...], part: Path, *, done: Callable[[str], None]
) -> tuple[Failure, ...]:
    """Execute the chapters, and after them those that read what the others found."""
    first = [chapter for chapter in chapters if FINDINGS not in chapter.parameters]
    failures = execute_chapters(first, part, done=done)
    if failures or len(first) == len(chapters):
        return failures
    path = part / ".findings.json"
    _write_json(path, _results(engagement, read_chapters(first, part), None))
    told = [
        replace(chapter, parameters=chapter.parameters | {FINDINGS: str(path)})
        for chapter in chapters
        if FINDINGS in chapter.parameters
    ]
    failures = execute_chapters(told, part, done=done)
    path.unlink()
    return failures


def _findings_of(blocks: Mapping[str, Blocks]) -> tuple[Finding, ...]:
    return tuple(one for shown in blocks.values() for _, found in shown for one in found)


def _compare(engagement: Engagement, blocks: Mapping[str, Blocks], before: Path | None) -> Changes | None:
    if before is None:
        return None
    rows = json.loads((before / "results.json").read_text("utf-8"))["findings"]
    was = [Finding(**{key: value for key, value in row.items() if key != "chapter"}) for row in rows]
    since = json.loads((before / "manifest.json").read_text("utf-8"))["exported_on"]
    return compare_findings(was, _findings_of(blocks), engagement.contract, since=since)


def _free_name(home: Path, started_at: datetime) -> str:
    name = f"{started_at:%Y-%m-%d_%H%M%S}"
    taken = {path.name.strip(".").removesuffix(".part").removesuffix("-failed") for path in home.glob("*")}
    return next(n for n in (name, *(f"{name}_{i:02d}" for i in range(1, 100))) if n not in taken)


def _results(engagement: Engagement, blocks: Mapping[str, Blocks], changes: Changes | None) -> dict[str, Any]:
    findings = [
        {"chapter": name} | asdict(one) for name, shown in blocks.items() for _, found in shown for one in found
    ]
    since = {"changes": asdict(changes)} if changes else {}
    return {"engagement": engagement.name, "currency": engagement.contract.currency, "findings": findings, **since}


def _write_reports(
    folder: Path, contract: Contract, blocks: Mapping[str, Blocks], manifest: Any, changes: Changes | None
) -> list[str]:
    names = []
    for code in contract.languages:
        name = "report.html" if len(contract.languages) == 1 else f"report.{code}.html"
        view = build_view(blocks, contract, Language.of(contract, code), manifest, changes)
        (folder / name).write_text(render_report(view), "utf-8")
        names.append(name)
    return names


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, default=list)
    path.write_text(text + "\n", "utf-8")
