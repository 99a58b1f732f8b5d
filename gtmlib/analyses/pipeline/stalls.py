"""Which open deals have stalled: by age, and by the groups that promise more than they can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.pipeline.deals import GROUPINGS, open_deals, read_clock
from gtmlib.analyses.pipeline.watermelon import Promise
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, label_reps
from gtmlib.data.engagement import require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.competing_risks import Expected, chances_if_open, estimate_expected

AGE_EDGES = (0, 30, 60, 90, 120, 180, 365, 730)
UNKNOWN = "unknown"  # the group of deals without one; presenters name it in the reader's language


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """Open deals of about one age.

    Parameters
    ----------
    from_days : int
        Youngest age.
    to_days : int, optional
        Oldest age; none where there is no end.
    n, n_stalled : int
        Open deals, and those of them whose chance is under the contract's value.
    expected : Expected
        Wins to expect of them.
    """

    from_days: int
    to_days: int | None
    n: int
    n_stalled: int
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAges:
    """How old the open deals are, and what chance their age leaves them.

    Parameters
    ----------
    bands : tuple of AgeBand
        From the youngest on; bands smaller than the floor are joined to a neighbour.
    n_stalled : int
        Open deals whose chance to be won is under the contract's value.
    stall_days : int, optional
        Age from which on that is so; none where no deal is stalled.
    stall_win_chance : float
        The contract's value.
    n_stale, longest_days : int
        Open deals older than any deal was when it closed, and how old that one was.
    """

    bands: tuple[AgeBand, ...]
    n_stalled: int
    stall_days: int | None
    stall_win_chance: float
    n_stale: int
    longest_days: int

    def findings(self) -> tuple[Finding, ...]:
        """Give the stalled deals, and the chance by age."""
        n = sum(band.n for band in self.bands)
        args = {"n": self.n_stalled, "of": n, "chance": self.stall_win_chance}
        found = [
            Finding("pipeline.n_stalled_open", self.n_stalled, "count", "pipeline.finding.n_stalled_open", args, n=n)
        ]
        for band in self.bands:
            share, expected = band.expected.value / band.n, band.expected
            told = {"chance": share, "n": band.n, "days": band.from_days}
            found.append(
                Finding("pipeline.win_chance_open", share, "share", "pipeline.finding.win_chance_open", told,
                        {"from_days": str(band.from_days)}, ci_low=expected.ci_low / band.n,
                        ci_high=expected.ci_high / band.n, confidence_level=expected.confidence_level, n=band.n)
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPromise:
    """The open deals of a group.

    Parameters
    ----------
    group : str
        Its name; `unknown` where the data give none.
    promise : Promise
        Counted at the closed win rate of all, against what age leaves.
    n_stalled : int
        Deals whose chance is under the contract's value.
    """

    group: str
    promise: Promise
    n_stalled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributors:
    """Where the pipeline promises more than it can hold.

    Parameters
    ----------
    by : {'segment', 'stage', 'source', 'rep'}
        What the open deals are grouped by.
    rows : tuple of GroupPromise
        The largest gap first, reps by their number; groups under the floor are folded into `other`.
    n_open : int
        Open deals.
    smallest_group : int
        The disclosure floor.
    """

    by: str
    rows: tuple[GroupPromise, ...]
    n_open: int
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give the wins that each group is counted too many for."""
        found = []
        for row in self.rows:
            gap, expected = row.promise.counted - row.promise.expected.value, row.promise.expected
            args = {"pipeline_group": row.group, "gap": gap, "n": row.promise.n}
            found.append(
                Finding("pipeline.overstated_wins", gap, "count", "pipeline.finding.overstated_wins", args,
                        {self.by: row.group}, ci_low=row.promise.counted - expected.ci_high,
                        ci_high=row.promise.counted - expected.ci_low, confidence_level=expected.confidence_level,
                        n=row.promise.n)
            )  # fmt: skip
        return tuple(found)


