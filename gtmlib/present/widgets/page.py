"""The workshop's page as a widget: for JupyterLab and Voilà alike, with all that it needs in itself."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

import anywidget

from gtmlib.data.engagement import Engagement
from gtmlib.present.plotlyjs import plotly_script
from gtmlib.present.widgets.workshop import Workshop

FOLDER = Path(__file__).parent
# plotly.js looks for a module system before it makes itself known to the page.
NO_MODULES = "const module = undefined, exports = undefined, define = undefined;\n"


def page_script() -> str:
    """Give the page's script, with plotly.js before it: a page asks the network for nothing."""
    return NO_MODULES + plotly_script() + "\n" + (FOLDER / "page.js").read_text("utf-8")


class WorkshopPage(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of a workshop.

    Parameters
    ----------
    workshop : Workshop
        What it asks.
    """

    _esm = page_script()
    _css = (FOLDER / "page.css").read_text("utf-8")

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self.on_msg(self._answer)
        Thread(target=workshop.prepare, daemon=True).start()  # while the browser reads plotly.js

    def _answer(self, _: Any, message: dict[str, Any], __: Any) -> None:
        self.send(self._workshop.answer(message) | {"ticket": message.get("ticket")})


def open_workshop(engagement: Engagement) -> WorkshopPage:
    """Open the workshop of an engagement: the last line of its notebook.

    Parameters
    ----------
    engagement : Engagement
        Its files are read when a panel first needs them.
    """
    return WorkshopPage(Workshop(engagement))


def open_coding(engagement: Engagement) -> Any:
    """Open the coding desk of an engagement; it shows notes, so it is for the consultant alone.

    Parameters
    ----------
    engagement : Engagement
        Its files are read at once.

    Returns
    -------
    CodingDesk
        The widget.
    """
    from gtmlib.data.load import load_tables
    from gtmlib.present.widgets.coding import coding_desk

    return coding_desk(load_tables(engagement))
