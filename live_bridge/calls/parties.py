"""Parties that change places: a leg stands for a caller who left, a caller becomes a leg of another call, a leg changes its call.

Decides what their telephones are told: whoever is now on another media session gets a re-INVITE with its address; a browser,
whose gateway stands between, and a party with a relay hear nothing of it. Leaves who takes whose place to the engine
(`engine/control/transfers.py`), and codecs that differ to `codec_negotiation.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.ids import CallId, LegId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall, OutboundLeg
from live_bridge.calls.codec_negotiation import Describe
from live_bridge.sip.dialog import cause_mapping, sdp

NONE: Final = -1
"""No codec."""


class Parties:
    """Changes of place in `calls`, whose legs are `legs`. `silence` stops what a caller hears of us, `tidy` forgets a call that
    holds nothing, `drop_fax` ends a fax whose parties go over to another call."""

    def __init__(
        self,
        calls: Mapping[CallId, LiveCall],
        legs: dict[LegId, OutboundLeg],
        feed: Callable[[ev.Event], None],
        describe: Describe,
        silence: Callable[[LiveCall], None],
        tidy: Callable[[LiveCall], None],
        drop_fax: Callable[[LiveCall], None],
    ) -> None:
        self._calls = calls
        self._legs = legs
        self._feed = feed
        self._describe = describe
        self._silence = silence
        self._tidy = tidy
        self._drop_fax = drop_fax

    def replace_caller(self, command: cmd.ReplaceCaller) -> None:
        """See `commands.ReplaceCaller`."""
        call, placed = self._calls.get(command.call), self._legs.get(command.leg)
        if call is None or call.over or call.session is None or placed is None or placed.winner is None:
            return
        self._silence(call)
        self._drop_fax(call)
        was_released, call.released = call.released, True
        if not was_released:
            call.leg.hang_up(cause_mapping.reason_header(Cause.NORMAL_CLEARING))
        if call.side_b is placed:
            call.side_b = None
            call.session.connect("b", None)
        call.bridged = None
        for other in call.legs.values():
            if other.side == "a":  # who stood for the caller until now
                other.side = "b"
        placed.side = "a"
        webrtc_legs.connect(placed.winner, call.session, "a")
        if placed.winner.gateway is None and placed.winner.relay is None:
            placed.winner.offer(self._describe(call, "a"))

    def adopt_caller(self, command: cmd.AdoptCaller) -> None:
        """See `commands.AdoptCaller`."""
        call, other = self._calls.get(command.call), self._calls.get(command.other)
        if call is None or call.over or call.session is None or other is None or other.over or other.leg.over:
            self._feed(ev.LegEnded(leg=command.leg, cause=Cause.NORMAL_CLEARING))
            return
        leg = other.leg
        placed = OutboundLeg(command.leg, call)
        placed.state, placed.winner = "answered", leg
        placed.trunk, placed.codec = other.invitation.trunk is not None, _kept(other)
        self._legs[placed.id] = call.legs[placed.id] = placed
        self._silence(other)
        self._drop_fax(other)
        leg.label, other.released = placed, True
        if not other.answered:  # it came to take a place: its first answer is of this call's session
            other.answered = True
            choice = other.choice if call.choice.passes else call.choice
            placed.codec = choice.codec
            offered = leg.remote.direction if leg.remote is not None else "sendrecv"
            leg.answer(self._describe(call, "b", leg, sdp.reverse(offered), choice))
        elif leg.gateway is None and leg.relay is None and placed.codec == call.choice.codec:
            leg.offer(self._describe(call, "b"))

    def move(self, placed: OutboundLeg, call: LiveCall) -> None:
        """A leg changes its call (attended transfer): its phone is told where this call's media is."""
        before = placed.call
        before.legs.pop(placed.id, None)
        self._drop_fax(before)
        if placed.codec == before.choice.codec:
            placed.codec = _kept(before)
        if before.side_b is placed:
            before.side_b = None
        if before.bridged is placed:
            before.bridged = None
        placed.call = call
        placed.side = "b"
        call.legs[placed.id] = placed
        self._tidy(before)
        winner = placed.winner
        if winner is not None and winner.gateway is None and winner.relay is None and placed.codec == call.choice.codec:
            winner.offer(self._describe(call, "b"))


def _kept(call: LiveCall) -> int:
    """The codec that a party of a call brings to another one; a codec that passes is agreed on between two ends only."""
    return NONE if call.choice.passes else call.choice.codec
