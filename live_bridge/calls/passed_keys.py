"""Keys that go on from one party of a talk to the other, in the manner that the other one knows.

Keys come as telephone events among the voice (RFC 4733) or as SIP INFO (RFC 6086), and each party says in its description whether
it knows events. Decides: a key in RTP passes by itself, and is told by INFO besides to a party that has no events in its
description; a key by INFO becomes events for a party that has them, and goes on as INFO where it has none, where it is a browser
(whose page hears INFO alone), where no voice passes that they could stand among, or where the party may be behind an address
translation, for then only rtp.io knows where it is. Keys of one talk and side go one after the other. Leaves what a key means in
the flow to the engine. Everything here runs in the loop's thread.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall
from live_bridge.media.key_events import CODES, KeyEvents
from live_bridge.media.session import Address, Media, Side

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop


class PassedKeys:
    """Keys of all talks."""

    def __init__(self, media: Media, loop: Loop) -> None:
        self._media = media
        self._loop = loop
        self._waiting: dict[tuple[str, Side], deque[str]] = {}
        """By session and the side that is to hear them: those that wait, while one is under way."""

    def by_rtp(self, call: LiveCall, side: Side, key: str) -> None:
        """A key came among the voice of a side."""
        other = _far_from(call, side)
        if other is not None and other.remote is not None and other.remote.telephone_event is None:
            other.press(key)

    def by_info(self, call: LiveCall, side: Side, key: str) -> None:
        """A key came by INFO from a side."""
        other, session = _far_from(call, side), call.session
        if other is None or session is None:
            return
        to: Side = "b" if side == "a" else "a"
        if _events_address(call, other) is None or key not in CODES or self._media.six or call.fax is not None:
            other.press(key)
            return
        waiting = self._waiting.get((session.name, to))
        if waiting is not None:
            waiting.append(key)
            return
        self._waiting[session.name, to] = deque()
        self._send(call, to, other, key)

    def _send(self, call: LiveCall, to: Side, other: Leg, key: str) -> None:
        session, where, number = call.session, _events_address(call, other), call.choice.telephone_event
        if session is None or call.over:
            return
        if where is None or number is None or session.deleted:
            other.press(key)
            self._next(call, session.name, to, other)
            return

        def done(good: bool) -> None:
            if not good:
                other.press(key)
            self._next(call, session.name, to, other)

        KeyEvents(self._media, session, to, key, number, where, self._loop.later, done)

    def _next(self, call: LiveCall, name: str, to: Side, other: Leg) -> None:
        waiting = self._waiting.get((name, to))
        if waiting and not call.over and other.state == "up":
            self._send(call, to, other, waiting.popleft())
        else:
            self._waiting.pop((name, to), None)


def _far_from(call: LiveCall, side: Side) -> Leg | None:
    """The other party of a talk; None where nobody talks."""
    if call.bridged is None:
        return None
    return call.bridged.winner if side == "a" else call.near_leg()


def _events_address(call: LiveCall, leg: Leg) -> Address | None:
    """Where events for a party go; None where it knows none, or where it is not known for certain."""
    number, remote = call.choice.telephone_event, leg.remote
    if number is None or remote is None or remote.telephone_event != number or leg.gateway is not None:
        return None
    if leg.relay is None and leg.source != remote.host:
        return None
    return webrtc_legs.address_of(leg)
