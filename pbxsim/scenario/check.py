"""What a scenario names that a flow does not have, or that cannot be: one line each, with what to do.

Decides what is an error before a run. Leaves single fields to `scenario.py`, and what is merely unwise to `warnings`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.calendar import zones
from engine.state.flow import Flow
from pbxsim.scenario.callers import written
from pbxsim.scenario.scenario import Scenario, ScenarioError


def want_flow(flow: object, scenario: object = None) -> None:
    """Raises TypeError where something else stands for a flow or a scenario, such as the path of a file."""
    if isinstance(flow, Scenario):
        raise TypeError("a flow is wanted here and not a scenario: the flow comes first, the scenario after it")
    if not isinstance(flow, Flow):
        raise TypeError(_instead("flow", flow, "pbxsim.load_flow", "pbx.yaml"))
    if scenario is not None and not isinstance(scenario, Scenario):
        raise TypeError(_instead("scenario", scenario, "pbxsim.Scenario.load", "scenario.yaml"))


def _instead(wanted: str, found: object, reader: str, example: str) -> str:
    """What is wanted, what is there instead, and how one is read."""
    if isinstance(found, (str, Path)):
        return f"a {wanted} is wanted here and not the path {found}; read it first: {reader}({str(found)!r})"
    return f"a {wanted} is wanted here and not {type(found).__name__}; read one first, such as {reader}({example!r})"


def check(scenario: Scenario, flow: Flow) -> None:
    """Raises ScenarioError with everything the scenario names that the flow does not have, TypeError for what is no flow."""
    want_flow(flow, scenario)
    found = tuple(problems(scenario, flow))
    if found:
        raise ScenarioError(found)


def problems(scenario: Scenario, flow: Flow) -> Iterator[str]:
    """Everything at fault; nothing if the scenario can run on the flow."""
    if scenario.zone is not None:
        try:
            zones.parse(scenario.zone)
        except zones.UnknownZone as error:
            yield f"zone: {error}"
    for name, source in scenario.arrivals.items():
        if source.trunk is not None and source.trunk not in flow.trunks:
            yield f"arrivals `{name}`: the flow has no trunk `{source.trunk}`; it has {_listed(flow.trunks)}"
        elif source.widget is not None:
            if source.widget not in flow.widgets:
                yield f"arrivals `{name}`: the flow has no widget `{source.widget}`; it has {_listed(flow.widgets)}"
        elif source.trunk is None and flow.find(source.called or "") is None:
            yield f"arrivals `{name}`: `{source.called}` is neither an internal number nor an alias of the flow"
    users = set(flow.head.users)
    yield from _unknown_users("shifts", (m for shift in scenario.shifts for m in shift.members), users)
    yield from _unknown_users("absent", scenario.absent, users)
    yield from _unknown_users("answering.users", scenario.answering.users, users)
    yield from _unknown_users("talk.members", scenario.talk.members, users)
    yield from _unknown_users("talk.cells", (cell.member for cell in scenario.talk.cells), users)
    yield from _unknown_users("outages", (o.user for o in scenario.outages if o.user is not None), users)
    for outage in scenario.outages:
        if outage.trunk is not None and outage.trunk not in flow.trunks:
            yield f"outages: the flow has no trunk `{outage.trunk}`; it has {_listed(flow.trunks)}"
    queues = {number for number, element in flow.elements.items() if element.kind in ("queue", "group", "user")}
    for place, numbers in (
        ("patience.queues", scenario.patience.queues),
        ("talk.queues", scenario.talk.queues),
        ("talk.cells", [cell.queue for cell in scenario.talk.cells]),
    ):
        for number in sorted(set(numbers) - queues):
            yield f"{place}: {number} is no queue, group or user of the flow"
    for place, numbers in (
        ("wrap_up", sorted(scenario.wrap_up)),
        ("wrap_up_quiet", sorted(scenario.wrap_up_quiet)),
        ("talk.skills", sorted({own.queue for own in scenario.talk.skills if own.queue is not None})),
    ):
        for number in numbers:
            if number not in flow.elements or not flow.elements[number].is_queue:
                yield f"{place}: {number} is no queue of the flow"
    yield from _unknown_skills(scenario, flow)
    for number in sorted(scenario.keys):
        yield from _no_such_keys(number, scenario, flow)
    for name in sorted(set(scenario.prompts) - set(flow.prompt_us)):
        yield f"prompts: the flow has no prompt `{name}`"
    yield from _overlapping_shifts(scenario)
    yield from _shifts_that_never_are(scenario)
    if scenario.measure.from_s >= scenario.hours * 3600:
        yield f"measure.from_s: nothing is left to measure of {scenario.hours:g} hours"


def warnings(scenario: Scenario, flow: Flow) -> Iterator[str]:
    """What runs and may still not be what was meant."""
    for name, source in scenario.arrivals.items():
        if source.trunk is not None and flow.trunks[source.trunk].lines == "unlimited":
            yield f"R-04.8: trunk `{source.trunk}` of arrivals `{name}` has unlimited lines; no call will find it busy"
    for number, element in flow.elements.items():
        if element.kind == "greeting" and getattr(element, "keys", None) and number not in scenario.keys:
            yield f"keys: nothing says what callers press at greeting {number}; they press nothing"
        elif getattr(element, "listens", "") and number not in scenario.keys:
            yield f"keys: nothing says what callers press while they wait in queue {number}; they press nothing"


def _no_such_keys(number: int, scenario: Scenario, flow: Flow) -> Iterator[str]:
    """Keys pressed at what is no greeting, and no queue that asks for any (R-08.14, R-08.19)."""
    element = flow.elements.get(number)
    if element is not None and element.kind == "greeting":
        return
    if element is None or not element.is_queue:
        yield f"keys: {number} is no greeting and no queue of the flow"
        return
    keys = getattr(element, "listens", "")
    if not keys:
        yield f"keys: queue {number} asks for no key; give it an `exit_key` or a `callback_key` in the document"
    for choice in scenario.keys[number].choices:
        if keys and choice not in ("none", "hangup", *keys):
            yield f"keys: queue {number} does not know key {choice}; it knows {_listed(keys)}"


def _unknown_skills(scenario: Scenario, flow: Flow) -> Iterator[str]:
    held = {
        skill
        for number, element in flow.elements.items()
        if element.is_queue
        for member in flow.document.elements[number].members  # type: ignore[attr-defined]  # a queue's parameters
        for skill in member.skills
    }
    for skill in sorted({own.skill for own in scenario.talk.skills} - held):
        yield f"talk.skills: no member of a queue has the skill `{skill}`; members have {_listed(held)}"


def _unknown_users(place: str, numbers: Iterable[int], users: set[int]) -> Iterator[str]:
    for number in sorted(set(numbers) - users):
        yield f"{place}: the flow has no user {number}"


def _overlapping_shifts(scenario: Scenario) -> Iterator[str]:
    spans: dict[int, list[tuple[int, int]]] = {}
    for shift in scenario.shifts:
        for day in shift.days if shift.days is not None else (0,):
            begin = day * 86400 + shift.from_
            for member in shift.members:
                spans.setdefault(member, []).append((begin, begin + shift.length_s()))
    for member, list_of_spans in sorted(spans.items()):
        ordered = sorted(list_of_spans)
        for (_, end), (begin, _) in itertools.pairwise(ordered):
            if begin < end:
                yield f"shifts: two shifts of user {member} overlap"
                break


def _shifts_that_never_are(scenario: Scenario) -> Iterator[str]:
    """Shifts of days that the run does not have, and those that lie before or after it."""
    begin, end = scenario.start, scenario.start + scenario.hours * 3600
    last = math.ceil(end / 86400) - 1
    for shift in scenario.shifts:
        span = f"{written(shift.from_)} to {written(shift.to)}"
        if shift.days is not None and any(day < 0 or day > last for day in shift.days):
            wrong = ", ".join(str(day) for day in shift.days if day < 0 or day > last)
            yield f"shifts: the run has the days 0 to {last}, and the shift from {span} is for day {wrong}"
            continue
        days = shift.days if shift.days is not None else range(-1, last + 1)
        spans = [(day * 86400 + shift.from_, day * 86400 + shift.from_ + shift.length_s()) for day in days]
        if not any(a < end and b > begin for a, b in spans):
            yield (
                f"shifts: the shift from {span} lies outside the run of {scenario.hours:g} hours from {written(scenario.start)}"
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
