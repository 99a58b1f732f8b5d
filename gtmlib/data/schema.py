"""The canonical tables, as `schema.toml` lists them: what every export becomes, and what every analysis reads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["id", "text", "date", "money", "number", "count", "rate", "flag", "choice"]


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column.

    Parameters
    ----------
    kind : Kind
        What its values are.
    is_required : bool
        Whether a row is nothing without it.
    choices : tuple of str
        Allowed values, for a choice.
    """

    kind: Kind
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table.

    Parameters
    ----------
    columns : dict
        Name = Column.
    key : tuple of str
        Columns that together name a row; none where rows have no name.
    """

    columns: dict[str, Column]
    key: tuple[str, ...] = ()


def _read_tables() -> dict[str, Table]:
    listed = tomllib.loads(Path(__file__).with_name("schema.toml").read_text("utf-8"))
    return {name: Table(_read_columns(table), tuple(table.get("key", ()))) for name, table in listed.items()}


def _read_columns(table: dict[str, Any]) -> dict[str, Column]:
    columns = {}
    for word in table["columns"].split():
        name, kind = word.rstrip("!").split(":")
        if kind not in get_args(Kind):
            raise TypeError(f"schema.toml: column '{name}' has the unknown kind '{kind}'")
        columns[name] = Column(kind, word.endswith("!"), tuple(table.get("choices", {}).get(name, ())))
    return columns


TABLES = _read_tables()
OURS = ("codes",)  # filled by the consultant's codes.csv, never by a source: no client is asked for it

# Which column points to which table's key: unmatched values are counted, never dropped.
REFERENCES = tuple(
    (name, column, target)
    for name, table in TABLES.items()
    for target, column in (
        ("customers", "customer_id"),
        ("deals", "deal_id"),
        ("reps", "rep_id"),
        ("touches", "touch_id"),
        ("interviews", "interview_id"),
    )
    if name != target and column in table.columns
)
