"""From a client's exports to canonical tables, with every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.codebook import read_codebook
from gtmlib.data.codes import CODES_FILE, check_codes, codes_source, join_codes
from gtmlib.data.crm import EXTRA_KINDS, HeadingMatch, apply_preset_rules, match_headings, normalise_heading, value_map
from gtmlib.data.currency import check_currencies, convert_currencies
from gtmlib.data.engagement import Contract, Engagement, Source, nearest, read_engagement
from gtmlib.data.engine import open_engine
from gtmlib.data.loaded import Loaded, LoadReport, SourceReport, TableReport
from gtmlib.data.read import RawTable, read_source
from gtmlib.data.schema import REFERENCES, TABLES, Column
from gtmlib.data.select import read_names, run_select
from gtmlib.data.values import Dialect, parse_column
from gtmlib.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd


Tables = Mapping[str, pa.Table]


def load_tables(engagement: Engagement, only: Collection[str] = ()) -> Loaded:
    """Read every source of the contract and fill the canonical tables.

    Parameters
    ----------
    engagement : Engagement
        The contract and the folder of its exports.
    only : collection of str
        Canonical tables to fill, where not all are needed: the sources of others are not read.

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
    selects = {table: sql for table, sql in contract.tables.items() if not only or table in only}
    wanted = _sources_of(contract, selects, only)
    tried = {name: _attempt(problems, _read, name, source, engagement) for name, source in wanted.items()}
    confirmed = _attempt(problems, _read_codes, engagement) if not only or "codes" in only else None
    read = {name: found for name, found in tried.items() if found is not None}
    engine = open_engine(engagement.folder)
    rows = {name: typed for name, (typed, _) in read.items()}
    files = {name: report.file for name, (_, report) in read.items()}
    for name, typed in rows.items():
        engine.con.register(name, typed)
    canonical, joins = {}, []
    for name, source in wanted.items():
        if source.table and name in rows:
            canonical[source.table] = rows[name].append_column("_source", pa.array([name] * len(rows[name])))
    for table, sql in selects.items():
        if read_names(sql)[0] & (tried.keys() - read.keys()):
            continue  # what is wrong with its sources comes first
        if selected := _attempt(problems, run_select, engine.con, table, sql, rows):
            joins.extend(selected[1])
            canonical[table] = _attempt(problems, _cast, table, selected[0], files, contract.currency)
    if confirmed:
        canonical["codes"] = confirmed[0].append_column("_source", pa.array([CODES_FILE] * len(confirmed[0])))
        files[CODES_FILE] = CODES_FILE
    found = {table: rows for table, rows in canonical.items() if rows is not None}
    kept = {table: _attempt(problems, _keep_once, table, found[table], files, engine) for table in sorted(found)}
    if problems:
        raise DataError(*problems)
    for name in rows:
        engine.con.unregister(name)
    account = LoadReport(
        sources=tuple(report for _, report in read.values()),
        tables=(),
        joins=tuple(joins),
        codes=confirmed[1] if confirmed else None,
    )
    return _fill(engagement, engine, found, kept, account, files)


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
        found[table] = _cast(table, rows, files, contract.currency)
        kept[table] = _keep_once(table, found[table], files, engine)
    return _fill(engagement, engine, found, kept, LoadReport(sources=(), tables=()), files)


def _fill(
    engagement: Engagement, engine: Any, found: Tables, kept: Tables, account: LoadReport, files: Mapping[str, str]
) -> Loaded:
    """Write the canonical tables to the engine, amounts in one currency, and add them to the account."""
    own = engagement.contract.currency
    if problems := check_currencies(kept, own, files):
        raise DataError(*problems)
    n_repeated = {table: len(found[table]) - len(rows) for table, rows in kept.items()}
    objections = join_codes(kept, read_codebook(engagement.folder, "objections"))
    kept = {**kept, **({} if objections is None else {"objections": objections})}
    for table, rows in kept.items():
        engine.create_table(table, rows.drop_columns(["_row", "_source"]))
    tables = {table: engine.table(table) for table in kept}
    reports = tuple(_report_table(table, n_repeated.get(table, 0), kept) for table in kept)
    return Loaded(engagement, engine, convert_currencies(tables, own), replace(account, tables=reports))


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


