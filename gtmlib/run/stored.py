"""A finished run as it lies in its folder: what its reports were made of, so that nothing runs again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtmlib.data.engagement import CONTRACT_FILE, Contract, Engagement, nearest
from gtmlib.errors import ParameterError, RunError
from gtmlib.run.manifest import file_hash
from gtmlib.run.notebooks import read_blocks
from gtmlib.run.runner import REPORTS
from gtmlib.run.view import Blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A finished run.

    Parameters
    ----------
    folder : Path
        With the executed notebooks, results, manifest and reports.
    engagement : Engagement
        With the very contract that the run was made with.
    manifest : mapping
        What went into the run.
    blocks : mapping
        Chapter = its blocks, in the report's order.
    """

    folder: Path
    engagement: Engagement
    manifest: Mapping[str, Any]
    blocks: Mapping[str, Blocks]

    @property
    def contract(self) -> Contract:
        """The engagement's."""
        return self.engagement.contract

    def report(self, code: str) -> Path:
        """Give the report in a language.

        Parameters
        ----------
        code : str
            One of the contract's languages.
        """
        return self.folder / ("report.html" if len(self.contract.languages) == 1 else f"report.{code}.html")


def read_stored_run(engagement: Engagement, name: str | None = None, *, reports: Path = REPORTS) -> StoredRun:
    """Read a finished run of an engagement.

    Parameters
    ----------
    engagement : Engagement
        Whose run it is.
    name : str, optional
        Of the run's folder; the latest if None.
    reports : Path
        Where runs are (`<reports>/<engagement>/<run>/`).

    Raises
    ------
    ParameterError
        If there is no such run.
    RunError
        If the contract has changed since.
    """
    home = reports / engagement.name
    runs = sorted(path.parent.name for path in home.glob("[!.]*/manifest.json"))
    if not runs:
        raise ParameterError(f"{engagement.name} has no finished run: make one with 'gtm run {engagement.name}'")
    if name is not None and name not in runs:
        raise ParameterError(f"{engagement.name} has no finished run '{name}': {nearest(name, runs)}")
    folder = home / (name or runs[-1])
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    if manifest["contract_sha256"] != file_hash(engagement.folder / CONTRACT_FILE):
        raise RunError(
            f"{CONTRACT_FILE} has changed since the run {folder.name}: "
            f"what is exported would not be what its reports say. Run again: gtm run {engagement.name}"
        )
    blocks = {path.stem.split("_", 1)[1]: read_blocks(path) for path in sorted(folder.glob("*.ipynb"))}
    return StoredRun(folder=folder, engagement=engagement, manifest=manifest, blocks=blocks)
