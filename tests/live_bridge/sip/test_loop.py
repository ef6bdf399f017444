"""The dispatcher looks rarely while nothing happens, and at its own pace before a timer is due or while others speak to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from live_bridge.sip.loop import IDLE_AFTER_S, IDLE_HZ, Pace

BUSY, IDLE = 0, 1


class Periodic:
    """Stands for sippy's `ElPeriodic`: time passes by the length of one look."""

    def __init__(self) -> None:
        self.band = BUSY
        self.words: list[Any] = []
        self.dispatcher: Any = None

    def addband(self, frequency_hz: float) -> int:
        assert frequency_hz == IDLE_HZ
        return IDLE

    def useband(self, band: int) -> None:
        self.band = band

    def call_from_thread(self, *words: Any) -> None:
        self.words.append(words)

    def procrastinate(self) -> None:
        self.dispatcher.last_ts.monot += 1 / (IDLE_HZ if self.band == IDLE else 100)


@pytest.fixture
def pace() -> tuple[Pace, Periodic, Any]:
    periodic = Periodic()
    dispatcher = SimpleNamespace(elp=periodic, last_ts=SimpleNamespace(monot=100.0), tlisteners=[])
    periodic.dispatcher = dispatcher
    return Pace(dispatcher), periodic, dispatcher


def looks_until(pace: Pace, dispatcher: Any, at_s: float) -> int:
    looks = 0
    while dispatcher.last_ts.monot < at_s - 1e-9:
        pace.procrastinate()
        looks += 1
    return looks


def test_an_idle_loop_looks_ten_times_a_second(pace: tuple[Pace, Periodic, Any]) -> None:
    made, periodic, dispatcher = pace
    looks_until(made, dispatcher, 100 + IDLE_AFTER_S)
    assert looks_until(made, dispatcher, dispatcher.last_ts.monot + 10) == pytest.approx(100, abs=2)
    made.call_from_thread("function", "argument")
    assert periodic.words == [("function", "argument")]
    assert looks_until(made, dispatcher, dispatcher.last_ts.monot + IDLE_AFTER_S) == pytest.approx(
        IDLE_AFTER_S * 100, abs=2
    )
    assert periodic.band == BUSY
    made.procrastinate()
    made.procrastinate()
    assert periodic.band == IDLE


def test_a_timer_is_met_as_exactly_as_by_a_busy_loop(pace: tuple[Pace, Periodic, Any]) -> None:
    made, _, dispatcher = pace
    looks_until(made, dispatcher, 101)
    due_s = 104.037
    dispatcher.tlisteners.append(SimpleNamespace(etime=SimpleNamespace(monot=due_s)))
    looks_until(made, dispatcher, due_s)
    assert dispatcher.last_ts.monot - due_s < 0.0101
