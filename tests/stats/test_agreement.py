from __future__ import annotations

import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.agreement import Scale, cohen_kappa, gwet_ac1, krippendorff_alpha

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
