"""How JupyterLab serves the lessons: `jupyterlab --config=helpers/jupyter_server_config.py`.

It makes the working copies in the folder that it serves, and opens the first of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers import copies
from helpers.lessons import NAMES, drop_live_widgets

c = get_config()  # noqa: F821 (Jupyter defines it)


def keep_stills(model: dict[str, Any], **_: Any) -> None:
    """Before a notebook is saved: what is live in the page stays so, and the file gets its still.

    A live control needs its kernel. Without it JupyterLab would show an error in the still's place.
    """
    if model["type"] == "notebook" and model.get("content"):
        drop_live_widgets(model["content"])


folder = copies.prepare(Path.cwd() / copies.COPIES.name)
c.LabApp.default_url = f"/lab/tree/{folder.name}/{NAMES[0]}.ipynb"
c.ContentsManager.pre_save_hook = keep_stills

c.ServerApp.ip = "127.0.0.1"  # this machine alone, and only with the token
c.ServerApp.tornado_settings = {"websocket_max_message_size": 200 << 20}  # bytes of an upload

# A kernel takes some 700 MB. One whose lesson is closed and that does nothing ends after half an
# hour; one whose lesson is open in a browser never does.
c.MappingKernelManager.cull_idle_timeout = 30 * 60
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = False
c.MappingKernelManager.cull_busy = False
