"""A consultant's own words: what they may hold, what they cite, and where a run stops."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gtmlib.analyses.findings import Finding
from gtmlib.errors import ContractError
from gtmlib.present.commentary import check_commentary, cited_name, render_commentary
from gtmlib.present.language import LOCALES, Language
from gtmlib.run.commentary import read_commentary, render_all
from gtmlib.run.runner import run_engagement

from ..conftest import MakeEngagement

EN, SV = Language("en", "SEK"), Language("sv", "SEK")
FINDINGS = (
    Finding("profitability.whale_peak_share", 1.417, "share", ""),
    Finding("profitability.total_contribution", 15070157.2, "SEK", ""),
    Finding("profitability.n_loss_customers", 90, "count", ""),
    Finding("conversion.rate", 0.101, "share", "", group={"variant": "b_outcome"}),
    Finding("conversion.difference", 0.089, "share", "", group={"variant": "b_outcome"}),
    Finding("conversion.verdict", None, None, "", group={"variant": "b_outcome"}, verdict="cannot_tell"),
    Finding("conversion.sample_ratio_pvalue", 0.4711, "pvalue", ""),
    Finding("economics.payback_months", 7.4, "months", "", group={"segment": "Public sector"}),
    Finding("pipeline.won_by_days", 1.0, "days", ""),
)
FOUND = {cited_name(finding): finding for finding in FINDINGS}


def said(text: str, language: Language = EN) -> str:
    return re.sub(
        "[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", render_commentary(text, language, FOUND)
    ).strip()


@pytest.mark.parametrize(
    ("cited", "english", "swedish"),
    [
        ("profitability.whale_peak_share", "141.7%", "141,7 %"),
        ("profitability.total_contribution", "SEK 15,070,157", "15 070 157 kr"),
        ("profitability.n_loss_customers", "90", "90"),
        ("conversion.rate[variant=b_outcome]", "10.1%", "10,1 %"),
        ("conversion.rate[ variant = b_outcome ]", "10.1%", "10,1 %"),
        ("conversion.difference[variant=b_outcome]", "+8.9 percentage points", "+8,9 procentenheter"),
        ("conversion.verdict[variant=b_outcome]", "cannot tell", "går inte att avgöra"),
        ("conversion.sample_ratio_pvalue", "0.471", "0,471"),
        ("economics.payback_months[segment=Public sector]", "7.4 months", "7,4 månader"),
        ("pipeline.won_by_days", "1 day", "1 dag"),
    ],
)
def test_a_cited_finding_is_written_as_the_reader_writes_it(cited: str, english: str, swedish: str) -> None:
    assert said(f"It is **{{{{ {cited} }}}}**.") == f"<p>It is <strong>{english}</strong>.</p>"
    assert said(f"Det är {{{{{cited}}}}}.", SV) == f"<p>Det är {swedish}.</p>"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"),
        ("[here](javascript:alert(1))", "<p>here (javascript:alert(1))</p>"),
        ("[here](https://a.se/?a=1&b=2)", "<p>here (https://a.se/?a=1&amp;b=2)</p>"),
        ("<https://a.se>", "<p>https://a.se</p>"),
        ("[here][1]\n\n[1]: https://a.se 'title'", "<p>here (https://a.se)</p>"),
        ("# A\n\n### B", "<h3>A</h3>\n<h4>B</h4>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("```js\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
    ],
)
def test_markdown_gives_texts_and_nothing_that_can_be_followed_or_run(typed: str, shown: str) -> None:
    assert said(typed) == shown
    assert not re.search(r"<(a|img|script)\b|<[^>]*=", said(typed))


def test_an_image_is_refused_with_its_line() -> None:
    (problem,) = check_commentary("One.\n\n![x](https://a.se/x.png)", "acme/commentary/a.md")
    assert str(problem) == (
        "acme/commentary/a.md line 3: has an image. "
        "Take it out: a report holds no picture but its charts and the brand's logo"
    )


@pytest.mark.parametrize(
    ("cited", "what"),
    [
        ("profitability.whale_peek_share", "Did you mean 'profitability.whale_peak_share'?"),
        ("conversion.rate[variant=b_outcom]", "Did you mean 'conversion.rate[variant=b_outcome]'?"),
        ("conversion.rate", "Did you mean 'conversion.rate[variant=b_outcome]'?"),
    ],
)
def test_an_unknown_citation_is_refused_with_the_nearest_one(cited: str, what: str) -> None:
    with pytest.raises(
        ContractError, match=re.escape(f"line 2: cites a finding that there is not (found '{cited}')")
    ) as e:
        render_commentary(f"Well:\n{{{{ {cited} }}}}", EN, FOUND, "acme/commentary/a.md")
    assert what in str(e.value)


def test_a_citation_that_cannot_be_read_says_how_one_is_written() -> None:
    (problem,) = check_commentary("It is {{ 7 * 7 }}.", "a.md")
    assert "Write {{ profitability.whale_peak_share }}" in str(problem)


def write(folder: Path, **texts: str) -> None:
    (folder / "commentary").mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / "commentary" / f"{name.replace('__', '.')}.md").write_text(text, "utf-8")


SOURCE = '[sources.customers]\ntable = "customers"\nfile = "a.csv"\n'


def test_a_language_has_its_own_words_and_else_the_common_ones(make_engagement: MakeEngagement) -> None:
    engagement = make_engagement(SOURCE, {"a.csv": "customer_id\n1\n"})
    write(engagement.folder, conversion="For all.", conversion__sv="För svenskar.", objections="Rate.")
    texts = read_commentary(engagement, ["conversion", "objections"])
    assert render_all(texts, (), SV) == {"conversion": "<p>För svenskar.</p>\n", "objections": "<p>Rate.</p>\n"}
    assert render_all(texts, (), EN)["conversion"] == "<p>For all.</p>\n"


def test_a_run_stops_before_any_kernel_and_names_every_problem(make_engagement: MakeEngagement, tmp_path: Path) -> None:
    engagement = make_engagement(SOURCE, {"a.csv": "customer_id\n1\n"})
    write(engagement.folder, conversio="x", objections__xx="x", profitability="a\n{{ profitability.whale_peak }}")
    started = datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(ContractError) as raised:
        run_engagement(engagement, started_at=started, reports=tmp_path / "reports")
    assert [line.partition(". ")[2] for line in str(raised.value).splitlines()] == [
        "Name it CHAPTER.md or CHAPTER.LANGUAGE.md: did you mean 'conversion'?",
        f"Languages are {', '.join(LOCALES)}",
        "Did you mean 'profitability.whale_peak_share'?",
    ]
    assert "tiny/commentary/profitability.md line 2: " in str(raised.value)
    assert not (tmp_path / "reports").exists()


def test_a_finding_that_this_run_does_not_have_stops_it_before_a_report_is_written(
    make_engagement: MakeEngagement, tmp_path: Path
) -> None:
    engagement = make_engagement(SOURCE + 'columns = { customer_id = "id" }\n', {"a.csv": "id\n1\n"})
    write(
        engagement.folder, data_check="We have {{ data.n_rows[table=customers] }} customers, {{ data.fidelity_rate }}."
    )
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    cell = {
        "cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "outputs": [], "execution_count": None,
        "source": 'engagement: str = "x"  # the engagement folder\nexports: str = ""  # the exports',
    }  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (notebooks / "10_data_check.ipynb").write_text(json.dumps(notebook), "utf-8")
    with pytest.raises(ContractError, match=r"found 'data\.n_rows\[table=customers\]'"):
        run_engagement(
            engagement, started_at=datetime(2026, 1, 2, tzinfo=UTC), reports=tmp_path / "out", notebooks=notebooks
        )
    assert list((tmp_path / "out" / "tiny").iterdir()) == []
