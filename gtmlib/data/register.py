"""The register of declared hypotheses: a file beside the contract that only grows, each entry sealed by a hash."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gtmlib.data.strategy import Hypothesis
from gtmlib.errors import ContractError, Problem

REGISTER_FILE = "hypotheses.lock.toml"
# What a verdict depends on: a change of any of these after the declaration is shown with both values.
TERMS = (
    "metric", "group", "against", "direction", "threshold", "smallest_effect", "smallest_n", "decide_by",
    "fidelity_floor",
)  # fmt: skip
HEAD = """# The register of declared hypotheses. `gtm hypotheses NAME --declare` adds to it; nothing else writes here.
# Each entry is sealed together with the one before it: what is edited by hand is found.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One entry of the register.

    Parameters
    ----------
    id : str
        Of the hypothesis.
    declared_on : date
        The day of the entry.
    terms : dict
        What a verdict depends on, as text.
    sha256 : str
        Seal of this entry and all before it.
    """

    id: str
    declared_on: date
    terms: dict[str, str]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A term that is not what was declared first.

    Parameters
    ----------
    term : str
        Such as `threshold`.
    declared, now : str
        Both values, as text.
    changed_on : str
        Day (ISO) of the entry that has the value of now; empty where none has.
    """

    term: str
    declared: str
    now: str
    changed_on: str


def terms_of(hypothesis: Hypothesis) -> dict[str, str]:
    """Write what a verdict depends on as text.

    Parameters
    ----------
    hypothesis : Hypothesis
        As the contract has it.
    """
    return {name: _text(getattr(hypothesis, name)) for name in TERMS if getattr(hypothesis, name) not in (None, {})}


def read_register(folder: Path) -> tuple[Declared, ...]:
    """Read the register of an engagement, oldest entry first.

    Parameters
    ----------
    folder : Path
        The engagement's; without the file nothing has been declared.

    Raises
    ------
    ContractError
        If an entry is not what was written: the file was edited by hand.
    """
    path = folder / REGISTER_FILE
    if not path.is_file():
        return ()
    seal, entries = "", []
    try:
        rows = tomllib.loads(path.read_text("utf-8"))["declared"]
        for row in rows:
            terms = {str(name): str(value) for name, value in row["terms"].items()}
            seal = _seal(seal, row["id"], row["declared_on"], terms)
            entries.append(Declared(id=row["id"], declared_on=row["declared_on"], terms=terms, sha256=row["sha256"]))
            if seal != row["sha256"]:
                raise ValueError(row["id"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"is not as 'gtm hypotheses --declare' wrote it ({error})"
        fix = "Get the file back as it was; what changed since belongs into the contract and is declared again"
        raise ContractError(Problem(place=f"{folder.name}/{REGISTER_FILE}", what=what, fix=fix)) from None
    return tuple(entries)


def declare(folder: Path, hypotheses: Iterable[Hypothesis], *, today: date) -> tuple[Declared, ...]:
    """Add to the register what it does not hold yet: new hypotheses, and changed terms of known ones.

    Parameters
    ----------
    folder : Path
        The engagement's.
    hypotheses : iterable of Hypothesis
        The contract's.
    today : date
        The day of the entries.

    Returns
    -------
    tuple of Declared
        What was added; the file is left alone where nothing was.

    Raises
    ------
    ContractError
        If the register was edited by hand.
    """
    before = read_register(folder)
    latest = {entry.id: entry.terms for entry in before}
    seal, added = before[-1].sha256 if before else "", []
    for hypothesis in hypotheses:
        terms = terms_of(hypothesis)
        if latest.get(hypothesis.id) != terms:
            seal = _seal(seal, hypothesis.id, today, terms)
            added.append(Declared(id=hypothesis.id, declared_on=today, terms=terms, sha256=seal))
    if added:
        path = folder / REGISTER_FILE
        text = path.read_text("utf-8") if before else HEAD
        path.write_text(text + "".join(_write(entry) for entry in added), "utf-8", newline="\n")
    return tuple(added)


def changes_of(hypothesis: Hypothesis, register: Iterable[Declared]) -> tuple[Change, ...] | None:
    """Tell which terms are not what was declared first.

    Parameters
    ----------
    hypothesis : Hypothesis
        As the contract has it.
    register : iterable of Declared
        Oldest entry first.

    Returns
    -------
    tuple of Change, or None
        None where the hypothesis was never declared.
    """
    entries = [entry for entry in register if entry.id == hypothesis.id]
    if not entries:
        return None
    first, now = entries[0].terms, terms_of(hypothesis)
    return tuple(
        Change(
            term=term,
            declared=first.get(term, ""),
            now=now.get(term, ""),
            changed_on=next(
                (str(each.declared_on) for each in entries[1:] if each.terms.get(term, "") == now.get(term, "")), ""
            ),
        )
        for term in TERMS
        if first.get(term, "") != now.get(term, "")
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _seal(before: str, name: str, day: date, terms: dict[str, str]) -> str:
    content = json.dumps([before, name, str(day), terms], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _write(entry: Declared) -> str:
    terms = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in entry.terms.items())
    head = f'\n[[declared]]\nid = "{entry.id}"\ndeclared_on = {entry.declared_on}\n'
    return f'{head}terms = {{ {terms} }}\nsha256 = "{entry.sha256}"\n'
