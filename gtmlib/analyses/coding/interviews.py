"""Why do they say yes? What customers said in win and loss interviews, per interview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import pandas as pd

from gtmlib.analyses.coding.suggest import confirmed_codes
from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, in_period, with_segment
from gtmlib.data.codebook import read_codebook
from gtmlib.data.engagement import require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.comparisons import fisher_pvalue
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "objections"
GROUPINGS = ("code", "segment")
KINDS = ("win", "loss")
Kind = Literal["win", "loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRate:
    """How often interviews of a group hold a code.

    Parameters
    ----------
    code : str
        The code, or `other`.
    question : str
        What it answers: `chosen`, `use`, `differs` or `falls_short`; empty for `other`.
    group : str
        Segment; empty for all interviews.
    estimate : ProportionEstimate
        Share of the group's interviews with the code.
    pvalue : float, optional
        That the group's share differs from that of all others by chance: Fisher's, adjusted for all that are compared.
    """

    code: str
    question: str
    group: str
    estimate: ProportionEstimate
    pvalue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewRates:
    """What customers said in interviews about a purchase that was won, or one that was lost.

    Parameters
    ----------
    kind : {'win', 'loss'}
        They bought, or they did not.
    by : {'code', 'segment'}
        Over all interviews, or by segment.
    rows : tuple of ReasonRate
        By falling rate over all; codes in fewer interviews than the floor are `other` together.
    codes, groups : tuple of str
        In the order to show them.
    n_interviews : int
        Interviews of the kind with confirmed codes: what rates are shares of.
    n_uncoded, n_without_group : int
        Interviews of the kind that nobody has coded, and coded ones without a segment.
    weak : tuple of str
        Codes on which people who read the same interviews agree too little.
    smallest_group : int
        The disclosure floor.
    """

    kind: Kind
    by: str
    rows: tuple[ReasonRate, ...]
    codes: tuple[str, ...]
    groups: tuple[str, ...]
    n_interviews: int
    n_uncoded: int
    n_without_group: int
    weak: tuple[str, ...]
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give each rate with its interval."""
        found = []
        for row in self.rows:
            rate, place = row.estimate, "_in" if row.group else ""
            args = {"code": row.code, "group": row.group, "rate": rate.rate, "n": rate.n_trials}
            group = {"kind": self.kind, "code": row.code} | ({"segment": row.group} if row.group else {})
            message = f"objections.finding.{self.kind}_reason{place}"
            about: dict[str, Any] = {"group": group, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("objections.interview_rate", rate.rate, "share", message, args, **about))
        return tuple(found)


