"""The rule under simulation: false alarms and power."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.designs import CellTable, VariantCell, choose_design, tabulate_cells
from gtmlib.stats.distributions import Array
from gtmlib.stats.inference import ComparisonRule, infer_pairs
from gtmlib.stats.sequential import Looks
from gtmlib.stats.simulation import judge_runs, simulate_false_alarms, simulate_rule

MANY = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)))
ONE = dataclasses.replace(MANY, looks="one")


def thirty_looks(n_reps: int = 1) -> CellTable:
    """Return 10 contacts of each variant between looks, up to 300."""
    share = 10 // n_reps
    return tabulate_cells(
        [
            VariantCell(variant=v, n_contacts=share, n_conversions=0, rep=f"r{r}", period=f"{p:02d}")
            for v in "AB"
            for r in range(n_reps)
            for p in range(30)
        ],
        "AB",
    )


@pytest.mark.parametrize("rate", [0.03, 0.10, 0.25])
@pytest.mark.parametrize("n_reps", [1, 5])
def test_looking_thirty_times_names_a_false_winner_in_at_most_5_percent(rate: float, n_reps: int) -> None:
    table = thirty_looks(n_reps)
    rates = np.full(table.n.shape, rate)
    simulated = simulate_rule(table, rates, MANY, rng=np.random.default_rng(1), n_runs=2000 if n_reps == 1 else 500)
    assert simulated.n_looks == 30
    assert simulated.decided.rate <= 0.05
    assert simulated.plain.rate > 0.15  # the plain z-test, looked at as often


@pytest.mark.parametrize("n_reps", [1, 5])
def test_looking_thirty_times_keeps_70_percent_power_for_10_against_20_percent(n_reps: int) -> None:
    table = thirty_looks(n_reps)
    rates = np.broadcast_to([[0.10], [0.20]], table.n.shape)
    simulated = simulate_rule(table, rates, MANY, rng=np.random.default_rng(2), n_runs=2000 if n_reps == 1 else 500)
    assert simulated.winner.rate >= 0.70


def better_reps_prefer_b(rng: np.random.Generator, n_reps: int) -> CellTable:
    """Return one data set in which the message does nothing, and reps with better rates use B more."""
    rates = np.clip(rng.normal(0.15, 0.06, n_reps), 0.02, 0.5)
    n = rng.binomial(50, 1 / (1 + np.exp(-(rates - 0.15) / 0.06)))
    counts = {"B": (n, rng.binomial(n, rates)), "A": (50 - n, rng.binomial(50 - n, rates))}
    cells = [
        VariantCell(variant=v, rep=f"r{i:02d}", n_contacts=int(contacts[i]), n_conversions=int(converted[i]))
        for v, (contacts, converted) in counts.items()
        for i in range(n_reps)
    ]
    table = tabulate_cells(cells, "AB")
    return dataclasses.replace(table, k=table.k[:, None])


@pytest.mark.parametrize("rule", [MANY, ONE], ids=["many looks", "one look"])
def test_better_reps_who_prefer_b_do_not_make_b_a_winner(rule: ComparisonRule) -> None:
    rng = np.random.default_rng(3)
    tables = [better_reps_prefer_b(rng, 12) for _ in range(1000)]
    winners = np.mean([judge_runs(table, rule)[0][0] for table in tables])
    plain = np.mean([_plain_z(table) > 1.96 for table in tables])
    assert winners <= 0.065
    assert plain > 0.30


def _plain_z(table: CellTable) -> float:
    (k_0, k), (n_0, n) = table.k.sum(axis=(1, 2)), table.n.sum(axis=1)
    pooled = (k + k_0) / (n + n_0)
    return float((k / n - k_0 / n_0) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_0)))


def one_variant_per_rep(n_reps: int, rng: np.random.Generator, n_runs: int) -> CellTable:
    """Return runs of 50 contacts by each rep, whose rates vary by beta(3, 17)."""
    cells = [VariantCell(variant="AB"[r % 2], rep=f"r{r:02d}", n_contacts=50, n_conversions=0) for r in range(n_reps)]
    table = tabulate_cells(cells, "AB")
    rates: Array = rng.beta(3, 17, size=(n_runs, n_reps))
    return dataclasses.replace(table, k=rng.binomial(table.n.astype(int)[:, None], rates).astype(float))


@pytest.mark.parametrize("looks", ["one", "many"])
@pytest.mark.parametrize("n_reps", [6, 12])
def test_one_variant_per_rep_names_a_false_winner_in_at_most_6_5_percent(n_reps: int, looks: Looks) -> None:
    table = one_variant_per_rep(n_reps, np.random.default_rng(4), 2000)
    assert choose_design(table, 1, 0).method == "rep_means"
    won, lost = judge_runs(table, dataclasses.replace(MANY, looks=looks))
    assert (won | lost).mean() <= 0.065
    if looks == "one":
        assert (won | lost).mean() >= 0.03  # exact: about 5 %


def test_one_variant_per_rep_with_two_reps_an_arm_names_nobody() -> None:
    won, lost = judge_runs(one_variant_per_rep(4, np.random.default_rng(5), 500), ONE)
    assert not (won | lost).any()


def test_stratified_intervals_hold_a_planted_difference_as_often_as_they_claim() -> None:
    rng = np.random.default_rng(6)
    n = {"A": (80, 20, 50, 30), "B": (20, 80, 50, 70)}
    cells = [VariantCell(variant=v, rep=f"r{i}", n_contacts=m, n_conversions=0) for v in n for i, m in enumerate(n[v])]
    table = tabulate_cells(cells, "AB")
    rates = np.array([0.1, 0.3, 0.2, 0.25]) + np.array([[0.0], [0.08]])
    k = rng.binomial(table.n.astype(int)[:, None], rates[:, None], size=(2, 4000, 4)).astype(float)
    (pair,) = infer_pairs(dataclasses.replace(table, k=k), ONE)
    assert pair.design.method == "stratified"
    assert ((pair.ci_low <= 0.08) & (pair.ci_high >= 0.08)).mean() == pytest.approx(0.95, abs=0.012)


def test_false_alarms_are_simulated_on_the_clients_own_structure() -> None:
    rng = np.random.default_rng(7)
    cells = []
    for rep in range(12):  # rates from .05 to .27; the better the rep, the more often B
        n_b = 30 + 4 * rep
        for variant, n in (("A", 104 - n_b), ("B", n_b)):
            k = round(n * (0.05 + 0.02 * rep))
            cells.append(VariantCell(variant=variant, rep=f"r{rep:02d}", n_contacts=n, n_conversions=k))
    simulated = simulate_false_alarms(cells, ONE, rng=rng, n_runs=1000)
    assert simulated.decided.rate <= 0.065
    assert simulated.plain.rate > 0.2
    again = simulate_false_alarms(cells, ONE, rng=np.random.default_rng(8), n_runs=200)
    assert again == simulate_false_alarms(cells, ONE, rng=np.random.default_rng(8), n_runs=200)


def test_nothing_to_simulate_is_refused() -> None:
    with pytest.raises(ParameterError, match="no contacts"):
        simulate_false_alarms([], MANY, rng=np.random.default_rng(1))
