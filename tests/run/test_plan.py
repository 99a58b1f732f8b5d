"""Parameters are validated before any kernel starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gtmlib.cli import main
from gtmlib.data.engagement import read_engagement
from gtmlib.errors import ParameterError
from gtmlib.run import runner
from gtmlib.run.plan import NOTEBOOKS, chapter_notebooks, plan_run, read_parameters

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if "workshop" not in path.stem)


def test_a_run_has_the_chapters_in_their_order_and_no_workshop() -> None:
    assert [path.stem for path in chapter_notebooks()] == NAMES


def test_a_given_parameter_reaches_every_chapter_that_has_it(demo_folder: Path) -> None:
    chapters = plan_run(read_engagement(demo_folder), ["confidence_level=0.9"])
    assert {chapter.parameters.get("confidence_level", 0.9) for chapter in chapters} == {0.9}
    assert sum("confidence_level" in chapter.parameters for chapter in chapters) == len(chapters) - 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("confidence_levl=0.9", "did you mean 'confidence_level'?"),
        ("engagement=other", "unknown parameter 'engagement'"),
        ("confidence_level=high", "'high' is not"),
        ("confidence_level=95", "out of that range"),
        ("confidence_level", "write it as name=value"),
    ],
)
def test_a_wrong_parameter_exits_2_and_starts_no_kernel(
    given: str, said: str, demo_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(runner, "execute_chapters", lambda *args, **kwargs: started.append(args))
    assert main(["run", str(demo_folder), "-p", given]) == 2
    assert said in capsys.readouterr().err
    assert not started


def test_all_wrong_parameters_are_named_at_once(demo_folder: Path) -> None:
    with pytest.raises(ParameterError) as raised:
        plan_run(read_engagement(demo_folder), ["confidence_levl=0.9", "confidence_level=x"])
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize("line", ["x = 1", "x: list = []", "x: int", "print(1)"])
def test_a_parameters_cell_may_only_declare_typed_literals(line: str, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": line}
    notebook = tmp_path / "10_x.ipynb"
    notebook.write_text(json.dumps({"cells": [cell]}), "utf-8")
    with pytest.raises(ParameterError, match="declares no parameter"):
        read_parameters(notebook)
