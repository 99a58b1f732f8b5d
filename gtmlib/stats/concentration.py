"""How much hangs on few customers: whale curve, Gini, Herfindahl."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers

MOST_POINTS = 100  # of a curve: enough for a line without corners, too few to read customers from


@dataclass(frozen=True, slots=True, kw_only=True)
class WhaleCurve:
    """Cumulated contribution over customers, best first.

    Shares of the total are None where it is not above 0.

    Parameters
    ----------
    n_customers, n_loss_customers : int
        Customers, and those with a contribution below 0.
    total, loss_total : float
        Contribution of all, and of the loss-makers (0 or less), in money.
    peak_share, peak_at_share : float, optional
        Highest cumulated contribution as a share of the total, and the share of customers at which it is (first)
        reached.
    top_10_share, top_20_share : float, optional
        Share of the total that the best 10 and 20 % of customers (rounded up) contribute.
    customer_shares, contribution_shares : tuple of float
        The curve from (0, 0) to (1, 1) in about a hundred points, the figures above among them unless withheld; empty
        where the total is not above 0, or customers are too few for any curve.
    smallest_group : int
        Fewest customers between two points.
    withheld : tuple of str
        Names of figures above that no report may show: fewer customers than that lie between them and another figure
        or the ends, so that a subtraction would tell those few. With `n_loss_customers` nothing may be shown of where
        losses begin.
    """

    n_customers: int
    n_loss_customers: int
    total: float
    loss_total: float
    peak_share: float | None
    peak_at_share: float | None
    top_10_share: float | None
    top_20_share: float | None
    customer_shares: tuple[float, ...]
    contribution_shares: tuple[float, ...]
    smallest_group: int
    withheld: tuple[str, ...]


def estimate_whale_curve(
    contributions: ArrayLike, *, smallest_group: int = 5, hides_losses: bool = False
) -> WhaleCurve:
    """Describe how contribution cumulates over customers.

    Parameters
    ----------
    contributions : array_like
        Shape (n_customers,): contribution per customer, in money, in any order.
    smallest_group : int
        Fewest customers that may be told apart by taking one figure from another.
    hides_losses : bool
        Whether number and total of the loss-makers are withheld, and the peak: no figure and no point of the curve
        then lies where losses begin, nor closer to it than the fewest customers.

    Raises
    ------
    ParameterError
        If there is no customer, a contribution is not a number, or the floor is below 1.

    References
    ----------
    Cooper & Kaplan (1991), Harvard Business Review 69(3), 130-135; the Kanthal case.

    Examples
    --------
    >>> curve = estimate_whale_curve([11.25] * 20 + [0] * 70 + [-12.5] * 10)
    >>> curve.peak_share, curve.peak_at_share, curve.loss_total
    (2.25, 0.2, -125.0)
    """
    amounts = read_numbers("contributions", contributions)
    if amounts.size == 0 or smallest_group < 1:
        raise ParameterError(f"{amounts.size} customers, smallest_group {smallest_group}: give at least one of each.")
    n = amounts.size
    cumulated = np.concatenate([[0.0], np.cumsum(np.sort(amounts)[::-1])])
    total = cumulated[n] = math.fsum(amounts.tolist())
    n_peak, n_kept, n_10, n_20 = int(np.argmax(cumulated)), int((amounts >= 0).sum()), -(-n // 10), -(-n // 5)
    secret = {n_peak, n_kept} if hides_losses else set()
    published = _anchors([0, n, n_peak, n_kept, n_20, n_10], smallest_group, secret)
    counts = _grid(sorted(published), smallest_group) if total > 0 and n >= 2 * smallest_group else []
    counts = [count for count in counts if count in published or _is_clear(count, secret, smallest_group)]

    def share(count: int) -> float | None:
        return float(cumulated[count]) / total if total > 0 else None

    places = {"peak_share": n_peak, "loss_total": n_kept, "top_10_share": n_10, "top_20_share": n_20}
    return WhaleCurve(
        n_customers=n,
        n_loss_customers=n - n_kept,
        total=total,
        loss_total=math.fsum(amounts[amounts < 0].tolist()),
        peak_share=share(n_peak),
        peak_at_share=n_peak / n if total > 0 else None,
        top_10_share=share(n_10),
        top_20_share=share(n_20),
        customer_shares=tuple(count / n for count in counts),
        contribution_shares=tuple(float(cumulated[count]) / total for count in counts),
        smallest_group=smallest_group,
        withheld=(
            *(name for name, place in places.items() if place not in published or place in secret),
            *(["n_loss_customers"] if hides_losses else []),
        ),
    )


def _anchors(counts: list[int], smallest_group: int, secret: set[int]) -> set[int]:
    """Keep the counts, first come first kept, that lie at the same place as a kept one or far enough from all."""
    kept = {counts[0], counts[1]}
    for count in counts:
        if _is_clear(count, kept | secret, smallest_group):
            kept.add(count)
    return kept


def _is_clear(count: int, others: set[int], smallest_group: int) -> bool:
    return all(abs(count - other) >= smallest_group for other in others)


def _grid(anchors: list[int], smallest_group: int) -> list[int]:
    """Fill up between anchors, as evenly as the floor and the number of points allow."""
    step = max(anchors[-1] / (MOST_POINTS - len(anchors)), smallest_group)
    counts = [anchors[0]]
    for low, high in pairwise(anchors):
        n_steps = max(int((high - low) // step), 1)
        counts += [low + (high - low) * k // n_steps for k in range(1, n_steps + 1)]
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """How unevenly revenue is spread over customers.

    Parameters
    ----------
    n_customers : int
        Customers with revenue of 0 or more.
    gini : float
        0 (all equal) to 1 - 1/n (one has everything).
    herfindahl : float
        Sum of squared shares, in (0, 1]; times 10,000 it is in the points that authorities use.
    effective_number : float
        1 / herfindahl: so many equal customers would be as concentrated.
    largest_share : float
        Of the biggest customer, in (0, 1].
    """

    n_customers: int
    gini: float
    herfindahl: float
    effective_number: float
    largest_share: float


def estimate_concentration(revenue: ArrayLike) -> Concentration:
    """Measure how much revenue hangs on few customers.

    Parameters
    ----------
    revenue : array_like
        Shape (n_customers,): money per customer, 0 or more. Contributions are refused where some are losses: shares
        of a total that losses reduce have no meaning.

    Raises
    ------
    ParameterError
        If a value is negative, or all are 0.

    References
    ----------
    Gini (1912); Herfindahl (1950); Adelman (1969) for the effective number.

    Examples
    --------
    >>> round(estimate_concentration([10] * 9 + [100]).gini, 7)
    0.4263158
    >>> round(estimate_concentration([30, 30, 20, 20]).herfindahl * 10_000)
    2600
    """
    amounts: Numbers = np.sort(read_numbers("revenue", revenue, least=0))
    total = float(amounts.sum())
    if total <= 0:
        raise ParameterError("No customer has revenue above 0: there is no concentration to measure.")
    n = amounts.size
    shares = amounts / total
    ranks = 2 * np.arange(1, n + 1) - n - 1
    herfindahl = float((shares * shares).sum())  # not `@`, whose threads may add in any order, and are slow to start
    return Concentration(
        n_customers=n,
        gini=max(float((ranks * shares).sum()) / n, 0.0),
        herfindahl=herfindahl,
        effective_number=1 / herfindahl,
        largest_share=float(shares[-1]),
    )
