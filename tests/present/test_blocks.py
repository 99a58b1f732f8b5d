"""Blocks: what a notebook writes is what the report reads, in both languages, and holds nobody's name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.bridge import analyse_bridge
from gtmlib.analyses.coding.interviews import GROUPINGS as ASKED_BY
from gtmlib.analyses.coding.interviews import KINDS, analyse_interviews
from gtmlib.analyses.coding.review import review_coding
from gtmlib.analyses.conversion import comparison, conduct
from gtmlib.analyses.conversion.comparison import (
    Rates,
    RepComparison,
    Scrutiny,
    SegmentComparison,
    Variation,
    Waiting,
    analyse_variants,
)
from gtmlib.analyses.conversion.conduct import FalseAlarms, Fidelity, Trace
from gtmlib.analyses.conversion.next_test import Plan
from gtmlib.analyses.cost_trust import analyse_cost_trust
from gtmlib.analyses.data_check import Coverage, DataCheck, analyse_coverage, analyse_data
from gtmlib.analyses.execution.behaviours import follow_behaviour
from gtmlib.analyses.execution.discipline import analyse_discipline
from gtmlib.analyses.execution.leads import analyse_leads
from gtmlib.analyses.execution.reps import analyse_reps
from gtmlib.analyses.hypotheses import Cascade, Verdicts
from gtmlib.analyses.ideal import analyse_core_customers
from gtmlib.analyses.lifetime import analyse_lifetime
from gtmlib.analyses.margins import analyse_margins
from gtmlib.analyses.objections import analyse_objections
from gtmlib.analyses.objections.cost import analyse_objection_costs
from gtmlib.analyses.objections.emerging import analyse_emerging, list_course
from gtmlib.analyses.objections.rates import GROUPINGS
from gtmlib.analyses.objections.stages import analyse_where_lost
from gtmlib.analyses.objections.together import analyse_resolution, analyse_together
from gtmlib.analyses.pipeline.forecasts import analyse_calibration, analyse_slippage
from gtmlib.analyses.pipeline.outcomes import analyse_outcomes, analyse_stages
from gtmlib.analyses.pipeline.stalls import analyse_open_ages, rank_contributors
from gtmlib.analyses.pipeline.watermelon import analyse_watermelon
from gtmlib.analyses.profitability import Whale, analyse_segments, analyse_whale_curve
from gtmlib.analyses.reconciliation import reconcile_ledger
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.retention import analyse_retention, analyse_survival
from gtmlib.analyses.waterfall import analyse_waterfall
from gtmlib.analyses.workshop.hypotheses import Draft
from gtmlib.data.codebook import FILES
from gtmlib.data.engagement import Variants
from gtmlib.data.load import Loaded, SourceReport, TableReport, load_frames
from gtmlib.data.schema import TABLES
from gtmlib.data.select import Unmatched
from gtmlib.present.blocks import RESULTS, from_block, to_block
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits import PRESENTERS, present, presenter_of
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_evidence, describe_finding
from gtmlib.present.tables import render_table
from gtmlib.stats.concentration import estimate_whale_curve
from gtmlib.stats.planning import plan_comparison
from templates.demo.synth import Demo

from .coding_drawn import CODING_RESULTS
from .drawn import COUNTS, NAMES, PROFIT_RESULTS, RATES
from .drawn_economics import ECONOMICS_RESULTS
from .drawn_execution import EXECUTIONS, executions
from .drawn_hypotheses import CASCADES, DRAFTS, VERDICTS
from .drawn_messages import MESSAGE_RESULTS
from .drawn_objections import OBJECTION_RESULTS
from .drawn_pipeline import PIPELINE, pipelines
from .drawn_price_cost import PRICE_COST_RESULTS
from .drawn_scenarios import SCENARIO_RESULTS

LANGUAGES = (Language("en", "SEK"), Language("sv", "SEK"))
ACCENT = "#1f5f8b"

# --- Results as extreme as data can make them; those of the profit chapter are in `drawn`. ---


@st.composite
def conversions(draw: st.DrawFn) -> Any:
    """Any result of the conversion chapter, from contacts that have been drawn."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, n_reps = draw(st.integers(40, 400)), draw(st.integers(1, 6))
    days = pd.Timestamp("2025-09-01") + pd.to_timedelta(rng.integers(0, 120, n), unit="D")
    touches = pd.DataFrame({
        "touch_id": [f"T{i}" for i in range(n)],
        "customer_id": [f"K{i % 50}" for i in range(n)],
        "variant_assigned": rng.choice(["A", "B {x} <i>", "C"], n),
        "variant_delivered": rng.choice(["A", "B {x} <i>", "C"], n),
        "rep_id": [f"R{i}" for i in rng.integers(0, n_reps, n)],
        "segment": rng.choice(["Small", "Large"], n),
        "outcome": np.where(rng.random(n) < draw(st.sampled_from([0.0, 0.05, 0.4])), "meeting", "no"),
    })  # fmt: skip
    touches["date"] = days if draw(st.booleans()) else pd.NaT
    dropped = draw(st.sampled_from([[], ["rep_id"], ["variant_delivered"], ["date", "segment"]]))
    plan = Variants(
        control="A",
        planned_split={"A": 1.0, "B {x} <i>": 1.0, "C": 1.0},
        success=["meeting"],
        looks=draw(st.sampled_from(["one", "many"])),
        smallest_worthwhile=draw(st.none() | st.just(0.2)),
        value_per_conversion=draw(st.none() | st.just(900.0)),
        fidelity_floor=draw(st.sampled_from([0.0, 0.8])),
        period=draw(st.sampled_from(["month", "quarter"])),
    )
    client = load_frames({"touches": touches.drop(columns=dropped)}, variants=plan)
    found = comparison.analyse_variants(client)
    makers = [
        lambda: found,
        lambda: comparison.list_checks(found),
        lambda: comparison.list_rates(found),
        lambda: comparison.compare_reps(found),
        lambda: comparison.compare_segments(found),
        lambda: conduct.trace_variants(client, found),
        lambda: conduct.analyse_fidelity(client, found),
        lambda: conduct.simulate_variants(client, found, n_runs=20),
        lambda: Plan(plan=PLANNED, is_declared=horizon > 50, n_so_far=12, contacts_per_week=40.0),
        lambda: Waiting(n_contacts=n, horizon_days=horizon),
    ]
    horizon = draw(st.integers(1, 100))
    made = draw(st.sampled_from(makers))()
    return made if made is not None else found