def analyse_interviews(
    loaded: Loaded, kind: Kind, *, by: str = "code", confidence_level: float = 0.95
) -> InterviewRates | MissingData | None:
    """Estimate in what share of interviews customers said what, with Wilson intervals.

    Parameters
    ----------
    loaded : Loaded
        Needs interviews with a kind, and their confirmed codes.
    kind : {'win', 'loss'}
        Interviews with those who bought, or with those who did not.
    by : {'code', 'segment'}
        Over all interviews, or by segment.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    InterviewRates, MissingData or None
        None by segment where there is nothing to compare.

    Raises
    ------
    ParameterError
        If kind or grouping is unknown.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. An interview counts once per code, and only if it was coded.
    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57, 289-300, of Fisher's exact tests of each segment.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> heard = pd.DataFrame({"interview_id": [f"V{i}" for i in range(40)], "kind": "win", "note": "x"})
    >>> codes = pd.DataFrame({"interview_id": heard["interview_id"], "code": ["need_met"] * 12 + ["easier"] * 28})
    >>> found = analyse_interviews(load_frames({"interviews": heard, "codes": codes.assign(coder="AK")}), "win")
    >>> [(row.code, row.question, row.estimate.rate) for row in found.rows]
    [('easier', 'differs', 0.7), ('need_met', 'chosen', 0.3)]
    """
    require_known("kind of interview", kind, KINDS)
    require_known("grouping", by, GROUPINGS)
    if lacking := loaded.missing(interviews=("kind",)):
        return MissingData(chapter=CHAPTER, needed=lacking)
    confirmed = confirmed_codes(loaded, "interviews")
    held = reduce_interviews(loaded, kind)
    coded = held[held["interview_id"].isin(list(confirmed))]
    known = coded.dropna(subset="group") if by == "segment" else coded.assign(group="")
    smallest = loaded.engagement.contract.disclosure.smallest_group
    book = read_codebook(loaded.engagement.folder, "interviews")
    answers = set(book.of_kind("chosen", "use", "differs", "falls_short"))
    is_enough = len(known) >= smallest
    said = {note: answers & set(confirmed[note]) for note in known["interview_id"] if is_enough}
    sizes = known.groupby("group", as_index=False).size().rename(columns={"size": "n"})
    groups = {str(row.group): int(row.n) for row in fold_small_groups(sizes, "group", "n", smallest).itertuples()}
    if by == "segment" and len(groups) < 2:
        return None
    codes, folded = _shown_codes(said.values(), smallest)
    said = {note: {OTHER if code in folded else code for code in given} for note, given in said.items()}
    held_by = zip(known["interview_id"], known["group"], strict=True)
    group_of = {note: group if group in groups else OTHER for note, group in held_by}
    rows = []
    for code, (group, n) in product(codes, groups.items()):
        k = sum(code in given and group_of[note] == group for note, given in said.items())
        estimate = estimate_proportion(k, n, confidence_level=confidence_level)
        question = book.codes[code].kind if code in book.codes else ""
        rows.append(ReasonRate(code=code, question=question, group=group, estimate=estimate))
    return InterviewRates(
        kind=kind,
        by=by,
        rows=_compare(rows) if by == "segment" else tuple(rows),
        codes=codes,
        groups=tuple(groups) if by == "segment" else (),
        n_interviews=len(coded),
        n_uncoded=len(held) - len(coded),
        n_without_group=len(coded) - len(known),
        weak=tuple(code for code in weakly_agreed_codes(loaded, "interview_id") if code in codes),
        smallest_group=smallest,
    )


def _compare(rows: list[ReasonRate]) -> tuple[ReasonRate, ...]:
    """Hold each group's share of a code against that of all others."""
    totals: dict[str, tuple[int, int]] = {}
    for row in rows:
        k, n = totals.get(row.code, (0, 0))
        totals[row.code] = k + row.estimate.n_successes, n + row.estimate.n_trials
    pvalues = []
    for row in rows:
        (k, n), here = totals[row.code], row.estimate
        rest = k - here.n_successes, n - here.n_trials
        pvalues.append(fisher_pvalue(here.n_successes, here.n_trials, *rest))
    adjusted = adjust_benjamini_hochberg(pvalues)
    return tuple(replace(row, pvalue=pvalue) for row, pvalue in zip(rows, adjusted, strict=True))


def reduce_interviews(loaded: Loaded, kind: Kind) -> pd.DataFrame:
    """Give the interviews of a kind in the period.

    Parameters
    ----------
    loaded : Loaded
        With interviews.
    kind : {'win', 'loss'}
        Of the purchase.

    Returns
    -------
    DataFrame, one row per interview
        interview_id, group (its customer's segment, missing where unknown).

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> heard = pd.DataFrame({"interview_id": ["V1", "V2"], "kind": ["win", "loss"], "note": "x"})
    >>> reduce_interviews(load_frames({"interviews": heard}), "loss")["interview_id"].tolist()
    ['V2']
    """
    rows = with_segment(loaded, in_period(loaded, loaded.tables["interviews"]))
    rows = rows.filter(rows.kind == kind).select("interview_id", group=rows.segment)
    return to_frame(rows).sort_values("interview_id", ignore_index=True)


def _shown_codes(said: Iterable[set[str]], smallest: int) -> tuple[tuple[str, ...], set[str]]:
    """Give the codes to show, most frequent first, and those that are shown as `other`."""
    counts: dict[str, int] = {}
    for given in said:
        for code in given:
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        return (), set()
    per_code = pd.DataFrame({"code": [*counts], "n": [*counts.values()]})
    shown = tuple(fold_small_groups(per_code, "code", "n", smallest)["code"])
    return shown, set(counts) - set(shown)
