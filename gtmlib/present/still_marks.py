"""Marks of a still: bars, lines, areas, dots, error bars and cells, as plotly's traces describe them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gtmlib.errors import ParameterError
from gtmlib.present.colours import INK, PAPER, blend
from gtmlib.present.still_axes import Spec, is_shown, to_place, values_of
from gtmlib.present.still_frame import Frame, stroke_look, visible
from gtmlib.present.still_text import Anchor, Mark, attributes, number, read_lines, width_of, write_text

FILLS = ("none", "tozeroy", "tozerox", "tonexty", "toself")
STEPS = {"linear": "", "hv": "hv", "vh": "vh", "hvh": "hvh", "spline": ""}
# Corners of a symbol of radius 1; a circle has none.
SYMBOLS: dict[str, tuple[tuple[float, float], ...]] = {
    "circle": (),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle-up": ((0, -1.15), (1.15, 0.6), (-1.15, 0.6)),
    "triangle-down": ((0, 1.15), (1.15, -0.6), (-1.15, -0.6)),
}
STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "x": ((-0.8, -0.8, 0.8, 0.8), (-0.8, 0.8, 0.8, -0.8)),
    "cross": ((-1, 0, 1, 0), (0, -1, 0, 1)),
}
STROKES |= {"line-ns": ((0, -1.4, 0, 1.4),), "line-ew": ((-1.4, 0, 1.4, 0),)}
Point = tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A trace with what the figure decides about it.

    Parameters
    ----------
    spec : mapping
        Plotly's.
    x, y : tuple
        Values; cells of a heatmap have the names of their columns and rows.
    base : tuple of float
        Where each bar or area of a stack starts.
    colour : str
        Where it says none itself.
    shift, width : float
        Of a bar along its axis of names, in units of that axis.
    """

    spec: Spec
    x: tuple[Any, ...]
    y: tuple[Any, ...]
    base: tuple[float, ...] = ()
    colour: str = INK
    shift: float = 0.0
    width: float = 0.8

    @property
    def names(self) -> tuple[str, str]:
        """Its axes."""
        return str(self.spec.get("xaxis", "x")), str(self.spec.get("yaxis", "y"))

    @property
    def is_lying(self) -> bool:
        """Whether its bars go from left to right."""
        return self.spec.get("orientation") == "h"


def draw_bars(frame: Frame, trace: Trace) -> Iterator[Mark]:
    """Draw bars with their texts and error bars.

    Parameters
    ----------
    frame : Frame
        With its axes.
    trace : Trace
        Of type bar.
    """
    marker = trace.spec.get("marker", {})
    along, across = (trace.names[1], trace.names[0]) if trace.is_lying else trace.names
    names, values = (trace.y, trace.x) if trace.is_lying else (trace.x, trace.y)
    axis = frame.axes[along]
    for place, (name, value) in enumerate(zip(names, values, strict=False)):
        middle = to_place(name, axis.kind, axis.categories)
        if middle is None or value is None:
            continue
        start, end = frame.span(axis)
        sides = [
            start + axis.share_of_place(middle + trace.shift + half * trace.width) * (end - start)
            for half in (-0.5, 0.5)
        ]
        ends = [frame.at(across, trace.base[place]), frame.at(across, trace.base[place] + value)]
        first, last = (float(end or 0.0) for end in ends)
        low, high = min(first, last), max(first, last)
        thin, thick = min(sides), abs(sides[1] - sides[0])
        box = (low, thin, high - low, thick) if trace.is_lying else (thin, low, thick, high - low)
        colour = _pick(marker.get("color"), place, trace.colour)
        pattern = stroke_look(marker.get("line", {}), standard=INK, width=0)
        opacity = _pick(marker.get("opacity"), place, trace.spec.get("opacity"))
        look = " ".join(filter(None, (attributes(fill=colour, fill_opacity=opacity), pattern)))
        x, y, width, height = box
        yield Mark(shared=look, body=f"<rect {attributes(x=x, y=y, width=width, height=height)}/>")
        yield from _bar_text(trace, place, first, last, sum(sides) / 2)
    yield from _errors(frame, trace)