PLANNED = plan_comparison(0.1, 0.2, contacts_per_week=40)


@st.composite
def sources(draw: st.DrawFn) -> SourceReport:
    n_read, n_excluded = draw(COUNTS), draw(COUNTS)
    return SourceReport(
        name="deals",
        file=draw(NAMES),
        sha256="0" * 64,
        n_read=n_read,
        n_used=max(n_read - n_excluded, 0),
        excluded=draw(st.dictionaries(NAMES, COUNTS, max_size=2)),
        repaired_rows=tuple(draw(st.lists(st.integers(2, 10**6), max_size=3))),
        mapped={},
    )


CHECKS = st.builds(
    DataCheck,
    sources=st.lists(sources(), max_size=3).map(tuple),
    joins=st.lists(st.builds(Unmatched, source=NAMES, joined=NAMES, n=COUNTS), max_size=2).map(tuple),
    n_repeated=st.dictionaries(st.sampled_from(["deals", "touches"]), COUNTS),
    n_deals=st.dictionaries(st.sampled_from(["open", "won", "lost", "stalled", "unknown"]), COUNTS),
    n_reps_without_deals=st.none() | COUNTS,
    reasons=st.none() | RATES,
    fidelity=st.none() | RATES,
)
FULL = TableReport(name="deals", n_rows=3, n_repeated=0, filled={"deal_id": 3}, unmatched={})
EMPTY = TableReport(name="reps", n_rows=0, n_repeated=0, filled={"rep_id": 0}, unmatched={})
LOST = TableReport(name="touches", n_rows=2, n_repeated=1, filled={"touch_id": 2, "note": 0}, unmatched={"deal_id": 2})
COVERAGES = st.lists(st.sampled_from([FULL, EMPTY, LOST]), unique_by=lambda table: table.name).map(
    lambda tables: Coverage(tables=tuple(tables))
)
PLACES = [f"{table}.{column}" for table, spec in TABLES.items() for column in spec.columns]
NEEDED = st.sampled_from([*TABLES, *PLACES, "contract.variants", "touches.variant_assigned = b {x} <i>"])
MISSING = st.builds(
    MissingData,
    chapter=st.sampled_from(["profitability", "objections", "conversion", "pipeline"]),
    needed=st.lists(NEEDED, min_size=1, max_size=4, unique=True).map(tuple),
)
CONVERSIONS = {Variation, Waiting, Rates, Scrutiny, RepComparison, SegmentComparison}
CONVERSIONS |= {Trace, Fidelity, Plan, FalseAlarms}
RESULTS_DRAWN = {
    **PROFIT_RESULTS, **OBJECTION_RESULTS, **ECONOMICS_RESULTS, **CODING_RESULTS, **PRICE_COST_RESULTS,
    **MESSAGE_RESULTS, **SCENARIO_RESULTS,
    DataCheck: CHECKS, Coverage: COVERAGES, MissingData: MISSING, Verdicts: VERDICTS, Cascade: CASCADES,
    Draft: DRAFTS,
}  # fmt: skip
ANY_RESULT = st.one_of(
    *RESULTS_DRAWN.values(), conversions(), conversions(), *[executions()] * 4, pipelines(), pipelines()
)


