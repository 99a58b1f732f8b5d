"""A run: exports in; executed notebooks, results, manifest and one report per language out, or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gtmlib.analyses.workshop.scenarios import try_scenarios
from gtmlib.data.engagement import Engagement
from gtmlib.data.load import load_tables
from gtmlib.data.loaded import LoadReport
from gtmlib.errors import RunError
from gtmlib.present.language import Language
from gtmlib.run.changes import Changes, compare_with_previous, describe_news, reached_stops
from gtmlib.run.commentary import Commentary, read_commentary, render_all
from gtmlib.run.kernels import PROCESSES
from gtmlib.run.manifest import file_hash, make_manifest
from gtmlib.run.notebooks import AT_ONCE, Failure, execute_chapters, read_blocks
from gtmlib.run.plan import FINDINGS, NOTEBOOKS, ROOT, SCENARIO, Chapter, chapter_notebooks, plan_run
from gtmlib.run.report import render_report
from gtmlib.run.view import Blocks, build_view, findings_of

REPORTS = ROOT / "reports"


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
    ParameterError, DataError, ContractError
        Before any kernel starts; a commentary that cites what this run did not find, before any report is written.
    RunError
        If a chapter fails; `<run>-failed/` then holds the author's copies with their tracebacks, and nothing else.
    """
    from tqdm import tqdm

    chapters = plan_run(engagement, given, notebooks=notebooks)
    commentary = _read_commentary(engagement, chapters, notebooks)
    manifest = make_manifest(engagement, _load(engagement, chapters), chapters)
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
        changes = compare_with_previous(home, manifest, findings_of(blocks), engagement.contract)
        _write_json(part / "results.json", _results(engagement, blocks, changes))
        names = _write_reports(part, engagement, blocks, manifest, commentary, changes)
        manifest["reports"] = {name: file_hash(part / name) for name in names}
        _write_json(part / "manifest.json", manifest)
        folder = part.rename(home / run)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Run(
        folder=folder,
        reports=tuple(folder / name for name in names),
        news=describe_news(changes, reached_stops(findings_of(blocks), engagement.contract)),
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


def _read_commentary(engagement: Engagement, chapters: Iterable[Chapter], notebooks: Path) -> list[Commentary]:
    """Read the words to the chapters of a run; those to a chapter that this run has not wait for one that has it."""
    known = [path.stem.split("_", 1)[1] for path in chapter_notebooks(notebooks)]
    planned = {chapter.name for chapter in chapters}
    return [text for text in read_commentary(engagement, known) if text.chapter in planned]


def _load(engagement: Engagement, chapters: Iterable[Chapter]) -> LoadReport:
    """Say what was read; and before any kernel starts, what in a scenario the data and the panels can't answer to."""
    loaded = load_tables(engagement)
    for chapter in chapters:
        if SCENARIO in chapter.parameters:
            try_scenarios(loaded, chapter.parameters[SCENARIO])
    return loaded.report


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
    folder: Path,
    engagement: Engagement,
    blocks: Mapping[str, Blocks],
    manifest: Any,
    commentary: Sequence[Commentary],
    changes: Changes | None,
) -> list[str]:
    contract = engagement.contract
    languages = [Language.of(engagement, code) for code in contract.languages]
    words = [render_all(commentary, findings_of(blocks), language) for language in languages]  # before a file is there
    names = ["report.html"] if len(languages) == 1 else [f"report.{language.code}.html" for language in languages]
    jobs = [(folder / name, blocks, contract, language, manifest, said, changes)
            for name, language, said in zip(names, languages, words, strict=True)]  # fmt: skip
    if len(jobs) == 1:
        _write_report(*jobs[0])
        return names
    with ProcessPoolExecutor(AT_ONCE, mp_context=PROCESSES) as pool:
        for written in [pool.submit(_write_report, *job) for job in jobs]:
            written.result()
    return names


def _write_report(path: Path, *shown: Any) -> None:
    path.write_bytes(render_report(build_view(*shown)).encode())  # bytes: the same line ends on every system


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, default=list)
    path.write_bytes(f"{text}\n".encode())
