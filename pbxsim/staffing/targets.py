"""What a staffing plan is to keep: by every queue, by single ones instead, by groups of queues together.

Decides which goals hold for which calls. Leaves how they are kept to `plan.py` and `search.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import pydantic

from pbxsim.results.results import ALL_QUEUES
from pbxsim.scenario.distributions import NotNegative, Share
from pbxsim.scenario.scenario import ScenarioPart
from pbxsim.scenario.wanted import Wish

OF_CALLS: Final = ("service_level", "abandoned_share", "answer_speed_s")
"""Goals that are counted from calls, by queue."""

SIGNS: Final = {"service_level": 1, "abandoned_share": -1, "answer_speed_s": -1, "occupancy": -1}
"""Every target: 1 where more is better, -1 where less is."""


class Goals(ScenarioPart):
    """What some calls are to keep; what is None is not asked for."""

    service_level: Share | None = None
    """Answered within T over all but those who hung up within T; T is the scenario's `measure.within_s`."""
    abandoned_share: Share | None = None
    """At most this share of calls abandons, refused and timed-out ones included."""
    answer_speed_s: NotNegative | None = None
    """Mean wait of those answered, seconds at most."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return all(getattr(self, name) is None for name in OF_CALLS)


class GroupGoals(Goals):
    """What the calls of several queues are to keep together, as if they had come to one."""

    name: str
    queues: Annotated[tuple[int, ...], pydantic.Field(min_length=1)]


class Targets(Wish):
    """What every queue is to keep, in each interval (`per: interval`) or over the whole day (`per: day`).

    `queues` says what single queues are to keep instead of the rest, `groups` what several keep together; a queue of a group
    keeps nothing by itself, unless `queues` names it. Calls a queue refused, or that left it by time-out, count as not answered:
    a queue without members meets nothing. A queue of which nothing is asked gets no members of its own.
    """

    service_level: Share | None = 0.8
    """See `Goals`; so are the next two."""
    abandoned_share: Share | None = None
    answer_speed_s: NotNegative | None = None
    occupancy: Share | None = None
    """At most this share of the members' time, all teams together, is talk and wrap-up; by the interval calls came in."""
    per: Literal["interval", "day"] = "interval"
    queues: dict[int, Goals] = {}
    groups: tuple[GroupGoals, ...] = ()

    def rows(self, queues: Sequence[int]) -> tuple[AskedOf, ...]:
        """What is asked of each of these queues, in their order, then of each group that lies within them."""
        general = Goals(**{name: getattr(self, name) for name in OF_CALLS})
        grouped = {queue for group in self.groups for queue in group.queues}
        nothing = Goals()
        singles = [
            AskedOf(queue, "", (queue,), self.queues.get(queue, nothing if queue in grouped else general))
            for queue in queues
        ]
        groups = [
            AskedOf(ALL_QUEUES, group.name, tuple(sorted(set(group.queues))), group)
            for group in self.groups
            if set(group.queues) <= set(queues)
        ]
        return (*singles, *groups)

    def of_queue(self, queue: int) -> Goals:
        """What is asked of a queue by itself, else of the first group that it is in."""
        own = self.rows((queue,))[0].goals
        return next((group for group in self.groups if own.is_empty and queue in group.queues), own)

    def check(self, queues: Sequence[int]) -> None:
        """Raises ValueError where a queue is named that nobody is planned for, a group asks for nothing or is named twice, or
        nothing is asked of any queue."""
        known = ", ".join(map(str, queues))
        for queue in (*self.queues, *(queue for group in self.groups for queue in group.queues)):
            if queue not in queues:
                raise ValueError(f"targets are set for {queue}, which is no queue with members here; there are {known}")
        names = [group.name for group in self.groups]
        for group in self.groups:
            if names.count(group.name) > 1:
                raise ValueError(f"two groups of queues are called {group.name!r}; give each a name of its own")
            if group.is_empty:
                raise ValueError(f"nothing is asked of the group {group.name!r}; give it a target or leave it out")
        if all(row.goals.is_empty for row in self.rows(queues)):
            raise ValueError(
                "nothing is asked of any queue, so nobody would be planned; set a service level, a share of abandoned calls "
                "or a speed of answer"
            )


@dataclass(frozen=True)
class AskedOf:
    """One row of what is asked: a queue, or a group of queues."""

    queue: int
    """`ALL_QUEUES` for a group."""
    group: str
    """Its name; empty for a queue."""
    queues: tuple[int, ...]
    goals: Goals

    def __str__(self) -> str:
        return f"group {self.group}" if self.group else f"queue {self.queue}"
