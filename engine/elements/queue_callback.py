"""Callback in a queue (R-08.19): the caller hangs up and keeps the place; a member is found first, then the caller is called.

Because each callback that is dialled has a member who has picked up for it, there are never more of them than members; and
because the visit keeps its entry and priority, callbacks neither gain nor lose against those who wait on the line. Part of
`queue.py`, apart from it because it is a story of its own.
"""

from __future__ import annotations

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant
from engine.document.models import HANGUP
from engine.numbers import phone_numbers
from engine.state import queue_state as qs
from engine.state.actions import Actions
from engine.state.call import Call
from engine.state.element import Element, Ending, Step
from engine.state.leg import ANSWERED, RINGING, Leg
from engine.state.queue_state import QueueVisit


def asked(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions, digit: str) -> None:
    """The caller presses the key: note it, end their leg, keep the place. An anonymous caller cannot be called back."""
    if call.released or not phone_numbers.last_digits(call.caller):
        return
    actions.key_pressed(call, queue, digit)
    actions.note(note.CallbackAsked(call=call.id, queue=queue.number))
    visit.limit_born = 0
    actions.cancel_timer(visit.announce_timer)
    if visit.announcing:
        actions.stop_play(call, visit.announcing)
        visit.announcing = 0
    actions.release_caller(call)


def answered(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions, leg: Leg) -> Step:
    """Somebody picked up: the member first, then the caller who is called back."""
    if leg is call.customer:
        member = visit.member
        assert member is not None
        actions.cancel_timer(visit.timer)
        visit.state = qs.TALKING
        actions.connect(at, call, member, queue, at - visit.entered_at, "R-08.19")
        return None
    actions.member_answered(at, visit, leg)
    visit.state = qs.CALLING_BACK
    visit.member = leg
    made = actions.ring_outside(at, call, call.caller, limits.CALLBACK_RING_US, visit, None)
    if isinstance(made, tuple):
        return _not_reached(queue, at, call, visit, actions, made[0])
    visit.timer = actions.wake(at + limits.CALLBACK_RING_US, call, visit, "callback")
    return None


def failed(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions, cause: Cause) -> Step:
    """The caller did not take the callback."""
    return _not_reached(queue, at, call, visit, actions, cause)


def timer_fired(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions) -> Step:
    """The callback rang long enough, or the wait before the next try is over."""
    if visit.state == qs.CALLING_BACK:
        return _not_reached(queue, at, call, visit, actions, Cause.NO_ANSWER)
    if visit.state == qs.BETWEEN_TRIES:
        _wait_again(at, visit, actions)
    return None


def ended(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions, leg: Leg) -> Step:
    """One of the two legs is over: the caller's ends the call; a member who leaves while the caller rings gives it back."""
    if leg is call.customer:
        return Ending(Cause.NORMAL_CLEARING, "R-08.19", Party.CALLER)
    if leg is visit.member and visit.state == qs.CALLING_BACK:
        _stop_ringing(call, actions)
        actions.cancel_timer(visit.timer)
        _wait_again(at, visit, actions)
    return None


def dropped(at: Instant, call: Call, visit: QueueVisit, actions: Actions) -> None:
    """The call ends while the caller is being called back, or between two tries."""
    actions.cancel_timer(visit.timer)
    _stop_ringing(call, actions)
    visit.queue.let_out(visit)
    visit.state = qs.GONE


def _not_reached(queue: Element, at: Instant, call: Call, visit: QueueVisit, actions: Actions, cause: Cause) -> Step:
    """Let the member go, and try again later or give up after the last try."""
    actions.cancel_timer(visit.timer)
    _stop_ringing(call, actions)
    member = visit.member
    visit.member = None
    if member is not None and member.state == ANSWERED:
        actions.end_leg(member, Cause.NORMAL_CLEARING)
    visit.tries += 1
    if visit.tries < limits.CALLBACK_TRIES:
        visit.state = qs.BETWEEN_TRIES
        visit.timer = actions.wake(at + limits.CALLBACK_GAP_US, call, visit, "callback")
        return None
    actions.call_left_queue(call, queue.number, "callback_done", at - visit.entered_at, "R-08.19")
    exit_ = queue.exits["callback_done"]
    if exit_.to != HANGUP:
        return exit_
    if actions.wants_moves():
        actions.element_left(call, queue, exit_)
    return Ending(cause, "R-08.19", Party.NETWORK)


def _stop_ringing(call: Call, actions: Actions) -> None:
    customer = call.customer
    if customer is not None and customer.state == RINGING:
        call.customer = None
        actions.cancel_leg(customer, "timeout")


def _wait_again(at: Instant, visit: QueueVisit, actions: Actions) -> None:
    visit.member = None
    visit.queue.take_in(visit)
    actions.requeue(at, visit)
