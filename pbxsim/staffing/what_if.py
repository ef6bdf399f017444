"""What if: a flow or a day changed in one respect, and what that does to the same callers.

Decides what the usual changes are and how each is made: more calls, longer talks, another strategy, members more or fewer,
settings of a queue, lines, people away. Leaves the comparison to `pbxsim/runs/precision.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import pydantic

from engine.contract.errors import FlowError
from engine.document.models import Parameters
from engine.loading.compile import compile
from engine.state.flow import Document, Flow
from pbxsim.runs.job import Progress, Signal
from pbxsim.runs.precision import Comparison, compare
from pbxsim.scenario import wanted
from pbxsim.scenario.check import want_flow
from pbxsim.scenario.names import queue_number, queues_of
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing import teams as tm

LINES_AT_MOST: Final = 1000
"""Lines that a trunk may have (R-04.8)."""


def with_settings(flow: Flow, queue: int | str | None = None, **settings: Any) -> Flow:
    """The flow with other settings of a queue, or of all queues: `with_settings(flow, "Sales", max_wait=120, wrap_up=10)`.

    Settings are those of the document (R-08). Raises KeyError for no such queue, ValueError for what a queue cannot be set to.
    """
    want_flow(flow)
    chosen = _chosen(flow, queue)
    elements: dict[int, Parameters] = dict(flow.document.elements)
    for number in chosen:
        data = elements[number].model_dump(by_alias=True, exclude_unset=True)
        kind = type(elements[number])
        try:
            elements[number] = kind.model_validate({**data, "kind": "queue", **settings})
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                known = ", ".join(field.alias or name for name, field in kind.model_fields.items())
                raise ValueError(f"queue {number} has no setting `{place}`; settings are {known}") from None
            raise ValueError(f"queue {number}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
    return _compiled(flow, elements)


def with_strategy(
    flow: Flow,
    strategy: Literal[
        "ring_all", "linear", "round_robin", "longest_idle", "fewest_calls", "least_talk", "random", "weighted_random",
        "progressive",
    ],
    queue: int | str | None = None,
) -> Flow:  # fmt: skip
    """The flow with another ring strategy (R-08.8) of one queue, or of all. Raises KeyError, ValueError."""
    return with_settings(flow, queue, strategy=strategy)


def with_members(flow: Flow, change: int, queue: int | str | None = None) -> Flow:
    """The flow with so many members more (new users, like the queue's last member in all the queues that one serves) or, below
    zero, fewer (the last ones leave their queues). Without `queue` there must be one queue alone. Raises KeyError, ValueError."""
    return _with_members(flow, change, queue)[0]


def _with_members(flow: Flow, change: int, queue: int | str | None) -> tuple[Flow, dict[int, int]]:
    """The flow, and each new member with the one it is like."""
    want_flow(flow)
    change = wanted.whole("members", change)
    number = _one(flow, queue)
    seats: Any = flow.document.elements[number]
    here = [member.user for member in seats.members]
    if change < 0:
        if -change >= len(here):
            raise ValueError(f"queue {number} has {len(here)} members; {-change} cannot be taken away")
        elements: dict[int, Any] = dict(flow.document.elements)
        gone = set(here[change:])
        for other in queues_of(flow):
            held = elements[other].members
            elements[other] = elements[other].model_copy(
                update={"members": tuple(member for member in held if member.user not in gone)}
            )
        return _compiled(flow, elements), {}
    if not here:
        raise ValueError(f"queue {number} has no member that new ones could be like")
    team = next(team for team in tm.teams_of(flow) if here[-1] in team.members)
    like = tm.Team(team.name, team.queues, (here[-1],))
    grown, (made,) = tm.enlarge(flow, (like,), 1 + change)
    return grown, dict.fromkeys(made.members[1:], here[-1])


def with_lines(flow: Flow, lines: int | Literal["unlimited"], trunk: str | None = None) -> Flow:
    """The flow with other numbers of lines of a trunk, or of all. Raises KeyError, ValueError."""
    want_flow(flow)
    head = flow.document.head
    if trunk is not None and trunk not in head.trunks:
        raise KeyError(f"{trunk} is no trunk of the flow; it has {', '.join(head.trunks)}")
    if lines != "unlimited" and wanted.whole("lines", lines) not in range(1, LINES_AT_MOST + 1):
        raise ValueError(f"lines is 1 to {LINES_AT_MOST} or unlimited, not {lines} (R-04.8)")
    trunks = {
        name: type(one).model_validate({**one.model_dump(by_alias=True, exclude_unset=True), "lines": lines})
        if trunk in (None, name)
        else one
        for name, one in head.trunks.items()
    }
    changed = Document(head.model_copy(update={"trunks": trunks}), flow.document.elements)
    return _loaded(changed)


def what_if(
    flow: Flow,
    scenario: Scenario,
    *,
    calls: float = 1.0,
    talk: float = 1.0,
    members: int = 0,
    strategy: str | None = None,
    queue: int | str | None = None,
    lines: int | Literal["unlimited"] | None = None,
    absent: Iterable[int] = (),
    settings: Mapping[str, Any] | None = None,
    other_flow: Flow | None = None,
    other_scenario: Scenario | None = None,
    reps: int = 20,
    processes: int | None = None,
    progress: Progress | None = None,
    keep_records: bool = False,
    cancel: Signal | None = None,
) -> Comparison:
    """What a change does to the same callers: `first` is the day as it is, `second` with every change that is named.

    `calls` and `talk` are factors; `members` are that many more or fewer in `queue`, new ones at work as the member they are
    like; `strategy` and `settings` are of `queue`, or of all queues; `lines` of all trunks; `absent` are users who are away as
    well. `other_flow` and `other_scenario` stand for changes of any other kind. Raises KeyError, ValueError, ScenarioError.
    """
    want_flow(flow, scenario)
    want_flow(flow if other_flow is None else other_flow, other_scenario)
    if not isinstance(settings, Mapping | None):
        raise TypeError(f'settings are a mapping, such as {{"max_wait": 120}}, not {settings!r}')
    if isinstance(absent, (str, int)):
        raise TypeError(f"absent is a list of users' numbers, such as [102], not {absent!r}")
    then = other_flow if other_flow is not None else flow
    day = other_scenario if other_scenario is not None else scenario
    if calls != 1 or talk != 1:
        day = day.scaled(wanted.number("calls", calls), talk=wanted.number("talk", talk))
    if members:
        then, new = _with_members(then, members, queue)
        day = day.with_members_like(new)
    changed = {**(settings or {}), **({"strategy": strategy} if strategy is not None else {})}
    if changed:
        then = with_settings(then, queue, **changed)
    if lines is not None:
        then = with_lines(then, lines)
    away = tuple(absent)
    if away:
        day = day.replace(absent=tuple(dict.fromkeys((*day.absent, *away))))
    return compare(
        (flow, scenario), (then, day), reps, processes=processes, progress=progress, keep_records=keep_records, cancel=cancel
    )  # fmt: skip


def _chosen(flow: Flow, queue: int | str | None) -> list[int]:
    known = queues_of(flow)
    if queue is not None:
        return [queue_number(queue, known)]
    if not known:
        raise KeyError("the flow has no queue")
    return list(known)


def _one(flow: Flow, queue: int | str | None) -> int:
    chosen = _chosen(flow, queue)
    if len(chosen) > 1:
        there = ", ".join(f"{number} `{name}`" for number, name in queues_of(flow).items())
        raise KeyError(f"say which queue: the flow has {there}")
    return chosen[0]


def _compiled(flow: Flow, elements: Mapping[int, Any]) -> Flow:
    return _loaded(Document(flow.document.head, elements))


def _loaded(document: Document) -> Flow:
    try:
        return compile(document)
    except FlowError as error:
        raise ValueError(str(error)) from None
