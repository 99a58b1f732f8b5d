"""Results of the people chapter, from small clients that have been drawn: few reps, rare results, odd names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gtmlib.analyses.execution import activity, behaviours, discipline, focus, lead_speed, leads, reps, seniority
from gtmlib.analyses.execution.activity import ActivityChange, ActivitySlopes
from gtmlib.analyses.execution.behaviours import BehaviourCourse
from gtmlib.analyses.execution.discipline import SkillDiscipline
from gtmlib.analyses.execution.focus import Focus
from gtmlib.analyses.execution.lead_rows import GROUPINGS
from gtmlib.analyses.execution.lead_speed import LeadCosts, LeadSpeed
from gtmlib.analyses.execution.leads import LeadCohorts, LeadSources
from gtmlib.analyses.execution.reps import RepRates
from gtmlib.analyses.execution.seniority import Seniority
from gtmlib.data.engagement import Behaviour, FirstLine, Leads
from gtmlib.data.engagement import Focus as Core
from gtmlib.data.load import Loaded, load_frames
from gtmlib.data.local_text import LocalText

EXECUTIONS = {
    RepRates, ActivityChange, ActivitySlopes, SkillDiscipline, Seniority, Focus, BehaviourCourse, LeadSources,
    LeadCohorts, LeadSpeed, LeadCosts,
}  # fmt: skip
ODD = ("Web & <b>list</b>", "{x}", "other")
RULES = ("next_step", "reason_logged", "as_planned", "objection_resolved", "quick_contact")


def days(rng: np.random.Generator, n: int, first: str = "2025-01-01", length: int = 364) -> Any:
    return pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, length, n), unit="D")


def some(rng: np.random.Generator, values: Any, share: float) -> Any:
    """Keep a share of the values, the others are missing."""
    return pd.Series(values).where(rng.random(len(values)) < share)


def make_frames(rng: np.random.Generator, n: int, n_reps: int, share: float) -> dict[str, pd.DataFrame]:
    """Draw a client; `share` is how often anything good happens."""
    touched, closed, came = days(rng, n), days(rng, n), days(rng, n)
    rep_ids = [f"R{place}" for place in range(n_reps)]
    touches = pd.DataFrame({
        "touch_id": [f"T{place}" for place in range(n)],
        "rep_id": rng.choice(rep_ids, n),
        "segment": rng.choice(["Small", "Large"], n),
        "date": touched,
        "variant_assigned": rng.choice(["A", "B"], n),
        "variant_delivered": some(rng, rng.choice(["A", "B"], n), 0.9),
        "converted_on": some(rng, touched + pd.Timedelta(days=3), share),
        "next_step_on": some(rng, touched + pd.Timedelta(days=9), share),
    })  # fmt: skip
    deals = pd.DataFrame({
        "deal_id": [f"D{place}" for place in range(n)],
        "rep_id": rng.choice(rep_ids, n),
        "status": np.where(rng.random(n) < share, "won", "lost"),
        "closed_on": closed,
        "lost_reason": some(rng, ["Price"] * n, share),
    })  # fmt: skip
    listed = pd.DataFrame({
        "lead_id": [f"L{place}" for place in range(n)],
        "created_on": came,
        "first_contact_on": some(rng, came + pd.to_timedelta(rng.integers(0, 15, n), unit="D"), 0.8),
        "qualified_on": some(rng, came + pd.Timedelta(days=12), share),
        "deal_id": some(rng, deals["deal_id"], share),
    })  # fmt: skip
    listed = listed.assign(**{by: rng.choice(ODD, n) for by in GROUPINGS})
    said = pd.DataFrame({"touch_id": touches["touch_id"], "code": "price", "date": touched})
    spend = pd.DataFrame({"period": ["2025-01", "2025-Q2", "spring"], "channel": [*ODD[:2], ODD[0]], "spend": 9000.0})
    return {
        "touches": touches,
        "deals": deals,
        "leads": listed,
        "objections": said.assign(is_resolved=rng.random(n) < share),
        "acquisition": spend,
        "customers": pd.DataFrame({"customer_id": ["K1", "K2"], "segment": ["Small", "Large"]}),
        "reps": pd.DataFrame({
            "rep_id": rep_ids, "seniority": rng.choice(["senior", "junior"], n_reps),
            "team": rng.choice(["North", "South"], n_reps),
        }),
    }  # fmt: skip


@st.composite
def clients(draw: st.DrawFn) -> Loaded:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, n_reps, share = draw(st.integers(5, 250)), draw(st.integers(1, 12)), draw(st.sampled_from([0.0, 0.1, 0.6, 1.0]))
    frames = make_frames(rng, n, n_reps, share)
    for table in draw(st.sampled_from([(), ("reps",), ("customers",), ("leads",), ("acquisition",), ("touches",)])):
        del frames[table]
    starts_on = pd.Timestamp(draw(st.sampled_from(["2024-06-03", "2025-06-02", "2025-06-05", "2026-03-02"]))).date()
    followed = Behaviour(
        id="habit", name=LocalText({"en": "Do <b>it</b>", "sv": "Gör det"}), rule=draw(st.sampled_from(RULES)),
        starts_on=starts_on, target=draw(st.none() | st.just(0.5)),
    )  # fmt: skip
    return load_frames(
        frames,
        first_line=FirstLine(senior=["senior"]),
        focus=Core(segments=["Small"]),
        leads=Leads(won_days=draw(st.sampled_from([30, 180, 400])), quick_days=draw(st.sampled_from([0, 1, 9]))),
        behaviours=[followed],
    )


@st.composite
def executions(draw: st.DrawFn) -> Any:
    """Any result of the people chapter; where a client's data do not allow it, what to ask for."""
    client, by = draw(clients()), draw(st.sampled_from(GROUPINGS))
    makers = [
        lambda: reps.analyse_reps(client),
        lambda: activity.analyse_activity(client),
        lambda: activity.analyse_slopes(client),
        lambda: discipline.analyse_discipline(client),
        lambda: seniority.analyse_seniority(client),
        lambda: focus.analyse_focus(client),
        lambda: behaviours.follow_behaviour(client, 1),
        lambda: leads.analyse_leads(client, by=by),
        lambda: leads.analyse_lead_cohorts(client),
        lambda: lead_speed.analyse_lead_speed(client),
        lambda: lead_speed.analyse_lead_costs(client),
    ]
    return draw(st.sampled_from(makers))()
