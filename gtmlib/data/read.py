"""Reading what clients send: told how each file is written, checking that it is, and never guessing."""

from __future__ import annotations

import csv
import hashlib
import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.plain_csv import read_plain_csv
from gtmlib.data.raw import RawTable, clean_heading, make_table, missing_error, read_error
from gtmlib.data.relation import read_database, read_parquet, read_sqlite
from gtmlib.data.workbook import read_workbook
from gtmlib.errors import DataError, Problem

__all__ = ["RawTable", "clean_heading", "read_source"]

_CHUNK_ROWS = 1000  # small enough for the processor's cache: 5,000 take half as long again
Notes = defaultdict[str, list[int]]  # what was noted of a file = rows
_FAULTS = {
    "long": ("has more fields than headings", "Quote texts that hold the delimiter, or name one as 'overflow'"),
    "short": ("has fewer fields than headings", "Mend these rows; if the headings stand lower, correct header_row"),
    "torn": (
        f"has quotes that are not closed or not doubled, or a text of more than {csv.field_size_limit():,} signs",
        'Write "" for a quote inside a quoted text, and close every quote',
    ),
}


def read_source(name: str, source: Source, folder: Path) -> RawTable:
    """Read one source of the contract.

    Parameters
    ----------
    name : str
        The source's name in the contract.
    source : Source
        What to read, and how it is written.
    folder : Path
        The exports folder; nothing outside it is read.

    Raises
    ------
    DataError
        With all problems of the file at once: it is missing or unreadable, or its structure is not what the contract
        says. Wrong values are found later, when columns are typed.
    """
    place = source.file or source.database or ""
    if place.startswith("$"):
        raw = read_database(name, source, None)
    else:
        path = _find(folder, place)
        try:
            with path.open("rb") as stream:
                start = stream.read(16)
                stream.seek(0)
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            raw = replace(_choose_reader(source, place, start)(name, source, path), sha256=sha256)
        except OSError as error:
            what = f"can't be opened ({error.strerror})"
            raise read_error(place, what, "Close it elsewhere, and check its rights") from None
        except UnicodeError:
            raise read_error(place, "starts like UTF-16 and is not", "Save it as UTF-8") from None
    if not raw.n_rows:
        raise read_error(raw.file, "has no rows", "Export it again, with the records")
    return raw


def _find(folder: Path, file: str) -> Path:
    """Give the path of a file inside the exports folder."""
    root = folder.resolve()
    if not root.is_dir():
        raise read_error(str(folder), "is not a folder", "Put the client's files there, or name another with --exports")
    found = [path for path in root.rglob("*") if path.is_file()]
    # ö is one sign in the contract and two in a name that comes from a Mac
    files = {unicodedata.normalize("NFC", path.relative_to(root).as_posix()): path for path in found}
    name = unicodedata.normalize("NFC", Path(file).as_posix())
    if name not in files:
        raise missing_error(file, "is not in the exports folder", name, files)
    if not files[name].resolve().is_relative_to(root):
        raise read_error(file, "leads out of the exports folder", "Copy the file into the exports folder")
    return files[name]


def _choose_reader(source: Source, place: str, start: bytes) -> Callable[[str, Source, Path], RawTable]:
    """Choose how to read a file by how it starts; its name only says what it ought to be."""
    if not start:
        raise read_error(place, "is empty", "Export it again")
    if source.database is not None:
        if start.startswith(b"SQLite format 3\0"):
            return read_sqlite
        if start[8:12] == b"DUCK":
            return read_database
        raise read_error(place, "is neither a SQLite nor a DuckDB file", "Name other files under 'file'")
    if start.startswith((b"PK\x03\x04", b"PAR1")):
        return read_parquet if start.startswith(b"PAR1") else read_workbook
    suffix = Path(place).suffix.lower()
    if suffix in (".xlsx", ".xlsm", ".xls", ".parquet"):
        what = f"is no {suffix} file that can be read: it is of another form, or locked with a password"
        raise read_error(place, what, "Open it, and save it as .xlsx without a password")
    return _read_csv


