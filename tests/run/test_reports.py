"""Configuration alone takes real exports to a report that a client can open: run, read, and looked at in a browser."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gtmlib.data.engagement import read_engagement
from gtmlib.run.notebooks import read_blocks
from gtmlib.run.runner import Run, run_engagement
from tests.browser import open_browser, open_report
from tests.run.first_page import n_pages, read_results, strange_numbers, summary_text

ENGAGEMENTS = Path(__file__).parents[1] / "engagements"
N_CHARTS = {"superstore": 8, "northwind": 8, "hillstrom": 3, "maven": 8, "hubspot": 0}
STARTED = datetime(2026, 1, 2, tzinfo=UTC)
# What methods.md and the README of the data publish, by finding and group.
PUBLISHED: dict[str, dict[tuple[str, ...], float]] = {
    "superstore": {
        ("profitability.waterfall", "list_revenue"): 2_863_935.04,
        ("profitability.waterfall", "discount"): -566_734.18,
        ("profitability.waterfall", "net_revenue"): 2_297_200.86,
        ("profitability.waterfall", "cogs"): -2_010_803.84,
        ("profitability.total_contribution",): 286_397.02,
        ("profitability.contribution", "Consumer"): 134_119.21,
        ("profitability.contribution", "Corporate"): 91_979.13,
        ("profitability.contribution", "Home Office"): 60_298.68,
        ("profitability.contribution_rate", "Consumer"): 0.1155,
        ("profitability.whale_peak_share",): 1.2487,
        ("profitability.whale_peak_at_share",): 0.8045,
        ("profitability.top_20_share",): 0.8166,
        ("profitability.n_loss_customers",): 155,
        ("profitability.loss_total",): -71_224.47,
    },
    "northwind": {
        ("profitability.waterfall", "list_revenue"): 1_354_458.59,
        ("profitability.waterfall", "net_revenue"): 1_265_793.04,
        ("profitability.waterfall", "cost_to_serve"): -64_942.69,
        ("data.n_repaired", "orders"): 176,
        ("data.n_repaired", "customers"): 24,
    },
    "hillstrom": {
        ("conversion.rate", "Womens E-Mail"): 3238 / 21387,
        ("conversion.rate", "No E-Mail"): 2262 / 21306,
        ("conversion.difference", "Womens E-Mail"): 0.04523,
        ("conversion.difference", "Mens E-Mail"): 0.07659,
    },
    "maven": {
        ("data.n_rows", "deals"): 8_800,
        ("data.n_deals", "won"): 4_238,
        ("data.n_deals", "lost"): 2_473,
        ("data.n_deals", "open"): 2_089,
        ("data.n_missing", "deals", "created_on"): 500,
        ("data.n_missing", "deals", "customer_id"): 1_425,
        ("data.n_reps_without_deals",): 5,
        ("pipeline.closed_win_rate",): 0.6315,
        ("pipeline.watermelon_index",): 0.9269,
        ("pipeline.expected_wins_open",): 73.345,
        ("pipeline.expected_wins_naive",): 1_003.454,
        ("pipeline.n_stale_open",): 1_291,
        ("pipeline.n_left_out", "without_start"): 500,
        ("pipeline.won_by_days", "30"): 0.2190,
        ("pipeline.won_by_days", "138"): 0.5194,
    },
    "hubspot": {
        ("data.n_rows", "deals"): 44,
        ("data.n_missing", "deals", "stage"): 44,
        ("data.n_rows", "stage_history"): 14,
        ("data.n_unmatched", "stage_history", "deal_id"): 14,
    },
}


@pytest.fixture(scope="module", params=list(N_CHARTS))
def run(request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    engagement = read_engagement(ENGAGEMENTS / request.param, shared_data)
    return run_engagement(engagement, started_at=STARTED, reports=tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


def test_an_engagement_takes_at_most_60_lines() -> None:
    for folder in ENGAGEMENTS.iterdir():
        text = (folder / "engagement.toml").read_text("utf-8")
        assert tomllib.loads(text)["languages"] == ["en", "sv"]
        assert len(text.splitlines()) <= 60, folder.name


def test_results_hold_the_published_numbers(run: Run) -> None:
    findings = json.loads((run.folder / "results.json").read_text("utf-8"))["findings"]
    found = {(finding["id"], *sorted(finding["group"].values())): finding["value"] for finding in findings}
    name = run.folder.parent.name
    for (finding_id, *group), value in PUBLISHED[name].items():
        key = (finding_id, *sorted(group))
        assert found[key] == pytest.approx(value, abs=0.005 if abs(value) > 10 else 5e-5), key


def test_chapters_without_their_data_say_what_to_ask_for(run: Run) -> None:
    name = run.folder.parent.name
    lacking = {"superstore": 2, "northwind": 2, "hillstrom": 2, "maven": 3, "hubspot": 3}
    text = (run.folder / "report.en.html").read_text("utf-8")
    assert text.count("what is needed is not in the data") >= lacking[name]
    assert "Please send" in text


def test_the_report_opens_offline_and_silent_with_every_chart_drawn(run: Run, browser: Any) -> None:
    n_charts = N_CHARTS[run.folder.parent.name]
    results = [result for path in sorted(run.folder.glob("*.ipynb")) for result, _ in read_blocks(path)]
    assert len(results) >= n_charts
    for report, width in zip(run.reports, (1280, 375), strict=True):
        text = report.read_text("utf-8")
        assert report.stat().st_size < 3_000_000
        assert text.count('id="plotly-pack"') == (1 if n_charts else 0)
        with open_report(browser, report, width=width) as opened:
            opened.wait_for_charts()
            assert (opened.n_charts, opened.n_drawn) == (n_charts, n_charts)
            assert opened.requests == []
            assert opened.problems == []
            assert opened.sideways == 0
            assert "Share chart" not in opened.page.inner_text("body")
            assert opened.page.locator(".modebar-btn").count() == 0


def test_the_summary_is_one_a4_page_and_every_number_in_it_is_a_finding(run: Run, browser: Any) -> None:
    results = read_results(run.folder)
    for report in run.reports:
        with open_report(browser, report, width=1280) as opened:
            text = summary_text(opened.page)
            assert strange_numbers(text, results, report.name.split(".")[1]) == set()
            assert n_pages(opened.page) == 1


def test_where_the_data_carry_no_finding_the_summary_says_so(run: Run) -> None:
    text = (run.folder / "report.en.html").read_text("utf-8")
    n_headlines = text.count('<p class="headline-text">')
    is_empty = run.folder.parent.name == "hubspot"
    assert (n_headlines == 0) == is_empty
    assert ("The data carry no finding yet." in text) == is_empty
    assert ("strongest first" in text) == (not is_empty)
    if run.folder.parent.name in ("superstore", "northwind"):
        assert 3 <= n_headlines <= 5
