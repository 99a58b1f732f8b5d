"""What a verdict on a message rests on: how much of it was delivered as assigned, and how fast contacts come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.variant_results import VariantComparison


def trust_findings(
    compared: VariantComparison, labels: Mapping[str, str], contacts_per_week: float | None
) -> Iterator[Finding]:
    """Give the share of contacts that got the assigned message, in the worse arm of each pair, and the present pace.

    Parameters
    ----------
    compared : VariantComparison
        Pairs and rates.
    labels : mapping
        Variant = what the contract calls it.
    contacts_per_week : float, optional
        In all variants together.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell
    >>> from gtmlib.stats.inference import ComparisonRule
    >>> from gtmlib.stats.variants import compare_variants
    >>> cells = [VariantCell(variant=name, n_contacts=50, n_conversions=9) for name in "AB"]
    >>> found = compare_variants(cells, ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1))))
    >>> [(one.id, one.value, one.n) for one in trust_findings(found, {"A": "A", "B": "B"}, 12.5)]
    [('conversion.contacts_per_week', 12.5, 100)]
    """
    n_contacts = {row.variant: row.rate.n_trials for row in compared.rates}
    for pair in compared.pairs:
        if pair.complier is None:
            continue
        arms = ((pair.complier.delivered_rate, pair.variant), (1 - pair.complier.control_delivered_rate, pair.control))
        rate, arm = min(arms)
        kept = estimate_proportion(round(rate * n_contacts[arm]), n_contacts[arm])
        args = {"variant": labels[pair.variant], "rate": kept.rate, "n": kept.n_trials}
        yield Finding(
            "conversion.fidelity_rate", kept.rate, "share", "conversion.finding.fidelity", args,
            {"variant": pair.variant}, n=kept.n_trials, **interval_of(kept),
        )  # fmt: skip
    if contacts_per_week is not None:
        args = {"pace": contacts_per_week}
        yield Finding(
            "conversion.contacts_per_week", contacts_per_week, "count", "conversion.finding.pace",
            {"pace": contacts_per_week}, n=sum(n_contacts.values()),
        )  # fmt: skip
