"""From a client's exports to canonical tables, with every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.crm import EXTRA_KINDS, HeadingMatch, apply_preset_rules, match_headings, normalise_heading, value_map
from gtmlib.data.currency import check_currencies, convert_currencies
from gtmlib.data.engagement import Contract, Engagement, Source, nearest, read_engagement
from gtmlib.data.engine import open_engine
from gtmlib.data.read import RawTable, read_source
from gtmlib.data.schema import REFERENCES, TABLES, Column
from gtmlib.data.select import Unmatched, read_names, run_select
from gtmlib.data.values import Dialect, parse_column
from gtmlib.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source.

    Parameters
    ----------
    name, file, sha256 : str
        Source in the contract, its file, and the file's hash.
    n_read, n_used : int
        Rows in the file, and rows left after the exclusions.
    excluded : dict
        Reason of an exclude rule = rows it left out; a row counts for the first rule that meets it.
    repaired_rows : tuple of int
        Rows whose surplus fields were put back.
    totals_row : int, optional
        The row of sums that was set aside.
    preset : str, optional
        The CRM whose headings were used.
    mapped : dict
        Canonical column = heading in the file.
    missing, unsupported : tuple of str
        Canonical columns that the file has not, and those of them that this CRM has no heading for: not worth asking.
    headings, ignored : tuple of str
        Headings of the file, and those of them that nothing uses.
    remarks : tuple of str
        What decided a date order or a heading, for the consultant.
    """

    name: str
    file: str
    sha256: str
    n_read: int
    n_used: int
    excluded: dict[str, int]
    repaired_rows: tuple[int, ...] = ()
    totals_row: int | None = None
    preset: str | None = None
    mapped: dict[str, str]
    missing: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What a canonical table holds.

    Parameters
    ----------
    name : str
        The table.
    n_rows, n_repeated : int
        Rows, and identical rows of the same key that were used once.
    filled : dict
        Column = rows that have a value; columns that no source gives are not in it.
    unmatched : dict
        Column = rows whose value is no key of the table it points to.
    """

    name: str
    n_rows: int
    n_repeated: int
    filled: dict[str, int]
    unmatched: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What was read, used, left out and unmatched; `joins` are those of the contract's SELECTs."""

    sources: tuple[SourceReport, ...]
    tables: tuple[TableReport, ...]
    joins: tuple[Unmatched, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engagement with its canonical tables as Ibis tables on its own engine."""

    engagement: Engagement
    engine: Any
    tables: dict[str, Any]
    report: LoadReport

    def n_rows(self, table: str) -> int:
        """Count the rows of a canonical table; 0 where there is none."""
        return next((found.n_rows for found in self.report.tables if found.name == table), 0)

    def missing(self, **needed: tuple[str, ...]) -> tuple[str, ...]:
        """List the tables and columns (`table.column`) among the needed ones that no row fills.

        Parameters
        ----------
        **needed : tuple of str
            Columns per canonical table; an empty tuple asks for the table alone.
        """
        filled = {table.name: table.filled for table in self.report.tables if table.n_rows}
        lacking = []
        for table, columns in needed.items():
            if table not in filled:
                lacking.append(table)
            else:
                lacking.extend(f"{table}.{column}" for column in columns if not filled[table].get(column))
        return tuple(lacking)


@dataclass(frozen=True, slots=True)
class _Read:
    """A source after reading and excluding; `typed` has the columns that its mapping or its `types` name."""

    raw: RawTable
    typed: pa.Table
    report: SourceReport


def load_tables(engagement: Engagement) -> Loaded:
    """Read every source of the contract and fill the canonical tables.

    Parameters
    ----------
    engagement : Engagement
        The contract and the folder of its exports.

    Returns
    -------
    Loaded
        Canonical tables with exact money (DECIMAL(18,4)), dates without time, ids as text.

    Raises
    ------
    DataError
        With every problem of every source at once; nothing is loaded then.
    """
    problems: list[Problem | str] = []
    contract = engagement.contract
    tried = {name: _attempt(problems, _read, name, engagement) for name in contract.sources}
    read = {name: found for name, found in tried.items() if found is not None}
    engine = open_engine(engagement.folder)
    rows = {name: found.typed for name, found in read.items()}
    files = {name: found.raw.file for name, found in read.items()}
    for name, typed in rows.items():
        engine.con.register(name, typed)
    canonical, joins = {}, []
    for name, source in contract.sources.items():
        if source.table and name in rows:
            canonical[source.table] = rows[name].append_column("_source", pa.array([name] * len(rows[name])))
    for table, sql in contract.tables.items():
        if read_names(sql)[0] & (tried.keys() - read.keys()):
            continue  # what is wrong with its sources comes first
        if selected := _attempt(problems, run_select, engine.con, table, sql, rows):
            joins.extend(selected[1])
            canonical[table] = _attempt(problems, _cast, table, selected[0], files)
    found = {table: rows for table, rows in canonical.items() if rows is not None}
    kept = {table: _attempt(problems, _keep_once, table, found[table], files, engine) for table in sorted(found)}
    if problems:
        raise DataError(*problems)
    for name in rows:
        engine.con.unregister(name)
    sources = tuple(one.report for one in read.values())
    return _fill(engagement, engine, found, kept, sources, tuple(joins), files=files)


def load_frames(frames: Mapping[str, pd.DataFrame], **decided: Any) -> Loaded:
    """Load canonical tables from frames: what simulations, examples and tests analyse without writing files.

    Parameters
    ----------
    frames : mapping of table name to DataFrame
        One row per row of the canonical table; columns are canonical, values are of their kinds.
    **decided
        Parts of the contract that matter; else a client in SEK whose data are of 2025-12-31.

    Raises
    ------
    DataError
        If a value is not of its column's kind, or rows differ under one key.

    Examples
    --------
    >>> import pandas as pd
    >>> loaded = load_frames({"reps": pd.DataFrame({"rep_id": ["R1", "R2"], "team": ["North", None]})})
    >>> loaded.report.tables[0].filled
    {'rep_id': 2, 'team': 1}
    """
    files = {"frames": "a frame"}
    usual = {"client": "Example", "currency": "SEK", "exported_on": date(2025, 12, 31)}
    contract = Contract(**{**usual, "sources": {"frames": Source(file="frames.csv")}, **decided})
    engagement = Engagement("example", Path("example"), Path("example"), contract)
    engine = open_engine(engagement.folder)
    found, kept = {}, {}
    for table, frame in frames.items():
        rows = pa.Table.from_pandas(frame, preserve_index=False)
        rows = rows.append_column("_row", pa.array(range(1, len(frame) + 1)))
        rows = rows.append_column("_source", pa.array(["frames"] * len(frame)))
        found[table] = _cast(table, rows, files)
        kept[table] = _keep_once(table, found[table], files, engine)
    return _fill(engagement, engine, found, kept, (), files=files)


def _fill(
    engagement: Engagement,
    engine: Any,
    found: Mapping[str, pa.Table],
    kept: Mapping[str, pa.Table],
    sources: tuple[SourceReport, ...],
    joins: tuple[Unmatched, ...] = (),
    *,
    files: Mapping[str, str],
) -> Loaded:
    """Write the canonical tables to the engine, and report on them."""
    own = engagement.contract.currency
    if problems := check_currencies(kept, own, files):
        raise DataError(*problems)
    for table, rows in kept.items():
        engine.create_table(table, rows.drop_columns(["_row", "_source"]))
    tables = {table: engine.table(table) for table in kept}
    reports = tuple(_report_table(table, len(found[table]) - len(kept[table]), tables) for table in kept)
    report = LoadReport(sources=sources, tables=reports, joins=joins)
    return Loaded(engagement, engine, convert_currencies(tables, own), report)


def open_engagement(folder: str | Path, exports: str | Path | None = None) -> Loaded:
    """Read an engagement's contract and load its exports: the first line of every notebook.

    Parameters
    ----------
    folder : str or Path
        The engagement folder.
    exports : str or Path, optional
        Folder of the client's files; the engagement's own if None or empty.

    Raises
    ------
    ContractError, DataError
        With every problem at once.
    """
    return load_tables(read_engagement(folder, exports))


def _attempt(problems: list[Problem | str], step: Callable[..., Any], *args: Any) -> Any:
    """Call a step, and collect what is wrong instead of stopping at it."""
    try:
        return step(*args)
    except DataError as error:
        problems.extend(error.problems)
        return None


def _read(name: str, engagement: Engagement) -> _Read:
    source = engagement.contract.sources[name]
    raw = read_source(name, source, engagement.exports)
    _require_headings(raw, source)
    kept, excluded = _exclude(raw, source)
    match = _match(raw, source)
    told = {name: value for name, value in match.dialect.items() if name not in source.model_fields_set}
    written: dict[str, Any] = {"decimal": source.decimal, "date_format": source.date_format, **told}
    dialect = Dialect(null_words=tuple(source.null_words), **written)
    if source.table:
        typed, remarks = _to_canonical(kept, source, match, raw.file, dialect)
    else:
        typed, remarks = _to_types(kept, source, raw.file, dialect)
    headings = tuple(raw.table.column_names[1:])
    selects = [read_names(sql) for sql in engagement.contract.tables.values()]
    selected = {column for names, columns in selects if name in names for column in columns}
    unused = match.ignored if source.table else [heading for heading in headings if heading.lower() not in selected]
    excluding = {rule.column for rule in source.exclude}
    report = SourceReport(
        name=name,
        file=raw.file,
        sha256=raw.sha256,
        n_read=raw.n_rows,
        n_used=kept.num_rows,
        excluded=excluded,
        repaired_rows=raw.repaired_rows,
        totals_row=raw.totals_row,
        preset=match.preset,
        mapped=match.columns | {column: " + ".join(told) for column, told in match.derived.items()},
        missing=match.missing,
        unsupported=match.unsupported,
        headings=headings,
        ignored=tuple(heading for heading in unused if heading not in excluding),
        remarks=remarks,
    )
    return _Read(raw, typed, report)


def _exclude(raw: RawTable, source: Source) -> tuple[pa.Table, dict[str, int]]:
    """Leave out the rows that the contract excludes, and count them by reason."""
    keep = pa.array([True] * raw.table.num_rows)
    counts: dict[str, int] = {}
    for rule in source.exclude:
        values = pc.utf8_trim_whitespace(pc.fill_null(raw.table[rule.column].cast(pa.string()), ""))
        hit = pc.and_(keep, pc.is_in(values, pa.array(rule.values)))
        counts[rule.reason] = counts.get(rule.reason, 0) + (pc.sum(hit).as_py() or 0)
        keep = pc.and_(keep, pc.invert(hit))
    return raw.table.filter(keep), counts


def _match(raw: RawTable, source: Source) -> HeadingMatch:
    """Decide which heading fills which canonical column: the contract's mapping over a CRM's headings."""
    headings = raw.table.column_names[1:]
    if source.table is None:
        return HeadingMatch(preset=None, columns={})
    if source.columns and not source.preset:  # what the contract maps column by column is not guessed at
        used = set(source.columns.values())
        return HeadingMatch(
            table=source.table,
            columns=dict(source.columns),
            missing=tuple(column for column in TABLES[source.table].columns if column not in source.columns),
            ignored=tuple(heading for heading in headings if heading not in used),
        )
    match = match_headings(headings, source.table, source.preset, given=source.columns)
    if match.preset is None:
        fits = f"fits the presets {', '.join(match.candidates)}" if match.candidates else "fits no preset"
        fix = f'Name one with preset = "…", or map the columns of {source.table} one by one'
        raise DataError(Problem(place=raw.file, what=f"{fits} by its headings", fix=fix))
    return match


def _require_headings(raw: RawTable, source: Source) -> None:
    """Refuse a file that lacks a heading which the contract names."""
    headings = raw.table.column_names[1:]
    wanted = [
        *source.columns.items(),
        *((f"types.{heading}", heading) for heading in source.types),
        *(("exclude", rule.column) for rule in source.exclude),
    ]
    unknown = [
        Problem(
            place=raw.file,
            what=f"has no heading '{heading}', which the contract's '{key}' names",
            fix=_capital(nearest(heading, headings)),
        )
        for key, heading in wanted
        if heading not in headings
    ]
    if unknown:
        raise DataError(*unknown)


def _to_canonical(
    kept: pa.Table, source: Source, match: HeadingMatch, file: str, dialect: Dialect
) -> tuple[pa.Table, tuple[str, ...]]:
    table = str(source.table)
    spec = TABLES[table].columns
    problems = [
        Problem(
            place=file,
            what=f"has no heading for '{column}', which every row of {table} needs",
            fix=f'Name it in the contract: columns.{column} = "…"; headings are {", ".join(kept.column_names[1:])}',
        )
        for column, about in spec.items()
        if about.is_required and column not in match.columns
    ]
    if problems:
        raise DataError(*problems)
    extras = {name: Column(EXTRA_KINDS[name]) for name in match.extras}
    headings = {**match.columns, **match.extras}
    raw = {"_row": kept["_row"]}
    for column, heading in headings.items():
        words = value_map(match.preset, table, column) if match.preset else {}
        raw[column] = _translate(kept[heading], words | source.values.get(column, {}))
    typed, problems, remarks = _parse(pa.table(raw), spec | extras, headings, file, dialect)
    if problems:
        raise DataError(*problems)
    chosen = tuple(f"{column}: '{found[0]}' is used, not {found[1:]}" for column, found in match.ambiguous.items())
    return apply_preset_rules(typed, match), (*chosen, *remarks)


def _to_types(kept: pa.Table, source: Source, file: str, dialect: Dialect) -> tuple[pa.Table, tuple[str, ...]]:
    """Give a file that a SELECT reads its types; headings without one stay text."""
    spec = {heading: Column(source.types.get(heading, "text")) for heading in kept.column_names[1:]}
    typed, problems, remarks = _parse(kept, spec, {}, file, dialect)
    if problems:
        raise DataError(*problems)
    return typed, remarks


def _cast(table: str, selected: pa.Table, files: Mapping[str, str]) -> pa.Table:
    """Give the columns that a SELECT (or a frame) holds the kinds of the canonical table."""
    spec = TABLES[table].columns
    lacking = [column for column, about in spec.items() if about.is_required and column not in selected.column_names]
    if lacking:
        place = f"engagement.toml: tables.{table}"
        raise DataError(Problem(place=place, what=f"gives no '{lacking[0]}'", fix=f"Select something AS {lacking[0]}"))
    file = ", ".join(files[name] for name in dict.fromkeys(selected["_source"].to_pylist()))
    typed, problems, _ = _parse(selected, spec, {}, file, Dialect())
    if problems:
        raise DataError(*problems)
    return typed.append_column("_source", selected["_source"])


def _parse(
    raw: pa.Table, spec: Mapping[str, Column], headings: Mapping[str, str], file: str, dialect: Dialect
) -> tuple[pa.Table, list[Problem], tuple[str, ...]]:
    """Type every column of `raw` that `spec` knows; empty required cells are problems too."""
    typed = {"_row": raw["_row"]}
    problems, remarks = [], []
    for column, about in spec.items():
        if column not in raw.column_names:
            continue
        parsed = parse_column(raw[column], about.kind, dialect, choices=about.choices)
        name = headings.get(column, column)
        if parsed.bad:
            rows = tuple(raw["_row"].take(pa.array(parsed.bad)).to_pylist())
            values = tuple(str(value) for value in raw[column].take(pa.array(parsed.bad)).to_pylist())
            problems.append(
                Problem(place=file, column=name, what=parsed.what, fix=parsed.fix, rows=rows, values=values)
            )
        elif about.is_required and parsed.values.null_count:
            rows = tuple(raw["_row"].filter(pc.is_null(parsed.values)).to_pylist())
            what, fix = "is empty where every row needs it", "Fill it, or exclude the rows with a reason"
            problems.append(Problem(place=file, column=name, what=what, fix=fix, rows=rows))
        if parsed.decided:
            at = "" if parsed.decided_at is None else f" (row {raw['_row'][parsed.decided_at]})"
            remarks.append(f"{name}: {parsed.decided}{at}")
        typed[column] = parsed.values
    return pa.table(typed), problems, tuple(remarks)


def _translate(values: pa.ChunkedArray, words: Mapping[str, str]) -> pa.ChunkedArray:
    """Replace whole cells by the contract's (or the preset's) words, whatever their case."""
    if not words:
        return values
    known = {normalise_heading(word): value for word, value in words.items()}
    encoded = pc.dictionary_encode(values.cast(pa.string())).combine_chunks()
    translated = [
        None if text is None else known.get(normalise_heading(text), text) for text in encoded.dictionary.to_pylist()
    ]
    return pa.chunked_array([pa.array(translated, pa.string()).take(encoded.indices)])


def _keep_once(table: str, rows: pa.Table, files: Mapping[str, str], engine: Any) -> pa.Table:
    """Use identical rows of one key once; refuse rows that differ under one key."""
    key = TABLES[table].key
    if not key or rows.num_rows == len(rows.group_by(list(key)).aggregate([])):
        return rows
    columns = ", ".join(f'"{name}"' for name in rows.column_names if not name.startswith("_"))
    engine.con.register("_rows", rows)
    once = engine.con.execute(
        f"SELECT {columns}, min(_row) AS _row, arg_min(_source, _row) AS _source FROM _rows "  # noqa: S608
        f"GROUP BY {columns} ORDER BY _source, _row"
    ).to_arrow_table()
    engine.con.unregister("_rows")
    counts = once.group_by(list(key)).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts["count_all"], 1))
    if twice.num_rows:
        clash = once.join(twice.drop_columns(["count_all"]), keys=list(key), join_type="left semi")
        clash = clash.sort_by([(name, "ascending") for name in (*key, "_row")])
        raise DataError(
            Problem(
                place=", ".join(files[name] for name in dict.fromkeys(clash["_source"].to_pylist())),
                column=" + ".join(key),
                what=f"names several rows of {table} that differ",
                fix="Keep the right one, or exclude the other with a reason",
                rows=tuple(clash["_row"].to_pylist()),
                values=tuple(str(value) for value in clash[key[0]].to_pylist()),
            )
        )
    return once


def _report_table(table: str, n_repeated: int, tables: Mapping[str, Any]) -> TableReport:
    rows = tables[table]
    counts = rows.aggregate(n_rows=rows.count(), **{name: rows[name].count() for name in rows.columns})
    found = counts.to_pyarrow().to_pylist()[0]
    unmatched = {}
    for source, column, target in REFERENCES:
        if source == table and target in tables and column in rows.columns:
            known = tables[target].select(**{column: tables[target][TABLES[target].key[0]]})
            lost = rows.filter(rows[column].notnull()).anti_join(known, column)
            unmatched[column] = int(lost.count().to_pyarrow().as_py())
    n_rows = found.pop("n_rows")
    return TableReport(name=table, n_rows=n_rows, n_repeated=n_repeated, filled=found, unmatched=unmatched)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
