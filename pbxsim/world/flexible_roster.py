"""Shifts whose members follow the queue: they come earlier and leave later while more calls wait than of late.

Decides when a member of a shift with `flex_s` comes and goes. Who is about to leave stays while many wait in his queues, who is
away comes as soon as they do, each by `flex_s` at most. Many are `LEAST_CALLS`, and `MORE_CALLS` more than the mean of the last
hour or so: a day on which everybody waits is what its roster was made for, and moves nobody. Leaves what coming and going are
to `roster.py`, which also drives rosters in which nobody follows the queue.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator
from typing import Final

import simpy

from engine.contract.ids import SECOND_US, Instant
from engine.state.flow import Flow
from engine.state.queue_state import QueueState
from pbxsim.scenario.scenario import Scenario, Shift
from pbxsim.world import roster
from pbxsim.world.world import World

LOOK_S: Final = 60
MEMORY_S: Final = 3600
"""The mean of waiting calls forgets with this time constant."""

LEAST_CALLS: Final = 2
MORE_CALLS: Final = 1.0

OUT: Final = 0
RESUME: Final = 1
IN: Final = 2
PAUSE: Final = 3
LOOK: Final = 4
"""What happens, in the order in which it does at one instant: leaving comes before coming."""


class Span:
    """One member's time of one shift on one day; `flex_us` before and after it he follows the queue."""

    __slots__ = ("number", "begin", "over", "flex_us")

    def __init__(self, number: int, begin: Instant, over: Instant, shift: Shift) -> None:
        self.number = number
        self.begin = begin
        self.over = over
        self.flex_us = round(shift.flex_s * SECOND_US)


Change = tuple[Instant, int, int, int, Span, str]
"""Instant, what, member, a number that tells changes of one instant apart, of which span, reason of a break."""


class QueueLengths:
    """How many wait in each queue, and how many did of late."""

    __slots__ = ("world", "of_late", "looked_at")

    def __init__(self, world: World) -> None:
        self.world = world
        self.of_late: dict[QueueState, float] = {}
        self.looked_at = world.begin

    def look(self, at: Instant) -> None:
        """Bring the means up to the instant; they count the moments since the last look as this one."""
        weight = min(1.0, (at - self.looked_at) / SECOND_US / MEMORY_S)
        self.looked_at = at
        for queue in self.world.engine.tenant.queues.values():
            before = self.of_late.get(queue, 0.0)
            self.of_late[queue] = before + (int(queue.count) - before) * weight

    def is_long(self, number: int) -> bool:
        """Whether more calls than usual wait for a member."""
        queues = [seat.queue for seat in self.world.engine.tenant.users[number].seats]
        usual = sum(self.of_late.get(queue, 0.0) for queue in queues)
        return sum([int(queue.count) for queue in queues]) >= max(LEAST_CALLS, usual + MORE_CALLS)


def shifts(world: World, scenario: Scenario, flow: Flow) -> Generator[simpy.Event, None, None]:
    """All shifts and breaks of all members, in order of time: one SimPy process for the whole roster."""
    changes = planned(scenario, flow, world.begin, world.end)
    heapq.heapify(changes)
    line = QueueLengths(world)
    there: dict[int, Span] = {}
    early: list[Span] = []
    late: list[Span] = []
    look_at = world.begin
    while changes or late:
        at = min(look_at, changes[0][0]) if changes else look_at
        delay = (at - world.begin) / SECOND_US - world.env.now
        if delay > 0:
            yield world.env.timeout(delay)
        if not changes or at < changes[0][0]:
            look_at = at + LOOK_S * SECOND_US
            line.look(at)
            late = [span for span in late if not _leaves(world, there, span, at, line)]
            early = [span for span in early if not _comes(world, there, span, at, line)]
            continue
        _, what, number, _, span, reason = heapq.heappop(changes)
        if what == LOOK:
            early.append(span)
        elif what == IN:
            if number not in there:
                roster.come(world, number)
            there[number] = span
        elif there.get(number) is not span:
            continue  # he has come for his next shift since
        elif what == OUT:
            if not _leaves(world, there, span, at, line):
                late.append(span)
        elif what == PAUSE:
            roster.rest(world, number, reason)
        else:
            roster.resume(world, number)


def _leaves(world: World, there: dict[int, Span], span: Span, at: Instant, line: QueueLengths) -> bool:
    """Let a member go whose shift is over, unless he stays; True if he need not be looked at again."""
    if there.get(span.number) is not span:
        return True
    if at < span.over + span.flex_us and line.is_long(span.number):
        return False
    roster.leave(world, span.number)
    del there[span.number]
    return True


def _comes(world: World, there: dict[int, Span], span: Span, at: Instant, line: QueueLengths) -> bool:
    """Let a member come before his shift if many wait; True if he need not be looked at again."""
    if at >= span.begin:
        return True
    if span.number in there or not line.is_long(span.number):
        return False
    roster.come(world, span.number)
    there[span.number] = span
    return True


def planned(scenario: Scenario, flow: Flow, begin: Instant, end: Instant) -> list[Change]:
    """What the roster says, from `begin` to `end`, and when those who may come earlier begin to look."""
    changes: list[Change] = []
    for shift, starts, over in roster.shift_days(scenario, flow, begin, end):
        rests = roster.breaks(shift, starts, begin)
        for number in shift.members:
            span = Span(number, starts, over, shift)
            mine = [(max(starts, begin), IN, ""), (over, OUT, "")]
            if span.flex_us and starts > begin:
                mine.append((max(starts - span.flex_us, begin), LOOK, ""))
            for at, back, reason in rests:
                mine.append((at, PAUSE, reason))
                if back < over:
                    mine.append((back, RESUME, reason))
            changes += [(at, what, number, len(changes) + i, span, reason) for i, (at, what, reason) in enumerate(mine)]
    return changes
