from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg, adjust_holm, holm_steps

# Benjamini & Hochberg (1995), section 4.1: the 15 p-values of their example.
PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
    *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000),
]


def test_benjamini_and_hochberg_reject_four_of_their_fifteen_and_holm_three() -> None:
    assert sum(p <= 0.05 for p in adjust_benjamini_hochberg(PUBLISHED)) == 4
    assert sum(p <= 0.05 for p in adjust_holm(PUBLISHED)) == 3
    assert sum(p <= 0.05 / 15 for p in PUBLISHED) == 3  # Bonferroni


def test_the_order_of_the_tests_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(15)
    for adjust in (adjust_holm, adjust_benjamini_hochberg):
        shuffled = adjust([PUBLISHED[i] for i in order])
        assert [shuffled[list(order).index(i)] for i in range(15)] == pytest.approx(adjust(PUBLISHED))


def test_one_test_alone_is_not_adjusted() -> None:
    assert adjust_holm([0.03]) == adjust_benjamini_hochberg([0.03]) == (0.03,)
    assert adjust_holm([]) == ()


def test_a_pvalue_out_of_range_is_refused() -> None:
    with pytest.raises(ParameterError):
        adjust_holm([0.5, 1.5])


def test_steps_decide_where_holms_pvalues_do() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(1.5, 1.5, size=(4, 500))
    pvalues = 2 * np.vectorize(_upper_tail)(np.abs(z))
    decides = np.array([pvalues <= 0.05 / (4 - step) for step in range(4)])
    steps = holm_steps(np.abs(z), decides)
    decided = np.take_along_axis(decides, steps[None], axis=0)[0]
    for i in range(500):
        assert decided[:, i].tolist() == [p <= 0.05 for p in adjust_holm(pvalues[:, i].tolist())]


def _upper_tail(z: float) -> float:
    from math import erfc, sqrt

    return erfc(z / sqrt(2)) / 2
