"""Scenarios of the workshop as files: what is saved is what is read, and nothing is ever half-written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtmlib.data.engagement import Engagement
from gtmlib.data.load import load_frames
from gtmlib.data.scenarios import name_of, read_scenarios, save_scenario, split_names
from gtmlib.errors import ContractError, ParameterError

STATES = {"price_cost": {"price": 0.05, "segments": ("Industri", "Övriga"), "rule": "revenue"}}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.one_of(st.floats(allow_nan=False), TEXTS, st.lists(TEXTS, max_size=3).map(tuple))
TABLES = st.dictionaries(
    st.sampled_from(["price_cost", "pipeline"]),
    st.dictionaries(st.sampled_from(["price", "win_rate", "split_2"]), VALUES, min_size=1),
    min_size=1,
)


@pytest.fixture
def acme(tmp_path: Path) -> Engagement:
    return Engagement("acme", tmp_path, tmp_path / "exports", load_frames({}).engagement.contract)


def write(engagement: Engagement, name: str, text: str) -> None:
    (engagement.folder / "scenarios").mkdir(exist_ok=True)
    (engagement.folder / "scenarios" / f"{name}.toml").write_text(text, "utf-8")


@pytest.mark.parametrize(("title", "name"), [
    ("Pris upp 5 %", "pris-upp-5"),
    ("Åtta säljare på rätt ö", "atta-saljare-pa-ratt-o"),
    ("A\N{COMBINING RING ABOVE}r 2", "ar-2"),  # as a Mac writes it
    ("Færre møder", "faerre-moder"),
    ("  ", ""),
    ("…!", ""),
    ("../../engagement", "engagement"),
    ("x" * 200, "x" * 60),
])  # fmt: skip
def test_a_file_is_named_by_the_title_in_plain_letters(title: str, name: str) -> None:
    assert name_of(title) == name


def test_what_is_saved_is_a_table_per_panel_that_people_can_read(acme: Engagement) -> None:
    path = save_scenario(acme, " Pris  upp ", STATES)
    assert path == acme.folder / "scenarios" / "pris-upp.toml"
    assert path.read_text("utf-8").splitlines()[1:] == [
        'title = "Pris upp"', "", "[price_cost]", "price = 0.05", 'segments = ["Industri", "Övriga"]',
        'rule = "revenue"',
    ]  # fmt: skip
    (scenario,) = read_scenarios(acme)
    assert (scenario.name, scenario.title, scenario.states) == ("pris-upp", "Pris upp", STATES)
    assert scenario.places["price_cost.rule"] == "acme/scenarios/pris-upp.toml line 7: price_cost.rule"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS.filter(name_of), states=TABLES)
def test_any_title_and_any_value_come_back_exactly(
    title: str, states: dict[str, dict[str, object]], acme: Engagement
) -> None:
    path = save_scenario(acme, title, states, overwrite=True)
    (scenario,) = read_scenarios(acme, [path.stem])
    assert scenario.states == states
    assert name_of(scenario.title) == path.stem
    assert [one.name for one in path.parent.iterdir() if one.suffix != ".toml"] == []


@pytest.mark.parametrize(("title", "states", "said"), [
    ("", STATES, "needs a title with a letter or a digit"),
    (" – ", STATES, "needs a title with a letter or a digit"),
    ("Nothing", {}, "'Nothing' would hold nothing: move a control"),
    ("Odd", {"pipeline": {"note": "\ud800"}}, "has a sign that no file can hold"),
])  # fmt: skip
def test_what_can_not_be_saved_is_refused_and_writes_nothing(
    title: str, states: dict[str, dict[str, object]], said: str, acme: Engagement
) -> None:
    with pytest.raises(ParameterError, match=said):
        save_scenario(acme, title, states)
    assert not (acme.folder / "scenarios").exists()


def test_a_scenario_is_replaced_only_when_that_is_asked_for(acme: Engagement) -> None:
    first = save_scenario(acme, "Pris upp", STATES)
    with pytest.raises(
        ParameterError, match="there is a scenario 'pris-upp' already: give another title, or overwrite"
    ):
        save_scenario(acme, "Pris-upp!", {"price_cost": {"price": 0.1}})
    assert read_scenarios(acme)[0].states == STATES
    assert save_scenario(acme, "Pris-upp!", {"price_cost": {"price": 0.1}}, overwrite=True) == first
    assert [(one.title, one.states) for one in read_scenarios(acme)] == [("Pris-upp!", {"price_cost": {"price": 0.1}})]


def test_a_save_that_fails_leaves_what_was_there(acme: Engagement, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_scenario(acme, "Pris upp", STATES)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no room on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no room"):
            save_scenario(acme, "Pris upp", {"price_cost": {"price": 0.1}}, overwrite=True)
    assert [(one.name, one.read_bytes()) for one in path.parent.iterdir()] == [("pris-upp.toml", before)]


def test_scenarios_come_by_name_or_in_the_order_asked_for(acme: Engagement) -> None:
    for title in ("B", "A", "C"):
        save_scenario(acme, title, STATES)
    assert [one.name for one in read_scenarios(acme)] == ["a", "b", "c"]
    assert [one.name for one in read_scenarios(acme, ["c", "a", "c"])] == ["c", "a"]


def test_a_name_that_is_not_there_is_refused_with_the_nearest(acme: Engagement) -> None:
    assert read_scenarios(acme) == ()
    with pytest.raises(ParameterError, match="acme has no scenario 'pris-up', nor any other"):
        read_scenarios(acme, ["pris-up"])
    save_scenario(acme, "Pris upp", STATES)
    with pytest.raises(ParameterError) as raised:
        read_scenarios(acme, ["pris-up", "pris-upp", "zzz"])
    assert str(raised.value).splitlines() == [
        "unknown scenario 'pris-up': did you mean 'pris-upp'?", "unknown scenario 'zzz': it can be pris-upp",
    ]  # fmt: skip


def test_all_problems_of_all_files_are_named_at_once_with_their_lines(acme: Engagement) -> None:
    write(acme, "a", 'title = " "\n\n[price_cost]\nprice = true\nsegments = [1]\n')
    write(acme, "b", "[price_cost]\nprice = 0.05\n")
    write(acme, "c", 'title = "C"\nprice = 0.05\n')
    write(acme, "d", 'title = "D\n')
    write(acme, "good", 'title = "Good"\n[price_cost]\nprice = 0.05\n')
    with pytest.raises(ContractError) as raised:
        read_scenarios(acme)
    assert str(raised.value).splitlines() == [
        "acme/scenarios/a.toml line 1: title: can't be used (found ' '). Write what the scenario is called",
        "acme/scenarios/a.toml line 4: price_cost.price: can't be used (found 'True'). "
        "Write a number, a text in quotes, or a list of texts",
        "acme/scenarios/a.toml line 5: price_cost.segments: can't be used. "
        "Write a number, a text in quotes, or a list of texts",
        "acme/scenarios/b.toml line 1: title: is missing. Add title = …",
        "acme/scenarios/c.toml line 2: price: can't be used (found '0.05'). "
        "Write a section of its own, or { key = value }",
        "acme/scenarios/d.toml line 1: is not TOML: illegal character '\\n'. "
        "Texts stand in quotes, dates as 2025-12-31",
    ]  # fmt: skip
    assert [one.name for one in read_scenarios(acme, ["good"])] == ["good"]  # what was not asked for is not in the way


def test_names_are_split_at_commas() -> None:
    assert split_names("") == ()
    assert split_names(" a ,b,,") == ("a", "b")
