"""What the rule of `compare_variants` would have said in other draws of the client's own data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.checks import check_design
from gtmlib.stats.clustered import estimate_intraclass_correlation
from gtmlib.stats.designs import CellTable, VariantCell, tabulate_cells
from gtmlib.stats.distributions import Array, critical_value
from gtmlib.stats.inference import ComparisonRule, Flags, infer_pairs
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.splits import check_split


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How often a rule names a winner, over simulated runs of one structure.

    Parameters
    ----------
    n_runs, n_looks : int
        Simulated data sets, and looks at each.
    winner : ProportionEstimate
        Runs in which any variant was a winner at any look, as a rate with its simulation error.
    decided : ProportionEstimate
        Runs in which any was a winner or a loser at any look.
    plain : ProportionEstimate
        Runs in which a plain z-test at the rule's level told any from the control at any look, as a dashboard would.
    """

    n_runs: int
    n_looks: int
    winner: ProportionEstimate
    decided: ProportionEstimate
    plain: ProportionEstimate


def simulate_false_alarms(
    cells: Sequence[VariantCell], rule: ComparisonRule, *, rng: np.random.Generator, n_runs: int = 2000
) -> Simulation:
    """Simulate an A/A test on the client's own structure: who sent what when, with no difference between the messages.

    Each rep keeps the rate of conversions that his contacts with all variants show, shrunk towards the team's as far as
    reps differ by chance alone; so if better reps prefer a message, they do so in the simulation too.

    Parameters
    ----------
    cells : sequence of VariantCell
        Contacts and conversions by variant, rep and period. With many looks, one at the end of each period.
    rule : ComparisonRule
        The rule that `compare_variants` runs with.
    rng : numpy.random.Generator
        Randomness.
    n_runs : int
        Simulated data sets; 2,000 give a rate of 5 % to within 1 point.

    Raises
    ------
    ParameterError
        If there are no contacts, or n_runs is below 1.

    Examples
    --------
    >>> cells = [VariantCell(variant=v, rep=r, n_contacts=50, n_conversions=5) for v in "AB" for r in "xyz"]
    >>> rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)))
    >>> simulate_false_alarms(cells, rule, rng=np.random.default_rng(1), n_runs=500).decided.rate < 0.05
    True
    """
    table = tabulate_cells(cells, [name for name, _ in rule.planned_split])
    if not table.n.sum():
        raise ParameterError("there are no contacts to simulate. Give cells of the rule's variants.")
    by_rep = table.rep[:, None] == np.arange(len(table.reps))
    n, k = table.n.sum(axis=0) @ by_rep, table.k.sum(axis=0) @ by_rep
    pooled, alike = k.sum() / n.sum(), estimate_intraclass_correlation(k, n)
    weight = n * alike / (1 + (n - 1) * alike)  # of a rep's own rate beside the team's
    rates = weight * k / np.where(n > 0, n, 1) + (1 - weight) * pooled
    return simulate_rule(table, np.broadcast_to(rates[table.rep], table.n.shape), rule, rng=rng, n_runs=n_runs)


def simulate_rule(
    table: CellTable, rates: Array, rule: ComparisonRule, *, rng: np.random.Generator, n_runs: int = 2000
) -> Simulation:
    """Simulate conversions at given rates, and judge each run at each look.

    Parameters
    ----------
    table : CellTable
        Contacts; its conversions are not used.
    rates : array, variants x columns
        True rates, in [0, 1].
    rule : ComparisonRule
        With many looks, one at the end of each period.
    rng : numpy.random.Generator
        Randomness.
    n_runs : int
        Simulated data sets.

    Raises
    ------
    ParameterError
        If n_runs is below 1, or rates are not in [0, 1].

    Examples
    --------
    >>> table = tabulate_cells([VariantCell(variant=v, n_contacts=400, n_conversions=0) for v in "AB"], "AB")
    >>> rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)), looks="one")
    >>> rates = np.array([[0.1], [0.3]])
    >>> simulate_rule(table, rates, rule, rng=np.random.default_rng(1), n_runs=200).winner.rate > 0.95
    True
    """
    if n_runs < 1 or not ((rates >= 0) & (rates <= 1)).all():
        raise ParameterError(f"n_runs is {n_runs} and rates are from {rates.min()} to {rates.max()}. Check both.")
    k = rng.binomial(table.n.astype(int)[:, None], rates[:, None], size=(len(rates), n_runs, rates.shape[1]))
    drawn = replace(table, k=k.astype(float))
    last = len(table.periods) - 1
    looks = range(last + 1) if rule.looks == "many" else [last]
    winner, loser, plain = np.zeros((3, n_runs), dtype=bool)
    for look in looks:
        seen = drawn.at_look(look)
        won, lost = judge_runs(seen, rule)
        winner |= won
        loser |= lost
        plain |= _plain_test(seen, rule)
    return Simulation(
        n_runs=n_runs,
        n_looks=len(looks),
        winner=estimate_proportion(int(winner.sum()), n_runs),
        decided=estimate_proportion(int((winner | loser).sum()), n_runs),
        plain=estimate_proportion(int(plain.sum()), n_runs),
    )


def judge_runs(table: CellTable, rule: ComparisonRule) -> tuple[Flags, Flags]:
    """Return the runs in which `compare_variants` would name any winner, and any loser, by the counts alone.

    Parameters
    ----------
    table : CellTable
        With conversions as variants x runs x columns.
    rule : ComparisonRule
        What was declared before the data.

    Returns
    -------
    won, lost : array of bool, runs
        Whether any variant won, and whether any lost.

    Examples
    --------
    >>> cells = [VariantCell(variant=v, n_contacts=300, n_conversions=c) for v, c in (("A", 30), ("B", 60))]
    >>> table = tabulate_cells(cells, "AB")
    >>> rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)))
    >>> won, lost = judge_runs(replace(table, k=table.k[:, None]), rule)
    >>> won.tolist(), lost.tolist()
    ([True], [False])
    """
    won, lost = np.zeros((2, table.k.shape[1]), dtype=bool)
    control = table.variants.index(rule.control)
    sizes = table.n.sum(axis=1)
    if not sizes[control] or (sizes > 0).sum() < 2:
        return won, lost
    split = check_split([int(size) for size in sizes], [weight for _, weight in rule.planned_split])
    if not split.is_as_planned:
        return won, lost
    for pair in infer_pairs(table, rule):
        if all(check.level != "stop" for check in check_design(pair.design, table.n_periods(pair.variant, control))):
            won |= (pair.ci_low > 0) & ~pair.is_too_early
            lost |= (pair.ci_high < 0) & ~pair.is_too_early
    return won, lost


def _plain_test(table: CellTable, rule: ComparisonRule) -> Flags:
    found: Flags = np.zeros(table.k.shape[1], dtype=bool)
    control = table.variants.index(rule.control)
    n, k = table.n.sum(axis=1), table.k.sum(axis=-1)
    for row in range(len(n)):
        if row == control or not n[row] or not n[control]:
            continue
        pooled = (k[row] + k[control]) / (n[row] + n[control])
        error = np.sqrt(pooled * (1 - pooled) * (1 / n[row] + 1 / n[control]))
        found |= np.abs(k[row] / n[row] - k[control] / n[control]) > critical_value(rule.confidence_level) * error
    return found
