"""What people in a call do with it: hold, resume, blind and attended transfer, and taking another party's place. A request from
outside that cannot be done changes nothing and is noted.

A user may send the other party on whether they were called or placed the call. Who placed it and leaves is stood for by the other
party, the deputy: from then on that is the caller, to flow and world alike. An attended transfer joins the two others of the
user's two calls, and there are four of them (RFC 5589 section 7):

    the user was called in    and placed            who is joined
    one                       the other             the caller of the one, and the far end of the other
    neither                   both                  both far ends; one of them becomes its call's deputy
    both                      neither               both callers; one of them becomes a leg of the other's call

Leaves media and SIP to the worlds.
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
from engine.state.leg import ANSWERED, RINGING, Leg

if TYPE_CHECKING:
    from engine.control.call_flow import CallFlow

RULE = "R-19.5"


# --- hold ------------------------------------------------------------------------------------------------------------


def hold(engine: CallFlow, at: Instant, call: Call, leg: Leg | None, on: bool) -> None:
    """A party holds the other or takes the call back; who is held hears music, whoever holds."""
    engine.advance(at)
    talking = call.talking
    by_caller = leg is None or leg is call.deputy
    if call.over or talking is None or (call.holds if by_caller else call.held) == on:
        return
    before = call.held or call.holds
    music = call.flow.head.settings.music
    if on and not before:
        recordings.held(engine.tenant, call, talking)
    if by_caller:
        call.holds = on
        if on:
            engine.out.play_music_to(talking, music)
        else:
            engine.out.stop_music_to(talking)
    else:
        call.held = on
        if on:
            engine.out.play_music(call, music)
        else:
            engine.out.stop_music(call)
    if before and not (call.held or call.holds):
        recordings.resumed(engine.tenant, call, talking)
    if engine.out.wants_notes:
        id = leg.id if leg is not None else None
        engine.out.note(note.CallHeld(call=call.id, leg=id) if on else note.CallResumed(call=call.id, leg=id))


# --- transfer --------------------------------------------------------------------------------------------------------


def transfer(engine: CallFlow, at: Instant, call: Call, to: str, leg: Leg | None) -> None:
    """The user on `leg`, None for the caller, sends the other party to `to` and leaves; wrap-up follows (R-08.11)."""
    engine.advance(at)
    user = _transferor(engine, call, leg)
    slot = call.flow.codes.slot(to)
    why = "only a user who is in talk can transfer the other party" if user is None else _unknown(call, to)
    if slot in engine.parking.slots:
        why = f"another call is parked in slot {slot}"
    if user is None or why:
        engine.out.note(note.CommandIgnored(call=call.id, reason=why))
        return
    if engine.out.wants_notes:
        engine.out.note(note.CallTransferred(call=call.id, to=to, leg=leg.id if leg is not None else None))
    _leave(engine, at, call, leg)
    recordings.stop(engine.tenant, call)
    call.originator = user
    call.users_visited = ()
    exit_ = Exit("transfer", to, RULE)
    if slot:
        call.dial, exit_.target = slot, engine.parking
    else:
        exit_.target = call.flow.find(to)
    engine.follow(at, call, exit_)


def join(
    engine: CallFlow, at: Instant, call: Call, to: str, leg: Leg | None, other: Call, other_leg: Leg | None
) -> None:
    """Attended transfer: the user on `leg` of `call` and on `other_leg` of `other` leaves both, and the two others are joined."""
    engine.advance(at)
    user = _transferor(engine, call, leg)
    why = "only a user who is in talk can join the other party with somebody"
    if user is not None:
        same = call is not other and _transferor(engine, other, other_leg) == user
        why = "" if same else "the call to be replaced is not another call of the same user in talk"
    if why:
        engine.out.note(note.CommandIgnored(call=call.id, reason=why))
        return
    if engine.out.wants_notes:
        engine.out.note(note.CallTransferred(call=call.id, to=to, leg=leg.id if leg is not None else None))
    if _is_caller(call, leg) and not _is_caller(other, other_leg):
        call, leg, other, other_leg = other, other_leg, call, leg
    recordings.forget_announcement(engine.tenant, call)
    far = other.talking if _is_caller(other, other_leg) else None
    _leave(engine, at, call, leg)
    if far is not None:
        _take_over(engine, at, call, other, far)
    else:
        _adopt(engine, at, call, other)


def replace(engine: CallFlow, at: Instant, call: Call, other: Call, leg: Leg | None) -> None:
    """The caller of `call` takes the place of `leg` in `other`, None for its caller, who is hung up (RFC 3891)."""
    gone = other.over or other is call or (leg is not None and leg.call is not other)
    by_caller = _is_caller(other, leg)
    ringing = leg is not None and not gone and leg.state == RINGING
    if gone or not (ringing or (other.talking is not None and (by_caller or other.talking is leg))):
        engine.end(at, call, Cause.NO_USER_RESPONSE, Party.US, "", False)
        return
    recordings.forget_announcement(engine.tenant, other)
    if ringing:
        _take_ringing(engine, at, call, other)
    elif by_caller:
        far = other.talking
        assert far is not None
        _quiet(engine, other)
        engine.tenant.answer(at, call)
        _take_over(engine, at, call, other, far)
    else:
        _leave(engine, at, other, leg)
        _adopt(engine, at, other, call)


def take(engine: CallFlow, at: Instant, call: Call, other: Call) -> None:
    """The caller of `call` talks with the caller of `other`, which rings or is parked (R-15.11)."""
    _take_ringing(engine, at, call, other)


# --- their parts -----------------------------------------------------------------------------------------------------


def _take_ringing(engine: CallFlow, at: Instant, call: Call, other: Call) -> None:
    if other.visit is not None and other.element is not None:
        other.element.left(at, other, engine.tenant)
        other.visit = None
    engine.tenant.answer(at, other)
    _adopt(engine, at, other, call)


def _is_caller(call: Call, leg: Leg | None) -> bool:
    return leg is None or leg is call.deputy


def _transferor(engine: CallFlow, call: Call, leg: Leg | None) -> int | None:
    """Internal number of the user who is on `leg` of a call in talk; None when that is no user, or nobody talks."""
    if call.over or call.talking is None:
        return None
    if leg is None:
        return call.user if call.deputy is None and not call.released else None
    if leg is not call.deputy and leg is not call.talking:
        return None
    return leg.user.number if leg.user is not None else None


def _unknown(call: Call, to: str) -> str:
    if call.flow.find(to) is None and phone_numbers.cleaned(to) is None:
        return f"{to[:40]} is neither an internal number, an alias nor an outside number"
    return ""


def _quiet(engine: CallFlow, call: Call) -> None:
    """Nobody in the call holds anybody any more."""
    if call.held:
        call.held = False
        engine.out.stop_music(call)
    if call.holds:
        call.holds = False
        if call.talking is not None:
            engine.out.stop_music_to(call.talking)


def _leave(engine: CallFlow, at: Instant, call: Call, leg: Leg | None) -> None:
    """One of the two in talk leaves the call; if it is the caller, or who stands for them, the other one stands for them now."""
    staying = call.talking
    assert staying is not None
    call.talk_us += at - call.talk_from
    engine.remember(at, call, staying)
    _quiet(engine, call)
    call.talking = None
    if not _is_caller(call, leg):
        assert leg is not None
        engine.tenant.end_leg(leg, Cause.NORMAL_CLEARING)
        return
    before, call.deputy = call.deputy, staying
    staying.visit = None
    call.caller = str(staying.user.number) if staying.user is not None else staying.number or ""
    call.caller_name = ""
    engine.out.replace_caller(call, staying)
    if before is not None:
        engine.tenant.end_leg(before, Cause.NORMAL_CLEARING)
    elif call.user is not None:
        user, call.user = call.user, None
        engine.tenant.dispatcher.hangs_up(at, engine.tenant.users[user])


def _take_over(engine: CallFlow, at: Instant, call: Call, other: Call, leg: Leg) -> None:
    """`leg`, the far end of `other`, becomes the far end of `call`; `other` ends."""
    other.talk_us += at - other.talk_from
    _quiet(engine, other)
    other.talking = None
    other.drop_leg(leg)
    engine.end(at, other, Cause.NORMAL_CLEARING, Party.MEMBER, RULE, False)
    leg.first_id = leg.id
    leg.call = call
    call.add_leg(leg)
    engine.tenant.moved_legs[leg.first_id] = leg
    _joined(engine, at, call, leg)


def _adopt(engine: CallFlow, at: Instant, call: Call, other: Call) -> None:
    """The caller of `other` becomes the far end of `call`; `other` ends."""
    tenant = engine.tenant
    leg = other.deputy
    if leg is not None:
        other.deputy = None
        other.talking, talking = leg, other.talking
        if talking is not None and talking.state == ANSWERED:
            tenant.end_leg(talking, Cause.NORMAL_CLEARING)
        _take_over(engine, at, call, other, leg)
        return
    user = tenant.users[other.user] if other.user is not None else None
    call.legs += 1
    leg = Leg(call, call.legs, user, 0, at, None)
    leg.number = None if user is not None else other.caller
    leg.state = ANSWERED
    leg.answered_at = at
    if other.line is not None:
        leg.trunk = other.trunk
        other.line.in_use += 1  # the line stays taken: it is given back with the leg
    call.add_leg(leg)
    engine.out.leg_started(leg)
    if user is not None:
        tenant.dispatcher.rings(user, leg)
        tenant.dispatcher.picks_up(user)
    if not other.answered:
        other.answered = True
        other.answered_at = at
    _quiet(engine, other)
    engine.out.adopt_caller(call, leg, other)
    engine.end(at, other, Cause.NORMAL_CLEARING, Party.MEMBER, RULE, False)
    _joined(engine, at, call, leg)


def _joined(engine: CallFlow, at: Instant, call: Call, leg: Leg) -> None:
    leg.visit = call.visit
    call.talking = leg
    call.talk_from = at
    engine.out.bridge(call, leg)
    if call.element is not None:
        engine.out.call_answered(call, call.element, leg, 0, RULE)
    recordings.follow(engine.tenant, call, leg, call.element)
