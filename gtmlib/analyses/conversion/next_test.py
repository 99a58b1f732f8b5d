"""What does the next test take? Contacts, weeks, and what can be told before: on what was measured, or supposed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtmlib.analyses.conversion.comparison import Variation, Waiting
from gtmlib.analyses.conversion.contacts import count_by_rep, needed_columns
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.loaded import Loaded
from gtmlib.stats.clustered import estimate_intraclass_correlation
from gtmlib.stats.designs import VariantCell, choose_design, tabulate_cells
from gtmlib.stats.planning import Terms, VariantPlan, plan_comparison

USUAL_LIFT = 0.25  # of the control's rate, where the contract declares no smallest worthwhile difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a decision takes.

    Parameters
    ----------
    plan : VariantPlan
        Contacts, weeks, and what can be seen before.
    is_declared : bool, optional
        Whether the contract declares the smallest worthwhile difference; else a quarter of the control's rate. None:
        it was supposed.
    n_so_far : int
        Contacts of the control so far.
    contacts_per_week : float, optional
        Present pace in all variants.
    """

    plan: VariantPlan
    is_declared: bool | None
    n_so_far: int
    contacts_per_week: float | None

    def findings(self) -> tuple[()]:
        """Give none: a plan is no finding."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBasis:
    """What a plan starts from. It stays between Reduce and Infer.

    Parameters
    ----------
    control_rate : float
        The rate to be raised, in [0, 1].
    difference : float
        Smallest rise worth seeing.
    terms : Terms
        Power, level, looks, split, and reps where each of them sends one message.
    contacts_per_week : float, optional
        Present pace in all variants.
    n_so_far : int
        Contacts of the control so far.
    is_declared : bool, optional
        Whether the contract declares the difference; none: it is supposed.
    n_reps : int
        Reps known by name.
    intraclass_correlation : float
        How alike the contacts of one of them are, in [0, 1], whoever sends what.
    """

    control_rate: float
    difference: float
    terms: Terms
    contacts_per_week: float | None
    n_so_far: int
    is_declared: bool | None
    n_reps: int
    intraclass_correlation: float


def plan_variants(loaded: Loaded, found: Variation | Waiting | MissingData) -> Plan | None:
    """Plan the test: contacts and weeks to tell the smallest worthwhile difference, and what can be told before.

    Parameters
    ----------
    loaded : Loaded
        With the contract's variants.
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave; the control's rate is the rate to be raised.

    Returns
    -------
    Plan or None
        None while no contact of the control has converted, or all have.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.conversion.comparison import analyse_variants
    >>> from gtmlib.data.engagement import Variants
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> rows = [{"variant_assigned": "AB"[i % 2], "variant_delivered": "A", "outcome": "meeting" if i < 20 else "no",
    ...          "rep_id": "R1", "date": pd.Timestamp("2025-01-15") + pd.Timedelta(days=i % 60)} for i in range(120)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(120)])
    >>> client = load_frames({"touches": touches}, variants=plan)
    >>> plan_variants(client, analyse_variants(client)).is_declared
    False
    """
    if not isinstance(found, Variation):
        return None
    basis = reduce_plan(loaded, confidence_level=found.comparison.rule.confidence_level)
    return None if basis is None else plan_on(basis)


def reduce_plan(loaded: Loaded, *, confidence_level: float = 0.95) -> PlanBasis | None:
    """Give what the plan of the next test starts from: the measured rate and pace, and what the contract declares.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    confidence_level : float
        Of all comparisons with the control together, in (0, 1).

    Returns
    -------
    PlanBasis or None
        None where the contract has no variants, or not both sides of a comparison have contacts.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> reduce_plan(load_frames({})) is None
    True
    """
    plan = loaded.engagement.contract.variants
    if plan is None or loaded.missing(**needed_columns(plan)):
        return None
    cells, pace = count_by_rep(loaded, plan)
    own = [cell for cell in cells if cell.variant == plan.control]
    if not own or len(own) == len(cells):
        return None
    n, k = (sum(getattr(cell, name) for cell in own) for name in ("n_contacts", "n_conversions"))
    n_reps, alike = _clusters(cells)
    weights = dict(plan.planned_split)
    terms = Terms(
        confidence_level=confidence_level,
        looks=plan.looks,
        split=(weights.pop(plan.control), *weights.values()),
        n_reps=n_reps if _sends_own(cells, plan.control) else None,
        intraclass_correlation=alike,
    )
    return PlanBasis(
        control_rate=k / n,
        difference=plan.smallest_worthwhile or USUAL_LIFT * k / n,
        terms=terms,
        contacts_per_week=pace,
        n_so_far=n,
        is_declared=plan.smallest_worthwhile is not None,
        n_reps=n_reps,
        intraclass_correlation=alike,
    )


def _sends_own(cells: tuple[VariantCell, ...], control: str) -> bool:
    """Tell whether any variant is compared between reps: where reps are compared with themselves, they cost nothing.

    Periods don't matter for it: within reps and periods there is never more to compare than within reps.
    """
    table = tabulate_cells(cells, sorted({cell.variant for cell in cells}))
    rows = [row for row, variant in enumerate(table.variants) if variant != control]
    designs = (choose_design(table, row, table.variants.index(control)) for row in rows)
    return any(design.method in ("clustered", "rep_means") for design in designs)


def plan_on(basis: PlanBasis) -> Plan | None:
    """Plan a test on what is known.

    Parameters
    ----------
    basis : PlanBasis
        Measured, declared or supposed.

    Returns
    -------
    Plan or None
        None where there is no rate to be raised, or the difference would raise it beyond all contacts.

    Examples
    --------
    >>> basis = PlanBasis(control_rate=0.10, difference=0.10, terms=Terms(looks="one"), contacts_per_week=50.0,
    ...                   n_so_far=0, is_declared=True, n_reps=8, intraclass_correlation=0.02)
    >>> plan_on(basis).plan.n_per_variant
    199
    """
    if not 0 < basis.control_rate < basis.control_rate + basis.difference < 1:
        return None
    return Plan(
        plan=plan_comparison(
            basis.control_rate,
            basis.control_rate + basis.difference,
            basis.terms,
            contacts_per_week=basis.contacts_per_week,
        ),
        is_declared=basis.is_declared,
        n_so_far=basis.n_so_far,
        contacts_per_week=basis.contacts_per_week,
    )


def _clusters(cells: tuple[VariantCell, ...]) -> tuple[int, float]:
    """Count the reps that are known, and estimate how alike the contacts of one of them are."""
    reps = sorted({cell.rep for cell in cells})
    k, n = np.zeros((2, len(reps)))
    for cell in cells:
        k[reps.index(cell.rep)] += cell.n_conversions
        n[reps.index(cell.rep)] += cell.n_contacts
    return sum(rep != "" for rep in reps), estimate_intraclass_correlation(k, n)
