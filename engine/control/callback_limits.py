"""How often visitors of websites may ask to be called (R-17.5): a guard against bots that make calls cost money.

Pure: instants in, decisions out. Decides one pending callback a number, three requests an hour a number, ten an hour an address.
A refused request counts for nothing, and an empty address, of a program with a token, has no limit.
Leaves which numbers may be called at all to `state/widgets.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from engine.contract import limits
from engine.contract.ids import CallId, Instant
from engine.numbers import phone_numbers

Refusal = Literal["pending", "number", "address"]
"""A callback to the number is under way; too many for the number; too many from the address."""

KEPT_AT_MOST = 100_000
"""Numbers and addresses remembered; beyond them every request is refused until the oldest are an hour old."""


class CallbackLimits:
    """What was asked for within the last hour, and what is under way.

    `hide` makes of a number or an address what it is remembered by: whoever keeps it over a restart keeps no numbers of people.
    """

    def __init__(self, hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self._numbers: dict[str, deque[Instant]] = {}
        self._addresses: dict[str, deque[Instant]] = {}
        self._pending: dict[str, CallId] = {}
        self._of_call: dict[CallId, str] = {}

    def remember(self, numbers: Iterable[tuple[str, Instant]], addresses: Iterable[tuple[str, Instant]]) -> None:
        """Count requests from before the start, hidden numbers and addresses, each in order of time."""
        for known, requests in ((self._numbers, numbers), (self._addresses, addresses)):
            for key, at in requests:
                known.setdefault(key, deque()).append(at)

    def keys(self, number: str, address: str) -> tuple[str, str]:
        """What a number and an address are remembered by."""
        return self._hide(phone_numbers.subscriber(number)), self._hide(address) if address else ""

    def refusal(self, at: Instant, number: str, address: str) -> Refusal | None:
        """Why a request may not be taken now; None if it may. Nothing is counted."""
        self._forget(at)
        key, address = self.keys(number, address)
        if key in self._pending:
            return "pending"
        if len(self._numbers.get(key, ())) >= limits.CALLBACKS_PER_NUMBER or len(self._numbers) >= KEPT_AT_MOST:
            return "number"
        if address and (
            len(self._addresses.get(address, ())) >= limits.CALLBACKS_PER_ADDRESS
            or len(self._addresses) >= KEPT_AT_MOST
        ):
            return "address"
        return None

    def take(self, at: Instant, number: str, address: str, call: CallId) -> Refusal | None:
        """Count a request that becomes `call`, or say why it may not be taken."""
        refused = self.refusal(at, number, address)
        if refused is None:
            key, address = self.keys(number, address)
            self._numbers.setdefault(key, deque()).append(at)
            if address:
                self._addresses.setdefault(address, deque()).append(at)
            self._pending[key] = call
            self._of_call[call] = key
        return refused

    def over(self, call: CallId) -> None:
        """A callback is over; one that is not known is none of ours."""
        key = self._of_call.pop(call, None)
        if key is not None:
            del self._pending[key]

    def retry_after_us(self, at: Instant, number: str, address: str) -> int:
        """Microseconds until the oldest request that stands in the way is an hour old; 0 where none does."""
        waits = [0]
        key, address = self.keys(number, address)
        for times, most in (
            (self._numbers.get(key), limits.CALLBACKS_PER_NUMBER),
            (self._addresses.get(address), limits.CALLBACKS_PER_ADDRESS),
        ):
            if times is not None and len(times) >= most:
                waits.append(times[-most] + limits.CALLBACKS_WITHIN_US - at)
        return max(waits)

    def _forget(self, at: Instant) -> None:
        """Drop requests that are an hour old. All keys are looked at, as none stands in the order of its last request."""
        before = at - limits.CALLBACKS_WITHIN_US
        for known in (self._numbers, self._addresses):
            for key in [key for key, times in known.items() if times[0] <= before]:
                times = known[key]
                while times and times[0] <= before:
                    times.popleft()
                if not times:
                    del known[key]
