"""Charts of people and time: a funnel of rates by size, and a share week by week within its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Spec, draw, lay_scale, lay_x_axis, plain, stack, stroke
from gtmlib.present.colours import ACCENT, INK, QUIET, SOFT, loss_colour, readable_shade, tint
from gtmlib.present.language import Language

MOST_TICKS, MOST_TICKS_PHONE = 12, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """A group in a funnel.

    Parameters
    ----------
    label : str
        What a hover calls it, and where it is outside the outer limits, the chart too.
    n : int
        Its size.
    rate : float
        In [0, 1].
    is_outside : bool
        Whether it is outside the outer limits: drawn in another colour.
    """

    label: str
    n: int
    rate: float
    is_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelCurve:
    """A pair of limits along the size.

    Parameters
    ----------
    label : str
        What the curve says at its end.
    sizes, low, high : sequence
        Sizes of groups, and the limits there, in [0, 1].
    """

    label: str
    sizes: Sequence[int]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A dashed line across a chart.

    Parameters
    ----------
    value : float
        Where it stands, in [0, 1].
    label : str
        What it says.
    """

    value: float
    label: str


def plot_funnel(
    points: Sequence[FunnelPoint],
    curves: Sequence[FunnelCurve],
    centre: float,
    *,
    language: Language,
    accent: str = ACCENT,
    x_title: str = "",
    y_title: str = "",
) -> Figure:
    """Draw rates over sizes, within the limits that chance gives a group of that size.

    Parameters
    ----------
    points : sequence of FunnelPoint
        A dot each.
    curves : sequence of FunnelCurve
        From the inner to the outer limits.
    centre : float
        The rate of all, in [0, 1].
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    x_title, y_title : str
        What the axes measure; plain text.
    """
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    data: list[Spec] = []
    notes: list[Spec] = []
    for place, curve in enumerate(curves):
        line = {"color": QUIET, "width": 1.5} | ({"dash": "5px,4px"} if place else {})
        limit: Spec = {"type": "scatter", "mode": "lines", "x": list(curve.sizes), "line": line, "hoverinfo": "skip"}
        data += [limit | {"y": list(curve.low)}, limit | {"y": list(curve.high)}]
        notes.append(
            _note(curve.label, x=curve.sizes[0], y=curve.high[0], xanchor="left", yanchor="bottom", colour=SOFT)
        )
    hovers = [
        stack(f"<b>{plain(point.label)}</b>", plain(language.format(point.rate, "percent")),
              plain(language.say("execution.reps.deals", n=point.n)))
        for point in points
    ]  # fmt: skip
    colours = [loss if point.is_outside else strong for point in points]
    dots: Spec = {"type": "scatter", "mode": "markers", "hoverinfo": "text", "hovertext": hovers, "cliponaxis": False}
    dots |= {"x": [point.n for point in points], "y": [point.rate for point in points]}
    data.append(dots | {"marker": LOOK["dot"] | {"color": colours, "size": 11}})
    notes += [
        _note(point.label, x=point.n, y=point.rate, yanchor="bottom", yshift=8, colour=loss)
        for point in points
        if point.is_outside
    ]
    sizes = [point.n for point in points] + [size for curve in curves for size in curve.sizes]
    x_axis, narrow = lay_x_axis([min(sizes), max(sizes)], kind="count", language=language, title=x_title)
    heights = [point.rate for point in points] + [end for curve in curves for end in (*curve.low, *curve.high)]
    layout = {
        "height": 420,
        "xaxis": x_axis | {"showgrid": False, "zeroline": False},
        "yaxis": lay_scale(heights, kind="percent", language=language, title=y_title) | {"zeroline": False},
        "shapes": [stroke(0, centre, 1, centre, LOOK["reference"]) | {"xref": "paper"}],
        "annotations": notes,
        "margin": {"r": 16, "t": 16},
        "meta": {"narrow": narrow},
    }
    return draw(data, layout, language)


