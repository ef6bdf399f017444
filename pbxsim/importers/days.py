"""Days that come back every year, as a document names them: spans such as `12-31..01-08`.

Decides how months, days of the month and the first or last weekday of a month become such spans. Leaves to the readers which of
them a setting means.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from typing import Final

LEAP_YEAR: Final = 2000
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ORDINALS: Final = {
    "first": range(1, 8), "second": range(8, 15), "third": range(15, 22), "fourth": range(22, 29), "fifth": range(29, 32),
}  # fmt: skip
"""The days among which the first, second ... weekday of a month is."""

MonthDay = tuple[int, int]

YEAR: Final[tuple[MonthDay, ...]] = tuple(
    (month, day) for month in range(1, 13) for day in range(1, calendar.monthrange(LEAP_YEAR, month)[1] + 1)
)
"""The days of a leap year in their order."""


def among(months: Collection[int], days: Collection[int]) -> set[MonthDay]:
    """The days of a year that are in one of the months and one of the days of a month."""
    return {(month, day) for month, day in YEAR if month in months and day in days}


def of_ordinal(months: Iterable[int], ordinal: str) -> set[MonthDay]:
    """The days among which the `first` to `fifth` or `last` weekday of each month is; every day for `every`. The last one of
    February is among eight days here, as the month has seven more or eight after the 21st.

    >>> spans(of_ordinal({9}, "first")), spans(of_ordinal({10}, "last"))
    (('09-01..09-07',), ('10-25..10-31',))
    """
    found = set(months)
    if ordinal != "last":
        return among(found, ORDINALS.get(ordinal, range(1, 32)))
    last = {month: calendar.monthrange(LEAP_YEAR, month)[1] for month in found}
    return {(month, day) for month, day in YEAR if month in found and day > last[month] - (8 if month == 2 else 7)}


def spans(days: Collection[MonthDay]) -> tuple[str, ...]:
    """Spans of a document for these days; none for all of them. The first may run past New Year.

    >>> spans(among({12, 1}, range(1, 32))), spans({(12, 25)}), spans(YEAR)
    (('12-01..01-31',), ('12-25',), ())
    """
    if len(days) == len(YEAR):
        return ()
    runs: list[list[MonthDay]] = []
    before = False
    for day in YEAR:
        if day in days and before:
            runs[-1].append(day)
        elif day in days:
            runs.append([day])
        before = day in days
    if len(runs) > 1 and runs[0][0] == YEAR[0] and runs[-1][-1] == YEAR[-1]:
        runs[0] = runs.pop() + runs[0]
    return tuple(_named(run[0]) if len(run) == 1 else f"{_named(run[0])}..{_named(run[-1])}" for run in runs)


def _named(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
