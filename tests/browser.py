"""A browser for tests: open a file, record what it asks for and says, count its charts, look at it, print it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class OpenPage:
    """A page that has been opened, and what happened meanwhile."""

    page: Any
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def n_drawn(self) -> int:
        """Charts that plotly has drawn."""
        return int(self.page.evaluate("document.querySelectorAll('.chart .main-svg:first-child').length"))

    @property
    def n_charts(self) -> int:
        """Charts that the report holds."""
        return int(self.page.evaluate("Number(document.documentElement.dataset.charts)"))

    @property
    def sideways(self) -> int:
        """Pixels that the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def wait_for_charts(self) -> None:
        """Wait until the report says that all its charts are drawn."""
        # A selector, since `wait_for_function` evaluates text, which the report's policy forbids.
        self.page.wait_for_selector(f'html[data-charts-drawn="{self.n_charts}"]', state="attached", timeout=90_000)

    def resize(self, width: int) -> None:
        """Give the window another width, past the border between phones and the rest, and wait for the charts."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_timeout(50)
        self.wait_for_charts()

    def grave_faults(self, *rules: str) -> list[str]:
        """What axe-core finds serious or critical for readers with other eyes, hands or ears: by some rules, or all."""
        script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
        # Inside a function: a script element would need the report's leave.
        found = self.page.evaluate(
            f"async (chosen) => {{ {script}; return (await axe.run(document, chosen)).violations }}",
            {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {}),
        )
        return [
            f"{fault['id']}: {node['html'][:200]}"
            for fault in found
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]

    def picture(self, path: Path, *, full: bool = True) -> None:
        """Write a PNG of the page."""
        self.page.screenshot(path=path, full_page=full)

    def print(self, path: Path) -> None:
        """Write the page as PDF, in the paper size of its style sheet."""
        self.page.pdf(path=path, prefer_css_page_size=True, print_background=True)


def browser_path() -> str | None:
    """Where a Chromium is, if there is one: `$GTM_BROWSER`, else on the path."""
    names = (os.environ.get("GTM_BROWSER", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start a headless Chromium; skip the test, and say why, where there is none."""
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium, or set GTM_BROWSER")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_report(
    browser: Any, path: Path, *, width: int = 1280, height: int = 900, scripts: bool = True, scheme: str = "light"
) -> Iterator[OpenPage]:
    """Open a file by its file address and record requests beside it, console errors and page errors."""
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, java_script_enabled=scripts, color_scheme=scheme)
    page = context.new_page()
    opened, address = OpenPage(page), path.resolve().as_uri()

    def on_request(request: Any) -> None:
        if request.url.split("#")[0] != address and not request.url.startswith(("data:", "blob:")):
            opened.requests.append(request.url)

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            opened.problems.append(message.text)

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: opened.problems.append(str(error)))
    page.on("dialog", lambda dialog: (opened.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    try:
        page.goto(address)
        yield opened
    finally:
        context.close()
