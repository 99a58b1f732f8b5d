from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.checks import SampleFacts
from gtmlib.stats.compliance import Delivery
from gtmlib.stats.designs import VariantCell, tabulate_cells
from gtmlib.stats.inference import ComparisonRule, contacts_to_decide, infer_pairs, judge
from gtmlib.stats.looks import trace_comparison
from gtmlib.stats.sequential import Looks
from gtmlib.stats.simulation import judge_runs
from gtmlib.stats.variant_results import PairComparison
from gtmlib.stats.variants import compare_variants

STARS = {"r1": (24, 80, 6, 20), "r2": (18, 60, 12, 40), "r3": (2, 20, 8, 80), "r4": (4, 40, 6, 60)}
HILLSTROM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hillstrom.csv"


def rule_of(variants: str = "AB", **declared: Any) -> ComparisonRule:
    return ComparisonRule(control="A", planned_split=tuple((variant, 1.0) for variant in variants), **declared)


def cell(variant: str, k: int, n: int, **where: str) -> VariantCell:
    return VariantCell(variant=variant, n_conversions=k, n_contacts=n, **where)


def by_rep(counts: dict[str, tuple[int, int, int, int]]) -> list[VariantCell]:
    """Return cells from {rep: (conversions, contacts with B, conversions, contacts with A)}."""
    cells = [cell("B", k, n, rep=rep) for rep, (k, n, _, _) in counts.items() if n]
    return cells + [cell("A", k, n, rep=rep) for rep, (_, _, k, n) in counts.items() if n]


def only_pair(cells: list[VariantCell], rule: ComparisonRule | None = None, **options: Any) -> PairComparison:
    (pair,) = compare_variants(cells, rule or rule_of(), **options).pairs
    return pair


def codes(pair: PairComparison) -> list[str]:
    return [check.code for check in pair.checks]


def test_star_reps_show_a_crude_winner_and_name_none() -> None:
    pair = only_pair(by_rep(STARS), rule_of(looks="one"))
    assert (round(pair.crude.group.rate, 2), round(pair.crude.control.rate, 2)) == (0.24, 0.16)
    assert round(pair.crude.pvalue, 4) == 0.0455
    assert (pair.method, pair.stratified_by) == ("stratified", "rep")
    assert round(pair.difference, 4) == 0.0
    assert round(pair.ci_high, 4) == 0.0849
    assert round(pair.ci_low, 4) == -0.0849
    assert pair.verdict == "undecided"


def test_star_reps_show_the_mix_as_the_reason() -> None:
    pair = only_pair(by_rep(STARS))
    assert "simpson" in codes(pair)
    mix = {
        row.rep: (row.n_conversions, row.n_contacts, row.n_control_conversions, row.n_control_contacts)
        for row in pair.mix
    }
    assert mix == STARS
    assert round(pair.fixed_ci_high, 4) == 0.0849
    assert pair.ci_high > pair.fixed_ci_high


def test_the_method_follows_from_who_sent_what() -> None:
    both = {f"r{i}": (5, 30, 4, 30) for i in range(4)}
    assert only_pair(by_rep(both)).method == "stratified"
    nearly_one_each = {f"r{i}": (5, 58, 1, 2) if i % 2 else (1, 2, 5, 58) for i in range(8)}
    pair = only_pair(by_rep(nearly_one_each))
    assert (pair.method, pair.df, "low_overlap" in codes(pair)) == ("clustered", 7, True)
    one_each = {f"r{i}": (5, 40, 0, 0) if i % 2 else (0, 0, 5, 40) for i in range(6)}
    pair = only_pair(by_rep(one_each))
    assert (pair.method, pair.df, "variant_is_rep" in codes(pair)) == ("rep_means", 4, True)
    assert only_pair([cell("A", 5, 60), cell("B", 9, 60)]).method == "crude"


def test_periods_are_strata_only_while_they_keep_half_of_the_information() -> None:
    cells = [cell(v, 3, 20, rep=r, period=p) for v in "AB" for r in ("r1", "r2") for p in ("2025-01", "2025-02")]
    assert only_pair(cells).stratified_by == "rep_period"
    apart = [cell("AB"[(i + j) % 2], 6, 40, rep=f"r{i}", period=f"p{j}") for i in range(4) for j in range(2)]
    assert only_pair(apart).stratified_by == "rep"


def test_two_reps_an_arm_with_one_variant_each_are_not_an_answer() -> None:
    pair = only_pair(by_rep({"r1": (30, 60, 0, 0), "r2": (31, 60, 0, 0), "r3": (0, 0, 5, 60), "r4": (0, 0, 6, 60)}))
    assert pair.verdict == "not_answerable"
    assert ("variant_is_rep", "stop") in [(check.code, check.level) for check in pair.checks]


