"""What the message planner and the objection explorer take on a million touches: opening, and a move of a control."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.panel import Panel, PanelError, settle
from gtmlib.data.engagement import Variants
from gtmlib.data.load import load_frames
from gtmlib.data.loaded import Loaded
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language

N_TOUCHES, N_CUSTOMERS, N_DAYS, N_REPS = 1_000_000, 20_000, 1_080, 200
CODES = ("price", "timing", "competitor", "no_need", "trust", "legal", "integration", "authority")
LANGUAGE = Language("en", "SEK")


def make_client(rng: np.random.Generator) -> Loaded:
    """Draw a million touches of 20,000 customers over three years, two of five with an objection."""
    customer, rep = rng.integers(0, N_CUSTOMERS, N_TOUCHES), rng.integers(0, N_REPS, N_TOUCHES)
    touches = pd.DataFrame({
        "touch_id": np.arange(N_TOUCHES).astype(str),
        "customer_id": ("K" + pd.Series(customer).astype(str)).to_numpy(),
        "rep_id": ("R" + pd.Series(rep).astype(str)).to_numpy(),
        "date": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, N_DAYS, N_TOUCHES), unit="D"),
        "stage": rng.choice(["Outreach", "Discovery", "Proposal", "Negotiation"], N_TOUCHES),
        "segment": np.array(["Industry", "Retail", "Public", "Health"])[customer % 4],
        "variant_assigned": rng.choice(["a", "b"], N_TOUCHES),
        "outcome": np.where(rng.random(N_TOUCHES) < 0.1, "meeting", "no"),
    })  # fmt: skip
    n_said = 2 * N_TOUCHES // 5
    said = pd.DataFrame({
        "touch_id": rng.integers(0, N_TOUCHES, n_said).astype(str), "code": rng.choice(CODES, n_said)
    })  # fmt: skip
    reps = pd.DataFrame({"rep_id": [f"R{i}" for i in range(N_REPS)], "seniority": ["junior", "senior"] * (N_REPS // 2)})
    plan = Variants(control="a", planned_split={"a": 1.0, "b": 1.0}, success=["meeting"])
    return load_frames({"touches": touches, "objections": said, "reps": reps}, variants=plan)


def draw_state(panel: Panel, rng: np.random.Generator) -> dict[str, Any]:
    """Move every control somewhere."""
    state: dict[str, Any] = {}
    for control in panel.controls:
        if control.kind == "slider":
            state[control.id] = float(rng.uniform(control.low, control.high))
        elif control.kind == "choices":
            state[control.id] = [option for option in control.options if rng.random() < 0.7]
        else:
            state[control.id] = str(rng.choice(control.options))
    return state


def main() -> None:
    """Print wall and processor time of opening, and of 100 moves."""
    rng = np.random.default_rng(1)
    loaded = make_client(rng)
    for name in ("messages", "objections"):
        wall, cpu = time.perf_counter(), time.process_time()
        panel = open_panel(name, loaded)
        assert isinstance(panel, Panel)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{name:<12} open          {wall:8.3f} s, {cpu:.3f} s of processors")  # noqa: T201
        computed, shown = [], []
        for _ in range(100):
            state = settle(panel, draw_state(panel, rng))
            start = time.perf_counter()
            try:
                results = panel.compute(state)
            except PanelError:
                continue
            computed.append(time.perf_counter() - start)
            for result in results:
                present(result, LANGUAGE, "#1f5f8b")
            shown.append(time.perf_counter() - start)
        for what, taken in (("compute", computed), ("and present", shown)):
            half, most = np.percentile(taken, [50, 95])
            print(f"{name:<12} {what:<13} {half:8.4f} s, 95 % within {most:.4f} s")  # noqa: T201


if __name__ == "__main__":
    main()
