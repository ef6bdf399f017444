"""Which new calls a version on trial may take: dialled numbers, trunks, callers, a time, and a share of those (R-25.6).

Decides whether one call is among them; it looks at nothing but the call, its instant and its own draw. Leaves which version a
call is then pinned to, to `control/versions.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.contract import limits
from engine.contract.ids import Instant
from engine.numbers import masks, phone_numbers

if TYPE_CHECKING:
    from engine.numbers.masks import Mask

PLAIN: Final = "0123456789+"
LOCAL_DIGITS: Final = 10


class SelectionError(ValueError):
    """A selection that cannot be meant; the message says which part is wrong and what to write."""


class NumberList:
    """Numbers that are chosen: masks (R-14.12), and whole numbers, which fit however they are written (R-18.6)."""

    __slots__ = ("_masks", "_whole", "_form")

    def __init__(self, entries: tuple[str, ...], form: phone_numbers.Form) -> None:
        """`form` rewrites a number before masks see it (R-12.4). Raises SelectionError."""
        if len(entries) > limits.SELECTION_ENTRIES:
            raise SelectionError(
                f"{len(entries)} numbers are chosen, at most {limits.SELECTION_ENTRIES} may be (R-25.6)"
            )
        found: list[Mask] = []
        for entry in entries:
            try:
                found.append(masks.parse(entry))
            except masks.MaskError as error:
                raise SelectionError(f"the chosen number {entry!r} is no mask: {error}") from None
        self._masks = tuple(found)
        self._whole = frozenset(
            phone_numbers.last_digits(entry)
            for entry in entries
            if not entry.strip(PLAIN) and len(phone_numbers.last_digits(entry)) == LOCAL_DIGITS
        )
        self._form: phone_numbers.Form = form

    def fits(self, number: str) -> bool:
        """Whether a number as presented is chosen; an empty or malformed one never is (R-12.5)."""
        cleaned = phone_numbers.cleaned(number) if number else None
        if cleaned is None:
            return False
        if self._whole and phone_numbers.last_digits(cleaned) in self._whole:
            return True
        written = phone_numbers.rewritten(cleaned, self._form)
        return any(mask.fits(cleaned) or mask.fits(written) for mask in self._masks)


class Selection:
    """The calls that may be tried on a version. Empty parts choose every call."""

    __slots__ = ("numbers", "trunks", "callers", "since", "until", "_numbers", "_callers")

    def __init__(
        self,
        numbers: tuple[str, ...] = (),
        trunks: tuple[str, ...] = (),
        callers: tuple[str, ...] = (),
        since: Instant | None = None,
        until: Instant | None = None,
        form: phone_numbers.Form = "off",
    ) -> None:
        """`numbers` are dialled, `callers` call, `trunks` are keys of the document; calls from `since` and before `until`.
        Raises SelectionError."""
        if since is not None and until is not None and until <= since:
            raise SelectionError("the time of a canary ends before it begins: give an end after the beginning (R-25.6)")
        if len(trunks) > limits.SELECTION_ENTRIES:
            raise SelectionError(f"{len(trunks)} trunks are chosen, at most {limits.SELECTION_ENTRIES} may be (R-25.6)")
        self.numbers = numbers
        self.trunks = trunks
        self.callers = callers
        self.since = since
        self.until = until
        self._numbers = NumberList(numbers, form)
        self._callers = NumberList(callers, form)

    @property
    def narrows(self) -> bool:
        """Whether some calls are left out."""
        return bool(self.numbers or self.trunks or self.callers) or self.since is not None or self.until is not None

    def has(self, at: Instant, called: str, caller: str, trunk: str | None) -> bool:
        """Whether a call that comes at `at` is among the chosen ones."""
        if (self.since is not None and at < self.since) or (self.until is not None and at >= self.until):
            return False
        if (self.numbers or self.trunks) and not self._reaches(called, trunk):
            return False
        return not self.callers or self._callers.fits(caller)

    def _reaches(self, called: str, trunk: str | None) -> bool:
        """Whether a call came by a chosen trunk, or dialled a chosen number: either is enough."""
        return (trunk is not None and trunk in self.trunks) or (bool(self.numbers) and self._numbers.fits(called))
