"""Faxes by T.38 within a call: passed on where both ends speak it.

Two fax machines meet as two telephones do; then one of them asks by re-INVITE to go over from sound to T.38. Decides that it may
when the other end, asked by a re-INVITE of ours, takes the same: its attributes are the answer, so both negotiate with each
other. Else 488, and the fax goes on in G.711. A caller whose first INVITE offers a fax and no sound is led to whoever takes the
same: each phone called is offered that fax, and where nobody takes it, or the flow itself would speak, the caller gets 488 and
may come with sound. Packets pass through a session of their own, without keys, prompts or recordings, which rest as the session
of the talk does until one end comes back to sound. Refused, too, where nobody talks (the flow is heard, music plays), and to a
browser or a party of the other IP version. Leaves descriptions to `sip/dialog/sdp.py`. All of it runs in the loop's thread.
Sources: ITU-T T.38 annex D, RFC 3264 section 8.3.3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall
from live_bridge.calls.codec_negotiation import Describe
from live_bridge.media.session import Address, Media, MediaSession, Side
from live_bridge.sip.dialog import fax_sdp, sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg

log = logging.getLogger(__name__)


class FaxCalls:
    """Faxes of all calls. `describe` gives our session description of sound for a side."""

    def __init__(self, media: Media, describe: Describe) -> None:
        self._media = media
        self._describe = describe

    def asked(self, call: LiveCall, leg: Leg, side: Side) -> sdp.Later | str | None:
        """The re-INVITE of a party that wants to go over to T.38, or is there and moves. The answer; None refuses it."""
        remote, other, asked = leg.remote, _far_from(call, side), leg.asked
        if remote is None or remote.fax is None or remote.port == 0 or other is None or asked is None:
            return None
        if any(between is not None for one in (leg, other) for between in (one.gateway, one.relay)):
            return None
        if call.fax is not None:
            known = other.remote is not None and other.remote.fax is not None
            if known:
                call.fax.connect(side, _address(leg), None, leg.source)
            return self._description(call, call.fax, side, leg, other) if known else None
        if other.state != "up" or other.pending is not None:
            return None
        session = call.fax = self._media.session(on_lost=lambda: self._lost(call))
        session.wanted = lambda: not call.over and call.fax is session
        other_side: Side = "b" if side == "a" else "a"

        def opened(address: Address | None) -> None:
            if leg.asked is not asked or other.state != "up" or other.pending is not None or address is None:
                self._give_up(call, session)
                if leg.asked is asked:
                    leg.answer_offer(None)
                return
            if side == "b":
                session.connect("b", _address(leg), None, leg.source)
            other.pending = answered
            other.offer(self._description(call, session, other_side, other, leg))

        def answered(good: bool) -> None:
            if good and takes_fax(other) and leg.asked is asked and call.fax is session:
                session.connect(other_side, _address(other), connected, other.source)
            else:
                refuse()

        def connected(address: Address | None) -> None:
            if address is None or leg.asked is not asked:
                refuse()
                return
            log.info("call %s: a fax by T.38 begins", call.id)
            leg.answer_offer(self._description(call, session, side, leg, other))

        def refuse() -> None:
            """It cannot be, or is taken back: what the other end has taken so far is undone."""
            self._give_up(call, session)
            if leg.asked is asked:
                log.info("call %s: the other end does not take T.38, the fax goes on as sound", call.id)
                leg.answer_offer(None)
            if not call.over:
                self._back_to_sound(call, other, other_side)

        session.open(None, _address(leg) if side == "a" else None, opened, leg.source)
        return sdp.LATER

    # --- a fax from the first INVITE on -------------------------------------------------------------------------------

    def may_begin(self, leg: Leg) -> bool:
        """Whether a caller's first offer is a fax without sound that can be passed on."""
        remote = leg.remote
        if remote is None or remote.fax is None or remote.port == 0 or leg.encrypts:
            return False
        return not self._media.needs_relay(remote.host)

    def begin(self, call: LiveCall, ready: Callable[[Address | None], None]) -> None:
        """Open a session for the packets of a call that begins with a fax; nobody is called before."""
        session = call.fax = self._media.session(on_lost=lambda: self._lost(call))
        session.wanted = lambda: not call.over and call.fax is session
        session.open(None, _address(call.leg), ready, call.leg.source)

    def first_offer(self, call: LiveCall, session: MediaSession, side: Side, leg: Leg | None) -> str:
        """Our description of the fax for whoever is called, or for the caller when somebody took it."""
        if leg is call.leg:
            return self._description(call, session, side, leg, self.taker(call) or leg)
        return self._description(call, session, side, leg, call.leg)

    def taker(self, call: LiveCall) -> Leg | None:
        """Who took the fax that the caller offered, if somebody has."""
        winners = (placed.winner for placed in call.legs.values() if placed.state == "answered")
        return next((leg for leg in winners if leg is not None and takes_fax(leg)), None)

    def connect(self, call: LiveCall, taker: Leg, done: Callable[[bool], None]) -> None:
        """Somebody took the fax that the caller offered: packets pass from now on. `done(False)`: they cannot."""
        if call.fax is None:
            done(False)
        else:
            call.fax.connect("b", _address(taker), lambda address: done(address is not None), taker.source)

    # --- and back -----------------------------------------------------------------------------------------------------

    def sound_again(self, call: LiveCall, leg: Leg, side: Side) -> sdp.Later | None:
        """The re-INVITE of a party of a fax that comes back to sound: answered when the other one has come back, too."""
        remote, other, asked, session = leg.remote, _far_from(call, side), leg.asked, call.fax
        if remote is None or asked is None or session is None or not sdp.speaks(remote, call.choice):
            return None
        if other is None or other.state != "up" or other.pending is not None:
            return None
        other_side: Side = "b" if side == "a" else "a"

        def answered(good: bool) -> None:
            back = good and other.remote is not None and sdp.speaks(other.remote, call.choice)
            if not back or call.over or call.session is None or call.fax is not session:
                leg.answer_offer(None)
                return
            self._give_up(call, session)
            webrtc_legs.connect(other, call.session, other_side)
            if leg.asked is not asked:  # taken back meanwhile: it is asked to come
                self._back_to_sound(call, leg, side)
                return
            webrtc_legs.connect(leg, call.session, side)
            leg.answer_offer(self._describe(call, side, leg, sdp.reverse(remote.direction)))

        other.pending = answered
        other.offer(self._describe(call, other_side, other))
        return sdp.LATER

    def leave(self, call: LiveCall) -> None:
        """The parties of a fax part: whoever stays on the caller's side is brought back to sound."""
        session = call.fax
        if session is None:
            return
        self._give_up(call, session)

        def stay() -> None:
            near = call.near_leg()
            if near is not None and not call.over and call.fax is None:
                self._back_to_sound(call, near, "a")

        self._media.post(stay)  # a moment later: the whole call may be about to end

    def drop(self, call: LiveCall) -> None:
        """The call is over, or its parties are told by others where they speak now."""
        if call.fax is not None:
            self._give_up(call, call.fax)

    def answered_again(self, call: LiveCall, leg: Leg, side: Side) -> None:
        """A party of a fax answered a refreshing offer of ours."""
        if call.fax is not None and leg.remote is not None and leg.remote.port != 0:
            call.fax.connect(side, _address(leg), None, leg.source)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _description(self, call: LiveCall, session: MediaSession, side: Side, leg: Leg | None, like: Leg) -> str:
        """Our description of the fax for `leg`, with the attributes of the other end."""
        call.version += 1
        address = session.address_for(side)
        fax = like.remote.fax if like.remote is not None and like.remote.fax is not None else fax_sdp.Fax()
        return sdp.build_fax(
            address.ip,
            address.port,
            fax,
            offer=None if leg is None else leg.remote,
            session=abs(hash(call.id)) % 10**9,
            version=call.version,
        )

    def _back_to_sound(self, call: LiveCall, leg: Leg, side: Side) -> None:
        """`leg_connected` of the controller puts it on its side when it has answered."""
        if leg.state == "up" and leg.pending is None and leg.remote is not None and leg.remote.fax is not None:
            leg.offer(self._describe(call, side, leg))

    def _give_up(self, call: LiveCall, session: MediaSession) -> None:
        if call.fax is session:
            call.fax = None
        session.wanted = None
        session.delete()

    def _lost(self, call: LiveCall) -> None:
        """rtp.io dropped the session of a fax that sent nothing for hours."""
        self.leave(call)


def takes_fax(leg: Leg) -> bool:
    """Whether the far end of a leg answered a fax of ours, or offered one."""
    return leg.remote is not None and leg.remote.fax is not None and leg.remote.port != 0


def _far_from(call: LiveCall, side: Side) -> Leg | None:
    """The other party of a talk; None where nobody talks."""
    if call.bridged is None or call.session is None:
        return None
    return call.bridged.winner if side == "a" else call.near_leg()


def _address(leg: Leg) -> Address:
    assert leg.remote is not None
    return Address(leg.remote.host, leg.remote.port)