def test_variants_that_never_ran_at_the_same_time_are_not_compared() -> None:
    pair = only_pair([cell("A", 5, 100, period="2025-01"), cell("B", 40, 100, period="2025-02")])
    assert pair.verdict == "not_answerable"
    assert "not_concurrent" in codes(pair)


def test_a_broken_split_stops_the_verdict() -> None:
    pair = only_pair([cell("A", 50, 1000), cell("B", 150, 1200)])
    assert (pair.verdict, pair.checks[0].code) == ("not_answerable", "planned_split")
    assert pair.checks[0].number == pytest.approx(2.01e-5, abs=1e-7)


def test_too_few_contacts_and_too_few_conversions_are_undecided_and_say_so() -> None:
    for cells, code in (
        ([cell("A", 0, 10), cell("B", 9, 10)], "too_early"),
        ([cell("A", 0, 400), cell("B", 0, 400)], "zero_conversions"),
        ([cell("A", 0, 400), cell("B", 4, 400)], "few_conversions"),
    ):
        pair = only_pair(cells)
        assert code in codes(pair)
        assert pair.verdict == "undecided"


def test_low_fidelity_stops_the_verdict_and_shows_both_effects() -> None:
    cells = [cell("A", 40, 400), cell("B", 100, 400)]
    arms = (
        Delivery(n_assigned=400, n_conversions=100, n_delivered=240, n_delivered_conversions=80),
        Delivery(n_assigned=400, n_conversions=40, n_delivered=10, n_delivered_conversions=2),
    )
    pair = only_pair(cells, deliveries={"B": arms})
    assert (pair.verdict, pair.checks[0].code, pair.checks[0].number) == ("not_answerable", "low_fidelity", 0.6)
    assert pair.complier is not None
    assert pair.complier.effect == pytest.approx(0.15 / (0.6 - 0.025))
    assert only_pair(cells, deliveries={"B": arms}, facts=SampleFacts(fidelity_floor=0.5)).verdict == "winner"


def test_immature_contacts_and_duplicates_are_counted() -> None:
    facts = SampleFacts(n_immature=300, n_duplicates=60)
    pair = only_pair([cell("A", 40, 300), cell("B", 45, 300)], facts=facts)
    found = {check.code: (check.level, check.number) for check in pair.checks}
    assert found["immature"] == ("warn", pytest.approx(300 / 900))
    assert found["duplicates"] == ("warn", pytest.approx(0.1))


def test_reps_who_choose_their_message_are_found_not_randomised() -> None:
    assert "not_randomised" in codes(only_pair(by_rep(STARS)))
    assert "not_randomised" not in codes(only_pair(by_rep({f"r{i}": (5, 31, 4, 29) for i in range(4)})))


def test_each_verdict_follows_from_the_interval() -> None:
    assert judge(0.01, 0.1) == "winner"
    assert judge(-0.1, -0.01) == "loser"
    assert judge(-0.01, 0.01, smallest_effect=0.02) == "no_difference"
    assert judge(-0.01, 0.03, smallest_effect=0.02) == judge(-0.01, 0.01) == judge(0.0, 0.1) == "undecided"


def test_an_undecided_pair_says_how_many_contacts_and_weeks_are_missing() -> None:
    facts = SampleFacts(contacts_per_week=50)
    pair = only_pair([cell("A", 20, 200), cell("B", 30, 200)], facts=facts)
    assert pair.verdict == "undecided"
    assert pair.n_more is not None
    assert pair.weeks_more == pytest.approx(pair.n_more / 50)
    factor = (400 + pair.n_more) // 400 + 1  # so many times the same data decide
    assert only_pair([cell("A", 20 * factor, 200 * factor), cell("B", 30 * factor, 200 * factor)]).verdict == "winner"
    assert contacts_to_decide(0.0, 0.03, 400, planned_n=600) is None
    assert contacts_to_decide(0.0, 0.03, 400, planned_n=600, smallest_effect=0.05) is not None


def test_holm_lets_the_second_of_two_winners_pass_at_its_own_level() -> None:
    # One look: p about .002 and .035; Bonferroni would drop the second.
    cells = [cell("A", 60, 400), cell("B", 95, 400), cell("C", 83, 400)]
    first, second = compare_variants(cells, rule_of("ABC", looks="one")).pairs
    assert (first.confidence_level, second.confidence_level) == (0.975, 0.95)
    assert first.verdict == second.verdict == "winner"
    assert second.holm_pvalue == pytest.approx(second.pvalue)
    first, second = compare_variants([*cells[:2], cell("C", 75, 400)], rule_of("ABC", looks="one")).pairs
    assert (first.verdict, second.verdict) == ("winner", "undecided")


