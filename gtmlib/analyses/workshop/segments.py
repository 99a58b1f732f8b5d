"""Segment explorer: where the money goes for some segments, some months and another rule for shared cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, cast

import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import (
    CHAPTER,
    NEEDED,
    Ledger,
    charge_customers,
    reduce_ledger,
    reduce_sales,
    sum_rows,
    sum_sales,
    unknown_steps,
)
from gtmlib.analyses.missing_cost import CostFill
from gtmlib.analyses.periods import Span, known_until, span_of
from gtmlib.analyses.profitability import compare_segments, order_customers
from gtmlib.analyses.reductions import OTHER, MissingData, in_period, month_of
from gtmlib.analyses.serving import NO_DRIVERS, OF_SALES, apply_rules, reduce_drivers, register_of, sum_costs
from gtmlib.analyses.waterfall import lay_out_waterfall
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.analyses.workshop.sums import UNKNOWN, Cells, Codes, group_customers, hides_undated, hold_cells, steps_of
from gtmlib.data.engagement import CostRule
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError

SALES = ("n_transactions", "n_orders", "list_revenue", "net_revenue", "cogs", "imputed_cogs")
COSTS = ("amount", "capacity")
UNITS = ("quantity", "minutes", "bare")
ROWS = ("n_rows", "net_revenue", "cogs", "left_out")
Rules = Mapping[str, CostRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPanel(Panel):
    """The segment explorer.

    Parameters
    ----------
    controls : tuple of Control
        `segments`, `first_month` and `last_month`, `rule`: those that leave a choice.
    groups, segments : tuple of str
        What can be picked, and what is shown of it.
    group, segment : ndarray of int
        Place of each customer's group and segment in these; below 0: none.
    register : frozenset of int
        Customers that the client's register knows.
    sales, unpriced, rows : Cells
        By customer: sales, and those without a cost; of nobody in particular: all rows.
    costs, units : Cells
        By pool and customer, and by driver and customer, where the place after the last customer is nobody's.
    pools, drivers : tuple of str
        Names of the cost pools and the drivers.
    rules, unknown : dict
        Option of `rule` = rule of each pool; and the steps of the waterfall that are not known under it.
    months : tuple of int
        All of them, as `month_of` gives them.
    days : dict
        Month (counted from 0) = its first and last day with a sale.
    known_to : date or None
        As `known_until` gives it; None where no sale has a date.
    smallest_group : int
        The disclosure floor.
    currency : str
        ISO 4217 code.
    """

    id: ClassVar[str] = "segments"
    headlines: ClassVar[tuple[str, ...]] = (
        "profitability.total_contribution",
        "profitability.whale_peak_share",
        "profitability.loss_total",
    )
    controls: tuple[Control, ...]
    groups: tuple[str, ...]
    segments: tuple[str, ...]
    group: Codes
    segment: Codes
    register: frozenset[int]
    sales: Cells
    unpriced: Cells
    rows: Cells
    costs: Cells
    units: Cells
    pools: tuple[str, ...]
    drivers: tuple[str, ...]
    rules: Mapping[str, Rules]
    unknown: Mapping[str, tuple[str, ...]]
    months: tuple[int, ...]
    days: Mapping[int, tuple[date, date]]
    known_to: date | None
    smallest_group: int
    currency: str

    def compute(self, state: State) -> tuple[Any, ...]:
        """Give the waterfall and the whale curve of what is picked, and its segments where they are known.

        Parameters
        ----------
        state : mapping
            Settled.

        Raises
        ------
        PanelError
            If nothing is picked, the period ends before it begins, too few customers are left, or the rule needs
            numbers that the period does not have.
        """
        picked = cast("tuple[str, ...]", state.get("segments", self.groups))
        first = self._month(state.get("first_month"), 0)
        last = self._month(state.get("last_month"), len(self.months) - 1)
        if not picked:
            raise PanelError("no_segment")
        if first > last:
            raise PanelError("no_period")
        ledger, n_undated, hides_losses = self._ledger(picked, first, last, str(state.get("rule", "contract")))
        if len(ledger.customers) < self.smallest_group:
            raise PanelError("too_few", n=self.smallest_group)
        span, currency = self._span(first, last), self.currency
        found: list[Any] = [
            lay_out_waterfall(ledger, span, currency=currency, n_undated=n_undated),
            order_customers(ledger, self.smallest_group, currency=currency, hides_losses=hides_losses),
        ]
        if ledger.customers["segment"].notna().any():
            found.append(compare_segments(ledger, self.smallest_group, currency=currency))
        return tuple(found)

    def _month(self, value: Any, usual: int) -> int:
        return usual if value is None else _month_at(str(value)) - self.months[0]

    def _ledger(self, picked: tuple[str, ...], first: int, last: int, rule: str) -> tuple[Ledger, int, bool]:
        """Make the ledger of a choice: cost is shared by all customers of the period, then the picked ones are kept."""
        n = len(self.group)
        is_all = len(picked) == len(self.groups)
        is_picked = is_all | np.isin(self.group, [self.groups.index(name) for name in picked])
        sums = self.sales.total(first, last, n)
        (at,) = np.nonzero(sums["n_cells"])
        sales = pd.DataFrame({name: sums[name][at] for name in SALES}, index=at.astype(np.float64)).assign(
            currency=None
        )
        rules = self._rules(rule, first, last)
        try:
            served, pools = apply_rules(
                rules, sales, self._costs(first, last), self._units(first, last), cast("frozenset[str]", self.register)
            )
        except ParameterError as error:
            raise PanelError("no_rule") from error
        customers = charge_customers(sales, served)
        codes = customers["customer_id"].to_numpy(dtype=np.int64)
        segments = pd.Categorical.from_codes(self.segment[codes], categories=pd.Index(self.segments, dtype=object))
        hides_losses = not is_all and self._tells_few(
            self.group[codes], customers["contribution"] < 0, is_picked[codes]
        )
        customers = customers.assign(customer_id=codes, segment=segments)[is_picked[codes]]
        whole = {name: float(found[0]) for name, found in self.rows.total(first, last, 1).items()}
        unpriced = self.unpriced.total(first, last, n)["n_rows"]
        n_undated = 0
        if self.sales.within(first, last).start:
            undated = self.sales.key[: self.sales.starts[0]]
            n_undated = int(self.sales.sums["n_transactions"][: len(undated)][is_picked[undated]].sum())
        ledger = Ledger(
            customers=customers.reset_index(drop=True),
            unknown=self.unknown[rule],
            pools=pools,
            fill=CostFill(n_unpriced=int(unpriced[is_picked].sum())),
            ledger_revenue=whole["net_revenue"],
            ledger_cogs=whole["cogs"],
            ledger_costs=round(sum(pool.amount for pool in pools), 4),
            n_left_out=int(whole["n_rows"] - sums["n_transactions"].sum() - unpriced.sum()),
            left_out=whole["left_out"],
        )
        return ledger, n_undated, hides_losses

    def _tells_few(self, group: Codes, loses: Any, is_picked: Any) -> bool:
        """Tell whether losses of a choice, taken from those of others, would tell a few customers of one group.

        All groups together are told, as in the chapter. A group where few lose, or few do not, is told in no smaller
        choice; and the other groups only where those that are left, taken together, are enough too.
        """
        n_groups, smallest = len(self.groups), self.smallest_group
        loses = loses.to_numpy()
        counts = np.array([np.bincount(group[(group >= 0) & part], minlength=n_groups) for part in (loses, ~loses)])
        is_few = ((counts > 0) & (counts < smallest)).any(axis=0)
        together = counts[:, is_few].sum(axis=1)
        is_in = np.bincount(group[is_picked & (group >= 0)], minlength=n_groups) > 0
        return bool((is_few & is_in).any() or ((together > 0) & (together < smallest)).any())

    def _rules(self, rule: str, first: int, last: int) -> Rules:
        """Give the rules of an option; capacity that the contract gives for the whole period is that of its months."""
        share = (last - first + 1) / len(self.months)
        return {
            pool: found if found.capacity is None else found.model_copy(update={"capacity": found.capacity * share})
            for pool, found in self.rules[rule].items()
        }

    def _costs(self, first: int, last: int) -> pd.DataFrame:
        n_each = len(self.group) + 1
        sums = self.costs.total(first, last, len(self.pools) * n_each)
        (at,) = np.nonzero(sums["n_cells"])
        pool, who = np.divmod(at, n_each)
        names = pd.Categorical.from_codes(pool, categories=pd.Index(self.pools, dtype=object))
        customers = np.where(who == n_each - 1, np.nan, who)
        return pd.DataFrame({"cost_pool": names, "customer_id": customers, **{name: sums[name][at] for name in COSTS}})

    def _units(self, first: int, last: int) -> pd.DataFrame:
        """Give units per driver; each has a row of nobody, so that a driver without any is still known."""
        n_each = len(self.group) + 1
        sums = self.units.total(first, last, len(self.drivers) * n_each)
        is_there = sums["n_cells"] > 0
        is_there[n_each - 1 :: n_each] = True
        (at,) = np.nonzero(is_there)
        driver, who = np.divmod(at, n_each)
        names = np.array(self.drivers, dtype=object)[driver]
        return pd.DataFrame({"driver": names, "customer_id": who, **{name: sums[name][at] for name in UNITS}})

    def _span(self, first: int, last: int) -> Span | None:
        inside = [days for month, days in self.days.items() if first <= month <= last]
        if not inside or self.known_to is None:
            return None
        return span_of(min(day for day, _ in inside), max(day for _, day in inside), self.known_to)


def open_panel(loaded: Loaded) -> SegmentPanel | MissingData:
    """Reduce sales and costs to sums per customer and month, once.

    Periods can be picked where every cost has a date: cost that can't be told apart by month belongs to all of them.
    Nor can they be picked where what they leave of the whole, the sales without a date, would be those of a few.

    Parameters
    ----------
    loaded : Loaded
        Needs what the waterfall needs; segments and dates give more to pick.

    Examples
    --------
    >>> from gtmlib.analyses.workshop.panel import start_of
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": [9.0, 8.0, 7.0, 5.0, 1.0], "cogs": 5.0}
    >>> panel = open_panel(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> waterfall, whale = panel.compute(start_of(panel))
    >>> waterfall.left, whale.curve.peak_share
    (5.0, 1.8)
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    known = reduce_ledger(loaded)  # refuses what the chapter would refuse, and says who is a customer
    if not len(known.customers):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    frames, codes = _reduce(loaded)
    months = _months(frames.values())
    n_each, place = len(codes) + 1, {"first_month": months[0], "n_months": len(months)}

    def cells(name: str, columns: tuple[str, ...], by: str = "") -> tuple[Cells, tuple[str, ...]]:
        frame = frames[name]
        key = _codes_of(frame, codes)
        names = tuple(sorted(set(frame[by]))) if by else ()
        if by:
            key = key + n_each * frame[by].map(dict(zip(names, range(len(names)), strict=True))).to_numpy(np.int64)
        return hold_cells(frame, key, columns, **place), names

    contract = loaded.engagement.contract
    smallest, customers = contract.disclosure.smallest_group, known.customers
    shown, picked = group_customers(customers["segment"], smallest)
    sizes = picked.value_counts()
    groups = tuple(sorted(sizes.index, key=lambda name: (name in (OTHER, UNKNOWN), -sizes[name], name)))
    at = codes.get_indexer(customers["customer_id"])
    segments = tuple(sorted(shown.dropna().unique()))
    group, segment = np.full(len(codes), -1), np.full(len(codes), -1)
    group[at] = picked.map(groups.index).to_numpy(np.int64)
    segment[at] = shown.map({name: place for place, name in enumerate(segments)}).fillna(-1).to_numpy(np.int64)
    rules = _rules_of(loaded, frames["costs"])
    (sales, _), (costs, pools), (units, drivers) = (
        cells("sales", SALES), cells("costs", COSTS, "cost_pool"), cells("units", UNITS, "driver"),
    )  # fmt: skip
    days = _days(loaded, months[0])
    unpriced = cells("unpriced", ("n_rows",))[0]
    is_dated = (
        costs.is_dated and units.is_dated and all(hides_undated(one, group, smallest) for one in (sales, unpriced))
    )
    steps = steps_of(sales, group, smallest) if days and is_dated else ()
    register = codes.get_indexer(list(register_of(loaded)))
    return SegmentPanel(
        controls=_controls(groups, steps, months[0], tuple(rules)),
        groups=groups,
        segments=segments,
        group=group,
        segment=segment,
        register=frozenset(register[register >= 0].tolist()),
        sales=sales,
        unpriced=unpriced,
        rows=hold_cells(frames["rows"], np.zeros(len(frames["rows"]), np.int64), ROWS, **place),
        costs=costs,
        units=units,
        pools=pools,
        drivers=drivers,
        rules=rules,
        unknown={option: unknown_steps(loaded, found) for option, found in rules.items()},
        months=months,
        days=days,
        known_to=known_until(loaded, max(last for _, last in days.values())) if days else None,
        smallest_group=smallest,
        currency=contract.currency,
    )


def _reduce(loaded: Loaded) -> tuple[dict[str, pd.DataFrame], pd.Index[Any]]:
    """Reduce every table to sums per month, and list all customers that they name, in the order of their ids."""
    priced, fill = reduce_sales(loaded)
    sales = sum_sales(priced, by_month=True)
    is_driven = any(rule.rule != "direct" for rule in loaded.engagement.contract.costs.values())
    frames = {
        "sales": sales,
        "unpriced": _unpriced(loaded, sales) if fill.n_unpriced else sales.head(0).assign(n_rows=0.0),
        "costs": sum_costs(loaded, by_month=True),
        "units": reduce_drivers(loaded, by_month=True) if is_driven else NO_DRIVERS,
    }
    named = pd.concat([frame["customer_id"].astype(object) for frame in frames.values()]).dropna().unique()
    return frames | {"rows": sum_rows(loaded, by_month=True)}, pd.Index(sorted(named), dtype=object)


def _unpriced(loaded: Loaded, sales: pd.DataFrame) -> pd.DataFrame:
    """Count the sales that have a customer and net revenue, and no cost that anything tells."""
    rows = in_period(loaded, loaded.tables["transactions"])
    rows = rows.filter(rows.customer_id.notnull() & rows.net_revenue.notnull())
    keys = {"customer_id": rows.customer_id, **month_of(rows)}
    counted = to_frame(rows.group_by(**keys).aggregate(n_rows=rows.count()))
    both = counted.merge(
        sales[[*keys, "n_transactions"]], on=[*keys], how="left"
    )  # a missing month meets a missing one
    both["n_rows"] -= both["n_transactions"].fillna(0)
    return both[both["n_rows"] > 0]


def _codes_of(frame: pd.DataFrame, codes: pd.Index[Any]) -> Codes:
    """Give the place of each row's customer; after the last one for a row of nobody."""
    found = codes.get_indexer(frame["customer_id"].astype(object))
    return np.where(found < 0, len(codes), found)


def _months(frames: Iterable[pd.DataFrame]) -> tuple[int, ...]:
    """Give all months from the first to the last one; one without a name where nothing has a date."""
    found = [int(month) for frame in frames for month in frame["month"].dropna().unique()]
    return tuple(range(min(found, default=0), max(found, default=0) + 1))


def _days(loaded: Loaded, first_month: int) -> dict[int, tuple[date, date]]:
    """Find the first and the last day with a sale of each month."""
    if loaded.missing(transactions=("date",)):
        return {}
    rows = in_period(loaded, loaded.tables["transactions"])
    rows = rows.filter(rows.date.notnull())
    found = to_frame(rows.group_by(**month_of(rows)).aggregate(first=rows.date.min(), last=rows.date.max()))
    return {int(row.month) - first_month: (row.first.date(), row.last.date()) for row in found.itertuples()}


def _rules_of(loaded: Loaded, costs: pd.DataFrame) -> dict[str, Rules]:
    """Give the rules to choose from: the contract's, and one driver for all cost that names no customer."""
    rules: dict[str, Rules] = {"contract": loaded.engagement.contract.costs}
    if not costs.loc[costs["customer_id"].isna(), "amount"].any():
        return rules
    pools = sorted(set(costs["cost_pool"]))
    if any(rule.rule != "direct" for rule in rules["contract"].values()):
        rules["direct"] = {}
    return rules | {driver: dict.fromkeys(pools, CostRule(rule="driver", driver=driver)) for driver in OF_SALES}


def _controls(
    groups: tuple[str, ...], steps: tuple[tuple[int, int], ...], first_month: int, rules: tuple[str, ...]
) -> tuple[Control, ...]:
    found = []
    if len(groups) > 1:
        found.append(Control(id="segments", kind="choices", start=groups, options=groups, named_by="text"))
    if len(steps) > 1:
        for name, ends, start in (("first_month", 0, 0), ("last_month", 1, -1)):
            options = tuple(_name_month(first_month + step[ends]) for step in steps)
            found.append(Control(id=name, kind="choice", start=options[start], options=options, named_by="month"))
    if len(rules) > 1:
        found.append(Control(id="rule", kind="choice", start=rules[0], options=rules))
    return tuple(found)


def _name_month(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _month_at(name: str) -> int:
    return int(name[:4]) * 12 + int(name[5:]) - 1
