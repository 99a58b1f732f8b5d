"""What a report packs into itself: plotly.js, the charts, and the brand's files, each as text of the same bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gtmlib.present.colours import dark_shades, spec_shades
from gtmlib.present.plotlyjs import plotly_script

Spec = dict[str, Any]
MEDIA = {".svg": "svg+xml", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


def pack(text: str) -> str:
    """Pack a text as gzip in base64: the same text for the same lock file.

    Python's own zlib is another one on other machines. The one in pyarrow comes with its wheel, and the header is
    written here, since it would name the system.

    Parameters
    ----------
    text : str
        Any.

    Examples
    --------
    >>> import gzip
    >>> gzip.decompress(base64.b64decode(pack("aaaa")))
    b'aaaa'
    """
    import pyarrow

    packed = pyarrow.Codec("gzip", compression_level=9).compress(text.encode(), asbytes=True)
    return base64.b64encode(b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed[10:]).decode()


@cache
def pack_plotly() -> str:
    """Pack plotly.js."""
    return pack(plotly_script())


def pack_charts(figures: Mapping[str, Spec]) -> str:
    """Pack the specs of all charts, with what they share once, and what their colours are on dark paper.

    Parameters
    ----------
    figures : mapping
        Id of an exhibit = plotly's JSON.
    """
    template = next(iter(figures.values()), {}).get("layout", {}).get("template")
    charts = {}
    for name, figure in figures.items():
        layout = {key: part for key, part in figure["layout"].items() if key != "template" or part != template}
        charts[name] = {"data": figure["data"], "layout": layout}
    shared = {"template": template, "charts": charts}
    text = json.dumps(shared, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return pack(json.dumps({"dark": spec_shades(text)}, separators=(",", ":"))[:-1] + "," + text[1:])


def dark_style(pictures: Iterable[str]) -> str:
    """Give the style sheet that turns SVG pictures dark with their page.

    Parameters
    ----------
    pictures : iterable of str
        With colours as `fill="#rrggbb"` and `stroke="#rrggbb"`.
    """
    pictures = list(pictures)
    rules = [f'.still [{name}="{light}"]{{{name}:light-dark({light},{dark})}}'
             for light, dark in dark_shades(pictures).items() for name in ("fill", "stroke")
             if any(f'{name}="{light}"' in picture for picture in pictures)]  # fmt: skip
    return "\n".join(rules)


def data_uri(path: str | Path | None) -> str:
    """Give a logo's file as an address that holds it.

    Parameters
    ----------
    path : str, Path or None
        SVG, PNG or JPEG; nothing gives nothing.
    """
    if not path:
        return ""
    content = base64.b64encode(Path(path).read_bytes()).decode()
    return f"data:image/{MEDIA[Path(path).suffix.lower()]};base64,{content}"


def font_face(name: str, path: str | Path | None) -> str:
    """Give the style rule that holds a font.

    Parameters
    ----------
    name : str
        What the style sheet calls the font.
    path : str, Path or None
        WOFF2; nothing gives nothing.
    """
    if not path:
        return ""
    content = base64.b64encode(Path(path).read_bytes()).decode()
    return f'@font-face{{font-family:"{name}";src:url(data:font/woff2;base64,{content}) format("woff2")}}'
