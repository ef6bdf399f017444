"""Ids, instants and durations: the plain values every other file of the engine speaks in.

Decides the unit of time (integer microseconds) and how ids born inside the engine are written. Leaves what the ids
stand for to `state/call.py` and `state/leg.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # machine words in compiled files, which read this branch; ints for everybody
    from mypy_extensions import i64

    Instant = i64
    Duration = i64
else:
    Instant = int
    """Microseconds since 1970-01-01T00:00:00Z. An int so that equal instants are equal and sums are exact."""

    Duration = int
    """Microseconds. Names of durations end in `_us`."""

CallId = str
"""Born outside, with the call; used once for all time."""

LegId = str
"""`<call>.<n>`, counted under its call."""

PlayId = str
"""`<call>.p<n>`, counted under its call."""

RecordingId = str
"""`<call>.r<n>`, counted under its call."""

RequestId = str
"""`<call>.q<n>`, counted under its call."""

MessageId = str
"""`<call>.m<n>`, counted under its call."""

SECOND_US: Final = 1_000_000


def seconds(value: float) -> Duration:
    """A length in seconds as microseconds, rounded to the nearest one.

    >>> seconds(1.5)
    1500000
    """
    return round(value * SECOND_US)


def as_seconds(length_us: Duration) -> float:
    """The inverse of `seconds`, for people and tables.

    >>> as_seconds(1500000)
    1.5
    """
    return length_us / SECOND_US
