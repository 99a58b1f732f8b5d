"""Reports as PDF, through the Chromium that is on the machine: tagged, with an outline, page numbers and a language."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from gtmlib.run.browser import open_browser

PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,  # A4 and page numbers stand in the report's style sheet
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
}


def print_reports(reports: Sequence[Path], day: date) -> list[bytes]:
    """Print reports, one start of the browser for all of them.

    Parameters
    ----------
    reports : sequence of Path
        HTML files.
    day : date
        When the PDF says that it was made.

    Returns
    -------
    list of bytes
        A PDF each.

    Raises
    ------
    RunError
        If there is no browser, or it fails.
    """
    printed = []
    with open_browser() as open_page:
        for report in reports:
            with open_page() as page:
                # Paper shows the stills: plotly.js is not started, and a page takes a fraction of its time.
                page.call("Emulation.setScriptExecutionDisabled", value=True)
                page.open(report)
                page.ask("document.documentElement.classList.add('scripts')")
                printed.append(date_pdf(base64.b64decode(page.call("Page.printToPDF", **PRINT)["data"]), day))
    return printed


def date_pdf(content: bytes, day: date) -> bytes:
    """Give a PDF the dates of a day; texts of the same length, so that nothing in it moves.

    Parameters
    ----------
    content : bytes
        PDF as Chromium writes it.
    day : date
        When it says that it was made.
    """
    stamp = f"{day:%Y%m%d}000000+00'00'".encode()
    return re.sub(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}\+00'00'", rb"\g<1>" + stamp, content)
