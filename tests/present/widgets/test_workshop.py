"""The workshop behind its page: messages in, answers out, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.waterfall import analyse_waterfall
from gtmlib.analyses.workshop import PANELS
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State, settle
from gtmlib.data.load import load_tables
from gtmlib.data.scenarios import read_scenarios
from gtmlib.errors import ParameterError
from gtmlib.present.language import LOCALES, Language
from gtmlib.present.widgets.workshop import WORDS, Workshop, describe_control
from tests.conftest import MakeEngagement

SALES = "transaction_id,customer_id,net_revenue,cogs\n" + "".join(f"{n},K{n},{100 + n},{60}\n" for n in range(9))
SOURCE = """
[sources.sales]
file = "sales.csv"
delimiter = ","
decimal = "."
table = "transactions"
columns = { transaction_id = "transaction_id", customer_id = "customer_id", net_revenue = "net_revenue", cogs = "cogs" }
"""


class _Named(Language):
    """A language that has a name for every control."""

    def say(self, key: str, **args: Any) -> str:
        return key if key.startswith("workshop.") else Language.say(self, key, **args)


class Prices(Panel):
    """A panel over the waterfall: refuses one position of its slider, and breaks at another."""

    id, headlines = "price_cost", ("profitability.total_contribution",)
    controls = (Control(id="price", kind="slider", start=0.0, low=-0.2, high=0.2, step=0.01, unit="percent"),)

    def __init__(self, shown: Any) -> None:
        self.shown = shown

    def compute(self, state: State) -> tuple[Any, ...]:
        if state["price"] == 0.2:
            raise ZeroDivisionError
        if state["price"] == 0.1:
            raise PanelError("no_data")
        return (self.shown,)


@pytest.fixture
def workshop(make_engagement: MakeEngagement, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    engagement = make_engagement(SOURCE, {"sales.csv": SALES})
    shown = analyse_waterfall(load_tables(engagement))

    def open_one(name: str, loaded: Any) -> Panel | MissingData:
        return Prices(shown) if name == "price_cost" else MissingData(chapter="pipeline", needed=("deals",))

    monkeypatch.setattr("gtmlib.present.widgets.workshop.open_panel", open_one)
    return Workshop(engagement)


def ask(workshop: Workshop, ask: str, **message: Any) -> dict[str, Any]:
    answer = workshop.answer({"ask": ask, **message})
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer  # what a page can be told
    return answer


def test_every_panel_has_its_words_and_every_language_the_words_of_the_page(workshop: Workshop) -> None:
    begun = ask(workshop, "begin")
    assert [panel["id"] for panel in begun["panels"]] == list(PANELS)
    assert all(panel["title"] and panel["about"] for panel in begun["panels"])
    for code in LOCALES:
        assert all(Language(code, "SEK").say(f"workshop.{word}") for word in WORDS)


def test_a_panel_is_opened_where_it_starts_and_says_what_its_slider_stands_at(workshop: Workshop) -> None:
    opened = ask(workshop, "open", panel="price_cost")
    assert opened["state"] == {"price": 0.0}
    (slider,) = opened["controls"]
    assert len(slider["texts"]) == 41
    assert (slider["texts"][0], slider["texts"][20], slider["texts"][-1]) == ("−20.0%", "0.0%", "20.0%")


def test_what_is_computed_is_shown_as_the_report_shows_it_light_or_dark(workshop: Workshop) -> None:
    for theme, paper in (("light", "#ffffff"), ("dark", "#14181d")):
        (exhibit,) = ask(workshop, "compute", panel="price_cost", state={}, theme=theme)["exhibits"]
        title = exhibit["title"].replace("\N{NO-BREAK SPACE}", " ")
        assert title == "Of SEK 936 in net revenue, SEK 396 is left as gross profit"
        assert paper in exhibit["figure"]
        assert (exhibit["has_numbers"], exhibit["table"]) == (True, None)


def test_numbers_behind_a_chart_are_written_when_they_are_opened(workshop: Workshop) -> None:
    (exhibit,) = ask(workshop, "compute", panel="price_cost", state={}, numbers=["profitability-waterfall"])["exhibits"]
    assert exhibit["table"]["rows"][0][1] == "SEK\N{NO-BREAK SPACE}936"


def test_a_panel_without_its_data_says_what_to_ask_for_and_has_no_controls(workshop: Workshop) -> None:
    opened = ask(workshop, "open", panel="pipeline")
    assert opened["controls"] == []
    assert "deals" in json.dumps(opened["exhibits"])
    assert "\n" not in ask(workshop, "compute", panel="pipeline", state={})["error"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"ask": "compute", "panel": "price_cost", "state": {"price": 0.1}}, "lacks its data"),
        ({"ask": "compute", "panel": "price_cost", "state": {"price": 0.2}}, "ZeroDivisionError"),
        ({"ask": "compute", "panel": "price_cost", "state": {"price": 9}}, "from -0.2 to 0.2"),
        ({"ask": "compute", "panel": "price_cost", "state": {"prize": 0.1}}, "did you mean 'price'"),
        ({"ask": "act", "panel": "price_cost", "action": "drop", "state": {}}, "no action 'drop'"),
        ({"ask": "save", "title": "Nothing", "states": {"price_cost": {"price": 0}}}, "Nothing has been moved"),
        ({"ask": "save", "title": " – ", "states": {"price_cost": {"price": 0.1}}}, "needs a name"),
        ({"ask": "begin", "language": "xx"}, "no catalog"),
        ({"ask": "nonsense"}, "KeyError"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence_and_the_next_question_is_answered(
    workshop: Workshop, message: dict[str, Any], said: str
) -> None:
    error = workshop.answer(message)["error"]
    assert said in error
    assert "\n" not in error
    assert "exhibits" in ask(workshop, "compute", panel="price_cost", state={"price": 0.05})


def test_a_scenario_is_saved_once_replaced_only_when_confirmed_and_compared(workshop: Workshop) -> None:
    states = {"price_cost": {"price": 0.05}}
    assert "saved" in ask(workshop, "save", title="Dyrare år", states=states)["said"]
    assert "question" in ask(workshop, "save", title="Dyrare år", states=states)
    ask(workshop, "save", title="Dyrare år", states={"price_cost": {"price": 0.07}}, overwrite=True)
    (scenario,) = read_scenarios(workshop.engagement)
    assert scenario.states == {"price_cost": {"price": 0.07}}
    compared = ask(workshop, "compare")
    assert [one["title"] for one in compared["scenarios"]] == ["Dyrare år"]
    assert len(compared["exhibits"]) == 1


def test_panels_without_their_data_keep_nobody_from_saving_and_the_desk_is_no_scenario(workshop: Workshop) -> None:
    states = {"pipeline": {}, "hypotheses": {"claim": "x"}, "price_cost": {"price": 0.05}}
    assert "saved" in ask(workshop, "save", title="With others", states=states)["said"]
    (scenario,) = read_scenarios(workshop.engagement)
    assert set(scenario.states) == {"price_cost"}


@pytest.mark.parametrize(
    "broken", ["not TOML", 'title = "A"\n[pricecost]\nx = 0.1', 'title = "B"\n[price_cost]\nprice = 9']
)
def test_a_scenario_that_cannot_be_read_is_named_and_the_others_are_compared(workshop: Workshop, broken: str) -> None:
    ask(workshop, "save", title="Good", states={"price_cost": {"price": 0.05}})
    (workshop.engagement.folder / "scenarios" / "bad.toml").write_text(broken, "utf-8")
    compared = ask(workshop, "compare")
    assert "bad.toml" in compared["error"]
    assert compared["scenarios"] == [{"title": "Good", "states": {"price_cost": {"price": 0.05}}}]
    assert len(compared["exhibits"]) == 1
    assert "saved" in ask(workshop, "save", title="Another", states={"price_cost": {"price": 0.01}})["said"]


def test_what_is_wrong_in_the_clients_rows_is_not_read_out_in_the_room(make_engagement: MakeEngagement) -> None:
    engagement = make_engagement(SOURCE, {"sales.csv": SALES + "9,K9,Kalle Anka 070-1234567,5\n"})
    error = ask(Workshop(engagement), "open", panel="segments", language="sv")["error"]
    assert "gtm check tiny" in error
    assert "Kalle" not in error


def test_a_workshop_reads_only_the_files_that_its_panels_need(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    loaded = load_tables(workshop.engagement)
    monkeypatch.setattr("gtmlib.data.load.load_tables", lambda _, only: (read.append(only), loaded)[1])
    for name in ("price_cost", "segments", "price_cost"):
        workshop.panel(name)
    assert read == [PANELS["segments"]]
    workshop.panel("pipeline")
    assert read == [PANELS["segments"], PANELS["pipeline"]]


@pytest.mark.parametrize(
    ("named_by", "option", "name"),
    [("text", "Industry", "Industri"), ("code", "price", "Pris och budget"), ("month", "2025-03", "mars 2025")],
)
def test_options_are_named_by_the_client_the_codebook_or_the_calendar(
    named_by: Literal["text", "code", "month"], option: str, name: str
) -> None:
    control = Control(id="save", kind="choice", start=option, options=(option,), named_by=named_by)
    described = describe_control("tried", control, _Named("sv", "SEK", {"Industry": "Industri"}))
    assert described["options"] == [[option, name]]


def test_a_state_that_names_too_much_is_refused_all_at_once() -> None:
    with pytest.raises(ParameterError) as refused:
        settle(Prices(None), {"price": "high", "prise": 1})
    assert len(refused.value.problems) == 2


def test_the_page_holds_no_address_of_another_host() -> None:
    folder = Path(__file__).parents[3] / "gtmlib" / "present" / "widgets"
    for name in ("page.js", "page.css"):
        assert "://" not in (folder / name).read_text("utf-8")
