"""A stand-in for a mail server: takes every e-mail by SMTP and keeps it as a file; nothing leaves the machine.

Decides file names. Leaves SMTP to aiosmtpd.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from live_bridge.store import private_files


class _Keeper:
    """Writes each e-mail into a folder, in order."""

    def __init__(self, folder: Path) -> None:
        private_files.make_folder(folder)
        self._folder = folder
        self._numbers = itertools.count(len(list(folder.glob("*.eml"))) + 1)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The method's name is aiosmtpd's."""
        path = self._folder / f"{next(self._numbers):06}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(envelope.original_content or envelope.content)
        fresh.rename(path)
        return "250 Message accepted for delivery"


def smtp_sink(host: str, port: int, folder: Path) -> Controller:
    """The server, not yet started: `start` and `stop` it. Its port is that of its socket when 0 is asked for."""
    return Controller(_Keeper(folder), hostname=host, port=port)
