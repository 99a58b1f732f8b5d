"""Why do they say no, and where in the dialogue? Objections per conversation, by code, stage and segment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import OTHER, MissingData, conversations, fold_small_groups
from gtmlib.data.engagement import require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "objections"
GROUPINGS = ("code", "stage", "segment")
NEEDED: dict[str, tuple[str, ...]] = {"touches": (), "objections": ("touch_id", "code")}
WISHED = {"touches": ("stage",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRate:
    """How often conversations of a group hold an objection.

    Parameters
    ----------
    code : str
        The objection.
    group : str
        Stage or segment; empty for all conversations.
    estimate : ProportionEstimate
        Share of the group's conversations with the objection.
    """

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
    n_conversations : int
        Conversations looked at.
    with_any : ProportionEstimate
        Those with any objection.
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
    with_any: ProportionEstimate
    n_left_out: int
    n_without_group: int
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give each rate with its interval, the most frequent first; then that of any objection."""
        found = []
        for row in self.rows:
            rate, kind = row.estimate, "rate_in" if row.group else "rate"
            args = {"code": row.code, "group": row.group, "rate": rate.rate, "n": rate.n_trials}
            group = {"code": row.code} | ({self.by: row.group} if row.group else {})
            message = f"objections.finding.{kind}"
            about: dict[str, Any] = {"group": group, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("objections.rate", rate.rate, "share", message, args, **about))
        if self.by == "code" and self.rows:
            whole = self.with_any
            args = {"rate": whole.rate, "n": whole.n_trials}
            about = {"n": whole.n_trials} | interval_of(whole)
            found.append(Finding("objections.any_rate", whole.rate, "share", "objections.finding.any", args, **about))
        return tuple(found)


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

    Raises
    ------
    ParameterError
        If the grouping is unknown.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. A conversation counts once per code, however often it was logged.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": [f"T{i}" for i in range(40)]})
    >>> said = pd.DataFrame({"touch_id": [f"T{i}" for i in range(12)], "code": "price"})
    >>> (price,) = analyse_objections(load_frames({"touches": touches, "objections": said})).rows
    >>> price.estimate.rate, round(price.estimate.ci_low, 3)
    (0.3, 0.181)
    """
    require_known("grouping", by, GROUPINGS)
    needed = dict(NEEDED)
    if by == "stage":
        needed["touches"] = ("stage",)
    if lacking := loaded.missing(**needed):
        return MissingData(chapter=CHAPTER, needed=lacking)
    with_code, totals = reduce_objections(loaded, by)
    n_conversations, known = int(totals["n"].sum()), totals.dropna(subset="group")
    if known.empty:
        return MissingData(chapter=CHAPTER, needed=(f"touches.{by}" if n_conversations else "touches",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    per_code = with_code.groupby("code", as_index=False)["n"].sum()
    shown_codes = tuple(fold_small_groups(per_code, "code", "n", smallest)["code"])
    if folded := set(per_code["code"]) - set(shown_codes):
        with_code = reduce_objections(loaded, by, folded=tuple(sorted(folded | {OTHER})))[0]
    groups = fold_small_groups(known, "group", "n", smallest)
    n_of = dict(zip(groups["group"], groups["n"], strict=True))
    named = with_code.dropna(subset="group")
    named = named.assign(group=[group if group in n_of else OTHER for group in named["group"]])
    cells = named.groupby(["code", "group"])["n"].sum().to_dict()
    rows = []
    for group, code in product(n_of, shown_codes):
        k, n = int(cells.get((code, group), 0)), int(n_of[group])
        estimate = estimate_proportion(k, n, confidence_level=confidence_level)
        rows.append(CodeRate(code=code, group="" if by == "code" else group, estimate=estimate))
    return ObjectionRates(
        by=by,
        rows=tuple(rows),
        codes=shown_codes,
        groups=() if by == "code" else tuple(n_of),
        n_conversations=n_conversations,
        with_any=estimate_proportion(
            int(totals["n_with_objection"].sum()), int(totals["n"].sum()), confidence_level=confidence_level
        ),
        n_left_out=loaded.n_rows("objections") - int(totals["n_logged"].sum()),
        n_without_group=n_conversations - int(known["n"].sum()),
        smallest_group=smallest,
    )


def reduce_objections(loaded: Loaded, by: str, folded: tuple[str, ...] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count conversations, and those with each objection.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    by : {'code', 'stage', 'segment'}
        Grouping of the conversations; with 'code' they are one group.
    folded : tuple of str
        Codes that are counted together as `other`: a conversation with two of them is one conversation.

    Returns
    -------
    DataFrame, one row per group and code
        group (str, missing where unknown), code (str), n: conversations with that objection.
    DataFrame, one row per group
        group, n and n_with_objection: conversations; n_logged: objections noted in them.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T1", "T2"], "code": ["price", "price", "legal"]})
    >>> loaded = load_frames({"touches": pd.DataFrame({"touch_id": ["T1", "T2", "T3"]}), "objections": said})
    >>> with_code, totals = reduce_objections(loaded, "code")
    >>> totals.to_dict("records")
    [{'group': 'all', 'n': 3, 'n_with_objection': 2, 'n_logged': 3}]
    """
    talks = conversations(loaded)
    talks = talks.mutate(group=talks[by] if by != "code" else ibis.literal("all")).select("touch_id", "group")
    logged = loaded.tables["objections"].filter(lambda rows: rows.touch_id.notnull()).select("touch_id", "code")
    code = ibis.ifelse(logged.code.isin(folded), OTHER, logged.code) if folded else logged.code
    once = logged.mutate(code=code).distinct().inner_join(talks, "touch_id")
    with_code = once.group_by("group", "code").aggregate(n=once.count())
    mentions = logged.group_by("touch_id").aggregate(n_logged=logged.count())
    talks = talks.left_join(mentions, "touch_id")
    totals = talks.group_by("group").aggregate(
        n=talks.count(), n_with_objection=talks.n_logged.count(), n_logged=talks.n_logged.sum().fill_null(0)
    )
    return to_frame(with_code), to_frame(totals)
