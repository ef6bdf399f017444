"""How a call moves from element to element, and how it ends: one method per event, with objects instead of ids.

A simulated world calls these methods directly, with its own `Sink`, and so runs exactly the code that `Engine.handle` runs.
Deadlines at or before an event's instant fire first, each at its own instant. Leaves what elements do to `elements/`, members
to `dispatcher.py`, the contract of events and commands to `engine.py`.
"""

from __future__ import annotations

from typing import Final

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.errors import ClockWentBack, EngineBug, SecondEnding, UnknownLeg
from engine.contract.events import BoxMessage
from engine.contract.ids import Duration, Instant
from engine.control import visitors
from engine.control.administration import TenantAdministration
from engine.control.tenant import Tenant
from engine.control.versions import Versions
from engine.document.models import HANGUP
from engine.elements.mailbox import Mailbox
from engine.elements.outside import OutsideNumber
from engine.elements.services import Confirmation, ParkingSlots
from engine.state import timers as tm
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Exit, Step
from engine.state.flow import Flow
from engine.state.leg import (
    AFTER_ENDED,
    AFTER_PICKS_UP,
    ANSWERED,
    CANCELLING,
    ENDED,
    ENDING,
    FAILED,
    PICKS_UP,
    RANG,
    RINGING,
    Leg,
)
from engine.state.service_codes import Dialled
from engine.state.sink import MessageSink, Sink
from engine.state.timers import Timer, VisitLane
from engine.state.trunk import TrunkState

CLEARED: Final = Cause.NORMAL_CLEARING
BY_NETWORK: Final = Party.NETWORK
BY_MEMBER: Final = Party.MEMBER
BY_CALLER: Final = Party.CALLER
WAIT_COUNTS_US: Final[int] = limits.WAIT_COUNTS_US
TALKED_US: Final[int] = limits.TALKED_US
"""Constants of this file, as looking up a name elsewhere is expensive on the way of every call."""


