"""Axes of a still: what they hold, what their ticks say, how much room their texts take, and where a value is."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gtmlib.errors import ParameterError
from gtmlib.present.colours import INK
from gtmlib.present.still_text import Lines, height_of, read_lines, width_of

Spec = Mapping[str, Any]
Side = Literal["left", "right", "top", "bottom"]
KINDS = ("linear", "log", "category")
LABEL_GAP = 3.0  # pixels between a tick and its text
PAD = 0.05  # of the data's width, beside marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis with its range and ticks, not yet placed.

    Parameters
    ----------
    name : str
        As traces call it: `x`, `y2`.
    spec : mapping
        Plotly's, over the template's.
    kind : {'linear', 'log', 'category'}
        Of its scale.
    categories : tuple of str
        In their order; empty where the axis has none.
    ends : (float, float)
        First and last value: of a logarithmic axis in powers of ten, of categories in places.
    ticks : tuple of (float, Lines)
        Place, in units of `ends`, and text.
    """

    name: str
    spec: Spec
    kind: str
    categories: tuple[str, ...]
    ends: tuple[float, float]
    ticks: tuple[tuple[float, Lines], ...]

    @property
    def is_x(self) -> bool:
        """Whether it goes from left to right."""
        return self.name.startswith("x")

    @property
    def side(self) -> Side:
        """Where its texts stand."""
        standard: Side = "bottom" if self.is_x else "left"
        side: Side = self.spec.get("side", standard)
        return side

    @property
    def domain(self) -> tuple[float, float]:
        """Its part of the picture, from the left or from the bottom."""
        first, last = self.spec.get("domain", (0.0, 1.0))
        return float(first), float(last)

    @property
    def tick_size(self) -> float:
        """Size of the ticks' texts, in pixels."""
        return float(self.spec.get("tickfont", {}).get("size", 12))

    @property
    def tick_colour(self) -> str:
        """Colour of the ticks' texts."""
        return str(self.spec.get("tickfont", {}).get("color", INK))

    @property
    def title(self) -> Lines:
        """What it measures; empty where nothing is said."""
        title = self.spec.get("title") or {}
        text = title if isinstance(title, str) else title.get("text") or ""
        return read_lines(text) if text else ()

    @property
    def angle(self) -> float:
        """Of the ticks' texts, in degrees."""
        angle = self.spec.get("tickangle", 0)
        return 0.0 if angle == "auto" else float(angle)

    def share(self, value: Any) -> float | None:
        """Tell where a value is between the axis's ends.

        Parameters
        ----------
        value : float, str or None
            In units of the data.

        Returns
        -------
        float or None
            0 at the first end and 1 at the last; None where the value is nowhere.
        """
        place = to_place(value, self.kind, self.categories)
        return None if place is None else self.share_of_place(place)

    def share_of_place(self, place: float) -> float:
        """Tell where a place is between the axis's ends.

        Parameters
        ----------
        place : float
            In units of `ends`.
        """
        first, last = self.ends
        return (place - first) / ((last - first) or 1.0)

    def label_depth(self) -> float:
        """Pixels from the axis to the far side of its ticks' texts."""
        if not is_shown(self.spec) or not self.spec.get("showticklabels", True) or not self.ticks:
            return 0.0
        turn = math.radians(abs(self.angle))
        along, across = (math.sin(turn), math.cos(turn)) if self.is_x else (math.cos(turn), math.sin(turn))
        size = self.tick_size
        deepest = max(width_of(text, size) * along + height_of(text, size) * across for _, text in self.ticks)
        return float(self.spec.get("ticklen", 5)) + LABEL_GAP + deepest

    def title_size(self) -> float:
        """Size of the title, in pixels."""
        title = self.spec.get("title") or {}
        return 12.0 if isinstance(title, str) else float(title.get("font", {}).get("size", 12))

    def title_gap(self) -> float:
        """Pixels between the ticks' texts and the title."""
        title = self.spec.get("title") or {}
        return 10.0 if isinstance(title, str) else float(title.get("standoff", 10))

    def depth(self) -> float:
        """Pixels that its texts take beside the plot."""
        title = height_of(self.title, self.title_size()) + self.title_gap() if self.title else 0.0
        return self.label_depth() + title if is_shown(self.spec) else 0.0


def is_shown(spec: Spec) -> bool:
    """Tell whether a part of a figure is to be seen.

    Parameters
    ----------
    spec : mapping
        Of a trace, an axis, a shape or an annotation.
    """
    return bool(spec.get("visible", True)) and spec.get("visible") != "legendonly"


