"""What the document says of a queue and its members, as plain numbers: what a queue's state and the dispatcher go by.

Decides nothing. Made by `elements/queue.py`, kept by `queue_state.py`.
"""

from __future__ import annotations

from typing import Final

from engine.contract.ids import SECOND_US, Duration, Instant

OWN: Final = "own"
ASTERISK: Final = "asterisk"
"""Whose timing of offers a queue keeps; the third is FreeSWITCH's."""


class QueueSettings:
    """What the document says of a queue, as far as its state and the dispatcher go by it. Times in microseconds."""

    __slots__ = (
        "strategy", "ring_us", "retry_us", "wrap_up_us", "max_wait_us", "first_relaxation_us", "auto_pause", "join_when_empty",
        "leave_when_empty", "tier_wait_us", "step_us", "weight", "skills", "may_reorder", "is_own", "is_asterisk",
    )  # fmt: skip

    def __init__(
        self,
        strategy: str,
        ring_us: Duration,
        retry_us: Duration,
        wrap_up_us: Duration,
        max_wait_us: Duration,
        first_relaxation_us: Duration,
        auto_pause: int,
        join_when_empty: str,
        leave_when_empty: bool,
        tier_wait_us: Duration,
        step_us: Duration,
        weight: int,
        skills: dict[str, int],
        may_reorder: bool,
        dialect: str = OWN,
    ) -> None:
        self.strategy = strategy
        self.ring_us = ring_us
        self.retry_us = retry_us
        self.wrap_up_us = wrap_up_us
        self.max_wait_us = max_wait_us
        self.first_relaxation_us = first_relaxation_us
        """When the first required skill is given up; 0 where none ever is."""
        self.auto_pause = auto_pause
        self.join_when_empty = join_when_empty
        self.leave_when_empty = leave_when_empty
        self.tier_wait_us = tier_wait_us
        self.step_us = step_us
        self.weight = weight
        self.skills = skills
        self.may_reorder = may_reorder
        """Whether a newcomer may stand before a call that came earlier."""
        self.is_own = dialect == OWN
        """Whether offers are timed as the rules say, and not as another PBX does (`dialect` of the document)."""
        self.is_asterisk = dialect == ASTERISK

    def works_until(self, at: Instant, wrap_up_us: Duration) -> Instant:
        """When a member of a queue of another PBX may be called again, whose call ended at `at`.

        Asterisk counts in whole seconds of the clock from the second in which the call ended (app_queue); mod_callcenter does
        too, and wants one second more to have begun.
        """
        second: Instant = at - at % SECOND_US
        if self.is_asterisk:
            return max(at, second + wrap_up_us) if wrap_up_us else at
        return second + wrap_up_us + SECOND_US


class SeatSettings:
    """What the document says of one member of a queue (R-08.4)."""

    __slots__ = ("user", "position", "tier", "weight", "skills", "static")

    def __init__(
        self, user: int, position: int, tier: int, weight: float, skills: dict[str, int], static: bool = False
    ) -> None:
        self.user = user
        self.position = position
        self.tier = tier
        self.weight = weight
        self.skills = skills
        self.static = static
