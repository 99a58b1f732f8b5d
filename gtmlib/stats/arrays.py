"""Reading the numbers that a statistic is given: one way to take arrays, one way to refuse them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gtmlib.errors import ParameterError

Numbers = NDArray[np.float64]


def read_numbers(
    name: str, values: ArrayLike, *, size: int | None = None, least: float | None = None, is_whole: bool = False
) -> Numbers:
    """Read a column of finite numbers, or refuse it naming the first value that is wrong.

    Parameters
    ----------
    name : str
        What messages call the column.
    values : array_like
        Shape (n,); a single number is a column of one.
    size : int, optional
        The n that other columns have.
    least : float, optional
        Smallest value allowed.
    is_whole : bool
        Whether only whole numbers make sense.

    Raises
    ------
    ParameterError
        If the shape or a value can't be used.

    Examples
    --------
    >>> read_numbers("n", [3, 4]).tolist()
    [3.0, 4.0]
    """
    try:
        found = np.atleast_1d(np.array(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"'{name}' holds what is no number: {error}.") from None
    if found.ndim != 1 or (size is not None and found.size != size):
        wanted = "one row" if size is None else f"{size} values, as the other columns have"
        raise ParameterError(f"'{name}' has the shape {found.shape}: give {wanted}.")
    _refuse(name, found, ~np.isfinite(found), "is not a finite number: leave such rows out, and count them")
    if least is not None:
        _refuse(name, found, found < least, f"is below {least:g}, the least that makes sense")
    if is_whole:
        _refuse(name, found, found != np.floor(found), "is not a whole number: give counts")
    return found


def _refuse(name: str, values: Numbers, is_wrong: NDArray[np.bool_], why: str) -> None:
    if is_wrong.any():
        place = int(np.argmax(is_wrong))
        raise ParameterError(f"'{name}' value {place + 1} of {values.size}, {values[place]:g}, {why}.")
