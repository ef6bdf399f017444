"""Deadlines of one tenant, in the order (deadline, birth). Decides when something is due and nothing else.

A cancelled timer stays in the heap until its turn and is then skipped; when the dead outnumber the living the heap is built
anew, so memory follows the number of living timers. The longest-call guard (R-02.17) is the same length for every call, so
its deadlines come in order of birth and live in a queue of calls beside the heap: no timer object per call.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Final

from engine import limits
from engine.ids import Duration, Instant

if TYPE_CHECKING:
    from engine.call import Call, Visit
    from engine.leg import Leg
    from engine.member import User
    from engine.queue_state import QueueState

VISIT: Final = 0
"""A deadline of a call's visit at an element; `name` says which."""
RING: Final = 1
"""A queue's offer rang long enough."""
MEMBER: Final = 2
"""A member's wrap-up or retry wait is over."""
TIER: Final = 3
"""A tier of a queue may open."""

NEVER: Final = 1 << 62
"""Later than every deadline."""


class Timer:
    """One deadline. `alive` is cleared by `Timers.cancel` and when it fires."""

    __slots__ = ("deadline", "what", "name", "call", "visit", "leg", "user", "queue", "alive")

    def __init__(self, deadline: Instant, what: int) -> None:
        self.deadline = deadline
        self.what = what
        self.name = ""
        self.call: Call | None = None
        self.visit: Visit | None = None
        self.leg: Leg | None = None
        self.user: User | None = None
        self.queue: QueueState | None = None
        self.alive = True


class Timers:
    """All deadlines of a tenant."""

    __slots__ = ("heap", "born", "dead", "long_calls")

    def __init__(self) -> None:
        self.heap: list[tuple[Instant, int, Timer]] = []
        self.born = 0
        self.dead = 0
        self.long_calls: deque[tuple[Instant, int, Call]] = deque()

    def add(self, deadline: Instant, what: int) -> Timer:
        """A new living timer."""
        timer = Timer(deadline, what)
        self.born += 1
        heapq.heappush(self.heap, (deadline, self.born, timer))
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never fires. Harmless on None and on one that has fired."""
        if timer is None or not timer.alive:
            return
        timer.alive = False
        self.dead += 1
        if self.dead > 64 and self.dead * 2 > len(self.heap):
            self.heap = [entry for entry in self.heap if entry[2].alive]
            heapq.heapify(self.heap)
            self.dead = 0

    def watch(self, call: Call, at: Instant) -> None:
        """Guard a new call against lasting longer than `limits.LONGEST_CALL_US`."""
        self.born += 1
        self.long_calls.append((at + limits.LONGEST_CALL_US, self.born, call))

    def next_deadline(self) -> Instant:
        """The earliest living deadline, `NEVER` if there is none."""
        heap = self.heap
        while heap and not heap[0][2].alive:
            heapq.heappop(heap)
            self.dead -= 1
        long_calls = self.long_calls
        while long_calls and long_calls[0][2].over:
            long_calls.popleft()
        due = heap[0][0] if heap else NEVER
        if long_calls and long_calls[0][0] < due:
            due = long_calls[0][0]
        return due

    def pop_due(self, at: Instant) -> tuple[Timer | None, Call | None]:
        """The first timer, or the first overlong call, due at or before `at`; a pair of None when none is."""
        due = self.next_deadline()
        if due > at:
            return None, None
        long_calls = self.long_calls
        heap = self.heap
        if long_calls and long_calls[0][0] == due and (not heap or heap[0][:2] > long_calls[0][:2]):
            return None, long_calls.popleft()[2]
        timer = heapq.heappop(heap)[2]
        timer.alive = False
        return timer, None


def length_left(timer: Timer | None, at: Instant) -> Duration:
    """How long until `timer` fires; 0 when it will not."""
    return max(0, timer.deadline - at) if timer is not None and timer.alive else 0
