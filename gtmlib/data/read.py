"""Reading what clients send: told how each file is written, checking that it is, and never guessing."""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, clean_heading, missing_error, name_columns, read_error
from gtmlib.data.relation import read_address, read_duckdb, read_parquet, read_sqlite
from gtmlib.data.workbook import read_workbook
from gtmlib.errors import DataError, Problem

__all__ = ["RawTable", "clean_heading", "read_source"]

_CHUNK_ROWS = 5_000  # small enough for the processor's cache: 50,000 take twice the time
_DELIMITERS = {";": "';'", ",": "','", "\t": r"'\t'", "|": "'|'"}


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
        return read_address(name, source)
    path = _find(folder, place)
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        raw = _reader(source, place, start)(name, source, path)
    except OSError as error:
        raise read_error(
            place, f"can't be opened ({error.strerror})", "Close it elsewhere, and check its rights"
        ) from None
    if not raw.n_rows:
        raise read_error(raw.file, "has no rows", "Export it again, with the records")
    return replace(raw, sha256=sha256)


def _find(folder: Path, file: str) -> Path:
    """Give the path of a file inside the exports folder."""
    root = folder.resolve()
    if not root.is_dir():
        raise read_error(str(folder), "is not a folder", "Put the client's files there, or name another with --exports")
    path = root / file
    if not path.resolve().is_relative_to(root):
        raise read_error(file, "leads out of the exports folder", "Copy the file into the exports folder")
    if not path.exists():  # ö is one sign in the contract and two in a name that comes from a Mac
        found = {unicodedata.normalize("NFC", file.relative_to(root).as_posix()): file for file in root.rglob("*")}
        files = {name: file for name, file in found.items() if file.is_file()}
        if (name := unicodedata.normalize("NFC", file)) not in files:
            raise missing_error(file, "is not in the exports folder", name, files)
        path = files[name]
    if path.is_dir():
        raise read_error(file, "is a folder", "Name a file in it")
    return path


def _reader(source: Source, place: str, start: bytes) -> Callable[[str, Source, Path], RawTable]:
    """Choose how to read a file by how it starts; its name only says what it ought to be."""
    suffix = Path(place).suffix.lower()
    if not start:
        raise read_error(place, "is empty", "Export it again")
    if source.database is not None:
        if start.startswith(b"SQLite format 3\0"):
            return read_sqlite
        if start[8:12] == b"DUCK":
            return read_duckdb
        raise read_error(place, "is neither a SQLite nor a DuckDB file", "Name other files under 'file'")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise read_error(place, "is locked with a password, or an old .xls", "Save it as .xlsx without a password")
    if start.startswith(b"PK\x03\x04"):
        return read_workbook
    if start.startswith(b"PAR1"):
        return read_parquet
    if suffix in (".xlsx", ".xlsm", ".xls", ".parquet"):
        raise read_error(place, f"is no {suffix} file, whatever its name says", "Open it and save it in that form")
    return _read_csv


@dataclass(slots=True)
class _Records:
    """The records of a CSV file on their way into Arrow, and what is wrong with them."""

    headings: list[str]
    n_blank: int  # nameless columns at the right end, of exports that end each line with the delimiter
    overflow: int | None
    delimiter: str
    rows: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    long: list[int] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)
    n_empty: int = 0
    buffer: list[list[str]] = field(default_factory=list)
    chunks: list[pa.Table] = field(default_factory=list)

    def add(self, row: int, fields: list[str]) -> None:
        if not any(fields):
            self.n_empty += 1
            return
        if self.n_blank or len(fields) != len(self.headings):
            fields = self.fit(row, fields)
        self.rows.append(row)
        self.buffer.append(fields)
        if len(self.buffer) == _CHUNK_ROWS:
            self.flush()

    def fit(self, row: int, fields: list[str]) -> list[str]:
        """Bring a record to the width of the headings, and note how."""
        width, at = len(self.headings), self.overflow
        surplus = len(fields) - self.n_blank - width
        has_tail = self.n_blank and any(fields[-self.n_blank :])
        if surplus < 0:
            self.short.append(row)
        elif has_tail or (surplus and at is None):
            self.long.append(row)
        elif surplus and at is not None:
            self.repaired.append(row)
            whole = self.delimiter.join(fields[at : at + surplus + 1])
            fields = [*fields[:at], whole, *fields[at + surplus + 1 :]]
        return (fields + [""] * width)[:width]

    def flush(self) -> None:
        columns = [pa.array(column, pa.string()) for column in zip(*self.buffer, strict=True)]
        self.chunks.append(pa.table(columns, self.headings))
        self.buffer.clear()

    def drop_last(self) -> int:
        """Set the last record aside, wherever it was noted."""
        row = self.rows.pop()
        for noted in (self.short, self.long, self.repaired):
            if noted[-1:] == [row]:
                noted.pop()
        return row

    def table(self) -> pa.Table:
        if self.buffer or not self.chunks:
            self.buffer = self.buffer or [[""] * len(self.headings)]
            self.flush()
        table = pa.concat_tables(self.chunks).slice(0, len(self.rows))
        return table.add_column(0, "_row", pa.array(self.rows, pa.int64()))

    def problems(self, place: str) -> list[Problem]:
        width, problems = len(self.headings), []
        for rows, than, fix in (
            (self.long, "more", "Quote texts that hold the delimiter, or name the text they belong to as 'overflow'"),
            (self.short, "fewer", "Mend these rows; if the headings stand lower, correct header_row"),
        ):
            if rows:
                what = f"has {len(rows)} row{'s' * (len(rows) > 1)} with {than} than the {width} fields of the headings"
                problems.append(Problem(place=place, what=what, fix=fix, rows=tuple(rows)))
        return problems


