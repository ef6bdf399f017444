"""From the present of an engine to another one that goes on from there: what a forecast begins with.

Decides how members, waiting calls, offers and talks of `present.py` become the objects of a fresh engine, as if it had lived
through the hours before. What the version no longer has is left out: queues, members and elements by their numbers. A call in a
queue keeps its place, its offers and its deadlines; a talk goes on until the world ends it; a call anywhere else comes to its
element again at that instant, as where exactly it was in a greeting is not told. Leaves how long all that will last to the
world: the engine draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.contract.errors import DriverError
from engine.contract.ids import Instant
from engine.control.engine import Engine
from engine.control.present import FORMAT, Present, PresentCall, PresentLeg, PresentMember, PresentWait
from engine.elements.queue import Queue
from engine.state import member as m
from engine.state import queue_state as qs
from engine.state.call import Call
from engine.state.element import Element, Exit
from engine.state.leg import ANSWERED, RINGING, Leg
from engine.state.member import Seat, UserState
from engine.state.queue_state import QueueState, QueueVisit

Make = Callable[[PresentCall], Call]
"""The world's own call for one of the present; its id must be that of the present."""


class Resumed(msgspec.Struct):
    """What goes on in an engine that was resumed, for the world to say how long."""

    waiting: list[tuple[Call, PresentWait]] = []
    """In order of entry; those whose offer rings are among them."""
    ringing: list[Leg] = []
    talking: list[tuple[Call, Leg]] = []
    elsewhere: list[tuple[Call, Element]] = []
    """Calls that come to their element again by `go_on`."""
    left_out: list[str] = []
    """Ids of calls that cannot go on here."""


def resume(engine: Engine, present: Present, make: Make) -> Resumed:
    """Let a fresh engine hold what `present` says, at its instant. Raises DriverError for a form it does not know.

    Members who are free take waiting calls at once, as they would have. Call `go_on` when the world is ready for calls that
    move.
    """
    if present.format != FORMAT:
        raise DriverError(
            f"the present has form {present.format}, this version reads {FORMAT}; use one version for both"
        )
    engine.advance(present.at)
    return _Resuming(engine, present).all(make)


def go_on(engine: Engine, at: Instant, resumed: Resumed) -> None:
    """Let calls that are neither in a queue nor talking come to their element again."""
    for call, element in resumed.elsewhere:
        exit_ = Exit("resumed", str(element.number), "R-02.11")
        exit_.target = element
        engine.follow(at, call, exit_)


