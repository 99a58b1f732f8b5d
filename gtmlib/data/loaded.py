"""Canonical tables on their engine, and the account of what became of every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gtmlib.data.engagement import Engagement
from gtmlib.data.select import Unmatched


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source.

    Parameters
    ----------
    name, file, sha256 : str
        Source in the contract, its file, and the file's hash.
    n_read, n_used : int
        Rows in the file, and rows left after the exclusions.
    excluded : dict
        Reason of an exclude rule = rows it left out; a row counts for the first rule that meets it.
    repaired_rows : tuple of int
        Rows whose surplus fields were put back.
    totals_row : int, optional
        The row of sums that was set aside.
    preset : str, optional
        The CRM whose headings were used.
    mapped : dict
        Canonical column = heading in the file.
    missing, unsupported : tuple of str
        Canonical columns that the file has not, and those of them that this CRM has no heading for: not worth asking.
    headings, ignored : tuple of str
        Headings of the file, and those of them that nothing uses.
    remarks : tuple of str
        What decided a date order or a heading, for the consultant.
    """

    name: str
    file: str
    sha256: str
    n_read: int
    n_used: int
    excluded: dict[str, int]
    repaired_rows: tuple[int, ...] = ()
    totals_row: int | None = None
    preset: str | None = None
    mapped: dict[str, str]
    missing: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What a canonical table holds.

    Parameters
    ----------
    name : str
        The table.
    n_rows, n_repeated : int
        Rows, and identical rows of the same key that were used once.
    filled : dict
        Column = rows that have a value; columns that no source gives are not in it.
    unmatched : dict
        Column = rows whose value is no key of the table it points to.
    """

    name: str
    n_rows: int
    n_repeated: int
    filled: dict[str, int]
    unmatched: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What was read, used, left out and unmatched.

    Parameters
    ----------
    sources : tuple of SourceReport
        One per source of the contract.
    tables : tuple of TableReport
        One per canonical table.
    joins : tuple of Unmatched
        Of the joins in the contract's SELECTs.
    codes : SourceReport, optional
        Of the engagement's own `codes.csv`.
    """

    sources: tuple[SourceReport, ...]
    tables: tuple[TableReport, ...]
    joins: tuple[Unmatched, ...] = ()
    codes: SourceReport | None = None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)  # itself alone: a reduction is made once of it
class Loaded:
    """An engagement with its canonical tables as Ibis tables on its own engine.

    Parameters
    ----------
    engagement : Engagement
        Folder and contract.
    engine : ibis backend
        The engagement's own; it holds the tables.
    tables : dict
        Canonical name = ibis Table, its columns canonical.
    report : LoadReport
        What became of the client's files and rows.
    """

    engagement: Engagement
    engine: Any
    tables: dict[str, Any]
    report: LoadReport

    def n_rows(self, table: str) -> int:
        """Count the rows of a canonical table; 0 where there is none.

        Parameters
        ----------
        table : str
            Canonical name.
        """
        return next((found.n_rows for found in self.report.tables if found.name == table), 0)

    def missing(self, **needed: tuple[str, ...]) -> tuple[str, ...]:
        """List the tables and columns (`table.column`) among the needed ones that no row fills.

        Parameters
        ----------
        **needed : tuple of str
            Columns per canonical table; an empty tuple asks for the table alone.
        """
        filled = {table.name: table.filled for table in self.report.tables if table.n_rows}
        lacking: list[str] = []
        for table, columns in needed.items():
            absent = [f"{table}.{column}" for column in columns if not filled.get(table, {}).get(column)]
            lacking += absent if table in filled else [table]
        return tuple(lacking)
