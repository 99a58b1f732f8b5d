"""Which objections come together, and who resolves them: pairs of codes, and levels of seniority."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.objections.grouped import FEWEST_REPS
from gtmlib.analyses.objections.logged import (
    CHAPTER,
    NEEDED,
    estimate_unlogged,
    fold_codes,
    heard_objections,
    logged_objections,
)
from gtmlib.analyses.reductions import OTHER, MissingData, conversations, fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.clustered import estimate_design_effect
from gtmlib.stats.cooccurrence import Lift, estimate_lift
from gtmlib.stats.distributions import critical_value, two_sided_pvalue
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

MOST_PAIRS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two objections in one conversation.

    Parameters
    ----------
    first, second : str
        Codes, the more frequent one first.
    lift : Lift
        How many times more often they come together than by chance.
    """

    first: str
    second: str
    lift: Lift

    @property
    def is_clear(self) -> bool:
        """Whether they come together more or less often than by chance: what the interval shown says."""
        return not self.lift.ci_low <= 1 <= self.lift.ci_high


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Which objections come together.

    Parameters
    ----------
    pairs : tuple of Pair
        The clearest first, at most ten of those that are met together in as many conversations as the floor or more.
    n_pairs : int
        Pairs of codes that were compared.
    n_conversations : int
        Conversations looked at.
    family_level : float
        Coverage of the intervals of all pairs together.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    pairs: tuple[Pair, ...]
    n_pairs: int
    n_conversations: int
    family_level: float
    unlogged: ProportionEstimate | None
    weak_codes: tuple[str, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give the lift of each pair with its interval."""
        found = []
        for pair in self.pairs:
            args = {"code": pair.first, "second_code": pair.second, "ratio": pair.lift.lift, "n": pair.lift.n_both}
            about: dict[str, Any] = {"group": {"code": pair.first, "second_code": pair.second}, "n": pair.lift.n_both}
            about |= interval_of(pair.lift)
            message = "objections.finding.together"
            found.append(Finding("objections.lift", pair.lift.lift, "ratio", message, args, **about))
        return tuple(found)


def analyse_together(loaded: Loaded, *, confidence_level: float = 0.95) -> Together | MissingData:
    """Estimate for each two codes how much more often they come together than by chance.

    Parameters
    ----------
    loaded : Loaded
        Needs touches, and objections with touch_id and code.
    confidence_level : float
        Coverage of the intervals of all pairs together, in (0, 1): each has its part of what is left to error
        (Bonferroni).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": [f"T{i}" for i in range(40)]})
    >>> said = [pd.DataFrame({"touch_id": [f"T{i}" for i in range(10)], "code": code}) for code in ("price", "value")]
    >>> found = analyse_together(load_frames({"touches": touches, "objections": pd.concat(said)}))
    >>> [(pair.first, pair.second, pair.lift.lift) for pair in found.pairs]
    [('price', 'value', 4.0)]
    """
    if lacking := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=lacking)
    both, single, n_talks = _reduce_pairs(loaded)
    if not n_talks:
        return MissingData(chapter=CHAPTER, needed=("touches",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    codes = [code for code in fold_codes(loaded)[0] if code != OTHER]
    counts = {(a, b): both.get((min(a, b), max(a, b)), 0) for a, b in combinations(codes, 2)}
    shown = {pair: n for pair, n in counts.items() if n >= smallest}
    level = 1 - (1 - confidence_level) / max(1, len(shown))
    pairs = [
        Pair(first=a, second=b, lift=estimate_lift(n, single[a], single[b], n_talks, confidence_level=level))
        for (a, b), n in shown.items()
    ]
    pairs.sort(key=lambda pair: (-_strength(pair.lift), pair.first, pair.second))
    return Together(
        pairs=tuple(pairs[:MOST_PAIRS]),
        n_pairs=len(pairs),
        n_conversations=n_talks,
        family_level=confidence_level,
        unlogged=estimate_unlogged(loaded, confidence_level),
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
    )


def _strength(lift: Lift) -> float:
    """Give how far the lift is from chance, in half widths of its interval."""
    half = math.log(lift.ci_high / lift.ci_low) / 2
    return abs(math.log(lift.lift)) / half if half > 0 else math.inf


def _reduce_pairs(loaded: Loaded) -> tuple[dict[tuple[str, str], int], dict[str, int], int]:
    """Count conversations with each two codes (the first in the alphabet first), with each code, and all."""
    talks = conversations(loaded).select("touch_id")
    heard = heard_objections(loaded).semi_join(talks, "touch_id")
    single = to_frame(heard.group_by("code").aggregate(n=heard.count()))
    others = heard.view().select(same_touch="touch_id", second="code")
    joined = heard.inner_join(others, [heard.touch_id == others.same_touch, heard.code < others.second])
    pairs = to_frame(joined.group_by("code", "second").aggregate(n=joined.count()))
    both = {(row.code, row.second): int(row.n) for row in pairs.itertuples()}
    n_talks = int(to_frame(talks.aggregate(n=talks.count())).loc[0, "n"])
    return both, {row.code: int(row.n) for row in single.itertuples()}, n_talks


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResolved:
    """How often reps of one seniority resolve an objection.

    Parameters
    ----------
    level : str
        Seniority.
    n_reps : int
        Reps with an objection.
    resolved : ProportionEstimate
        Share of objections resolved in the conversation; its interval allows for each rep's being alike.
    """

    level: str
    n_reps: int
    resolved: ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Whether experience resolves objections.

    Parameters
    ----------
    rows : tuple of LevelResolved
        By falling rate.
    difference, ci_low, ci_high, pvalue : float, optional
        First level less last, on the reps' own rates (Welch), its interval and the p-value of no difference; none with
        fewer than two levels.
    confidence_level : float
        Of the interval.
    n_unknown : int
        Objections of conversations that do not say whether they were resolved, or by whom.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason.
    """

    rows: tuple[LevelResolved, ...]
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    pvalue: float | None
    confidence_level: float
    n_unknown: int
    unlogged: ProportionEstimate | None

    @property
    def verdict(self) -> Verdict:
        """Whether the levels differ: what the interval of the difference says."""
        return "confirmed" if self.ci_low is not None and self.ci_low > 0 else "cannot_tell"

    def findings(self) -> tuple[Finding, ...]:
        """Give each level's rate with its interval."""
        found = []
        for row in self.rows:
            args = {"level": row.level, "rate": row.resolved.rate, "n": row.resolved.n_trials}
            about: dict[str, Any] = {"group": {"seniority": row.level}, "n": row.resolved.n_trials}
            about |= interval_of(row.resolved)
            message = "objections.finding.resolved"
            found.append(Finding("objections.resolved_rate", row.resolved.rate, "share", message, args, **about))
        return tuple(found)


def analyse_resolution(loaded: Loaded, *, confidence_level: float = 0.95) -> Resolution | MissingData:
    """Estimate how often objections are resolved, by seniority, each rep counting as one witness.

    Parameters
    ----------
    loaded : Loaded
        Needs touches with rep_id, reps with seniority, and objections with touch_id, code and is_resolved.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Rao & Scott (1992), Biometrics 48, 577-585; Welch (1947), Biometrika 34, 28-35, on the reps' own rates.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = [f"T{i}" for i in range(60)]
    >>> touches = pd.DataFrame({"touch_id": ids, "rep_id": [f"R{i % 6}" for i in range(60)]})
    >>> reps = pd.DataFrame({"rep_id": [f"R{i}" for i in range(6)], "seniority": ["junior", "senior"] * 3})
    >>> said = pd.DataFrame({"touch_id": ids, "code": "price", "is_resolved": [i % 4 == 1 for i in range(60)]})
    >>> found = analyse_resolution(load_frames({"touches": touches, "reps": reps, "objections": said}))
    >>> [(row.level, row.n_reps, row.resolved.rate) for row in found.rows]
    [('senior', 3, 0.5), ('junior', 3, 0.0)]
    """
    needed = {"touches": ("rep_id",), "reps": ("seniority",), "objections": ("touch_id", "code", "is_resolved")}
    if lacking := loaded.missing(**needed):
        return MissingData(chapter=CHAPTER, needed=lacking)
    frame, n_all = _reduce_resolved(loaded)
    smallest = loaded.engagement.contract.disclosure.smallest_group
    levels = frame.groupby("level", as_index=False).agg(n_reps=("rep_id", "size"), n=("n", "sum"))
    shown = set(fold_small_groups(levels.drop(columns="n"), "level", "n_reps", FEWEST_REPS)["level"])
    frame = frame.assign(level=frame["level"].where(frame["level"].isin(shown), OTHER))
    sizes = frame.groupby("level", as_index=False)["n"].sum()
    shown = set(fold_small_groups(sizes, "level", "n", smallest)["level"])
    frame = frame.assign(level=frame["level"].where(frame["level"].isin(shown), OTHER))
    if frame.empty or frame["n"].sum() < smallest or len(frame) < FEWEST_REPS:
        return MissingData(chapter=CHAPTER, needed=("objections.is_resolved",))
    rows = []
    for level, own in frame.groupby("level"):
        k, n = own["k"].to_numpy(float), own["n"].to_numpy(float)
        effect = estimate_design_effect(k, n)
        resolved = estimate_proportion(
            int(k.sum()), int(n.sum()), confidence_level=confidence_level, design_effect=effect
        )
        rows.append(LevelResolved(level=str(level), n_reps=len(own), resolved=resolved))
    rows.sort(key=lambda row: (row.level == OTHER, -row.resolved.rate, row.level))
    named = [row.level for row in rows if row.level != OTHER]
    ends = [frame[frame["level"] == level] for level in (named[0], named[-1])] if len(named) > 1 else []
    difference, low, high, pvalue = _welch(ends, confidence_level)
    return Resolution(
        rows=tuple(rows), difference=difference, ci_low=low, ci_high=high, pvalue=pvalue,
        confidence_level=confidence_level, n_unknown=n_all - int(frame["n"].sum()),
        unlogged=estimate_unlogged(loaded, confidence_level),
    )  # fmt: skip


def _reduce_resolved(loaded: Loaded) -> tuple[pd.DataFrame, int]:
    """Count by rep the objections that say whether they were resolved, and those that were; and all objections."""
    talks = conversations(loaded).select("touch_id", "rep_id")
    rows = logged_objections(loaded).inner_join(talks, "touch_id")
    once = rows.group_by("touch_id", "code", "rep_id").aggregate(is_resolved=rows.is_resolved.any())
    reps = loaded.tables["reps"].select(known_id="rep_id", level="seniority")
    known = once.filter(once.is_resolved.notnull()).inner_join(reps, [("rep_id", "known_id")])
    known = known.filter(known.level.notnull())
    frame = to_frame(known.group_by("rep_id", "level").aggregate(n=known.count(), k=known.is_resolved.sum()))
    n_all = int(to_frame(once.aggregate(n=once.count())).loc[0, "n"])
    return frame.sort_values(["level", "rep_id"], ignore_index=True), n_all


def _welch(ends: list[pd.DataFrame], level: float) -> tuple[float | None, float | None, float | None, float | None]:
    """Compare two levels on their reps' own rates: the difference, its interval and the p-value."""
    if not ends:
        return None, None, None, None
    rates = [(own["k"] / own["n"]).to_numpy(float) for own in ends]
    means, parts = [rate.mean() for rate in rates], [rate.var(ddof=1) / len(rate) for rate in rates]
    gap, variance = float(means[0] - means[1]), float(sum(parts))
    if variance <= 0:
        return gap, None, None, None
    df = variance**2 / sum(part**2 / (len(rate) - 1) for part, rate in zip(parts, rates, strict=True))
    half = critical_value(level, df) * float(np.sqrt(variance))
    return gap, gap - half, gap + half, two_sided_pvalue(gap / float(np.sqrt(variance)), df)