def texts(exhibit: Exhibit) -> Iterator[str]:
    yield from (exhibit.title, exhibit.alt, exhibit.evidence, exhibit.headline)
    yield from (*exhibit.sentences, *exhibit.notes)
    for kpi in exhibit.kpis:
        yield from (kpi.label, kpi.value, kpi.detail)


def test_every_type_of_result_has_a_presenter_and_is_drawn_here() -> None:
    kinds = {resolve_name(name) for name in RESULTS.values()}
    assert kinds == {*RESULTS_DRAWN, *CONVERSIONS, *EXECUTIONS, *PIPELINE}
    assert len(kinds) == len(PRESENTERS) == len({presenter_of(kind) for kind in kinds})


@settings(max_examples=60)
@given(ANY_RESULT)
def test_any_result_comes_back_from_json_exactly_as_it_was(result: Any) -> None:
    block = to_block(result)
    text = json.dumps(block, allow_nan=False)
    read, findings = from_block(json.loads(text))
    assert read == result
    assert type(read) is type(result)
    assert findings == result.findings()
    assert json.dumps(to_block(read), allow_nan=False) == text


@settings(max_examples=60)
@given(ANY_RESULT)
def test_any_result_is_presented_in_both_languages_without_holes(result: Any) -> None:
    ids = set()
    for language in LANGUAGES:
        exhibit = present(result, language, ACCENT)
        ids.add(exhibit.id)
        assert exhibit.title
        said = [*texts(exhibit), *(describe_finding(finding, language) for finding in result.findings())]
        said += [describe_evidence(finding, language) for finding in result.findings()]
        for text in said:
            assert not re.search(r"\b(nan|NaN|None(?! of)|inf)\b|\{[a-z_]+(:[a-z_]+)?\}(?<!\{x\})", text), text
        assert bool(exhibit.alt) >= (exhibit.figure is not None)
        if exhibit.table:
            widths = {len(row) for row in exhibit.table.rows}
            assert widths <= {len(exhibit.table.columns)}
            assert "<b>Retail" not in render_table(exhibit.table, table_id="t", language=language)
    assert len(ids) == 1  # a report in another language has the same anchors
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_-]*", name) for name in ids)


