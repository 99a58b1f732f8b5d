"""Exhibits of what was tried in the workshop: a panel's headlines and settings, today and in each scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.workshop.panel import Control, Value
from gtmlib.analyses.workshop.scenarios import Answer, Figure, Setting, Tried
from gtmlib.present.exhibit import CellKind, Exhibit, Table, TableColumn
from gtmlib.present.exhibits.workshop_hypotheses import name_measure
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import KIND_OF_UNIT, format_finding, name_of

WITH_UNIT = ("days", "months")  # what a number on an axis does not show


def present_tried(result: Tried, language: Language, accent: str) -> Exhibit:
    """Set a panel's headlines and the settings that were moved side by side: today and in each scenario.

    Parameters
    ----------
    result : Tried
        A panel, today and as scenarios have it.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, titles = language.say, [language.word(title) for title in result.titles]
    first = result.headlines[0]
    shown = [answer.figure(first) for answer in (result.today, *result.answers)]
    states = [say("workshop.today"), *titles]
    title = _title(result, language)
    known = next((one for one in shown if one is not None), None)
    said = [f"{state}: {describe_figure(one, language)}" for state, one in zip(states, shown, strict=True)]
    return Exhibit(
        id=f"workshop-tried-{result.panel}",
        title=title,
        sentences=(say(f"workshop.{result.panel}.about"), *_unanswered(result, language)),
        figure=None if known is None else _chart(known, states, shown, language, accent),
        alt="" if known is None else say("workshop.tried.alt", metric=_metric(first, language), states=said),
        table=Table(
            columns=tuple(TableColumn(label=label) for label in (say("workshop.column.what"), *states)),
            rows=(*_setting_rows(result, language), *_figure_rows(result, language)),
        ),
        notes=(say("workshop.tried.note"),),
        headline=title,
    )


def name_value(panel: str, control: Setting | Control, value: Value, language: Language) -> str:
    """Say where a control stands, in the reader's language.

    Parameters
    ----------
    panel : str
        Whose control it is.
    control : Setting or Control
        How its values are named.
    value : str, float or tuple of str
        One of them.
    language : Language
        Of the reader.

    Examples
    --------
    >>> name_value("price_cost", Control(id="price", kind="slider", start=0.0, unit="percent"), 0.05,
    ...     Language("en", "SEK"))
    '5.0%'
    """
    if isinstance(value, tuple):
        return language.format([_option(panel, control, one, language) for one in value], "list") if value else "–"
    return (
        language.format(value, control.unit) if isinstance(value, float) else _option(panel, control, value, language)
    )


def describe_figure(figure: Figure | None, language: Language) -> str:
    """Write a headline with its interval and its n, where it has them.

    Parameters
    ----------
    figure : Figure, optional
        None where the state has no answer.
    language : Language
        Of the reader.
    """
    if figure is None:
        return "–"
    value = _write(figure, language)
    if figure.ci_low is None or figure.ci_high is None:
        return value
    kind = _kind(figure)
    ends = {"low": language.format(figure.ci_low, kind), "high": language.format(figure.ci_high, kind)}
    if figure.n is None:
        return language.say("workshop.estimate", value=value, **ends)
    return language.say("workshop.estimate.n", value=value, **ends, n=figure.n)


def _option(panel: str, control: Setting | Control, value: str, language: Language) -> str:
    if control.kind == "text" or not value:
        return value or "–"
    name = control.control if isinstance(control, Setting) else control.id
    write: dict[str, Callable[[], object]] = {
        "message": lambda: language.say(f"workshop.{panel}.{name}.{value}"),
        "text": lambda: name_of("workshop_group", value, language),
        "code": lambda: name_of("code", value, language),
        "month": lambda: language.format(value, "month"),
        "finding": lambda: name_measure(value, language),
    }
    return str(write[control.named_by]())


def _metric(name: str, language: Language) -> str:
    return language.say(f"glossary.{name}")


