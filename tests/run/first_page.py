"""The numbers of a summary, held against the findings of its run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from gtmlib.errors import ParameterError
from gtmlib.present.language import Language

KINDS = (
    "count", "tenths", "number", "money", "money_exact", "percent", "percent_whole", "level", "percent_points", "pvalue"
)  # fmt: skip
NUMBER = re.compile(r"\d(?:[\d.,\u00a0\u202f]*\d)?")


def strange_numbers(text: str, results: dict[str, Any], code: str) -> set[str]:
    """Numbers of a text that no finding has, as the language would write it."""
    language = Language(code, results["currency"])
    known: set[str] = set()
    for value in _values([{k: v for k, v in one.items() if k != "chapter"} for one in results["findings"]]):
        known |= {number for said in _said(value, language) for number in NUMBER.findall(said)}
    return set(NUMBER.findall(text)) - known


def n_pages(page: Any) -> int:
    """Pages that the summary takes on A4, printed without the rest of the report."""
    page.evaluate(
        "document.querySelectorAll('.cover, .contents, .colophon, main > :not(#summary)').forEach(one => one.remove())"
    )
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def summary_text(page: Any) -> str:
    """Every text of the summary on a line of its own, so that two numbers never run together."""
    script = """() => {
        const walker = document.createTreeWalker(document.querySelector('#summary'), NodeFilter.SHOW_TEXT);
        const texts = [];
        while (walker.nextNode()) texts.push(walker.currentNode.data);
        return texts.join('\\n');
    }"""
    return str(page.evaluate(script))


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _values(each)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each)
    elif value is not None and not isinstance(value, bool):
        yield value


def _said(value: Any, language: Language) -> Iterator[str]:
    if isinstance(value, str):
        yield value  # names, claims, and ids such as top_20_share
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            yield language.format(value, "date")
        with suppress(ValueError):
            yield from _said(float(value), language)
        return
    for kind in KINDS:
        with suppress(ParameterError, ValueError):
            yield language.format(value, kind)


def read_results(folder: Path) -> dict[str, Any]:
    import json

    return dict(json.loads((folder / "results.json").read_text("utf-8")))
