"""What people in a call do with it: hold, resume, blind and attended transfer. An outside request that cannot be done changes
nothing and is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant
from engine.control import recordings
from engine.numbers import phone_numbers
from engine.state.call import Call
from engine.state.element import Exit
from engine.state.leg import Leg

if TYPE_CHECKING:
    from engine.control.call_flow import CallFlow


def hold(engine: CallFlow, at: Instant, call: Call, leg: Leg | None, on: bool) -> None:
    """A party holds the other or takes the call back; a caller put on hold hears music."""
    engine.advance(at)
    if call.over or call.talking is None or call.held == on:
        return
    call.held = on
    if on:
        recordings.held(engine.tenant, call, call.talking)
    if leg is not None:
        if on:
            engine.out.play_music(call, call.flow.head.settings.music)
        else:
            engine.out.stop_music(call)
    if not on:
        recordings.resumed(engine.tenant, call, call.talking)
    if engine.out.wants_notes:
        id = leg.id if leg is not None else None
        engine.out.note(note.CallHeld(call=call.id, leg=id) if on else note.CallResumed(call=call.id, leg=id))


def transfer(engine: CallFlow, at: Instant, call: Call, to: str, leg: Leg | None, replaces: Call | None = None) -> None:
    """The user on `leg` sends the caller to `to`, or joins them with the other party of their own call `replaces`.

    The user's leg ends and wrap-up follows (R-08.11). A request that cannot be carried out changes nothing.
    """
    engine.advance(at)
    why = _refusal(call, to, leg, replaces)
    if why or leg is None:
        engine.out.note(note.CommandIgnored(call=call.id, reason=why))
        return
    if engine.out.wants_notes:
        engine.out.note(note.CallTransferred(call=call.id, to=to, leg=leg.id))
    call.talk_us += at - call.talk_from
    engine.remember(at, call, leg)
    call.talking = None
    if call.held:
        call.held = False
        engine.out.stop_music(call)
    engine.tenant.end_leg(leg, Cause.NORMAL_CLEARING)
    if replaces is not None:
        _take_over(engine, at, call, replaces)
        return
    recordings.stop(engine.tenant, call)
    call.originator = leg.user.number if leg.user is not None else None
    call.users_visited = ()
    way = Exit("transfer", to, "R-19.5")
    way.target = call.flow.find(to)
    engine.follow(at, call, way)


def _refusal(call: Call, to: str, leg: Leg | None, replaces: Call | None) -> str:
    """Why a transfer is not possible; empty when it is."""
    if call.over or leg is None or call.talking is not leg or leg.user is None:
        return "only a user who was called and is in talk can transfer the caller"
    if replaces is not None:
        if replaces.over or replaces.talking is None or replaces.user != leg.user.number or replaces is call:
            return "the call to be replaced is not a call of the same user in talk"
    elif call.flow.find(to) is None and phone_numbers.cleaned(to) is None:
        return f"{to[:40]} is neither an internal number, an alias nor an outside number"
    return ""


def _take_over(engine: CallFlow, at: Instant, call: Call, other: Call) -> None:
    """Attended transfer (RFC 3891): the far end of `other` becomes the far end of `call`."""
    leg = other.talking
    assert leg is not None
    recordings.forget_announcement(engine.tenant, call)
    other.talk_us += at - other.talk_from
    other.talking = None
    other.drop_leg(leg)
    engine.end(at, other, Cause.NORMAL_CLEARING, Party.MEMBER, "R-19.5", False)
    leg.first_id = leg.id
    leg.call = call
    leg.visit = call.visit
    call.add_leg(leg)
    engine.tenant.moved_legs[leg.first_id] = leg
    call.talking = leg
    call.talk_from = at
    engine.out.bridge(call, leg)
    if call.element is not None:
        engine.out.call_answered(call, call.element, leg, 0, "R-19.5")
    recordings.follow(engine.tenant, call, leg, call.element)
