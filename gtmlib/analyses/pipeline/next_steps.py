"""Next steps: whether open deals have one ahead, and whether an early one goes with winning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import ibis

from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.pipeline.deals import CHAPTER, open_deals, select_deals
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.comparisons import ProportionComparison, compare_proportions
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

LANDMARK_DAYS = 30  # of a deal's first days that count as early, at most a third of the horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """Next steps on open deals, and whether an early one goes with winning.

    Parameters
    ----------
    coverage : ProportionEstimate
        Open deals with a next step that still lies ahead.
    n_lapsed, n_none : int
        Open deals whose next step has passed, and without any.
    pays : ProportionComparison, optional
        Won within the horizon, with an early next step against without; none where too few deals can be compared.
    landmark_days, horizon_days : int
        What counts as early, and the time that every compared deal had.
    """

    coverage: ProportionEstimate
    n_lapsed: int
    n_none: int
    pays: ProportionComparison | None
    landmark_days: int
    horizon_days: int

    @property
    def verdict(self) -> Verdict:
        """Whether an early next step goes with winning."""
        if self.pays is None or self.pays.ci_low <= 0 <= self.pays.ci_high:
            return "cannot_tell"
        return "confirmed" if self.pays.ci_low > 0 else "refuted"

    def findings(self) -> tuple[Finding, ...]:
        """Give the coverage and the difference."""
        rate = self.coverage
        args = {"rate": rate.rate, "n": rate.n_trials}
        message = "pipeline.finding.next_step_rate"
        found = [
            Finding("pipeline.next_step_rate", rate.rate, "share", message, args, n=rate.n_trials, **interval_of(rate))
        ]
        if self.pays is not None:
            n = self.pays.group.n_trials + self.pays.control.n_trials
            told = {"difference": self.pays.difference, "n": n}
            message = f"pipeline.finding.next_step_difference.{self.verdict}"
            found.append(
                Finding("pipeline.next_step_difference", self.pays.difference, "share", message, told, n=n,
                        verdict=self.verdict, **interval_of(self.pays))
            )  # fmt: skip
        return tuple(found)


def analyse_next_steps(loaded: Loaded, *, confidence_level: float = 0.95) -> NextSteps | MissingData | None:
    """Count open deals with a next step ahead, and compare deals with and without an early one.

    Compared are deals that started at least a horizon ago, were still open after the first days and had a touch in
    them: whoever is decided at once needs no next step, and a deal that lives long has more time to get one.

    Parameters
    ----------
    loaded : Loaded
        Needs touches with deal_id, date and next_step_on, and deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    NextSteps, MissingData or None
        None where no deal is open.

    References
    ----------
    Anderson, Cain & Gelber (1983), J. Clin. Oncol. 1, 710-719 (the landmark).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> analyse_next_steps(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'touches'
    """
    needed = loaded.missing(touches=("deal_id", "date", "next_step_on"), deals=("created_on", "status", "closed_on"))
    if needed:
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    touches, today = loaded.tables["touches"], ibis.literal(contract.exported_on)
    steps = (
        touches.filter(touches.deal_id.notnull()).group_by("deal_id").aggregate(next_on=lambda t: t.next_step_on.max())
    )
    rows = open_deals(loaded).left_join(steps, "deal_id")
    counts = to_frame(
        rows.aggregate(
            n=rows.count(),
            n_ahead=(rows.next_on >= today).sum().fill_null(0),
            n_none=rows.next_on.isnull().sum().fill_null(0),
        )
    ).loc[0]
    n, n_ahead, n_none = (int(counts[name]) for name in ("n", "n_ahead", "n_none"))
    if not n:
        return None
    horizon = contract.pipeline.horizon_days
    landmark = min(LANDMARK_DAYS, horizon // 3)
    return NextSteps(
        coverage=estimate_proportion(n_ahead, n, confidence_level=confidence_level),
        n_lapsed=n - n_ahead - n_none,
        n_none=n_none,
        pays=_compare(loaded, landmark, horizon, confidence_level),
        landmark_days=landmark,
        horizon_days=horizon,
    )


def _compare(loaded: Loaded, landmark: int, horizon: int, level: float) -> ProportionComparison | None:
    contract = loaded.engagement.contract
    deals, touches = select_deals(loaded), loaded.tables["touches"]
    ripe = ibis.literal(contract.exported_on - timedelta(days=horizon))
    deals = deals.filter(deals.why.isnull(), deals.created_on <= ripe, deals.days > landmark)
    met = touches.select("deal_id", "date", "next_step_on").inner_join(deals, "deal_id")
    waited = met.date.delta(met.created_on, unit="day")
    early = met.filter((waited >= 0) & (waited <= landmark))
    each = early.group_by("deal_id", "outcome", "days").aggregate(has_step=early.next_step_on.notnull().any())
    is_won = (each.outcome == "won") & (each.days <= horizon)
    frame = to_frame(each.group_by("has_step").aggregate(n=each.count(), n_won=is_won.sum()))
    arms = {bool(row.has_step): (int(row.n_won), int(row.n)) for row in frame.itertuples()}
    if len(arms) < 2 or min(n for _, n in arms.values()) < contract.disclosure.smallest_group:
        return None
    return compare_proportions(*arms[True], *arms[False], confidence_level=level)