def _sources_of(contract: Contract, selects: Mapping[str, str], only: Collection[str]) -> dict[str, Source]:
    """Give the sources that fill the wanted tables, themselves or through a SELECT."""
    read = {name for sql in selects.values() for name in read_names(sql)[0]}
    sources = contract.sources.items()
    return {name: source for name, source in sources if not only or source.table in only or name in read}


def read_codes(engagement: Engagement) -> list[dict[str, Any]]:
    """Read the confirmed codes alone, in the order of `codes.csv`: it may hold more by now than what was loaded.

    Parameters
    ----------
    engagement : Engagement
        In whose folder the file lies.

    Raises
    ------
    DataError
        If it says what can't be.
    """
    found = _read_codes(engagement)
    return found[0].to_pylist() if found else []


def _attempt(problems: list[Problem | str], step: Callable[..., Any], *args: Any) -> Any:
    """Call a step, and collect what is wrong instead of stopping at it."""
    try:
        return step(*args)
    except DataError as error:
        problems.extend(error.problems)
        return None


def _read_codes(engagement: Engagement) -> tuple[pa.Table, SourceReport] | None:
    """Read what people confirmed of notes, where there is any."""
    source = codes_source(engagement.folder)
    if source is None:
        return None
    rows, report = _read("codes", source, replace(engagement, exports=engagement.folder))
    if problems := check_codes(rows, engagement.folder):
        raise DataError(*problems)
    return rows, report


def _read(name: str, source: Source, engagement: Engagement) -> tuple[pa.Table, SourceReport]:
    """Read a source and exclude rows; give the columns that its mapping or its `types` name, and what became of it."""
    currency = engagement.contract.currency
    raw = read_source(name, source, engagement.exports)
    _require_headings(raw, source)
    kept, excluded = _exclude(raw, source)
    match = _match(raw, source)
    told = {name: value for name, value in match.dialect.items() if name not in source.model_fields_set}
    written: dict[str, Any] = {"decimal": source.decimal, "date_format": source.date_format, **told}
    dialect = Dialect(null_words=tuple(source.null_words), **written)
    if source.table:
        typed, remarks = _to_canonical(kept, source, match, raw.file, dialect, currency)
    else:  # a SELECT reads the file: headings without a type stay text
        spec = {heading: Column(source.types.get(heading, "text")) for heading in kept.column_names[1:]}
        typed, remarks = _parse(kept, spec, {}, raw.file, dialect, currency)
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
    return typed, report


def _exclude(raw: RawTable, source: Source) -> tuple[pa.Table, dict[str, int]]:
    """Leave out the rows that the contract excludes, and count them by reason."""
    if not source.exclude:
        return raw.table, {}
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
        return HeadingMatch()
    if source.columns and not source.preset:  # what the contract maps column by column is not guessed at
        columns = dict(source.columns)
        missing = tuple(column for column in TABLES[source.table].columns if column not in columns)
        ignored = tuple(heading for heading in headings if heading not in columns.values())
        return HeadingMatch(table=source.table, columns=columns, missing=missing, ignored=ignored)
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
    problems = []
    for key, heading in wanted:
        if heading not in headings:
            what = f"has no heading '{heading}', which the contract's '{key}' names"
            problems.append(Problem(place=raw.file, what=what, fix=_capital(nearest(heading, headings))))
    if problems:
        raise DataError(*problems)


def _require_columns(table: str, given: Collection[str], place: str, what: str, fix: str) -> None:
    """Refuse what gives no column that each row of the table needs; the column's name goes after `fix`."""
    lacking = [name for name, about in TABLES[table].columns.items() if about.is_required and name not in given]
    if lacking:
        problems = (
            Problem(place=place, what=f"{what} '{name}', which every row of {table} needs", fix=fix + name)
            for name in lacking
        )
        raise DataError(*problems)


def _to_canonical(
    kept: pa.Table, source: Source, match: HeadingMatch, file: str, dialect: Dialect, currency: str
) -> tuple[pa.Table, tuple[str, ...]]:
    table = str(source.table)
    fix = f"Headings are {', '.join(kept.column_names[1:])}: name one in the contract as columns."
    _require_columns(table, match.columns, file, "has no heading for", fix)
    extras = {name: Column(EXTRA_KINDS[name]) for name in match.extras}
    headings = {**match.columns, **match.extras}
    raw = {"_row": kept["_row"]}
    for column, heading in headings.items():
        words = value_map(match.preset, table, column) if match.preset else {}
        raw[column] = _translate(kept[heading], words | source.values.get(column, {}))
    typed, remarks = _parse(pa.table(raw), TABLES[table].columns | extras, headings, file, dialect, currency)
    chosen = tuple(f"{column}: '{found[0]}' is used, not {found[1:]}" for column, found in match.ambiguous.items())
    return apply_preset_rules(typed, match), (*chosen, *remarks)


