"""The report: a view of findings and exhibits in one language becomes one HTML file, through nbconvert.

The file holds everything it needs and asks for nothing: its content-security policy allows the two scripts of the
template and the very plotly.js that is packed into it, each by its hash, and no address at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from plotly.offline import get_plotlyjs

from gtmlib.analyses.findings import Verdict
from gtmlib.errors import ParameterError
from gtmlib.present.colours import ACCENT, readable_shade
from gtmlib.present.exhibit import Exhibit, Kpi, Table
from gtmlib.present.language import Language
from gtmlib.present.tables import render_table

TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A finding on the first page.

    Parameters
    ----------
    text : str
        Its sentence.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}, optional
        Shown as a badge.
    evidence : str
        n and interval, in words.
    exhibit_id : str
        The exhibit that shows it.
    """

    text: str
    verdict: Verdict | None = None
    evidence: str = ""
    exhibit_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    """A chapter: what it is called, what it found, what it asked, and its exhibits.

    Parameters
    ----------
    id : str
        Fit for an HTML id, unique in the report.
    name, headline, question : str
        What it is called, what it found, and what it asked.
    exhibits : tuple of Exhibit
        In their order.
    missing : tuple of str
        A sentence on what the chapter lacks, then what to ask for, item by item; shown before the exhibits.
    """

    id: str
    name: str
    headline: str
    question: str = ""
    exhibits: tuple[Exhibit, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendixTable:
    """A table of the method appendix: sources, exclusions, parameters or versions.

    Parameters
    ----------
    id : str
        Fit for an HTML id, unique in the report.
    title : str
        Heading.
    table : Table
        The cells.
    notes : tuple of str
        Small below the table.
    """

    id: str
    title: str
    table: Table
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """All that a report shows, in one language; every text is plain.

    Parameters
    ----------
    language : Language
        Of the reader.
    client, title, consultancy : str
        On the cover.
    accent : str
        The brand's colour, `#rrggbb`.
    period, data_date : str
        Written by the language; left out of the cover where empty.
    is_draft : bool
        Whether the report is marked as a draft.
    lead : str
        A sentence or two under the heading of the summary.
    headlines : tuple of Headline
        Findings of the summary.
    kpis : tuple of Kpi
        Numbers of the summary.
    chapters : tuple of ChapterView
        In their order.
    method : tuple of str
        Paragraphs at the head of the method appendix.
    appendix : tuple of AppendixTable
        After the method.
    """

    language: Language
    client: str
    title: str
    consultancy: str = ""
    accent: str = ACCENT
    period: str = ""
    data_date: str = ""
    is_draft: bool = False
    lead: str = ""
    headlines: tuple[Headline, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    chapters: tuple[ChapterView, ...] = ()
    method: tuple[str, ...] = ()
    appendix: tuple[AppendixTable, ...] = ()


def render_report(view: ReportView) -> str:
    """Render a report as one self-contained HTML file; the same view gives the same bytes.

    Parameters
    ----------
    view : ReportView
        What to show, in the language to show it in.

    Returns
    -------
    str
        HTML that makes no request when opened. plotly.js is in it once where there is a chart, else not at all.

    Raises
    ------
    ParameterError
        If two chapters, exhibits or tables of the appendix share an id.
    """
    from nbconvert.exporters import HTMLExporter
    from nbformat.v4 import new_notebook

    exhibits = [exhibit for chapter in view.chapters for exhibit in chapter.exhibits]
    ids = [*(part.id for part in view.chapters), *(part.id for part in exhibits), *(part.id for part in view.appendix)]
    if twice := sorted({f"'{name}'" for name in ids if ids.count(name) > 1}):
        raise ParameterError(f"several parts of the report have the id {', '.join(twice)}: give each its own")
    figures = {part.id: json.loads(part.figure.to_json(validate=False)) for part in exhibits if part.figure is not None}
    files = {name: (TEMPLATES / "report" / name).read_text("utf-8") for name in ("start.js", "report.js", "style.css")}
    scripts = [files["start.js"], files["report.js"], *([get_plotlyjs()] if figures else [])]
    resources = {
        "view": view,
        "figures": figures,
        "files": files,
        "script_hashes": [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts],
        "plotly_pack": plotly_pack() if figures else "",
    }
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    # nbconvert's environment does not escape; a report's texts are data, and the templates say what is HTML.
    exporter.environment.autoescape = True
    filters = {"css_string": css_string, "readable_shade": readable_shade, "render_table": render_table}
    exporter.environment.filters |= filters
    page, _ = exporter.from_notebook_node(new_notebook(), resources)
    return str(page)


@cache
def plotly_pack() -> str:
    """Give the installed plotly.js as gzip in base64: the same text for the same plotly and zlib.

    The header is written here, without time and system, which `gzip` fills differently on other machines.
    """
    body = gzip.compress(get_plotlyjs().encode(), 9)[10:]
    return base64.b64encode(b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body).decode()


def css_string(text: str) -> str:
    r"""Quote a text for a style sheet, so that nothing in it can end the string or the sheet.

    Parameters
    ----------
    text : str
        Any text.

    Examples
    --------
    >>> print(css_string('A"</style>'))
    "A\22 \3c \2f style\3e "
    """
    return '"' + "".join(sign if sign.isalnum() else f"\\{ord(sign):x} " for sign in text) + '"'
