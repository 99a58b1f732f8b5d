"""Charts of message variants: crude beside adjusted differences, reps from control to variant, the course over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Row, Spec, draw, draw_rows, inked, lay_scale, lay_x_axis, plain, stack
from gtmlib.present.colours import ACCENT, INK, QUIET, readable_shade, tint
from gtmlib.present.language import Language

LARGEST_DOT, SMALLEST_DOT = 22, 5  # pixels
MOST_TICKS = 6  # of periods on a phone's width


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """A row of a forest plot: a difference with its interval.

    Parameters
    ----------
    label, detail : str
        Name, and small text under it.
    value, low, high : float
        Difference of shares and its interval, in [-1, 1].
    decides : bool
        Whether it gives the verdict: drawn strong, else grey.
    """

    label: str
    value: float
    low: float
    high: float
    detail: str = ""
    decides: bool = True


def plot_forest(rows: Sequence[ForestRow], *, language: Language, accent: str = ACCENT, axis_title: str = "") -> Figure:
    """Draw differences of rates: in the accent those that decide, in grey the crude ones below them.

    Parameters
    ----------
    rows : sequence of ForestRow
        In the order to show; differences of shares.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    axis_title : str
        What the axis measures.
    """
    strong = readable_shade(accent, 4.5)
    colours = [strong if row.decides else QUIET for row in rows]
    shapes: list[Spec] = [
        _segment(row.low, place, row.high, place, {"color": tint(colour, 0.55), "width": 8 if row.decides else 4})
        for place, (row, colour) in enumerate(zip(rows, colours, strict=True))
    ]
    shapes.append(_segment(0, 0, 0, 1, LOOK["reference"]) | {"yref": "paper"})
    sizes = [13 if row.decides else 9 for row in rows]
    marks = LOOK["row_dots"] | {"x": [row.value for row in rows]}
    marks |= {"marker": LOOK["dot"] | {"color": colours, "size": sizes}}
    said = [_points(row.value, row.low, row.high, language) for row in rows]
    drawn = [
        Row(label=row.label, at=row.value, value=value, detail=row.detail, span=span, is_total=row.decides)
        for row, (value, span) in zip(rows, said, strict=True)
    ]
    ends = [end for row in rows for end in (row.low, row.high, row.value)] + [0.0]
    x_axis, narrow = lay_x_axis(ends, kind="percent_points", language=language, title=axis_title)
    x_axis["zeroline"] = False
    return draw_rows(marks, drawn, shapes, x_axis=x_axis, narrow=narrow, language=language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A line from the control's rate to the variant's.

    Parameters
    ----------
    label : str
        Whose rates they are.
    rates : (float or None, float or None)
        Of the control and of the variant, in [0, 1]; None without contacts.
    sizes : (int, int)
        Contacts with each.
    """

    label: str
    rates: tuple[float | None, float | None]
    sizes: tuple[int, int]


def plot_slopes(
    slopes: Sequence[Slope],
    overall: Slope,
    *,
    ends: tuple[str, str],
    language: Language,
    accent: str = ACCENT,
    axis_title: str = "",
) -> Figure:
    """Draw each rep's rate with the control and with the variant, the dots as large as the contacts are many.

    Parameters
    ----------
    slopes : sequence of Slope
        A rep each.
    overall : Slope
        All contacts together: the crude difference.
    ends : (str, str)
        What the two sides are called.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    axis_title : str
        What the axis measures; plain text.
    """
    strong = readable_shade(accent, 4.5)
    most = max((size for slope in slopes for size in slope.sizes), default=1) or 1
    colour = tint(strong, 0.35)
    data = [_slope(slope, language, {"color": colour, "width": 1.5}, colour, most) for slope in slopes]
    data.append(_slope(overall, language, {"color": INK, "width": 3, "dash": "6px,4px"}, INK, 0))
    rates = [rate for slope in (*slopes, overall) for rate in slope.rates if rate is not None]
    notes = [
        _note(language.format(rate, "percent"), x=side, y=rate, xanchor=anchor, xshift=shift)
        for side, (rate, anchor, shift) in enumerate(zip(overall.rates, ("right", "left"), (-14, 14), strict=True))
    ]
    axis: Spec = {"tickvals": [0, 1], "ticktext": [f"<b>{plain(end, 18)}</b>" for end in ends], "range": [-0.4, 1.4]}
    layout = {
        "height": 420,
        "xaxis": LOOK["label_axis"] | axis,
        "yaxis": lay_scale([0.0, *rates, max(rates) * 1.08], kind="percent", language=language, title=axis_title),
        "annotations": notes,
    }
    return draw(data, layout, language)


