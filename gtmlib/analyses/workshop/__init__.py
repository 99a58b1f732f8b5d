"""The workshop: what would follow if; panels of controls over the very functions that the chapters use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from gtmlib.analyses.workshop.panel import Panel

if TYPE_CHECKING:  # the page is shown before what computes is imported
    from gtmlib.analyses.reductions import MissingData
    from gtmlib.data.loaded import Loaded

_SALES = ("customers", "transactions", "costs", "drivers", "rates")
# Panel = the canonical tables that it reads: sales are read fast, and a broken file stops who needs it alone.
# The hypothesis desk reads findings of the latest run, and no table; it names the smallest, as naming none is all.
PANELS: dict[str, tuple[str, ...]] = {
    "segments": _SALES,
    "price_cost": _SALES,
    "messages": ("touches",),
    "objections": ("touches", "customers", "objections", "reps", "deals", "codes"),
    "pipeline": ("deals", "customers", "forecast_snapshots"),
    "hypotheses": ("reps",),
}


def open_panel(name: str, loaded: Loaded) -> Panel | MissingData:
    """Open a panel: reduce what it works from, once.

    Parameters
    ----------
    name : str
        One of `PANELS`; its module holds the `open_panel` that is called.
    loaded : Loaded
        The engagement.

    Returns
    -------
    Panel or MissingData
        What the client must send before the panel can be opened.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> open_panel("segments", load_frames({})).needed
    ('transactions',)
    """
    module = import_module(f"{__name__}.{name}")
    return cast("Panel | MissingData", module.open_panel(loaded))
