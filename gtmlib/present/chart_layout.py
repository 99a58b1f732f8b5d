"""How charts are laid out: rows like a table's, round ticks that the language wrote, and the look that all share."""

from __future__ import annotations

import html
import json
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plotly.graph_objs._figure import Figure

from gtmlib.present.colours import SOFT
from gtmlib.present.exhibit import CellKind
from gtmlib.present.language import Language

Spec = dict[str, Any]
# Data for plotly: the template under every chart, and what marks and texts of one role have in common.
LOOK: dict[str, Spec] = json.loads((Path(__file__).parent / "look.json").read_text("utf-8"))
STILL_WIDTH = 720  # pixels, as `render_still` draws: no wide chart is narrower


def plain(label: str, width: int = 0) -> str:
    """Give plain text for plotly, which reads tags and entities in labels.

    Parameters
    ----------
    label : str
        Any text.
    width : int
        Characters to wrap at; 0 does not wrap. A longer word is cut with a hyphen.

    Examples
    --------
    >>> plain("Price & budget", 8), plain("Förändringskapacitet", 16)
    ('Price &amp;<br>budget', 'Förändringskapa-<br>citet')
    """
    lines = textwrap.wrap(" ".join(_hyphenate(word, width) for word in label.split(" ")), width) if width else [label]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def _hyphenate(word: str, width: int) -> str:
    return word if len(word) <= width else f"{word[: width - 1]}-{_hyphenate(word[width - 1 :], width)}"


def inked(text: str, colour: str) -> str:
    """Give plain text in a colour.

    Parameters
    ----------
    text : str
        Any text; an empty one stays empty.
    colour : str
        `#rrggbb`.
    """
    return f'<span style="color:{colour}">{plain(text)}</span>' if text else ""


def stack(*texts: str) -> str:
    """Put texts below each other, without the empty ones.

    Parameters
    ----------
    *texts : str
        From the top down, as plotly reads them.
    """
    return "<br>".join(filter(None, texts))


def most_lines(texts: Iterable[str]) -> int:
    """Count the lines of the text that has most.

    Parameters
    ----------
    texts : iterable of str
        As plotly reads them.
    """
    return max((text.count("<br>") + 1 for text in texts), default=1)


