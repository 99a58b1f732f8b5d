"""A source as it came: what every reader gives, and the messages they share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.words import format_plain
from gtmlib.errors import DataError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A source as it came, before its values are typed.

    Parameters
    ----------
    name : str
        Source in the contract.
    file : str
        What messages call it; `book.xlsx [Sheet1]` for a sheet, `base.db [deals]` for a relation.
    sha256 : str
        Hash of the file; empty for a database behind an address.
    table : pa.Table
        `_row` (int64), the row as the file numbers it (first line 1; the line on which a CSV record starts; the row
        of the sheet; the 1-based record of Parquet and databases), then a column per heading: string for CSV, native
        or string for the others. CSV cells are as written, '' if empty.
    encoding : str
        Of a CSV file: utf-8-sig (UTF-8 with or without BOM), cp1252 or utf-16.
    repaired_rows : tuple of int
        Rows whose surplus fields were put back into the overflow column.
    totals_row : int or None
        The row of sums at the end that was set aside.
    n_empty_rows : int
        Rows of a CSV file or a sheet without any value, which are no records.
    """

    name: str
    file: str
    sha256: str
    table: pa.Table
    encoding: str = ""
    repaired_rows: tuple[int, ...] = ()
    totals_row: int | None = None
    n_empty_rows: int = 0

    @property
    def n_rows(self) -> int:
        """Records in the table."""
        return int(self.table.num_rows)


def clean_heading(heading: str) -> str:
    r"""Give a heading without BOM, hard blanks, line breaks and outer blanks.

    Examples
    --------
    >>> clean_heading("\ufeffBelopp\u00a0(SEK)\n")
    'Belopp (SEK)'
    """
    return " ".join(re.sub("[\ufeff\u200b]", "", unicodedata.normalize("NFC", heading)).split())


def read_error(place: str, what: str, fix: str, **where: Any) -> DataError:
    """Give the error of one problem; `where` are the column, rows and values of it."""
    return DataError(Problem(place=place, what=what, fix=fix, **where))


def missing_error(place: str, what: str, name: str, known: Iterable[str]) -> DataError:
    """Give the error that a name is unknown, with the nearest known name, else the first of them."""
    names = tuple(sorted(known))
    if close := get_close_matches(name, names, n=1, cutoff=0.6):
        return read_error(place, what, f"Did you mean '{close[0]}'?")
    return read_error(place, what, "Name one that is there" if names else "There is none", values=names)


def name_columns(place: str, headings: Sequence[str], row: int, columns: Sequence[str]) -> list[str]:
    """Clean the headings of a file; refuse them if one is empty or stands twice."""
    names = [clean_heading(heading) for heading in headings]
    empty = [column for column, name in zip(columns, names, strict=True) if not name]
    twice = dict.fromkeys(name for name in names if name and (names.count(name) > 1 or name == "_row"))
    what = f"has no heading in column {', '.join(empty)}", "has headings that stand twice, or the name '_row'"
    fix = "Give each column a heading of its own, or correct header_row"
    problems = [Problem(place=place, what=what[0], fix=fix, rows=(row,))] if empty else []
    problems += [Problem(place=place, what=what[1], fix=fix, rows=(row,), values=tuple(twice))] if twice else []
    if problems:
        raise DataError(*problems)
    return names


def cells_to_array(cells: Sequence[Any], decimal: str) -> pa.Array:
    """Keep cells of one type as they are; write mixed ones as text, as the source's dialect would."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {int, float}:
        is_whole = all(cell is None or (float(cell).is_integer() and abs(cell) < 2**53) for cell in cells)
        return pa.array(cells, pa.float64()).cast(pa.int64()) if is_whole else pa.array(cells, pa.float64())
    if kinds == {date} or kinds == {bool}:
        return pa.array(cells)
    if kinds and kinds <= {date, datetime}:
        moments = [datetime.combine(cell, time()) if type(cell) is date else cell for cell in cells]
        return pa.array(moments, pa.timestamp("us"))
    return pa.array([format_plain(cell, decimal) for cell in cells], pa.string())


def number_rows(name: str, source: Source, file: str, table: pa.Table) -> RawTable:
    """Number the records of a table from elsewhere."""
    columns = [str(number) for number in range(1, table.num_columns + 1)]
    table = table.rename_columns(name_columns(file, table.column_names, 1, columns))
    table = table.add_column(0, "_row", pa.array(range(1, table.num_rows + 1), pa.int64()))
    totals_row = table.num_rows if source.has_totals_row and table.num_rows else None
    table = table if totals_row is None else table.slice(0, totals_row - 1)
    return RawTable(name=name, file=file, sha256="", table=table, totals_row=totals_row)
