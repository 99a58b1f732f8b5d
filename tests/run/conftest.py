"""Shared by the tests of runs: the demo is run once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gtmlib.data.engagement import read_engagement
from gtmlib.run.runner import Run, run_engagement

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def run(demo_folder: Path, reports: Path) -> Run:
    return run_engagement(read_engagement(demo_folder), started_at=STARTED, reports=reports)
