"""Shared by tests: the demo as exports and as tables, tiny engagements, and the real data beside the project."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

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


def load_demo(demo: Demo, contract: Contract) -> Loaded:
    """Load the frames of a demo without writing files: the fast way through 50 seeds."""
    return load_frames(demo.frames, **{name: getattr(contract, name) for name in DECIDED})


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
    """The demo engagement: its contract, and its exports as a client would send them."""
    folder = tmp_path_factory.mktemp("engagements") / "demo"
    write_demo(demo, folder)
    return folder


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
