"""A source as it came: what every reader gives, and the messages they share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.values import format_plain
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
    sha256: str = ""
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
    if close := get_close_matches(name, names, n=1):
        return read_error(place, what, f"Did you mean '{close[0]}'?")
    return read_error(place, what, "Name one that is there" if names else "There is none", values=names)


def make_table(place: str, top: int, header: Sequence[str], rows: Sequence[int], columns: Sequence[Any]) -> pa.Table:
    """Make the table of a `RawTable`; columns without heading and values are left out.

    Parameters
    ----------
    place : str
        What messages call the file.
    top : int
        Row of the headings, as the file numbers it.
    header : sequence of str
        Headings as in the file.
    rows : sequence of int
        Row numbers of the records.
    columns : sequence of pa.Array or pa.ChunkedArray
        One per heading; what they hold beyond the rows is a row of sums, and left out.

    Raises
    ------
    DataError
        If there are no headings, or one is lacking or stands twice.
    """
    names = [clean_heading(heading) for heading in header]
    cells = [column.slice(0, len(rows)) for column in columns]
    kept = [at for at, name in enumerate(names) if name or {*pc.unique(cells[at]).to_pylist()} - {None, ""}]
    nameless = [str(at + 1) for at in kept if not names[at]]
    twice = tuple(sorted({name for name in names if name and (names.count(name) > 1 or name == "_row")}))
    if not any(names):
        what = "has no headings"
    elif nameless:
        what = f"has no heading in column {', '.join(nameless)}"
    elif twice:
        what = "has headings that stand twice, or the name '_row'"
    else:
        return pa.table({"_row": pa.array(rows, pa.int64())} | {names[at]: cells[at] for at in kept})
    fix = "Give each column a heading of its own, or correct header_row"
    raise read_error(place, what, fix, rows=(top,), values=twice)


def cells_to_array(cells: Sequence[Any], decimal: str) -> pa.Array:
    """Keep cells of one type as they are; write mixed ones as text, as the source's dialect would."""
    if {type(cell) for cell in cells if cell is not None} in ({int}, {float}, {bool}, {date}, {datetime}):
        return pa.array(cells)
    return pa.array([format_plain(cell, decimal) for cell in cells], pa.string())
