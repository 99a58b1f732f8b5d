"""What the functions of this floor require of their numbers, said the same way everywhere."""

from __future__ import annotations

import math

from gtmlib.errors import ParameterError


def require_level(level: float, name: str = "confidence_level") -> float:
    """Return a share strictly between 0 and 1, or raise ParameterError.

    Parameters
    ----------
    level : float
        A confidence level, an alpha or a power; in (0, 1).
    name : str
        What the message calls it.

    Raises
    ------
    ParameterError
        If it is not in (0, 1).

    Examples
    --------
    >>> require_level(0.95)
    0.95
    """
    if not 0 < level < 1:
        raise ParameterError(f"{name} is {level}, not between 0 and 1. Write 95 % as 0.95.")
    return float(level)


def require_positive(value: float, name: str) -> float:
    """Return a finite number above 0, or raise ParameterError.

    Parameters
    ----------
    value : float
        In any unit.
    name : str
        What the message calls it.

    Raises
    ------
    ParameterError
        If it is not finite, or not above 0.

    Examples
    --------
    >>> require_positive(2, "design_effect")
    2.0
    """
    if not (math.isfinite(value) and value > 0):
        raise ParameterError(f"{name} is {value}. Give a finite number above 0.")
    return float(value)


def require_counts(n_successes: int, n_trials: int, name: str = "trials") -> tuple[int, int]:
    """Return successes and trials as whole numbers, or raise ParameterError.

    Parameters
    ----------
    n_successes, n_trials : int
        Counts; a float or a numpy number that is whole will do.
    name : str
        What the message calls the trials.

    Raises
    ------
    ParameterError
        Unless 0 <= n_successes <= n_trials, n_trials >= 1, and both are whole.

    Examples
    --------
    >>> require_counts(3.0, 10)
    (3, 10)
    """
    for value in (n_successes, n_trials):
        if not (math.isfinite(value) and int(value) == value):
            raise ParameterError(f"{name}: {value} is not a count. Give whole numbers.")
    if n_trials < 1:
        raise ParameterError(f"{name}: there are {n_trials:g}, so there is no rate. Leave the group out.")
    if not 0 <= n_successes <= n_trials:
        raise ParameterError(f"{name}: {n_successes:g} successes of {n_trials:g}. Give successes from 0 to the trials.")
    return int(n_successes), int(n_trials)
