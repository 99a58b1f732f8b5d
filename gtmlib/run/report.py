"""The report: a view of findings and exhibits in one language becomes one HTML file, through nbconvert.

The file holds everything it needs and asks for nothing: its content-security policy allows the two scripts of the
template and the very plotly.js that is packed into it, each by its hash, and no address at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from gtmlib.analyses.findings import Verdict
from gtmlib.errors import ParameterError
from gtmlib.present.colours import ACCENT, readable_shade, tint
from gtmlib.present.exhibit import Exhibit, Kpi, Table
from gtmlib.present.language import Language
from gtmlib.present.tables import render_table

TEMPLATES = Path(__file__).parents[2] / "templates"
CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "plotlyServerURL": "",
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showSendToCloud": False,
    "typesetMath": False,
}
# What the template writes where plotly.js goes in. Texts are escaped, so none of them can look like it.
PACK_PLACE = '<script id="plotly-pack" type="text/plain"></script>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A finding on the first page: its sentence, verdict, evidence in words, and the exhibit that shows it."""

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
    """A table of the method appendix: sources, exclusions, parameters or versions."""

    id: str
    title: str
    table: Table
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """All that a report shows, in one language; every text is plain.

    Parameters
    ----------
    period, data_date : str
        Written by the language; left out of the cover where empty.
    accent : str
        The brand's colour, `#rrggbb`.
    lead : str
        A sentence or two under the heading of the summary.
    method : tuple of str
        Paragraphs at the head of the method appendix.
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

    _require_unique_ids(view)
    scripts = {name: (TEMPLATES / "report" / name).read_text(encoding="utf-8") for name in ("start.js", "report.js")}
    figures = _figure_specs(view)
    hashes = [_csp_hash(text) for text in scripts.values()] + ([plotly_hash()] if figures else [])
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    # nbconvert's environment does not escape; a report's texts are data, and its own HTML comes as `Markup`.
    exporter.environment.autoescape = True
    exporter.environment.filters["css_string"] = css_string
    resources = {
        "view": view,
        "say": view.language.say,
        "figures": figures,
        "heights": {name: json.loads(spec)["layout"]["height"] for name, spec in figures.items()},
        "tables": _tables(view),
        "scripts": {name: _markup(text) for name, text in scripts.items()},
        "style": _markup((TEMPLATES / "report" / "style.css").read_text(encoding="utf-8")),
        "script_hashes": hashes,
        "colours": _colours(view.accent),
        "pack_place": _markup(PACK_PLACE),
    }
    page, _ = exporter.from_notebook_node(new_notebook(), resources)
    if figures and page.count(PACK_PLACE) != 1:
        raise RuntimeError(f"the report's template must write {PACK_PLACE} once where there are charts")
    return str(page).replace(PACK_PLACE, PACK_PLACE.replace("><", f">{plotly_pack()}<"))


@cache
def plotly_pack() -> str:
    """Give the installed plotly.js as gzip in base64: the same text for the same plotly and zlib.

    The header is written here, without time and system, which `gzip` fills differently on other machines.
    """
    source = _plotly_source()
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(source) + packer.flush()
    sizes = zlib.crc32(source).to_bytes(4, "little") + len(source).to_bytes(4, "little")
    return base64.b64encode(b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + sizes).decode()


@cache
def plotly_hash() -> str:
    """Give the hash by which the content-security policy allows the installed plotly.js."""
    return _csp_hash(_plotly_source().decode())


def css_string(text: str) -> Any:
    r"""Quote a text for a style sheet, so that nothing in it can end the string or the sheet.

    Examples
    --------
    >>> print(css_string('A"</style>'))
    "A\\22 \\3c \\2f style\\3e "
    """
    return _markup('"' + "".join(sign if sign.isalnum() else f"\\{ord(sign):x} " for sign in text) + '"')


def _plotly_source() -> bytes:
    return (files("plotly") / "package_data" / "plotly.min.js").read_bytes()


def _csp_hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _colours(accent: str) -> dict[str, str]:
    """Shades of the accent that can be read: text on white, white on the cover, and a wash behind text."""
    return {
        "accent": readable_shade(accent, 5.2),
        "deep": readable_shade(accent, 9.0),
        "line": tint(readable_shade(accent, 3.0), 0.35),
        "wash": tint(accent, 0.93),
    }


def _figure_specs(view: ReportView) -> dict[str, Any]:
    """Figure specs as JSON that a script element can hold, by exhibit."""
    import plotly.io

    specs: dict[str, Any] = {}
    for exhibit in _exhibits(view):
        if exhibit.figure is not None:
            spec = json.loads(plotly.io.to_json(exhibit.figure, validate=False))
            spec = {"data": spec["data"], "layout": {"height": 400, **spec["layout"]}, "config": CONFIG}
            text = json.dumps(spec, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            specs[exhibit.id] = _markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
    return specs


def _tables(view: ReportView) -> dict[str, Any]:
    named = [(exhibit.id, exhibit.table) for exhibit in _exhibits(view) if exhibit.table is not None]
    named += [(part.id, part.table) for part in view.appendix]
    return {
        name: _markup(render_table(table, table_id=f"{name}-table", language=view.language)) for name, table in named
    }


def _exhibits(view: ReportView) -> Iterable[Exhibit]:
    return (exhibit for chapter in view.chapters for exhibit in chapter.exhibits)


def _require_unique_ids(view: ReportView) -> None:
    ids = [part.id for parts in (view.chapters, _exhibits(view), view.appendix) for part in parts]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ParameterError(
            f"two parts of the report share the id '{twice[0]}': give each chapter and exhibit its own"
        )


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  only for HTML that this package wrote or escaped
