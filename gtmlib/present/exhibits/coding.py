"""Exhibits of how notes were coded, and of what customers say in interviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gtmlib.analyses.coding.interviews import InterviewRates, ReasonRate
from gtmlib.analyses.coding.review import CodingReview
from gtmlib.analyses.coding.vectors import NGRAMS
from gtmlib.analyses.coding_agreement import LEAST_ALPHA
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of
from gtmlib.stats.agreement import Disagreement

QUESTIONS = ("chosen", "use", "differs", "falls_short", "")  # the order in which an interview asks them
ASKED = {"win": "chosen", "loss": "falls_short"}  # what the title answers
MOST_PAIRS = 3
DIFFERS = 0.05  # adjusted p-value below which a segment is said to answer differently


def present_coding(result: CodingReview, language: Language, accent: str) -> Exhibit:
    """Show how much was coded, how far people agree code by code, and how often suggestions were right.

    Parameters
    ----------
    result : CodingReview
        Of notes of conversations or of interviews.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, about = language.say, f"coding.{result.subject}"
    names = [_name(row.code, language) for row in result.rows]
    weak = [_name(code, language) for code in result.weak]
    state = "weak" if weak else "agreed" if result.rows else "once" if result.n_coded else "none"
    sentences = [say(f"{about}.coverage", coded=result.n_coded, notes=result.n_notes)]
    if result.rows:
        counts = {"agreed": len(names) - len(weak), "codes": len(names)}
        sentences[0] += " " + say("coding.twice", twice=result.n_twice, coders=result.n_coders, **counts)
    elif result.n_coded:
        sentences.append(say("coding.next"))
    if result.first_hit and result.three_hit:
        sentences.append(say("coding.accuracy", lot=result.first_hit.n_trials, **_hits(result)))
    if pairs := [_pair(pair, language) for pair in result.pairs[:MOST_PAIRS]]:
        sentences.append(say("coding.pairs", pairs=pairs))
    notes = [say("coding.method", seed=result.seed)] if result.rows else []
    if result.suggested_by:
        by = [_suggester(name, language) for name in result.suggested_by]
        notes.append(say("coding.suggested_by", by=by))
    if any(row.code == OTHER for row in result.rows):
        notes.append(say("coding.other.note", smallest=result.smallest_group))
    exhibit: dict[str, Any] = {
        "id": f"coding-{result.subject}",
        "title": say(f"{about}.title.{state}", codes=weak),
        "sentences": tuple(sentences),
        "notes": tuple(notes),
    }
    if not result.rows:
        return Exhibit(**exhibit)
    low, high = ([getattr(row.alpha, end) for row in result.rows] for end in ("ci_low", "ci_high"))
    alphas = [row.alpha.alpha for row in result.rows]
    figure = plot_intervals(
        names,
        alphas,
        low,
        high,
        language=language,
        kind="number",
        accent=accent,
        highlight=[row.is_weak for row in result.rows] if weak else (),
        reference=LEAST_ALPHA,
        axis_title=say("coding.axis"),
    )
    said = [f"{name} {language.format(alpha, 'number')}" for name, alpha in zip(names, alphas, strict=True)]
    numbers = "coding.column.alpha:number column.low:number column.high:number coding.column.ac1:number"
    cells = [
        (name, row.n_given, row.alpha.n_units, row.alpha.alpha, row.alpha.ci_low, row.alpha.ci_high, row.ac1)
        for name, row in zip(names, result.rows, strict=True)
    ]
    words = f"coding.column.code coding.column.given:count coding.column.{result.subject}:count {numbers}"
    table = Table(columns=columns(say, words), rows=tuple(cells))
    return Exhibit(**exhibit, figure=figure, alt=say("coding.alt", rates=said[:5]), table=table)


def describe_weak(codes: Sequence[str], language: Language) -> tuple[str, ...]:
    """Warn of the shown codes on which people agree too little: a note for any exhibit that shows them.

    Parameters
    ----------
    codes : sequence of str
        The weak ones among those that are shown; without any there is no note.
    language : Language
        Of the reader.
    """
    return (language.say("coding.weak.note", codes=[_name(code, language) for code in codes]),) if codes else ()


