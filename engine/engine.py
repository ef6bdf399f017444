"""The engine of one tenant: one event at a time with its instant in, commands and notes out.

`handle` is the contract (design, "The one engine"). Behind it stands one method per event that takes objects instead of
ids; a simulated world calls these directly, with its own `Outlet`, and so runs exactly the same code. Deadlines at or before
an event's instant fire first, each at its own instant. Decides how a call moves from element to element and how it ends;
leaves what elements do to `elements/`, and members to `dispatch.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import commands as cmd
from engine import events as ev
from engine import limits
from engine import notes as note
from engine import queue_state as qs
from engine import timers as tm
from engine.call import Call, Visit, share
from engine.causes import Cause, Party
from engine.document import HANGUP
from engine.element import Element, Exit, Final, Step
from engine.elements.outside import Outside
from engine.elements.queue import Queue
from engine.errors import ClockWentBack, DriverError, EngineBug, SecondEnding, UnknownLeg
from engine.flow import Flow
from engine.ids import Duration, Instant
from engine.leg import ANSWERED, ENDED, ENDING, FAILED, PICKS_UP, RANG, RINGING, Leg
from engine.member import User
from engine.outlet import Outlet, Stamped, Transcript
from engine.tenant import Tenant
from engine.timers import NEVER, Timer

_PROMOTION_DRAW = 0
"""Element number under which a call's draw for its version is made: no element has it."""


