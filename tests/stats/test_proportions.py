from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.proportions import estimate_proportion, wilson_interval


@pytest.mark.parametrize(
    ("n_successes", "n_trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_reproduces_newcombe_1998a(n_successes: int, n_trials: int, low: float, high: float) -> None:
    estimate = estimate_proportion(n_successes, n_trials)
    assert (round(estimate.ci_low, 4), round(estimate.ci_high, 4)) == (low, high)


def test_bounds_are_exact_at_none_and_at_all() -> None:
    for n_trials in range(1, 200):
        for design_effect in (1.0, 1.7, 3.0):
            assert estimate_proportion(0, n_trials, design_effect=design_effect).ci_low == 0.0
            assert estimate_proportion(n_trials, n_trials, design_effect=design_effect).ci_high == 1.0


def test_a_design_effect_of_two_is_the_interval_of_half_the_trials() -> None:
    clustered, half = estimate_proportion(24, 80, design_effect=2.0), estimate_proportion(12, 40)
    assert clustered.n_effective == 40
    assert (clustered.ci_low, clustered.ci_high) == pytest.approx((half.ci_low, half.ci_high), abs=1e-12)


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0.01, 0.999))
def test_the_interval_contains_its_rate_and_swapping_outcomes_mirrors_it(n: int, share: float, level: float) -> None:
    k = round(share * n)
    estimate = estimate_proportion(k, n, confidence_level=level)
    mirror = estimate_proportion(n - k, n, confidence_level=level)
    assert 0 <= estimate.ci_low <= estimate.rate <= estimate.ci_high <= 1
    assert estimate.ci_low == pytest.approx(1 - mirror.ci_high, abs=1e-12)


def test_many_rates_at_once_are_the_same_rates() -> None:
    low, high = wilson_interval(np.array([81.0, 15.0]), np.array([263.0, 148.0]), 1.959963984540054)
    assert [(round(a, 4), round(b, 4)) for a, b in zip(low, high, strict=True)] == [(0.2553, 0.3662), (0.0624, 0.1605)]


@pytest.mark.parametrize(("n_successes", "n_trials"), [(1, 0), (-1, 5), (6, 5), (1.5, 5), (1, float("nan"))])
def test_counts_that_are_no_counts_are_refused(n_successes: int, n_trials: int) -> None:
    with pytest.raises(ParameterError):
        estimate_proportion(n_successes, n_trials)


def test_a_level_in_percent_is_refused_with_the_repair() -> None:
    with pytest.raises(ParameterError, match=r"Write 95 % as 0\.95"):
        estimate_proportion(1, 5, confidence_level=95)
