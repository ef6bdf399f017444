"""Calls that programs ask for: a user's phones ring, and when one is picked up the user calls a number (R-19.5).

Decides when the engine hears of it: from the moment the user picks up it is the user's own call, under every rule such a call is
under (R-14). Before that there is no call, only ringing, which ends by itself. Leaves ringing to `device_ringing.py`. Everything
here runs in the loop's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.contract import events as ev
from engine.contract.draws import seed_of
from engine.contract.ids import CallId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.ringing.device_ringing import DeviceRinging, NobodyThere
from live_bridge.media.session import Media, Side
from live_bridge.sip.dialog import sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop


class Origination(DeviceRinging):
    """One such ringing, until a device is the caller's leg of a call."""

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
        self._forget = forget
        self._to = to
        contacts = controller.endpoint.contacts(user)
        if contacts and not controller.endpoint.draining and controller.endpoint.refuses(to):
            raise NobodyThere("the bridge takes no new calls for now: its journal cannot be written")
        super().__init__(controller, media, loop, user=user, name=name, calls=to, call=call, contacts=contacts)

    def _picked_up(self, leg: Leg, choice: sdp.Choice) -> None:
        call = self._call
        assert call.session is not None
        self._forget(self)
        call.arrived = True
        leg.label, leg.listener, leg.choice = call, self._controller, None
        webrtc_legs.connect(leg, call.session, "a")
        self._controller.executor.calls[call.id] = call
        self._controller.feed(
            ev.CallArrived(
                call=call.id, called=self._to, caller=str(self._user), caller_name=self._name, user=self._user,
                origin="api", draw_seed=seed_of(call.id),
            )
        )  # fmt: skip
        self._release()

    def _pressed(self, side: Side, digit: str) -> None:
        self._controller.key_heard(self._call, side, digit)

    def _ended(self) -> None:
        self._forget(self)

    def _lost(self) -> None:
        if self._call.arrived:
            self._controller.executor.break_off(self._call)
        else:
            self.cancel()

    def _is_wanted(self) -> bool:
        return not self._over or self._controller.holds(self._call.id)


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
