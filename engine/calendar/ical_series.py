"""iCalendar texts (RFC 5545) as days: events, their recurrences, and single occurrences that were moved or called off.

Decides on which local days of a zone an event lies, and what of a text cannot be obeyed. An event of some hours makes its whole
day special. Recurrences run on the clock of the event's own zone and are then brought to the zone of whoever asks; times without
a zone are local everywhere. `icalendar` and `dateutil` are used nowhere else. Leaves what a special day means to the time rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import icalendar
from dateutil.rrule import rrule, rrulestr

from engine.calendar import zones
from engine.contract import limits

_DAY: Final = timedelta(days=1)
_LATEST: Final = datetime(9990, 1, 1)
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
"""Recurrences that make days; what comes every hour or more often makes every day, or is a mistake."""

_RANGES: Final = {
    "INTERVAL": (1, 100_000), "COUNT": (1, 10_000_000), "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53), "BYMONTH": (1, 12), "BYSETPOS": (-366, 366),
}  # fmt: skip
"""What the numbers of a rule may be (RFC 5545 section 3.3.10), 0 being a day or a place of nothing. What lies outside would come
never, or again and again at the same time, and both are looked for in vain."""
_NOTHING_AT_ZERO: Final = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
_WEEKDAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)", re.IGNORECASE)

_KNOWN_PARTS: Final = ("VEVENT", "VTIMEZONE", "VALARM")
_ENDS: Final = re.compile(r";?(?:UNTIL|COUNT)=[^;]*", re.IGNORECASE)

Moment = date | datetime
Length = timedelta


class Occurrences:
    """One rule of recurrence on the clock of its event."""

    def __init__(self, text: str, start: datetime, until: datetime | None, count: int | None) -> None:
        self.text = text
        self.start = start
        self.until = until
        self.count = count
        first = next(iter(self._rule(start + 366 * _DAY)), None)
        if first != start and count is not None:
            self.count = count - 1  # the start counts as the first occurrence, whether it fits the rule or not

    def _rule(self, end: datetime) -> rrule:
        made = rrulestr(self.text, dtstart=self.start, ignoretz=True)
        assert isinstance(made, rrule)
        return made.replace(until=min(end, self.until) if self.until is not None else end)

    def before(self, end: datetime) -> Iterator[datetime]:
        """Every occurrence up to `end`, the start itself not always among them."""
        if self.start > end:
            return iter(())
        return islice(self._rule(end), self.count)


class Series:
    """One event with all its occurrences. Times are those of a clock in `zone`; None is a clock on any wall."""

    def __init__(self, start: Moment, length: Length) -> None:
        self.whole_days = not isinstance(start, datetime)
        self.zone: tzinfo | None = start.tzinfo if isinstance(start, datetime) else None
        self.start = self.wall(start)
        self.length = length
        self.rules: list[Occurrences] = []
        self.more: dict[datetime, Length] = {}
        """Occurrences beside those of the rules, with their lengths (RDATE)."""
        self.left_out_rules: list[Occurrences] = []
        self.left_out: set[datetime] = set()
        self.left_out_days: set[date] = set()
        self.moved: dict[datetime, Series | None] = {}
        """What stands for an occurrence: another event, or nothing where it was called off (RECURRENCE-ID)."""
        self.from_now_on: list[tuple[datetime, timedelta, Length | None]] = []
        """From which occurrence on all are shifted by how much and last how long; None where they are called off."""

    def wall(self, moment: Moment) -> datetime:
        """A moment on the clock of this event; of days, their midnight."""
        if not isinstance(moment, datetime):
            return datetime.combine(moment, time())
        if moment.tzinfo is not None and self.zone is not None:
            moment = moment.astimezone(self.zone)
        bare = moment.replace(tzinfo=None)
        return datetime.combine(bare.date(), time()) if self.whole_days else bare

    def days(self, first: date, last: date, zone: tzinfo) -> Iterator[date]:
        """Days from `first` to `last` on which it lies, on a clock in `zone`."""
        for start, length in self._occurrences(first, last):
            yield from self._covered(start, length, first, last, zone)
        for instead in self.moved.values():
            if instead is not None:
                yield from instead.days(first, last, zone)

    def _occurrences(self, first: date, last: date) -> Iterator[tuple[datetime, Length]]:
        longest = max([self.length, *self.more.values(), *(length for _, _, length in self.from_now_on if length)])
        furthest = max((abs(shift) for _, shift, _ in self.from_now_on), default=timedelta())
        begin = _minus(datetime.combine(first, time()), longest + furthest + 2 * _DAY)
        end = _plus(datetime.combine(last, time()), furthest + 2 * _DAY)
        found: dict[datetime, Length] = {self.start: self.length}
        for rule in self.rules:
            for moment in rule.before(end):
                found[moment] = self.length
        found |= self.more
        gone = set(self.left_out)
        for rule in self.left_out_rules:
            gone.update(rule.before(end))
        for moment, length in sorted(found.items()):
            if moment in gone or moment.date() in self.left_out_days or moment in self.moved:
                continue
            shifted = self._shifted(moment, length)
            if shifted is not None and begin <= shifted[0] <= end:
                yield shifted

    def _shifted(self, moment: datetime, length: Length) -> tuple[datetime, Length] | None:
        for since, shift, other in sorted(self.from_now_on, key=lambda change: change[0], reverse=True):
            if moment >= since:
                return None if other is None else (_plus(moment, shift), other)
        return moment, length

    def _covered(self, start: datetime, length: Length, first: date, last: date, zone: tzinfo) -> Iterator[date]:
        end = _plus(start, length)
        if self.zone is not None:
            start = start.replace(tzinfo=self.zone).astimezone(zone).replace(tzinfo=None)
            end = end.replace(tzinfo=self.zone).astimezone(zone).replace(tzinfo=None)
        # The end is excluded (RFC 5545 section 3.6.1): a whole day ends as the next one begins, an hour within its own.
        final = (end - timedelta(microseconds=1)).date() if end > start else start.date()
        day = max(start.date(), first)
        while day <= min(final, last):
            yield day
            day += _DAY


class Text:
    """One iCalendar text: its events, and what of it cannot be obeyed. Raises ValueError for what is no iCalendar text."""

    def __init__(self, text: str) -> None:
        self.series: list[Series] = []
        self.ignored: list[str] = []
        """One sentence for each thing that is left out."""
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        for calendar in calendars:
            self._calendar(calendar)

    def days(self, year: int, zone: tzinfo) -> frozenset[int]:
        """Day numbers of a year on which an event lies, on a clock in `zone`."""
        first, last = date(year, 1, 1), date(year, 12, 31)
        found: set[int] = set()
        for one in self.series:
            with suppress(OverflowError):  # at the first or the last days that a calendar has
                found.update(zones.day_number(day) for day in one.days(first, last, zone))
        return frozenset(found)

    def _calendar(self, calendar: Any) -> None:
        other: dict[str, int] = {}
        for part in calendar.subcomponents:
            if part.name not in _KNOWN_PARTS:
                other[part.name] = other.get(part.name, 0) + 1
        for name, count in sorted(other.items()):
            self.ignored.append(f"{count} {name}: only events make days")
        by_id: dict[str, list[Any]] = {}
        for place, event in enumerate(calendar.walk("VEVENT")):
            by_id.setdefault(str(event.get("UID") or f"#{place}"), []).append(event)
        called_off = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        for events in by_id.values():
            self._events(events, called_off)

    def _events(self, events: list[Any], called_off: bool) -> None:
        """Everything that is said of one event: the newest version of it, and of each single occurrence."""
        masters = [event for event in events if "RECURRENCE-ID" not in event]
        newest = max((_sequence(event) for event in masters), default=0)
        made = []
        for event in masters:
            series = None if _sequence(event) < newest else self._series(event)
            if series is not None and not called_off and not _is_off(event):
                made.append(series)
        singles = sorted((event for event in events if "RECURRENCE-ID" in event), key=_sequence)
        if masters and not made:
            singles = []
        loose: dict[object, Series | None] = {}
        for event in singles:
            of = _moment(event.get("RECURRENCE-ID"))
            if of is None:
                self._broken(event)
                continue
            off = called_off or _is_off(event)
            series = self._series(event, standing_for=of)
            if series is None:
                continue
            if not made:
                loose[of] = None if off else series
            for master in made:
                self._stand_for(master, of, series, off, event)
        self.series += made
        self.series += [series for series in loose.values() if series is not None]

    def _stand_for(self, master: Series, of: Moment, series: Series, off: bool, event: Any) -> None:
        """Put what is said of one occurrence, or of it and all later ones, into its event."""
        said = str(event["RECURRENCE-ID"].params.get("RANGE", "")).upper()
        at = master.wall(of)
        if said == "THISANDFUTURE":
            shift = timedelta() if off else master.wall(_aware(series)) - at
            master.from_now_on.append((at, shift, None if off else series.length))
        else:
            if said:
                self._leave_out(event, f"RANGE={said}, so it stands for one occurrence")
            master.moved[at] = None if off else series

    # --- one event ---------------------------------------------------------------------------------------------------

    def _series(self, event: Any, standing_for: Moment | None = None) -> Series | None:
        start = _moment(event.get("DTSTART"))
        if start is None:
            start = standing_for
        if start is None:
            self._leave_out(event, "it has no DTSTART")
            return None
        self._broken(event)
        series = Series(start, timedelta())
        series.length = self._length(event, series)
        if standing_for is None:
            self._recurrences(event, series)
        return series

    def _broken(self, event: Any) -> None:
        for name, why in event.errors:
            self._leave_out(event, f"its {name} cannot be read ({' '.join(str(why).split())[:80]})")
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            moment = _moment(event.get(name))
            zone = event[name].params.get("TZID") if moment is not None else None
            if zone is not None and isinstance(moment, datetime) and moment.tzinfo is None:
                self._leave_out(event, f"the zone {str(zone)[:60]} is not known, so its {name} is local time")

    def _length(self, event: Any, series: Series) -> Length:
        least = _DAY if series.whole_days else timedelta()
        end = _moment(event.get("DTEND"))
        if end is not None:
            return max(series.wall(end) - series.start, least)
        length = _said(event.get("DURATION"), "dt")
        if isinstance(length, timedelta):
            return max(-(-length // _DAY) * _DAY if series.whole_days else length, least)
        return least

    def _recurrences(self, event: Any, series: Series) -> None:
        for name, rules in (("RRULE", series.rules), ("EXRULE", series.left_out_rules)):
            for value in _all(event, name):
                made = self._occurrences(event, series, name, value)
                if made is not None:
                    rules.append(made)
        for value in _all(event, "RDATE"):
            for item in _said(value, "dts") or ():
                moment = item.dt
                if isinstance(moment, tuple):
                    begin, end = moment
                    length = end if isinstance(end, timedelta) else series.wall(end) - series.wall(begin)
                    series.more[series.wall(begin)] = max(length, timedelta())
                elif isinstance(moment, date):
                    series.more[self._at_time_of(series, moment)] = series.length
        for value in _all(event, "EXDATE"):
            for item in _said(value, "dts") or ():
                if isinstance(item.dt, datetime):
                    series.left_out.add(series.wall(item.dt))
                elif isinstance(item.dt, date):
                    series.left_out_days.add(item.dt)

    def _at_time_of(self, series: Series, moment: Moment) -> datetime:
        if isinstance(moment, datetime) or series.whole_days:
            return series.wall(moment)
        return datetime.combine(moment, series.start.time())

    def _occurrences(self, event: Any, series: Series, name: str, value: Any) -> Occurrences | None:
        if not isinstance(value, icalendar.vRecur):
            return None  # it cannot be read, which is said already
        frequency = str((value.get("FREQ") or [""])[0]).upper()
        if frequency not in _FREQUENCIES:
            self._leave_out(event, f"its {name} is {frequency or 'without FREQ'}, and days come daily or more seldom")
            return None
        raw: Any = value.to_ical()  # type: ignore[no-untyped-call]
        wrong = _out_of_range(raw.decode() if isinstance(raw, bytes) else str(raw))
        if wrong:
            self._leave_out(event, f"its {name} cannot be obeyed ({wrong})")
            return None
        text = _ENDS.sub("", raw.decode() if isinstance(raw, bytes) else str(raw)).strip(";")
        count = value.get("COUNT")
        try:
            return Occurrences(text, series.start, _until(value, series), int(count[0]) if count else None)
        except (ValueError, TypeError, OverflowError) as error:
            self._leave_out(event, f"its {name} cannot be obeyed ({' '.join(str(error).split())[:80]})")
            return None

    def _leave_out(self, event: Any, why: str) -> None:
        if len(self.ignored) < limits.FAULTS_TOLD:
            name = " ".join(str(event.get("SUMMARY") or event.get("UID") or "without a name").split())[:60]
            self.ignored.append(f"event «{name}»: {why}")


def _out_of_range(rule: str) -> str:
    """The first part of a rule whose numbers are none that it may have; empty when all are.

    >>> _out_of_range("FREQ=DAILY;INTERVAL=0"), _out_of_range("FREQ=MONTHLY;BYDAY=-1FR;BYMONTH=2,12")
    ('INTERVAL=0', '')
    """
    for part in rule.split(";"):
        name, _, values = part.partition("=")
        name = name.strip().upper()
        for value in values.split(","):
            if name == "BYDAY":
                found = _WEEKDAY.fullmatch(value.strip())
                good = found is not None and (not found[1] or 1 <= abs(int(found[1])) <= 53)
            elif name in _RANGES:
                number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,12}", value.strip()) else None
                low, high = _RANGES[name]
                good = number is not None and low <= number <= high and (number != 0 or name not in _NOTHING_AT_ZERO)
            else:
                good = True
            if not good:
                return f"{name}={value}"[:80]
    return ""


@lru_cache(maxsize=64)
def read(text: str) -> Text:
    """An iCalendar text, read once; some programs put a mark of byte order before it. Raises ValueError."""
    try:
        return Text(text.removeprefix("\ufeff"))
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=4096)
def days(text: str, year: int, zone: tzinfo = UTC) -> frozenset[int]:
    """Day numbers of an iCalendar text in a year, on a clock in `zone`. Raises ValueError."""
    return read(text).days(year, zone)


def _until(value: Any, series: Series) -> datetime | None:
    """Up to when a rule runs, itself included, on the clock of its event; a day is all of that day."""
    said = (value.get("UNTIL") or [None])[0]
    if isinstance(said, datetime):
        if series.whole_days:
            return said.replace(tzinfo=None)
        return series.wall(said)
    return datetime.combine(said, time.max) if isinstance(said, date) else None


def _said(value: Any, name: str) -> Any:
    """What a property says; None where it is missing or cannot be read."""
    return None if value is None or isinstance(value, icalendar.vBroken) else getattr(value, name, None)


def _moment(value: Any) -> Moment | None:
    moment = _said(value, "dt")
    return moment if isinstance(moment, date) else None


def _all(event: Any, name: str) -> list[Any]:
    value = event.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def _sequence(event: Any) -> int:
    try:
        return int(event.get("SEQUENCE", 0))
    except (TypeError, ValueError):
        return 0


def _is_off(event: Any) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _aware(series: Series) -> Moment:
    """Where a series starts, with its zone."""
    return series.start.date() if series.whole_days else series.start.replace(tzinfo=series.zone)


def _plus(moment: datetime, length: timedelta) -> datetime:
    """A moment so much later, the last one there is a zone for at most: an event may last for ever."""
    try:
        return min(moment + length, max(moment, _LATEST))
    except OverflowError:
        return _LATEST if length > timedelta() else datetime.min


def _minus(moment: datetime, length: timedelta) -> datetime:
    """`moment` less `length`, no earlier than there are dates."""
    return datetime.min if moment - datetime.min < length else moment - length
