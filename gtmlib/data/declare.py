"""A hypothesis written to the contract: a block at its end, every byte above it as it was."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any

from gtmlib.data.engagement import CONTRACT_FILE, Contract, Hypothesis, parse_contract
from gtmlib.data.local_text import LocalText
from gtmlib.errors import ContractError, Problem

BREAKS = ("Cc", "Zl", "Zp")  # Unicode categories of what ends a line or can't stand in a text: written as \uXXXX
MOST_TRIES = 5  # that the contract may be changed while it is written


class AlreadyDeclaredError(ContractError):
    """A hypothesis of that id is in the contract."""


def write_block(hypothesis: Hypothesis) -> str:
    r"""Write a hypothesis as a contract has it, from `[[hypotheses]]` to its last key.

    Parameters
    ----------
    hypothesis : Hypothesis
        Whatever its texts are, each stays one text of one line.

    Examples
    --------
    >>> from datetime import date
    >>> claim = Hypothesis(id="a", claim='"Half"\nor more', speaks_to="scope", metric="data.reason_logged_rate",
    ...     direction="above", threshold=0.5, smallest_effect=0.1, smallest_n=100, declared_on=date(2025, 1, 1),
    ...     decide_by=date(2025, 12, 31), owner="sales", if_confirmed="go on", if_refuted="stop")
    >>> print(write_block(claim).splitlines()[2])
    claim = "\"Half\"\nor more"
    """
    values = {name: getattr(hypothesis, name) for name in type(hypothesis).model_fields}
    lines = [f"{name} = {_write(value)}" for name, value in values.items() if value is not None and value != {}]
    return "\n".join(["[[hypotheses]]", *lines, ""])


def append_hypothesis(folder: Path, hypothesis: Hypothesis) -> None:
    """Add a hypothesis to the contract of an engagement, as it is on disk now.

    What comes out is read and compared before it takes the contract's place, at once and whole.

    Parameters
    ----------
    folder : Path
        The engagement's.
    hypothesis : Hypothesis
        Its id is not in the contract yet.

    Raises
    ------
    AlreadyDeclaredError
        If the contract has a hypothesis of that id.
    ContractError
        If there is no contract, it can't be read, or somebody else writes it just now.
    """
    path = (folder / CONTRACT_FILE).resolve()
    place = f"{folder.name}/{CONTRACT_FILE}"
    if not path.is_file():
        raise ContractError(f"{folder}: there is no {CONTRACT_FILE}. Write one with 'gtm new {folder.name}'.")
    new = path.with_name(f"{path.name}.new")  # also the lock: only one can make it
    try:
        with new.open("xb"):
            pass
    except FileExistsError:
        fix = f"Try again; if nobody else writes it, delete {new.name}"
        raise ContractError(Problem(place=place, what="is being written by somebody else", fix=fix)) from None
    try:
        for _ in range(MOST_TRIES):
            before = path.read_bytes()
            with new.open("wb") as file:
                file.write(_add(before, hypothesis, place))
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(path, new)
            if path.read_bytes() == before:  # somebody may have saved it in an editor meanwhile
                new.replace(path)
                return
        raise ContractError(Problem(place=place, what="changes all the time", fix="Save it, then try again"))
    except BaseException:  # once it has become the contract, a file of that name is somebody else's
        new.unlink(missing_ok=True)
        raise


def _add(before: bytes, hypothesis: Hypothesis, place: str) -> bytes:
    """Give the contract with the hypothesis at its end; nothing else in it is different."""
    known = parse_contract(before, place=place)
    if hypothesis.id in {one.id for one in known.hypotheses}:
        what = f"has a hypothesis '{hypothesis.id}' already"
        raise AlreadyDeclaredError(Problem(place=place, what=what, fix="Give the new one another id"))
    line = b"\r\n" if b"\r\n" in before else b"\n"
    block = write_block(hypothesis).encode("utf-8").replace(b"\n", line)
    gap = line if before.endswith(b"\n") else line * 2
    after = before + gap + block
    found = parse_contract(after, place=place)
    if _rest(found) != _rest(known) or found.hypotheses != [*known.hypotheses, hypothesis]:
        what = "would not be read as it is meant"
        raise ContractError(Problem(place=place, what=what, fix="Write the hypothesis by hand"))
    return after


def _rest(contract: Contract) -> Contract:
    return contract.model_copy(update={"hypotheses": []})


def _write(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(str(key))} = {_write(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, LocalText) and value.texts:
        return _write(dict(value.texts))
    return _quote(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _quote(text: str) -> str:
    """Write a TOML basic string of one line; its escapes are those of JSON."""
    whole = text.encode("utf-8", "replace").decode("utf-8")  # half of a pair of code units is no text
    quoted = json.dumps(whole, ensure_ascii=False)
    return "".join(rf"\u{ord(sign):04X}" if unicodedata.category(sign) in BREAKS else sign for sign in quoted)