class Engine:
    """One tenant's engine.

    `flow` is promoted from the start; further versions are made known by `know` and then published and promoted by events.
    With no `out` given, `handle` hands back everything said; with one, `handle` gives an empty list and the outlet has it.
    """

    def __init__(self, flow: Flow, out: Outlet | None = None) -> None:
        self.out: Outlet = Transcript() if out is None else out
        self.tenant = Tenant(self.out, self._follow)
        self.flows: dict[str, Flow] = {flow.digest: flow}
        self.flow = flow
        """The version that takes new calls."""
        self.canary: Flow | None = None
        """The version that takes `canary_share` of new calls, if one is being tried."""
        self.canary_share = 0.0
        self.on_flow: dict[str, int] = {flow.digest: 0}
        """Calls in progress by version."""
        self.retired: set[str] = set()
        self.outside = Outside()
        self.now: Instant = -(1 << 62)
        self.tenant.install(flow)

    # --- the contract ------------------------------------------------------------------------------------------------

    def handle(self, at: Instant, event: ev.Event) -> list[Stamped]:
        """Take one event at its instant; what is to be done and what is fact, in order, each with its instant.

        Raises ClockWentBack, UnknownLeg or SecondEnding when the driver is at fault; nothing has changed then.
        """
        handler = _HANDLERS.get(type(event))
        if handler is None:
            raise DriverError(f"the engine knows no event {type(event).__name__}")
        handler(self, at, event)
        out = self.out
        return out.take() if isinstance(out, Transcript) else []

    def next_deadline(self) -> Instant | None:
        """When to be called again with `Advance`, if nothing happens before; None when nothing is due."""
        due = self.tenant.timers.next_deadline()
        return None if due >= NEVER else due

    def know(self, flow: Flow) -> None:
        """Make a version's content known, so that `FlowPublished` and `FlowPromoted` may name its digest."""
        self.flows.setdefault(flow.digest, flow)

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

    def _fire(self, thing: Timer | Call | Leg) -> None:
        if isinstance(thing, Timer):
            at = self.now = self.out.at = thing.deadline
            call = thing.call
            if thing.what == tm.VISIT:
                if call is not None and not call.over and call.visit is thing.visit and call.element is not None:
                    self._follow(at, call, call.element.timer_fired(at, call, self.tenant, thing.name))
            elif thing.user is not None:
                self.tenant.dispatcher.wait_over(at, thing.user)
            elif thing.queue is not None:
                self.tenant.dispatcher.run(at, thing.queue)
        elif isinstance(thing, Leg):
            at = self.now = self.out.at = thing.placed_at + thing.ring_us
            self.tenant.dispatcher.ring_expired(at, thing)
        else:
            at = self.now = self.out.at = thing.started_at + limits.LONGEST_CALL_US
            self._end(at, thing, Cause.ALLOTTED_TIMEOUT, Party.US, "R-02.17", False)

    # --- calls -------------------------------------------------------------------------------------------------------

    def arrive(self, at: Instant, call: Call) -> None:
        """A call comes in (R-04.9, R-10.2, or a user dials)."""
        if call.id in self.tenant.calls:
            raise SecondEnding(f"the driver used call id {call.id} twice; an id is used once")
        if call.trunk is not None and call.trunk not in self.tenant.trunks:
            raise UnknownLeg(f"the driver brought call {call.id} from trunk {call.trunk}, which the PBX lacks")
        if call.user is not None and call.user not in self.tenant.users:
            raise UnknownLeg(f"the driver brought call {call.id} from user {call.user}, whom the PBX lacks")
        tenant = self.tenant
        if at < self.now or at >= tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        flow = self.flow
        if self.canary is not None and share(call.draw(_PROMOTION_DRAW, 0)) < self.canary_share:
            flow = self.canary
        call.flow = flow
        call.started_at = at
        tenant.calls[call.id] = call
        self.on_flow[flow.digest] += 1
        tenant.timers.watch(call, at)
        self.out.call_started(call)
        if call.trunk is not None:
            trunk = tenant.trunks[call.trunk]
            refusal = trunk.refusal()
            trunk.in_use += 1
            if refusal is not None:
                self._end(at, call, refusal[0], Party.US, refusal[1], False)
                return
            if call.trunk not in flow.trunks:
                self._end(at, call, Cause.UNALLOCATED_NUMBER, Party.FLOW, "R-04.9", False)
                return
            self._follow(at, call, flow.entry_of(call.trunk))
            return
        if call.user is not None:
            tenant.dispatcher.dials(tenant.users[call.user])
            call.originator = call.user
        elif call.origin == "direct":
            call.outside_allowed = False
        element = flow.find(call.called)
        if element is not None and call.called not in flow.head.settings.emergency:
            self._follow(at, call, _to(element))
        elif call.user is not None or call.origin in ("api", "callback"):
            way = Exit("dialled", call.called, "R-14.9")
            self._follow(at, call, way)
        else:
            self._end(at, call, Cause.UNALLOCATED_NUMBER, Party.FLOW, "R-10.2", False)

    def caller_hung_up(self, at: Instant, call: Call, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """The caller's own leg is over."""
        self.advance(at)
        if call.over or call.released:
            return
        if cause is Cause.NORMAL_CLEARING and not call.answered:
            cause = Cause.ORIGINATOR_CANCEL
        self._end(at, call, cause, Party.CALLER, "", True)

    def hang_up(self, at: Instant, call: Call) -> None:
        """An operator or the API ends a call."""
        self.advance(at)
        if not call.over:
            self._end(at, call, Cause.NORMAL_CLEARING, Party.OPERATOR, "R-19.5", False)

    def key(self, at: Instant, call: Call, digit: str, leg: Leg | None = None) -> None:
        """A key was pressed; those of the other party mean nothing to a flow."""
        self.advance(at)
        if call.over or call.element is None:
            return
        if leg is not None:
            if leg.visit is call.visit:
                self._follow(at, call, call.element.leg_key_pressed(at, call, self.tenant, leg, digit))
            return
        self._follow(at, call, call.element.key_pressed(at, call, self.tenant, digit))

    def _follow(self, at: Instant, call: Call, step: Step) -> None:
        """Move a call by steps until it stays somewhere or ends."""
        while step is not None:
            if call.over:
                return
            element = call.element
            if element is not None:
                if type(step) is Exit and self.out.wants_moves:
                    self.out.element_left(call, element, step)
                if call.visit is not None:
                    element.left(at, call, self.tenant)
                    call.visit = None
            if type(step) is Final:
                self._end(at, call, step.cause, step.party, step.rule, False)
                return
            assert type(step) is Exit
            if call.released:
                self._end(at, call, Cause.NO_ANSWER, Party.FLOW, "R-08.19", False)
                return
            target = step.target
            if target is None:
                to = step.to
                if to is None:
                    self._end(at, call, Cause.NO_ROUTE_DESTINATION, Party.FLOW, "R-02.11", False)
                    return
                if to == HANGUP:
                    self._end(at, call, Cause.NORMAL_CLEARING, Party.FLOW, "R-02.9", False)
                    return
                call.dial = to
                target = self.outside
                if element is not None and element.outside_legs_for_direct_sip:
                    call.outside_allowed = True
            if at - call.entered_at >= limits.WAIT_COUNTS_US:
                call.quick_entries = 0
            call.entries += 1
            call.quick_entries += 1
            if call.quick_entries > limits.ENTRIES_WITHOUT_WAIT or call.entries > limits.ENTRIES_IN_ALL:
                self._end(at, call, Cause.EXCHANGE_ROUTING_ERROR, Party.FLOW, "R-02.14", False)
                return
            call.element = target
            call.entered_at = at
            if self.out.wants_moves:
                self.out.element_entered(call, target)
            step = target.enter(at, call, self.tenant)

    def _end(self, at: Instant, call: Call, cause: Cause, party: Party, rule: str, caller_left: bool) -> None:
        """End a call: give back what it holds, tell the world, note it."""
        tenant = self.tenant
        out = self.out
        call.over = True
        talking = call.talking
        if talking is not None:
            call.talk_us += at - call.talk_from
            call.talking = None
            self._remember(at, call, talking)
        if call.visit is not None and call.element is not None:
            call.element.left(at, call, tenant)
            call.visit = None
        for leg in call.live_legs:
            if leg.state == RINGING:
                tenant.cancel_leg(leg, "caller_left")
            elif leg.state == ANSWERED:
                tenant.end_leg(leg, Cause.NORMAL_CLEARING)
        if not caller_left and not call.released:
            out.end_call(call, cause)
        out.call_ended(call, cause, party, rule)
        if call.trunk is not None and not call.released:
            tenant.trunks[call.trunk].in_use -= 1
        if call.user is not None:
            tenant.dispatcher.hangs_up(at, tenant.users[call.user])
        digest = call.flow.digest
        self.on_flow[digest] -= 1
        if self.retired and digest in self.retired and self.on_flow[digest] == 0:
            tenant.remove(self.flows[digest])
        if not call.live_legs:
            self._forget(call)

    def _forget(self, call: Call) -> None:
        """Drop an ended call once everything it started has ended."""
        if call.over and call.holds_nothing():
            self.tenant.calls.pop(call.id, None)

    def _remember(self, at: Instant, call: Call, leg: Leg) -> None:
        """Who talked with an outside number, for the contact manager (R-18.4)."""
        if leg.user is not None and call.caller and at - call.talk_from >= limits.TALKED_US and call.trunk is not None:
            self.tenant.talked_with[call.caller[-10:]] = (leg.user.number, at)
        elif call.user is not None and leg.number and at - call.talk_from >= limits.TALKED_US:
            self.tenant.talked_with[leg.number[-10:]] = (call.user, at)

    # --- people in a call: hold and transfer -------------------------------------------------------------------------

    def hold(self, at: Instant, call: Call, leg: Leg | None, on: bool) -> None:
        """A party holds the other or takes the call back; a caller put on hold hears music."""
        self.advance(at)
        if call.over or call.talking is None or call.held == on:
            return
        call.held = on
        if leg is not None:
            if on:
                self.out.play_music(call, call.flow.head.settings.music)
            else:
                self.out.stop_music(call)
        if self.out.wants_notes:
            id = leg.id if leg is not None else None
            self.out.note(note.CallHeld(call=call.id, leg=id) if on else note.CallResumed(call=call.id, leg=id))

    def transfer(self, at: Instant, call: Call, to: str, leg: Leg | None, replaces: Call | None = None) -> None:
        """The user on `leg` sends the caller to `to`, or joins them with whom they talk to in their own call `replaces`.

        The user's leg ends and wrap-up follows (R-08.11). A request that cannot be carried out changes nothing.
        """
        self.advance(at)
        why = self._cannot_transfer(call, to, leg, replaces)
        if why or leg is None:
            self.out.note(note.CommandIgnored(call=call.id, reason=why))
            return
        if self.out.wants_notes:
            self.out.note(note.CallTransferred(call=call.id, to=to, leg=leg.id))
        call.talk_us += at - call.talk_from
        self._remember(at, call, leg)
        call.talking = None
        if call.held:
            call.held = False
            self.out.stop_music(call)
        self.tenant.end_leg(leg, Cause.NORMAL_CLEARING)
        if replaces is not None:
            self._take_over(at, call, replaces)
            return
        call.originator = leg.user.number if leg.user is not None else None
        call.users_visited = ()
        way = Exit("transfer", to, "R-19.5")
        way.target = call.flow.find(to)
        self._follow(at, call, way)

    def _cannot_transfer(self, call: Call, to: str, leg: Leg | None, replaces: Call | None) -> str:
        """Why a transfer is not possible; empty when it is."""
        if call.over or leg is None or call.talking is not leg or leg.user is None:
            return "only a user who was called and is in talk can transfer the caller"
        if replaces is not None:
            if replaces.over or replaces.talking is None or replaces.user != leg.user.number or replaces is call:
                return "the call to be replaced is not a call of the same user in talk"
        elif call.flow.find(to) is None and not to.lstrip("+").isdigit():
            return f"{to[:40]} is neither an internal number, an alias nor an outside number"
        return ""

    def _take_over(self, at: Instant, call: Call, other: Call) -> None:
        """Attended transfer (RFC 3891): the far end of `other` becomes the far end of `call`."""
        leg = other.talking
        assert leg is not None
        other.talk_us += at - other.talk_from
        other.talking = None
        other.live_legs.remove(leg)
        self._end(at, other, Cause.NORMAL_CLEARING, Party.MEMBER, "R-19.5", False)
        leg.first_id = leg.id
        leg.call = call
        leg.visit = call.visit
        call.live_legs.append(leg)
        self.tenant.moved_legs[leg.first_id] = leg
        call.talking = leg
        call.talk_from = at
        self.out.bridge(call, leg)
        if call.element is not None:
            self.out.call_answered(call, call.element, leg, 0, "R-19.5")

    # --- legs --------------------------------------------------------------------------------------------------------

    def leg_ringing(self, at: Instant, leg: Leg) -> None:
        """The far end rings."""
        leg.move(RANG)
        self.advance(at)
        call = leg.call
        if not call.over and leg.visit is call.visit and call.element is not None and leg.state == RINGING:
            self._follow(at, call, call.element.leg_ringing(at, call, self.tenant, leg))

    def leg_answered(self, at: Instant, leg: Leg) -> None:
        """The far end picked up."""
        if leg.state > 1:
            leg.move(PICKS_UP)
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        if leg.move(PICKS_UP) == ENDING:
            self.out.end_leg(leg, Cause.NORMAL_CLEARING)
            return
        leg.answered_at = at
        call = leg.call
        if leg.user is not None:
            self.tenant.dispatcher.picks_up(leg.user)
        if leg.visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.leg_answered(at, call, self.tenant, leg))
        else:
            raise EngineBug(f"leg {leg.id} rang although its call had left the element that placed it")

    def leg_failed(self, at: Instant, leg: Leg, cause: Cause) -> None:
        """The leg ended without an answer."""
        if leg.state > 1:
            leg.move(FAILED)
        self.advance(at)
        was_ringing = leg.state == RINGING
        leg.move(FAILED)
        call = leg.call
        self._leg_over(at, leg, cause)
        if was_ringing and not call.over and leg.visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.leg_failed(at, call, self.tenant, leg, cause))
        if leg.user is not None:
            self.tenant.dispatcher.released(at, leg.user, leg)
        if call.over:
            self._forget(call)

    def leg_ended(
        self, at: Instant, leg: Leg, cause: Cause = Cause.NORMAL_CLEARING, wrap_up_us: Duration | None = None
    ) -> None:
        """An answered leg is over."""
        if leg.state != ANSWERED and leg.state != ENDING:
            leg.move(ENDED)
        if at < self.now or at >= self.tenant.timers.due:
            self.advance(at)
        else:
            self.now = self.out.at = at
        was_ours = leg.state == ENDING
        leg.move(ENDED)
        if wrap_up_us is not None:
            leg.wrap_up_us = wrap_up_us
        call = leg.call
        self._leg_over(at, leg, cause)
        if not was_ours and not call.over and call.talking is leg:
            party = Party.MEMBER if leg.user is not None else Party.NETWORK
            self._end(at, call, cause, party, "", False)
        elif not was_ours and not call.over and leg.visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.leg_ended(at, call, self.tenant, leg, cause))
        if leg.user is not None:
            self.tenant.dispatcher.released(at, leg.user, leg)
        if call.over:
            self._forget(call)

    def _leg_over(self, at: Instant, leg: Leg, cause: Cause) -> None:
        leg.over_at = at
        leg.call.live_legs.remove(leg)
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
        self.advance(at)
        visit = _close(call.open_plays, play)
        if call.over:
            self._forget(call)
        elif visit is not None and visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.prompt_ended(at, call, self.tenant, play, reason))

    def recording_ended(self, at: Instant, call: Call, recording: int, length_us: Duration, reason: str = "stopped") -> None:
        """A recording is over; a voice message counts also when its caller has gone."""
        _must_be_open(call, call.open_recordings, recording, "r")
        self.advance(at)
        visit = _close(call.open_recordings, recording)
        if visit is not None and call.element is not None:
            step = call.element.recording_ended(at, call, self.tenant, visit, recording, length_us, reason)
            if not call.over:
                self._follow(at, call, step)
        if call.over:
            self._forget(call)

    def web_server_answered(self, at: Instant, call: Call, request: int, status: int, body: str, latency_us: Duration) -> None:
        """A web server answered."""
        _must_be_open(call, call.open_requests, request, "q")
        self.advance(at)
        visit = _close(call.open_requests, request)
        if call.over:
            self._forget(call)
        elif visit is not None and visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.web_server_answered(at, call, self.tenant, status, body, latency_us))

    def web_server_failed(self, at: Instant, call: Call, request: int, reason: str, latency_us: Duration) -> None:
        """A web server gave no usable answer."""
        _must_be_open(call, call.open_requests, request, "q")
        self.advance(at)
        visit = _close(call.open_requests, request)
        if call.over:
            self._forget(call)
        elif visit is not None and visit is call.visit and call.element is not None:
            self._follow(at, call, call.element.web_server_failed(at, call, self.tenant, reason, latency_us))

    def message_over(self, at: Instant, call: Call) -> None:
        """A letter was sent, or could not be."""
        if call.open_messages == 0:
            raise SecondEnding(f"the driver ended a message of call {call.id} twice")
        self.advance(at)
        call.open_messages -= 1
        if call.over:
            self._forget(call)

    # --- users, trunks, versions -------------------------------------------------------------------------------------

    def device_registered(self, at: Instant, user: User, device: str = "1") -> None:
        """A device of a user registered or refreshed."""
        self.advance(at)
        if device not in user.devices:
            user.devices[device] = None
            self.tenant.dispatcher.devices_changed(at, user)

    def device_unregistered(self, at: Instant, user: User, device: str = "1") -> None:
        """A device's registration is over."""
        self.advance(at)
        if device in user.devices:
            del user.devices[device]
            self.tenant.dispatcher.devices_changed(at, user)

    def do_not_disturb(self, at: Instant, user: User, on: bool) -> None:
        """A user wants no calls, or wants them again."""
        self.advance(at)
        user.do_not_disturb = on
        self.tenant.dispatcher.devices_changed(at, user)

    def sign(self, at: Instant, user: User, queue: int | None, into: bool) -> None:
        """A member signed in or out."""
        self.advance(at)
        self.tenant.dispatcher.sign(at, user, queue, into)

    def pause(self, at: Instant, user: User, queue: int | None, reason: str = "") -> None:
        """A member takes no calls for a while."""
        self.advance(at)
        self.tenant.dispatcher.pause(at, user, queue, reason)

    def unpause(self, at: Instant, user: User, queue: int | None) -> None:
        """The pause is over."""
        self.advance(at)
        self.tenant.dispatcher.unpause(at, user, queue)

    def trunk_changed(self, at: Instant, key: str, state: str) -> None:
        """A trunk's registration changed (R-04.10); calls in progress on it go on."""
        trunk = self.tenant.trunks.get(key)
        if trunk is None:
            raise UnknownLeg(f"the driver reported trunk {key}, which the PBX lacks")
        self.advance(at)
        if trunk.state != state:
            trunk.state = state
            self.out.note(note.TrunkChanged(trunk=key, state=state))

    def promote(self, at: Instant, digest: str, part: float) -> None:
        """A version takes `part` of new calls from now on (R-25.6); with all of them it becomes the live one."""
        flow = self._known(digest)
        if not 0.0 <= part <= 1.0:
            raise DriverError(f"a share of calls is 0 to 1, not {part}")
        self.advance(at)
        self._publish(flow)
        if part >= 1.0:
            self.flow, self.canary, self.canary_share = flow, None, 0.0
        elif flow is self.flow:
            self.canary, self.canary_share = None, 0.0
        else:
            self.canary, self.canary_share = flow, part
        self.out.note(note.FlowChanged(flow=digest, state="live" if part >= 1.0 else "canary", share=part))

    def publish(self, at: Instant, digest: str) -> None:
        """A version may be promoted from now on."""
        flow = self._known(digest)
        self.advance(at)
        self._publish(flow)
        self.out.note(note.FlowChanged(flow=digest, state="published"))

    def retire(self, at: Instant, digest: str) -> None:
        """A version takes no new calls; those on it run to their end. The live version cannot be retired."""
        flow = self._known(digest)
        if flow is self.flow:
            raise DriverError(f"version {digest[:12]} is live; promote another one before it is retired")
        self.advance(at)
        if self.canary is flow:
            self.canary, self.canary_share = None, 0.0
        self.retired.add(digest)
        if self.on_flow.get(digest, 0) == 0:
            self.tenant.remove(flow)
        self.out.note(note.FlowChanged(flow=digest, state="retired"))

    def _known(self, digest: str) -> Flow:
        flow = self.flows.get(digest)
        if flow is None:
            raise DriverError(f"version {digest[:12]} is not known here; give its content before naming it")
        return flow

    def _publish(self, flow: Flow) -> None:
        self.retired.discard(flow.digest)
        self.on_flow.setdefault(flow.digest, 0)
        self.tenant.install(flow)

    # --- ids to objects ----------------------------------------------------------------------------------------------

    def call_of(self, call: str) -> Call:
        """The call with an id; raises UnknownLeg."""
        found = self.tenant.calls.get(call)
        if found is None:
            raise UnknownLeg(f"the driver named call {call}, which never came or is long over")
        return found

    def leg_of(self, leg: str) -> Leg:
        """The leg with an id; raises UnknownLeg."""
        moved = self.tenant.moved_legs.get(leg)
        if moved is not None:
            return moved
        name, _, n = leg.rpartition(".")
        for found in self.call_of(name).live_legs:
            if str(found.n) == n:
                return found
        raise UnknownLeg(f"the driver named leg {leg}, which was never placed or is over")

    def user_of(self, number: int) -> User:
        """The user with an internal number; raises UnknownLeg."""
        found = self.tenant.users.get(number)
        if found is None:
            raise UnknownLeg(f"the driver named user {number}, whom the PBX lacks")
        return found


