"""Break-even of a change of price or cost: how much volume it may lose, or must win."""

from __future__ import annotations

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers

LEAST_MARGIN = 1e-9  # of revenue: a smaller one is none


def break_even_volume(
    revenue: float,
    variable_cost: float,
    *,
    price_change: float = 0.0,
    cost_change: float = 0.0,
    fixed_cost_change: float = 0.0,
) -> float | None:
    """Say how far volume may change before a change of price or cost leaves less than there was.

    With CM = revenue - variable cost, and dCM what the changes do to it at today's volume, it is
    (fixed_cost_change - dCM) / (CM + dCM); for a change of price alone, -dP / (CM + dP).

    Parameters
    ----------
    revenue, variable_cost : float
        Of today's volume, in money; the cost is that which follows volume.
    price_change, cost_change : float
        Of the price, and of the cost per unit, as shares: 0.05 is 5 % more; -1 or more.
    fixed_cost_change : float
        Of cost that does not follow volume, in money.

    Returns
    -------
    float or None
        Share of today's volume: -0.1 means that it may fall by 10 %, 0.1 that it must grow by 10 %; below -1 where
        no sales at all would leave more than there was. None where a unit then leaves nothing, so that no volume helps.

    Raises
    ------
    ParameterError
        If a number is not finite, or a change is below -1.

    References
    ----------
    Nagle & Müller (2018), The Strategy and Tactics of Pricing, 6th ed.: break-even sales analysis.

    Examples
    --------
    >>> break_even_volume(40_000.0, 22_000.0, price_change=-0.05)  # 4,000 pillows at $10.00 that cost $5.50
    0.125
    >>> round(break_even_volume(40_000.0, 22_000.0, price_change=-0.05, cost_change=-0.22 / 5.50), 3)
    0.066
    """
    _check(revenue, variable_cost, fixed_cost_change, (price_change, cost_change))
    before = revenue - variable_cost
    change = revenue * price_change - variable_cost * cost_change
    if before + change <= LEAST_MARGIN * abs(revenue):
        return None
    return (fixed_cost_change - change) / (before + change) + 0.0


def break_even_price(
    revenue: float,
    variable_cost: float,
    *,
    volume_change: float = 0.0,
    cost_change: float = 0.0,
    fixed_cost_change: float = 0.0,
) -> float | None:
    """Say which change of price leaves what there was when volume or cost changes.

    Parameters
    ----------
    revenue, variable_cost : float
        Of today's volume, in money; the cost is that which follows volume.
    volume_change, cost_change : float
        Of volume, and of the cost per unit, as shares; -1 or more.
    fixed_cost_change : float
        Of cost that does not follow volume, in money.

    Returns
    -------
    float or None
        Share of today's price; None without volume or revenue, which no price gives back.

    Raises
    ------
    ParameterError
        If a number is not finite, or a change is below -1.

    References
    ----------
    Nagle & Müller (2018), as for `break_even_volume`, solved for the price.

    Examples
    --------
    >>> round(break_even_price(40_000.0, 22_000.0, volume_change=0.125), 12)  # the pillows again
    -0.05
    """
    _check(revenue, variable_cost, fixed_cost_change, (volume_change, cost_change))
    if revenue <= 0 or volume_change <= -1:
        return None
    wanted = (revenue - variable_cost + fixed_cost_change) / (1 + volume_change) + variable_cost * (1 + cost_change)
    return wanted / revenue - 1


def _check(revenue: float, variable_cost: float, fixed_cost_change: float, changes: tuple[float, float]) -> None:
    read_numbers("revenue, variable_cost and fixed_cost_change", [revenue, variable_cost, fixed_cost_change])
    if read_numbers("changes", changes).min() < -1:
        raise ParameterError(f"changes of {min(changes):g}: nothing falls by more than all of it, which is -1.")
