"""SIP login as rules: the address that is typed, the digits pressed, how long that may take, lock-outs (R-23.3 to R-23.11).

Decides from instants that are given. Leaves chance, calls and sessions to the bridge and the workbench.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from engine.account import sign_up
from engine.contract import limits
from engine.contract.ids import SECOND_US, Duration, Instant

CALLER: Final = "000"
"""The number the call arrives from (R-02.6)."""

DIGITS: Final = 4
RING_US: Final = 30 * SECOND_US
PRESS_US: Final = 30 * SECOND_US
"""From the answer on, that instant included (R-23.10)."""

TOLD_US: Final = RING_US + PRESS_US + 2 * SECOND_US
"""So long after it began it is told that a login failed, whatever it was: no answer, a wrong code, or nobody of that name."""

CALLS: Final = 3
WRONG_CODES: Final = 3
WITHIN_US: Final = 600 * SECOND_US
LOCKED_US: Final = 900 * SECOND_US
"""R-23.10."""

Outcome = Literal["right", "wrong", "late", "unanswered"]

_ADDRESS: Final = re.compile(r"(?:sips?:)?([1-9][0-9]{2,3})@([a-z0-9.-]{1,253})", re.ASCII)
ADDRESS_MOST: Final = 128


def user_of(address: str, domain: str) -> int | None:
    """The internal number that an address of a user names; None for anything else (R-23.3).

    >>> user_of(" 666@OnlinePBX.onpbx.ru ", "onlinepbx.onpbx.ru"), user_of("666@other.onpbx.ru", "onlinepbx.onpbx.ru")
    (666, None)
    """
    found = _ADDRESS.fullmatch(address.strip().lower())
    if found is None or found[2] != domain.lower() or int(found[1]) > limits.USER_LAST:
        return None
    return int(found[1])


def key_of(address: str, domain: str) -> str:
    """What tries are counted by: the same for every way of writing one user, known or not.

    >>> key_of("sip:666@A.b", "a.b"), key_of("666@a.b", "a.b"), key_of("Nobody", "a.b")
    ('666', '666', 'nobody')
    """
    user = user_of(address, domain)
    return address.strip().lower()[:ADDRESS_MOST] if user is None else str(user)


def locked_until(called_at: Sequence[Instant], wrong_at: Sequence[Instant]) -> Instant | None:
    """Until when calls that led to no session and wrong codes lock an address, each in order of time; None if they never did.

    The third call within ten minutes still rings; from its instant on there is no other for 15 minutes. So with the third
    wrong code.
    """
    found = [
        sign_up.locked_until(instants, most=most, within_us=WITHIN_US, locked_us=LOCKED_US)
        for instants, most in ((called_at, CALLS), (wrong_at, WRONG_CODES))
    ]
    return max((until for until in found if until is not None), default=None)


class Reader:
    """Reads what is pressed in one answered call. One code is read, and used once."""

    def __init__(self, code: str, answered_at: Instant) -> None:
        self._code = code
        self._answered_at = answered_at
        self._pressed = ""

    def press(self, key: str, at: Instant) -> Outcome | None:
        """A key at an instant; what that decides, None as long as keys are missing."""
        if is_late(self._answered_at, at):
            return "late"
        self._pressed += key
        if len(self._pressed) < len(self._code):
            return None
        return "right" if self._pressed == self._code else "wrong"


def is_late(answered_at: Instant, at: Instant) -> bool:
    """Whether an instant is more than 30 s after the answer: 29.9 s is not, 30.0 s is not, 30.1 s is (R-23.10)."""
    return at - answered_at > PRESS_US


def left_us(answered_at: Instant, at: Instant) -> Duration:
    """How long until the keys come too late."""
    return max(0, answered_at + PRESS_US - at) + 1
