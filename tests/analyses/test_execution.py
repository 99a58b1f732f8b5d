"""The people chapter: nobody is ranked on noise, planted truths come back, and every answer has its interval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtmlib.analyses.execution.activity import ActivityChange, analyse_activity, analyse_slopes
from gtmlib.analyses.execution.behaviours import BehaviourCourse, follow_behaviour
from gtmlib.analyses.execution.discipline import SkillDiscipline, analyse_discipline
from gtmlib.analyses.execution.focus import Focus, analyse_focus
from gtmlib.analyses.execution.lead_speed import LeadCosts, LeadSpeed, analyse_lead_costs, analyse_lead_speed
from gtmlib.analyses.execution.leads import LeadSources, analyse_lead_cohorts, analyse_leads
from gtmlib.analyses.execution.reps import RepRates, analyse_reps
from gtmlib.analyses.execution.seniority import Seniority, analyse_seniority
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Behaviour, Contract, Disclosure, FirstLine, read_engagement
from gtmlib.data.load import Loaded, load_frames, load_tables
from gtmlib.present.blocks import to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from templates.demo.synth import make_demo
from templates.demo.synth_execution import make_execution_truth

from ..conftest import ROOT, load_demo, value_of

EN = Language("en", "SEK")


# --- Reps: acceptance 2 ---


@pytest.fixture(scope="module")
def maven(shared_data: Path) -> Loaded:
    return load_tables(read_engagement(ROOT / "tests" / "engagements" / "maven", shared_data))


def test_the_reps_of_maven_are_compatible_with_chance_and_nobody_is_ranked(maven: Loaded) -> None:
    found = analyse_reps(maven)
    assert isinstance(found, RepRates)
    assert round(value_of(found.findings(), "execution.rep_homogeneity_pvalue"), 3) == 0.264
    assert (found.homogeneity.df, round(found.homogeneity.statistic, 2), found.do_differ) == (29, 33.35, False)
    labels = [row.rep for row in found.rows]
    assert labels == [f"#{place}" for place in range(1, 31)]  # by label, which says nothing of the rate
    rates = [row.estimate.rate for row in found.rows]
    assert rates not in (sorted(rates), sorted(rates, reverse=True))
    exhibit = present(found, EN, "#1f5f8b")
    assert "no further apart than chance makes them" in exhibit.headline
    assert "compatible with chance (p-value 0.264)" in exhibit.sentences[0]
    assert "nobody is ranked" in exhibit.sentences[0]
    assert [row[0] for row in exhibit.table.rows] == [f"Rep {place}" for place in range(1, 31)]  # type: ignore[union-attr]


def test_no_name_of_a_maven_rep_stands_in_its_block(maven: Loaded, shared_data: Path) -> None:
    names = set(pd.read_csv(shared_data / "maven_crm_sales_pipeline.csv")["sales_agent"])
    text = json.dumps(to_block(analyse_reps(maven)))
    assert len(names) == 30
    assert not [name for name in names if name in text]


def closed_deals(rates: Any, n: int, seed: int = 1) -> pd.DataFrame:
    """Closed deals of a team, n a rep, won at each rep's own rate."""
    rng = np.random.default_rng(seed)
    deals = pd.DataFrame({"rep_id": [f"R{place:02}" for place in range(len(rates))]}).loc[lambda x: x.index.repeat(n)]
    won = rng.random(len(deals)) < np.repeat(rates, n)
    return deals.assign(status=np.where(won, "won", "lost"), deal_id=[str(place) for place in range(len(deals))])


def test_a_team_that_differs_is_said_to_and_stands_in_the_order_of_labels_all_the_same() -> None:
    found = analyse_reps(load_frames({"deals": closed_deals(np.linspace(0.3, 0.7, 10), 200)}))
    assert isinstance(found, RepRates)
    assert found.do_differ
    assert [row.rep for row in found.rows] == [f"#{place}" for place in range(1, 11)]
    assert any(row.is_outside for row in found.rows)
    assert "further apart than chance" in present(found, EN, "#1f5f8b").title


def test_reps_are_named_only_where_the_contract_allows_it() -> None:
    deals = closed_deals([0.5, 0.5], 20)
    reps = pd.DataFrame({"rep_id": ["R00", "R01"], "name": ["Ann", "Bo"]})
    for allowed, expected in ((False, ["#1", "#2"]), (True, ["Ann", "Bo"])):
        client = load_frames({"deals": deals, "reps": reps}, disclosure=Disclosure(name_reps=allowed))
        found = analyse_reps(client)
        assert isinstance(found, RepRates)
        assert [row.rep for row in found.rows] == expected


