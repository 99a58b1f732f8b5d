"""The message planner: it starts from the chapter's plan, and what it says of other settings is the chapter's too."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.conversion import analyse_variants
from gtmlib.analyses.conversion.next_test import plan_variants
from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.messages import MessagesPanel
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.data.engagement import Variants
from gtmlib.data.engine import to_frame
from gtmlib.data.load import load_frames
from gtmlib.data.loaded import Loaded
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from gtmlib.stats.planning import Terms, contacts_in_all

LANGUAGE = Language("en", "SEK")


def panel_of(loaded: Loaded) -> MessagesPanel:
    panel = open_panel("messages", loaded)
    assert isinstance(panel, MessagesPanel)
    return panel


def value_of(panel: MessagesPanel, name: str, **state: Any) -> float | None:
    (found,) = [f for result in panel.compute(settle(panel, state)) for f in result.findings() if f.id == name]
    return found.value


def client(*, n_reps: int = 6, is_mixed: bool = True, split: tuple[float, float] = (1.0, 1.0), **given: Any) -> Loaded:
    """600 contacts of two messages over twelve weeks; of reps who send both, or one each and then differ."""

    def is_strong(i: int) -> bool:
        return (i // 2) % (n_reps // 2) < n_reps // 4

    rows = [
        {
            "touch_id": str(i),
            "variant_assigned": "AB"[i % 2],
            "rep_id": f"R{(i // 2) % n_reps if is_mixed else i % 2 + 2 * ((i // 2) % (n_reps // 2))}",
            "date": pd.Timestamp("2025-01-06") + pd.Timedelta(days=i % 84),
            "outcome": "meeting"
            if i % 9 == 0 or (not is_mixed and i % 3 == 0 and (i // 2) % (n_reps // 2) < n_reps // 4)
            else "no",
        }
        for i in range(600)
    ]
    plan = Variants(control="A", planned_split={"A": split[0], "B": split[1]}, success=["meeting"], **given)
    return load_frames({"touches": pd.DataFrame(rows)}, variants=plan)


def test_a_slider_has_at_most_as_many_positions_as_the_page_writes_however_busy_the_client() -> None:
    rows = to_frame(client().tables["touches"])
    rows = pd.concat([rows] * 16).assign(touch_id=[str(place) for place in range(9600)])
    rows["date"] = pd.Timestamp("2025-12-01") + pd.to_timedelta(rows.groupby("variant_assigned").cumcount() % 14, "D")
    panel = panel_of(load_frames({"touches": rows}, variants=client().engagement.contract.variants))
    sliders = {control.id: control for control in panel.controls if control.kind == "slider"}
    assert sliders["weekly"].high > 500 * 5  # the step of a smaller client
    assert max((one.high - one.low) / one.step for one in sliders.values()) < 499.5


@pytest.mark.parametrize("given", [
    {}, {"looks": "one"}, {"split": (3.0, 1.0)}, {"is_mixed": False, "n_reps": 20}, {"smallest_worthwhile": 0.08},
])  # fmt: skip
def test_the_start_is_the_plan_of_the_chapter(given: dict[str, Any]) -> None:
    loaded = client(**given)
    panel = panel_of(loaded)
    curve, _ = panel.compute(start_of(panel))
    assert curve.plan == plan_variants(loaded, analyse_variants(loaded))
    assert curve.is_measured


def test_reps_who_send_one_message_each_are_planned_as_such() -> None:
    assert start_of(panel_of(client(is_mixed=False, n_reps=20)))["sends"] == "own"
    assert start_of(panel_of(client(n_reps=20)))["sends"] == "all"
    panel = panel_of(client(is_mixed=False, n_reps=20))
    curve, _ = panel.compute(start_of(panel))
    assert curve.plan.plan.design_effect is None or curve.plan.plan.design_effect > 1


def test_the_start_is_the_plan_of_the_chapter_for_the_demo(loaded_demo: Loaded) -> None:
    panel = panel_of(loaded_demo)
    curve, _ = panel.compute(start_of(panel))
    assert curve.plan == plan_variants(loaded_demo, analyse_variants(loaded_demo))


def test_moving_the_controls_moves_the_numbers_as_the_textbook_says() -> None:
    panel = panel_of(load_frames({}))
    state = {"rate": 0.10, "lift": 0.10, "looks": "one", "weekly": 50}
    assert value_of(panel, "workshop.contacts_needed", **state) == 2 * 199  # Fleiss (1981)
    assert value_of(panel, "workshop.weeks_needed", **state) == pytest.approx(398 / 50)
    assert value_of(panel, "workshop.weeks_needed", **state | {"weekly": 100}) == pytest.approx(398 / 100)
    # (1.96 + 0.8416)^2 (0.2 * 0.8 + 0.25 * 0.1 * 0.9) / 0.1^2 = 143.2 with the new message, four times as many without
    assert value_of(panel, "workshop.contacts_needed", **state | {"share": 0.2}) == 5 * 144
    assert value_of(panel, "workshop.contacts_needed", **state | {"power": "90"}) == 2 * 266
    # Armitage, McPherson & Rowe (1969): ten looks at 5 % each
    assert value_of(panel, "workshop.peeking_rate", **state | {"weekly": 40}) == pytest.approx(0.193, abs=5e-4)


def test_one_message_per_rep_costs_more_the_fewer_the_reps_and_then_has_no_answer() -> None:
    panel = panel_of(load_frames({}))
    state = {"rate": 0.10, "lift": 0.10}
    needed = [value_of(panel, "workshop.contacts_needed", **state, sends="own", reps=n) for n in (60, 40, 20, 8)]
    free = value_of(panel, "workshop.contacts_needed", **state, reps=8)
    assert free is not None
    assert needed[0] is not None
    assert needed[1] is not None
    assert free < needed[0] < needed[1]
    assert needed[3] is None
    curve, peeking = panel.compute(settle(panel, state | {"sends": "own", "reps": 8}))
    exhibit = present(curve, LANGUAGE, "#1f5f8b")
    assert exhibit.title == "With so few reps, no number of contacts shows a rise of 10.0 points"
    assert peeking.n_looks == 52


def test_without_a_test_the_planner_starts_from_round_numbers_and_says_so() -> None:
    for loaded in (load_frames({}), load_frames({"touches": pd.DataFrame({"touch_id": ["1"]})})):
        panel = panel_of(loaded)
        curve, _ = panel.compute(start_of(panel))
        assert not curve.is_measured
        assert "round numbers" in present(curve, LANGUAGE, "#1f5f8b").notes[0]


def test_what_the_contract_declares_holds_before_the_first_contact() -> None:
    plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0, "C": 2.0}, success=["meeting"], looks="one",
                    smallest_worthwhile=0.03)  # fmt: skip
    panel = panel_of(load_frames({}, variants=plan))
    assert {name: start_of(panel)[name] for name in ("lift", "messages", "share", "looks")} == {
        "lift": 0.03, "messages": 3.0, "share": 0.5, "looks": "one",
    }  # fmt: skip
    curve, _ = panel.compute(start_of(panel))
    assert curve.plan.plan.split == (1.0, 1.0, 2.0)


def test_a_rise_beyond_all_contacts_is_one_sentence() -> None:
    panel = panel_of(load_frames({}))
    with pytest.raises(PanelError) as raised:
        panel.compute(settle(panel, {"rate": 0.9, "lift": 0.2}))
    assert LANGUAGE.say(f"workshop.error.{raised.value.key}", **raised.value.args_said) == (
        "90.0% cannot rise by 20.0 points: lower one of the two."
    )


def test_the_sentence_says_what_half_and_twice_the_rise_would_take() -> None:
    panel = panel_of(load_frames({}))
    curve, _ = panel.compute(settle(panel, {"rate": 0.10, "lift": 0.10, "looks": "one", "weekly": 50}))
    exhibit = present(curve, LANGUAGE, "#1f5f8b")
    assert exhibit.title == "To see a rise of 10.0 points takes 199 contacts per message, about 8 weeks"
    assert exhibit.sentences[1:3] == (
        "A rise of 20.0 points would take about 2 weeks.", "One of 5.0 points would take about 27 weeks.",
    )  # fmt: skip
    assert curve.halved is not None
    assert curve.halved.weeks == contacts_in_all(0.10, 0.15, Terms(looks="one")) / 50  # type: ignore[operator]
    assert "arithmetic" in " ".join(exhibit.notes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_control_can_stand_anywhere(data: st.DataObject) -> None:
    panel = PANEL
    state = {}
    for control in panel.controls:
        if control.kind == "slider":
            state[control.id] = data.draw(st.floats(control.low, control.high))
        else:
            state[control.id] = data.draw(st.sampled_from(control.options))
    try:
        curve, peeking = panel.compute(settle(panel, state))
    except PanelError:
        assert float(state["rate"]) + float(state["lift"]) >= 1
        return
    assert 0 < peeking.guarded_rate <= peeking.plain_rate < 1
    weeks = [point.weeks for point in curve.points]
    assert weeks == sorted(weeks, reverse=True)
    if curve.halved and curve.doubled:
        assert curve.halved.weeks >= (curve.plan.plan.weeks or 0) >= curve.doubled.weeks
    for result in (curve, peeking):
        for code in ("en", "sv"):
            assert present(result, Language(code, "SEK"), "#1f5f8b").title


PANEL = panel_of(load_frames({}))
