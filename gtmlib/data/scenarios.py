"""Scenarios: states of the workshop under a title, each a file `scenarios/<name>.toml` in the engagement's folder."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from gtmlib.data.engagement import Engagement, line_of, parse_toml
from gtmlib.data.section import Section, ShortName, require_known
from gtmlib.errors import ContractError, GtmError, ParameterError

FOLDER = "scenarios"
LONGEST_NAME = 60
# Letters that no accent makes of others; ä, ö and å lose theirs.
LETTERS = str.maketrans({"æ": "ae", "ø": "o", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "œ": "oe", "ı": "i"})
HEAD = "# A scenario of the workshop: title, and where each control of a panel stood.\n"
Value = str | float | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A state of the workshop under a name.

    Parameters
    ----------
    name : str
        Of its file, without the ending: what `gtm run -p scenario=` takes.
    title : str
        As it was typed.
    states : mapping
        Panel = control = value, as the file has them; what a panel can hold is the panel's to say.
    places : mapping
        Panel, and panel and control with a point between = file, line and key, for messages.
    """

    name: str
    title: str
    states: Mapping[str, Mapping[str, Value]]
    places: Mapping[str, str] = field(default_factory=dict)


def _plain_value(value: Any) -> Any:
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if isinstance(value, bool) or not (is_list or isinstance(value, str | int | float)):
        raise ValueError("write a number, a text in quotes, or a list of texts")
    return tuple(value) if is_list else value


def _plain_title(value: str) -> str:
    if not name_of(value):
        raise ValueError("write what the scenario is called")
    return value


class _File(Section):
    """What a file holds: the title, and a table per panel."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[ShortName, Annotated[Any, AfterValidator(_plain_value)]]] = Field(init=False)
    title: Annotated[str, AfterValidator(_plain_title)]


def name_of(title: str) -> str:
    """Give the name of a scenario's file: its title in small plain letters, digits and hyphens.

    Parameters
    ----------
    title : str
        As typed; empty where nothing is left of it.

    Examples
    --------
    >>> name_of("Højere pris på två år, +5 %"), name_of(" – ")
    ('hojere-pris-pa-tva-ar-5', '')
    """
    letters = unicodedata.normalize("NFKD", title.casefold()).translate(LETTERS)
    plain = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].rstrip("-")


def saved_names(engagement: Engagement) -> tuple[str, ...]:
    """Give the names of all saved scenarios, in their order.

    Parameters
    ----------
    engagement : Engagement
        Whose folder holds them.
    """
    return tuple(sorted(path.stem for path in (engagement.folder / FOLDER).glob("[!.]*.toml")))


def is_saved(engagement: Engagement, title: str) -> bool:
    """Tell whether there is a scenario of that title's name already.

    Parameters
    ----------
    engagement : Engagement
        Whose folder holds the scenarios.
    title : str
        As typed.
    """
    return name_of(title) in saved_names(engagement)


def save_scenario(
    engagement: Engagement, title: str, states: Mapping[str, Mapping[str, Any]], *, overwrite: bool = False
) -> Path:
    """Save states of panels under a title: the whole file or, if anything fails, nothing.

    Every control is written, also one that stands where it starts: where it starts follows from the data, and with the
    next delivery it would be another place. What was tried stays what people had on the screen.

    Parameters
    ----------
    engagement : Engagement
        Whose folder holds the scenarios.
    title : str
        What it is called, in any language.
    states : mapping
        Panel = control = value, of the panels that were moved.
    overwrite : bool
        Whether a scenario of that name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the title has no letter or digit, no panel was moved, or there is such a scenario already.
    """
    words, name = " ".join(unicodedata.normalize("NFC", title).split()), name_of(title)
    if not name:
        raise ParameterError("a scenario needs a title with a letter or a digit: say what was tried")
    if not states:
        raise ParameterError(f"'{words}' would hold nothing: move a control of a panel first")
    folder = engagement.folder / FOLDER
    path = folder / f"{name}.toml"
    if is_saved(engagement, title) and not overwrite:
        raise ParameterError(f"there is a scenario '{name}' already: give another title, or overwrite it")
    tables = [
        f"\n[{panel}]\n" + "".join(f"{control} = {_write(value)}\n" for control, value in state.items())
        for panel, state in states.items()
    ]
    try:
        content = "".join([HEAD, f"title = {_write(words)}\n", *tables]).encode()
    except UnicodeEncodeError:
        raise ParameterError(f"the scenario '{name}' has a sign that no file can hold: type it again") from None
    folder.mkdir(exist_ok=True)
    part = folder / f".{name}.{os.getpid()}.part"
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def split_names(names: str) -> tuple[str, ...]:
    """Split a parameter that names scenarios.

    Parameters
    ----------
    names : str
        With commas between.

    Examples
    --------
    >>> split_names("price-up, fewer-reps,")
    ('price-up', 'fewer-reps')
    """
    return tuple(filter(None, (name.strip() for name in names.split(","))))


def read_scenarios(engagement: Engagement, names: Iterable[str] = ()) -> tuple[Scenario, ...]:
    """Read saved scenarios.

    Parameters
    ----------
    engagement : Engagement
        Whose folder holds them.
    names : iterable of str
        Which ones, in the order to show; all, by name, if empty.

    Raises
    ------
    ParameterError
        If there is none of a name, with the nearest.
    ContractError
        If a file is not as it should be: all problems of all files at once, with their lines.
    """
    folder, wanted = engagement.folder / FOLDER, tuple(dict.fromkeys(names))
    saved = {name: folder / f"{name}.toml" for name in saved_names(engagement)}
    if wanted and not saved:
        raise ParameterError(
            f"{engagement.name} has no scenario '{wanted[0]}', nor any other: save one in the workshop"
        )
    found, problems, unknown = list[Scenario](), list[Any](), list[str]()
    for name in wanted or saved:
        try:
            path = saved[require_known("scenario", name, saved)]
            found.append(_parse(path.read_bytes(), name, f"{engagement.name}/{FOLDER}/{path.name}"))
        except ParameterError as error:
            unknown.append(str(error))
        except GtmError as error:
            problems += error.problems
    if unknown:
        raise ParameterError(*unknown)
    if problems:
        raise ContractError(*problems)
    return tuple(found)


def _parse(content: bytes, name: str, place: str) -> Scenario:
    file = parse_toml(content, _File, place=place)
    text, states = content.decode("utf-8-sig"), dict(file.model_extra)
    paths = [(panel,) for panel in states] + [(panel, one) for panel, state in states.items() for one in state]
    places = {".".join(path): f"{place} line {line_of(text, path)}: {'.'.join(path)}" for path in paths}
    return Scenario(name=name, title=file.title, states=states, places=places)


def _write(value: Any) -> str:
    """Write a value as TOML, which escapes in texts what JSON does, and one sign more."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(float(value))
    return f"[{', '.join(map(_write, value))}]"
