from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gtmlib.errors import ParameterError
from gtmlib.stats.keyness import compare_word


def test_dunnings_statistic_of_a_table_that_can_be_worked_by_hand() -> None:
    # 30 and 10 of 100 notes, 20 expected of each: 2 (30 ln 1.5 + 70 ln .875 + 10 ln .5 + 90 ln 1.125) = 12.97.
    assert round(compare_word(30, 100, 10, 100).log_likelihood, 2) == 12.97


@given(st.integers(1, 40), st.integers(0, 40), st.integers(1, 40), st.integers(1, 40))
def test_it_is_the_log_likelihood_ratio_of_scipy(k: int, rest: int, k_0: int, rest_0: int) -> None:
    found = compare_word(k, k + rest, k_0, k_0 + rest_0)
    table = [[k, rest], [k_0, rest_0]]
    if rest + rest_0 == 0:
        return
    theirs = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert found.log_likelihood == pytest.approx(theirs.statistic, abs=1e-9)
    assert found.pvalue == pytest.approx(theirs.pvalue)


def test_equal_shares_say_nothing_and_empty_cells_are_no_error() -> None:
    assert compare_word(10, 100, 20, 200).log_likelihood == pytest.approx(0, abs=1e-9)
    assert compare_word(5, 50, 0, 50).pvalue < 0.05
    with pytest.raises(ParameterError):
        compare_word(6, 5, 0, 5)
