"""Time zones: the names a document may use, local time at an instant, and the instants at which local time jumps.

Decides that `GMT+5` is five hours ahead of UTC and never changes (R-11.6), and turns local times into instants. Leaves
what happens at those times to `elements/hours.py`.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from engine.contract.ids import SECOND_US, Instant

DAY_S = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_FIXED = re.compile(r"(?:GMT|UTC)(?:([+-])(\d{1,2})(?::?([0-5]\d))?)?", re.IGNORECASE | re.ASCII)


class UnknownZone(ValueError):
    """No such zone; the message says what may be written."""


class Zone:
    """A time zone by name. Two zones with one name are equal."""

    __slots__ = ("_fixed_s", "name", "tzinfo")

    def __init__(self, name: str, tz: tzinfo, fixed_s: int | None) -> None:
        self.name = name
        self.tzinfo = tz
        self._fixed_s = fixed_s

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def fixed(self) -> bool:
        """Whether local time never jumps."""
        return self._fixed_s is not None

    def offset_s(self, at: Instant) -> int:
        """Seconds local time is ahead of UTC at an instant.

        >>> parse("GMT+5").offset_s(0)
        18000
        """
        if self._fixed_s is not None:
            return self._fixed_s
        ahead = datetime.fromtimestamp(int(at) // SECOND_US, self.tzinfo).utcoffset()
        assert ahead is not None, self.name
        return int(ahead.total_seconds())

    def local(self, at: Instant) -> datetime:
        """Local date and time at an instant, to the microsecond."""
        whole, rest = divmod(at, SECOND_US)
        return datetime.fromtimestamp(whole, self.tzinfo).replace(microsecond=rest)

    def jumps(self, start: Instant, end: Instant) -> tuple[Instant, ...]:
        """Instants in (`start`, `end`] at which the offset changes, exact to the second, in order.

        Offsets are compared every six hours and the jump between two
        that differ is found by halving. Two jumps within six hours that cancel are not known to any zone.
        """
        return () if self._fixed_s is not None else _jumps(self, start, end)

    def instants(self, day: int, second: int) -> tuple[Instant, ...]:
        """Every instant that local time `second` of the local `day` (days since 1970-01-01) is: none where a change of
        clocks skips it, two where it occurs twice, otherwise one.
        """
        local_s = day * DAY_S + second
        if self._fixed_s is not None:
            return ((local_s - self._fixed_s) * SECOND_US,)
        found = []
        around = {self.offset_s((local_s + hours * 3600) * SECOND_US) for hours in (-30, -15, 0, 15, 30)}
        for ahead in sorted(around, reverse=True):
            at = (local_s - ahead) * SECOND_US
            if self.offset_s(at) == ahead:
                found.append(at)
        return tuple(found)


@lru_cache(maxsize=4096)
def _jumps(zone: Zone, start: Instant, end: Instant) -> tuple[Instant, ...]:
    found: list[Instant] = []
    step = 6 * 3600 * SECOND_US
    left, before = start, zone.offset_s(start)
    while left < end:
        right = min(left + step, end)
        after = zone.offset_s(right)
        if after != before:
            low, high = left // SECOND_US, -(-right // SECOND_US)
            while high - low > 1:
                middle = (low + high) // 2
                if zone.offset_s(middle * SECOND_US) == before:
                    low = middle
                else:
                    high = middle
            found.append(high * SECOND_US)
        left, before = right, after
    return tuple(found)


@lru_cache(maxsize=1024)
def parse(name: str) -> Zone:
    """The zone of a name: `GMT+5`, `UTC-3:30`, `UTC`, or an IANA name such as `Europe/Moscow` (R-11.6).

    Raises UnknownZone.
    """
    text = name.strip()
    fixed = _FIXED.fullmatch(text)
    if fixed:
        sign, hours, minutes = fixed.group(1), int(fixed.group(2) or 0), int(fixed.group(3) or 0)
        ahead_s = (hours * 3600 + minutes * 60) * (-1 if sign == "-" else 1)
        if not -12 * 3600 <= ahead_s <= 14 * 3600:
            raise UnknownZone(f"{text} is further from UTC than any place on Earth: GMT-12 to GMT+14 (R-11.6)")
        return Zone(text, timezone(timedelta(seconds=ahead_s)) if ahead_s else UTC, ahead_s)
    try:
        return Zone(text, zoneinfo.ZoneInfo(text), None)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(
            f"{text!r} is no time zone: write GMT+5 or an IANA name such as Asia/Yekaterinburg (R-11.6)"
        ) from None


def instant(text: str, zone: Zone) -> Instant:
    """A date and time as people write it; without an offset it is local time in `zone`. Raises ValueError."""
    when = datetime.fromisoformat(text.strip())
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone.tzinfo)
    return round(when.timestamp() * SECOND_US)


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - EPOCH_ORDINAL


def date_of(day: int) -> date:
    """The inverse of `day_number`."""
    return date.fromordinal(day + EPOCH_ORDINAL)
