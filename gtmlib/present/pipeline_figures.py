"""Charts of the pipeline chapter: shares won, lost and open over time, and forecasts against what came of them."""

from __future__ import annotations

from collections.abc import Sequence

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Spec, draw, inked, lay_scale, lay_x_axis, plain, stack, stroke
from gtmlib.present.colours import ACCENT, INK, SOFT, loss_colour, readable_shade, tint
from gtmlib.present.figures import plot_waterfall
from gtmlib.present.language import Language

LARGEST_DOT, SMALLEST_DOT = 24, 8  # pixels
NOTE: Spec = {"showarrow": False, "font": {"size": 13, "color": INK}}


def plot_outcomes(
    days: Sequence[float],
    shares: Sequence[Sequence[float]],
    names: Sequence[str],
    *,
    language: Language,
    accent: str = ACCENT,
    x_title: str = "",
    y_title: str = "",
) -> Figure:
    """Draw shares that sum to 1 as areas over time, named where they end.

    Parameters
    ----------
    days : sequence of float
        Time since the start, rising.
    shares : sequence of sequences
        Won, open and lost, from the bottom up; one value per day.
    names : sequence of str
        What the three are called.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    x_title, y_title : str
        What the axes measure; plain text.
    """
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    fills = (tint(strong, 0.35), "#eceef0", tint(loss, 0.5))
    data, notes, level = [], [], [0.0] * len(days)
    for name, values, fill in zip(names, shares, fills, strict=True):
        below, level = level, [low + value for low, value in zip(level, values, strict=True)]
        said = [
            stack(
                plain(name), f"<b>{plain(language.format(value, 'percent'))}</b>", plain(language.format(day, "count"))
            )
            for day, value in zip(days, values, strict=True)
        ]
        area: Spec = {"type": "scatter", "mode": "lines", "x": list(days), "y": level, "hoverinfo": "text"}
        line = {"color": "#ffffff", "width": 1.5, "shape": "linear"}
        data.append(area | {"hovertext": said, "fill": "tonexty", "fillcolor": fill, "line": line})
        if values[-1] >= 0.05:
            middle = (below[-1] + level[-1]) / 2
            text = f"<b>{plain(name)} {plain(language.format(values[-1], 'percent_whole'))}</b>"
            notes.append({"x": days[-1], "y": middle, "text": text, "xanchor": "right", "xshift": -8} | NOTE)
    data[0] |= {"fill": "tozeroy"}
    x_axis, narrow = lay_x_axis([0.0, days[-1]], kind="count", language=language, title=x_title)
    layout = {
        "height": 380,
        "xaxis": x_axis | {"range": [0, days[-1]], "showgrid": False},
        "yaxis": lay_scale([0.0, 1.0], kind="percent", language=language, title=y_title) | {"range": [0, 1]},
        "annotations": notes,
        "margin": {"r": 16},
        "meta": {"narrow": narrow},
    }
    return draw(data, layout, language)


def plot_reliability(
    forecasts: Sequence[float],
    rates: Sequence[float],
    ci_low: Sequence[float],
    ci_high: Sequence[float],
    sizes: Sequence[int],
    *,
    language: Language,
    accent: str = ACCENT,
    details: Sequence[str] = (),
    x_title: str = "",
    y_title: str = "",
    line_label: str = "",
) -> Figure:
    """Draw what came of forecasts of each size, with its interval, against the line where forecasts come true.

    Parameters
    ----------
    forecasts, rates : sequence of float
        Mean forecast of each bin and the share that came true, in [0, 1].
    ci_low, ci_high : sequence of float
        Interval of the share.
    sizes : sequence of int
        Observations behind each: the dots' size.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    details : sequence of str
        What a point says beside its interval.
    x_title, y_title, line_label : str
        What the axes measure, and what the line is called; plain text.
    """
    strong, most = readable_shade(accent, 4.5), max(sizes, default=1) or 1
    dots = [SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * (size / most) ** 0.5 for size in sizes]
    hovers = [
        stack(
            f"{plain(x_title)}: {plain(language.format(x, 'percent'))}",
            f"{plain(y_title)}: <b>{plain(language.format(y, 'percent'))}</b>",
            plain(detail),
        )
        for x, y, detail in zip(forecasts, rates, details or [""] * len(sizes), strict=True)
    ]
    shapes = [
        stroke(x, low, x, high, {"color": tint(strong, 0.5), "width": 5})
        for x, low, high in zip(forecasts, ci_low, ci_high, strict=True)
    ]
    shapes.append(stroke(0, 0, 1, 1, LOOK["reference"], "below"))
    marks: Spec = {"type": "scatter", "mode": "markers", "x": list(forecasts), "y": list(rates), "hoverinfo": "text"}
    marks |= {"hovertext": hovers, "marker": LOOK["dot"] | {"color": strong, "size": dots}, "cliponaxis": False}
    x_axis, narrow = lay_x_axis([0.0, 1.0], kind="percent", language=language, title=x_title)
    label = {"x": 0.02, "y": 0.98, "xanchor": "left", "yanchor": "top", "text": inked(line_label, SOFT)} | NOTE
    layout = {
        "height": 420,
        "xaxis": x_axis | {"range": [-0.02, 1.02], "showgrid": False},
        "yaxis": lay_scale([0.0, 1.0], kind="percent", language=language, title=y_title) | {"range": [-0.02, 1.02]},
        "shapes": shapes,
        "annotations": [label] if line_label else [],
        "margin": {"r": 16},
        "meta": {"narrow": narrow},
    }
    return draw([marks], layout, language)


def plot_flow(
    labels: Sequence[str],
    amounts: Sequence[float],
    steps: Sequence[str],
    *,
    language: Language,
    accent: str = ACCENT,
    axis_title: str = "",
) -> Figure:
    """Draw what changed in a pipeline as a waterfall, in which what was won is no loss.

    Parameters
    ----------
    labels, amounts : sequence
        Name and signed amount of each step; the first and the last state a level.
    steps : sequence of str
        What each is: opening, new, raised, lowered, won, lost, gone or closing.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    axis_title : str
        What the axis measures; plain text.
    """
    totals = [step in ("opening", "closing") for step in steps]
    figure = plot_waterfall(labels, amounts, totals, language=language, accent=accent, axis_title=axis_title)
    colours = list(figure.data[0].marker.color)
    strong = readable_shade(accent, 4.5)
    figure.data[0].marker.color = [
        tint(strong, 0.45) if step == "won" else colour for step, colour in zip(steps, colours, strict=True)
    ]
    return figure
