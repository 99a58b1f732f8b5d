"""Charts of objection patterns: odds ratios crude beside adjusted, and sums that wait for an alarm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Row, Spec, draw, draw_rows, inked, lay_scale, plain, stack, stroke
from gtmlib.present.colours import ACCENT, INK, QUIET, readable_shade, tint
from gtmlib.present.language import Language

ROUND_RATIOS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0, 50.0)
WIDEST = 64.0  # an interval that goes further is cut: it says "not known" already
MOST_TICKS = 5  # on a phone's width


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRow:
    """A row of odds ratios.

    Parameters
    ----------
    label, detail : str
        Name, and small text under it.
    value, low, high : float, optional
        The ratio that decides and its interval, above 0; None where it cannot be told.
    crude : float, optional
        What summing over everything would have said.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    crude: float | None = None
    detail: str = ""


def plot_ratios(rows: Sequence[RatioRow], *, language: Language, accent: str = ACCENT, axis_title: str = "") -> Figure:
    """Draw ratios on a scale on which half as much is as far from 1 as twice as much: a dot each, the crude one a bar.

    Parameters
    ----------
    rows : sequence of RatioRow
        In the order to show.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    axis_title : str
        What the axis measures; plain text.
    """
    strong = readable_shade(accent, 4.5)
    shapes: list[Spec] = [stroke(1, 0, 1, 1, LOOK["reference"]) | {"yref": "paper"}]
    drawn, ends = [], [0.5, 2.0]
    numbers = [number for row in rows for number in (row.value, row.low, row.high)]
    written = language.format_column(numbers, "number")
    for place, row in enumerate(rows):
        known = row.value is not None and row.low is not None and row.high is not None
        if known:
            low, high = max(row.low or 0.0, 1 / WIDEST), min(row.high or 1.0, WIDEST)
            ends += [low, high]
            shapes.append(stroke(low, place, high, place, {"color": tint(strong, 0.55), "width": 8}))
        if row.crude is not None:
            at = min(max(row.crude, 1 / WIDEST), WIDEST)
            ends.append(at)
            line = {"color": QUIET, "width": 3}
            shapes.append(stroke(at, place - 0.24, at, place + 0.24, line, "above"))
        said, first, last = written[3 * place : 3 * place + 3]
        span = language.say("figure.span", low=first, high=last) if known else ""
        drawn.append(Row(label=row.label, at=row.value, value=said, detail=row.detail, span=span))
    marks = LOOK["row_dots"] | {"x": [row.value for row in rows]}
    marks |= {"marker": LOOK["dot"] | {"color": strong, "size": 12}}
    ticks = [tick for tick in ROUND_RATIOS if min(ends) * 0.8 <= tick <= max(ends) * 1.25]
    few = ticks if len(ticks) <= MOST_TICKS else [tick for tick in ticks if tick in (0.1, 1.0, 10.0)]
    x_axis: Spec = {
        "type": "log",
        "range": [math.log10(min(ends)) - 0.05, math.log10(max(ends)) + 0.05],
        "tickvals": ticks,
        "ticktext": [language.format(tick, "number") for tick in ticks],
        "title": {"text": plain(axis_title)},
        "zeroline": False,
        "tickangle": 0,
    }
    narrow: Spec = {"xaxis.tickvals": few, "xaxis.ticktext": [language.format(tick, "number") for tick in few]}
    narrow["xaxis.title.text"] = plain(axis_title, 42)
    return draw_rows(marks, drawn, shapes, x_axis=x_axis, narrow=narrow, language=language)


def plot_watch(
    weeks: Sequence[str],
    labels: Sequence[str],
    shares: Sequence[Sequence[float]],
    *,
    language: Language,
    accent: str = ACCENT,
    alarm_label: str = "",
    axis_title: str = "",
) -> Figure:
    """Draw sums as shares of what gives an alarm, week by week: the first in the accent, the others in greys.

    Parameters
    ----------
    weeks : sequence of str
        Mondays, ISO.
    labels : sequence of str
        Name of each line.
    shares : sequence of sequences of float
        Per line, one value per week; 1 is the alarm.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    alarm_label : str
        What the line at 1 says; plain text.
    axis_title : str
        What the axis measures; plain text.
    """
    strong = readable_shade(accent, 4.5)
    styles = [(strong, 3, "solid"), (INK, 2, "6px,3px"), (QUIET, 2, "2px,2px")]
    places, data, notes = list(range(len(weeks))), list[Spec](), list[Spec]()
    days = [language.format(week, "day") for week in weeks]
    ends = _apart([line[-1] for line in shares])
    for label, line, end, (colour, width, dash) in zip(labels, shares, ends, styles, strict=False):
        hovers = [
            stack(f"<b>{plain(label)}</b>", plain(day), plain(language.format(value, "percent_whole")))
            for day, value in zip(days, line, strict=True)
        ]
        drawn: Spec = {"type": "scatter", "mode": "lines", "x": places, "y": list(line), "hoverinfo": "text"}
        data.append(drawn | {"hovertext": hovers, "line": {"color": colour, "width": width, "dash": dash}})
        note: Spec = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": end, "showarrow": False}
        notes.append(note | {"align": "left", "text": inked(plain(label), colour), "font": {"size": 12}})
    top = max(1.15, *(value for line in shares for value in line))
    above: Spec = {"text": plain(alarm_label), "x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yanchor": "bottom"}
    notes.append(above | {"showarrow": False, "font": {"size": 12, "color": INK}})
    pick, few = (list(reversed(places[:: -max(1, -(-len(places) // most))])) for most in (9, MOST_TICKS - 1))
    wide = 7 * max((len(label) for label in labels), default=0) + 12
    legend = stack(*(inked(f"\u25a0 {label}", style[0]) for label, style in zip(labels, styles, strict=False)))
    head: Spec = {"text": legend, "x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper"}
    head |= {"yanchor": "bottom", "yshift": 6, "showarrow": False, "font": {"size": 12}, "align": "left"}
    narrow = {"xaxis.tickvals": few, "xaxis.ticktext": [days[place] for place in few], "margin.r": 12}
    narrow["margin.t"] = 20 + 18 * len(labels)
    layout = {
        "height": 360,
        "xaxis": {"tickvals": pick, "ticktext": [days[place] for place in pick], "showgrid": False, "tickangle": 0,
                  "zeroline": False, "range": [-0.4, len(places) - 0.6]},
        "yaxis": lay_scale([0.0, top], kind="percent", language=language, title=axis_title),
        "shapes": [stroke(0, 1, 1, 1, LOOK["reference"], "above") | {"xref": "paper"}],
        "annotations": notes,
        "margin": {"r": wide, "t": 16},
        "meta": {"narrow": narrow | {"annotations": [notes[-1], head]}},
    }  # fmt: skip
    return draw(data, layout, language)


def _apart(ends: Sequence[float]) -> list[float]:
    """Move the labels of lines that end close to each other apart, in their order."""
    order = sorted(range(len(ends)), key=ends.__getitem__)
    found, last = [0.0] * len(ends), -math.inf
    for place in order:
        last = max(ends[place], last + 0.08)
        found[place] = last
    return found
