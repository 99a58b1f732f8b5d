"""How often the t interval of a segment's mean holds the truth where customers are skewed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gtmlib.stats.means import estimate_mean

SIZES = [400, pytest.param(4000, marks=pytest.mark.full)]


def _coverage(values: np.ndarray, truth: float) -> float:
    found = [estimate_mean(row.size, float(row.sum()), float(row @ row), confidence_level=0.9) for row in values]
    return float(np.mean([e.ci_low is not None and e.ci_low <= truth <= (e.ci_high or 0.0) for e in found]))


@pytest.mark.parametrize("n_runs", SIZES)
@pytest.mark.parametrize("n", [5, 10, 20])
def test_90_percent_intervals_cover_at_least_83_percent_on_gamma_2(n: int, n_runs: int) -> None:
    assert _coverage(np.random.default_rng(n).gamma(2, size=(n_runs, n)), 2.0) >= 0.83


@pytest.mark.parametrize("n_runs", SIZES)
@pytest.mark.parametrize(("n", "covered"), [(5, 0.76), (10, 0.79), (20, 0.82)])
def test_on_lognormal_1_they_cover_what_the_method_text_says(n: int, covered: float, n_runs: int) -> None:
    values = np.random.default_rng(n).lognormal(size=(n_runs, n))
    assert _coverage(values, math.exp(0.5)) == pytest.approx(covered, abs=0.02 if n_runs == 4000 else 0.05)