def _read_csv(name: str, source: Source, path: Path) -> RawTable:
    place = str(source.file)
    encoding = _encoding(place, path)
    problems: list[Problem] = []
    with path.open(encoding=encoding, newline="") as stream:
        for _ in range(source.header_row - 1):
            stream.readline()
        numbered = _numbered(place, stream, source, problems)
        header = next(numbered, (0, None))[1]
        if problems:
            raise DataError(*problems)
        records = _start_records(place, source, header)
        for row, fields in numbered:
            records.add(row, fields)
    totals_row = records.drop_last() if source.has_totals_row and records.rows else None
    if problems := records.problems(place) + problems:
        raise DataError(*problems)
    return RawTable(
        name=name,
        file=place,
        sha256="",
        table=records.table(),
        encoding=encoding,
        repaired_rows=tuple(records.repaired),
        totals_row=totals_row,
        n_empty_rows=records.n_empty,
    )


def _numbered(
    place: str, stream: Iterable[str], source: Source, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the line it starts on; a quote that goes wrong ends the file and is a problem."""
    reader = csv.reader(stream, delimiter=source.delimiter, strict=True)
    row = source.header_row
    try:
        for fields in reader:
            yield row, fields
            row = source.header_row + reader.line_num
    except csv.Error as error:
        what = "has a text whose quotes are not closed, or not doubled inside"
        if "limit" in str(error):
            what += f", or that is longer than {csv.field_size_limit():,} signs"
        fix = 'Write "" for a quote inside a quoted text, and close every quote'
        problems.append(Problem(place=place, what=what, fix=fix, rows=(row,)))


def _start_records(place: str, source: Source, header: list[str] | None) -> _Records:
    row = source.header_row
    if not header or not any(header):
        raise read_error(place, f"has no headings in row {row}", "Correct header_row", rows=(row,))
    if header[0].startswith("sep="):
        raise read_error(place, "starts with Excel's 'sep=' line", f"Write header_row = {row + 1} in the contract")
    others = [sign for sign in _DELIMITERS if sign != source.delimiter and sign in header[0]]
    if len(header) == 1 and others:
        sign = max(others, key=header[0].count)
        what = f"has one heading with the delimiter {_DELIMITERS[source.delimiter]}"
        raise read_error(place, what, f"Write delimiter = {_DELIMITERS[sign]} in the contract", values=tuple(header))
    n_blank = next(at for at, heading in enumerate(reversed(header)) if clean_heading(heading))
    named = header[: len(header) - n_blank]
    headings = name_columns(place, named, row, [str(number) for number in range(1, len(named) + 1)])
    if source.overflow is not None and source.overflow not in headings:
        raise missing_error(place, f"has no heading '{source.overflow}' for 'overflow'", source.overflow, headings)
    overflow = headings.index(source.overflow) if source.overflow is not None else None
    return _Records(headings, n_blank, overflow, source.delimiter)


def _encoding(place: str, path: Path) -> str:
    """Decide between UTF-16 (by its mark), UTF-8 and Windows-1252, each strictly and over the whole file."""
    with path.open("rb") as stream:
        is_utf16 = stream.read(2) in (b"\xff\xfe", b"\xfe\xff")
    if is_utf16:
        try:
            with path.open(encoding="utf-16", newline="") as text:
                if not any("\0" in line for line in text):
                    return "utf-16"
        except UnicodeError:
            pass
        raise read_error(place, "starts like UTF-16 and is not", "Save it as UTF-8")
    zeros: list[int] = []
    utf8: list[int] = []
    other: list[int] = []
    unknown: list[int] = []
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if b"\0" in line:
                zeros.append(number)
            if not line.isascii():
                (utf8 if _decodes(line, "utf-8") else other if _decodes(line, "cp1252") else unknown).append(number)
    if zeros:
        raise read_error(
            place, "holds zero bytes: it is damaged, packed or no text", "Export it again", rows=tuple(zeros)
        )
    if unknown:
        what, fix = "is neither UTF-8 nor Windows-1252", "Save it as UTF-8"
        raise read_error(place, what, fix, rows=tuple(unknown))
    if utf8 and other:  # read as one of the two, half of the names would be garbled without a word
        what, fix = "mixes UTF-8 and Windows-1252", "Export it again as UTF-8"
        raise read_error(place, what, fix, rows=tuple(utf8 if len(utf8) < len(other) else other))
    return "cp1252" if other else "utf-8-sig"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
