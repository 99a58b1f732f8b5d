"""First contacts with customers, reduced to counts per rep and month: what the questions about people start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.reductions import MissingData, in_period, label_reps
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

CHAPTER = "execution"
LATEST_START = 7  # a test or an export that begins later in its first month leaves that month out of comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class OutreachCell:
    """First contacts of a rep in a month.

    Parameters
    ----------
    rep : str
        Label; empty where unknown.
    month : str
        Like 2025-03.
    is_as_planned : bool or None
        Whether the assigned message was delivered; None where the data do not say.
    n_contacts, n_results : int
        Contacts old enough to have given a result, and those that gave one.
    """

    rep: str
    month: str
    is_as_planned: bool | None
    n_contacts: int
    n_results: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outreach:
    """First contacts. It stays between Reduce and Infer.

    Parameters
    ----------
    cells : tuple of OutreachCell
        Contacts that had their time.
    n_immature : int
        Younger ones, and those without a date.
    full_months : tuple of str
        Months without a gap: each wholly in the data, and old enough.
    """

    cells: tuple[OutreachCell, ...]
    n_immature: int
    full_months: tuple[str, ...]

    def totals(self, key: str, *, months: Iterable[str] | None = None) -> dict[str, tuple[int, int]]:
        """Sum contacts and results by rep or month, in the order of the cells.

        Parameters
        ----------
        key : {'rep', 'month'}
            What to sum by; contacts of unknown reps are left out of sums by rep.
        months : iterable of str, optional
            Only these.
        """
        wanted = None if months is None else set(months)
        found: dict[str, tuple[int, int]] = {}
        for cell in self.cells:
            name = getattr(cell, key)
            if name and (wanted is None or cell.month in wanted):
                n, k = found.get(name, (0, 0))
                found[name] = (n + cell.n_contacts, k + cell.n_results)
        return found


@lru_cache(maxsize=4)  # several exhibits start from it, and none changes it
def read_outreach(loaded: Loaded) -> Outreach | MissingData:
    """Count first contacts and what came of them, by rep and month.

    What counts as a result, and how long it may take, is what the contract's variants say; without them a contact gives
    a result where converted_on is set.

    Parameters
    ----------
    loaded : Loaded
        Needs touches with date and converted_on, or outcome where the contract names outcomes.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = pd.to_datetime(["2025-03-01", "2025-03-09", "2025-04-02"])
    >>> touches = pd.DataFrame({"touch_id": ["1", "2", "3"], "date": days, "rep_id": "R1"})
    >>> touches["converted_on"] = [None, days[2], None]
    >>> found = read_outreach(load_frames({"touches": touches}))
    >>> [(cell.rep, cell.month, cell.n_contacts, cell.n_results) for cell in found.cells], found.full_months
    ([('#1', '2025-03', 2, 1), ('#1', '2025-04', 1, 0)], ('2025-03', '2025-04'))
    """
    plan = loaded.engagement.contract.variants
    success = "outcome" if plan is not None and plan.success else "converted_on"
    if needed := loaded.missing(touches=("date", success)):
        return MissingData(chapter=CHAPTER, needed=needed)
    rows = _contacts(loaded)
    frame = to_frame(
        rows.group_by("rep", "month", "followed", "is_mature").aggregate(
            n=rows.count(), k=rows.is_result.sum().fill_null(0), first=rows.date.min(), last=rows.date.max()
        )
    )
    mature = frame[frame["is_mature"] & frame["month"].notna()].sort_values(["month", "rep", "followed"])
    labels = label_reps(loaded)
    cells = tuple(
        OutreachCell(
            rep=labels.get(row.rep, ""),
            month=row.month.strftime("%Y-%m"),
            is_as_planned=None if pd.isna(row.followed) else bool(row.followed),
            n_contacts=int(row.n),
            n_results=int(row.k),
        )
        for row in mature.itertuples()
    )
    n_immature = int(frame["n"].sum() - mature["n"].sum())
    return Outreach(cells=cells, n_immature=n_immature, full_months=_full_months(mature, _ripe_on(loaded)))


def _ripe_on(loaded: Loaded) -> date:
    """Give the last day whose contacts have had their time."""
    contract = loaded.engagement.contract
    days = contract.variants.horizon_days if contract.variants is not None else None
    return contract.exported_on - timedelta(days=days or 0)


def _contacts(loaded: Loaded) -> Any:
    """Give the first contacts, a row each."""
    contract = loaded.engagement.contract
    plan, stages = contract.variants, contract.first_line.stages
    rows = in_period(loaded, loaded.tables["touches"])
    optional = {"rep_id": "string", "variant_assigned": "string", "variant_delivered": "string", "stage": "string"}
    optional |= {"converted_on": "date", "outcome": "string"}
    rows = rows.mutate({name: ibis.null(kind) for name, kind in optional.items() if name not in rows.columns})
    if stages:
        rows = rows.filter(rows.stage.isin(stages))
    happened = rows.outcome.isin(plan.success) if plan is not None and plan.success else rows.converted_on.notnull()
    happened = happened.fill_null(False)
    mature: Any = rows.date.notnull()
    if plan is not None and plan.horizon_days:
        mature = (rows.date <= _ripe_on(loaded)).fill_null(False)
        waited = ibis.coalesce(rows.converted_on, rows.date).delta(rows.date, unit="day")
        happened = happened & ~(waited > plan.horizon_days).fill_null(False)
    return rows.select(
        "date",
        rep=rows.rep_id.fill_null(""),
        month=rows.date.truncate("M"),
        followed=rows.variant_delivered == rows.variant_assigned,
        is_mature=mature,
        is_result=happened,
    )


def _full_months(mature: pd.DataFrame, ripe_on: date) -> tuple[str, ...]:
    """List the months from the first to the last that is old enough to its end, quiet ones among them."""
    if mature.empty:
        return ()
    first = mature["first"].min()
    start = first.to_period("M") + (1 if first.day > LATEST_START else 0)
    ripe = (pd.Timestamp(ripe_on) + pd.Timedelta(days=1)).to_period("M") - 1
    return tuple(
        str(month) for month in pd.period_range(start, min(ripe, mature["last"].max().to_period("M")), freq="M")
    )
