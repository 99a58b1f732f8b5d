"""The deals on their clock: from the start to the close, or to the date of the data where they are still open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.reductions import MissingData, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.competing_risks import RiskTable, tabulate_risks
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "pipeline"
NEEDED: dict[str, tuple[str, ...]] = {"deals": ("created_on", "status", "closed_on")}
PARTS = 10_000  # of a probability: whole parts have one sum, whatever the order in which an engine adds them
FEWEST_UNSEEN = 3.0  # closings to expect before the first one in the data: none by chance in 5 % at most
GROUPINGS = ("segment", "stage", "source", "rep")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Deals that are not on the clock, by why; each is counted once.

    Parameters
    ----------
    n_without_start, n_without_status, n_without_close : int
        Without the day they began, without a status, and closed on a day that is not known.
    n_impossible : int
        Closed before they began, or after the date of the data.
    """

    n_without_start: int
    n_without_status: int
    n_without_close: int
    n_impossible: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Clock:
    """What the chapter starts from. It stays between Reduce and Infer.

    Parameters
    ----------
    table : RiskTable
        Won, lost and open by days since the start; open deals are followed to the date of the data.
    open_ages : DataFrame, one row per age of open deals
        days (int), n (int), amount (float; 0 where unknown), n_with_amount (int).
    closed_rate : ProportionEstimate, optional
        Won of all that closed, whether dated or not; none where nothing closed.
    left_out : LeftOut
        Deals that are not on the clock.
    closings_from : str, optional
        First day of which the data hold closings, ISO, where deals that started before must have closed before: they
        are not in the data, so that what started earlier seems to have taken long.
    """

    table: RiskTable
    open_ages: pd.DataFrame
    closed_rate: ProportionEstimate | None
    left_out: LeftOut
    closings_from: str | None

    @property
    def n_open(self) -> int:
        """Open deals whose start is known."""
        return int(self.open_ages["n"].sum())


def select_deals(loaded: Loaded) -> Any:
    """Give every deal with its outcome and the days that it took, or has taken so far.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on.

    Returns
    -------
    ibis Table
        deal_id, outcome (won, lost, open, or null), days (int; null where not known), why (the reason why a deal is
        not on the clock, else null), created_on, closed_on, amount, segment, stage, source, rep (null where unknown).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1", "2"], "status": ["won", "open"],
    ...                       "created_on": pd.Timestamp("2025-12-01"),
    ...                       "closed_on": [pd.Timestamp("2025-12-11"), None]})
    >>> to_frame(select_deals(load_frames({"deals": deals}))).sort_values("deal_id")["days"].tolist()
    [10, 30]
    """
    deals = with_segment(loaded, loaded.tables["deals"])
    kinds = {"amount": "decimal(18, 4)", "stage": "string", "source": "string", "rep_id": "string"}
    deals = deals.mutate({name: ibis.null(kind) for name, kind in kinds.items() if name not in deals.columns})
    end = ibis.literal(loaded.engagement.contract.exported_on)
    is_closed = deals.status.isin(["won", "lost"])
    outcome = ibis.cases((is_closed, deals.status), (deals.status.notnull(), "open"), else_=ibis.null("string"))
    ended_on = ibis.ifelse(is_closed, deals.closed_on, end)
    days = ended_on.delta(deals.created_on, unit="day").cast("int64")
    why = ibis.cases(
        (deals.created_on.isnull(), "without_start"),
        (deals.status.isnull(), "without_status"),
        (is_closed & deals.closed_on.isnull(), "without_close"),
        ((days < 0) | (ended_on > end), "impossible"),
        else_=ibis.null("string"),
    )
    return deals.select(
        "deal_id", "created_on", "closed_on", "amount", "segment", "stage", "source",
        outcome=outcome, days=days, why=why, rep=deals.rep_id,
    )  # fmt: skip


