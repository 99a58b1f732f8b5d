"""Objections per conversation: of all, and by stage, segment, message, seniority or time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.objections.logged import (
    ANY,
    CHAPTER,
    NEEDED,
    count_no_objection,
    estimate_unlogged,
    fold_codes,
    heard_objections,
    logged_objections,
)
from gtmlib.analyses.reductions import OTHER, MissingData, conversations, fold_small_groups
from gtmlib.data.engagement import require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.clustered import correlation_from_sums, design_effect
from gtmlib.stats.distributions import two_sided_pvalue
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.shrinkage import shrink_values

# What conversations can be grouped by = the columns that it takes.
GROUPINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "code": {},
    "stage": {"touches": ("stage",)},
    "segment": {},
    "variant": {"touches": ("variant_assigned",)},
    "seniority": {"touches": ("rep_id",), "reps": ("seniority",)},
    "month": {"touches": ("date",)},
    "quarter": {"touches": ("date",)},
}
IN_TIME = ("month", "quarter")
FEWEST_REPS = 3  # of a level of seniority: of one or two, each would know the other's numbers
CLEAR = 0.05  # a group stands out where Benjamini and Hochberg's p-value is below


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRate:
    """How often conversations of a group hold an objection.

    Parameters
    ----------
    code : str
        The objection.
    group : str
        What the conversations are grouped by; empty for all conversations.
    estimate : ProportionEstimate
        Share of the group's conversations with the objection; its interval allows for conversations with one account
        being alike.
    shrunken : float, optional
        The rate moved towards the code's rate in all groups as far as its own evidence is weak; none without groups.
    pvalue : float, optional
        Of no difference to the other groups, adjusted for all codes and groups at once; none without other groups.
    """

    code: str
    group: str
    estimate: ProportionEstimate
    shrunken: float | None = None
    pvalue: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether the group differs from the others by more than chance, all comparisons counted."""
        return self.pvalue is not None and self.pvalue < CLEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRates:
    """Objections per conversation: of all, or by one grouping.

    Parameters
    ----------
    by : str
        `code` alone, or what conversations are grouped by beside it.
    rows : tuple of CodeRate
        By group, then by falling rate over all; codes in fewer conversations than the floor are folded into `other`.
    codes, groups : tuple of str
        In the order to show them; groups of fewer conversations than the floor are folded into `other`.
    n_conversations : int
        Conversations looked at.
    with_any : tuple of ProportionEstimate
        Share of conversations with any objection: of all, or one per group.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason; none where no lost deals are known.
    n_left_out : int
        Logged objections that belong to no conversation of the period.
    n_no_objection : int
        Logged rows that say why there was no objection, such as no contact.
    n_without_group : int
        Conversations whose group the data do not give.
    smallest_group : int
        The disclosure floor.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    by: str
    rows: tuple[CodeRate, ...]
    codes: tuple[str, ...]
    groups: tuple[str, ...]
    n_conversations: int
    with_any: tuple[ProportionEstimate, ...]
    unlogged: ProportionEstimate | None
    n_left_out: int
    n_no_objection: int
    n_without_group: int
    smallest_group: int
    weak_codes: tuple[str, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        """Give each rate with its interval, the most frequent first, and beside it what was not logged."""
        found = []
        beside = {"unlogged": self.unlogged.rate} if self.unlogged else {}
        for row in self.rows:
            rate, kind = row.estimate, "rate_in" if row.group else "rate"
            args = {"code": row.code, "group": row.group, "rate": rate.rate, "n": rate.n_trials} | beside
            group = {"code": row.code} | ({self.by: row.group} if row.group else {})
            message = f"objections.finding.{kind}_unlogged" if beside else f"objections.finding.{kind}"
            about: dict[str, Any] = {"group": group, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("objections.rate", rate.rate, "share", message, args, **about))
        return tuple(found)


def analyse_objections(
    loaded: Loaded, *, by: str = "code", confidence_level: float = 0.95
) -> ObjectionRates | MissingData:
    """Estimate the share of conversations that hold each objection, with Wilson intervals.

    Parameters
    ----------
    loaded : Loaded
        Needs touches, and objections with touch_id and code; for a grouping, its columns too.
    by : {'code', 'stage', 'segment', 'variant', 'seniority', 'month', 'quarter'}
        What to group the conversations by, beside the code.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If the grouping is unknown.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; Kish (1965), Survey Sampling, for the design effect by account;
    Benjamini & Hochberg (1995) over all codes and groups. A conversation counts once per code, however often it was
    logged.

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
    needed = {name: NEEDED.get(name, ()) for name in (*NEEDED, *GROUPINGS[require_known("grouping", by, GROUPINGS)])}
    needed |= {name: needed[name] + columns for name, columns in GROUPINGS[by].items()}
    if lacking := loaded.missing(**needed):
        return MissingData(chapter=CHAPTER, needed=lacking)
    cells, totals, n_logged = reduce_objections(loaded, by)
    n_conversations, known = int(totals["n"].sum()), totals.dropna(subset="group")
    if known.empty:
        return MissingData(chapter=CHAPTER, needed=(f"touches.{by}" if n_conversations else "touches",))
    groups = _fold_groups(known, by, loaded.engagement.contract.disclosure.smallest_group)
    codes = fold_codes(loaded)[0]
    rates = {code: _estimate(code, cells, known, groups, confidence_level) for code in (*codes, ANY)}
    no_objection = count_no_objection(loaded)
    return ObjectionRates(
        by=by,
        rows=_compare([CodeRate(code=code, group="" if by == "code" else group, estimate=rates[code][place])
                       for place, group in enumerate(groups["group"]) for code in codes], by, confidence_level),
        codes=codes,
        groups=() if by == "code" else tuple(groups["group"]),
        n_conversations=n_conversations,
        with_any=tuple(rates[ANY]),
        unlogged=estimate_unlogged(loaded, confidence_level),
        n_left_out=loaded.n_rows("objections") - no_objection - n_logged,
        n_no_objection=no_objection,
        n_without_group=n_conversations - int(known["n"].sum()),
        smallest_group=loaded.engagement.contract.disclosure.smallest_group,
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
    )  # fmt: skip


