"""Who got which message, and what came of it: the contacts of a test of message variants, reduced to counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.reductions import in_period, label_reps, rep_order, with_segment
from gtmlib.data.engagement import Variants
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.compliance import Delivery
from gtmlib.stats.designs import VariantCell
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

PACE_WEEKS = 8  # the present pace is that of the last two months: a sales year has busy and quiet ones
UNITS = {"deal": "deal_id", "customer": "customer_id"}
OPTIONAL = {
    "date": "date",
    "rep_id": "string",
    "variant_delivered": "string",
    "converted_on": "date",
    "outcome": "string",
    "customer_id": "string",
    "deal_id": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Contacts that a comparison leaves out, by why; each is counted once.

    Parameters
    ----------
    n_unassigned, n_undeclared : int
        Without variant, and with one that the contract lacks.
    n_without_unit : int
        With a variant, but without the deal or customer that the contract counts by.
    n_later : int
        Further touches of a deal or customer whose first touch is the contact.
    n_immature : int
        Too young to have converted.
    """

    n_unassigned: int
    n_undeclared: int
    n_without_unit: int
    n_later: int
    n_immature: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepWeek:
    """Contacts of a rep in a week, and those that got what was assigned.

    Parameters
    ----------
    rep : str
        Label; empty where unknown.
    week : str
        Its Monday, ISO; empty where unknown.
    n_contacts, n_as_assigned : int
        Contacts whose delivery is known, and those of them that got the assigned variant.
    """

    rep: str
    week: str
    n_contacts: int
    n_as_assigned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """All that the comparison knows of the contacts. It stays between Reduce and Infer.

    Parameters
    ----------
    cells : tuple of VariantCell
        Mature contacts and conversions by variant, rep, segment and period.
    n_assigned : dict
        Declared variant = its contacts, young ones included.
    left_out : LeftOut
        Contacts that are not in the cells.
    n_duplicates : int
        Contacts in the cells at accounts that met more than one variant.
    deliveries : dict
        Variant = what was delivered of it in its own arm and in the control's; empty where delivery is not known.
    rep_weeks : tuple of RepWeek
        Contacts whose delivery is known.
    contacts_per_week : float, optional
        Present pace in all declared variants; none without dates.
    """

    cells: tuple[VariantCell, ...]
    n_assigned: dict[str, int]
    left_out: LeftOut
    n_duplicates: int
    deliveries: dict[str, tuple[Delivery, Delivery]]
    rep_weeks: tuple[RepWeek, ...]
    contacts_per_week: float | None


def needed_columns(plan: Variants | None) -> dict[str, tuple[str, ...]]:
    """Name the columns that the comparison needs: what counts as success and as one contact is the plan's to say.

    Parameters
    ----------
    plan : Variants, optional
        The contract's.

    Examples
    --------
    >>> needed_columns(None)
    {'touches': ('variant_assigned', 'converted_on')}
    """
    success = "outcome" if plan is not None and plan.success else "converted_on"
    date = ("date",) if plan is not None and (plan.horizon_days or plan.unit != "touch") else ()
    unit = (UNITS[plan.unit],) if plan is not None and plan.unit != "touch" else ()
    return {"touches": ("variant_assigned", success, *date, *unit)}


