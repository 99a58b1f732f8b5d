"""The catalogs: every message that the code says is there in every language, and none that nothing says."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message

from gtmlib.data.codebook import SHIPPED, read_codebook
from gtmlib.data.schema import TABLES
from gtmlib.present.exhibits import PRESENTERS
from gtmlib.present.language import LOCALES, Language, read_catalog
from gtmlib.present.sentences import NAMED
from templates.demo.synth import read_model

from ..conftest import ROOT

ANYTHING = "[a-z0-9_.]*"
HEADING = re.compile(r"[a-z_]+(\\\.[a-z0-9_.*\[\]-]+)+:[a-z_]+")  # an escaped key and its kind
PACKAGE, TEMPLATES = ROOT / "gtmlib", ROOT / "templates" / "report"
SAMPLES: dict[str, Any] = {
    "date": "2025-11-03",
    "month": "2025-11",
    "day": "2025-11-03",
    "quarter": "2025-10-01",
    "list": ["a"],
}


def messages(code: str) -> dict[str, Message]:
    return {str(message.id[0] if isinstance(message.id, tuple) else message.id): message
            for message in read_catalog(code) if message.id}  # fmt: skip


def message_places(text: str) -> set[tuple[str, str]]:
    """Name and kind of every `{name:kind}` place of a message."""
    return {(name, kind or "text") for _, name, kind, _ in string.Formatter().parse(text) if name}


def texts(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def pattern(node: ast.expr) -> str:
    """What a text can say: its fixed parts, and anything where an f-string has a place."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    fixed = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ANYTHING for part in parts]
    return re.sub(r"\\(\s)", r"\1", "".join(fixed))


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@cache
def nodes() -> dict[Path, list[ast.AST]]:
    """Calls and texts of every module, but no part of an f-string as a text of its own."""
    found: dict[Path, list[ast.AST]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        every = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        parts = {id(part) for node in every if isinstance(node, ast.JoinedStr) for part in node.values}
        found[path] = [node for node in every
                       if (isinstance(node, ast.Call) or is_text(node)) and id(node) not in parts]  # fmt: skip
    return found


@cache
def said() -> tuple[tuple[str, str], ...]:
    """Every first argument of say(), and every heading of a table (`key:kind`): where it stands, and its pattern."""
    return tuple(find_said())


def find_said() -> Iterator[tuple[str, str]]:
    for path, inside in nodes().items():
        for node in inside:
            keys: list[str] = []
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say":
                keys = [pattern(arm) for arg in node.args[:1] for arm in arms(arg)]
            elif path.parent.name == "exhibits" and is_text(node):
                words = pattern(node).split()  # type: ignore[arg-type]
                keys = [word.partition(":")[0] for word in words if HEADING.fullmatch(word)]
            for key in keys:
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", key
    for path in sorted(TEMPLATES.glob("*.j2")):
        for found in re.finditer(r"say\('([^']+)'( ~)?", path.read_text("utf-8")):
            yield path.name, re.escape(found[1]) + (ANYTHING if found[2] else "")


def arms(node: ast.expr) -> list[ast.expr]:
    """The texts that an argument can be: both arms of a condition, none of a variable."""
    found = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [arm for arm in found if is_text(arm)]


def findings_say() -> Iterator[tuple[str, str]]:
    """Message keys that analyses give to findings."""
    for path, inside in nodes().items():
        if "analyses" not in path.parts:
            continue
        for node in inside:
            if isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+\.finding\.[a-z0-9_.]+", str(node.value)):
                yield path.name, re.escape(str(node.value))
            elif isinstance(node, ast.JoinedStr) and ".finding." in ast.unparse(node):
                yield path.name, pattern(node)


def mentioned() -> set[str]:
    """Patterns of every string in code and templates that can be a key, however it reaches say()."""
    found = {pattern for _, pattern in (*said(), *findings_say())}
    for inside in nodes().values():
        for node in inside:
            if is_text(node):
                words = pattern(node).split()  # type: ignore[arg-type]
                found |= {word.partition(":")[0] for word in words if r"\." in word and word[0] != "["}
    families = {f"{family}." for family in NAMED.values()} | {"table.", "field."}
    return found | {re.escape(family) + "[a-z0-9_]+" for family in families}


def unsaid(keys: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The keys that no pattern is: one search for all patterns, since there are some thousand of each."""
    is_said = re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns))).fullmatch
    return [key for key in keys if not is_said(key)]


def test_the_search_finds_the_ways_that_a_key_is_written() -> None:
    found = {pattern for _, pattern in said()}
    assert len(found) > 60
    assert re.escape("figure.customers") in found
    assert any(ANYTHING in pattern for pattern in found)
    assert re.escape("column.amount") in found  # a heading of a table
    assert len(set(findings_say())) >= 5


@pytest.mark.parametrize("code", LOCALES)
def test_every_message_that_the_code_says_is_in_the_catalog(code: str) -> None:
    known = messages(code)
    exact = {re.escape(name) for name in known}
    lacking = [(where, key) for where, key in (*said(), *findings_say())
               if key not in exact and not any(re.fullmatch(key, name) for name in known)]  # fmt: skip
    assert lacking == []


def test_the_languages_have_the_same_messages() -> None:
    first, *others = (set(messages(code)) for code in LOCALES)
    for other in others:
        assert first ^ other == set()


def test_no_message_is_in_the_catalogs_that_nothing_says() -> None:
    assert unsaid(messages("en"), mentioned()) == []
    assert unsaid(["a.b", "a.c", "x.a.b", "d.é", "d.e"], {r"a\.b", rf"d\.{ANYTHING}"}) == ["a.c", "x.a.b", "d.é"]


@pytest.mark.parametrize("code", [code for code in LOCALES if code != "en"])
def test_a_message_has_the_same_places_in_every_language(code: str) -> None:
    english, other = messages("en"), messages(code)
    differing = {
        key: (places, found)
        for key in english.keys() & other.keys()
        if (places := {place for text in texts(english[key]) for place in message_places(text)})
        != (found := {place for text in texts(other[key]) for place in message_places(text)})
    }
    assert differing == {}


@pytest.mark.parametrize("code", LOCALES)
def test_every_message_is_translated_and_none_is_a_guess(code: str) -> None:
    catalog = read_catalog(code)
    assert not catalog.obsolete
    for key, message in messages(code).items():
        assert not message.fuzzy, key
        assert all(text.strip() for text in texts(message)), key
        if message.pluralizable:
            assert len(texts(message)) == catalog.num_plurals, key
            assert any(("n", "count") in message_places(text) for text in texts(message)), key


@pytest.mark.parametrize("code", LOCALES)
def test_every_place_has_a_kind_that_the_language_can_write(code: str) -> None:
    language = Language(code, "SEK")
    for message in messages(code).values():
        for text in texts(message):
            for _, kind in message_places(text):
                assert language.format(SAMPLES.get(kind, 0.5), kind)


@pytest.mark.parametrize("code", LOCALES)
def test_every_canonical_table_and_column_has_a_name_and_no_other_has(code: str) -> None:
    known = set(messages(code))
    columns = {column for table in TABLES.values() for column in table.columns}
    assert {key for key in known if key.startswith("table.")} == {f"table.{name}" for name in TABLES}
    assert {key for key in known if key.startswith("field.")} == {f"field.{name}" for name in columns}


@pytest.mark.parametrize("code", LOCALES)
def test_every_name_of_ours_has_a_word(code: str) -> None:
    known = set(messages(code))
    statuses = (*TABLES["deals"].columns["status"].choices, "unknown")
    assert {f"status.{status}" for status in statuses} <= known
    assert set(read_model()["objections"]["code"]) <= set(read_codebook(SHIPPED, "objections").codes)
    assert {f"report.verdict.{verdict}" for verdict in ("confirmed", "refuted", "cannot_tell")} <= known
    chapters = {path.stem.split("_", 1)[1] for path in (ROOT / "notebooks").glob("*.ipynb")} - {"workshop"}
    assert {f"{kind}.{chapter}" for kind in ("chapter", "question") for chapter in chapters} <= known
    assert len(PRESENTERS) >= 8
