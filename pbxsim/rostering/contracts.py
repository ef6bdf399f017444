"""Who may work when in a week: contracts, the people who have them, and what is lost to absence and to time off the queue.

Decides what a contract says, whose contract cannot be kept by anybody, and what would help. Leaves who works when to
`roster_search.py`.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pydantic
from pydantic import Field
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.calendar.schedule import WEEKDAYS
from engine.state.flow import Flow
from pbxsim.rostering.helps import HELPS
from pbxsim.scenario.callers import ScenarioPart, TimeOfDay
from pbxsim.scenario.distributions import NotNegative, Positive
from pbxsim.staffing.shifts import Patterns, PlannedShift, candidates
from pbxsim.staffing.teams import Team

DAYS: Final = 7
"""Days of a roster; after the last comes the first again."""

DAY_S: Final = 86400

PEOPLE_AT_MOST: Final = 300


class PeopleFault(ValueError):
    """Contracts or people say what cannot be; `kind` and `values` let it be said in other words."""

    def __init__(self, kind: str, words: str, *values: object) -> None:
        self.kind, self.values = kind, values
        super().__init__(words)


class Contract(ScenarioPart):
    """Rules that hold for whoever has it, in a week that may be repeated: Sunday is followed by Monday."""

    hours: tuple[NotNegative, Positive] = Field(description="Paid hours of a week, at least and at most.")
    shifts_h: tuple[Positive, ...] = Field(
        default=(8.0,), min_length=1, description="Lengths of shifts, breaks included."
    )
    days_off: int = Field(default=2, ge=0, le=6, description="Days without the beginning of a shift, at least.")
    days_off_together: bool = Field(default=False, description="Whether two days off must follow each other.")
    days_in_a_row: int = Field(
        default=6, ge=1, le=7, description="Days at most on which shifts begin, one after another."
    )
    rest_h: float = Field(default=11.0, ge=0, le=24, description="Hours at least from the end of a shift to the next.")

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.hours[0] > self.hours[1]:
            raise PeopleFault("hours_order", "`hours` are the least and the most of a week, in this order")
        if max(self.shifts_h) > 24:
            raise PeopleFault("shift_too_long", "a shift has 24 hours at most")
        if self.days_off_together and self.days_off < 2:
            raise PeopleFault("two_days_off", "`days_off_together` needs two `days_off`")
        return self


class RosteredPerson(ScenarioPart):
    """Somebody who is to be rostered: a user of the PBX, or so many newcomers who are to serve what a user serves."""

    user: int | None = None
    like: int | None = None
    count: int = Field(default=1, ge=1, le=PEOPLE_AT_MOST, description="Newcomers, with `like`.")
    name: str = ""
    contract: str
    days: tuple[str, ...] = Field(default=WEEKDAYS, min_length=1, description="Days on which their shifts may begin.")
    from_: TimeOfDay = Field(default=0, alias="from", description="Their shifts begin no earlier.")
    to: TimeOfDay = Field(default=DAY_S, description="And end no later; on the next day where that is before `from`.")

    @pydantic.model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user is None) == (self.like is None):
            raise ValueError("name a `user` of the PBX, or whom newcomers are `like`")
        if self.user is not None and self.count != 1:
            raise ValueError("`count` is for newcomers; a user is one")
        unknown = [day for day in self.days if day not in WEEKDAYS]
        if unknown:
            raise ValueError(f"`{unknown[0]}` is no weekday; there are {', '.join(WEEKDAYS)}")
        return self


class Workforce(ScenarioPart):
    """Everybody who may be rostered, and on what terms."""

    contracts: dict[str, Contract] = Field(min_length=1)
    people: tuple[RosteredPerson, ...] = Field(min_length=1)
    load: dict[str, NotNegative] = Field(
        default_factory=dict,
        description="Calls of a weekday as a factor of the scenario's one day; 0 for closed, 1 if not named.",
    )
    absence: float = Field(
        default=0.0, ge=0, le=0.6, description="Share of shifts whose owner is ill or away without notice."
    )
    adherence: float = Field(
        default=1.0, ge=0.4, le=1, description="Share of their shift that those who came are on the queue."
    )
    begin_every_min: int = Field(
        default=60, ge=15, le=240, description="Shifts begin at multiples of this after midnight."
    )
    break_min: float = Field(default=30.0, ge=0, description="Length of the break of long shifts; 0 for none.")
    break_from_h: Positive = Field(default=6.0, description="Shifts of at least this length have a break.")
    paid_breaks: bool = False

    @pydantic.model_validator(mode="after")
    def _known(self) -> Self:
        for person in self.people:
            if person.contract not in self.contracts:
                known = ", ".join(self.contracts)
                words = f"there is no contract `{person.contract}`; there are {known}"
                raise PeopleFault("no_contract", words, person.contract, known)
        for day in self.load:
            if day not in WEEKDAYS:
                raise ValueError(f"`{day}` is no weekday; there are {', '.join(WEEKDAYS)}")
        users = [person.user for person in self.people if person.user is not None]
        twice = [user for user in users if users.count(user) > 1]
        if twice:
            raise PeopleFault("user_twice", f"user {twice[0]} stands twice among the people", twice[0])
        if sum(person.count for person in self.people) > PEOPLE_AT_MOST:
            raise PeopleFault(
                "too_many_people", f"at most {PEOPLE_AT_MOST} people are rostered together", PEOPLE_AT_MOST
            )
        return self

    @property
    def on_queue(self) -> float:
        """Share of planned time on the queue that is left by absence and adherence."""
        return (1 - self.absence) * self.adherence

    @classmethod
    def of(cls, data: Any, name: str = "people") -> Workforce:
        """From plain data. Raises ValueError with every field at fault."""
        try:
            return cls.model_validate(data)
        except pydantic.ValidationError as error:
            told = [
                f"{name}: {'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}"
                for item in error.errors(include_url=False)
            ]
            raise ValueError("\n".join(told)) from None

    @classmethod
    def load_file(cls, path: Path) -> Workforce:
        """From a YAML file. Raises OSError if it cannot be read, ValueError if it is at fault."""
        return cls.parse(path.read_bytes(), str(path))

    @classmethod
    def parse(cls, content: bytes, name: str = "people") -> Workforce:
        """From the bytes of a YAML file. Raises ValueError if they are at fault."""
        try:
            data = YAML(typ="safe", pure=True).load(content.decode("utf-8"))
        except (YAMLError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"{name}: this is not YAML: {error}") from None
        return cls.of(data, name)

    def dump(self) -> str:
        """As YAML, which `parse` reads as the same."""
        out = io.StringIO()
        YAML(typ="safe", pure=True).dump(self.model_dump(mode="json", by_alias=True, exclude_defaults=True), out)
        return out.getvalue()


@dataclass(frozen=True)
class Worker:
    """One person with their rules, and the shifts that these allow on a day by itself."""

    number: int
    """Internal number; a newcomer's is one that the PBX does not have."""
    name: str
    team: int
    contract_name: str
    contract: Contract
    days: tuple[int, ...]
    """Places in the week of the roster."""
    window: tuple[int, int]
    """Seconds from the midnight of a day between which shifts of that day lie."""

    @property
    def kind(self) -> tuple[object, ...]:
        """What is the same for people who can stand for each other."""
        return (self.team, self.contract_name, self.days, self.window)


