"""A run gives everything or nothing."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gtmlib.analyses.conversion import Variation
from gtmlib.analyses.hypotheses import Cascade, Verdicts
from gtmlib.data.engagement import read_engagement
from gtmlib.data.loaded import Loaded
from gtmlib.data.metrics import METRICS
from gtmlib.errors import DataError, RunError
from gtmlib.present.language import Language
from gtmlib.run.notebooks import read_blocks
from gtmlib.run.plan import NOTEBOOKS
from gtmlib.run.report import render_report
from gtmlib.run.runner import Run, latest_manifest, run_engagement
from gtmlib.run.view import build_view
from tests.browser import open_browser, open_report
from tests.run.first_page import n_pages, read_results, strange_numbers, summary_text

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def run(demo_folder: Path, reports: Path) -> Run:
    return run_engagement(read_engagement(demo_folder), started_at=STARTED, reports=reports)


def test_a_run_writes_notebooks_results_manifest_and_a_report_per_language(run: Run, reports: Path) -> None:
    assert run.folder == reports / "demo" / "2026-01-02_030405"
    assert sorted(path.name for path in run.folder.iterdir()) == [
        "10_data_check.ipynb",
        "20_profitability.ipynb",
        "30_objections.ipynb",
        "40_conversion.ipynb",
        "80_hypotheses.ipynb",
        "manifest.json",
        "report.en.html",
        "report.sv.html",
        "results.json",
    ]
    assert [path.name for path in (reports / "demo").iterdir()] == [run.folder.name]


def test_results_hold_every_finding_with_its_chapter(run: Run) -> None:
    findings = json.loads((run.folder / "results.json").read_text("utf-8"))["findings"]
    chapters = {"data_check", "profitability", "objections", "conversion", "hypotheses"}
    assert {finding["chapter"] for finding in findings} == chapters
    keys = {"id", "chapter", "group", "value", "unit", "ci_low", "ci_high", "confidence_level", "n", "verdict"}
    assert all(finding.keys() == keys | {"message", "args"} for finding in findings)
    names = [(finding["id"], tuple(finding["group"].items())) for finding in findings]
    assert len(set(names)) == len(names)


def test_every_finding_is_registered_by_its_id_and_group_so_that_a_hypothesis_can_name_it(run: Run) -> None:
    for finding in read_results(run.folder)["findings"]:
        assert finding["id"] in METRICS, f"add {finding['id']} to gtmlib/data/metrics.py"
        ways = {" ".join(sorted(keys.split())) for keys in METRICS[finding["id"]].groups}
        assert " ".join(sorted(finding["group"])) in ways, (finding["id"], finding["group"])


def test_the_hypotheses_run_last_and_read_what_the_others_found(run: Run) -> None:
    ((verdicts, found), (cascade, _)) = read_blocks(run.folder / "80_hypotheses.ipynb")
    assert isinstance(verdicts, Verdicts)
    assert isinstance(cascade, Cascade)
    assert [row.reason for row in verdicts.rows] == ["confirmed", "confirmed", "refuted", "fidelity", "few"]
    rows = read_results(run.folder)["findings"]
    assert sum(row["id"] == "hypotheses.verdict" for row in rows) == len(found) == 5
    assert "changes" not in read_results(run.folder)  # the first run has nothing to compare with
    assert run.news[0].startswith("Declared stop reached")


def test_the_summary_is_one_a4_page_and_every_number_in_it_is_a_finding(run: Run) -> None:
    results = read_results(run.folder)
    with open_browser() as browser:
        for report in run.reports:
            with open_report(browser, report, width=1280) as opened:
                assert strange_numbers(summary_text(opened.page), results, report.name.split(".")[1]) == set()
                assert n_pages(opened.page) == 1


def test_the_manifest_names_inputs_parameters_and_versions_and_no_path(run: Run, demo_folder: Path) -> None:
    text = (run.folder / "manifest.json").read_text("utf-8")
    manifest = json.loads(text)
    assert {source["file"] for source in manifest["inputs"]} >= {"omkostninger.csv"}
    assert all(len(source["sha256"]) == 64 for source in manifest["inputs"])
    assert manifest["parameters"] == {"confidence_level": 0.95, "seed": 1}
    assert manifest["versions"]["plotly"].startswith("7.")
    assert str(demo_folder.parent) not in text


def test_the_blocks_of_a_run_give_the_same_bytes_whenever_they_are_rendered(run: Run, loaded_demo: Loaded) -> None:
    chapters = {path.stem[3:]: read_blocks(path) for path in sorted(run.folder.glob("*.ipynb"))}
    manifest = latest_manifest("demo", reports=run.folder.parents[1])
    assert manifest is not None
    contract = loaded_demo.engagement.contract
    view = build_view(chapters, contract, Language.of(contract, "sv"), manifest)
    assert render_report(view).encode() == (run.folder / "report.sv.html").read_bytes()


def test_blocks_in_the_executed_notebook_are_what_the_analysis_gave(run: Run, loaded_demo: Loaded) -> None:
    from gtmlib.analyses.conversion import analyse_variants

    ((result, findings), *others) = read_blocks(run.folder / "40_conversion.ipynb")
    assert isinstance(result, Variation)
    assert result == analyse_variants(loaded_demo)
    assert findings == result.findings()
    kinds = [type(other).__name__ for other, _ in others]
    assert kinds == [
        "Scrutiny",
        "Rates",
        "RepComparison",
        "SegmentComparison",
        "Trace",
        "Fidelity",
        "Plan",
        "FalseAlarms",
    ]


def test_a_second_run_in_the_same_second_gets_a_name_of_its_own(run: Run, reports: Path, demo_folder: Path) -> None:
    from gtmlib.run.runner import _free_name

    assert _free_name(reports / "demo", STARTED) == "2026-01-02_030405_01"
    assert run.folder.is_dir()


def test_a_failing_chapter_leaves_its_traceback_to_the_author_and_nothing_to_the_client(
    demo_folder: Path, tmp_path: Path
) -> None:
    notebooks = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS, notebooks)
    broken = notebooks / "40_conversion.ipynb"
    text = broken.read_text("utf-8").replace("show(variation, client.engagement)", "show(1 / 0, client.engagement)")
    broken.write_text(text, "utf-8")
    with pytest.raises(RunError) as raised:
        run_engagement(read_engagement(demo_folder), started_at=STARTED, reports=tmp_path, notebooks=notebooks)
    assert raised.value.exit_code == 3
    assert "40_conversion.ipynb, cell 7, line 2: ZeroDivisionError: division by zero" in str(raised.value)
    (kept,) = (tmp_path / "demo").iterdir()
    assert kept.name == "2026-01-02_030405-failed"
    assert {path.suffix for path in kept.iterdir()} == {".ipynb"}
    assert "ZeroDivisionError" in (kept / "40_conversion.ipynb").read_text("utf-8")


def test_wrong_data_stop_a_run_before_anything_is_written(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    (folder / "exports" / "omkostninger.csv").unlink()
    with pytest.raises(DataError, match=r"omkostninger\.csv"):
        run_engagement(read_engagement(folder), started_at=STARTED, reports=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
