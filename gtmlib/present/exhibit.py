"""What a presenter gives: an exhibit in one language, as plain text, a figure spec and a table of raw numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from gtmlib.analyses.findings import Verdict

CellKind = Literal[
    "text", "count", "money", "money_exact", "percent", "percent_whole", "percent_points", "number", "tenths", "pvalue",
    "month", "date",
]  # fmt: skip
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of a table.

    Parameters
    ----------
    label : str
        Its heading in the reader's language.
    kind : CellKind
        How its raw cells are written.
    """

    label: str
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Raw numbers with headings.

    Parameters
    ----------
    columns : tuple of TableColumn
        Headings and kinds; the first column names the row.
    rows : tuple of tuple
        Raw cells; None where nothing is known.
    has_total_row : bool
        Whether the last row is a total.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total_row: bool = False


def columns(say: Callable[[str], str], words: str) -> tuple[TableColumn, ...]:
    """Name a table's columns.

    Parameters
    ----------
    say : callable
        Gives the text of a catalog key, as `Language.say` does.
    words : str
        Like `column.name column.rate:percent`: catalog keys, each with its kind where it is not text.
    """
    pairs = [word.partition(":") for word in words.split()]
    return tuple(TableColumn(label=say(key), kind=kind or "text") for key, _, kind in pairs)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A number for the first page.

    Parameters
    ----------
    label : str
        What it is.
    value : str
        Formatted, with its unit.
    detail : str
        Its n and interval in words.
    """

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One idea: what was found, what it means, the picture and the numbers behind it. All texts are plain.

    Parameters
    ----------
    id : str
        Stable and unique in a report, fit for an HTML id: `profitability-waterfall`.
    title : str
        The finding as a sentence.
    sentences : tuple of str
        What it means, a paragraph each.
    figure : plotly Figure, optional
        Drawn from reduced numbers only.
    alt : str
        Alternative text of the figure: what it shows, in words and numbers.
    table : Table, optional
        The numbers; under "show the numbers" where there is a figure.
    notes : tuple of str
        Method, exclusions and cautions, small below.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}, optional
        Shown as a badge.
    evidence : str
        Beside the badge: n and interval in words.
    headline : str
        Where not empty, the heading of its chapter.
    kpis : tuple of Kpi
        Numbers this exhibit puts on the first page.
    """

    id: str
    title: str
    sentences: tuple[str, ...] = ()
    figure: Any = None
    alt: str = ""
    table: Table | None = None
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    evidence: str = ""
    headline: str = ""
    kpis: tuple[Kpi, ...] = ()
