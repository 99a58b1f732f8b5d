from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.clustered import design_effect
from gtmlib.stats.planning import Terms, contacts_in_all, plan_comparison
from gtmlib.stats.sample_sizes import required_contacts

ONE = Terms(looks="one")


def test_fleiss_needs_199_an_arm_for_10_against_20_percent() -> None:
    assert plan_comparison(0.10, 0.20, ONE).n_per_variant == 199
    assert 0.80 <= plan_comparison(0.10, 0.20, ONE).exact_power <= 0.81


def test_the_plan_for_many_looks_stands_beside_it() -> None:
    plan = plan_comparison(0.10, 0.20)
    assert (plan.n_single_look, plan.looks) == (199, "many")
    assert 1.5 < plan.sequential_inflation < 2.0
    assert plan.n_per_variant == math.ceil(plan.sequential_inflation * required_contacts(0.10, 0.20))


def test_the_variant_that_gets_fewest_decides_how_many_all_need() -> None:
    plan = plan_comparison(0.10, 0.20, Terms(looks="one", split=(0.8, 0.2)), contacts_per_week=144)
    # (1.96 + 0.8416)^2 (0.2 * 0.8 + 0.25 * 0.1 * 0.9) / 0.1^2 = 143.2 with the variant, and four times as many without
    assert (plan.n_single_look, plan.n_per_variant, plan.n_total, plan.weeks) == (144, 144, 720, 5.0)
    assert not plan.is_even
    three = plan_comparison(0.10, 0.20, Terms(looks="one", split=(0.5, 0.3, 0.2)))
    pair = plan_comparison(0.10, 0.20, Terms(looks="one", split=(0.5, 0.2), confidence_level=0.975))
    assert three.n_per_variant == pair.n_per_variant
    assert three.n_total == three.n_per_variant + math.ceil(1.5 * three.n_per_variant) + math.ceil(
        2.5 * three.n_per_variant
    )


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.4), st.floats(0.02, 0.3))
def test_no_split_needs_much_fewer_contacts_than_an_even_one(share: float, rate: float, rise: float) -> None:
    even, split = (contacts_in_all(rate, rate + rise, Terms(split=each)) for each in ((1.0, 1.0), (1 - share, share)))
    assert even is not None
    assert split is not None
    assert split >= 0.95 * even - 4  # the rates' own spread favours a split next to the even one, by a little


def test_clusters_multiply_by_the_design_effect_of_the_contacts_that_each_rep_then_has() -> None:
    plan = plan_comparison(0.10, 0.20, Terms(looks="one", n_reps=30, intraclass_correlation=0.02))
    assert plan.n_total is not None
    assert plan.design_effect == pytest.approx(design_effect(plan.n_total / 30, 0.02), rel=0.002)
    assert plan.n_per_variant == math.ceil(plan.design_effect * required_contacts(0.10, 0.20))  # type: ignore[operator]


def test_so_few_reps_that_no_number_of_contacts_is_enough_are_told_apart_from_a_long_wait() -> None:
    plan = plan_comparison(0.10, 0.20, Terms(n_reps=6, intraclass_correlation=0.02), contacts_per_week=1000)
    assert (plan.n_per_variant, plan.n_total, plan.weeks, plan.design_effect) == (None, None, None, None)
    assert plan.is_testable is False
    assert len(plan.detectable) == 3


def test_weeks_follow_from_the_pace_and_a_year_is_too_long() -> None:
    plan = plan_comparison(0.10, 0.20, ONE, contacts_per_week=40)
    assert plan.weeks == pytest.approx(398 / 40)
    assert plan.is_testable
    slow = plan_comparison(0.10, 0.12, ONE, contacts_per_week=40)
    assert slow.is_testable is False
    assert plan_comparison(0.10, 0.20, ONE).weeks is None


def test_what_can_be_seen_shrinks_with_the_weeks() -> None:
    plan = plan_comparison(0.10, 0.20, contacts_per_week=60)
    assert [effect.weeks for effect in plan.detectable] == [4, 8, 12]
    differences = [effect.difference or 1 for effect in plan.detectable]
    assert differences == sorted(differences, reverse=True)


@given(
    st.sampled_from(["one", "many"]), st.floats(0.1, 0.5), st.none() | st.integers(20, 60), st.sampled_from([0.8, 0.9])
)
def test_what_the_planned_weeks_would_show_is_the_planned_rise(
    looks: str, share: float, n_reps: int | None, power: float
) -> None:
    terms = Terms(looks=looks, split=(1 - share, share), n_reps=n_reps, intraclass_correlation=0.002, power=power)  # type: ignore[arg-type]
    weeks = plan_comparison(0.10, 0.20, terms, contacts_per_week=50).weeks
    assert weeks is not None
    (seen,) = plan_comparison(0.10, 0.20, terms, contacts_per_week=50, at_weeks=[weeks]).detectable
    assert seen.difference == pytest.approx(0.10, rel=0.02)


def test_more_variants_need_more_contacts_each() -> None:
    two, four = (plan_comparison(0.10, 0.20, Terms(looks="one", split=(1.0,) * n)) for n in (2, 4))
    assert four.confidence_level == pytest.approx(1 - 0.05 / 3)
    assert four.n_per_variant is not None
    assert two.n_per_variant is not None
    assert four.n_per_variant > two.n_per_variant
    assert four.n_total == 4 * four.n_per_variant


def test_a_plan_without_a_difference_is_refused() -> None:
    with pytest.raises(ParameterError, match="No number of contacts"):
        plan_comparison(0.10, 0.10)


@pytest.mark.parametrize(
    "wrong", [{"power": 1.0}, {"split": (1.0,)}, {"split": (1.0, 0.0)}, {"n_reps": 0}, {"intraclass_correlation": 2.0}]
)
def test_terms_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ParameterError):
        Terms(**wrong)  # type: ignore[arg-type]
