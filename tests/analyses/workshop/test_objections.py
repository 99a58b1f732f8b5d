"""The objection explorer: the chapter's numbers at the start, counts of rows elsewhere, nothing about few people."""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.objections import ObjectionRates, analyse_objections
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.objections import Chosen, ObjectionsPanel
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.data.load import load_frames
from gtmlib.data.loaded import Loaded
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language

STAGES, SEGMENTS, LEVELS = ("Demo", "Offer", "Close"), ("Industry", "Retail"), ("junior", "senior")


def rows_of(n: int, *, seed: int = 1, sizes: tuple[float, ...] = (0.5, 0.3, 0.2)) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    touches = pd.DataFrame({
        "touch_id": [f"T{i}" for i in range(n)],
        "customer_id": [f"K{i}" for i in rng.integers(0, max(2, n // 6), n)],
        "rep_id": [f"R{i}" for i in rng.integers(0, 8, n)],
        "stage": rng.choice([*STAGES, None], n, p=[*(np.array(sizes) * 0.96), 0.04]),
        "segment": rng.choice(SEGMENTS, n),
        "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730, n), unit="D"),
    })  # fmt: skip
    said = [
        touches.loc[rng.random(n) < chance, ["touch_id"]].assign(code=code)
        for code, chance in (("price", 0.3), ("timing", 0.2), ("legal", 0.05))
    ]
    reps = pd.DataFrame({"rep_id": [f"R{i}" for i in range(8)], "seniority": [LEVELS[i % 2] for i in range(8)]})
    return {"touches": touches, "objections": pd.concat([*said, said[0].head(9)]), "reps": reps}


def panel_of(loaded: Loaded) -> ObjectionsPanel:
    panel = open_panel("objections", loaded)
    assert isinstance(panel, ObjectionsPanel)
    return panel


def rates_of(panel: ObjectionsPanel, **state: Any) -> dict[tuple[str, str], tuple[int, int]]:
    results = panel.compute(settle(panel, state))
    rows = [row for result in results if isinstance(result, ObjectionRates) for row in result.rows]
    return {(row.group, row.code): (row.estimate.n_successes, row.estimate.n_trials) for row in rows}


def test_the_start_is_the_chapter_over_all_and_by_each_way(loaded_demo: Loaded) -> None:
    panel = panel_of(loaded_demo)
    for by in ("stage", "segment", "seniority"):
        whole, grouped, chosen = panel.compute(start_of(panel) | {"by": by})
        assert whole == analyse_objections(loaded_demo)
        assert grouped == analyse_objections(loaded_demo, by=by)
        assert isinstance(chosen, Chosen)
        assert chosen.n_chosen == chosen.n_all == whole.n_conversations  # type: ignore[union-attr]


@pytest.mark.parametrize("sizes", [(0.5, 0.3, 0.2), (0.9, 0.09, 0.01)])
@pytest.mark.parametrize("without", [(), ("rep_id",), ("customer_id",), ("date", "segment")])
def test_the_start_is_the_chapter_whatever_is_folded_or_lacking(
    sizes: tuple[float, ...], without: tuple[str, ...]
) -> None:
    frames = rows_of(300, sizes=sizes)
    frames["touches"] = frames["touches"].drop(columns=list(without))
    loaded = load_frames(frames)
    panel = panel_of(loaded)
    for by in next(control.options for control in panel.controls if control.id == "by"):
        whole, *rest = panel.compute(start_of(panel) | {"by": by})
        assert whole == analyse_objections(loaded)
        assert rest[0] == analyse_objections(loaded, by=by)


def test_a_selection_counts_what_pandas_counts_in_the_rows() -> None:
    frames = rows_of(900)
    panel = panel_of(load_frames(frames))
    rows = frames["touches"].merge(frames["reps"], on="rep_id")
    for stages, segments, levels in itertools.product(
        (("Demo",), ("Demo", "Close")), (SEGMENTS, ("Retail",)), (LEVELS, ("senior",))
    ):
        kept = rows[rows["stage"].isin(stages) & rows["segment"].isin(segments) & rows["seniority"].isin(levels)]
        said = frames["objections"].merge(kept, on="touch_id").drop_duplicates(["touch_id", "code"])
        found = rates_of(panel, stage=stages, segment=segments, seniority=levels, by="stage")
        for code, n in said.groupby("code").size().items():
            assert found["", str(code)] == (n, len(kept))
        if len(stages) > 1:
            for (stage, code), n in said.groupby(["stage", "code"]).size().items():
                assert found[str(stage), str(code)] == (n, int((kept["stage"] == stage).sum()))


def test_the_interval_of_a_selection_is_that_of_a_report_on_nothing_else() -> None:
    frames = rows_of(900)
    only = {**frames, "touches": frames["touches"][frames["touches"]["stage"] == "Demo"]}
    panel = panel_of(load_frames(frames))
    whole = panel.compute(settle(panel, {"stage": ["Demo"]}))[0]
    alone = analyse_objections(load_frames(only))
    assert isinstance(whole, ObjectionRates)
    assert isinstance(alone, ObjectionRates)
    assert whole.rows == alone.rows
    assert whole.with_any == alone.with_any


def test_a_period_is_counted_back_from_the_last_month_of_the_data() -> None:
    frames = rows_of(900)
    loaded = load_frames(frames)
    panel, last = panel_of(loaded), pd.Period(loaded.engagement.contract.exported_on, "M")
    for months in (3, 6, 12):
        found = panel.compute(settle(panel, {"period": str(months)}))[-1]
        n = int((frames["touches"]["date"].dt.to_period("M") > last - months).sum())
        assert isinstance(found, Chosen)
        assert found.n_chosen == n


def test_small_groups_are_one_option_that_stands_for_all_of_them() -> None:
    frames = rows_of(400)
    frames["touches"].loc[:2, "segment"] = "Tiny"
    frames["touches"].loc[3:6, "segment"] = "Small"
    panel = panel_of(load_frames(frames))
    control = next(control for control in panel.controls if control.id == "segment")
    assert set(control.options) == {*SEGMENTS, "other"}
    found = panel.compute(settle(panel, {"segment": ["other"]}))[-1]
    assert isinstance(found, Chosen)
    assert found.n_chosen == 7


def test_too_small_a_selection_and_one_that_leaves_too_few_out_are_one_sentence() -> None:
    touches = pd.DataFrame({
        "touch_id": [f"T{i}" for i in range(60)],
        "stage": ["Demo"] * 30 + ["Offer"] * 30,
        "segment": ["Industry"] * 27 + ["Retail"] * 3 + ["Industry"] * 10 + ["Retail"] * 20,
    })  # fmt: skip
    said = touches[["touch_id"]].iloc[::2].assign(code="price")
    panel = panel_of(load_frames({"touches": touches, "objections": said}))
    # 3 conversations; 27 of the 30 demos; and 10 or 20, with which and the margins the 3 would be known too.
    for stage, segment in itertools.product(("Demo", "Offer"), SEGMENTS):
        with pytest.raises(PanelError) as raised:
            panel.compute(settle(panel, {"stage": [stage], "segment": [segment]}))
        said_so = Language("en", "SEK").say(f"workshop.error.{raised.value.key}", **raised.value.args_said)
        assert said_so == "Here one could tell what fewer than 5 conversations were about: pick more."
    assert panel.compute(settle(panel, {"stage": ["Demo"]}))
    with pytest.raises(PanelError, match="nothing_picked"):
        panel.compute(settle(panel, {"stage": []}))


def test_a_level_of_one_or_two_reps_in_a_selection_is_not_told_apart() -> None:
    frames = rows_of(600)
    touches = frames["touches"]  # in Retail, seniors are R1 and R3 alone
    swapped = touches["rep_id"].isin(["R5", "R7"]) & (touches["segment"] == "Retail")
    touches.loc[swapped, "rep_id"] = "R1"
    panel = panel_of(load_frames(frames))
    assert len(panel.compute(settle(panel, {"by": "seniority"}))) == 3
    assert len(panel.compute(settle(panel, {"by": "seniority", "segment": ["Industry"]}))) == 3
    assert len(panel.compute(settle(panel, {"by": "seniority", "segment": ["Retail"]}))) == 2
    for level in LEVELS:
        with pytest.raises(PanelError, match="too_few"):
            panel.compute(settle(panel, {"segment": ["Retail"], "seniority": [level]}))


def test_no_two_answers_differ_by_fewer_conversations_than_the_floor() -> None:
    frames = rows_of(110, seed=3)
    panel = panel_of(load_frames(frames))
    picks = {
        control.id: [c for r in range(1, len(control.options) + 1) for c in itertools.combinations(control.options, r)]
        for control in panel.controls
        if control.kind == "choices"
    }
    answers, refused = {}, 0
    for values in itertools.product(*picks.values()):
        try:
            state = settle(panel, dict(zip(picks, values, strict=True)))
            answers[values] = panel.compute(state)[-1].n_chosen  # type: ignore[union-attr]
        except PanelError:
            refused += 1
    assert refused
    assert len(answers) > 5
    for (one, n), (other, m) in itertools.combinations(answers.items(), 2):
        if all(set(a) <= set(b) for a, b in zip(one, other, strict=True)):
            assert m - n == 0 or m - n >= 5, (one, other)


def test_nothing_opens_without_objections_and_little_opens_without_groups() -> None:
    frames = rows_of(50)
    assert isinstance(open_panel("objections", load_frames({"touches": frames["touches"]})), MissingData)
    bare = {"touches": frames["touches"][["touch_id"]], "objections": frames["objections"]}
    panel = panel_of(load_frames(bare))
    assert panel.controls == ()
    whole, _ = panel.compute({})
    assert whole == analyse_objections(load_frames(bare))


FRAMES = rows_of(500, seed=2)
PANEL = panel_of(load_frames(FRAMES))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_selection_gives_rates_or_one_sentence(data: st.DataObject) -> None:
    state = {
        control.id: data.draw(
            st.lists(st.sampled_from(control.options), unique=True)
            if control.kind == "choices"
            else st.sampled_from(control.options)
        )
        for control in PANEL.controls
    }
    with contextlib.suppress(PanelError):
        check(PANEL.compute(settle(PANEL, state)))


def check(results: tuple[Any, ...]) -> None:
    for result in results:
        read, findings = from_block(json.loads(json.dumps(to_block(result), allow_nan=False)))
        assert read == result
        assert findings == result.findings()
        assert present(result, Language("sv", "SEK"), "#1f5f8b").title
        if isinstance(result, ObjectionRates):
            assert all(
                0 <= row.estimate.ci_low <= row.estimate.rate <= row.estimate.ci_high <= 1 for row in result.rows
            )
            assert result.by == "code" or min(row.estimate.n_trials for row in result.rows) >= 5