def values_of(values: Any) -> list[Any]:
    """Give the values of an array as plotly writes it: a list, or its bytes.

    Parameters
    ----------
    values : list, mapping or None
        None is an empty one.

    Examples
    --------
    >>> values_of({"dtype": "i2", "bdata": "AQACAA=="})
    [1, 2]
    """
    if isinstance(values, Mapping):
        import numpy as np

        flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]).newbyteorder("<"))
        shape = [int(size) for size in str(values.get("shape", flat.size)).split(",")]
        return list(flat.reshape(shape).tolist())
    return list(values or ())


def to_place(value: Any, kind: str, categories: Sequence[str]) -> float | None:
    """Turn a value of the data into its place on a scale.

    Parameters
    ----------
    value : float, str or None
        Of the data.
    kind : {'linear', 'log', 'category'}
        Of the scale.
    categories : sequence of str
        Of the scale.

    Examples
    --------
    >>> to_place(100, "log", ()), to_place("b", "category", ("a", "b")), to_place(None, "linear", ())
    (2.0, 1.0, None)
    """
    if isinstance(value, str):
        return float(categories.index(value)) if value in categories else None
    if value is None or not math.isfinite(value):
        return None
    if kind == "log":
        return math.log10(value) if value > 0 else None
    return float(value)


def read_axes(layout: Spec, shared: Spec, reach: Mapping[str, Sequence[Any]], padded: Iterable[str]) -> dict[str, Axis]:
    """Read the axes that traces use.

    Parameters
    ----------
    layout, shared : mapping
        The figure's layout, and its template's.
    reach : mapping
        Axis = all values of its traces.
    padded : iterable of str
        Axes whose marks need room at the ends.

    Raises
    ------
    ParameterError
        If an axis is of a kind that a still can't draw.
    """
    return {name: _read_axis(name, layout, shared, list(values), name in set(padded)) for name, values in reach.items()}


def _read_axis(name: str, layout: Spec, shared: Spec, values: list[Any], is_padded: bool) -> Axis:
    key = f"{name[0]}axis{name[1:]}"
    spec = _merge(shared.get(f"{name[0]}axis", {}), layout.get(key, {}))
    names = dict.fromkeys(
        [*values_of(spec.get("categoryarray")), *(value for value in values if isinstance(value, str))]
    )
    kind = spec.get("type") or ("category" if names else "linear")
    if kind not in KINDS:
        raise ParameterError(f"a still can't draw the axis '{key}' of type '{kind}': it can be {', '.join(KINDS)}")
    categories = tuple(names) if kind == "category" else ()
    places = [place for value in values if (place := to_place(value, kind, categories)) is not None]
    ends = spec.get("range") or _reach(places, kind, is_padded)
    low, high = (float(end) for end in ends)
    if spec.get("autorange") == "reversed" and not spec.get("range"):
        low, high = high, low
    return Axis(
        name=name,
        spec=spec,
        kind=kind,
        categories=categories,
        ends=(low, high),
        ticks=_ticks(spec, kind, categories, (low, high), str(layout.get("separators", ".,"))),
    )


def _reach(places: list[float], kind: str, is_padded: bool) -> tuple[float, float]:
    low, high = min(places, default=0.0), max(places, default=1.0)
    if kind == "category":
        return low - 0.5, high + 0.5
    pad = ((high - low) or 1.0) * PAD if is_padded or low == high else 0.0
    return low - (pad if low or kind == "log" else 0.0), high + (pad if high or kind == "log" else 0.0)


def _ticks(
    spec: Spec, kind: str, categories: tuple[str, ...], ends: tuple[float, float], signs: str
) -> tuple[tuple[float, Lines], ...]:
    values: list[Any] = values_of(spec.get("tickvals"))
    texts = [str(text) for text in values_of(spec.get("ticktext"))]
    if spec.get("tickvals") is None:
        values = list(categories) or _round_values(ends, kind)
    texts = texts or [value if isinstance(value, str) else _plain_number(value, signs) for value in values]
    placed = [(to_place(value, kind, categories), text) for value, text in zip(values, texts, strict=False)]
    low, high = sorted(ends)
    slack = 1e-6 * (high - low)
    inside = [(place, text) for place, text in placed if place is not None and low - slack <= place <= high + slack]
    return tuple((place, read_lines(text)) for place, text in inside)


def _round_values(ends: tuple[float, float], kind: str) -> list[float]:
    low, high = sorted(ends)
    if kind == "log":
        return [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]
    rough = 10 ** math.floor(math.log10(((high - low) or 1.0) / 4))
    step = next(rough * factor for factor in (1, 2, 5, 10) if (high - low) / (rough * factor) <= 6)
    return [
        round(step * place, 12) for place in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _plain_number(value: float, signs: str) -> str:
    decimal, group = signs[0], signs[1:]
    text = f"{value:,.10f}".rstrip("0").rstrip(".")
    return text.replace(",", "\0").replace(".", decimal).replace("\0", group).replace("-", "\N{MINUS SIGN}")


def _merge(below: Spec, above: Spec) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