class CallFlow(TenantAdministration):
    """The part of the engine that moves calls: one method per event, with objects instead of ids.

    `flow` is promoted from the start. Built in three storeys: `TenantAdministration` changes users, trunks and versions, this
    class moves calls, `Engine` above it is the contract.
    """

    def __init__(self, flow: Flow, out: Sink | None = None) -> None:
        self.out = (
            MessageSink() if out is None else out
        )  # declared in `TenantAdministration`; twice would be two fields to mypyc
        self.tenant = Tenant(self.out, self.follow)
        self.versions = Versions(self.tenant, flow)
        self.outside = OutsideNumber()
        self.parking = ParkingSlots()
        self.confirmation = Confirmation()
        self.mailbox = Mailbox()
        self.now: Instant = -(1 << 62)

    def dial_code(self, at: Instant, call: Call, code: Dialled) -> None:
        """A user dialled a service code (R-15.11). `Engine` knows what it does."""
        raise NotImplementedError

    # --- time --------------------------------------------------------------------------------------------------------

    def advance(self, at: Instant) -> None:
        """Fire every deadline at or before `at`, each at its own instant. Raises ClockWentBack."""
        if at < self.now:
            raise ClockWentBack(f"the driver went back from {self.now} to {at} microseconds; clamp its clock")
        timers = self.tenant.timers
        while timers.due <= at:
            thing = timers.pop_due(at)
            if thing is None:
                break
            self._fire(thing)
        self.now = at
        self.out.at = at

    def fire(self, due: Instant) -> None:
        """As `advance`, for a world that has just asked `Timers.next_deadline` and got `due`."""
        self._fire(self.tenant.timers.pop(due))
        self.advance(due)

    def _fire(self, thing: Timer | Call | Leg | VisitLane) -> None:
        if isinstance(thing, Timer):
            at = self.now = self.out.at = thing.deadline
            call = thing.call
            if thing.what == tm.VISIT:
                if call is not None and not call.over and call.visit is thing.visit and call.element is not None:
                    thing.call = thing.visit = None  # so that what is over does not hold itself in a circle
                    self.follow(at, call, call.element.timer_fired(at, call, self.tenant, thing.name))
            elif thing.what == tm.CALLBACK:
                if call is not None and not call.over:
                    thing.call = None
                    self.follow(at, call, visitors.rang_long_enough(call))
            elif thing.user is not None:
                self.tenant.dispatcher.wait_over(at, thing.user)
            elif thing.queue is not None:
                self.tenant.dispatcher.tier_opens(at, thing.queue)
        elif isinstance(thing, VisitLane):
            visit = thing.taken
            assert visit is not None
            thing.taken = None
            at = self.now = self.out.at = visit.entered_at + thing.length_us
            call = visit.call
            if not call.over and call.visit is visit and call.element is not None:
                name = "relax" if thing.relaxes else "max_wait"
                self.follow(at, call, call.element.timer_fired(at, call, self.tenant, name))
        elif isinstance(thing, Leg):
            at = self.now = self.out.at = thing.placed_at + thing.ring_us
            self.tenant.dispatcher.ring_expired(at, thing)
        else:
            at = self.now = self.out.at = thing.started_at + limits.LONGEST_CALL_US
            self.end(at, thing, Cause.ALLOTTED_TIMEOUT, Party.US, "R-02.17", False)

    # --- calls -------------------------------------------------------------------------------------------------------

    def arrive(self, at: Instant, call: Call) -> None:
        """A call comes in (R-04.9, R-10.2, or a user dials)."""
        tenant = self.tenant
        if call.known or call.over:
            raise SecondEnding(f"the driver brought call {call.id} twice; a call comes once")
        trunk: TrunkState | None = None
        if call.trunk is not None:
            trunk = tenant.trunks.get(call.trunk)
            if trunk is None:
                raise UnknownLeg(f"the driver brought call {call.id} from trunk {call.trunk}, which the PBX lacks")
        if call.user is not None and call.user not in tenant.users:
            raise UnknownLeg(f"the driver brought call {call.id} from user {call.user}, which the PBX does not have")
        if at < self.now or at >= tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        version = self.versions.take(at, call)
        call.starts(at, version, tenant.timers.watch(at))
        flow = version.flow
        tenant.calls.take_in(call)
        self.out.call_started(call)
        if trunk is not None and call.trunk is not None:
            call.line = trunk
            refusal = (Cause.INCOMING_CALL_BARRED, "R-01.10") if tenant.barred else trunk.refusal(True)
            trunk.in_use += 1
            if refusal is not None:
                self.end(at, call, refusal[0], Party.US, refusal[1], False)
                return
            entry = version.entry_for(trunk)
            if entry is None:
                self.end(at, call, Cause.UNALLOCATED_NUMBER, Party.FLOW, "R-04.9", False)
            else:
                self.follow(at, call, entry)
            return
        if call.user is not None:
            tenant.dispatcher.dials(tenant.users[call.user])
            call.originator = call.user
        if tenant.barred and call.replaces is None and not flow.outgoing.is_emergency(call.called):
            direct = call.user is None and call.origin == "direct"
            cause = Cause.INCOMING_CALL_BARRED if direct else Cause.OUTGOING_CALL_BARRED
            self.end(at, call, cause, Party.US, "R-01.10", False)
            return
        if call.user is None and call.origin == "direct":
            call.outside_allowed = False
            if not flow.head.settings.direct_sip:
                self.end(at, call, Cause.INCOMING_CALL_BARRED, Party.FLOW, "R-10.3", False)
                return
        if call.visitor is not None:
            self.follow(at, call, visitors.begin(tenant, at, call))
            return
        if call.replaces is not None:
            return  # it comes to no element: `transfers.replace` is next
        code = flow.codes.find(call.called) if call.user is not None else None
        if code is not None:
            self.dial_code(at, call, code)
            return
        element = flow.find(call.called)
        if element is not None:
            self.follow(at, call, _to(element))
        elif call.user is not None or call.origin in ("api", "callback"):
            exit_ = Exit("dialled", call.called, "R-14.9")
            self.follow(at, call, exit_)
        else:
            self.end(at, call, Cause.UNALLOCATED_NUMBER, Party.FLOW, "R-10.2", False)

    def caller_hung_up(self, at: Instant, call: Call, cause: Cause = CLEARED) -> None:
        """The caller's own leg is over."""
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        if call.over or call.released:
            return
        if cause is CLEARED and not call.answered:
            cause = Cause.ORIGINATOR_CANCEL
        self.end(at, call, cause, BY_CALLER, "", True)

    def hang_up(self, at: Instant, call: Call) -> None:
        """An operator or the API ends a call."""
        self.advance(at)
        if not call.over:
            self.end(at, call, CLEARED, Party.OPERATOR, "R-19.5", False)

    def key(self, at: Instant, call: Call, digit: str, leg: Leg | None = None) -> None:
        """A key was pressed; those of the other party mean nothing to a flow."""
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        if call.over or call.element is None:
            return
        if leg is not None:
            if leg.visit is call.visit:
                self.follow(at, call, call.element.leg_key_pressed(at, call, self.tenant, leg, digit))
            return
        self.follow(at, call, call.element.key_pressed(at, call, self.tenant, digit))

    def follow(self, at: Instant, call: Call, step: Step) -> None:
        """Move a call by steps until it stays somewhere or ends."""
        while step is not None:
            if call.over:
                return
            if call.visitor is not None:
                step = visitors.instead(self.tenant, at, call, step)
            element = call.element
            if element is not None:
                if type(step) is Exit and self.out.wants_moves:
                    self.out.element_left(call, element, step)
                if call.visit is not None:
                    element.left(at, call, self.tenant)
                    call.visit = None
            if type(step) is Ending:
                self.end(at, call, step.cause, step.party, step.rule, False)
                return
            assert type(step) is Exit
            target = step.target
            if target is None:
                to = step.to
                if to is None:
                    self.end(at, call, Cause.NO_ROUTE_DESTINATION, Party.FLOW, "R-02.11", False)
                    return
                if to == HANGUP:
                    self.end(at, call, CLEARED, Party.FLOW, "R-02.9", False)
                    return
                if call.released and call.visitor is None:
                    self.end(at, call, Cause.NO_ANSWER, Party.FLOW, "R-08.19", False)
                    return
                call.dial = to
                target = self.outside
                if element is not None and element.outside_legs_for_direct_sip:
                    call.outside_allowed = True
            if at - call.entered_at >= WAIT_COUNTS_US:
                call.quick_entries = 0
            call.entries += 1
            call.quick_entries += 1
            if call.quick_entries > limits.ENTRIES_WITHOUT_WAIT or call.entries > limits.ENTRIES_IN_ALL:
                self.end(at, call, Cause.EXCHANGE_ROUTING_ERROR, Party.FLOW, "R-02.14", False)
                return
            call.element = target
            call.entered_at = at
            if self.out.wants_moves:
                self.out.element_entered(call, target)
            if call.released and target.needs_caller and call.visitor is None:  # nobody is on the line
                step = Ending(Cause.NO_ANSWER, "R-08.19")
            else:
                step = target.enter(at, call, self.tenant)

    def end(self, at: Instant, call: Call, cause: Cause, party: Party, rule: str, caller_left: bool) -> None:
        """End a call: give back what it holds, tell the world, note it."""
        tenant = self.tenant
        out = self.out
        call.over = True
        call.ended_by = party
        if call.visitor is not None:
            visitors.ended(tenant, at, call, cause)
        talking = call.talking
        if talking is not None:
            call.talk_us += at - call.talk_from
            call.talking = None
            self.remember(at, call, talking)
        if call.visit is not None and call.element is not None:
            call.element.left(at, call, tenant)
            call.visit = None
        if call.leg is not None:
            for leg in call.live_legs:
                if leg.state == RINGING:
                    tenant.cancel_leg(leg, "caller_left")
                elif leg.state == ANSWERED:
                    tenant.end_leg(leg, CLEARED)
        if not caller_left and not call.released:
            out.end_call(call, cause)
        out.call_ended(call, cause, party, rule)
        if call.line is not None and not call.released:
            call.line.in_use -= 1
        if call.user is not None:
            tenant.dispatcher.hangs_up(at, tenant.users[call.user])
        self.versions.release(call.version)
        if call.leg is None and talking is None:  # whoever ends a talking leg looks again afterwards
            self._forget(call)

    def _forget(self, call: Call) -> None:
        """Drop an ended call once everything it started has ended."""
        if call.known and call.over and call.holds_nothing():
            self.tenant.calls.let_go(call)

    def remember(self, at: Instant, call: Call, leg: Leg) -> None:
        """Remember who talked with an outside number, for the contact manager (R-18.4)."""
        known = call.caller and (call.trunk is not None or call.visitor is not None)
        if leg.user is not None and known and at - call.talk_from >= TALKED_US:
            self.tenant.talks.note(call.caller, leg.user.number, at)
        elif call.user is not None and leg.number and at - call.talk_from >= TALKED_US:
            self.tenant.talks.note(leg.number, call.user, at)

    # --- legs --------------------------------------------------------------------------------------------------------

    def leg_ringing(self, at: Instant, leg: Leg) -> None:
        """The far end rings."""
        leg.move(RANG)
        self.advance(at)
        call = leg.call
        if not call.over and leg.visit is call.visit and call.element is not None and leg.state == RINGING:
            self.follow(at, call, call.element.leg_ringing(at, call, self.tenant, leg))

    def leg_answered(self, at: Instant, leg: Leg) -> None:
        """The far end picked up."""
        if leg.state > 1:
            leg.move(PICKS_UP)
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        if leg.state == CANCELLING and leg.call.element is not None and leg.call.element.wins_tie(at, leg.call, leg):
            leg.state = RINGING  # in one and the same instant nobody has heard of our CANCEL yet
        leg.state = AFTER_PICKS_UP[leg.state]
        if leg.state == ENDING:
            self.out.end_leg(leg, CLEARED)
            return
        leg.answered_at = at
        call = leg.call
        if leg.user is not None:
            self.tenant.dispatcher.picks_up(leg.user)
        if leg.for_caller and call.visitor is not None:
            visitors.answered(self.tenant, at, call, leg)
        elif leg.visit is call.visit and call.element is not None:
            self.follow(at, call, call.element.leg_answered(at, call, self.tenant, leg))
        else:
            raise EngineBug(f"leg {leg.id} rang although its call had left the element that placed it")

    def leg_failed(self, at: Instant, leg: Leg, cause: Cause) -> None:
        """The leg ended without an answer."""
        if leg.state > 1:
            leg.move(FAILED)
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        was_ringing = leg.state == RINGING
        leg.move(FAILED)
        call = leg.call
        self._leg_over(at, leg, cause)
        if was_ringing and not call.over and leg.for_caller and call.visitor is not None:
            self.end(at, call, cause, BY_NETWORK, visitors.RULE, False)
        elif was_ringing and not call.over and leg.visit is call.visit and call.element is not None:
            self.follow(at, call, call.element.leg_failed(at, call, self.tenant, leg, cause))
        if leg.user is not None:
            self.tenant.dispatcher.released(at, leg.user, leg)
        if call.over:
            self._forget(call)

    def leg_ended(self, at: Instant, leg: Leg, cause: Cause = CLEARED, wrap_up_us: Duration | None = None) -> None:
        """An answered leg is over."""
        if leg.state != ANSWERED and leg.state != ENDING:
            leg.move(ENDED)
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        was_ours = leg.state == ENDING
        leg.state = AFTER_ENDED[leg.state]
        if wrap_up_us is not None:
            leg.wrap_up_us = wrap_up_us
        call = leg.call
        self._leg_over(at, leg, cause)
        if not was_ours and not call.over and call.deputy is leg:
            self.end(at, call, cause, BY_CALLER, "", False)
        elif not was_ours and not call.over and call.visitor is not None and call.visitor.manager is leg:
            self.end(at, call, cause, BY_MEMBER if leg.user is not None else BY_NETWORK, visitors.RULE, False)
        elif not was_ours and not call.over and call.talking is leg:
            party = BY_MEMBER if leg.user is not None else BY_NETWORK
            self.end(at, call, cause, party, "", False)
        elif not was_ours and not call.over and leg.visit is call.visit and call.element is not None:
            self.follow(at, call, call.element.leg_ended(at, call, self.tenant, leg, cause))
        if leg.user is not None:
            self.tenant.dispatcher.released(at, leg.user, leg)
        if call.over:
            self._forget(call)

    def _leg_over(self, at: Instant, leg: Leg, cause: Cause) -> None:
        leg.over_at = at
        leg.call.drop_leg(leg)
        if leg.first_id:
            self.tenant.moved_legs.pop(leg.first_id, None)
        if leg.trunk is not None:
            self.tenant.trunks[leg.trunk].in_use -= 1
        if self.out.wants_moves:
            self.out.leg_finished(leg, cause)

    # --- media, web servers, messages --------------------------------------------------------------------------------

    def prompt_ended(self, at: Instant, call: Call, play: int, reason: str = "finished") -> None:
        """A play is over."""
        _must_be_open(call, call.open_plays, play, "p")
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        visit = _close(call.open_plays, play)
        if call.over:
            self._forget(call)
        elif visit is not None and visit is call.visit and call.element is not None:
            self.follow(at, call, call.element.prompt_ended(at, call, self.tenant, play, reason))

    def recording_ended(
        self, at: Instant, call: Call, recording: int, length_us: Duration, reason: str = "stopped"
    ) -> None:
        """A recording is over; a voice message counts also when its caller has gone, that of a talk is only noted."""
        _must_be_open(call, call.open_recordings, recording, "r")
        self.advance(at)
        visit = _close(call.open_recordings, recording)
        if visit is None:
            if recording == call.talk_recording:
                call.talk_recording = 0
            if self.out.wants_notes:
                self.out.note(
                    note.TalkRecorded(
                        call=call.id, recording=f"{call.id}.r{recording}", length_us=length_us, reason=reason
                    )
                )
        elif call.element is not None:
            step = call.element.recording_ended(at, call, self.tenant, visit, recording, length_us, reason)
            if not call.over:
                self.follow(at, call, step)
        if call.over:
            self._forget(call)

    def web_server_answered(
        self, at: Instant, call: Call, request: int, status: int, body: str, latency_us: Duration
    ) -> None:
        """A web server answered."""
        if self._request_over(at, call, request) and call.element is not None:
            self.follow(at, call, call.element.web_server_answered(at, call, self.tenant, status, body, latency_us))

    def web_server_failed(self, at: Instant, call: Call, request: int, reason: str, latency_us: Duration) -> None:
        """A web server gave no usable answer."""
        if self._request_over(at, call, request) and call.element is not None:
            self.follow(at, call, call.element.web_server_failed(at, call, self.tenant, reason, latency_us))

    def mailbox_opened(self, at: Instant, call: Call, request: int, messages: tuple[BoxMessage, ...]) -> None:
        """A caller may hear a mailbox."""
        if self._request_over(at, call, request) and call.element is not None:
            self.follow(at, call, call.element.mailbox_opened(at, call, self.tenant, messages))

    def mailbox_refused(self, at: Instant, call: Call, request: int, reason: str) -> None:
        """A caller may not."""
        if self._request_over(at, call, request) and call.element is not None:
            self.follow(at, call, call.element.mailbox_refused(at, call, self.tenant, reason))

    def _request_over(self, at: Instant, call: Call, request: int) -> bool:
        """A request has ended; whether the visit that made it still lasts."""
        _must_be_open(call, call.open_requests, request, "q")
        self.advance(at)
        visit = _close(call.open_requests, request)
        if call.over:
            self._forget(call)
            return False
        return visit is not None and visit is call.visit and call.element is not None

    def message_over(self, at: Instant, call: Call, message: str = "", failure: str = "") -> None:
        """An e-mail was sent, or could not be, for the reason given (R-09.4)."""
        if call.open_messages == 0:
            raise SecondEnding(f"the driver ended a message of call {call.id} twice")
        self.advance(at)
        call.open_messages -= 1
        if failure:
            self.out.note(note.MessageNotSent(call=call.id, message=message, reason=failure))
        if call.over:
            self._forget(call)


def _to(element: Element) -> Exit:
    exit_ = Exit("dialled", str(element.number), "R-10.2")
    exit_.target = element
    return exit_


def _must_be_open(call: Call, open_things: dict[int, Visit | None] | None, n: int, letter: str) -> None:
    if open_things is None or n not in open_things:
        raise SecondEnding(f"the driver ended {call.id}.{letter}{n}, which was never started or has ended")


def _close(open_things: dict[int, Visit | None] | None, n: int) -> Visit | None:
    assert open_things is not None
    return open_things.pop(n)
