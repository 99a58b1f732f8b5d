"""What a run will do: its notebooks and their parameters, all validated before any kernel starts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtmlib.data.engagement import Engagement, require_known
from gtmlib.data.scenarios import read_scenarios, split_names
from gtmlib.errors import ParameterError

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
FINDINGS = "findings"  # a chapter with this parameter runs after the others and reads what they found
SCENARIO = "scenario"  # a chapter with this parameter is part of a run only where the workshop has saved scenarios
SET_BY_RUN = ("engagement", "exports", FINDINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a notebook.

    Parameters
    ----------
    name, type, meaning : str
        As its cell declares it: `name: type = default  # meaning`.
    default : str, int, float or bool
        What it is when nothing is given.
    """

    name: str
    type: str
    default: Any
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A notebook of a run, with all of its parameters.

    Parameters
    ----------
    name : str
        The notebook's name without its number and ending.
    notebook : Path
        Where it lies.
    parameters : dict
        Name = value, of all that it declares.
    """

    name: str
    notebook: Path
    parameters: dict[str, Any]


def plan_run(engagement: Engagement, given: Iterable[str] = (), *, notebooks: Path = NOTEBOOKS) -> tuple[Chapter, ...]:
    """Plan a run of every chapter; that of scenarios only where there are some.

    Parameters
    ----------
    engagement : Engagement
        What to run on.
    given : iterable of str
        `name=value`, for every chapter that has the parameter.
    notebooks : Path
        Folder of the chapters.

    Raises
    ------
    ParameterError
        If a parameter is in no notebook, has a value of another type, is out of its range or names a scenario that
        there is not: all at once, each with the nearest right name.
    ContractError
        If the file of a scenario is not as it should be.
    """
    paths = chapter_notebooks(notebooks)
    declared = {path: read_parameters(path) for path in paths}
    known = {name: about for found in declared.values() for name, about in found.items() if name not in SET_BY_RUN}
    values, problems = {}, []
    for text in given:
        name, equals, value = text.partition("=")
        try:
            if not equals:
                raise ParameterError(f"parameter '{text}' has no value: write it as name=value")
            require_known("parameter", name, known)
            values[name] = parse_value(known[name], value)
        except ParameterError as error:
            problems.append(str(error))
    if any(SCENARIO in found for found in declared.values()):
        try:
            if not read_scenarios(engagement, split_names(values.get(SCENARIO, ""))):
                paths = tuple(path for path in paths if SCENARIO not in declared[path])
        except ParameterError as error:
            problems += map(str, error.problems)
    if problems:
        raise ParameterError(*problems)
    values |= {"engagement": str(engagement.folder), "exports": str(engagement.exports)}
    return tuple(
        Chapter(
            name=path.stem.split("_", 1)[1],
            notebook=path,
            parameters={name: values.get(name, parameter.default) for name, parameter in declared[path].items()},
        )
        for path in paths
    )


def chapter_notebooks(folder: Path = NOTEBOOKS) -> tuple[Path, ...]:
    """Give the chapters in their order; a workshop (9x) is never part of a report.

    Parameters
    ----------
    folder : Path
        Where the notebooks lie.
    """
    return tuple(sorted(path for path in folder.glob("[0-8][0-9]_*.ipynb")))


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """Read what a notebook's cell tagged `parameters` declares.

    Parameters
    ----------
    notebook : Path
        Executed or not.

    Returns
    -------
    dict
        Name = Parameter; empty without such a cell.

    Raises
    ------
    ParameterError
        If a line of the cell is not `name: type = default  # meaning` with a type among str, int, float, bool.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    source = "".join("".join(cell["source"]) for cell in tagged[:1])
    found = {}
    for node in ast.parse(source).body:
        line = source.splitlines()[node.lineno - 1]
        if not isinstance(node, ast.AnnAssign) or ast.unparse(node.annotation) not in TYPES or node.value is None:
            raise ParameterError(f"{notebook.name}: '{line}' declares no parameter: write name: type = default")
        name = ast.unparse(node.target)
        found[name] = Parameter(
            name=name,
            type=ast.unparse(node.annotation),
            default=ast.literal_eval(node.value),
            meaning=line.partition("#")[2].strip(),
        )
    return found


def parse_value(parameter: Parameter, text: str) -> Any:
    """Read a parameter's value as its declared type, within the range that its meaning states as `in (low, high)`.

    Parameters
    ----------
    parameter : Parameter
        As the notebook declares it.
    text : str
        As typed.

    Raises
    ------
    ParameterError
        If the text is no value of the type, or out of the range.

    Examples
    --------
    >>> level = Parameter(name="confidence_level", type="float", default=0.95, meaning="coverage, in (0, 1)")
    >>> parse_value(level, "0.9")
    0.9
    """
    wanted = f"parameter '{parameter.name}' is {parameter.meaning} ({parameter.type}, such as {parameter.default!r})"
    try:
        value: Any = text if parameter.type == "str" else ast.literal_eval(text.strip().capitalize() or "None")
        value = float(value) if parameter.type == "float" and type(value) is int else value
    except (ValueError, SyntaxError):
        value = None
    if type(value) is not TYPES[parameter.type]:
        raise ParameterError(f"{wanted}; '{text}' is not")
    limits = re.search(r"in \(([\d.]+), ([\d.]+)\)", parameter.meaning)
    if limits and not float(limits[1]) < float(text) < float(limits[2]):
        raise ParameterError(f"{wanted}; '{text}' is out of that range")
    return value
