"""REFER and Replaces: which parties of which calls they mean, and what the engine is asked.

Decides who may ask at all: a user's phone in talk, whoever placed the call, never a caller from outside; and whose place an
INVITE with Replaces may take. Leaves whether it is done to the engine; that it was shows in the leg of who asked being ended.
Everything here runs in the loop's thread. Sources: RFC 3515, RFC 3891, RFC 5589.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from engine.contract import events as ev
from engine.contract.ids import CallId
from live_bridge.calls.call_state import LiveCall, OutboundLeg
from live_bridge.sip.dialog.message_parts import Replaces

if TYPE_CHECKING:
    from live_bridge.sip.dialog import sdp
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop


class Party(NamedTuple):
    """One party of a call: its leg as the engine knows it, None for the caller."""

    call: LiveCall
    placed: OutboundLeg | None


class Referrals:
    """Looks parties up in `calls`; `feed` takes what the engine is asked."""

    def __init__(self, loop: Loop, calls: Mapping[CallId, LiveCall], feed: Callable[[ev.Event], None]) -> None:
        self._loop = loop
        self._calls = calls
        self._feed = feed

    def party(self, dialog: Replaces) -> Party | None:
        """Whose dialog it is, named by call id and both tags, in whatever order a phone puts them."""

        def meant(leg: Leg | None) -> bool:
            if leg is None or leg.over:
                return False
            known, ours, theirs = leg.identity()
            return known == dialog.call_id and {ours, theirs} == {dialog.to_tag, dialog.from_tag}

        for call in self._calls.values():
            if call.over:
                continue
            if not call.released and meant(call.leg):
                return Party(call, None)
            for placed in call.legs.values():
                if meant(placed.winner) or any(meant(branch) for branch in placed.branches):
                    return Party(call, placed)
        return None

    def refer(self, leg: Leg, to: str, replaces: Replaces | None) -> bool:
        """A REFER on `leg`. False refuses it; else the engine hears of it after the 202, and NOTIFY says what came of it."""
        label = leg.label
        if leg.transferring:
            return False
        if isinstance(label, LiveCall):
            asked = Party(label, None)
            may = label.answered and not label.over and not label.released and label.invitation.user is not None
        elif isinstance(label, OutboundLeg):
            asked = Party(label.call, label)
            may = label.state == "answered" and label.winner is leg
        else:
            return False
        other = None if replaces is None else self.party(replaces)
        if not may or (replaces is not None and other is None):
            return False
        leg.transferring = True
        request = ev.TransferRequested(
            call=asked.call.id,
            to=to,
            leg=None if asked.placed is None else asked.placed.id,
            replaces=None if other is None else other.call.id,
            replaces_leg=None if other is None or other.placed is None else other.placed.id,
        )
        self._loop.post(self._transfer, leg, request)
        return True

    def _transfer(self, leg: Leg, request: ev.TransferRequested) -> None:
        if leg.over:
            return
        leg.notify(100, "Trying")
        self._feed(request)
        if not leg.over:
            leg.transferring = False
            leg.notify(603, "Decline", final=True)

    def may_replace(self, dialog: Replaces, offer: sdp.Description | None) -> int:
        """The status that refuses an INVITE with Replaces, 0 when its caller may take the place (RFC 3891 section 3)."""
        found = self.party(dialog)
        if found is None or (found.placed is None and not found.call.answered):
            return 481
        ringing = found.placed is not None and found.placed.state == "ringing"
        if dialog.early_only and not ringing:
            return 486
        choice = found.call.choice
        if offer is not None and not choice.passes and choice.codec not in offer.payloads:
            return 488
        in_talk = found.call.bridged is not None and found.placed in (None, found.call.bridged)
        return 0 if ringing or in_talk else 603
