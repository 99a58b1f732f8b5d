"""The workshop: what would follow if; panels of controls over the very functions that the chapters use."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.workshop.panel import Panel
from gtmlib.data.loaded import Loaded

PANELS = ("segments", "price_cost", "messages", "objections", "pipeline", "hypotheses")


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
    """
    module = import_module(f"{__name__}.{name}")
    return cast("Panel | MissingData", module.open_panel(loaded))
