"""What a report shows, from the blocks of a run: the same blocks give the same view in any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Contract
from gtmlib.present.exhibit import Table, columns
from gtmlib.present.exhibits import present
from gtmlib.present.exhibits.data_check import describe_needed
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_evidence, describe_finding
from gtmlib.run.report import AppendixTable, ChapterView, Headline, ReportView

Say = Callable[..., str]
Blocks = Sequence[tuple[Any, tuple[Finding, ...]]]

# Findings for the first page, most decisive first: verdicts, then money, then reasons, then trust in the data.
SUMMARY = (
    ("conversion.verdict", 3),
    ("pipeline.watermelon_index", 1),
    ("profitability.total_contribution", 1),
    ("profitability.top_20_share", 1),
    ("objections.rate", 1),
    ("data.reason_logged_rate", 1),
    ("data.fidelity_rate", 1),
)
INPUT_COLUMNS = (
    "data.column.file report.appendix.hash data.column.read:count data.column.excluded:count data.column.used:count"
)


def build_view(
    chapters: Mapping[str, Blocks], contract: Contract, language: Language, manifest: Mapping[str, Any]
) -> ReportView:
    """Build what a report shows.

    Parameters
    ----------
    chapters : mapping
        Chapter = its blocks, in the report's order.
    contract : Contract
        For client, brand and dates.
    language : Language
        The reader's.
    manifest : mapping
        Inputs, parameters and versions, for the appendix.
    """
    say = language.say
    views = tuple(_chapter(name, blocks, contract, language) for name, blocks in chapters.items())
    period = contract.period
    return ReportView(
        language=language,
        client=contract.client,
        title=contract.title.in_language(language.code) or say("report.standard_title"),
        consultancy=contract.brand.consultancy,
        accent=contract.brand.accent,
        period=say("report.period_span", starts=period.starts_on, ends=period.ends_on) if period else "",
        data_date=language.format(contract.exported_on, "date"),
        lead=say("report.summary.lead"),
        headlines=_headlines(chapters, language),
        kpis=tuple(kpi for view in views for exhibit in view.exhibits for kpi in exhibit.kpis)[:6],
        chapters=views,
        method=(say("report.method.ledger"), say("report.method.interval"), say("report.method.privacy")),
        appendix=_appendix(manifest, language),
    )


def _chapter(name: str, blocks: Blocks, contract: Contract, language: Language) -> ChapterView:
    shown = [result for result, _ in blocks if not isinstance(result, MissingData)]
    exhibits = tuple(present(result, language, contract.brand.accent) for result in shown)
    chapter = language.say(f"chapter.{name}")
    headline = next((exhibit.headline for exhibit in exhibits if exhibit.headline), "")
    needed = dict.fromkeys(item for result, _ in blocks if isinstance(result, MissingData) for item in result.needed)
    asked = [describe_needed(item, language) for item in needed]
    return ChapterView(
        id=f"chapter-{name}",
        name=chapter,
        headline=headline or language.say("missing.title", chapter=chapter),
        question=language.say(f"question.{name}"),
        exhibits=exhibits,
        missing=(language.say("missing.ask" if not exhibits else "missing.ask_more"), *asked) if asked else (),
    )


def _headlines(chapters: Mapping[str, Blocks], language: Language) -> tuple[Headline, ...]:
    shown = [(finding, name) for name, blocks in chapters.items() for _, findings in blocks for finding in findings]
    chosen = [pair for wanted, most in SUMMARY for pair in [pair for pair in shown if pair[0].id == wanted][:most]]
    return tuple(
        Headline(
            text=describe_finding(finding, language),
            verdict=finding.verdict,
            evidence=describe_evidence(finding, language),
            exhibit_id=f"chapter-{name}",
        )
        for finding, name in chosen
    )


def _appendix(manifest: Mapping[str, Any], language: Language) -> tuple[AppendixTable, ...]:
    say, inputs = language.say, manifest["inputs"]
    excluded = [(row["file"], reason, n) for row in inputs for reason, n in row["excluded"].items() if n]
    notes = tuple(say("data.excluded", n=n, file=file, reason=reason) for file, reason, n in excluded)
    rows = [
        (row["file"], row["sha256"][:12], row["n_read"], sum(row["excluded"].values()), row["n_used"]) for row in inputs
    ]
    tables = [_appendix_table("inputs", INPUT_COLUMNS, rows, say, notes)]
    words = "report.appendix.name report.appendix.value"
    named = {name: manifest[name] for name in ("parameters", "versions") if manifest[name]}
    tables += [
        _appendix_table(name, words, [(key, str(x)) for key, x in pairs.items()], say) for name, pairs in named.items()
    ]
    return tuple(tables)


def _appendix_table(name: str, words: str, rows: Any, say: Say, notes: tuple[str, ...] = ()) -> AppendixTable:
    table = Table(columns=columns(say, words), rows=tuple(rows))
    return AppendixTable(id=f"appendix-{name}", title=say(f"report.appendix.{name}"), table=table, notes=notes)
