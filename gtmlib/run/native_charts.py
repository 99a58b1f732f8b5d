"""What a figure spec shows as numbers that an office program can draw and its user can edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gtmlib.present.still_axes import values_of
from gtmlib.present.still_text import read_lines

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A bar per row, with its interval where it has one.

    Parameters
    ----------
    labels : tuple of str
        Of the rows, from the top down.
    values : tuple of float or None
        Of the rows.
    low, high : tuple of float or None
        Ends of the intervals.
    colours : tuple of str
        Of the rows, as `#rrggbb`; empty for the accent.
    end : float, optional
        What the axis must hold beside them, such as a whole.
    """

    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    colours: tuple[str, ...] = ()
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Lines through points.

    Parameters
    ----------
    lines : tuple of (colour, points)
        From the back to the front.
    x_title, y_title : str
        What the axes measure.
    """

    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    x_title: str = ""
    y_title: str = ""


def read_chart(spec: Spec) -> Bars | Curves | None:
    """Read a figure as bars or curves.

    Parameters
    ----------
    spec : mapping
        `data` and `layout` of a figure, as its JSON has them.

    Returns
    -------
    Bars, Curves or None
        None where it is neither, such as a heat map.
    """
    return _read_rows(spec) or _read_curves(spec)


def _read_rows(spec: Spec) -> Bars | None:
    axis = spec["layout"].get("yaxis", {})
    names = dict(zip(values_of(axis.get("tickvals")), values_of(axis.get("ticktext")), strict=False))
    marks = next((trace for trace in spec["data"] if _is_row_marks(trace)), None)
    if marks is None or not names or axis.get("showgrid", True):  # rows have labels, and no grid between them
        return None
    places, values = values_of(marks.get("y")), values_of(marks.get("x"))
    if any(place not in names for place in places) or len(set(places)) != len(places):
        return None
    spans = {shape["y0"]: sorted((shape["x0"], shape["x1"])) for shape in spec["layout"].get("shapes", ())
             if shape.get("type") == "line" and shape["y0"] == shape["y1"] and shape["x0"] != shape["x1"]
             and "yref" not in shape}  # fmt: skip
    found = [spans.get(place, (None, None)) for place in places]
    colours = marks.get("marker", {}).get("color")
    return Bars(
        labels=tuple(_plain(names[place]) for place in places),
        values=tuple(values),
        low=tuple(span[0] for span in found),
        high=tuple(span[1] for span in found),
        colours=tuple(colours) if isinstance(colours, list) else (),
    )


def _is_row_marks(trace: Spec) -> bool:
    if trace.get("marker", {}).get("opacity") == 0:
        return False
    is_dots = trace.get("type", "scatter") == "scatter" and trace.get("mode") == "markers"
    return (trace.get("type") == "bar" and trace.get("orientation") == "h") or is_dots


def _read_curves(spec: Spec) -> Curves | None:
    lines = []
    for trace in spec["data"]:
        points = zip(values_of(trace.get("x")), values_of(trace.get("y")), strict=False)
        known = tuple(
            (float(x), float(y)) for x, y in points if isinstance(x, int | float) and isinstance(y, int | float)
        )
        if trace.get("type", "scatter") == "scatter" and "lines" in str(trace.get("mode", "")) and len(known) > 1:
            lines.append((str(trace.get("line", {}).get("color", "")), known))
    axes = [spec["layout"].get(key, {}).get("title", {}).get("text", "") for key in ("xaxis", "yaxis")]
    return Curves(lines=tuple(lines), x_title=_plain(axes[0]), y_title=_plain(axes[1])) if lines else None


def _plain(text: str) -> str:
    """Give a label with its small print, which has a colour of its own, in brackets."""
    runs = [run for line in read_lines(str(text)) for run in line if run.text.strip()]
    label, detail = (
        " ".join(run.text.strip() for run in runs if bool(run.colour) == has_colour) for has_colour in (False, True)
    )
    return f"{label} ({detail})" if label and detail else label or detail
