"""Somebody listens to a talk: their own phones ring, and the one picked up hears both sides, whispers or barges in (R-19.5).

Decides which talks can be listened to, that only the listener's own registered phones ring, that one person at a time listens to
a talk, who hears the listener in which mode, and that the listener's leg ends with the talk: when a side hangs up, or changes.
The engine hears nothing of it but that the listener is busy: no call of theirs comes of it, and queues offer them none meanwhile.
Leaves who may to `api/hearing/supervision.py`, sound to `media/monitor.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from engine.contract.causes import Cause
from engine.contract.errors import PbxError
from engine.contract.ids import CallId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.call_state import LiveCall
from live_bridge.calls.ringing.device_ringing import DeviceRinging
from live_bridge.media import codecs
from live_bridge.media.latching import Address
from live_bridge.media.monitor import Monitor
from live_bridge.media.session import Media, Side
from live_bridge.sip.dialog import cause_mapping, sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop, Timer

log = logging.getLogger(__name__)

Mode = Literal["listen", "whisper", "barge"]

LOOK_S: Final = 0.2
"""How often it is looked whether the talk goes on."""


class CannotListen(PbxError):
    """This talk cannot be listened to, or not now; the message says why."""


class Supervised(msgspec.Struct, frozen=True, kw_only=True):
    """Who listens to which call now."""

    call: CallId
    user: int
    """Whose phone it is."""
    mode: Mode
    """What was asked for last."""
    heard_by: tuple[str, ...] = ()
    """Who hears the listener: `caller`, `far_side`."""
    talking: bool = False
    """Whether the listener has picked up."""


class Supervision(DeviceRinging):
    """One listener of one talk. States: ringing, listening, over."""

    def __init__(
        self,
        controller: CallController,
        media: Media,
        loop: Loop,
        forget: Callable[[Supervision], None],
        *,
        talk: LiveCall,
        user: int,
        shown: str,
        mode: Mode,
        side: Side,
    ) -> None:
        self.talk = talk
        self.user = user
        self.mode = mode
        self.side: Side = side
        """The side of whoever is whispered to."""
        self._far = talk.bridged
        self._forget = forget
        self._loop = loop
        self._leg: Leg | None = None
        self._monitor: Monitor | None = None
        self._look_timer: Timer | None = None
        self._told: dict[Side, Address] = {}
        """Who was to hear the listener when it was last said, and where they said that they were."""
        self._done = False
        super().__init__(
            controller, media, loop, user=user, name="", calls=shown, call=controller.new_id(),
            contacts=controller.endpoint.contacts(user),
        )  # fmt: skip
        self._look_timer = loop.later(LOOK_S, self._look)

    def told(self) -> Supervised:
        """How it stands."""
        names: dict[Side, str] = {"a": "caller", "b": "far_side"}
        heard = () if self._monitor is None else tuple(names[side] for side in self._monitor.speaks_to)
        return Supervised(
            call=self.talk.id, user=self.user, mode=self.mode, heard_by=heard, talking=self._monitor is not None
        )

    def change(self, mode: Mode, side: Side) -> None:
        """The same listener wants another mode."""
        self.mode, self.side = mode, side
        if self._monitor is not None:
            self._speak(self._monitor)

    def end(self) -> None:
        """The listener leaves; the talk goes on."""
        if self._done:
            return
        self._done = True
        if self._look_timer is not None:
            self._look_timer.cancel()
        if self._monitor is not None:
            self._monitor.delete()
        leg, self._leg = self._leg, None
        if leg is not None:
            leg.hang_up(cause_mapping.reason_header(Cause.NORMAL_CLEARING))
        if not self._over:
            self.cancel()
        self._close()
        self._forget(self)

    # --- the talk -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._done:
            return
        talk = self.talk
        if talk.over or talk.bridged is None or talk.bridged is not self._far:
            self.end()
        else:
            self._look_timer = self._loop.later(LOOK_S, self._look)
            if self._monitor is not None and self._hearers() != self._told:
                self._speak(self._monitor)

    def _hearers(self) -> dict[Side, Address]:
        """Who is to hear the listener, and where they say that they are; nobody who wants to receive nowhere (on hold)."""
        sides: tuple[Side, ...] = {"listen": (), "whisper": (self.side,), "barge": ("a", "b")}[self.mode]
        told = {side: _told_address(self.talk, side) for side in sides}
        return {side: where for side, where in told.items() if where is not None}

    def _speak(self, monitor: Monitor) -> None:
        self._told = self._hearers()

        def done(good: bool) -> None:
            if not good:
                log.error("call %s: %s cannot be heard here, and listens only", self.talk.id, self.user)
                self.mode = "listen"

        monitor.speak_to(self._told, done)

    # --- the listener's phone -----------------------------------------------------------------------------------------

    def _picked_up(self, leg: Leg, choice: sdp.Choice) -> None:
        own, session = self._call.session, self.talk.session
        self._leg = leg
        if own is None or session is None or self.talk.over or self.talk.bridged is not self._far:
            self.end()
            return
        webrtc_legs.connect(leg, own, "a")
        self._monitor = monitor = Monitor(self._media, session, own, self._loop.later)
        monitor.wanted = lambda: not self._done

        def opened(good: bool) -> None:
            if not good:
                self.end()
            elif self.mode != "listen":
                self._speak(monitor)

        monitor.open(opened)

    def leg_hung_up(self, leg: Leg, cause: Cause) -> None:
        """See `Listener`."""
        if leg is self._leg:
            self._leg = None
            self.end()
        else:
            super().leg_hung_up(leg, cause)

    def holds_leg(self, leg: Leg) -> bool:
        """See `Listener`."""
        return leg is self._leg or super().holds_leg(leg)

    def _is_wanted(self) -> bool:
        return not self._done

    def _lost(self) -> None:
        self.end()

    def _ended(self) -> None:
        self.end()


class Supervisors:
    """All listeners of one bridge."""

    def __init__(self, controller: CallController, media: Media, loop: Loop) -> None:
        self._controller = controller
        self._media = media
        self._loop = loop
        self._all: dict[CallId, Supervision] = {}

    def begin(self, call: CallId, user: int, mode: Mode, agent: int | None) -> None:
        """Ring a user's phones to let them hear a talk, or change the mode in which they hear it; `agent` is whom they whisper
        to, where both sides are users. Raises CannotListen, NobodyThere."""
        talk = self._controller.executor.calls.get(call)
        if talk is None or talk.over or talk.bridged is None or talk.session is None:
            raise CannotListen(f"call {call} is not talked: only a talk can be listened to")
        here = self._all.get(call)
        side = _side_of(talk, agent)
        if here is not None and here.user == user:
            here.change(mode, side)
            return
        if here is not None:
            raise CannotListen(f"user {here.user} listens to call {call} already")
        if any(one.user == user for one in self._all.values()):
            raise CannotListen(f"user {user} listens to another call: end that first")
        if talk.choice.codec not in codecs.PAYLOADS:
            raise CannotListen(f"call {call} speaks a codec that this bridge passes on and cannot decode")
        if talk.fax is not None:
            raise CannotListen(f"call {call} is a fax")
        if self._media.six:
            raise CannotListen("media of this bridge has addresses of IPv6 alone: listening needs one of IPv4")
        shown = str(agent) if agent is not None else talk.invitation.called
        self._all[call] = Supervision(
            self._controller,
            self._media,
            self._loop,
            self._gone,
            talk=talk,
            user=user,
            shown=shown,
            mode=mode,
            side=side,
        )

    def end(self, call: CallId, user: int | None = None) -> bool:
        """Let whoever listens to a call leave, or that user alone; whether somebody did."""
        here = self._all.get(call)
        if here is None or user not in (None, here.user):
            return False
        here.end()
        return True

    def now(self) -> list[Supervised]:
        """Who listens to what."""
        return [one.told() for one in self._all.values()]

    def end_all(self) -> None:
        """End them: the bridge stops."""
        for one in list(self._all.values()):
            one.end()

    def _gone(self, gone: Supervision) -> None:
        if self._all.get(gone.talk.id) is gone:
            del self._all[gone.talk.id]


def _side_of(talk: LiveCall, agent: int | None) -> Side:
    """On which side the user is who is whispered to: the caller's if the caller is that user, or if nobody else is a user."""
    caller = talk.invitation.user
    if caller is not None and (agent == caller or (talk.bridged is not None and talk.bridged.trunk)):
        return "a"
    return "b"


def _told_address(talk: LiveCall, side: Side) -> Address | None:
    """Where a side's description, or its go-between, says that it is."""
    leg = talk.near_leg() if side == "a" else None if talk.bridged is None else talk.bridged.winner
    if leg is None:
        return None
    if leg.gateway is not None or leg.relay is not None:
        plain: Address | None = leg.relay.plain if leg.gateway is None else leg.gateway.plain
        return plain
    if leg.remote is None or leg.remote.host in webrtc_legs.NOWHERE:
        return None
    return Address(leg.remote.host, leg.remote.port)
