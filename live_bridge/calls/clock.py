"""Instants for live traffic: the monotonic clock, anchored once to UTC.

Decides that live time never goes back and never jumps: a step of the wall clock (NTP, an operator's `date`) after the
start changes nothing until the next start, and a start after a small step back goes on from the last instant of before, a
little slower until the wall clock is level with it. Leaves to the engine what an instant means; the engine raises when one goes
back, so this clock clamps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.contract.ids import SECOND_US, Duration, Instant

if TYPE_CHECKING:
    from live_bridge.sip.loop import Loop, Timer

_NS_PER_US = 1_000

SLOWER = 0.1
"""Share by which time runs slower while it is ahead of the wall clock: nobody hears a ring time that is a tenth longer, and an
hour is made up for within ten."""

AHEAD_MOST_US = 3600 * SECOND_US
"""An earlier run that ended further ahead had a clock that was wrong and was put right since: the new time is taken at once."""


class Clock:
    """UTC in integer microseconds, read from a clock that only goes forward.

    `monotonic_ns` and `utc_ns` are read in nanoseconds; tests give their own.

    >>> ticks = iter([5_000, 7_000, 6_000])
    >>> clock = Clock(monotonic_ns=lambda: next(ticks), utc_ns=lambda: 1_000_000_000)
    >>> clock.now(), clock.now()
    (1000002, 1000002)
    """

    def __init__(
        self,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        utc_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._monotonic_ns, self._utc_ns = monotonic_ns, utc_ns
        self._offset_ns = utc_ns() - monotonic_ns()
        self._last: Instant = 0
        self._ahead_ns = 0
        """How far time was ahead of the wall clock at `_ahead_at_ns`."""
        self._ahead_at_ns = 0

    def now(self) -> Instant:
        """The present instant, never before one given out already."""
        at = self._at_ns(self._monotonic_ns()) // _NS_PER_US
        if at < self._last:
            return self._last
        self._last = at
        return at

    def later(self, loop: Loop, after_us: Duration, function: Callable[..., Any], /, *arguments: Any) -> Timer:
        """Run `function` in the loop's thread once so much time of this clock has passed. Loop's thread only.

        For all that a caller's time means: deadlines of the engine, the length of a prompt. SIP has timers of its own."""
        return loop.later(after_us / SECOND_US, function, *arguments)

    def _at_ns(self, ticks_ns: int) -> int:
        """Where time is at a reading of the monotonic clock."""
        return ticks_ns + self._offset_ns + self._left_ns(ticks_ns)

    def _left_ns(self, ticks_ns: int) -> int:
        """How far it is still ahead of where the wall clock was at the start."""
        return max(0, self._ahead_ns - int((ticks_ns - self._ahead_at_ns) * SLOWER)) if self._ahead_ns else 0

    def not_before(self, at: Instant) -> bool:
        """Never give out an instant before `at`: the last one of the runs before this one. Should it lie ahead, as when the wall
        clock was set back since, time goes on from there and neither stands still nor stays ahead for good. False when it lies
        more than `AHEAD_MOST_US` ahead: then nothing changes."""
        ticks_ns = self._monotonic_ns()
        ahead_ns = at * _NS_PER_US - ticks_ns - self._offset_ns
        if ahead_ns > AHEAD_MOST_US * _NS_PER_US:
            return False
        if at * _NS_PER_US > self._at_ns(ticks_ns):
            self._ahead_ns, self._ahead_at_ns = ahead_ns, ticks_ns
        self._last = max(self._last, at)
        return True

    def ahead_us(self) -> int:
        """How far time is ahead because a run before ended ahead; it becomes less by itself. From any thread; gives out no
        instant."""
        return self._left_ns(self._monotonic_ns()) // _NS_PER_US

    def drift_us(self) -> int:
        """How far the wall clock is ahead of where it would be by this one, negative when it is behind: what it was moved by
        since the start (NTP, an operator's `date`), and how long the machine slept. From any thread; gives out no instant."""
        return (self._utc_ns() - self._monotonic_ns() - self._offset_ns) // _NS_PER_US