def _write(figure: Figure, language: Language) -> str:
    if figure.unit == "count":  # also of what is expected: as the chart has it
        return language.format(figure.value, KIND_OF_UNIT["count"])
    return format_finding(Finding(figure.id, figure.value, figure.unit, ""), language)


def _kind(figure: Figure) -> CellKind:
    if figure.unit == "share" and figure.id.endswith(".difference"):
        return "percent_points"
    return KIND_OF_UNIT.get(figure.unit or "ratio", "money")  # type: ignore[return-value]


def _best(result: Tried, today: Figure | None) -> tuple[str, Figure, float] | None:
    """Give the scenario that the title speaks of, with its distance from today (from nothing where that is not known).

    Of money it is the highest, of anything else what moved most: whether more of it is better, the reader knows.
    """
    start = float(today.value or 0) if today is not None else 0.0
    pairs = zip(result.titles, (answer.figure(result.headlines[0]) for answer in result.answers), strict=True)
    told = [(title, one, float(one.value or 0) - start) for title, one in pairs if one is not None]
    is_money = bool(told) and _kind(told[0][1]) == "money"
    return max(told, key=lambda row: row[2] if is_money else abs(row[2]), default=None)


def _title(result: Tried, language: Language) -> str:
    today = result.today.figure(result.headlines[0])
    best = _best(result, today)
    if best is None:
        return language.say("workshop.tried.title.none", panel=language.say(f"workshop.{result.panel}.title"))
    scenario, figure, difference = best
    then = _write(figure, language)
    args: dict[str, Any] = {"metric": _metric(figure.id, language), "scenario": scenario, "then": then}
    if today is None:
        return language.say("workshop.tried.title.alone", **args)
    args |= {"today": _write(today, language), "difference": abs(difference)}
    kind = "other" if _kind(figure) != "money" else "more" if difference > 0 else "less"
    return language.say(f"workshop.tried.title.{'same' if args['today'] == then else kind}", **args)


def _unanswered(result: Tried, language: Language) -> list[str]:
    """Say which states have no answer, and why."""
    said = []
    states = zip((language.say("workshop.today"), *result.titles), (result.today, *result.answers), strict=True)
    for state, answer in states:
        if answer.error:
            why = language.say(f"workshop.error.{answer.error}", **answer.error_args)
            said.append(language.say("workshop.tried.unanswered", scenario=state, why=why))
    return said


def _chart(known: Figure, states: list[str], shown: list[Figure | None], language: Language, accent: str) -> Any:
    metric = _metric(known.id, language)
    sizes = [one.n if one is not None else None for one in shown]
    return plot_intervals(
        states,
        [None if one is None else one.value for one in shown],
        [None if one is None else one.ci_low for one in shown],
        [None if one is None else one.ci_high for one in shown],
        language=language,
        kind=_kind(known),
        accent=accent,
        marks="bars",
        details=[language.say("evidence.n", n=n) if n is not None else "" for n in sizes],
        highlight=[False, *[True] * (len(states) - 1)],
        axis_title=language.say(f"workshop.axis.{known.unit}", metric=metric) if known.unit in WITH_UNIT else metric,
    )


def _setting_rows(result: Tried, language: Language) -> list[tuple[str, ...]]:
    return [
        (
            language.say(f"workshop.{result.panel}.{setting.control}"),
            *(_stand(result.panel, setting, value, language) for value in (setting.start, *setting.values)),
        )
        for setting in result.settings
    ]


def _stand(panel: str, setting: Setting, value: Value, language: Language) -> str:
    if isinstance(value, tuple) and 1 < len(value) == setting.n_options:
        return language.say("workshop.all", n=len(value))
    return name_value(panel, setting, value, language)


def _figure_rows(result: Tried, language: Language) -> list[tuple[str, ...]]:
    answers: tuple[Answer, ...] = (result.today, *result.answers)
    return [
        (_metric(name, language), *(describe_figure(answer.figure(name), language) for answer in answers))
        for name in result.headlines
    ]
