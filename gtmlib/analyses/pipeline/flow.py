"""What changed in the open pipeline between two snapshots, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.pipeline.deals import lacking_snapshots, select_deals
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.pipeline_flow import round_flow

FLOW_DAYS = 90  # between the two snapshots, at least, where the data reach so far
STEPS = ("new", "raised", "lowered", "won", "lost", "gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """A step of the waterfall.

    Parameters
    ----------
    name : str
        opening, new, raised, lowered, won, lost, gone or closing.
    amount : float
        Signed, to the cent.
    n : int
        Deals in it.
    """

    name: str
    amount: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFlow:
    """What changed in the open pipeline between two snapshots.

    Parameters
    ----------
    steps : tuple of FlowStep
        From the first sum to the last, which the steps between add up to, to the cent.
    from_on, to_on : str
        Dates of the snapshots, ISO.
    n_without_amount : int
        Deals in either that have no amount, which count as nothing.
    currency : str
        Of the amounts.
    """

    steps: tuple[FlowStep, ...]
    from_on: str
    to_on: str
    n_without_amount: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give each step."""
        return tuple(
            Finding("pipeline.flow", step.amount, self.currency, "pipeline.finding.flow",
                    {"flow_step": step.name, "amount": step.amount, "n": step.n}, {"step": step.name}, n=step.n)
            for step in self.steps
        )  # fmt: skip


def analyse_flow(loaded: Loaded) -> SnapshotFlow | MissingData | None:
    """Lay out what changed in the open pipeline between the latest snapshot and one a quarter before, to the cent.

    Parameters
    ----------
    loaded : Loaded
        Needs forecast_snapshots with amount, and deals with created_on, status and closed_on.

    Returns
    -------
    SnapshotFlow, MissingData or None
        None where there are not two snapshots.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> analyse_flow(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'forecast_snapshots'
    """
    if lacking := lacking_snapshots(loaded, "amount"):
        return lacking
    rows = loaded.tables["forecast_snapshots"]
    dates = sorted(to_frame(rows.select("taken_on").distinct())["taken_on"].dt.date)
    if len(dates) < 2:
        return None
    to_on = dates[-1]
    from_on = max([day for day in dates[:-1] if day <= to_on - timedelta(days=FLOW_DAYS)] or dates[:1])
    deals = select_deals(loaded).select("deal_id", "outcome", "closed_on")

    def open_at(day: Any) -> Any:
        """Deals in the snapshot that had not closed by its day."""
        taken = rows.filter(rows.taken_on == ibis.literal(day)).select("deal_id", "amount").left_join(deals, "deal_id")
        is_closed = (taken.outcome != "open") & (taken.closed_on <= ibis.literal(day))
        return taken.filter(~is_closed.fill_null(False)).select("deal_id", "amount")

    first, last = open_at(from_on), open_at(to_on)
    both = first.select("deal_id", before="amount", is_before=True).outer_join(
        last.select("deal_id", after="amount", is_after=True), "deal_id"
    )
    both = both.mutate(deal=ibis.coalesce(both.deal_id, both.deal_id_right)).drop("deal_id", "deal_id_right")
    both = both.left_join(deals, both.deal == deals.deal_id)
    return _lay_out(loaded, both, from_on, to_on)


def _lay_out(loaded: Loaded, both: Any, from_on: date, to_on: date) -> SnapshotFlow:
    """Sum up the two snapshots by what happened to each deal, in 1/10,000 of the currency: whole numbers, so exact."""
    parts = {name: (both[name].fill_null(0) * 10_000).cast("int64") for name in ("before", "after")}
    closed = both.outcome.isin(["won", "lost"]) & (both.closed_on <= ibis.literal(to_on))
    change = parts["after"] - parts["before"]
    step = ibis.cases(
        (both.is_before.isnull(), "new"),
        (both.is_after.isnull() & closed.fill_null(False), both.outcome),
        (both.is_after.isnull(), "gone"),
        (change > 0, "raised"),
        (change < 0, "lowered"),
        else_="same",
    )
    lacks = (both.is_before.notnull() & both.before.isnull()) | (both.is_after.notnull() & both.after.isnull())
    both = both.mutate(step=step, opening=parts["before"], change=change, lacks=lacks)
    sums = to_frame(
        both.group_by("step").aggregate(
            n=both.count(), opening=both.opening.sum().cast("int64"), change=both.change.sum().cast("int64"),
            n_before=both.is_before.count(), n_after=both.is_after.count(), n_lacking=both.lacks.sum().fill_null(0),
        )
    ).set_index("step")  # fmt: skip
    names = [name for name in STEPS if name in sums.index]
    opening, changes, closing = round_flow(
        int(sums["opening"].sum()), [int(sums.loc[name, "change"]) for name in names]
    )
    middle = [
        FlowStep(name=name, amount=cents / 100, n=int(sums.loc[name, "n"]))
        for name, cents in zip(names, changes, strict=True)
    ]
    return SnapshotFlow(
        steps=(
            FlowStep(name="opening", amount=opening / 100, n=int(sums["n_before"].sum())),
            *middle,
            FlowStep(name="closing", amount=closing / 100, n=int(sums["n_after"].sum())),
        ),
        from_on=str(from_on),
        to_on=str(to_on),
        n_without_amount=int(sums["n_lacking"].sum()),
        currency=loaded.engagement.contract.currency,
    )
