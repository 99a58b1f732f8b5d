"""Objections per conversation: of all, and by stage, segment, message, seniority or time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.objections.grouped import reduce_objections
from gtmlib.analyses.objections.logged import ANY, CHAPTER, NEEDED, count_no_objection, estimate_unlogged, fold_codes
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups
from gtmlib.data.engagement import require_known
from gtmlib.data.loaded import Loaded
from gtmlib.stats.clustered import correlation_from_sums, design_effect
from gtmlib.stats.designs import Codes
from gtmlib.stats.distributions import Array, two_sided_pvalue
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
        """Give each rate with its interval and what was not logged beside it; of all, that of any objection too."""
        found: list[Finding] = []
        beside = {"unlogged": self.unlogged.rate} if self.unlogged else {}
        for row in self.rows:
            rate, kind = row.estimate, "rate_in" if row.group else "rate"
            args = {"code": row.code, "group": row.group, "rate": rate.rate, "n": rate.n_trials} | beside
            group = {"code": row.code} | ({self.by: row.group} if row.group else {})
            message = f"objections.finding.{kind}_unlogged" if beside else f"objections.finding.{kind}"
            about: dict[str, Any] = {"group": group, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("objections.rate", rate.rate, "share", message, args, **about))
        if self.by == "code" and self.rows:
            (whole,) = self.with_any
            args = {"rate": whole.rate, "n": whole.n_trials}
            about = {"n": whole.n_trials} | interval_of(whole)
            found.append(Finding("objections.any_rate", whole.rate, "share", "objections.finding.any", args, **about))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Conversations by group, and those with each objection. It stays between Reduce and Infer.

    Parameters
    ----------
    codes : tuple of str
        Objections, `any` among them.
    groups : tuple of str
        In the order of the alphabet.
    n, n_squared, n_accounts : array, groups
        Conversations, the sum over accounts of these squared, and accounts.
    k, k_squared, k_times_n : array, codes x groups
        Conversations with the objection, and sums over accounts.
    """

    codes: tuple[str, ...]
    groups: tuple[str, ...]
    n: Array
    n_squared: Array
    n_accounts: Array
    k: Array
    k_squared: Array
    k_times_n: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What `ObjectionRates` says beside its rates, whichever conversations they are of; fields as there."""

    codes: tuple[str, ...]
    unlogged: ProportionEstimate | None
    n_left_out: int
    n_no_objection: int
    smallest_group: int
    weak_codes: tuple[str, ...]


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
    beside = look_beside(loaded, n_logged, confidence_level)
    sums = _tabulate(cells, known, (*beside.codes, ANY))
    return estimate_rates(sums, beside, by=by, n_conversations=n_conversations, confidence_level=confidence_level)


def look_beside(loaded: Loaded, n_logged: int, confidence_level: float = 0.95) -> Beside:
    """Give what stands beside the rates of whatever conversations.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    n_logged : int
        Objections noted in conversations, as `reduce_objections` counts them.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": [f"T{i}" for i in range(12)] + ["X"], "code": "price"})
    >>> client = load_frames({"touches": said[["touch_id"]].head(12), "objections": said})
    >>> beside = look_beside(client, 12)
    >>> beside.codes, beside.n_left_out
    (('price',), 1)
    """
    codes, no_objection = fold_codes(loaded)[0], count_no_objection(loaded)
    return Beside(
        codes=codes,
        unlogged=estimate_unlogged(loaded, confidence_level),
        n_left_out=loaded.n_rows("objections") - no_objection - n_logged,
        n_no_objection=no_objection,
        smallest_group=loaded.engagement.contract.disclosure.smallest_group,
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
    )


def estimate_rates(
    sums: Sums,
    beside: Beside,
    *,
    by: str,
    n_conversations: int,
    sizes: Array | None = None,
    confidence_level: float = 0.95,
) -> ObjectionRates:
    """Estimate the share of conversations that hold each objection, from counts.

    Parameters
    ----------
    sums : Sums
        Of conversations whose group is known, one or more.
    beside : Beside
        What does not depend on which conversations they are.
    by : str
        A key of `GROUPINGS`: what the groups are.
    n_conversations : int
        Conversations looked at, also those whose group is not known.
    sizes : array of float, optional
        By group: what the disclosure floor is held against; none: its conversations.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    See `analyse_objections`.

    Examples
    --------
    >>> one = np.array([40.0])
    >>> sums = Sums(codes=("price", ANY), groups=("all",), n=one, n_squared=one, n_accounts=one,
    ...             k=np.array([[12.0]] * 2), k_squared=np.array([[12.0]] * 2), k_times_n=np.array([[12.0]] * 2))
    >>> beside = Beside(codes=("price",), unlogged=None, n_left_out=0, n_no_objection=0, smallest_group=5,
    ...                 weak_codes=())
    >>> round(estimate_rates(sums, beside, by="code", n_conversations=40).rows[0].estimate.ci_low, 3)
    0.181
    """
    groups, place = _fold_groups(sums, by, beside.smallest_group, sums.n if sizes is None else sizes)
    rates = _estimate(sums, groups, place, confidence_level)
    rows = [
        CodeRate(code=code, group="" if by == "code" else group, estimate=rates[code][row])
        for row, group in enumerate(groups["group"])
        for code in beside.codes
    ]
    return ObjectionRates(
        by=by,
        rows=_compare(rows, by, confidence_level),
        codes=beside.codes,
        groups=() if by == "code" else tuple(groups["group"]),
        n_conversations=n_conversations,
        with_any=tuple(rates[ANY]),
        unlogged=beside.unlogged,
        n_left_out=beside.n_left_out,
        n_no_objection=beside.n_no_objection,
        n_without_group=n_conversations - int(sums.n.sum()),
        smallest_group=beside.smallest_group,
        weak_codes=beside.weak_codes,
    )


def _tabulate(cells: pd.DataFrame, known: pd.DataFrame, codes: Sequence[str]) -> Sums:
    """Arrange what `reduce_objections` gave as arrays."""
    groups = tuple(sorted(known["group"]))
    by_group = known.set_index("group").loc[list(groups)]
    counted = cells.dropna(subset="group").set_index(["code", "group"])
    every = pd.MultiIndex.from_product([codes, groups])
    shape = (len(codes), len(groups))
    names = ("k", "k_squared", "k_times_n")
    hits = {name: counted[name].reindex(every, fill_value=0).to_numpy(float).reshape(shape) for name in names}
    sizes = {name: by_group[name].to_numpy(float) for name in ("n", "n_squared", "n_accounts")}
    return Sums(codes=tuple(codes), groups=groups, **sizes, **hits)


def _fold_groups(sums: Sums, by: str, smallest: int, sizes: Array) -> tuple[pd.DataFrame, Codes]:
    """Fold small groups, and put periods in their order; and give the place of each group among those shown."""
    frame = pd.DataFrame({"group": sums.groups, "size": sizes, "n": sums.n, "n_squared": sums.n_squared})
    groups = fold_small_groups(frame, "group", "size", smallest)
    if by in IN_TIME:
        groups = groups.sort_values("group", key=lambda names: names.replace(OTHER, "~"), ignore_index=True)
    shown = list(groups["group"])
    return groups, np.array([shown.index(name if name in shown else OTHER) for name in sums.groups], dtype=np.intp)


def _estimate(sums: Sums, groups: pd.DataFrame, place: Codes, level: float) -> dict[str, list[ProportionEstimate]]:
    """Estimate each code's rate in each group; accounts are as alike as they are on the whole, within groups."""
    n, n_squared = (groups[name].to_numpy(float) for name in ("n", "n_squared"))
    rates = {}
    for code, k, k_squared, k_times_n in zip(sums.codes, sums.k, sums.k_squared, sums.k_times_n, strict=True):
        rho = correlation_from_sums(sums.n, sums.n_squared, k, k_squared, k_times_n, sums.n_accounts)
        hits = np.bincount(place, k, minlength=len(n))
        rates[code] = [
            estimate_proportion(
                int(hit), int(size), confidence_level=level, design_effect=design_effect(squared / size, rho)
            )
            for hit, size, squared in zip(hits.tolist(), n.tolist(), n_squared.tolist(), strict=True)
        ]
    return rates


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
