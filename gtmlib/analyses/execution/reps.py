"""Do reps differ by more than chance? Each rep's win rate in a funnel, and no league table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtmlib.analyses.execution.outreach import CHAPTER
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, in_period, label_reps, rep_order
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.control_charts import FunnelLimits, estimate_funnel_limits
from gtmlib.stats.many_rates import FEWEST, compare_rates, shrink_rates_by_likelihood
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.shrinkage import ShrunkenValue
from gtmlib.stats.stratified import Homogeneity

WIDE = 0.998  # the outer limits: of thirty alike reps, one of thirty-three teams has one outside
N_CURVE = 24  # points of a limit's curve


@dataclass(frozen=True, slots=True, kw_only=True)
class RepRate:
    """A rep's closed deals.

    Parameters
    ----------
    rep : str
        Label, or `other` for those with few deals together.
    estimate : ProportionEstimate
        Won of closed.
    shrunken : ShrunkenValue, optional
        What is left of the difference to all when chance is allowed for.
    is_outside : bool
        Whether the rate is outside the outer funnel limits.
    """

    rep: str
    estimate: ProportionEstimate
    shrunken: ShrunkenValue | None
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepRates:
    """Win rates of reps, in the order of their labels: never of their rates.

    Parameters
    ----------
    rows : tuple of RepRate
        Reps with fewer closed deals than the floor are one row.
    homogeneity : Homogeneity
        Of all differences together.
    do_differ : bool
        Whether they are more than chance makes them.
    overall : ProportionEstimate
        All closed deals of the reps.
    inner, outer : tuple of FunnelLimits
        Limits along the number of deals, for the curves.
    n_without_rep : int
        Closed deals that the data give no rep.
    smallest_group : int
        The disclosure floor.
    confidence_level : float
        Of intervals and test, in (0, 1).
    """

    rows: tuple[RepRate, ...]
    homogeneity: Homogeneity
    do_differ: bool
    overall: ProportionEstimate
    inner: tuple[FunnelLimits, ...]
    outer: tuple[FunnelLimits, ...]
    n_without_rep: int
    smallest_group: int
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the p-value of all differences together: no rep is a finding."""
        kind = "differ" if self.do_differ else "alike"
        rates = [row.estimate.rate for row in self.rows]
        args = {"pvalue": self.homogeneity.pvalue, "n": len(self.rows), "low": min(rates), "high": max(rates)}
        return (
            Finding(
                "execution.rep_homogeneity_pvalue", self.homogeneity.pvalue, "pvalue", f"execution.finding.reps_{kind}",
                args, n=self.overall.n_trials, verdict="confirmed" if self.do_differ else "cannot_tell",
            ),
        )  # fmt: skip


def analyse_reps(loaded: Loaded, *, confidence_level: float = 0.95) -> RepRates | MissingData:
    """Tell whether reps' win rates differ by more than chance.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with rep_id and status.
    confidence_level : float
        Coverage of the intervals, in (0, 1); the reps differ where the test's p-value is below the rest.

    References
    ----------
    Spiegelhalter (2005), Stat. Med. 24, 1185-1202. Open deals are left out, whatever their age: that is the pipeline's
    question, and it is the same for all reps.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"rep_id": ["R1", "R2"] * 20, "status": ["won"] * 16 + ["lost"] * 24})
    >>> found = analyse_reps(load_frames({"deals": deals.assign(deal_id=deals.index.astype(str))}))
    >>> found.overall.rate, found.do_differ, [row.rep for row in found.rows]
    (0.4, False, ['#1', '#2'])
    """
    if needed := loaded.missing(deals=("rep_id", "status")):
        return MissingData(chapter=CHAPTER, needed=needed)
    closed = in_period(loaded, loaded.tables["deals"], "closed_on").filter(
        lambda rows: rows.status.isin(["won", "lost"])
    )
    frame = to_frame(
        closed.group_by("rep_id").aggregate(n=closed.count(), k=(closed.status == "won").sum().fill_null(0))
    )
    known = frame.dropna(subset="rep_id")
    smallest = loaded.engagement.contract.disclosure.smallest_group
    known = known.assign(rep=known["rep_id"].map(label_reps(loaded)))[["rep", "n", "k"]]
    if len(known):
        known = fold_small_groups(known, "rep", "n", smallest)
    if len(known) < 2:
        return MissingData(chapter=CHAPTER, needed=("deals.rep_id",))
    known = known.assign(key=[(rep == OTHER, rep_order(rep)) for rep in known["rep"]]).sort_values("key")
    n, k = known["n"].to_numpy(), known["k"].to_numpy()
    overall = estimate_proportion(int(k.sum()), int(n.sum()), confidence_level=confidence_level)
    homogeneity = compare_rates(k, n)
    shrunken = shrink_rates_by_likelihood(k, n, confidence_level=confidence_level).groups if len(n) >= FEWEST else ()
    # A team that wins everything, or nothing, has no limits: nobody is outside.
    target = overall.rate if 0 < overall.rate < 1 else None
    own = [None if target is None else estimate_funnel_limits(int(size), target, confidence_level=WIDE) for size in n]
    sizes = np.unique(np.linspace(max(1, n.min() * 0.8), n.max() * 1.05, N_CURVE).round().astype(int))
    curves = {
        level: tuple(estimate_funnel_limits(int(size), target, confidence_level=level) for size in sizes)
        if target is not None
        else ()
        for level in (confidence_level, WIDE)
    }
    return RepRates(
        rows=tuple(
            RepRate(
                rep=str(rep),
                estimate=estimate_proportion(int(won), int(size), confidence_level=confidence_level),
                shrunken=shrunken[place] if shrunken else None,
                is_outside=limits is not None and not limits.low <= won / size <= limits.high,
            )
            for place, (rep, won, size, limits) in enumerate(zip(known["rep"], k, n, own, strict=True))
        ),
        homogeneity=homogeneity,
        do_differ=homogeneity.pvalue < 1 - confidence_level,
        overall=overall,
        inner=curves[confidence_level],
        outer=curves[WIDE],
        n_without_rep=int(frame.loc[frame["rep_id"].isna(), "n"].sum()),
        smallest_group=smallest,
        confidence_level=confidence_level,
    )
