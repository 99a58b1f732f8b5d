"""What `gtm check` says: what was read and made of it, what is wrong, what changed, and what to ask the client for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from gtmlib.data.codebook import read_codebook
from gtmlib.data.engagement import Contract, Engagement, nearest
from gtmlib.data.load import load_tables
from gtmlib.data.loaded import Loaded, LoadReport, SourceReport, TableReport
from gtmlib.data.select import read_names
from gtmlib.errors import DataError, Problem, list_first
from gtmlib.present.language import Language
from gtmlib.run.changes import describe_changes
from gtmlib.run.letter import find_unmatched, write_letter
from gtmlib.run.runner import REPORTS, latest_manifest

WIDTH = 100  # of a line in the terminal; the letter is not wrapped, since a mail is not
TIED = "\N{NO-BREAK SPACE}"  # inside what is not broken over two lines


def check_engagement(engagement: Engagement, *, reports: Path = REPORTS) -> tuple[str, bool]:
    """Read an engagement's exports, and tell the consultant what came of it.

    Parameters
    ----------
    engagement : Engagement
        The contract and the exports.
    reports : Path
        Where finished runs lie; the latest of this engagement is what the exports are compared with.

    Returns
    -------
    str
        Text for a terminal: sources, tables, words of the contract that no row has, changes, letter to the client;
        where the data are wrong, every problem.
    bool
        Whether the data can be used.
    """
    contract = engagement.contract
    try:
        loaded = load_tables(engagement)
    except DataError as error:
        return _describe_problems(contract, error.problems), False
    report, language = loaded.report, Language.of(engagement)
    n_read, n_used = sum(source.n_read for source in report.sources), sum(source.n_used for source in report.sources)
    count = f"{_n(len(report.sources), 'source')}, {_n(n_read, 'row')} read, {n_used:,} used"
    changes = describe_changes(engagement, report, latest_manifest(engagement.name, reports=reports))
    sections = {
        "SOURCES": [line for source in report.sources for line in _describe_source(source, contract)],
        "CODES OF YOUR OWN": _describe_codes(loaded),
        "TABLES": [*(line for table in report.tables for line in _describe_table(table, loaded)), *_joins(report)],
        "WORDS OF THE CONTRACT THAT NO ROW HAS": _describe_words(loaded),
        "CHANGES SINCE THE LAST RUN": [_wrap(line, "  ") for line in changes],
        f"LETTER TO THE CLIENT ({language.code})": [write_letter(loaded, language)],
    }
    return _page(f"{contract.client}: the data can be used\n{count}; data of {contract.exported_on}", sections), True


def _describe_source(source: SourceReport, contract: Contract) -> list[str]:
    told = contract.sources[source.name]
    readers = [table for table, sql in contract.tables.items() if source.name in read_names(sql)[0]]
    fills = told.table or (f"{', '.join(readers)}, through SELECT" if readers else "")
    repaired = f"{_n(len(source.repaired_rows), 'row')}, surplus fields put back into {told.overflow}: "
    entries = [
        ("fills", fills or "nothing yet: give it a table, or let a SELECT read it"),
        ("preset", f"{source.preset}, {'named by the contract' if told.preset else 'found by the headings'}"),
        ("mapped", _join(f"{column} <- {heading}" for column, heading in source.mapped.items())),
        ("ignored", _join(source.ignored)),
        ("missing", _join(column for column in source.missing if column not in source.unsupported)),
        ("not in CRM", _join(source.unsupported)),
        *(("decided", remark) for remark in source.remarks),
        ("repaired", repaired + list_first(map(str, source.repaired_rows)) if source.repaired_rows else ""),
        ("set aside", f"row {source.totals_row}, the row of sums" if source.totals_row else ""),
        *(("left out", f"{_n(n, 'row')}: {reason}") for reason, n in source.excluded.items()),
    ]
    head = f"{source.name}: {source.file}, {_n(source.n_read, 'row')} read, {source.n_used:,} used"
    return [head, *_entries((label, text) for label, text in entries if label != "preset" or source.preset)]


def _describe_table(table: TableReport, loaded: Loaded) -> list[str]:
    holes = {column: table.n_rows - n for column, n in table.filled.items() if 0 < n < table.n_rows}
    entries = [
        ("repeated", f"{_n(table.n_repeated, 'identical row')} of one key, used once" if table.n_repeated else ""),
        ("all empty", _join(column for column, n in table.filled.items() if not n)),
        ("some empty", _join(f"{column} {n:,}" for column, n in holes.items())),
    ]
    for (name, column, target), (n, values) in find_unmatched(loaded).items():
        if name == table.name:
            what = f"{_n(n, 'row')} with {_n(len(values), 'value')} not in {target}"
            entries.append(("unmatched", f"{column}: {what}: {list_first(values)}"))
    return [f"{table.name}: {_n(table.n_rows, 'row')}", *_entries(entries)]


def _joins(report: LoadReport) -> list[str]:
    return [f"{join.source} to {join.joined}: {_n(join.n, 'row')} without a match" for join in report.joins]


def _describe_words(loaded: Loaded) -> list[str]:
    """List words of the contract that no row has: most are typing errors, and would count as zero without a word."""
    contract, plan = loaded.engagement.contract, loaded.engagement.contract.variants
    told: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("touches", "channel", contract.conversations.channels),
        ("touches", "outcome", [*contract.conversations.excluded_outcomes, *(plan.success if plan else ())]),
        ("touches", "variant_assigned", plan.planned_split if plan else ()),
        ("customers", contract.segments.by, contract.segments.names),
    )
    entries = []
    for table, column, words in told:
        if words and not loaded.missing(**{table: (column,)}):
            known = set(loaded.tables[table].select(column).distinct().to_pyarrow()[column].to_pylist())
            strange = ", ".join(f"'{word}'" for word in words if word not in known)
            entries.append((column, f"{strange} (looked in {table})" if strange else ""))
    return _entries(entries)


def _describe_codes(loaded: Loaded) -> list[str]:
    """Say what codes.csv holds, and which codes of the objections stand in no codebook, each with the nearest."""
    own, entries = loaded.report.codes, []
    known = read_codebook(loaded.engagement.folder, "objections").codes
    if not loaded.missing(objections=("code",)):
        given = loaded.tables["objections"].select("code").distinct().to_pyarrow()["code"].to_pylist()
        strange = sorted(code for code in given if code is not None and code not in known)
        entries = [
            ("unknown", f"'{code}' of the objections is in no codebook: {nearest(code, known)}") for code in strange
        ]
    read = [f"{own.file}: {_n(own.n_read, 'row')} read, {own.n_used:,} used"] if own else []
    return [*read, *_entries(entries)]


def _describe_problems(contract: Contract, problems: Iterable[Problem | str]) -> str:
    listed = [str(problem) for problem in problems]
    files = dict.fromkeys(source.file or source.database or "" for source in contract.sources.values())
    fine = [file for file in files if not any(text.startswith(file) for text in listed)]
    head = f"{contract.client}: the data can't be used as they stand: {_n(len(listed), 'problem')}"
    return _page(head, {"PROBLEMS": [_wrap(text, "  ") for text in listed], "NOTHING WRONG FOUND IN": fine})


def _page(head: str, sections: dict[str, list[str]]) -> str:
    return "\n\n".join([head, *("\n".join([title, *lines]) for title, lines in sections.items() if lines)])


def _entries(entries: Iterable[tuple[str, str]]) -> list[str]:
    return [_wrap(f"  {label:<11} {text}", " " * 14) for label, text in entries if text]


def _wrap(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False).replace(TIED, " ")


def _join(items: Iterable[str]) -> str:
    return ", ".join(item.replace(" ", TIED) for item in items)


def _n(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
