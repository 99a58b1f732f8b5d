"""What every result of the profit floor promises: raw numbers that round-trip through JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from gtmlib.stats.allocation import allocate_capacity, allocate_pool, reconcile
from gtmlib.stats.bridge import estimate_bridge
from gtmlib.stats.buyers import estimate_buyers
from gtmlib.stats.concentration import estimate_concentration, estimate_whale_curve
from gtmlib.stats.contracts import estimate_contracts
from gtmlib.stats.imputation import CostCells, impute_costs
from gtmlib.stats.lifetime import check_enough_data, estimate_future_revenue
from gtmlib.stats.retention import cohort_triangle
from gtmlib.stats.sensitivity import compare_ranks, cost_leverage
from gtmlib.stats.shrinkage import shrink_lifts, shrink_means, shrink_rates
from gtmlib.stats.spend import estimate_spend
from gtmlib.stats.survival import estimate_survival
from gtmlib.stats.unit_economics import burn_multiple, estimate_acquisition_cost

PEOPLE = ([2, 1, 0, 4], [30.4, 1.7, 0, 35.0], [38.9, 38.9, 20.0, 36.0])
BUYERS, SPEND = estimate_buyers(*PEOPLE), estimate_spend([2, 1, 4], [22.35, 11.77, 40.0])
CELL = CostCells(
    segment=["A"], product=["x"], costed_revenue=[9], cost=[5], unit_quantity=[3], unit_cost=[5], counted_revenue=[4],
    counted_quantity=[1], bare_revenue=[2],
)  # fmt: skip
RESULTS = [
    allocate_pool(100, [1, 2])[0],
    allocate_capacity(100, 50, [10, 20])[0],
    reconcile(1, {"customers": 1}),
    estimate_bridge([1, 0], [2, 1], [3, 0], [4, 1]),
    BUYERS,
    SPEND,
    estimate_contracts([10, 8], [2, 1]),
    estimate_whale_curve([5.0] * 30 + [-2.0] * 10),
    estimate_concentration([1, 2, 3]),
    impute_costs(CELL)[0],
    check_enough_data([1, 2]),
    estimate_future_revenue(BUYERS, SPEND, *PEOPLE, [22.35, 11.77, 0, 40.0], year=52.18),
    cohort_triangle(["Q1", "Q2"], [10, 8], [2, 1], [[0, 0, 10]]),
    compare_ranks([1, 2], [[2, 1]]),
    cost_leverage(10, -1),
    shrink_means([3, 3, 3, 3], [3, 6, 9, 12], [5, 14, 29, 50]),
    shrink_rates([1, 2, 3, 4], [9] * 4),
    shrink_lifts([3, 3], [3, 6], [5, 14], ["a", "a"]),
    estimate_survival([1, 2], [1, 0], [0, 1]),
    burn_multiple(1, 0),
    estimate_acquisition_cost(100, 0),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_a_result_is_frozen_raw_numbers_that_round_trip_through_json(result: Any) -> None:
    text = json.dumps(dataclasses.asdict(result), allow_nan=False)
    assert TypeAdapter(type(result)).validate_json(text) == result
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, dataclasses.fields(result)[0].name, 0)