def reduce_objections(loaded: Loaded, by: str) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Count conversations, and those with each objection, with the sums over accounts that a design effect needs.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    by : str
        Grouping of the conversations; with 'code' they are one group.

    Returns
    -------
    DataFrame, one row per group and code (`any` among them)
        group (str, missing where unknown), code (str), k: conversations with that objection; k_squared, k_times_n:
        sums over accounts.
    DataFrame, one row per group
        group, n: conversations; n_squared: sum over accounts; n_accounts.
    int
        Objections noted in conversations, each mention counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T1", "T2"], "code": ["price", "price", "legal"]})
    >>> loaded = load_frames({"touches": pd.DataFrame({"touch_id": ["T1", "T2", "T3"]}), "objections": said})
    >>> cells, totals, n_logged = reduce_objections(loaded, "code")
    >>> totals.to_dict("records"), n_logged
    ([{'group': 'all', 'n': 3, 'n_squared': 3, 'n_accounts': 3}], 3)
    """
    talks = group_conversations(loaded, by)
    sizes = talks.group_by("group", "account").aggregate(n=talks.count())
    totals = sizes.group_by("group").aggregate(
        n_squared=(sizes.n * sizes.n).sum(), n_accounts=sizes.count(), n=sizes.n.sum()
    )
    heard = heard_objections(loaded, with_any=True).inner_join(talks, "touch_id")
    hits = heard.group_by("group", "account", "code").aggregate(k=heard.count())
    sizes = sizes.select(same_group="group", same_account="account", n="n")
    same = [hits.account == sizes.same_account, hits.group.identical_to(sizes.same_group)]
    joined = hits.inner_join(sizes, same)
    cells = joined.group_by("group", "code").aggregate(
        k_squared=(joined.k * joined.k).sum(), k_times_n=(joined.k * joined.n).sum(), k=joined.k.sum()
    )
    logged = logged_objections(loaded).semi_join(talks, "touch_id")
    n_logged = int(to_frame(logged.aggregate(n=logged.count())).loc[0, "n"])
    order = ["group", "n", "n_squared", "n_accounts"]
    found = to_frame(cells).sort_values(["group", "code"]), to_frame(totals.select(*order)).sort_values("group")
    return *found, n_logged


def group_conversations(loaded: Loaded, by: str) -> Any:
    """Give the conversations with their group and account.

    Parameters
    ----------
    loaded : Loaded
        With touches, and the columns of the grouping.
    by : str
        A key of `GROUPINGS`.

    Returns
    -------
    ibis Table
        touch_id, group (str, null where unknown), account: customer, else deal, else the conversation itself.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1"], "date": pd.to_datetime(["2025-05-02"])})
    >>> to_frame(group_conversations(load_frames({"touches": touches}), "quarter")).to_dict("records")
    [{'touch_id': 'T1', 'group': '2025-Q2', 'account': 'T1'}]
    """
    talks = conversations(loaded)
    group: Any = ibis.literal("all")
    if by in ("stage", "segment"):
        group = talks[by]
    elif by == "variant":
        plan = loaded.engagement.contract.variants
        names = plan.names if plan else {}
        group = talks.variant_assigned
        group = group.cases(*names.items(), else_=group) if names else group
    elif by == "month":
        group = talks.date.strftime("%Y-%m")
    elif by == "quarter":
        group = talks.date.strftime("%Y") + "-Q" + talks.date.quarter().cast("string")
    elif by == "seniority":
        reps = loaded.tables["reps"].select(known_id="rep_id", level="seniority")
        talks = talks.left_join(reps, talks.rep_id == reps.known_id)
        group = talks.level
        if few := _few_reps(loaded):
            group = ibis.ifelse(group.isin(few), OTHER, group)
    accounts = [talks[name] for name in ("customer_id", "deal_id") if name in talks.columns]
    return talks.select("touch_id", group=group, account=ibis.coalesce(*accounts, talks.touch_id))


def _few_reps(loaded: Loaded) -> tuple[str, ...]:
    """Name the levels of seniority that so few reps have that one could tell another's numbers, two levels or more."""
    reps = loaded.tables["reps"].filter(lambda rows: rows.seniority.notnull())
    reps = reps.semi_join(conversations(loaded).select("rep_id"), "rep_id")
    counts = to_frame(reps.group_by("seniority").aggregate(n=reps.rep_id.nunique()))
    shown = set(fold_small_groups(counts, "seniority", "n", FEWEST_REPS)["seniority"])
    return tuple(sorted(set(counts["seniority"]) - shown))


