"""How contribution is spread over customers: the whale curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gtmlib.errors import ParameterError

MOST_POINTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WhaleCurve:
    """Cumulated contribution over customers, best first.

    Parameters
    ----------
    n_customers, n_loss_customers : int
        Customers, and those with a contribution below 0.
    total, loss_total : float
        Contribution of all, and of the loss-makers (negative), in the unit of the input.
    peak_share, peak_at_share : float, optional
        Highest cumulated contribution as a share of the total, and the share of customers at which it is reached;
        None where the total is not positive.
    top_20_share : float, optional
        Share of the total that the best 20 % of customers (rounded up) contribute; None as above.
    customer_shares, contribution_shares : tuple of float
        The curve from (0, 0) to (1, 1), thinned so that no two points are fewer customers apart than the floor; empty
        where the total is not positive or there are too few customers to show any curve.
    """

    n_customers: int
    n_loss_customers: int
    total: float
    loss_total: float
    peak_share: float | None
    peak_at_share: float | None
    top_20_share: float | None
    customer_shares: tuple[float, ...]
    contribution_shares: tuple[float, ...]


def estimate_whale_curve(contributions: npt.ArrayLike, *, smallest_group: int = 5) -> WhaleCurve:
    """Describe how contribution cumulates over customers.

    Parameters
    ----------
    contributions : array of float, shape (n_customers,)
        Contribution per customer, in money, in any order.
    smallest_group : int
        Fewest customers between two points of the curve.

    Raises
    ------
    ParameterError
        If there is no customer, or a contribution is not a number.

    References
    ----------
    Cooper & Kaplan (1991), Harvard Business Review 69(3), 130-135.

    Examples
    --------
    >>> curve = estimate_whale_curve([11.25] * 20 + [0] * 70 + [-12.5] * 10)
    >>> curve.peak_share, curve.peak_at_share
    (2.25, 0.2)
    """
    ordered = np.sort(np.asarray(contributions, dtype=float))[::-1]
    n = len(ordered)
    if n == 0 or not np.isfinite(ordered).all():
        raise ParameterError("a whale curve needs the contribution of at least one customer, each a number")
    cumulated = np.cumsum(ordered)
    total = float(cumulated[-1])
    losses = ordered[ordered < 0]
    ends = _points(n, smallest_group)
    is_shown = total > 0
    peak = int(np.argmax(cumulated)) + 1
    return WhaleCurve(
        n_customers=n,
        n_loss_customers=len(losses),
        total=total,
        loss_total=float(losses.sum()),
        peak_share=float(cumulated[peak - 1]) / total if is_shown else None,
        peak_at_share=peak / n if is_shown else None,
        top_20_share=float(cumulated[math.ceil(0.2 * n) - 1]) / total if is_shown else None,
        customer_shares=(0.0, *(end / n for end in ends)) if is_shown and ends else (),
        contribution_shares=(0.0, *(float(cumulated[end - 1]) / total for end in ends)) if is_shown and ends else (),
    )


def _points(n: int, smallest_group: int) -> list[int]:
    """Numbers of customers at which the curve is drawn, the last being all."""
    step = max(smallest_group, math.ceil(n / MOST_POINTS))
    ends = list(range(step, n - step + 1, step))
    return [*ends, n] if ends else []
