"""The workshop as a page of its own: its notebook, served by Voilà to this machine alone."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from tempfile import TemporaryDirectory

from gtmlib.data.engagement import Engagement
from gtmlib.errors import RunError
from gtmlib.run.notebooks import set_parameters
from gtmlib.run.plan import NOTEBOOKS, ROOT

NOTEBOOK = NOTEBOOKS / "90_workshop.ipynb"
TEMPLATES = ROOT / "templates" / "workshop"
PORT = 8866
LEFT_ALONE = 900  # seconds after which a kernel ends that no page is connected to


def serve_workshop(
    engagement: Engagement, *, port: int = PORT, opens_browser: bool = True, with_coding: bool = False
) -> None:
    """Serve the workshop until it is interrupted.

    Parameters
    ----------
    engagement : Engagement
        Whose data it works from.
    port : int
        Where it is served on this machine; nobody else reaches it, and its address holds a token.
    opens_browser : bool
        Whether a browser is opened at it.
    with_coding : bool
        Whether the coding desk is on the page too: it shows notes, so it is for the consultant alone.

    Raises
    ------
    RunError
        If the extra `lab` is not installed, or the server ends by itself.
    """
    if find_spec("voila") is None or find_spec("anywidget") is None:
        raise RunError("the workshop needs JupyterLab and Voilà: 'make workshop' installs them (the extra 'lab')")
    with TemporaryDirectory(prefix="gtm-workshop-") as folder:
        notebook = Path(folder) / "workshop.ipynb"
        given = {"engagement": str(engagement.folder), "exports": str(engagement.exports), "coding": with_coding}
        set_parameters(NOTEBOOK, given, notebook)
        paths = [str(TEMPLATES), os.environ.get("JUPYTER_PATH", "")]
        options = ["--template=workshop", "--Voila.ip=127.0.0.1", f"--port={port}", "--token"]
        options.append("--KernelManager.transport_encryption=auto")  # client data pass between kernel and server
        options += [f"--MappingKernelManager.cull_idle_timeout={LEFT_ALONE}", "--MappingKernelManager.cull_interval=60"]
        options += [] if opens_browser else ["--no-browser"]
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "voila", str(notebook), *options],
            env=os.environ | {"JUPYTER_PATH": os.pathsep.join(filter(None, paths))},
        )
        signal(SIGTERM, default_int_handler)  # else the server would live on
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = 0
        finally:
            process.terminate()
            process.wait()
    if code:
        raise RunError(f"the workshop's server ended: is port {port} taken? Try --port {port + 1}")
