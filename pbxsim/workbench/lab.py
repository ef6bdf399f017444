"""The workbench as a tab of JupyterLab, by jupyter-server-proxy: an entry in its launcher.

Decides which file it opens: the one `PBX_FILE` names, else `pbx.yaml` in the folder JupyterLab was started in, else the example.
Leaves who may come in to JupyterLab: the workbench itself listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pbxsim import datasets

FILE = "PBX_FILE"
"""Variable that names the document to open."""


def document() -> Path:
    """The document to open. Raises OSError where `PBX_FILE` names none."""
    named = os.environ.get(FILE)
    if named:
        if not Path(named).is_file():
            raise FileNotFoundError(f"{FILE} names {named}, which is no file: name a PBX document")
        return Path(named)
    here = Path("pbx.yaml")
    return here if here.is_file() else datasets.find("example")


def server() -> dict[str, Any]:
    """The settings of one server of jupyter-server-proxy; `{port}` and `{base_url}` are filled in there."""
    return {
        "command": [
            sys.executable, "-m", "pbxsim.workbench", str(document().resolve()), "--port", "{port}",
            "--prefix", "{base_url}pbx-workbench", "--no-day",
        ],
        "absolute_url": True,
        "timeout": 120,
        "new_browser_tab": False,
        "request_headers_override": {"Host": "127.0.0.1:{port}", "Origin": "http://127.0.0.1:{port}"},
        "launcher_entry": {"title": "PBX workbench", "category": "Other"},
    }  # fmt: skip
