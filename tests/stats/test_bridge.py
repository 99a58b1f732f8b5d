from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.bridge import estimate_bridge

STEPS = ("volume", "mix", "rate", "new", "lost", "currency", "other")
sold = st.one_of(st.just(0.0), st.floats(0.01, 1e4), st.floats(-10, 0))
earned = st.floats(-1e6, 1e6)
item = st.tuples(sold, sold, earned, earned, st.sampled_from([0, 1, 2]))
three_rates = st.tuples(*[st.floats(0.05, 20)] * 3)


@given(st.lists(item, min_size=0, max_size=40), three_rates, three_rates)
def test_steps_sum_to_the_change_with_new_and_lost_items_and_three_currencies(
    items: list[tuple[float, float, float, float, int]], before: tuple[float, ...], after: tuple[float, ...]
) -> None:
    q0, q1, c0, c1, currency = (np.array([row[k] for row in items]) for k in range(5))
    places = currency.astype(int)
    f0, f1 = (np.array(rates)[places] if items else np.empty(0) for rates in (before, after))
    bridge = estimate_bridge(q0, q1, c0, c1, exchange_before=f0, exchange_after=f1)
    total = float((np.abs(c0) * f0).sum() + (np.abs(c1) * f1).sum())
    # A tiny quantity before and a large one after make steps far greater than the total: judge by what was added up.
    scale = max(total, *(abs(getattr(bridge, step)) for step in STEPS))
    assert abs(bridge.residual) <= 1e-9 * scale
    assert bridge.n_both + bridge.n_new + bridge.n_lost + bridge.n_other <= len(items)


@pytest.mark.parametrize("seed", range(20))
def test_residual_is_below_a_millionth_of_the_total_on_random_sales(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 2_000
    q0, q1 = (rng.poisson(20, n) * (rng.random(n) > 0.2) for _ in range(2))
    c0, c1 = (q * rng.normal(30, 40, n) for q in (q0, q1))
    currency = rng.integers(0, 3, n)
    f0, f1 = np.array([1.0, 11.2, 1.5])[currency], np.array([1.0, 10.9, 1.6])[currency]
    bridge = estimate_bridge(q0, q1, c0, c1, exchange_before=f0, exchange_after=f1)
    assert abs(bridge.residual) < 1e-6 * min(abs(bridge.before), abs(bridge.after))
    assert bridge.n_new > 0
    assert bridge.n_lost > 0
    assert bridge.currency != 0


def test_each_step_answers_its_own_cause() -> None:
    base = ([10, 20], [100, 100])
    cases = {
        "volume": estimate_bridge(base[0], [20, 40], base[1], [200, 200]),
        "mix": estimate_bridge(base[0], [20, 10], base[1], [200, 50]),
        "rate": estimate_bridge(base[0], base[0], base[1], [120, 100]),
        "new": estimate_bridge([10, 0], [10, 5], [100, 0], [100, 40]),
        "lost": estimate_bridge([10, 5], [10, 0], [100, 40], [100, 0]),
        "currency": estimate_bridge(*([base[0]] * 2), *([base[1]] * 2), exchange_before=10, exchange_after=11),
        "other": estimate_bridge([10, 0], [10, -1], [100, 0], [100, -7]),
    }
    for cause, bridge in cases.items():
        moved = {step for step in STEPS if abs(getattr(bridge, step)) > 1e-9}
        assert moved == {cause}
        assert getattr(bridge, cause) == pytest.approx(bridge.after - bridge.before)


@given(st.lists(item, min_size=1, max_size=20), st.randoms())
def test_order_of_items_does_not_matter(items: list[tuple[float, ...]], random) -> None:  # type: ignore[no-untyped-def]
    mixed = items[:]
    random.shuffle(mixed)
    one, other = (estimate_bridge(*([row[k] for row in rows] for k in range(4))) for rows in (items, mixed))
    for step in STEPS:
        assert getattr(one, step) == pytest.approx(getattr(other, step), rel=1e-6, abs=1e-3)


def test_empty_periods_are_all_new_all_lost_or_nothing() -> None:
    nothing = estimate_bridge([], [], [], [])
    assert (nothing.before, nothing.after, nothing.residual) == (0, 0, 0)
    assert estimate_bridge([0], [5], [0], [50]).new == 50
    assert estimate_bridge([5], [0], [50], [0]).lost == -50


def test_an_exchange_rate_of_zero_is_refused() -> None:
    with pytest.raises(ParameterError, match="'exchange_after' holds 0"):
        estimate_bridge([1], [1], [1], [1], exchange_after=0)