def select_contacts(loaded: Loaded, plan: Variants) -> Any:
    """Give the contacts of the test, a row each: of a touch, or of the first touch of a deal or customer.

    A contact converts if what counts as success happened to it within the horizon; of a deal or customer, to any of its
    touches, counted from the first. Later touches keep their row, with `is_first` false.

    Parameters
    ----------
    loaded : Loaded
        With the columns of `needed_columns`.
    plan : Variants
        The contract's.

    Returns
    -------
    ibis Table
        variant, delivered, rep, segment (str), period, week (date), is_first, is_mature, is_converted, is_mixed (its
        account met more than one variant), has_unit (bool).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"], unit="customer")
    >>> touches = pd.DataFrame({"touch_id": ["1", "2"], "customer_id": "K1", "variant_assigned": ["A", "B"],
    ...                         "date": pd.to_datetime(["2025-01-01", "2025-01-09"]), "outcome": ["no", "meeting"]})
    >>> rows = to_frame(select_contacts(load_frames({"touches": touches}), plan)).sort_values("variant")
    >>> rows[["variant", "is_first", "is_converted", "is_mixed"]].to_dict("records")[0]
    {'variant': 'A', 'is_first': True, 'is_converted': True, 'is_mixed': True}
    """
    rows = with_segment(loaded, in_period(loaded, loaded.tables["touches"]))
    rows = rows.mutate({name: ibis.null(kind) for name, kind in OPTIONAL.items() if name not in rows.columns})
    rows = rows.filter(rows.variant_assigned.notnull())
    by_touch = plan.unit == "touch"
    unit = rows.touch_id if by_touch else rows[UNITS[plan.unit]]
    rows = rows.mutate(unit=unit, account=ibis.coalesce(rows.customer_id, rows.deal_id))
    of_unit = ibis.window(group_by="unit")
    happened = rows.outcome.isin(plan.success) if plan.success else rows.converted_on.notnull()
    first_on = rows.date if by_touch else rows.date.min().over(of_unit)
    rows = rows.mutate(first_on=first_on, is_converted=happened.fill_null(False))
    mature: Any = ibis.literal(True)
    if plan.horizon_days:
        ripe_on = ibis.literal(loaded.engagement.contract.exported_on) - ibis.interval(days=plan.horizon_days)
        mature = (rows.first_on <= ripe_on.cast("date")).fill_null(False)
        waited = ibis.coalesce(rows.converted_on, rows.date).delta(rows.first_on, unit="day")
        rows = rows.mutate(is_converted=rows.is_converted & ~(waited > plan.horizon_days).fill_null(False))
    is_first: Any = ibis.literal(True)
    if not by_touch:
        order = ibis.window(group_by="unit", order_by=[rows.date, rows.touch_id])
        is_first = ibis.row_number().over(order) == 0
        rows = rows.mutate(is_converted=rows.is_converted.any().over(of_unit))
    of_account = ibis.window(group_by="account")
    low, high = (rows.variant_assigned.min().over(of_account), rows.variant_assigned.max().over(of_account))
    return rows.select(
        variant=rows.variant_assigned,
        delivered=rows.variant_delivered,
        rep=rows.rep_id.fill_null(""),
        segment=rows.segment.fill_null(""),
        period=rows.date.truncate("M" if plan.period == "month" else "Q"),
        week=rows.date.truncate("W"),
        is_first=is_first,
        is_mature=mature,
        is_converted=rows.is_converted,
        is_mixed=(rows.account.notnull() & (low != high)).fill_null(False),
        has_unit=rows.unit.notnull(),
    )


