"""How fast is the people chapter on 8,800 deals? `python -m benchmarks.execution`, on the embedded engine.

Prints CPU seconds of each analysis, the slow first start included, and their sum. Loading is not counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from gtmlib.analyses.execution import activity, behaviours, discipline, focus, lead_speed, leads, reps, seniority
from gtmlib.data.engagement import parse_contract
from gtmlib.data.load import load_frames
from templates.demo.synth import make_demo
from templates.demo.synth_exports import TEMPLATE

DECIDED = ("client", "currency", "exported_on", "segments", "conversations", "variants", "first_line", "focus", "leads",
           "behaviours", "disclosure")  # fmt: skip


def seconds_of(function: Callable[[], object]) -> float:
    """Time one call, in seconds of this process: what else the machine does is not counted."""
    started = time.process_time()
    function()
    return time.process_time() - started


def main(size: int = 10) -> dict[str, float]:
    """Run on a demo of so many times 900 deals, print and give the figures."""
    contract = parse_contract(TEMPLATE.read_bytes())
    frames = make_demo(size=size).frames
    loaded = load_frames(frames, **{name: getattr(contract, name) for name in DECIDED})
    calls: dict[str, Callable[[], Any]] = {
        "reps": partial(reps.analyse_reps, loaded),
        "activity": partial(activity.analyse_activity, loaded),
        "slopes": partial(activity.analyse_slopes, loaded),
        "discipline": partial(discipline.analyse_discipline, loaded),
        "seniority": partial(seniority.analyse_seniority, loaded),
        "focus": partial(focus.analyse_focus, loaded),
        **{f"behaviour {place}": partial(behaviours.follow_behaviour, loaded, place) for place in (1, 2, 3)},
        **{f"leads by {by}": partial(leads.analyse_leads, loaded, by=by) for by in leads.GROUPINGS},
        "lead cohorts": partial(leads.analyse_lead_cohorts, loaded),
        "lead speed": partial(lead_speed.analyse_lead_speed, loaded),
        "lead costs": partial(lead_speed.analyse_lead_costs, loaded),
    }
    found = {name: seconds_of(call) for name, call in calls.items()}
    found["together"] = sum(found.values())
    sys.stdout.write(f"{len(frames['deals'])} deals, {len(frames['touches'])} touches, {len(frames['leads'])} leads\n")
    for name, value in found.items():
        sys.stdout.write(f"{name:18} {value:6.3f}\n")
    return found


if __name__ == "__main__":
    main()
