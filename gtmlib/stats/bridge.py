"""Why contribution changed from one period to the next: volume, mix, rate, new, lost, currency."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Steps from the earlier period's contribution to the later one's, in the engagement's currency.

    Parameters
    ----------
    before, after : float
        Contribution of each period.
    volume : float
        More or fewer units of what was sold in both periods, at the earlier mix.
    mix : float
        Units moved between items that earn more and less each.
    rate : float
        Contribution per unit changed: prices, discounts, unit costs.
    new, lost : float
        Items sold only in the later, only in the earlier period.
    currency : float
        The same contribution in the customers' money is worth more or less.
    other : float
        Items without units sold in either period: returns and corrections alone.
    n_both, n_new, n_lost, n_other : int
        Items of each kind.
    residual : float
        after - before - all steps: what floating point leaves.
    """

    before: float
    after: float
    volume: float
    mix: float
    rate: float
    new: float
    lost: float
    currency: float
    other: float
    n_both: int
    n_new: int
    n_lost: int
    n_other: int
    residual: float


def estimate_bridge(
    quantity_before: ArrayLike,
    quantity_after: ArrayLike,
    contribution_before: ArrayLike,
    contribution_after: ArrayLike,
    *,
    exchange_before: ArrayLike = 1.0,
    exchange_after: ArrayLike = 1.0,
) -> Bridge:
    """Split the change of contribution between two periods into its causes.

    Parameters
    ----------
    quantity_before, quantity_after : array_like
        Shape (n_items,): units of an item (such as customer x product), 0 where it was not sold. Where units differ in
        kind, volume and mix are one story told in two parts: give orders as units.
    contribution_before, contribution_after : array_like
        In the item's own currency, 0 where it was not sold.
    exchange_before, exchange_after : array_like
        The engagement's currency per unit of the item's, above 0: the period's mean weighted by sales, that is
        converted contribution / own contribution. One number, or one per item.

    Raises
    ------
    ParameterError
        If a column can't be used, or an exchange rate is not above 0.

    References
    ----------
    Price-volume-mix on contribution, in the tradition of Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194. Steps
    are taken in the order volume, mix, rate, currency, each at the others' state so far, so that nothing is left over.

    Examples
    --------
    >>> bridge = estimate_bridge([10, 10, 5], [30, 10, 0], [100, 50, 40], [330, 50, 0])
    >>> bridge.volume, bridge.mix, bridge.rate, bridge.lost, bridge.after - bridge.before
    (150.0, 50.0, 30.0, -40.0, 190.0)
    """
    q0 = read_numbers("quantity_before", quantity_before)
    size = q0.size
    q1 = read_numbers("quantity_after", quantity_after, size=size)
    own0 = read_numbers("contribution_before", contribution_before, size=size)
    own1 = read_numbers("contribution_after", contribution_after, size=size)
    f0 = _exchange("exchange_before", exchange_before, size)
    f1 = _exchange("exchange_after", exchange_after, size)
    money0, money1 = own0 * f0, own1 * f1
    change = money1 - money0
    both = (q0 > 0) & (q1 > 0)
    is_new, is_lost = (q0 <= 0) & (q1 > 0), (q0 > 0) & (q1 <= 0)
    is_other = (q0 <= 0) & (q1 <= 0)
    unit0 = own0[both] / q0[both]
    growth = q1[both].sum() / q0[both].sum() if both.any() else 1.0
    steps = {
        "volume": _sum((growth - 1) * money0[both]),
        "mix": _sum((q1[both] - growth * q0[both]) * unit0 * f0[both]),
        "rate": _sum((own1[both] - q1[both] * unit0) * f0[both]),
        "currency": _sum(own1[both] * (f1[both] - f0[both])),
        "new": _sum(change[is_new]),
        "lost": _sum(change[is_lost]),
        "other": _sum(change[is_other]),
    }
    before, after = _sum(money0), _sum(money1)
    return Bridge(
        before=before,
        after=after,
        **steps,
        n_both=int(both.sum()),
        n_new=int(is_new.sum()),
        n_lost=int(is_lost.sum()),
        n_other=int((is_other & ((money0 != 0) | (money1 != 0))).sum()),
        residual=math.fsum([after, -before, *(-step for step in steps.values())]),
    )


def _exchange(name: str, values: ArrayLike, size: int) -> Numbers:
    rates = read_numbers(name, values)
    if (rates <= 0).any():
        raise ParameterError(f"'{name}' holds {rates.min():g}: an exchange rate is above 0.")
    return read_numbers(name, np.full(size, rates[0]) if rates.size == 1 else rates, size=size)


def _sum(values: Numbers) -> float:
    return math.fsum(values.tolist())
