"""Where does interest die? After which conversations a deal is lost, by stage and objection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.objections.logged import ANY, CHAPTER, NEEDED, estimate_unlogged, fold_codes, heard_objections
from gtmlib.analyses.reductions import OTHER, MissingData, conversations, fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.comparisons import fisher_pvalue
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

# Presenters name both in the reader's language.
NONE = "none"  # conversations without an objection
ALL = "all"  # all conversations of a stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLoss:
    """What became of conversations in one stage, with one objection.

    Parameters
    ----------
    stage : str
        Of the conversation.
    code : str
        The objection; `none` for conversations without one, `all` for all of the stage.
    hazard : ProportionEstimate, optional
        Share of these conversations after which the deal was lost, nothing else being said; none under the floor.
    loss_share : float, optional
        Those losses as a share of all lost deals that had a conversation; none under the floor.
    pvalue : float, optional
        Of no difference to the stage's other conversations (Fisher), adjusted for all cells; none where there are none.
    """

    stage: str
    code: str
    hazard: ProportionEstimate | None
    loss_share: float | None
    pvalue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereLost:
    """Where in the dialogue deals are lost.

    Parameters
    ----------
    rows : tuple of StageLoss
        By stage, then code.
    stages, codes : tuple of str
        In the order to show them.
    n_conversations : int
        Conversations of deals with a known next thing: a further conversation, or the end.
    n_lost : int
        Lost deals with a conversation in a known stage.
    n_waiting : int
        Last conversations of open deals: what comes next is not known yet, so they are left out.
    smallest_group : int
        The disclosure floor.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    rows: tuple[StageLoss, ...]
    stages: tuple[str, ...]
    codes: tuple[str, ...]
    n_conversations: int
    n_lost: int
    n_waiting: int
    smallest_group: int
    unlogged: ProportionEstimate | None
    weak_codes: tuple[str, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give the hazard of each cell with its interval, and the share of losses of each stage."""
        found = []
        for row in self.rows:
            if row.hazard is None:
                continue
            args = {"lost_after": row.code, "stage": row.stage, "rate": row.hazard.rate, "n": row.hazard.n_trials}
            about: dict[str, Any] = {"group": {"code": row.code, "stage": row.stage}, "n": row.hazard.n_trials}
            about |= interval_of(row.hazard)
            message = "objections.finding.lost_next"
            found.append(Finding("objections.lost_next_rate", row.hazard.rate, "share", message, args, **about))
        return tuple(found)


def analyse_where_lost(loaded: Loaded, *, confidence_level: float = 0.95) -> WhereLost | MissingData:
    """Estimate by stage and objection how often a deal is lost next, and which share of the losses that is.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with status, touches with deal_id, date and stage, and objections with touch_id and code.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. A deal is lost once at most, so that its conversations need no
    design effect.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = [f"D{i}" for i in range(12)]
    >>> deals = pd.DataFrame({"deal_id": ids, "status": ["lost"] * 9 + ["won"] * 3})
    >>> touches = pd.DataFrame({"touch_id": ids, "deal_id": ids, "stage": "late", "date": pd.to_datetime("2025-05-02")})
    >>> said = pd.DataFrame({"touch_id": ids[:8], "code": "price"})
    >>> found = analyse_where_lost(load_frames({"deals": deals, "touches": touches, "objections": said}))
    >>> [(row.code, row.hazard and row.hazard.rate) for row in found.rows]
    [('price', 1.0), ('none', None), ('all', 0.75)]
    """
    needed = NEEDED | {"touches": ("deal_id", "date", "stage"), "deals": ("status",)}
    if lacking := loaded.missing(**needed):
        return MissingData(chapter=CHAPTER, needed=lacking)
    cells, totals = reduce_next(loaded)
    known = totals.dropna(subset="stage")
    if known.empty:
        return MissingData(chapter=CHAPTER, needed=("touches.stage",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    stages = fold_small_groups(known, "stage", "n", smallest)
    shown, codes = set(stages["stage"]), fold_codes(loaded)[0]
    cells = cells.dropna(subset="stage")
    cells = cells.assign(stage=cells["stage"].where(cells["stage"].isin(shown), OTHER))
    sums = cells.groupby(["stage", "code"])[["n", "n_lost"]].sum().to_dict("index")
    n_lost, nothing = int(known["n_lost"].sum()), {"n": 0, "n_lost": 0}
    rows = []
    for whole in stages.to_dict("records"):
        with_any = sums.get((whole["stage"], ANY), nothing)
        rest = {name: int(whole[name]) - int(with_any[name]) for name in nothing}
        counts = {code: sums.get((whole["stage"], code), nothing) for code in codes}
        # Conversations without and with an objection make up the stage: where one is too small, neither is shown.
        counts |= {NONE: rest if with_any["n"] >= smallest else nothing, ALL: whole}
        rows += [_cell(whole, code, own, n_lost, smallest, confidence_level) for code, own in counts.items()]
    adjusted = iter(adjust_benjamini_hochberg([row.pvalue for row in rows if row.pvalue is not None]))
    rows = [row if row.pvalue is None else replace(row, pvalue=next(adjusted)) for row in rows]
    return WhereLost(
        rows=tuple(rows),
        stages=tuple(stages["stage"]),
        codes=(*codes, NONE, ALL),
        n_conversations=int(known["n"].sum()),
        n_lost=n_lost,
        n_waiting=int(totals["n_waiting"].sum()),
        smallest_group=smallest,
        unlogged=estimate_unlogged(loaded, confidence_level),
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
    )


def _cell(
    whole: dict[str, Any], code: str, counts: dict[str, int], n_lost: int, smallest: int, level: float
) -> StageLoss:
    """Estimate one cell, and hold it against the other conversations of its stage."""
    k, n = int(counts["n_lost"]), int(counts["n"])
    if n < smallest:
        return StageLoss(stage=whole["stage"], code=code, hazard=None, loss_share=None)
    n_others, is_code = int(whole["n"]) - n, code not in (NONE, ALL)
    return StageLoss(
        stage=whole["stage"],
        code=code,
        hazard=estimate_proportion(k, n, confidence_level=level),
        loss_share=k / n_lost if n_lost else None,
        pvalue=fisher_pvalue(k, n, int(whole["n_lost"]) - k, n_others) if is_code and n_others else None,
    )


def reduce_next(loaded: Loaded) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the conversations of deals by stage and objection, and those after which the deal was lost.

    Parameters
    ----------
    loaded : Loaded
        With deals, touches and objections.

    Returns
    -------
    DataFrame, one row per stage and code (`any` among them)
        stage (missing where unknown), code, n: conversations with a known next thing; n_lost: it was the loss.
    DataFrame, one row per stage
        stage, n, n_lost, n_waiting: last conversations of open deals, which are not in n.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["D1", "D2"], "status": ["lost", "open"]})
    >>> touches = pd.DataFrame({"touch_id": ["1", "2", "3"], "deal_id": ["D1", "D1", "D2"], "stage": "late",
    ...                         "date": pd.to_datetime(["2025-05-02", "2025-05-09", "2025-05-09"])})
    >>> said = pd.DataFrame({"touch_id": ["2"], "code": "price"})
    >>> reduce_next(load_frames({"deals": deals, "touches": touches, "objections": said}))[1].to_dict("records")
    [{'stage': 'late', 'n': 2, 'n_lost': 1, 'n_waiting': 1}]
    """
    deals = loaded.tables["deals"].select(known_id="deal_id", status="status")
    talks = conversations(loaded).filter(lambda rows: rows.date.notnull())
    talks = talks.select("touch_id", "deal_id", "stage", "date").inner_join(deals, [("deal_id", "known_id")])
    order = ibis.window(group_by="deal_id", order_by=[talks.date.desc(), talks.touch_id.desc()])
    talks = talks.mutate(is_last=ibis.row_number().over(order) == 0)
    is_over = talks.status.isin(["won", "lost"]).fill_null(False)
    talks = talks.mutate(
        is_lost=talks.is_last & (talks.status == "lost").fill_null(False), is_waiting=talks.is_last & ~is_over
    )
    totals = talks.group_by("stage").aggregate(
        n=(~talks.is_waiting).sum(), n_lost=talks.is_lost.sum(), n_waiting=talks.is_waiting.sum()
    )
    heard = heard_objections(loaded, with_any=True).inner_join(talks.filter(~talks.is_waiting), "touch_id")
    cells = heard.group_by("stage", "code").aggregate(n=heard.count(), n_lost=heard.is_lost.sum())
    return to_frame(cells).sort_values(["stage", "code"]), to_frame(totals).sort_values("stage")
