"""What our own messages are made of: bodies, header fields, and what we say that we can.

Decides nothing. Leaves when they go out to `dialog.py`, `leg.py` and the registrar. Imported in the loop's thread only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sippy.MsgBody import MsgBody
from sippy.SipContentType import SipContentType
from sippy.SipHeader import SipHeader
from sippy.SipRoute import SipRoute

from live_bridge.sip.dialog import session_timer
from live_bridge.sip.dialog.presented_caller import ALLOW as ALLOW
from live_bridge.sip.dialog.presented_caller import SUPPORTED as SUPPORTED

SUPPORTED_TAGS: Final = frozenset(("timer", "replaces"))

ACCEPT: Final = "application/sdp, multipart/mixed"
"""Bodies we read (RFC 5621 section 3)."""

KNOWN_METHODS: Final = frozenset(
    ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REFER", "NOTIFY", "REGISTER", "SUBSCRIBE", "PUBLISH",
     "MESSAGE", "PRACK")
)  # fmt: skip

INCOMPATIBLE: Final = '305 pbx "Incompatible media format"'
"""Warning of a 488 (RFC 3261 section 20.43)."""

KEY_TYPES: Final = ("application/dtmf-relay", "application/dtmf")


class Body(MsgBody):
    """A body of ours: ASCII, so that characters are bytes, and a copy that keeps its type (defects 5 and 8)."""

    def __init__(self, content: str, kind: str = "application/sdp") -> None:
        content.encode("ascii")
        mtype = SipContentType(kind)
        mtype.parse()
        super().__init__(content, mtype)
        self.parsed = True

    def getCopy(self) -> Body:  # noqa: N802 (the stack's name)
        """A body of the same content and type."""
        return Body(self.content, str(self.mtype))


def header(name: str, value: str) -> Any:
    """A header field for the stack; `value` may come from a peer, so line ends are taken out."""
    return SipHeader(f"{name}: {value.translate(_NO_LINE_ENDS)}")


_NO_LINE_ENDS: Final = {ord(c): " " for c in "\r\n\0"}


def routes_of(path: Sequence[str]) -> list[Any]:
    """A Path (RFC 3327) as the route of our requests, nearest proxy first."""
    routes = [SipRoute(hop) for hop in path]
    for route in routes:
        route.parse()
    return routes


def session_headers(terms: session_timer.Terms | None) -> tuple[Any, ...]:
    """Header fields of a 2xx of ours about refreshing the session (RFC 4028 section 9)."""
    if terms is None:
        return ()
    expires = header("Session-Expires", session_timer.header_value(terms, answering=True))
    return (expires, header("Require", "timer")) if terms.refresher == "peer" else (expires,)
