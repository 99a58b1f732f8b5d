"""A Chromium that is on the machine, spoken to through its own pipe: no port that others could listen at, no driver.

Only what a report needs: open a file, wait, ask the page something, print it.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gtmlib.errors import RunError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    "about:blank",
)
PATIENCE = 60.0  # seconds for one answer of the browser


@dataclass(slots=True)
class Page:
    """A page of the browser.

    Parameters
    ----------
    call : callable
        Sends a command with its parameters and gives the answer.
    events : list of dict
        What the page told, in order.
    """

    call: Callable[..., dict[str, Any]]
    events: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, expression: str) -> Any:
        """Give the value of a JavaScript expression in the page.

        Parameters
        ----------
        expression : str
            May be a promise.

        Raises
        ------
        RunError
            If the page can't evaluate it.
        """
        given = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in given:
            raise RunError(f"the browser could not look at the page: {given['exceptionDetails']['text']}")
        return given["result"].get("value")

    def wait_until(self, expression: str, *, timeout: float = PATIENCE, despite_failures: bool = False) -> bool:
        """Wait until an expression is true in the page, or a script of the page has failed.

        Parameters
        ----------
        expression : str
            JavaScript.
        timeout : float
            Seconds after which to give up.
        despite_failures : bool
            Whether to go on waiting when a script has failed.

        Returns
        -------
        bool
            Whether it became true.
        """
        until = time.monotonic() + timeout
        while not (found := bool(self.ask(expression))) and time.monotonic() < until:
            if not despite_failures and any(event["method"] == "Runtime.exceptionThrown" for event in self.events):
                break
            time.sleep(0.02)
        return found

    def start(self, path: Path) -> None:
        """Begin to open a file.

        Parameters
        ----------
        path : Path
            Of the file.
        """
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=path.resolve().as_uri())

    def wait_for_load(self) -> None:
        """Wait until what was begun is loaded.

        Raises
        ------
        RunError
            If the browser does not get the file.
        """
        is_loaded = "location.protocol === 'file:' && document.readyState === 'complete'"
        if not self.wait_until(is_loaded, despite_failures=True):
            raise RunError("the browser could not open the report: it may not be allowed to read its folder")


def find_browser() -> str | None:
    """Find a Chromium, Chrome or Edge: `$GTM_BROWSER`, on the path, or where it is usually installed.

    Returns
    -------
    str or None
        Its path; None where there is none.
    """
    if chosen := os.environ.get("GTM_BROWSER"):
        return shutil.which(chosen)
    found = (shutil.which(name) for name in (*NAMES, *PLACES))
    return next((path for path in found if path), None)


@contextmanager
def open_browser() -> Iterator[Callable[[], Any]]:
    """Start a browser without a window, with a profile of its own that is deleted afterwards.

    Yields
    ------
    callable
        Gives a context with a fresh `Page`.

    Raises
    ------
    RunError
        If there is no browser, or it does not answer.
    """
    path = find_browser()
    if path is None:
        raise RunError(
            "there is no Chromium, Chrome or Edge on this machine: install one, or set GTM_BROWSER to its path"
        )
    with TemporaryDirectory(prefix="gtm-browser-", ignore_cleanup_errors=True) as profile:
        process, to_browser, from_browser = _start(path, profile)
        try:
            yield _Connection(to_browser, from_browser).open_page
        finally:
            with suppress(OSError):
                to_browser.close()
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            from_browser.close()


def _start(path: str, profile: str) -> tuple[subprocess.Popen[bytes], Any, Any]:
    """Start the browser with two pipes, which it knows as its files 3 and 4."""
    its_in, our_out = os.pipe()
    our_in, its_out = os.pipe()
    # Chromium refuses its sandbox to root, as whom it runs in containers.
    flags = [
        *FLAGS,
        f"--user-data-dir={profile}",
        *(["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
    ]
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if sys.platform == "win32":
        import msvcrt

        handles = [msvcrt.get_osfhandle(end) for end in (its_in, its_out)]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        flags.append(f"--remote-debugging-io-pipes={handles[0]},{handles[1]}")
        process = subprocess.Popen([path, *flags], startupinfo=startup, **quiet)  # noqa: S603
    else:
        import fcntl

        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (its_in, its_out)]

        def give_pipes() -> None:
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        # All files of ours are closed for children by default (PEP 446); only 3 and 4 are handed on.
        process = subprocess.Popen([path, *flags], preexec_fn=give_pipes, close_fds=False, **quiet)  # noqa: S603
        for end in high:
            os.close(end)
    os.close(its_in)
    os.close(its_out)
    return process, os.fdopen(our_out, "wb", buffering=0), os.fdopen(our_in, "rb", buffering=0)


class _Connection:
    """Messages to and from the browser: JSON, each ended by a zero byte."""

    def __init__(self, to_browser: Any, from_browser: Any) -> None:
        self._to, self._from = to_browser, from_browser
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._pages: dict[str, Page] = {}
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()

    @contextmanager
    def open_page(self) -> Iterator[Page]:
        """Open an empty page and close it in the end."""
        target = self._call("", "Target.createTarget", url="about:blank")["targetId"]
        session = self._call("", "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(lambda method, **values: self._call(session, method, **values))
        self._pages[session] = page
        try:
            yield page
        finally:
            self._call("", "Target.closeTarget", targetId=target)

    def _call(self, session: str, method: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": values} | ({"sessionId": session} if session else {})
        try:
            self._to.write(json.dumps(message).encode() + b"\0")
            while True:
                answer = self._answers.get(timeout=PATIENCE)
                if answer is None:
                    raise RunError("the browser ended before it was done: try again, or set GTM_BROWSER to another one")
                if answer["id"] == self._number:
                    break
        except (OSError, queue.Empty):
            raise RunError(f"the browser did not answer to {method}: set GTM_BROWSER to another one") from None
        if "error" in answer:
            raise RunError(f"the browser refused {method}: {answer['error'].get('message')}")
        return dict(answer["result"])

    def _listen(self) -> None:
        rest = b""
        with suppress(OSError, ValueError):
            while chunk := self._from.read(1 << 20):
                *messages, rest = (rest + chunk).split(b"\0")
                for message in map(json.loads, messages):
                    if "id" in message:
                        self._answers.put(message)
                    elif page := self._pages.get(message.get("sessionId", "")):
                        page.events.append(message)
        self._answers.put(None)
