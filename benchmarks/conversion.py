"""Measure the comparison of message variants: import, one comparison of 900 contacts, false alarms, a plan.

Run from the repository: `python benchmarks/conversion.py`. A comparison is to take under 0.3 s after import, and to
pull in neither statsmodels nor scipy.stats.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median


def seconds(call: Callable[[], object], n_times: int) -> float:
    """Return the median seconds of a call."""
    taken = []
    for _ in range(n_times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return median(taken)


def main() -> None:
    """Print what each step takes."""
    fresh = [sys.executable, "-c", "import gtmlib.stats.variants"]
    bare = [sys.executable, "-c", "import numpy, scipy.special"]
    imported = seconds(lambda: subprocess.run(fresh, check=True), 5)  # noqa: S603
    below = seconds(lambda: subprocess.run(bare, check=True), 5)  # noqa: S603

    start = time.perf_counter()
    import numpy as np

    from gtmlib.stats.designs import VariantCell
    from gtmlib.stats.inference import ComparisonRule
    from gtmlib.stats.planning import plan_comparison
    from gtmlib.stats.simulation import simulate_false_alarms
    from gtmlib.stats.variants import compare_variants

    rng = np.random.default_rng(1)
    cells = [
        VariantCell(
            variant=variant,
            rep=f"rep {rep:02d}",
            segment=["small", "medium", "large"][rep % 3],
            period=f"2025-{month:02d}",
            n_contacts=5,
            n_conversions=int(rng.binomial(5, 0.15)),
        )
        for variant in "ABC"
        for rep in range(12)
        for month in range(1, 6)
    ]
    rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1), ("C", 1)), planned_n=900)
    first = seconds(lambda: compare_variants(cells, rule), 1)
    rows = {
        "import in a fresh process": imported,
        "  of which Python, numpy, scipy.special": below,
        f"first comparison of {sum(cell.n_contacts for cell in cells)} contacts": first,
        "comparison, median of 50": seconds(lambda: compare_variants(cells, rule), 50),
        "false alarms, 2,000 runs x 5 looks": seconds(lambda: simulate_false_alarms(cells, rule, rng=rng), 1),
        "plan .10 against .20, many looks": seconds(lambda: plan_comparison(0.1, 0.2), 3),
    }
    for what, taken in rows.items():
        print(f"{what:<44} {taken:8.4f} s")  # noqa: T201
    heavy = [name for name in ("statsmodels", "scipy.stats", "pandas") if name in sys.modules]
    print(f"heavy modules imported: {heavy or 'none'}; whole run {time.perf_counter() - start:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
