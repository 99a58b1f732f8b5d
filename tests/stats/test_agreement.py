from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.agreement import (
    Scale,
    cohen_kappa,
    count_disagreements,
    estimate_alpha,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
)

# Krippendorff (2011), example C: four coders, twelve units, codes missing.
CODES = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_cohens_kappa_of_20_5_10_15_is_point_four() -> None:
    kappa = cohen_kappa([[20, 5], [10, 15]])
    assert (kappa.coefficient, kappa.observed, kappa.expected) == pytest.approx((0.4, 0.7, 0.5))


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_alpha_reproduces_his_example(scale: Scale, alpha: float) -> None:
    agreement = krippendorff_alpha(CODES, scale=scale)
    assert (round(agreement.coefficient, 3), agreement.n_units) == (alpha, 11)


def test_gwets_ac1_on_the_same_codes() -> None:
    assert round(gwet_ac1(CODES).coefficient, 3) == 0.775


def test_coders_who_always_agree_have_coefficient_one() -> None:
    same = [[1, 2, 3, 1], [1, 2, 3, 1]]
    assert krippendorff_alpha(same).coefficient == gwet_ac1(same).coefficient == 1.0


def test_what_cannot_be_told_from_chance_is_refused() -> None:
    with pytest.raises(ParameterError, match="one and the same code"):
        krippendorff_alpha([[1, 1], [1, 1]])
    with pytest.raises(ParameterError, match="second person"):
        gwet_ac1([[1, None], [None, 2]])
    with pytest.raises(ParameterError, match="square"):
        cohen_kappa([[1, 2]])


# The example of Fleiss' kappa that textbooks repeat: ten units, fourteen coders, five codes; kappa is .210.
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_fleiss_kappa_of_fourteen_coders_is_point_21() -> None:
    kappa = fleiss_kappa(FOURTEEN)
    assert [round(value, 3) for value in (kappa.coefficient, kappa.observed, kappa.expected)] == [0.21, 0.378, 0.213]


def test_units_with_different_numbers_of_coders_are_refused_by_fleiss_and_taken_by_krippendorff() -> None:
    with pytest.raises(ParameterError, match="same number of coders"):
        fleiss_kappa([[2, 0], [1, 2]])
    assert krippendorff_alpha([[1, 1, 2], [1, 2, 2], [None, 2, None]]).n_units == 3


def test_alphas_interval_holds_alpha_and_the_same_seed_gives_the_same_one() -> None:
    found, again = (estimate_alpha(CODES, scale="ordinal", rng=np.random.default_rng(3)) for _ in range(2))
    assert found == again
    assert found.ci_low < round(found.alpha, 3) == 0.815 < found.ci_high
    assert found.n_units == 11


def test_alphas_interval_covers_what_was_planted_about_as_often_as_it_claims() -> None:
    """Two coders copy the truth (half and half) with chance .9 each, else toss a coin: alpha is .9 squared."""
    rng, n_runs, hits = np.random.default_rng(5), 200, 0
    for _ in range(n_runs):
        truth = rng.integers(0, 2, 150)
        coders = [np.where(rng.random(150) < 0.9, truth, rng.integers(0, 2, 150)).tolist() for _ in range(2)]
        found = estimate_alpha(coders, rng=rng, n_draws=400)
        hits += found.ci_low <= 0.81 <= found.ci_high
    assert 0.88 <= hits / n_runs <= 0.99


def test_pairs_that_disagree_are_counted_by_code_and_what_only_one_gave_stands_alone() -> None:
    price, both, trust, none = (frozenset(codes) for codes in ({"price"}, {"price", "value"}, {"trust"}, set()))
    found = count_disagreements([(price, trust), (trust, price), (both, price), (price, price), (none, none)])
    assert [(pair.first, pair.second, pair.n) for pair in found] == [("price", "trust", 2), ("value", "", 1)]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)), min_size=4, max_size=30))
def test_the_order_of_coders_does_not_matter(units: list[tuple[int, int, int]]) -> None:
    coders = [list(coder) for coder in zip(*units, strict=True)]
    assume(len({code for unit in units for code in unit}) > 1)
    for coefficient in (krippendorff_alpha, gwet_ac1):
        assert coefficient(coders).coefficient == pytest.approx(coefficient(coders[::-1]).coefficient)


def test_agreement_without_one_disagreement_is_not_certain() -> None:
    """None of 20 units disagrees: up to 1 - .025 ** (1 / 20) = 16.8 % may, where chance gives 20 of 39."""
    same = [0, 1] * 10
    found = estimate_alpha([same, same], rng=np.random.default_rng(1))
    assert (found.alpha, found.ci_high) == (1.0, 1.0)
    assert found.ci_low == pytest.approx(1 - (1 - 0.025 ** (1 / 20)) / (20 / 39))
