from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.cooccurrence import estimate_lift


def test_the_lift_is_what_was_met_over_what_chance_would_bring() -> None:
    found = estimate_lift(20, 40, 100, 400)
    assert (found.n_expected, found.lift) == (10.0, 2.0)


def test_the_interval_covers_the_planted_lift_about_as_often_as_it_claims() -> None:
    rng, hits = np.random.default_rng(1), 0
    chances = [0.06, 0.14, 0.14, 0.66]  # both, first alone, second alone, neither: a lift of .06 / (.2 x .2) = 1.5
    for _ in range(1000):
        both, first, second, _rest = rng.multinomial(600, chances)
        found = estimate_lift(int(both), int(both + first), int(both + second), 600)
        hits += found.ci_low <= 1.5 <= found.ci_high
    assert 0.935 < hits / 1000 < 0.97


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 200))
def test_the_order_of_the_two_does_not_matter_and_the_interval_holds_its_lift(a: int, b: int, c: int, d: int) -> None:
    assume(a + b + c + d > 0)
    n = a + b + c + d
    found = estimate_lift(a, a + b, a + c, n)
    assert found == estimate_lift(a, a + c, a + b, n)
    assert found.ci_low <= found.lift <= found.ci_high


def test_counts_that_contradict_each_other_are_refused() -> None:
    for counts in ((0, 5, 5, 20), (5, 4, 5, 20), (1, 15, 15, 20)):
        with pytest.raises(ParameterError):
            estimate_lift(*counts)
