"""Events, with their ids, to the engine's methods, which take objects. One row per event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from engine.contract.errors import DriverError, SecondEnding, UnknownLeg
from engine.contract.ids import Instant
from engine.control import transfers
from engine.numbers.digits import is_digits
from engine.state.call import Call, Visitor

if TYPE_CHECKING:
    from engine.control.call_flow import CallFlow


def _part(id: str) -> tuple[str, int]:
    """Call and count of an id such as `c7.p2`."""
    call, _, n = id.rpartition(".")
    if not call or not is_digits(n[1:]):
        raise UnknownLeg(f"the driver used the id {id}, which the engine never gave out")
    return call, int(n[1:])


def _call_arrived(engine: CallFlow, at: Instant, e: ev.CallArrived) -> None:
    if e.call in engine.tenant.calls:
        raise SecondEnding(f"the driver used call id {e.call} twice; an id is used once")
    call = Call(e.call, e.called, e.caller, e.trunk, e.user, e.origin, e.draw_seed, e.caller_name)
    if e.widget:
        call.visitor = Visitor(e.widget, e.page)
    if e.replaces is not None:
        call.replaces = engine.call_of(e.replaces)
        call.replaces_leg = engine.leg_of(e.replaces_leg) if e.replaces_leg else None
    engine.arrive(at, call)
    if call.replaces is not None and not call.over:
        transfers.replace(engine, at, call, call.replaces, call.replaces_leg)


def _digit(engine: CallFlow, at: Instant, e: ev.DigitPressed) -> None:
    engine.key(at, engine.call_of(e.call), e.digit, engine.leg_of(e.leg) if e.leg else None)


def _prompt_ended(engine: CallFlow, at: Instant, e: ev.PromptEnded) -> None:
    call, n = _part(e.play)
    engine.prompt_ended(at, engine.call_of(call), n, e.reason)


def _recording_ended(engine: CallFlow, at: Instant, e: ev.RecordingEnded) -> None:
    call, n = _part(e.recording)
    engine.recording_ended(at, engine.call_of(call), n, e.length_us, e.reason)


def _web_answered(engine: CallFlow, at: Instant, e: ev.WebServerAnswered) -> None:
    call, n = _part(e.request)
    engine.web_server_answered(at, engine.call_of(call), n, e.status, e.body, e.latency_us)


def _web_failed(engine: CallFlow, at: Instant, e: ev.WebServerFailed) -> None:
    call, n = _part(e.request)
    engine.web_server_failed(at, engine.call_of(call), n, e.reason, e.latency_us)


def _message(engine: CallFlow, at: Instant, e: ev.MessageSent | ev.MessageFailed) -> None:
    failure = e.reason or "unknown" if isinstance(e, ev.MessageFailed) else ""
    engine.message_over(at, engine.call_of(_part(e.message)[0]), e.message, failure)


def _transfer(engine: CallFlow, at: Instant, e: ev.TransferRequested) -> None:
    leg = engine.leg_of(e.leg) if e.leg else None
    call = engine.call_of(e.call)
    if e.replaces:
        other_leg = engine.leg_of(e.replaces_leg) if e.replaces_leg else None
        transfers.join(engine, at, call, e.to, leg, engine.call_of(e.replaces), other_leg)
    else:
        transfers.transfer(engine, at, call, e.to, leg)


def _hold(engine: CallFlow, at: Instant, e: ev.PartyHeld | ev.PartyResumed) -> None:
    leg = engine.leg_of(e.leg) if e.leg else None
    transfers.hold(engine, at, engine.call_of(e.call), leg, isinstance(e, ev.PartyHeld))


def _leg_failed(engine: CallFlow, at: Instant, e: ev.LegFailed) -> None:
    leg = engine.leg_of(e.leg)
    if e.contacts:
        leg.contacts = e.contacts[: limits.PHONE_FORWARDING_CONTACTS]
    engine.leg_failed(at, leg, e.cause)


def _erase(engine: CallFlow, at: Instant, e: ev.NumberErased) -> None:
    engine.advance(at)
    talks = engine.tenant.talks
    if e.user is not None and e.talked_at is not None:
        known = talks.erase_talk(e.user, e.talked_at)
    else:
        known = bool(e.number) and talks.erase(e.number)
    engine.out.note(note.NumberForgotten(known=known, by=e.by))


def _override(engine: CallFlow, at: Instant, e: ev.OverrideSet) -> None:
    engine.advance(at)
    if e.mode == "auto":
        engine.tenant.overrides.pop(e.element, None)
    else:
        engine.tenant.overrides[e.element] = (e.mode, e.until)
    engine.out.note(note.OverrideChanged(element=e.element, mode=e.mode, until=e.until, by=e.by))


def _origination(engine: CallFlow, at: Instant, e: ev.OriginationBegan | ev.OriginationEnded) -> None:
    user = engine.user_of(e.user)
    if isinstance(e, ev.OriginationBegan):
        engine.advance(at)
        engine.tenant.dispatcher.dials(user)
    elif user.own_calls == 0:
        raise DriverError(f"the driver ended a call asked for by user {e.user}, who has none")
    else:
        engine.advance(at)
        engine.tenant.dispatcher.hangs_up(at, user)


def _mailbox_opened(engine: CallFlow, at: Instant, e: ev.MailboxOpened) -> None:
    call, n = _part(e.request)
    engine.mailbox_opened(at, engine.call_of(call), n, e.messages)


def _mailbox_refused(engine: CallFlow, at: Instant, e: ev.MailboxRefused) -> None:
    call, n = _part(e.request)
    engine.mailbox_refused(at, engine.call_of(call), n, e.reason)


def _mailbox_counted(engine: CallFlow, at: Instant, e: ev.MailboxCounted) -> None:
    engine.advance(at)
    engine.tenant.boxes[e.box] = e.messages


HANDLERS: dict[type[ev.Event], Callable[[CallFlow, Instant, Any], None]] = {
    ev.Advance: lambda engine, at, e: engine.advance(at),
    ev.CallArrived: _call_arrived,
    ev.CallerHungUp: lambda engine, at, e: engine.caller_hung_up(at, engine.call_of(e.call), e.cause),
    ev.HangupRequested: lambda engine, at, e: engine.hang_up(at, engine.call_of(e.call)),
    ev.DigitPressed: _digit,
    ev.LegRinging: lambda engine, at, e: engine.leg_ringing(at, engine.leg_of(e.leg)),
    ev.LegAnswered: lambda engine, at, e: engine.leg_answered(at, engine.leg_of(e.leg)),
    ev.LegFailed: _leg_failed,
    ev.LegEnded: lambda engine, at, e: engine.leg_ended(at, engine.leg_of(e.leg), e.cause, e.wrap_up_us),
    ev.PromptEnded: _prompt_ended,
    ev.RecordingEnded: _recording_ended,
    ev.WebServerAnswered: _web_answered,
    ev.WebServerFailed: _web_failed,
    ev.MailboxOpened: _mailbox_opened,
    ev.MailboxRefused: _mailbox_refused,
    ev.MailboxCounted: _mailbox_counted,
    ev.MessageSent: _message,
    ev.MessageFailed: _message,
    ev.DeviceRegistered: lambda engine, at, e: engine.device_registered(at, engine.user_of(e.user), e.device),
    ev.DeviceUnregistered: lambda engine, at, e: engine.device_unregistered(at, engine.user_of(e.user), e.device),
    ev.DoNotDisturbSet: lambda engine, at, e: engine.do_not_disturb(at, engine.user_of(e.user), e.on),
    ev.ForwardingSet: lambda engine, at, e: engine.forward(at, engine.user_of(e.user), e.to),
    ev.MemberSignedIn: lambda engine, at, e: engine.sign(at, engine.user_of(e.user), e.queue, True),
    ev.MemberSignedOut: lambda engine, at, e: engine.sign(at, engine.user_of(e.user), e.queue, False),
    ev.MemberPaused: lambda engine, at, e: engine.pause(at, engine.user_of(e.user), e.queue, e.reason),
    ev.MemberUnpaused: lambda engine, at, e: engine.unpause(at, engine.user_of(e.user), e.queue),
    ev.OriginationBegan: _origination,
    ev.OriginationEnded: _origination,
    ev.TrunkStateChanged: lambda engine, at, e: engine.trunk_changed(at, e.trunk, e.state),
    ev.TrunkPaid: lambda engine, at, e: engine.trunk_paid(at, e.trunk, True),
    ev.TrunkUnpaid: lambda engine, at, e: engine.trunk_paid(at, e.trunk, False),
    ev.AccountChanged: lambda engine, at, e: engine.account_changed(at, e.state, e.by),
    ev.OverrideSet: _override,
    ev.NumberErased: _erase,
    ev.PartyHeld: _hold,
    ev.PartyResumed: _hold,
    ev.TransferRequested: _transfer,
    ev.FlowPublished: lambda engine, at, e: engine.publish(at, e.flow),
    ev.FlowPromoted: lambda engine, at, e: engine.promote(at, e),
    ev.FlowRetired: lambda engine, at, e: engine.retire(at, e.flow),
}
"""What each event does. An event missing here is the driver's mistake."""
