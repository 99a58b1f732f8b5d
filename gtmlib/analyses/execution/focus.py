"""Where does the time go? The share of touches and conversations that are spent in the core segments, by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gtmlib.analyses.execution.outreach import CHAPTER
from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.reductions import MissingData, conversations, in_period, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.control_charts import RateChange, compare_before_after
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusMonth:
    """A month's touches and conversations.

    Parameters
    ----------
    month : str
        Like 2025-03.
    touches, conversations : ProportionEstimate or None
        Share in core segments; None with fewer than the floor.
    """

    month: str
    touches: ProportionEstimate | None
    conversations: ProportionEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """Time in core segments.

    Parameters
    ----------
    segments : tuple of str
        The core, as the contract declares it.
    months : tuple of FocusMonth
        In order of time.
    touches, conversations : ProportionEstimate
        Share of all that are in core segments; with few conversations these are the touches again.
    change : RateChange, optional
        Of the touches, the later half of the months against the earlier; None for fewer than four months.
    customers : ProportionEstimate, optional
        Share of the register's customers that are core; None where it does not say.
    n_without_segment : int
        Touches whose segment is not known.
    """

    segments: tuple[str, ...]
    months: tuple[FocusMonth, ...]
    touches: ProportionEstimate
    conversations: ProportionEstimate
    change: RateChange | None
    customers: ProportionEstimate | None
    n_without_segment: int

    @property
    def verdict(self) -> Verdict:
        """Whether focus rose."""
        if self.change is None:
            return "cannot_tell"
        return "confirmed" if self.change.ci_low > 0 else "refuted" if self.change.ci_high < 0 else "cannot_tell"

    def findings(self) -> tuple[Finding, ...]:
        """Give both shares, and how the share of touches changed."""
        found = []
        for name, share in (("touches", self.touches), ("conversations", self.conversations)):
            args: dict[str, Any] = {"rate": share.rate, "n": share.n_trials, "segments": list(self.segments)}
            found.append(
                Finding("execution.focus_share", share.rate, "share", f"execution.finding.focus_{name}", args,
                        group={"of": name}, n=share.n_trials, **interval_of(share))
            )  # fmt: skip
        if self.change is not None:
            change = self.change
            args = {"difference": change.difference, "low": change.ci_low, "high": change.ci_high}
            found.append(
                Finding("execution.focus_change", change.difference, "share", "execution.finding.focus_change", args,
                        n=self.touches.n_trials, verdict=self.verdict, **interval_of(change))
            )  # fmt: skip
        return tuple(found)


def analyse_focus(loaded: Loaded, *, confidence_level: float = 0.95) -> Focus | MissingData:
    """Follow the share of touches and of conversations in the segments that the contract declares as core.

    Parameters
    ----------
    loaded : Loaded
        Needs the contract's focus, and touches with date and a segment (or a customer whose segment is known).
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.engagement import Focus as Core
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"segment": ["A"] * 6 + ["B"] * 4, "date": pd.Timestamp("2025-03-03")})
    >>> touches["touch_id"] = touches.index.astype(str)
    >>> analyse_focus(load_frames({"touches": touches}, focus=Core(segments=["A"]))).touches.rate
    0.6
    """
    contract = loaded.engagement.contract
    needed = loaded.missing(touches=("date",))
    if contract.focus is None or needed:
        return MissingData(chapter=CHAPTER, needed=(*(() if contract.focus else ("contract.focus",)), *needed))
    core = contract.focus.segments
    touches = _by_month(with_segment(loaded, in_period(loaded, loaded.tables["touches"])), core)
    known = touches.dropna(subset=["month", "is_core"])
    smallest = contract.disclosure.smallest_group
    if known["n"].sum() < smallest:
        return MissingData(chapter=CHAPTER, needed=("touches.segment",))
    talks = _by_month(conversations(loaded), core).dropna(subset=["month", "is_core"])
    if talks["n"].sum() < smallest:
        talks = known
    shares = [_shares(frame, smallest, confidence_level) for frame in (known, talks)]
    months = sorted(set().union(*shares))
    return Focus(
        segments=tuple(core),
        months=tuple(
            FocusMonth(month=month, touches=shares[0].get(month), conversations=shares[1].get(month))
            for month in months
        ),
        touches=_share(known, confidence_level),
        conversations=_share(talks, confidence_level),
        change=_change([share for month in months if (share := shares[0].get(month))], confidence_level),
        customers=_customers(loaded, core, confidence_level),
        n_without_segment=int(touches["n"].sum() - known["n"].sum()),
    )


def _by_month(rows: Any, core: list[str]) -> pd.DataFrame:
    months = rows.group_by(month=rows.date.truncate("M"), is_core=rows.segment.isin(core))
    return to_frame(months.aggregate(n=rows.count()))


def _share(frame: pd.DataFrame, level: float) -> ProportionEstimate:
    in_core = int(frame.loc[frame["is_core"].astype(bool), "n"].sum())
    return estimate_proportion(in_core, int(frame["n"].sum()), confidence_level=level)


def _shares(frame: pd.DataFrame, smallest: int, level: float) -> dict[str, ProportionEstimate | None]:
    months = {month.strftime("%Y-%m"): rows for month, rows in frame.groupby("month")}
    return {month: _share(rows, level) if rows["n"].sum() >= smallest else None for month, rows in months.items()}


def _change(months: list[ProportionEstimate], level: float) -> RateChange | None:
    """Hold the later half of the months against the earlier half; an odd month in the middle belongs to neither."""
    half = len(months) // 2
    if half < 2:
        return None
    used = [*months[:half], *months[-half:]]
    k, n = [month.n_successes for month in used], [month.n_trials for month in used]
    return compare_before_after(k, n, half, confidence_level=level)


def _customers(loaded: Loaded, core: list[str], level: float) -> ProportionEstimate | None:
    by = loaded.engagement.contract.segments.by
    if loaded.missing(customers=(by,)):
        return None
    register = with_segment(loaded, loaded.tables["customers"].select("customer_id", by))
    known = register.filter(register.segment.notnull())
    counted = to_frame(known.aggregate(n=known.count(), k=known.segment.isin(core).sum().fill_null(0))).iloc[0]
    return estimate_proportion(int(counted["k"]), int(counted["n"]), confidence_level=level)
