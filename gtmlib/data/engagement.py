"""The engagement folder: its contract, read strictly from `engagement.toml`, with every problem at its line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from gtmlib.data.contract import (
    Behaviour,
    Brand,
    Contract,
    Conversations,
    CostRule,
    Disclosure,
    Exclude,
    FirstLine,
    Fiscal,
    Focus,
    Leads,
    LedgerTotals,
    Lifetime,
    Period,
    Periods,
    Pipeline,
    Release,
    Segments,
    Source,
    Variants,
)
from gtmlib.data.local_text import Language
from gtmlib.data.section import Section, nearest, require_known
from gtmlib.data.strategy import Hypothesis, Strategy
from gtmlib.errors import ContractError, Problem

__all__ = [  # the sections are part of what this module offers, wherever they stand
    "BRAND_FILE", "CONTRACT_FILE", "Behaviour", "Brand", "Contract", "Conversations", "CostRule", "Disclosure",
    "Engagement", "Exclude", "FirstLine", "Fiscal", "Focus", "Hypothesis", "Language", "Leads", "LedgerTotals",
    "Lifetime", "Period", "Periods", "Pipeline", "Release", "Section", "Segments", "Source", "Strategy", "Variants",
    "contract_schema", "line_of", "nearest", "parse_contract", "parse_toml", "read_engagement", "require_known",
]  # fmt: skip

CONTRACT_FILE, BRAND_FILE = "engagement.toml", "brand.toml"
BRAND_ENDINGS = {
    "logo": (".svg", ".png", ".jpg", ".jpeg"), "text_font_file": (".woff2",), "heading_font_file": (".woff2",)
}  # fmt: skip
LARGEST_BRAND_FILE = 300_000  # bytes: each is packed into every report


@dataclass(frozen=True, slots=True)
class Engagement:
    """An engagement folder: its contract, and where its exports lie.

    Parameters
    ----------
    name : str
        The folder's name; reports go to `reports/<name>/`.
    folder, exports : Path
        The engagement folder, and the folder that source paths are relative to.
    contract : Contract
        What the consultant decided.
    """

    name: str
    folder: Path
    exports: Path
    contract: Contract


def read_engagement(folder: str | Path, exports: str | Path | None = None) -> Engagement:
    """Read an engagement folder's contract.

    Parameters
    ----------
    folder : str or Path
        The folder that holds `engagement.toml`.
    exports : str or Path, optional
        Folder of the client's files; `<folder>/exports` if None or empty.

    Raises
    ------
    ContractError
        If there is no contract, or anything in it is unknown or wrong: all problems at once, with their lines. The
        same for the consultancy's `brand.toml`, which stands beside the engagement folders and may be missing.
    """
    folder = Path(folder).resolve()
    path = folder / CONTRACT_FILE
    if not path.is_file():
        raise ContractError(f"{folder}: there is no {CONTRACT_FILE}. Write one with 'gtm new {folder.name}'.")
    contract = parse_contract(path.read_bytes(), place=f"{folder.name}/{CONTRACT_FILE}")
    contract = contract.model_copy(update={"brand": _merge_brand(contract.brand, folder)})
    return Engagement(folder.name, folder, Path(exports).resolve() if exports else folder / "exports", contract)


def parse_contract(content: bytes, *, place: str = CONTRACT_FILE) -> Contract:
    """Parse the text of a contract.

    Parameters
    ----------
    content : bytes
        TOML in UTF-8.
    place : str
        What messages call the file.

    Raises
    ------
    ContractError
        With every problem, each with its line, key and the nearest known key.
    """
    return cast(Contract, parse_toml(content, Contract, place=place))


def parse_toml(content: bytes, kind: Any, *, place: str) -> Any:
    """Parse TOML of a known shape, strictly.

    Parameters
    ----------
    content : bytes
        TOML in UTF-8.
    kind : type
        What it holds: a section of the contract, or a dict of such.
    place : str
        What messages call the file.

    Raises
    ------
    ContractError
        With every problem, each with its line, key and the nearest known key.
    """
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        fix = "Save the file as UTF-8"
        raise ContractError(Problem(place=f"{place} line {line}", what="is not UTF-8", fix=fix)) from None
    except tomllib.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"at line (\d+)", str(error))) else len(text.splitlines())
        what = f"is not TOML: {re.sub(r' ?[(]at .*', '', str(error)).lower()}"
        fix = "Texts stand in quotes, dates as 2025-12-31"
        raise ContractError(Problem(place=f"{place} line {line}", what=what, fix=fix)) from None
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        problems = [_problem(dict(item), text, place, kind) for item in error.errors()]
        raise ContractError(*sorted(problems, key=lambda problem: _line_number(problem.place))) from None


def _merge_brand(own: Brand, folder: Path) -> Brand:
    """Take the consultancy's brand, and key by key what the engagement has instead; paths become absolute."""
    shared, home = Brand(), folder.parent
    if (path := home / BRAND_FILE).is_file():
        shared = parse_toml(path.read_bytes(), Brand, place=f"{home.name}/{BRAND_FILE}")
    merged: dict[str, Any] = {}
    places = ((shared, home, f"{home.name}/{BRAND_FILE}: "), (own, folder, f"{folder.name}/{CONTRACT_FILE}: brand."))
    for brand, base, place in places:
        given = {key: getattr(brand, key) for key in brand.model_fields_set}
        for key in (key for key in BRAND_ENDINGS if given.get(key)):
            given[key] = _brand_file(base / given[key], key, place + key)
        merged |= given
    return Brand().model_copy(update=merged)