def _to(element: Element) -> Exit:
    way = Exit("dialled", str(element.number), "R-10.2")
    way.target = element
    return way


def _must_be_open(call: Call, open_things: dict[int, Visit | None] | None, n: int, letter: str) -> None:
    if open_things is None or n not in open_things:
        raise SecondEnding(f"the driver ended {call.id}.{letter}{n}, which was never started or has ended")


def _close(open_things: dict[int, Visit | None] | None, n: int) -> Visit | None:
    assert open_things is not None
    return open_things.pop(n)


def _part(id: str) -> tuple[str, int]:
    """Call and count of an id such as `c7.p2`."""
    call, _, n = id.rpartition(".")
    if not call or not n[1:].isdigit():
        raise UnknownLeg(f"the driver used the id {id}, which the engine never gave out")
    return call, int(n[1:])


# --- events to methods -----------------------------------------------------------------------------------------------


def _call_arrived(engine: Engine, at: Instant, e: ev.CallArrived) -> None:
    engine.arrive(at, Call(e.call, e.called, e.caller, e.trunk, e.user, e.origin, e.draw_seed, e.caller_name))


def _digit(engine: Engine, at: Instant, e: ev.DigitPressed) -> None:
    engine.key(at, engine.call_of(e.call), e.digit, engine.leg_of(e.leg) if e.leg else None)


