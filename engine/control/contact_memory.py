"""The user each outside number last talked with: what the contact manager (R-18) goes by.

Every talk is written down, as a version with a contact manager may be promoted at any time, but few PBXs ever ask. So talks
are first put down as they come, and sorted by number when somebody asks.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.contract.ids import Instant
from engine.numbers import phone_numbers

DIGITS: Final = 10
"""Numbers are the same if so many of their last digits are (R-18.1)."""

UNSORTED_AT_MOST: Final = 1 << 18
"""Talks that stand as they came: they take 20 MB at most, and are sorted in a tenth of a second."""


@mypyc_attr(acyclic=True)
class Contact:
    """A user talked with an outside number, and when."""

    __slots__ = ("number", "user", "at")

    def __init__(self, number: str, user: int, at: Instant) -> None:
        self.number = number
        self.user = user
        self.at = at


class ContactMemory:
    """The last talk of every outside number."""

    __slots__ = ("_unsorted", "_last")

    def __init__(self) -> None:
        self._unsorted: list[Contact] = []
        """The latest talks, as they came."""
        self._last: dict[str, Contact] = {}
        """Of all before, the last of each number, by its last digits."""

    def note(self, number: str, user: int, at: Instant) -> None:
        """`user` talked with `number`, just now."""
        self._unsorted.append(Contact(number, user, at))
        if len(self._unsorted) >= UNSORTED_AT_MOST:
            self._sort()

    def last_with(self, number: str) -> Contact | None:
        """The last talk of `number`; None if it never had one."""
        self._sort()
        return self._last.get(number[-DIGITS:])

    def erase(self, number: str) -> bool:
        """Forget that `number`, however it is written, ever talked with anybody; whether it had."""
        self._sort()
        return self._last.pop(phone_numbers.last_digits(number, DIGITS), None) is not None

    def erase_talk(self, user: int, at: Instant) -> bool:
        """Forget the number whose last talk was with `user` and noted at `at`; whether there was one."""
        self._sort()
        found = [digits for digits, talked in self._last.items() if talked.user == user and talked.at == at]
        for digits in found:
            del self._last[digits]
        return len(found) > 0

    def _sort(self) -> None:
        for talked in self._unsorted:
            self._last[talked.number[-DIGITS:]] = talked
        self._unsorted.clear()
