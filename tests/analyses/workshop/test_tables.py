"""What the panels read: the tables that they name are enough, and a broken file stops who needs it alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gtmlib.analyses.hypotheses import judging
from gtmlib.analyses.workshop import PANELS, open_panel
from gtmlib.analyses.workshop.panel import Panel, PanelError, start_of
from gtmlib.data.engagement import read_engagement
from gtmlib.data.load import load_tables
from gtmlib.data.loaded import Loaded


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_says_the_same_of_the_tables_that_it_names_as_of_all(
    name: str, demo_folder: Path, loaded_demo: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "REPORTS", tmp_path)  # a demo that was run here is none of the test's business
    few, every = _load(demo_folder, name), loaded_demo
    assert set(few.tables) <= set(PANELS[name])
    if name == "hypotheses":  # it reads findings, and the demo has not been run
        for loaded in (few, every):
            with pytest.raises(PanelError, match="no_run"):
                open_panel(name, loaded)
        return
    panels = [open_panel(name, loaded) for loaded in (few, every)]
    said = [(panel.controls, panel.compute(start_of(panel))) for panel in panels if isinstance(panel, Panel)]
    assert len(said) == 2
    assert said[0] == said[1]


def test_a_file_of_other_panels_that_is_broken_stops_none(demo_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(demo_folder, tmp_path / "client"))
    for broken, names in (("fakturarader", ("messages", "objections", "pipeline")), ("crm-activities", ("pipeline",))):
        (file,) = (folder / "exports").glob(f"{broken}*")
        file.write_bytes(b"")
        for name in names:
            assert isinstance(open_panel(name, _load(folder, name)), Panel)
        _load(folder, "hypotheses")


def _load(folder: Path, name: str) -> Loaded:
    return load_tables(read_engagement(folder), PANELS[name])
