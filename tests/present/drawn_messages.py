"""Results of the workshop's panels, as extreme as their controls allow."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gtmlib.analyses.workshop.messages import LiftCurve, Peeking, open_panel
from gtmlib.analyses.workshop.objections import Chosen
from gtmlib.analyses.workshop.panel import PanelError
from gtmlib.data.load import load_frames

PLANNER = open_panel(load_frames({}))


@st.composite
def planned(draw: st.DrawFn) -> tuple[Any, ...] | None:
    state = {
        control.id: draw(st.floats(control.low, control.high) if control.kind == "slider"
                         else st.sampled_from(control.options))
        for control in PLANNER.controls
    }  # fmt: skip
    try:
        return PLANNER.compute(state)
    except PanelError:
        return None


PLANNED = planned().filter(lambda results: results is not None)
MESSAGE_RESULTS: dict[type, st.SearchStrategy[Any]] = {
    LiftCurve: PLANNED.map(lambda results: results[0]),
    Peeking: PLANNED.map(lambda results: results[1]),
    Chosen: st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)).map(
        lambda pair: Chosen(n_chosen=pair[0], n_all=pair[0] + pair[1], smallest_group=5)
    ),
}
