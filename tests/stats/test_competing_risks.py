from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.competing_risks import FROM_START, estimate_expected, median_time, read_incidence, tabulate_risks
from gtmlib.stats.survival import estimate_survival

TIMES, EVENTS = [1, 2, 3, 3, 4, 5, 6, 7, 8, 9], [1, 2, 1, 0, 2, 1, 0, 1, 2, 0]
ROWS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 2)), min_size=1, max_size=60)


def table_of(times: list[int], events: list[int]):  # type: ignore[no-untyped-def]
    codes = np.array(events)
    return tabulate_risks(times, codes == 1, codes == 2, codes == 0)


def test_aalen_johansen_by_hand_and_not_one_minus_kaplan_meier() -> None:
    # reference/methods.md, "won vs lost": Aalen & Johansen (1978).
    (point,) = read_incidence(table_of(TIMES, EVENTS), [8])
    assert (point.won, point.lost) == pytest.approx((0.47222, 0.37222), abs=5e-6)
    assert point.won + point.lost + point.open == pytest.approx(1, abs=1e-12)
    is_won = np.array(EVENTS) == 1
    naive = estimate_survival(TIMES, is_won, ~is_won).steps[-1].survival
    assert 1 - naive == pytest.approx(0.580, abs=5e-4)


def test_ties_are_exact_and_never_jittered() -> None:
    # reference/methods.md: 200 rows on 14 days, half of them ties.
    rng = np.random.default_rng(0)
    times, events = rng.integers(1, 15, 200), rng.integers(0, 3, 200)
    (point,) = read_incidence(table_of(times.tolist(), events.tolist()), [14])
    assert point.won == pytest.approx(0.40614, abs=5e-6)


@given(ROWS)
def test_won_lost_and_open_sum_to_one_on_any_data_with_ties(rows: list[tuple[int, int]]) -> None:
    table = table_of(*(list(column) for column in zip(*rows, strict=True)))
    for point in read_incidence(table, range(17)):
        assert point.won + point.lost + point.open == pytest.approx(1, abs=1e-12)
        for share, low, high in (
            (point.won, point.won_low, point.won_high),
            (point.lost, point.lost_low, point.lost_high),
        ):
            assert 0 <= low <= share + 1e-12
            assert share - 1e-12 <= high <= 1


@given(ROWS)
def test_order_and_repeated_rows_do_not_matter_and_swapping_ends_swaps_them(rows: list[tuple[int, int]]) -> None:
    times, events = (list(column) for column in zip(*rows, strict=True))
    table, turned = table_of(times, events), table_of(times[::-1], events[::-1])
    swapped = table_of(times, [(0, 2, 1)[event] for event in events])
    (one,), (two,), (other,) = (read_incidence(each, [9]) for each in (table, turned, swapped))
    assert one == two
    assert (one.won, one.won_low, one.won_high) == (other.lost, other.lost_low, other.lost_high)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 2)), min_size=1, max_size=60))
def test_without_open_deals_it_is_a_share_with_the_error_of_a_share(rows: list[tuple[int, int]]) -> None:
    times, events = (list(column) for column in zip(*rows, strict=True))
    share, n = sum(event == 1 for event in events) / len(rows), len(rows)
    found = estimate_expected(table_of(times, events), [FROM_START], [1.0])
    assert found.value == pytest.approx(share, abs=1e-9)
    assert found.standard_error == pytest.approx(np.sqrt(share * (1 - share) / n), abs=1e-9)


@given(ROWS, st.lists(st.tuples(st.integers(0, 16), st.integers(1, 9)), min_size=1, max_size=6))
def test_expectation_over_ages_is_the_sum_of_the_ratios(
    rows: list[tuple[int, int]], open_now: list[tuple[int, int]]
) -> None:
    table = table_of(*(list(column) for column in zip(*rows, strict=True)))
    ages, counts = zip(*open_now, strict=True)
    (end,) = read_incidence(table, [99])
    total = 0.0
    for age, count in open_now:
        (point,) = read_incidence(table, [age])
        total += count * (end.won - point.won) / point.open if point.open > 1e-12 else 0.0
    found = estimate_expected(table, ages, counts)
    assert found.value == pytest.approx(total, abs=1e-8)
    assert 0 <= found.ci_low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.ci_high <= found.n


def test_interval_of_a_conditional_chance_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, n_held, n_runs = np.random.default_rng(3), 0, 400
    truth = 0.04 * (1 - 0.9**10) / 0.1  # chance .04 won and .06 lost a day: won within ten days, given open
    for _ in range(n_runs):
        end, won = rng.geometric(0.1, 300), rng.random(300) < 0.4
        seen = rng.integers(1, 40, 300)
        is_open = seen < end
        table = tabulate_risks(np.minimum(end, seen), won & ~is_open, ~won & ~is_open, is_open)
        found = estimate_expected(table, [5], [1], end=15)
        n_held += found.ci_low <= truth <= found.ci_high
    assert 0.925 <= n_held / n_runs <= 0.975


def test_deals_older_than_any_that_ended_have_no_chance_but_an_upper_limit() -> None:
    found = estimate_expected(tabulate_risks([1, 2, 9], [5, 5, 0], [3, 2, 0], [0, 0, 20]), [5], [20])
    assert found.value == 0
    assert found.ci_low == 0
    assert found.ci_high / 20 == pytest.approx(0.1611, abs=5e-5)  # Wilson for 0 of 20, Newcombe (1998)


def test_median_is_where_half_have_ended_and_unknown_where_they_have_not() -> None:
    assert median_time(table_of(TIMES, EVENTS)) == 5
    assert median_time(table_of([1, 5], [1, 0])) == 1
    assert median_time(table_of([1, 5, 6], [1, 0, 0])) is None


def test_nothing_to_follow_and_nothing_open_are_refused() -> None:
    with pytest.raises(ParameterError, match="nothing to follow"):
        tabulate_risks([1], [0], [0], [0])
    with pytest.raises(ParameterError, match="no open deal"):
        estimate_expected(table_of(TIMES, EVENTS), [1], [0])
