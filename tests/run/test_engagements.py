"""Engagement folders are found by name, and made without touching what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtmlib.cli import main
from gtmlib.data.codebook import read_codebooks
from gtmlib.data.engagement import read_engagement
from gtmlib.errors import ParameterError
from gtmlib.run.engagements import TEMPLATE, find_engagement, new_engagement


def test_a_new_engagement_has_the_commented_contract_the_codebooks_and_a_place_for_exports(tmp_path: Path) -> None:
    folder = new_engagement("acme-2025", data=tmp_path / "data")
    assert folder == tmp_path / "data" / "acme-2025"
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert made == ["codebook.toml", "engagement.toml", "exports", "interview_codebook.toml"]
    assert read_codebooks(folder) == read_codebooks(tmp_path)  # what ships
    assert (folder / "engagement.toml").read_bytes() == TEMPLATE.read_bytes()
    assert read_engagement(folder).exports == folder / "exports"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../acme", "a/b", "Acme", "åre", "-acme", "a b", "acme\n", ".acme", "a.b"]
)
def test_a_name_that_is_no_plain_folder_name_is_refused_and_nothing_is_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="can't name an engagement: use small letters, digits, - and _"):
        new_engagement(name, data=tmp_path / "data")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "acme" / "engagement.toml"
    kept.parent.mkdir()
    kept.write_text("mine", "utf-8")
    with pytest.raises(ParameterError, match="exists already: choose another name, or go on with 'gtm check acme'"):
        new_engagement("acme", data=tmp_path)
    assert [path.name for path in kept.parent.iterdir()] == ["engagement.toml"]
    assert kept.read_text("utf-8") == "mine"


def test_an_engagement_is_found_by_its_name_or_its_folder(tmp_path: Path) -> None:
    folder = new_engagement("acme", data=tmp_path)
    assert find_engagement("acme", data=tmp_path) == folder
    assert find_engagement(str(folder), data=tmp_path / "elsewhere") == folder


def test_a_misspelt_engagement_gets_the_nearest_name_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="there is no engagement 'acme': make one with 'gtm new NAME'"):
        find_engagement("acme", data=tmp_path)
    for name in ("acme", "nordic-steel"):
        new_engagement(name, data=tmp_path)
    with pytest.raises(ParameterError, match=r"there is no engagement 'acne': did you mean 'acme'\?"):
        find_engagement("acne", data=tmp_path)
    with pytest.raises(ParameterError, match="it can be acme, nordic-steel"):
        find_engagement("zzz", data=tmp_path)


def test_the_commands_exit_2_on_a_name_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "../acme"]) == 2
    assert main(["check", "no-such-engagement-anywhere"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_prints_the_schema_that_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == TEMPLATE.with_name("engagement.schema.json").read_text("utf-8")
