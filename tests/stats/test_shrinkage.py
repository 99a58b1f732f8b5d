from __future__ import annotations

import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.control_charts import chart_samples, estimate_funnel_limits
from gtmlib.stats.shrinkage import shrink_rates


def test_eighteen_batters_shrink_as_in_efron_and_morris_1977() -> None:
    hits = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]  # of 45, Clemente first
    shrunken = shrink_rates(hits, [45] * 18)
    assert round(shrunken.mean, 3) == 0.265
    assert round(shrunken.weights[0], 3) == 0.212
    assert round(shrunken.rates[0], 3) == 0.294


def test_rates_that_differ_less_than_chance_become_one_rate() -> None:
    shrunken = shrink_rates([10, 10, 11, 9], [50, 50, 50, 50])
    assert shrunken.rates == pytest.approx((shrunken.mean,) * 4)


def test_small_groups_shrink_more_than_large_ones() -> None:
    shrunken = shrink_rates([2, 40, 160, 20, 5], [5, 200, 400, 200, 100])
    assert shrunken.weights[0] == min(shrunken.weights)
    with pytest.raises(ParameterError, match="four or more"):
        shrink_rates([1, 2, 3], [5, 5, 5])


@pytest.mark.parametrize(
    ("n", "level", "low", "high"),
    [
        (50, 0.95, 0.1243, 0.3650),
        (50, 0.998, 0.0662, 0.4405),
        (100, 0.95, 0.1624, 0.3323),
        (100, 0.998, 0.1196, 0.3856),
    ],
)
def test_funnel_limits_reproduce_spiegelhalter_2005(n: int, level: float, low: float, high: float) -> None:
    limits = estimate_funnel_limits(n, 0.25, confidence_level=level)
    assert (round(limits.low, 4), round(limits.high, 4)) == (low, high)


def test_a_funnel_limit_below_zero_is_zero() -> None:
    assert estimate_funnel_limits(20, 0.25, confidence_level=0.998).low == 0.0  # the interpolation gives -.0342


def test_p_chart_reproduces_the_nist_handbook() -> None:
    # NIST/SEMATECH 6.3.3.2: 30 samples of 50 wafers, 347 defectives.
    text = "12 15 8 10 4 7 16 9 14 10 5 6 17 12 22 8 10 5 13 11 20 18 24 15 9 12 7 13 9 6"
    defectives = [int(count) for count in text.split()]
    chart = chart_samples(defectives, 50)
    assert sum(defectives) == 347
    assert (round(chart.centre, 4), round(chart.high, 4), round(chart.low, 4)) == (0.2313, 0.4102, 0.0524)
    assert chart.out_of_control == (15, 23)