def test_segments_carry_benjamini_hochberg_and_their_heterogeneity() -> None:
    cells = [cell(v, k, 200, segment=s) for s, kb in (("north", 60), ("south", 20)) for v, k in (("A", 30), ("B", kb))]
    pair = only_pair(cells)
    assert [(s.segment, round(s.difference, 2)) for s in pair.segments] == [("north", 0.15), ("south", -0.05)]
    assert all(s.bh_pvalue >= s.pvalue for s in pair.segments)
    assert pair.heterogeneity is not None
    assert pair.heterogeneity.pvalue < 0.001


def test_lift_has_an_interval_and_is_none_without_a_conversion_in_the_control() -> None:
    pair = only_pair([cell("A", 1396, 3000), cell("B", 2422, 3461)], rule_of(planned_n=5000))
    assert pair.lift is not None
    assert round(pair.lift, 5) == 0.50386
    assert (round(pair.lift_ci_low or 0, 5), round(pair.lift_ci_high or 0, 5)) == (0.40098, 0.60675)
    assert only_pair([cell("A", 0, 100), cell("B", 9, 100)]).lift is None


def random_cells(rng: np.random.Generator) -> list[VariantCell]:
    """Return a table of any kind: few or many reps, one variant each or both, rare or common conversions."""
    reps, kind, size = int(rng.integers(1, 9)), rng.integers(4), int(rng.choice([4, 15, 60]))
    effect, base = rng.choice([0.0, 0.15, 0.4]) * rng.choice([-1, 1]), rng.choice([0.02, 0.2, 0.5])
    cells = []
    for rep in range(reps):
        for variant in "AB":
            share = {0: 1.0, 1: float("AB"[rep % 2] == variant), 2: rng.random(), 3: 1.0}[int(kind)]
            for period in range(2 if kind == 3 else 1):
                n = int(rng.binomial(size, share))
                rate = float(np.clip(base + effect * (variant == "B") + rng.normal(0, 0.05), 0, 1))
                cells.append(cell(variant, int(rng.binomial(n, rate)), n, rep=f"r{rep}", period=f"p{period}"))
    return cells


@pytest.mark.parametrize("n_tables", [400, pytest.param(10_000, marks=pytest.mark.full)])
def test_a_winner_if_and_only_if_the_shown_interval_excludes_zero(n_tables: int) -> None:
    rng, verdicts = np.random.default_rng(11), Counter[str]()
    for _ in range(n_tables):
        cells = random_cells(rng)
        if {c.variant for c in cells if c.n_contacts} != {"A", "B"}:
            continue
        rule = rule_of(looks=str(rng.choice(["one", "many"])), smallest_effect=0.1)
        pair = only_pair(cells, rule)
        assert -1 <= pair.ci_low <= pair.difference <= pair.ci_high <= 1
        assert pair.fixed_ci_low >= pair.ci_low or rule.looks == "one"
        stopped = any(check.level == "stop" for check in pair.checks)
        assert (pair.verdict == "winner") == (pair.ci_low > 0 and not stopped)
        assert (pair.verdict == "loser") == (pair.ci_high < 0 and not stopped)
        verdicts[pair.verdict] += 1
        # The simulators run the same rule: the same table as one simulated run is judged alike.
        table = tabulate_cells(cells, "AB")
        won, lost = judge_runs(dataclasses.replace(table, k=table.k[:, None]), rule)
        assert (bool(won[0]), bool(lost[0])) == (pair.verdict == "winner", pair.verdict == "loser")
    assert min(verdicts[v] for v in ("winner", "loser", "undecided", "not_answerable")) > n_tables / 60


@pytest.mark.parametrize("looks", ["one", "many"])
def test_no_two_groups_of_up_to_thirty_break_the_rule(looks: Looks) -> None:
    rule = rule_of(looks=looks)
    for n in range(1, 31):
        for n_0 in range(1, 31):
            table = tabulate_cells([cell("A", 0, n_0), cell("B", 0, n)], "AB")
            k_0, k = (axis.ravel() for axis in np.meshgrid(np.arange(n_0 + 1.0), np.arange(n + 1.0)))
            (pair,) = infer_pairs(dataclasses.replace(table, k=np.array([k_0, k])[:, :, None]), rule)
            ones = np.ones(len(k))
            in_order = [-ones, pair.ci_low, k / n - k_0 / n_0, pair.ci_high, ones]
            assert (np.diff(in_order, axis=0) >= 0).all()  # False for a NaN too
            assert (pair.estimate.standard_error > 0).all()


