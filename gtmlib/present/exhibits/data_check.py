"""Exhibits of the data check, and of chapters whose data are missing."""

from __future__ import annotations

from gtmlib.analyses.data_check import Coverage, DataCheck
from gtmlib.analyses.reductions import MissingData
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.language import Language


def present_data_check(result: DataCheck, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Show what was read, what is missing, and how far the answers can be trusted."""
    say = language.say
    n_excluded = sum(sum(source.excluded.values()) for source in result.sources)
    n_repaired = sum(len(source.repaired_rows) for source in result.sources)
    n_repeated = sum(result.n_repeated.values())
    excluded = [(source.file, reason, n) for source in result.sources for reason, n in source.excluded.items() if n]
    sentences = [say("data.excluded", n=n, file=file, reason=reason) for file, reason, n in excluded]
    if n_repaired:
        sentences.append(say("data.repaired", n=n_repaired))
    if n_repeated:
        sentences.append(say("data.repeated", n=n_repeated))
    sentences += [
        say("data.unjoined", n=join.n, source=join.source, joined=join.joined) for join in result.joins if join.n
    ]
    if result.n_deals:
        deals = [say(f"data.status.{status}", n=n) for status, n in result.n_deals.items()]
        sentences.append(say("data.deals", deals=deals))
    if result.n_reps_without_deals:
        sentences.append(say("data.reps_without_deals", n=result.n_reps_without_deals))
    rates = (("reasons", result.reasons), ("fidelity", result.fidelity))
    known = [(name, rate) for name, rate in rates if rate is not None]
    sentences += [
        say(f"data.{name}", rate=rate.rate, low=rate.ci_low, high=rate.ci_high, n=rate.n_trials) for name, rate in known
    ]
    return Exhibit(
        id="data-check",
        title=say("data.title.left_out", n=n_excluded) if n_excluded else say("data.title.nothing"),
        sentences=tuple(sentences),
        table=_table(result, language),
        headline=say("data.title", n=sum(source.n_read for source in result.sources), files=len(result.sources)),
        kpis=tuple(
            Kpi(
                label=say(f"data.kpi.{name}"),
                value=language.format(rate.rate, "percent"),
                detail=say("data.kpi.detail", low=rate.ci_low, high=rate.ci_high, n=rate.n_trials),
            )
            for name, rate in known
        ),
    )


def present_coverage(result: Coverage, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Show which fields have holes, and which point to something that the data don't hold."""
    say = language.say
    rows, sentences, n_fields = [], [], 0
    for table in result.tables:
        name = say(f"table.{table.name}")
        for column, n_filled in table.filled.items():
            n_fields += 1
            n_missing, n_unmatched = table.n_rows - n_filled, table.unmatched.get(column, 0)
            field = say(f"field.{column}")
            if n_missing or n_unmatched:
                share = n_missing / table.n_rows if table.n_rows else None
                rows.append((name, field, table.n_rows, n_missing, share, n_unmatched))
            if n_unmatched:
                args = {"n": n_unmatched, "of": table.n_rows, "table": name, "column": field}
                sentences.append(say("data.coverage.unmatched", **args))
    counts = "data.coverage.rows:count data.coverage.missing:count"
    shares = "data.coverage.share:percent data.coverage.unmatched_column:count"
    named = columns(say, f"data.coverage.table data.coverage.field {counts} {shares}")
    n_complete = n_fields - sum(1 for row in rows if row[3])
    return Exhibit(
        id="data-coverage",
        title=say("data.coverage.title", complete=n_complete, fields=n_fields),
        sentences=tuple(sentences),
        table=Table(columns=named, rows=tuple(rows)) if rows else None,
        notes=(say("data.coverage.note"),),
    )


def present_missing(result: MissingData, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say what a chapter needs and what to ask for."""
    say = language.say
    title = say("missing.title", chapter=say(f"chapter.{result.chapter}"))
    needed = [describe_needed(item, language) for item in result.needed]
    return Exhibit(
        id=f"{result.chapter}-missing-" + "-".join(item.split(" ")[0].replace(".", "-") for item in result.needed),
        title=title,
        sentences=(say("missing.ask"), *needed),
        headline=title,
    )


def describe_needed(item: str, language: Language) -> str:
    """Say in the client's words what a missing table or column is.

    Parameters
    ----------
    item : str
        `table`, `table.column`, `table.column = value`, or `contract.section`.
    language : Language
        The client's.
    """
    place, _, value = item.partition(" = ")
    table, _, column = place.partition(".")
    if table == "contract":
        return language.say(f"needed.contract.{column}")
    if value:
        return language.say("needed.value", table=language.say(f"table.{table}"), value=value)
    if column:
        return language.say(
            "needed.column", table=language.say(f"table.{table}"), column=language.say(f"field.{column}")
        )
    return language.say("needed.table", table=language.say(f"table.{table}"))


def _table(result: DataCheck, language: Language) -> Table:
    counts = "data.column.read:count data.column.excluded:count data.column.repaired:count data.column.used:count"
    rows = tuple(
        (source.file, source.n_read, sum(source.excluded.values()), len(source.repaired_rows), source.n_used)
        for source in result.sources
    )
    named = columns(language.say, f"data.column.file {counts}")
    return Table(columns=named, rows=rows)
