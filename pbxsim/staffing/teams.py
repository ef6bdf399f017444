"""Teams: users who serve the same queues in the same way, and designs with more or fewer of them at work.

Decides who counts as alike, how a flow gets more members of a team, and how numbers by interval become shifts.
Leaves how many are needed to `plan.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.contract import limits
from engine.loading import compile
from engine.state.flow import Document, Flow
from pbxsim.scenario.scenario import Scenario, Shift

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Team:
    """Users who stand for each other. `members` are asked in this order: the first are at work whenever anybody is."""

    name: str
    queues: tuple[int, ...]
    members: tuple[int, ...]
    cost: float = 1.0
    """Cost of an hour, in any unit."""


def priced(teams: Iterable[Team], costs: Mapping[str, float]) -> tuple[Team, ...]:
    """Teams with costs of an hour by their names; one without keeps its own."""
    return tuple(replace(team, cost=costs.get(team.name, team.cost)) for team in teams)


def teams_of(flow: Flow) -> tuple[Team, ...]:
    """Users grouped by the queues they serve, with tier and skills; users in no queue are in no team."""
    seats: dict[int, list[tuple[int, int, str]]] = {}
    for number, element in flow.elements.items():
        if element.is_queue:
            for member in flow.document.elements[number].members:  # type: ignore[attr-defined]  # a queue's parameters
                seats.setdefault(member.user, []).append((number, member.tier, repr(sorted(member.skills.items()))))
    groups: dict[tuple[tuple[int, int, str], ...], list[int]] = {}
    for user, places in sorted(seats.items()):
        groups.setdefault(tuple(sorted(places)), []).append(user)
    made = []
    for alike, members in groups.items():
        queues = tuple(sorted({place[0] for place in alike}))
        names = " and ".join(flow.elements[queue].name or str(queue) for queue in queues)
        made.append(Team(names, queues, tuple(members)))
    seen: dict[str, int] = {}
    unique = []
    for team in made:
        seen[team.name] = seen.get(team.name, 0) + 1
        unique.append(replace(team, name=f"{team.name} {seen[team.name]}") if seen[team.name] > 1 else team)
    return tuple(unique)


def enlarge(flow: Flow, teams: Sequence[Team], size: npt.ArrayLike) -> tuple[Flow, tuple[Team, ...]]:
    """The flow with `size` members in each team, a number for all or one for each, new ones made like the last; and the teams
    with them."""
    head = flow.document.head
    users = dict(head.users)
    elements = dict(flow.document.elements)
    free = _free_numbers(flow)
    made = []
    for team, wanted in zip(teams, np.broadcast_to(size, len(teams)).tolist(), strict=True):
        unknown = [member for member in team.members if member not in head.users]
        if unknown or not team.members:
            raise ValueError(f"team `{team.name}` names users the flow does not have: {unknown or 'nobody'}")
        new = _new_users(users, team.members[-1], wanted - len(team.members), free)
        for queue in team.queues:
            seats: Any = elements[queue]
            like = next(member for member in seats.members if member.user == team.members[-1])
            elements[queue] = _with_seats(seats, like, new)
        made.append(replace(team, members=(*team.members, *new)))
    return _compiled(flow, users, elements), tuple(made)


def without(flow: Flow, users: set[int]) -> Flow:
    """The flow without some users who are members of queues and named nowhere else."""
    elements = dict(flow.document.elements)
    for number, element in flow.elements.items():
        if element.is_queue:
            seats: Any = elements[number]
            left = tuple(member for member in seats.members if member.user not in users)
            elements[number] = seats.model_copy(update={"members": left})
    kept = {number: user for number, user in flow.document.head.users.items() if number not in users}
    return _compiled(flow, kept, elements)


def dedicated(flow: Flow, sets: Sequence[tuple[int, ...]], sizes: Sequence[int]) -> tuple[Flow, tuple[Team, ...]]:
    """The flow with further users for each set of queues, as many as its size says, and teams of them alone. They serve all
    queues of the set and no others, in each like its member of the first tier. Raises ValueError where there are no numbers left
    for them."""
    users = dict(flow.document.head.users)
    elements = dict(flow.document.elements)
    free = _free_numbers(flow)
    made = []
    for queues, size in zip(sets, sizes, strict=True):
        new: list[int] = []
        for queue in queues:
            seats: Any = elements[queue]
            like = min(seats.members, key=lambda member: member.tier)
            new = new or _new_users(users, like.user, size, free)
            elements[queue] = _with_seats(seats, like, new)
        made.append(Team(" and ".join(map(str, queues)), queues, tuple(new)))
    return _compiled(flow, users, elements), tuple(made)


def _free_numbers(flow: Flow) -> Iterator[int]:
    head = flow.document.head
    return (
        number
        for number in range(limits.USER_LAST, limits.USER_FIRST - 1, -1)
        if number not in head.users and str(number) not in head.settings.emergency
    )


def _new_users(users: dict[int, Any], like: int, count: int, free: Iterator[int]) -> list[int]:
    new = []
    for _ in range(count):
        number = next(free, None)
        if number is None:
            raise ValueError("the plan needs more users than there are internal numbers (R-02.4)")
        users[number] = users[like]
        new.append(number)
    return new


def _with_seats(seats: Any, like: Any, new: Sequence[int]) -> Any:
    added = tuple(like.model_copy(update={"user": number, "position": None}) for number in new)
    return seats.model_copy(update={"members": seats.members + added})


def _compiled(flow: Flow, users: dict[int, Any], elements: dict[int, Any]) -> Flow:
    document = Document(flow.document.head.model_copy(update={"users": dict(sorted(users.items()))}), elements)
    return compile.compile(document)


def scenario_of(scenario: Scenario, teams: Sequence[Team], counts: Counts, interval_s: int) -> Scenario:
    """The scenario with `counts[t, i]` members of team t at work in interval i, and nobody else of the teams."""
    planned = {member for team in teams for member in team.members}
    shifts = [shift for shift in scenario.shifts if not planned & set(shift.members)]
    absent = set(scenario.absent) - planned
    for t, team in enumerate(teams):
        spans: dict[tuple[int, int], list[int]] = {}
        for k, member in enumerate(team.members):
            at_work = counts[t] > k
            if not at_work.any():
                absent.add(member)
            for begin, end in _runs(at_work):
                spans.setdefault((begin, end), []).append(member)
        for (begin, end), members in sorted(spans.items()):
            shifts.append(_shift(scenario, begin * interval_s, end * interval_s, members))
    return scenario.replace(shifts=tuple(shifts), absent=tuple(sorted(absent)))


def _shift(scenario: Scenario, begin_s: int, end_s: int, members: list[int]) -> Shift:
    begins = scenario.start + begin_s
    ends = min(scenario.start + end_s, scenario.start + round(scenario.hours * 3600))
    day = begins // 86400
    to = ends - day * 86400
    if to > 86400:
        to -= 86400
    return Shift.model_validate({"members": members, "from": begins - day * 86400, "to": to, "days": (day,)})


def _runs(at_work: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Beginnings and ends of the stretches that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], at_work, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