@pytest.mark.parametrize("looks", ["one", "many"])
def test_no_two_small_groups_give_an_error_or_a_nan_in_the_whole_result(looks: Looks) -> None:
    groups = [(k, n) for n in (1, 2, 5, 20, 30) for k in sorted({0, 1, n // 3, n})]
    for k, n in groups:
        for k_0, n_0 in groups:
            result = compare_variants([cell("A", k_0, n_0), cell("B", k, n)], rule_of(looks=looks))
            json.dumps(dataclasses.asdict(result), allow_nan=False)


def test_a_result_is_json_without_nan_whatever_the_design() -> None:
    cells = [cell("A", 1, 20, rep="r1"), cell("B", 0, 20, rep="r2"), cell("C", 3, 20, rep="r1", segment="x")]
    result = compare_variants(cells, rule_of("ABCD"))
    assert json.loads(json.dumps(dataclasses.asdict(result), allow_nan=False))["without_contacts"] == ["D"]


def test_order_of_the_cells_does_not_matter_and_swapping_the_variants_flips_the_sign() -> None:
    cells = by_rep(STARS)
    forth = only_pair(cells)
    assert only_pair(cells[::-1]) == forth
    swapped = [
        dataclasses.replace(c, variant={"A": "B", "B": "A"}[c.variant]) for c in by_rep(STARS | {"r5": (9, 40, 3, 40)})
    ]
    back, forth = only_pair(swapped), only_pair(by_rep(STARS | {"r5": (9, 40, 3, 40)}))
    assert back.difference == pytest.approx(-forth.difference)
    assert (back.ci_low, back.ci_high) == pytest.approx((-forth.ci_high, -forth.ci_low))


def test_a_variant_without_a_place_in_the_plan_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="variant 'Z' has contacts and no place"):
        compare_variants([cell("A", 1, 20), cell("Z", 1, 20)], rule_of())
    with pytest.raises(ParameterError, match="The control and one other"):
        compare_variants([cell("A", 1, 20)], rule_of())


def test_both_mails_of_hillstrom_win_on_visits() -> None:
    if not HILLSTROM.exists():
        pytest.skip(f"{HILLSTROM.name} is not beside the repository")
    contacts, visits = Counter[str](), Counter[str]()
    with HILLSTROM.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            contacts[row["segment"]] += 1
            visits[row["segment"]] += int(row["visit"])
    names = {"No E-Mail": "A", "Womens E-Mail": "B", "Mens E-Mail": "C"}
    cells = [cell(names[name], visits[name], contacts[name]) for name in contacts]
    result = compare_variants(cells, rule_of("ABC", looks="one", planned_n=64_000))
    women, men = result.pairs
    assert (women.crude.group.n_successes, women.crude.group.n_trials) == (3238, 21387)
    assert round(women.difference, 5) == 0.04523
    plain = compare_variants([c for c in cells if c.variant != "C"], rule_of("AB", looks="one")).pairs[0]
    assert (plain.ci_low, plain.ci_high) == pytest.approx((0.03889, 0.05157), abs=1e-4)
    assert women.verdict == men.verdict == "winner"
    many = compare_variants(cells, rule_of("ABC", planned_n=64_000))
    assert [pair.verdict for pair in many.pairs] == ["winner", "winner"]


def test_importing_the_comparison_pulls_in_neither_statsmodels_nor_scipy_stats() -> None:
    code = "import sys, gtmlib.stats.variants, gtmlib.stats.simulation, gtmlib.stats.planning;"
    code += (
        "print([m for m in sys.modules if m.startswith(('statsmodels', 'scipy.stats', 'pandas', 'plotly', 'ibis'))])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_the_last_look_of_the_trace_is_the_comparison() -> None:
    rng = np.random.default_rng(5)
    cells = [
        cell(v, int(rng.binomial(12, 0.3)), 12, rep=f"r{r}", period=f"2025-{m:02d}")
        for v in "ABC"
        for r in range(4)
        for m in range(1, 7)
    ]
    looks, result = trace_comparison(cells, rule_of("ABC")), compare_variants(cells, rule_of("ABC"))
    assert len(looks) == 12
    for look, pair in zip(looks[-2:], result.pairs, strict=True):
        assert (look.variant, look.difference, look.ci_low) == (pair.variant, pair.difference, pair.ci_low)
    assert looks[0].ci_high - looks[0].ci_low > looks[-2].ci_high - looks[-2].ci_low
