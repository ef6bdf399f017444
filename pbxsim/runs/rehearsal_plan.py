"""The plan of a rehearsal: sampled callers of a scenario, simulated once, with all that everybody decided.

Decides which callers are taken (a stretch of consecutive ones, so that queues are as full as in the scenario), what members do
beside calls, and which parts of a scenario are left out because nobody can play them. Leaves the form to
`engine/records/rehearsal.py` and the playing to a bridge.
"""

from __future__ import annotations

import numpy as np

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.records.rehearsal import FORMAT, Act, Plan, PlannedDay, What
from engine.state.flow import Flow
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.world import driver, roster
from pbxsim.world.callers import ArrivalStream
from pbxsim.world.outages import changes_of_account
from pbxsim.world.planning_world import PlanningWorld
from pbxsim.world.random_streams import Streams

DAYS_AT_MOST = 400
"""Days looked through for enough callers."""

CALLS_AT_MOST = 5_000
"""Callers of one rehearsal: each is played on SIP, one thing after another."""


def make(flow: Flow, document: str, scenario: Scenario, calls: int, at: Instant | None = None) -> Plan:
    """A plan of `calls` callers of the scenario: consecutive ones of one day, or of several days where one has too few.

    They begin with the first that arrives at or after `at`; without it where the seed says. Raises ScenarioError when the
    scenario does not fit the flow, or brings nobody who can be played.
    """
    check(scenario, flow)
    played, left_out = playable(scenario)
    days: list[PlannedDay] = []
    wanted = calls
    for replication in range(DAYS_AT_MOST):
        arrivals = instants(flow, played, replication)
        if len(arrivals):
            first = _first(arrivals, wanted, at, Streams(played.seed, replication))
            day = _day(flow, played, replication, first, min(wanted, len(arrivals) - first), len(arrivals))
            wanted -= day.sampled
            if day.sampled:
                days.append(day)
        if wanted <= 0:
            break
    if not days:
        raise ScenarioError(("nobody calls in this scenario: there is nothing to rehearse",))
    return Plan(
        format=FORMAT,
        flow=flow.digest,
        document=document,
        scenario=scenario.scenario,
        seed=scenario.seed,
        days=tuple(days),
        left_out=tuple(left_out),
    )


def _first(
    arrivals: np.ndarray[tuple[int], np.dtype[np.int64]], wanted: int, at: Instant | None, streams: Streams
) -> int:
    if at is not None:
        return int(np.searchsorted(arrivals, int(at), side="left"))
    return streams.word("rehearsal/first caller") % (len(arrivals) - wanted + 1) if len(arrivals) > wanted else 0


def instants(flow: Flow, scenario: Scenario, replication: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """When the callers of a day arrive, those who dial again not counted."""
    stream = ArrivalStream(scenario, scenario.begin(flow), Streams(scenario.seed, replication))
    parts = [np.empty(0, dtype=np.int64)]
    while (chunk := stream.chunk()) is not None:
        parts.append(np.frombuffer(chunk[0], dtype="<i8"))
    return np.concatenate(parts)


def playable(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The scenario without what nobody can play with telephones, and the names of those parts. ScenarioError when nobody is
    left who calls."""
    left_out: list[str] = []
    changes: dict[str, object] = {}
    on_trunks = {name: source for name, source in scenario.arrivals.items() if source.trunk is not None}
    if len(on_trunks) < len(scenario.arrivals):
        gone = ", ".join(sorted(set(scenario.arrivals) - set(on_trunks)))
        left_out.append(f"arrivals without a trunk: {gone}")
        changes["arrivals"] = on_trunks
    if not on_trunks:
        raise ScenarioError(("no caller comes by a trunk: name `trunk:` at an arrival, others cannot be rehearsed",))
    if scenario.wrap_up or scenario.wrap_up_quiet:
        left_out.append("work after calls by the scenario: the flow's own is taken")
        changes |= {"wrap_up": {}, "wrap_up_quiet": {}}
    if scenario.prompts:
        left_out.append("lengths of prompts by the scenario: the flow's own are taken")
        changes["prompts"] = {}
    if any(shift.flex_s for shift in scenario.shifts):
        left_out.append("shifts that follow the queue: they begin and end on time")
        changes["shifts"] = tuple(shift.model_copy(update={"flex_s": 0.0}) for shift in scenario.shifts)
    if any(outage.cut_calls and outage.trunk is not None and not outage.unpaid for outage in scenario.outages):
        left_out.append("calls lost with their trunk: a trunk fails for new calls only")
        changes["outages"] = tuple(outage.model_copy(update={"cut_calls": False}) for outage in scenario.outages)
    return (scenario.model_copy(update=changes) if changes else scenario), left_out


def _day(flow: Flow, scenario: Scenario, replication: int, first: int, most: int, of: int) -> PlannedDay:
    world = PlanningWorld(flow, scenario, scenario.seed, replication, first, most)
    driver.run(world)
    world.run_out()
    said = tuple((at, message) for at, message in world.ear.lines if isinstance(message, note.Note))
    end = max([world.end, *(at for at, message in said if isinstance(message, note.CallEnded))])
    acts = [*acts_of(flow, scenario, world.begin, world.end, end), *world.came_back]
    return PlannedDay(
        replication=replication,
        begin=world.begin,
        end=end,
        calls=tuple(one.planned() for one in sorted(world.decided.values(), key=lambda one: one.at)),
        acts=tuple(sorted(acts, key=lambda act: act.at)),
        expected=tuple(line for line in said if line[0] <= end),
        sampled=most,
        of=of,
    )


def acts_of(flow: Flow, scenario: Scenario, begin: Instant, end: Instant, until: Instant) -> list[Act]:
    """What members and trunks do beside calls, in order, to `until`: the acts of `world/roster.py` and `world/outages.py`."""
    away = {member for shift in scenario.shifts for member in shift.members} | set(scenario.absent)
    acts = [
        Act(at=begin, what="signs_out" if user in away else "registers", user=user) for user in sorted(flow.head.users)
    ]
    for at, _, what, user, reason in sorted(roster.roster(scenario, flow, begin, end)):
        if at <= until:
            acts += [
                Act(at=at, what=name, user=user, reason=reason if name == "pauses" else "") for name in CHANGES[what]
            ]
    for outage in scenario.outages:
        starts = scenario.instant(flow, outage.from_, outage.day)
        ends = starts + round(outage.minutes * 60 * 1_000_000)
        if ends <= begin or starts >= end:
            continue
        changes: tuple[tuple[Instant, str, What], ...] = (
            (max(starts, begin), "unpaid" if outage.unpaid else "unregistered", "unregisters"),
            (ends, "paid" if outage.unpaid else "registered", "registers"),
        )
        for at, state, presence in changes:
            if at > until:
                continue
            if outage.trunk is not None:
                acts.append(Act(at=at, what="trunk", trunk=outage.trunk, reason=state))
            elif outage.user is not None:
                acts.append(Act(at=at, what=presence, user=outage.user))
    for at, state in changes_of_account(scenario, flow):
        if at <= min(until, end):
            acts.append(Act(at=max(at, begin), what="account", reason=state))
    return acts


CHANGES: dict[str, tuple[What, ...]] = {
    "in": ("dnd_off", "resumes", "registers", "signs_in"),
    "out": ("signs_out", "unregisters"),
    "pause": ("pauses", "dnd_on"),
    "resume": ("dnd_off", "resumes"),
}
"""What a change of the roster is made of, as `world/roster.py` does it."""
