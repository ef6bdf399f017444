"""A log as a browser sent it, read where the work is done.

Decides that it lies in a folder of its own only while it is read, under its name, and in which language its faults are told.
Imports no part of the web application, so that a process that needs it starts quickly.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pbxsim import logs, russian_logs


def read(name: str, content: bytes, *, zone: str | None, anyway: tuple[str, ...], language: str) -> logs.Log:
    """Its calls. Raises pbxsim.logs.LogError in the language asked for."""
    with tempfile.TemporaryDirectory() as folder:  # readers know a format by its file's name as well
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            return logs.read_all([path], zone=zone, anyway=anyway)
        except logs.LogError as error:
            if language != "ru":
                raise
            raise logs.LogError(error.told(russian_logs.translate), doubt=error.doubt) from error
