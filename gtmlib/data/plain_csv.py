"""The quick way through a large CSV file that is what it should be: one line a record, every quote in its place."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.engagement import Source

_BOM = b"\xef\xbb\xbf"
_LINE_END, _QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCsv:
    """A CSV file whose records are lines.

    Parameters
    ----------
    header : list of str
        Headings, as written.
    rows : list of int
        Line of each record; the file's first is 1.
    empty : list of int
        Lines whose fields are all empty, which are no records.
    columns : list of pa.ChunkedArray
        Strings, one column per heading, one value per record; '' if empty.
    """

    header: list[str]
    rows: list[int]
    empty: list[int]
    columns: list[pa.ChunkedArray]


def read_plain_csv(data: bytes, encoding: str, source: Source) -> PlainCsv | None:
    r"""Read a CSV file in which nothing has to be mended or told.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : {'utf-8-sig', 'cp1252', 'utf-16'}
        How it is written; UTF-16 is not plain.
    source : Source
        Its delimiter and the row of its headings.

    Returns
    -------
    PlainCsv or None
        None where records may be wider or narrower than the headings, hold line breaks, or have quotes that stand
        within a field without being doubled: then the reader that tells row by row has to say what is in it.

    Examples
    --------
    >>> plain = read_plain_csv(b'id;note\n1;"a;b"\n;\n', "utf-8-sig", Source(file="a.csv", delimiter=";"))
    >>> plain.rows, plain.empty, [column.to_pylist() for column in plain.columns]
    ([2], [3], [['1'], ['a;b']])
    >>> read_plain_csv(b'id;note\n1;"a" b\n', "utf-8-sig", Source(file="a.csv", delimiter=";"))
    """
    data, encoding = data.removeprefix(_BOM), encoding.removesuffix("-sig")
    lines = data.split(b"\n", source.header_row - 1)
    if len(lines) < source.header_row:
        return None
    data = lines[-1]
    end = data.find(b"\n") + 1
    if encoding == "utf-16" or not 0 < end < len(data) or not _is_plain(data, source.delimiter):
        return None
    header = next(csv.reader([data[:end].decode(encoding)], delimiter=source.delimiter), [])
    cells = _read_cells(pa.py_buffer(data)[end:], encoding, source.delimiter, len(header)) if header else None
    if cells is None:
        return None
    is_empty = np.ones(cells.num_rows, bool)
    for column in cells.columns:
        is_empty &= pc.equal(column, "").to_numpy()
    rows = np.arange(cells.num_rows) + source.header_row + 1
    columns = cells.filter(pa.array(~is_empty)).columns if is_empty.any() else cells.columns
    return PlainCsv(header=header, rows=rows[~is_empty].tolist(), empty=rows[is_empty].tolist(), columns=columns)


def _is_plain(data: bytes, delimiter: str) -> bool:
    """Tell whether quotes open and close fields, or are doubled within them, and no field spans lines."""
    if data.count(b"\r") != data.count(b"\r\n") or b"\n" + _BOM in data:  # Arrow takes a mark away where it starts
        return False
    signs = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(signs == _LINE_END)
    if np.diff(ends, prepend=-1, append=len(data)).max() > csv.field_size_limit():
        return False
    quotes = np.flatnonzero(signs == _QUOTE)
    if len(quotes) % 2 or (np.searchsorted(quotes, ends) % 2).any():
        return False
    is_mark = np.zeros(256, bool)
    is_mark[[_QUOTE, _LINE_END, ord("\r"), ord(delimiter)]] = True
    before, after = quotes[::2] - 1, quotes[1::2] + 1  # of what opens; of what closes, or is the first of a pair
    before, after = before[before >= 0], after[after < len(data)]
    return bool(is_mark[signs[before]].all() and is_mark[signs[after]].all())


def _read_cells(body: pa.Buffer, encoding: str, delimiter: str, width: int) -> pa.Table | None:
    """Read the records as text; None if one is not as wide as the headings."""
    from pyarrow import csv as arrow_csv

    names = [str(at) for at in range(width)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, encoding=encoding),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return None
