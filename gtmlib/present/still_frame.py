"""The frame of a still: where its plots are, their grid, ticks and titles, and the shapes and notes upon them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gtmlib.errors import ParameterError
from gtmlib.present.colours import INK
from gtmlib.present.still_axes import LABEL_GAP, Axis, Spec, is_shown
from gtmlib.present.still_text import (
    Anchor,
    Level,
    Mark,
    attributes,
    height_of,
    number,
    read_lines,
    width_of,
    write_text,
)

CLEAR = "rgba(0,0,0,0)"
DASHES = {"solid": (), "dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1)}
ANCHORS: dict[str, Anchor] = {"left": "start", "center": "middle", "right": "end"}
LEVELS: dict[str, Level] = {"top": "top", "middle": "middle", "bottom": "bottom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The area of the plots, and the axes in it.

    Parameters
    ----------
    left, top, right, bottom : float
        The area of all plots, in pixels.
    axes : mapping
        Name = axis.
    """

    left: float
    top: float
    right: float
    bottom: float
    axes: Mapping[str, Axis]

    def span(self, axis: Axis) -> tuple[float, float]:
        """Give where an axis starts and ends, in pixels.

        Parameters
        ----------
        axis : Axis
            Of this frame.
        """
        first, last = axis.domain
        if axis.is_x:
            width = self.right - self.left
            return self.left + first * width, self.left + last * width
        height = self.bottom - self.top
        return self.bottom - first * height, self.bottom - last * height

    def at(self, name: str, value: Any) -> float | None:
        """Give where a value is, in pixels.

        Parameters
        ----------
        name : str
            Of an axis.
        value : float, str or None
            In units of the data.
        """
        axis = self.axes[name]
        share = axis.share(value)
        start, end = self.span(axis)
        return None if share is None else start + share * (end - start)

    def refer(self, ref: str, value: Any, *, letter: str) -> float | None:
        """Give where a shape or a note refers to, in pixels.

        Parameters
        ----------
        ref : str
            `paper`, an axis, or an axis and `domain`.
        value : float or str
            A share of the paper or the domain, or in units of the data.
        letter : {'x', 'y'}
            Along which axis.

        Raises
        ------
        ParameterError
            If no trace has such an axis.
        """
        if ref == "paper":
            start, end = (self.left, self.right) if letter == "x" else (self.bottom, self.top)
            return start + float(value) * (end - start)
        name, _, domain = ref.partition(" ")
        if name not in self.axes:
            raise ParameterError(f"a still has no axis '{name}': there are {', '.join(self.axes)}")
        if domain:
            start, end = self.span(self.axes[name])
            return start + float(value) * (end - start)
        return self.at(name, value)

    def opposite(self, axis: Axis) -> Axis:
        """Give the axis that another one is anchored to.

        Parameters
        ----------
        axis : Axis
            Of this frame.
        """
        letter = "y" if axis.is_x else "x"
        anchor = str(axis.spec.get("anchor", letter))
        return self.axes.get(anchor) or next(other for name, other in self.axes.items() if name[0] == letter)


def place_frame(axes: Mapping[str, Axis], margin: Spec, *, width: float, height: float) -> Frame:
    """Place the plots so that the texts of the axes have room beside them.

    Parameters
    ----------
    axes : mapping
        Name = axis.
    margin : mapping
        Plotly's `l`, `r`, `t` and `b`: the least that is left.
    width, height : float
        Of the picture, in pixels.
    """
    room = {side: float(margin.get(side[0], 0)) for side in ("left", "right", "top", "bottom")}
    for axis in axes.values():
        room[axis.side] = max(room[axis.side], axis.depth() + (2 if axis.depth() else 0))
    if margin.get("autoexpand", True):
        for axis in (axis for axis in axes.values() if axis.is_x and axis.ticks and axis.label_depth()):
            inner = width - room["left"] - room["right"]
            for place, text in axis.ticks:
                share = axis.domain[0] + axis.share_of_place(place) * (axis.domain[1] - axis.domain[0])
                half = width_of(text, axis.tick_size) / 2 if not axis.angle else axis.tick_size / 2
                room["left"] = max(room["left"], half - share * inner)
                room["right"] = max(room["right"], half - (1 - share) * inner)
    right, bottom = width - room["right"], height - room["bottom"]
    return Frame(left=room["left"], top=room["top"], right=right, bottom=bottom, axes=axes)


def draw_grid(frame: Frame) -> Iterator[Mark]:
    """Draw the lines of the ticks, then the lines of zero.

    Parameters
    ----------
    frame : Frame
        With its axes.
    """
    for axis in frame.axes.values():
        if is_shown(axis.spec) and axis.spec.get("showgrid", axis.kind != "category"):
            yield from _rules(
                frame, axis, [place for place, _ in axis.ticks], str(axis.spec.get("gridcolor", "#e9ebee"))
            )
    for axis in frame.axes.values():
        low, high = sorted(axis.ends)
        zero = axis.kind == "linear" and low <= 0 <= high and axis.spec.get("zeroline", True)
        if zero and is_shown(axis.spec):
            yield from _rules(frame, axis, [0.0], str(axis.spec.get("zerolinecolor", "#8a929a")))


