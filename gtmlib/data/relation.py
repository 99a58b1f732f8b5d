"""Reading a Parquet file, or a table or view of a database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, cells_to_array, make_table, missing_error, read_error


def _numbered(name: str, source: Source, place: str, table: pa.Table) -> RawTable:
    rows = list(range(1, table.num_rows + 1))
    totals_row = rows.pop() if source.has_totals_row and rows else None
    named = make_table(place, 1, table.column_names, rows, table.columns)
    return RawTable(name=name, file=place, table=named, totals_row=totals_row)


def read_parquet(name: str, source: Source, path: Path) -> RawTable:
    """Read a Parquet file; raise DataError if it is damaged."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            return _numbered(name, source, str(source.file), file.read())
    except (pa.ArrowException, OSError):
        raise read_error(str(source.file), "is a damaged Parquet file", "Export it again") from None


def read_sqlite(name: str, source: Source, path: Path) -> RawTable:
    """Read a relation of a SQLite file, which stays as it is; raise DataError if that fails."""
    place, relation = str(source.database), str(source.relation)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as con:
            known = [row[0] for row in con.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            if relation not in known:
                raise missing_error(place, f"has no table or view '{relation}'", relation, known)
            quoted = relation.replace('"', '""')
            cursor = con.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  a name that is there, quoted
            headings, rows = [column[0] for column in cursor.description], cursor.fetchall()
    except sqlite3.Error as error:
        raise read_error(place, f"can't be read ({error})", "Export the database again") from None
    columns = list(zip(*rows, strict=True)) or [() for _ in headings]
    cells = [cells_to_array(column, source.decimal) for column in columns]
    return _numbered(name, source, f"{place} [{relation}]", pa.Table.from_arrays(cells, headings))


def read_duckdb(name: str, source: Source, path: Path) -> RawTable:
    """Read a relation of a DuckDB file, which stays as it is; raise DataError if that fails."""
    import ibis

    # A view must not read other files.
    connect = ibis.duckdb.connect
    return _read_backend(name, source, lambda: connect(path, read_only=True, enable_external_access=False))


def read_address(name: str, source: Source) -> RawTable:
    """Read a relation of the database whose address is in the variable that `source.database` names.

    The relation may be written `schema.table`.

    Raises
    ------
    DataError
        If the variable, the database or the relation is not there; never with a word of the address.
    """
    import ibis

    variable = str(source.database)[1:]
    address = os.environ.get(variable)
    if not address:
        fix = f"Set it: export {variable}=postgres://user:password@host/database"
        raise read_error(f"${variable}", "is not set", fix)
    return _read_backend(name, source, lambda: ibis.connect(address))


def _read_backend(name: str, source: Source, connect: Callable[[], Any]) -> RawTable:
    from ibis.common.exceptions import TableNotFound

    place, relation = str(source.database), str(source.relation)
    schema, _, title = relation.rpartition(".")
    known: list[str] | None = None
    try:
        con = connect()
        try:
            table = con.table(title, database=schema or None).to_pyarrow()
        except TableNotFound:
            known = con.list_tables(database=schema or None)
        finally:
            con.disconnect()
    except Exception as error:  # noqa: BLE001  drivers raise what they like, and their words may hold the password
        fix = "Check the address, the network and the rights to read; a database file is read without views on files"
        raise read_error(place, f"can't be read ({type(error).__name__})", fix) from None
    if known is not None:
        raise missing_error(place, f"has no table or view '{relation}'", title, known)
    return _numbered(name, source, f"{place} [{relation}]", table)
