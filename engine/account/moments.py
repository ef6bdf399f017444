"""Days and months as billing counts them: local days, their ends, days' charges, months and working days later.

Decides which instant each of them is. Leaves what happens then to the other files of this room.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from engine.calendar import zones
from engine.contract.ids import SECOND_US, Instant

MOSCOW: Final = "Europe/Moscow"
"""The zone of everything the specification dates without another one (R-03.8, R-03.13, R-22.10)."""

HOUR_US: Final = 3600 * SECOND_US
DAY_US: Final = 24 * HOUR_US

CHARGE_SECOND: Final = (23 * 60 + 50) * 60
"""Second of the local day at which its charge is taken, 23:50 (R-22.9)."""


def day_of(at: Instant, zone: str = MOSCOW) -> date:
    """The local day of an instant."""
    return zones.parse(zone).local(at).date()


def written(at: Instant, zone: str = MOSCOW) -> str:
    """An instant for people.

    >>> written(0)
    '01.01.1970 03:00:00'
    """
    return f"{zones.parse(zone).local(at):%d.%m.%Y %H:%M:%S}"


def instant_of(day: date, second: int = 0, zone: str = MOSCOW) -> Instant:
    """A local time of a day; where a change of clocks skips it, the same length after the day's beginning."""
    found = zones.parse(zone).instants(zones.day_number(day), second)
    return found[0] if found else instant_of(day, 0, zone) + second * SECOND_US


def end_of(day: date, zone: str = MOSCOW) -> Instant:
    """The end of a local day, which is the beginning of the next one."""
    return instant_of(day + timedelta(days=1), 0, zone)


def charge_at(day: date, zone: str = MOSCOW) -> Instant:
    """When a day's charge is taken."""
    return instant_of(day, CHARGE_SECOND, zone)


def charges_due(after: Instant, until: Instant, zone: str = MOSCOW) -> list[tuple[date, Instant]]:
    """Days whose charge is taken after one instant and at or before another, in order."""
    day = day_of(after, zone)
    found = []
    while (due := charge_at(day, zone)) <= until:
        if due > after:
            found.append((day, due))
        day += timedelta(days=1)
    return found


def months_later(day: date, months: int) -> date:
    """The same day of a later month; the last one of a month too short for it.

    >>> months_later(date(2026, 12, 31), 2)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_in_month(day: date) -> int:
    """How many days the month of a day has."""
    return calendar.monthrange(day.year, day.month)[1]


def is_weekend(day: date) -> bool:
    """Saturday or Sunday (R-11.7)."""
    return day.weekday() >= 5


def working_days_later(at: Instant, count: int, is_off: Callable[[date], bool] = is_weekend) -> Instant:
    """End of the working day that is `count` working days after the day of an instant, Moscow time (R-03.10, R-21.6).

    What comes on a Friday is over at the end of Wednesday with a count of 3. `is_off` may know public holidays too.
    """
    day = day_of(at)
    while count > 0:
        day += timedelta(days=1)
        if not is_off(day):
            count -= 1
    return end_of(day)


def quarter_of(day: date) -> tuple[date, date]:
    """First and last day of the quarter of a day.

    >>> quarter_of(date(2026, 11, 29))
    (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    """
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, months_later(first, 3) - timedelta(days=1)
