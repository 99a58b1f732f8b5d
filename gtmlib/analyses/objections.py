"""Why do they say no, and where in the dialogue? Objections per conversation, by code, stage and segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData, conversations, fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "objections"
NEEDED: dict[str, tuple[str, ...]] = {"touches": (), "objections": ("touch_id", "code")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRate:
    """How often conversations of a group hold an objection; the group is empty for all conversations."""

    code: str
    group: str
    estimate: ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRates:
    """Objections per conversation: of all, or by one grouping.

    Parameters
    ----------
    by : str
        `code` alone, or `stage` or `segment` beside it.
    rows : tuple of CodeRate
        By falling rate over all, codes in fewer conversations than the floor folded into `other`.
    codes, groups : tuple of str
        In the order to show them; groups of fewer conversations than the floor are folded into `other`.
    n_conversations, n_with_objection : int
        Conversations looked at, and those with any objection.
    n_left_out : int
        Logged objections that belong to no conversation of the period.
    n_without_group : int
        Conversations that the data give no stage or segment.
    smallest_group : int
        The disclosure floor.
    """

    by: str
    rows: tuple[CodeRate, ...]
    codes: tuple[str, ...]
    groups: tuple[str, ...]
    n_conversations: int
    n_with_objection: int
    n_left_out: int
    n_without_group: int
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give each rate with its interval, the most frequent first."""
        return tuple(
            Finding(
                id="objections.rate",
                chapter=CHAPTER,
                group={"code": row.code} | ({self.by: row.group} if row.group else {}),
                value=row.estimate.rate,
                unit="share",
                ci_low=row.estimate.ci_low,
                ci_high=row.estimate.ci_high,
                confidence_level=row.estimate.confidence_level,
                n=row.estimate.n_trials,
                message="objections.finding.rate_in" if row.group else "objections.finding.rate",
                args={"code": row.code, "group": row.group, "rate": row.estimate.rate, "n": row.estimate.n_trials},
            )
            for row in self.rows
        )


def analyse_objections(
    loaded: Loaded, *, by: str = "code", confidence_level: float = 0.95
) -> ObjectionRates | MissingData:
    """Estimate the share of conversations that hold each objection, with Wilson intervals.

    Parameters
    ----------
    loaded : Loaded
        Needs touches, and objections with touch_id and code; for a grouping, its column too.
    by : {'code', 'stage', 'segment'}
        What to group the conversations by, beside the code.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. A conversation counts once per code, however often it was logged.
    """
    needed = dict(NEEDED)
    if by == "stage":
        needed["touches"] = ("stage",)
    if lacking := loaded.missing(**needed):
        return MissingData(chapter=CHAPTER, needed=lacking)
    counts, with_code, totals = reduce_objections(loaded, by)
    if not totals["n"].sum():
        return MissingData(chapter=CHAPTER, needed=("touches",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    known = totals.dropna(subset="group")
    if known.empty:
        return MissingData(chapter=CHAPTER, needed=(f"touches.{by}",))
    folded = fold_small_groups(known, "group", "n", smallest)
    shown_codes, code_of = _fold(with_code.groupby("code", as_index=False)["n"].sum(), "code", smallest)
    shown_groups = tuple(folded["group"])
    group_of = {group: group if group in shown_groups else OTHER for group in known["group"]}
    n_of = dict(zip(folded["group"], folded["n"], strict=True))
    named = with_code.dropna(subset="group").assign(
        code=lambda rows: rows["code"].map(code_of), group=lambda rows: rows["group"].map(group_of)
    )
    cells = named.groupby(["code", "group"])["n"].sum().to_dict()
    rows = [
        CodeRate(
            code=code,
            group="" if by == "code" else group,
            estimate=estimate_proportion(
                min(int(cells.get((code, group), 0)), int(n_of[group])),
                int(n_of[group]),
                confidence_level=confidence_level,
            ),
        )
        for group in shown_groups
        for code in shown_codes
    ]
    return ObjectionRates(
        by=by,
        rows=tuple(rows),
        codes=shown_codes,
        groups=() if by == "code" else shown_groups,
        n_conversations=int(totals["n"].sum()),
        n_with_objection=int(counts["n_with_objection"]),
        n_left_out=int(counts["n_left_out"]),
        n_without_group=int(totals["n"].sum() - known["n"].sum()),
        smallest_group=smallest,
    )


def reduce_objections(loaded: Loaded, by: str) -> tuple[dict[str, int], pd.DataFrame, pd.DataFrame]:
    """Count conversations, and those with each objection.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    by : {'code', 'stage', 'segment'}
        Grouping of the conversations; with 'code' they are one group.

    Returns
    -------
    dict
        n_with_objection and n_left_out.
    DataFrame, one row per group and code
        group (str), code (str), n: conversations with that objection.
    DataFrame, one row per group
        group (str, missing where unknown), n: conversations.
    """
    talks = conversations(loaded)
    talks = talks.mutate(group=talks[by] if by != "code" else ibis.literal("all")).select("touch_id", "group")
    logged = loaded.tables["objections"].filter(lambda rows: rows.touch_id.notnull()).select("touch_id", "code")
    inside = logged.inner_join(talks, "touch_id")
    once = inside.distinct()
    counts = {
        "n_with_objection": _count(once.select("touch_id").distinct()),
        "n_left_out": _count(loaded.tables["objections"]) - _count(inside),
    }
    with_code = once.group_by("group", "code").aggregate(n=once.count())
    totals = talks.group_by("group").aggregate(n=talks.count())
    return counts, to_frame(with_code), to_frame(totals)


def _count(rows: Any) -> int:
    return int(to_frame(rows.aggregate(n=rows.count())).loc[0, "n"])


def _fold(sums: pd.DataFrame, by: str, smallest: int) -> tuple[tuple[str, ...], dict[str, str]]:
    """Give the codes to show, most frequent first, and the shown code of each."""
    folded = fold_small_groups(sums, by, "n", smallest)
    shown = tuple(folded[by])
    return shown, {name: name if name in shown else OTHER for name in sums[by]}
