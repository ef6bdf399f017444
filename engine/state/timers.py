"""Deadlines of one tenant, in the order (deadline, birth). Decides when something is due and nothing else.

Two ways to stand, one order. Timers are objects in a heap; a cancelled one is skipped when its turn comes, and when the dead
outnumber the living the heap is built again. What is many and nearly always overtaken by events stands in lanes: all entries of a
lane have the same length, so they come due in order of birth, and a list is enough. Work after the calls of a queue has a lane of
timers; a queue's longest waits and first relaxations, ring limits of offers and the longest-call guard (R-02.17) are lists of
the visits, legs and calls themselves, with no timer object.

`due` is a lower bound of the next deadline: an event before it needs to look no further. What is dead at the head of a lane
goes when something is added behind it, so the bound keeps up with calls and a lane holds no call that is long over.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from mypy_extensions import i64

from engine.contract import limits
from engine.contract.ids import Duration, Instant
from engine.state.leg import RINGING, Leg

if TYPE_CHECKING:
    from engine.state.call import Call, CallChain, Visit
    from engine.state.member import UserState
    from engine.state.queue_state import QueueState, QueueVisit

VISIT: Final = 0
"""A deadline of a call's visit at an element; `name` says which."""
MEMBER: Final = 1
"""A member's wrap-up or retry wait is over."""
TIER: Final = 2
"""A tier of a queue may open."""

CALLBACK: Final = 3
"""A manager, or the visitor who is called back, has rung long enough (R-17.4)."""

NEVER: Final = 1 << 61
"""Later than every deadline."""


LONGEST_CALL_US: Final[int] = limits.LONGEST_CALL_US
"""Here, as its own name is looked up with every call."""

DEAD_KEPT: Final = 256
"""Entries of a lane that are over and still held: letting go of many at once is cheaper."""


class Timer:
    """One deadline. `alive` is cleared by `Timers.cancel` and when it fires."""

    __slots__ = ("deadline", "what", "born", "alive", "in_lane", "name", "call", "visit", "user", "queue")

    def __init__(self, deadline: Instant, what: int, born: i64) -> None:
        self.deadline = deadline
        self.what = what
        self.born: i64 = born
        self.alive = True
        self.in_lane = False
        self.name = ""
        self.call: Call | None = None
        self.visit: Visit | None = None
        self.user: UserState | None = None
        self.queue: QueueState | None = None


class RingLane:
    """Offers that ring for the same length, oldest first. Those before `head` are over."""

    __slots__ = ("ring_us", "legs", "head", "known")

    def __init__(self, ring_us: Duration) -> None:
        self.ring_us = ring_us
        self.legs: list[Leg] = []
        self.head: i64 = 0
        self.known = False
        """Whether `Timers` knows it; a lane becomes known with its first offer."""

    def put(self, leg: Leg) -> None:
        """A new offer rings. Where phones are picked up at once it takes the place of the one before, which no longer rings."""
        legs = self.legs
        last: i64 = len(legs) - 1
        if last == self.head and legs[last].state != RINGING:
            legs[last] = leg
        else:
            self.first()
            legs.append(leg)

    def first(self) -> Leg | None:
        """The oldest offer that still rings."""
        legs = self.legs
        head = self.head
        end: i64 = len(legs)
        while head < end and legs[head].state != RINGING:
            head += 1
        if head == end:
            legs.clear()
            self.head = 0
            return None
        if head > DEAD_KEPT:
            del legs[:head]
            head = 0
        self.head = head
        return legs[head]


