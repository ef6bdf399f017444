"""What a twin says of a running PBX: waits and service of the next hour with bands, what came of earlier words, and drift.

Decides the form, so that who makes a forecast (`pbxsim/twin`), who keeps it (the bridge) and who shows it speak of the same.
Decides no figure. Lengths are seconds, shares run 0 to 1; a band is the 10th, 50th and 90th percentile of what will be seen.
"""

from __future__ import annotations

import msgspec

from engine.contract.ids import Instant

FORMAT = 1
"""Number of this form; a reader refuses what it does not know."""

BANDS_AT = (0.1, 0.5, 0.9)

INTERVALS_MOST = 500
QUEUES_MOST = 1000
DRIFTS_MOST = 5000
"""Bounds of what a reader takes."""


class Band(msgspec.Struct, frozen=True, array_like=True):
    """The 10th, 50th and 90th percentile over the replications: eight of ten outcomes lie within."""

    low: float
    middle: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether what happened lies within."""
        return self.low <= value <= self.high


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """One interval to come in one queue. A band is None where in most replications no call comes."""

    begin: Instant
    end: Instant
    offered: Band
    abandoned: Band
    wait_s: Band | None
    """Mean wait of the calls that come in it, however they end."""
    longest_wait_s: Band | None
    service_level: Band | None
    """R-08.22, of the calls that come in it."""
    waiting: Band
    """Calls that wait at its end."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of the past in one queue, and what had been forecast for it."""

    begin: Instant
    end: Instant
    offered: int
    answered: int
    abandoned: int
    wait_s: float | None
    service_level: float | None
    ahead_s: float | None = None
    """How long before its end it was forecast; None where nobody had."""
    wait_band: Band | None = None
    service_band: Band | None = None


class QueueForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One queue."""

    queue: int
    name: str = ""
    waiting: int
    """Calls that wait now."""
    longest_wait_s: float
    """Of these, so far."""
    to_answer: Band
    """Of these, how many a member will answer."""
    intervals: tuple[Outlook, ...]
    half_hours: tuple[Outlook, ...]
    happened: tuple[Happened, ...] = ()
    """Half-hours of the past, the last one last."""
    covered: int = 0
    """Half-hours of the day so far whose mean wait lay within its band, of `judged`."""
    judged: int = 0


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One assumption of the scenario against what happened today."""

    what: str
    """`arrivals`, `patience` or `talk`."""
    of: str
    """The source, or the number of the queue."""
    seen: int
    """Calls that came, callers who gave up, talks that ended."""
    expected: float
    """The same by the scenario, given the time under observation."""
    ratio: float
    """Seen over expected: arrivals by this factor, patience and talks end so much sooner (above 1) or later (below 1)."""
    low: float
    high: float
    """It lies here with 95 % certainty, whenever one looks."""
    p: float
    """Bound on the probability of such a difference at any time of the day if the scenario held, for all tests together."""
    flagged: bool
    """Whether that is below 5 %."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What one look says."""

    at: Instant
    """The instant of the state it began with."""
    flow: str
    """Digest of the version."""
    scenario: str
    replications: int
    took_s: float
    queues: tuple[QueueForecast, ...]
    drift: tuple[Drift, ...] = ()
    watched_since: Instant | None = None
    """Since when the twin has followed what happens today; None for a single look."""
    left_out: int = 0
    """Calls in progress that could not be carried over."""
    format: int = FORMAT
