from __future__ import annotations

from decimal import Decimal

import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers


def test_decimals_and_single_numbers_are_numbers() -> None:
    assert read_numbers("amount", [Decimal("1.25"), 2]).tolist() == [1.25, 2.0]
    assert read_numbers("amount", 3).tolist() == [3.0]


def test_the_first_value_that_is_wrong_is_named_with_its_place() -> None:
    with pytest.raises(ParameterError, match="'n' value 2 of 3, nan, is not a finite number"):
        read_numbers("n", [1, float("nan"), float("inf")])
    with pytest.raises(ParameterError, match="'n' value 3 of 3, -1, is below 0"):
        read_numbers("n", [1, 0, -1], least=0)
    with pytest.raises(ParameterError, match="'n' holds what is no number"):
        read_numbers("n", ["twelve"])
    with pytest.raises(ParameterError, match=r"shape \(2,\): give 3 values"):
        read_numbers("n", [1, 2], size=3)
