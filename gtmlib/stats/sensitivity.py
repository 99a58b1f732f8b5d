"""How far a contribution, and an order of contributions, hangs on assumptions about cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLeverage:
    """How much a contribution hangs on its cost being right.

    Parameters
    ----------
    cost, contribution : float
        In money.
    leverage : float or None
        Cost over contribution: 1 % more cost takes so many % of it; None where there is no contribution to take from.
    break_even_cost_error : float or None
        Share by which cost would have to be higher for the contribution to vanish (below 0: lower, for a loss to
        vanish); None without cost.
    """

    cost: float
    contribution: float
    leverage: float | None
    break_even_cost_error: float | None


def cost_leverage(cost: float, contribution: float) -> CostLeverage:
    """Say how wrong cost may be before a contribution changes its sign.

    Parameters
    ----------
    cost, contribution : float
        In money; cost as a positive number.

    Raises
    ------
    ParameterError
        If a number is not finite.

    Examples
    --------
    >>> cost_leverage(1_000.0, 13.0).break_even_cost_error  # 1.3 % more cost, and nothing is left
    0.013
    """
    read_numbers("cost and contribution", [cost, contribution])
    return CostLeverage(
        cost=cost,
        contribution=contribution,
        leverage=cost / contribution if contribution > 0 else None,
        break_even_cost_error=contribution / cost if cost > 0 else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RankStability:
    """Whether an order of groups outlives other assumptions.

    Parameters
    ----------
    n_groups, n_scenarios : int
        What was compared.
    n_moved : int
        Groups that change place in any scenario.
    is_best_stable, is_worst_stable : bool
        Whether the first and the last place are the same group's throughout.
    n_signs_changed : int
        Groups that earn in one scenario and lose in another.
    """

    n_groups: int
    n_scenarios: int
    n_moved: int
    is_best_stable: bool
    is_worst_stable: bool
    n_signs_changed: int


def compare_ranks(base: ArrayLike, scenarios: ArrayLike) -> RankStability:
    """Compare the order of groups under other assumptions (cost +-10 and 20 %, other allocation) with the base case.

    Parameters
    ----------
    base : array_like
        Shape (n_groups,): contributions, in money.
    scenarios : array_like
        Shape (n_scenarios, n_groups).

    Raises
    ------
    ParameterError
        If shapes don't fit, or a number is not finite.

    References
    ----------
    None published: it counts, and estimates nothing.

    Examples
    --------
    >>> compare_ranks([50, 20, 5], [[60, 30, 15], [30, -2, -1]]).n_moved
    2
    """
    first = read_numbers("base", base)
    others = np.atleast_2d(np.asarray(scenarios, dtype=np.float64))
    if first.size == 0 or others.ndim != 2 or others.shape[1] != first.size:
        raise ParameterError(f"'scenarios' has the shape {others.shape}: give {first.size} groups in each.")
    read_numbers("scenarios", others.ravel())
    ranks = np.array([_ranks(row) for row in (first, *others)])
    moved = (ranks != ranks[0]).any(axis=0)
    signs = np.sign(np.vstack([first, others]))
    return RankStability(
        n_groups=first.size,
        n_scenarios=others.shape[0],
        n_moved=int(moved.sum()),
        is_best_stable=not moved[ranks[0] == ranks[0].min()].any(),
        is_worst_stable=not moved[ranks[0] == ranks[0].max()].any(),
        n_signs_changed=int(((signs.max(axis=0) > 0) & (signs.min(axis=0) < 0)).sum()),
    )


def _ranks(values: Numbers) -> NDArray[np.int64]:
    """Place of each, the greatest first; equal ones share the first place of theirs."""
    ordered = np.sort(-values)
    return np.searchsorted(ordered, -values, side="left")