class VisitLane:
    """Visits to a queue whose longest wait, or first relaxation, is still to come, in order of entry. Those before `head` are
    past it."""

    __slots__ = ("length_us", "relaxes", "visits", "head", "known", "taken")

    def __init__(self, length_us: Duration, relaxes: bool) -> None:
        self.length_us = length_us
        self.relaxes = relaxes
        """Whether it is a skill that is given up then; else the caller leaves."""
        self.visits: list[QueueVisit] = []
        self.head: i64 = 0
        self.known = False
        self.taken: QueueVisit | None = None
        """The visit whose turn it is, when the lane was given as what is due."""

    def born(self, visit: QueueVisit) -> i64:
        """Place of its deadline among others of the same instant; 0 when it has none any more."""
        return visit.relax_born if self.relaxes else visit.limit_born

    def first(self) -> QueueVisit | None:
        """The first visit that still has its deadline to come."""
        visits = self.visits
        head = self.head
        end: i64 = len(visits)
        while head < end and self.born(visits[head]) == 0:
            head += 1
        if head == end:
            visits.clear()
            self.head = 0
            return None
        if head > DEAD_KEPT:
            del visits[:head]
            head = 0
        self.head = head
        return visits[head]


class TimerLane:
    """Timers that come due in the order they were made, as all are equally long. Those before `head` are dead."""

    __slots__ = ("timers", "head", "known")

    def __init__(self) -> None:
        self.timers: list[Timer] = []
        self.head: i64 = 0
        self.known = False

    def first(self) -> Timer | None:
        """The first living one."""
        timers = self.timers
        head = self.head
        end: i64 = len(timers)
        while head < end and not timers[head].alive:
            head += 1
        if head == end:
            timers.clear()
            self.head = 0
            return None
        if head > DEAD_KEPT:
            del timers[:head]
            head = 0
        self.head = head
        return timers[head]


