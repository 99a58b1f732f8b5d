"""A run: exports in; executed notebooks, results, manifest and one report per language out, or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gtmlib.data.engagement import Engagement
from gtmlib.data.load import load_tables
from gtmlib.errors import RunError
from gtmlib.present.language import Language
from gtmlib.run.manifest import make_manifest
from gtmlib.run.notebooks import execute_chapters, read_blocks
from gtmlib.run.plan import NOTEBOOKS, ROOT, plan_run
from gtmlib.run.report import render_report
from gtmlib.run.view import Blocks, build_view

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
    """

    folder: Path
    reports: tuple[Path, ...]


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
            failures = execute_chapters(chapters, part, done=lambda _: bar.update())
        if failures:
            failed = part.rename(home / f"{run}-failed")
            kept = f"The notebooks with their tracebacks are in {failed}"
            raise RunError(*(f"{failure.place}: {failure.message}" for failure in failures), kept)
        blocks = {chapter.name: read_blocks(part / chapter.notebook.name) for chapter in chapters}
        _write_json(part / "results.json", _results(engagement, blocks))
        names = _write_reports(part, engagement, blocks, manifest)
        _write_json(part / "manifest.json", manifest)
        folder = part.rename(home / run)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Run(folder=folder, reports=tuple(folder / name for name in names))


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


def _free_name(home: Path, started_at: datetime) -> str:
    name = f"{started_at:%Y-%m-%d_%H%M%S}"
    taken = {path.name.strip(".").removesuffix(".part").removesuffix("-failed") for path in home.glob("*")}
    return next(n for n in (name, *(f"{name}_{i:02d}" for i in range(1, 100))) if n not in taken)


def _results(engagement: Engagement, blocks: Mapping[str, Blocks]) -> dict[str, Any]:
    findings = [
        {"chapter": name} | asdict(one) for name, shown in blocks.items() for _, found in shown for one in found
    ]
    return {"engagement": engagement.name, "currency": engagement.contract.currency, "findings": findings}


def _write_reports(folder: Path, engagement: Engagement, blocks: Mapping[str, Blocks], manifest: Any) -> list[str]:
    names, contract = [], engagement.contract
    for code in contract.languages:
        name = "report.html" if len(contract.languages) == 1 else f"report.{code}.html"
        view = build_view(blocks, contract, Language.of(engagement, code), manifest)
        (folder / name).write_text(render_report(view), "utf-8")
        names.append(name)
    return names


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, default=list)
    path.write_text(text + "\n", "utf-8")
