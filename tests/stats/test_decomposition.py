from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.stats.decomposition import decompose_change


def test_fifty_percent_more_activity_at_a_lower_rate_reproduces_kitagawa_1955() -> None:
    change = decompose_change(20, 400, 21, 600)  # 400 at 5.0 %, then 600 at 3.5 %
    assert (change.activity_effect, change.rate_effect, change.total) == (8.5, -7.5, 1)


def test_each_part_lies_in_its_interval_and_the_rate_may_be_chance() -> None:
    change = decompose_change(20, 400, 21, 600)
    assert 0 < change.activity_ci_low < 8.5 < change.activity_ci_high
    assert change.rate_ci_low < -7.5 < 0 < change.rate_ci_high


COUNTS = st.tuples(st.integers(0, 5000), st.integers(1, 5000)).map(lambda pair: (min(pair), pair[1]))


@given(COUNTS, COUNTS)
def test_the_parts_sum_to_the_change_and_swapping_the_periods_flips_them(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    there, back = decompose_change(*before, *after), decompose_change(*after, *before)
    assert there.activity_effect + there.rate_effect == pytest.approx(there.total, abs=1e-9)
    assert there.activity_ci_low <= there.activity_effect <= there.activity_ci_high
    assert there.rate_ci_low <= there.rate_effect <= there.rate_ci_high
    assert (back.activity_effect, back.rate_effect) == (-there.activity_effect, -there.rate_effect)
