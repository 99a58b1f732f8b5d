from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.imputation import CostCells, estimate_cost_rates, impute_costs

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _cells(rows: pd.DataFrame) -> CostCells:
    """Sum transactions (segment, product, revenue, cost, quantity) as the engine will."""
    costed, counted = rows["cost"].notna(), rows["cost"].isna() & rows["quantity"].notna()
    bare, unit = rows["cost"].isna() & rows["quantity"].isna(), costed & rows["quantity"].notna()
    sums = pd.DataFrame(
        {
            "segment": rows["segment"],
            "product": rows["product"],
            "costed_revenue": rows["revenue"].where(costed, 0),
            "cost": rows["cost"].fillna(0),
            "unit_quantity": rows["quantity"].where(unit, 0),
            "unit_cost": rows["cost"].where(unit, 0),
            "counted_revenue": rows["revenue"].where(counted, 0),
            "counted_quantity": rows["quantity"].where(counted, 0),
            "bare_revenue": rows["revenue"].where(bare, 0),
        }
    )
    cells = sums.groupby(["segment", "product"]).sum().reset_index()
    return CostCells(**{name: cells[name] for name in sums.columns})


@pytest.fixture(scope="module")
def superstore() -> pd.DataFrame:
    path = DATA / "superstore.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} of the shared sample data is not here")
    rows = pd.read_csv(path, encoding="utf-8-sig")
    return pd.DataFrame(
        {
            "segment": rows["Segment"],
            "product": rows["Product ID"] + " " + rows["Product Name"],
            "revenue": rows["Sales"],
            "cost": rows["Sales"] - rows["Profit"],
            "quantity": rows["Quantity"].astype(float),
        }
    )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("missing", "most"), [("rows", 0.02), ("products", 0.04), ("rows and their quantity", 0.04)])
def test_superstore_without_30_percent_of_its_unit_costs_is_within_2_percent(
    superstore: pd.DataFrame, seed: int, missing: str, most: float
) -> None:
    # Where the product has another costed sale, 2 %; where whole products or quantities are gone too, a ratio is all
    # there is, and a few copiers of 11,200 each make it 4 %.
    rng, rows = np.random.default_rng(seed), superstore.copy()
    products = pd.Series(rows["product"].unique())
    gone = rows["product"].isin(products[rng.random(products.size) < 0.3])
    if missing != "products":
        gone = pd.Series(rng.random(len(rows)) < 0.3, index=rows.index)
    rows.loc[gone, "cost"] = np.nan
    if missing == "rows and their quantity":
        rows.loc[gone, "quantity"] = np.nan
    truth = superstore.groupby("segment")["cost"].sum()
    for segment in impute_costs(_cells(rows)):
        cost = (
            segment.known_cost
            + segment.imputed_by_unit_cost
            + segment.imputed_by_cell_ratio
            + segment.imputed_by_segment_ratio
        )
        assert abs(cost - truth[segment.segment]) < most * segment.net_revenue
        assert 0.15 < segment.imputed_cost_share < 0.5
        assert segment.unknown_revenue == 0


def test_rules_are_tried_in_order_and_a_product_ratio_never() -> None:
    cells = CostCells(
        segment=["A", "A", "A", "B", "B"],
        product=["bolt", "nut", "oil", "bolt", "oil"],
        costed_revenue=[1000, 200, 0, 0, 0],
        cost=[600, 50, 0, 0, 0],
        unit_quantity=[100, 0, 0, 0, 0],
        unit_cost=[600, 0, 0, 0, 0],
        counted_revenue=[0, 0, 0, 80, 0],
        counted_quantity=[0, 0, 0, 10, 0],
        bare_revenue=[100, 20, 60, 0, 50],
    )
    rates = estimate_cost_rates(cells)
    assert rates.unit_cost.tolist()[:1] == [6.0]
    assert rates.cost_ratio.round(4).tolist()[:3] == [0.6, 0.25, round(650 / 1200, 4)]
    a, b = impute_costs(cells)
    assert (a.imputed_by_unit_cost, a.imputed_by_cell_ratio) == (0, 60 + 5)
    assert a.imputed_by_segment_ratio == pytest.approx(60 * 650 / 1200)
    assert (b.imputed_by_unit_cost, b.unknown_revenue) == (60, 50)  # no costed sale of oil to B, nor any to B: unknown


def test_a_missing_cost_is_never_zero() -> None:
    zero = [0.0]
    cells = CostCells(
        segment=["A"],
        product=["x"],
        costed_revenue=zero,
        cost=zero,
        unit_quantity=zero,
        unit_cost=zero,
        counted_revenue=[40.0],
        counted_quantity=zero,
        bare_revenue=[60.0],
    )
    (segment,) = impute_costs(cells)
    assert (segment.unknown_revenue, segment.known_cost, segment.imputed_cost_share) == (100, 0, 0)


def test_a_return_without_cost_gives_its_cost_back() -> None:
    (segment,) = impute_costs(
        CostCells(
            segment=["A"],
            product=["x"],
            costed_revenue=[100],
            cost=[60],
            unit_quantity=[10],
            unit_cost=[60],
            counted_revenue=[-20],
            counted_quantity=[-2],
            bare_revenue=[0],
        )
    )
    assert (segment.net_revenue, segment.imputed_by_unit_cost) == (80, -12)


def test_a_cell_in_two_rows_is_refused() -> None:
    two = [1.0, 1.0]
    with pytest.raises(ParameterError, match="occurs in two rows"):
        impute_costs(
            CostCells(
                segment=["A", "A"],
                product=["x", "x"],
                costed_revenue=two,
                cost=two,
                unit_quantity=two,
                unit_cost=two,
                counted_revenue=two,
                counted_quantity=two,
                bare_revenue=two,
            )
        )
