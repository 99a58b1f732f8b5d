"""Reading a Parquet file, or a table or view of a database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, cells_to_array, missing_error, number_rows, read_error
from gtmlib.errors import DataError


def read_parquet(name: str, source: Source, path: Path) -> RawTable:
    """Read a Parquet file; raise DataError if it is damaged."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            return number_rows(name, source, str(source.file), file.read())
    except (pa.ArrowException, OSError):
        raise read_error(str(source.file), "is a damaged Parquet file", "Export it again") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _require_relation(source: Source, known: Iterable[str]) -> str:
    relation, names = str(source.relation), list(known)
    if relation not in names:
        raise missing_error(str(source.database), f"has no table or view '{relation}'", relation, names)
    return relation


def read_sqlite(name: str, source: Source, path: Path) -> RawTable:
    """Read a relation of a SQLite file, which stays as it is; raise DataError if that fails."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as con:
            names = con.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
            relation = _require_relation(source, (row[0] for row in names))
            cursor = con.execute(f"SELECT * FROM {_quoted(relation)}")  # noqa: S608  a name that is there, quoted
            headings = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
    except sqlite3.Error as error:
        raise read_error(str(source.database), f"can't be read ({error})", "Export the database again") from None
    columns = list(zip(*rows, strict=True)) or [() for _ in headings]
    table = pa.table([cells_to_array(cells, source.decimal) for cells in columns], headings)
    return number_rows(name, source, f"{source.database} [{relation}]", table)


def read_duckdb(name: str, source: Source, path: Path) -> RawTable:
    """Read a relation of a DuckDB file, which stays as it is; raise DataError if that fails."""
    import duckdb

    closed: dict[str, Any] = {"enable_external_access": "false"}  # a view must not read other files
    try:
        with duckdb.connect(str(path), read_only=True, config=closed) as con:
            names = con.execute("SELECT table_name FROM information_schema.tables").fetchall()
            relation = _require_relation(source, (row[0] for row in names))
            table = con.execute(f"SELECT * FROM {_quoted(relation)}").to_arrow_table()  # noqa: S608  as above
    except duckdb.Error as error:
        what = f"can't be read ({type(error).__name__})"
        raise read_error(str(source.database), what, "Export the database again, without views on files") from None
    return number_rows(name, source, f"{source.database} [{relation}]", table)


def read_address(name: str, source: Source) -> RawTable:
    """Read a relation of the database whose address is in the variable that `source.database` names.

    The relation may be written `schema.table`.

    Raises
    ------
    DataError
        If the variable, the database or the relation is not there; never with a word of the address.
    """
    import ibis
    from ibis.common.exceptions import TableNotFound

    place, relation = str(source.database), str(source.relation)
    schema, _, title = relation.rpartition(".")
    address = os.environ.get(place[1:])
    if not address:
        raise read_error(place, "is not set", f"Set it: export {place[1:]}=postgres://user:password@host/database")
    try:
        con = ibis.connect(address)
        try:
            relation = _require_relation(source, con.list_tables())
            table = con.table(relation).to_pyarrow()
        finally:
            con.disconnect()
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001  drivers raise what they like, and their words may hold the password
        fix = "Check the address, the network, and the rights to read"
        raise read_error(place, f"can't be read ({type(error).__name__})", fix) from None
    raw = number_rows(name, source, f"{place} [{relation}]", table)
    if not raw.n_rows:
        raise read_error(raw.file, "has no rows", "Check what the relation gives")
    return raw
