"""The one codec the two sides of a call speak, and how they come to one when they do not.

rtp.io passes RTP on as it is, so a codec may only go to a side that offered it. Decides that each leg is offered one codec at a
time: the caller's first, then what else the caller can; that a caller who was answered in another one is asked by re-INVITE to
change over; and that who cannot is refused with 488. A re-INVITE that changes the codec is answered when the other side has
changed over too. Codecs in which nothing of ours exists (Opus, G.729) pass only from end to end: they are offered to whoever
is called first by a caller who has heard nothing yet, and left for G.711 by both when something is to be heard or recorded.
Leaves legs to `outbound_legs.py`, descriptions to `sip/dialog/sdp.py`. Sources: RFC 3264 sections 6 and 8, RFC 3261 section
14. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from engine.contract.causes import Cause
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall, OutboundLeg, codec_of
from live_bridge.media.session import SIDES, Side
from live_bridge.sip.dialog import sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Loop

log = logging.getLogger(__name__)

NO_CODEC: Final = frozenset((415, 488, 606))
"""Statuses of a phone that does not speak what it was offered."""

TRIES: Final = 20
FREE_S: Final = 0.05
"""How often, and after how long, it is looked whether a party's own offer has its answer."""

Done = Callable[[bool], None]


class Describe(Protocol):
    """Our session description for one side of a call."""

    def __call__(
        self,
        call: LiveCall,
        side: Side,
        leg: Leg | None = None,
        direction: sdp.Direction = "sendrecv",
        choice: sdp.Choice | None = None,
    ) -> str: ...