def draw_axes(frame: Frame) -> Iterator[Mark]:
    """Write the ticks' texts and the titles of the axes.

    Parameters
    ----------
    frame : Frame
        With its axes.
    """
    for axis in frame.axes.values():
        if not is_shown(axis.spec):
            continue
        start, end = frame.span(axis)
        beside = frame.span(frame.opposite(axis))
        away = -1 if axis.side in ("left", "top") else 1
        edge = {"left": min(beside), "right": max(beside), "top": min(beside), "bottom": max(beside)}[axis.side]
        if axis.spec.get("showline"):
            yield _line(axis, edge, start, end)
        if axis.spec.get("showticklabels", True):
            gap = away * (float(axis.spec.get("ticklen", 5)) + LABEL_GAP)
            for place, text in axis.ticks:
                yield from _tick(axis, text, start + axis.share_of_place(place) * (end - start), edge + gap)
        if axis.title:
            size = axis.title_size()
            beyond = edge + away * (axis.label_depth() + axis.title_gap() + height_of(axis.title, size) / 2)
            middle = (start + end) / 2
            x, y, angle = (middle, beyond, 0.0) if axis.is_x else (beyond, middle, -90.0)
            colour = str(_font(axis.spec.get("title")).get("color", INK))
            yield from write_text(axis.title, x, y, size=size, colour=colour, angle=angle)


def draw_shapes(frame: Frame, shapes: Iterable[Spec], layer: str) -> Iterator[Mark]:
    """Draw the shapes of a layer.

    Parameters
    ----------
    frame : Frame
        With its axes.
    shapes : iterable of mapping
        Plotly's.
    layer : {'below', 'between', 'above'}
        Where they lie to the grid and the marks.

    Raises
    ------
    ParameterError
        If a shape is of a type that a still can't draw.
    """
    for shape in shapes:
        if shape.get("layer", "above") != layer or not is_shown(shape):
            continue
        xs = [frame.refer(shape.get("xref", "x"), shape[end], letter="x") for end in ("x0", "x1")]
        ys = [frame.refer(shape.get("yref", "y"), shape[end], letter="y") for end in ("y0", "y1")]
        (x0, x1), (y0, y1) = ([value or 0.0 for value in pair] for pair in (xs, ys))
        look = stroke_look(shape.get("line", {}), standard=INK, width=2)
        kind = shape.get("type")
        if kind == "line":
            yield Mark(shared=look, body=f'<path d="M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}"/>')
            continue
        filled = attributes(fill=visible(shape.get("fillcolor")) or "none", fill_opacity=shape.get("opacity"))
        look = " ".join(filter(None, (filled, look)))
        width, height = abs(x1 - x0), abs(y1 - y0)
        if kind == "rect":
            body = attributes(x=min(x0, x1), y=min(y0, y1), width=width, height=height)
            yield Mark(shared=look, body=f"<rect {body}/>")
        elif kind == "circle":
            body = attributes(cx=(x0 + x1) / 2, cy=(y0 + y1) / 2, rx=width / 2, ry=height / 2)
            yield Mark(shared=look, body=f"<ellipse {body}/>")
        else:
            raise ParameterError(f"a still can't draw a shape of type '{kind}': it can be line, rect or circle")


def draw_notes(frame: Frame, notes: Iterable[Spec], *, size: float, colour: str) -> Iterator[Mark]:
    """Write the annotations, with their grounds and arrows.

    Parameters
    ----------
    frame : Frame
        With its axes.
    notes : iterable of mapping
        Plotly's.
    size : float
        Of the letters where a note does not say, in pixels.
    colour : str
        Of the letters where a note does not say.
    """
    for note in notes:
        lines = read_lines(str(note.get("text", "")))
        refs = (str(note.get("xref", "x")), str(note.get("yref", "y")))
        ends = [frame.refer(ref, note.get(letter, 0.5), letter=letter) for ref, letter in zip(refs, "xy", strict=True)]
        if not any(run.text for line in lines for run in line) or None in ends or not is_shown(note):
            continue
        x, y = (float(end or 0) for end in ends)
        font = note.get("font", {})
        own = float(font.get("size", size))
        if note.get("showarrow", True):
            tip, (x, y) = (x, y), (x + float(note.get("ax", -10)), y + float(note.get("ay", -30)))
            yield _arrow((x, y), tip, note)
        anchor = ANCHORS[_resolve(note, refs[0], "x")]
        level = LEVELS[_resolve(note, refs[1], "y")]
        x, y = x + float(note.get("xshift", 0)), y - float(note.get("yshift", 0))
        width, height = width_of(lines, own), height_of(lines, own)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        if ground := visible(note.get("bgcolor")):
            top = y - {"top": 0.0, "middle": height / 2, "bottom": height}[level]
            box = attributes(x=left - 1, y=top - 1, width=width + 2, height=height + 2)
            yield Mark(shared=attributes(fill=ground), body=f"<rect {box}/>")
        within: Anchor = ANCHORS[note.get("align", "center")] if len(lines) > 1 else anchor
        at = x if within == anchor else left + {"start": 0.0, "middle": width / 2, "end": width}[within]
        angle = float(note.get("textangle", 0))
        ink = str(font.get("color", colour))
        yield from write_text(lines, at, y, size=own, colour=ink, anchor=within, level=level, angle=angle)


