"""The errors a consultant reads: what is wrong with which value, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHOWN = 5  # of N places or values that share one problem, how many a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, with every place where it is.

    Parameters
    ----------
    place : str
        File, or contract line and key: what the reader opens to mend it.
    what : str
        What is wrong, without the places and values.
    fix : str
        What to do about it, as an imperative sentence.
    column : str
        Heading as in the file; empty where the problem is not of one column.
    rows : tuple of int
        Row numbers as in the file (its first line is 1), in order.
    values : tuple of str
        The offending values, in the order of the rows or without rows.
    """

    place: str
    what: str
    fix: str
    column: str = ""
    rows: tuple[int, ...] = ()
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: " + (f"column '{self.column}' " if self.column else "")
        found = [f"{'row' if len(self.rows) == 1 else 'rows'} {list_first(map(str, self.rows))}"] if self.rows else []
        if self.values:
            found.append("found " + list_first(f"'{value}'" for value in dict.fromkeys(self.values)))
        return f"{where}{self.what}" + (f" ({'; '.join(found)})" if found else "") + f". {self.fix}"


def list_first(items: Iterable[str]) -> str:
    """List the first five of N, and how many more there are.

    Parameters
    ----------
    items : iterable of str
        All N.

    Examples
    --------
    >>> list_first("abcdefg")
    'a, b, c, d, e and 2 more'
    """
    listed = list(items)
    rest = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")


class GtmError(Exception):
    """An error with a message for the consultant.

    Parameters
    ----------
    *problems : Problem or str
        What is wrong; a line of the message each. Kept as `problems`.

    Attributes
    ----------
    exit_code : int
        What the command line returns.
    """

    exit_code = 1

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    def _render_traceback_(self) -> list[str]:  # IPython's hook: the message, not forty lines of stack
        return [f"{type(self).__name__}: {self}"]


class ContractError(GtmError):
    """The engagement contract can't be used as it stands."""


class DataError(GtmError):
    """An export can't be read, or does not say what the contract needs."""


class ParameterError(GtmError, ValueError):
    """A parameter of a run or of a function is unknown, ill-typed or out of range."""

    exit_code = 2


class RunError(GtmError):
    """A chapter failed; the author's copy holds the traceback."""

    exit_code = 3


class UnansweredError(GtmError):
    """What a page can't answer, as a message of the catalogs: it is shown in the reader's language.

    Parameters
    ----------
    key : str
        The message, without what all of its kind begin with.
    **args
        What the message needs; kept as `args_said`.
    """

    def __init__(self, key: str, **args: Any) -> None:
        super().__init__(f"{key}: {args}" if args else key)
        self.key, self.args_said = key, args
