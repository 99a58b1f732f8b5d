"""The report: a view of findings and exhibits in one language becomes one HTML file, through nbconvert.

The file holds everything it needs and asks for nothing: its content-security policy allows the two scripts of the
template and the very plotly.js that is packed into it, each by its hash, and no address at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from gtmlib.analyses.findings import Verdict
from gtmlib.errors import ParameterError
from gtmlib.present.colours import ACCENT, dark_shade, readable_shade
from gtmlib.present.exhibit import Exhibit, Kpi, Table
from gtmlib.present.language import Language
from gtmlib.present.plotlyjs import plotly_script
from gtmlib.present.stills import render_still
from gtmlib.present.tables import render_table
from gtmlib.run.packing import dark_style, pack_charts, pack_plotly

TEMPLATES = Path(__file__).parents[2] / "templates"
FILES = ("start.js", "report.js", "style.css", "print.css")


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
class VerdictRow:
    """A hypothesis on the first page.

    Parameters
    ----------
    claim : str
        What is claimed.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}
        Shown as a badge.
    found : str
        What was found against the line, or what keeps it from being told.
    todo : str
        What follows, and what waiting costs.
    exhibit_id : str
        Where more is said.
    """

    claim: str
    verdict: Verdict
    found: str
    todo: str
    exhibit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Monday:
    """What somebody does differently from a Monday on.

    Parameters
    ----------
    text, detail : str
        What is done; who looks at it, from when, and the share to reach.
    """

    text: str
    detail: str


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
    commentary : str
        The consultant's own words: HTML as `render_commentary` gives it, the only text here that is not plain.
    """

    id: str
    name: str
    headline: str
    question: str = ""
    exhibits: tuple[Exhibit, ...] = ()
    missing: tuple[str, ...] = ()
    commentary: str = ""


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
    released : str
        Who released the report and when, as a sentence; empty marks every page as a draft.
    logo : str
        Address that holds the picture, as `data_uri` gives it.
    text_font, heading_font : str
        Names of fonts for a style sheet; empty: those of the template.
    font_faces : str
        Style rules of the fonts that are packed in, see `font_face`.
    footer, disclaimer : str
        At the foot of pages, and on the last one.
    lead : str
        A sentence or two under the heading of the summary.
    verdicts : tuple of VerdictRow
        Hypotheses of the summary.
    headlines : tuple of Headline
        Findings of the summary.
    behaviours : tuple of Monday
        What is done from Monday on, three at most.
    changes : tuple of str
        What moved since the run on other data before; empty where nothing did.
    kpis : tuple of Kpi
        Numbers of the summary.
    chapters : tuple of ChapterView
        In their order.
    method : tuple of str
        Paragraphs at the head of the method appendix.
    appendix : tuple of AppendixTable
        After the method.
    glossary : tuple of (str, str)
        What each figure that the report shows is called, and what it means.
    """

    language: Language
    client: str
    title: str
    consultancy: str = ""
    accent: str = ACCENT
    period: str = ""
    data_date: str = ""
    released: str = ""
    logo: str = ""
    text_font: str = ""
    heading_font: str = ""
    font_faces: str = ""
    footer: str = ""
    disclaimer: str = ""
    lead: str = ""
    verdicts: tuple[VerdictRow, ...] = ()
    headlines: tuple[Headline, ...] = ()
    behaviours: tuple[Monday, ...] = ()
    changes: tuple[str, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    chapters: tuple[ChapterView, ...] = ()
    method: tuple[str, ...] = ()
    appendix: tuple[AppendixTable, ...] = ()
    glossary: tuple[tuple[str, str], ...] = ()


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
    stills = {name: render_still(figure, id=f"{name}-still") for name, figure in figures.items()}
    files = {name: (TEMPLATES / "report" / name).read_text("utf-8") for name in FILES}
    scripts = [files["start.js"], files["report.js"], *([plotly_script()] if figures else [])]
    resources = {
        "view": view,
        "figures": figures,
        "stills": stills,
        "still_style": dark_style(stills.values()),
        "files": files,
        "script_hashes": [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts],
        "packs": {"plotly": pack_plotly(), "charts": pack_charts(figures)} if figures else {},
    }
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    # nbconvert's environment does not escape; a report's texts are data, and the templates say what is HTML.
    exporter.environment.autoescape = True
    exporter.environment.filters |= {
        "css_string": css_string, "paired": paired, "deep": deep, "render_table": render_table,
        "highlight_code": str, "filter_data_type": list,  # of cells, which the base template names and no report has
    }  # fmt: skip
    # The step of the class above: HTMLExporter's own reads the whole page again and writes it in another order.
    page, _ = super(HTMLExporter, exporter).from_notebook_node(new_notebook(), resources)
    return str(page)


def deep(accent: str) -> str:
    """Give the shade of a brand's colour that white ink can be read on, however small.

    Parameters
    ----------
    accent : str
        `#rrggbb`.
    """
    return readable_shade(accent, 9.0)


def paired(accent: str, ratio: float) -> str:
    """Give the shades of a brand's colour that can be read on white and on dark paper, for a style sheet.

    Parameters
    ----------
    accent : str
        `#rrggbb`.
    ratio : float
        Least contrast, in [1, 21].

    Examples
    --------
    >>> paired("#1f5f8b", 5.2)
    'light-dark(#1f5f8b, #6aa8d2)'
    """
    light = readable_shade(accent, ratio)
    return f"light-dark({light}, {dark_shade(light)})"


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
