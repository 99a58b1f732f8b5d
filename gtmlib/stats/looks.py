"""The comparison as it stood after each period: what the interval over time is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gtmlib.stats.designs import VariantCell, tabulate_cells
from gtmlib.stats.differences import Method
from gtmlib.stats.inference import ComparisonRule, infer_pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One variant against the control, from all contacts up to a period.

    Parameters
    ----------
    period, variant : str
        The last period seen, and the variant.
    n_contacts : int
        Of the variant and the control together.
    method : {'crude', 'stratified', 'clustered', 'rep_means'}
        Estimator that the contacts so far allow.
    difference, ci_low, ci_high : float
        Variant less control, in [-1, 1], with the rule's boundary.
    """

    period: str
    variant: str
    n_contacts: int
    method: Method
    difference: float
    ci_low: float
    ci_high: float


def trace_comparison(cells: Sequence[VariantCell], rule: ComparisonRule) -> tuple[Look, ...]:
    """Return the comparison after each period, by period and variant; the last is that of `compare_variants`.

    Parameters
    ----------
    cells : sequence of VariantCell
        Contacts and conversions by variant, rep and period, of the rule's variants.
    rule : ComparisonRule
        What was declared before the data.

    Raises
    ------
    ParameterError
        If counts are out of range.

    Examples
    --------
    >>> cells = [VariantCell(variant=v, n_contacts=50, n_conversions=c, period=p)
    ...          for v, c in (("A", 5), ("B", 15)) for p in ("2025-01", "2025-02")]
    >>> looks = trace_comparison(cells, ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1))))
    >>> [(look.period, look.n_contacts, round(look.ci_low, 2)) for look in looks]
    [('2025-01', 100, -0.08), ('2025-02', 200, 0.03)]
    """
    table = tabulate_cells(cells, [name for name, _ in rule.planned_split])
    control = table.variants.index(rule.control)
    looks: list[Look] = []
    for code, period in enumerate(table.periods):
        seen = table.at_look(code)
        sizes = seen.n.sum(axis=1)
        if not sizes[control] or (sizes > 0).sum() < 2:
            continue
        looks += [
            Look(
                period=period,
                variant=table.variants[pair.variant],
                n_contacts=int(sizes[pair.variant] + sizes[control]),
                method=pair.design.method,
                difference=float(pair.estimate.difference),
                ci_low=float(pair.ci_low),
                ci_high=float(pair.ci_high),
            )
            for pair in infer_pairs(seen, rule)
        ]
    return tuple(looks)
