"""How many members, when: staffing by simulation of the real flow, then shifts that cover it.

Decides the search. Theory gives the start: the load each queue would carry if everybody were answered (a run with
members to spare), spread over time by offered load, and per interval the fewest agents of M/M/n+G. Simulation
corrects it (iterative staffing): where an interval misses its target members are added there, and then taken away
again one by one wherever the targets still hold, all on the same callers (common random numbers). Shifts with
breaks then cover the requirement at least cost (set covering, HiGHS through scipy), and the shift plan is simulated
with callers the search has not seen.

Sources: Feldman, Mandelbaum, Massey and Whitt (2008), iterative staffing; Atlason, Epelman and Henderson (2008),
simulation cuts. Leaves runs to `run.py`, formulas to `theory.py`, and the making of plans into flows and scenarios
to `teams.py`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.flow import Flow
from pbxsim import frames, theory
from pbxsim.distributions import Exponential, NotNegative, Share
from pbxsim.metrics import COUNTS
from pbxsim.results import Results
from pbxsim.run import Progress, Signal, simulate
from pbxsim.scenario import Part, Scenario
from pbxsim.shifts import Patterns, ShiftPlan, cover
from pbxsim.teams import Team, enlarge, scenario_of, teams_of

Counts = npt.NDArray[np.int64]
"""Members by team and interval."""

ROUNDS_UP = 40
"""Rounds of adding members before the targets are called out of reach."""

ROUNDS_DOWN = 6
"""Rounds of taking members away."""

MOST = 400
"""Members a team is never enlarged beyond."""


class Targets(Part):
    """What every queue is to keep, in each interval (`per: interval`) or over the whole day (`per: day`).

    Calls a queue refused, or that left it by time-out, count as not answered: a queue without members meets nothing.
    """

    service_level: Share | None = 0.8
    """Answered within T over all but those who hung up within T; T is the scenario's `measure.within_s`."""
    abandoned_share: Share | None = None
    """At most this share of calls abandons, refused and timed-out ones included."""
    answer_speed_s: NotNegative | None = None
    occupancy: Share | None = None
    """At most this much of the members' time is work; kept in the start only, by theory."""
    per: Literal["interval", "day"] = "interval"


@dataclass
class Plan:
    """A staffing plan and how good it is."""

    teams: tuple[Team, ...]
    required: pd.DataFrame
    """One row per interval and team: members needed by simulation, and what theory alone said."""
    shifts: ShiftPlan | None
    flow: Flow
    """The flow with as many members in each team as the plan may use."""
    scenario: Scenario
    """The scenario with the plan's shifts; ready to be simulated."""
    check: Results
    """The plan simulated with callers the search has not seen."""
    met: bool
    """Whether the check meets the targets over the day."""
    simulated_calls: int = 0
    elapsed_s: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def member_hours(self) -> float:
        """Hours of work the requirement asks for, before shifts."""
        return float((self.required["members"] * self.required["hours"]).sum())


