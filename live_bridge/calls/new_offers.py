"""Offers inside a call: a party moves, holds the other one, speaks another codec, or comes by another IP version.

Decides what each asks for and whether it can be had; what cannot is refused and the call goes on as it was. An offer is answered
when the media has changed, and one that is taken back meanwhile (RFC 3261 section 9.2) changes nothing. Leaves codecs to
`codec_negotiation.py`, faxes to `fax_calls.py`, what stands between media to `webrtc_legs.py`. Everything here runs in the loop's
thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.contract import events as ev
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall, OutboundLeg
from live_bridge.media.session import Media, Side
from live_bridge.sip.dialog import sdp

if TYPE_CHECKING:
    from live_bridge.calls.command_executor import CommandExecutor
    from live_bridge.sip.dialog.leg import Leg

Feed = Callable[[ev.Event], None]


class NewOffers:
    """Offers of the parties of all calls. `feed` takes what the engine is to hear."""

    def __init__(self, media: Media, executor: CommandExecutor, feed: Feed) -> None:
        self._media = media
        self._executor = executor
        self._feed = feed

    def answer_to(self, call: LiveCall, leg: Leg, side: Side) -> str | sdp.Later | None:
        """The description that answers the offer of `leg`, which has been read; None refuses it, and Later means that
        `leg.answer_offer` will be called."""
        remote = leg.remote
        if call.session is None or remote is None:
            return None
        nowhere = remote.peer is None and not self._media.reaches(remote.host)
        if nowhere or (remote.peer is None) != (leg.gateway is None) or not webrtc_legs.encrypts_as_agreed(leg):
            return None
        if remote.fax is not None:
            return self._executor.faxes.asked(call, leg, side)
        if call.fax is not None:
            return self._executor.faxes.sound_again(call, leg, side)
        speaks = sdp.speaks(remote, call.choice)
        if not webrtc_legs.reaches(leg, call.session):
            if not speaks or leg.encrypts:
                return None
            return self._answer_when(call, leg, side, webrtc_legs.go_over)
        if not speaks:
            return self._executor.codecs.reinvited(call, leg, side, lambda: self._hold(call, leg, remote.held))
        if webrtc_legs.comes_anew(leg):
            return self._answer_when(call, leg, side, webrtc_legs.let_in_anew)
        if leg.gateway is None and remote.host not in webrtc_legs.NOWHERE:
            webrtc_legs.connect(leg, call.session, side)
        self._hold(call, leg, remote.held)
        return self._executor.description_for(call, side, leg, sdp.reverse(remote.direction))

    def _answer_when(
        self, call: LiveCall, leg: Leg, side: Side, change: Callable[[Media, Leg, webrtc_legs.Ready], None]
    ) -> sdp.Later | None:
        """The media of a party has to change before its re-INVITE can be answered. An UPDATE could not wait: None."""
        asked = leg.asked
        if asked is None:
            return None

        def connect() -> None:
            if call.session is not None:
                webrtc_legs.connect(leg, call.session, side)

        def back(good: bool) -> None:
            if good and not call.over:
                connect()

        def changed(good: bool) -> None:
            if leg.asked is not asked:  # taken back meanwhile: a browser that was let in by another path comes back
                if not call.over and webrtc_legs.comes_anew(leg):
                    webrtc_legs.let_in_anew(self._media, leg, back)
            elif not good or call.over or call.session is None or leg.remote is None:
                leg.answer_offer(None)
            else:
                connect()
                self._hold(call, leg, leg.remote.held)
                leg.answer_offer(self._executor.description_for(call, side, leg, sdp.reverse(leg.remote.direction)))

        change(self._media, leg, changed)
        return sdp.LATER

    def _hold(self, call: LiveCall, leg: Leg, held: bool) -> None:
        placed = leg.label if isinstance(leg.label, OutboundLeg) else None
        was = call.held if placed is None else placed.held
        if was == held:
            return
        if placed is None:
            call.held = held
        else:
            placed.held = held
        name = None if placed is None else placed.id
        self._feed(ev.PartyHeld(call=call.id, leg=name) if held else ev.PartyResumed(call=call.id, leg=name))
