"""Reports as PDF, through the Chromium that is on the machine: tagged, with an outline, page numbers and a language."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from gtmlib.run.browser import open_browser

PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,  # A4 and page numbers stand in the report's style sheet
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
}
# What only a screen needs: packed scripts and specs, and the tables behind charts, which paper does not show.
OF_SCREEN = re.compile(r'<script id="[a-z]+-pack"[^>]*>.*?</script>|<details class="numbers".*?</details>', re.DOTALL)
FIGURE = re.compile(
    r'<figure role="img" aria-label="([^"]*)">\s*<svg (.*?)</svg>\s*<div class="chart"[^>]*></div>\s*</figure>',
    re.DOTALL,
)


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
    with open_browser() as open_page, TemporaryDirectory(prefix="gtm-paper-") as folder, ExitStack() as opened:
        pages = [opened.enter_context(open_page()) for _ in reports]
        for page, report in zip(pages, reports, strict=True):  # all of them load while the first is printed
            paper = Path(folder) / report.name
            paper.write_text(lay_on_paper(report.read_text("utf-8")), "utf-8")
            page.call("Emulation.setScriptExecutionDisabled", value=True)  # paper shows the stills
            page.call("Emulation.setEmulatedMedia", media="print")
            page.start(paper)
        for page in pages:
            page.wait_for_load()
            content = base64.b64decode(page.call("Page.printToPDF", **PRINT)["data"])
            printed.append(number_nodes(date_pdf(content, day)))
    return printed


def lay_on_paper(report: str) -> str:
    """Leave out of a report what only a screen needs, and make its stills pictures with an alternative text.

    What is drawn within a page has no place in a PDF's tags; a picture has.

    Parameters
    ----------
    report : str
        HTML.
    """
    found = re.search(r"--sans: *([^;]+);", report)
    family = (found[1] if found else "sans-serif").replace('"', "'")

    def picture(match: re.Match[str]) -> str:
        still = f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{family}" {match[2]}</svg>'
        return f'<figure><img class="still" alt="{match[1]}" src="data:image/svg+xml,{quote(still)}"></figure>'

    return FIGURE.sub(picture, OF_SCREEN.sub("", report))


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
