"""Colours: shades of a brand's accent that can be read, and the colour of losses, told apart in grey as well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from colorsys import hls_to_rgb, rgb_to_hls
from functools import cache

ACCENT = "#1f5f8b"
INK, SOFT, QUIET, PAPER = "#1c2127", "#59626c", "#8a929a", "#ffffff"
DARK_PAPER = "#14181d"
# Vermilion and brown: colour-blind eyes tell both from blue and green; the one that differs more in grey is taken.
LOSSES = ("#c8501e", "#7a2e0e")


def readable_shade(colour: str, ratio: float, *, paper: str = PAPER) -> str:
    """Darken a colour until it stands out from the paper by a WCAG contrast ratio.

    Parameters
    ----------
    colour, paper : str
        `#rrggbb`.
    ratio : float
        Least contrast, in [1, 21].

    References
    ----------
    WCAG 2.2, success criterion 1.4.3.

    Examples
    --------
    >>> readable_shade("#1f5f8b", 4.5)
    '#1f5f8b'
    >>> readable_shade("#ffd500", 4.5)
    '#8c7500'
    """
    shades = (blend(colour, "#000000", step / 100) for step in range(101))
    return next((shade for shade in shades if contrast(shade, paper) >= ratio), "#000000")


def tint(colour: str, share: float) -> str:
    """Mix a colour with white.

    Parameters
    ----------
    colour : str
        `#rrggbb`.
    share : float
        Of white, in [0, 1].

    Examples
    --------
    >>> tint("#000000", 0.5)
    '#808080'
    """
    return blend(colour, PAPER, share)


def blend(colour: str, other: str, share: float) -> str:
    """Mix a colour with another.

    Parameters
    ----------
    colour, other : str
        `#rrggbb`.
    share : float
        Of the other, in [0, 1].

    Examples
    --------
    >>> blend("#000000", "#ff0000", 1)
    '#ff0000'
    """
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(first + (last - first) * share):02x}" for first, last in pairs)


def contrast(colour: str, other: str) -> float:
    """Give the contrast ratio of two colours, in [1, 21].

    Parameters
    ----------
    colour, other : str
        `#rrggbb`, in any order.

    References
    ----------
    WCAG 2.2, contrast ratio and relative luminance.

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable_ink(ground: str) -> str:
    """Give the ink, dark or light, that can be read on a ground.

    Parameters
    ----------
    ground : str
        `#rrggbb`.

    Examples
    --------
    >>> readable_ink("#000000")
    '#ffffff'
    """
    return max((INK, PAPER), key=lambda ink: contrast(ink, ground))


@cache
def dark_shade(colour: str) -> str:
    """Give what a colour is on dark paper: of the same hue, with the same contrast to its paper.

    So two colours that can be told apart on white paper can be told apart on dark paper, and ink that can be read on a
    shade still can: the contrast of any two is the quotient of their contrasts to the paper.

    Parameters
    ----------
    colour : str
        `#rrggbb`, as it is on white paper.

    Examples
    --------
    >>> dark_shade("#ffffff") == DARK_PAPER
    True
    >>> contrast(dark_shade("#1f5f8b"), DARK_PAPER) >= contrast("#1f5f8b", PAPER) - 0.05
    True
    """
    if colour == PAPER:
        return DARK_PAPER
    wanted = contrast(colour, PAPER)
    hue, _, depth = rgb_to_hls(*(part / 255 for part in _channels(colour)))
    shades = ("#" + "".join(f"{round(part * 255):02x}" for part in hls_to_rgb(hue, step / 255, depth * 0.85))
              for step in range(16, 256))  # fmt: skip
    return next((shade for shade in shades if contrast(shade, DARK_PAPER) >= wanted), "#ffffff")


def dark_shades(texts: Iterable[str]) -> dict[str, str]:
    """Give the dark shade of every colour that stands in some texts, such as specs of charts.

    Parameters
    ----------
    texts : iterable of str
        With colours as `#rrggbb`.

    Examples
    --------
    >>> dark_shades(['{"color": "#ffffff"}'])
    {'#ffffff': '#14181d'}
    """
    found = sorted({colour for text in texts for colour in re.findall(r"#[0-9a-f]{6}\b", text)})
    return {colour: dark_shade(colour) for colour in found}


def spec_shades(text: str) -> dict[str, str]:
    """Give what each colour in a chart's spec is on dark paper, with the half-seen grounds of its labels.

    Parameters
    ----------
    text : str
        JSON of a plotly figure, or of several.

    Examples
    --------
    >>> spec_shades('"#ffffff"')["rgba(255,255,255,"]
    'rgba(20,24,29,'
    """
    grounds = [f"rgba({','.join(map(str, _channels(paper)))}," for paper in (PAPER, DARK_PAPER)]
    return dark_shades([text]) | {grounds[0]: grounds[1]}


def darken(text: str) -> str:
    """Give a chart's spec as it is drawn on dark paper.

    Parameters
    ----------
    text : str
        JSON of a plotly figure.

    Examples
    --------
    >>> darken('{"color":"#ffffff"}')
    '{"color":"#14181d"}'
    """
    shades = spec_shades(text)
    return re.sub("|".join(map(re.escape, shades)), lambda found: shades[found[0]], text)


def loss_colour(accent: str = ACCENT) -> str:
    """Give the colour of losses: the one that differs more from the accent in grey.

    Parameters
    ----------
    accent : str
        The brand's colour, `#rrggbb`.

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
