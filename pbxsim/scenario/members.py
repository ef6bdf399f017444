"""The parts of a scenario that tell who answers: how phones are picked up, how long talks last, and who is at work when.

Decides these fields, their units, ranges and defaults. Leaves the scenario as a whole to `scenario.py`, which hands everything
of this file on.
"""

from __future__ import annotations

from typing import Literal, Self

import pydantic
from pydantic import Field

from pbxsim.scenario.callers import ScenarioPart, TimeOfDay, written
from pbxsim.scenario.distributions import AnyDistribution, Lognormal, NotNegative, Positive, Share


class PhoneBehaviour(ScenarioPart):
    """How somebody's phone is answered. A delay past the ring time is no answer too."""

    delay: AnyDistribution = Lognormal(mean=5, scv=0.3)
    no_answer: Share = 0.0
    reject: Share = 0.0

    @pydantic.model_validator(mode="after")
    def _shares(self) -> Self:
        if self.no_answer + self.reject > 1:
            raise ValueError("no_answer and reject are shares of all offers and sum to 1 at most")
        return self


class Answering(ScenarioPart):
    """Behaviour of users, by internal number where they differ."""

    default: PhoneBehaviour = PhoneBehaviour()
    users: dict[int, PhoneBehaviour] = Field(default_factory=dict)
    back_s: Positive = Field(
        default=300.0, description="Until a member that missed offers paused comes back (R-08.12)."
    )


class Outside(ScenarioPart):
    """Behaviour of outside numbers that calls are forwarded to."""

    delay: AnyDistribution = Lognormal(mean=12, scv=0.2)
    no_answer: Share = 0.3
    busy: Share = 0.05


class OwnTalk(ScenarioPart):
    """Talk that differs from the queue's: another length, or a factor on the queue's. Exactly one of the two."""

    length: AnyDistribution | None = None
    factor: Positive | None = None

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.length is None) == (self.factor is None):
            raise ValueError("give either the `length` of these talks or their `factor` on the queue's, and not both")
        return self


class TalkCell(OwnTalk):
    """Talk of one member in one queue."""

    queue: int
    member: int


class TalkSkill(OwnTalk):
    """Talk of members who have a skill in a queue (R-08.16), of the calls that ask for it or of all."""

    skill: str
    level: int = Field(default=1, ge=1, description="Members at this level and above, up to the next level listed.")
    queue: int | None = Field(default=None, description="All queues if empty.")
    calls: Literal["asking", "all"] = Field(
        default="asking", description="Calls that ask for the skill as they come to the queue, or all the member takes."
    )


class Talk(ScenarioPart):
    """Length of conversations: of a queue or group, of one member in it, or by skill; `members` are factors on that.

    The closest counts: a cell's own length before a skill's, that before the queue's. Factors of the member, the cell and the
    skills multiply, but a cell's own length is the member's own already.
    """

    default: AnyDistribution = Lognormal(mean=180, scv=1.4)
    queues: dict[int, AnyDistribution] = Field(default_factory=dict)
    members: dict[int, Positive] = Field(
        default_factory=dict, description="Factor on the length; 0.9 is a quick member."
    )
    cells: tuple[TalkCell, ...] = ()
    skills: tuple[TalkSkill, ...] = ()
    caller_hangs_up: Share = Field(default=0.5, description="Share of talks that the caller's side ends.")

    @pydantic.model_validator(mode="after")
    def _once(self) -> Self:
        cells = [f"queue {cell.queue}, member {cell.member}" for cell in self.cells]
        skills = [f"skill `{s.skill}` at {s.level} of queue {s.queue or 'any'}, {s.calls} calls" for s in self.skills]
        for names in (cells, skills):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{twice[0]} is told twice; one of the two would be lost")
        return self


class Break(ScenarioPart):
    """Time off the queue within a shift; a call in progress is finished first."""

    at: TimeOfDay
    minutes: Positive
    reason: str = "break"


class Shift(ScenarioPart):
    """Members at work. At the end a call in progress is finished first (R-08.4)."""

    members: tuple[int, ...] = Field(min_length=1)
    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    breaks: tuple[Break, ...] = ()
    days: tuple[int, ...] | None = Field(
        default=None, description="Days of the run, 0 the first; empty means every day."
    )
    flex_s: NotNegative = Field(
        default=0.0,
        description="Seconds that they come earlier and leave later, at most, while more calls wait for them than of late.",
    )

    @pydantic.model_validator(mode="after")
    def _within(self) -> Self:
        if self.to == self.from_:
            raise ValueError("a shift has a length")
        if len(set(self.members)) < len(self.members):
            raise ValueError("a member stands twice in one shift")
        over = 0.0
        for begin, rest in sorted(
            (((rest.at - self.from_) % 86400, rest) for rest in self.breaks), key=lambda one: one[0]
        ):
            if begin + rest.minutes * 60 > self.length_s():
                raise ValueError(f"the break at {written(rest.at)} does not lie within the shift")
            if begin < over:
                raise ValueError(f"the break at {written(rest.at)} begins before the one before it is over")
            over = begin + rest.minutes * 60
        if self.breaks and sum(rest.minutes for rest in self.breaks) * 60 >= self.length_s():
            raise ValueError("the breaks take the whole shift")
        return self

    def length_s(self) -> int:
        """Seconds; a shift that ends before it begins ends on the next day."""
        return (self.to - self.from_) % 86400 or 86400
