"""Deadlines in lanes: where nearly all are equally long they need no heap, and fire in the same order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine import timers as tm
from engine.timers import NEVER, RingLane, Timer, TimerLane, Timers

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=120)
"""What is done: 0 or 1 a timer in that lane, 2 one in the heap, 3 one of those alive is cancelled; length; which."""


@given(steps=STEPS)
def test_deadlines_fire_by_instant_and_birth_wherever_they_stand(steps: list[tuple[int, int, int]]) -> None:
    timers = Timers()
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


def test_what_still_runs_when_its_queue_goes_fires_all_the_same() -> None:
    timers = Timers()
    lanes = (TimerLane(), TimerLane())
    rest = [timers.add(at, tm.MEMBER, lanes[at % 2]) for at in range(4)]
    timers.cancel(rest.pop(1))
    timers.forget(RingLane(15), lanes)
    assert not timers.timer_lanes
    assert [timers.pop(timers.next_deadline()) for _ in rest] == rest


def test_a_lane_lets_go_of_what_is_dead() -> None:
    timers = Timers()
    lane = TimerLane()
    for at in range(10 * tm.DEAD_KEPT):
        timers.cancel(timers.add(at, tm.VISIT, lane))
    assert len(lane.timers) <= tm.DEAD_KEPT + 1
    assert not timers.heap
