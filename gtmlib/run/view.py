"""What a report shows, from the blocks of a run: the same blocks give the same view in any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Contract
from gtmlib.present.exhibit import Kpi, Table, columns
from gtmlib.present.exhibits import present
from gtmlib.present.exhibits.data_check import describe_needed
from gtmlib.present.language import Language, has_message
from gtmlib.run.changes import Changes
from gtmlib.run.packing import data_uri, font_face
from gtmlib.run.report import AppendixTable, ChapterView, ReportView
from gtmlib.run.summary import summarise

Say = Callable[..., str]
Blocks = Sequence[tuple[Any, tuple[Finding, ...]]]

MOST_KPIS = 4  # a row on paper
INPUT_COLUMNS = (
    "data.column.file report.appendix.hash data.column.read:count data.column.excluded:count data.column.used:count"
)


def build_view(
    chapters: Mapping[str, Blocks],
    contract: Contract,
    language: Language,
    manifest: Mapping[str, Any],
    commentary: Mapping[str, str] | None = None,
    changes: Changes | None = None,
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
    commentary : mapping, optional
        Chapter = the consultant's own words, as `render_commentary` gives them.
    changes : Changes, optional
        What moved since the run on other data before.
    """
    say, brand, release = language.say, contract.brand, contract.release
    words = commentary or {}
    views = tuple(_chapter(name, blocks, contract, language, words.get(name, "")) for name, blocks in chapters.items())
    period = contract.period
    faces = {"gtm-text": brand.text_font_file, "gtm-headings": brand.heading_font_file}
    summary = summarise(chapters, contract, language, changes)
    return ReportView(
        language=language,
        client=contract.client,
        title=contract.title.in_language(language.code) or say("report.standard_title"),
        consultancy=brand.consultancy,
        accent=brand.accent,
        logo=data_uri(brand.logo),
        text_font=", ".join(filter(None, ("gtm-text" if brand.text_font_file else "", brand.text_font))),
        heading_font=", ".join(filter(None, ("gtm-headings" if brand.heading_font_file else "", brand.heading_font))),
        font_faces="".join(font_face(name, path) for name, path in faces.items()),
        footer=brand.footer.in_language(language.code),
        disclaimer=brand.disclaimer.in_language(language.code),
        released=say("report.released", name=release.released_by, day=release.released_on) if release else "",
        period=say("report.period_span", starts=period.starts_on, ends=period.ends_on) if period else "",
        data_date=language.format(contract.exported_on, "date"),
        lead=summary.lead,
        verdicts=summary.verdicts,
        headlines=summary.headlines,
        behaviours=summary.behaviours,
        changes=summary.changes,
        kpis=tuple(_rank_kpis(views)[:MOST_KPIS]),
        chapters=views,
        method=(say("report.method.ledger"), say("report.method.interval"), say("report.method.privacy")),
        appendix=_appendix(manifest, language),
        glossary=_glossary(findings_of(chapters), language),
    )


def findings_of(chapters: Mapping[str, Blocks]) -> tuple[Finding, ...]:
    """Give every finding of a run, in the report's order.

    Parameters
    ----------
    chapters : mapping
        Chapter = its blocks.
    """
    return tuple(finding for blocks in chapters.values() for _, found in blocks for finding in found)


def _glossary(findings: Sequence[Finding], language: Language) -> tuple[tuple[str, str], ...]:
    """Explain each figure that is shown, by the catalogs; the tests hold them against the findings of all chapters."""
    named = [(finding.id, finding.group.get("metric", "")) for finding in findings]  # and what a scenario is shown by
    keys = [f"glossary.{name}" for name in dict.fromkeys(name for pair in named for name in pair if name)]
    pairs = [(language.say(key), language.say(f"{key}.meaning")) for key in keys if has_message(language, key)]
    return tuple(sorted(pairs, key=lambda pair: pair[0].lower()))


def _chapter(name: str, blocks: Blocks, contract: Contract, language: Language, commentary: str) -> ChapterView:
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
        commentary=commentary,
    )


def _rank_kpis(views: Sequence[ChapterView]) -> list[Kpi]:
    """Give the numbers of the summary in a row: those about the client's market before those about the data."""
    ranked = sorted(views, key=lambda view: view.id == "chapter-data_check")
    return [kpi for view in ranked for exhibit in view.exhibits for kpi in exhibit.kpis]


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
