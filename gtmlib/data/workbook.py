"""Reading one sheet of a workbook, with the failed formulas that look like empty cells."""

from __future__ import annotations

import functools
import html
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, cells_to_array, missing_error, name_columns, read_error
from gtmlib.data.words import format_plain

MOST_UNPACKED_BYTES = 1_000_000_000  # a workbook of 3.9 MB was seen to unpack to 992 MB


def read_workbook(name: str, source: Source, path: Path) -> RawTable:
    """Read one sheet of a workbook.

    Raises
    ------
    DataError
        If the file is damaged or too big, the sheet is not clear, or its headings or cells are no table.
    """
    place = str(source.file)
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED_BYTES:
                raise read_error(place, "unpacks to more than 1 GB", "Save the sheet as CSV")
            with closing(CalamineWorkbook.from_path(str(path))) as book:
                title = _choose_sheet(place, source, book)
                sheet = book.get_sheet_by_name(title)
                rows = [list(cells) for cells in sheet.iter_rows()]  # from row 1 on, and from the first used column on
                left = sheet.start[1] if sheet.start else 0
                merged = sheet.merged_cell_ranges or []
            for row, column, word in _failed_cells(parts, title):
                if row <= len(rows) and 0 <= column - left < len(rows[0]):
                    rows[row - 1][column - left] = word
    except (CalamineError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise read_error(
            place, f"can't be read as a workbook ({error})", "Open it in Excel and save it again"
        ) from None
    return _sheet_table(name, source, f"{place} [{title}]", rows, left, [(first[0], last[0]) for first, last in merged])


def _choose_sheet(place: str, source: Source, book: CalamineWorkbook) -> str:
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in sheets]
    if source.sheet is not None:
        if source.sheet not in names:
            raise missing_error(place, f"has no sheet '{source.sheet}'", source.sheet, names)
        return source.sheet
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    if len(visible) != 1:
        what = f"has {len(visible) or 'no'} visible sheets"
        raise read_error(place, what, "Name the one to read as 'sheet'", values=tuple(visible or names))
    return visible[0]


def _failed_cells(parts: zipfile.ZipFile, title: str) -> Iterator[tuple[int, int, str]]:
    """Give row, column (from 0) and word of each failed formula, such as #N/A: calamine shows them as empty cells."""

    def tags(part: str, name: str) -> list[str]:
        return re.findall(rf"<(?:\w+:)?{name}\s[^>]*>", parts.read(part).decode())

    def attribute(tag: str, name: str) -> str:
        found = re.search(rf"[\s:]{name}=[\"'](.*?)[\"']", tag)
        return html.unescape(found[1]) if found else ""

    sheets = {attribute(tag, "name"): attribute(tag, "id") for tag in tags("xl/workbook.xml", "sheet")}
    links = tags("xl/_rels/workbook.xml.rels", "Relationship")
    target = {attribute(tag, "Id"): attribute(tag, "Target") for tag in links}[sheets[title]]
    tag = rb"(?:\w+:)?"
    formula = rb"<%bf\b[^>]*?(?:/>|>[^<]*</%bf>)" % (tag, tag)
    cell = re.compile(
        rb"<%bc\s([^>]*)>(%b)?(?:<%bv\s*/>|<%bv>([^<]*)</%bv>)?</%bc>" % (tag, formula, tag, tag, tag, tag)
    )
    with parts.open(target.lstrip("/") if target.startswith("/") else f"xl/{target}") as stream:
        tail = b""
        while block := stream.read(1 << 20):
            block = tail + block
            tail = block[-20_000:]  # a cell that two blocks share is found in the second
            for about, has_formula, word in (
                cell.findall(block) if re.search(rb"[\"']e[\"']|<%bf\b" % tag, block) else ()
            ):
                is_failed = re.search(rb"\bt=[\"']e[\"']", about)
                # A program that writes formulas without computing them leaves cells that Excel alone would fill.
                if not is_failed and (not has_formula or word or re.search(rb"\bt=[\"']str[\"']", about)):
                    continue
                if found := re.search(rb"\br=[\"']([A-Z]+)(\d+)", about):
                    yield (
                        int(found[2]),
                        _column_number(found[1].decode()),
                        html.unescape(word.decode()) or "#NO-RESULT!",
                    )


def _column_number(letters: str) -> int:
    return functools.reduce(lambda number, letter: number * 26 + ord(letter) - 64, letters, 0) - 1


def _column_letters(number: int) -> str:
    return ("" if number < 26 else _column_letters(number // 26 - 1)) + chr(65 + number % 26)


def _sheet_table(
    name: str, source: Source, place: str, rows: list[list[Any]], left: int, merged: list[tuple[int, int]]
) -> RawTable:
    """Make a table of the cells from the header row down; `left` is the first used column, `merged` spans of rows."""
    top = source.header_row
    header = [format_plain(cell, source.decimal) or "" for cell in rows[top - 1]] if top <= len(rows) else []
    if not any(header):
        raise read_error(place, f"has no headings in row {top}", "Correct header_row", rows=(top,))
    numbers = [number for number, cells in enumerate(rows[top:], top + 1) if any(cell != "" for cell in cells)]
    totals_row = numbers.pop() if source.has_totals_row and numbers else None
    last = max(numbers, default=top)
    if torn := sorted({first + 1 for first, end in merged if first < last and end >= top - 1}):
        fix = "Unmerge them and fill every cell; if the headings stand elsewhere, correct header_row"
        raise read_error(place, "has merged cells in the table", fix, rows=tuple(torn))
    cells = (rows[number - 1] for number in numbers)
    columns = [[None if cell == "" else cell for cell in cells] for cells in zip(*cells, strict=True)]
    columns = columns or [[] for _ in header]
    kept = [at for at, cells in enumerate(columns) if header[at].strip() or any(cell is not None for cell in cells)]
    headings = name_columns(place, [header[at] for at in kept], top, [_column_letters(left + at) for at in kept])
    arrays = {"_row": pa.array(numbers, pa.int64())}
    arrays |= {heading: cells_to_array(columns[at], source.decimal) for heading, at in zip(headings, kept, strict=True)}
    n_empty = last - top - len(numbers)
    return RawTable(
        name=name, file=place, sha256="", table=pa.table(arrays), totals_row=totals_row, n_empty_rows=n_empty
    )
