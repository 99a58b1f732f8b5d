"""`gtm verify` finds what must not be delivered, and says where."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gtmlib.cli import main
from gtmlib.errors import ParameterError
from gtmlib.run.browser import find_browser
from gtmlib.run.page_checks import check_page
from gtmlib.run.report import ReportView, render_report
from gtmlib.run.secrets import find_secrets
from gtmlib.run.verify import verify_report
from tests.run.test_report import make_view

POLICY = r"<meta [^>]*Content-Security-Policy[^>]*>"


def report() -> ReportView:
    """A report whose charts each say what they show."""
    view = make_view("en")
    chapters = [
        replace(chapter, exhibits=tuple(replace(one, alt=f"{one.id}: {one.alt}") for one in chapter.exhibits))
        for chapter in view.chapters
    ]
    return replace(view, chapters=tuple(chapters))


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(report())


@pytest.fixture
def delivered(page: str, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_bytes(page.encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("manifest.json").write_text(json.dumps({"reports": {path.name: digest}}), "utf-8")
    return path


@pytest.fixture
def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTM_BROWSER", "/nowhere/chromium")


def needs_browser() -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: install one, or set GTM_BROWSER")


def test_a_report_as_the_run_wrote_it_passes(delivered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs_browser()
    assert main(["verify", str(delivered)]) == 0
    said = capsys.readouterr().out
    assert "Opened in light and dark: 5 charts" in said
    assert "Its hash is that of manifest.json" in said
    assert said.endswith("report.html: nothing speaks against delivering it\n")


def test_without_a_browser_the_rest_is_checked_and_that_is_said(delivered: Path, without_browser: None) -> None:
    found = verify_report(delivered)
    assert found.problems == ()
    assert "Not opened, for want of a browser" in str(found)


def test_an_external_image_fails_and_its_line_is_named(
    page: str, delivered: Path, without_browser: None, capsys: pytest.CaptureFixture[str]
) -> None:
    line = page[: page.index("<main>")].count("\n") + 1
    delivered.write_text(page.replace("<main>", '<main><img alt="" src="https://x.example/a.png">'), "utf-8")
    delivered.with_name("manifest.json").unlink()
    assert main(["verify", str(delivered)]) == 1
    said = capsys.readouterr().out
    assert f'report.html, line {line}: <img> points outside the file: src="https://x.example/a.png"' in said
    assert "1 problem: do not deliver it yet" in said


def test_a_request_that_only_a_browser_sees_fails(page: str, tmp_path: Path) -> None:
    needs_browser()
    path = tmp_path / "report.html"
    loud = re.sub(POLICY, "", page)
    asking = "<main><script>new Image().src = 'file:///nowhere' + '.png'</script>"
    path.write_text(loud.replace("<main>", asking), "utf-8")
    problems = [str(problem) for problem in verify_report(path).problems]
    assert any("it asks for file:///nowhere.png" in problem for problem in problems)


def test_an_error_on_the_console_a_chart_that_is_not_drawn_and_a_pale_text_fail(page: str, tmp_path: Path) -> None:
    needs_browser()
    path = tmp_path / "report.html"
    broken = page.replace("<main>", '<main><p style="color:#cccccc;background:#ffffff">Too pale to be read</p>')
    broken = re.sub(r'(<script id="plotly-pack"[^>]*>)[^<]{40}', r"\1", broken)
    path.write_text(broken, "utf-8")
    problems = "\n".join(str(problem) for problem in verify_report(path).problems)
    assert "'Too pale to be read' in <p> has a contrast of 1.6, less than 4.5" in problems
    assert "5 charts, of which 0 were drawn" in problems
    assert "the console says" in problems


@pytest.mark.parametrize(
    ("injected", "said"),
    [
        ('<img alt="" srcset="a.png 1x, https://x.example/b.png 2x">', "<img> points outside the file: srcset="),
        ('<img alt="" src="//x.example/a.png">', "<img> points outside"),
        ('<img alt="" src="logo.png">', "<img> points outside"),
        ("<img src='data:image/png;base64,AA=='>", "<img> has no alternative text"),
        ('<p style="background:url(https://x.example/a.png)">', "<p> points outside"),
        ("<style>@import 'https://x.example/a.css';</style>", "<style> points outside the file: @import"),
        ('<style>@import url("a.css");</style>', "<style> points outside"),
        ("<style>p { background: u\\72l(https://x.example/a) }</style>", "<style> points outside"),
        ('<style>p { background: url("logo.png") }</style>', "<style> points outside"),
        ('<link rel="stylesheet" href="https://x.example/a.css">', "<link> has no place in a report"),
        ('<iframe src="https://x.example"></iframe>', "<iframe> has no place"),
        ('<meta http-equiv="refresh" content="0;url=https://x.example">', "leads to another page"),
        ('<a href="https://x.example" ping="https://y.example">more</a>', "<a> points outside the file: ping="),
        ('<svg aria-hidden="true"><a xlink:href="https://x.example"></a></svg>', "<a> points outside"),
        ('<a href="//x.example">more</a>', "<a> points outside"),
        ('<a href="javascript:alert(1)">more</a>', "<a> points outside"),
        ('<a href="#nowhere">more</a>', "the link '#nowhere' leads nowhere"),
        ("<p onclick='go()'>", "runs a script by 'onclick'"),
        ("<script>console.log(1)</script>", "<script> is not one that the content-security policy knows"),
        ('<svg aria-hidden="true"><image href="https://x.example/a.png"/></svg>', "<image> points outside"),
        ('<svg aria-hidden="true"><rect fill="url(https://x.example/#a)"/></svg>', "<rect> points outside"),
        ("<svg></svg>", "<svg> has no alternative text"),
        ('<figure role="img"></figure>', "a chart has no alternative text"),
        ('<p id="summary">', "the id 'summary' is there 2 times"),
        ("<p>Call Anna, 811228-9874</p>", "'811…' looks like a Swedish personal number"),
        ('<p title="anna@client.example">', "'ann…' looks like an e-mail address"),
        ('<script type="application/json">{"note": "password: hunter22"}</script>', "looks like a password"),
    ],
)
def test_each_fault_is_found_once_and_named(page: str, injected: str, said: str) -> None:
    found = [str(problem) for problem in check_page(page.replace("<main>", f"<main>\n{injected}"))]
    line = page[: page.index("<main>")].count("\n") + 2
    assert any(said in problem for problem in found), found
    assert all(problem.startswith(f"line {line}: ") or "summary" in problem for problem in found), found
    assert len(found) == 1, found


def test_a_link_that_only_a_reader_follows_is_no_fault(page: str) -> None:
    assert check_page(page.replace("<main>", '<main><a href="https://x.example/a?b=1">more</a>')) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (POLICY, "", "there is no content-security policy"),
        ("default-src 'none'", "default-src 'self'", "does not start from default-src 'none'"),
        ("style-src 'unsafe-inline'", "style-src 'unsafe-inline' https://x.example", "lets style-src have https://x.example"),
        ("script-src ", "script-src 'unsafe-inline' ", "lets script-src have 'unsafe-inline'"),
        ("; form-action 'none'", "", "does not say form-action 'none'"),
        (f"({POLICY})(.*?)</style>", r"\2</style>\1", "comes too late"),
        (r'(<html[^>]*) lang="en"', r"\1", "does not say its language"),
        (r"<title>.*?</title>", "", "the page has no title"),
    ],
)  # fmt: skip
def test_a_policy_or_a_frame_that_is_laxer_is_named(page: str, old: str, new: str, said: str) -> None:
    changed = re.sub(old, new, page, count=1, flags=re.DOTALL)
    assert changed != page
    assert any(said in str(problem) for problem in check_page(changed))


def test_charts_that_say_the_same_are_named() -> None:
    assert any(
        "5 charts have the same alternative text" in str(problem) for problem in check_page(render_report(make_view()))
    )


def test_a_report_that_was_changed_after_its_run_is_told_by_its_hash(delivered: Path, without_browser: None) -> None:
    delivered.write_bytes(delivered.read_bytes().replace(b"</main>", b" </main>"))
    (problem,) = verify_report(delivered).problems
    assert "its hash is not that of manifest.json" in str(problem)


def test_a_report_without_its_manifest_passes_with_a_note(delivered: Path, without_browser: None) -> None:
    delivered.with_name("manifest.json").unlink()
    found = verify_report(delivered)
    assert found.problems == ()
    assert "there is no manifest.json" in str(found)


def test_what_is_no_report_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParameterError, match="no file"):
        verify_report(tmp_path / "report.html")
    (tmp_path / "results.json").write_text("{}", "utf-8")
    assert main(["verify", str(tmp_path / "results.json")]) == 2
    assert "is no report" in capsys.readouterr().err


# Numbers of nobody: the examples that the authorities' descriptions of the check digits work with.
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("811228-9874", "a Swedish personal number"),
        ("198112289874", "a Swedish personal number"),
        ("311270-1235", "a Danish personal number"),
        ("01010750160", "a Norwegian personal number"),
        ("131052-308T", "a Finnish personal number"),
        ("+46 70 123 45 67", "a telephone number"),
        ("0045 12 34 56 78", "a telephone number"),
        ("070-123 45 67", "a telephone number"),
        ("anna.b@client.se", "an e-mail address"),
        ("AKIAABCDEFGHIJKLMNOP", "a key of a cloud"),
        ("ghp_" + "a1" * 18, "a token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("postgresql://me:hunter2@db", "a password in an address"),
        ("api_key = 'abcdef123456'", "a password"),
    ],
)
def test_secrets_are_known_by_their_form_and_their_check_digits(text: str, kind: str) -> None:
    assert [found for _, found, _ in find_secrets(f"See {text}.")] == [kind]
    assert all(text not in sign for _, _, sign in find_secrets(text))


@pytest.mark.parametrize(
    "text",
    [
        "556012-5790",  # a Swedish company, not a person
        "811228-9875",  # the check digit is wrong
        "01010750161",
        "131052-308U",
        "+4,5 to +12,1",
        "+46\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567 kr",
        "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,80 kr",
        "2025-01-01 to 2025-12-31",
        "9f86d081884c",
        "n = 1,846, 95% interval 16.4% to 19.9%",
        "@media print",
    ],
)
def test_numbers_of_a_report_are_no_secrets(text: str) -> None:
    assert list(find_secrets(text)) == []