def strangers(workforce: Workforce, teams: Sequence[Team], flow: Flow) -> list[int]:
    """Numbers that people have, or are like, and that are no user who is a member of a queue."""
    members = {member for team in teams for member in team.members}
    named = [person.user if person.user is not None else person.like for person in workforce.people]
    return [number for number in named if number is not None and not (number in members and number in flow.head.users)]


def unserved(workforce: Workforce, teams: Sequence[Team]) -> list[int]:
    """Queues of the teams that nobody of the people serves."""
    named = {person.user if person.user is not None else person.like for person in workforce.people}
    served = {queue for team in teams if named & set(team.members) for queue in team.queues}
    return sorted({queue for team in teams for queue in team.queues} - served)


def workers(workforce: Workforce, flow: Flow, teams: Sequence[Team], weekdays: Sequence[int]) -> tuple[Worker, ...]:
    """Everybody, newcomers with numbers of their own; `teams` have members for them, `weekdays` are those of the roster's days.
    Raises ValueError where somebody serves no queue of the plan."""
    team_of = {member: t for t, team in enumerate(teams) for member in team.members}
    free = {t: [m for m in team.members if m not in flow.head.users] for t, team in enumerate(teams)}
    for number in strangers(workforce, teams, flow):
        raise ValueError(
            f"people: {number} is no user who is a member of a queue; members are {_listed(team_of, flow)}"
        )
    made = []
    for person in workforce.people:
        of = person.user if person.user is not None else person.like
        assert of is not None  # the document of a person wants one of them
        team = team_of[of]
        days = tuple(d for d, weekday in enumerate(weekdays) if WEEKDAYS[weekday] in person.days)
        window = (person.from_, person.to if person.to > person.from_ else person.to + DAY_S)
        if person.from_ == 0 and person.to == DAY_S:
            window = (0, 2 * DAY_S)
        for place in range(person.count):
            number = person.user if person.user is not None else free[team].pop(0)
            own = flow.head.users[number].name if number in flow.head.users else ""
            name = person.name or own or f"like {of}"
            if person.count > 1:
                name = f"{name} {place + 1}"
            contract = workforce.contracts[person.contract]
            made.append(Worker(number, name, team, person.contract, contract, days, window))
    return tuple(made)


