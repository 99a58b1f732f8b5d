"""Charts: one look, and a function per kind of picture; plain numbers and labels in, a plotly figure out.

Rows are read like a table: label on the left, mark in the middle, value on the right, so that nothing needs a legend.
On a phone the label moves above its mark, so that nothing is cut (`layout.meta["narrow"]`, applied by `report.js`).
Axes and hovers carry texts that the language wrote, so a number looks the same in a chart, a table and a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Row, Spec, draw, draw_rows, inked, lay_scale, lay_x_axis, plain, stroke
from gtmlib.present.colours import ACCENT, QUIET, blend, loss_colour, readable_ink, readable_shade, tint
from gtmlib.present.exhibit import CellKind
from gtmlib.present.language import Language


def apply_look(figure: Figure, language: Language, accent: str = ACCENT) -> Figure:
    """Give a copy of a figure the look that all charts share; its own settings win.

    Parameters
    ----------
    figure : plotly Figure
        Any figure of reduced numbers.
    language : Language
        Whose decimal and thousands signs the axes use.
    accent : str
        The brand's colour, `#rrggbb`; darkened where white paper needs it.

    Returns
    -------
    plotly Figure
        On the template of `look.json`: without title, legend, zoom and mode bar.
    """
    spec = figure.to_plotly_json()
    layout = {key: value for key, value in spec["layout"].items() if key not in ("template", "title")}
    colours = [readable_shade(accent, 3), loss_colour(accent), QUIET, tint(accent, 0.5)]
    return draw(spec["data"], {"colorway": colours} | layout, language)


def plot_waterfall(
    labels: Sequence[str],
    values: Sequence[float],
    is_total: Sequence[bool],
    *,
    language: Language,
    kind: CellKind = "money",
    accent: str = ACCENT,
    axis_title: str = "",
) -> Figure:
    """Draw steps from a first sum to a last one, a row each, from the top down.

    Parameters
    ----------
    labels, values : sequence
        Name and signed amount of each step, in the unit of `kind`; a total's amount is the level it states.
    is_total : sequence of bool
        True where a row is a level (drawn from zero), False where it is a change.
    language : Language
        Of the reader.
    kind : CellKind
        How `Language.format` writes the values.
    accent : str
        The brand's colour, `#rrggbb`.
    axis_title : str
        What the axis measures; plain text.
    """
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    rows, colours, starts, ends, level = [], [], [], [], 0.0
    for label, value, total in zip(labels, values, is_total, strict=True):
        starts.append(0.0 if total else level)
        level = starts[-1] + value
        ends.append(level)
        colours.append(strong if total else tint(strong, 0.45) if value >= 0 else loss)
        rows.append(Row(label=label, at=level, value=language.format(value, kind), is_total=total))
    bars = LOOK["row_bars"] | {"x": list(values), "base": starts, "marker": {"color": colours}}
    steps = [stroke(end, place, end, place + 1, LOOK["step"]) for place, end in enumerate(ends[:-1])]
    x_axis, narrow = lay_x_axis([*starts, *ends, 0.0], kind=kind, language=language, title=axis_title)
    return draw_rows(bars, rows, steps, x_axis=x_axis, narrow=narrow, language=language)


def plot_intervals(
    labels: Sequence[str],
    values: Sequence[float | None],
    ci_low: Sequence[float | None],
    ci_high: Sequence[float | None],
    *,
    language: Language,
    kind: CellKind = "percent",
    accent: str = ACCENT,
    marks: Literal["dots", "bars"] = "dots",
    details: Sequence[str] = (),
    highlight: Sequence[bool] = (),
    reference: float | None = None,
    axis_title: str = "",
) -> Figure:
    """Draw an estimate and its interval per row: a forest plot, or ranked bars with whiskers.

    Parameters
    ----------
    labels, values : sequence
        Name and estimate of each row, in the order to show; None where there is no estimate.
    ci_low, ci_high : sequence
        The interval, in the unit of `kind`; None where there is none.
    language : Language
        Of the reader.
    kind : CellKind
        How `Language.format` writes the values.
    accent : str
        The brand's colour, `#rrggbb`.
    marks : {'dots', 'bars'}
        Bars start at zero: for rates and amounts. Dots: for differences and means.
    details : sequence of str
        Small text under each label, such as `n = 120`.
    highlight : sequence of bool
        Rows in colour; the others are grey. Empty: all.
    reference : float, optional
        Where a dashed line stands, such as no difference.
    axis_title : str
        What the axis measures; plain text.
    """
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    rows, colours, strokes = [], [], []
    told = (details or [""] * len(labels), highlight or [True] * len(labels))
    fields = zip(labels, values, ci_low, ci_high, *told, strict=True)
    written = language.format_column([*values, *ci_low, *ci_high], kind)
    for place, (label, value, low, high, detail, is_strong) in enumerate(fields):
        said, first, last = written[place :: len(labels)]
        span = "" if low is None or high is None else _describe_span(first, last, language)
        rows.append(Row(label=label, at=value, value=said, detail=detail, span=span))
        colours.append(colour := QUIET if not is_strong else loss if (value or 0) < 0 else strong)
        if low is None or high is None:
            continue
        if marks == "dots":
            strokes.append(stroke(low, place, high, place, {"color": tint(colour, 0.6), "width": 8}))
        else:
            line = {"color": colour, "width": 2}
            strokes += [stroke(end, place - 0.12, end, place + 0.12, line, "above") for end in (low, high)]
            strokes.append(stroke(low, place, high, place, line, "above"))
    if marks == "dots":
        drawn = LOOK["row_dots"] | {"marker": LOOK["dot"] | {"color": colours}}
    else:
        drawn = LOOK["row_bars"] | {"marker": {"color": [tint(colour, 0.6) for colour in colours]}}
    if reference is not None:
        strokes.append(stroke(reference, 0, reference, 1, LOOK["reference"]) | {"yref": "paper"})
    points = (*values, *ci_low, *ci_high, reference, 0.0 if marks == "bars" else None)
    known = [point for point in points if point is not None]
    x_axis, narrow = lay_x_axis(known, kind=kind, language=language, title=axis_title, rows=rows)
    x_axis["zeroline"] = reference is None
    return draw_rows(drawn | {"x": list(values)}, rows, strokes, x_axis=x_axis, narrow=narrow, language=language)


def _describe_span(first: str, last: str, language: Language) -> str:
    """Say an interval in words, its unit once."""
    unit = re.search(r"\D*$", last)
    return language.say("figure.span", low=first.removesuffix(unit[0]) if unit and unit[0] else first, high=last)


def plot_whale_curve(
    customer_shares: Sequence[float],
    contribution_shares: Sequence[float],
    *,
    language: Language,
    accent: str = ACCENT,
    peak_label: str = "",
    end_label: str = "",
    x_title: str = "",
    y_title: str = "",
) -> Figure:
    """Draw the cumulated share of contribution over the cumulated share of customers, the best customers first.

    Parameters
    ----------
    customer_shares, contribution_shares : sequence of float
        From (0, 0) to (1, 1); at most some hundred points, never one per customer of a large client.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    peak_label, end_label : str
        What the highest and the last point say; plain text.
    x_title, y_title : str
        What the axes measure; plain text.
    """
    xs, ys = list(customer_shares), list(contribution_shares)
    top = max(range(len(ys)), key=ys.__getitem__)
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    said = [[language.format(value, "percent") for value in point] for point in zip(xs, ys, strict=True)]
    hovers = [f"{plain(x_title)}: {x}<br>{plain(y_title)}: <b>{y}</b>" for x, y in said]
    data = []
    for part, colour, share in ((slice(0, top + 1), strong, 0.88), (slice(top, None), loss, 0.8)):
        points = {"x": xs[part], "y": ys[part], "hovertext": hovers[part]}
        data.append(LOOK["curve"] | points | {"line": {"color": colour, "width": 3}, "fillcolor": tint(colour, share)})
    dots = LOOK["dot"] | {"size": 11, "color": [strong, loss]}
    data.append(LOOK["curve_ends"] | {"x": [xs[top], xs[-1]], "y": [ys[top], ys[-1]], "marker": dots})
    anchor = "left" if xs[top] < 0.25 else "right" if xs[top] > 0.75 else "center"
    peak = {"text": f"<b>{plain(peak_label, 30)}</b>", "x": xs[top], "y": ys[top], "xanchor": anchor}
    end = {"text": plain(end_label, 26), "x": 1, "y": min(1, ys[-1])}
    x_axis, narrow = lay_x_axis([0.0, 1.0], kind="percent", language=language, title=x_title)
    layout = {
        "height": 360,
        "xaxis": x_axis | {"showgrid": False},
        "yaxis": lay_scale([min(0.0, *ys), max(ys) * 1.2], kind="percent", language=language, title=y_title),
        "annotations": [LOOK["curve_peak"] | peak, LOOK["curve_end"] | end],
        "shapes": [stroke(0, 1, 1, 1, LOOK["reference"], "above")],
        "margin": {"r": 16},
        "meta": {"narrow": narrow},
    }
    return draw(data, layout, language)


def plot_heatmap(
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    language: Language,
    kind: CellKind = "percent",
    accent: str = ACCENT,
    hovers: Sequence[Sequence[str]] = (),
) -> Figure:
    """Draw a table of values as shades of the accent, each cell with its value.

    Parameters
    ----------
    row_labels, column_labels : sequence of str
        Names of the rows from the top down, and of the columns from the left.
    values : sequence of sequences
        One per row label, with one value per column label; None is a cell without a value.
    language : Language
        Of the reader.
    kind : CellKind
        How `Language.format` writes the values.
    accent : str
        The brand's colour, `#rrggbb`.
    hovers : sequence of sequences of str
        What a cell says when pointed at, beside its value, such as its n and interval.
    """
    n_rows, n_columns = len(row_labels), len(column_labels)
    shades = (tint(accent, 0.94), readable_shade(accent, 5.5))
    top = max((cell for row in values for cell in row if cell is not None), default=1) or 1
    texts, said = [], []
    for row, cells, details in zip(row_labels, values, hovers or [[""] * n_columns] * n_rows, strict=True):
        written = [language.format(cell, kind) for cell in cells]
        inks = [readable_ink(blend(*shades, (cell or 0) / top)) for cell in cells]
        texts.append([inked(text, ink) for text, ink in zip(written, inks, strict=True)])
        names = [f"{row} · {column}" for column in column_labels]
        said.append(["<br>".join(map(plain, parts)) for parts in zip(names, written, details, strict=True)])
    drawn = LOOK["cells"] | {"z": [list(row) for row in values], "zmax": top, "text": texts, "hovertext": said}
    drawn["colorscale"] = [[0, shades[0]], [1, shades[1]]]
    small = [plain(label, 16) for label in row_labels]
    n_lines = max((label.count("<br>") + 1 for label in small), default=1)
    narrow: Spec = {"height": 60 + max(44, 15 * n_lines + 12) * n_rows, "xaxis.tickangle": -90}
    narrow |= {"yaxis.ticktext": small, "yaxis.tickfont.size": 12}
    longest = max((len(word) for label in column_labels for word in label.split()), default=1)
    room = max(longest, min(14, 590 // (7 * max(n_columns, 1))))  # letters above a column of a still
    heads = [plain(label, room) for label in column_labels]
    columns = {"tickvals": list(range(n_columns)), "ticktext": heads}
    rows = {"tickvals": list(range(n_rows)), "ticktext": [plain(label, 24) for label in row_labels]}
    layout = {
        "height": 60 + 44 * n_rows,
        "xaxis": LOOK["label_axis"] | columns | {"side": "top", "tickangle": 0},
        "yaxis": LOOK["label_axis"] | rows | {"autorange": "reversed"},
        "meta": {"narrow": narrow, "min_width": 98 + 46 * n_columns},
    }
    return draw([drawn], layout, language)
