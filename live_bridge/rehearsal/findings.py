"""What came of a rehearsal: the bridge's traces held against the simulation's, and a cause for every difference.

Decides the cause, from what is known beside the two traces: refusals, what came late, what calls share. Leaves the
comparison itself to `engine/records/traces.py`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.ids import Duration, Instant, as_seconds
from engine.records import traces
from engine.records.rehearsal import Difference, Plan, PlannedDay, Report
from engine.records.traces import Line, Parting
from live_bridge.rehearsal.conductor import Played
from live_bridge.rehearsal.open_work import Late

RESOLUTION_US: Final[Duration] = 1_000
"""Instants closer than this are one: the clock of a rehearsal is exact, so what lies beyond was decided otherwise."""

RECORDED_US: Final[Duration] = 40_000
"""Two packets of speech: as exact as the length of a recording is."""


class Case(msgspec.Struct):
    """One trace that differs, until its cause is known."""

    name: str
    parting: Parting
    expected: list[Line]
    seen: list[Line]
    late: list[Late]
    status: int = 0
    longest: bool = False
    """Whether the plan has a message here that only the limit of the mailbox ends."""

    @property
    def at(self) -> Instant:
        """When it parted."""
        return self.parting.at

    def shared(self) -> set[tuple[str, object]]:
        """What it has to do with, others too, from where it parts."""
        return traces.shares([*self.expected[self.parting.step - 1 :], *self.seen[self.parting.step - 1 :]])

    def touched(self) -> set[tuple[str, object]]:
        """What it has to do with at all."""
        return traces.shares([*self.expected, *self.seen])


def report(plan: Plan, days: list[Played], flow: str) -> Report:
    """The report of a plan of which every day was played on a bridge with version `flow`."""
    differences: list[Difference] = []
    calls = equal = members = members_equal = notes = 0
    for day, played in zip(plan.days, days, strict=True):
        expected, seen = traces.of_calls(day.expected), traces.of_calls(played.said)
        by_name = {played.names[call]: lines for call, lines in seen.items() if call in played.names}
        cases: list[Case] = []
        for call in day.calls:
            lines = expected.get(call.id, [])
            mine = by_name.get(call.id, [])
            case = _case(call.id, lines, mine, _late_of(played, call.id), played.refused.get(call.id, 0))
            notes += len(lines)
            calls += 1
            equal += case is None
            if case is not None:
                case.longest = any(length >= limits.MESSAGE_LONGEST_US for length in call.messages_us)
                cases.append(case)
        their, our = traces.of_members(day.expected), traces.of_members(_until(played, day))
        for member in sorted(their.keys() | our.keys()):
            lines = their.get(member, [])
            case = _case(f"member {member}", lines, our.get(member, []), [], 0)
            notes += len(lines)
            members += 1
            members_equal += case is None
            cases += [case] if case is not None else []
        differences += _explained(cases, plan.flow, flow)
    return Report(
        flow=plan.flow,
        scenario=plan.scenario,
        seed=plan.seed,
        callers=sum(day.sampled for day in plan.days),
        calls=calls,
        equal=equal,
        members=members,
        members_equal=members_equal,
        notes=notes,
        differences=tuple(differences),
        left_out=plan.left_out,
        simulated_us=sum(_span(day) for day in plan.days),
        real_s=round(sum(played.real_s for played in days), 3),
        requests=sum(played.exchanged for played in days),
        resolution_us=RESOLUTION_US,
        media_us=RECORDED_US,
    )


def _until(played: Played, day: PlannedDay) -> list[tuple[Instant, note.Note]]:
    return [(at, said) for at, said in played.said if at <= day.end and isinstance(said, note.Note)]


def _span(day: PlannedDay) -> Duration:
    ends = [at for at, said in day.expected if isinstance(said, note.CallEnded)]
    return max(ends, default=day.begin) - min((call.at for call in day.calls), default=day.begin)


def _late_of(played: Played, call: str) -> list[Late]:
    return [late for late in played.late if played.names.get(late.call, late.call) == call]


def _case(name: str, expected: list[Line], seen: list[Line], late: list[Late], status: int) -> Case | None:
    parting = traces.part(expected, seen, RESOLUTION_US, RECORDED_US)
    return None if parting is None else Case(name, parting, expected, seen, late, status)


def _explained(cases: list[Case], planned: str, played: str) -> list[Difference]:
    """Every difference with its cause, the earliest first: what later ones may follow from."""
    cases = sorted(cases, key=lambda case: (case.at, case.name))
    partings = {case.name: (case.at, case.shared()) for case in cases}
    touched = {case.name: case.touched() for case in cases}
    found: list[Difference] = []
    for case in cases:
        cause, detail = _cause(case, planned, played)
        if cause in ("unexplained", "timing"):
            earlier = traces.follows(partings, case.name, touched[case.name])
            if earlier:
                cause, detail = (
                    "follow-on",
                    f"of {earlier}, which differs from an earlier instant on and shares with it",
                )
        found.append(traces.difference(case.name, case.parting, cause, detail, case.expected[: case.parting.step - 1]))
    return found


def _cause(case: Case, planned: str, played: str) -> tuple[str, str]:
    """The cause that the trace itself shows; `unexplained` when it shows none."""
    parting = case.parting
    if planned != played:
        return "another version", f"simulated {planned[:12]}, played {played[:12]}"
    if case.status:
        return "refused", f"SIP {case.status}"
    if case.late:
        return "capacity", case.late[0].what
    if case.longest:
        return "not played", "a message of the longest length: the limit of a recording runs in real time"
    if parting.only_time:
        before = [line.note for line in case.expected[: parting.step]]
        if parting.recorded:
            return "media", f"a recording, {as_seconds(parting.apart_us):.3f} s apart"
        if any(isinstance(one, note.PositionSaid) for one in before):
            return "media", "the simulation takes every announcement of a position for 4 s long"
        if _parted_at(case) <= RESOLUTION_US:
            return "timing", f"{as_seconds(parting.apart_us):.6f} s apart"
        return "unexplained", f"the same, {as_seconds(parting.apart_us):.6f} s apart"
    if traces.turned_over(case.expected, case.seen, parting.step, RESOLUTION_US):
        return "simultaneous", f"within {as_seconds(RESOLUTION_US) * 1000:.0f} ms of each other"
    if any(isinstance(line.note, note.PositionSaid) for line in case.expected[: parting.step]):
        return "media", "after a position was said: the simulation takes every announcement of one for 4 s long"
    return "unexplained", ""


def _parted_at(case: Case) -> Duration:
    """How far apart the instants of the first step that differs are."""
    parting = case.parting
    return abs(int(parting.expected.at) - int(parting.seen.at)) if parting.expected and parting.seen else 0