class CodecNegotiator:
    """Codecs of all calls. `describe` gives our session description for a side, `connect_far_side` joins a leg that has come to
    the call's codec, `end_leg` ends one that cannot, `begin_again` starts sounds again in the codec the call has now,
    `callers_codecs` says what the caller's phone or carrier is set up for, `loop` does things later."""

    def __init__(
        self,
        describe: Describe,
        connect_far_side: Callable[[LiveCall, OutboundLeg], None],
        end_leg: Callable[[OutboundLeg, Cause], None],
        begin_again: Callable[[LiveCall], None],
        callers_codecs: Callable[[LiveCall], Sequence[int]],
        loop: Loop,
    ) -> None:
        self._describe = describe
        self._connect_far_side = connect_far_side
        self._end_leg = end_leg
        self._begin_again = begin_again
        self._callers_codecs = callers_codecs
        self._loop = loop

    # --- before the answer --------------------------------------------------------------------------------------------

    def others(self, call: LiveCall) -> tuple[int, ...]:
        """What the caller's side can speak beside the call's codec, best first."""
        if call.early is not None or call.leg.gateway is not None:
            return ()
        if call.released:
            waits = any(leg.side == "a" and leg.state == "answered" for leg in call.legs.values())
            known: Sequence[int] = () if waits else sdp.PREFERRED
        else:
            known = call.leg.remote.payloads if call.leg.remote is not None else ()
        return tuple(codec for codec in sdp.PREFERRED if codec in known and codec != call.choice.codec)

    def another(self, placed: OutboundLeg, tried: Sequence[int]) -> sdp.Choice | None:
        """What to offer a phone that does not speak any of `tried`; None when there is nothing left."""
        call = placed.call
        left = (codec for codec in (call.choice.codec, *self.others(call)) if codec not in (*sdp.PASSED, *tried))
        return next((sdp.Choice(codec=codec, telephone_event=call.choice.telephone_event) for codec in left), None)

    def first_offer(self, call: LiveCall, wanted: Sequence[int]) -> sdp.Choice | None:
        """What a carrier or a phone that wants these codecs is offered first: the best of them that the caller's side can speak.
        None for the call's own, also where the two have none in common: whoever is called may know better."""
        ours = (call.choice.codec, *self.others(call))
        if call.choice.passes:  # whoever comes next to a talk that has been: the caller changes over when they answer
            ours = self.others(call) or sdp.PREFERRED
        codec = next((codec for codec in wanted if codec in (*ours, *self._passing(call))), ours[0])
        if codec == call.choice.codec:
            return None
        if codec in sdp.PASSED and call.leg.remote is not None:
            return sdp.passing(call.leg.remote, codec, call.choice.telephone_event)
        return sdp.Choice(codec=codec, telephone_event=call.choice.telephone_event)

    def _passing(self, call: LiveCall) -> tuple[int, ...]:
        """Codecs that may pass from end to end: the caller offers them, is set up for them, and has heard nothing of ours yet."""
        remote = call.leg.remote
        if remote is None or call.answered or call.early is not None or call.released or call.leg.gateway is not None:
            return ()
        allowed = self._callers_codecs(call)
        return tuple(codec for codec in sdp.PASSED if codec in remote.payloads and codec in allowed)

    def agreed(self, call: LiveCall, leg: Leg) -> sdp.Choice | None:
        """The codec that the answer of `leg` and the caller have in common; None when there is none."""
        if leg.remote is None:
            return None
        offered = leg.choice or call.choice
        if offered.passes and sdp.speaks(leg.remote, offered):
            said = dict(leg.remote.parameters).get(offered.codec, "")
            return msgspec.structs.replace(offered, parameters=said)
        for codec in (offered.codec, call.choice.codec, *self.others(call)):
            if codec in leg.remote.payloads and codec not in sdp.PASSED:
                return sdp.Choice(codec=codec, telephone_event=call.choice.telephone_event)
        return None

    # --- changing over ------------------------------------------------------------------------------------------------

    def switch_caller(self, call: LiveCall, choice: sdp.Choice, done: Done) -> None:
        """Let the caller's side speak `choice`: at once before the answer, by re-INVITE after it. `done(False)`: it will not."""
        if call.over or call.early is not None:
            done(False)
        elif call.released or not call.answered:
            self._take(call, choice)
            done(True)
        else:

            def changed(good: bool) -> None:
                if good:
                    self._take(call, choice)
                done(good)

            self._offer(call, call.leg, "a", choice, changed)

    def reinvited(self, call: LiveCall, leg: Leg, side: Side, answered: Callable[[], None]) -> str | sdp.Later | None:
        """The re-INVITE of a side that wants another codec than the call's. The answer; None refuses it. `answered` is called
        when it is taken."""
        remote = leg.remote
        if remote is None or remote.peer is not None or leg.gateway is not None:
            return None
        codec = next((codec for codec in sdp.PREFERRED if codec in remote.payloads), None)
        if codec is None:
            return None
        choice = sdp.Choice(codec=codec, telephone_event=remote.telephone_event or call.choice.telephone_event)
        other_side: Side = "b" if side == "a" else "a"
        other = self._far_from(call, side)

        def take() -> str:
            self._take(call, choice)
            answered()
            return self._describe(call, side, leg, sdp.reverse(remote.direction))

        if other is None:
            return take()
        asked = leg.asked
        if other.gateway is not None or asked is None:  # an UPDATE has to be answered at once (RFC 3311 section 5.2)
            return None

        def changed(good: bool) -> None:
            if leg.asked is not asked:  # taken back meanwhile: who changed over comes back to what the call speaks
                if good and not call.over and other.remote is not None:
                    self._offer(call, other, other_side, call.choice, lambda _: None)
                return
            if not good or call.over:
                log.info("call %s: the other side does not speak codec %s", call.id, codec)
                leg.answer_offer(None)
                return
            leg.answer_offer(take())

        self._offer(call, other, other_side, choice, changed)
        return sdp.LATER

    def join_talk(self, call: LiveCall, placed: OutboundLeg) -> None:
        """A leg that spoke another codec in its call of before comes to the far side of this one: it changes over, or else the
        caller does, or else the leg ends. Nobody hears the other before."""
        leg = placed.winner
        assert leg is not None
        spoke = sdp.Choice(codec=placed.codec, telephone_event=call.choice.telephone_event)
        call.side_b = placed

        def joined(good: bool) -> None:
            if good and placed.call is call and placed.state == "answered":
                placed.codec = call.choice.codec
                self._connect_far_side(call, placed)
            elif placed.state == "answered":
                log.info("call %s: both sides have no codec in common", call.id)
                self._end_leg(placed, Cause.REQUESTED_CHAN_UNAVAIL)

        def brought(good: bool) -> None:
            if good:
                self._offer(call, leg, "b", spoke, joined)
            else:
                joined(False)

        def asked(good: bool) -> None:
            if good:
                joined(True)
            elif spoke.codec in self.others(call) and not call.over:
                self.switch_caller(call, spoke, brought)
            else:
                joined(False)

        self._offer(call, leg, "b", call.choice, asked)

    # --- back from a codec that passes ---------------------------------------------------------------------------------

    def with_sound(self, call: LiveCall, act: Callable[[], None]) -> None:
        """Do what needs a codec of ours: at once, or when both parties have come back to one from a codec that passes. Should one
        of them refuse, it is done all the same, and fails as what cannot be heard or recorded does. Order is kept."""
        if call.waiting is not None and not call.over:
            call.waiting.append(act)
            return
        if not call.choice.passes or call.over:
            act()
            return
        call.waiting = [act]
        self._come_back(call)

    def flush(self, call: LiveCall) -> None:
        """Do what waits."""
        waiting, call.waiting = call.waiting, None
        for act in waiting or ():
            act()

    def _come_back(self, call: LiveCall) -> None:
        """Ask both parties by re-INVITE to change over to G.711, the far one first: it has not only just been answered."""
        before, near = call.choice, call.near_leg()
        far = None if call.side_b is None else call.side_b.winner
        known: Sequence[int] = () if near is None or near.remote is None else near.remote.payloads
        codec = next((codec for codec in sdp.PREFERRED if codec in known), sdp.PREFERRED[0])
        choice = sdp.Choice(codec=codec, telephone_event=before.telephone_event)

        def far_asked(good: bool) -> None:
            if not good or near is None or not call.answered:
                finish(good)
            else:
                self._offer_when_free(call, near, "a", choice, near_asked)

        def near_asked(good: bool) -> None:
            if not good and far is not None and not call.over:
                self._offer(call, far, "b", before, lambda _: None)
            finish(good)

        def finish(good: bool) -> None:
            if good and not call.over:
                self._take(call, choice)
            elif not call.over:
                log.warning(
                    "call %s: a party does not change over from %s to G.711: nothing of ours is heard or recorded in it",
                    call.id, sdp.NAMES[before.codec].split("/")[0],
                )  # fmt: skip
            self.flush(call)

        if far is None:
            far_asked(True)
        else:
            self._offer_when_free(call, far, "b", choice, far_asked)

    def _offer_when_free(
        self, call: LiveCall, leg: Leg, side: Side, choice: sdp.Choice, done: Done, left: int = TRIES
    ) -> None:
        """Offer as soon as an offer of the party's own, which is being taken in just now, has its answer."""
        if leg.asked is not None and left > 0:
            self._loop.later(FREE_S, lambda: self._offer_when_free(call, leg, side, choice, done, left - 1))
        else:
            self._offer(call, leg, side, choice, done)

    # --- offers of ours under way -------------------------------------------------------------------------------------

    def answered(self, leg: Leg, good: bool) -> bool:
        """The answer to an offer of ours, or its refusal, or the end of the leg. Whether it was one made here."""
        done, leg.pending = leg.pending, None
        if done is None:
            return False
        done(good)
        return True

    def _offer(self, call: LiveCall, leg: Leg, side: Side, choice: sdp.Choice, done: Done) -> None:
        if leg.state != "up" or leg.pending is not None:
            done(False)
            return

        def told(good: bool) -> None:
            done(good and leg.remote is not None and sdp.speaks(leg.remote, choice))

        leg.pending = told
        leg.offer(self._describe(call, side, leg, choice=choice))

    def _take(self, call: LiveCall, choice: sdp.Choice) -> None:
        """From now on the call's codec is this one. rtp.io hears it with both sides' addresses, and before it plays anything."""
        before, call.choice = call.choice, choice
        if call.session is None:
            return
        call.session.codec = codec_of(choice)
        for placed in call.legs.values():
            if placed is call.side_b and (
                placed is call.bridged or not call.released
            ):  # else it is asked when it is joined
                placed.codec = choice.codec
        for side in SIDES:
            leg = self._far_from(call, "b" if side == "a" else "a")
            if leg is None:
                call.session.connect(side, None)
            elif leg.remote is not None and leg.remote.host not in webrtc_legs.NOWHERE:
                webrtc_legs.connect(leg, call.session, side)
        if before.codec != choice.codec:
            self._begin_again(call)

    def _far_from(self, call: LiveCall, side: Side) -> Leg | None:
        """The leg on the other side, if somebody is there."""
        if side == "a":
            placed = call.bridged or call.side_b
            return None if placed is None else placed.winner
        return call.near_leg()
