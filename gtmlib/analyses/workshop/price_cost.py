"""Price and cost what-if: what is left of each segment if prices, volume or costs were others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from gtmlib.analyses.contribution import CHAPTER, NEEDED, reduce_ledger
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.analyses.workshop.sums import UNKNOWN, group_customers
from gtmlib.data.loaded import Loaded
from gtmlib.stats.pricing import break_even_price, break_even_volume

REACH = {"price": (0.2, 0.005), "volume": (0.5, 0.01), "cogs": (0.3, 0.01), "serve": (0.5, 0.01)}  # most, and a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is changed, as shares of today's: 0.05 is 5 % more.

    Parameters
    ----------
    price : float
        Of what customers pay.
    volume : float
        Of what they buy, at the new price.
    cogs : float
        Of the cost of a unit.
    serve : float
        Of the cost to serve, which volume does not change.
    """

    price: float = 0.0
    volume: float = 0.0
    cogs: float = 0.0
    serve: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Customers that the changes meet together.

    Parameters
    ----------
    segment : str
        Their segment, `other` for the folded ones, `unknown` for those without.
    n : int
        How many.
    net_revenue, cogs, cost_to_serve : float
        Today's sums, in the engagement's currency.
    """

    segment: str
    n: int
    net_revenue: float
    cogs: float
    cost_to_serve: float

    def left(self, changes: Changes) -> float:
        """Give what is left of them.

        Parameters
        ----------
        changes : Changes
            Cost of goods follows volume; cost to serve does not.
        """
        volume = 1 + changes.volume
        revenue, cogs = self.net_revenue * (1 + changes.price) * volume, self.cogs * (1 + changes.cogs) * volume
        return revenue - cogs - self.cost_to_serve * (1 + changes.serve)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRow:
    """A group of customers, today and after the changes.

    Parameters
    ----------
    segment : str
        As in `Group`.
    n : int
        Customers.
    is_met : bool
        Whether the changes apply to it.
    net_revenue, before, after : float
        Today's net revenue; what is left today and after the changes, to the cent.
    rank_before, rank_after : int, optional
        Place among the segments, the one that leaves most first; none for customers that are no segment.
    """

    segment: str
    n: int
    is_met: bool
    net_revenue: float
    before: float
    after: float
    rank_before: int | None
    rank_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be left if prices, volume or costs were others: arithmetic on assumptions, not an estimate.

    Parameters
    ----------
    rows : tuple of WhatIfRow
        Today's largest first.
    changes : Changes
        What is assumed.
    before, after : float
        What is left of all customers, to the cent.
    break_even_volume : float, optional
        As in `stats.pricing`, for the customers that the changes meet, at the assumed price and costs.
    break_even_price : float, optional
        The same for the price, at the assumed volume and costs.
    n_customers : int
        Behind it.
    smallest_group : int
        The disclosure floor.
    measure, currency : str
        What is left, as `measure_of` names it, and the ISO 4217 code.
    """

    rows: tuple[WhatIfRow, ...]
    changes: Changes
    before: float
    after: float
    break_even_volume: float | None
    break_even_price: float | None
    n_customers: int
    smallest_group: int
    measure: str
    currency: str

    @property
    def change(self) -> float:
        """Of what is left, to the cent."""
        return round(self.after - self.before, 2) + 0.0

    def findings(self) -> tuple[Finding, ...]:
        """Give what is left, its change, both break-evens, and what is left of each segment."""
        n, args = self.n_customers, {"measure": self.measure, "change": abs(self.change), "after": self.after}
        kind = "rises" if self.change > 0 else "falls" if self.change < 0 else "stays"
        left = Finding("workshop.contribution_after", self.after, self.currency, f"workshop.finding.{kind}", args, n=n)
        args = {"volume": self.break_even_volume, "price": self.break_even_price}
        volume = Finding(
            "workshop.break_even_volume", self.break_even_volume, "share", "workshop.finding.break_even", args, n=n
        )
        found = [left, replace(left, id="workshop.contribution_change", value=self.change), volume]
        found.append(replace(volume, id="workshop.break_even_price", value=self.break_even_price))
        for row in self.rows:
            args = {"workshop_group": row.segment, "before": row.before, "after": row.after}
            about: dict[str, Any] = {"group": {"segment": row.segment}, "n": row.n}
            name, message = "workshop.segment_contribution", "workshop.finding.segment"
            found.append(Finding(name, row.after, self.currency, message, args, **about))
        return tuple(found)


