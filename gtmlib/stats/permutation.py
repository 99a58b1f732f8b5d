"""Two groups of few units compared by shuffling who is in which: nothing is assumed but that it might have been so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import Array
from gtmlib.stats.requirements import require_level

MOST_ENUMERATED = 20_000  # ways to choose the group; beyond it a sample of them is drawn
N_DRAWN = 9_999  # the seen one is added: 10,000
FEWEST_UNITS = 4  # in a group: three against three can never be significant at 5 %


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitComparison:
    """The mean of some units against that of others.

    Parameters
    ----------
    mean, control_mean, difference : float
        Of the units' values; the difference is group less control.
    ci_low, ci_high : float
        Shifts that the permutation test does not reject.
    pvalue : float
        Two-sided, of no difference.
    n_units, n_control_units : int
        Units in each group.
    is_exact : bool
        Whether all ways to choose the group were looked at.
    confidence_level : float
        In (0, 1).
    """

    mean: float
    control_mean: float
    difference: float
    ci_low: float
    ci_high: float
    pvalue: float
    n_units: int
    n_control_units: int
    is_exact: bool
    confidence_level: float


def compare_units(
    values: ArrayLike, control_values: ArrayLike, *, rng: np.random.Generator, confidence_level: float = 0.95
) -> UnitComparison:
    """Compare the means of two groups of units by permutation; the interval is that of the same test.

    Parameters
    ----------
    values, control_values : array_like
        Shape (n_units,), one number per unit, such as a rep's rate; four or more in each group.
    rng : Generator
        Used only where there are too many ways to look at all.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a group has fewer than four units.

    References
    ----------
    Pitman (1937), J. R. Stat. Soc. Suppl. 4, 119-130; interval by inversion: Garthwaite (1996), Biometrics 52,
    1387-1393. Gail et al. (1996), Stat. Med. 15, 1069-1092: where people, not contacts, are what differs, people are
    shuffled.

    Examples
    --------
    >>> seniors, juniors = [0.20, 0.22, 0.18, 0.24], [0.10, 0.14, 0.12, 0.16]
    >>> compared = compare_units(seniors, juniors, rng=np.random.default_rng(1))
    >>> round(compared.difference, 2), round(compared.pvalue, 3), compared.is_exact
    (0.08, 0.029, True)
    """
    level = require_level(confidence_level)
    group, control = read_numbers("values", values), read_numbers("control_values", control_values)
    n, n_0 = group.size, control.size
    if min(n, n_0) < FEWEST_UNITS:
        raise ParameterError(
            f"There are {n} and {n_0} units: each group needs {FEWEST_UNITS}, else nothing can be told."
        )
    pooled = np.concatenate([group, control])
    chosen, is_exact = _choose(n, n + n_0, rng)
    difference = float(group.mean() - control.mean())
    shuffled = _difference(pooled, chosen)
    # How many of the units that are really in the group a shuffle put there: its share of a shift of them.
    share = _difference(np.concatenate([np.ones(n), np.zeros(n_0)]), chosen)
    tolerance = 1e-12 * (1.0 + float(np.abs(pooled).max()))
    pvalue = float((np.abs(shuffled) >= abs(difference) - tolerance).mean())
    low, high = _invert(shuffled, share, difference, 1 - level)
    return UnitComparison(
        mean=float(group.mean()),
        control_mean=float(control.mean()),
        difference=difference,
        ci_low=low,
        ci_high=high,
        pvalue=pvalue,
        n_units=n,
        n_control_units=n_0,
        is_exact=is_exact,
        confidence_level=level,
    )


def _choose(n: int, total: int, rng: np.random.Generator) -> tuple[Array, bool]:
    """Give who is in the group, a row per way; the first row is the seen one."""
    if math.comb(total, n) <= MOST_ENUMERATED:
        places, is_exact = np.array(list(combinations(range(total), n))), True
    else:
        drawn = rng.permuted(np.tile(np.arange(total), (N_DRAWN, 1)), axis=1)[:, :n]
        places, is_exact = np.concatenate([[np.arange(n)], drawn]), False
    chosen = np.zeros((len(places), total))
    np.put_along_axis(chosen, places, 1.0, axis=1)
    return chosen, is_exact


def _difference(values: Numbers, chosen: Array) -> Array:
    n = chosen.sum(axis=1)
    inside = chosen @ values
    found: Array = inside / n - (values.sum() - inside) / (values.size - n)
    return found


def _invert(shuffled: Array, share: Array, difference: float, alpha: float) -> tuple[float, float]:
    """Give the shifts at which just more than alpha of the shuffles are as far from zero as what was seen.

    Taken off the group's units, a shift d leaves the seen difference D - d and a shuffled one S - s d: the shuffle is
    as extreme for the d between the two at which both are equally far from zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.array([(difference - shuffled) / (1 - share), (difference + shuffled) / (1 + share)])
    is_same = np.abs(share) > 1 - 1e-9  # the seen way and its mirror are always as extreme
    low = np.where(is_same, -np.inf, np.minimum(*ends))
    high = np.where(is_same, np.inf, np.maximum(*ends))
    place = math.floor(alpha * len(shuffled) + 1e-9)
    return float(np.sort(low)[place]), float(np.sort(high)[::-1][place])