def _brand_file(path: Path, key: str, place: str) -> str:
    what = ""
    if not path.is_file():
        what = "names a file that is not there"
    elif path.suffix.lower() not in BRAND_ENDINGS[key] or path.stat().st_size > LARGEST_BRAND_FILE:
        what = "names a file that can't be packed into a report"
    if what:
        fix = f"Give {' or '.join(BRAND_ENDINGS[key])} of at most {LARGEST_BRAND_FILE // 1000} kB, beside this file"
        raise ContractError(Problem(place=place, what=what, fix=fix, values=(path.name,)))
    return str(path)


def contract_schema() -> dict[str, Any]:
    """Give the JSON Schema of a contract, for editors that complete and check TOML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Contract.model_json_schema()}


_SHAPES = {  # first words of pydantic's error types, in the words of someone who writes a contract
    "string": "Write a text, in quotes",
    "date": "Write a date as 2025-12-31, without quotes",
    "int": "Write a whole number, without quotes",
    "float": "Write a number with a decimal point, without quotes",
    "bool": "Write true or false, without quotes",
    "list": 'Write a list: ["one", "two"]',
    "dict": "Write a section of its own, or { key = value }",
    "model": "Write a section of its own, or { key = value }",
}


def _problem(error: dict[str, Any], text: str, place: str, root: Any) -> Problem:
    loc, kind = tuple(error["loc"]), error["type"]
    key = ".".join(str(part) for part in loc if part != "[key]")
    where = f"{place} line {line_of(text, loc)}: {key}" if loc else place
    if kind == "extra_forbidden":
        hint = nearest(str(loc[-1]), _model_at(loc, root).model_fields)
        if len(loc) > 1 and loc[-1] in getattr(root, "model_fields", ()):
            hint = "it belongs above the first [section]"
        return Problem(place=where, what="is unknown here", fix=_sentence(hint))
    if kind == "missing":
        return Problem(place=where, what="is missing", fix=f"Add {loc[-1]} = …")
    what = _SHAPES.get(kind.partition("_")[0]) or re.sub("^Value error, ", "", str(error["msg"]))
    if loc[-1:] == ("[key]",):
        what = f"As a name: {what}" if kind == "value_error" else "A name has small letters, digits and _ only"
    elif kind == "string_pattern_mismatch":
        what = str(_model_at(loc, root).model_fields[str(loc[-1])].description)
    given = (str(error["input"]),) if isinstance(error["input"], (str, int, float, bool)) else ()
    return Problem(place=where, what="can't be used", fix=_sentence(what), values=given)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _model_at(loc: tuple[Any, ...], root: Any) -> Any:
    """Give the section that the last key of `loc` stands in, by walking the types along the others."""
    here = root
    for part in loc[:-1]:
        if isinstance(here, type) and issubclass(here, Section):
            here = here.model_fields[str(part)].annotation
            if type(None) in get_args(here):
                here = get_args(here)[0]
        else:  # a dict or a list: its values
            here = get_args(here)[-1]
    return here


def line_of(text: str, loc: tuple[Any, ...]) -> int:
    """Give the line of a key of a TOML text, else of the nearest table above it.

    Parameters
    ----------
    text : str
        The whole file.
    loc : tuple
        The keys from the top down.
    """
    wanted = [str(part) for part in loc if part != "[key]"]
    header: list[str] = []
    counts: dict[str, int] = {}
    best, depth, closing = 1, 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:  # inside a text of several lines
            closing = "" if closing in line else closing
            continue
        closing = next((quotes for quotes in ('"""', "'''") if line.count(quotes) == 1), "")
        if found := re.match(rf"\s*\[(\[?)\s*({_KEYS})\s*\]", line):
            header = _keys(found[2])
            if found[1]:
                counts[found[2]] = counts.get(found[2], -1) + 1
                header.append(str(counts[found[2]]))
            path = header
        elif found := re.match(rf"\s*({_KEYS})\s*=", line):
            path = header + _keys(found[1])
        else:
            continue
        shared = min(len(path), len(wanted))
        if path[:shared] == wanted[:shared] and shared > depth:
            best, depth = number, shared
    return best


_KEY = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"


def _keys(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_KEY, dotted)]


def _line_number(place: str) -> int:
    return int(found[1]) if (found := re.search(r" line (\d+)", place)) else 0
