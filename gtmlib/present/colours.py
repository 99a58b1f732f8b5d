"""Colours: shades of a brand's accent that can be read, and the colour of losses, told apart in grey as well."""

from __future__ import annotations

ACCENT = "#1f5f8b"
INK, SOFT, QUIET, PAPER = "#1c2127", "#59626c", "#8a929a", "#ffffff"
# Vermilion and brown: colour-blind eyes tell both from blue and green; the one that differs more in grey is taken.
LOSSES = ("#c8501e", "#7a2e0e")


def readable_shade(colour: str, ratio: float, *, paper: str = PAPER) -> str:
    """Darken a colour until it stands out from the paper by a WCAG contrast ratio.

    Examples
    --------
    >>> readable_shade("#1f5f8b", 4.5)
    '#1f5f8b'
    >>> readable_shade("#ffd500", 4.5)
    '#8a7300'
    """
    shades = (blend(colour, "#000000", step / 100) for step in range(101))
    return next((shade for shade in shades if contrast(shade, paper) >= ratio), "#000000")


def tint(colour: str, share: float) -> str:
    """Mix a colour with a share of white, in [0, 1].

    Examples
    --------
    >>> tint("#000000", 0.5)
    '#808080'
    """
    return blend(colour, PAPER, share)


def blend(colour: str, other: str, share: float) -> str:
    """Mix a colour with a share of another, in [0, 1].

    Examples
    --------
    >>> blend("#000000", "#ff0000", 1)
    '#ff0000'
    """
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(first + (last - first) * share):02x}" for first, last in pairs)


def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two colours, in [1, 21] (WCAG 2.2, relative luminance).

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def loss_colour(accent: str = ACCENT) -> str:
    """Give the colour of losses: the one that differs more from the accent in grey.

    Examples
    --------
    >>> loss_colour("#1f5f8b")
    '#c8501e'
    """
    return max(LOSSES, key=lambda colour: contrast(colour, readable_shade(accent, 4.5)))


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
