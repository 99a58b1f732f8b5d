"""What changed between the exports of an earlier run and those of now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from gtmlib.data.engagement import CONTRACT_FILE, Engagement
from gtmlib.data.loaded import LoadReport
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
    inputs, tables = [asdict(source) for source in report.sources], [asdict(table) for table in report.tables]
    hashes = {row["name"]: row["sha256"] for row in before["inputs"]}
    n_same = sum(row["sha256"] == hashes.get(row["name"]) for row in inputs)
    lines = [f"Compared with the data of {before['exported_on']}, {n_same} of {len(inputs)} files unchanged."]
    if before["contract_sha256"] != file_hash(engagement.folder / CONTRACT_FILE):
        lines.append("The contract itself has changed.")
    was, now = _facts(before["inputs"], before["tables"]), _facts(inputs, tables)
    for whole in was | now:
        if whole not in now or whole not in was:  # of what came or went as a whole, no parts
            lines.append(f"{'New' if whole in now else 'Gone'}: {whole}")
            continue
        (old_parts, n_before), (parts, n_now) = was[whole], now[whole]
        for word, some, others in (("Gone", old_parts, parts), ("New", parts, old_parts)):
            if changed := [part for part in some if part not in others]:
                lines.append(f"{word}: {whole}: {', '.join(changed)}")
        if n_now != n_before:
            lines.append(f"{whole}: {n_before:,} rows before, {n_now:,} now ({n_now - n_before:+,})")
    return lines


def _facts(inputs: Iterable[Any], tables: Iterable[Any]) -> dict[str, tuple[list[str], int]]:
    """Give each source with its file and headings, each table with its filled columns, and how many rows they have."""
    facts: dict[str, tuple[list[str], int]] = {}
    for row in inputs:
        parts = [f"file {row['file']}", *(f"heading '{heading}'" for heading in row["headings"])]
        facts[f"source {row['name']}"] = parts, row["n_read"]
    for row in tables:
        facts[f"table {row['name']}"] = [f"values of {name}" for name, n in row["filled"].items() if n], row["n_rows"]
    return facts
