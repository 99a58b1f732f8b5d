"""Results of the objection chapter: rates as extreme as counts can be, and the rest from small drawn clients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gtmlib.analyses.objections.cost import ObjectionCosts, analyse_objection_costs
from gtmlib.analyses.objections.emerging import Emerging, EmergingCourse, analyse_emerging, list_course
from gtmlib.analyses.objections.rates import GROUPINGS, CodeRate, ObjectionRates
from gtmlib.analyses.objections.stages import WhereLost, analyse_where_lost
from gtmlib.analyses.objections.together import Resolution, Together, analyse_resolution, analyse_together
from gtmlib.analyses.reductions import OTHER
from gtmlib.data.load import Loaded, load_frames

from .drawn import COUNTS, NAMES, RATES

CODES = ["price", "legal", "eget ord", "no_contact", OTHER]
PERIODS = {"month": ["2025-01", "2025-02", "2025-12"], "quarter": ["2024-Q4", "2025-Q1", "2025-Q2"]}


@st.composite
def objection_rates(draw: st.DrawFn) -> ObjectionRates:
    by = draw(st.sampled_from([*GROUPINGS]))
    codes = draw(st.lists(st.sampled_from(CODES), max_size=4, unique=True))
    named = st.sampled_from(PERIODS[by]) if by in PERIODS else NAMES
    groups = draw(st.lists(named, min_size=1, max_size=4, unique=True)) if by != "code" else [""]
    compared = draw(st.booleans()) and by != "code"

    def rate(code: str, group: str) -> CodeRate:
        shrunken, pvalue = (draw(st.floats(0, 1)) if compared else None for _ in range(2))
        return CodeRate(code=code, group=group, estimate=draw(RATES), shrunken=shrunken, pvalue=pvalue)

    return ObjectionRates(
        by=by,
        rows=tuple(rate(code, group) for group in groups for code in codes),
        codes=tuple(codes),
        groups=() if by == "code" else tuple(groups),
        n_conversations=draw(st.integers(1, 10**6)),
        with_any=tuple(draw(RATES) for _ in groups),
        unlogged=draw(st.none() | RATES),
        n_left_out=draw(COUNTS),
        n_no_objection=draw(COUNTS),
        n_without_group=0 if by == "code" else draw(COUNTS),
        smallest_group=5,
        weak_codes=tuple(codes[:1]) if draw(st.booleans()) else (),
    )


def make_client(seed: int, n: int, *, n_reps: int = 6, chance: float = 0.15, weeks: int = 60) -> Loaded:
    """A client with conversations over some weeks, deals with an end, and objections at random."""
    rng = np.random.default_rng(seed)
    n_deals = max(1, n // 3)
    created = pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.integers(0, 7 * weeks, n_deals), unit="D")
    length = pd.to_timedelta(rng.integers(0, 90, n_deals), unit="D")
    status = rng.choice(["won", "lost", "open"], n_deals)
    deals = pd.DataFrame({
        "deal_id": [f"D{i}" for i in range(n_deals)],
        "rep_id": [f"R{i}" for i in rng.integers(0, n_reps, n_deals)],
        "status": status,
        "created_on": created,
        "closed_on": (created + length).where(status != "open", pd.NaT),
        "lost_reason": np.where(rng.random(n_deals) < 0.5, "Price", None),
    })  # fmt: skip
    place = rng.integers(0, n_deals, n)
    touches = pd.DataFrame({
        "touch_id": [f"T{i}" for i in range(n)],
        "deal_id": deals["deal_id"].to_numpy()[place],
        "customer_id": [f"K{i % 40}" for i in place],
        "rep_id": deals["rep_id"].to_numpy()[place],
        "date": created[place] + pd.to_timedelta((length[place].days * rng.random(n)).astype(int), unit="D"),
        "stage": rng.choice(["Early", "Late {x} <i>"], n),
        "note": "ok",
    })  # fmt: skip
    is_said = rng.random((n, 3)) < chance
    said = [
        touches.loc[is_said[:, k], ["touch_id"]].assign(code=code) for k, code in enumerate(("price", "legal", "x"))
    ]
    objections = pd.concat(said).assign(is_resolved=lambda rows: rng.random(len(rows)) < 0.4)
    reps = pd.DataFrame({"rep_id": [f"R{i}" for i in range(n_reps)]})
    reps["seniority"] = ["junior", "senior"] * (n_reps // 2) + ["junior"] * (n_reps % 2)
    return load_frames({"deals": deals, "touches": touches, "objections": objections, "reps": reps})


@st.composite
def clients(draw: st.DrawFn) -> Loaded:
    n = draw(st.sampled_from([1, 30, 400]))
    about: dict[str, Any] = {"n_reps": draw(st.integers(1, 8)), "chance": draw(st.sampled_from([0.02, 0.2, 0.9]))}
    return make_client(draw(st.integers(0, 10**6)), n, **about)


def _of(kind: type, analyse: Any) -> st.SearchStrategy[Any]:
    return clients().map(analyse).filter(lambda found: isinstance(found, kind))


OBJECTION_RESULTS: dict[type, st.SearchStrategy[Any]] = {
    ObjectionRates: objection_rates(),
    Emerging: _of(Emerging, analyse_emerging),
    EmergingCourse: _of(EmergingCourse, lambda client: list_course(analyse_emerging(client))),
    ObjectionCosts: _of(ObjectionCosts, analyse_objection_costs),
    WhereLost: _of(WhereLost, analyse_where_lost),
    Together: _of(Together, analyse_together),
    Resolution: _of(Resolution, analyse_resolution),
}
