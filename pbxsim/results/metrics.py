"""Figures of R-08.22 and R-08.23: what is counted while calls run, and what is computed from the counts.

Decides the definition of every figure, in one table (`FIGURES`). A stay of a call in a queue is counted in the
interval in which it entered the queue. Ratios over several replications or intervals are ratios of sums, never
means of ratios. Leaves intervals of confidence to `estimate.py` and tables to `frames.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

COUNTS: Final[tuple[str, ...]] = (
    "offered",
    "answered",
    "answered_within",
    "abandoned",
    "abandoned_short",
    "abandoned_within",
    "refused",
    "timed_out",
    "left",
    "wait_us",
    "answered_wait_us",
    "longest_wait_us",
    "waited",
    "handled",
    "talk_us",
    "wrap_up_us",
)
"""Fields of a `Tally`, in order."""


class Tally:
    """Counts of one queue in one interval; times are microseconds."""

    __slots__ = (
        "offered",
        "answered",
        "answered_within",
        "abandoned",
        "abandoned_short",
        "abandoned_within",
        "refused",
        "timed_out",
        "left",
        "wait_us",
        "answered_wait_us",
        "longest_wait_us",
        "waited",
        "handled",
        "talk_us",
        "wrap_up_us",
    )

    def __init__(self) -> None:
        self.offered: i64 = 0
        """Stays begun, and calls the queue refused."""
        self.answered: i64 = 0
        self.answered_within: i64 = 0
        """Answered after at most T (R-08.22)."""
        self.abandoned: i64 = 0
        """All who hung up while waiting, short ones included."""
        self.abandoned_short: i64 = 0
        """Sooner than `short` (R-08.23)."""
        self.abandoned_within: i64 = 0
        """After at most T, short ones included."""
        self.refused: i64 = 0
        """Full, or nobody there (R-08.13)."""
        self.timed_out: i64 = 0
        """Left by `timeout` (R-08.14)."""
        self.left: i64 = 0
        """Left by another output: exit key, nobody there any more, callback."""
        self.wait_us: i64 = 0
        """Waits of all stays, however they ended."""
        self.answered_wait_us: i64 = 0
        self.longest_wait_us: i64 = 0
        self.waited: i64 = 0
        """Stays of more than no time at all."""
        self.handled: i64 = 0
        """Talks that are over."""
        self.talk_us: i64 = 0
        self.wrap_up_us: i64 = 0

    def add(self, other: Tally) -> None:
        """Count what `other` counted."""
        for name in COUNTS:
            if name == "longest_wait_us":
                self.longest_wait_us = max(self.longest_wait_us, other.longest_wait_us)
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))

    def values(self) -> tuple[int, ...]:
        """All counts, in the order of `COUNTS`."""
        return tuple(getattr(self, name) for name in COUNTS)


class CallCounts:
    """How whole calls ended, by what they reached; each call is counted once, at its end."""

    __slots__ = ("calls", "talked", "abandoned", "hung_up", "busy", "barred", "voicemail", "other", "redials")

    def __init__(self) -> None:
        self.calls: i64 = 0
        """Calls that arrived, redials included."""
        self.talked: i64 = 0
        """Reached a person."""
        self.abandoned: i64 = 0
        """Hung up while waiting for a person."""
        self.hung_up: i64 = 0
        """Hung up before waiting for anybody, in a greeting for instance."""
        self.busy: i64 = 0
        """Found no line (R-04.8, R-04.10)."""
        self.barred: i64 = 0
        """Not let in: the account is blocked or the trunk is not paid for (R-01.10, R-03.7)."""
        self.voicemail: i64 = 0
        """Came to a voice mailbox."""
        self.other: i64 = 0
        """Ended by the flow otherwise."""
        self.redials: i64 = 0
        """Of all calls, second and later attempts."""

    def values(self) -> tuple[int, ...]:
        """All counts, in order."""
        return (
            self.calls, self.talked, self.abandoned, self.hung_up, self.busy, self.barred, self.voicemail, self.other,
            self.redials,
        )  # fmt: skip


class MemberTimes:
    """Time of all queue members together, microseconds, within what is measured."""

    __slots__ = ("staffed_us", "ring_us", "talk_us", "wrap_up_us")

    def __init__(self) -> None:
        self.staffed_us: i64 = 0
        """Signed in and not paused; until the end of a call that outlasts the shift."""
        self.ring_us: i64 = 0
        self.talk_us: i64 = 0
        """Hold included."""
        self.wrap_up_us: i64 = 0

    def values(self) -> tuple[int, ...]:
        """All times, in order."""
        return self.staffed_us, self.ring_us, self.talk_us, self.wrap_up_us


@dataclasses.dataclass(frozen=True)
class Sums:
    """Everything figures are computed from, in seconds and counts: of one queue or all, one replication or many."""

    offered: float = 0
    answered: float = 0
    answered_within: float = 0
    abandoned: float = 0
    abandoned_short: float = 0
    abandoned_within: float = 0
    refused: float = 0
    timed_out: float = 0
    left: float = 0
    wait_us: float = 0
    answered_wait_us: float = 0
    longest_wait_us: float = 0
    waited: float = 0
    handled: float = 0
    talk_us: float = 0
    wrap_up_us: float = 0
    staffed_us: float = 0
    ring_us: float = 0
    member_talk_us: float = 0
    member_wrap_up_us: float = 0
    calls: float = 0
    talked: float = 0
    calls_abandoned: float = 0
    hung_up: float = 0
    busy: float = 0
    barred: float = 0
    voicemail: float = 0
    other: float = 0
    redials: float = 0

    def __reduce__(self) -> tuple[object, ...]:
        """By its fields: a frozen class that is compiled takes none of them back one by one."""
        return Sums, tuple(getattr(self, field.name) for field in dataclasses.fields(self))


@dataclasses.dataclass(frozen=True)
class Figure:
    """One figure: a sum over replications, or the ratio of two sums."""

    name: str
    meaning: str
    above: Callable[[Sums], float]
    below: Callable[[Sums], float] | None = None
    """None: the figure is a count per replication."""
    unit: str = ""


def _served(s: Sums) -> float:
    return s.answered + s.abandoned - s.abandoned_within


FIGURES: Final[tuple[Figure, ...]] = (
    Figure("offered", "calls that came to the queue, refused ones included (R-08.22)", lambda s: s.offered),
    Figure("answered", "calls a member answered", lambda s: s.answered),
    Figure("abandoned", "callers who hung up while waiting, short ones included", lambda s: s.abandoned),
    Figure("abandoned_short", "of these, sooner than `short_s` (R-08.23)", lambda s: s.abandoned_short),
    Figure("refused", "calls the queue did not take: full, or nobody there (R-08.13)", lambda s: s.refused),
    Figure("timed_out", "calls that left by `timeout` (R-08.14)", lambda s: s.timed_out),
    Figure("left", "calls that left by another output", lambda s: s.left),
    Figure(
        "service_level",
        "answered within T over answered plus abandoned after T (R-08.22)",
        lambda s: s.answered_within,
        _served,
        "share",
    ),
    Figure(
        "service_level_of_offered",
        "answered within T over all offered",
        lambda s: s.answered_within,
        lambda s: s.offered,
        "share",
    ),
    Figure(
        "service_level_of_answered",
        "answered within T over answered",
        lambda s: s.answered_within,
        lambda s: s.answered,
        "share",
    ),
    Figure(
        "service_level_without_short",
        "answered within T over answered plus abandoned, short ones left out",
        lambda s: s.answered_within,
        lambda s: s.answered + s.abandoned - s.abandoned_short,
        "share",
    ),
    Figure(
        "abandoned_share",
        "abandoned, short ones left out, over answered plus these (R-08.23)",
        lambda s: s.abandoned - s.abandoned_short,
        lambda s: s.answered + s.abandoned - s.abandoned_short,
        "share",
    ),
    Figure("abandoned_of_offered", "all abandoned over offered", lambda s: s.abandoned, lambda s: s.offered, "share"),
    Figure("waited_share", "stays of more than no time over offered", lambda s: s.waited, lambda s: s.offered, "share"),
    Figure(
        "answer_speed_s",
        "average speed of answer (ASA): mean wait of answered calls, ringing included",
        lambda s: s.answered_wait_us / 1e6,
        lambda s: s.answered,
        "s",
    ),
    Figure("wait_s", "mean wait of all stays, however they ended", lambda s: s.wait_us / 1e6, lambda s: s.offered, "s"),
    Figure(
        "handle_s",
        "average handle time (AHT): talk, hold and wrap-up of a talk that is over",
        lambda s: (s.talk_us + s.wrap_up_us) / 1e6,
        lambda s: s.handled,
        "s",
    ),
)
"""Figures of one queue, or of all queues together (a call that goes from queue to queue counts in each)."""

MEMBER_FIGURES: Final[tuple[Figure, ...]] = (
    Figure(
        "occupancy",
        "talk, hold and wrap-up over the same plus idle time; ringing is in neither",
        lambda s: s.member_talk_us + s.member_wrap_up_us,
        lambda s: s.staffed_us - s.ring_us,
        "share",
    ),
    Figure(
        "staffed_hours",
        "hours of all queue members signed in and not paused",
        lambda s: s.staffed_us / 3.6e9,
        None,
        "h",
    ),
)
"""Figures of all queue members together."""

CALL_FIGURES: Final[tuple[Figure, ...]] = (
    Figure("calls", "calls that arrived, redials included", lambda s: s.calls),
    Figure("calls_talked", "calls that reached a person", lambda s: s.talked),
    Figure("calls_abandoned", "calls hung up while waiting for a person", lambda s: s.calls_abandoned),
    Figure("calls_hung_up", "calls hung up before that", lambda s: s.hung_up),
    Figure("calls_busy", "calls that found no line (R-04.8, R-04.10)", lambda s: s.busy),
    Figure("calls_busy_share", "the same over all calls", lambda s: s.busy, lambda s: s.calls, "share"),
    Figure("calls_barred", "calls not let in: account blocked, or trunk unpaid (R-01.10, R-03.7)", lambda s: s.barred),
    Figure("calls_voicemail", "calls that ended at a voice mailbox", lambda s: s.voicemail),
    Figure("calls_other", "calls the flow ended otherwise", lambda s: s.other),
    Figure("redials", "of all calls, second and later attempts", lambda s: s.redials),
)
"""Figures of whole calls."""

ALL_FIGURES: Final[tuple[Figure, ...]] = FIGURES + MEMBER_FIGURES + CALL_FIGURES
