from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.beliefs import estimate_best_chances


def test_chance_and_loss_reproduce_the_quadrature() -> None:
    # Beta(1, 1); A 12/100, B 20/100.
    a, b = estimate_best_chances([12, 20], [100, 100])
    assert round(b.chance_best, 6) == 0.936500
    assert round(b.expected_loss, 6) == 0.001442
    assert a.chance_best == pytest.approx(1 - b.chance_best)


def test_losses_differ_by_the_difference_of_the_posterior_means() -> None:
    a, b = estimate_best_chances([12, 20], [100, 100])
    assert a.expected_loss - b.expected_loss == pytest.approx((21 - 13) / 102)


def test_three_variants_agree_with_a_million_draws() -> None:
    draws = np.random.default_rng(1).beta([13, 21, 18], [89, 81, 84], size=(1_000_000, 3))
    best = draws.max(axis=1, keepdims=True)
    for i, chance in enumerate(estimate_best_chances([12, 20, 17], [100, 100, 100])):
        assert chance.chance_best == pytest.approx((draws.argmax(axis=1) == i).mean(), abs=0.002)
        assert chance.expected_loss == pytest.approx((best[:, 0] - draws[:, i]).mean(), abs=0.0002)


@pytest.mark.parametrize(
    ("k", "n"),
    [((0, 0), (1, 1)), ((0, 1000), (1000, 1000)), ((3, 30_000), (9, 90_000)), ((2262, 3238), (21306, 21387))],
)
def test_chances_add_up_for_sharp_flat_and_very_unequal_posteriors(k: tuple[int, int], n: tuple[int, int]) -> None:
    chances = estimate_best_chances(k, n)
    assert sum(chance.chance_best for chance in chances) == pytest.approx(1)
    assert all(0 <= chance.chance_best <= 1 and chance.expected_loss >= 0 for chance in chances)


def test_one_variant_is_refused() -> None:
    with pytest.raises(ParameterError):
        estimate_best_chances([1], [10])
