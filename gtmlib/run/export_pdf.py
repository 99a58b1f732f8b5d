"""Reports as PDF, through the Chromium that is on the machine: tagged, with an outline, page numbers and a language."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from gtmlib.run.browser import open_browser

PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,  # A4 and page numbers stand in the report's style sheet
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
}
# What is drawn within the page has no place in a PDF's tags; a picture has, and its alternative text with it.
AS_PICTURES = """(async () => {
  document.documentElement.classList.add("scripts");
  const stills = [...document.querySelectorAll("figure[aria-label] svg")].filter((still) => still.checkVisibility());
  await Promise.all(stills.map((still) => {
    const figure = still.closest("figure");
    const picture = Object.assign(new Image(), { alt: figure.getAttribute("aria-label") });
    picture.className = still.getAttribute("class");
    picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(still))}`;
    figure.removeAttribute("role");
    still.replaceWith(picture);
    return picture.decode();
  }));
})()"""


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
    with open_browser() as open_page, ExitStack() as opened:
        pages = [opened.enter_context(open_page()) for _ in reports]
        for page, report in zip(pages, reports, strict=True):  # all of them load while the first is printed
            # Paper shows the stills: plotly.js is not started, and a page takes a fraction of its time.
            page.call("Emulation.setScriptExecutionDisabled", value=True)
            page.call("Emulation.setEmulatedMedia", media="print")
            page.start(report)
        for page in pages:
            page.wait_for_load()
            page.ask(AS_PICTURES)
            content = base64.b64decode(page.call("Page.printToPDF", **PRINT)["data"])
            printed.append(number_nodes(date_pdf(content, day)))
    return printed


def number_nodes(content: bytes) -> bytes:
    """Number a PDF's nodes from one in their order: Chromium counts on from whatever it showed before.

    Parameters
    ----------
    content : bytes
        PDF as Chromium writes it.

    Examples
    --------
    >>> number_nodes(b"(node00000161) (node00000170) (node00000161)")
    b'(node00000001) (node00000002) (node00000001)'
    """
    ranks = {name: place for place, name in enumerate(sorted(set(re.findall(rb"node\d{8}", content))), 1)}
    return re.sub(rb"node\d{8}", lambda match: b"node%08d" % ranks[match[0]], content)


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
