"""What was tried: the very numbers that the panels compute, beside today, and nothing that a file could not mean."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.workshop import PANELS
from gtmlib.analyses.workshop.panel import Panel, start_of
from gtmlib.analyses.workshop.scenarios import Tried, compare, moved_states, try_scenarios
from gtmlib.data.loaded import Loaded
from gtmlib.data.metrics import METRICS
from gtmlib.data.scenarios import save_scenario
from gtmlib.errors import ContractError, ParameterError

from ...conftest import MakeEngagement
from .fakes import FakePrices, scenario

PANEL = FakePrices()


def values(tried: Tried) -> list[list[float | None]]:
    return [[one.value for one in answer.figures] for answer in (tried.today, *tried.answers)]


def test_headlines_are_exactly_what_the_panel_computes_today_and_in_each_scenario() -> None:
    (tried,) = compare([PANEL], [scenario("dearer", price=0.07), scenario("retail", segments=("Retail",))])
    assert (tried.panel, tried.headlines) == ("price_cost", PANEL.headlines)
    assert (tried.scenarios, tried.titles) == (("dearer", "retail"), ("Dearer", "Retail"))
    for answer, moved in zip(
        (tried.today, *tried.answers), ({}, {"price": 0.07}, {"segments": ("Retail",)}), strict=True
    ):
        found = {one.id: one for result in PANEL.compute(start_of(PANEL) | moved) for one in result.findings()}
        for figure in answer.figures:
            wanted = found[figure.id]
            names = ("value", "unit", "ci_low", "ci_high", "confidence_level", "n")
            assert [getattr(figure, name) for name in names] == [getattr(wanted, name) for name in names]
    assert values(tried) == [[1000.1, 0.2], [1000.1 * 1.07, 0.2 - 0.07], [1000.1 / 2, 0.2]]


def test_settings_are_the_controls_that_some_scenario_moved() -> None:
    (tried,) = compare([PANEL], [scenario("a", price=0.07, since="2025-01"), scenario("b", price=0)])
    (setting,) = tried.settings
    assert (setting.control, setting.start, setting.values, setting.unit) == ("price", 0.0, (0.07, 0.0), "percent")


def test_a_panel_that_no_scenario_holds_is_left_alone_and_so_is_a_scenario_without_the_panel() -> None:
    pipeline = FakePrices(panel="pipeline")
    other = replace(scenario("b"), states={"pipeline": {"price": 0.1}})
    tried = compare([PANEL, pipeline, FakePrices(panel="messages")], [scenario("a", price=0.1), other])
    assert [(one.panel, one.scenarios) for one in tried] == [("price_cost", ("a",)), ("pipeline", ("b",))]


def test_a_state_without_an_answer_has_no_number_but_says_why() -> None:
    (tried,) = compare([PANEL], [scenario("nobody", segments=()), scenario("dearer", price=0.1)])
    nobody, dearer = tried.answers
    assert (nobody.figures, nobody.error, nobody.error_args) == ((), "nothing_picked", {"least": 1})
    assert dearer.error == ""
    assert {one.group.get("scenario") for one in tried.findings()} == {None, "dearer"}


def test_findings_have_ids_of_their_own_that_are_registered_and_unique() -> None:
    panels = [PANEL, FakePrices(panel="pipeline")]
    both = replace(scenario("today", price=0.1), states={name: {"price": 0.1} for name in ("price_cost", "pipeline")})
    findings = [one for tried in compare(panels, [both, scenario("b", price=0.2)]) for one in tried.findings()]
    assert {one.id for one in findings} == {"workshop.tried"}
    groups = [tuple(sorted(one.group.items())) for one in findings]
    assert len(set(groups)) == len(groups) == 2 * 3 + 2 * 2
    ways = {" ".join(sorted(way.split())) for way in METRICS["workshop.tried"].groups}
    assert {" ".join(sorted(one.group)) for one in findings} == ways
    rate = next(one for one in findings if one.group["metric"].endswith("loss_rate"))
    assert (rate.ci_low, rate.ci_high, rate.n) == (0.1, 0.3, 120)


def test_what_was_tried_comes_back_from_json_exactly() -> None:
    (tried,) = compare([PANEL], [scenario("a", price=0.1, segments=("Retail",)), scenario("b", segments=())])
    kind = TypeAdapter(Tried)
    assert kind.validate_python(json.loads(json.dumps(kind.dump_python(tried, mode="json")))) == tried


def test_a_later_delivery_changes_today_but_not_what_a_scenario_means() -> None:
    """All controls of a moved panel are saved: one that was left alone does not follow the data later."""
    saved = moved_states([PANEL], {"price_cost": {"price": 0.1}})
    assert saved == {"price_cost": start_of(PANEL) | {"price": 0.1}}
    later = FakePrices(revenue=2000.0, segments=("Industry", "Retail", "Marine"))
    (tried,) = compare([later], [replace(scenario("a"), states=saved)])
    moved = {one.control: (one.start, one.values) for one in tried.settings}
    assert moved["segments"] == (("Industry", "Retail", "Marine"), (("Industry", "Retail"),))
    assert values(tried)[1][0] == 2000.0 * (2 / 3) * 1.1


def test_panels_that_nobody_moved_are_not_saved() -> None:
    assert moved_states([PANEL, FakePrices(panel="pipeline")], {"price_cost": start_of(PANEL)}) == {}
    with pytest.raises(ParameterError, match="is a number from"):
        moved_states([PANEL], {"price_cost": {"price": 3}})


def test_the_desk_that_declares_hypotheses_is_no_what_if() -> None:
    assert "hypotheses" in PANELS
    desk = FakePrices(panel="hypotheses")
    assert moved_states([PANEL, desk], {"price_cost": {"price": 0.1}, "hypotheses": {"price": 0.1}}).keys() == {
        "price_cost"
    }


# --- From files. ---


def opener(opened: list[str]) -> Any:
    def open_one(name: str, loaded: Loaded) -> Panel | MissingData:
        opened.append(name)
        return MissingData(chapter="pipeline", needed=("deals",)) if name == "pipeline" else FakePrices()

    return open_one


@pytest.fixture
def loaded(make_engagement: MakeEngagement) -> Any:
    from gtmlib.data.load import load_tables

    toml = """
        [sources.touches]
        file = "t.csv"
        table = "touches"
        columns = { touch_id = "id" }
        """
    return load_tables(make_engagement(toml, {"t.csv": "id\n1\n"}))


def test_saved_scenarios_open_only_the_panels_that_they_move(loaded: Loaded) -> None:
    client = loaded.engagement
    save_scenario(client, "Dearer", {"price_cost": {"price": 0.1}})
    save_scenario(client, "Later", {"pipeline": {"price": 0.1}})
    opened: list[str] = []
    found = try_scenarios(loaded, opener=opener(opened))
    assert opened == ["price_cost", "pipeline"]
    assert isinstance(found["price_cost"], Tried)
    assert found["pipeline"] == MissingData(chapter="pipeline", needed=("deals",))
    opened.clear()
    assert list(try_scenarios(loaded, "dearer", opener=opener(opened))) == opened == ["price_cost"]


def test_without_scenarios_nothing_is_opened(loaded: Loaded) -> None:
    opened: list[str] = []
    assert try_scenarios(loaded, opener=opener(opened)) == {}
    assert opened == []
    with pytest.raises(ParameterError, match="has no scenario 'dearer', nor any other"):
        try_scenarios(loaded, "dearer")


def test_a_panel_that_there_is_not_is_named_with_the_nearest(loaded: Loaded) -> None:
    save_scenario(loaded.engagement, "Dearer", {"price_costs": {"price": 0.1}})
    with pytest.raises(ContractError) as raised:
        try_scenarios(loaded)
    assert str(raised.value) == (
        "tiny/scenarios/dearer.toml line 4: price_costs: is unknown here. Did you mean 'price_cost'?"
    )


def test_controls_and_values_that_there_are_not_are_named_all_at_once(loaded: Loaded) -> None:
    client = loaded.engagement
    save_scenario(client, "A", {"price_cost": {"prise": 0.1, "price": 0.5, "segments": ("Retial",)}})
    save_scenario(client, "B", {"price_cost": {"since": 3.0}})
    with pytest.raises(ContractError) as raised:
        try_scenarios(loaded, opener=opener([]))
    assert str(raised.value).splitlines() == [
        "tiny/scenarios/a.toml line 5: price_cost.prise: is unknown here. Did you mean 'price'?",
        "tiny/scenarios/a.toml line 6: price_cost.price: can't be used. "
        "'price' is a number from -0.2 to 0.2; '0.5' is not",
        "tiny/scenarios/a.toml line 7: price_cost.segments: can't be used. "
        "Unknown value of 'segments' 'Retial': did you mean 'Retail'?",
        "tiny/scenarios/b.toml line 5: price_cost.since: can't be used. 'since' is a text; '3.0' is not",
    ]
