"""Exhibits of the open pipeline: what it promises against what can be expected, and which deals have stalled."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.pipeline.deals import LeftOut
from gtmlib.analyses.pipeline.stalls import UNKNOWN, Contributors, OpenAges
from gtmlib.analyses.pipeline.watermelon import Promise, Watermelon
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of

RED = 0.5  # index from which on the pipeline is red inside


def present_watermelon(result: Watermelon, language: Language, accent: str) -> Exhibit:
    """Show what the open deals are counted as, and what can be expected of them.

    Parameters
    ----------
    result : Watermelon
        Counted, reported and expected wins.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, lead, expected = language.say, result.leading, result.naive.expected
    interval = {"low": expected.ci_low, "high": expected.ci_high, "level": expected.confidence_level}
    args: dict[str, Any] = {"n": lead.n, "counted": lead.counted, "expected": lead.expected.value, "index": lead.index}
    rows: list[tuple[str, float, float | None, float | None]] = [("counted", result.naive.counted, None, None)]
    if result.reported is not None:
        rows.insert(0, ("reported", result.reported.counted, None, None))
    rows.append(("expected", expected.value, expected.ci_low, expected.ci_high))
    names = [say(f"pipeline.watermelon.row.{name}") for name, *_ in rows]
    title = say(f"pipeline.watermelon.title.{_colour(lead)}", **args)
    sentences = [
        say("pipeline.watermelon.sentence", n=result.naive.n, rate=result.closed_rate.rate,
            counted=result.naive.counted, expected=expected.value, **interval),
        say("pipeline.watermelon.stale", n=result.n_stale, of=result.naive.n, days=result.longest_days),
    ]  # fmt: skip
    if result.reported is not None and result.reported_on is not None:
        told = {"n": result.reported.n, "counted": result.reported.counted, "day": result.reported_on}
        sentences.insert(1, say("pipeline.watermelon.reported", **told))
    if result.amounts is not None:
        sentences.append(say("pipeline.watermelon.amounts", **_money(result.amounts)))
    return Exhibit(
        id="pipeline-watermelon",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            names,
            [row[1] for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
            language=language,
            kind="tenths",
            accent=accent,
            marks="bars",
            highlight=[name == "expected" for name, *_ in rows],
            axis_title=say("pipeline.watermelon.axis"),
        ),
        alt=f"{title}. {sentences[0]}",
        table=Table(
            columns=columns(
                say, "pipeline.column.view pipeline.column.wins:tenths column.low:tenths column.high:tenths"
            ),
            rows=tuple((name, *row[1:]) for name, row in zip(names, rows, strict=True)),
        ),
        notes=_notes(result, language),
        headline=say(f"pipeline.headline.{_colour(lead)}", **args),
        kpis=(
            Kpi(
                label=say("pipeline.kpi"),
                value=language.format(expected.value, "tenths"),
                detail=say("pipeline.kpi.detail", counted=lead.counted, **interval),
            ),
        ),
    )


def _colour(promise: Promise) -> str:
    """Red where most of the promise is gone, yellow where some of it surely is, green where it may all hold."""
    if promise.index is None or promise.expected.ci_high >= promise.counted:
        return "green"
    return "red" if promise.index >= RED else "yellow"


def _money(promise: Promise) -> dict[str, float]:
    expected = promise.expected
    return {"amount": expected.value, "low": expected.ci_low, "high": expected.ci_high, "counted": promise.counted}


def _notes(result: Watermelon, language: Language) -> tuple[str, ...]:
    notes = [language.say("pipeline.watermelon.method", n=result.n_closed)]
    if result.amounts is None:
        notes.append(language.say("pipeline.watermelon.no_amounts", n=result.n_with_amount, of=result.naive.n))
    left_out = {name.removeprefix("n_"): getattr(result.left_out, name) for name in LeftOut.__dataclass_fields__}
    return (*notes, *(language.say(f"pipeline.left_out.{why}", n=n) for why, n in left_out.items() if n))


