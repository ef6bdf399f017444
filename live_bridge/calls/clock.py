"""Instants for live traffic: the monotonic clock, anchored once to UTC.

Decides that live time never goes back and never jumps: a step of the wall clock (NTP, an operator's `date`) after the
start changes nothing until the next start. Leaves to the engine what an instant means; the engine raises when one goes back,
so this clock clamps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.contract.ids import Instant

_NS_PER_US = 1_000


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

    def now(self) -> Instant:
        """The present instant, never before one given out already."""
        at = (self._monotonic_ns() + self._offset_ns) // _NS_PER_US
        if at < self._last:
            return self._last
        self._last = at
        return at

    def not_before(self, at: Instant) -> None:
        """Never give out an instant before `at`: the last one of a journal that is carried on. Should it lie ahead, as when the
        wall clock was set back since, time goes on from there and does not stand still until it is reached."""
        ahead_us = at - (self._monotonic_ns() + self._offset_ns) // _NS_PER_US
        if ahead_us > 0:
            self._offset_ns += ahead_us * _NS_PER_US
        self._last = max(self._last, at)

    def drift_us(self) -> int:
        """How far the wall clock is ahead of this one, negative when it is behind: what it was moved by since the start (NTP, an
        operator's `date`), and how long the machine slept. From any thread; gives out no instant."""
        return (self._utc_ns() - self._monotonic_ns() - self._offset_ns) // _NS_PER_US
