"""A consultant's own words: Markdown to HTML that can hold nothing but text, with numbers cited from the findings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import nearest
from gtmlib.errors import ContractError, Problem
from gtmlib.present.language import Language, read_catalog
from gtmlib.present.sentences import format_finding

CITATION = r"\{\{\s*(?P<cited>[a-z0-9_.]+(?:\[[^\]\n]*\])?)\s*\}\}"
Found = Mapping[str, Finding]  # by what cites it


def cited_name(finding: Finding) -> str:
    """Give what cites a finding.

    Parameters
    ----------
    finding : Finding
        Any that a chapter shows.

    Examples
    --------
    >>> cited_name(Finding("conversion.rate", 0.1, "share", "", group={"variant": "b_outcome"}))
    'conversion.rate[variant=b_outcome]'
    """
    group = ",".join(f"{key}={value}" for key, value in finding.group.items())
    return finding.id + (f"[{group}]" if group else "")


def check_commentary(text: str, place: str, *, found: Found | None = None) -> tuple[Problem, ...]:
    """Check a text before it is rendered: what it cites is there, and it asks for no picture.

    Parameters
    ----------
    text : str
        Markdown.
    place : str
        What messages call the file.
    found : mapping, optional
        The findings of a run by what cites them; before a run, ids are held against those that can be.

    Returns
    -------
    tuple of Problem
        Each with its line, and the nearest that there is.

    Examples
    --------
    >>> print(*check_commentary("Nobody cites {{ profitability.whale_peek_share }}.", "a.md"))
    a.md line 1: cites a finding that there is not (found 'profitability.whale_peek_share'). Did you mean 'profitability.whale_peak_share'?
    """  # noqa: E501
    problems = []
    known = list(finding_ids() if found is None else found)
    for match in re.finditer(rf"{CITATION}|(?P<image>!\[)|(?P<odd>\{{\{{)", text):
        where = f"{place} line {text.count(chr(10), 0, match.start()) + 1}"
        if match["image"]:
            fix = "Take it out: a report holds no picture but its charts and the brand's logo"
            problems.append(Problem(place=where, what="has an image", fix=fix))
        elif match["odd"]:
            fix = "Write {{ profitability.whale_peak_share }} or {{ conversion.rate[variant=NAME] }}"
            problems.append(Problem(place=where, what="has a citation that can't be read", fix=fix))
        else:
            name = re.sub(r"\s*([=,\[\]])\s*", r"\1", match["cited"])
            if (name.partition("[")[0] if found is None else name) not in known:
                fix, what = nearest(name, _like(name, known)), "cites a finding that there is not"
                problems.append(Problem(place=where, what=what, fix=fix[0].upper() + fix[1:], values=(name,)))
    return tuple(problems)


def render_commentary(text: str, language: Language, found: Found, place: str = "commentary") -> str:
    """Render a consultant's Markdown as HTML: paragraphs, lists, emphasis, headings, quotes and tables.

    Parameters
    ----------
    text : str
        Markdown; HTML in it is shown as it was typed, and a link as its text and its address.
    language : Language
        Of the reader: the language of the text and of the numbers it cites.
    found : mapping
        Findings by what cites them, see `cited_name`.
    place : str
        What messages call the file.

    Raises
    ------
    ContractError
        If a finding is cited that there is not, or the text has an image.
    """
    import mistune

    if problems := check_commentary(text, place, found=found):
        raise ContractError(*problems)

    class Plain(mistune.HTMLRenderer):
        """Nothing but texts: no address can be followed, no HTML gets through."""

        def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
            return text if url.startswith("#") or escape(url) == text else f"{text} ({escape(url)})"

        def heading(self, text: str, level: int, **attrs: Any) -> str:  # noqa: ARG002
            return f"<h{3 if level < 3 else 4}>{text}</h{3 if level < 3 else 4}>\n"

        def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002
            return f"<pre><code>{escape(code)}</code></pre>\n"

    def parse(_: Any, match: re.Match[str], state: Any) -> int:
        name = re.sub(r"\s*([=,\[\]])\s*", r"\1", match["cited"])
        state.append_token({"type": "text", "raw": format_finding(found[name], language)})
        return match.end()

    reader = mistune.create_markdown(renderer=Plain(escape=True), plugins=["table"])
    reader.inline.register("finding", CITATION, parse, before="link")
    return str(reader(text))


@cache
def finding_ids() -> tuple[str, ...]:
    """Give the ids that findings can have: those that the glossary explains."""
    keys = (str(message.id) for message in read_catalog("en"))
    return tuple(key.removeprefix("glossary.") for key in keys if re.fullmatch(r"glossary\.\w+\.\w+", key))


def _like(name: str, known: list[str]) -> list[str]:
    """Those of the same id, else of the same chapter, else all: a list that a reader can look through."""
    stem = name.partition("[")[0]
    same = [other for other in known if other.partition("[")[0] == stem]
    return same or [other for other in known if other.partition(".")[0] == stem.partition(".")[0]] or known
