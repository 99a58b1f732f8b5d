"""What changed since an earlier run: its exports, its verdicts, and numbers that moved beyond their intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import CONTRACT_FILE, Contract, Engagement
from gtmlib.data.loaded import LoadReport
from gtmlib.data.metrics import WHAT_IF
from gtmlib.run.manifest import file_hash
from gtmlib.run.plan import SCENARIO

MADE_FROM = ("contract_sha256", "register_sha256", "inputs", "parameters")  # of a manifest: what the numbers follow


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A finding that is not what it was.

    Parameters
    ----------
    before, now : Finding
        Of the same id and group.
    """

    before: Finding
    now: Finding

    @property
    def is_verdict(self) -> bool:
        """Whether the verdict is another; else the number is."""
        return self.before.verdict != self.now.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different from an earlier run on other data.

    Parameters
    ----------
    since : str
        Date of the data of that run, ISO.
    moved : tuple of Moved
        Verdicts first, then numbers whose intervals have no value in common.
    stops : tuple of str
        Declared stops that were reached since: ids of hypotheses whose day has come, and `planned_n`.
    """

    since: str
    moved: tuple[Moved, ...]
    stops: tuple[str, ...]


def compare_with_previous(
    home: Path, manifest: Mapping[str, Any], now: Sequence[Finding], contract: Contract
) -> Changes | None:
    """Compare a run with the latest one on other inputs: a run that is repeated compares with the same one.

    Parameters
    ----------
    home : Path
        Where the engagement's finished runs lie.
    manifest : mapping
        Of this run.
    now : sequence of Finding
        Of this run.
    contract : Contract
        Of this run.

    Returns
    -------
    Changes or None
        None where nothing moved, or there is nothing to compare with.
    """
    made = _made_from(json.loads(json.dumps({name: manifest[name] for name in MADE_FROM}, default=list)))
    for path in sorted(home.glob("[!.]*/manifest.json"), reverse=True):
        before = json.loads(path.read_text("utf-8"))
        if _made_from(before) != made and before["exported_on"] <= manifest["exported_on"]:
            return compare_findings(read_results(path.parent), now, contract, since=before["exported_on"])
    return None


def _made_from(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the evidence follows from; what is tried on it in the workshop is no evidence."""
    made = {name: manifest.get(name) for name in MADE_FROM}
    given = manifest.get("parameters") or {}
    return made | {"parameters": {name: value for name, value in given.items() if name != SCENARIO}}


def read_results(folder: Path) -> tuple[Finding, ...]:
    """Read the findings of a finished run.

    Parameters
    ----------
    folder : Path
        Of the run.
    """
    rows = json.loads((folder / "results.json").read_text("utf-8"))["findings"]
    return tuple(Finding(**{key: value for key, value in row.items() if key != "chapter"}) for row in rows)


def compare_findings(
    before: Sequence[Finding], now: Sequence[Finding], contract: Contract, *, since: str
) -> Changes | None:
    """Tell what moved between two runs: verdicts, numbers beyond their intervals, and declared stops reached.

    Parameters
    ----------
    before, now : sequence of Finding
        Of the earlier run and of this one.
    contract : Contract
        Of this run.
    since : str
        Date of the data of the earlier run, ISO.

    Returns
    -------
    Changes or None
        None where nothing moved.
    """
    earlier = {(one.id, *sorted(one.group.items())): one for one in before}
    evidence = [one for one in now if not one.id.startswith(WHAT_IF)]
    pairs = [(earlier.get((one.id, *sorted(one.group.items()))), one) for one in evidence]
    both = [Moved(before=was, now=one) for was, one in pairs if was is not None]
    verdicts = [pair for pair in both if pair.is_verdict and pair.now.id.endswith(".verdict")]
    numbers = [pair for pair in both if not pair.now.id.endswith(".verdict") and _is_beyond(pair.before, pair.now)]
    known = {"planned_n", *(one.group["id"] for one in before if one.id == "hypotheses.verdict")}
    old = reached_stops(before, contract)
    stops = tuple(name for name in reached_stops(now, contract) if name in known and name not in old)
    moved = (*verdicts, *numbers)
    return Changes(since=since, moved=moved, stops=stops) if moved or stops else None


def reached_stops(findings: Iterable[Finding], contract: Contract) -> tuple[str, ...]:
    """List the declared stops that a run has reached: days of decision, and the planned number of contacts.

    Parameters
    ----------
    findings : iterable of Finding
        Of the run.
    contract : Contract
        For the planned number.
    """
    found = tuple(findings)
    due = [one.group["id"] for one in found if one.id == "hypotheses.verdict" and one.args["is_due"]]
    n_contacts = sum(one.n or 0 for one in found if one.id == "conversion.rate")
    planned = contract.variants.planned_n if contract.variants else None
    return (*due, *(("planned_n",) if planned is not None and n_contacts >= planned else ()))


def _is_beyond(was: Finding, now: Finding) -> bool:
    if was.ci_low is None or was.ci_high is None or now.ci_low is None or now.ci_high is None:
        return False
    return was.ci_high < now.ci_low or now.ci_high < was.ci_low


def describe_news(changes: Changes | None, stops: Iterable[str]) -> tuple[str, ...]:
    """Say to the consultant what moved since the earlier run, and which declared stops are reached.

    Parameters
    ----------
    changes : Changes, optional
        None where nothing moved, or there is nothing to compare with.
    stops : iterable of str
        As `reached_stops` gives them.
    """
    lines = []
    since = changes.since if changes else ""
    for pair in changes.moved if changes else ():
        name = f"{pair.now.id}[{', '.join(pair.now.group.values())}]" if pair.now.group else pair.now.id
        if pair.is_verdict:
            lines.append(f"Since the data of {since}: {name} was {pair.before.verdict}, is {pair.now.verdict}")
        else:
            old, new = (f"{one.value:.4g} ({one.ci_low:.4g} to {one.ci_high:.4g})" for one in (pair.before, pair.now))
            lines.append(f"Since the data of {since}: {name} was {old}, is {new}")
    for name in stops:
        if name == "planned_n":
            lines.append("Declared stop reached: the planned number of contacts. Decide, or declare a new test.")
        else:
            lines.append(f"Declared stop reached: the day of decision of hypothesis '{name}'.")
    return tuple(lines)
