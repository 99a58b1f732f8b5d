"""The still of a chart: a small SVG from the same figure spec that plotly draws, without a browser.

It is what a reader sees where scripts do not run. A trace, shape or axis that it can't draw is an error with the names
of those that it can, never a picture that lacks something. Ink and grey are written as attributes, so that a style
sheet can change them in dark mode: `.still [fill="#59626c"] { fill: … }`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from gtmlib.errors import ParameterError
from gtmlib.present.colours import ACCENT, INK, LOSSES, QUIET
from gtmlib.present.still_axes import Spec, is_shown, read_axes, to_place, values_of
from gtmlib.present.still_frame import Frame, draw_axes, draw_grid, draw_notes, draw_shapes, place_frame
from gtmlib.present.still_marks import Trace, draw_bars, draw_cells, draw_scatter, modes_of
from gtmlib.present.still_text import Mark, attributes, join_marks, number

TYPES = ("heatmap", "bar", "scatter")  # from the back to the front
MODES = ("overlay", "group", "stack", "relative")


def render_still(spec: Mapping[str, Any], *, id: str, width: int = 720) -> str:  # noqa: A002
    """Draw a figure spec as SVG for an HTML page; the same spec gives the same text.

    Parameters
    ----------
    spec : mapping
        `data` and `layout` of a figure, as its JSON has them.
    id : str
        Of the SVG, unique in its page: letters, digits and hyphens.
    width : int
        In pixels.

    Returns
    -------
    str
        An `svg` element, hidden from screen readers: the figure around it has the alternative text.

    Raises
    ------
    ParameterError
        If the figure has something that a still can't draw.
    """
    layout = spec["layout"]
    shared = layout.get("template", {}).get("layout", {})
    width = max(width, int(layout.get("meta", {}).get("min_width", 0)))
    height = float(layout.get("height", 400))
    font = {**shared.get("font", {}), **layout.get("font", {})}
    ink, size = str(font.get("color", INK)), float(font.get("size", 13))
    traces = _read_traces(spec["data"], layout, shared)
    reach, padded = _reach(traces)
    axes = read_axes(layout, shared, reach, padded)
    frame = place_frame(axes, {**shared.get("margin", {}), **layout.get("margin", {})}, width=width, height=height)
    body = join_marks(_draw(frame, traces, layout, id, size, ink))
    clip = attributes(x=frame.left, y=frame.top, width=frame.right - frame.left, height=frame.bottom - frame.top)
    clips = f'<clipPath id="{id}-plot"><rect {clip}/></clipPath>' if f"#{id}-plot" in body else ""
    box = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
    inks = attributes(fill=ink, font_size=size)  # the family is the style sheet's
    return f'<svg id="{id}" class="still" {box} {inks} aria-hidden="true" focusable="false">{clips}{body}</svg>'


def _draw(frame: Frame, traces: Sequence[Trace], layout: Spec, name: str, size: float, ink: str) -> Iterator[Mark]:
    shapes = layout.get("shapes", ())
    yield from draw_shapes(frame, shapes, "below")
    yield from draw_grid(frame)
    yield from draw_shapes(frame, shapes, "between")
    drawn = list[Trace]()
    for trace in sorted(traces, key=lambda trace: TYPES.index(trace.spec["type"])):
        marks: Iterator[Mark]
        if trace.spec["type"] == "bar":
            marks = draw_bars(frame, trace)
        elif trace.spec["type"] == "heatmap":
            marks = draw_cells(frame, trace)
        else:
            below = [other for other in drawn if other.names == trace.names and _same_stack(other, trace)]
            marks = draw_scatter(frame, trace, below[-1] if below else None)
            drawn.append(trace)
        if trace.spec.get("cliponaxis", True) and _leaves(frame, trace):
            yield Mark(shared=f'clip-path="url(#{name}-plot)"', body=join_marks(marks))
        else:
            yield from marks
    yield from draw_shapes(frame, shapes, "above")
    yield from draw_axes(frame)
    yield from draw_notes(frame, layout.get("annotations", ()), size=size, colour=ink)


def _read_traces(data: Sequence[Spec], layout: Spec, shared: Spec) -> list[Trace]:
    colours = layout.get("colorway") or shared.get("colorway") or (ACCENT, *LOSSES, QUIET)
    shown = [(place, spec) for place, spec in enumerate(data) if is_shown(spec)]
    traces = []
    for place, spec in shown:
        kind = spec.get("type", "scatter")
        if kind not in TYPES:
            raise ParameterError(f"a still can't draw a trace of type '{kind}': it can be {', '.join(TYPES)}")
        x, y = values_of(spec.get("x")), values_of(spec.get("y"))
        if kind == "heatmap":
            rows = values_of(spec.get("z"))
            x, y = x or list(range(max(map(len, rows), default=0))), y or list(range(len(rows)))
        else:
            x, y = x or list(range(len(y))), y or list(range(len(x)))
        marker, line = spec.get("marker", {}).get("color"), spec.get("line", {}).get("color")
        own = next((colour for colour in (line, marker) if isinstance(colour, str)), colours[place % len(colours)])
        traces.append(Trace(spec={**spec, "type": kind}, x=tuple(x), y=tuple(y), colour=own))
    return _stack_areas(_lay_bars(traces, layout))


def _lay_bars(traces: list[Trace], layout: Spec) -> list[Trace]:
    """Give each bar its start, its width and its place beside the others."""
    bars = [trace for trace in traces if trace.spec["type"] == "bar"]
    mode = str(layout.get("barmode", "group"))
    if bars and mode not in MODES:
        raise ParameterError(f"a still can't draw bars of mode '{mode}': it can be {', '.join(MODES)}")
    beside = len(bars) if mode == "group" else 1
    unit = _least_step(bars) * (1 - float(layout.get("bargap", 0.2)))
    heights: dict[tuple[Any, bool], float] = {}
    laid = []
    for trace in traces:
        if trace.spec["type"] != "bar":
            laid.append(trace)
            continue
        names, values = (trace.y, trace.x) if trace.is_lying else (trace.x, trace.y)
        given = trace.spec.get("base") or 0.0
        starts = [given] * len(values) if isinstance(given, int | float) else values_of(given)
        base = [float(start or 0) for start in starts]
        if mode in ("stack", "relative"):
            for place, (name, value) in enumerate(zip(names, values, strict=True)):
                key = (name, (value or 0) < 0)
                base[place] = heights.get(key, 0.0)
                heights[key] = base[place] + (value or 0)
        place = bars.index(trace) if beside > 1 else 0
        width = float(trace.spec.get("width", unit / beside))
        shift = (place - (beside - 1) / 2) * unit / beside
        laid.append(replace(trace, base=tuple(base), width=width, shift=shift))
    return laid


def _least_step(bars: Sequence[Trace]) -> float:
    names = {name for trace in bars for name in (trace.y if trace.is_lying else trace.x)}
    if any(isinstance(name, str) for name in names):
        return 1.0
    places = sorted(name for name in names if name is not None)
    return min((after - before for before, after in pairwise(places)), default=1.0)


def _stack_areas(traces: list[Trace]) -> list[Trace]:
    levels: dict[tuple[Any, ...], list[float]] = {}
    laid = []
    for trace in traces:
        group = trace.spec.get("stackgroup")
        if not group or trace.spec["type"] != "scatter":
            laid.append(trace)
            continue
        key = (group, *trace.names)
        base = levels.get(key, [0.0] * len(trace.y))
        levels[key] = [start + (value or 0.0) for start, value in zip(base, trace.y, strict=True)]
        standard = {"fill": "tonexty" if any(base) else "tozeroy"}
        laid.append(replace(trace, base=tuple(base), spec=standard | dict(trace.spec)))
    return laid


def _reach(traces: Sequence[Trace]) -> tuple[dict[str, list[Any]], set[str]]:
    """Give what each axis must hold, and the axes whose marks need room at the ends."""
    reach: dict[str, list[Any]] = {} if traces else {"x": [], "y": []}
    padded: set[str] = set()
    for trace in traces:
        kind, values_axis = trace.spec["type"], trace.names[0 if trace.is_lying else 1]
        for letter, name, values in zip("xy", trace.names, (trace.x, trace.y), strict=True):
            held = reach.setdefault(name, [])
            held += [value for value in values if value is not None]
            is_names = kind == "heatmap" or (kind == "bar" and name != values_axis)
            if is_names:
                held += [] if any(isinstance(value, str) for value in values) else _half_steps(values)
                continue
            error = trace.spec.get(f"error_{letter}") or {}
            for key, sign in (("array", 1), ("arrayminus" if "arrayminus" in error else "array", -1)):
                ends = zip(values, values_of(error.get(key)), strict=False)
                held += [value + sign * size for value, size in ends if None not in (value, size)]
            if trace.base and name == values_axis:
                held += [0.0, *trace.base, *(b + (v or 0) for b, v in zip(trace.base, values, strict=True))]
            if kind == "bar" or letter == "y" or "markers" in modes_of(trace.spec):
                padded.add(name)
    return reach, padded


def _half_steps(places: Sequence[Any]) -> list[float]:
    known = [place for place in places if place is not None]
    return [min(known, default=0) - 0.5, max(known, default=0) + 0.5]


def _same_stack(other: Trace, trace: Trace) -> bool:
    return other.spec.get("stackgroup") == trace.spec.get("stackgroup")


def _leaves(frame: Frame, trace: Trace) -> bool:
    """Tell whether a trace goes beyond its axes."""
    lengths = trace.names[0 if trace.is_lying else 1] if trace.base else ""
    for name, values in zip(trace.names, (trace.x, trace.y), strict=True):
        axis = frame.axes[name]
        ends = [b + (v or 0) for b, v in zip(trace.base, values, strict=True)] if name == lengths else values
        places = [to_place(value, axis.kind, axis.categories) for value in ends]
        low, high = sorted(axis.ends)
        if any(place is not None and not low - 1e-9 <= place <= high + 1e-9 for place in places):
            return True
    return False
