"""Reading a Parquet file, or a table or view of a database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from gtmlib.data.engagement import Source
from gtmlib.data.raw import RawTable, cells_to_array, make_table, missing_error, read_error
from gtmlib.errors import DataError


def _numbered(name: str, source: Source, place: str, table: pa.Table) -> RawTable:
    rows = list(range(1, table.num_rows + 1))
    totals_row = rows.pop() if source.has_totals_row and rows else None
    named = make_table(place, 1, table.column_names, rows, table.columns)
    return RawTable(name=name, file=place, table=named, totals_row=totals_row)


def read_parquet(name: str, source: Source, path: Path) -> RawTable:
    """Read a Parquet file.

    Parameters
    ----------
    name : str
        Of the source, in the contract.
    source : Source
        With its file.
    path : Path
        Where the file lies.

    Raises
    ------
    DataError
        If it is damaged.
    """
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            return _numbered(name, source, str(source.file), file.read())
    except (pa.ArrowException, OSError):
        raise read_error(str(source.file), "is a damaged Parquet file", "Export it again") from None


def read_sqlite(name: str, source: Source, path: Path) -> RawTable:
    """Read a relation of a SQLite file, which stays as it is.

    Parameters
    ----------
    name : str
        Of the source, in the contract.
    source : Source
        With its database and relation.
    path : Path
        Where the file lies.

    Raises
    ------
    DataError
        If the file can't be read, or the relation is not there.
    """
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


def read_database(name: str, source: Source, path: Path | None) -> RawTable:
    """Read a relation (`table` or `schema.table`) of a DuckDB file, or else of a database behind an address.

    The address stands in the variable that `source.database` names.

    Parameters
    ----------
    name : str
        Of the source, in the contract.
    source : Source
        With its database and relation.
    path : Path or None
        Where the DuckDB file lies; None for an address.

    Raises
    ------
    DataError
        If the variable, the database or the relation is not there; never with a word of the address.
    """
    import ibis
    from ibis.common.exceptions import TableNotFound

    place, relation = str(source.database), str(source.relation)
    schema, _, title = relation.rpartition(".")
    address = os.environ.get(place[1:], "")
    if not path and not address:
        raise read_error(place, "is not set", f"Set it: export {place[1:]}=postgres://user:password@host/database")
    try:
        # A view of a file must not read other files.
        duckdb_options = {"read_only": True, "enable_external_access": False}
        con = ibis.duckdb.connect(path, **duckdb_options) if path else ibis.connect(address)
        try:
            table = con.table(title, database=schema or None).to_pyarrow()
        except TableNotFound:
            known = con.list_tables(database=schema or None)
            raise missing_error(place, f"has no table or view '{relation}'", title, known) from None
        finally:
            con.disconnect()
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001  drivers raise what they like, and their words may hold the password
        fix = "Check the address, the network and the rights to read; a file is read without views on files"
        raise read_error(place, f"can't be read ({type(error).__name__})", fix) from None
    return _numbered(name, source, f"{place} [{relation}]", table)
