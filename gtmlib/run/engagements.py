"""Engagement folders: found by name, and made new."""

from __future__ import annotations

import re
from pathlib import Path

from gtmlib.data.codebook import FILES, SHIPPED
from gtmlib.data.engagement import CONTRACT_FILE, nearest
from gtmlib.errors import ParameterError
from gtmlib.run.plan import ROOT

DATA = ROOT / "data"
TEMPLATE = ROOT / "templates" / CONTRACT_FILE


def find_engagement(name: str, *, data: Path = DATA) -> Path:
    """Find an engagement by its name under `data/`, or by its folder.

    Parameters
    ----------
    name : str
        Under `data`, or a folder's path.
    data : Path
        Folder of the engagements.

    Raises
    ------
    ParameterError
        If there is none, with the nearest name that there is.
    """
    for folder in (Path(name), data / name):
        if (folder / CONTRACT_FILE).is_file():
            return folder
    known = sorted(path.parent.name for path in data.glob(f"*/{CONTRACT_FILE}"))
    hint = nearest(name, known) if known else "make one with 'gtm new NAME'"
    raise ParameterError(f"there is no engagement '{name}': {hint}")


def new_engagement(name: str, *, data: Path = DATA) -> Path:
    """Make an engagement folder with a commented contract, editable codebooks and a place for the exports.

    Parameters
    ----------
    name : str
        Of small letters, digits, `-` and `_`.
    data : Path
        Folder of the engagements.

    Raises
    ------
    ParameterError
        If the name can't be a folder's, or the folder exists already; nothing is changed then.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise ParameterError(f"'{name}' can't name an engagement: use small letters, digits, - and _")
    folder = data / name
    if folder.exists():
        raise ParameterError(f"{folder} exists already: choose another name, or go on with 'gtm check {name}'")
    (folder / "exports").mkdir(parents=True)
    (folder / CONTRACT_FILE).write_bytes(TEMPLATE.read_bytes())
    for subject, name in FILES.items():
        (folder / name).write_bytes((SHIPPED / f"{subject}.toml").read_bytes())
    return folder