def draw_scatter(frame: Frame, trace: Trace, before: Trace | None) -> Iterator[Mark]:
    """Draw the area, the line, the error bars, the dots and the texts of a scatter trace.

    Parameters
    ----------
    frame : Frame
        With its axes.
    trace : Trace
        Of type scatter.
    before : Trace, optional
        The trace that an area goes down to.

    Raises
    ------
    ParameterError
        If it has a fill, a line or a symbol that a still can't draw.
    """
    spec = trace.spec
    points, modes = _points(frame, trace), modes_of(spec)
    opacity = spec.get("opacity")
    fill = str(spec.get("fill", "none"))
    if fill not in FILLS:
        raise ParameterError(f"a still can't draw the fill '{fill}': it can be {', '.join(FILLS)}")
    line = spec.get("line", {})
    colour = str(line.get("color", trace.colour))
    shape = str(line.get("shape", "linear"))
    if shape not in STEPS:
        raise ParameterError(f"a still can't draw a line of shape '{shape}': it can be {', '.join(STEPS)}")
    if fill != "none" and any(points):
        given = visible(spec.get("fillcolor"))
        half = None if given or "fillcolor" in spec else 0.5
        if given or half:
            look = attributes(fill=given or colour, fill_opacity=half or opacity)
            yield Mark(shared=look, body=f'<path d="{_area(frame, trace, points, fill, before)}Z"/>')
    if "lines" in modes and (look := stroke_look(line, standard=colour, width=2)):
        shared = attributes(fill="none", stroke_linejoin="round", opacity=opacity)
        yield Mark(shared=f"{shared} {look}", body=f'<path d="{_path(points, STEPS[shape])}"/>')
    yield from _errors(frame, trace)
    if "markers" in modes:
        yield from _dots(trace, points)
    if "text" in modes:
        yield from _texts(trace, points)


def draw_cells(frame: Frame, trace: Trace) -> Iterator[Mark]:
    """Draw the cells of a heatmap with their texts.

    Parameters
    ----------
    frame : Frame
        With its axes.
    trace : Trace
        Of type heatmap.
    """
    spec = trace.spec
    rows = [values_of(row) if not isinstance(row, list) else row for row in values_of(spec.get("z"))]
    known = [cell for row in rows for cell in row if cell is not None]
    low = float(spec.get("zmin", min(known, default=0.0)))
    high = float(spec.get("zmax", max(known, default=1.0)))
    stops = [(float(share), str(colour)) for share, colour in spec.get("colorscale", ((0, PAPER), (1, trace.colour)))]
    texts = values_of(spec.get("text"))
    size = float(spec.get("textfont", {}).get("size", 12))
    boxes, notes = list[Mark](), list[Mark]()
    for row, cells in enumerate(rows):
        top, bottom = _edges(frame, trace.names[1], trace.y[row], gap=float(spec.get("ygap", 0)))
        for column, cell in enumerate(cells):
            left, right = _edges(frame, trace.names[0], trace.x[column], gap=float(spec.get("xgap", 0)))
            if cell is not None:
                shade = shade_of(stops, (cell - low) / ((high - low) or 1.0))
                box = attributes(x=left, y=top, width=right - left, height=bottom - top)
                boxes.append(Mark(shared=attributes(fill=shade), body=f"<rect {box}/>"))
            if texts and spec.get("texttemplate") == "%{text}":
                middle = ((left + right) / 2, (top + bottom) / 2)
                notes += write_text(read_lines(str(texts[row][column])), *middle, size=size, colour=INK)
    yield from sorted(boxes, key=lambda mark: mark.shared)  # cells do not overlap: neighbours share their look
    yield from sorted(notes, key=lambda mark: mark.shared)


def modes_of(spec: Spec) -> tuple[str, ...]:
    """Tell what a scatter trace draws.

    Parameters
    ----------
    spec : mapping
        Plotly's trace.

    Examples
    --------
    >>> modes_of({"mode": "lines+markers"}), modes_of({"stackgroup": "one"})
    (('lines', 'markers'), ('lines',))
    """
    few = len(values_of(spec.get("y"))) < 20 and "stackgroup" not in spec
    return tuple(str(spec.get("mode", "lines+markers" if few else "lines")).split("+"))


def shade_of(stops: Sequence[tuple[float, str]], share: float) -> str:
    """Give the colour of a share of a scale.

    Parameters
    ----------
    stops : sequence of (float, str)
        Shares and their colours, from 0 to 1.
    share : float
        Ends beyond 0 and 1 are those.

    Examples
    --------
    >>> shade_of([(0, "#000000"), (1, "#ffffff")], 0.2)
    '#333333'
    """
    share = min(max(share, 0.0), 1.0)
    for (first, low), (last, high) in pairwise(stops):
        if share <= last:
            return blend(low, high, (share - first) / ((last - first) or 1.0))
    return stops[-1][1]


def _points(frame: Frame, trace: Trace) -> list[Point]:
    ys = trace.y
    if "stackgroup" in trace.spec:
        ys = tuple(base + (value or 0.0) for base, value in zip(trace.base, trace.y, strict=True))
    return _place(frame, trace, trace.x, ys)


def _place(frame: Frame, trace: Trace, xs: Sequence[Any], ys: Sequence[Any]) -> list[Point]:
    placed = [(frame.at(trace.names[0], x), frame.at(trace.names[1], y)) for x, y in zip(xs, ys, strict=False)]
    return [(x, y) if x is not None and y is not None else None for x, y in placed]


