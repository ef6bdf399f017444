"""Sounds and files of the bridge, handed on to the browser: through a ticket that only the session which made it knows.

Decides that the browser never sees the bridge's token, that a sound comes in the parts a player asks for (RFC 9110, section
14.2), and that a ticket serves who it was made for and ends with the page. Leaves what a person may hear to
`live/bridge_client.py`, and that it is written down to the bridge (R-23.12).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError

PATH: Final = r"/relay/([A-Za-z0-9_-]{32})"

HANDED_ON: Final = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "Content-Disposition")
"""What the bridge says of its answer and the browser is told."""

_open: dict[str, tuple[str, dict[str, str], str]] = {}
"""What each ticket stands for: a path of the bridge's API, its query, and the secret of the session it was made for."""


class Tickets:
    """Those of one page, for the one who opened it."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._mine: list[str] = []

    def address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Where the browser finds what the bridge has at a path, seen from a page."""
        ticket = secrets.token_urlsafe(24)
        _open[ticket] = (path, dict(query or {}), self._visitor.secret)
        self._mine.append(ticket)
        return f"relay/{ticket}"

    def drop(self) -> None:
        """The session is over, or shows something else."""
        while self._mine:
            _open.pop(self._mine.pop(), None)


class Relay(RequestHandler):
    """Answers for a ticket what the bridge answers."""

    async def get(self, ticket: str) -> None:
        """Hand on, part by part."""
        self.set_header("Cache-Control", "no-store")
        path, query, secret = _open.get(ticket, ("", {}, ""))
        visitor = getattr(self.request, visitors.ATTRIBUTE, None)
        if not path or not isinstance(visitor, Visitor) or visitor.secret != secret:
            self._refuse(404, "This page was closed or shows something else: open it again.")
            return
        part = self.request.headers.get("Range")
        try:
            found = bridge_client.configured(visitor)
            if found is None:
                self._refuse(503, "There is no bridge.")
                return
            async with found, found.opened(path, query, {"Range": part} if part else {}) as answer:
                self.set_status(answer.status_code)
                for name in HANDED_ON:
                    if name in answer.headers:
                        self.set_header(name, answer.headers[name])
                async for piece in answer.aiter_raw():
                    self.write(piece)
                    await self.flush()
        except BridgeError as error:
            self._refuse(
                error.status or (403 if error.text.startswith("refused.") else 502), error.detail or error.text
            )
        except StreamClosedError:
            return  # a player has heard enough

    def _refuse(self, status: int, words: str) -> None:
        if not self._headers_written:
            self.set_status(status)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.write(words + "\n")


def routes() -> list[tuple[str, Any]]:
    """For the server."""
    return [(PATH, Relay)]