def test_reps_with_few_deals_are_one_row_that_hides_each() -> None:
    deals = pd.concat([closed_deals([0.5, 0.4], 40), closed_deals([0.5], 2, seed=2).assign(rep_id="R90")])
    deals = pd.concat([deals, closed_deals([0.5], 4, seed=3).assign(rep_id="R91")])
    found = analyse_reps(load_frames({"deals": deals.assign(deal_id=[str(place) for place in range(len(deals))])}))
    assert isinstance(found, RepRates)
    assert [(row.rep, row.estimate.n_trials) for row in found.rows][-1] == ("other", 6)


# --- Activity, discipline, seniority ---


def first_contacts(cells: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    """First contacts: rep, month, contacts, results."""
    rows = [
        {"rep_id": rep, "date": pd.Timestamp(f"{month}-03"),
         "converted_on": pd.Timestamp(f"{month}-09") if place < k else None}
        for rep, month, n, k in cells for place in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(touch_id=lambda found: found.index.astype(str))


def test_kitagawa_of_two_months_reproduces_the_worked_example() -> None:
    cells = [("R1", "2025-03", 400, 20), ("R1", "2025-04", 600, 21)]  # 5.0 %, then 3.5 %
    found = analyse_activity(load_frames({"touches": first_contacts(cells)}))
    assert isinstance(found, ActivityChange)
    assert value_of(found.findings(), "execution.activity_effect") == 8.5
    assert value_of(found.findings(), "execution.rate_effect") == -7.5
    assert value_of(found.findings(), "execution.result_change") == 1
    assert [row[1] for row in present(found, EN, "#1f5f8b").table.rows] == [20, 8.5, -7.5, 21]  # type: ignore[union-attr]


def test_slopes_need_four_reps_and_say_what_to_ask_for() -> None:
    cells = [(f"R{rep}", f"2025-0{month}", 10 + month, month) for rep in range(3) for month in range(1, 6)]
    found = analyse_slopes(load_frames({"touches": first_contacts(cells)}))
    assert found == MissingData(chapter="execution", needed=("touches.rep_id", "touches.date"))


def test_the_improvisers_of_the_demo_are_to_be_followed_up_and_nobody_is_to_be_trained(loaded_demo: Loaded) -> None:
    found = analyse_discipline(loaded_demo)
    assert isinstance(found, SkillDiscipline)
    assert (found.count(discipline="below"), found.count(skill="below"), found.n_reps) == (3, 0, 12)
    assert sum(cell.n_reps for cell in found.cells) == 12
    labels = [row.group for row in found.groups if row.by == "rep"]
    assert labels == [f"#{place}" for place in range(1, 13)]
    assert {row.group for row in found.groups if row.by == "team"} == {"North", "South", "West"}


def planned_contacts(reps: list[tuple[int, int, int]]) -> pd.DataFrame:
    """Contacts of reps: how many, how many as planned, and results of these."""
    rows = [
        {"rep_id": f"R{place}", "date": pd.Timestamp("2025-03-03"), "variant_assigned": "A",
         "variant_delivered": "A" if i < followed else "B",
         "converted_on": pd.Timestamp("2025-03-09") if i < k else None}
        for place, (n, followed, k) in enumerate(reps) for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(touch_id=lambda found: found.index.astype(str))


def test_a_rep_has_a_corner_only_where_both_intervals_are_clear() -> None:
    team = [(300, 295, 90)] * 3 + [(300, 295, 20), (300, 100, 60), (12, 12, 3)]
    found = analyse_discipline(load_frames({"touches": planned_contacts(team)}))
    assert isinstance(found, SkillDiscipline)
    corners = {(cell.discipline, cell.skill): cell.n_reps for cell in found.cells if cell.n_reps}
    assert corners["above", "below"] == 1  # follows the plan and gets less out of it: train
    assert corners["below", "above"] == 1  # gets more and does not follow it: follow up
    assert sum(n for sides, n in corners.items() if "unclear" in sides) == 4


def test_three_senior_reps_are_too_few_however_many_contacts_they_have() -> None:
    cells = [(f"R{rep}", "2025-03", 500, 150 if rep < 3 else 50) for rep in range(9)]
    reps = pd.DataFrame({"rep_id": [f"R{rep}" for rep in range(9)], "seniority": ["senior"] * 3 + ["junior"] * 6})
    client = load_frames({"touches": first_contacts(cells), "reps": reps}, first_line=FirstLine(senior=["senior"]))
    found = analyse_seniority(client)
    assert isinstance(found, Seniority)
    assert (found.verdict, found.comparison) == ("cannot_tell", None)
    assert "From Monday, log rep and level" in present(found, EN, "#1f5f8b").sentences[0]


def test_what_counts_as_senior_is_the_contracts_to_say() -> None:
    found = analyse_seniority(load_frames({"touches": first_contacts([("R1", "2025-03", 9, 1)])}))
    assert found == MissingData(chapter="execution", needed=("contract.first_line.senior", "reps"))


# --- Focus and behaviours ---


def test_focus_is_asked_of_the_contract_and_never_guessed(loaded_demo: Loaded) -> None:
    bare = load_frames({"touches": first_contacts([("R1", "2025-03", 9, 1)])})
    assert analyse_focus(bare) == MissingData(chapter="execution", needed=("contract.focus",))
    found = analyse_focus(loaded_demo)
    assert isinstance(found, Focus)
    assert found.customers is not None
    assert found.touches.rate == pytest.approx(found.customers.rate, abs=0.05)  # the demo has no focus at all


def talks(weekly: list[tuple[int, int]], first: str = "2025-03-03") -> pd.DataFrame:
    """Conversations by week, and those with a next step."""
    rows = [
        {"date": pd.Timestamp(first) + pd.Timedelta(weeks=week),
         "next_step_on": pd.Timestamp("2025-12-01") if place < k else None}
        for week, (n, k) in enumerate(weekly) for place in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(touch_id=lambda found: found.index.astype(str))


def follow(touches: pd.DataFrame, starts_on: str, **more: Any) -> BehaviourCourse:
    habit = Behaviour(id="habit", name="Next step", rule="next_step", starts_on=pd.Timestamp(starts_on).date(), **more)
    found = follow_behaviour(load_frames({"touches": touches}, behaviours=[habit]), 1)
    assert isinstance(found, BehaviourCourse)
    return found


def test_weeks_count_as_before_or_after_the_monday_on_which_it_began() -> None:
    found = follow(talks([(20, 4)] * 10 + [(20, 12)] * 10), "2025-05-12")
    assert (found.n_before, len(found.spans), found.span_weeks) == (10, 20, 1)
    assert found.change is not None
    assert (found.change.before.rate, found.change.after.rate) == (0.2, 0.6)
    assert found.verdict == "confirmed"
    assert found.chart is not None
    assert found.chart.out_of_control == tuple(range(11, 21))


def test_a_week_in_the_middle_of_which_it_began_is_of_neither_side() -> None:
    found = follow(talks([(20, 4)] * 21), "2025-05-14")
    assert "2025-05-12" not in found.spans
    assert len(found.spans) == 20


def test_rare_cases_are_followed_over_more_weeks_and_the_unfinished_one_is_left_out() -> None:
    found = follow(talks([(3, 1)] * 43), "2025-09-01")  # three a week, the floor is five
    assert found.span_weeks == 2
    assert all(sample.n_trials == 6 for sample in found.chart.samples)  # type: ignore[union-attr]


def test_a_behaviour_that_has_not_begun_is_open_and_one_that_did_not_change_cannot_be_told() -> None:
    assert follow(talks([(20, 4)] * 10), "2025-12-29").verdict == "cannot_tell"
    assert follow(talks([(20, 4)] * 20), "2025-05-12", target=0.6).verdict == "cannot_tell"


# --- Leads ---


def test_every_lead_has_the_same_time_and_younger_ones_have_no_rate() -> None:
    came = pd.to_datetime(["2025-01-02"] * 10 + ["2025-12-20"] * 10)
    leads = pd.DataFrame({"created_on": came, "source": "web", "qualified_on": came + pd.Timedelta(days=1)})
    leads.loc[0, "qualified_on"] = pd.Timestamp("2025-03-02")  # qualified, but not within thirty days
    found = analyse_leads(load_frames({"leads": leads.assign(lead_id=leads.index.astype(str))}))
    assert isinstance(found, LeadSources)
    (web,) = found.rows
    assert web.qualified is not None
    assert (web.n_leads, web.qualified.n_trials, web.qualified.n_successes) == (20, 10, 9)


def test_the_planted_source_that_floods_is_found_and_no_other(loaded_demo: Loaded) -> None:
    found = analyse_leads(loaded_demo)
    assert isinstance(found, LeadSources)
    assert found.flooding == (make_execution_truth().flooding_source,)
    assert "floods the calendar" in present(found, EN, "#1f5f8b").sentences[1]


@pytest.mark.parametrize("n_seeds", [3, pytest.param(40, marks=pytest.mark.full)])
def test_planted_truths_of_leads_and_habit_come_back(n_seeds: int, demo_contract: Contract) -> None:
    truth, hits, flooded, others, changed, unchanged, quick = make_execution_truth(), [], 0, 0, 0, 0, 0
    for seed in range(n_seeds):
        client = load_demo(make_demo(seed), demo_contract)
        found = analyse_leads(client)
        assert isinstance(found, LeadSources)
        for row in found.rows:
            # A few leads are qualified after more than thirty days: the planted rate is that of all time.
            assert row.qualified is not None
            expected = truth.qualified_rate[row.group]
            hits.append(row.qualified.ci_low - 0.02 <= expected <= row.qualified.ci_high + 0.02)
        flooded += truth.flooding_source in found.flooding
        others += len(set(found.flooding) - {truth.flooding_source})
        courses = [follow_behaviour(client, place) for place in (1, 2, 3)]
        changed += courses[0].verdict == "confirmed"  # type: ignore[union-attr]
        unchanged += sum(course.verdict == "confirmed" for course in courses[1:])  # type: ignore[union-attr]
        speed = analyse_lead_speed(client)
        assert isinstance(speed, LeadSpeed)
        quick += speed.adjusted is not None and speed.adjusted.ci_low > 0
    assert np.mean(hits) > 0.9
    assert flooded >= 0.8 * n_seeds
    assert others <= 0.1 * n_seeds
    assert changed == n_seeds
    assert unchanged <= max(1, 0.1 * n_seeds)  # two behaviours in which nothing changed
    assert quick >= 0.8 * n_seeds


def test_a_source_that_is_called_first_because_it_is_good_does_not_make_speed_look_good() -> None:
    rows = [("good", "quick", 80, 40), ("good", "late", 20, 10), ("poor", "quick", 20, 2), ("poor", "late", 80, 8)]
    leads = pd.DataFrame([
        {"source": source, "created_on": pd.Timestamp("2025-01-02"),
         "first_contact_on": pd.Timestamp("2025-01-02") + pd.Timedelta(days=0 if wait == "quick" else 9),
         "qualified_on": pd.Timestamp("2025-01-20") if place < k else None}
        for source, wait, n, k in rows for place in range(n)
    ]).assign(lead_id=lambda found: found.index.astype(str))  # fmt: skip
    found = analyse_lead_speed(load_frames({"leads": leads}))
    assert isinstance(found, LeadSpeed)
    assert found.adjusted is not None
    assert found.adjusted.crude == pytest.approx(0.24)
    assert found.adjusted.difference == pytest.approx(0.0)


def test_cost_per_won_counts_spend_and_leads_of_the_same_ripe_periods() -> None:
    leads = pd.DataFrame({
        "lead_id": ["1", "2", "3"], "channel": "fairs", "deal_id": ["D1", "D2", None],
        "created_on": pd.to_datetime(["2025-01-09", "2025-02-09", "2025-12-09"]),
    })  # fmt: skip
    deals = pd.DataFrame({"deal_id": ["D1", "D2"], "status": ["won", "lost"], "closed_on": pd.Timestamp("2025-04-01")})
    spend = pd.DataFrame(
        {"period": ["2025-01", "2025-02", "2025-12", "soon"], "channel": "fairs", "spend": [700.0, 300.0, 999.0, 5.0]}
    )
    found = analyse_lead_costs(load_frames({"leads": leads, "deals": deals, "acquisition": spend}))
    assert isinstance(found, LeadCosts)
    (fairs,) = found.rows
    assert (fairs.cost.spend, fairs.cost.n_won, fairs.cost.loaded.value, found.n_unread) == (1000.0, 1, 1000.0, 1)


# --- Whatever is missing is asked for ---


def test_each_part_without_its_data_says_what_to_ask_for(maven: Loaded) -> None:
    parts = (analyse_activity, analyse_slopes, analyse_discipline, analyse_seniority, analyse_focus, analyse_leads,
             analyse_lead_cohorts, analyse_lead_speed, analyse_lead_costs)  # fmt: skip
    for analyse in parts:
        found = analyse(maven)
        assert isinstance(found, MissingData), analyse.__name__
        assert found.needed, analyse.__name__
        assert found.findings() == ()