def _path(points: Sequence[Point], steps: str) -> str:
    parts, before = list[str](), None
    for point in points:
        if point is None:
            before = None
            continue
        x, y = map(number, point)
        if before is None:
            parts.append(f"M{x} {y}")
        elif steps == "hv":
            parts.append(f"H{x}V{y}")
        elif steps == "vh":
            parts.append(f"V{y}H{x}")
        elif steps == "hvh":
            parts.append(f"H{number((before[0] + point[0]) / 2)}V{y}H{x}")
        else:
            parts.append(f"L{x} {y}")
        before = point
    return "".join(parts)


def _area(frame: Frame, trace: Trace, points: Sequence[Point], fill: str, before: Trace | None) -> str:
    """Give the outline of an area, or nothing where there is none."""
    kept = [point for point in points if point is not None]
    steps = STEPS[str(trace.spec.get("line", {}).get("shape", "linear"))]
    path = _path(kept, steps)
    if fill == "toself":
        return _path(points, steps).replace("M", "ZM").removeprefix("Z")
    if fill == "tonexty" and before is not None:
        other = _points(frame, before)
        if "stackgroup" in trace.spec:
            other = _place(frame, trace, trace.x, trace.base)
        turned = {"hv": "vh", "vh": "hv"}.get(steps, steps)
        back = _path([point for point in reversed(other) if point is not None], turned)
        return path + back.replace("M", "L", 1)
    which = 0 if fill == "tozerox" else 1
    axis = frame.axes[trace.names[which]]
    zero = frame.at(trace.names[which], 0.0) if axis.kind == "linear" else frame.span(axis)[0]
    first, last, level = kept[0], kept[-1], number(zero or 0.0)
    if which:
        return f"{path}V{level}H{number(first[0])}" if last else path
    return f"{path}H{level}V{number(first[1])}"


def _dots(trace: Trace, points: Sequence[Point]) -> Iterator[Mark]:
    marker = trace.spec.get("marker", {})
    scale = float(marker.get("sizeref", 1))
    for place, point in enumerate(points):
        opacity = _pick(marker.get("opacity"), place, trace.spec.get("opacity", 1))
        if point is None or not opacity:
            continue
        size = float(_pick(marker.get("size"), place, 6)) / 2 / scale
        radius = math.sqrt(size) if marker.get("sizemode") == "area" else size
        colour = str(_pick(marker.get("color"), place, trace.colour))
        line = marker.get("line", {})
        line = {"color": _pick(line.get("color"), place, None), "width": _pick(line.get("width"), place, None)}
        symbol = str(_pick(marker.get("symbol"), place, "circle"))
        look, body = draw_symbol(symbol, *point, radius, colour, {key: x for key, x in line.items() if x is not None})
        faint = attributes(opacity=None) if opacity == 1 else f'opacity="{float(opacity):g}"'
        yield Mark(shared=" ".join(filter(None, (look, faint))), body=body)


def draw_symbol(symbol: str, x: float, y: float, radius: float, colour: str, line: Spec) -> tuple[str, str]:
    """Draw a symbol.

    Parameters
    ----------
    symbol : str
        Plotly's name: `circle`, `diamond-open`.
    x, y, radius : float
        In pixels.
    colour : str
        Of the symbol.
    line : mapping
        Around it.

    Returns
    -------
    str, str
        Its look, which neighbours share, and its element.

    Raises
    ------
    ParameterError
        If a still has no such symbol.
    """
    name = symbol.removesuffix("-open")
    if name in STROKES:
        parts = [
            [end * radius + middle for end, middle in zip(part, (x, y, x, y), strict=True)] for part in STROKES[name]
        ]
        path = "".join(f"M{number(a)} {number(b)}L{number(c)} {number(d)}" for a, b, c, d in parts)
        width = max(float(line.get("width", 2)), 1.0)
        return attributes(stroke=line.get("color", colour), stroke_width=width), f'<path d="{path}"/>'
    if name not in SYMBOLS:
        known = ", ".join((*SYMBOLS, *STROKES))
        raise ParameterError(f"a still can't draw the symbol '{symbol}': it can be {known}")
    if symbol != name:
        look = attributes(fill="none", stroke=colour, stroke_width=max(float(line.get("width", 1)), 1.0))
    else:
        look = " ".join(filter(None, (attributes(fill=colour), stroke_look(line, standard=INK, width=0))))
    if not SYMBOLS[name]:
        return look, f"<circle {attributes(cx=x, cy=y, r=radius)}/>"
    corners = [(x + across * radius, y + down * radius) for across, down in SYMBOLS[name]]
    return look, f'<path d="{_path(corners, "")}Z"/>'