class _Search:
    """The state of one search: counts by team and interval, and how a design does."""

    def __init__(
        self,
        flow: Flow,
        scenario: Scenario,
        teams: tuple[Team, ...],
        targets: Targets,
        reps: int,
        processes: int | None,
        cancel: Signal | None,
    ) -> None:
        self.flow = flow
        self.scenario = scenario
        self.teams = teams
        self.targets = targets
        self.reps = reps
        self.processes = processes
        self.cancel = cancel
        self.interval_s = scenario.measure.interval_min * 60
        self.intervals = math.ceil(scenario.hours * 3600 / self.interval_s - 1e-9)
        self.queues = sorted({queue for team in teams for queue in team.queues})
        self.calls = 0

    def run(self, counts: Counts, first: int = 0, reps: int | None = None) -> Results:
        """Simulate a design on the search's callers."""
        scenario = scenario_of(self.scenario, self.teams, counts, self.interval_s)
        results = simulate(
            self.flow,
            scenario,
            reps or self.reps,
            processes=self.processes,
            keep_records=False,
            first=first,
            cancel=self.cancel,
        )
        self.calls += results.simulated_calls
        return results

    def shortfall(self, results: Results) -> npt.NDArray[np.float64]:
        """By queue and interval, how far the worst target is missed; 0 where all hold or nobody called."""
        table = np.zeros((len(self.queues), self.intervals))
        for q, queue in enumerate(self.queues):
            sums = np.zeros((self.intervals, len(COUNTS)))
            for sample in results.samples:
                for number, i, counts in sample.cells:
                    if number == queue:
                        sums[i] += counts
            if self.targets.per == "day":
                sums[:] = sums.sum(axis=0)
            for i in range(self.intervals):
                table[q, i] = self._missed(sums[i])
        return table

    def _missed(self, sums: npt.NDArray[np.float64]) -> float:
        offered, answered, within, abandoned, soon, waited_us = (sums[_AT[name]] for name in _NEEDED)
        lost = sums[_AT["refused"]] + sums[_AT["timed_out"]] + sums[_AT["left"]]
        if not offered:
            return 0.0
        targets = self.targets
        worst = 0.0
        served = answered + abandoned - soon + lost
        if targets.service_level is not None and served:
            worst = max(worst, targets.service_level - within / served)
        if targets.abandoned_share is not None:
            worst = max(worst, (abandoned + lost) / offered - targets.abandoned_share)
        if targets.answer_speed_s is not None:
            speed = waited_us / 1e6 / answered if answered else math.inf
            worst = max(worst, min(1.0, (speed - targets.answer_speed_s) / max(1.0, targets.answer_speed_s)))
        return max(0.0, float(worst))

    def serving(self, queue: int) -> list[int]:
        """Teams that serve a queue, those with the fewest other queues first."""
        return sorted(
            (t for t, team in enumerate(self.teams) if queue in team.queues),
            key=lambda t: (len(self.teams[t].queues), self.teams[t].cost),
        )


_NEEDED = ("offered", "answered", "answered_within", "abandoned", "abandoned_within", "answered_wait_us")

_AT = {name: COUNTS.index(name) for name in COUNTS}


def staff(
    flow: Flow,
    scenario: Scenario,
    targets: Targets | None = None,
    *,
    teams: Sequence[Team] | None = None,
    patterns: Patterns | None = None,
    shrinkage: float = 0.0,
    reps: int = 20,
    processes: int | None = None,
    progress: Progress | None = None,
    cancel: Signal | None = None,
) -> Plan:
    """The fewest members, by interval and team, whose day meets the targets; with `patterns`, also shifts that
    cover them.

    `teams` default to the groups of users who serve the same queues. `shrinkage` is the share of paid time not on
    the queue; shifts are planned for so many more. The flow's own members are used first and more are made alike.
    The scenario's shifts of team members are replaced. Raises ValueError when the targets are out of reach or the
    numbers impossible, ScenarioError where the scenario does not fit the flow, `Cancelled` when told to stop.
    """
    targets = targets or Targets()
    if not 0 <= shrinkage < 1:
        raise ValueError("shrinkage is a share of paid time, 0 or more and less than 1")
    if scenario.hours > 24:
        raise ValueError("staffing plans one day: the scenario has more than 24 hours")
    scenario.check(flow)
    began = time.perf_counter()
    chosen = tuple(teams) if teams is not None else teams_of(flow)
    if not chosen:
        raise ValueError("the flow has no queue with members; there is nobody to plan")
    told = _steps(progress)
    peak = _ample(scenario, flow, chosen)
    large, chosen = enlarge(flow, chosen, peak)
    search = _Search(large, scenario, chosen, targets, reps, processes, cancel)
    told(0.02)
    start = _start(search, peak)
    told(0.1)
    counts = _add(search, start, peak, lambda share: told(0.1 + 0.4 * share))
    counts = _take_away(search, counts, lambda share: told(0.5 + 0.35 * share))
    notes: list[str] = []
    plan = None
    final = scenario_of(scenario, chosen, counts, search.interval_s)
    if patterns is not None:
        plan, final = _shifts(search, counts, patterns, shrinkage, notes)
    told(0.95)
    check = simulate(large, final, reps, processes=processes, keep_records=False, first=reps, cancel=cancel)
    day = _Search(large, scenario, chosen, targets.model_copy(update={"per": "day"}), reps, processes, cancel)
    told(1.0)
    return Plan(
        teams=chosen,
        required=_table(search, counts, start),
        shifts=plan,
        flow=large,
        scenario=final,
        check=check,
        met=not day.shortfall(check).any(),
        simulated_calls=search.calls + check.simulated_calls,
        elapsed_s=time.perf_counter() - began,
        notes=tuple(notes),
    )


