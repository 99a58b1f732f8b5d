"""Reading one sheet of a workbook, with the failed formulas that look like empty cells."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, cells_to_array, make_table, missing_error, read_error
from gtmlib.data.values import format_plain

MOST_UNPACKED_BYTES = 1_000_000_000  # a workbook of 3.9 MB was seen to unpack to 992 MB
_CELL = re.compile(  # attributes, formula, value
    rb"<(?:\w+:)?c\s([^>]*)>(<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))?"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>)?</(?:\w+:)?c>"
)


def read_workbook(name: str, source: Source, path: Path) -> RawTable:
    """Read one sheet of a workbook.

    Raises
    ------
    DataError
        If the file is damaged or too big, the sheet is not clear, or its headings or cells are no table.
    """
    place, top = str(source.file), source.header_row
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED_BYTES:
                raise read_error(place, "unpacks to more than 1 GB", "Save the sheet as CSV")
            with closing(CalamineWorkbook.from_path(str(path))) as book:
                title = _choose_sheet(place, source, book)
                sheet = book.get_sheet_by_name(title)
                rows = sheet.to_python(skip_empty_area=False)  # from cell A1 on
                merged = [(first[0], last[0]) for first, last in sheet.merged_cell_ranges or []]
            for row, column, word in _failed_cells(parts, title):
                if row < len(rows) and column < len(rows[0]):
                    rows[row][column] = word
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        what = f"can't be read as a workbook ({error})"
        raise read_error(place, what, "Open it in Excel and save it again") from None
    place = f"{place} [{title}]"
    header = [format_plain(cell, source.decimal) or "" for cell in rows[top - 1]] if top <= len(rows) else []
    numbers = [number for number, cells in enumerate(rows[top:], top + 1) if any(cell != "" for cell in cells)]
    totals_row = numbers.pop() if source.has_totals_row and numbers else None
    last = max(numbers, default=top)
    if torn := sorted({first + 1 for first, end in merged if first < last and end >= top - 1}):
        fix = "Unmerge them and fill every cell; if the headings stand elsewhere, correct header_row"
        raise read_error(place, "has merged cells in the table", fix, rows=tuple(torn))
    records = [[None if cell == "" else cell for cell in rows[number - 1]] for number in numbers]
    columns = list(zip(*records, strict=True)) or [() for _ in header]
    table = make_table(place, top, header, numbers, [cells_to_array(cells, source.decimal) for cells in columns])
    n_empty = last - top - len(numbers)
    return RawTable(name=name, file=place, table=table, totals_row=totals_row, n_empty_rows=n_empty)


def _choose_sheet(place: str, source: Source, book: CalamineWorkbook) -> str:
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names: list[str] = [sheet.name for sheet in sheets]
    if source.sheet is not None:
        if source.sheet not in names:
            raise missing_error(place, f"has no sheet '{source.sheet}'", source.sheet, names)
        return source.sheet
    visible: list[str] = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    if len(visible) != 1:
        what = f"has {len(visible) or 'no'} visible sheets"
        raise read_error(place, what, "Name the one to read as 'sheet'", values=tuple(visible or names))
    return visible[0]


def _sheet_part(parts: zipfile.ZipFile, title: str) -> str:
    """Give the name of a sheet's XML within the workbook."""
    files = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    book, links = (ElementTree.fromstring(parts.read(file)) for file in files)  # noqa: S314  expat limits expansion
    sheets = {sheet.get("name"): sheet for sheet in book.findall(".//{*}sheet")}
    link = next(value for key, value in sheets[title].items() if key.endswith("}id"))
    target = str({link.get("Id"): link.get("Target") for link in links}[link])
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _failed_cells(parts: zipfile.ZipFile, title: str) -> Iterator[tuple[int, int, str]]:
    """Give row and column (from 0) and word of each formula without a result: calamine shows them as empty cells.

    The word is Excel's, such as #N/A; #NO-RESULT! where a program wrote a formula that nobody computed.
    """
    xml = parts.read(_sheet_part(parts, title))
    if not re.search(rb"[\"']e[\"']|<(?:\w+:)?f\b", xml):
        return
    for about, formula, word in (cell.groups() for cell in _CELL.finditer(xml)):
        kind = re.search(rb"\bt=[\"'](\w+)", about)
        is_unknown = formula and not word and (kind is None or kind[1] != b"str")
        found = re.search(r"\br=[\"']([A-Z]+)(\d+)", about.decode())
        if found and (is_unknown or (kind and kind[1] == b"e")):
            column = functools.reduce(lambda number, letter: number * 26 + ord(letter) - 64, found[1], 0) - 1
            yield int(found[2]) - 1, column, (word or b"#NO-RESULT!").decode()
