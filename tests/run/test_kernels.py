"""Kernels are forks of a warm process: fresh for each chapter, with nothing of a client in what they inherit."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
from pathlib import Path

import nbformat
import pytest

from gtmlib.run.kernels import CAN_FORK, WARM
from gtmlib.run.notebooks import execute_chapters
from gtmlib.run.plan import Chapter

PROBE = (
    "import builtins, json, os, sys\n"
    "seen = {'mark': hasattr(builtins, 'mark'), 'pid': os.getpid(),\n"
    "        'warm': 'ibis.backends.duckdb' in sys.modules, 'cwd': os.getcwd(), 'argv': len(sys.argv)}\n"
    "builtins.mark = 1\n"
    "print(json.dumps(seen))"
)


def execute(folder: Path, *sources: str) -> tuple[list[dict[str, object]], list[str]]:
    """Execute a notebook of one cell per source: what each printed, and the messages of those that failed."""
    chapters, made = [], folder / "executed"
    made.mkdir()
    for i, source in enumerate(sources):
        path = folder / f"{i}_probe.ipynb"
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id=f"c{i}")])
        book["metadata"] = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        nbformat.write(book, path)
        chapters.append(Chapter(name=f"probe{i}", notebook=path, parameters={}))
    failures = execute_chapters(chapters, made, done=lambda _: None)
    cells = [json.loads((made / chapter.notebook.name).read_text("utf-8"))["cells"][-1] for chapter in chapters]
    printed = ["".join(output.get("text", "")) for cell in cells for output in cell["outputs"] if "text" in output]
    return [json.loads(text) for text in printed], [failure.message for failure in failures]


def test_each_chapter_has_a_fresh_kernel_that_inherits_code_and_nothing_else(tmp_path: Path) -> None:
    seen, failures = execute(tmp_path, PROBE, PROBE, PROBE)
    assert failures == []
    assert len({kernel["pid"] for kernel in seen}) == 3
    assert [(kernel["mark"], kernel["warm"]) for kernel in seen] == [(False, CAN_FORK)] * 3
    assert {kernel["cwd"] for kernel in seen} == {str(Path.cwd())}


def test_a_kernel_that_dies_fails_its_chapter_and_no_other(tmp_path: Path) -> None:
    seen, failures = execute(tmp_path, "import os\nos._exit(9)", PROBE)
    assert len(seen) == 1
    (failure,) = failures
    assert "memory" in failure


def test_every_module_that_is_imported_ahead_exists() -> None:
    assert [name for name in WARM if importlib.util.find_spec(name) is None] == []


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork")
def test_no_kernel_outlives_its_run(tmp_path: Path) -> None:
    execute(tmp_path, PROBE)
    assert multiprocessing.active_children() == []
