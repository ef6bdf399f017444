"""A search for a plan as it travels to a process of its own and back: what is asked, and what the page shows.

Leaves the search to `pbxsim.staffing`, processes to `workbench/loadtest/tasks.py`. Imports no part of the web application, so
that the process starts quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from engine.loading.compile import compile
from engine.state.flow import Document
from pbxsim.results.results import Results
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing import handover, price, reading
from pbxsim.staffing.handover import Newcomer
from pbxsim.staffing.plan import staff
from pbxsim.staffing.shifts import Patterns
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, priced, teams_of
from pbxsim.workbench.loadtest.tasks import Tell

PRICE_DAYS: Final = 20
"""Days with one member more, for what one point more of a target costs."""


@dataclass(frozen=True)
class Order:
    """What a plan is wanted for."""

    document: Document
    scenario: Scenario
    targets: Targets
    costs: Mapping[str, float]
    """Cost of an hour by the name of a team."""
    patterns: Patterns | None
    shrinkage: float
    days: int
    """Days of the search; the check has four times as many that it has not seen."""
    prove: bool
    processes: int


@dataclass(frozen=True)
class Found:
    """A plan as the page shows it."""

    teams: tuple[Team, ...]
    targets: Targets
    required: pd.DataFrame
    kept: pd.DataFrame
    binding: pd.DataFrame
    """See `staffing/price.py`."""
    formulas: pd.DataFrame
    member_hours: float
    cost: float
    bound: float
    pool_cost: float
    shifts: pd.DataFrame | None
    paid_h: float
    shifts_cost: float
    shifts_bound: float
    staffed: pd.DataFrame | None
    """Members that the shifts have at work, mean by interval, of all teams; None without shifts."""
    scenario: Scenario
    """With the plan's shifts; runs on the PBX as it is, or with the newcomers."""
    newcomers: tuple[Newcomer, ...]
    check: Results
    met: bool
    notes: tuple[str, ...]
    simulated_calls: int
    elapsed_s: float


def work(order: Order, tell: Tell) -> Found:
    """Search here. Raises ValueError where targets are out of reach, ScenarioError."""
    flow = compile(order.document)
    teams = priced(teams_of(flow), order.costs)
    plan = staff(
        flow,
        order.scenario,
        order.targets,
        teams=teams,
        patterns=order.patterns,
        shrinkage=order.shrinkage,
        reps=order.days,
        prove=order.prove,
        processes=order.processes,
        progress=lambda done, whole: tell(done / whole, ""),
    )
    shifts, staffed = plan.shifts, None
    if shifts is not None:
        length_s = order.scenario.measure.interval_min * 60
        intervals = plan.required["interval"].drop_duplicates()
        there = shifts.staffed_s(len(intervals), length_s) / length_s
        staffed = pd.DataFrame({"interval": intervals.to_numpy(), "members": there})
        staffed["interval"] = intervals.reset_index(drop=True)
    return Found(
        teams=plan.teams,
        targets=plan.targets,
        required=plan.required,
        kept=plan.kept,
        binding=price.prices(plan, PRICE_DAYS, order.processes),
        formulas=reading.formulas(plan),
        member_hours=plan.member_hours,
        cost=plan.cost,
        bound=plan.bound,
        pool_cost=plan.pool_cost,
        shifts=None if shifts is None else shifts.table(plan.scenario, plan.teams),
        paid_h=0.0 if shifts is None else shifts.paid_h,
        shifts_cost=0.0 if shifts is None else shifts.cost,
        shifts_bound=0.0 if shifts is None else shifts.bound,
        staffed=staffed,
        scenario=handover.scenario_for(plan, flow),
        newcomers=handover.newcomers(plan, flow),
        check=plan.check,
        met=plan.met,
        notes=plan.notes,
        simulated_calls=plan.simulated_calls,
        elapsed_s=plan.elapsed_s,
    )
