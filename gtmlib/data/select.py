"""The one SELECT a contract may hold per canonical table: linted, run on the read files, and accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from gtmlib.data.engagement import nearest
from gtmlib.data.schema import TABLES
from gtmlib.errors import DataError, Problem

# What would leave rows out, multiply or merge them; `exclude` rules leave rows out, each with its reason.
BANNED = {
    "where": "WHERE",
    "having": "HAVING",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "distinct": "DISTINCT",
    "group": "GROUP BY",
    "qualify": "QUALIFY",
    "sample": "SAMPLE",
    "with_": "WITH",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Rows of a source that found no partner in a left join.

    Parameters
    ----------
    source, joined : str
        Names of the sources.
    n : int
        Rows of `source` without a row in `joined`.
    """

    source: str
    joined: str
    n: int


def run_select(
    connection: duckdb.DuckDBPyConnection, table: str, sql: str, sources: Mapping[str, pa.Table]
) -> tuple[pa.Table, tuple[Unmatched, ...]]:
    """Run the contract's SELECT for a canonical table.

    Parameters
    ----------
    connection : DuckDB connection
        The engagement's own, with every source registered under its name.
    table : str
        Canonical table to fill.
    sql : str
        SELECT (or several with UNION ALL) in DuckDB's dialect.
    sources : mapping of name to Table
        The read files, one row per row of the file; each has `_row`.

    Returns
    -------
    Table
        The selected columns, `_row` and `_source` of the first source; as many rows as that source.
    tuple of Unmatched
        One per join, also where every row matched.

    Raises
    ------
    DataError
        If the SELECT is not allowed, does not run, or a join multiplies rows.
    """
    place = f"engagement.toml: tables.{table}"
    branches = _branches(sql, place)
    problems = [problem for branch in branches for problem in _check(branch, table, sources, place)]
    if problems:
        raise DataError(*problems)
    parts, unmatched = [], []
    for branch in branches:
        base = _source_of(branch.args["from_"])
        traced = branch.select(f"{base.alias_or_name}._row AS _row", f"'{base.name}' AS _source")
        parts.append(traced.sql("duckdb"))
        unmatched.extend(_account_for(connection, branch, base, sources, place))
    selected = _run(connection, " UNION ALL BY NAME ".join(parts), place)
    n_rows = sum(sources[_source_of(branch.args["from_"]).name].num_rows for branch in branches)
    if selected.num_rows != n_rows:  # unnest() in a column makes rows that no join does
        what = f"makes {selected.num_rows:,} rows of {n_rows:,}"
        raise DataError(Problem(place=place, what=what, fix="Write columns that give one value per row"))
    return selected, tuple(unmatched)


def read_names(sql: str) -> tuple[frozenset[str], frozenset[str]]:
    """Give the sources and the columns that a SELECT names, in small letters; none if it is not SQL.

    Examples
    --------
    >>> sources, columns = read_names('SELECT "Deal ID" AS deal_id FROM deals')
    >>> list(sources), list(columns)
    (['deals'], ['deal id'])
    """
    try:
        statements = [node for node in sqlglot.parse(sql, read="duckdb") if node]
    except SqlglotError:
        return frozenset(), frozenset()
    tables = {node.name.lower() for statement in statements for node in statement.find_all(exp.Table)}
    columns = {node.name.lower() for statement in statements for node in statement.find_all(exp.Column)}
    return frozenset(tables), frozenset(columns)


def _branches(sql: str, place: str) -> list[exp.Select]:
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except SqlglotError as error:  # a quote that is not closed has no place
        found = next(iter(getattr(error, "errors", ())), None)
        where = f"line {found['line']}, near '{found['highlight']}'" if found else "a quote or comment is not closed"
        raise DataError(Problem(place=place, what=f"is not SQL that can be read: {where}", fix="Mend it")) from None
    if len(statements) == 1:
        pending, branches = [statements[0]], []
        while pending:
            node = pending.pop(0)
            if isinstance(node, exp.Select):
                branches.append(node)
            elif isinstance(node, exp.Union) and not any(node.args.get(arg) for arg in BANNED):
                pending[:0] = [node.left, node.right]
            else:
                break
        else:
            return branches
    fix = "Write one SELECT over the sources, or several with UNION ALL between them"
    raise DataError(Problem(place=place, what="is not one SELECT", fix=fix))


def _check(branch: exp.Select, table: str, sources: Mapping[str, pa.Table], place: str) -> list[Problem]:
    def problem(what: str, fix: str) -> Problem:
        return Problem(place=place, what=what, fix=fix)

    fix = "Leave rows out with [[sources.NAME.exclude]] and a reason"
    problems = [problem(f"uses {word}", fix) for arg, word in BANNED.items() if branch.args.get(arg)]
    from_ = branch.args.get("from_")
    is_nested = any(node is not branch for node in branch.find_all(exp.Select, exp.Star, exp.Values))
    if is_nested or not from_ or not isinstance(from_.this, exp.Table):
        problems.append(problem("has a subquery, a '*' or no FROM", "Name sources and columns one by one"))
    if branch.find(exp.TableSample) and not branch.args.get("sample"):
        problems.append(problem("uses SAMPLE", fix))
    joins = branch.args.get("joins") or ()
    if any(join.side != "LEFT" or join.kind not in ("", "OUTER") or not join.args.get("on") for join in joins):
        problems.append(problem("has a join that is not LEFT JOIN … ON …", "Write LEFT JOIN source ON a = b"))
    for node in branch.find_all(exp.Table):
        if node.name not in sources or node.db:
            hint = nearest(node.name, sources)
            problems.append(problem(f"reads '{node.name}', which is no source", hint[:1].upper() + hint[1:]))
    columns = [selected.alias_or_name for selected in branch.expressions]
    for name in columns:
        if name not in TABLES[table].columns:
            hint = nearest(name, TABLES[table].columns)
            problems.append(problem(f"gives '{name}', which {table} has not", hint[:1].upper() + hint[1:]))
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        problems.append(problem(f"gives '{twice[0]}' twice", "Keep one"))
    return problems


def _source_of(clause: Any) -> exp.Table:
    found = clause.this
    if not isinstance(found, exp.Table):
        raise TypeError(f"a checked SELECT reads {type(found).__name__}")
    return found


def _run(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> pa.Table:
    try:
        return connection.execute(sql).to_arrow_table()
    except duckdb.Error as error:
        what = "does not run: " + str(error).splitlines()[0]
        fix = "Mend it; columns are the headings of the file, in double quotes where they hold spaces"
        raise DataError(Problem(place=place, what=what, fix=fix)) from None


def _account_for(
    connection: duckdb.DuckDBPyConnection,
    branch: exp.Select,
    base: exp.Table,
    sources: Mapping[str, pa.Table],
    place: str,
) -> list[Unmatched]:
    """Count what each join left unmatched, and refuse one that multiplies rows."""
    joined = [join.this for join in branch.args.get("joins") or ()]
    counts = [f"count(*) FILTER (WHERE {other.alias_or_name}._row IS NULL)" for other in joined]
    counted = _run(connection, branch.select("count(*)", *counts, append=False).sql("duckdb"), place)
    n_rows, *n_unmatched = [column[0].as_py() for column in counted.columns]
    if n_rows != sources[base.name].num_rows:
        what = f"makes {n_rows:,} rows of the {sources[base.name].num_rows:,} in '{base.name}'"
        fix = "A joined source has its key more than once: join on all of its key columns"
        raise DataError(Problem(place=place, what=what, fix=fix))
    return [Unmatched(source=base.name, joined=other.name, n=n) for other, n in zip(joined, n_unmatched, strict=True)]