def present_interviews(result: InterviewRates, language: Language, accent: str) -> Exhibit:
    """Show what customers say in interviews, over all of them or by segment.

    Parameters
    ----------
    result : InterviewRates
        Of those who bought, or of those who did not.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    notes = [say("interviews.method", n=result.n_interviews), *describe_weak(result.weak, language)]
    if result.n_uncoded:
        notes.append(say("interviews.uncoded", n=result.n_uncoded))
    if result.n_without_group:
        notes.append(say("interviews.without_segment", n=result.n_without_group))
    if OTHER in (*result.codes, *result.groups):
        notes.append(say("interviews.other.note", smallest=result.smallest_group))
    name = f"interviews-{result.kind}-{result.by}"
    if not result.rows:
        return Exhibit(id=name, title=say(f"interviews.{result.kind}.none"), notes=tuple(notes))
    rows = sorted(result.rows, key=lambda row: (QUESTIONS.index(row.question), result.codes.index(row.code)))
    differing = [row for row in result.rows if _stands_out(row, result)]
    leading = max(
        differing or result.rows,
        key=lambda row: (row.group != OTHER, row.question == ASKED[result.kind], row.code != OTHER, row.estimate.rate),
    )
    rate = leading.estimate
    args = {"code": _name(leading.code, language), "group": _group(leading.group, language), "rate": rate.rate}
    first = sorted(rows, key=lambda row: -row.estimate.rate)[:5]
    said = [
        f"{_name(row.code, language)} {_group(row.group, language)}".strip()
        + f" {language.format(row.estimate.rate, 'percent')}"
        for row in first
    ]
    sentence = say("interviews.sentence", **args, low=rate.ci_low, high=rate.ci_high, n=rate.n_trials)
    state = "alike" if result.by == "segment" and not differing else result.by
    return Exhibit(
        id=name,
        title=say(f"interviews.{result.kind}.title.{state}", **args),
        sentences=(say("interviews.alike", n=result.n_interviews) if state == "alike" else sentence,),
        figure=_draw(result, rows, language, accent),
        alt=say("interviews.alt", rates=said),
        table=_table(result, rows, language),
        notes=tuple(notes),
    )


def _stands_out(row: ReasonRate, result: InterviewRates) -> bool:
    """Whether a segment gives an answer most, and more often than chance explains."""
    most = max(other.estimate.rate for other in result.rows if other.code == row.code)
    is_named = OTHER not in (row.code, row.group)
    return is_named and row.pvalue is not None and row.pvalue < DIFFERS and row.estimate.rate == most


def _draw(result: InterviewRates, rows: Sequence[ReasonRate], language: Language, accent: str) -> Any:
    if result.by == "segment":
        cells = {(row.code, row.group): row.estimate for row in rows}
        found = [[cells[code, group] for group in result.groups] for code in dict.fromkeys(row.code for row in rows)]
        return plot_heatmap(
            [_name(code, language) for code in dict.fromkeys(row.code for row in rows)],
            [_group(group, language) for group in result.groups],
            [[cell.rate for cell in row] for row in found],
            language=language,
            accent=accent,
            hovers=[
                [language.say("figure.interval", low=cell.ci_low, high=cell.ci_high, n=cell.n_trials) for cell in row]
                for row in found
            ],
        )
    return plot_intervals(
        [_name(row.code, language) for row in rows],
        [row.estimate.rate for row in rows],
        [row.estimate.ci_low for row in rows],
        [row.estimate.ci_high for row in rows],
        language=language,
        marks="bars",
        accent=accent,
        details=[_question(row.question, language) for row in rows],
        highlight=[row.question == ASKED[result.kind] for row in rows],
        axis_title=language.say("interviews.axis"),
    )


def _table(result: InterviewRates, rows: Sequence[ReasonRate], language: Language) -> Table:
    by = "column.segment" if result.by == "segment" else ""
    rates = "column.rate:percent column.low:percent column.high:percent"
    counts = "interviews.column.named:count interviews.column.n:count"
    words = f"interviews.column.code interviews.column.question {by} {counts} {rates}"
    cells = []
    for row in rows:
        rate, group = row.estimate, (_group(row.group, language),) if row.group else ()
        named = (_name(row.code, language), _question(row.question, language), *group)
        cells.append((*named, rate.n_successes, rate.n_trials, rate.rate, rate.ci_low, rate.ci_high))
    return Table(columns=columns(language.say, words), rows=tuple(cells))


def _hits(result: CodingReview) -> dict[str, float]:
    found = {"first": result.first_hit, "three": result.three_hit}
    known = {name: hit for name, hit in found.items() if hit is not None}
    ends = {f"{name}_{end}": getattr(hit, f"ci_{end}") for name, hit in known.items() for end in ("low", "high")}
    return ends | {name: hit.rate for name, hit in known.items()}


def _pair(pair: Disagreement, language: Language) -> str:
    first = _name(pair.first, language)
    if not pair.second:
        return language.say("coding.pair.alone", first=first, n=pair.n)
    return language.say("coding.pair", first=first, second=_name(pair.second, language), n=pair.n)


def _suggester(name: str, language: Language) -> str:
    return language.say("coding.by.ngrams") if name == NGRAMS else language.say("coding.by.embedding", name=name)


def _name(code: str, language: Language) -> str:
    return str(name_of("code", code, language))


def _group(group: str, language: Language) -> str:
    return str(name_of("group", group, language))


def _question(question: str, language: Language) -> str:
    return language.say(f"interviews.question.{question}") if question else ""
