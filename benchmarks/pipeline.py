"""Measure the pipeline chapter: every reduction and inference over deals as many as a public data set of 8,800 has.

Run from the repository: `python -m benchmarks.pipeline`. After import all analyses together are to take under 2 s; on
a busy machine read the second column, the seconds that the processor worked.
"""

from __future__ import annotations

import time
from collections.abc import Callable


def main() -> None:
    """Print what each analysis takes, the first of them with the reduction that all share."""
    start = time.perf_counter()
    from gtmlib.analyses.pipeline import cycles, flow, forecasts, next_steps, outcomes, stalls, watermelon
    from gtmlib.data.load import load_frames
    from templates.demo.synth import make_demo

    imported = time.perf_counter() - start
    demo = make_demo(size=10)  # 9,000 deals, 45,000 touches, and a forecast of each open deal a month
    client = load_frames(demo.frames)
    print(f"{'import':<28} {imported:8.3f} s")  # noqa: T201
    analyses: dict[str, Callable[[], object]] = {
        "watermelon": lambda: watermelon.analyse_watermelon(client),
        "open ages": lambda: stalls.analyse_open_ages(client),
        **{f"where, by {by}": lambda by=by: stalls.rank_contributors(client, by=by) for by in stalls.GROUPINGS},
        "outcomes": lambda: outcomes.analyse_outcomes(client),
        "stages": lambda: outcomes.analyse_stages(client),
        "velocity": lambda: outcomes.analyse_velocity(client),
        "cycles": lambda: cycles.analyse_cycles(client),
        "next steps": lambda: next_steps.analyse_next_steps(client),
        "calibration": lambda: forecasts.analyse_calibration(client),
        "slippage": lambda: forecasts.analyse_slippage(client),
        "flow": lambda: flow.analyse_flow(client),
    }
    total = worked = 0.0
    for name, analyse in analyses.items():
        start, begun = time.perf_counter(), time.process_time()
        analyse()
        taken, busy = time.perf_counter() - start, time.process_time() - begun
        total, worked = total + taken, worked + busy
        print(f"{name:<28} {taken:8.3f} s {busy:8.3f} s")  # noqa: T201
    print(f"{'all, of 9,000 deals':<28} {total:8.3f} s {worked:8.3f} s")  # noqa: T201


if __name__ == "__main__":
    main()
