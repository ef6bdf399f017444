"""A search for a week of shifts as it travels to a process of its own and back: what is asked, and what the page shows.

Leaves the search to `pbxsim.rostering.week`, as `pbx staff --week` does. Imports no part of the web application, so that the
process starts quickly.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.loading.compile import compile
from engine.state.flow import Document
from pbxsim.rostering.contracts import Workforce
from pbxsim.rostering.week import week
from pbxsim.rostering.week_days import rostered_days
from pbxsim.rostering.week_tables import grid
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing import handover
from pbxsim.staffing.handover import Newcomer
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, priced, teams_of
from pbxsim.workbench.loadtest.tasks import Tell


@dataclass(frozen=True)
class WeekOrder:
    """What a week is wanted for."""

    document: Document
    scenario: Scenario
    targets: Targets
    costs: Mapping[str, float]
    """Cost of an hour by the name of a team."""
    workforce: Workforce
    days: int
    """Simulated days of the search for each day of the week."""
    processes: int


@dataclass(frozen=True)
class WeekFound:
    """A week as the page shows it; tables are those of `WeekPlan`."""

    teams: tuple[Team, ...]
    targets: Targets
    workforce: Workforce
    queue_names: Mapping[int, str]
    roster: pd.DataFrame
    hours: pd.DataFrame
    grid: pd.DataFrame
    """People by days, see `week_tables.grid`."""
    required: pd.DataFrame
    missing: pd.DataFrame
    kept: pd.DataFrame
    binding: pd.DataFrame
    paid_h: float
    required_h: float
    cost: float
    gap: float
    met: bool
    first: datetime.date
    """The first day of the week."""
    interval_min: int
    within_s: float
    scenarios: Mapping[str, Scenario]
    """The days by `mon` to `sun`, with whoever works on them; they run on the PBX as it is, or with the newcomers."""
    newcomers: tuple[Newcomer, ...]


def work(order: WeekOrder, tell: Tell) -> WeekFound:
    """Search here. Raises ContractsDoNotFit, ValueError where targets are out of reach or people at fault, ScenarioError."""
    flow = compile(order.document)
    teams = priced(teams_of(flow), order.costs)
    plan = week(
        flow,
        order.scenario,
        order.workforce,
        order.targets,
        teams=teams,
        reps=order.days,
        processes=order.processes,
        progress=lambda done, whole: tell(done / whole, ""),
    )
    scenario = handover.scenario_for(plan, flow)
    return WeekFound(
        teams=plan.teams,
        targets=plan.targets,
        workforce=order.workforce,
        queue_names={number: element.name for number, element in flow.elements.items() if element.is_queue},
        roster=plan.roster,
        hours=plan.hours,
        grid=grid(plan.roster, plan.hours, plan.scenario.date),
        required=plan.required,
        missing=plan.missing,
        kept=plan.kept,
        binding=plan.binding,
        paid_h=plan.paid_h,
        required_h=plan.first_stage_h,
        cost=plan.cost,
        gap=plan.gap,
        met=plan.met,
        first=plan.scenario.date,
        interval_min=plan.scenario.measure.interval_min,
        within_s=plan.scenario.measure.within_s,
        scenarios=rostered_days(scenario),
        newcomers=handover.newcomers(plan, flow),
    )