def plot_share_course(
    labels: Sequence[str],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    language: Language,
    accent: str = ACCENT,
    details: Sequence[str] = (),
    is_outside: Sequence[bool] = (),
    beside: Sequence[float | None] = (),
    levels: Sequence[Level] = (),
    begins: tuple[int, str] | None = None,
    axis_title: str = "",
) -> Figure:
    """Draw a share over time with a band: its limits or its intervals.

    Parameters
    ----------
    labels : sequence of str
        Periods in their order.
    values, low, high : sequence of float
        Share and band of each, in [0, 1].
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    details : sequence of str
        What a point says when pointed at, beside its share.
    is_outside : sequence of bool
        Points outside the band by more than chance: drawn in another colour.
    beside : sequence of float or None
        Another share over the same periods, as a thin dotted line.
    levels : sequence of Level
        Dashed lines, such as a target.
    begins : (int, str), optional
        The period before which something began, and what to say there.
    axis_title : str
        What the axis measures; plain text.
    """
    strong, loss, places = readable_shade(accent, 4.5), loss_colour(accent), list(range(len(labels)))
    edge = {"color": tint(strong, 0.6), "width": 1, "shape": "hvh"}
    band: Spec = {"type": "scatter", "mode": "lines", "x": places, "hoverinfo": "skip", "line": edge}
    data = [band | {"y": list(low)}, band | {"y": list(high), "fill": "tonexty", "fillcolor": tint(strong, 0.88)}]
    if any(share is not None for share in beside):
        line = {"color": INK, "width": 1.5, "dash": "2px,3px"}
        data.append(
            {"type": "scatter", "mode": "lines", "x": places, "y": list(beside), "hoverinfo": "skip", "line": line}
        )
    told = zip(labels, values, details or [""] * len(labels), strict=True)
    hovers = [
        stack(plain(label), f"<b>{plain(language.format(value, 'percent'))}</b>", plain(text))
        for label, value, text in told
    ]
    colours = [loss if outside else strong for outside in is_outside or [False] * len(labels)]
    points: Spec = {"type": "scatter", "mode": "lines+markers", "x": places, "y": list(values), "hoverinfo": "text"}
    points |= {"hovertext": hovers, "line": {"color": strong, "width": 2}}
    data.append(points | {"marker": {"color": colours, "size": 8, "line": {"color": "#ffffff", "width": 1}}})
    shapes = [
        stroke(0, level.value, 1, level.value, LOOK["reference"], "above") | {"xref": "paper"} for level in levels
    ]
    notes = [
        _note(level.label, x=0, y=level.value, xref="paper", xanchor="left", yanchor="bottom", colour=INK)
        for level in levels
    ]
    if begins is not None:
        place, text = begins
        shapes.append(stroke(place - 0.5, 0, place - 0.5, 1, {"color": SOFT, "width": 1.5}) | {"yref": "paper"})
        anchor = "left" if place < 0.6 * len(labels) else "right"
        where = {"x": place - 0.5, "y": 1, "yref": "paper", "xanchor": anchor, "yanchor": "bottom"}
        notes.append(_note(text, colour=SOFT, **where))
    heights = [*values, *low, *high, *(level.value for level in levels), *(x for x in beside if x is not None)]
    wide, phone = (places[:: max(1, -(-len(places) // most))] for most in (MOST_TICKS, MOST_TICKS_PHONE))
    axis: Spec = {"tickvals": wide, "ticktext": [plain(labels[place], 6) for place in wide]}
    layout = {
        "height": 380,
        "xaxis": axis | {"range": [-0.6, len(labels) - 0.4], "showgrid": False, "tickangle": 0, "zeroline": False},
        "yaxis": lay_scale(heights, kind="percent", language=language, title=axis_title) | {"zeroline": False},
        "shapes": shapes,
        "annotations": notes,
        "margin": {"r": 16, "t": 26},
        "meta": {"narrow": {"xaxis.tickvals": phone, "xaxis.ticktext": [plain(labels[place], 6) for place in phone]}},
    }
    return draw(data, layout, language)


def _note(text: str, *, colour: str, **place: object) -> Spec:
    return {"text": plain(text), "showarrow": False, "font": {"size": 12, "color": colour}, **place}
