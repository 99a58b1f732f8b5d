"""plotly.js as a page takes it: in a form that a browser reads fast."""

from __future__ import annotations

import re
from functools import cache

from plotly.offline import get_plotlyjs

# What stands around plotly.js, whose only name outside is the one of the function that starts it.
OPENING = re.compile(r'\(\s*function\(root, factory\) \{.*?"use strict";var Plotly=\(\(\)=>\{', re.DOTALL)
CLOSING = re.compile(
    r"return (\w+)\(\);\}\)\(\);(.*)\nwindow\.Plotly = Plotly;\s+return Plotly;\s+\}\)\);\s*", re.DOTALL
)


@cache
def plotly_script() -> str:
    r"""Give the installed plotly.js in ASCII, as a script that sets `startPlotly`: its other characters as `\uXXXX`.

    A browser reads a script of single bytes faster than one of double bytes.
    """
    return open_up(str(get_plotlyjs()).encode("ascii", "backslashreplace").decode())


def open_up(script: str) -> str:
    r"""Take the functions off that stand around plotly.js, so that a browser reads it once instead of three times.

    V8 skims what stands in a function, reads it in full when the function runs, and again, for each function around,
    where an error is thrown with an inspector attached; plotly.js throws and catches some while it starts. As one
    function in parentheses, which is read in full at once, and started from outside of it, it takes half the time.

    Parameters
    ----------
    script : str
        plotly.js as it ships.

    Returns
    -------
    str
        A script that sets `startPlotly`, which gives what `Plotly` is. Another build than the known one stays whole.

    Examples
    --------
    >>> open_up("var Plotly = {};")
    'var Plotly = {};\nwindow.startPlotly=()=>window.Plotly;'
    """
    opening = OPENING.search(script, 0, 2000)
    closing = CLOSING.fullmatch(script, script.rfind("return ", 0, script.rfind("})();")))
    if not opening or not closing:
        return f"{script}\nwindow.startPlotly=()=>window.Plotly;"
    notices, inside = script[: opening.start()], script[opening.end() : closing.start()]
    start, more = closing.groups()
    return f'{notices}window.startPlotly=(function(){{"use strict";{inside}return {start}}}).call(window);{more}'
