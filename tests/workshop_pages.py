"""The workshop's servers and pages, for tests and benchmark: Voilà as `gtm workshop` starts it, and JupyterLab."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gtmlib.run.notebooks import set_parameters
from gtmlib.run.plan import ROOT
from gtmlib.run.workshop import NOTEBOOK

PATIENCE = 120.0
IS_IDLE = "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'"
# What the front ends themselves say of each other's versions; not about us.
NOISE = re.compile(r"shared (singleton )?module|Starting WebSocket|Available versions")


class Page:
    """A page of the workshop, what it asked for, and what it complained of."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.foreign, self.problems = page, [], []  # type: ignore[var-annotated]
        host = re.match(r"https?://[^/]+", address)
        assert host
        own = (host[0], host[0].replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or self.foreign.append(request.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(address)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not NOISE.search(message.text):
            self.problems.append(message.text)

    def select(self, panel: str) -> Any:
        """Open a panel and wait for what it shows first."""
        self.page.click(f'.gtm-workshop [data-tab="{panel}"]', timeout=PATIENCE * 1000)
        section = self.page.locator(f'[data-panel="{panel}"][data-ready]')
        section.wait_for(timeout=PATIENCE * 1000)
        return section

    def move(self, section: Any, move: Callable[[], Any]) -> None:
        """Move something, and wait until the panel has answered and nothing is under way."""
        before = section.get_attribute("data-answers")
        move()
        panel = section.get_attribute("data-panel")
        self.page.wait_for_function(
            "([panel, before]) => document.querySelector(`[data-panel=${panel}]`).dataset.answers !== before",
            arg=[panel, before],
            timeout=PATIENCE * 1000,
        )

    def shown(self, section: Any) -> list[dict[str, Any]]:
        """Give what a panel shows: each exhibit's title and sentences, and what its chart holds."""
        return list(section.evaluate(READ))


READ = """section => [...section.querySelectorAll(".exhibit")].map((node) => {
  const numbers = (values) => (values === undefined ? null : Array.from(values, (v) => (ArrayBuffer.isView(v) ? [...v] : v)));
  const texts = (selector) => [...node.querySelectorAll(selector)].map((part) => part.textContent);
  const chart = node.querySelector(".chart:not([hidden]) > div");
  return {
    id: node.dataset.exhibit,
    title: texts("h3")[0],
    sentences: texts(".text p"),
    cells: texts("tbody tr > *"),
    traces: chart ? chart.data.map((trace) => [trace.type ?? "", numbers(trace.x), numbers(trace.y)]) : [],
    drawn: chart ? chart.querySelectorAll(".main-svg").length > 0 : true,
  };
})"""  # noqa: E501


@contextmanager
def serve(command: list[str], folder: Path, address: str) -> Iterator[str]:
    """Start a server with a home of its own; give the address that it says."""
    home = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | home | {"IPYTHONDIR": str(folder), "PYTHONPATH": str(ROOT)},
        )
    try:
        until = time.monotonic() + PATIENCE
        while not (found := re.search(address, log.read_text("utf-8"))):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.1)
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serve_voila(engagement: Path, folder: Path) -> Iterator[str]:
    """Serve the workshop as its command does; give its address."""
    start = "import sys; from gtmlib.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "workshop", str(engagement), "--no-browser"]
    with serve([*command, f"--port={free_port()}"], folder, r"http://\S+token=\w+") as address:
        yield address


@contextmanager
def serve_lab(engagement: Path, folder: Path) -> Iterator[str]:
    """Serve the workshop's notebook in JupyterLab; give its address."""
    set_parameters(NOTEBOOK, {"engagement": str(engagement)}, folder / "workshop.ipynb")
    options = ["--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder}"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--port={free_port()}"]
    with serve(command, folder, r"http://127\S+token=\w+") as address:
        yield address.replace("/lab?", "/lab/tree/workshop.ipynb?")


def run_all(page: Any) -> None:
    """Run all cells of the notebook that JupyterLab has opened, when its kernel is there."""
    page.wait_for_selector(".jp-Notebook", timeout=PATIENCE * 1000)
    page.wait_for_function(IS_IDLE, timeout=PATIENCE * 1000)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
