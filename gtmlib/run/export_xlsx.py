"""The tables of a run as a workbook: numbers that are numbers, written in the reader's way by their formats."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.numbers import get_currency_symbol

from gtmlib.analyses.findings import Finding
from gtmlib.present.exhibit import Table, TableColumn
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_finding, name_of
from gtmlib.run.report import ReportView
from gtmlib.run.stored import StoredRun

LONGEST_NAME = 31  # of a sheet
WIDEST, NARROWEST = 80, 9  # characters
A4 = 9
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
UNIT_KINDS = {"share": "percent", "count": "count", "pvalue": "pvalue"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table on a sheet of its own.

    Parameters
    ----------
    name : str
        On the tab.
    title : str
        Above the table.
    table : Table
        Raw cells.
    notes : tuple of str
        Below the table.
    kinds : tuple of tuple of str
        Of each cell, where they differ within a column.
    """

    name: str
    title: str
    table: Table
    notes: tuple[str, ...] = ()
    kinds: tuple[tuple[str, ...], ...] = ()


def make_workbook(view: ReportView, run: StoredRun) -> bytes:
    """Make the workbook of a run in one language.

    Parameters
    ----------
    view : ReportView
        What the report in this language shows.
    run : StoredRun
        The run, for its findings.

    Returns
    -------
    bytes
        XLSX: contents with links, findings, and a sheet per table.
    """
    import xlsxwriter

    say = view.language.say
    shown = zip(view.chapters, run.blocks.values(), strict=True)
    findings = [(chapter.name, finding) for chapter, blocks in shown for _, found in blocks for finding in found]
    sheets = [_findings_sheet(findings, view.language), *_table_sheets(view)]
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, PLAIN)
    created = datetime.combine(run.contract.exported_on, datetime.min.time())
    author = view.consultancy or view.client
    book.set_properties({"title": view.title, "subject": view.client, "author": author, "created": created})
    looks = _Looks(book, view.language, view.accent)
    front = book.add_worksheet(say("report.contents")[:LONGEST_NAME])
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name), sheet, looks, view, front.get_name())
    _write_front(front, sheets, looks, view)
    book.close()
    return written.getvalue()


def number_format(kind: str, language: Language) -> str:
    r"""Write Excel's format of a kind of cell; the separators are those of the reader's Excel.

    Parameters
    ----------
    kind : str
        As `Language.format` knows it.
    language : Language
        The reader's.

    Examples
    --------
    >>> number_format("money", Language("sv", "SEK")).replace("\N{NO-BREAK SPACE}", " ")
    '#,##0 [$kr]'
    >>> number_format("percent_points", Language("en", "SEK"))
    '+0.0%;-0.0%;0.0%'
    """
    if kind in ("money", "money_exact"):
        digits = "#,##0" if kind == "money" else "#,##0.00"
        symbol = get_currency_symbol(language.currency, language.locale)
        pattern = language.locale.currency_formats["standard"].pattern.split(";")[0]
        pattern = re.sub(r"[#0][#0,.]*", digits, pattern)
        spaced = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#") if symbol[-1].isalpha() else pattern
        return spaced.replace("¤", f"[${symbol}]")
    gap = re.sub(r"[^\s%]", "", language.locale.percent_formats[None].pattern)  # `%` with the space before it
    patterns = {
        "percent": f"0.0{gap}",
        "percent_whole": f"0{gap}",
        "percent_points": f"+0.0{gap};-0.0{gap};0.0{gap}",
        "count": "#,##0",
        "number": "#,##0.00",
        "pvalue": "0.000",
        "month": "mmm yyyy",
        "date": "d mmm yyyy",
    }
    return patterns.get(kind, "General")


class _Looks:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: Any, language: Language, accent: str) -> None:
        self._book, self._language, self._made = book, language, dict[tuple[str, bool], Any]()
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": accent, "valign": "vcenter"})
        self.head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "bottom"})
        self.head_right = book.add_format(
            {"bold": True, "bottom": 2, "text_wrap": True, "valign": "bottom", "align": "right"}
        )
        self.note = book.add_format({"font_color": "#59626c", "italic": True})
        self.link = book.add_format({"font_color": accent, "underline": 1})

    def cell(self, kind: str, *, is_total: bool = False) -> Any:
        """Give the format of a cell."""
        if (kind, is_total) not in self._made:
            look: dict[str, Any] = {"valign": "top", "num_format": number_format(kind, self._language)}
            look |= {"text_wrap": True} if kind == "text" else {"align": "right"}
            look |= {"bold": True, "top": 1} if is_total else {}
            self._made[kind, is_total] = self._book.add_format(look)
        return self._made[kind, is_total]


def _table_sheets(view: ReportView) -> Iterator[Sheet]:
    for number, chapter in enumerate(view.chapters, 1):
        tables = [exhibit for exhibit in chapter.exhibits if exhibit.table is not None]
        for place, exhibit in enumerate(tables, 1):
            if exhibit.table is not None:
                name = sheet_name(f"{number}.{place} {chapter.name}")
                yield Sheet(name=name, title=exhibit.title, table=exhibit.table, notes=exhibit.notes)
    for place, part in enumerate(view.appendix, 1):
        name = sheet_name(f"{len(view.chapters) + 1}.{place} {part.title}")
        yield Sheet(name=name, title=part.title, table=part.table, notes=part.notes)