def count_contacts(loaded: Loaded, plan: Variants) -> Counts:
    """Reduce the contacts to what the comparison needs: the only rows that leave the engine are counts.

    Parameters
    ----------
    loaded : Loaded
        With the columns of `needed_columns`.
    plan : Variants
        The contract's.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> touches = pd.DataFrame({"touch_id": ["1", "2"], "variant_assigned": "A", "outcome": ["meeting", "no"]})
    >>> [(cell.variant, cell.n_contacts, cell.n_conversions) for cell in count_contacts(load_frames(
    ...     {"touches": touches}), plan).cells]
    [('A', 2, 1)]
    """
    every = select_contacts(loaded, plan)
    declared = every.variant.isin(list(plan.planned_split))
    rows = every.filter(declared & every.has_unit & every.is_first)
    labels = label_reps(loaded)
    touches = in_period(loaded, loaded.tables["touches"])
    outside = touches.aggregate(n=touches.variant_assigned.isnull().sum().fill_null(0))
    lost = every.aggregate(
        n_without_unit=(~every.has_unit).sum().fill_null(0),
        n_later=(every.has_unit & ~every.is_first).sum().fill_null(0),
        n_undeclared=(every.has_unit & every.is_first & ~declared).sum().fill_null(0),
    )
    cells, n_assigned, n_duplicates = _count_cells(rows, labels)
    counted = {name: int(value) for name, value in to_frame(lost).iloc[0].items()}
    n_mature = sum(cell.n_contacts for cell in cells)
    return Counts(
        cells=cells,
        n_assigned={name: n_assigned.get(name, 0) for name in plan.planned_split},
        left_out=LeftOut(
            n_unassigned=int(to_frame(outside).loc[0, "n"]), n_immature=sum(n_assigned.values()) - n_mature, **counted
        ),
        n_duplicates=n_duplicates,
        deliveries=_count_deliveries(rows, plan.control),
        rep_weeks=_count_rep_weeks(rows, labels),
        contacts_per_week=_pace(rows, pd.Timestamp(loaded.engagement.contract.exported_on)),
    )


def count_by_rep(loaded: Loaded, plan: Variants) -> tuple[tuple[VariantCell, ...], float | None]:
    """Reduce the contacts to what the plan of the next test needs, which takes a fraction of the whole.

    Parameters
    ----------
    loaded : Loaded
        With the columns of `needed_columns`.
    plan : Variants
        The contract's.

    Returns
    -------
    tuple of VariantCell
        Mature contacts and conversions by variant and rep (their ids: nobody is shown them).
    float or None
        Present pace in all declared variants; none without dates.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> touches = pd.DataFrame({"touch_id": ["1", "2"], "variant_assigned": "A", "outcome": ["meeting", "no"]})
    >>> cells, pace = count_by_rep(load_frames({"touches": touches}), plan)
    >>> [(cell.n_contacts, cell.n_conversions) for cell in cells], pace
    ([(2, 1)], None)
    """
    every = select_contacts(loaded, plan)
    rows = every.filter(every.variant.isin(list(plan.planned_split)) & every.has_unit & every.is_first)
    mature = rows.filter(rows.is_mature)
    counts = mature.group_by("variant", "rep").aggregate(n=mature.count(), k=mature.is_converted.sum())
    frame = to_frame(counts).sort_values(["variant", "rep"])
    cells = tuple(
        VariantCell(variant=row.variant, rep=row.rep, n_contacts=int(row.n), n_conversions=int(row.k))
        for row in frame.itertuples()
    )
    return cells, _pace(rows, pd.Timestamp(loaded.engagement.contract.exported_on))


def _count_cells(rows: Any, labels: dict[str, str]) -> tuple[tuple[VariantCell, ...], dict[str, int], int]:
    frame = to_frame(
        rows.group_by("variant", "rep", "segment", "period").aggregate(
            n=rows.count(),
            n_mature=rows.is_mature.sum(),
            n_converted=(rows.is_mature & rows.is_converted).sum(),
            n_mixed=(rows.is_mature & rows.is_mixed).sum(),
        )
    ).sort_values(["variant", "rep", "segment", "period"], ignore_index=True)
    cells = tuple(
        VariantCell(
            variant=row.variant,
            rep=labels.get(row.rep, ""),
            segment=row.segment,
            period=_iso(row.period)[:7],
            n_contacts=int(row.n_mature),
            n_conversions=int(row.n_converted),
        )
        for row in frame.itertuples()
        if row.n_mature
    )
    n_assigned = {str(name): int(n) for name, n in frame.groupby("variant")["n"].sum().items()}
    return cells, n_assigned, int(frame["n_mixed"].sum())


