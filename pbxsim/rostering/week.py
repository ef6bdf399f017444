"""A week of shifts: what each day needs by simulation, who works when under their contracts, and what the week keeps.

Decides the two stages: `staff` finds the members each day needs for the targets, `roster_search.py` gives people shifts. The
roster then meets weeks nobody has planned for, in which people are ill and away from the queue as often as the workforce says;
the table of days tells what is kept. Leaves contracts to `contracts.py`, days of the week to `week_days.py`, weeks as they may
come to `unseen_weeks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from engine.state.flow import Flow
from pbxsim.results import html
from pbxsim.rostering import week_tables
from pbxsim.rostering.contracts import DAY_S, DAYS, Workforce, unserved, workers
from pbxsim.rostering.roster_search import Counts, RosterSearch
from pbxsim.rostering.unseen_weeks import met_by, planned
from pbxsim.rostering.week_days import days_of, without
from pbxsim.runs.bars import with_bar
from pbxsim.runs.job import Progress, Signal
from pbxsim.scenario.check import check, want_flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.plan import Plan, staff
from pbxsim.staffing.reach import OutOfReach
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, enlarge, teams_of

WEEKS: Final = 20
"""Unseen weeks that a roster meets."""


@dataclass
class WeekPlan:
    """A roster and what it keeps."""

    teams: tuple[Team, ...]
    targets: Targets
    roster: pd.DataFrame
    """One row a shift: user, name, team, contract, day (a date), weekday, from, to, break, break_min, paid_h."""
    hours: pd.DataFrame
    """One row a person: user, name, team, contract, shifts, paid_h, least_h, most_h."""
    required: pd.DataFrame
    """One row a day, interval and team: members needed on the queue, and planned before absence and adherence."""
    missing: pd.DataFrame
    """One row a stretch of time that lacks members: day, weekday, from, to, team, members, hours, helps, names."""
    kept: pd.DataFrame
    """One row a day and queue: calls, the figures of targets, and whether all were met, on weeks nobody has planned for."""
    binding: pd.DataFrame
    """Every target of every day, queue and interval in the same weeks, the one that binds most first: day, weekday, from (empty
    over the day), queue, group, target, value, asked, margin (share of what is asked; below 0 it is missed)."""
    paid_h: float
    cost: float
    gap: float
    """See `WeekRoster.gap`: no bound for all rosters."""
    met: bool
    """Whether every day met its targets."""
    flow: Flow
    """The flow with newcomers."""
    scenario: Scenario
    """The week with everybody's shifts, nobody ill; ready to be simulated."""
    days: tuple[Plan, ...]
    """What each open day needs, by itself."""
    first_stage_h: float
    """Members' hours that the days need on the queue."""

    def _repr_html_(self) -> str:
        said = [
            "every day keeps its targets in weeks nobody has planned for"
            if self.met
            else "targets are missed on some days, see `kept`",
            f"{len(self.roster)} shifts of {len(self.hours)} people, {self.paid_h:,.1f} paid hours, cost {self.cost:,.1f}",
        ]
        people = week_tables.grid(self.roster, self.hours, self.scenario.date).drop(columns=["contract", "days_off"])
        tables = [html.table(list(people.columns), _texts(people))]
        lacking = self.missing.drop(columns="day")
        if len(lacking):
            said.append("members are missing at times, see the second table")
            tables.append(html.table(list(lacking.columns), _texts(lacking)))
        groups = ["group"] if self.kept["group"].astype(bool).any() else []
        kept = self.kept[["weekday", "queue", *groups, "calls", "service_level", "met"]].astype({"met": object})
        kept["met"] = ["yes" if met else "no" for met in self.kept["met"]]
        tables.append(html.table(list(kept.columns), _texts(kept, shares=("service_level",))))
        return html.block("A week of shifts", said, tables)


