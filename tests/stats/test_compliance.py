from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.compliance import Delivery, estimate_complier_effect


def arm(n: int, converted: int, delivered: int, both: int) -> Delivery:
    return Delivery(n_assigned=n, n_conversions=converted, n_delivered=delivered, n_delivered_conversions=both)


def test_complier_effect_is_intention_to_treat_over_the_difference_in_delivery() -> None:
    # Angrist, Imbens & Rubin (1996): .08 / (.80 - .10).
    effect = estimate_complier_effect(arm(400, 72, 320, 64), arm(400, 40, 40, 6))
    assert effect.intention_to_treat == pytest.approx(0.08)
    assert effect.effect == pytest.approx(0.08 / 0.7)


def test_full_delivery_makes_both_effects_one() -> None:
    effect = estimate_complier_effect(arm(400, 72, 400, 72), arm(400, 40, 0, 0))
    assert (effect.effect, effect.ci_low, effect.ci_high) == pytest.approx(
        (effect.intention_to_treat, effect.itt_ci_low, effect.itt_ci_high)
    )


def test_where_delivery_hardly_depends_on_assignment_there_is_no_complier_effect() -> None:
    effect = estimate_complier_effect(arm(100, 20, 52, 10), arm(100, 10, 48, 5))
    assert (effect.effect, effect.ci_low, effect.ci_high) == (None, None, None)
    assert effect.intention_to_treat == pytest.approx(0.1)


def test_the_interval_holds_a_planted_effect_as_often_as_it_claims() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        complies = rng.random((2, 400)) < 0.7
        delivered = complies & np.array([[True], [False]])
        converted = rng.random((2, 400)) < 0.1 + 0.05 * complies + 0.1 * delivered  # compliers convert more anyway
        arms = [
            arm(400, int(c.sum()), int(d.sum()), int((c & d).sum())) for c, d in zip(converted, delivered, strict=True)
        ]
        effect = estimate_complier_effect(*arms)
        assert effect.ci_low is not None
        assert effect.ci_high is not None
        hits += effect.ci_low <= 0.1 <= effect.ci_high
    assert 0.93 <= hits / 1000 <= 0.97


def test_counts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="do not fit"):
        estimate_complier_effect(arm(100, 10, 50, 20), arm(100, 10, 0, 0))
