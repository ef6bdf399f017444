"""Where calls land over a year, and what moves between two versions, in rows people read.

Decides how ranges of time are put together: those of one kind that begin and end at the same time of day are one row. Leaves
the exact answer to `engine/analysis/reach.py` and `engine/analysis/compare.py`, the pages to `page.py` and
`workbench/compare/page.py`. Imports no part of the web application.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import msgspec

from engine.analysis.caller_classes import CallerClass
from engine.analysis.reach import LOOP, MINUTE_US, Place, percent
from engine.calendar import zones
from engine.contract.ids import Instant
from engine.document.models import HANGUP
from engine.elements import KINDS
from engine.state.flow import NO_ROUTE
from pbxsim.workbench.shell.texts import Texts

What = TypeVar("What", bound=Hashable)
DAYS_OF_A_WEEK = 7
_WORDS = {
    "outside": "kind.trunk",
    "no route set": "place.no_route",
    "hang up": "hangup",
    "a loop without waiting": "place.loop",
}
_TOLD = re.compile(rf"(^|% )({'|'.join([*_WORDS, 'user', *(kind.replace('_', ' ') for kind in KINDS)])})\b")
"""What begins a destination in the engine's words, alone or after its share of calls."""


class Row(msgspec.Struct, Generic[What], frozen=True):
    """Ranges of time of one kind with the same times of day."""

    what: What
    begins: str
    """Local time of day, `21:00` or `21:00:30`."""
    ends: str
    """`24:00` for a range that ends at midnight."""
    days_later: int
    """How many days after its first day a range ends; 1 for a range over one night."""
    weekdays: tuple[int, ...]
    """Weekdays on which such a range begins, Monday 0."""
    times: int
    minutes: float
    first: Instant
    last: Instant
    """Where the first and the last of them begin."""


def rows(ranges: Iterable[tuple[What, Instant, Instant]], zone: zones.Zone) -> list[Row[What]]:
    """Ranges put together, those with most minutes first."""
    found: dict[tuple[What, str, str, int], list[tuple[Instant, Instant]]] = {}
    for what, start, end in ranges:
        found.setdefault((what, *_times(start, end, zone)), []).append((start, end))
    made = [
        Row(
            what,
            begins,
            ends,
            days_later,
            tuple(sorted({zone.local(start).weekday() for start, _ in spans})),
            len(spans),
            sum(end - start for start, end in spans) / MINUTE_US,
            min(spans)[0],
            max(spans)[0],
        )
        for (what, begins, ends, days_later), spans in found.items()
    ]
    return sorted(made, key=lambda row: (-row.minutes, row.first))


def _times(start: Instant, end: Instant, zone: zones.Zone) -> tuple[str, str, int]:
    begin, finish = zone.local(start), zone.local(end)
    days = (finish.date() - begin.date()).days
    ends = clock(finish)
    if days and ends == "00:00":
        days, ends = days - 1, "24:00"
    return clock(begin), ends, days


def hours_text(row: Row[What], texts: Texts) -> str:
    """From when to when a range goes, in the viewer's language.

    >>> night = Row("a", "21:00", "09:00", 1, (4,), 52, 37440.0, 0, 0)
    >>> hours_text(night, Texts()), hours_text(msgspec.structs.replace(night, days_later=3), Texts())
    ('21:00 – 09:00 next day', '21:00 – 09:00, 3 days later')
    >>> year = msgspec.structs.replace(night, begins="00:00", ends="24:00", days_later=364)
    >>> hours_text(year, Texts())
    'day and night, 365 days'
    """
    if row.days_later and (row.begins, row.ends) == ("00:00", "24:00"):
        return texts("hours.whole_days", texts.amount(row.days_later + 1))
    key = ("hours.same_day", "hours.next_day")[row.days_later] if row.days_later < 2 else "hours.days_later"
    return texts(key, row.begins, row.ends, texts.amount(row.days_later))


def days_text(row: Row[What], texts: Texts) -> str:
    """The weekdays on which ranges begin; a single range of a week and more goes over all of them.

    >>> days_text(Row("a", "00:00", "24:00", 364, (3,), 1, 525600.0, 0, 0), Texts())
    'every day'
    """
    return (
        texts("every_day")
        if row.times == 1 and row.days_later >= DAYS_OF_A_WEEK - 1
        else weekdays_text(row.weekdays, texts)
    )


def clock(local: object) -> str:
    """A local time without seconds that are none.

    >>> import datetime
    >>> clock(datetime.time(9)), clock(datetime.time(8, 59, 59))
    ('09:00', '08:59:59')
    """
    return f"{local:%H:%M:%S}".removesuffix(":00") if f"{local:%S}" == "00" else f"{local:%H:%M:%S}"


def place_text(place: Place, texts: Texts) -> str:
    """A destination in the viewer's language; several by chance with their shares."""
    if place.choices:
        return ", ".join(f"{percent(share)} {place_text(one, texts)}" for one, share in place.choices)
    if isinstance(place.node, int):
        name = f" «{place.name}»" if place.name else ""
        return texts.quotes(f"{texts.kind(place.kind)} {place.node}{name}")
    if place.node.startswith("outside:"):
        return f"{texts('kind.trunk')} {place.node.removeprefix('outside:')}"
    return texts({NO_ROUTE: "place.no_route", HANGUP: "hangup", LOOP: "place.loop"}[place.node])


def told_place(told: str, texts: Texts) -> str:
    """A destination that the engine told in English words (`Place.text`), in the viewer's language.

    >>> told_place("voicemail 5120 «Mailbox»", Texts("ru"))
    'Голосовая почта 5120 «Mailbox»'
    >>> told_place("75 % user 102, 25 % outside 89161234567", Texts("ru"))
    '75 % Сотрудник 102, 25 % Внешний номер 89161234567'
    >>> told_place("no route set", Texts("ru")) == Texts("ru")("place.no_route")
    True
    """

    def said(found: re.Match[str]) -> str:
        word = found[2]
        return found[1] + (texts(_WORDS[word]) if word in _WORDS else texts.kind(word.replace(" ", "_")))

    return texts.quotes(_TOLD.sub(said, told))


def caller_text(caller: CallerClass, texts: Texts) -> str:
    """A caller class in the viewer's language."""
    fits = [str(number) for number, fit in caller.fits if fit]
    if fits:
        return texts("callers.fit", ", ".join(dict.fromkeys(fits)), caller.number)
    return texts("callers.other" if caller.fits else "callers.all")


def weekdays_text(days: tuple[int, ...], texts: Texts) -> str:
    """Weekdays, runs of them joined.

    >>> weekdays_text((0, 1, 2, 3, 4, 6), Texts("en"))
    'Mon–Fri, Sun'
    """
    names = texts.weekdays()
    parts: list[list[int]] = []
    for day in days:
        if parts and parts[-1][-1] == day - 1:
            parts[-1].append(day)
        else:
            parts.append([day])
    return ", ".join(names[p[0]] if len(p) == 1 else f"{names[p[0]]}–{names[p[-1]]}" for p in parts)
