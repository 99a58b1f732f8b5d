"""What does an objection cost? Deals of the same age and as many conversations, with and without it, week by week."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.objections.logged import ANY, CHAPTER, NEEDED, estimate_unlogged, fold_codes, heard_objections
from gtmlib.analyses.reductions import MissingData, conversations, in_period
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.hazards import HazardOdds, estimate_hazard_odds
from gtmlib.stats.proportions import ProportionEstimate
from gtmlib.stats.stratified import OddsRatio, compare_odds, compare_strata

MOST_WEEKS = 520  # of a deal's life that are looked at
MOST_TALKS = 3  # conversations so far that are told apart; more are as many as these
FEWEST_EVENTS = 10  # deals won (or lost) with the code, and as many without it: of fewer no ratio is worth showing
N_STRATA = 4  # of deals by how long they lasted


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCost:
    """What one objection goes with.

    Parameters
    ----------
    code : str
        The objection, or `any`.
    n_with, n_won_with : int
        Closed deals in which it was met, and those of them that were won.
    crude, stratified : OddsRatio, optional
        Odds of being won with it against without it: of all closed deals together, and Mantel-Haenszel over deals that
        lasted about as long; none where there are too few.
    winning, losing : HazardOdds, optional
        Odds of being won, and of being lost, in any week after it was met, against deals of the same age and as many
        conversations; none where there are too few.
    n_lacking : int
        Deals won with it (or without it) that are lacking for an answer; 0 where there is one.
    """

    code: str
    n_with: int
    n_won_with: int
    crude: OddsRatio | None
    stratified: OddsRatio | None
    winning: HazardOdds | None
    losing: HazardOdds | None
    n_lacking: int

    @property
    def verdict(self) -> Verdict:
        """Whether deals with the objection are won less often: what the interval shown for winning says."""
        if self.winning is None or self.winning.ci_low <= 1 <= self.winning.ci_high:
            return "cannot_tell"
        return "confirmed" if self.winning.odds_ratio < 1 else "refuted"

    @property
    def is_reversed(self) -> bool:
        """Whether the crude and the adjusted odds ratio point in opposite directions, one of them clearly."""
        if self.crude is None or self.winning is None:
            return False
        is_clear = any(not ratio.ci_low <= 1 <= ratio.ci_high for ratio in (self.crude, self.winning))
        return is_clear and (self.crude.odds_ratio - 1) * (self.winning.odds_ratio - 1) < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionCosts:
    """What objections go with, code by code.

    Parameters
    ----------
    rows : tuple of CodeCost
        `any` first, then by rising adjusted odds of winning; those that cannot be told last.
    n_deals, n_won, n_lost : int
        Deals looked at, and those of them that were won and lost.
    n_left_out : int
        Deals of the period without a date of creation, or closed before it.
    n_clusters : int, optional
        Reps whom the intervals allow for; none where there are too few to allow for, or unknown ones.
    family_level : float
        Coverage of all intervals together.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    rows: tuple[CodeCost, ...]
    n_deals: int
    n_won: int
    n_lost: int
    n_left_out: int
    n_clusters: int | None
    family_level: float
    unlogged: ProportionEstimate | None
    weak_codes: tuple[str, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give crude and adjusted odds ratios by code; the adjusted one carries the verdict."""
        found = []
        for row in self.rows:
            group, n = {"code": row.code}, self.n_won + self.n_lost
            if row.crude:
                args = {"code": row.code, "ratio": row.crude.odds_ratio, "n": n}
                about: dict[str, Any] = {"group": group, "n": n} | interval_of(row.crude)
                name, message = "objections.odds_ratio_crude", "objections.finding.odds_ratio_crude"
                found.append(Finding(name, row.crude.odds_ratio, "ratio", message, args, **about))
            found.append(self._adjusted(row, "winning", row.winning))
            if row.losing:
                found.append(self._adjusted(row, "losing", row.losing))
        return tuple(found)

    def _adjusted(self, row: CodeCost, outcome: str, odds: HazardOdds | None) -> Finding:
        name = "objections.odds_ratio_adjusted" if outcome == "winning" else "objections.odds_ratio_adjusted_losing"
        group, verdict = {"code": row.code}, row.verdict if outcome == "winning" else None
        if odds is None:
            args = {"code": row.code, "n": row.n_lacking}
            message = "objections.finding.cost_unknown"
            return Finding(name, None, "ratio", message, args, group=group, n=self.n_deals, verdict=verdict)
        args = {"code": row.code, "ratio": odds.odds_ratio, "n": odds.n_events_with}
        about: dict[str, Any] = {"group": group, "n": self.n_deals, "verdict": verdict} | interval_of(odds)
        return Finding(name, odds.odds_ratio, "ratio", f"objections.finding.{outcome}", args, **about)


def analyse_objection_costs(loaded: Loaded, *, confidence_level: float = 0.95) -> ObjectionCosts | MissingData:
    """Estimate what each objection goes with: winning and losing, week by week, after it was met.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, closed_on and status, touches with deal_id and date, and objections with touch_id
        and code; better with the deals' reps.
    confidence_level : float
        Coverage of all intervals together, in (0, 1); each has its part of what is left to error (Bonferroni).

    References
    ----------
    Singer & Willett (1993), J. Educ. Stat. 18, 155-195, with the objection as a covariate that changes over time;
    Suissa (2008), Am. J. Epidemiol. 167, 492-499, on what goes wrong without; Mantel & Haenszel (1959).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> found = analyse_objection_costs(load_frames({"touches": pd.DataFrame({"touch_id": ["T1"], "deal_id": "D1"})}))
    >>> found.needed
    ('touches.date', 'objections', 'deals')
    """
    deals = {"deals": ("status", "created_on", "closed_on")}
    if lacking := loaded.missing(**(NEEDED | {"touches": ("deal_id", "date")} | deals)):
        return MissingData(chapter=CHAPTER, needed=lacking)
    lives, weeks, exposed = reduce_lives(loaded)
    known = lives[lives["n_weeks"] >= 0]
    if known.empty:
        return MissingData(chapter=CHAPTER, needed=("deals.created_on",))
    codes = (ANY, *fold_codes(loaded)[0])
    level = 1 - (1 - confidence_level) / len(codes)
    rows = [_weigh(code, known, weeks, exposed, level) for code in codes]
    whole = known[known["code"].isna()]
    counts = whole.groupby("status")["n"].sum()
    clusters = {row.winning.n_clusters for row in rows if row.winning}
    return ObjectionCosts(
        rows=tuple(sorted(rows, key=lambda row: (row.code != ANY, row.winning is None, _ratio(row)))),
        n_deals=int(whole["n"].sum()),
        n_won=int(counts.get("won", 0)),
        n_lost=int(counts.get("lost", 0)),
        n_left_out=int(lives.loc[lives["code"].isna() & (lives["n_weeks"] < 0), "n"].sum()),
        n_clusters=max((n for n in clusters if n), default=None),
        family_level=confidence_level,
        unlogged=estimate_unlogged(loaded, confidence_level),
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
    )


def _ratio(row: CodeCost) -> float:
    return row.winning.odds_ratio if row.winning else math.inf


def reduce_lives(loaded: Loaded) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Count deals by how they ended, and weeks of deals by age, conversations so far, rep and objections so far.

    Parameters
    ----------
    loaded : Loaded
        With deals, touches and objections.

    Returns
    -------
    DataFrame, one row per code (missing: all deals), status and length
        code, status (won, lost, open), n_weeks (whole weeks that the deal lasted; -1 where unknown), n.
    DataFrame, one row per week of age, conversations so far and rep
        week, talks, rep, n: deals that entered the week; n_won, n_lost: that ended in it.
    DataFrame, the same by code
        Only deals in which the code was met before the week began.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["D1"], "status": "won", "created_on": pd.to_datetime(["2025-01-01"]),
    ...                       "closed_on": pd.to_datetime(["2025-01-20"])})
    >>> talk = {"touch_id": ["T1"], "deal_id": "D1", "date": pd.to_datetime(["2025-01-09"])}
    >>> said = pd.DataFrame({"touch_id": ["T1"], "code": "price"})
    >>> loaded = load_frames({"deals": deals, "touches": pd.DataFrame(talk), "objections": said})
    >>> lives, weeks, exposed = reduce_lives(loaded)
    >>> weeks.sort_values("week")[["week", "talks", "n", "n_won"]].to_numpy().tolist()
    [[0, 0, 1, 0], [1, 0, 1, 0], [2, 1, 1, 1]]
    >>> exposed.query("code == 'any'")[["week", "n_won"]].to_numpy().tolist()
    [[2, 1]]
    """
    lives = _lives(loaded)
    talks = conversations(loaded).filter(lambda rows: rows.date.notnull())
    talks = talks.select("touch_id", "date", talk_deal="deal_id").inner_join(lives, [("talk_deal", "deal_id")])
    # What is said in a week counts from the next one on: the cause comes before its effect.
    counted_from = (talks.date.delta(talks.starts_on, unit="day").cast("float64") / 7).floor().cast("int64") + 1
    talks = talks.select("touch_id", "deal_id", counted_from=ibis.greatest(counted_from, 0))
    heard = heard_objections(loaded, with_any=True).inner_join(talks, "touch_id")
    first = heard.group_by("deal_id", "code").aggregate(exposed_from=heard.counted_from.min())

    known = lives.filter(lives.n_weeks >= 0)
    weekly = known.mutate(week=ibis.range(0, ibis.least(known.n_weeks, MOST_WEEKS) + 1).unnest())
    ends = weekly.week == weekly.n_weeks
    weekly = weekly.mutate(is_won=ends & (weekly.status == "won"), is_lost=ends & (weekly.status == "lost"))
    so_far = weekly.left_join(
        talks.select(of_deal="deal_id", counted_from="counted_from"),
        [weekly.deal_id == talks.deal_id, talks.counted_from <= weekly.week],
    )
    keys = ("deal_id", "week", "rep", "is_won", "is_lost")
    weekly = so_far.group_by(*keys).aggregate(talks=ibis.least(so_far.of_deal.count(), MOST_TALKS))
    met = weekly.inner_join(first, "deal_id").filter(lambda rows: rows.exposed_from <= rows.week)
    ended = lives.group_by("status", "n_weeks").aggregate(n=lives.count()).mutate(code=ibis.null("string"))
    with_code = first.inner_join(lives, "deal_id")
    ended_with = with_code.group_by("code", "status", "n_weeks").aggregate(n=with_code.count())
    columns = ("code", "status", "n_weeks", "n")
    return to_frame(ended.select(*columns).union(ended_with.select(*columns))), _sum_up(weekly), _sum_up(met, "code")


def _lives(loaded: Loaded) -> Any:
    """Give each deal of the period with its rep, its status and the whole weeks that it lasted or has lasted."""
    deals = in_period(loaded, loaded.tables["deals"], "created_on")
    exported_on = ibis.literal(loaded.engagement.contract.exported_on).cast("date")
    is_closed = deals.status.isin(["won", "lost"]) & deals.closed_on.notnull()
    days = ibis.ifelse(is_closed, deals.closed_on, exported_on).cast("date").delta(deals.created_on, unit="day")
    n_weeks = (days.cast("float64") / 7).floor().cast("int64")
    is_unknown = deals.status.isin(["won", "lost"]) & deals.closed_on.isnull()
    rep: Any = deals.rep_id.fill_null("") if "rep_id" in deals.columns else ibis.literal("")
    return deals.select(
        "deal_id",
        rep=rep,
        starts_on=deals.created_on,
        status=ibis.ifelse(is_closed, deals.status, "open"),
        n_weeks=ibis.ifelse(is_unknown | n_weeks.isnull() | (n_weeks < 0), -1, n_weeks),
    )


def _sum_up(weekly: Any, *by: str) -> pd.DataFrame:
    keys = (*by, "week", "talks", "rep")
    sums = {"n": weekly.count(), "n_won": weekly.is_won.sum(), "n_lost": weekly.is_lost.sum()}
    return to_frame(weekly.group_by(*keys).aggregate(**sums)).sort_values(list(keys), ignore_index=True)


def _weigh(code: str, lives: pd.DataFrame, weeks: pd.DataFrame, exposed: pd.DataFrame, level: float) -> CodeCost:
    """Estimate all that is shown of one code."""
    closed = lives[lives["status"] != "open"]
    own, every = closed[closed["code"] == code], closed[closed["code"].isna()]
    strata = _strata(own, every)
    n_with, n_won_with = int(own["n"].sum()), int(own.loc[own["status"] == "won", "n"].sum())
    n_won, n_closed = int(every.loc[every["status"] == "won", "n"].sum()), int(every["n"].sum())
    is_enough = 0 < n_with < n_closed and n_with >= FEWEST_EVENTS
    crude = stratified = None
    if is_enough:
        crude = compare_odds(n_won_with, n_with, n_won - n_won_with, n_closed - n_with, confidence_level=level)
        try:
            stratified = compare_strata(strata, confidence_level=level).adjusted
        except ParameterError:  # one side never wins or never loses: the crude ratio alone, corrected, can be given
            stratified = None
    cells = _cells(weeks, exposed[exposed["code"] == code].drop(columns="code"))
    by_code = cells.groupby("has")[["n_won", "n_lost"]].sum().reindex([0, 1], fill_value=0)
    fewest = by_code.min()
    return CodeCost(
        code=code,
        n_with=n_with,
        n_won_with=n_won_with,
        crude=crude,
        stratified=stratified,
        winning=_hazard(cells, "won", level) if fewest["n_won"] >= FEWEST_EVENTS else None,
        losing=_hazard(cells, "lost", level) if fewest["n_lost"] >= FEWEST_EVENTS else None,
        n_lacking=max(0, FEWEST_EVENTS - int(fewest["n_won"])),
    )


def _strata(own: pd.DataFrame, every: pd.DataFrame) -> list[tuple[int, int, int, int]]:
    """Count won and closed deals with and without the code among those that lasted about as long, by quarters."""
    lengths = every["n_weeks"].repeat(every["n"]).to_numpy()
    edges = np.unique(np.quantile(lengths, np.arange(1, N_STRATA) / N_STRATA)) if lengths.size else np.array([])
    found = []
    for stratum in range(len(edges) + 1):
        (k, n), (k_all, n_all) = (
            (int(part.loc[part["status"] == "won", "n"].sum()), int(part["n"].sum()))
            for part in (rows[np.searchsorted(edges, rows["n_weeks"], side="left") == stratum] for rows in (own, every))
        )
        found.append((k, n, k_all - k, n_all - n))
    return found


def _cells(weeks: pd.DataFrame, with_code: pd.DataFrame) -> pd.DataFrame:
    """Put the weeks of deals with the code beside those without it."""
    keys, sums = ["week", "talks", "rep"], ["n", "n_won", "n_lost"]
    whole = weeks.set_index(keys)[sums]
    own = with_code.set_index(keys)[sums].reindex(whole.index, fill_value=0)
    both = pd.concat([own.assign(has=1), (whole - own).assign(has=0)]).reset_index()
    return both[both["n"] > 0]


def _hazard(cells: pd.DataFrame, outcome: str, level: float) -> HazardOdds:
    return estimate_hazard_odds(
        cells["week"], cells["has"], cells["n"], cells[f"n_{outcome}"], clusters=cells["rep"], levels=cells["talks"],
        confidence_level=level,
    )  # fmt: skip