def _steps(progress: Progress | None) -> Callable[[float], None]:
    def told(share: float) -> None:
        if progress is not None:
            progress(100 * share, 100)

    return told


def _ample(scenario: Scenario, flow: Flow, teams: Sequence[Team]) -> int:
    """Members that certainly suffice: all calls of the busiest hour to one team, talk of its longest kind, and a
    margin."""
    rate = 0.0
    for source in scenario.arrivals.values():
        if source.per_hour is not None:
            rate += source.per_hour / 3600
        elif source.recorded is not None:
            at = np.asarray(source.recorded.at_s)
            rate += (
                float(np.histogram(at, bins=np.arange(0, scenario.hours * 3600 + 1800, 1800))[0].max(initial=0)) / 1800
            )
        else:
            assert source.every_min is not None
            rate += max(source.calls) / source.every_min / 60
    talk = max([scenario.talk.default.mean, *(length.mean for length in scenario.talk.queues.values())])
    wrap = max([0.0, *(getattr(flow.elements[q], "wrap_up_us", 0) / 1e6 for team in teams for q in team.queues)])
    load = 1.3 * rate * (talk + wrap + 30)
    return min(MOST, math.ceil(load + 4 * math.sqrt(load) + 4))


def _start(search: _Search, peak: int) -> Counts:
    """Theory's staffing from a run with members to spare: load over time, then M/M/n+G per interval."""
    full = np.full((len(search.teams), search.intervals), peak, dtype=np.int64)
    pilot = search.run(full, reps=max(5, search.reps // 2))
    counts = np.zeros_like(full)
    reps = pilot.replications
    for queue in search.queues:
        offered = np.zeros(search.intervals)
        handled = talk_us = wait_us = 0.0
        for sample in pilot.samples:
            for number, i, values in sample.cells:
                if number == queue:
                    offered[i] += values[_AT["offered"]] / reps
                    handled += values[_AT["handled"]]
                    talk_us += values[_AT["talk_us"]] + values[_AT["wrap_up_us"]]
                    wait_us += values[_AT["answered_wait_us"]]
        if not handled:
            continue
        mean = (talk_us + wait_us) / handled / 1e6
        middles = [(i + 0.5) * search.interval_s for i in range(search.intervals)]
        loads = theory.offered_load(
            (offered / search.interval_s).tolist(), search.interval_s, Exponential(mean=mean), middles
        )
        patience = search.scenario.patience.queues.get(queue, search.scenario.patience.default)
        primary = search.serving(queue)[0]
        for i, load in enumerate(loads):
            if offered[i] > 0 and load > 0:
                try:
                    needed = theory.fewest_agents(_goal(search), load / mean, 1 / mean, patience, peak)
                except ValueError:
                    needed = peak  # Theory gives up; simulation has the last word.
                counts[primary, i] = min(peak, counts[primary, i] + needed)
    return counts


def _goal(search: _Search) -> Callable[[theory.Waiting], bool]:
    targets, within = search.targets, search.scenario.measure.within_s

    def meets(found: theory.Waiting) -> bool:
        return (
            (targets.service_level is None or found.answered_within(within) >= targets.service_level)
            and (targets.abandoned_share is None or found.abandoned_share <= targets.abandoned_share)
            and (targets.answer_speed_s is None or found.wait <= targets.answer_speed_s)
            and (targets.occupancy is None or found.occupancy <= targets.occupancy)
        )

    return meets


def _add(search: _Search, counts: Counts, peak: int, told: Callable[[float], None]) -> Counts:
    """Add members where a target is missed, until none is."""
    counts = counts.copy()
    for step in range(ROUNDS_UP):
        missed = search.shortfall(search.run(counts))
        if not missed.any():
            return counts
        if search.targets.per == "day":
            _add_by_day(search, counts, missed, peak)
        else:
            for q, queue in enumerate(search.queues):
                team = search.serving(queue)[0]
                for i in np.flatnonzero(missed[q]):
                    more = max(1, round(counts[team, i] * missed[q, i] / 4))
                    counts[team, i] = min(peak, counts[team, i] + more)
                    # A queue that is long at the beginning of an interval was not served in the one before.
                    if i and missed[q, i] > 0.3:
                        counts[team, i - 1] = min(peak, counts[team, i - 1] + 1)
        told(1 - 0.8 ** (step + 1))
    raise ValueError(
        f"the targets are out of reach: with up to {int(counts.max())} members at once some interval still misses them; "
        "look at ring times, time-outs and what the targets ask"
    )


def _add_by_day(search: _Search, counts: Counts, missed: npt.NDArray[np.float64], peak: int) -> None:
    for q, queue in enumerate(search.queues):
        if missed[q].any():
            team = search.serving(queue)[0]
            busy = np.flatnonzero(counts[team])
            counts[team, busy] = np.minimum(peak, counts[team, busy] + 1)


def _take_away(search: _Search, counts: Counts, told: Callable[[float], None]) -> Counts:
    """Take one member away wherever the targets still hold: intervals far apart are tried in one run."""
    counts = counts.copy()
    stuck = np.zeros_like(counts, dtype=bool)
    apart = 4
    for round_ in range(ROUNDS_DOWN):
        changed = False
        for t in range(len(search.teams)):
            for offset in range(apart):
                tried = [i for i in range(offset, search.intervals, apart) if counts[t, i] > 0 and not stuck[t, i]]
                kept = _try(search, counts, t, tried, stuck)
                changed = changed or bool(kept)
            told((round_ + (t + 1) / len(search.teams)) / ROUNDS_DOWN)
        if not changed:
            break
    return counts


def _try(search: _Search, counts: Counts, team: int, tried: list[int], stuck: npt.NDArray[np.bool_]) -> list[int]:
    """Try all of `tried` at once; those near which a target falls are put back, until the rest holds."""
    left = list(tried)
    while left:
        design = counts.copy()
        design[team, left] -= 1
        missed = np.asarray(search.shortfall(search.run(design)).any(axis=0))
        if not missed.any():
            counts[team, left] -= 1
            return left
        near = [i for i in left if missed[i : i + 3].any()]
        if search.targets.per == "day" or not near:
            near = left if len(left) == 1 else left[: (len(left) + 1) // 2]
        for i in near:
            stuck[team, i] = True
            left.remove(i)
    return left


def _shifts(
    search: _Search, counts: Counts, patterns: Patterns, shrinkage: float, notes: list[str]
) -> tuple[ShiftPlan, Scenario]:
    """Shifts that cover the requirement; where the simulated plan misses a target in an interval, it is asked for
    more."""
    wanted = counts.copy()
    for attempt in range(3):
        plan = cover(wanted, search.teams, patterns, search.interval_s, shrinkage)
        scenario = plan.scenario(search.scenario, search.teams)
        results = simulate(
            search.flow, scenario, search.reps, processes=search.processes, keep_records=False, cancel=search.cancel
        )
        search.calls += results.simulated_calls
        missed = search.shortfall(results)
        if not missed.any():
            return plan, scenario
        if attempt == 2:
            notes.append(f"with shifts and breaks {int((missed > 0).sum())} intervals stay short of a target")
            break
        for q, queue in enumerate(search.queues):
            wanted[search.serving(queue)[0], missed[q] > 0] += 1
    return plan, scenario


def _table(search: _Search, counts: Counts, start: Counts) -> pd.DataFrame:
    begin = search.scenario.begin(search.flow)
    starts = [begin + i * search.interval_s * 1_000_000 for i in range(search.intervals)]
    parts = []
    for t, team in enumerate(search.teams):
        parts.append(
            pd.DataFrame(
                {
                    "interval": frames.instants(starts, search.scenario.zone_of(search.flow)),
                    "team": team.name,
                    "members": counts[t],
                    "by_theory": start[t],
                    "hours": search.interval_s / 3600,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
