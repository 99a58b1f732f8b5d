"""The letter to the client: what to ask for, in the client's language."""

from __future__ import annotations

from collections.abc import Mapping

from gtmlib.analyses import conversion, data_check, economics, execution, objections, pipeline, profitability
from gtmlib.data.engagement import Contract
from gtmlib.data.loaded import Loaded
from gtmlib.data.schema import OURS, REFERENCES, TABLES
from gtmlib.errors import SHOWN
from gtmlib.present.exhibits.data_check import describe_needed
from gtmlib.present.language import Language

Columns = Mapping[str, tuple[str, ...]]

FEW_REASONS = 0.8  # the most frequent reason can change if more than a fifth of the losses have none


def write_letter(loaded: Loaded, language: Language) -> str:
    """Write the letter that asks the client for what is missing.

    Parameters
    ----------
    loaded : Loaded
        What the client has sent.
    language : Language
        The client's.

    Returns
    -------
    str
        A mail, with its subject; one sentence if there is nothing to ask for.
    """
    say, contract = language.say, loaded.engagement.contract
    asked = missing_items(loaded)
    doubts = _describe_doubts(loaded, language)
    if not asked and not doubts:
        return say("letter.nothing")
    files = dict.fromkeys(source.file for source in loaded.report.sources)
    n_read = sum(source.n_read for source in loaded.report.sources)
    parts = [say("letter.subject"), say("letter.greeting"), say("letter.thanks", n=n_read, files=list(files))]
    parts += [say("letter.ask")] if asked else []
    for chapter, items in asked.items():
        title = say("letter.chapter", chapter=say(f"chapter.{chapter}"), question=say(f"question.{chapter}"))
        parts.append(_listed(title, [_describe(item, columns, language) for item, columns in items.items()]))
    parts += [_listed(say("letter.check"), doubts)] if doubts else []
    parts += [say("letter.form"), f"{say('letter.regards')}\n{contract.brand.consultancy}".strip()]
    return "\n\n".join(parts)


def missing_items(loaded: Loaded) -> dict[str, dict[str, tuple[str, ...]]]:
    """List what to ask for, each table once: with everything that any chapter lacks of it.

    Of a chapter without any of its data everything is asked for at once; of one with some of its tables, only what it
    can't do without; of one that has them all, what it wishes for. A table stands with the first chapter that can't do
    without what is asked of it, or else with the first that wishes for it: a client exports it once.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.

    Returns
    -------
    dict
        Chapter = what stands with it: table = columns, or `contract.section` = none. Nothing is listed twice.
    """
    contract = loaded.engagement.contract
    wants = _wants(contract)
    asked = [(chapter, needed) for chapter, (needed, _) in wants.items()]
    for chapter, (needed, wished) in wants.items():
        absent = [table for table in needed if loaded.missing(**{table: ()})]
        asked += [(chapter, wished)] if len(absent) in (0, len(needed)) else []
    chapters: dict[str, str] = {} if contract.variants else {"contract.variants": conversion.CHAPTER}
    items: dict[str, tuple[str, ...]] = dict.fromkeys(chapters, ())
    for chapter, tables in asked:
        for table, wanted in tables.items():
            if lacking := {*_lacking(loaded, table, wanted), *items.get(table, ())}:
                chapters.setdefault(table, chapter)
                items[table] = tuple(column for column in TABLES[table].columns if column in lacking)
    return {
        chapter: {item: items[item] for item, where in chapters.items() if where == chapter}
        for chapter in wants
        if chapter in chapters.values()
    }


def find_unmatched(loaded: Loaded) -> dict[tuple[str, str, str], tuple[int, tuple[str, ...]]]:
    """Find the values that point to rows which are not there.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.

    Returns
    -------
    dict
        Table, its column and the table it points to = rows with such a value, and the values in order.
    """
    counts = {table.name: table.unmatched for table in loaded.report.tables}
    found = {}
    for table, column, target in REFERENCES:
        if n := counts.get(table, {}).get(column):
            rows, known = loaded.tables[table], loaded.tables[target]
            keys = known.select(**{column: known[TABLES[target].key[0]]})
            lost = rows.filter(rows[column].notnull()).anti_join(keys, column).select(column).distinct()
            found[table, column, target] = n, tuple(sorted(lost.to_pyarrow()[column].to_pylist()))
    return found


def _wants(contract: Contract) -> dict[str, tuple[Columns, Columns]]:
    """Give what each chapter needs, and what it wishes for beside it."""
    segments = {"customers": (contract.segments.by,)}
    return {
        data_check.CHAPTER: ({}, data_check.WISHED),
        profitability.CHAPTER: (profitability.NEEDED, {**profitability.WISHED, **segments}),
        objections.CHAPTER: (objections.NEEDED, objections.WISHED),
        conversion.CHAPTER: (conversion.needed_columns(contract.variants), conversion.WISHED),
        pipeline.CHAPTER: (pipeline.NEEDED, pipeline.WISHED),
        execution.CHAPTER: (execution.NEEDED, execution.WISHED),
        economics.CHAPTER: (economics.NEEDED, economics.WISHED),
    }


def _lacking(loaded: Loaded, table: str, wanted: tuple[str, ...]) -> list[str]:
    """Give the columns to ask for: of a table that is not there also those without which a row is nothing."""
    lacking = loaded.missing(**{table: wanted})
    if table in lacking:
        return [*wanted, *(name for name, about in TABLES[table].columns.items() if about.is_required)]
    return [item.partition(".")[2] for item in lacking]


def _listed(title: str, items: list[str]) -> str:
    return "\n".join([title, *(f"- {item}" for item in items)])


def _describe(item: str, columns: tuple[str, ...], language: Language) -> str:
    if not columns:
        return describe_needed(item, language)
    named = language.format([language.say(f"field.{column}") for column in columns], "list")
    return language.say("needed.column", table=language.say(f"table.{item}"), column=named)


def _describe_doubts(loaded: Loaded, language: Language) -> list[str]:
    """Say what does not fit together, and which reasons were not logged."""
    say, files = language.say, {source.name: source.file for source in loaded.report.sources}
    doubts = []
    unmatched = {places: lost for places, lost in find_unmatched(loaded).items() if places[0] not in OURS}
    for (table, column, target), (n, values) in unmatched.items():
        named = {"table": say(f"table.{table}"), "column": say(f"field.{column}"), "target": say(f"table.{target}")}
        doubts.append(say("letter.unmatched", n=n, values=", ".join(values[:SHOWN]), **named))
    doubts += [
        say("letter.unjoined", n=join.n, source=files[join.source], joined=files[join.joined])
        for join in loaded.report.joins
        if join.n
    ]
    reasons = data_check.analyse_data(loaded).reasons
    if reasons is not None and reasons.rate < FEW_REASONS and not loaded.missing(deals=("lost_reason",)):
        doubts.append(say("letter.reasons", n=reasons.n_trials, rate=reasons.rate))
    return doubts