class _Resuming:
    def __init__(self, engine: Engine, present: Present) -> None:
        self.engine, self.present = engine, present
        self.tenant = engine.tenant
        self.version = engine.versions.newest
        self.flow = self.version.flow
        self.queues = {queue.number: queue for queue in self.version.queues if queue is not None}
        self.seats = {(queue.number, seat.user.number): seat for queue in self.queues.values() for seat in queue.seats}
        self.resumed = Resumed()
        self.legs: list[tuple[Call, QueueVisit | None, PresentLeg]] = []

    def all(self, make: Make) -> Resumed:
        for member in self.present.members:
            user = self.tenant.users.get(member.user)
            if user is not None:
                self._member(user, member)
        self._queues()
        waits: list[tuple[PresentWait, PresentCall, Call]] = []
        for told in sorted(self.present.calls, key=lambda one: one.started_at):
            self._call(told, make, waits)
        for wait, told, call in sorted(waits, key=lambda one: (one[0].entered_at, one[1].started_at)):
            self._wait(call, told, wait)
        for call, visit, leg in sorted(self.legs, key=lambda one: one[2].placed_at):
            self._leg(call, visit, leg)
        for call, _ in self.resumed.waiting:
            self._wait_on(call)
        states: dict[int, int] = {}
        for call in self.tenant.calls.values():
            for living in call.live_legs:
                if living.user is not None:
                    number = living.user.number
                    states[number] = max(states.get(number, m.RINGING), _STATE[living.state])
        for number in sorted(self.tenant.users):
            self._settle(self.tenant.users[number], states.get(number))
        for queue in self.queues.values():
            self.tenant.dispatcher.run(self.present.at, queue)
        return self.resumed

    # --- members ------------------------------------------------------------------------------------------------------

    def _member(self, user: UserState, told: PresentMember) -> None:
        user.devices = {str(n): None for n in range(1, told.devices + 1)}
        user.do_not_disturb = told.do_not_disturb
        user.wrap_up_until = told.wrap_up_until
        user.retry_until = told.retry_until
        user.last_answered_end = told.last_answered_end
        for seat in told.seats:
            membership = user.memberships.get(seat.queue)
            if membership is not None:
                membership.signed_in = seat.signed_in
                membership.paused = seat.paused
                membership.reason = seat.reason
                membership.answered = seat.answered
                membership.talk_us = seat.talk_us
                membership.missed_in_row = seat.missed_in_row
        for held in user.seats:
            held.queue.count_in(held)

    def _settle(self, user: UserState, at_phone: int | None) -> None:
        """What a member does follows from their legs and calls; one who is free is offered what waits."""
        if at_phone is not None:
            user.state = at_phone
        elif user.own_calls:
            user.state = m.AWAY
        else:
            self.tenant.dispatcher.wait_over(self.present.at, user)

    def _queues(self) -> None:
        for told in self.present.queues:
            queue = self.queues.get(told.queue)
            if queue is None:
                continue
            seat = self._seat_of(queue, told.last_offered)
            queue.last_offered = seat.rank if seat is not None else -1
            for tier in queue.tiers:
                tier.empty_since = told.empty_since.get(tier.number, tier.empty_since)
            for seat in queue.seats:
                queue.last_eligible[seat.rank] = queue.by_tier[seat.tier].empty_since

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, told: PresentCall, make: Make, waits: list[tuple[PresentWait, PresentCall, Call]]) -> None:
        """Take a call in, unless there is no place here where it could be."""
        element = self.flow.find(str(told.element)) if told.element else None
        talks = told.talking is not None and any(leg.n == told.talking for leg in told.legs)
        wait = told.wait if told.wait is not None and told.wait.queue in self.queues else None
        if wait is None and not talks and element is None:
            self.resumed.left_out.append(told.id)
            return
        tenant, call = self.tenant, make(told)
        self.version.calls += 1
        call.starts(told.started_at, self.version, tenant.timers.watch(told.started_at))
        tenant.calls.take_in(call)
        call.answered, call.released = told.answered, told.released
        call.answered_at = told.started_at if told.answered else -1
        call.legs = told.placed
        call.element, call.entered_at, call.entries = element, told.entered_at, 1
        trunk = tenant.trunks.get(told.trunk) if told.trunk is not None else None
        if trunk is not None:
            call.line = trunk
            if not told.released:
                trunk.in_use += 1
        if told.user is not None and told.user in tenant.users:
            call.originator = told.user
            tenant.users[told.user].own_calls += 1
        if wait is not None:
            waits.append((wait, told, call))
        elif talks:
            self.legs += [(call, None, leg) for leg in told.legs if leg.n == told.talking]
        elif element is not None:
            call.element = None
            self.resumed.elsewhere.append((call, element))

    def _wait(self, call: Call, told: PresentCall, wait: PresentWait) -> None:
        queue, at = self.queues[wait.queue], self.present.at
        element = self.flow.elements[wait.queue]
        assert isinstance(element, Queue)
        call.element = element
        queue.born += 1
        visit = QueueVisit(call, queue, wait.entered_at, wait.since, wait.priority, queue.born)
        if wait.priority:
            queue.may_reorder = True
        visit.skills = wait.skills
        visit.relaxed = wait.relaxed
        tried = self._seat_of(queue, wait.tried)
        visit.tried = tried.rank if tried is not None else -1
        call.visit = visit
        queue.take_in(visit)
        if queue.limits.length_us and not call.released:
            self.tenant.timers.watch_visit(visit, queue.limits)
        if element.relax and visit.relaxed == 0:
            self.tenant.watch_visit(visit, queue.relaxations)
        elif visit.relaxed < len(element.relax):
            due = max(at, wait.entered_at + element.relax[visit.relaxed][0])
            visit.relax_timer = self.tenant.wake(due, call, visit, "relax")
            visit.timed = True
        every_us = element.announce_us or element.message_us
        if every_us and not call.released:
            due = wait.entered_at + ((at - wait.entered_at) // every_us + 1) * every_us
            visit.announce_timer = self.tenant.wake(due, call, visit, "announce")
            visit.timed = True
        self.legs += [(call, visit, leg) for leg in told.legs if leg.queue == wait.queue and leg.answered_at is None]
        self.resumed.waiting.append((call, wait))

    def _wait_on(self, call: Call) -> None:
        """One whose offers are known by now: it waits for another one, or lets the next member ring too."""
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if not visit.offers:
            visit.queue.put(visit)
        elif visit.queue.settings.strategy == "progressive":
            visit.step_timer = self.tenant.wake(self.present.at + visit.queue.settings.step_us, call, visit, "step")
            visit.timed = True

    def _leg(self, call: Call, visit: QueueVisit | None, told: PresentLeg) -> None:
        user = self.tenant.users.get(told.user) if told.user is not None else None
        seat = None
        if told.queue in self.queues and user is not None:
            seat = self._seat_of(self.queues[told.queue], user.number)
        if visit is not None and seat is None:
            return  # the queue has no such member here: the call waits for another one
        leg = Leg(call, told.n, user, told.ring_us, told.placed_at, visit)
        leg.seat = seat
        call.add_leg(leg)
        if user is not None:
            user.legs += 1
        if told.trunk in self.tenant.trunks:
            leg.trunk = told.trunk
            self.tenant.trunks[told.trunk].in_use += 1
        if visit is not None:
            visit.offers += 1
            visit.state = qs.OFFERED
            if visit.queue.settings.strategy == "ring_all":
                visit.queue.serving = visit
            self.tenant.timers.watch_ring(leg, visit.queue.rings)
            self.resumed.ringing.append(leg)
            return
        leg.state = ANSWERED if told.answered_at is not None else RINGING
        leg.answered_at = told.answered_at if told.answered_at is not None else -1
        if seat is not None:
            leg.wrap_up_us = seat.queue.settings.wrap_up_us
        call.talking = leg
        call.talk_from = leg.answered_at
        self.resumed.talking.append((call, leg))

    def _seat_of(self, queue: QueueState, member: int | None) -> Seat | None:
        return self.seats.get((queue.number, member)) if member is not None else None


_STATE = {RINGING: m.RINGING, ANSWERED: m.TALKING}
"""What a member does whose phone rings, or who has picked up."""
