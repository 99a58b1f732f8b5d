"""How fast is the profit chapter on a million sales? `python -m benchmarks.profitability`, on the embedded engine.

Prints seconds of margin (the waterfall), whale curve and segments, the same sums in plain pandas in the same run, and
the peak memory of the process. Loading is not counted: it happens once per chapter.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from gtmlib.analyses.profitability import analyse_segments, analyse_whale_curve
from gtmlib.analyses.waterfall import analyse_waterfall
from gtmlib.data.load import load_frames


def make_tables(n_sales: int = 1_000_000, n_customers: int = 20_000) -> dict[str, pd.DataFrame]:
    """Draw sales of many customers in five segments; each has its cost."""
    rng = np.random.default_rng(2025)
    net = rng.gamma(2.0, 500.0, n_sales).round(2)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730, n_sales), unit="D")
    sales = {
        "transaction_id": np.arange(n_sales).astype(str),
        "customer_id": np.char.add("K", rng.integers(0, n_customers, n_sales).astype(str)),
        "date": days.as_unit("us"),
        "product": np.char.add("P", rng.integers(0, 500, n_sales).astype(str)),
        "quantity": rng.integers(1, 9, n_sales).astype(float),
        "list_revenue": (net * 1.1).round(2),
        "net_revenue": net,
        "cogs": (net * rng.uniform(0.4, 1.1, n_sales)).round(2),
    }
    ids = [f"K{place}" for place in range(n_customers)]
    customers = {"customer_id": ids, "segment": rng.choice(list("ABCDE"), n_customers)}
    return {"transactions": pd.DataFrame(sales), "customers": pd.DataFrame(customers)}


def sum_in_pandas(tables: dict[str, pd.DataFrame]) -> float:
    """Do the same sums without an engine: totals, contribution per customer in order, and moments per segment."""
    sales = tables["transactions"]
    totals = sales[["list_revenue", "net_revenue", "cogs"]].sum()
    per = sales.groupby("customer_id")[["net_revenue", "cogs"]].sum()
    per = per.assign(contribution=per["net_revenue"] - per["cogs"])
    per["contribution"].sort_values(ascending=False).cumsum()
    per = per.join(tables["customers"].set_index("customer_id"))
    per.groupby("segment")["contribution"].agg(["count", "sum", "std"])
    return float(totals["net_revenue"] - totals["cogs"])


def seconds_of(function: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> dict[str, float]:
    """Run, print and give the figures."""
    tables = make_tables()
    loaded = load_frames(tables)
    analyses = (analyse_waterfall, analyse_whale_curve, analyse_segments)
    ours = {analyse.__name__: seconds_of(lambda analyse=analyse: analyse(loaded)) for analyse in analyses}
    plain = seconds_of(lambda: sum_in_pandas(tables))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    found = {**ours, "together": sum(ours.values()), "pandas": plain, "ratio": sum(ours.values()) / plain}
    found["peak_memory_gb"] = peak
    for name, value in found.items():
        sys.stdout.write(f"{name:22} {value:6.2f}\n")
    return found


if __name__ == "__main__":
    main()