def sheet_name(text: str) -> str:
    """Give a name that a sheet can have.

    Parameters
    ----------
    text : str
        Any; unique in its first characters.

    Examples
    --------
    >>> sheet_name("1.1 Who buys: [A/B] and many other things")
    '1.1 Who buys A B and many other'
    """
    kept = re.sub(r"\s+", " ", re.sub(r"[\[\]:*?/\\']", " ", text))
    return kept[:LONGEST_NAME].strip()


def _findings_sheet(findings: Sequence[tuple[str, Finding]], language: Language) -> Sheet:
    say = language.say
    heads = ("finding", "chapter", "id", "group", "value", "low", "high", "level", "n", "verdict")
    columns = tuple(TableColumn(label=say(f"export.column.{head}")) for head in heads)
    rows, kinds = [], []
    for chapter, found in findings:
        group = ", ".join(str(name_of(kind, value, language)) for kind, value in found.group.items())
        verdict = say(f"report.verdict.{found.verdict}") if found.verdict else None
        numbers = (found.value, found.ci_low, found.ci_high, found.confidence_level, found.n)
        rows.append((describe_finding(found, language), chapter, found.id, group, *numbers, verdict))
        kind = "money" if found.unit == language.currency else UNIT_KINDS.get(found.unit or "", "number")
        kinds.append(("text", "text", "text", "text", kind, kind, kind, "percent_whole", "count", "text"))
    title = say("export.findings")
    return Sheet(
        name=sheet_name(title), title=title, table=Table(columns=columns, rows=tuple(rows)), kinds=tuple(kinds)
    )


def _write_sheet(page: Any, sheet: Sheet, looks: _Looks, view: ReportView, front: str) -> None:
    language, table = view.language, sheet.table
    head, last = 2, len(table.rows) + 2
    page.write_string(0, 0, sheet.title, looks.title)
    page.write_url(1, 0, f"internal:'{front}'!A1", looks.link, language.say("report.contents"))
    for column, about in enumerate(table.columns):
        label = about.label
        if about.kind == "percent_points":
            label = language.say("export.points", label=label)
        kinds = [row[column] for row in sheet.kinds] or [about.kind] * len(table.rows)
        right = any(kind != "text" for kind in kinds)
        page.write_string(head, column, label, looks.head_right if right else looks.head)
        texts = (language.format(row[column], kind) for row, kind in zip(table.rows, kinds, strict=True))
        longest, longest_word = max(map(len, texts), default=0), max(map(len, label.split()))
        page.set_column(column, column, min(max(longest + 2, longest_word + 3, NARROWEST), WIDEST))
        for place, (row, kind) in enumerate(zip(table.rows, kinds, strict=True), head + 1):
            is_total = table.has_total_row and place == last
            cell = row[column]
            cell = language.word(cell) if isinstance(cell, str) else cell
            _write_cell(page, place, column, cell, kind, looks.cell(kind, is_total=is_total))
    n_filtered = last - (1 if table.has_total_row else 0)
    if table.rows:
        page.autofilter(head, 0, n_filtered, len(table.columns) - 1)
    page.freeze_panes(head + 1, 1)
    for place, note in enumerate(sheet.notes, last + 2):
        page.write_string(place, 0, note, looks.note)
    page.repeat_rows(head)
    _set_print(page, view)


def _write_cell(page: Any, row: int, column: int, value: Any, kind: str, look: Any) -> None:
    if value is None:
        page.write_blank(row, column, None, look)
    elif kind in ("month", "date"):
        day = datetime.fromisoformat(value if len(value) > 7 else f"{value}-01")
        page.write_datetime(row, column, day, look)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, look)
    else:
        page.write_string(row, column, str(value), look)


def _write_front(page: Any, sheets: Sequence[Sheet], looks: _Looks, view: ReportView) -> None:
    facts = [view.client, view.period, view.data_date, view.consultancy]
    page.write_string(0, 0, view.title, looks.title)
    page.write_string(1, 0, " · ".join(filter(None, facts)), looks.note)
    page.write_string(2, 0, view.language.say("report.confidential_note", client=view.client), looks.note)
    for place, sheet in enumerate(sheets, 4):
        page.write_url(place, 0, f"internal:'{sheet.name}'!A1", looks.link, sheet.name)
        page.write_string(place, 1, sheet.title, looks.cell("text"))
    page.set_column(0, 0, LONGEST_NAME)
    page.set_column(1, 1, 100)
    _set_print(page, view)


def _set_print(page: Any, view: ReportView) -> None:
    page.set_paper(A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    brand = " · ".join(filter(None, (view.consultancy, view.client))).replace("&", "&&")
    page.set_footer(f"&L{brand}&R&P / &N")