class Timers:
    """All deadlines of a tenant."""

    def __init__(self, calls: CallChain) -> None:
        self.calls = calls
        """Those the tenant holds, as they came: each is guarded."""
        self.due: Instant = NEVER
        """Nothing is due before this instant."""
        self.heap: list[tuple[Instant, int, Timer]] = []
        self.born: i64 = 0
        self.dead = 0
        self.lanes: list[RingLane] = []
        self.timer_lanes: list[TimerLane] = []
        self.visit_lanes: list[VisitLane] = []

    def add(self, deadline: Instant, what: int, lane: TimerLane | None = None) -> Timer:
        """A new living timer. With a `lane` it stands there, if nothing in it comes later, and not in the heap."""
        born = self.born + 1
        self.born = born
        timer = Timer(deadline, what, born)
        if lane is not None:
            last = lane.first()
            if last is not None:
                last = lane.timers[-1]
            if last is None or last.deadline <= deadline:
                timer.in_lane = True
                lane.timers.append(timer)
                if not lane.known:
                    lane.known = True
                    self.timer_lanes.append(lane)
        if not timer.in_lane:
            heapq.heappush(self.heap, (deadline, born, timer))
        if deadline < self.due:
            self.due = deadline
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never fires. Harmless on None and on one that has fired."""
        if timer is None or not timer.alive:
            return
        timer.alive = False
        timer.call = None  # so that what is over does not hold itself in a circle
        timer.visit = None
        if timer.in_lane:
            return
        self.dead += 1
        if self.dead > 64 and self.dead * 2 > len(self.heap):
            self.heap = [entry for entry in self.heap if entry[2].alive]
            heapq.heapify(self.heap)
            self.dead = 0

    def watch(self, at: Instant) -> i64:
        """Guard a call that comes now against lasting longer than `limits.LONGEST_CALL_US`; its place among other deadlines."""
        born = self.born + 1
        self.born = born
        deadline = at + LONGEST_CALL_US
        if deadline < self.due:
            self.due = deadline
        return born

    def watch_ring(self, leg: Leg, lane: RingLane) -> None:
        """Guard an offer against ringing longer than its `ring_us`, which is that of `lane`."""
        self.born += 1
        leg.born = self.born
        if not lane.known:
            lane.known = True
            self.lanes.append(lane)
        lane.put(leg)
        deadline = leg.placed_at + lane.ring_us
        if deadline < self.due:
            self.due = deadline

    def watch_visit(self, visit: QueueVisit, lane: VisitLane) -> None:
        """Let a visit that begins now have the deadline of `lane`."""
        born = self.born + 1
        self.born = born
        if lane.relaxes:
            visit.relax_born = born
        else:
            visit.limit_born = born
        if not lane.known:
            lane.known = True
            self.visit_lanes.append(lane)
        lane.first()
        lane.visits.append(visit)
        deadline = visit.entered_at + lane.length_us
        if deadline < self.due:
            self.due = deadline

    def forget(self, queue: QueueState) -> None:
        """A queue is gone, and every call that was in it. Members may still work on for a while: that goes to the heap."""
        if queue.rings.known:
            self.lanes.remove(queue.rings)
        for visits in (queue.limits, queue.relaxations):
            if visits.known:
                self.visit_lanes.remove(visits)
        work = queue.work
        if work.known:
            self.timer_lanes.remove(work)
            for timer in work.timers[work.head :]:
                if timer.alive:
                    timer.in_lane = False
                    heapq.heappush(self.heap, (timer.deadline, timer.born, timer))

    def _first_long(self) -> Call | None:
        """The call that has lasted longest of those that are not over."""
        call = self.calls.first
        while call is not None and call.over:
            call = call.after
        return call

    def next_deadline(self) -> Instant:
        """The earliest living deadline, `NEVER` if there is none."""
        heap = self.heap
        while heap and not heap[0][2].alive:
            heapq.heappop(heap)
            self.dead -= 1
        due = heap[0][0] if heap else NEVER
        call = self._first_long()
        if call is not None and call.started_at + LONGEST_CALL_US < due:
            due = call.started_at + LONGEST_CALL_US
        for lane in self.lanes:
            leg = lane.first()
            if leg is not None and leg.placed_at + lane.ring_us < due:
                due = leg.placed_at + lane.ring_us
        for timers in self.timer_lanes:
            timer = timers.first()
            if timer is not None and timer.deadline < due:
                due = timer.deadline
        for visits in self.visit_lanes:
            visit = visits.first()
            if visit is not None and visit.entered_at + visits.length_us < due:
                due = visit.entered_at + visits.length_us
        self.due = due
        return due

    def pop_due(self, at: Instant) -> Timer | Call | Leg | VisitLane | None:
        """The first of what is due at or before `at`: a timer, an overlong call, a leg that rang long enough, or the lane
        whose `taken` visit has waited so long."""
        due = self.next_deadline()
        return None if due > at else self.pop(due)

    def pop(self, due: Instant) -> Timer | Call | Leg | VisitLane:
        """The first of what is due at `due`, which `next_deadline` gave just now."""
        born: i64 = NEVER
        rung: RingLane | None = None
        for lane in self.lanes:
            leg = lane.first()
            if leg is not None and leg.placed_at + lane.ring_us == due and leg.born < born:
                born = leg.born
                rung = lane
        call = self._first_long()
        if call is not None and (call.started_at + LONGEST_CALL_US != due or call.born > born):
            call = None
        if call is not None:
            born = call.born
        found: TimerLane | None = None
        for timers in self.timer_lanes:
            waiting = timers.first()
            if waiting is not None and waiting.deadline == due and waiting.born < born:
                born = waiting.born
                found = timers
        waits: VisitLane | None = None
        for visits in self.visit_lanes:
            visit = visits.first()
            if visit is not None and visit.entered_at + visits.length_us == due and visits.born(visit) < born:
                born = visits.born(visit)
                waits = visits
        heap = self.heap
        if heap and heap[0][0] == due and heap[0][1] < born:
            timer = heapq.heappop(heap)[2]
            timer.alive = False
            return timer
        if waits is not None:
            taken = waits.taken = waits.visits[waits.head]
            waits.head += 1
            if waits.relaxes:
                taken.relax_born = 0
            else:
                taken.limit_born = 0
            return waits
        if found is not None:
            timer = found.timers[found.head]
            found.head += 1
            timer.alive = False
            return timer
        if call is not None:
            return call
        assert rung is not None
        rung.head += 1
        return rung.legs[rung.head - 1]
