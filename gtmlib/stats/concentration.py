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
class CurvePoint:
    """What the best customers together contribute.

    Parameters
    ----------
    n_customers : int
        The best so many.
    customer_share : float
        Of all customers, in [0, 1].
    amount : float
        Their cumulative contribution, in money.
    amount_share : float or None
        Of the total contribution; above 1 where the others lose money; None where the total is not above 0.
    """

    n_customers: int
    customer_share: float
    amount: float
    amount_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhaleCurve:
    """Customers from best to worst, and what they contribute together.

    Parameters
    ----------
    n_customers, n_loss_customers : int
        All, and those with a contribution below 0.
    total : float
        Contribution of all, in money.
    loss_total : float or None
        Contribution of the loss customers, 0 or less, in money; None where withheld.
    peak : CurvePoint or None
        Where the curve is highest (first, if flat); at 0 customers where all lose; None where withheld.
    best_10, best_20 : CurvePoint or None
        The best 10 and 20 % of customers, rounded up; None where withheld.
    points : tuple of CurvePoint
        The curve in about a hundred points, from nobody to all, the figures above among them.
    smallest_group : int
        Customers that lie between any two points and figures, at the least; what would be closer is withheld.
    """

    n_customers: int
    n_loss_customers: int
    total: float
    loss_total: float | None
    peak: CurvePoint | None
    best_10: CurvePoint | None
    best_20: CurvePoint | None
    points: tuple[CurvePoint, ...]
    smallest_group: int


def estimate_whale_curve(contributions: ArrayLike, *, smallest_group: int = 1) -> WhaleCurve:
    """Cumulate customers' contributions from best to worst.

    Parameters
    ----------
    contributions : array_like
        Shape (n_customers,): money per customer, in any order.
    smallest_group : int
        No fewer customers can be told apart by taking one published figure from another; 1 withholds nothing.

    Raises
    ------
    ParameterError
        If there are no customers, or the floor is below 1.

    References
    ----------
    Cooper & Kaplan (1991), Harvard Business Review 69(3), 130-135; the Kanthal case.

    Examples
    --------
    >>> curve = estimate_whale_curve([11.25] * 20 + [0] * 70 + [-12.5] * 10)
    >>> curve.peak.amount_share, curve.peak.customer_share, curve.loss_total
    (2.25, 0.2, -125.0)
    """
    amounts = read_numbers("contributions", contributions)
    if amounts.size == 0 or smallest_group < 1:
        raise ParameterError(f"{amounts.size} customers, smallest_group {smallest_group}: give at least one of each.")
    n = amounts.size
    ordered = np.sort(amounts)[::-1]
    running = np.concatenate([[0.0], np.cumsum(ordered)])
    running[n] = total = math.fsum(amounts.tolist())
    n_peak, n_loss = int(np.argmax(running)), int((amounts < 0).sum())
    kept = _anchors([0, n, n_peak, n - n_loss, -(-n // 5), -(-n // 10)], smallest_group)

    def point(count: int) -> CurvePoint:
        amount = float(running[count])
        return CurvePoint(
            n_customers=count,
            customer_share=count / n,
            amount=amount,
            amount_share=amount / total if total > 0 else None,
        )

    peak, best_20, best_10 = (point(k) if k in kept else None for k in (n_peak, -(-n // 5), -(-n // 10)))
    return WhaleCurve(
        n_customers=n,
        n_loss_customers=n_loss,
        total=total,
        loss_total=float(total - running[n - n_loss]) if n - n_loss in kept else None,
        peak=peak,
        best_10=best_10,
        best_20=best_20,
        points=tuple(point(k) for k in _grid(sorted(kept), smallest_group)),
        smallest_group=smallest_group,
    )


def _anchors(counts: list[int], smallest_group: int) -> set[int]:
    """Keep the counts, first come first kept, that lie at the same place as a kept one or far enough from all."""
    kept: set[int] = set()
    for count in counts:
        if count in kept or all(abs(count - other) >= smallest_group for other in kept):
            kept.add(count)
    return kept | {counts[0], counts[1]}


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
    herfindahl = float(shares @ shares)
    return Concentration(
        n_customers=n,
        gini=max(float(ranks @ shares) / n, 0.0),
        herfindahl=herfindahl,
        effective_number=1 / herfindahl,
        largest_share=float(shares[-1]),
    )
