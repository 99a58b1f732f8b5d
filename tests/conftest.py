"""Shared by tests: the demo as exports and as tables, tiny engagements, and the real data beside the project."""

from __future__ import annotations

import os
import pickle
import textwrap
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import Contract, Engagement, parse_contract, read_engagement
from gtmlib.data.load import Loaded, load_frames, load_tables
from templates.demo.synth import Demo, make_demo
from templates.demo.synth_exports import TEMPLATE, write_demo

# A busy machine makes one example slow; that says nothing about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
HEAD = """
client = "Tiny AB"
currency = "SEK"
exported_on = 2025-12-31
"""
# What the demo's contract decides about its canonical tables; the rest of it says how to read files.
DECIDED = (
    "client", "currency", "exported_on", "period", "segments", "conversations", "variants", "first_line", "focus",
    "leads", "behaviours", "pipeline", "disclosure",
)  # fmt: skip

MakeEngagement = Callable[..., Engagement]
Made = TypeVar("Made")
PATIENCE = 600.0  # seconds for what another worker makes


def load_demo(demo: Demo, contract: Contract, tables: Collection[str] | None = None) -> Loaded:
    """Load the frames of a demo (all of them, or some) without writing files: the fast way through many seeds."""
    frames = {name: rows for name, rows in demo.frames.items() if tables is None or name in tables}
    return load_frames(frames, **{name: getattr(contract, name) for name in DECIDED})


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Make something in a folder once for all workers of a session: who comes first makes it, the others wait.

    Nobody may change what lies there: copy it.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the folder of the session; each worker has its own below
    folder, made, failed = base / name, base / f"{name}.pickle", base / f"{name}.failed"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + PATIENCE
        while not made.exists():
            assert not failed.exists(), f"another worker could not make {name}: {failed.read_text('utf-8')}"
            assert time.monotonic() < until, f"another worker did not make {name} in time"
            time.sleep(0.1)
        return pickle.loads(made.read_bytes())  # type: ignore[no-any-return]
    try:
        result = make(folder)
    except BaseException as error:
        failed.write_text(repr(error), "utf-8")
        raise
    part = made.with_suffix(".part")
    part.write_bytes(pickle.dumps(result))
    part.replace(made)
    return result


def value_of(findings: Iterable[Finding], name: str, **group: str) -> Any:
    """Give the value of the one finding with this id and group."""
    found = [finding for finding in findings if finding.id == name and finding.group == group]
    assert len(found) == 1, f"{len(found)} findings {name} {group}"
    return found[0].value


@pytest.fixture(scope="session")
def demo() -> Demo:
    return make_demo()


@pytest.fixture(scope="session")
def demo_contract() -> Contract:
    return parse_contract(TEMPLATE.read_bytes())


@pytest.fixture(scope="session")
def demo_folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo engagement: its contract, and its exports as a client would send them; one for all workers."""

    def make(folder: Path) -> Path:
        write_demo(demo, folder / "demo")
        return folder / "demo"

    return make_once(tmp_path_factory, "engagements", make)


@pytest.fixture(scope="session")
def loaded_demo(demo_folder: Path) -> Loaded:
    return load_tables(read_engagement(demo_folder))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real, public data; it is not part of the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data are not here: there is no folder {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def make_engagement(tmp_path: Path) -> MakeEngagement:
    """Write an engagement from the texts of its contract (below client, currency and date) and of its files."""

    def make(toml: str, files: Mapping[str, str | bytes], head: str = HEAD) -> Engagement:
        folder = tmp_path / "tiny"
        exports = folder / "exports"
        exports.mkdir(parents=True, exist_ok=True)
        (folder / "engagement.toml").write_text(head + textwrap.dedent(toml), encoding="utf-8")
        for name, content in files.items():
            data = content if isinstance(content, bytes) else textwrap.dedent(content).lstrip("\n").encode()
            (exports / name).write_bytes(data)
        return read_engagement(folder)

    return make