def _read_csv(name: str, source: Source, path: Path) -> RawTable:
    place, data = str(source.file), path.read_bytes()
    encoding = _find_encoding(place, data)
    notes: Notes = defaultdict(list)
    if plain := read_plain_csv(data, encoding, source):
        header, columns = plain.header, plain.columns
        notes |= {"kept": plain.rows, "empty": plain.empty}
    else:
        header, columns = _read_records(path, encoding, source, notes)
    headings = [clean_heading(heading) for heading in header]
    others = [sign for sign in ",;\t|" if sign in "".join(header)]
    if len(header) == 1 and others:
        sign = max(others, key=header[0].count)
        what = f"has one heading with the delimiter {source.delimiter!r}"
        raise read_error(place, what, f"Write delimiter = {sign!r} in the contract", values=tuple(headings))
    if not any(headings) and not notes["torn"]:
        raise read_error(place, "has no headings", "Correct header_row", rows=(source.header_row,))
    if headings and source.overflow and source.overflow not in headings:
        raise missing_error(place, f"has no heading '{source.overflow}' for 'overflow'", source.overflow, headings)
    rows = notes.pop("kept")
    totals_row = rows.pop() if source.has_totals_row and rows else None
    found = {key: tuple(row for row in noted if row != totals_row) for key, noted in notes.items()}
    told = [(what, fix, found[fault]) for fault, (what, fix) in _FAULTS.items() if found.get(fault)]
    if told:
        raise DataError(*(Problem(place=place, what=what, fix=fix, rows=rows) for what, fix, rows in told))
    return RawTable(
        name=name,
        file=place,
        table=make_table(place, source.header_row, headings, rows, columns),
        encoding=encoding,
        repaired_rows=found.get("repaired", ()),
        totals_row=totals_row,
        n_empty_rows=len(found.get("empty", ())),
    )


def _read_records(path: Path, encoding: str, source: Source, notes: Notes) -> tuple[list[str], list[pa.ChunkedArray]]:
    """Give the headings and the cells, record by record, and note what is found on which row."""
    with path.open(encoding=encoding, newline="") as stream:
        for _ in range(source.header_row - 1):
            stream.readline()
        records = _give_records(stream, source, notes)
        header = next(records, [])
        chunks: list[list[pa.Array]] = []
        while batch := list(itertools.islice(records, _CHUNK_ROWS)):
            chunks.append([pa.array(column, pa.string()) for column in zip(*batch, strict=True)])
    return header, [pa.chunked_array([chunk[at] for chunk in chunks], pa.string()) for at in range(len(header))]


def _give_records(stream: Iterable[str], source: Source, notes: Notes) -> Iterator[list[str]]:
    """Give the headings, then each record at their width; note its row, the line that it starts on.

    A quote that goes wrong ends the file.
    """
    reader = csv.reader(stream, delimiter=source.delimiter, strict=True)
    row, kept = source.header_row, notes["kept"]
    try:
        header = next(reader, [])
        yield header
        headings = [*map(clean_heading, header)]
        width, at = len(header), headings.index(source.overflow) if source.overflow in headings else None
        row += reader.line_num
        for fields in reader:
            if any(fields):
                kept.append(row)
                if surplus := len(fields) - width:
                    notes["short" if surplus < 0 else "long" if at is None else "repaired"].append(row)
                    if surplus > 0 and at is not None:
                        fields[at : at + surplus + 1] = [source.delimiter.join(fields[at : at + surplus + 1])]
                    fields = (fields + [""] * width)[:width]
                yield fields
            else:
                notes["empty"].append(row)
            row = source.header_row + reader.line_num
    except csv.Error:
        notes["torn"].append(row)


def _find_encoding(place: str, data: bytes) -> str:
    """Decide between UTF-16 (by its mark), UTF-8 and Windows-1252, strictly and over the whole file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" not in data and _encoding_of(data) == "utf-8":
        return "utf-8-sig"
    found: dict[str, list[int]] = {"utf-8": [], "cp1252": [], "": []}
    for row, line in enumerate(data.split(b"\n"), 1):
        if b"\0" in line:
            found[""].append(row)
        elif not line.isascii():
            found[_encoding_of(line)].append(row)
    utf8, cp1252, neither = found.values()
    if neither:
        what = "is no text in UTF-8 or Windows-1252: it is damaged, packed or in another encoding"
        raise read_error(place, what, "Export it again as UTF-8", rows=tuple(neither))
    if utf8 and cp1252:  # read as one of the two, half of the names would be garbled without a word
        rows = tuple(cp1252 if len(cp1252) < len(utf8) else utf8)
        raise read_error(place, "mixes UTF-8 and Windows-1252", "Export it again as UTF-8", rows=rows)
    return "cp1252"


def _encoding_of(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            line.decode(encoding)
            return encoding
    return ""
