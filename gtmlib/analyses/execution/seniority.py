"""Do senior reps give more in the first line? The rep is the unit: contacts of one rep are no separate witnesses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtmlib.analyses.execution.outreach import CHAPTER, read_outreach
from gtmlib.analyses.findings import Finding, Verdict
from gtmlib.analyses.reductions import MissingData, reps_by
from gtmlib.data.loaded import Loaded
from gtmlib.stats.means import MeanEstimate, estimate_mean
from gtmlib.stats.permutation import FEWEST_UNITS, UnitComparison, compare_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Seniority:
    """Senior reps against the others, on first contacts.

    Parameters
    ----------
    senior, others : MeanEstimate or None
        Mean of the reps' rates; None where there is no rep.
    comparison : UnitComparison or None
        None where an arm has fewer than four reps: nothing can be told.
    n_contacts : int
        First contacts of all these reps.
    n_left_out : int
        Reps with fewer contacts than the floor, or whose seniority is not known.
    fewest : int
        Reps that an arm needs.
    """

    senior: MeanEstimate | None
    others: MeanEstimate | None
    comparison: UnitComparison | None
    n_contacts: int
    n_left_out: int
    fewest: int

    @property
    def verdict(self) -> Verdict:
        """Whether senior reps give more."""
        if self.comparison is None:
            return "cannot_tell"
        low, high = self.comparison.ci_low, self.comparison.ci_high
        return "confirmed" if low > 0 else "refuted" if high < 0 else "cannot_tell"

    def findings(self) -> tuple[Finding, ...]:
        """Give the difference with its interval, or say that nothing can be told."""
        compared, name = self.comparison, "execution.seniority_difference"
        if compared is None:
            sizes = [0 if arm is None else arm.n for arm in (self.senior, self.others)]
            args: dict[str, float | int] = {"n": sizes[0], "others": sizes[1], "fewest": self.fewest}
            message = "execution.finding.seniority_few"
            return (Finding(name, None, "share", message, args, n=self.n_contacts, verdict="cannot_tell"),)
        args = {"difference": compared.difference, "low": compared.ci_low, "high": compared.ci_high}
        args |= {"n": compared.n_units, "others": compared.n_control_units}
        return (
            Finding(
                name, compared.difference, "share", f"execution.finding.seniority_{self.verdict}", args,
                ci_low=compared.ci_low, ci_high=compared.ci_high, confidence_level=compared.confidence_level,
                n=self.n_contacts, verdict=self.verdict,
            ),
        )  # fmt: skip


def analyse_seniority(loaded: Loaded, *, confidence_level: float = 0.95, seed: int = 1) -> Seniority | MissingData:
    """Compare senior reps' rates on first contacts with those of the others.

    Parameters
    ----------
    loaded : Loaded
        Needs first contacts with rep_id, reps with seniority, and the contract's levels that count as senior.
    confidence_level : float
        Coverage of the interval, in (0, 1).
    seed : int
        Used only where reps are too many to look at all ways to choose the senior ones.

    References
    ----------
    See `gtmlib.stats.permutation.compare_units`.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.engagement import FirstLine
    >>> from gtmlib.data.load import load_frames
    >>> rows = [{"rep_id": f"R{i % 8}", "date": pd.Timestamp("2025-03-03"),
    ...          "converted_on": pd.Timestamp("2025-03-09") if i // 8 < 3 * (i % 8) else None} for i in range(240)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(240)])
    >>> reps = pd.DataFrame({"rep_id": [f"R{i}" for i in range(8)], "seniority": ["junior"] * 4 + ["senior"] * 4})
    >>> client = load_frames({"touches": touches, "reps": reps}, first_line=FirstLine(senior=["senior"]))
    >>> found = analyse_seniority(client)
    >>> round(found.comparison.difference, 2), found.verdict
    (0.4, 'confirmed')
    """
    levels = loaded.engagement.contract.first_line.senior
    needed = () if levels else ("contract.first_line.senior",)
    if needed := (*needed, *loaded.missing(touches=("rep_id",), reps=("seniority",))):
        return MissingData(chapter=CHAPTER, needed=needed)
    outreach = read_outreach(loaded)
    if isinstance(outreach, MissingData):
        return outreach
    smallest, level_of = loaded.engagement.contract.disclosure.smallest_group, reps_by(loaded, "seniority")
    totals = outreach.totals("rep")
    used = {rep: counts for rep, counts in totals.items() if rep in level_of and counts[0] >= smallest}
    rates = {is_senior: [k / n for rep, (n, k) in sorted(used.items()) if (level_of[rep] in levels) is is_senior]
             for is_senior in (True, False)}  # fmt: skip
    compared = None
    if min(map(len, rates.values())) >= FEWEST_UNITS:
        rng = np.random.default_rng(seed)
        compared = compare_units(rates[True], rates[False], rng=rng, confidence_level=confidence_level)
    return Seniority(
        senior=_mean(rates[True], confidence_level),
        others=_mean(rates[False], confidence_level),
        comparison=compared if compared is None or np.isfinite([compared.ci_low, compared.ci_high]).all() else None,
        n_contacts=sum(n for n, _ in used.values()),
        n_left_out=len(totals) - len(used),
        fewest=FEWEST_UNITS,
    )


def _mean(rates: list[float], level: float) -> MeanEstimate | None:
    if not rates:
        return None
    return estimate_mean(len(rates), sum(rates), sum(rate**2 for rate in rates), confidence_level=level)
