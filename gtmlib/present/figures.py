"""Charts: one look, and a function per kind of picture; plain numbers and labels in, a plotly figure out.

Rows are read like a table: label on the left, mark in the middle, value on the right, so that nothing needs a legend.
On a phone the label moves above its mark, so that nothing is cut (`layout.meta["narrow"]`, applied by `report.js`).
Axes and hovers carry texts that the language wrote, so a number looks the same in a chart, a table and a sentence.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from typing import Any, Literal

from babel.numbers import format_compact_currency
from plotly.graph_objs._figure import Figure

from gtmlib.present.colours import ACCENT, INK, PAPER, QUIET, SOFT, blend, contrast, loss_colour, readable_shade, tint
from gtmlib.present.exhibit import CellKind
from gtmlib.present.language import Language

SMALL = {"color": SOFT, "size": 12}
FONT = '"Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
Spec = dict[str, Any]
DASHED = {"color": INK, "width": 1.2, "dash": "4px,3px"}


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
        Without template, title, legend, zoom and mode bar.
    """
    spec = figure.to_plotly_json()
    layout = {key: value for key, value in spec["layout"].items() if key not in ("template", "title")}
    return _draw(spec["data"], layout, language, accent)


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
    """
    starts, ends, level = [], [], 0.0
    for value, total in zip(values, is_total, strict=True):
        starts.append(0.0 if total else level)
        level = starts[-1] + value
        ends.append(level)
    strong, gain, loss = readable_shade(accent, 4.5), tint(readable_shade(accent, 4.5), 0.45), loss_colour(accent)
    colours = [strong if total else gain if value >= 0 else loss for value, total in zip(values, is_total, strict=True)]
    bars: Spec = {"type": "bar", "orientation": "h", "x": list(values), "base": starts, "y": list(range(len(values)))}
    bars |= {"marker": {"color": colours, "line": {"width": 0}}, "hoverinfo": "none"}
    steps = [_stroke(end, row, end, row + 1, QUIET, 1) for row, end in enumerate(ends[:-1])]
    texts = [language.format(value, kind) for value in values]
    data, layout = _rows(labels, texts, at=ends, bold=is_total)
    scale = _scale([*starts, *ends, 0.0], kind=kind, language=language, title=axis_title)
    return _draw([bars, *data], _merge(layout, {"shapes": steps}, _x_axis(scale)), language, accent)


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
    reference_label: str = "",
    axis_title: str = "",
) -> Figure:
    """Draw an estimate and its interval per row: a forest plot, or ranked bars with whiskers.

    Parameters
    ----------
    labels, values : sequence
        Name and estimate of each row, in the order to show; None where there is no estimate.
    ci_low, ci_high : sequence
        The interval, in the unit of `kind`; None where there is none.
    marks : {'dots', 'bars'}
        Bars start at zero: for rates and amounts. Dots: for differences and means.
    details : sequence of str
        Small text under each label, such as `n = 120`.
    highlight : sequence of bool
        Rows in colour; the others are grey. Empty: all.
    reference : float, optional
        Where a dashed line stands, such as no difference; `reference_label` says what it is.
    """
    is_bars, rows = marks == "bars", list(range(len(labels)))
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    signed = [loss if (value or 0) < 0 else strong for value in values]
    colours = [colour if on else QUIET for colour, on in zip(signed, highlight or [True] * len(labels), strict=True)]
    strokes = []
    for row, low, high, colour in zip(rows, ci_low, ci_high, colours, strict=True):
        if low is None or high is None:
            continue
        if not is_bars:
            strokes.append(_stroke(low, row, high, row, tint(colour, 0.6), 8))
            continue
        strokes += [_stroke(end, row - 0.12, end, row + 0.12, colour, 2, "above") for end in (low, high)]
        strokes.append(_stroke(low, row, high, row, colour, 2, "above"))
    mark: Spec = {"x": list(values), "y": rows, "hoverinfo": "none"}
    if is_bars:
        fill = [tint(colour, 0.6) for colour in colours]
        mark |= {"type": "bar", "orientation": "h", "marker": {"color": fill, "line": {"width": 0}}}
    else:
        dot = {"size": 13, "color": colours, "line": {"color": PAPER, "width": 2}}
        mark |= {"type": "scatter", "mode": "markers", "marker": dot}
    texts = [language.format(value, kind) for value in values]
    spans = [_span(low, high, kind, language) for low, high in zip(ci_low, ci_high, strict=True)]
    notes = []
    if reference is not None:
        strokes.append({**_stroke(reference, 0, reference, 1, INK, 1), "yref": "paper", "line": DASHED})
    if reference is not None and reference_label:
        notes.append(_note(reference_label, x=reference, y=1, yref="paper", yanchor="bottom", font=SMALL))
    data, layout = _rows(labels, texts, at=values, details=details, spans=spans, notes=notes)
    ends = [end for end in (*ci_low, *ci_high, *values, reference, 0.0 if is_bars else None) if end is not None]
    scale = _scale(ends, kind=kind, language=language, title=axis_title)
    extra = {"shapes": strokes, "margin": {"t": 28 if notes else 8}}
    return _draw([mark, *data], _merge(layout, extra, _x_axis(scale)), language, accent)


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
    peak_label, end_label : str
        What the highest and the last point say; plain text.
    """
    xs, ys = list(customer_shares), list(contribution_shares)
    top = max(range(len(ys)), key=ys.__getitem__)
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    said = [[language.format(value, "percent") for value in point] for point in zip(xs, ys, strict=True)]
    hovers = [f"{_text(x_title)}: {x}<br>{_text(y_title)}: <b>{y}</b>" for x, y in said]
    data: list[Spec] = []
    for part, colour, share in ((slice(0, top + 1), strong, 0.88), (slice(top, None), loss, 0.8)):
        curve = {
            "type": "scatter",
            "mode": "lines",
            "x": xs[part],
            "y": ys[part],
            "line": {"color": colour, "width": 3},
        }
        fill = {"fill": "tozeroy", "fillcolor": tint(colour, share), "hoverinfo": "text", "hovertext": hovers[part]}
        data.append(curve | fill)
    dots = {"size": 11, "color": [strong, loss], "line": {"color": PAPER, "width": 2}}
    ends = {"x": [xs[top], xs[-1]], "y": [ys[top], ys[-1]], "hoverinfo": "skip", "cliponaxis": False}
    data.append({"type": "scatter", "mode": "markers", "marker": dots, **ends})
    anchor = "left" if xs[top] < 0.25 else "right" if xs[top] > 0.75 else "center"
    peak = _note(peak_label, 30, x=xs[top], y=ys[top], xanchor=anchor, yanchor="bottom", yshift=12)
    peak["text"] = f"<b>{peak['text']}</b>"
    end = _note(end_label, 26, x=1, y=min(1, ys[-1]), xanchor="right", yanchor="top", yshift=-12)
    level = {**_stroke(0, 1, 1, 1, INK, 1), "line": DASHED, "layer": "above"}
    x_scale = _scale([0.0, 1.0], kind="percent", language=language, title=x_title)
    y_scale = _scale([min(0.0, *ys), max(ys) * 1.2], kind="percent", language=language, title=y_title)
    layout = {"height": 400, "annotations": [peak, end], "shapes": [level], "margin": {"r": 16}, "yaxis": y_scale}
    return _draw(data, _merge(layout, _x_axis(x_scale), {"xaxis": {"showgrid": False}}), language, accent)


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
    values : sequence of sequences
        One per row label, with one value per column label; None is a cell without a value.
    hovers : sequence of sequences of str
        What a cell says when pointed at, beside its value, such as its n and interval.
    """
    n_rows, n_columns = len(row_labels), len(column_labels)
    texts = [[language.format(cell, kind) for cell in row] for row in values]
    shades = (tint(accent, 0.94), readable_shade(accent, 5.5))
    top = max((cell for row in values for cell in row if cell is not None), default=1) or 1
    inked = [
        [_ink(text, blend(*shades, (cell or 0) / top)) for text, cell in zip(*pair, strict=True)]
        for pair in zip(texts, values, strict=True)
    ]
    said = [
        [
            "<br>".join(_text(part) for part in (f"{row} · {column}", texts[i][j], hovers[i][j] if hovers else ""))
            for j, column in enumerate(column_labels)
        ]
        for i, row in enumerate(row_labels)
    ]
    cells: Spec = {"type": "heatmap", "z": [list(row) for row in values], "zmin": 0, "zmax": top}
    cells |= {"text": inked, "texttemplate": "%{text}", "hoverinfo": "text", "hovertext": said, "showscale": False}
    cells |= {"xgap": 2, "ygap": 2, "textfont": {"size": 13}, "colorscale": [[0, shades[0]], [1, shades[1]]]}
    font = {"size": 13, "color": INK}
    heads = [_text(label, 14) for label in column_labels]
    columns = {"tickvals": list(range(n_columns)), "ticktext": heads}
    rows = {"tickvals": list(range(n_rows)), "ticktext": [_text(label, 24) for label in row_labels]}
    small = [_text(label, 16) for label in row_labels]
    n_lines = max((label.count("<br>") + 1 for label in small), default=1)
    longest = max((len(line) for head in heads for line in head.split("<br>")), default=0)
    narrow = {"yaxis.ticktext": small, "yaxis.tickfont.size": 12, "height": 60 + max(44, 15 * n_lines + 12) * n_rows}
    layout = {
        "height": 60 + 44 * n_rows,
        "xaxis": {**columns, "side": "top", "showgrid": False, "zeroline": False, "tickfont": font, "tickangle": 0},
        "yaxis": {**rows, "autorange": "reversed", "showgrid": False, "zeroline": False, "tickfont": font},
        "meta": {"narrow": narrow, "min_width": round(120 + max(60, 8 * longest + 8) * n_columns)},
    }
    return _draw([cells], layout, language, accent)


def _text(label: str, width: int = 0) -> str:
    """Plain text for plotly, which reads tags and entities in labels; wrapped at a number of characters."""
    lines = textwrap.wrap(label, width) if width else [label]
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in lines)


def _soft(text: str) -> str:
    return f'<span style="color:{SOFT}">{_text(text)}</span>' if text else ""


def _span(low: float | None, high: float | None, kind: CellKind, language: Language) -> str:
    if low is None or high is None:
        return ""
    first, last = language.format(low, kind), language.format(high, kind)
    unit = re.search(r"\D*$", last)
    return language.say("figure.span", low=first.removesuffix(unit[0]) if unit and unit[0] else first, high=last)


def _stroke(x0: float, y0: float, x1: float, y1: float, colour: str, width: float, layer: str = "between") -> Spec:
    line = {"color": colour, "width": width}
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": layer}


def _note(text: str, wrap: int = 0, **place: Any) -> Spec:
    return {"text": _text(text, wrap), "showarrow": False, **place}


def _rows(
    labels: Sequence[str],
    texts: Sequence[str],
    *,
    at: Sequence[float | None],
    details: Sequence[str] = (),
    spans: Sequence[str] = (),
    bold: Sequence[bool] = (),
    notes: Sequence[Spec] = (),
) -> tuple[list[Spec], Spec]:
    """Labels left of the rows, values right of them, and a hover on each; on a phone labels stand above the marks."""
    n_rows, blank = len(labels), [""] * len(labels)
    left, hovers, columns, above = [], [], list(notes), list(notes)
    value_width = 7.6 * max(map(len, texts), default=0) + 12
    beside: Spec = {"xref": "paper", "x": 1, "font": {"size": 13}}
    rows = zip(labels, texts, details or blank, spans or blank, bold or [False] * n_rows, strict=True)
    for row, (label, text, detail, span, strong) in enumerate(rows):
        name, wrapped = (f"<b>{_text(label, wrap)}</b>" if strong else _text(label, wrap) for wrap in (0, 28))
        left.append("<br>".join(filter(None, (wrapped, _soft(detail)))))
        hovers.append("<br>".join(filter(None, (_text(label), f"<b>{_text(text)}</b>", _text(span), _text(detail)))))
        value = {**beside, "y": row, "xanchor": "right", "xshift": value_width, "showarrow": False}
        value["text"] = f"<b>{_text(text)}</b>"
        columns += [
            value,
            _note(span, **beside | {"y": row, "xanchor": "left", "xshift": value_width + 8, "font": SMALL}),
        ]
        head = {
            "xref": "paper",
            "x": 0,
            "y": row,
            "xanchor": "left",
            "yshift": 20,
            "xshift": -16,
            "bgcolor": "rgba(255,255,255,0.85)",
        }
        above += [value, {**head, "text": "  ".join(filter(None, (name, _soft(detail)))), "showarrow": False}]
    n_lines = max((text.count("<br>") + 1 for text in left), default=1)
    hover: Spec = {"type": "scatter", "mode": "markers", "x": list(at), "y": list(range(n_rows)), "hoverinfo": "text"}
    hover |= {"hovertext": hovers, "marker": {"size": 26, "opacity": 0}}
    axis = {"range": [n_rows - 0.5, -0.5], "tickvals": list(range(n_rows)), "showgrid": False, "zeroline": False}
    narrow = {"height": 56 * n_rows + 70, "annotations": above, "margin.r": value_width, "margin.l": 16}
    narrow |= {"yaxis.showticklabels": False, "bargap": 0.66}
    layout = {
        "height": max(38, 17 * n_lines + 8) * n_rows + 64,
        "yaxis": {**axis, "ticktext": left, "tickfont": {"size": 13, "color": INK}},
        "annotations": columns,
        "bargap": 0.45,
        "margin": {"r": value_width + max(map(len, spans), default=0) * 6.2 + 8 * bool(spans)},
        "meta": {"narrow": narrow},
    }
    return [hover], layout


def _scale(values: Sequence[float], *, kind: CellKind, language: Language, title: str) -> Spec:
    """Round ticks that the language wrote, at most seven."""
    low, high = min(values), max(values)
    width = (high - low) or abs(high) or 1.0
    rough: float = 10 ** math.floor(math.log10(width / 4))
    step = next(rough * factor for factor in (1, 2, 5, 10) if width / (rough * factor) <= 6)
    places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ticks = [round(step * place, 12) for place in places]
    pad = 0.03 * width
    ends = [low - pad if low else 0, high + pad]
    texts = [_tick(tick, kind, step, language) for tick in ticks]
    return {"tickvals": ticks, "ticktext": texts, "range": ends, "title": {"text": _text(title)}}


def _tick(value: float, kind: CellKind, step: float, language: Language) -> str:
    if kind == "money" and step >= 1_000_000:
        text: str = format_compact_currency(value, language.currency, locale=language.locale, fraction_digits=1)
        return text.replace("-", "\N{MINUS SIGN}")
    if kind == "percent_points" and value == 0:
        return language.format(0, "count")
    return language.format(value, "percent_whole" if kind == "percent" and step >= 0.01 else kind)


def _x_axis(scale: Spec) -> Spec:
    """Layout of the numeric axis: as many ticks as have room, zero among them; a phone has less room."""
    ticks, texts, title = scale["tickvals"], scale["ticktext"], scale["title"]["text"]
    length = sum(len(text) + 2 for text in texts) * 7
    wide, small = (
        slice(ticks.index(0) % step if 0 in ticks else 0, None, step) for step in (length // 380 + 1, length // 215 + 1)
    )
    narrow = {"xaxis.tickvals": ticks[small], "xaxis.ticktext": texts[small]}
    narrow["xaxis.title.text"] = "<br>".join(textwrap.wrap(title, 42))
    fitted = {"tickvals": ticks[wide], "ticktext": texts[wide], "tickangle": 0}
    return {"xaxis": scale | fitted, "meta": {"narrow": narrow}}


def _ink(text: str, ground: str) -> str:
    return f'<span style="color:{max((INK, PAPER), key=lambda ink: contrast(ink, ground))}">{_text(text)}</span>'


def _merge(*parts: Spec) -> Spec:
    """Merge nested dicts; the later win."""
    merged: Spec = {}
    for part in parts:
        for key, value in part.items():
            known = merged.get(key)
            merged[key] = _merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _draw(data: Sequence[Spec], layout: Spec, language: Language, accent: str) -> Figure:
    axis = {"gridcolor": "#e9ebee", "zerolinecolor": QUIET, "fixedrange": True, "automargin": True, "showline": False}
    axis |= {"ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)", "tickfont": SMALL}
    axis |= {"title": {"font": SMALL, "standoff": 12}}
    look = {
        "font": {"family": FONT, "size": 13, "color": INK},
        "separators": language.plotly_separators,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": [readable_shade(accent, 3), loss_colour(accent), QUIET, tint(accent, 0.5)],
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": INK, "bordercolor": INK, "align": "left", "font": {"size": 13, "color": PAPER}},
        "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
    }
    axes = {key: axis for key in ("xaxis", "yaxis", *layout) if re.fullmatch(r"[xy]axis\d*", key)}
    return Figure({"data": list(data), "layout": {"template": "none", **_merge(look, axes, layout)}})
