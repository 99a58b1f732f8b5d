"""Exhibits of hypotheses: the verdicts with what follows from them, and the strategy as a cascade of choices."""

from __future__ import annotations

from gtmlib.analyses.hypotheses import Cascade, Judged, Verdicts
from gtmlib.present.exhibit import Cell, Exhibit, Table, columns
from gtmlib.present.exhibits.hypothesis_words import describe_judged, write_in_unit
from gtmlib.present.language import Language

ORDER = ("confirmed", "refuted", "cannot_tell")


def present_verdicts(result: Verdicts, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Show every hypothesis with its verdict, what was found against its line, and what follows.

    Parameters
    ----------
    result : Verdicts
        Every declared hypothesis.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say, n = language.say, len(result.rows)
    counts = {verdict: sum(row.verdict == verdict for row in result.rows) for verdict in ORDER}
    parts = [say(f"hypotheses.count.{verdict}", n=number) for verdict, number in counts.items() if number]
    title = say("hypotheses.title", n=n, parts=parts)
    rows = sorted(result.rows, key=lambda row: ORDER.index(row.verdict))
    notes = [say("hypotheses.method.looks"), say("hypotheses.method.trust"), say("hypotheses.method.need")]
    if any(row.delay is not None and not row.delay.is_declared for row in rows):
        notes.append(say("hypotheses.method.cost"))
    return Exhibit(
        id="hypotheses-verdicts",
        title=title,
        headline=title,
        sentences=tuple(_describe(row, language) for row in rows),
        table=_verdict_table(rows, language),
        notes=tuple(notes),
    )


def present_cascade(result: Cascade, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Show which choice of the strategy each verdict speaks to, and what nobody measures or asked for.

    Parameters
    ----------
    result : Cascade
        Choices and what speaks to them.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say = language.say
    rows: list[tuple[Cell, ...]] = []
    for choice in result.choices:
        heading, goal = say(f"hypotheses.heading.{choice.heading}"), language.word(choice.goal)
        for claim, verdict in choice.claims or (("", None),):
            verdict_word = say(f"report.verdict.{verdict}") if verdict else say("hypotheses.cascade.nothing")
            rows.append((heading, goal, language.word(claim), verdict_word))
    goals = [language.word(goal) for goal in result.unmeasured]
    sentences = [say("hypotheses.cascade.unmeasured", n=len(goals), goals=goals)] if goals else []
    sentences.append(say("hypotheses.finding.unasked", n=result.n_unasked, of=result.n_measured))
    words = "hypotheses.column.heading hypotheses.column.goal hypotheses.column.claim hypotheses.column.verdict"
    return Exhibit(
        id="hypotheses-cascade",
        title=say("hypotheses.cascade.title_gap" if goals else "hypotheses.cascade.title", n=len(goals)),
        sentences=tuple(sentences),
        table=Table(columns=columns(say, words), rows=tuple(rows)),
    )


def _describe(row: Judged, language: Language) -> str:
    verdict = language.say(f"report.verdict.{row.verdict}")
    return language.say("hypotheses.row", verdict=verdict, text=describe_judged(row.finding, language).whole)


def _verdict_table(rows: list[Judged], language: Language) -> Table:
    first = "hypotheses.column.claim hypotheses.column.verdict hypotheses.column.found column.low column.high"
    words = f"{first} hypotheses.column.line hypotheses.column.n:count hypotheses.column.owner"
    words += " hypotheses.column.declared:date hypotheses.column.decide_by:date"

    def cells(row: Judged) -> tuple[Cell, ...]:
        told = row.finding.args
        numbers = (write_in_unit(x, told, language) for x in (row.value, row.ci_low, row.ci_high))
        line = language.say(f"hypotheses.line.{row.direction}", value=write_in_unit(row.threshold, told, language))
        days = (row.declared_on, row.decide_by)
        verdict = language.say(f"report.verdict.{row.verdict}")
        return (language.word(row.claim), verdict, *numbers, line, row.n, language.word(row.owner), *days)

    return Table(columns=columns(language.say, words), rows=tuple(cells(row) for row in rows))
