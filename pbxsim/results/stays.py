"""Stays in one queue over a day, as they are counted: how long callers waited, and how many waited at once.

Decides how finely waits are told apart (`EDGES_S`): counts of a fixed number of classes do not grow with calls or days. Leaves
what is made of them to `waits.py`.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

SECOND_US: Final = 1_000_000

FINE_US: Final = 60 * SECOND_US
MIDDLE_US: Final = 300 * SECOND_US
COARSE_US: Final = 1800 * SECOND_US
"""Where classes of one second end, of five seconds, and of half a minute; the longest are of five minutes."""

LONGEST_CLASS: Final = 201
"""Waits of more than four hours."""

EDGES_S: Final[tuple[int, ...]] = (
    *range(61),
    *range(65, 301, 5),
    *range(330, 1801, 30),
    *range(2100, 14401, 300),
)
"""The longest wait of each class, in seconds; of no time at all in the first."""


def class_of(wait_us: i64) -> i64:
    """The class of a wait: it is longer than the class before allows."""
    if wait_us == 0:
        return 0
    if wait_us <= FINE_US:
        return (wait_us + SECOND_US - 1) // SECOND_US
    if wait_us <= MIDDLE_US:
        return 60 + (wait_us - FINE_US + 5 * SECOND_US - 1) // (5 * SECOND_US)
    if wait_us <= COARSE_US:
        return 108 + (wait_us - MIDDLE_US + 30 * SECOND_US - 1) // (30 * SECOND_US)
    found: i64 = 158 + (wait_us - COARSE_US + 300 * SECOND_US - 1) // (300 * SECOND_US)
    return found if found < LONGEST_CLASS else LONGEST_CLASS


class WaitingLine:
    """How many wait at once: time-weighted and at most, by interval. A number counts that held for some time."""

    def __init__(self, begin: i64, interval_us: i64, intervals: i64) -> None:
        self.interval_us: i64 = interval_us
        self.last: i64 = intervals - 1
        self.waiting: i64 = 0
        self.since: i64 = begin
        """Since when so many wait."""
        self.place: i64 = 0
        """The interval of `since`."""
        self.until: i64 = begin + interval_us
        """Its end."""
        self.sum_us: i64 = 0
        self.most: i64 = 0
        """Of this interval so far."""
        self.sums_us: list[int] = [0] * intervals
        """Waiting times within each interval."""
        self.mosts: list[int] = [0] * intervals

    def move(self, at: i64, by: i64) -> None:
        """`by` callers more wait from now on."""
        if at > self.since:
            if at > self.until:
                self._turn(at)
            waiting = self.waiting
            if waiting > 0:
                self.sum_us += waiting * (at - self.since)
                if waiting > self.most:
                    self.most = waiting
            self.since = at
        self.waiting += by

    def _turn(self, at: i64) -> None:
        """Close every interval that ends before now."""
        while at > self.until and self.place <= self.last:
            self._close(self.until)
            self.since = self.until
            self.place += 1
            self.until += self.interval_us
            self.sum_us = self.most = 0

    def _close(self, at: i64) -> None:
        """Write down the present interval as it is at an instant no later than its end."""
        waiting = self.waiting
        self.sums_us[self.place] = self.sum_us + waiting * (at - self.since)
        self.mosts[self.place] = max(self.most, waiting if at > self.since else 0)

    def close(self) -> None:
        """The day is over."""
        self._turn(self.until + self.interval_us * (self.last - self.place) + 1)


class StayCounts:
    """Counts of the stays in one queue."""

    def __init__(self, begin: i64, interval_us: i64, intervals: i64) -> None:
        self.line = WaitingLine(begin, interval_us, intervals)
        self.answered: list[int] = [0] * (LONGEST_CLASS + 1)
        """By the class of their wait."""
        self.abandoned: list[int] = [0] * (LONGEST_CLASS + 1)
