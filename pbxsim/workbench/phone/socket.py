"""The way of a page's SIP to the bridge: a WebSocket of ours (RFC 7118) that hands every frame on to one of the bridge's.

Decides that a browser connects to nobody but the workbench, so that its Content-Security-Policy stays as it is and no certificate
beside the workbench's is needed; that a way serves the session it was opened for, while its person may call, and ends with the
page. Leaves what is said on it to SIP, and who may call what to the bridge's passes.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import Any, Final

from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError

PATH: Final = r"/sip/([A-Za-z0-9_-]{32})"

REFUSED: Final = 4403
UNKNOWN: Final = 4404
AWAY: Final = 1013
"""Codes of the closed socket: may not; the page that opened the way is gone; the bridge is (RFC 6455, section 7.4.2)."""

LOOK_EVERY_S: Final = 5.0
FRAME_BYTES: Final = 65_536

_open: dict[str, tuple[str, str]] = {}
"""What each way leads to: the address of a listener of the bridge, and the secret of the session it was made for."""


class Ways:
    """Those of one page, for the one who opened it."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._mine: list[str] = []

    def address(self, listener: str) -> str:
        """Where the browser finds a listener of the bridge, seen from a page. The way before it ends."""
        self.drop()
        way = secrets.token_urlsafe(24)
        _open[way] = (listener, self._visitor.secret)
        self._mine.append(way)
        return f"sip/{way}"

    def drop(self) -> None:
        """The page is gone, or its phone is another's."""
        while self._mine:
            _open.pop(self._mine.pop(), None)


class SipSocket(WebSocketHandler):
    """Hands frames on, both ways."""

    _far: ClientConnection | None = None
    _look: Any = None
    _way = ""

    def _visitor(self) -> Visitor:
        found = getattr(self.request, visitors.ATTRIBUTE, None)
        return found if isinstance(found, Visitor) else visitors.nobody()

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """See Tornado."""
        return "sip" if "sip" in subprotocols else None

    def _is_over(self) -> bool:
        if not self._visitor().may(Right.CALL):
            self.close(REFUSED, "this person may not call")
        elif _open.get(self._way, ("", ""))[1] != self._visitor().secret or self._way not in _open:
            self.close(UNKNOWN, "this page was closed")
        else:
            return False
        return True

    async def open(self, *arguments: str, **_: Any) -> None:
        """See Tornado."""
        self._way = arguments[0]
        if self._is_over():
            return
        try:
            bridge = bridge_client.configured(self._visitor())
            if bridge is None:
                raise BridgeError("live.none")
            async with bridge:
                self._far = await bridge.sip(_open[self._way][0])
        except BridgeError:
            self.close(AWAY, "the bridge does not answer")
            return
        IOLoop.current().add_callback(self._hand_back, self._far)
        self._look = IOLoop.current().call_later(LOOK_EVERY_S, self._look_again)

    async def on_message(self, message: str | bytes) -> None:
        """One frame for the bridge."""
        if self._is_over():
            return
        if self._far is not None and len(message) <= FRAME_BYTES:
            with contextlib.suppress(ConnectionClosed):
                await self._far.send(message)

    async def _hand_back(self, far: ClientConnection) -> None:
        try:
            async for frame in far:
                await self.write_message(frame, isinstance(frame, bytes))
        except (ConnectionClosed, WebSocketClosedError):
            pass
        self.close(AWAY, "the bridge has gone")

    def on_close(self) -> None:
        """See Tornado."""
        if self._look is not None:
            IOLoop.current().remove_timeout(self._look)
        if self._far is not None:
            IOLoop.current().add_callback(self._far.close)

    def _look_again(self) -> None:
        self._look = None
        if not self._is_over():
            self._look = IOLoop.current().call_later(LOOK_EVERY_S, self._look_again)


def routes() -> list[tuple[str, Any]]:
    """For the server."""
    return [(PATH, SipSocket)]