def stroke_look(line: Spec, *, standard: str, width: float) -> str:
    """Write how a line looks.

    Parameters
    ----------
    line : mapping
        Plotly's `color`, `width` and `dash`.
    standard : str
        Its colour where it has none.
    width : float
        Its width where it has none, in pixels.

    Raises
    ------
    ParameterError
        If its dash is unknown.
    """
    thick = float(line.get("width", width))
    colour = visible(line.get("color", standard))
    if not thick or not colour:
        return ""
    return attributes(stroke=colour, stroke_width=thick, stroke_dasharray=dashes(str(line.get("dash", "solid")), thick))


def dashes(dash: str, width: float) -> str:
    """Write a dash in pixels.

    Parameters
    ----------
    dash : str
        A name of plotly's, or lengths such as `4px,3px`.
    width : float
        Of the line, in pixels.

    Raises
    ------
    ParameterError
        If it is neither.

    Examples
    --------
    >>> dashes("dot", 2), dashes("4px,3px", 2)
    ('3 3', '4 3')
    """
    if dash in DASHES:
        return " ".join(number(part * max(width, 3)) for part in DASHES[dash])
    parts = [part.strip().removesuffix("px") for part in dash.split(",")]
    if not all(part.replace(".", "", 1).isdigit() for part in parts):
        raise ParameterError(f"a still can't draw the dash '{dash}': it can be {', '.join(DASHES)} or like 4px,3px")
    return " ".join(parts)


def visible(colour: Any) -> str:
    """Give a colour, or nothing where it is clear.

    Parameters
    ----------
    colour : str or None
        Plotly's.
    """
    return "" if colour in (None, CLEAR, "transparent") else str(colour)


def _font(title: Any) -> Spec:
    return title.get("font", {}) if isinstance(title, Mapping) else {}


def _rules(frame: Frame, axis: Axis, places: Iterable[float], colour: str) -> Iterator[Mark]:
    first, last = sorted(frame.span(frame.opposite(axis)))
    start, end = frame.span(axis)
    for place in places:
        at = number(start + axis.share_of_place(place) * (end - start))
        path = f"M{at} {number(first)}V{number(last)}" if axis.is_x else f"M{number(first)} {at}H{number(last)}"
        yield Mark(shared=attributes(stroke=visible(colour)), body=f'<path d="{path}"/>')


def _line(axis: Axis, edge: float, start: float, end: float) -> Mark:
    look = attributes(stroke=axis.spec.get("linecolor", INK), stroke_width=axis.spec.get("linewidth", 1))
    at, first, last = number(edge), number(start), number(end)
    path = f"M{first} {at}H{last}" if axis.is_x else f"M{at} {first}V{last}"
    return Mark(shared=look, body=f'<path d="{path}"/>')


def _tick(axis: Axis, text: Any, along: float, across: float) -> Iterator[Mark]:
    angle = axis.angle
    look: dict[str, Any] = {"size": axis.tick_size, "colour": axis.tick_colour, "angle": angle}
    if not axis.is_x:
        yield from write_text(text, across, along, anchor="end" if axis.side == "left" else "start", **look)
    elif not angle:
        yield from write_text(text, along, across, level="top" if axis.side == "bottom" else "bottom", **look)
    else:
        ends_there = (angle < 0) == (axis.side == "bottom")
        yield from write_text(text, along, across, anchor="end" if ends_there else "start", **look)


def _resolve(note: Spec, ref: str, letter: str) -> str:
    names = ("left", "center", "right") if letter == "x" else ("bottom", "middle", "top")
    chosen = str(note.get(f"{letter}anchor", "auto"))
    if chosen != "auto":
        return chosen
    is_free = note.get("showarrow", True) or not (ref == "paper" or ref.endswith("domain"))
    return names[1] if is_free else names[min(int(float(note.get(letter, 0.5)) * 3), 2)]


def _arrow(start: tuple[float, float], tip: tuple[float, float], note: Spec) -> Mark:
    colour, width = visible(note.get("arrowcolor", INK)), float(note.get("arrowwidth", 1.2))
    turn = math.atan2(tip[1] - start[1], tip[0] - start[0])
    path = f"M{number(start[0])} {number(start[1])}L{number(tip[0])} {number(tip[1])}"
    if note.get("arrowhead", 1):
        for side in (-2.6, 2.6):
            x, y = tip[0] + 6 * math.cos(turn + side), tip[1] + 6 * math.sin(turn + side)
            path += f"M{number(x)} {number(y)}L{number(tip[0])} {number(tip[1])}"
    return Mark(shared=attributes(stroke=colour, stroke_width=width, fill="none"), body=f'<path d="{path}"/>')