def _listed(team_of: dict[int, int], flow: Flow) -> str:
    return ", ".join(str(member) for member in sorted(team_of) if member in flow.head.users)


def shifts_of(worker: Worker, workforce: Workforce, interval_s: int) -> list[PlannedShift]:
    """Shifts that their contract and hours of the day allow, with a break in the middle or somewhat earlier or later."""
    patterns = Patterns(
        lengths_h=worker.contract.shifts_h,
        every_min=workforce.begin_every_min,
        break_min=workforce.break_min,
        break_from_h=workforce.break_from_h,
        paid_breaks=workforce.paid_breaks,
    )
    begin, end = worker.window
    possible = candidates(worker.team, patterns, DAY_S // interval_s, interval_s, overnight=True)
    return [one for one in possible if begin <= one.begin_s and one.end_s <= end]


class Misfit(NamedTuple):
    """A contract that nobody's week can keep."""

    who: str
    contract: str
    least_h: float
    """Hours that it asks for."""
    most_h: float
    """Hours that fit, at most."""
    days: str
    """Days on which shifts may begin."""
    helps: str
    """What would help: a key of `helps.HELPS`."""

    def __str__(self) -> str:
        return (
            f"{self.who}: contract {self.contract} asks for {self.least_h:g} paid hours a week, at most {self.most_h:g} fit on "
            f"{self.days}; what would help: {HELPS[self.helps]}"
        )


class ContractsDoNotFit(ValueError):
    """Contracts that cannot be kept; `misfits` has them all."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = self.details = tuple(misfits)
        super().__init__("contracts do not fit:\n" + "\n".join(map(str, misfits)))


def conflicts(contract: Contract, first: PlannedShift, second: PlannedShift, lag: int) -> bool:
    """Whether there is too little rest between a shift and another that begins `lag` days later."""
    return second.begin_s + lag * DAY_S - first.end_s < contract.rest_h * 3600


def thresholds(contract: Contract, shifts: Sequence[PlannedShift], lag: int) -> list[tuple[list[int], list[int]]]:
    """Sets of shifts of a day, and of those `lag` days later, of which one at most can be worked: they say together what
    `conflicts` says of pairs."""
    found = []
    for begin in sorted({one.begin_s for one in shifts}):
        late = [s for s, one in enumerate(shifts) if begin + lag * DAY_S - one.end_s < contract.rest_h * 3600]
        early = [s for s, one in enumerate(shifts) if one.begin_s <= begin]
        if late:
            found.append((late, early))
    # What a later beginning says with the same late shifts includes what an earlier one says.
    return [one for one, after in itertools.zip_longest(found, found[1:]) if after is None or after[0] != one[0]]
