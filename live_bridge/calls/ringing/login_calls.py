"""Calls from 000 by which a user signs in: the user's own devices ring, and what is pressed there is read (R-23.5, R-23.11).

Decides that only registered devices ring, never a page that somebody else made the user's telephone, and that a call ends with
its first code. Nothing of the flow is asked: no forwarding, follow-me, voicemail, group or outgoing rule. Leaves what a right
code in time is to `engine/account/sip_login.py`, who may try to `service/sip_logins.py`. All of it runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.account import sip_login
from engine.account.sip_login import Outcome, Reader
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.media_player import BEEP
from live_bridge.calls.ringing.device_ringing import DeviceRinging, NobodyThere
from live_bridge.media.session import Media, Side
from live_bridge.sip.dialog import sdp

if TYPE_CHECKING:
    from engine.contract.causes import Cause
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop, Timer

log = logging.getLogger(__name__)

Done = Callable[[Outcome], None]
"""Told once, in the loop's thread: be quick, hand over."""


class LoginCall(DeviceRinging):
    """One such call."""

    def __init__(
        self, controller: CallController, media: Media, loop: Loop, *, user: int, code: str, done: Done
    ) -> None:
        self._code = code
        self._done: Done | None = done
        self._loop = loop
        self._reader: Reader | None = None
        self._leg: Leg | None = None
        self._deadline: Timer | None = None
        contacts = [one for one in controller.endpoint.contacts(user) if not one.page]
        super().__init__(
            controller, media, loop, user=user, name="", calls=sip_login.CALLER, call=controller.new_id(),
            contacts=contacts,
        )  # fmt: skip

    def _picked_up(self, leg: Leg, choice: sdp.Choice) -> None:
        session, clock = self._call.session, self._controller.clock
        assert session is not None
        self._leg = leg
        answered_at = clock.now()
        self._reader = Reader(self._code, answered_at)
        webrtc_legs.connect(leg, session, "a")
        beep = self._media.sounds.get(BEEP)
        if beep is not None:
            session.play("a", beep)
        left_us = sip_login.left_us(answered_at, answered_at)
        self._deadline = clock.later(self._loop, left_us, lambda: self._decide("late"))

    def _pressed(self, side: Side, digit: str) -> None:
        if self._reader is not None and side == "a":
            decided = self._reader.press(digit, self._controller.clock.now())
            if decided is not None:
                self._decide(decided)

    def leg_pressed(self, leg: Leg, digit: str) -> None:
        """See `Listener`: a key by SIP INFO."""
        if leg is self._leg:
            self._pressed("a", digit)

    def leg_hung_up(self, leg: Leg, cause: Cause) -> None:
        """See `Listener`."""
        if leg is self._leg:
            self._leg = None
            self._decide("late")
        else:
            super().leg_hung_up(leg, cause)

    def holds_leg(self, leg: Leg) -> bool:
        """See `Listener`."""
        return leg is self._leg or super().holds_leg(leg)

    def _is_wanted(self) -> bool:
        return self._done is not None

    def _lost(self) -> None:
        self._decide("late" if self._reader is not None else "unanswered")

    def _ended(self) -> None:
        self._decide("unanswered")

    def _decide(self, outcome: Outcome) -> None:
        """It is over: once."""
        done, self._done = self._done, None
        if done is None:
            return
        self._reader = None
        if self._deadline is not None:
            self._deadline.cancel()
        leg, self._leg = self._leg, None
        if leg is not None:
            leg.hang_up()
        if not self._over:
            self.cancel()
        self._close()
        done(outcome)

    def end(self) -> None:
        """End it: the bridge stops."""
        self._decide("unanswered")


class LoginCalls:
    """All of one bridge."""

    def __init__(self, controller: CallController, media: Media, loop: Loop) -> None:
        self._controller = controller
        self._media = media
        self._loop = loop
        self._calls: set[LoginCall] = set()

    def ring(self, user: int, code: str, done: Done) -> None:
        """Ring a user's devices from 000; `done` is told what came of it."""

        def over(outcome: Outcome) -> None:
            self._calls.discard(made)
            done(outcome)

        try:
            made = LoginCall(self._controller, self._media, self._loop, user=user, code=code, done=over)
        except NobodyThere as refusal:
            log.info("a SIP login of user %s rings nobody: %s", user, refusal)
            done("unanswered")
            return
        self._calls.add(made)

    def end_all(self) -> None:
        """End them: the bridge stops."""
        for one in list(self._calls):
            one.end()
