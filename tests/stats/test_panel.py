from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.panel import estimate_within_between


def _months(rng: np.random.Generator, within: float, between: float) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Twelve reps over a year: busier reps differ by one slope, busier months by another."""
    units = np.repeat(np.arange(12), 12)
    usual = rng.uniform(20, 60, 12)
    extra = rng.normal(0, 8, units.size)
    extra -= (np.bincount(units, extra) / 12)[units]
    results = between * usual[units] + within * extra + rng.normal(0, 2, 12)[units] + rng.normal(0, 2, units.size)
    return units.tolist(), usual[units] + extra, results


@pytest.mark.parametrize("n_runs", [150, pytest.param(1000, marks=pytest.mark.full)])
def test_both_planted_slopes_are_held_as_often_as_claimed(n_runs: int) -> None:
    rng, hits = np.random.default_rng(4), np.zeros(2)
    for _ in range(n_runs):
        found = estimate_within_between(*_months(rng, 0.15, -0.05))
        hits += [
            slope.ci_low <= truth <= slope.ci_high for slope, truth in ((found.within, 0.15), (found.between, -0.05))
        ]
    assert (hits / n_runs > 0.91).all()


def test_more_activity_can_go_with_more_within_reps_and_with_less_between_them() -> None:
    found = estimate_within_between(*_months(np.random.default_rng(1), 0.5, -0.5))
    assert found.within.ci_low > 0 > found.between.ci_high
    assert (found.n_units, found.n_rows) == (12, 144)


def test_order_of_rows_does_not_matter() -> None:
    units, activity, results = _months(np.random.default_rng(2), 0.1, 0.1)
    order = np.random.default_rng(3).permutation(len(units))
    first = estimate_within_between(units, activity, results)
    second = estimate_within_between(np.array(units)[order], activity[order], results[order])
    assert first.within.slope == pytest.approx(second.within.slope)
    assert first.between.ci_low == pytest.approx(second.between.ci_low)


def test_three_units_are_too_few() -> None:
    with pytest.raises(ParameterError, match="4 or more"):
        estimate_within_between("aabbcc", [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6])
