"""Charts of the profit chapter: means before and after shrinking, and cells that may be unseen or withheld."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import (
    LOOK,
    Row,
    Spec,
    draw,
    draw_rows,
    inked,
    lay_x_axis,
    most_lines,
    plain,
    stack,
    stroke,
)
from gtmlib.present.colours import ACCENT, INK, PAPER, QUIET, blend, contrast, loss_colour, readable_shade, tint
from gtmlib.present.exhibit import CellKind
from gtmlib.present.language import Language

WITHHELD = "#eceef0"


def plot_shrunken(
    labels: Sequence[str],
    raw: Sequence[float],
    shrunken: Sequence[float | None],
    ci_low: Sequence[float | None],
    ci_high: Sequence[float | None],
    *,
    language: Language,
    kind: CellKind = "money",
    accent: str = ACCENT,
    details: Sequence[str] = (),
    axis_title: str = "",
) -> Figure:
    """Draw a mean and its interval per row as a dot on a band, and the shrunken mean as a hollow diamond.

    Parameters
    ----------
    labels, raw : sequence
        Name and mean of each row.
    shrunken : sequence
        The same after empirical Bayes; None draws no second mark.
    ci_low, ci_high : sequence
        Interval of the mean; None where there is none.
    language : Language
        The reader's.
    kind : CellKind
        How the means are written.
    accent : str
        The brand's main colour, as #rrggbb.
    details : sequence of str
        Small text under each label.
    axis_title : str
        Quantity and unit.
    """
    places, strong, loss = list(range(len(labels))), readable_shade(accent, 4.5), loss_colour(accent)
    colours = [loss if value < 0 else strong for value in raw]
    shapes = [
        _stroke(low, place, high, place, tint(colour, 0.6), 8)
        for place, low, high, colour in zip(places, ci_low, ci_high, colours, strict=True)
        if low is not None and high is not None
    ]
    shapes.append({**_stroke(0, 0, 0, 1, INK, 1), "yref": "paper", "line": LOOK["reference"]})
    rows = [
        Row(
            label=label,
            at=value,
            value=language.format(value, kind),
            detail=detail,
            span=_span(low, high, kind, language),
        )
        for label, value, low, high, detail in zip(
            labels, raw, ci_low, ci_high, details or [""] * len(labels), strict=True
        )
    ]
    ends = [end for end in (*raw, *shrunken, *ci_low, *ci_high, 0.0) if end is not None]
    x_axis, narrow = lay_x_axis(ends, kind=kind, language=language, title=axis_title)
    dots = LOOK["row_dots"] | {"x": list(raw), "marker": LOOK["dot"] | {"color": colours}}
    figure = draw_rows(dots, rows, shapes, x_axis=x_axis, narrow=narrow, language=language)
    diamond = {"size": 9, "symbol": "diamond-open", "color": INK, "line": {"color": INK, "width": 1.6}}
    figure.add_trace(LOOK["row_dots"] | {"x": list(shrunken), "y": places, "marker": diamond})
    return with_room(figure)


def plot_against_today(
    labels: Sequence[str],
    values: Sequence[float],
    today: Sequence[float],
    *,
    language: Language,
    kind: CellKind = "money",
    accent: str = ACCENT,
    details: Sequence[str] = (),
    highlight: Sequence[bool] = (),
    axis_title: str = "",
) -> Figure:
    """Draw an amount per row as a bar, and what it is today as a line across it.

    Parameters
    ----------
    labels, values, today : sequence
        Name, amount and today's amount of each row.
    language : Language
        The reader's.
    kind : CellKind
        How the amounts are written.
    accent : str
        The brand's main colour, as #rrggbb.
    details : sequence of str
        Small text under each label.
    highlight : sequence of bool
        Rows in full colour; the others are pale. Empty: all.
    axis_title : str
        Quantity and unit, and what the line is.
    """
    strong, loss = readable_shade(accent, 4.5), loss_colour(accent)
    told = (details or [""] * len(labels), highlight or [True] * len(labels))
    rows, colours = [], []
    for label, value, detail, is_strong in zip(labels, values, *told, strict=True):
        rows.append(Row(label=label, at=value, value=language.format(value, kind), detail=detail))
        colour = strong if value >= 0 else loss
        colours.append(colour if is_strong else tint(colour, 0.6))
    line = {"color": INK, "width": 3}
    marks, small = (
        [stroke(amount, at - half, amount, at + half, line, "above") for at, amount in enumerate(today)]
        for half in (0.36, 0.24)
    )
    x_axis, narrow = lay_x_axis([*values, *today, 0.0], kind=kind, language=language, title=axis_title)
    bars = LOOK["row_bars"] | {"x": list(values), "marker": {"color": colours}}
    return draw_rows(bars, rows, marks, x_axis=x_axis, narrow=narrow | {"shapes": small}, language=language)


def with_room(figure: Figure) -> Figure:
    """Give intervals of money more room at the right: a currency in capitals is wider than digits.

    Parameters
    ----------
    figure : plotly Figure
        Is changed, and given back.
    """
    return figure.update_layout(margin_r=(figure.layout.margin.r or 0) + 26)


def plot_cells(
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    language: Language,
    kind: CellKind = "percent_whole",
    accent: str = ACCENT,
    hovers: Sequence[Sequence[str]] = (),
    empty: Literal["blank", "grey"] = "blank",
    x_title: str = "",
) -> Figure:
    """Draw a table of shares as shades of the accent, losses in the colour of losses.

    Parameters
    ----------
    row_labels, column_labels : sequence of str
        Names of rows and columns.
    values : sequence of sequences
        One per row label, with one value per column label; None is a cell that is not known.
    language : Language
        The reader's.
    kind : CellKind
        How the values are written.
    accent : str
        The brand's main colour, as #rrggbb.
    hovers : sequence of sequences of str
        What a cell says when pointed at, beside its names and value.
    empty : {'blank', 'grey'}
        What is not known is left blank (not seen yet), or grey with a dash (too few to be shown).
    x_title : str
        What the columns are.
    """
    known = [abs(cell) for row in values for cell in row if cell is not None]
    top = max(known, default=1.0) or 1.0
    gains, losses = ((tint(shade, 0.94), readable_shade(shade, 5.5)) for shade in (accent, loss_colour(accent)))

    def shade(cell: float) -> str:
        return blend(*(gains if cell >= 0 else losses), min(abs(cell) / top, 1.0))

    def text(cell: float | None) -> str:
        if cell is None:
            return inked("–", QUIET) if empty == "grey" else ""
        return inked(language.format(cell, kind), max((INK, PAPER), key=lambda ink: contrast(ink, shade(cell))))

    shapes = [
        _box(column, row, WITHHELD if cell is None else shade(cell))
        for row, cells in enumerate(values)
        for column, cell in enumerate(cells)
        if cell is not None or empty == "grey"
    ]
    notes = [
        {"x": column, "y": row, "text": text(cell), "showarrow": False, "font": {"size": 13}}
        for row, cells in enumerate(values)
        for column, cell in enumerate(cells)
    ]
    said = [
        stack(
            plain(f"{row_labels[row]} · {name}"),
            plain(language.format(cell, kind)),
            hovers[row][column] if hovers else "",
        )
        for row, cells in enumerate(values)
        for column, (name, cell) in enumerate(zip(column_labels, cells, strict=True))
    ]
    n_rows, n_columns = len(row_labels), len(column_labels)
    spots: Spec = LOOK["row_hovers"] | {
        "x": [column for _ in range(n_rows) for column in range(n_columns)],
        "y": [row for row in range(n_rows) for _ in range(n_columns)],
        "hovertext": said,
    }
    heads = [plain(label, 16) for label in column_labels]
    longest = max((len(line) for head in heads for line in head.split("<br>")), default=0)
    left = [plain(label, 24) for label in row_labels]
    most_letters = max((len(line) for label in left for line in label.split("<br>")), default=0)
    height = 40 + 17 * most_lines(heads) + (24 if x_title else 0)
    layout: Spec = {
        "height": height + 40 * n_rows,
        "shapes": shapes,
        "annotations": notes,
        "xaxis": LOOK["label_axis"]
        | {"side": "top", "range": [-0.5, n_columns - 0.5], "tickvals": list(range(n_columns)), "ticktext": heads}
        | {"tickfont": {"size": 11, "color": INK}, "tickangle": 0, "title": {"text": plain(x_title)}},
        "yaxis": LOOK["label_axis"]
        | {"range": [n_rows - 0.5, -0.5], "tickvals": list(range(n_rows)), "ticktext": left},
        "meta": {
            "narrow": {"yaxis.ticktext": [plain(label, 13) for label in row_labels], "yaxis.tickfont.size": 12},
            "min_width": round(7 * most_letters + 16 + max(46, 5.9 * longest + 6) * n_columns),
        },
    }
    return draw([spots], layout, language)


def _stroke(x0: float, y0: float, x1: float, y1: float, colour: str, width: float) -> dict[str, Any]:
    line = {"color": colour, "width": width}
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": "between"}


def _box(column: int, row: int, colour: str) -> dict[str, Any]:
    ends = {"x0": column - 0.49, "x1": column + 0.49, "y0": row - 0.47, "y1": row + 0.47}
    return {"type": "rect", **ends, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _span(low: float | None, high: float | None, kind: CellKind, language: Language) -> str:
    if low is None or high is None:
        return ""
    return language.say("figure.span", low=language.format(low, kind), high=language.format(high, kind))
