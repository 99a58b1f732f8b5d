"""Findings: the one currency between chapters, the summary, the hypotheses and the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["confirmed", "refuted", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One number (or verdict) that a chapter shows, under a stable id.

    Parameters
    ----------
    id : str
        Like `profitability.contribution`; what it is, without the group.
    group : dict
        What the id is broken down by: `{"segment": "Industry"}`; empty for a total.
    value, ci_low, ci_high : float, optional
        Raw number in `unit`, and its interval; a ledger total has none.
    unit : str, optional
        Currency code, `share`, `count`, `days`, `months`, `ratio` or `pvalue`.
    confidence_level : float, optional
        Of the interval, in (0, 1).
    n : int, optional
        Observations behind the value.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}, optional
        Where the finding answers a question.
    message : str
        Catalog key of its sentence; never a sentence.
    args : dict
        The numbers and names that the sentence needs.
    """

    id: str
    value: float | None
    unit: str | None
    message: str
    args: dict[str, Any] = field(default_factory=dict)
    group: dict[str, str] = field(default_factory=dict)
    ci_low: float | None = None
    ci_high: float | None = None
    confidence_level: float | None = None
    n: int | None = None
    verdict: Verdict | None = None


def interval_of(estimate: Any) -> dict[str, Any]:
    """Give a finding's fields about the interval of an estimate.

    Parameters
    ----------
    estimate : any result with ci_low, ci_high and confidence_level
        Such as a ProportionEstimate or a MeanEstimate.

    Examples
    --------
    >>> from gtmlib.stats.proportions import estimate_proportion
    >>> sorted(interval_of(estimate_proportion(1, 2)))
    ['ci_high', 'ci_low', 'confidence_level']
    """
    return {name: getattr(estimate, name) for name in ("ci_low", "ci_high", "confidence_level")}
