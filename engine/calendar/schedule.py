"""When a time rule holds: weekdays, intervals, dates, holidays and zone, as a yes or no for every instant.

Decides R-11.4 to R-11.7. Everything is asked of the clock on the wall: a local time that a change of clocks skips never
occurs, one that occurs twice holds twice. A day's interval that runs past midnight belongs, with its weekday, date and
holiday, to the day on which it starts. Leaves what is done with the answer, and overriding it, to `elements/hours.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from engine.calendar import zones
from engine.calendar.holidays import Days, Span
from engine.calendar.zones import DAY_S, Zone
from engine.contract.ids import SECOND_US, Instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WINDOW_S = 32 * DAY_S
"""Changes are computed and kept for this much time at once."""

_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*-\s*(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)


def interval(text: str) -> tuple[int, int]:
    """`09:00-21:00` as seconds of the day; an end not after the start is on the next day (R-11.5).

    >>> interval("22:00-06:00")
    (79200, 108000)

    Raises ValueError.
    """
    found = _INTERVAL.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no interval: write 09:00-21:00, in quotation marks (R-11.5)")
    h1, m1, s1, h2, m2, s2 = (int(part or 0) for part in found.groups())
    start, end = h1 * 3600 + m1 * 60 + s1, h2 * 3600 + m2 * 60 + s2
    if max(m1, s1, m2, s2) > 59 or start >= DAY_S or end > DAY_S:
        raise ValueError(f"{text!r} holds a time that no clock shows (R-11.5)")
    return (start, end) if end > start else (start, end + DAY_S)


def weekdays(text: str) -> frozenset[int]:
    """`mon-fri`, `mon, wed, sat-sun`, `all` or `none` as numbers, Monday 0.

    >>> sorted(weekdays("fri-mon"))
    [0, 4, 5, 6]

    Raises ValueError.
    """
    cleaned = text.strip().lower()
    if cleaned in ("all", "none"):
        return frozenset(range(7)) if cleaned == "all" else frozenset()
    found: set[int] = set()
    for part in cleaned.replace(";", ",").split(","):
        first, _, last = (piece.strip() for piece in part.partition("-"))
        last = last or first
        if first not in WEEKDAYS or last not in WEEKDAYS:
            raise ValueError(f"{part.strip()!r} is no weekday: write mon-fri, or mon, wed, sat (R-11.4)")
        day = WEEKDAYS.index(first)
        found.add(day)
        while day != WEEKDAYS.index(last):
            day = (day + 1) % 7
            found.add(day)
    return frozenset(found)


class Schedule:
    """A yes or no for every instant, with the exact instants at which it changes."""

    def __init__(
        self,
        zone: Zone,
        days: frozenset[int] = frozenset(range(7)),
        intervals: tuple[tuple[int, int], ...] = ((0, DAY_S),),
        dates: tuple[Span, ...] = (),
        calendar: Days | None = None,
        holidays_open: bool = False,
    ) -> None:
        self.zone = zone
        self.days = days
        self.intervals = tuple(sorted(intervals))
        self.dates = dates
        self.calendar = calendar
        self.holidays_open = holidays_open
        self._windows: dict[int, tuple[list[Instant], list[bool]]] = {}
        # The stretch the last answer came from: the clock mostly goes on within it.
        self._from: Instant = 0
        self._until: Instant = 0
        self._open = False

    def open_at(self, at: Instant) -> bool:
        """Whether the rule's parts all hold at an instant."""
        if self._from <= at < self._until:
            return self._open
        width = _WINDOW_S * SECOND_US
        window = at // width
        times, states = self._window(window)
        place = bisect_right(times, at)
        self._from = times[place - 1]
        self._until = times[place] if place < len(times) else (window + 1) * width
        self._open = states[place - 1]
        return self._open

    def next_change(self, at: Instant) -> Instant | None:
        """The first instant after `at` at which the answer differs from the one before; None if there is none."""
        width = _WINDOW_S * SECOND_US
        before = self.open_at(at)
        window = at // width
        last = (at + self._horizon_us(at)) // width
        while window <= last:
            times, states = self._window(window)
            for place in range(bisect_right(times, at), len(times)):
                if states[place] != before:
                    return times[place]
            window += 1
            if self._window(window)[1][0] != before:
                return window * width
        return None

    def changes(self, start: Instant, end: Instant) -> list[tuple[Instant, bool]]:
        """The answer at `start`, then every change up to but without `end`, in order."""
        width = _WINDOW_S * SECOND_US
        found = [(start, self.open_at(start))]
        for window in range(start // width, (end - 1) // width + 1):
            for at, state in zip(*self._window(window), strict=True):
                if start < at < end and state != found[-1][1]:
                    found.append((at, state))
        return found

    def interval_at(self, at: Instant) -> tuple[int, int] | None:
        """The interval that holds at an instant, as seconds of the day it started on."""
        day, second = self._wall(at)
        for start, end in self.intervals:
            today = start <= second < end and self._day_counts(day)
            if today or (second < end - DAY_S and self._day_counts(day - 1)):
                return start, end
        return None

    def _day_counts(self, day: int) -> bool:
        if self.dates and not any(span.holds(zones.date_of(day)) for span in self.dates):
            return False
        if self.calendar is not None and self.calendar.holds(day):
            return self.holidays_open
        return (day + 3) % 7 in self.days  # 1970-01-01 was a Thursday

    def _wall(self, at: Instant) -> tuple[int, int]:
        return divmod(at // SECOND_US + self.zone.offset_s(at), DAY_S)

    def _window(self, window: int) -> tuple[list[Instant], list[bool]]:
        """Change instants and the answers from each on, within one window; the first is the window's start."""
        known = self._windows.get(window)
        if known is not None:
            return known
        start, end = window * _WINDOW_S * SECOND_US, (window + 1) * _WINDOW_S * SECOND_US
        jumps = self.zone.jumps(start - SECOND_US, end)
        marks = sorted({0} | {bound % DAY_S for pair in self.intervals for bound in pair})
        ahead = self.zone.offset_s(start)
        first_day = (start // SECOND_US + ahead) // DAY_S - 1
        candidates = {start, *(at for at in jumps if start < at < end)}
        for day in range(first_day, first_day + _WINDOW_S // DAY_S + 4):
            for mark in marks:
                if jumps:
                    candidates.update(at for at in self.zone.instants(day, mark) if start < at < end)
                else:
                    at = (day * DAY_S + mark - ahead) * SECOND_US
                    if start < at < end:
                        candidates.add(at)
        counts = {day: self._day_counts(day) for day in range(first_day - 1, first_day + _WINDOW_S // DAY_S + 5)}
        times: list[Instant] = []
        states: list[bool] = []
        for at in sorted(candidates):
            day, second = divmod(at // SECOND_US + (self.zone.offset_s(at) if jumps else ahead), DAY_S)
            state = False
            for begin, until in self.intervals:
                if (begin <= second < until and counts[day]) or (second < until - DAY_S and counts[day - 1]):
                    state = True
                    break
            if not states or state != states[-1]:
                times.append(at)
                states.append(state)
        self._windows[window] = times, states
        return times, states

    def _horizon_us(self, at: Instant) -> int:
        """How far after `at` a change can lie: weekly patterns within days, yearly dates within nine years (29 February
        across 2100), single dates as late as the last of them.
        """
        if not self.dates and self.calendar is None:
            return 2 * _WINDOW_S * SECOND_US
        spans = (*self.dates, *self._calendar_spans())
        last = max((day for span in spans if (day := span.last_day()) is not None), default=0)
        return max(0, (last + 2) * DAY_S * SECOND_US - at) + 9 * 366 * DAY_S * SECOND_US

    def _calendar_spans(self) -> tuple[Span, ...]:
        return self.calendar.spans if self.calendar is not None else ()


def clock(second: int) -> str:
    """Seconds of a day as a clock shows them; the end of a day is 24:00.

    >>> clock(32400), clock(86400), clock(108030)
    ('09:00', '24:00', '06:00:30')
    """
    if second > DAY_S:
        second -= DAY_S
    hours, rest = divmod(second, 3600)
    return f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