@pytest.mark.parametrize(("contributions", "said"), [
    ([5.0] * 10, "None of the 10 customers costs more than it brings."),
    ([5.0] * 9 + [-1.0], "1 of 10 customers costs more than it brings."),  # how much would be one customer's figure
    ([5.0] * 8 + [-1.0] * 2, "2 of 10 customers cost more than they bring."),
    ([5.0] * 5 + [-1.0] * 5, "5 of 10 customers cost more than they bring: SEK 5 in all."),
])  # fmt: skip
def test_the_whale_curve_says_how_many_of_how_many_lose(contributions: list[float], said: str) -> None:
    curve, spread = estimate_whale_curve(contributions), {"gini": None, "herfindahl": None, "effective_number": None}
    whale = Whale(curve=curve, **spread, measure="contribution", currency="SEK")
    assert present(whale, LANGUAGES[0], ACCENT).sentences[0].replace("\N{NO-BREAK SPACE}", " ") == said


# --- What a block of the demo may not hold. ---


@pytest.fixture(scope="module")
def demo_results(loaded_demo: Loaded) -> dict[str, Any]:
    analyses = (analyse_data, analyse_coverage, analyse_waterfall, analyse_segments, analyse_whale_curve,
                reconcile_ledger, analyse_cost_trust, analyse_margins, analyse_bridge, analyse_retention,
                analyse_survival, analyse_lifetime, analyse_core_customers, analyse_watermelon,
                analyse_open_ages, analyse_outcomes, analyse_stages, analyse_calibration, analyse_slippage,
                analyse_variants, analyse_reps, analyse_discipline, analyse_leads)  # fmt: skip
    results: dict[str, Any] = {analyse.__name__: analyse(loaded_demo) for analyse in analyses}
    found = results["analyse_variants"]
    results |= {f"where {by}": rank_contributors(loaded_demo, by=by) for by in ("segment", "stage", "rep")}
    results |= {"reps": comparison.compare_reps(found), "fidelity": conduct.analyse_fidelity(loaded_demo, found)}
    results |= {f"coding {subject}": review_coding(loaded_demo, subject) for subject in FILES}
    ways = [(kind, by) for kind in KINDS for by in ASKED_BY]
    results |= {f"{kind} {by}": analyse_interviews(loaded_demo, kind, by=by) for kind, by in ways}
    results["behaviour"] = follow_behaviour(loaded_demo, 1)
    trends = analyse_emerging(loaded_demo)
    results |= {"trends": trends, "course": list_course(trends), "costs": analyse_objection_costs(loaded_demo)}
    results |= {"lost": analyse_where_lost(loaded_demo), "pairs": analyse_together(loaded_demo)}
    results |= {"resolution": analyse_resolution(loaded_demo)}
    # A report shows quarters, not months.
    return results | {by: analyse_objections(loaded_demo, by=by) for by in GROUPINGS if by != "month"}


def test_no_block_holds_an_id_a_name_or_a_note_of_anybody(demo_results: dict[str, Any], demo: Demo) -> None:
    frames = demo.frames
    forbidden = set(demo.truth.forbidden_tokens)
    forbidden |= set(frames["customers"]["customer_id"]) | set(frames["customers"]["name"])
    forbidden |= set(frames["reps"]["rep_id"]) | set(frames["reps"]["name"])
    forbidden |= set(frames["deals"]["deal_id"]) | set(frames["touches"]["touch_id"])
    forbidden |= {note for note in frames["touches"]["note"] if note}
    forbidden |= set(frames["interviews"]["note"]) | set(frames["interviews"]["interview_id"]) | {"AK", "ML"}
    assert len(forbidden) > 6000
    for name, result in demo_results.items():
        words = set(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", json.dumps(to_block(result), ensure_ascii=False)))
        assert not words & forbidden, name
        text = json.dumps(to_block(result), ensure_ascii=False)
        for token in (*demo.truth.forbidden_tokens, *frames["reps"]["name"], *frames["customers"]["name"]):
            assert token not in text, (name, token)


def test_blocks_of_a_whole_engagement_stay_small(demo_results: dict[str, Any]) -> None:
    sizes = {name: len(json.dumps(to_block(result))) for name, result in demo_results.items()}
    assert max(sizes.values()) < 100_000, sizes  # counts and sums; 4,500 touches would be far more