def stroke(x0: float, y0: float, x1: float, y1: float, line: Spec, layer: str = "between") -> Spec:
    """Draw a line between two points of the data.

    Parameters
    ----------
    x0, y0, x1, y1 : float
        Both ends, in units of the axes.
    line : dict
        Plotly's `color`, `width` and `dash`.
    layer : {'below', 'between', 'above'}
        Where it lies to the marks.
    """
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": layer}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a chart, in plain texts.

    Parameters
    ----------
    label : str
        Left of the marks.
    at : float or None
        Where its mark is, in units of the x axis; None where it has none.
    value : str
        Written right of the marks.
    detail : str
        Small text below the label.
    span : str
        The interval, after the value.
    is_total : bool
        Whether the label is drawn bold.
    """

    label: str
    at: float | None
    value: str
    detail: str = ""
    span: str = ""
    is_total: bool = False


def draw_rows(
    marks: Spec, rows: Sequence[Row], shapes: Sequence[Spec], *, x_axis: Spec, narrow: Spec, language: Language
) -> Figure:
    """Draw labels left of the marks, values right of them, a hover on each; on a phone labels stand above the marks.

    Parameters
    ----------
    marks : dict
        Plotly trace with the marks, a place per row.
    rows : sequence of Row
        From the top down.
    shapes : sequence of dict
        Plotly shapes around the marks.
    x_axis, narrow : dict
        The numeric axis, and what a phone has instead, as `lay_x_axis` gives them.
    language : Language
        Of the reader.
    """
    n_rows, places = len(rows), list(range(len(rows)))
    value_width, span_width = widths_beside(rows)
    left, above, beside, heads, hovers = [], [], [], [], []
    for place, row in enumerate(rows):
        wide, phone = (plain(row.label, width) for width in (28, 40))
        if row.is_total:
            wide, phone = f"<b>{wide}</b>", f"<b>{phone}</b>"
        left.append(stack(wide, inked(row.detail, SOFT)))
        above.append("  ".join(filter(None, (phone, inked(row.detail, SOFT)))))
        value = LOOK["row_value"] | {"y": place, "xshift": value_width, "text": f"<b>{plain(row.value)}</b>"}
        beside += [value, LOOK["row_span"] | {"y": place, "xshift": value_width + 8, "text": plain(row.span)}]
        heads += [value, LOOK["row_head"] | {"y": place, "text": above[-1]}]
        hovers.append(stack(plain(row.label), value["text"], plain(row.span), plain(row.detail)))
    top = 8 * most_lines(above)  # the first row's label stands above its mark, and ends in the margin
    height = (40 + 16 * most_lines(above)) * n_rows + 62 + top
    narrow = narrow | {"height": height, "margin.t": top, "annotations": heads, "bargap": 0.66}
    narrow |= {"margin.r": value_width, "margin.l": 22, "yaxis.showticklabels": False}
    layout = {
        "height": max(38, 17 * most_lines(left) + 8) * n_rows + 64,
        "xaxis": x_axis,
        "yaxis": LOOK["label_axis"] | {"range": [n_rows - 0.5, -0.5], "tickvals": places, "ticktext": left},
        "annotations": beside,
        "shapes": shapes,
        "bargap": 0.45,
        "margin": {"r": value_width + span_width},
        "meta": {"narrow": narrow},
    }
    hover = LOOK["row_hovers"] | {"x": [row.at for row in rows], "y": places, "hovertext": hovers}
    return draw([marks | {"y": places}, hover], layout, language)


def widths_beside(rows: Sequence[Row]) -> tuple[float, float]:
    """Give the widths, in pixels, of the values right of the marks and of the spans right of those.

    Parameters
    ----------
    rows : sequence of Row
        Of the chart.
    """
    value_width = 7.6 * max((len(row.value) for row in rows), default=0) + 12
    return value_width, max((6.2 * len(row.span) + 8 for row in rows if row.span), default=0)


def lay_scale(values: Sequence[float], *, kind: CellKind, language: Language, title: str) -> Spec:
    """Lay an axis with round ticks that the language wrote, at most seven.

    Parameters
    ----------
    values : sequence of float
        What the axis must hold, in the unit of `kind`.
    kind : CellKind
        How `Language.format` writes the values.
    language : Language
        Of the reader.
    title : str
        What the axis measures; plain text.
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    width = (high - low) or abs(high) or 1.0
    rough: float = 10 ** math.floor(math.log10(width / 4))
    step = next(rough * factor for factor in (1, 2, 5, 10) if width / (rough * factor) <= 6)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [round(step * place, 12) for place in range(first, last + 1)]
    pad = 0.03 * width
    ends = [low - pad if low else 0, high + pad]
    texts = [_tick(tick, kind, step, language) for tick in ticks]
    return {"tickvals": ticks, "ticktext": texts, "range": ends, "title": {"text": plain(title)}}


def _tick(value: float, kind: CellKind, step: float, language: Language) -> str:
    if kind == "money" and step >= 1_000_000:
        return language.format(value, "money_short")
    return language.format(value, "percent_whole" if kind == "percent" and step >= 0.01 else kind)


def lay_x_axis(
    values: Sequence[float], *, kind: CellKind, language: Language, title: str, rows: Sequence[Row] = ()
) -> tuple[Spec, Spec]:
    """Give the numeric axis with as many ticks as have room, zero among them; and what a phone has instead.

    Parameters
    ----------
    values : sequence of float
        What the axis must hold, in the unit of `kind`.
    kind : CellKind
        How `Language.format` writes the values.
    language : Language
        Of the reader.
    title : str
        What the axis measures; plain text.
    rows : sequence of Row
        Whose values and spans take room beside the axis.
    """
    scale = lay_scale(values, kind=kind, language=language, title=title)
    ticks, texts = scale["tickvals"], scale["ticktext"]
    length = sum(len(text) + 2 for text in texts) * 7
    room = int(min(380, STILL_WIDTH - 170 - sum(widths_beside(rows))))  # labels take 170 pixels at most
    wide, small = (
        slice(ticks.index(0) % step if 0 in ticks else 0, None, step)
        for step in (length // room + 1, length // 215 + 1)
    )
    narrow = {"xaxis.tickvals": ticks[small], "xaxis.ticktext": texts[small], "xaxis.title.text": plain(title, 42)}
    return scale | {"tickvals": ticks[wide], "ticktext": texts[wide], "tickangle": 0}, narrow


def draw(data: Sequence[Spec], layout: Spec, language: Language) -> Figure:
    """Make the figure: its own layout over the look that all charts share.

    Parameters
    ----------
    data : sequence of dict
        Plotly traces.
    layout : dict
        Plotly layout, over the shared one.
    language : Language
        Of the reader.
    """
    shared = {"template": LOOK["template"], "separators": language.plotly_separators, "height": 400}
    return Figure({"data": list(data), "layout": shared | layout})
