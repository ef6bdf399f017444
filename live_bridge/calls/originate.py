"""Calls that programs ask for: a user's phones ring, and when one is picked up the user calls a number (R-19.5).

Decides who rings first and when the engine hears of it: from the moment the user picks up it is the user's own call, under
every rule such a call is under (R-14). Before that there is no call, only ringing, which ends by itself; queues offer the user
nothing meanwhile. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.draws import seed_of
from engine.contract.errors import PbxError
from engine.contract.ids import CallId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.call_state import LiveCall, open_session
from live_bridge.calls.codec_negotiation import NO_CODEC
from live_bridge.media.session import Address, Codec, Media
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


class Origination:
    """One such ringing. A `Listener` of the legs to the user's devices, until one of them is the caller's leg of a call."""

    def __init__(
        self,
        controller: CallController,
        media: Media,
        loop: Loop,
        forget: Callable[[Origination], None],
        *,
        user: int,
        name: str,
        to: str,
        call: CallId,
    ) -> None:
        from live_bridge.sip.switch import Invitation  # the loop's thread, where sippy may be imported

        self._controller = controller
        self._forget = forget
        self._media = media
        self._user = user
        self._to = to
        self._name = name
        self._branches: dict[Leg, Binding] = {}
        self._over = False
        self._reserved = False
        """Whether the engine counts the user as dialling because of this."""
        self._timer: Timer | None = None
        contacts = controller.endpoint.contacts(user)
        if not contacts or controller.endpoint.draining:
            raise NobodyThere(
                f"user {user} has no device registered here" if not contacts else "the bridge is stopping"
            )
        if controller.endpoint.refuses(to):
            raise NobodyThere("the bridge takes no new calls for now: its journal cannot be written")
        self._invitation = Invitation(
            called=to,
            caller=str(user),
            caller_name=name,
            user=user,
            origin="user",
            call_id=call,
            source="",
            max_forwards=70,
        )
        legs = [(controller.endpoint.device_leg(binding), binding) for binding in contacts]
        self._call = LiveCall(call, legs[0][0], self._invitation, sdp.OFFERED)
        session = open_session(
            media,
            self._call,
            lambda side, digit: controller.key_pressed(self._call, side, digit),
            self._lost,
            lambda: not self._over or controller.holds(call),
        )

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
        self._controller.endpoint.ring_device(leg, binding, offer, caller=self._to, caller_name="", max_forwards=70)

    def cancel(self) -> None:
        """Stop ringing."""
        branches, self._branches = self._branches, {}
        for leg in branches:
            leg.hang_up()
        self._end()

    def _end(self) -> None:
        self._over = True
        self._forget(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._call.session is not None:
            self._call.session.delete()
        self._release()

    def _release(self) -> None:
        """The user is not reserved any more: nobody picked up, or the call has begun and reserves by itself."""
        if self._reserved:
            self._reserved = False
            self._controller.feed(ev.OriginationEnded(user=self._user))

    def _lost(self) -> None:
        if self._call.arrived:
            self._controller.executor.break_off(self._call)
        else:
            self.cancel()

    # --- what the user's phones tell ----------------------------------------------------------------------------------

    def leg_ringing(self, leg: Leg, status: int) -> None:
        """See `Listener`."""

    def leg_answered(self, leg: Leg) -> None:
        """See `Listener`: the user's own call begins."""
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
        if self._timer is not None:
            self._timer.cancel()
        self._over = True
        self._forget(self)
        call.leg, call.answered, call.arrived = leg, True, True
        leg.label, leg.listener, leg.choice = call, self._controller, None
        call.choice, call.session.codec = choice, Codec(choice.codec, choice.telephone_event)
        webrtc_legs.connect(leg, call.session, "a")
        self._controller.executor.calls[call.id] = call
        self._controller.feed(
            ev.CallArrived(
                call=call.id, called=self._to, caller=str(self._user), caller_name=self._name, user=self._user,
                origin="api", draw_seed=seed_of(call.id),
            )
        )  # fmt: skip
        self._release()

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
        place = sdp.PREFERRED.index((leg.choice or self._call.choice).codec) + 1
        if place >= len(sdp.PREFERRED):
            return False
        again = self._controller.endpoint.device_leg(binding)
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


class Originator:
    """Users who are rung now, to make a call that a program asked for."""

    def __init__(self, controller: CallController, media: Media, loop: Loop) -> None:
        self._controller = controller
        self._media = media
        self._loop = loop
        self._ringing: set[Origination] = set()
        controller.before_last_calls = self.cancel_all

    def __len__(self) -> int:
        return len(self._ringing)

    def originate(self, user: int, name: str, to: str) -> CallId:
        """Ring a user's phones, and let the one picked up call `to` as the user; the id the call will have. NobodyThere."""
        call = self._controller.new_id()
        begun = Origination(
            self._controller, self._media, self._loop, self._ringing.discard, user=user, name=name, to=to, call=call
        )
        self._ringing.add(begun)
        return call

    def cancel_all(self) -> None:
        """Stop ringing everywhere."""
        for one in list(self._ringing):
            one.cancel()
