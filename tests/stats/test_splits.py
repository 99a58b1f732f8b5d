from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.splits import check_split


@pytest.mark.parametrize(
    ("observed", "planned", "pvalue", "digits"),
    [
        ((821588, 815482), (1, 1), 1.82e-6, 8),
        ((1000, 1200), (1, 1), 2.01e-5, 7),
        ((135, 115), (1, 1), 0.206, 3),
        ((310, 98), (3, 1), 0.647, 3),
    ],
)
def test_chi_square_of_the_split_reproduces_the_published_pvalues(
    observed: tuple[int, ...], planned: tuple[int, ...], pvalue: float, digits: int
) -> None:
    assert round(check_split(observed, planned).chi_square_pvalue, digits) == pvalue


def test_under_a_thousand_contacts_the_exact_binomial_decides() -> None:
    # scipy 1.17 binomtest(135, 250).pvalue and binomtest(310, 408, .75).pvalue
    assert check_split([135, 115], [1, 1]).method == "exact"
    assert check_split([135, 115], [1, 1]).pvalue == pytest.approx(0.22942485679621374)
    assert check_split([310, 98], [3, 1]).pvalue == pytest.approx(0.6891128727182744)
    large = check_split([1000, 1200], [1, 1])
    assert (large.method, large.pvalue) == ("chi_square", large.chi_square_pvalue)


def test_a_split_is_off_only_below_one_in_a_thousand() -> None:
    assert check_split([430, 370], [1, 1]).is_as_planned  # p .04: one sound split in 25 looks like this
    assert not check_split([1000, 1200], [1, 1]).is_as_planned
    assert not check_split([460, 340], [1, 1]).is_as_planned


def test_three_variants_are_tested_exactly_while_their_tables_can_be_listed() -> None:
    # Multinomial by hand: (3,0,0) of three at thirds; its three mirror tables alone are as unlikely: 3/27.
    assert check_split([3, 0, 0], [1, 1, 1]).pvalue == pytest.approx(3 / 27)
    assert check_split([200, 210, 220], [1, 1, 1]).method == "exact"
    assert check_split([200, 210, 220, 190], [1, 1, 1, 1]).method == "chi_square"


def test_sound_splits_raise_the_alarm_as_rarely_as_alpha_says() -> None:
    rng = np.random.default_rng(1)
    alarms = [not check_split(row, [2, 1]).is_as_planned for row in rng.multinomial(200, [2 / 3, 1 / 3], size=4000)]
    assert sum(alarms) <= 11  # expected at most 4; 11 has a chance under 1 in 500


@pytest.mark.parametrize(
    ("observed", "planned"), [([1], [1]), ([1, 2], [1]), ([0, 0], [1, 1]), ([-1, 2], [1, 1]), ([1, 2], [0, 1])]
)
def test_counts_and_weights_that_do_not_pair_are_refused(observed: list[int], planned: list[float]) -> None:
    with pytest.raises(ParameterError):
        check_split(observed, planned)
