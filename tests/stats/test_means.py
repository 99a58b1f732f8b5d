from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.means import estimate_mean


def test_t_interval_of_students_sleep_data() -> None:
    # Student (1908), extra hours of sleep, second drug; R: t.test gives 2.33 (.8976775, 3.7623225).
    values = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    estimate = estimate_mean(10, float(values.sum()), float((values**2).sum()))
    assert estimate.mean == pytest.approx(2.33)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((0.8976775, 3.7623225))


def test_fewer_than_three_values_have_a_mean_and_no_interval() -> None:
    for estimate in (estimate_mean(1, 5.0, 25.0), estimate_mean(2, 5.0, 13.0)):
        assert (estimate.sd, estimate.standard_error, estimate.ci_low, estimate.ci_high) == (None, None, None, None)


@pytest.mark.parametrize(("n", "covered"), [(5, 0.86), (10, 0.88), (20, 0.89)])
def test_on_skewed_values_a_claimed_90_percent_covers_what_the_method_text_says(n: int, covered: float) -> None:
    values = np.random.default_rng(n).gamma(2, size=(2000, n))
    estimates = [estimate_mean(n, row.sum(), (row**2).sum(), confidence_level=0.9) for row in values]
    hits = [e.ci_low is not None and e.ci_high is not None and e.ci_low <= 2 <= e.ci_high for e in estimates]
    assert np.mean(hits) == pytest.approx(covered, abs=0.02)


@given(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=30))
def test_the_interval_contains_its_mean_and_is_never_nan(values: list[float]) -> None:
    array = np.array(values)
    estimate = estimate_mean(len(values), float(array.sum()), float((array**2).sum()))
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    assert estimate.ci_low <= estimate.mean <= estimate.ci_high


def test_sums_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="below total"):
        estimate_mean(3, 6.0, 5.0)
    with pytest.raises(ParameterError, match="missing"):
        estimate_mean(3, float("nan"), 5.0)
    with pytest.raises(ParameterError, match="at least one"):
        estimate_mean(0, 0.0, 0.0)
