"""Asterisk's way to write when something holds: `09:00-17:59,mon-fri,*,dec&jan`, as the parts of a time rule.

Source: Asterisk documentation of GotoIfTime and its `ast_build_timing`. Decides what each field means with us: the end minute of
a time is in it there, a time past midnight holds on both sides of the same day, all fields must hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from engine.contract import limits
from engine.numbers.digits import is_digits
from pbxsim.importers import days

WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
EVERY: Final = "*"
FULL_DAY: Final = ["00:00-24:00"]

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_ZONE = re.compile(r"[A-Za-z_]+/[A-Za-z_/+-]+")


def hours_of(text: str) -> dict[str, Any] | None:
    """`days`, `open`, `dates` and `zone` of a time rule; None where a field is not understood.

    >>> hours_of("22:00-05:59,mon-fri,1-7,jan")
    {'days': 'mon,tue,wed,thu,fri', 'open': ['22:00-24:00', '00:00-06:00'], 'dates': ['01-01..01-07']}
    >>> hours_of("*,sat&sun,*,*")
    {'days': 'sun,sat', 'open': ['00:00-24:00']}
    """
    fields = [part.strip().lower() for part in re.split(r"[,|]", text)]
    zone = text.rsplit("," if "," in text else "|", 1)[-1].strip() if len(fields) == 5 else ""
    clock, weekdays, month_days, months = (fields + [EVERY] * 4)[:4]
    opened = _times(clock)
    weekday = _chosen(weekdays, WEEKDAYS)
    month_day = _chosen(month_days, [str(day) for day in range(1, 32)])
    month = _chosen(months, days.MONTHS)
    if len(fields) > 5 or not opened or not weekday or not month_day or not month:
        return None
    if zone and not _ZONE.fullmatch(zone):
        return None
    named = "all" if len(weekday) == 7 else ",".join(WEEKDAYS[one] for one in sorted(weekday))
    found: dict[str, Any] = {"days": named, "open": opened}
    chosen = days.among({one + 1 for one in month}, {one + 1 for one in month_day})
    if not chosen:
        return None
    if dates := days.spans(chosen):
        found["dates"] = list(dates)
    return found | ({"zone": zone} if zone else {})


def _times(text: str) -> list[str]:
    """Intervals of a day; none where they are not understood."""
    if text == EVERY:
        return list(FULL_DAY)
    out: list[str] = []
    for part in text.split("&"):
        first, _, last = part.partition("-")
        start, end = _minute(first), _minute(last or first)
        if start is None or end is None:
            return []
        if end >= start:
            out.append(f"{_shown(start)}-{_shown(end + 1)}")
        else:
            out += [f"{_shown(start)}-24:00", f"00:00-{_shown(end + 1)}"]
    return out if len(out) <= limits.TIME_INTERVALS else []


def _minute(text: str) -> int | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return int(found[1]) * 60 + int(found[2])


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _chosen(text: str, names: Sequence[str]) -> set[int]:
    """Places among the names that `a`, `a-b` (which may go round) and several of them by `&` mean; none if not understood."""
    if text == EVERY:
        return set(range(len(names)))
    out: set[int] = set()
    for part in text.split("&"):
        first, _, last = part.partition("-")
        start, end = _place(first, names), _place(last or first, names)
        if start is None or end is None:
            return set()
        out.add(start)
        while start != end:
            start = (start + 1) % len(names)
            out.add(start)
    return out


def _place(text: str, names: Sequence[str]) -> int | None:
    word = text.strip()
    if is_digits(word) and len(word) < 3 and len(names) != len(WEEKDAYS):
        return int(word) - 1 if 1 <= int(word) <= len(names) else None
    return next((place for place, name in enumerate(names) if word[:3] == name), None)
