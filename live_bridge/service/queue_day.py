"""What became of today's calls in each queue: counted from the notes, from midnight in the PBX's zone on (R-08.22, R-08.23).

Decides which day a stay belongs to (the one on which it began) and what is counted of it. Calls of the same day from before this
start are read from the history, so a restart loses none; while the database is away they are missing, and `whole` says so. Leaves
what counts as what to `engine/records/queue_stays.py`, its path to `api/calls.py`.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right, insort
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from engine.calendar import zones
from engine.contract import notes as note
from engine.contract.causes import Party
from engine.contract.ids import SECOND_US, Duration, Instant
from engine.records.history import CallRecord, ElementVisit, History
from engine.records.queue_stays import Stay, stays
from engine.state.flow import Flow
from live_bridge.store.history_rows import Place
from live_bridge.store.store import StoreError, now

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

PAGE: Final = 1000
LONGEST_CALL_US: Final = 4 * 3600 * SECOND_US
"""Calls that began so long before midnight are looked at, too: they may have come to a queue after it."""


class Counts:
    """Of one queue, one day, calls that are over."""

    __slots__ = ("abandoned_us", "answered_us", "left", "longest_us", "refused", "timed_out")

    def __init__(self) -> None:
        self.answered_us: list[Duration] = []
        """Waits of answered calls, the shortest first."""
        self.abandoned_us: list[Duration] = []
        self.refused = self.timed_out = self.left = 0
        self.longest_us: Duration = 0

    def add(self, stay: Stay) -> None:
        """One more."""
        self.longest_us = max(self.longest_us, stay.wait_us)
        if stay.outcome == "answered":
            insort(self.answered_us, stay.wait_us)
        elif stay.outcome == "abandoned":
            insort(self.abandoned_us, stay.wait_us)
        elif stay.outcome == "refused":
            self.refused += 1
        elif stay.outcome == "timed_out":
            self.timed_out += 1
        else:
            self.left += 1

    def copy(self) -> Counts:
        """The same, to be added to."""
        made = Counts()
        made.answered_us, made.abandoned_us = list(self.answered_us), list(self.abandoned_us)
        made.refused, made.timed_out, made.left, made.longest_us = (
            self.refused,
            self.timed_out,
            self.left,
            self.longest_us,
        )
        return made


class Today:
    """Counts by queue at one instant, with those of calls in progress, and the callers who wait."""

    def __init__(self, counts: dict[int, Counts], day: date, begins_at: Instant, whole: bool) -> None:
        self.counts = counts
        self.waiting: dict[int, list[Instant]] = {}
        """By queue, when each caller who waits came, the first one first; also those of yesterday."""
        self.day, self.begins_at, self.whole = day, begins_at, whole

    def figures(self, queue: int, within_us: Duration, short_us: Duration) -> dict[str, int | float | None]:
        """Figures of a queue, named as those of a simulated day (`pbxsim/results/metrics.py`)."""
        counts, waiting = self.counts.get(queue) or Counts(), self.waiting.get(queue, [])
        within = bisect_right(counts.answered_us, within_us)
        answered, abandoned = len(counts.answered_us), len(counts.abandoned_us)
        short = bisect_right(counts.abandoned_us, short_us - 1)
        served = answered + abandoned - bisect_right(counts.abandoned_us, within_us)
        still = sum(1 for at in waiting if at >= self.begins_at)
        offered = answered + abandoned + counts.refused + counts.timed_out + counts.left + still
        return {
            "offered": offered,
            "answered": answered,
            "answered_within": within,
            "abandoned": abandoned,
            "abandoned_short": short,
            "refused": counts.refused,
            "timed_out": counts.timed_out,
            "left": counts.left,
            "service_level": within / served if served else None,
            "answer_speed_s": sum(counts.answered_us) / answered / SECOND_US if answered else None,
            "wait_s_max": counts.longest_us / SECOND_US,
            "waiting": len(waiting),
            "waiting_since": waiting[0] if waiting else None,
        }


class QueueDay:
    """Of one bridge. `take` is a subscriber of the driver; everything else may be asked from any thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._history = History()
        self._counts: dict[int, Counts] = {}
        self._day = date.min
        self._begins_at: Instant = 0
        self._ends_at: Instant = 0
        self._since = now()
        self._is_whole = False
        """Whether calls that ended before `_since` are counted."""

    @property
    def flow(self) -> Flow:
        """The version in force, whose queues are told of."""
        return self._service.flow

    @property
    def targets(self) -> dict[str, float]:
        """The account's service targets (R-25.8)."""
        return {str(name): value for name, value in self._service.config.promotion.targets.items()}

    def take(self, at: Instant, said: note.Note) -> None:
        """One note."""
        with self._lock:
            self._turn(at)
            record = self._history.take(at, said)
            if record is not None:
                self._add(record.events, record.party)

    def today(self, at: Instant | None = None) -> Today:
        """The day so far."""
        at = now() if at is None else at
        self._read_back(at)
        with self._lock:
            self._turn(at)
            counts = {queue: found.copy() for queue, found in self._counts.items()}
            made = Today(counts, self._day, self._begins_at, self._is_whole)
            for visits in self._history.in_progress():
                for stay in stays(visits, None):
                    if stay.outcome == "waiting":
                        made.waiting.setdefault(stay.queue, []).append(stay.entered_at)
                    elif stay.entered_at >= self._begins_at:
                        counts.setdefault(stay.queue, Counts()).add(stay)
        for waiting in made.waiting.values():
            waiting.sort()
        return made

    def _turn(self, at: Instant) -> None:
        """Begin another day once this one is over."""
        if self._begins_at <= at < self._ends_at:
            return
        zone = zones.parse(self._service.flow.head.zone)
        self._day = zone.local(at).date()
        day = self._day.toordinal() - zones.EPOCH_ORDINAL
        self._begins_at, self._ends_at = (_first_instant(zone, one) for one in (day, day + 1))
        self._counts = {}

    def _add(self, visits: tuple[ElementVisit, ...], party: Party) -> None:
        for stay in stays(visits, party):
            if stay.entered_at >= self._begins_at:
                self._counts.setdefault(stay.queue, Counts()).add(stay)

    def _read_back(self, at: Instant) -> None:
        """Count what the history has of today from before the start, once."""
        with self._lock:
            self._turn(at)
            begins_at = self._begins_at
            if self._is_whole:
                return
        try:
            found = list(self._from_before(begins_at))
        except (StoreError, SQLAlchemyError) as error:
            log.warning("today's calls from before the start are not counted yet: %s", error)
            return
        with self._lock:
            if self._is_whole or self._begins_at != begins_at:
                return
            for record in found:
                if record.end < self._since:
                    self._add(record.events, record.party)
            self._is_whole = True

    def _from_before(self, begins_at: Instant) -> Iterable[CallRecord]:
        store, before = self._service.store, None
        while True:
            page = store.history(self._service.pbx, since=begins_at - LONGEST_CALL_US, before=before, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            before = Place(page[-1].start, page[-1].uuid)


def _first_instant(zone: zones.Zone, day: int) -> Instant:
    """When a local day begins; the first second there is, where a change of clocks skips midnight."""
    return next(found[0] for second in range(0, zones.DAY_S, 60) if (found := zone.instants(day, second)))
