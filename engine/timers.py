"""Deadlines of one tenant, in the order (deadline, birth). Decides when something is due and nothing else.

Three stores, one order. Timers of visits, members and tiers are objects in a heap; a cancelled one is skipped when its turn
comes, and when the dead outnumber the living the heap is built anew. Ring limits of offers and the longest-call guard
(R-02.17) are many and nearly always overtaken by events, so they are lanes: all entries of a lane have the same length, hence
come due in order of birth, and a queue of the legs or calls themselves does, with no timer object and nothing to cancel.

`due` is a lower bound of the next deadline: an event before it needs to look no further. What is dead at the head of a lane
goes when something is added behind it, so the bound keeps up with calls and a lane holds no call that is long over.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Final

from engine import limits
from engine.ids import Duration, Instant
from engine.leg import RINGING, Leg

if TYPE_CHECKING:
    from engine.call import Call, Visit
    from engine.member import User
    from engine.queue_state import QueueState

VISIT: Final = 0
"""A deadline of a call's visit at an element; `name` says which."""
MEMBER: Final = 1
"""A member's wrap-up or retry wait is over."""
TIER: Final = 2
"""A tier of a queue may open."""

NEVER: Final = 1 << 61
"""Later than every deadline."""


class Timer:
    """One deadline. `alive` is cleared by `Timers.cancel` and when it fires."""

    alive: bool = True
    name: str = ""
    call: Call | None = None
    visit: Visit | None = None
    user: User | None = None
    queue: QueueState | None = None

    def __init__(self, deadline: Instant, what: int) -> None:
        self.deadline = deadline
        self.what = what


class Timers:
    """All deadlines of a tenant."""

    def __init__(self) -> None:
        self.due: Instant = NEVER
        """Nothing is due before this instant."""
        self.heap: list[tuple[Instant, int, Timer]] = []
        self.born = 0
        self.dead = 0
        self.long_calls: deque[tuple[Instant, int, Call]] = deque()
        self.rings: dict[Duration, deque[tuple[Instant, int, Leg]]] = {}
        """By ring length: deadline, birth and leg of offers, oldest first."""

    def add(self, deadline: Instant, what: int) -> Timer:
        """A new living timer."""
        timer = Timer(deadline, what)
        self.born += 1
        heapq.heappush(self.heap, (deadline, self.born, timer))
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
        self.dead += 1
        if self.dead > 64 and self.dead * 2 > len(self.heap):
            self.heap = [entry for entry in self.heap if entry[2].alive]
            heapq.heapify(self.heap)
            self.dead = 0

    def watch(self, call: Call, at: Instant) -> None:
        """Guard a new call against lasting longer than `limits.LONGEST_CALL_US`."""
        self.born += 1
        deadline = at + limits.LONGEST_CALL_US
        long_calls = self.long_calls
        while long_calls and long_calls[0][2].over:
            long_calls.popleft()
        long_calls.append((deadline, self.born, call))
        if deadline < self.due:
            self.due = deadline

    def watch_ring(self, leg: Leg) -> None:
        """Guard an offer against ringing longer than its `ring_us`."""
        ring_us = leg.ring_us
        lane = self.rings.get(ring_us)
        if lane is None:
            lane = deque()
            self.rings[ring_us] = lane
        while lane and lane[0][2].state != RINGING:
            lane.popleft()
        self.born += 1
        deadline = leg.placed_at + ring_us
        lane.append((deadline, self.born, leg))
        if deadline < self.due:
            self.due = deadline

    def next_deadline(self) -> Instant:
        """The earliest living deadline, `NEVER` if there is none."""
        heap = self.heap
        while heap and not heap[0][2].alive:
            heapq.heappop(heap)
            self.dead -= 1
        due = heap[0][0] if heap else NEVER
        long_calls = self.long_calls
        while long_calls and long_calls[0][2].over:
            long_calls.popleft()
        if long_calls and long_calls[0][0] < due:
            due = long_calls[0][0]
        for lane in self.rings.values():
            while lane and lane[0][2].state != RINGING:
                lane.popleft()
            if lane and lane[0][0] < due:
                due = lane[0][0]
        self.due = due
        return due

    def pop_due(self, at: Instant) -> Timer | Call | Leg | None:
        """The first of what is due at or before `at`: a timer, an overlong call, or a leg that rang long enough."""
        due = self.next_deadline()
        return None if due > at else self.pop(due)

    def pop(self, due: Instant) -> Timer | Call | Leg:
        """The first of what is due at `due`, which `next_deadline` gave just now."""
        born = NEVER
        later = NEVER
        lane_of: deque[tuple[Instant, int, Leg]] | None = None
        for lane in self.rings.values():
            if lane:
                head = lane[0]
                if head[0] == due and head[1] < born:
                    born = head[1]
                    lane_of = lane
                if head[0] < later:
                    later = head[0]
        long_calls = self.long_calls
        long_first = False
        if long_calls:
            guard = long_calls[0]
            if guard[0] == due and guard[1] < born:
                long_first = True
                born = guard[1]
            if guard[0] < later:
                later = guard[0]
        heap = self.heap
        if heap and heap[0][0] == due and heap[0][1] < born:
            timer = heapq.heappop(heap)[2]
            timer.alive = False
            if heap and heap[0][0] < later:
                later = heap[0][0]
            self.due = later
            return timer
        if long_first:
            return long_calls.popleft()[2]
        assert lane_of is not None
        return lane_of.popleft()[2]