def _prompt_ended(engine: Engine, at: Instant, e: ev.PromptEnded) -> None:
    call, n = _part(e.play)
    engine.prompt_ended(at, engine.call_of(call), n, e.reason)


def _recording_ended(engine: Engine, at: Instant, e: ev.RecordingEnded) -> None:
    call, n = _part(e.recording)
    engine.recording_ended(at, engine.call_of(call), n, e.length_us, e.reason)


def _web_answered(engine: Engine, at: Instant, e: ev.WebServerAnswered) -> None:
    call, n = _part(e.request)
    engine.web_server_answered(at, engine.call_of(call), n, e.status, e.body, e.latency_us)


def _web_failed(engine: Engine, at: Instant, e: ev.WebServerFailed) -> None:
    call, n = _part(e.request)
    engine.web_server_failed(at, engine.call_of(call), n, e.reason, e.latency_us)


def _message(engine: Engine, at: Instant, e: ev.MessageSent | ev.MessageFailed) -> None:
    engine.message_over(at, engine.call_of(_part(e.message)[0]))


def _transfer(engine: Engine, at: Instant, e: ev.TransferRequested) -> None:
    leg = engine.leg_of(e.leg) if e.leg else None
    replaces = engine.call_of(e.replaces) if e.replaces else None
    engine.transfer(at, engine.call_of(e.call), e.to, leg, replaces)


