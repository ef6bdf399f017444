"""The order of waiting calls (R-08.6), whatever is offered, missed, answered and given up in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.control.engine import Engine
from engine.loading.load import load
from engine.state import queue_state as qs
from engine.state.call import Call
from engine.state.queue_state import QueueState, QueueVisit
from engine.state.sink import Sink
from engine.state.timers import DEAD_KEPT
from tests.harness import rule

FLOW = load(
    "pbx: line\nzone: UTC\nelements: {5200: {kind: queue, members: [200], timeout: hangup}}\nusers: {200: {}}\n"
)

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 2), st.integers(0, 30)), max_size=80)
"""What is done: 0 or 1 a call comes, 2 one is offered or over, 3 one is given back; its bonus, its priority; which."""


def queue() -> QueueState:
    (made,) = Engine(FLOW, Sink()).tenant.queues.values()
    return made


def come(to: QueueState, at: int, bonus: int = 0, priority: int = 0) -> QueueVisit:
    to.born += 1
    stay = QueueVisit(Call(f"c{to.born}", "1"), to, at, at - bonus, priority, to.born)
    to.take_in(stay)
    to.put(stay)
    return stay


@rule("R-08.6")
@given(steps=STEPS)
def test_waiting_calls_stand_by_priority_then_entry_less_bonus_then_arrival(
    steps: list[tuple[int, int, int, int]],
) -> None:
    line = queue()
    stays: list[QueueVisit] = []
    for at, (what, bonus, priority, which) in enumerate(steps):
        if what < 2:
            stays.append(come(line, at, bonus, priority))
        elif stays:
            stay = stays[which % len(stays)]
            if what == 2:
                stay.state = qs.OFFERED
            else:
                line.put(stay)
        waiting = sorted(
            (stay for stay in stays if stay.state == qs.WAITING), key=lambda s: (-s.priority, s.since, s.birth)
        )
        if which % 2:
            assert line.first() is (waiting[0] if waiting else None)
        assert line.in_order() == waiting


def test_calls_that_are_over_are_not_held_behind_one_that_waits_for_ever() -> None:
    line = queue()
    first = come(line, 0)
    for at in range(1, 10 * DEAD_KEPT):
        stay = come(line, at)
        stay.state = qs.GONE
        line.let_out(stay)
    last = come(line, at + 1)
    assert line.in_order() == [first, last] and line.first() is first
    assert len(line.order) <= DEAD_KEPT + 8
