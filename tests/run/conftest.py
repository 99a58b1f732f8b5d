"""Shared by the tests of runs: the demo is run once, for all workers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gtmlib.data.engagement import read_engagement
from gtmlib.run.runner import Run, run_engagement

from ..conftest import make_once

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def run(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    def make(reports: Path) -> Run:
        return run_engagement(read_engagement(demo_folder), started_at=STARTED, reports=reports)

    return make_once(tmp_path_factory, "reports", make)


@pytest.fixture(scope="session")
def reports(run: Run) -> Path:
    """The folder of all reports, which holds nothing but that run."""
    return run.folder.parents[1]
