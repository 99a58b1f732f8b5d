"""Notebooks executed through papermill (the only module that knows it), and the blocks in what comes back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.present.blocks import MIME, from_block
from gtmlib.run.plan import Chapter

AT_ONCE = 2
KERNEL = {
    "KernelManager": {"transport_encryption": "auto"},  # client data pass here: nobody else on the machine reads them
    "NotebookClient": {
        "extra_arguments": ["--log-level=CRITICAL"],  # else each kernel reports its own shutdown
        "kernel_manager_class": "gtmlib.run.kernels.ForkedKernelManager",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a chapter failed, and why.

    Parameters
    ----------
    chapter : str
        Its name.
    place : str
        Notebook, cell and line.
    message : str
        What the error says.
    """

    chapter: str
    place: str
    message: str


def set_parameters(notebook: Path, parameters: dict[str, Any], target: Path) -> None:
    """Write a copy of a notebook that starts with other parameters.

    Parameters
    ----------
    notebook : Path
        As it ships.
    parameters : dict
        Name = value, of those that it declares.
    target : Path
        Where the copy goes.
    """
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    write_ipynb(parameterize_notebook(load_notebook_node(str(notebook)), parameters), str(target))


def execute_chapters(chapters: Iterable[Chapter], folder: Path, *, done: Callable[[str], None]) -> tuple[Failure, ...]:
    """Execute notebooks two at a time, each in a fresh kernel of its own.

    Parameters
    ----------
    chapters : iterable of Chapter
        What to execute; parameters are validated already.
    folder : Path
        Where the executed notebooks go, under their own names; also those that failed, with their traceback.
    done : callable
        Called with the name of each chapter that has ended.

    Returns
    -------
    tuple of Failure
        In the order of the chapters; empty if all went well.
    """
    planned = tuple(chapters)
    longest_first = sorted(planned, key=lambda chapter: -chapter.notebook.stat().st_size)  # so that none is left alone
    failures = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = {pool.submit(_execute, chapter, folder): chapter for chapter in longest_first}
        for future in as_completed(waiting):
            chapter = waiting[future]
            if failure := future.result():
                failures[chapter.name] = failure
            done(chapter.name)
    return tuple(failures[chapter.name] for chapter in planned if chapter.name in failures)


def read_blocks(notebook: Path) -> tuple[tuple[Any, tuple[Finding, ...]], ...]:
    """Read the results and findings that an executed notebook shows, in order.

    Parameters
    ----------
    notebook : Path
        An executed notebook.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return tuple(from_block(output["data"][MIME]) for output in outputs if MIME in output.get("data", {}))


def _execute(chapter: Chapter, folder: Path) -> Failure | None:
    import papermill
    from jupyter_core.utils import ensure_event_loop
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    try:
        with closing(ensure_event_loop()):  # papermill leaves the loop of this thread open
            papermill.execute_notebook(
                str(chapter.notebook),
                str(folder / chapter.notebook.name),
                parameters=chapter.parameters,
                kernel_name="python3",  # the kernel of this very environment
                progress_bar=False,
                log_output=False,
                request_save_on_cell_execute=False,  # once at the end: a large notebook takes long to write
                config=Config(KERNEL),
            )
    except PapermillExecutionError as error:
        found = re.search(r"line\D{0,12}(\d+)", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback)))
        line = f", line {found[1]}" if found else ""
        # Counted from 0 with the cell that papermill injects above it: counted from 1 in the notebook as it was.
        place = f"{chapter.notebook.name}, cell {error.cell_index}{line}"
        return Failure(chapter=chapter.name, place=place, message=f"{error.ename}: {error.evalue}")
    except DeadKernelError:
        shutil.copy(chapter.notebook, folder)  # what ran is lost with its kernel
        message = "the kernel died: most often because memory ran out; close other programs, or read fewer rows"
        return Failure(chapter=chapter.name, place=chapter.notebook.name, message=message)
    return None
