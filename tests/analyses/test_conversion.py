"""Conversion: the assigned variant counts, each contact gets its time, and only a sound comparison has a winner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.conversion import Variation, analyse_variants, judge
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Contract, Variants
from gtmlib.data.load import Loaded, load_frames
from gtmlib.data.synth import Demo
from gtmlib.errors import ParameterError
from gtmlib.stats.comparisons import compare_proportions
from gtmlib.stats.splits import check_split

from ..conftest import load_demo, value_of

EXPORTED_ON = date(2025, 12, 31)


def plan(**decided: Any) -> Variants:
    usual = {"control": "A", "planned_split": {"A": 1.0, "B": 1.0}, "success": ["meeting"], "looks": "one"}
    return Variants(**(usual | decided))


def load(counts: dict[str | None, tuple[int, int]], variants: Variants | None = None, **columns: Any) -> Loaded:
    """Contacts of each variant, of which so many had success."""
    outcomes = [(name, i < k) for name, (k, n) in counts.items() for i in range(n)]
    rows = [
        {"touch_id": f"T{i}", "variant_assigned": name, "outcome": "meeting" if won else "no", **columns}
        for i, (name, won) in enumerate(outcomes)
    ]
    return load_frames({"touches": pd.DataFrame(rows)}, variants=variants or plan())


def analyse(*args: Any, **columns: Any) -> Variation:
    result = analyse_variants(load(*args, **columns))
    assert isinstance(result, Variation)
    return result


def test_a_difference_is_the_variants_rate_less_the_controls_with_newcombes_interval() -> None:
    # Newcombe 1998b: 56/70 against 48/80 is .200 (.0524, .3339).
    result = analyse({"A": (48, 80), "B": (56, 70)})
    control, variant = result.variants
    assert (control.variant, control.difference, control.verdict) == ("A", None, None)
    assert variant.difference is not None
    assert variant.difference.difference == pytest.approx(0.2)
    assert (variant.difference.ci_low, variant.difference.ci_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (variant.verdict, variant.reason) == ("confirmed", "")
    assert value_of(result.findings(), "conversion.difference", variant="B") == pytest.approx(0.2)


def test_the_control_comes_first_and_the_others_by_falling_rate() -> None:
    variants = plan(planned_split={"A": 1.0, "B": 1.0, "C": 1.0}, names={"C": "C: proof"})
    result = analyse({"A": (30, 60), "B": (6, 60), "C": (12, 60)}, variants)
    assert [row.variant for row in result.variants] == ["A", "C", "B"]
    assert [row.label for row in result.variants] == ["A", "C: proof", "B"]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_swapping_variant_and_control_flips_the_sign(n_a: int, n_b: int) -> None:
    counts: dict[str | None, tuple[int, int]] = {"A": (n_a, 40), "B": (n_b, 40)}
    first, second = analyse(counts), analyse(counts, plan(control="B"))
    one, other = first.variants[1].difference, second.variants[1].difference
    assert one is not None
    assert other is not None
    assert one.difference == -other.difference
    assert (one.ci_low, one.ci_high) == pytest.approx((-other.ci_high, -other.ci_low))
    flipped = {"confirmed": "refuted", "refuted": "confirmed", "cannot_tell": "cannot_tell"}
    assert second.variants[1].verdict == flipped[str(first.variants[1].verdict)]


@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_contacts_does_not_matter(random: Any) -> None:
    rows = [{"touch_id": f"T{i}", "variant_assigned": "AB"[i % 2], "outcome": "meeting" if i % 3 else "no"}
            for i in range(60)]  # fmt: skip
    expected = analyse_variants(load_frames({"touches": pd.DataFrame(rows)}, variants=plan()))
    random.shuffle(rows)
    assert analyse_variants(load_frames({"touches": pd.DataFrame(rows)}, variants=plan())) == expected


def test_the_assigned_variant_counts_not_the_delivered_one() -> None:
    result = analyse({"A": (5, 50), "B": (20, 50)}, variant_delivered="A")
    assert [row.estimate.n_trials for row in result.variants] == [50, 50]


def test_contacts_without_or_with_an_undeclared_variant_are_counted_and_left_out() -> None:
    result = analyse({"A": (5, 50), "B": (6, 50), "X": (3, 7), None: (1, 11)})
    assert (result.n_undeclared, result.n_unassigned) == (7, 11)
    assert result.split.observed == (50, 50)


def contacts(ages: list[tuple[str, int, int | None]]) -> Loaded:
    """Contacts as variant, days before the export, and days to conversion."""
    rows = [
        {
            "touch_id": f"T{i}",
            "variant_assigned": name,
            "date": EXPORTED_ON - timedelta(days=age),
            "converted_on": None if wait is None else EXPORTED_ON - timedelta(days=age - wait),
        }
        for i, (name, age, wait) in enumerate(ages)
    ]
    variants = plan(success=[], horizon_days=30)
    return load_frames({"touches": pd.DataFrame(rows)}, variants=variants, exported_on=EXPORTED_ON)


def test_a_contact_younger_than_the_horizon_is_left_out_of_the_rates_even_if_it_converted() -> None:
    ages = [("A", 30, None), ("A", 29, 5), ("A", 60, 10), ("B", 31, 20), ("B", 3, 1), ("B", 90, None)]
    result = analyse_variants(contacts(ages))
    assert isinstance(result, Variation)
    assert result.n_immature == 2
    found = {row.variant: (row.estimate.n_successes, row.estimate.n_trials) for row in result.variants}
    assert found == {"A": (1, 2), "B": (1, 2)}  # exactly 30 days have had their time
    assert result.split.observed == (3, 3)  # the split is checked on all that were assigned


def test_a_success_after_the_horizon_is_no_success_so_that_cohorts_have_equal_time() -> None:
    ages = [("A", 200, 30), ("A", 200, 31), ("B", 200, None), ("B", 200, 100)]
    result = analyse_variants(contacts(ages))
    assert isinstance(result, Variation)
    found = {row.variant: (row.estimate.n_successes, row.estimate.n_trials) for row in result.variants}
    assert found == {"A": (1, 2), "B": (0, 2)}


@pytest.mark.parametrize(
    ("variant", "control", "observed", "looks", "expected"),
    [
        ((60, 200), (30, 200), (200, 200), "one", ("confirmed", "")),
        ((30, 200), (60, 200), (200, 200), "one", ("refuted", "")),
        ((41, 200), (40, 200), (200, 200), "one", ("cannot_tell", "interval")),
        ((60, 200), (30, 200), (200, 200), "many", ("cannot_tell", "looks")),
        ((60, 200), (30, 200), (400, 200), "one", ("cannot_tell", "split")),
        ((60, 200), (30, 200), (400, 200), "many", ("cannot_tell", "split")),
    ],
)
def test_a_winner_needs_the_planned_split_a_declared_look_and_an_interval_without_zero(
    variant: tuple[int, int], control: tuple[int, int], observed: tuple[int, int], looks: str, expected: tuple[str, str]
) -> None:
    difference = compare_proportions(*variant, *control)
    assert judge(difference, check_split(list(observed), [1, 1]), looks) == expected


def test_looks_that_are_neither_one_nor_many_are_refused() -> None:
    with pytest.raises(ParameterError, match="one, many"):
        judge(compare_proportions(1, 2, 1, 2), check_split([2, 2], [1, 1]), "often")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(30, 90))
def test_a_verdict_never_disagrees_with_the_interval_that_is_shown(k: int, k_0: int, n_assigned: int) -> None:
    difference, split = compare_proportions(k, 60, k_0, 60), check_split([n_assigned, 60], [1, 1])
    verdict, _ = judge(difference, split, "one")
    if verdict == "confirmed":
        assert difference.ci_low > 0
        assert split.is_as_planned
    elif verdict == "refuted":
        assert difference.ci_high < 0
        assert split.is_as_planned
    else:
        assert difference.ci_low <= 0 <= difference.ci_high or not split.is_as_planned


def test_a_broken_split_is_found_and_takes_the_winner_away() -> None:
    # 1000/1200 against 1:1 has p 2.01e-5 (reference/methods.md), whatever the rates say.
    result = analyse({"A": (100, 1000), "B": (400, 1200)})
    assert result.split.pvalue == pytest.approx(2.01e-5, rel=0.005)
    assert (result.variants[1].verdict, result.variants[1].reason) == ("cannot_tell", "split")
    assert value_of(result.findings(), "conversion.sample_ratio_pvalue") == result.split.pvalue


def test_what_is_missing_is_asked_for() -> None:
    no_plan = load_frames({"touches": pd.DataFrame({"touch_id": ["T1"]})})
    needed = ("contract.variants", "touches.variant_assigned", "touches.converted_on")
    assert analyse_variants(no_plan) == MissingData(chapter="conversion", needed=needed)
    silent = load({"A": (5, 50)})
    assert analyse_variants(silent) == MissingData(chapter="conversion", needed=("touches.variant_assigned = B",))


def test_the_demos_better_message_is_found_and_not_crowned_because_many_looks_were_declared(
    demo: Demo, demo_contract: Contract
) -> None:
    result = analyse_variants(load_demo(demo, demo_contract))
    assert isinstance(result, Variation)
    best = result.variants[1]
    assert best.variant == "b_outcome"
    assert best.difference is not None
    assert best.difference.ci_low > 0
    assert (best.verdict, best.reason) == ("cannot_tell", "looks")
    touches = demo.frames["touches"]
    assert result.n_unassigned == touches["variant_assigned"].isna().sum()
    assert sum(result.split.observed) == touches["variant_assigned"].notna().sum()
