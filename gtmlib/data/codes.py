"""The codes that people confirmed: `codes.csv` in the engagement folder, which joins the objections of the exports."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.codebook import FILES, Codebook, Subject, read_codebooks
from gtmlib.data.engagement import Source, nearest
from gtmlib.data.schema import TABLES
from gtmlib.errors import DataError, Problem

Unit = Literal["touch_id", "interview_id"]

CODES_FILE = "codes.csv"
COLUMNS = tuple(TABLES["codes"].columns)
UNITS: dict[Subject, Unit] = {"objections": "touch_id", "interviews": "interview_id"}
SETTLED = "settled"  # coder of what people agreed on after they had coded apart: it decides, and agrees with nobody
MOST_CODES = 3  # that a person gives one note
SOURCES = ("buyer", "seller", "crm")  # whose words a note can hold
PATIENCE = 5.0  # seconds that who writes waits for another; after that, its lock is left from a crash
_DELIMITERS = (";", ",", "\t")  # Excel writes the list separator of the country
_NEW = "\ufeff" + ";".join(COLUMNS) + "\r\n"  # as Excel opens it in the Nordic countries

Tables = Mapping[str, pa.Table]


def codes_source(folder: Path) -> Source | None:
    """Say how an engagement's `codes.csv` is written; None where there is none, or no row in it.

    Parameters
    ----------
    folder : Path
        The engagement folder.

    Raises
    ------
    DataError
        If its first line is not a line of headings, or one of them is unknown.
    """
    path = folder / CODES_FILE
    if not path.is_file() or len(lines := path.read_bytes().splitlines()) < 2:
        return None
    first = lines[0].decode("utf-8-sig", errors="replace")
    delimiter = next((sign for sign in _DELIMITERS if sign in first), ";")
    headings = [heading.strip().strip('"') for heading in first.split(delimiter)]
    unknown = [heading for heading in headings if heading not in COLUMNS]
    if unknown:
        what = "has a column that codes don't have"
        fix = nearest(unknown[0], COLUMNS)
        raise DataError(Problem(place=CODES_FILE, what=what, fix=fix[:1].upper() + fix[1:], values=tuple(unknown)))
    columns = {name: name for name in COLUMNS if name in headings}
    told = {"delimiter": delimiter, "table": "codes", "columns": columns}  # no source of a contract may fill this table
    return Source(file=CODES_FILE).model_copy(update=told)


def check_codes(rows: pa.Table, folder: Path) -> list[Problem]:
    """Find what a typed `codes.csv` says that can't be.

    Parameters
    ----------
    rows : pa.Table
        One per confirmed code, with its `_row` in the file.
    folder : Path
        The engagement folder, for its codebooks.

    Returns
    -------
    list of Problem
        Rows that name no note or two, and codes that are not in the codebook, with the nearest.
    """
    told, problems = rows.to_pylist(), []
    if lost := [row for row in told if (row.get("touch_id") is None) == (row.get("interview_id") is None)]:
        what, fix = "name no note, or both a touch and an interview", "Fill one of touch_id and interview_id"
        problems.append(Problem(place=CODES_FILE, what=what, fix=fix, rows=tuple(row["_row"] for row in lost)))
    for subject, book in read_codebooks(folder).items():
        strange = [row for row in told if row.get(UNITS[subject]) is not None and row["code"] not in book.codes]
        for code in dict.fromkeys(row["code"] for row in strange):
            at = tuple(row["_row"] for row in strange if row["code"] == code)
            fix = f"{nearest(code, book.codes)}; or add it to {FILES[subject]}"
            what = "is not in the codebook"
            problem = Problem(
                place=CODES_FILE, column="code", what=what, fix=fix[:1].upper() + fix[1:], rows=at, values=(code,)
            )
            problems.append(problem)
    return problems


def deciding_codes(rows: Iterable[Mapping[str, Any]], unit: str) -> list[Mapping[str, Any]]:
    """Keep of each note the codes that decide: what was settled, else those of the coder who stands first.

    Parameters
    ----------
    rows : iterable of mapping
        Confirmed codes in the order of the file.
    unit : {'touch_id', 'interview_id'}
        What a note is known by.

    Examples
    --------
    >>> first = {"touch_id": "T1", "code": "fit", "coder": "A"}
    >>> second = {"touch_id": "T1", "code": "legal", "coder": "B"}
    >>> [row["code"] for row in deciding_codes([first, second], "touch_id")]
    ['fit']
    """
    known = [row for row in rows if row.get(unit) is not None]
    decides: dict[str, str] = {}
    for row in known:
        if row["coder"] == SETTLED:
            decides[row[unit]] = SETTLED
        decides.setdefault(row[unit], row["coder"])
    return [row for row in known if decides[row[unit]] == row["coder"]]


def join_codes(tables: Tables, book: Codebook) -> pa.Table | None:
    """Add to the objections what was confirmed of notes and is not among them: each objection of a touch once.

    Parameters
    ----------
    tables : mapping of pa.Table
        Canonical tables.
    book : Codebook
        Of objections; what is no objection is not added.

    Returns
    -------
    pa.Table or None
        The objections with date and stage of their touches; as they were where nothing is to be added.
    """
    objections, codes = tables.get("objections"), tables.get("codes")
    if codes is None or "touch_id" not in codes.column_names:
        return objections
    decided = deciding_codes(codes.to_pylist(), "touch_id")
    counted = set(book.of_kind("objection"))
    known: set[tuple[Any, Any]] = set()
    if objections is not None and "touch_id" in objections.column_names:
        same = objections.filter(pc.is_in(objections["touch_id"], codes["touch_id"].combine_chunks()))
        known = set(zip(same["touch_id"].to_pylist(), same["code"].to_pylist(), strict=True))
    about = _describe_touches(tables.get("touches"), codes["touch_id"])
    added = []
    for row in decided:
        pair = row["touch_id"], row["code"]
        if row["code"] in counted and pair not in known:
            known.add(pair)
            told = {name: row.get(name) for name in ("touch_id", "code", "source", "is_resolved", "coder", "_row")}
            added.append(told | about.get(row["touch_id"], {}))
    if not added:
        return objections
    kinds = {"date": pa.timestamp("us"), "is_resolved": pa.bool_(), "_row": pa.int64()}
    if "touches" in tables and "date" in tables["touches"].column_names:
        kinds["date"] = tables["touches"].schema.field("date").type
    names = ["touch_id", "date", "stage", "code", "source", "is_resolved", "coder", "_row"]
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    rows = pa.Table.from_pylist(added, schema=schema).append_column("_source", pa.array([CODES_FILE] * len(added)))
    return rows if objections is None else pa.concat_tables([objections, rows], promote_options="permissive")


def append_codes(folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Append confirmed codes to an engagement's `codes.csv`: all of them or, if anything fails, none.

    Parameters
    ----------
    folder : Path
        The engagement folder.
    rows : iterable of mapping
        One per code: column = text; columns that are not given stay empty.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the file can't be written, or lacks one of the columns.
    """
    path = folder / CODES_FILE
    part = path.with_suffix(".csv.part")
    try:
        with _alone(path.with_suffix(".csv.lock")):
            is_new = not path.is_file() or not path.read_bytes().strip()
            before = _NEW.encode() if is_new else path.read_bytes()
            end = b"" if before.endswith(b"\n") else b"\r\n"
            part.write_bytes(before + end + _write_rows(before, rows).encode())
            os.replace(part, path)  # noqa: PTH105
    except OSError as error:
        part.unlink(missing_ok=True)
        what = f"can't be written ({error.strerror})"
        raise DataError(Problem(place=CODES_FILE, what=what, fix="Close it in Excel, and try again")) from None
    return path


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one write at a time: two people who code at once must not lose each other's rows."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            lock.open("xb" if time.monotonic() < until else "wb").close()
            break
        except FileExistsError:
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _write_rows(before: bytes, rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows under the headings that the file has."""
    first = before.splitlines()[0].decode("utf-8-sig")
    delimiter = next((sign for sign in _DELIMITERS if sign in first), ";")
    headings = [heading.strip().strip('"') for heading in first.split(delimiter)]
    text = io.StringIO()
    try:
        csv.DictWriter(text, headings, delimiter=delimiter, restval="", lineterminator="\r\n").writerows(rows)
    except ValueError:
        fix = f"Its first line should be {delimiter.join(COLUMNS)}"
        raise DataError(Problem(place=CODES_FILE, what="lacks a column", fix=fix)) from None
    return text.getvalue()


def _describe_touches(touches: pa.Table | None, wanted: pa.ChunkedArray) -> dict[str, dict[str, Any]]:
    """Give date and stage of the touches that were coded."""
    if touches is None:
        return {}
    rows = touches.filter(pc.is_in(touches["touch_id"], wanted.combine_chunks()))
    names = [name for name in ("date", "stage") if name in rows.column_names]
    return {
        row["touch_id"]: {name: row[name] for name in names} for row in rows.select(["touch_id", *names]).to_pylist()
    }