def _texts(trace: Trace, points: Sequence[Point]) -> Iterator[Mark]:
    spec, font = trace.spec, trace.spec.get("textfont", {})
    size = float(font.get("size", 12))
    for place, point in enumerate(points):
        text = str(_pick(spec.get("text"), place, ""))
        if point is None or not text:
            continue
        level, _, side = str(_pick(spec.get("textposition"), place, "middle center")).partition(" ")
        reach = float(_pick(spec.get("marker", {}).get("size"), place, 0)) / 2 + 3
        anchor: Anchor = {"left": "end", "right": "start"}.get(side, "middle")  # type: ignore[assignment]
        x = point[0] + {"left": -reach, "right": reach}.get(side, 0.0)
        y = point[1] + {"top": -reach, "bottom": reach}.get(level, 0.0)
        where = {"top": "bottom", "bottom": "top"}.get(level, "middle")
        colour = str(_pick(font.get("color"), place, INK))
        yield from write_text(read_lines(text), x, y, size=size, colour=colour, anchor=anchor, level=where)  # type: ignore[arg-type]


def _bar_text(trace: Trace, place: int, first: float, last: float, middle: float) -> Iterator[Mark]:
    text = str(_pick(trace.spec.get("text"), place, ""))
    where = str(_pick(trace.spec.get("textposition"), place, "auto"))
    if not text or where == "none":
        return
    lines, size = read_lines(text), float(trace.spec.get("textfont", {}).get("size", 12))
    room = width_of(lines, size) if trace.is_lying else size * len(lines) * 1.3
    is_inside = where == "inside" or (where == "auto" and abs(last - first) > room + 6)
    grows = 1 if last >= first else -1
    gap = (-4 if is_inside else 4) * grows
    standard = PAPER if is_inside else INK
    ink = str(_pick(trace.spec.get("textfont", {}).get("color"), place, standard))
    look: dict[str, Any] = {"size": size, "colour": ink}
    if trace.is_lying:
        yield from write_text(lines, last + gap, middle, anchor="end" if gap < 0 else "start", **look)
    else:
        yield from write_text(lines, middle, last + gap, level="bottom" if gap < 0 else "top", **look)


def _errors(frame: Frame, trace: Trace) -> Iterator[Mark]:
    for letter in "xy":
        error = trace.spec.get(f"error_{letter}")
        if not error or not is_shown(error):
            continue
        if error.get("type", "data") != "data":
            raise ParameterError(f"a still can't draw error bars of type '{error['type']}': give both arrays as data")
        up = values_of(error.get("array"))
        down = values_of(error.get("arrayminus")) if "arrayminus" in error else up
        cap = float(error.get("width", 4))
        is_bar = trace.spec.get("type") == "bar"
        colour = error.get("color", INK if is_bar else trace.colour)
        look = attributes(stroke=colour, stroke_width=error.get("thickness", 2), fill="none")
        values = trace.x if letter == "x" else trace.y
        tops = [base + (value or 0) for base, value in zip(trace.base, values, strict=True)] if is_bar else values
        for x, y, top, more, less in zip(trace.x, trace.y, tops, up, down, strict=False):
            if None in (x, y, more, less):
                continue
            name, other = trace.names if letter == "x" else trace.names[::-1]
            low, high = frame.at(name, top - less), frame.at(name, top + more)
            at = _middle(frame, other, y if letter == "x" else x, trace.shift if is_bar else 0.0)
            if low is not None and high is not None and at is not None:
                yield Mark(shared=look, body=f'<path d="{_whisker(letter, low, high, at, cap)}"/>')


def _middle(frame: Frame, name: str, value: Any, shift: float) -> float | None:
    axis = frame.axes[name]
    place = to_place(value, axis.kind, axis.categories)
    start, end = frame.span(axis)
    return None if place is None else start + axis.share_of_place(place + shift) * (end - start)


def _whisker(letter: str, low: float, high: float, at: float, cap: float) -> str:
    start, stop, cap_start, span = number(low), number(high), number(at - cap), number(2 * cap)
    if letter == "x":
        caps = "".join(f"M{end} {cap_start}v{span}" for end in (start, stop)) if cap else ""
        return f"M{start} {number(at)}H{stop}{caps}"
    caps = "".join(f"M{cap_start} {end}h{span}" for end in (start, stop)) if cap else ""
    return f"M{number(at)} {start}V{stop}{caps}"


def _edges(frame: Frame, name: str, value: Any, *, gap: float) -> tuple[float, float]:
    sides = [_middle(frame, name, value, half) or 0.0 for half in (-0.5, 0.5)]
    return min(sides) + gap / 2, max(sides) - gap / 2


def _pick(values: Any, place: int, standard: Any) -> Any:
    """Give the value of one mark: its own of a list, or the one of all."""
    if isinstance(values, list | tuple) or (isinstance(values, Mapping) and "bdata" in values):
        listed = values_of(values)
        return listed[place] if place < len(listed) and listed[place] is not None else standard
    return standard if values is None else values