def analyse_open_ages(loaded: Loaded, *, confidence_level: float = 0.95) -> OpenAges | MissingData | None:
    """Count the open deals by age, with the chance that each age leaves.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abcd"), "status": ["won", "lost", "open", "open"],
    ...     "created_on": pd.to_datetime(["2025-11-01", "2025-11-01", "2025-12-21", "2025-01-01"]),
    ...     "closed_on": pd.to_datetime(["2025-11-21", "2025-12-01", None, None])})
    >>> analyse_open_ages(load_frames({"deals": deals})).n_stalled
    1
    """
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    longest = clock.table.last_event
    if longest is None or not clock.n_open:
        return None
    contract = loaded.engagement.contract
    threshold = contract.pipeline.stall_win_chance
    ages = clock.open_ages.assign(chance=chances_if_open(clock.table, clock.open_ages["days"]))
    is_stalled = ages["chance"] < threshold
    bands = [
        AgeBand(
            from_days=low,
            to_days=high,
            n=int(part["n"].sum()),
            n_stalled=int(part.loc[part["chance"] < threshold, "n"].sum()),
            expected=estimate_expected(clock.table, part["days"], part["n"], confidence_level=confidence_level),
        )
        for low, high, part in _bands(ages, contract.disclosure.smallest_group)
    ]
    # The age after which every open deal is stalled: a younger one may have little chance before a usual closing day.
    hopeful = clock.table.times[chances_if_open(clock.table, clock.table.times) >= threshold]
    return OpenAges(
        bands=tuple(bands),
        n_stalled=int(ages.loc[is_stalled, "n"].sum()),
        stall_days=int(hopeful[-1]) + 1 if is_stalled.any() and hopeful.size else None,
        stall_win_chance=threshold,
        n_stale=int(ages.loc[ages["days"] > longest, "n"].sum()),
        longest_days=int(longest),
    )


def rank_contributors(
    loaded: Loaded, *, by: str = "segment", confidence_level: float = 0.95
) -> Contributors | MissingData | None:
    """Tell which groups of open deals promise more than their age leaves.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status, closed_on and the grouping.
    by : {'segment', 'stage', 'source', 'rep'}
        What to group by; reps are not ranked, and are pseudonyms unless the contract names them.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If the grouping is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> rank_contributors(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'deals.created_on'
    """
    require_known("grouping", by, GROUPINGS)
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    rows = open_deals(loaded)
    cells = to_frame(rows.group_by(group=rows[by].fill_null(UNKNOWN), days=rows.days).aggregate(n=rows.count()))
    if clock.closed_rate is None or clock.table.last_event is None or not (cells["group"] != UNKNOWN).any():
        return None
    if by == "rep":
        cells = cells.assign(group=cells["group"].map(label_reps(loaded)).fillna(UNKNOWN))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    totals = cells.groupby("group", as_index=False)["n"].sum()
    shown = set(fold_small_groups(totals, "group", "n", smallest)["group"])
    cells = cells.assign(group=cells["group"].where(cells["group"].isin(shown), OTHER))
    chance = chances_if_open(clock.table, cells["days"])
    threshold = loaded.engagement.contract.pipeline.stall_win_chance
    cells = cells.assign(n_stalled=cells["n"].where(chance < threshold, 0))
    found = []
    for name, part in cells.groupby("group", sort=True):
        n = int(part["n"].sum())
        expected = estimate_expected(clock.table, part["days"], part["n"], confidence_level=confidence_level)
        promise = Promise(n=n, counted=n * clock.closed_rate.rate, expected=expected)
        found.append(GroupPromise(group=str(name), promise=promise, n_stalled=int(part["n_stalled"].sum())))
    return Contributors(by=by, rows=tuple(sorted(found, key=_order(by))), n_open=clock.n_open, smallest_group=smallest)


def _order(by: str) -> Any:
    """The largest gap first; reps by number, since a list of people from most to least would be a league table."""
    if by == "rep":
        return lambda row: (
            row.group in (UNKNOWN, OTHER),
            int(row.group[1:]) if row.group[1:].isdigit() else 0,
            row.group,
        )
    return lambda row: -(row.promise.counted - row.promise.expected.value)


def _bands(ages: pd.DataFrame, smallest: int) -> list[tuple[int, int | None, pd.DataFrame]]:
    """Cut the ages into bands, each joined to its neighbour until it holds as many as the floor asks for."""
    last = float(ages["days"].max())
    edges = [edge for edge in AGE_EDGES if edge <= last]
    found: list[tuple[int, int | None, pd.DataFrame]] = []
    for place, low in enumerate(edges):
        high = edges[place + 1] - 1 if place + 1 < len(edges) else None
        part = ages[(ages["days"] >= low) & (ages["days"] <= (last if high is None else high))]
        if found and (found[-1][2]["n"].sum() < smallest or part["n"].sum() < smallest):
            before = found.pop()
            low, part = before[0], pd.concat([before[2], part])
        found.append((low, high, part))
    return [band for band in found if len(band[2])]
