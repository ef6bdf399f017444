"""All devices of one user ring at once for something that is no call of the engine yet, until one of them is picked up.

Decides that the user's own registered contacts ring and nobody else (no forwarding is followed: a 3xx refuses), how long, and
that queues offer the user nothing meanwhile. Leaves what becomes of the device that is picked up to those who ring:
`originate.py`, `login_calls.py`, `supervision.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.errors import PbxError
from engine.contract.ids import CallId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.call_state import LiveCall, open_session
from live_bridge.calls.codec_negotiation import NO_CODEC
from live_bridge.media.session import Address, Codec, Media, Side
from live_bridge.sip.dialog import cause_mapping, sdp
from live_bridge.sip.dialog.message_parts import Replaces

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop, Timer
    from live_bridge.sip.registrar.bindings import Binding

log = logging.getLogger(__name__)

RING_S = 30.0
"""How long a user's phones ring."""


class NobodyThere(PbxError):
    """The user has no registered device, or the bridge takes no new calls."""


class DeviceRinging:
    """One such ringing. A `Listener` of the legs to the user's devices. `calls` is the number they display; `picked_up`,
    `pressed`, `failed` and `lost` say what becomes of it."""

    def __init__(
        self,
        controller: CallController,
        media: Media,
        loop: Loop,
        *,
        user: int,
        name: str,
        calls: str,
        call: CallId,
        contacts: Sequence[Binding],
    ) -> None:
        from live_bridge.sip.switch import Invitation  # the loop's thread, where sippy may be imported

        self._controller = controller
        self._media = media
        self._user = user
        self._calls = calls
        self._name = name
        self._branches: dict[Leg, Binding] = {}
        self._over = False
        """Whether nothing rings any more."""
        self._reserved = False
        """Whether the engine counts the user as dialling because of this."""
        self._timer: Timer | None = None
        if not contacts or controller.endpoint.draining:
            raise NobodyThere(
                f"user {user} has no device registered here" if not contacts else "the bridge is stopping"
            )
        invitation = Invitation(
            called=calls,
            caller=str(user),
            caller_name=name,
            user=user,
            origin="user",
            call_id=call,
            source="",
            max_forwards=70,
        )
        legs = [(controller.endpoint.device_leg(binding), binding) for binding in contacts]
        self._call = LiveCall(call, legs[0][0], invitation, sdp.OFFERED)
        session = open_session(media, self._call, self._pressed, self._lost, self._is_wanted)

        def ready(address: Address | None) -> None:
            if address is None:
                log.error("no media for a call of user %s: all ports taken, or rtp.io is gone", user)
                self._end()
                return
            if self._over:
                session.delete()
                return
            for leg, binding in legs:
                leg.listener = self
                self._branches[leg] = binding
            for leg, binding in legs:
                self._begin(leg, binding)
            self._timer = loop.later(RING_S, self.cancel)

        self._reserved = True
        controller.feed(ev.OriginationBegan(user=user))

        session.open(Codec(sdp.OFFERED.codec, sdp.OFFERED.telephone_event), None, ready)

    # --- what those who ring decide -----------------------------------------------------------------------------------

    def _picked_up(self, leg: Leg, choice: sdp.Choice) -> None:
        """A device was picked up; the others are told. What was reserved is theirs to release."""
        raise NotImplementedError

    def _pressed(self, side: Side, digit: str) -> None:
        """A key, by RFC 4733."""

    def _ended(self) -> None:
        """Nothing rings any more, and nobody picked up."""

    def _lost(self) -> None:
        """The media is gone."""
        self.cancel()

    def _is_wanted(self) -> bool:
        """Whether the media session is still of use."""
        return not self._over

    # --- ringing ------------------------------------------------------------------------------------------------------

    def _begin(self, leg: Leg, binding: Binding) -> None:
        if webrtc_legs.is_device(binding):
            webrtc_legs.prepare(self._media, leg, lambda good: self._ring(leg, binding, good))
        else:
            webrtc_legs.stand_between(self._media, leg, binding.host, lambda good: self._ring(leg, binding, good))

    def _ring(self, leg: Leg, binding: Binding, ready: bool) -> None:
        if self._over or leg.over:
            return
        if not ready:
            leg.abort()
            self.leg_failed(leg, 503, None)
            return
        offer = self._controller.executor.description_for(self._call, "a", leg)
        self._controller.endpoint.ring_device(leg, binding, offer, caller=self._calls, caller_name="", max_forwards=70)

    def cancel(self) -> None:
        """Stop ringing."""
        branches, self._branches = self._branches, {}
        for leg in branches:
            leg.hang_up()
        self._end()

    def _end(self) -> None:
        if self._over:
            return
        self._stop()
        self._close()
        self._ended()

    def _stop(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        """Give back what it held; safe to call twice."""
        if self._call.session is not None:
            self._call.session.delete()
        self._release()

    def _release(self) -> None:
        """The user is not reserved any more."""
        if self._reserved:
            self._reserved = False
            self._controller.feed(ev.OriginationEnded(user=self._user))

    # --- what the user's phones tell ----------------------------------------------------------------------------------

    def leg_ringing(self, leg: Leg, status: int) -> None:
        """See `Listener`."""

    def leg_answered(self, leg: Leg) -> None:
        """See `Listener`."""
        call, remote = self._call, leg.remote
        if self._over or call.session is None or self._controller.endpoint.draining:
            leg.hang_up()
            self.leg_failed(leg, 487, None)
            return
        choice = leg.choice or call.choice
        if remote is None or choice.codec not in remote.payloads or not webrtc_legs.answered(leg, call.session):
            leg.hang_up(cause_mapping.reason_header(Cause.REQUESTED_CHAN_UNAVAIL))
            self.leg_failed(leg, 488, None)
            return
        for other in [other for other in self._branches if other is not leg]:
            other.hang_up(cause_mapping.ANSWERED_ELSEWHERE)
        self._stop()
        call.leg, call.answered = leg, True
        call.choice, call.session.codec = choice, Codec(choice.codec, choice.telephone_event)
        self._picked_up(leg, choice)

    def leg_failed(self, leg: Leg, status: int, reason: str | None) -> None:
        """See `Listener`: nobody picks up, so there is no call."""
        binding = self._branches.pop(leg, None)
        if status in NO_CODEC and binding is not None and not self._over and self._another_codec(leg, binding):
            return
        if not self._branches and not self._over:
            log.info("user %s did not pick up a call that was asked for: %s", self._user, status)
            self._end()

    def _another_codec(self, leg: Leg, binding: Binding) -> bool:
        """Ring a phone again that does not speak what it was offered, with our next best codec; False when there is none."""
        endpoint = self._controller.endpoint
        plain = leg.encrypts and endpoint.settings.media_of(binding.user).srtp == "optional"
        place = sdp.PREFERRED.index((leg.choice or self._call.choice).codec) + (not plain)
        if place >= len(sdp.PREFERRED):
            return False
        again = endpoint.device_leg(binding)
        again.encrypts = leg.encrypts and not plain
        again.listener = self
        again.choice = sdp.Choice(codec=sdp.PREFERRED[place], telephone_event=self._call.choice.telephone_event)
        self._branches[again] = binding
        self._begin(again, binding)
        return True

    def holds_leg(self, leg: Leg) -> bool:
        """See `Listener`."""
        return not self._over and leg in self._branches

    def leg_hung_up(self, leg: Leg, cause: Cause) -> None:
        """See `Listener`."""
        self.leg_failed(leg, 487, None)

    def leg_offered(self, leg: Leg) -> str | None:
        """See `Listener`."""
        return None

    def leg_connected(self, leg: Leg) -> None:
        """See `Listener`."""

    def leg_kept(self, leg: Leg) -> None:
        """See `Listener`."""

    def leg_pressed(self, leg: Leg, digit: str) -> None:
        """See `Listener`."""

    def leg_referred(self, leg: Leg, to: str, replaces: Replaces | None) -> bool:
        """See `Listener`."""
        return False
