"""Days that are special: dates and ranges as people write them, public holidays of a country, iCalendar files.

Decides which local days a calendar holds. Leaves whether such a day is open or closed to the time rule that uses it
(R-11.4). Days are counted from 1970-01-01 (`zones.day_number`). Holidays come from the `holidays` package, which is used nowhere
else; iCalendar texts are read by `ical_series.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, tzinfo
from functools import lru_cache

import holidays
import msgspec

from engine.calendar import ical_series, zones
from engine.contract import limits
from engine.document import models
from engine.document.faults import Path

_SPAN = re.compile(r"((?:\d{4}-)?\d{2}-\d{2})(?:\s*\.\.\s*((?:\d{4}-)?\d{2}-\d{2}))?", re.ASCII)


class Span(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both included; `yearly` ones hold (month, day) and come back every year."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    yearly: bool = False

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them. A yearly span whose end is before its start runs past New Year."""
        if not self.yearly:
            return self.first <= (day.year, day.month, day.day) <= self.last
        here = (0, day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last

    def last_day(self) -> int | None:
        """The last day there will ever be; None for yearly ones."""
        return None if self.yearly else zones.day_number(date(*self.last))


def span(text: str) -> Span:
    """`2026-12-31`, `2027-01-01..2027-01-08`, or every year `12-31`, `12-31..01-08`.

    Raises ValueError with what is wrong.
    """
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no date: write 2026-12-31, 2027-01-01..2027-01-08 or 12-31 (R-11.4)")
    first, last = _day(found.group(1), text), _day(found.group(2) or found.group(1), text)
    if (first[0] == 0) != (last[0] == 0):
        raise ValueError(f"{text!r} has a year at one end only (R-11.4)")
    yearly = first[0] == 0
    if not yearly and last < first:
        raise ValueError(f"{text!r} ends before it begins (R-11.4)")
    return Span(first, last, yearly)


def _day(text: str, whole: str) -> tuple[int, int, int]:
    parts = [int(part) for part in text.split("-")]
    year, month, day = parts if len(parts) == 3 else (0, *parts)
    try:
        date(year or 2000, month, day)  # 2000 is a leap year: 02-29 exists
    except ValueError:
        raise ValueError(f"{whole!r} holds a day that does not exist (R-11.4)") from None
    if year and not limits.FIRST_YEAR <= year <= limits.LAST_YEAR:
        raise ValueError(f"{whole!r} is outside {limits.FIRST_YEAR} to {limits.LAST_YEAR} (R-11.4)")
    return year, month, day


class Days:
    """The days of one calendar, year by year."""

    def __init__(self, calendar: models.Calendar, zone: tzinfo = UTC) -> None:
        """`zone` is that of the rule that asks: to it the times of an iCalendar text are brought."""
        self.zone = zone
        self.country = calendar.country
        self.subdivision = calendar.subdivision
        self.spans = tuple(_spans(calendar.dates))
        self.ics = calendar.ics
        self._years: dict[int, frozenset[int]] = {}

    def of_year(self, year: int) -> frozenset[int]:
        """Day numbers of the calendar in `year`."""
        days = self._years.get(year)
        if days is None:
            days = self._years[year] = frozenset(self._of_year(year))
        return days

    def holds(self, day: int) -> bool:
        """Whether the local day is one of the calendar's."""
        return day in self.of_year(zones.date_of(day).year)

    def last_day(self) -> int | None:
        """The last day there will ever be; None if the calendar has no end."""
        if self.country is not None or self.ics is not None:
            return None
        ends = [one.last_day() for one in self.spans]
        return None if None in ends else max((end for end in ends if end is not None), default=0)

    def _of_year(self, year: int) -> Iterator[int]:
        first, after = zones.day_number(date(year, 1, 1)), zones.day_number(date(year + 1, 1, 1))
        if self.country is not None:
            yield from _public_holidays(self.country, self.subdivision, year)
        if self.ics is not None:
            yield from ical_series.days(self.ics, year, self.zone)
        if self.spans:
            for day in range(first, after):
                if any(one.holds(zones.date_of(day)) for one in self.spans):
                    yield day


def _spans(texts: tuple[str, ...]) -> Iterator[Span]:
    """Those that can be read; `wrong` reports the rest."""
    for text in texts:
        try:
            yield span(text)
        except ValueError:
            continue


@lru_cache(maxsize=4096)
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[int]:
    table = holidays.country_holidays(country, subdiv=subdivision, years=year)
    return frozenset(zones.day_number(day) for day in table if day.year == year)


def countries() -> dict[str, tuple[str, ...]]:
    """Countries whose holidays are known, by their two letters (ISO 3166-1), each with its subdivisions."""
    return {code: tuple(parts) for code, parts in sorted(holidays.list_supported_countries().items())}


def wrong(calendar: models.Calendar) -> Iterator[tuple[Path, str, str]]:
    """What a calendar says that cannot be: path below it, message, remedy."""
    if calendar.country is None and calendar.subdivision is not None:
        yield ("subdivision",), "a subdivision needs its country", "Add country:"
    if calendar.country is not None:
        known = holidays.list_supported_countries()
        if calendar.country not in known:
            message = f"{calendar.country} is no country whose holidays are known"
            yield ("country",), message, "Write its two letters, such as RU (ISO 3166-1), or list the dates"
        elif calendar.subdivision is not None and calendar.subdivision not in known[calendar.country]:
            message = f"{calendar.subdivision} is no subdivision of {calendar.country} whose holidays are known"
            yield ("subdivision",), message, f"Write one of {', '.join(known[calendar.country][:12]) or 'none'}"
    for index, text in enumerate(calendar.dates):
        try:
            span(text)
        except ValueError as error:
            yield ("dates", index), str(error).removesuffix(" (R-11.4)"), "Correct the date"
    if calendar.ics is not None:
        try:
            events = ical_series.read(calendar.ics)
        except ValueError as error:
            words = " ".join(str(error).split())[:100]
            yield ("ics",), f"this is no iCalendar text: {words}", "Paste the whole .ics file"
        else:
            if not events.series and not events.ignored:
                yield ("ics",), "the iCalendar text holds no event", "Paste a file with VEVENT entries"
    if calendar.country is None and not calendar.dates and calendar.ics is None:
        yield (), "the calendar is empty", "Add country:, dates: or ics:"


def ignored(calendar: models.Calendar) -> Iterator[str]:
    """What of a calendar's iCalendar text cannot be obeyed, a sentence each."""
    if calendar.ics is not None:
        try:
            yield from ical_series.read(calendar.ics).ignored
        except ValueError:
            return  # `wrong` says so
