"""Whether people who code the same things mean the same by their codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
N_DRAWS = 1000  # of a bootstrap: the ends of a 95 % interval then move by about .01 from seed to seed


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaEstimate:
    """Krippendorff's alpha with an interval over units.

    Parameters
    ----------
    alpha : float
        1 is perfect, 0 is chance.
    ci_low, ci_high : float
        Percentiles of alpha over resampled units; where nobody disagreed, what so many units can rule out.
    n_units : int
        Units that at least two coders coded.
    confidence_level : float
        Coverage, in (0, 1).
    """

    alpha: float
    ci_low: float
    ci_high: float
    n_units: int
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two codes that coders gave to the same units instead of each other.

    Parameters
    ----------
    first, second : str
        The codes in alphabetical order; `second` is empty where the other coder gave none instead.
    n : int
        Pairs of coders and units with it.
    """

    first: str
    second: str
    n: int


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


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> Agreement:
    """Return Fleiss' kappa of several coders, as many on each unit.

    Parameters
    ----------
    counts : sequence of units, each a sequence of int by code
        How many coders gave the unit the code.

    Raises
    ------
    ParameterError
        If units were coded by different numbers of people or by one, or there is one code throughout.

    References
    ----------
    Fleiss (1971), Psychol. Bull. 76, 378-382.

    Examples
    --------
    >>> round(fleiss_kappa([[3, 0], [0, 3], [2, 1], [3, 0]]).coefficient, 3)
    0.625
    """
    given = np.asarray(counts, dtype=float)
    coders = given.sum(axis=1) if given.ndim == 2 else np.zeros(1)
    if (coders != coders[:1]).any() or coders[0] < 2 or (given < 0).any():
        raise ParameterError("every unit needs the codes of the same number of coders, two or more.")
    agreeing = (given * (given - 1)).sum(axis=1) / (coders * (coders - 1))
    shares = given.sum(axis=0) / given.sum()
    return _beyond_chance(float(agreeing.mean()), float(shares @ shares), len(given))


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
    per_unit = _coincidences(counts)
    observed, expected = _disagreement(per_unit.sum(axis=0), values, scale)
    if expected == 0:
        raise ParameterError("all units have one and the same code, so agreement can't be told from chance.")
    return Agreement(coefficient=1 - observed / expected, observed=observed, expected=expected, n_units=len(per_unit))


def estimate_alpha(
    codes: Sequence[Sequence[float | None]],
    *,
    rng: np.random.Generator,
    scale: Scale = "nominal",
    n_draws: int = N_DRAWS,
    confidence_level: float = 0.95,
) -> AlphaEstimate:
    """Estimate Krippendorff's alpha with a bootstrap interval over units.

    Parameters
    ----------
    codes : sequence of coders, each a sequence of codes by unit
        None where a coder did not code the unit.
    rng : Generator
        Draws the units; the same state gives the same interval.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}
        What distances between codes mean.
    n_draws : int
        Resamples. Those in which one code is left say nothing of agreement, and are passed over.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If no unit has two codes, there is one code only, or the scale is not known.

    References
    ----------
    Zapf, Castell, Morawietz & Karch (2016), BMC Med. Res. Methodol. 16, 93: units are resampled, not coders.
    Clopper & Pearson (1934), Biometrika 26, 404-413: the limit where no coders disagreed.

    Examples
    --------
    >>> found = estimate_alpha([[1, 1, 2, 2] * 10, [1, 1, 2, 1] * 10], rng=np.random.default_rng(1))
    >>> round(found.alpha, 2), found.ci_low < found.alpha < found.ci_high
    (0.47, True)
    """
    whole = krippendorff_alpha(codes, scale=scale)
    counts, values = _count_codes(codes)
    per_unit = _coincidences(counts)
    n, size = len(per_unit), len(values)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_draws) @ per_unit.reshape(n, size * size)
    pairs = (_disagreement(table.reshape(size, size), values, scale) for table in drawn)
    alphas = [1 - observed / expected for observed, expected in pairs if expected > 0]
    ends = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    low, high = np.quantile([*alphas, whole.coefficient], ends).tolist()
    if whole.observed == 0:  # resampling sees no disagreement where there was none: take the exact limit of 0 of n
        most = float(_distances(values, per_unit.sum(axis=(0, 1)), scale).max())
        low = 1 - most * (1 - ends[0] ** (1 / n)) / whole.expected
    return AlphaEstimate(
        alpha=whole.coefficient,
        ci_low=min(low, whole.coefficient),
        ci_high=max(high, whole.coefficient),
        n_units=n,
        confidence_level=confidence_level,
    )


def count_disagreements(units: Iterable[Sequence[frozenset[str]]]) -> tuple[Disagreement, ...]:
    """Count which codes coders gave instead of each other, most frequent first.

    Parameters
    ----------
    units : iterable of sequence of frozenset
        Per unit, the set of codes that each of its coders gave.

    Examples
    --------
    >>> one, other = frozenset({"value"}), frozenset({"trust"})
    >>> count_disagreements([(one, other), (other, other)])
    (Disagreement(first='trust', second='value', n=1),)
    """
    counts: Counter[tuple[str, str]] = Counter()
    for unit in units:
        for one, other in combinations(unit, 2):
            for pair in product(one - other or {""}, other - one or {""}):
                counts[max(pair) if "" in pair else min(pair), "" if "" in pair else max(pair)] += 1
    del counts["", ""]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Disagreement(first=first, second=second, n=n) for (first, second), n in ordered)


def _coincidences(counts: Array) -> Array:
    """Give the coincidences of values in each unit that two coders coded: units x values x values."""
    paired = counts[counts.sum(axis=1) >= 2]
    pairs = paired[:, :, None] * paired[:, None, :] - paired[:, :, None] * np.eye(paired.shape[1])
    coincidences: Array = pairs / (paired.sum(axis=1) - 1)[:, None, None]
    return coincidences


def _disagreement(coincidences: Array, values: Array, scale: Scale) -> tuple[float, float]:
    """Give the disagreement seen, and the one by chance."""
    totals = coincidences.sum(axis=0)
    n = totals.sum()
    distances = _distances(values, totals, scale)
    observed = float((coincidences * distances).sum() / n)
    return observed, float((np.outer(totals, totals) * distances).sum() / (n * (n - 1)))


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
