"""Calls that begin with nobody on the line: a visitor of a website asked to be called (R-17.4).

Decides that such a call has a media session before the engine hears of it, as any call. Whoever answers is its far side, the
visitor its caller's side once they are called. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging

from engine.contract import events as ev
from engine.contract.draws import seed_of
from engine.contract.errors import PbxError
from engine.contract.ids import CallId
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.call_state import LiveCall, open_session
from live_bridge.media.session import Address, Codec, Media
from live_bridge.sip.dialog import sdp

log = logging.getLogger(__name__)


class NoCalls(PbxError):
    """The bridge takes no new calls now."""


def begin(controller: CallController, media: Media, *, call: CallId, widget: str, page: str, number: str) -> None:
    """Let the engine decide a visitor's request as `call`, as soon as it has media. NoCalls."""
    from live_bridge.sip.switch import Invitation  # the loop's thread, where sippy may be imported

    endpoint = controller.endpoint
    if endpoint.draining:
        raise NoCalls("the bridge is stopping")
    if endpoint.refuses(number):
        raise NoCalls("the bridge takes no new calls for now: its journal cannot be written")
    nobody = endpoint.direct_leg()
    nobody.abort()
    invitation = Invitation(
        called="", caller=number, caller_name="", user=None, origin="callback", call_id=call, source="", max_forwards=70
    )
    held = LiveCall(call, nobody, invitation, sdp.OFFERED)
    held.released = True
    controller.executor.calls[call] = held
    session = open_session(
        media,
        held,
        lambda side, digit: controller.key_heard(held, side, digit),
        lambda: controller.executor.break_off(held),
        lambda: controller.holds(call),
    )

    def ready(address: Address | None) -> None:
        if held.over or held.arrived:
            return
        if address is None:
            log.error("no media for callback %s: all ports taken, or rtp.io is gone", call)
        held.arrived = True
        controller.feed(
            ev.CallArrived(
                call=call,
                called="",
                caller=number,
                origin="callback",
                widget=widget,
                page=page,
                draw_seed=seed_of(call),
            ),
            *(() if address is not None else (ev.HangupRequested(call=call),)),
        )

    session.open(Codec(sdp.OFFERED.codec, sdp.OFFERED.telephone_event), None, ready)