def present_open_ages(result: OpenAges, language: Language, accent: str) -> Exhibit:
    """Show how old the open deals are, and what chance their age leaves them.

    Parameters
    ----------
    result : OpenAges
        Open deals by age.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, n = language.say, sum(band.n for band in result.bands)
    names = [
        say("pipeline.ages.from", n=band.from_days)
        if band.to_days is None
        else say("pipeline.ages.band", low=band.from_days, n=band.to_days)
        for band in result.bands
    ]
    chances = [band.expected.value / band.n for band in result.bands]
    args: dict[str, Any] = {"n": result.n_stalled, "of": n, "chance": result.stall_win_chance}
    title = say("pipeline.ages.title" if result.n_stalled else "pipeline.ages.title.none", **args)
    sentences = []
    if result.n_stalled:
        if result.stall_days is not None:
            sentences.append(say("pipeline.ages.from_when", n=result.stall_days, chance=result.stall_win_chance))
        sentences.append(say("pipeline.ages.stale", n=result.n_stale, days=result.longest_days))
        sentences.append(say("pipeline.ages.monday"))
    said = [
        f"{name} {language.format(band.n, 'count')} ({language.format(chance, 'percent')})"
        for name, band, chance in zip(names, result.bands, chances, strict=True)
    ]
    heads = (
        "pipeline.column.age pipeline.column.open:count pipeline.column.stalled:count pipeline.column.chance:percent "
        "column.low:percent column.high:percent"
    )
    return Exhibit(
        id="pipeline-ages",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            names,
            [float(band.n) for band in result.bands],
            [None] * len(names),
            [None] * len(names),
            language=language,
            kind="count",
            accent=accent,
            marks="bars",
            details=[say("pipeline.ages.chance", chance=chance) for chance in chances],
            highlight=[band.n_stalled * 2 < band.n for band in result.bands],
            axis_title=say("pipeline.ages.axis"),
        ),
        alt=f"{title}. " + "; ".join(said) + ".",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, band.n, band.n_stalled, chance, band.expected.ci_low / band.n, band.expected.ci_high / band.n)
                for name, band, chance in zip(names, result.bands, chances, strict=True)
            ),
        ),
        notes=(say("pipeline.ages.note", chance=result.stall_win_chance),),
    )


def present_contributors(result: Contributors, language: Language, accent: str) -> Exhibit:
    """Show where the open pipeline promises more than it can hold.

    Parameters
    ----------
    result : Contributors
        Open deals by group.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, rows = language.say, result.rows
    kind = "rep" if result.by == "rep" else "pipeline_group"
    names = [str(name_of(kind, row.group, language)) for row in rows]
    gaps = [row.promise.counted - row.promise.expected.value for row in rows]
    total = sum(gaps)
    known = [place for place, row in enumerate(rows) if row.group not in (OTHER, UNKNOWN)]
    args: dict[str, Any] = {"n": result.n_open, "gap": total}
    title = say(f"pipeline.where.title.{result.by}", **args)
    n_unknown = sum(row.promise.n for row in rows if row.group == UNKNOWN)
    if result.by != "rep" and known and total > 0 and n_unknown * 2 < result.n_open:
        top = max(known, key=gaps.__getitem__)
        title = say(f"pipeline.where.top.{result.by}", group=names[top], share=gaps[top] / total, **args)
    notes = [say("pipeline.where.note")]
    if result.by == "rep":
        notes.append(say("pipeline.where.reps"))
    if any(row.group == OTHER for row in rows):
        notes.append(say("pipeline.where.other", smallest=result.smallest_group))
    said = [f"{name} {language.format(gap, 'count')}" for name, gap in zip(names, gaps, strict=True)]
    heads = (
        f"pipeline.column.{result.by} pipeline.column.open:count pipeline.column.stalled:count "
        "pipeline.column.counted:tenths pipeline.column.expected:tenths pipeline.column.gap:tenths"
    )
    return Exhibit(
        id=f"pipeline-where-{result.by}",
        title=title,
        figure=plot_intervals(
            names,
            gaps,
            [row.promise.counted - row.promise.expected.ci_high for row in rows],
            [row.promise.counted - row.promise.expected.ci_low for row in rows],
            language=language,
            kind="tenths",
            accent=accent,
            marks="bars",
            details=[say("pipeline.where.detail", n=row.promise.n, stalled=row.n_stalled) for row in rows],
            axis_title=say("pipeline.where.axis"),
        ),
        alt=f"{title}. " + "; ".join(said) + ".",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, row.promise.n, row.n_stalled, row.promise.counted, row.promise.expected.value, gap)
                for name, row, gap in zip(names, rows, gaps, strict=True)
            ),
        ),
        notes=tuple(notes),
    )
