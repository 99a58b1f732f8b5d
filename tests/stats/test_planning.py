from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.designs import VariantCell, tabulate_cells
from gtmlib.stats.inference import ComparisonRule
from gtmlib.stats.planning import exact_power, plan_comparison, required_contacts, smallest_detectable_effect
from gtmlib.stats.simulation import simulate_rule


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_fleiss_needs_199_an_arm_for_10_against_20_percent() -> None:
    assert math.ceil(required_contacts(0.10, 0.20, power=0.8)) == 199
    assert plan_comparison(0.10, 0.20, rng=rng(), looks="one").n_per_variant == 199


def test_exact_power_of_the_newcombe_rule_is_804_of_1000_at_199_and_704_at_157() -> None:
    assert round(exact_power(199, 0.10, 0.20), 3) == 0.804
    assert round(exact_power(157, 0.10, 0.20), 3) == 0.704
    assert 0.80 <= plan_comparison(0.10, 0.20, rng=rng(), looks="one").exact_power <= 0.81


def test_the_plan_for_many_looks_stands_beside_it_and_simulation_of_the_rule_confirms_it() -> None:
    plan = plan_comparison(0.10, 0.20, rng=rng())
    assert (plan.n_single_look, plan.looks) == (199, "many")
    assert 1.5 < plan.sequential_inflation < 2.0
    cells = []
    for look in range(30):
        n = round(plan.n_per_variant * (look + 1) / 30) - round(plan.n_per_variant * look / 30)
        cells += [VariantCell(variant=v, n_contacts=n, n_conversions=0, period=f"{look:02d}") for v in "AB"]
    table = tabulate_cells(cells, "AB")
    rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)), planned_n=plan.n_total)
    rates = np.broadcast_to([[0.10], [0.20]], table.n.shape)
    assert simulate_rule(table, rates, rule, rng=rng(), n_runs=4000).winner.rate == pytest.approx(0.80, abs=0.03)


def test_clusters_multiply_by_the_design_effect() -> None:
    plan = plan_comparison(0.10, 0.20, rng=rng(), looks="one", n_per_rep=21, intraclass_correlation=0.05)
    assert plan.design_effect == pytest.approx(2.0)
    assert plan.n_per_variant == math.ceil(2 * required_contacts(0.10, 0.20))


def test_weeks_follow_from_the_pace_and_a_year_is_too_long() -> None:
    plan = plan_comparison(0.10, 0.20, rng=rng(), looks="one", contacts_per_week=40)
    assert plan.weeks == pytest.approx(398 / 40)
    assert plan.is_testable
    slow = plan_comparison(0.10, 0.12, rng=rng(), looks="one", contacts_per_week=40)
    assert slow.is_testable is False
    assert plan_comparison(0.10, 0.20, rng=rng(), looks="one").weeks is None


def test_what_can_be_seen_shrinks_with_the_weeks() -> None:
    plan = plan_comparison(0.10, 0.20, rng=rng(), contacts_per_week=60)
    assert [effect.weeks for effect in plan.detectable] == [4, 8, 12]
    differences = [effect.difference or 1 for effect in plan.detectable]
    assert differences == sorted(differences, reverse=True)


def test_the_smallest_detectable_effect_is_the_inverse_of_the_required_contacts() -> None:
    for n in (30.0, 199.0, 5000.0):
        effect = smallest_detectable_effect(n, 0.10)
        assert effect is not None
        assert required_contacts(0.10, 0.10 + effect) == pytest.approx(n, rel=1e-3)
    assert smallest_detectable_effect(3, 0.5) is None


def test_more_variants_need_more_contacts_each() -> None:
    two, four = (plan_comparison(0.10, 0.20, rng=rng(), looks="one", n_variants=n) for n in (2, 4))
    assert four.confidence_level == pytest.approx(1 - 0.05 / 3)
    assert four.n_per_variant > two.n_per_variant
    assert four.n_total == 4 * four.n_per_variant


def test_a_plan_without_a_difference_is_refused() -> None:
    with pytest.raises(ParameterError, match="No number of contacts"):
        plan_comparison(0.10, 0.10, rng=rng())
    assert dataclasses.is_dataclass(plan_comparison(0.10, 0.20, rng=rng(), looks="one"))
