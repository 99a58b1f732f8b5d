"""Whether people who code the same things mean the same by their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array

Scale = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement beyond chance.

    Parameters
    ----------
    coefficient : float
        1 is perfect, 0 is chance.
    observed, expected : float
        Agreement seen and agreement by chance, in [0, 1]; of Krippendorff's alpha: disagreement.
    n_units : int
        Units that at least two coders coded.
    """

    coefficient: float
    observed: float
    expected: float
    n_units: int


def cohen_kappa(table: Sequence[Sequence[int]]) -> Agreement:
    """Return Cohen's kappa of two coders.

    Parameters
    ----------
    table : square sequence of sequence of int
        Units by code of the first coder (row) and of the second (column).

    Raises
    ------
    ParameterError
        If the table is not square, has no unit, or both coders gave one and the same code throughout.

    References
    ----------
    Cohen (1960), Educ. Psychol. Meas. 20, 37-46.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]).coefficient, 3)
    0.4
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.sum() > 0 or (counts < 0).any():
        raise ParameterError("table must be square, with one row and one column per code, and hold at least one unit.")
    shares = counts / counts.sum()
    observed, expected = float(np.trace(shares)), float(shares.sum(axis=1) @ shares.sum(axis=0))
    return _beyond_chance(observed, expected, int(counts.sum()))


def gwet_ac1(codes: Sequence[Sequence[float | None]]) -> Agreement:
    """Return Gwet's AC1 of any number of coders, missing codes allowed.

    Parameters
    ----------
    codes : sequence of coders, each a sequence of codes by unit
        None where a coder did not code the unit.

    Raises
    ------
    ParameterError
        If no unit has two codes, or there is one code only.

    References
    ----------
    Gwet (2008), Br. J. Math. Stat. Psychol. 61, 29-48.

    Examples
    --------
    >>> round(gwet_ac1([[1, 1, 2, 2], [1, 1, 2, 1]]).coefficient, 3)
    0.529
    """
    counts, values = _count_codes(codes)
    coders = counts.sum(axis=1)
    paired = coders >= 2
    agreeing = (counts[paired] * (counts[paired] - 1)).sum(axis=1) / (coders[paired] * (coders[paired] - 1))
    prevalence = (counts[coders > 0] / coders[coders > 0, None]).mean(axis=0)
    if len(values) < 2:
        raise ParameterError("all units have one and the same code, so agreement can't be told from chance.")
    expected = float((prevalence * (1 - prevalence)).sum() / (len(values) - 1))
    return _beyond_chance(float(agreeing.mean()), expected, int(paired.sum()))


def krippendorff_alpha(codes: Sequence[Sequence[float | None]], *, scale: Scale = "nominal") -> Agreement:
    """Return Krippendorff's alpha of any number of coders, missing codes allowed.

    Parameters
    ----------
    codes : sequence of coders, each a sequence of codes by unit
        None where a coder did not code the unit.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}
        What distances between codes mean.

    Raises
    ------
    ParameterError
        If no unit has two codes, there is one code only, or the scale is not known.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of Pennsylvania.

    Examples
    --------
    >>> round(krippendorff_alpha([[1, 1, 2, 2], [1, 1, 2, 1]]).coefficient, 3)
    0.533
    """
    counts, values = _count_codes(codes)
    paired = counts[counts.sum(axis=1) >= 2]
    coders = paired.sum(axis=1, keepdims=True)
    coincidences = (paired / (coders - 1)).T @ paired - np.diag((paired / (coders - 1)).sum(axis=0))
    totals = coincidences.sum(axis=0)
    n = totals.sum()
    distances = _distances(values, totals, scale)
    observed = float((coincidences * distances).sum() / n)
    expected = float((np.outer(totals, totals) * distances).sum() / (n * (n - 1)))
    if expected == 0:
        raise ParameterError("all units have one and the same code, so agreement can't be told from chance.")
    return Agreement(coefficient=1 - observed / expected, observed=observed, expected=expected, n_units=len(paired))


def _count_codes(codes: Sequence[Sequence[float | None]]) -> tuple[Array, Array]:
    """Return how many coders gave each unit each code, and the codes in order."""
    if len({len(coder) for coder in codes}) != 1:
        raise ParameterError("every coder needs one code or None per unit, in the same order.")
    units = list(zip(*codes, strict=True))
    values = sorted({code for unit in units for code in unit if code is not None})
    counts = np.array([[unit.count(value) for value in values] for unit in units], dtype=float)
    if not values or counts.sum(axis=1).max() < 2:
        raise ParameterError("no unit was coded by two coders. Let a second person code some of the same notes.")
    return counts, np.array(values, dtype=float)


def _distances(values: Array, totals: Array, scale: Scale) -> Array:
    first, second = values[:, None], values[None, :]
    if scale == "nominal":
        differ: Array = (first != second).astype(float)
        return differ
    if scale == "interval":
        return np.square(first - second)
    if scale == "ratio":
        both = first + second
        ratio: Array = np.divide(first - second, both, out=np.zeros(both.shape), where=both != 0)
        return ratio * ratio
    if scale == "ordinal":
        below = np.cumsum(totals) - totals / 2  # the rank of a code among all that were given
        return np.square(below[:, None] - below[None, :])
    raise ParameterError(f"scale is '{scale}'. Write 'nominal', 'ordinal', 'interval' or 'ratio'.")


def _beyond_chance(observed: float, expected: float, n_units: int) -> Agreement:
    if expected >= 1:
        raise ParameterError("all units have one and the same code, so agreement can't be told from chance.")
    coefficient = (observed - expected) / (1 - expected)
    return Agreement(coefficient=coefficient, observed=observed, expected=expected, n_units=n_units)
