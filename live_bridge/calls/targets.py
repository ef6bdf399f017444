"""The ways to ring a leg: every device of a user, a trunk, or an address on the internet.

Decides where a leg may be rung at all. Leaves when, and what it is offered, to `command_executor.py`, the SIP of it to
`sip/endpoint.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from engine.contract import commands as cmd
from engine.contract.causes import Cause
from engine.document.carrier_presets import Codec
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import Branch, LiveCall, OutboundLeg
from live_bridge.media.session import Media, Side
from live_bridge.sip.dialog import sdp
from live_bridge.sip.dialog.presented_caller import to_carrier

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.endpoint import Endpoint
    from live_bridge.sip.registrar.bindings import Binding

log = logging.getLogger(__name__)

Described = Callable[[LiveCall, Side, "Leg | None"], str]
Describe = Callable[[str, Callable[[str], None]], None]
"""Gives our offer to a server at a host to what places the call; see `Endpoint.call_out`."""
CODECS: Final[dict[Codec, int]] = {"PCMU": 0, "PCMA": 8, "G722": 9, "G729": sdp.G729, "opus": sdp.OPUS}
"""Payload numbers of the codecs that a preset may name (RFC 3551)."""
Failed = Callable[[OutboundLeg, "Leg", int, str | None], None]


class Targets:
    """Finds ways through one endpoint. `describe` gives our session description, `failed` hears of a way that cannot be rung."""

    def __init__(self, endpoint: Endpoint, media: Media, describe: Described, failed: Failed) -> None:
        self._endpoint = endpoint
        self._media = media
        self._describe = describe
        self._failed = failed

    def of(self, placed: OutboundLeg, command: cmd.PlaceLeg, forwards: int) -> list[Branch] | Cause:
        """Every way of the leg's target, or why there is none."""
        target, endpoint = command.target, self._endpoint
        if isinstance(target, cmd.Devices):
            contacts = endpoint.contacts(target.user)
            if not contacts:
                return Cause.SUBSCRIBER_ABSENT
            if placed.call.fax_alone:
                contacts = tuple(one for one in contacts if not webrtc_legs.is_device(one))
            wanted = self.codecs_of(target.user, None)
            return [
                Branch(
                    partial(endpoint.device_leg, one),
                    partial(self._ring, placed, command, forwards, one),
                    () if webrtc_legs.is_device(one) else wanted,
                    endpoint.settings.media_of(target.user).srtp != "required",
                )
                for one in contacts
            ]
        if isinstance(target, cmd.Outside):
            trunk = endpoint.operators.trunks.get(target.trunk)
            if trunk is None or not trunk.host:
                return Cause.REQUESTED_CHAN_UNAVAIL
            placed.trunk = True
            number = target.number
            told = to_carrier(command, number, trunk, endpoint.settings.domain)

            def call_out(leg: Leg) -> None:
                endpoint.call_out(leg, trunk, number, self._offer(placed, leg), told=told, max_forwards=forwards)

            wanted = self.codecs_of(None, target.trunk)
            return [Branch(partial(endpoint.trunk_leg, trunk), call_out, wanted, trunk.srtp != "required")]
        uri = target.uri

        def call_direct(leg: Leg) -> None:
            endpoint.call_direct(
                leg, uri, self._offer(placed, leg),
                caller=command.caller, caller_name=command.caller_name, max_forwards=forwards,
            )  # fmt: skip

        return [Branch(endpoint.direct_leg, call_direct)]

    def codecs_of(self, user: int | None, trunk: str | None) -> tuple[int, ...]:
        """What a user's phones or a trunk are set up for, best first; empty is what the call speaks."""
        settings = self._endpoint.settings
        if user is not None:
            return tuple(CODECS[name] for name in settings.media_of(user).codecs)
        peers = None if trunk is None else self._endpoint.operators.trunks.get(trunk)
        return () if peers is None else tuple(CODECS[name] for name in peers.codecs)

    def _ring(self, placed: OutboundLeg, command: cmd.PlaceLeg, forwards: int, binding: Binding, leg: Leg) -> None:
        """Ring one device; a browser as soon as there is something to offer it."""

        def ring(ready: bool) -> None:
            if leg.over or placed.call.over:
                return
            if not ready:
                log.error("no media for a phone of user %s: all ports taken, or rtp.io is gone", binding.user)
                leg.abort()
                self._failed(placed, leg, 503, None)
                return
            if _cannot_fax(placed, leg):
                leg.abort()
                self._failed(placed, leg, 488, None)
                return
            self._endpoint.ring_device(
                leg, binding, self._describe(placed.call, placed.side, leg),
                caller=command.caller, caller_name=command.caller_name, max_forwards=forwards,
            )  # fmt: skip

        if webrtc_legs.is_device(binding):
            webrtc_legs.prepare(self._media, leg, ring)
        else:
            webrtc_legs.stand_between(self._media, leg, binding.host, ring)

    def _offer(self, placed: OutboundLeg, leg: Leg) -> Describe:
        """Our offer to a server at a host, as soon as there is media for its IP version; nothing when there is none."""

        def describe(host: str, place: Callable[[str], None]) -> None:
            def ready(good: bool) -> None:
                if leg.over or placed.call.over:
                    return
                if not good:
                    log.error("no media for a call to %s: all ports taken, or rtp.io is gone", host)
                    leg.fail(503, None)
                    return
                if _cannot_fax(placed, leg):
                    leg.fail(488, None)
                    return
                place(self._describe(placed.call, placed.side, leg))

            webrtc_legs.stand_between(self._media, leg, host, ready)

        return describe


def _cannot_fax(placed: OutboundLeg, leg: Leg) -> bool:
    """Whether a fax without sound would have to pass what stands between media, which it cannot."""
    return placed.call.fax_alone and leg.relay is not None
