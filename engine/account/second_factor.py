"""The second factor of a sign-in as rules: which code is taken, how often, and how long a password waits for it (R-01.12).

Source: RFC 6238 (TOTP) sections 4 and 5.2, RFC 4226 (HOTP) section 7. Decides which step's code is taken; leaves the codes
themselves to a library, secrets and sessions to who keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.contract.ids import SECOND_US, Duration, Instant

STEP_S: Final = 30
"""How long a code stands in an app (RFC 6238, the default)."""

DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""A telephone's clock may be so many steps ahead or behind (RFC 6238, section 5.2)."""

RECOVERY_CODES: Final = 10
WAIT_US: Final[Duration] = 5 * 60 * SECOND_US
"""How long a right password waits for its code."""


def step_of(at: Instant) -> int:
    """The number of the step that an instant lies in, counted from 1970.

    >>> step_of(59_000_000)
    1
    """
    return at // (STEP_S * SECOND_US)


def steps_taken(at: Instant) -> range:
    """The steps whose codes are taken now.

    >>> list(steps_taken(90_000_000))
    [2, 3, 4]
    """
    now = step_of(at)
    return range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)


def accepted(matching: Iterable[int], last_step: int) -> int | None:
    """The step whose code it is, of those that it matches; None where it is no code of now, or one that was used before: a code
    works once, and none works after a later one (RFC 6238, section 5.2).

    >>> accepted([7], last_step=6), accepted([7], last_step=7), accepted([], last_step=0)
    (7, None, None)
    """
    fresh = [step for step in matching if step > last_step]
    return min(fresh, default=None)


def is_over(began_at: Instant, at: Instant) -> bool:
    """Whether a right password has waited too long for its code."""
    return at - began_at >= WAIT_US
