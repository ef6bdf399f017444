"""Which calls an employee sees, and what else they may: a profile's filter and three rights beside it (R-23.8, R-23.9, R-23.12).

Decides from internal numbers alone: a call is a person's own when it had a leg to or from their number, and seen when it had one
to or from a number of the filter. One's own calls are always seen. Leaves which numbers a call touched to whoever keeps calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from engine.account.refusals import AccountRefused
from engine.contract import limits

ALL: Final = "*"
FILTER_MOST: Final = 500
"""Characters of a filter."""

Ranges = tuple[tuple[int, int], ...]
"""Internal numbers, each range with both ends, in order and apart from one another."""

_PART: Final = re.compile(r"([0-9]{1,6})(?:\s*-\s*([0-9]{1,6}))?", re.ASCII)


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What an employee may; by default see and hear their own calls (R-23.8)."""

    filter: str = ""
    """As `checked` gives it."""
    listen: bool = True
    """Hear recordings and voice messages of calls that are seen."""
    download: bool = False
    """Take recordings that are heard away as files and links."""
    balance: bool = False
    """See the balance of the account."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls somebody sees: everybody's, or those of some numbers."""

    all: bool = False
    ranges: Ranges = ()

    def covers(self, number: int) -> bool:
        """Whether the calls of a number are seen."""
        return self.all or any(first <= number <= last for first, last in self.ranges)

    def sees(self, touched: Iterable[int]) -> bool:
        """Whether a call is seen that had legs to or from these numbers.

        >>> sight("100;102-110").sees([101, 5200]), sight("100;102-110").sees([5200, 105]), sight("*").sees([])
        (False, True, True)
        """
        return self.all or any(self.covers(number) for number in touched)


EVERYTHING: Final = Sight(all=True)


def sight(filter: str, own: int | None = None) -> Sight:
    """Whose calls a filter shows to who has the number `own`. Raises AccountRefused.

    >>> sight("", 101), sight("100; 102 - 110;104-120", 101).ranges
    (Sight(all=False, ranges=((101, 101),)), ((100, 120),))
    """
    found: list[tuple[int, int]] = [] if own is None else [(own, own)]
    for part in filter.split(";"):
        text = part.strip()
        if text == ALL:
            return EVERYTHING
        if text:
            found.append(_range(text))
    return Sight(ranges=_joined(found))


def checked(filter: str) -> str:
    """A filter as it is kept: without blanks and empty parts. Raises AccountRefused.

    >>> checked(" 100 ; 102 - 110 ;; * "), checked("")
    ('100;102-110;*', '')
    """
    if len(filter) > FILTER_MOST:
        raise AccountRefused("filter_long", "R-23.9", most=FILTER_MOST)
    parts = [text for part in filter.split(";") if (text := part.strip())]
    return ";".join(text if text == ALL else _written(_range(text)) for text in parts)


def _written(found: tuple[int, int]) -> str:
    first, last = found
    return str(first) if first == last else f"{first}-{last}"


def _range(text: str) -> tuple[int, int]:
    found = _PART.fullmatch(text)
    first = int(found[1]) if found else 0
    last = int(found[2]) if found and found[2] else first
    if not limits.USER_FIRST <= first <= last <= limits.USER_LAST:
        raise AccountRefused("filter", "R-23.9", given=text[:40])
    return first, last


def _joined(found: list[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)
