"""PINs of voice mailboxes as rules: what may be one, and when wrong ones lock a box (R-09.6).

Decides from instants that are given. Leaves keeping PINs, and asking for them, to the bridge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.account import sign_up
from engine.contract.ids import SECOND_US, Instant

SHORTEST: Final = 4
LONGEST: Final = 8

WRONG: Final = 5
WITHIN_US: Final = 900 * SECOND_US
LOCKED_US: Final = 900 * SECOND_US
"""The fifth wrong PIN of a box within 15 minutes locks it for 15 minutes, whoever calls."""

_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)


def fault(pin: str, box: int) -> str:
    """What is wrong with a PIN for a box; empty if it may be one. PINs that are tried first are none.

    >>> fault("4821", 101), fault("12", 101)
    ('', 'a PIN is 4 to 8 digits (R-09.6)')
    >>> [bool(fault(pin, 1011)) for pin in ("1111", "1234", "9876", "1011", "0101")]
    [True, True, True, True, False]
    """
    if not _PIN.fullmatch(pin):
        return f"a PIN is {SHORTEST} to {LONGEST} digits (R-09.6)"
    steps = {(int(after) - int(before)) % 10 for before, after in zip(pin, pin[1:], strict=False)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return "one digit again and again, or digits in a row, is what is tried first: take another PIN (R-09.6)"
    if pin == str(box):
        return "the internal number is what is tried first: take another PIN (R-09.6)"
    return ""


def locked_until(wrong_at: Sequence[Instant]) -> Instant | None:
    """Until when wrong PINs, in order of time, lock a box; None if they never did."""
    return sign_up.locked_until(wrong_at, most=WRONG, within_us=WITHIN_US, locked_us=LOCKED_US)