@with_bar("a week of shifts")
def week(
    flow: Flow,
    scenario: Scenario,
    workforce: Workforce,
    targets: Targets | None = None,
    *,
    teams: Sequence[Team] | None = None,
    reps: int = 20,
    weeks: int = WEEKS,
    processes: int | None = None,
    progress: Progress | None = None,
    cancel: Signal | None = None,
) -> WeekPlan:
    """Shifts of a week for these people, so that the days of the scenario keep the targets.

    The scenario is one day, which is repeated from Monday to Sunday of its week, times `workforce.load`, or seven days from a
    midnight on (168 hours). Raises ContractsDoNotFit where a contract cannot be kept, ValueError where targets are out of
    reach or a person is at fault, ScenarioError, `Cancelled`.
    """
    targets = targets or Targets()
    want_flow(flow, scenario)
    check(scenario, flow)
    small = tuple(teams) if teams is not None else teams_of(flow)
    named = {person.user if person.user is not None else person.like for person in workforce.people}
    there = tuple(team for team in small if named & set(team.members))
    whole, days = days_of(without(scenario, [team for team in small if team not in there]), workforce)
    targets.check(sorted({queue for team in small for queue in team.queues}))
    for queue in unserved(workforce, small):
        raise ValueError(f"people: nobody of them serves queue {queue}")
    newcomers = np.zeros(len(small), dtype=np.int64)
    for person in workforce.people:
        if person.like is not None:
            newcomers += [person.count * (person.like in team.members) for team in small]
    large, chosen = enlarge(flow, small, newcomers + [len(team.members) for team in small])
    people = workers(workforce, flow, chosen, [(whole.date.weekday() + d) % DAYS for d in range(DAYS)])
    interval_s = scenario.measure.interval_min * 60
    required: Counts = np.zeros((len(chosen), DAYS * DAY_S // interval_s), dtype=np.int64)
    plans = []
    for n, (day, one) in enumerate(days):
        try:
            plan = staff(
                flow,
                one,
                targets,
                reps=reps,
                prove=False,
                processes=processes,
                progress=_within(progress, 90 * n / len(days), 90 / len(days)),
                cancel=cancel,
            )
        except OutOfReach as error:
            raise error.on(one.date) from None
        plans.append(plan)
        first = day * DAY_S // interval_s + one.start // interval_s
        for team in plan.teams:
            t = [one.name for one in chosen].index(team.name)
            needed = plan.required.loc[plan.required["team"] == team.name, "members"].to_numpy()
            places = (first + np.arange(len(needed))) % required.shape[1]
            required[t, places] = np.maximum(required[t, places], needed)
    search = RosterSearch(required, chosen, people, workforce, interval_s, whole.date.weekday())
    found = search.find()
    needed_at = np.asarray((required > 0).any(axis=0))
    kept, binding = met_by(
        large, whole, chosen, targets, workforce, found, needed_at, weeks, cancel, _within(progress, 90, 10)
    )
    if progress is not None:
        progress(100, 100)
    return WeekPlan(
        chosen,
        targets,
        week_tables.roster_table(whole, chosen, found),
        week_tables.hours_table(chosen, search, found),
        week_tables.required_table(whole, chosen, required, found.planned, interval_s),
        week_tables.missing_table(whole, chosen, found.missing),
        kept,
        binding,
        sum(duty.shift.paid_h for duty in found.duties),
        found.cost,
        found.gap,
        bool(kept["met"].all()),
        large,
        planned(whole, chosen, found.duties),
        tuple(plans),
        float(required.sum()) * interval_s / 3600,
    )


def _within(progress: Progress | None, from_percent: float, percent: float) -> Progress | None:
    if progress is None:
        return None
    return lambda done, whole: progress(from_percent + percent * done / whole, 100)


def _texts(table: pd.DataFrame, shares: Sequence[str] = ()) -> list[list[str]]:
    """Its cells for people, `shares` in percent."""
    units = {name: "share" if name in shares else "" for name in table}
    return [
        [
            html.shown(cell, units[name]) if isinstance(cell, float) else str(cell)
            for name, cell in zip(table.columns, row, strict=True)
        ]
        for row in table.itertuples(index=False)
    ]
