"""What will happen in the simulated world, and in which order.

Decides that things happen in the order (instant, birth), that what happens at once happens before time goes on, and
names the kinds of happenings. Times live here and not in SimPy because a SimPy event costs ten times as much;
SimPy's clock is the outer one (see `driver.py`). Leaves what a happening does to `world.py`.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

from mypy_extensions import i64, mypyc_attr

from engine.contract.ids import Instant

TALK_OVER: Final = 0
"""The member's side hangs up. Thing: the leg."""
PICKS_UP: Final = 1
"""A phone is answered. Thing: the leg."""
GIVES_UP: Final = 2
"""A caller's patience is over. Thing: the caller; number: the token it was planned under."""
KEY: Final = 3
"""A caller presses a key. Thing: the caller; number: the token."""
PROMPT_OVER: Final = 4
"""A sound has been heard to its end. Thing: the caller; number: the play."""
LEG_OVER: Final = 5
"""A leg we hung up is gone. Thing: the leg."""
CANCELLED: Final = 6
"""A leg we cancelled is gone. Thing: the leg; number: index of the cause."""
PROMPT_STOPPED: Final = 7
"""A sound we stopped is silent. Thing: the caller; number: the play."""
CALLER_DONE: Final = 8
"""The caller's side ends a talk. Thing: the leg."""
REFUSES: Final = 9
"""A member refuses an offer. Thing: the leg."""
REDIAL: Final = 10
"""A caller tries again. Thing: the caller of the attempt before."""
SPOKEN: Final = 11
"""A caller has left a voice message and hangs up. Thing: the caller; number: the recording."""
RECORDING_FULL: Final = 12
"""A recording reached its longest. Thing: the caller; number: the recording."""
RECORDING_STOPPED: Final = 13
"""A recording we stopped has ended. Thing: the caller; number: the recording."""
WEB: Final = 14
"""A web server answers, or does not. Thing: the request."""
MESSAGE: Final = 15
"""An e-mail is sent. Thing: the caller."""
LOOK_AT_PAUSE: Final = 16
"""An offer was missed where many in a row pause the member (R-08.12). Thing: the leg."""
COMES_BACK: Final = 17
"""A member paused so comes back. Thing: the leg that was missed."""
MAILBOX: Final = 18
"""A user has given the PIN of their mailbox. Thing: the caller; number: the request."""

FAR: Final = 1 << 61
"""Later than everything, and the largest such power that compiled code need not box."""

COMPILED: Final = not __file__.endswith(".py")
"""Whether this file runs compiled: the two want different lists, which give the same order."""


@mypyc_attr(free_list_len=1, acyclic=True)
class ScheduledEvent:
    """One thing to come. What it holds never leads back to it, so the garbage collector need not know of it."""

    __slots__ = ("at", "born", "kind", "thing", "number")

    def __init__(self, at: i64, born: i64, kind: i64, thing: object, number: i64) -> None:
        self.at: i64 = at
        self.born: i64 = born
        self.kind: i64 = kind
        self.thing = thing
        self.number: i64 = number


class EventList:
    """Happenings to come. A cancelled one stays until its turn and is found void then, as its thing has moved on.

    `next` is the instant of the first, `FAR` when there is none. `pop` takes it off and leaves it in `kind`, `thing`
    and `number`.
    """

    __slots__ = ("next", "kind", "thing", "number", "born")

    def __init__(self) -> None:
        self.next: i64 = FAR
        self.kind: i64 = 0
        self.thing: object = None
        self.number: i64 = 0
        self.born: i64 = 0

    def push(self, at: Instant, kind: i64, thing: object, number: i64) -> None:
        """Something will happen at `at`, after all that was pushed before for that instant."""
        raise NotImplementedError

    def pop(self) -> None:
        """Take off the first; there must be one."""
        raise NotImplementedError


class TupleList(EventList):
    """The list for the interpreter: tuples in `heapq`, whose loops are in C."""

    __slots__ = ("heap",)

    def __init__(self) -> None:
        super().__init__()
        self.heap: list[tuple[Instant, int, int, object, int]] = []

    def push(self, at: Instant, kind: i64, thing: object, number: i64) -> None:
        born = self.born + 1
        self.born = born
        heappush(self.heap, (at, born, kind, thing, number))
        if at < self.next:
            self.next = at

    def pop(self) -> None:
        heap = self.heap
        _, _, self.kind, self.thing, self.number = heappop(heap)
        self.next = heap[0][0] if heap else FAR


class NativeList(EventList):
    """The list for compiled code: a binary heap of objects whose order is two machine words, so nothing is boxed."""

    __slots__ = ("heap",)

    def __init__(self) -> None:
        super().__init__()
        self.heap: list[ScheduledEvent] = []

    def push(self, at: Instant, kind: i64, thing: object, number: i64) -> None:
        born = self.born + 1
        self.born = born
        new = ScheduledEvent(at, born, kind, thing, number)
        heap = self.heap
        heap.append(new)
        place: i64 = len(heap) - 1
        while place > 0:  # a new one goes behind its equals, so `<` alone decides
            above: i64 = (place - 1) >> 1
            parent = heap[above]
            if parent.at <= at:
                break
            heap[place] = parent
            place = above
        heap[place] = new
        if at < self.next:
            self.next = at

    def pop(self) -> None:
        heap = self.heap
        first = heap[0]
        self.kind = first.kind
        self.thing = first.thing
        self.number = first.number
        last = heap.pop()
        end: i64 = len(heap)
        if end == 0:
            self.next = FAR
            return
        place: i64 = 0
        below: i64 = 1
        while below + 1 < end:  # the hole sinks to a leaf, as the last one belongs near the leaves ...
            child = heap[below]
            other = heap[below + 1]
            if other.at < child.at or (other.at == child.at and other.born < child.born):
                child = other
                below += 1
            heap[place] = child
            place = below
            below = 2 * place + 1
        if below < end:
            heap[place] = heap[below]
            place = below
        at = last.at
        born = last.born
        while place > 0:  # ... and rises from there as far as it must
            above: i64 = (place - 1) >> 1
            parent = heap[above]
            if parent.at < at or (parent.at == at and parent.born < born):
                break
            heap[place] = parent
            place = above
        heap[place] = last
        self.next = heap[0].at


def make() -> EventList:
    """An empty list, of the kind that suits."""
    return NativeList() if COMPILED else TupleList()
