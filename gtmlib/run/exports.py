"""Exports of a finished run: PDF, XLSX and PPTX beside its reports, all of them or none."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from gtmlib.present.language import Language
from gtmlib.run.stored import StoredRun
from gtmlib.run.view import build_view

FORMATS = ("pdf", "xlsx", "pptx")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name


def export_run(run: StoredRun, formats: Sequence[str]) -> tuple[Path, ...]:
    """Export a run in every language of its contract; the same run gives the same bytes.

    Parameters
    ----------
    run : StoredRun
        A finished run.
    formats : sequence of {'pdf', 'xlsx', 'pptx'}
        What to make.

    Returns
    -------
    tuple of Path
        Files in the run's folder, named like its reports.

    Raises
    ------
    RunError
        If a PDF is asked for and there is no browser to print it; nothing is written then.
    """
    from gtmlib.run.export_pdf import print_reports
    from gtmlib.run.export_pptx import make_slides
    from gtmlib.run.export_xlsx import make_workbook

    part = run.folder / ".export.part"
    part.mkdir(exist_ok=True)
    makers: dict[str, Callable[..., bytes]] = {"xlsx": make_workbook, "pptx": make_slides}
    names = []
    try:
        for code in run.contract.languages:
            language = Language.of(run.engagement, code)
            view = build_view(run.blocks, run.contract, language, run.manifest)
            for kind in (kind for kind in formats if kind in makers):
                name = run.report(code).with_suffix(f".{kind}").name
                content = makers[kind](view, run)
                (part / name).write_bytes(with_fixed_dates(content, run.contract.exported_on))
                names.append(name)
        if "pdf" in formats:
            reports = [run.report(code) for code in run.contract.languages]
            for report, content in zip(reports, print_reports(reports, run.contract.exported_on), strict=True):
                name = report.with_suffix(".pdf").name
                (part / name).write_bytes(content)
                names.append(name)
        for name in names:
            (part / name).replace(run.folder / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return tuple(run.folder / name for name in names)


def with_fixed_dates(content: bytes, day: date) -> bytes:
    """Give an Office file whose dates are a day of the contract's, not the clock's; also of the files within.

    Parameters
    ----------
    content : bytes
        XLSX or PPTX.
    day : date
        When it says that it was made.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(".xlsx"):
                part = with_fixed_dates(part, day)
            elif name == "docProps/core.xml":
                part = re.sub(rb"(W3CDTF\">)[^<]*", rb"\g<1>" + f"{day.isoformat()}T00:00:00Z".encode(), part)
            new.writestr(zipfile.ZipInfo(name, LONG_AGO), part, zipfile.ZIP_DEFLATED)
    return written.getvalue()
