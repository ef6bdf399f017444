"""Deadlines in lanes: where nearly all are equally long they need no heap, and fire in the same order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.control.call_registry import CallRegistry
from engine.state import timers as tm
from engine.state.call import Call
from engine.state.leg import Leg
from engine.state.queue_state import QueueVisit
from engine.state.timers import NEVER, Timer, TimerLane, Timers, VisitLane
from tests.engine.state.test_queue_order import come, queue

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=120)
"""What is done: 0 or 1 a timer in that lane, 2 one in the heap, 3 one of those alive is cancelled; length; which."""


@given(steps=STEPS)
def test_deadlines_fire_by_instant_and_birth_wherever_they_stand(steps: list[tuple[int, int, int]]) -> None:
    timers = Timers(CallRegistry())
    lanes = (TimerLane(), TimerLane())
    alive: list[Timer] = []
    for at, (what, length, which) in enumerate(steps):
        if what < 3:
            alive.append(timers.add(at // 4 + length, tm.VISIT, lanes[what] if what < 2 else None))
        elif alive:
            timers.cancel(alive.pop(which % len(alive)))
    expected = sorted(alive, key=lambda timer: (timer.deadline, timer.born))
    fired = []
    while (due := timers.next_deadline()) < NEVER:
        fired.append(timers.pop(due))
    assert fired == expected
    assert not any(timer.alive for timer in alive)


@given(steps=STEPS)
def test_longest_waits_and_relaxations_fire_among_timers_by_instant_and_birth(
    steps: list[tuple[int, int, int]],
) -> None:
    timers, line = Timers(CallRegistry()), queue()
    limits, relaxations = VisitLane(7, False), VisitLane(3, True)
    alive: dict[int, tuple[int, object]] = {}
    """By birth: when it fires, and what."""
    stays: list[QueueVisit] = []
    for at, (what, length, which) in enumerate(steps):
        now = at // 4
        if what == 0:
            timer = timers.add(now + length, tm.VISIT)
            alive[timer.born] = (timer.deadline, timer)
        elif what < 3:
            stay = come(line, now)
            stays.append(stay)
            timers.watch_visit(stay, limits)
            timers.watch_visit(stay, relaxations)
            alive[stay.limit_born] = (now + 7, (stay, "max_wait"))
            alive[stay.relax_born] = (now + 3, (stay, "relax"))
        elif stays:
            stay = stays.pop(which % len(stays))
            alive.pop(stay.limit_born), alive.pop(stay.relax_born)
            stay.limit_born = stay.relax_born = 0
    fired: list[object] = []
    while (due := timers.next_deadline()) < NEVER:
        thing = timers.pop(due)
        assert not isinstance(thing, (Call, Leg))
        fired.append((thing.taken, "relax" if thing.relaxes else "max_wait") if isinstance(thing, VisitLane) else thing)
    assert fired == [thing for _, (_, thing) in sorted(alive.items(), key=lambda row: (row[1][0], row[0]))]


def test_what_still_runs_when_its_queue_goes_fires_all_the_same() -> None:
    timers = Timers(CallRegistry())
    line = queue()
    rest = [timers.add(at, tm.MEMBER, line.work) for at in range(4)]
    timers.cancel(rest.pop(1))
    timers.forget(line)
    assert not timers.timer_lanes
    assert [timers.pop(timers.next_deadline()) for _ in rest] == rest


def test_a_lane_lets_go_of_what_is_dead() -> None:
    timers = Timers(CallRegistry())
    lane = TimerLane()
    for at in range(10 * tm.DEAD_KEPT):
        timers.cancel(timers.add(at, tm.VISIT, lane))
    assert len(lane.timers) <= tm.DEAD_KEPT + 1
    assert not timers.heap
