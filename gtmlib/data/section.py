"""What all sections of the contract share: strict types, short names, and the nearest name to one that is unknown."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gtmlib.errors import ParameterError

ShortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Section(BaseModel):
    """A table of the contract: strict types, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def require_known(what: str, name: str, known: Collection[str]) -> str:
    """Give back a name that is among the known ones; refuse another, naming the nearest.

    Parameters
    ----------
    what : str
        What the message calls the thing named.
    name : str
        The name to look for.
    known : collection of str
        Names that are allowed.

    Raises
    ------
    ParameterError
        With the nearest known name, else all of them.
    """
    if name not in known:
        raise ParameterError(f"unknown {what} '{name}': {nearest(name, known)}")
    return name


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, else which there are.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        Names that there are.

    Examples
    --------
    >>> nearest("colums", ["columns", "values"])
    "did you mean 'columns'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"it can be {', '.join(sorted(known))}"
