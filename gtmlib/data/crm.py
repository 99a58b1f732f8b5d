"""What CRM exports call the canonical columns, and what their headings leave to be worked out.

The presets are data (`crm.toml`). A file's headings are matched with one of them; what a CRM writes into one column
where the canonical tables have two, or into flags, is worked out by `apply_preset_rules` after reading.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.schema import TABLES, Kind

CANONICAL = "canonical"  # the preset of files whose headings are the canonical names already


@cache
def _presets() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("crm.toml").read_text("utf-8"))


# Columns that are read beside the canonical ones, and their kinds.
EXTRA_KINDS: dict[str, Kind] = {name: about["kind"] for name, about in _presets()["extras"].items()}
# Which canonical columns each of them says something about; the stage tells the status where nothing else does.
TELLS = {"stage": ["status"], **{name: about["tells"] for name, about in _presets()["extras"].items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingMatch:
    """What the headings of one file mean.

    Parameters
    ----------
    table : str
        Canonical table that the file fills.
    preset : str or None
        Preset that was named or found; None if none fits, or several do equally well (`candidates`).
    candidates : tuple of str
        Presets that fit equally well but read the file differently; empty if one was chosen or none fits.
    columns : dict
        Canonical column = heading as in the file.
    extras : dict
        Extra column (a key of `EXTRA_KINDS`) = heading as in the file, to be read and kept until `apply_preset_rules`.
    missing : tuple of str
        Canonical columns that this file lacks, and that nothing in it tells.
    unsupported : tuple of str
        Those of the missing ones that the preset knows no heading for; the others are worth asking for.
    ignored : tuple of str
        Headings of the file that nothing was made of.
    ambiguous : dict
        Canonical or extra column = all the file's headings that could be it; the first is used.
    dialect : dict
        What this CRM writes its own way: `date_format`, and `decimal` ("none": point and comma both group thousands).
    """

    table: str = ""
    preset: str | None = None
    candidates: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    extras: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dialect: dict[str, str] = field(default_factory=dict)

    @property
    def status_from(self) -> Literal["flags", "stage"] | None:
        """What the status is worked out from; None if it is a column of its own, or nothing tells it."""
        if self.table != "deals" or "status" in self.columns or self.preset is None:
            return None
        has_flag = any("status" in TELLS[name] for name in self.extras)
        return "flags" if has_flag else "stage" if "stage" in self.columns else None

    @property
    def derived(self) -> dict[str, tuple[str, ...]]:
        """Canonical columns that are worked out, each with the headings of the file that tell it."""
        stage = {"stage": self.columns["stage"]} if self.status_from and "stage" in self.columns else {}
        tellers = self.extras | stage
        told = {column for name in tellers for column in TELLS[name]}
        return {column: tuple(tellers[name] for name in tellers if column in TELLS[name]) for column in sorted(told)}


def preset_names() -> tuple[str, ...]:
    """Name the presets, in alphabetical order.

    Examples
    --------
    >>> "superoffice" in preset_names()
    True
    """
    return tuple(sorted([CANONICAL, *(_presets().keys() - {"words", "extras"})]))


def normalise_heading(text: str, *, prefix: str = "") -> str:
    """Write a heading, or a word in a cell, as the presets compare it.

    Parameters
    ----------
    text : str
        As in the file: any case, with a byte order mark, a colon at the end, or spaces of any kind.
    prefix : str
        What a CRM writes before its own headings, such as Pipedrive's "Deal - ".

    Examples
    --------
    >>> normalise_heading(" Deal - Expected\N{NO-BREAK SPACE}close date: ", prefix="Deal - ")
    'expected close date'
    """
    # Macs write å as a and a ring; NBSP is a space to split().
    words = unicodedata.normalize("NFC", text.replace("\ufeff", "")).casefold().split()
    return " ".join(words).removeprefix(prefix.casefold()).rstrip(": ")


def value_map(preset: str | None, table: str, column: str) -> dict[str, str]:
    """Give the words that a CRM writes into a column, and the canonical value of each.

    Parameters
    ----------
    preset : str or None
        Name of a preset; None for the words that all have in common.
    table, column : str
        Canonical names; columns without a choice of values have an empty map.

    Returns
    -------
    dict
        Word as `normalise_heading` writes it = canonical value.

    Examples
    --------
    >>> value_map("superoffice", "deals", "status")["4"]
    'stalled'
    """
    common = _presets()["words"].get(column, {}) if table == "deals" else {}
    own = _spec(preset, table).get("values", {}).get(column, {}) if preset else {}
    return {normalise_heading(w): value for words in (common, own) for value, ws in words.items() for w in ws}


def match_headings(
    headings: Sequence[str], table: str, preset: str | None = None, *, given: Mapping[str, str] | None = None
) -> HeadingMatch:
    """Say what the headings of a file mean, with the preset that is named or else with the one that fits best.

    A preset is found if the key of the table (or, without one, all required columns) is known, if it knows two headings
    or more, and if it knows more of them than any other, or reads the file the same way as those that know as many.

    Parameters
    ----------
    headings : sequence of str
        As in the file.
    table : str
        Canonical table that the file fills.
    preset : str, optional
        One of `preset_names()`; None to find it.
    given : mapping, optional
        Canonical column = heading, as the contract says; it goes before the preset.

    Returns
    -------
    HeadingMatch
        With `preset` None and only the given columns if no preset is found.

    Examples
    --------
    >>> match = match_headings(["Deal - ID", "Deal - Value", "Deal - Status", "Shoe size"], "deals")
    >>> match.preset, match.columns["amount"], match.ignored
    ('pipedrive', 'Deal - Value', ('Shoe size',))
    """
    fixed = dict(given or {})
    if preset is not None:
        return _match(headings, table, preset, fixed)
    spec = TABLES[table]
    key = set(spec.key or (name for name, column in spec.columns.items() if column.is_required))
    own = {name: _match(headings, table, name, fixed) for name in preset_names()}
    n_found = {name: len(m.columns.keys() - fixed.keys()) + len(m.extras) for name, m in own.items()}
    most = max([n for name, n in n_found.items() if key <= own[name].columns.keys() and n > 1], default=None)
    best = [m for name, m in own.items() if n_found[name] == most and key <= m.columns.keys()]
    readings = [(m.columns, m.extras, m.dialect, value_map(m.preset, table, "status")) for m in best]
    if best and all(reading == readings[0] for reading in readings):
        return best[0]
    ignored = tuple(heading for heading in headings if heading not in fixed.values())
    return HeadingMatch(table=table, candidates=tuple(str(m.preset) for m in best), columns=fixed, ignored=ignored)


def _match(headings: Sequence[str], table: str, preset: str, fixed: dict[str, str]) -> HeadingMatch:
    spec, canonical = _spec(preset, table), TABLES[table].columns
    extras = {name: aliases for name, aliases in spec.get("extras", {}).items() if set(TELLS[name]) - fixed.keys()}
    prefix = spec.get("prefix", "")
    free = {h: normalise_heading(h, prefix=prefix) for h in headings if h not in fixed.values()}
    hits = {
        name: tuple(h for alias in aliases for h, plain in free.items() if plain == normalise_heading(alias))
        for name, aliases in (spec.get("columns", {}) | extras).items()
        if name not in fixed
    }
    used = {name: found[0] for name, found in hits.items() if found}
    match = HeadingMatch(
        table=table,
        preset=preset,
        columns=fixed | {name: heading for name, heading in used.items() if name in canonical},
        extras={name: heading for name, heading in used.items() if name in EXTRA_KINDS},
        ignored=tuple(h for h in headings if h not in {*used.values(), *fixed.values()}),
        ambiguous={name: found for name, found in hits.items() if len(found) > 1},
        dialect=dict(_presets().get(preset, {}).get("dialect", {})),
    )
    known = {*spec.get("columns", {}), *(column for name in spec.get("extras", {}) for column in TELLS[name])}
    known |= {"status"} if table == "deals" else set()  # every CRM that has stages tells it
    absent = tuple(name for name in canonical if name not in match.columns and name not in match.derived)
    return replace(match, missing=absent, unsupported=tuple(name for name in absent if name not in known))


def _spec(preset: str, table: str) -> dict[str, Any]:
    if preset == CANONICAL:
        return {"columns": {name: [name] for name in TABLES[table].columns}}
    return dict(_presets()[preset].get(table, {}))


def apply_preset_rules(table: pa.Table, match: HeadingMatch) -> pa.Table:
    """Work out status, close dates and lost reason from what the CRM writes instead.

    Won and lost deals get their single close date as `closed_on`, and no expected one, since the CRM has overwritten
    it; open and stalled deals get it as `expected_close_on`; deals of unknown status get neither. A status comes from
    flags, else from the stage: a stage that is no known word is open only if another stage of the file is known as won
    or lost, and if its own name has nothing of the sort in it. What can't be told is null, never guessed.

    Parameters
    ----------
    table : pyarrow.Table
        One row per row of the file; columns of `match.columns` and `match.extras`, typed by their kinds (dates as
        date32, flags as bool), with the status already in canonical words. Other columns pass through.
    match : HeadingMatch
        What the headings of the file mean.

    Returns
    -------
    pyarrow.Table
        The same rows, in order, without the extra columns.

    Examples
    --------
    >>> from datetime import date
    >>> match = match_headings(["Record ID", "Deal Stage", "Close Date"], "deals")
    >>> deals = pa.table({"stage": ["Closed Won", "Demo"], "close_date": [date(2025, 3, 1), date(2025, 4, 1)]})
    >>> apply_preset_rules(deals, match)["status"].to_pylist()
    ['won', 'open']
    """

    def get(name: str, kind: Any) -> Any:
        return table[name] if name in table.column_names else pa.chunked_array([pa.nulls(table.num_rows, kind)])

    def only(values: Any, *statuses: str) -> Any:
        return pc.if_else(pc.is_in(status, pa.array(statuses)), values, pa.scalar(None, values.type))

    status = _read_status(get, match) if match.status_from else get("status", pa.string())
    close, date = get("close_date", pa.date32()), pa.date32()
    won_on, lost_on = only(get("won_on", date), "won"), only(get("lost_on", date), "lost")
    values = {
        "status": status,
        "expected_close_on": pc.coalesce(get("expected_close_on", date), only(close, "open", "stalled")),
        "closed_on": pc.coalesce(get("closed_on", date), won_on, lost_on, only(close, "won", "lost")),
        "lost_reason": pc.coalesce(get("lost_reason", pa.string()), only(get("close_reason", pa.string()), "lost")),
    }
    kept = {name: table[name] for name in table.column_names if name not in EXTRA_KINDS or name in match.columns}
    return pa.table(kept | {name: values[name] for name in match.derived})


def _read_status(get: Callable[[str, Any], Any], match: HeadingMatch) -> Any:
    is_won, is_lost, is_closed = (get(name, pa.bool_()) for name in ("is_won", "is_lost", "is_closed"))
    probability = get("probability", pa.float64())
    # Three-valued logic: a flag that is absent decides nothing, one that is False does.
    won = pc.or_kleene(is_won, pc.equal(probability, 100.0))
    lost = pc.or_kleene(pc.or_kleene(is_lost, pc.and_kleene(is_closed, pc.invert(is_won))), pc.equal(probability, 0.0))
    neither = pc.or_kleene(pc.invert(is_closed), pc.and_kleene(pc.invert(is_won), pc.invert(is_lost)))
    is_open = pc.or_kleene(neither, pc.is_valid(probability))
    cases = pc.make_struct(*(pc.fill_null(case, False).combine_chunks() for case in (won, lost, is_open)))
    stage = get("stage", pa.string())
    told = _stage_statuses(stage.unique().drop_null().to_pylist(), match.preset)
    stages, statuses = pa.array(list(told), pa.string()), pa.array(list(told.values()), pa.string())
    return pc.coalesce(pc.case_when(cases, "won", "lost", "open"), pc.take(statuses, pc.index_in(stage, stages)))


def _stage_statuses(stages: Sequence[str], preset: str | None) -> dict[str, str | None]:
    # Codes of the status column are no words: as a stage's id they mean something else.
    words = {word: value for word, value in value_map(preset, "deals", "status").items() if not word.isdigit()}
    roots = re.compile("|".join(_presets()["words"]["closed"]["roots"]))
    told = {stage: words.get(normalise_heading(stage)) for stage in stages}
    if not {"won", "lost"} & set(told.values()):
        return told
    return {stage: value or (None if roots.search(stage.casefold()) else "open") for stage, value in told.items()}