def _count_deliveries(rows: Any, control: str) -> dict[str, tuple[Delivery, Delivery]]:
    """Count per arm, among mature contacts whose delivery is known."""
    known = rows.filter(rows.is_mature & rows.delivered.notnull())
    frame = to_frame(
        known.group_by("variant", "delivered").aggregate(n=known.count(), k=known.is_converted.sum().fill_null(0))
    )
    arms = {str(name): arm for name, arm in frame.groupby("variant")}
    if control not in arms:
        return {}

    def delivery(arm: str, variant: str) -> Delivery:
        found = arms[arm]
        got = found[found["delivered"] == variant]
        return Delivery(
            n_assigned=int(found["n"].sum()),
            n_conversions=int(found["k"].sum()),
            n_delivered=int(got["n"].sum()),
            n_delivered_conversions=int(got["k"].sum()),
        )

    return {name: (delivery(name, name), delivery(control, name)) for name in arms if name != control}


def _count_rep_weeks(rows: Any, labels: dict[str, str]) -> tuple[RepWeek, ...]:
    known = rows.filter(rows.delivered.notnull())
    frame = to_frame(
        known.group_by("rep", "week").aggregate(
            n=known.count(), n_kept=(known.delivered == known.variant).sum().fill_null(0)
        )
    ).sort_values(["rep", "week"])
    return tuple(
        RepWeek(rep=labels.get(row.rep, ""), week=_iso(row.week), n_contacts=int(row.n), n_as_assigned=int(row.n_kept))
        for row in frame.itertuples()
    )


def _pace(rows: Any, exported_on: pd.Timestamp) -> float | None:
    """Contacts per week over the last full weeks of the test; a quiet week counts as one."""
    weeks = to_frame(rows.group_by("week").aggregate(n=rows.count())).dropna().sort_values("week")
    if weeks.empty:
        return None
    full = weeks[weeks["week"] + pd.Timedelta(days=6) <= exported_on]
    weeks = full if len(full) else weeks
    last = weeks["week"].iloc[-1]
    recent = weeks[weeks["week"] > last - pd.Timedelta(weeks=PACE_WEEKS)]
    n_weeks = (last - recent["week"].iloc[0]).days // 7 + 1
    return float(recent["n"].sum() / n_weeks)


def _iso(day: Any) -> str:
    return "" if pd.isna(day) else str(day.date().isoformat())


def rep_fidelity(counts: Counts, smallest_group: int) -> dict[str, ProportionEstimate]:
    """Estimate per rep the share of contacts that got the assigned variant; reps under the floor are left out.

    Parameters
    ----------
    counts : Counts
        With `rep_weeks`.
    smallest_group : int
        Fewest contacts that a shown rep may have.

    Examples
    --------
    >>> rep_fidelity(Counts(cells=(), n_assigned={}, n_duplicates=0, deliveries={}, rep_weeks=(),
    ...     contacts_per_week=None, left_out=None), 5)
    {}
    """
    totals: dict[str, tuple[int, int]] = {}
    for row in counts.rep_weeks:
        n, kept = totals.get(row.rep, (0, 0))
        totals[row.rep] = (n + row.n_contacts, kept + row.n_as_assigned)
    shown = sorted((rep for rep, (n, _) in totals.items() if n >= smallest_group), key=rep_order)
    return {rep: estimate_proportion(totals[rep][1], totals[rep][0]) for rep in shown}


def reps_below_floor(reps: dict[str, ProportionEstimate], floor: float) -> tuple[str, ...]:
    """Name the reps whose whole interval lies under the floor: nobody is named for what chance may have done.

    Parameters
    ----------
    reps : dict
        Rep = share of contacts that got the assigned variant.
    floor : float
        The contract's, in [0, 1].

    Examples
    --------
    >>> reps_below_floor({"#1": estimate_proportion(40, 80), "#2": estimate_proportion(6, 8)}, 0.8)
    ('#1',)
    """
    return tuple(rep for rep, estimate in reps.items() if rep and estimate.ci_high < floor)
