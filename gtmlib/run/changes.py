"""What changed between the exports of an earlier run and those of now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gtmlib.data.engagement import CONTRACT_FILE, Engagement
from gtmlib.data.load import LoadReport
from gtmlib.run.manifest import file_hash


def describe_changes(engagement: Engagement, report: LoadReport, before: Mapping[str, Any] | None) -> list[str]:
    """Say what is different from the exports of an earlier run, in English, one change a line.

    Parameters
    ----------
    engagement : Engagement
        For its contract, which may have changed too.
    report : LoadReport
        What was read now.
    before : mapping or None
        Manifest of the earlier run; None if there is none.
    """
    if before is None:
        return ["There is no earlier run: nothing to compare with."]
    read = asdict(report)
    now = {"inputs": read["sources"], "tables": read["tables"]}
    (was_there, counted), (is_there, counts) = _facts(before), _facts(now)
    contract = engagement.folder / CONTRACT_FILE
    lines = ["The contract itself has changed."] if before["contract_sha256"] != file_hash(contract) else []
    for word, one, other in (("Gone", was_there, is_there), ("New", is_there, was_there)):
        found: dict[str, list[str]] = {}
        for whole, *part in one:
            if (whole, *part) not in other and ((whole,) in other or not part):  # of what is gone as a whole, no parts
                found.setdefault(whole, []).extend(part)
        lines += [": ".join([word, whole, *([", ".join(parts)] if parts else [])]) for whole, parts in found.items()]
    lines += [
        f"{name}: {counted[name]:,} before, {n:,} now ({n - counted[name]:+,})"
        for name, n in counts.items()
        if n != counted.get(name, n)
    ]
    hashes = {row["name"]: row["sha256"] for row in before["inputs"]}
    same = [row["file"] for row in now["inputs"] if row["sha256"] == hashes.get(row["name"])]
    return [
        f"Compared with the data of {before['exported_on']}, {len(same)} of {len(now['inputs'])} files are the same.",
        *lines,
    ]


def _facts(manifest: Mapping[str, Any]) -> tuple[dict[tuple[str, ...], None], dict[str, int]]:
    """Give what is there (a whole alone, its part after it), and what is counted."""
    there: dict[tuple[str, ...], None] = {}
    counts = {}
    for row in manifest["inputs"]:
        source = f"source {row['name']}"
        parts = [f"file {row['file']}", *(f"heading '{heading}'" for heading in row.get("headings", ()))]
        parts += [f"{column} <- {heading}" for column, heading in row["mapped"].items()]
        there |= dict.fromkeys([(source,), *((source, part) for part in parts)])
        counts[f"source {row['name']}, rows read"] = row["n_read"]
        counts[f"source {row['name']}, rows left out"] = row["n_read"] - row["n_used"]
    for row in manifest["tables"]:
        table = f"table {row['name']}"
        parts = [f"values of {column}" for column, n in row["filled"].items() if n]
        there |= dict.fromkeys([(table,), *((table, part) for part in parts)])
        counts[f"{table}, rows"] = row["n_rows"]
        counts |= {f"{table}, rows with an unmatched {column}": n for column, n in row["unmatched"].items()}
    return there, counts
