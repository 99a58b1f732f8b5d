"""Text of a still: plotly's few tags read into runs, their width estimated, and written as SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from typing import Any, Literal

LINE_HEIGHT = 1.3  # of the size, as plotly sets lines
BASELINE = 0.35  # below the middle of a line, in its size
# Widths of signs in thousandths of the size, as of Arial; a sign that is not here is as wide as a digit.
WIDTHS = {260: "ijl'|.,:;!\N{NO-BREAK SPACE} ", 200: "\N{NARROW NO-BREAK SPACE}", 333: "ftI()[]/-·r", 584: "+−±×=<>"}
WIDTHS |= {690: "ABCDEFGHKLNPRSTUVXYZÅÄÖÆØ&", 780: "OQCGÖØw", 850: "mM%", 944: "W@"}
SIGN_WIDTHS = {sign: width for width, signs in WIDTHS.items() for sign in signs}
BOLD = 1.07

Anchor = Literal["start", "middle", "end"]
Level = Literal["top", "middle", "bottom"]
Lines = tuple[tuple["Run", ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a line in one style.

    Parameters
    ----------
    text : str
        Plain.
    is_bold, is_italic : bool
        Style.
    colour : str
        Its own; empty for that of the text.
    """

    text: str = ""
    is_bold: bool = False
    is_italic: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of SVG, and the attributes that it shares with its neighbours.

    Parameters
    ----------
    shared : str
        Attributes, written.
    body : str
        Elements, written.
    """

    shared: str
    body: str


def number(value: float) -> str:
    """Write a coordinate: a tenth of a pixel is enough.

    Parameters
    ----------
    value : float
        In pixels.

    Examples
    --------
    >>> number(12.04), number(-0.01), number(0.55)
    ('12', '0', '0.6')
    """
    text = f"{value + 1e-9:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def attributes(**values: Any) -> str:
    """Write attributes, escaped; those that are None or empty are left out.

    Parameters
    ----------
    **values : Any
        Names with `_` for `-`; numbers are written as coordinates.

    Examples
    --------
    >>> attributes(fill='"x"', stroke_width=2.0, stroke=None)
    'fill="&quot;x&quot;" stroke-width="2"'
    """
    written = {
        name.replace("_", "-"): number(value) if isinstance(value, int | float) else escape(str(value))
        for name, value in values.items()
        if value not in (None, "")
    }
    return " ".join(f'{name}="{value}"' for name, value in written.items())


def join_marks(marks: Iterable[Mark]) -> str:
    """Write marks in their order, neighbours of the same look in one group.

    Parameters
    ----------
    marks : iterable of Mark
        From the back to the front.
    """
    parts = []
    for shared, group in groupby(marks, key=lambda mark: mark.shared):
        bodies = [mark.body for mark in group]
        if len(bodies) == 1 and shared and bodies[0].startswith("<") and not bodies[0].startswith("<g "):
            tag, rest = bodies[0].split(" ", 1)
            parts.append(f"{tag} {shared} {rest}")
        else:
            parts.append(f"<g {shared}>{''.join(bodies)}</g>" if shared else "".join(bodies))
    return "".join(parts)


def read_lines(text: str) -> Lines:
    """Read a text as plotly does: `<br>` breaks a line; `<b>`, `<i>` and a colour dress it.

    Parameters
    ----------
    text : str
        With tags and entities.

    Returns
    -------
    tuple of tuple of Run
        A line each.
    """
    return _Reader(text).lines


def width_of(lines: Lines, size: float) -> float:
    """Estimate the width of the widest line, in pixels.

    Parameters
    ----------
    lines : tuple of tuple of Run
        As `read_lines` gives them.
    size : float
        Of the letters, in pixels.
    """
    return max((sum(map(_width, line)) for line in lines), default=0.0) * size


def height_of(lines: Lines, size: float) -> float:
    """Give the height of a block of lines, in pixels.

    Parameters
    ----------
    lines : tuple of tuple of Run
        As `read_lines` gives them.
    size : float
        Of the letters, in pixels.
    """
    return len(lines) * size * LINE_HEIGHT


def write_text(
    lines: Lines,
    x: float,
    y: float,
    *,
    size: float,
    colour: str,
    anchor: Anchor = "middle",
    level: Level = "middle",
    angle: float = 0.0,
) -> list[Mark]:
    """Write lines of text at a point.

    Parameters
    ----------
    lines : tuple of tuple of Run
        As `read_lines` gives them.
    x, y : float
        The point, in pixels.
    size : float
        Of the letters, in pixels.
    colour : str
        Of the letters.
    anchor : {'start', 'middle', 'end'}
        Which part of a line is at the point.
    level : {'top', 'middle', 'bottom'}
        Which part of the block is at the point.
    angle : float
        Degrees clockwise, around the point.
    """
    height = height_of(lines, size)
    top = y - {"top": 0.0, "middle": height / 2, "bottom": height}[level]
    turn = f"rotate({number(angle)} {number(x)} {number(y)})" if angle else None
    marks = []
    for place, line in enumerate(lines):
        runs = [run for run in line if run.text]
        if not runs:
            continue
        baseline = top + (place + 0.5) * size * LINE_HEIGHT + BASELINE * size
        own = runs[0] if len(runs) == 1 else Run()
        shared = attributes(
            fill=own.colour or colour,
            font_size=size,
            font_weight="700" if own.is_bold else None,
            font_style="italic" if own.is_italic else None,
            text_anchor=None if anchor == "start" else anchor,
        )
        inner = escape(own.text, quote=False) if own.text else "".join(map(_span, runs))
        where = attributes(x=x, y=baseline, transform=turn)
        marks.append(Mark(shared=shared, body=f"<text {where}>{inner}</text>"))
    return marks


def _width(run: Run) -> float:
    units = sum(SIGN_WIDTHS.get(sign, 556) for sign in run.text) / 1000
    return units * (BOLD if run.is_bold else 1.0)


def _span(run: Run) -> str:
    look = attributes(
        fill=run.colour, font_weight="700" if run.is_bold else None, font_style="italic" if run.is_italic else None
    )
    text = escape(run.text, quote=False)
    return f"<tspan {look}>{text}</tspan>" if look else text


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._lines: list[list[Run]] = [[]]
        self._styles = [("", Run())]
        self.feed(text)
        self.close()

    @property
    def lines(self) -> Lines:
        return tuple(tuple(line) for line in self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._lines.append([])
            return
        style = self._styles[-1][1]
        if tag in ("b", "strong"):
            style = replace(style, is_bold=True)
        elif tag in ("i", "em"):
            style = replace(style, is_italic=True)
        elif found := re.search(r"(?<![-\w])color:\s*([^;]+)", dict(attrs).get("style") or ""):
            style = replace(style, colour=found[1].strip())
        self._styles.append((tag, style))

    def handle_endtag(self, tag: str) -> None:
        if len(self._styles) > 1 and self._styles[-1][0] == tag:
            self._styles.pop()

    def handle_data(self, data: str) -> None:
        text = data.replace("  ", "\N{NO-BREAK SPACE} ")  # else SVG makes one space of two
        self._lines[-1].append(replace(self._styles[-1][1], text=text))
