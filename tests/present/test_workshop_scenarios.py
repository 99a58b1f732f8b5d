"""What was tried, as the report says it: the best scenario against today, side by side, and that it is no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.panel import Control, Panel
from gtmlib.analyses.workshop.scenarios import WHAT_IFS, Answer, Figure, Tried, compare
from gtmlib.data.loaded import Loaded
from gtmlib.data.scenarios import Scenario
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits.workshop_scenarios import describe_figure, name_value, present_tried
from gtmlib.present.language import Language, has_message
from gtmlib.present.sentences import describe_evidence, describe_finding, name_of

from ..analyses.workshop.fakes import FakePrices, scenario

OWN = {"price_cost.about": "What follows from prices.", "price_cost.title": "Price", "price_cost.price": "Price",
       "price_cost.segments": "Segments", "price_cost.since": "Since", "price_cost.rule.orders": "By orders",
       "error.nothing_picked": "Pick at least one segment."}  # fmt: skip


class WithFake(Language):
    """A language that has words for the panel of the tests too."""

    def say(self, key: str, **args: Any) -> str:
        own = OWN.get(key.removeprefix("workshop."))
        return own if own else super().say(key, **args).replace("\N{NO-BREAK SPACE}", " ")

    def format(self, value: Any, kind: str = "text") -> str:
        return super().format(value, kind).replace("\N{NO-BREAK SPACE}", " ")


ENGLISH, SWEDISH = WithFake("en", "SEK"), WithFake("sv", "SEK")
DEARER, CHEAPER = scenario("dearer", price=0.1), scenario("cheaper", price=-0.1)
NOBODY, RETAIL = scenario("nobody", segments=()), scenario("retail", segments=("Retail",), since="2025-07")


def tried(*scenarios: Any, **panel: Any) -> Tried:
    (found,) = compare([FakePrices(**panel)], scenarios)
    return found


def shown(*scenarios: Any, language: Language = ENGLISH) -> Exhibit:
    return present_tried(tried(*scenarios), language, "#1f5f8b")


@pytest.mark.parametrize(("scenarios", "english", "swedish"), [
    ((CHEAPER, DEARER), "Contribution: SEK 1,100 with “Dearer”, SEK 100 more than today",
     "Täckningsbidrag: 1 100 kr med ”Dearer”, 100 kr mer än i dag"),
    ((CHEAPER,), "Contribution: SEK 900 with “Cheaper”, SEK 100 less than today",
     "Täckningsbidrag: 900 kr med ”Cheaper”, 100 kr mindre än i dag"),
    ((scenario("later", since="2025-07"),), "Contribution: SEK 1,000, today and in all that was tried",
     "Täckningsbidrag: 1 000 kr, i dag och i allt som provades"),
    ((NOBODY,), "Price: there is no answer to what was tried", "Det vi provade har inget svar: Price"),
])  # fmt: skip
def test_the_title_says_what_the_best_scenario_would_change(
    scenarios: tuple[Any, ...], english: str, swedish: str
) -> None:
    assert shown(*scenarios).title == shown(*scenarios).headline == english
    assert shown(*scenarios, language=SWEDISH).title == swedish


def test_of_what_is_not_money_the_title_says_what_moved_most() -> None:
    rates = replace(tried(DEARER, scenario("worse", price=-0.2)), headlines=("profitability.loss_rate",))
    title = present_tried(rates, ENGLISH, "#1f5f8b").title
    assert title == "Share of loss customers: 40.0% with “Worse”, against 20.0% today"


def test_where_today_has_no_answer_the_title_says_so() -> None:
    exhibit = present_tried(replace(tried(DEARER), today=Answer(error="nothing_picked")), ENGLISH, "#1f5f8b")
    assert exhibit.title == "Contribution: SEK 1,100 with “Dearer”; today can’t be calculated"
    assert exhibit.sentences[-1] == "“Today” has no answer: Pick at least one segment."


def test_the_table_sets_what_was_moved_and_what_came_out_side_by_side() -> None:
    table = shown(DEARER, RETAIL, NOBODY).table
    assert table is not None
    assert [column.label for column in table.columns] == ["Setting or result", "Today", "Dearer", "Retail", "Nobody"]
    assert table.rows == (
        ("Price", "0.0%", "10.0%", "0.0%", "0.0%"),
        ("Segments", "All (2)", "All (2)", "Retail", "–"),
        ("Since", "Jan 2025", "Jan 2025", "Jul 2025", "Jan 2025"),
        ("Contribution", "SEK 1,000", "SEK 1,100", "SEK 500", "–"),
        (
            "Share of loss customers", "20.0% (10.0% to 30.0%; n = 120)", "10.0% (10.0% to 30.0%; n = 120)",
            "20.0% (10.0% to 30.0%; n = 120)", "–",
        ),
    )  # fmt: skip


def test_the_chart_has_today_in_grey_and_a_row_per_scenario() -> None:
    exhibit = shown(DEARER, NOBODY)
    bars = exhibit.figure.to_plotly_json()["data"][0]
    assert list(bars["x"]) == pytest.approx([1000.1, 1100.11, None])
    today, *others = bars["marker"]["color"]
    assert today not in others
    assert exhibit.alt == "Bars of one figure, Contribution. Today: SEK 1,000, Dearer: SEK 1,100 and Nobody: –."
    assert shown(replace(NOBODY, states={"price_cost": {"segments": ()}})).figure is not None  # today is still known


def test_it_says_that_this_is_no_evidence_and_which_state_has_no_answer() -> None:
    exhibit = shown(DEARER, NOBODY)
    assert exhibit.sentences == ("What follows from prices.", "“Nobody” has no answer: Pick at least one segment.")
    assert "not evidence" in exhibit.notes[0]
    assert "inte belägg" in shown(DEARER, language=SWEDISH).notes[0]
    assert exhibit.verdict is None
    assert exhibit.kpis == ()


def test_findings_are_said_with_their_scenario() -> None:
    said = [describe_finding(one, ENGLISH) for one in tried(DEARER).findings()]
    assert said == [
        "Contribution as it is today, for comparison: SEK 1,000.",
        "Share of loss customers as it is today, for comparison: 20.0%.",
        "Contribution as calculated for “Dearer” in the workshop: SEK 1,100.",
        "Share of loss customers as calculated for “Dearer” in the workshop: 10.0%.",
    ]
    rate = tried(DEARER).findings()[-1]
    assert describe_evidence(rate, ENGLISH) == "n = 120, 95% interval 10.0% to 30.0%"
    assert [name_of(kind, value, ENGLISH) for kind, value in rate.group.items()] == [
        "Price", "Share of loss customers", "dearer",
    ]  # fmt: skip


def test_a_value_is_named_as_its_control_names_it() -> None:
    message = Control(id="rule", kind="choice", start="orders", options=("orders",))
    code = Control(id="code", kind="choices", start=("price",), options=("price", "value"), named_by="code")
    text = Control(id="note", kind="text", start="")
    assert name_value("price_cost", message, "orders", ENGLISH) == "By orders"
    assert name_value("price_cost", code, ("price",), ENGLISH) == "Price and budget"
    assert name_value("price_cost", text, "", ENGLISH) == "–"
    assert name_value("price_cost", replace(code, named_by="text"), ("other",), ENGLISH) == "Other"
    assert describe_figure(None, ENGLISH) == "–"


def test_what_is_counted_is_written_as_the_chart_has_it_also_where_it_is_expected() -> None:
    wins = Figure(
        id="pipeline.expected_wins_open", value=3.57, unit="count", ci_low=3.2, ci_high=3.9, confidence_level=0.95, n=11
    )
    assert describe_figure(wins, ENGLISH) == "3.6 (3.2 to 3.9; n = 11)"
    assert describe_figure(replace(wins, value=3804, ci_low=None, ci_high=None), ENGLISH) == "3,804"


@pytest.mark.parametrize("name", WHAT_IFS)
def test_every_headline_of_a_panel_is_one_number_today_and_has_a_word(name: str, loaded_demo: Loaded) -> None:
    panel = open_panel(name, loaded_demo)
    assert isinstance(panel, Panel)
    assert panel.headlines
    (found,) = compare([panel], [Scenario(name="s", title="S", states={name: {}})])
    assert [one.id for one in found.today.figures if one.value is not None] == list(panel.headlines)
    assert [one for one in panel.headlines if not has_message(ENGLISH, f"glossary.{one}")] == []
