from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.control_charts import chart_samples, compare_before_after, estimate_funnel_limits

# NIST/SEMATECH e-Handbook 6.3.3.2: nonconforming wafers among 50, in 30 samples.
WAFERS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]


@pytest.mark.parametrize(
    ("n", "level", "limits"),
    [
        (50, 0.95, (0.1243, 0.3650)),
        (50, 0.998, (0.0662, 0.4405)),
        (100, 0.95, (0.1624, 0.3323)),
        (100, 0.998, (0.1196, 0.3856)),
    ],
)
def test_funnel_limits_reproduce_spiegelhalter_2005(n: int, level: float, limits: tuple[float, float]) -> None:
    found = estimate_funnel_limits(n, 0.25, confidence_level=level)
    assert (found.low, found.high) == pytest.approx(limits, abs=5e-5)


def test_a_lower_funnel_limit_of_a_small_group_is_zero_and_never_below() -> None:
    assert estimate_funnel_limits(20, 0.25, confidence_level=0.998).low == 0.0


def test_the_chart_of_the_nist_handbook_comes_out() -> None:
    chart = chart_samples(WAFERS, 50)
    assert sum(WAFERS) == 347
    assert chart.centre == pytest.approx(0.2313, abs=5e-5)
    assert chart.samples[0].high == pytest.approx(0.4102, abs=5e-5)
    assert chart.samples[0].low == pytest.approx(0.0524, abs=5e-5)
    assert chart.out_of_control == (15, 23)


def test_larger_samples_have_narrower_limits_around_the_rate_that_was_usual_before() -> None:
    chart = chart_samples([10, 40, 30, 60], [50, 200, 50, 100], n_baseline=2)
    assert chart.centre == pytest.approx(0.2)
    widths = [sample.high - sample.low for sample in chart.samples]
    assert widths[1] < widths[3] < widths[0] == widths[2]
    assert chart.out_of_control == (3, 4)


def test_a_rise_that_began_is_found_and_one_that_did_not_begin_is_not() -> None:
    rng, n = np.random.default_rng(5), [30] * 40
    rose = [*rng.binomial(30, 0.4, 20), *rng.binomial(30, 0.65, 20)]
    same = rng.binomial(30, 0.4, 40)
    assert compare_before_after(rose, n, 20).ci_low > 0
    change = compare_before_after(same.tolist(), n, 20)
    assert change.ci_low < 0 < change.ci_high


@pytest.mark.parametrize("n_runs", [300, pytest.param(2000, marks=pytest.mark.full)])
def test_the_interval_of_a_change_holds_the_truth_as_often_as_it_claims(n_runs: int) -> None:
    rng, hits = np.random.default_rng(8), 0
    for _ in range(n_runs):
        n = rng.integers(5, 30, 40)
        k = rng.binomial(n, np.repeat([0.4, 0.5], 20))
        change = compare_before_after(k.tolist(), n.tolist(), 20)
        hits += change.ci_low <= 0.1 <= change.ci_high
    assert 0.92 < hits / n_runs < 0.985


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=12), st.data())
def test_limits_lie_in_order_and_the_change_is_that_of_the_sums(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    n = [size for _, size in pairs]
    k = [min(count, size) for count, size in pairs]
    for sample in chart_samples(k, n).samples:
        assert 0 <= sample.low <= sample.high <= 1
    before = data.draw(st.integers(1, len(n) - 1))
    change = compare_before_after(k, n, before)
    assert change.ci_low <= change.difference <= change.ci_high
    assert change.before.n_trials + change.after.n_trials == sum(n)


def test_a_change_needs_a_sample_on_each_side() -> None:
    with pytest.raises(ParameterError, match="each side needs one"):
        compare_before_after([1, 2], [3, 3], 2)
