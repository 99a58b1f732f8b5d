"""Chart of a plan: how long it takes to see a rise, the larger the sooner."""

from __future__ import annotations

from collections.abc import Sequence

from plotly.graph_objs._figure import Figure

from gtmlib.present.chart_layout import LOOK, Spec, draw, lay_scale, lay_x_axis, plain, stroke
from gtmlib.present.colours import ACCENT, INK, QUIET, SOFT, readable_shade
from gtmlib.present.language import Language

Point = tuple[float, float]  # a rise and its weeks
BELOW = 0.05  # of the height: where the label of a plan above the chart stands, left of the curve
EDGE = 0.85  # of the width: beyond it a label stands above its point
APART = 0.07  # of the height: labels that are closer would overlap
HEAD = 1.6  # height of the chart over the highest point that is marked


def plot_lift_curve(
    curve: Sequence[Point],
    *,
    chosen: Point | None,
    seen: Sequence[Point],
    limit: float,
    limit_label: str,
    language: Language,
    accent: str = ACCENT,
    x_title: str = "",
    y_title: str = "",
) -> Figure:
    """Draw weeks over rises, with the plan's own point, and what the first weeks would show.

    Parameters
    ----------
    curve : sequence of (float, float)
        Rises of a share, and weeks until each is seen, by rising rise.
    chosen : (float, float) or None
        The plan's; none where it has no answer.
    seen : sequence of (float, float)
        What is seen after some weeks.
    limit : float
        Weeks at which a dashed line stands, where the chart reaches it.
    limit_label : str
        What the line says; plain text.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    x_title, y_title : str
        What the axes measure; plain text.
    """
    strong = readable_shade(accent, 4.5)
    longest = max((weeks for _, weeks in curve), default=1.0)
    is_inside = chosen is not None and chosen[1] <= longest
    reached = [weeks for _, weeks in seen] + ([chosen[1]] if chosen is not None else [])
    top = min(longest, HEAD * max(reached, default=longest)) if is_inside else longest
    shown, dots = ([point for point in points if point[1] <= top] for points in (curve, seen))
    right = max((rise for rise, _ in (*shown, *dots, *([chosen] if chosen else []))), default=0.01)
    line: Spec = {"type": "scatter", "mode": "lines", "hoverinfo": "text", "line": {"color": strong, "width": 3}}
    ends = LOOK["curve_ends"] | {"hoverinfo": "text"}
    data: list[Spec] = [line | _points(shown, language)]
    data.append(ends | {"marker": LOOK["dot"] | {"size": 10, "color": QUIET}} | _points(dots, language))
    own, shapes = list[Spec](), list[Spec]()
    if chosen is not None:
        height = chosen[1] if is_inside else BELOW * top
        own.append(_label((chosen[0], height), _say(chosen, language), right, is_strong=True))
        if is_inside:
            marker = LOOK["dot"] | {"size": 16, "color": strong}
            data.append(ends | {"marker": marker} | _points([chosen], language))
        else:  # above the chart: only its place on the axis can be shown
            shapes.append(stroke(chosen[0], 0, chosen[0], top, LOOK["reference"]))
    if limit <= top:
        shapes.append(stroke(0, limit, 1, limit, LOOK["reference"]) | {"xref": "paper"})
        note: Spec = {"text": plain(limit_label), "xref": "paper", "x": 1, "xanchor": "right", "y": limit}
        own.append(note | {"yanchor": "bottom", "showarrow": False, "font": {"size": 12, "color": SOFT}})
    beside = [_label(point, _say(point, language), right) for point in _spaced(dots, chosen, top)]
    x_axis, narrow = lay_x_axis([0.0, right], kind="percent_points", language=language, title=x_title)
    layout = {
        "height": 360,
        "xaxis": x_axis | {"showgrid": False},
        "yaxis": lay_scale([0.0, top], kind="count", language=language, title=y_title),
        "annotations": [*beside, *own],
        "shapes": shapes,
        "margin": {"r": 16},
        "meta": {"narrow": narrow | {"annotations": own}},
    }
    return draw(data, layout, language)


def _spaced(dots: Sequence[Point], chosen: Point | None, top: float) -> list[Point]:
    """Pick the points whose labels have room, from the latest down."""
    kept, taken = list[Point](), [chosen[1]] if chosen else []
    for point in sorted(dots, key=lambda point: -point[1]):
        if all(abs(point[1] - weeks) >= APART * top for weeks in taken):
            kept.append(point)
            taken.append(point[1])
    return kept


def _points(points: Sequence[Point], language: Language) -> Spec:
    said = [plain(_say(point, language)) for point in points]
    return {"x": [rise for rise, _ in points], "y": [weeks for _, weeks in points], "hovertext": said}


def _say(point: Point, language: Language) -> str:
    return language.say("workshop.messages.point", difference=point[0], weeks=max(1, round(point[1])))


def _label(point: Point, said: str, right: float, *, is_strong: bool = False) -> Spec:
    """Write beside a point, on the side that has room."""
    side, right_by, up_by = ("left", 9, 2) if point[0] < EDGE * right else ("right", 12, 11)
    place: Spec = {"x": point[0], "y": point[1], "xanchor": side, "yanchor": "bottom"}
    place |= {"xshift": right_by, "yshift": up_by}
    font = {"size": 14 if is_strong else 12, "color": INK if is_strong else SOFT}
    return place | {"text": f"<b>{plain(said)}</b>" if is_strong else plain(said), "showarrow": False, "font": font}
