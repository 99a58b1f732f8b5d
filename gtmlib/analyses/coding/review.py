"""How far can codes be trusted? Notes coded, agreement of those who read the same ones, suggestions that held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtmlib.analyses.coding.suggest import confirmed_codes, count_notes
from gtmlib.analyses.coding_agreement import LEAST_ALPHA, DoubleCoded, alpha_of, find_double_coded, weak_codes
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, fold_small_groups
from gtmlib.data.codebook import Subject
from gtmlib.data.codes import UNITS
from gtmlib.data.loaded import Loaded
from gtmlib.stats.agreement import AlphaEstimate, Disagreement, count_disagreements, estimate_alpha, gwet_ac1
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAgreement:
    """How far people agree on one code, given or not.

    Parameters
    ----------
    code : str
        The code, or `other`: any of those that too few notes have.
    n_given : int
        Notes to which at least one of their coders gave it.
    alpha : AlphaEstimate
        Krippendorff's, nominal.
    ac1 : float
        Gwet's AC1 of the same notes, which rare codes lower less.
    """

    code: str
    n_given: int
    alpha: AlphaEstimate
    ac1: float

    @property
    def is_weak(self) -> bool:
        """Whether alpha is under .667: nothing should be concluded from the code."""
        return self.alpha.alpha < LEAST_ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingReview:
    """How notes were coded.

    Parameters
    ----------
    subject : {'objections', 'interviews'}
        Notes of conversations, or of interviews.
    n_notes, n_coded, n_twice : int
        Notes, those with confirmed codes, and those that two people or more coded.
    n_coders : int
        People who coded a note that others coded too.
    rows : tuple of CodeAgreement
        The least agreed code first; codes of fewer notes than the floor are `other` together.
    pairs : tuple of Disagreement
        Codes given instead of each other, in no fewer notes than the floor.
    suggested_by : tuple of str
        What suggested the codes that people saw when they confirmed.
    first_hit, three_hit : ProportionEstimate, optional
        Notes drawn by lot whose first suggestion was right, and whose codes were all among the three.
    seed : int
        Of the bootstrap.
    smallest_group : int
        The disclosure floor.
    """

    subject: Subject
    n_notes: int
    n_coded: int
    n_twice: int
    n_coders: int
    rows: tuple[CodeAgreement, ...]
    pairs: tuple[Disagreement, ...]
    suggested_by: tuple[str, ...]
    first_hit: ProportionEstimate | None
    three_hit: ProportionEstimate | None
    seed: int
    smallest_group: int

    @property
    def weak(self) -> tuple[str, ...]:
        """Codes on which people agree too little."""
        return weak_codes((row.code, row.alpha.alpha) for row in self.rows)

    def findings(self) -> tuple[Finding, ...]:
        """Give the agreement on each code with its interval."""
        return tuple(
            Finding(
                "objections.coder_agreement",
                row.alpha.alpha,
                "ratio",
                "objections.finding.coder_agreement",
                {"code": row.code, "alpha": row.alpha.alpha, "n": row.alpha.n_units},
                {"subject": self.subject, "code": row.code},
                ci_low=row.alpha.ci_low,
                ci_high=row.alpha.ci_high,
                confidence_level=row.alpha.confidence_level,
                n=row.alpha.n_units,
            )
            for row in self.rows
        )


def review_coding(
    loaded: Loaded, subject: Subject = "objections", *, seed: int = 1, confidence_level: float = 0.95
) -> CodingReview | None:
    """Review how an engagement's notes were coded.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    subject : {'objections', 'interviews'}
        Notes of conversations, or of interviews.
    seed : int
        Of the bootstrap over notes.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    CodingReview or None
        None where there is neither a note nor a confirmed code.

    References
    ----------
    Krippendorff (2004), Hum. Commun. Res. 30, 411-433. Gwet (2008), Br. J. Math. Stat. Psychol. 61, 29-48.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> notes = pd.DataFrame({"touch_id": [f"T{i}" for i in range(12)], "note": "Too expensive."})
    >>> first = pd.DataFrame({"touch_id": notes["touch_id"], "code": ["price"] * 6 + ["value"] * 6, "coder": "AK"})
    >>> codes = pd.concat([first, first.assign(coder="ML")])
    >>> found = review_coding(load_frames({"touches": notes, "codes": codes}))
    >>> found.n_coded, found.n_twice, [row.alpha.alpha for row in found.rows]
    (12, 12, [1.0, 1.0])
    """
    (n_notes, n_coded), confirmed = count_notes(loaded, subject), confirmed_codes(loaded, subject)
    if not n_notes and not confirmed:
        return None
    smallest = loaded.engagement.contract.disclosure.smallest_group
    double, rng = find_double_coded(loaded, UNITS[subject]), np.random.default_rng(seed)
    first_hit, three_hit, by = _suggestions(loaded, UNITS[subject], confirmed, confidence_level)
    disagreeing = count_disagreements(tuple(unit.values()) for unit in double.units)
    return CodingReview(
        subject=subject,
        n_notes=n_notes or len(confirmed),  # codes of notes that the client did not send
        n_coded=n_coded if n_notes else len(confirmed),
        n_twice=len(double.units),
        n_coders=len(double.coders),
        rows=estimate_agreement(double, smallest, rng=rng, confidence_level=confidence_level),
        pairs=tuple(pair for pair in disagreeing if pair.n >= smallest),
        suggested_by=by,
        first_hit=first_hit,
        three_hit=three_hit,
        seed=seed,
        smallest_group=smallest,
    )


def estimate_agreement(
    double: DoubleCoded, smallest: int, *, rng: np.random.Generator, confidence_level: float = 0.95
) -> tuple[CodeAgreement, ...]:
    """Estimate the agreement on each code, the least agreed first; nothing is said of one that all notes have.

    Parameters
    ----------
    double : DoubleCoded
        Notes that at least two people coded.
    smallest : int
        Codes of fewer notes than this are `other` together.
    rng : Generator
        Of the bootstrap over notes.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> one, other = frozenset({"price"}), frozenset({"value"})
    >>> double = DoubleCoded(("AK", "ML"), ({"AK": one, "ML": one}, {"AK": other, "ML": other}) * 6)
    >>> [row.code for row in estimate_agreement(double, 5, rng=np.random.default_rng(1))]
    ['price', 'value']
    """
    import pandas as pd

    if not double.units:
        return ()
    given = {code: sum(any(code in got for got in unit.values()) for unit in double.units) for code in double.codes()}
    per_code = pd.DataFrame({"code": [*given], "n": [*given.values()]})
    shown = tuple(fold_small_groups(per_code, "code", "n", smallest)["code"])
    folded = frozenset(given) - set(shown)
    merged = double if not folded else double.merge(folded, OTHER)
    rows = []
    for code in shown:
        if alpha_of(merged, code) is None:
            continue
        ratings = merged.ratings(code)
        rows.append(
            CodeAgreement(
                code=code,
                n_given=sum(any(code in got for got in unit.values()) for unit in merged.units),
                alpha=estimate_alpha(ratings, rng=rng, confidence_level=confidence_level),
                ac1=gwet_ac1(ratings).coefficient,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.alpha.alpha, row.code)))


def _suggestions(
    loaded: Loaded, unit: str, confirmed: dict[str, tuple[str, ...]], confidence_level: float
) -> tuple[ProportionEstimate | None, ProportionEstimate | None, tuple[str, ...]]:
    """Tell how often suggestions were right, of the notes that were drawn by lot, and what suggested."""
    if loaded.missing(codes=(unit, "suggested")):
        return None, None, ()
    codes = loaded.tables["codes"]
    rows = codes.filter(codes[unit].notnull() & codes.suggested.notnull()).to_pyarrow().to_pylist()
    by = tuple(sorted({row["suggested_by"] for row in rows if row.get("suggested_by")}))
    offered = {row[unit]: row["suggested"].split() for row in rows if row.get("drawn") == "random"}
    if not offered:
        return None, None, by
    n = len(offered)
    first = sum(offered[note][0] in confirmed[note] for note in offered)
    three = sum(_are_all_there(set(confirmed[note]), set(offered[note])) for note in offered)
    estimates = (estimate_proportion(k, n, confidence_level=confidence_level) for k in (first, three))
    return (*estimates, by)  # type: ignore[return-value]


def _are_all_there(confirmed: set[str], offered: set[str]) -> bool:
    """Whether all confirmed codes were offered; of more than there is room for, whether nothing wrong was."""
    return confirmed <= offered or offered < confirmed