def plot_course(
    labels: Sequence[str],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    language: Language,
    accent: str = ACCENT,
    details: Sequence[str] = (),
    axis_title: str = "",
) -> Figure:
    """Draw a difference and its interval as they stood after each period.

    Parameters
    ----------
    labels : sequence of str
        Periods in their order.
    values, low, high : sequence of float
        Difference of shares and its interval after each; early ones may leave the picture.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    details : sequence of str
        What a point says beside its interval.
    axis_title : str
        What the axis measures; plain text.
    """
    places = list(range(len(labels)))
    strong = readable_shade(accent, 4.5)
    half = max(value - bottom for value, bottom in zip(values[-3:], low[-3:], strict=True)) * 2
    limit = (min(*values, values[-1] - half, 0.0), max(*values, values[-1] + half, 0.0))
    hovers = []
    for label, value, bottom, top, detail in zip(labels, values, low, high, details or [""] * len(labels), strict=True):
        said, span = _points(value, bottom, top, language)
        hovers.append(stack(plain(label), f"<b>{plain(said)}</b>", plain(span), plain(detail)))
    edge = {"color": tint(strong, 0.5), "width": 1}
    band: Spec = {"type": "scatter", "mode": "lines", "x": places, "hoverinfo": "skip", "line": edge}
    line: Spec = {"type": "scatter", "mode": "lines+markers", "x": places, "y": list(values), "hoverinfo": "text"}
    line |= {"hovertext": hovers, "line": {"color": strong, "width": 2.5}, "marker": {"color": strong, "size": 8}}
    data = [band | {"y": list(low)}, band | {"y": list(high), "fill": "tonexty", "fillcolor": tint(strong, 0.86)}, line]
    every = -(-len(labels) // 12)
    phone = -(-len(labels) // MOST_TICKS)
    pick = list(reversed(range(len(labels) - 1, -1, -every)))
    pick_phone = list(reversed(range(len(labels) - 1, -1, -phone)))
    texts = [plain(label, 6) for label in labels]
    axis: Spec = {"tickvals": pick, "ticktext": [texts[place] for place in pick], "range": [-0.4, len(labels) - 0.6]}
    narrow = {"xaxis.tickvals": pick_phone, "xaxis.ticktext": [texts[place] for place in pick_phone]}
    zero = _segment(0, 0, 1, 0, LOOK["reference"]) | {"xref": "paper", "layer": "above"}
    scale = lay_scale(limit, kind="percent_points", language=language, title=axis_title)
    layout = {
        "height": 380,
        "xaxis": axis | {"showgrid": False, "tickangle": 0, "zeroline": False},
        "yaxis": scale | {"zeroline": False},
        "shapes": [zero],
        "margin": {"r": 16},
        "meta": {"narrow": narrow},
    }
    return draw(data, layout, language)


def _slope(slope: Slope, language: Language, line: Spec, colour: str, most: int) -> Spec:
    hovers = [
        stack(
            f"<b>{plain(slope.label)}</b>",
            plain(language.format(rate, "percent")),
            inked(_contacts(size, language), QUIET),
        )
        for rate, size in zip(slope.rates, slope.sizes, strict=True)
    ]
    sizes = [SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * (size / most) ** 0.5 if most else 11 for size in slope.sizes]
    drawn: Spec = {"type": "scatter", "mode": "lines+markers", "x": [0, 1], "y": list(slope.rates), "line": line}
    marker = {"color": colour, "size": sizes, "line": {"color": "#ffffff", "width": 1.5}, "opacity": 1}
    return drawn | {"hoverinfo": "text", "hovertext": hovers, "marker": marker, "cliponaxis": False}


def _contacts(n: int, language: Language) -> str:
    return language.say("figure.contacts", n=n)


def _points(value: float, low: float, high: float, language: Language) -> tuple[str, str]:
    said, first, last = (language.format(number, "percent_points") for number in (value, low, high))
    return said, language.say("figure.span", low=first, high=last)


def _segment(x0: float, y0: float, x1: float, y1: float, line: Spec) -> Spec:
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": "between"}


def _note(text: str, **place: Any) -> Spec:
    return {"text": f"<b>{plain(text)}</b>", "showarrow": False, "font": {"size": 13, "color": INK}, **place}
