"""The one SELECT a contract may hold per canonical table: linted, run on the read files, and accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from gtmlib.data.engagement import nearest
from gtmlib.data.schema import TABLES
from gtmlib.errors import DataError, Problem


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
    if problems := [problem for branch in branches for problem in _check(branch, table, sources, place)]:
        raise DataError(*problems)
    parts, unmatched = [], []
    for branch in branches:
        base, joined = branch.args["from_"].this, [join.this for join in branch.args.get("joins") or ()]
        lost = [f"count(*) FILTER (WHERE {other.alias_or_name}._row IS NULL)" for other in joined]
        counted = _run(connection, branch.select("count(*)", *lost, append=False).sql("duckdb"), place)
        n_made, *n_lost = [column[0].as_py() for column in counted.columns]
        if n_made != (n_rows := sources[base.name].num_rows):
            what = f"makes {n_made:,} rows of the {n_rows:,} in '{base.name}'"
            fix = "A joined source has its key more than once: join on all of its key columns"
            raise DataError(Problem(place=place, what=what, fix=fix))
        unmatched += [Unmatched(source=base.name, joined=to.name, n=n) for to, n in zip(joined, n_lost, strict=True)]
        parts.append(branch.select(f"{base.alias_or_name}._row AS _row", f"'{base.name}' AS _source").sql("duckdb"))
    return _run(connection, " UNION ALL BY NAME ".join(parts), place), tuple(unmatched)


def read_names(sql: str) -> tuple[frozenset[str], frozenset[str]]:
    """Give the sources and the columns that a SELECT names, in small letters; none if it is not SQL.

    Parameters
    ----------
    sql : str
        In DuckDB's dialect.

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
            elif isinstance(node, exp.Union) and _clauses(node) <= {"this", "expression", "by_name"}:
                pending[:0] = [node.left, node.right]
            else:
                break
        else:
            return branches
    fix = "Write one SELECT over the sources, or several with UNION ALL between them"
    raise DataError(Problem(place=place, what="is not one SELECT", fix=fix))


def _check(branch: exp.Select, table: str, sources: Mapping[str, pa.Table], place: str) -> list[Problem]:
    first, joins = branch.args.get("from_"), branch.args.get("joins") or []
    # What would leave rows out, multiply or merge them; `exclude` rules leave rows out, each with its reason.
    banned = sorted(_clauses(branch) - {"expressions", "from_", "joins", "sample"})
    words = [{"group": "GROUP BY", "order": "ORDER BY", "with_": "WITH"}.get(name, name.upper()) for name in banned]
    found = [(f"uses {word}", "Leave rows out with [[sources.NAME.exclude]] and a reason") for word in words]
    if branch.find(exp.TableSample):
        found.append(("uses SAMPLE", "Leave rows out with [[sources.NAME.exclude]] and a reason"))
    is_plain = first and all(isinstance(clause.this, exp.Table) for clause in (first, *joins))
    nested = branch.find_all(exp.Select, exp.Star, exp.Values, exp.Explode, exp.Unnest)
    if not is_plain or any(node is not branch for node in nested):
        found.append(("has a subquery, an unnest, a '*' or no FROM", "Name sources and columns one by one"))
    if any(join.side != "LEFT" or join.kind not in ("", "OUTER") or not join.args.get("on") for join in joins):
        found.append(("has a join that is not LEFT JOIN … ON …", "Write LEFT JOIN source ON a = b"))
    read = {node.name for node in branch.find_all(exp.Table) if node.name not in sources or node.db}
    found += [(f"reads '{name}', which is no source", nearest(name, sources)) for name in sorted(read)]
    columns, known = [selected.alias_or_name for selected in branch.expressions], TABLES[table].columns
    unknown = [name for name in dict.fromkeys(columns) if name not in known]
    found += [(f"gives '{name}', which {table} has not", nearest(name, known)) for name in unknown]
    found += [(f"gives '{name}' twice", "Keep one") for name in sorted({*columns}) if columns.count(name) > 1]
    return [Problem(place=place, what=what, fix=fix[:1].upper() + fix[1:]) for what, fix in found]


def _clauses(node: exp.Expression) -> set[str]:
    return {name for name, clause in node.args.items() if clause}


def _run(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> pa.Table:
    try:
        return connection.execute(sql).to_arrow_table()
    except duckdb.Error as error:
        what = "does not run: " + str(error).splitlines()[0].rstrip("!.")
        fix = "Mend it; columns are the headings of the file, in double quotes where they hold spaces"
        raise DataError(Problem(place=place, what=what, fix=fix)) from None
