"""How charts are laid out: rows like a table's, round ticks that the language wrote, and the look that all share."""

from __future__ import annotations

import html
import json
import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.numbers import format_compact_currency
from plotly.graph_objs._figure import Figure

from gtmlib.present.colours import INK, PAPER, SOFT, contrast
from gtmlib.present.exhibit import CellKind
from gtmlib.present.language import Language

Spec = dict[str, Any]
# Data for plotly: the template under every chart, and what marks and texts of one role have in common.
LOOK: dict[str, Spec] = json.loads((Path(__file__).parent / "look.json").read_text("utf-8"))


def plain(label: str, width: int = 0) -> str:
    """Plain text for plotly, which reads tags and entities in labels; wrapped at a number of characters."""
    lines = textwrap.wrap(label, width) if width else [label]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def bold(text: str) -> str:
    """Text for plotly in bold."""
    return f"<b>{text}</b>"


def inked(text: str, colour: str) -> str:
    """Plain text in a colour."""
    return f'<span style="color:{colour}">{plain(text)}</span>' if text else ""


def readable_ink(ground: str) -> str:
    """Give the ink, dark or light, that can be read on a ground."""
    return max((INK, PAPER), key=lambda ink: contrast(ink, ground))


def stack(*texts: str) -> str:
    """Texts below each other, without the empty ones."""
    return "<br>".join(filter(None, texts))


def most_lines(texts: Iterable[str]) -> int:
    """Lines of the text that has most."""
    return max((text.count("<br>") + 1 for text in texts), default=1)


def stroke(x0: float, y0: float, x1: float, y1: float, colour: str, width: float, layer: str = "between") -> Spec:
    """Draw a line between two points of the data."""
    line = {"color": colour, "width": width}
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": layer}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a chart in plain texts: its label, small text below it, where its mark is, its value and interval."""

    label: str
    at: float | None
    value: str
    detail: str = ""
    span: str = ""
    is_total: bool = False


def draw_rows(
    marks: Spec, rows: Sequence[Row], shapes: Sequence[Spec], *, x_axis: Spec, narrow: Spec, language: Language
) -> Figure:
    """Labels left of the marks, values right of them, and a hover on each; on a phone labels stand above the marks."""
    n_rows, places = len(rows), list(range(len(rows)))
    value_width = 7.6 * max((len(row.value) for row in rows), default=0) + 12
    span_width = max((6.2 * len(row.span) + 8 for row in rows if row.span), default=0)
    left, above, beside, heads, hovers = [], [], [], [], []
    for place, row in enumerate(rows):
        wide, phone = (bold(name) if row.is_total else name for name in (plain(row.label, 28), plain(row.label, 40)))
        left.append(stack(wide, inked(row.detail, SOFT)))
        above.append("  ".join(filter(None, (phone, inked(row.detail, SOFT)))))
        value = LOOK["row_value"] | {"y": place, "xshift": value_width, "text": bold(plain(row.value))}
        beside += [value, LOOK["row_span"] | {"y": place, "xshift": value_width + 8, "text": plain(row.span)}]
        heads += [value, LOOK["row_head"] | {"y": place, "text": above[-1]}]
        hovers.append(stack(plain(row.label), bold(plain(row.value)), plain(row.span), plain(row.detail)))
    narrow = narrow | {"height": (40 + 16 * most_lines(above)) * n_rows + 70, "annotations": heads, "bargap": 0.66}
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


def lay_scale(values: Sequence[float], *, kind: CellKind, language: Language, title: str) -> Spec:
    """Round ticks that the language wrote, at most seven."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    width = (high - low) or abs(high) or 1.0
    rough: float = 10 ** math.floor(math.log10(width / 4))
    step = next(rough * factor for factor in (1, 2, 5, 10) if width / (rough * factor) <= 6)
    places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ticks = [round(step * place, 12) for place in places]
    pad = 0.03 * width
    ends = [low - pad if low else 0, high + pad]
    texts = [_tick(tick, kind, step, language) for tick in ticks]
    return {"tickvals": ticks, "ticktext": texts, "range": ends, "title": {"text": plain(title)}}


def _tick(value: float, kind: CellKind, step: float, language: Language) -> str:
    if kind == "money" and step >= 1_000_000:
        text: str = format_compact_currency(value, language.currency, locale=language.locale, fraction_digits=1)
        spaced = re.sub(r"([A-Z]{2})(\d)", "\\1\N{NO-BREAK SPACE}\\2", text)
        return spaced.replace("-", "\N{MINUS SIGN}")
    if kind == "percent_points" and value == 0:
        return language.format(0, "count")
    return language.format(value, "percent_whole" if kind == "percent" and step >= 0.01 else kind)


def lay_x_axis(values: Sequence[float], *, kind: CellKind, language: Language, title: str) -> tuple[Spec, Spec]:
    """Give the numeric axis with as many ticks as have room, zero among them; and what a phone has instead."""
    scale = lay_scale(values, kind=kind, language=language, title=title)
    ticks, texts = scale["tickvals"], scale["ticktext"]
    length = sum(len(text) + 2 for text in texts) * 7
    wide, small = (
        slice(ticks.index(0) % step if 0 in ticks else 0, None, step) for step in (length // 380 + 1, length // 215 + 1)
    )
    narrow = {"xaxis.tickvals": ticks[small], "xaxis.ticktext": texts[small], "xaxis.title.text": plain(title, 42)}
    return scale | {"tickvals": ticks[wide], "ticktext": texts[wide], "tickangle": 0}, narrow


def draw(data: Sequence[Spec], layout: Spec, language: Language) -> Figure:
    """Make the figure: its own layout over the look that all charts share."""
    shared = {"template": LOOK["template"], "separators": language.plotly_separators, "height": 400}
    return Figure({"data": list(data), "layout": shared | layout})
