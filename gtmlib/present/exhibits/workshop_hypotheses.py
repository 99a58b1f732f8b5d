"""The exhibit of the hypothesis desk: where the number stands, what it takes to tell, and what would be written."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.workshop.hypotheses import Draft, read_measure
from gtmlib.present.exhibit import CellKind, Exhibit, Table, columns
from gtmlib.present.exhibits.hypothesis_words import describe_judged, write_in_unit
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of

KINDS: dict[str, CellKind] = {"share": "percent", "count": "tenths", "days": "tenths", "months": "tenths"}


def name_measure(measure: str, language: Language) -> str:
    """Name a finding and its group in the reader's language, such as "Conversion rate: A: price".

    Parameters
    ----------
    measure : str
        As `measure_of` writes it.
    language : Language
        Of the reader.
    """
    name, group = read_measure(measure)
    words = [str(name_of(kind, value, language)) for kind, value in group.items()]
    return ": ".join([language.say(f"glossary.{name}"), *words])


def present_draft(result: Draft, language: Language, accent: str) -> Exhibit:
    """Show a hypothesis as it would be declared.

    Parameters
    ----------
    result : Draft
        The claim, its number today and what a decision takes.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, measure = language.say, name_measure(result.measure, language)
    title = say("workshop.hypotheses.draft", claim=result.claim) if result.claim else say("workshop.hypotheses.title")
    sentences = _sentences(result, measure, language)
    return Exhibit(
        id="workshop-hypotheses",
        title=title,
        sentences=sentences,
        figure=_figure(result, measure, language, accent),
        alt=" ".join((f"{title}.", *sentences)),
        table=_table(result, language),
        notes=(say("workshop.hypotheses.assumed"), say("workshop.hypotheses.sealed")),
    )


def _figure(result: Draft, measure: str, language: Language, accent: str) -> Any:
    """Draw the number today, and below it the line where there is one."""
    kind: CellKind = KINDS.get(result.unit, "number" if result.unit in ("ratio", "pvalue") else "money")
    kind = "percent_points" if kind == "percent" and result.is_difference else kind
    rows: list[tuple[str, float, float | None, float | None, str]] = [
        (measure, result.value, result.ci_low, result.ci_high, language.say("evidence.n", n=result.n))
    ]
    if result.threshold is not None:
        rows.append((language.say("workshop.hypotheses.line"), result.threshold, None, None, ""))
    return plot_intervals(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        language=language,
        kind=kind,
        accent=accent,
        details=[row[4] for row in rows],
        highlight=[place == 0 for place in range(len(rows))],
        reference=result.threshold,
        axis_title=language.say("workshop.hypotheses.axis"),
    )


def _sentences(result: Draft, measure: str, language: Language) -> tuple[str, ...]:
    say, judged, day = language.say, result.judged, result.decide_by
    told = {"unit": result.unit, "is_difference": result.is_difference}
    if judged is None:
        value, low, high = (write_in_unit(x, told, language) for x in (result.value, result.ci_low, result.ci_high))
        about: dict[str, Any] = {"value": value, "low": low, "high": high, "level": result.confidence_level}
        sentences = [say("workshop.hypotheses.today", measure=measure, n=result.n, **about)]
    else:
        words = describe_judged(judged.finding, language)
        sentences = [say("workshop.hypotheses.measured", measure=measure, found=words.found)]
        sentences.append(say(f"workshop.hypotheses.now.{judged.verdict}"))
        if words.why and judged.reason not in ("few", "close"):  # what it takes is said next
            sentences.append(words.why)
        sentences.append(_describe_need(result, language))
    if result.lacking:
        parts = [say(f"workshop.hypotheses.part.{name}") for name in result.lacking]
        return (*sentences, say("workshop.hypotheses.lacking", parts=parts))
    return (*sentences, say("workshop.hypotheses.ready", day=day))


def _describe_need(result: Draft, language: Language) -> str:
    """Say how many observations it takes; the judged row without its verdict's words, which are about today."""
    say, need = language.say, result.need
    if need is None or need.n is None or need.n_more is None:
        return say("workshop.hypotheses.never")
    if not need.n_more:
        return say("workshop.hypotheses.enough", n=need.n)
    if need.weeks is None:
        return say("workshop.hypotheses.need", n=need.n, more=need.n_more)
    return say("workshop.hypotheses.weeks", n=need.n, more=need.n_more, weeks=max(1, round(need.weeks)))


def _table(result: Draft, language: Language) -> Table | None:
    """Show what would be written, line by line."""
    if not result.block:
        return None
    lines = [line.partition(" = ") for line in result.block.splitlines()]
    heads = "workshop.hypotheses.column.key workshop.hypotheses.column.text"
    return Table(columns=columns(language.say, heads), rows=tuple((key, text) for key, _, text in lines))