def _refusal(rows: pa.Table, file: str, column: str, what: str, fix: str, values: Any = ()) -> Problem:
    """Say what is wrong with some rows, which they are and what stands in them."""
    shown = tuple(str(value) for value in values)
    return Problem(place=file, column=column, what=what, fix=fix, rows=tuple(rows["_row"].to_pylist()), values=shown)


def _cast(table: str, selected: pa.Table, files: Mapping[str, str], currency: str) -> pa.Table:
    """Give the columns that a SELECT (or a frame) holds the kinds of the canonical table."""
    place = f"engagement.toml: tables.{table}"
    _require_columns(table, selected.column_names, place, "gives no", "Select something AS ")
    file = ", ".join(files[name] for name in dict.fromkeys(selected["_source"].to_pylist()))
    typed, _ = _parse(selected, TABLES[table].columns, {}, file, Dialect(), currency)
    return typed.append_column("_source", selected["_source"])


def _parse(
    raw: pa.Table, spec: Mapping[str, Column], headings: Mapping[str, str], file: str, dialect: Dialect, own: str
) -> tuple[pa.Table, tuple[str, ...]]:
    """Type every column of `raw` that `spec` knows.

    Refused are unreadable cells, empty ones that every row needs, and amounts that name another currency than our own.
    """
    typed = {"_row": raw["_row"]}
    problems, remarks = [], []
    for column, about in spec.items():
        if column not in raw.column_names:
            continue
        parsed = parse_column(raw[column], about.kind, dialect, choices=about.choices)
        name = headings.get(column, column)
        if parsed.bad:
            bad = raw.take(pa.array(parsed.bad))
            problems.append(_refusal(bad, file, name, parsed.what, parsed.fix, bad[column].to_pylist()))
        elif about.is_required and parsed.values.null_count:
            what, fix = "is empty where every row needs it", "Fill it, or exclude the rows with a reason"
            problems.append(_refusal(raw.filter(pc.is_null(parsed.values)), file, name, what, fix))
        elif parsed.currency not in ("", own):
            what = f"has amounts in {parsed.currency}, and the engagement is in {own}"
            problems.append(Problem(place=file, column=name, what=what, fix=f"Ask for amounts in {own}"))
        if parsed.decided:
            at = "" if parsed.decided_at is None else f" (row {raw['_row'][parsed.decided_at]})"
            remarks.append(f"{name}: {parsed.decided}{at}")
        typed[column] = parsed.values
    if problems:
        raise DataError(*problems)
    return pa.table(typed), tuple(remarks)


def _translate(values: pa.ChunkedArray, words: Mapping[str, str]) -> pa.ChunkedArray:
    """Replace whole cells by the contract's (or the preset's) words, whatever their case."""
    if not words:
        return values
    known = {normalise_heading(word): value for word, value in words.items()}
    encoded = pc.dictionary_encode(values.cast(pa.string())).combine_chunks()
    texts = encoded.dictionary.to_pylist()
    translated = [None if text is None else known.get(normalise_heading(text), text) for text in texts]
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
        place = ", ".join(files[name] for name in dict.fromkeys(clash["_source"].to_pylist()))
        what = f"names several rows of {table} that differ"
        fix = "Keep the right one, or exclude the other with a reason"
        raise DataError(_refusal(clash, place, " + ".join(key), what, fix, clash[key[0]]))
    return once


def _report_table(table: str, n_repeated: int, kept: Mapping[str, pa.Table]) -> TableReport:
    rows = kept[table].drop_columns(["_row", "_source"])
    filled = {name: rows.num_rows - rows[name].null_count for name in rows.column_names}
    unmatched = {}
    for source, column, target in REFERENCES:
        if source == table and target in kept and column in filled:
            known = kept[target][TABLES[target].key[0]].combine_chunks()
            lost = pc.and_(pc.is_valid(rows[column]), pc.invert(pc.is_in(rows[column], value_set=known)))
            unmatched[column] = pc.sum(lost).as_py() or 0
    return TableReport(name=table, n_rows=rows.num_rows, n_repeated=n_repeated, filled=filled, unmatched=unmatched)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
