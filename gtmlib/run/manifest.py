"""What a run was made from: inputs with their hashes, parameters and versions."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gtmlib.data.codebook import FILES
from gtmlib.data.codes import CODES_FILE
from gtmlib.data.engagement import BRAND_FILE, CONTRACT_FILE, Engagement
from gtmlib.data.loaded import LoadReport
from gtmlib.data.register import REGISTER_FILE
from gtmlib.data.scenarios import FOLDER
from gtmlib.run.plan import SET_BY_RUN, Chapter

# What the numbers and the file depend on; the lock file has all versions.
PACKAGES = ("gtmlib", "duckdb", "ibis-framework", "numpy", "pandas", "papermill", "plotly", "scipy", "statsmodels")


def make_manifest(engagement: Engagement, report: LoadReport, chapters: Iterable[Chapter]) -> dict[str, Any]:
    """Describe a run before it starts; equal inputs give equal manifests.

    Parameters
    ----------
    engagement : Engagement
        The contract and its folder.
    report : LoadReport
        What was read.
    chapters : iterable of Chapter
        Notebooks with their parameters.

    Returns
    -------
    dict
        JSON values: engagement, contract_sha256, register_sha256 (of declared hypotheses), words_sha256 (of the brand's
        file and the commentary), exported_on, inputs (one per source), own_files (name = sha256), tables, notebooks
        (name = sha256), parameters (those that a consultant can set) and versions. Paths are left out: they name
        machines.
    """
    planned = tuple(chapters)
    words = (engagement.folder.parent / BRAND_FILE, *sorted((engagement.folder / "commentary").glob("*.md")))
    given = [item for chapter in planned for item in chapter.parameters.items() if item[0] not in SET_BY_RUN]
    register = engagement.folder / REGISTER_FILE
    return {
        "engagement": engagement.name,
        "contract_sha256": file_hash(engagement.folder / CONTRACT_FILE),
        "register_sha256": file_hash(register) if register.is_file() else "",
        "words_sha256": {path.name: file_hash(path) for path in words if path.is_file()},
        "exported_on": engagement.contract.exported_on.isoformat(),
        "inputs": [asdict(source) for source in report.sources],
        "own_files": own_files(engagement.folder),
        "tables": [asdict(table) for table in report.tables],
        "notebooks": {chapter.notebook.name: file_hash(chapter.notebook) for chapter in planned},
        "parameters": dict(given),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def own_files(folder: Path) -> dict[str, str]:
    """Hash the consultant's own files in an engagement folder: codebooks, confirmed codes and scenarios.

    Parameters
    ----------
    folder : Path
        The engagement folder.
    """
    scenarios = sorted(path.name for path in (folder / FOLDER).glob("[!.]*.toml"))
    names = (*FILES.values(), CODES_FILE, *(f"{FOLDER}/{name}" for name in scenarios))
    return {name: file_hash(folder / name) for name in names if (folder / name).is_file()}


def file_hash(path: Path) -> str:
    """Give a file's SHA-256 as hexadecimal text.

    Parameters
    ----------
    path : Path
        Of a file that is there.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