def _hold(engine: Engine, at: Instant, e: ev.PartyHeld | ev.PartyResumed) -> None:
    leg = engine.leg_of(e.leg) if e.leg else None
    engine.hold(at, engine.call_of(e.call), leg, isinstance(e, ev.PartyHeld))


def _erase(engine: Engine, at: Instant, e: ev.NumberErased) -> None:
    engine.advance(at)
    engine.tenant.talked_with.pop(e.number[-10:], None)


def _override(engine: Engine, at: Instant, e: ev.OverrideSet) -> None:
    engine.advance(at)
    if e.mode == "auto":
        engine.tenant.overrides.pop(e.element, None)
    else:
        engine.tenant.overrides[e.element] = (e.mode, e.until)


_HANDLERS: dict[type[ev.Event], Callable[[Engine, Instant, Any], None]] = {
    ev.Advance: lambda engine, at, e: engine.advance(at),
    ev.CallArrived: _call_arrived,
    ev.CallerHungUp: lambda engine, at, e: engine.caller_hung_up(at, engine.call_of(e.call), e.cause),
    ev.HangupRequested: lambda engine, at, e: engine.hang_up(at, engine.call_of(e.call)),
    ev.DigitPressed: _digit,
    ev.LegRinging: lambda engine, at, e: engine.leg_ringing(at, engine.leg_of(e.leg)),
    ev.LegAnswered: lambda engine, at, e: engine.leg_answered(at, engine.leg_of(e.leg)),
    ev.LegFailed: lambda engine, at, e: engine.leg_failed(at, engine.leg_of(e.leg), e.cause),
    ev.LegEnded: lambda engine, at, e: engine.leg_ended(at, engine.leg_of(e.leg), e.cause, e.wrap_up_us),
    ev.PromptEnded: _prompt_ended,
    ev.RecordingEnded: _recording_ended,
    ev.WebServerAnswered: _web_answered,
    ev.WebServerFailed: _web_failed,
    ev.MessageSent: _message,
    ev.MessageFailed: _message,
    ev.DeviceRegistered: lambda engine, at, e: engine.device_registered(at, engine.user_of(e.user), e.device),
    ev.DeviceUnregistered: lambda engine, at, e: engine.device_unregistered(at, engine.user_of(e.user), e.device),
    ev.DoNotDisturbSet: lambda engine, at, e: engine.do_not_disturb(at, engine.user_of(e.user), e.on),
    ev.MemberSignedIn: lambda engine, at, e: engine.sign(at, engine.user_of(e.user), e.queue, True),
    ev.MemberSignedOut: lambda engine, at, e: engine.sign(at, engine.user_of(e.user), e.queue, False),
    ev.MemberPaused: lambda engine, at, e: engine.pause(at, engine.user_of(e.user), e.queue, e.reason),
    ev.MemberUnpaused: lambda engine, at, e: engine.unpause(at, engine.user_of(e.user), e.queue),
    ev.TrunkStateChanged: lambda engine, at, e: engine.trunk_changed(at, e.trunk, e.state),
    ev.OverrideSet: _override,
    ev.NumberErased: _erase,
    ev.PartyHeld: _hold,
    ev.PartyResumed: _hold,
    ev.TransferRequested: _transfer,
    ev.FlowPublished: lambda engine, at, e: engine.publish(at, e.flow),
    ev.FlowPromoted: lambda engine, at, e: engine.promote(at, e.flow, e.share),
    ev.FlowRetired: lambda engine, at, e: engine.retire(at, e.flow),
}