def _fold_groups(known: pd.DataFrame, by: str, smallest: int) -> pd.DataFrame:
    """Fold small groups, and put periods in their order."""
    groups = fold_small_groups(known, "group", "n", smallest)
    if by in IN_TIME:
        groups = groups.sort_values("group", key=lambda names: names.replace(OTHER, "~"), ignore_index=True)
    return groups


def _estimate(
    code: str, cells: pd.DataFrame, known: pd.DataFrame, groups: pd.DataFrame, level: float
) -> list[ProportionEstimate]:
    """Estimate one code's rate in each group; accounts are as alike as they are on the whole, within groups."""
    own = known.merge(cells[cells["code"] == code].drop(columns="code"), on="group", how="left").fillna(0)
    sums = (own[name] for name in ("n", "n_squared", "k", "k_squared", "k_times_n", "n_accounts"))
    rho = correlation_from_sums(*sums)
    own = own.assign(group=own["group"].where(own["group"].isin(set(groups["group"])), OTHER))
    hits = own.groupby("group")["k"].sum()
    return [
        estimate_proportion(
            int(hits[row.group]), int(row.n), confidence_level=level,
            design_effect=design_effect(row.n_squared / row.n, rho),
        )
        for row in groups.itertuples()
    ]  # fmt: skip


def _compare(rows: list[CodeRate], by: str, level: float) -> tuple[CodeRate, ...]:
    """Shrink each code's rates over the groups, and hold each group against all others."""
    if by == "code" or len({row.group for row in rows}) < 2:
        return tuple(rows)
    told, pvalues = [], []
    for code in dict.fromkeys(row.code for row in rows):
        own = [row.estimate for row in rows if row.code == code]
        n, k = (np.array([getattr(rate, name) for rate in own], dtype=float) for name in ("n_trials", "n_successes"))
        effective = np.array([rate.n_effective for rate in own])
        pooled = (k.sum() + 0.5) / (n.sum() + 1)
        shrunk = shrink_values(k / n, pooled * (1 - pooled) / effective, n, confidence_level=level).groups
        told += [(code, group.shrunken) for group in shrunk]
        for place in range(len(own)):
            rest = np.arange(len(own)) != place
            gap = k[place] / n[place] - k[rest].sum() / n[rest].sum()
            error = math.sqrt(pooled * (1 - pooled) * (1 / effective[place] + 1 / effective[rest].sum()))
            pvalues.append(two_sided_pvalue(gap / error))
    adjusted = adjust_benjamini_hochberg(pvalues)
    values = {code: [min(1.0, max(0.0, value)) for name, value in told if name == code] for code, _ in told}
    by_code = {code: [p for (name, _), p in zip(told, adjusted, strict=True) if name == code] for code in values}
    groups = list(dict.fromkeys(row.group for row in rows))
    found = []
    for row in rows:
        place = groups.index(row.group)
        found.append(replace(row, shrunken=values[row.code][place], pvalue=by_code[row.code][place]))
    return tuple(found)
