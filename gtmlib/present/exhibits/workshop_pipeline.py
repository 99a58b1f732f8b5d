"""The exhibit of the pipeline what-if: reported, expected, and what is left after what is assumed."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.workshop.pipeline import DAYS, PipelineWhatIf
from gtmlib.present.exhibit import Cell, Exhibit, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of
from gtmlib.stats.competing_risks import Expected
from gtmlib.stats.pipeline_flow import Velocity


def present_pipeline_what_if(result: PipelineWhatIf, language: Language, accent: str) -> Exhibit:
    """Show the open pipeline as it is reported, as it can be expected to end, and after what is assumed.

    Parameters
    ----------
    result : PipelineWhatIf
        Today, and what would follow.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, wins, after = language.say, result.wins, result.wins_after
    title = say(
        "workshop.pipeline.title.today" if result.is_as_today else "workshop.pipeline.title.after",
        reported=result.reported.counted, expected=wins.value, after=after.value,
    )  # fmt: skip
    rows: list[tuple[str, int, float, float | None, float | None]] = [
        ("reported", result.reported.n, result.reported.counted, None, None),
        ("expected", int(wins.n), wins.value, wins.ci_low, wins.ci_high),
        ("after", int(after.n), after.value, after.ci_low, after.ci_high),
    ]
    promised = "reported" if result.basis == "reported" else "counted"
    names = [say(f"pipeline.watermelon.row.{name}") for name in (promised, "expected")]
    names.append(say("workshop.pipeline.row.after"))
    sentences = _sentences(result, language)
    return Exhibit(
        id="workshop-pipeline",
        title=title,
        sentences=sentences,
        figure=plot_intervals(
            names,
            [row[2] for row in rows],
            [row[3] for row in rows],
            [row[4] for row in rows],
            language=language,
            kind="tenths",
            accent=accent,
            marks="bars",
            details=[say("workshop.pipeline.deals", n=row[1]) for row in rows],
            highlight=[name == "after" for name, *_ in rows],
            axis_title=say("pipeline.watermelon.axis"),
        ),
        alt=" ".join((f"{title}.", *sentences[:2])),
        table=_table(result, language),
        notes=_notes(result, language),
    )


def _sentences(result: PipelineWhatIf, language: Language) -> tuple[str, ...]:
    say, after = language.say, result.wins_after
    told: dict[str, Any] = {"n": int(after.n), "expected": after.value} | _interval(after)
    sentences = [say("workshop.pipeline.wins.today" if result.is_as_today else "workshop.pipeline.wins.after", **told)]
    if result.amount_after is not None:
        amount = result.amount_after
        sentences.append(say("workshop.pipeline.amount", amount=amount.value, **_interval(amount)))
    if result.n_closed:
        sentences.append(say("workshop.pipeline.closed", n=result.n_closed, days=result.close_days))
        if result.kept is not None and result.kept.index is not None and result.reported.index is not None:
            indexes = {"before": result.reported.index, "after": result.kept.index}
            sentences.append(say("workshop.pipeline.index", counted=result.kept.counted, **indexes))
    if result.velocity_after is not None:
        week = _per_week(result.velocity_after)
        sentences.append(say("workshop.pipeline.week", **week))
        if result.weeks:
            cost = {name: value * result.weeks for name, value in week.items() if name != "level"}
            sentences.append(say("workshop.pipeline.delayed", n=result.weeks, **cost))
    return tuple(sentences)


def _interval(found: Expected) -> dict[str, float]:
    return {"low": found.ci_low, "high": found.ci_high, "level": found.confidence_level}


def _per_week(velocity: Velocity) -> dict[str, float]:
    ends = {"amount": velocity.value, "low": velocity.ci_low, "high": velocity.ci_high}
    return {name: value * DAYS for name, value in ends.items()} | {"level": velocity.confidence_level}


def _notes(result: PipelineWhatIf, language: Language) -> tuple[str, ...]:
    say, change = language.say, result.rate_change
    notes = [say("workshop.pipeline.assumed")]
    if result.n_closed and result.asked_days < result.close_days:
        notes.append(say("workshop.pipeline.few_between", asked=result.asked_days, days=result.close_days))
    if change:
        key = "workshop.pipeline.rate.up" if change > 0 else "workshop.pipeline.rate.down"
        rates = {"before": result.closed_rate, "after": result.closed_rate + change}
        notes.append(say(key, **rates))
        if result.stages:
            stages = [name_of("stage", stage, language) for stage in result.stages]
            notes.append(say("workshop.pipeline.only", stages=stages))
    if result.velocity_after is None:
        notes.append(say("workshop.pipeline.no_amounts"))
    else:
        if result.cycle_change:
            notes.append(say("workshop.pipeline.days", days=result.velocity_after.cycle_days))
        notes.append(say("workshop.pipeline.delay_note"))
    return tuple(notes)


def _table(result: PipelineWhatIf, language: Language) -> Table:
    """Give today and afterwards side by side; each row is in a unit of its own, so the cells are written here."""
    write, kept = language.format, result.kept

    def row(name: str, kind: str, before: float | None, after: float | None) -> tuple[Cell, ...]:
        return language.say(f"workshop.pipeline.measure.{name}"), write(before, kind), write(after, kind)

    rows = [
        row("open", "count", result.wins.n, result.wins_after.n),
        row("counted", "tenths", result.reported.counted, kept.counted if kept else None),
        row("expected", "tenths", result.wins.value, result.wins_after.value),
        row("index", "percent", result.reported.index, kept.index if kept else None),
    ]
    if result.amount is not None and result.amount_after is not None:
        rows.append(row("amount", "money", result.amount.value, result.amount_after.value))
    if result.velocity is not None and result.velocity_after is not None:
        rows.append(row("cycle", "tenths", result.velocity.cycle_days, result.velocity_after.cycle_days))
        rows.append(row("week", "money", result.velocity.value * DAYS, result.velocity_after.value * DAYS))
    heads = "workshop.pipeline.column.measure workshop.pipeline.column.today workshop.pipeline.column.after"
    return Table(columns=columns(language.say, heads), rows=tuple(rows))
