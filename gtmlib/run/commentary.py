"""The commentary of an engagement: its files, found and checked before any kernel starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import Engagement, nearest
from gtmlib.errors import ContractError, Problem
from gtmlib.present.commentary import check_commentary, cited_name, render_commentary
from gtmlib.present.language import LOCALES, Language

FOLDER = "commentary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commentary:
    """A consultant's words at the head of a chapter.

    Parameters
    ----------
    place : str
        What messages call its file.
    chapter, language : str
        Where it stands; an empty language is that of every report without a text of its own.
    text : str
        Markdown.
    """

    place: str
    chapter: str
    language: str
    text: str


def read_commentary(engagement: Engagement, chapters: Collection[str]) -> tuple[Commentary, ...]:
    """Read `commentary/<chapter>.md` and `commentary/<chapter>.<language>.md` of an engagement.

    Parameters
    ----------
    engagement : Engagement
        Its folder may hold a folder `commentary`.
    chapters : collection of str
        Names of the chapters that there are.

    Raises
    ------
    ContractError
        All that can be known before a run: a file of no chapter or language, a text that is not UTF-8, an image, a
        citation of a finding that no chapter gives.
    """
    texts, problems = [], []
    for path in sorted((engagement.folder / FOLDER).glob("*.md")):
        place = f"{engagement.name}/{FOLDER}/{path.name}"
        chapter, _, code = path.stem.partition(".")
        if chapter not in chapters or code not in ("", *LOCALES):
            fix = f"Name it CHAPTER.md or CHAPTER.LANGUAGE.md: {nearest(chapter, chapters)}"
            fix = fix if chapter not in chapters else f"Languages are {', '.join(LOCALES)}"
            problems.append(Problem(place=place, what="belongs to no chapter or language", fix=fix))
            continue
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(Problem(place=place, what="is not UTF-8", fix="Save the file as UTF-8"))
            continue
        problems += check_commentary(text, place)
        texts.append(Commentary(place=place, chapter=chapter, language=code, text=text))
    if problems:
        raise ContractError(*problems)
    return tuple(texts)


def render_all(texts: Collection[Commentary], findings: Collection[Finding], language: Language) -> Mapping[str, str]:
    """Render the texts of one language.

    Parameters
    ----------
    texts : collection of Commentary
        Of all chapters and languages.
    findings : collection of Finding
        Of the run: what a text can cite.
    language : Language
        Of the reader.

    Returns
    -------
    mapping
        Chapter = HTML.

    Raises
    ------
    ContractError
        If a text cites what this run did not find.
    """
    found = {cited_name(finding): finding for finding in findings}
    chosen = {text.chapter: text for code in ("", language.code) for text in texts if text.language == code}
    problems = [problem for text in chosen.values() for problem in check_commentary(text.text, text.place, found=found)]
    if problems:
        raise ContractError(*problems)
    return {name: render_commentary(text.text, language, found, text.place) for name, text in chosen.items()}
