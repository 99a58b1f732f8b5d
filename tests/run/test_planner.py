"""`gtm plan`: contacts and weeks before a test of messages starts."""

from __future__ import annotations

import re

import pytest

from gtmlib.cli import main


def test_plan_gives_199_for_one_look_and_more_for_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--baseline", ".10", "--lift", ".10", "--weekly", "40", "--reps", "30"]) == 0
    said = capsys.readouterr().out
    one, many = (int(re.search(rf"{what} +([\d,]+) contacts", said)[1]) for what in ("at the end", "of looks"))  # type: ignore[index]
    assert one == 199
    assert 300 < many < 380
    assert "10.0 weeks" in said or "9.9 weeks" in said
    assert len(re.findall(r"after +(4|8|12) weeks", said)) == 3
    assert "With one message per rep (30 reps" in said


def test_plan_says_what_is_not_testable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--baseline", ".10", "--lift", ".03", "--weekly", "10", "--variants", "3", "--reps", "6"]) == 0
    said = capsys.readouterr().out
    assert "Not testable at your volume" in said
    assert "no number of contacts would do" in said


@pytest.mark.parametrize("given", [["--lift", ".95"], ["--lift", "0"], ["--lift", ".1", "--reps", "1"]])
def test_a_plan_of_impossible_numbers_exits_2(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--baseline", ".10", *given]) == 2
    assert capsys.readouterr().err