@lru_cache(maxsize=4)  # every exhibit of the chapter starts from it, and none changes it
def read_clock(loaded: Loaded) -> Clock | MissingData:
    """Reduce the deals to what became of them by days since the start.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> read_clock(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed
    ('deals.created_on', 'deals.status', 'deals.closed_on')
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    every = select_deals(loaded)
    is_on = every.why.isnull()
    counts = to_frame(
        every.aggregate(
            {
                f"n_{why}": (every.why == why).sum().fill_null(0)
                for why in ("without_start", "without_status", "without_close", "impossible")
            }
            | {name: (every.outcome == name).sum().fill_null(0) for name in ("won", "lost")}
        )
    ).loc[0]
    rows = every.filter(is_on)
    amount = rows.amount.sum().fill_null(0)
    cells = to_frame(
        rows.group_by("days", "outcome").aggregate(n=rows.count(), amount=amount, n_with_amount=rows.amount.count())
    ).sort_values(["days", "outcome"])
    if cells.empty:
        return MissingData(chapter=CHAPTER, needed=("deals.created_on",))
    n_by = {name: cells["n"].where(cells["outcome"] == name, 0) for name in ("won", "lost", "open")}
    n_closed = int(counts["won"] + counts["lost"])
    table = tabulate_risks(cells["days"], n_by["won"], n_by["lost"], n_by["open"])
    return Clock(
        table=table,
        open_ages=cells[cells["outcome"] == "open"].drop(columns="outcome").reset_index(drop=True),
        closed_rate=estimate_proportion(int(counts["won"]), n_closed) if n_closed else None,
        left_out=LeftOut(**{name: int(counts[name]) for name in LeftOut.__dataclass_fields__}),
        closings_from=_closings_from(rows, table),
    )


def _closings_from(rows: Any, table: RiskTable) -> str | None:
    """Give the day of the first closing, where deals that started before it should have closed before it too."""
    first = to_frame(rows.aggregate(day=rows.closed_on.min())).loc[0, "day"]
    if pd.isna(first):
        return None
    waited = ibis.literal(first.date()).delta(rows.created_on, unit="day").cast("int64")
    before = rows.mutate(waited=waited).filter(lambda deal: deal.waited > 0)
    early = to_frame(before.group_by("waited").aggregate(n=before.count())).sort_values("waited")
    still_open = np.cumprod(1 - (table.n_won + table.n_lost) / table.n_at_risk)
    place = np.searchsorted(table.times, early["waited"] - 1, side="right")
    n_unseen = float(early["n"] @ (1 - np.concatenate([[1.0], still_open])[place]))
    return str(first.date()) if n_unseen >= FEWEST_UNSEEN else None


def open_deals(loaded: Loaded) -> Any:
    """Give the open deals that are on the clock.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1", "2"], "status": "open", "created_on": [pd.Timestamp("2025-12-01"), None],
    ...                       "closed_on": pd.Series([None, None], dtype="datetime64[us]")})
    >>> open_deals(load_frames({"deals": deals})).deal_id.to_pyarrow().to_pylist()
    ['1']
    """
    rows = select_deals(loaded)
    return rows.filter(rows.why.isnull() & (rows.outcome == "open"))


def lacking_snapshots(loaded: Loaded, *columns: str) -> MissingData | None:
    """Name what an analysis of forecast snapshots lacks; None where it has all.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    *columns : str
        Columns of forecast_snapshots that it needs.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lacking_snapshots(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})}), "amount").needed[0]
    'forecast_snapshots'
    """
    needed = loaded.missing(forecast_snapshots=columns, **NEEDED)
    return MissingData(chapter=CHAPTER, needed=needed) if needed else None


def in_parts(probability: Any) -> Any:
    """Give probabilities in whole parts of 10,000.

    Parameters
    ----------
    probability : ibis column
        In [0, 1].

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> seen = {"taken_on": [pd.Timestamp("2025-01-31")], "deal_id": ["1"], "probability": [0.35]}
    >>> rows = load_frames({"forecast_snapshots": pd.DataFrame(seen)}).tables["forecast_snapshots"]
    >>> in_parts(rows.probability).to_pyarrow().to_pylist()
    [3500]
    """
    return (probability * PARTS).round().cast("int64")
