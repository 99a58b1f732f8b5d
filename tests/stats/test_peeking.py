"""Looking before the end: against published tables, and against simulation of the very rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.designs import VariantCell, tabulate_cells
from gtmlib.stats.inference import ComparisonRule
from gtmlib.stats.peeking import crossing_chance, false_alarm_rate, sequential_inflation
from gtmlib.stats.planning import Terms, plan_comparison
from gtmlib.stats.simulation import simulate_rule


@pytest.mark.parametrize(
    ("n_looks", "rate"),
    [(1, 0.050), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248), (50, 0.320)],
)
def test_repeated_tests_raise_false_alarms_as_in_armitage_mcpherson_and_rowe_1969_table_2(
    n_looks: int, rate: float
) -> None:
    assert false_alarm_rate(n_looks) == pytest.approx(rate, abs=0.0005)


def test_pocock_1977_needs_2413_standard_errors_at_each_of_five_looks() -> None:
    assert crossing_chance(np.full(5, 2.413)) == pytest.approx(0.05, abs=0.0002)


def test_o_brien_and_fleming_1979_spend_five_percent_over_five_looks() -> None:
    assert crossing_chance(2.040 * np.sqrt(5 / np.arange(1, 6))) == pytest.approx(0.05, abs=0.0002)


def test_a_path_that_is_drawn_crosses_as_often() -> None:
    rng, n_looks, drift = np.random.default_rng(1), 12, 2.0
    steps = rng.normal(drift / n_looks, n_looks**-0.5, size=(40_000, n_looks))
    drawn = steps.cumsum(axis=1) / np.sqrt(np.arange(1, n_looks + 1) / n_looks)
    critical = np.linspace(3.5, 2.2, n_looks)
    found = crossing_chance(critical, drift=drift, is_two_sided=False)
    assert found == pytest.approx((drawn > critical).any(axis=1).mean(), abs=0.01)


@given(st.integers(1, 40), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_guarded_interval_keeps_its_level_however_often_one_looks(n_looks: int, level: float) -> None:
    guarded, plain = (false_alarm_rate(n_looks, confidence_level=level, is_guarded=each) for each in (True, False))
    assert 0 < guarded <= 1 - level
    assert plain >= 1 - level - 1e-12


@given(st.sampled_from([0.5, 0.8, 0.9, 0.95]), st.sampled_from([0.8, 0.95, 0.975, 0.99]))
def test_looking_at_any_time_always_has_a_price(power: float, level: float) -> None:
    assert 1 < sequential_inflation(power, level) < 6


@pytest.mark.parametrize(("control", "variant", "split"), [
    (0.10, 0.20, (1.0, 1.0)), (0.02, 0.03, (1.0, 1.0)), (0.30, 0.40, (1.0, 1.0)), (0.10, 0.20, (0.75, 0.25)),
    (0.02, 0.04, (0.9, 0.1)),
])  # fmt: skip
def test_with_as_many_contacts_the_very_rule_names_the_winner_in_eight_of_ten_tests(
    control: float, variant: float, split: tuple[float, ...]
) -> None:
    plan = plan_comparison(control, variant, Terms(split=split))
    assert plan.n_total is not None
    cells = [
        VariantCell(variant=name, n_contacts=n, n_conversions=0, period=f"{look:02d}")
        for name, weight in zip("AB", split, strict=True)
        for look, n in enumerate(np.diff(np.linspace(0, plan.n_total * weight / sum(split), 31).round()).astype(int))
    ]
    table = tabulate_cells(cells, "AB")
    rule = ComparisonRule(
        control="A", planned_split=tuple(zip("AB", split, strict=True)), planned_n=float(plan.n_total)
    )
    rates = np.broadcast_to([[control], [variant]], table.n.shape)
    found = simulate_rule(table, rates, rule, rng=np.random.default_rng(1), n_runs=4000).winner.rate
    assert found == pytest.approx(0.80, abs=0.025)


def test_no_look_and_a_boundary_of_nothing_are_refused() -> None:
    for critical in (np.array([]), np.array([2.0, 0.0])):
        with pytest.raises(ParameterError, match="Give a boundary above 0 for each look"):
            crossing_chance(critical)
