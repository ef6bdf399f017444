"""How many members, when: staffing by simulation of the real flow, then shifts that cover it.

Decides what is asked for, the order of the search and what a plan must prove. Theory gives the start: the load each queue would
carry if everybody were answered (a run with members to spare), spread over time by offered load, and per interval the fewest
agents of M/M/n+G. Simulation corrects it (iterative staffing): members are added where a target is missed, then saved again
wherever the targets still hold, teams and queues together, all on the same callers (common random numbers). Shifts with breaks
then cover the requirement at least cost (set covering, HiGHS through scipy). The plan meets callers the search has not seen;
where it misses a target it is mended, and meets others, until it keeps them all.

Sources: Feldman, Mandelbaum, Massey and Whitt (2008), iterative staffing; Atlason, Epelman and Henderson (2008),
simulation cuts; Cezik and L'Ecuyer (2008), local search over several skills. Leaves moves to `descent.py`, runs to
`runs/workers.py`, formulas to `results/queueing_theory.py`, and the making of plans into flows and scenarios to `teams.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from engine.state.flow import Flow
from pbxsim.results import frames, html
from pbxsim.results.results import Results
from pbxsim.runs.bars import with_bar
from pbxsim.runs.job import Progress, Signal
from pbxsim.runs.workers import Workers
from pbxsim.scenario.check import check, want_flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.bound import bounds
from pbxsim.staffing.days import enough_days
from pbxsim.staffing.descent import CENTRES, MANY_TEAMS, Descent
from pbxsim.staffing.parts import Part, parts
from pbxsim.staffing.reach import must_be_in_reach, spare
from pbxsim.staffing.search import SURE, Counts, Floats, Search
from pbxsim.staffing.shift_search import Heads, ShiftSearch
from pbxsim.staffing.shifts import Patterns, ShiftPlan, cover
from pbxsim.staffing.sizes import MOST, sizes
from pbxsim.staffing.start import Theory
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, enlarge, scenario_of, teams_of

CHECKS: Final = 8
"""Times a plan may meet unseen callers and be mended."""

CHECK_FACTOR: Final = 4
"""Days of a check for each day of the search: what is proved should not hang on luck."""

FLEXIBLE: Final = (0.0, 0.25, 0.9)
"""Savings that members of several queues are thought to bring, one start of the search each."""

WORTH_WORKERS_CALLS: Final = 400.0
"""Calls of a day from which processes of their own pay."""


@dataclass
class Plan:
    """A staffing plan and how good it is."""

    teams: tuple[Team, ...]
    targets: Targets
    required: pd.DataFrame
    """One row per interval and team: members needed by simulation, and what theory alone said."""
    kept: pd.DataFrame
    """One row per interval and queue, or group of queues (`group` is its name, `queue` 0): the figures of
    targets with callers the search has not seen, and whether all were met."""
    cost: float
    """Cost of the requirement, before shifts: members' hours times their team's cost."""
    bound: float
    """No plan by the interval that keeps the targets costs less, to 99 % and under the assumptions of `bound.py`; 0 where
    nothing was shown."""
    pool_cost: float
    """What one pool of the cheapest members who serve every queue would cost by theory (M/M/n+G): a yardstick, no bound."""
    shifts: ShiftPlan | None
    flow: Flow
    """The flow with as many members in each team as the plan may use."""
    scenario: Scenario
    """The scenario with the plan's shifts; ready to be simulated."""
    check: Results
    """The plan simulated with callers the search has not seen."""
    met: bool
    """Whether the check meets every target, in every interval or over the day as asked."""
    simulated_calls: int = 0
    elapsed_s: float = 0.0
    notes: tuple[str, ...] = field(default=())

    @property
    def member_hours(self) -> float:
        """Hours of work the requirement asks for, before shifts."""
        return float((self.required["members"] * self.required["hours"]).sum())

    def _repr_html_(self) -> str:
        said = [
            "every target is met with callers the search has not seen"
            if self.met
            else "targets are missed, see `kept`",
            f"{self.member_hours:,.1f} member hours by interval, cost {self.cost:,.1f}"
            + (f"; no plan costs less than {self.bound:,.1f}" if self.bound else ""),
        ]
        needed = self.required.pivot(index="interval", columns="team", values="members")
        needed = needed[needed.sum(axis=1) > 0].astype(int)
        rows = [
            (f"{at:%H:%M}", *(str(count) for count in row))
            for at, row in zip(needed.index, needed.to_numpy(), strict=True)
        ]
        tables = [html.table(["from", *map(str, needed.columns)], rows)]
        if self.shifts is not None:
            said.append(f"{self.shifts.paid_h:,.1f} paid hours in shifts, cost {self.shifts.cost:,.1f}")
            planned = self.shifts.table(self.scenario, self.teams)
            shown = [
                (team, begin, end, f"{rest}, {minutes} min" if minutes else "–", str(heads))
                for team, begin, end, rest, minutes, heads, _ in planned.itertuples(index=False)
            ]
            tables.append(html.table(["team", "from", "to", "break", "heads"], shown))
        return html.block("Members needed", [*said, *self.notes], tables)

    @property
    def gap(self) -> float:
        """Cost above the bound, as a share of the cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost else 0.0


@with_bar("staffing")
def staff(
    flow: Flow,
    scenario: Scenario,
    targets: Targets | None = None,
    *,
    teams: Sequence[Team] | None = None,
    patterns: Patterns | None = None,
    shrinkage: float = 0.0,
    reps: int = 20,
    prove: bool = True,
    processes: int | None = None,
    progress: Progress | None = None,
    cancel: Signal | None = None,
) -> Plan:
    """The fewest members, by interval and team, whose day meets the targets; with `patterns`, also shifts that
    cover them.

    `teams` default to the groups of users who serve the same queues. `shrinkage` is the share of paid time not on
    the queue; shifts are planned for so many more. The flow's own members are used first and more are made alike.
    The scenario's shifts of team members are replaced. `reps` are the days of the search; where calls are few it takes more
    (`days.py`). `prove` also shows what no plan costs less than, which takes about as
    long as the search; without it the bound is 0. `processes` None takes all cores where that pays. Raises ValueError
    when the targets are out of reach or the numbers impossible, ScenarioError where the scenario does not fit the flow,
    `Cancelled` when report to stop.
    """
    targets = targets or Targets()
    want_flow(flow, scenario)
    for given, kind, example in ((targets, Targets, "service_level=0.8"), (patterns, Patterns, "lengths_h=(4, 8)")):
        if given is not None and not isinstance(given, kind):
            raise TypeError(f"pbxsim.{kind.__name__}({example}) is wanted here and not {given!r}")
    if not 0 <= shrinkage < 1:
        raise ValueError("shrinkage is a share of paid time, 0 or more and less than 1")
    if scenario.hours > 24:
        raise ValueError("staffing plans one day: the scenario has more than 24 hours")
    check(scenario, flow)
    began = time.perf_counter()
    chosen = tuple(teams) if teams is not None else teams_of(flow)
    if not chosen:
        raise ValueError("the flow has no queue with members; there is nobody to plan")
    targets.check(sorted({queue for team in chosen for queue in team.queues}))
    report = _steps(progress)
    most = sizes(flow, scenario, chosen, targets, cancel)
    large, chosen = enlarge(flow, chosen, np.minimum(MOST, 3 * most) if patterns is not None else most)
    with Workers(large, scenario, processes or _worth(scenario), cancel) as workers:
        search = Search(workers, scenario, chosen, targets, reps, most)
        report(0.02)
        offered = must_be_in_reach(search)
        search.reps = enough_days(offered, reps)
        spare(search)
        theory = Theory(search)
        report(0.1)
        apart = parts(flow, large, scenario, chosen, targets)
        # A plan that is only a centre for shifts exchanges nobody: the shifts are chosen among all teams anyway.
        centres = 0 if patterns is not None else CENTRES if len(chosen) < MANY_TEAMS else 1
        found = []
        known = search.reps
        for n, part in enumerate(apart):
            days = enough_days(offered[search.places(part.queues)], reps)
            known = max(known, days)
            asked = _Asked(part, patterns, shrinkage, days, most[list(part.places)], centres, workers.processes, cancel)

            def further(share: float, n: int = n) -> None:
                report(0.1 + 0.7 * (n + share) / len(apart))

            found.append(_searched(asked, theory, further) if len(apart) == 1 else _found(asked, further))
        counts = np.zeros((len(chosen), search.intervals), dtype=np.int64)
        among = None if patterns is None else ShiftSearch(search, patterns, shrinkage)
        heads = None if among is None else np.zeros(len(among.shifts), dtype=np.int64)
        for one in found:
            counts[list(one.part.places)] = one.counts
            if among is not None and heads is not None and one.heads is not None:
                heads[np.isin(among.team, one.part.places)] = one.heads
        if among is not None and len(apart) == 1:
            among = found[0].among
        proof = _prove(search, counts, among, heads, known, lambda share: report(0.8 + 0.2 * share))
        notes: list[str] = []
        below, in_shifts, more = 0.0, 0.0, 0
        if prove:
            below, in_shifts, more = _bounds(flow, scenario, theory, among, workers.processes, cancel, notes)
        search.calls += more + sum(one.calls for one in found)
        if not proof.met:
            short = int((proof.missed > 0).any(axis=0).sum())
            notes.append(f"{short} intervals stay short of a target with callers the search has not seen")
        report(1.0)
        cheapest = min(team.cost for team in chosen)
        return Plan(
            teams=chosen,
            targets=targets,
            required=_table(search, proof.counts, theory.specialists()),
            kept=_kept(search, proof),
            cost=search.cost(proof.counts),
            bound=min(below, search.cost(proof.counts)),
            pool_cost=cheapest * float(theory.pooled().sum()) * search.interval_s / 3600,
            shifts=None
            if proof.plan is None
            else replace(proof.plan, bound=min(max(below, in_shifts), proof.plan.cost)),
            flow=large,
            scenario=proof.scenario,
            check=proof.check,
            met=proof.met,
            simulated_calls=search.calls,
            elapsed_s=time.perf_counter() - began,
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class _Asked:
    """What is searched for in a part of the centre, and with how many members, days and processes."""

    part: Part
    patterns: Patterns | None
    shrinkage: float
    reps: int
    most: Counts
    centres: int
    """See `Descent.best_of`."""
    processes: int
    cancel: Signal | None


@dataclass(frozen=True)
class _Found:
    """Members by the interval, and shifts, that keep the targets of a part on the callers of the search."""

    part: Part
    counts: Counts
    among: ShiftSearch | None
    heads: Heads | None
    calls: int = 0
    """Simulated besides those of the search of the whole."""


def _found(asked: _Asked, report: Callable[[float], None]) -> _Found:
    """The search in a part, on calls of its own."""
    part = asked.part
    with Workers(part.flow, part.scenario, asked.processes, asked.cancel) as workers:
        search = Search(workers, part.scenario, part.teams, part.targets, asked.reps, asked.most)
        spare(search)
        found = _searched(asked, Theory(search), report)
        return replace(found, calls=search.calls)


def _searched(asked: _Asked, theory: Theory, report: Callable[[float], None]) -> _Found:
    search, patterns, teams = theory.search, asked.patterns, asked.part.teams
    starts = [theory.specialists()]
    if len(teams) > 1:
        starts += [theory.mixed(flexible) for flexible in FLEXIBLE]
    part = 1.0 if patterns is None else 0.7
    counts = Descent(search).best_of(starts, lambda share: report(part * share), centres=asked.centres)
    among = heads = None
    if patterns is not None:
        covering = cover(counts, teams, patterns, search.interval_s, asked.shrinkage)
        among = ShiftSearch(search, patterns, asked.shrinkage)
        heads = among.improve(counts, among.heads_of(covering), lambda share: report(0.7 + 0.3 * share))
    return _Found(asked.part, counts, among, heads)


def _bounds(
    flow: Flow,
    scenario: Scenario,
    theory: Theory,
    among: ShiftSearch | None,
    processes: int,
    cancel: Signal | None,
    notes: list[str],
) -> tuple[float, float, int]:
    try:
        return bounds(flow, scenario, theory, among, processes, cancel)
    except ValueError as error:  # more users than there are internal numbers
        notes.append(f"no lower bound was shown: {error}")
        return 0.0, 0.0, 0


def _steps(progress: Progress | None) -> Callable[[float], None]:
    def report(share: float) -> None:
        if progress is not None:
            progress(100 * share, 100)

    return report


def _expected_calls(scenario: Scenario) -> float:
    total = 0.0
    for source in scenario.arrivals.values():
        if source.recorded is not None:
            total += len(source.recorded.at_s)
        else:
            total += source.per_hour * scenario.hours if source.per_hour is not None else sum(source.calls)
    return total


def _worth(scenario: Scenario) -> int:
    return os.cpu_count() or 1 if _expected_calls(scenario) >= WORTH_WORKERS_CALLS else 1


# --- proof -----------------------------------------------------------------------------------------------------------


@dataclass
class _Proof:
    """A plan as it met unseen callers."""

    counts: Counts
    plan: ShiftPlan | None
    scenario: Scenario
    check: Results
    staffed_s: Floats
    missed: Floats

    @property
    def met(self) -> bool:
        return not self.missed.any()


def _prove(
    search: Search,
    counts: Counts,
    among: ShiftSearch | None,
    heads: Heads | None,
    first: int,
    report: Callable[[float], None],
) -> _Proof:
    """Let the plan meet callers nobody has planned for, mend it where it misses a target or barely keeps it, and let it meet
    others; the last of these checks is the proof, and no caller of it was known to the plan. Nobody has planned for the days from
    the `first` on."""
    wanted = counts.copy()
    for attempt in range(CHECKS):
        plan = None
        if among is None or heads is None:
            scenario = scenario_of(search.scenario, search.teams, wanted, search.interval_s)
            staffed_s = search.staffed_s(wanted)
        else:
            plan = among.plan_of(heads)
            scenario = plan.scenario(search.scenario, search.teams)
            staffed_s = plan.staffed_s(search.intervals, search.interval_s)
        check = search.run_scenario(scenario, first, CHECK_FACTOR * search.reps)
        first += CHECK_FACTOR * search.reps
        proof = _Proof(wanted.copy(), plan, scenario, check, staffed_s, search.shortfall(check, staffed_s, sure=0.0))
        report((attempt + 1) / CHECKS)
        if proof.met:
            break
        if among is None or heads is None:
            search.more(wanted, search.shortfall(check, staffed_s, SURE))
        else:
            heads = among.mend(heads, check, staffed_s, attempt)
    return proof


def _kept(search: Search, proof: _Proof) -> pd.DataFrame:
    """The check by interval and queue."""
    figures = search.figures(proof.check, proof.staffed_s)
    begin = search.scenario.begin(search.workers.flow)
    starts = [begin + i * search.interval_s * 1_000_000 for i in range(search.intervals)]
    parts = []
    for r, row in enumerate(search.rows):
        columns = {name: figures[name][0][r] for name in figures}
        table = pd.DataFrame(
            {
                "interval": frames.instants(starts, search.scenario.zone_of(search.workers.flow)),
                "queue": row.queue,
                "group": row.group,
                **columns,
            }
        )
        parts.append(table.assign(met=proof.missed[r] == 0))
    return pd.concat(parts, ignore_index=True)


def _table(search: Search, counts: Counts, start: Counts) -> pd.DataFrame:
    flow = search.workers.flow
    begin = search.scenario.begin(flow)
    starts = [begin + i * search.interval_s * 1_000_000 for i in range(search.intervals)]
    parts = []
    for t, team in enumerate(search.teams):
        parts.append(
            pd.DataFrame(
                {
                    "interval": frames.instants(starts, search.scenario.zone_of(flow)),
                    "team": team.name,
                    "members": counts[t],
                    "by_theory": start[t],
                    "hours": search.interval_s / 3600,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