def work_out(
    groups: Sequence[Group],
    changes: Changes,
    met: Sequence[str],
    *,
    smallest_group: int = 5,
    measure: str = "contribution",
    currency: str = "",
) -> WhatIf:
    """Work out what is left of groups of customers after changes that meet some of them.

    Parameters
    ----------
    groups : sequence of Group
        All customers.
    changes : Changes
        What is assumed.
    met : sequence of str
        Segments that the changes apply to, at least one.
    smallest_group : int
        The disclosure floor.
    measure, currency : str
        As in `WhatIf`.

    Examples
    --------
    >>> sums = {"n": 9, "net_revenue": 100.0, "cogs": 60.0, "cost_to_serve": 10.0}
    >>> found = work_out([Group(segment="A", **sums)], Changes(price=0.05, volume=-0.1), ["A"])
    >>> found.before, found.after, round(found.break_even_volume, 4)
    (30.0, 30.5, -0.1111)
    """
    none = Changes()
    today = {group.segment: group.left(none) for group in groups}
    later = {group.segment: group.left(changes if group.segment in met else none) for group in groups}
    before, after = _rank(today), _rank(later)
    rows = [
        WhatIfRow(
            segment=group.segment,
            n=group.n,
            is_met=group.segment in met,
            net_revenue=round(group.net_revenue, 2),
            before=round(today[group.segment], 2) + 0.0,
            after=round(later[group.segment], 2) + 0.0,
            rank_before=before.get(group.segment),
            rank_after=after.get(group.segment),
        )
        for group in groups
    ]
    concerned = [group for group in groups if group.segment in met]
    revenue, cogs, serve = (
        math.fsum(getattr(group, name) for group in concerned) for name in ("net_revenue", "cogs", "cost_to_serve")
    )
    costs = {"cost_change": changes.cogs, "fixed_cost_change": serve * changes.serve}
    return WhatIf(
        rows=tuple(sorted(rows, key=lambda row: -row.before)),
        changes=changes,
        before=round(math.fsum(today.values()), 2) + 0.0,
        after=round(math.fsum(later.values()), 2) + 0.0,
        break_even_volume=break_even_volume(revenue, cogs, price_change=changes.price, **costs),
        break_even_price=break_even_price(revenue, cogs, volume_change=changes.volume, **costs),
        n_customers=sum(group.n for group in groups),
        smallest_group=smallest_group,
        measure=measure,
        currency=currency,
    )


def _rank(left: dict[str, float]) -> dict[str, int]:
    """Give each segment its place; customers that are no segment have none."""
    named = [name for name in left if name not in (OTHER, UNKNOWN)]
    ordered = sorted(named, key=lambda name: (-round(left[name], 2), name))
    return {name: place for place, name in enumerate(ordered, start=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCostPanel(Panel):
    """The price and cost what-if.

    Parameters
    ----------
    controls : tuple of Control
        `price`, `volume`, `cogs`, `serve` where cost to serve is known, and `segments` where there are several.
    groups : tuple of Group
        Today's sums.
    smallest_group : int
        The disclosure floor.
    measure, currency : str
        As in `WhatIf`.
    """

    id: ClassVar[str] = "price_cost"
    headlines: ClassVar[tuple[str, ...]] = (
        "workshop.contribution_after",
        "workshop.contribution_change",
        "workshop.break_even_volume",
    )
    controls: tuple[Control, ...]
    groups: tuple[Group, ...]
    smallest_group: int
    measure: str
    currency: str

    def compute(self, state: State) -> tuple[Any, ...]:
        """Give what is left of each segment before and after the changes.

        Parameters
        ----------
        state : mapping
            Settled.

        Raises
        ------
        PanelError
            If the changes meet no segment, or there are too few customers to be shown.
        """
        names = tuple(group.segment for group in self.groups)
        met = cast("tuple[str, ...]", state.get("segments", names))
        if not met:
            raise PanelError("no_segment")
        if sum(group.n for group in self.groups) < self.smallest_group:
            raise PanelError("too_few", n=self.smallest_group)
        changes = Changes(**{name: float(cast("float", state.get(name, 0.0))) for name in REACH})
        about: dict[str, Any] = {"smallest_group": self.smallest_group, "measure": self.measure}
        return (work_out(self.groups, changes, met, currency=self.currency, **about),)


def open_panel(loaded: Loaded) -> PriceCostPanel | MissingData:
    """Sum revenue and costs per segment, once.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and cogs; segments and cost to serve give more to move.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.workshop.panel import settle
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": 10.0, "cogs": 6.0}
    >>> panel = open_panel(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> (found,) = panel.compute(settle(panel, {"price": 0.1}))
    >>> found.before, found.after, round(found.break_even_volume, 3)
    (20.0, 25.0, -0.2)
    """
    if needed := loaded.missing(transactions=(*NEEDED["transactions"], "cogs")):
        return MissingData(chapter=CHAPTER, needed=needed)
    ledger, contract = reduce_ledger(loaded), loaded.engagement.contract
    if not len(ledger.customers):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    smallest = contract.disclosure.smallest_group
    _, names = group_customers(ledger.customers["segment"], smallest)
    groups = [
        Group(
            segment=str(name),
            n=len(rows),
            **{column: round(math.fsum(rows[column]), 4) for column in ("net_revenue", "cogs", "cost_to_serve")},
        )
        for name, rows in ledger.customers.groupby(names, sort=True)
    ]
    groups.sort(key=lambda group: (group.segment in (OTHER, UNKNOWN), -group.n, group.segment))
    moved = [name for name in REACH if name != "serve" or "cost_to_serve" not in ledger.unknown]
    controls = [
        Control(id=name, kind="slider", start=0.0, low=-most, high=most, step=step, unit="percent")
        for name in moved
        for most, step in [REACH[name]]
    ]
    options = tuple(group.segment for group in groups)
    if len(options) > 1:
        controls.append(Control(id="segments", kind="choices", start=options, options=options, named_by="text"))
    return PriceCostPanel(
        controls=tuple(controls),
        groups=tuple(groups),
        smallest_group=smallest,
        measure=ledger.measure,
        currency=contract.currency,
    )
