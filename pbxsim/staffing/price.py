"""What one point more of each target of a plan would cost: which of them are expensive, and who would help.

Decides what a point is (one per cent of a share, one second of the speed of answer) and where its price comes from: one member
more of each team in each interval is simulated on the same callers (`response.py`), and the cheapest of them per point gained is
the price. It is a price at the margin: the second point costs more than the first. Leaves how near a target is to being missed to
`reading.py`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from pbxsim.runs.workers import Workers
from pbxsim.staffing.plan import Plan
from pbxsim.staffing.reading import binding
from pbxsim.staffing.response import Response
from pbxsim.staffing.search import Counts, Floats, Search
from pbxsim.staffing.shifts import presence
from pbxsim.staffing.targets import OF_CALLS

POINT = 0.01
"""One point of a share."""


def prices(plan: Plan, days: int = 20, processes: int = 1) -> pd.DataFrame:
    """The table of `reading.binding`, the target that binds most first, with what one point more there costs: `price`, in the
    unit of the teams' costs, and `team`, whose member would bring it. NaN and empty where no member more brings anything."""
    table = binding(plan)
    counts = _at_work(plan)
    interval_s = plan.scenario.measure.interval_min * 60
    with Workers(plan.flow, plan.scenario, processes) as workers:
        search = Search(
            workers, plan.scenario, plan.teams, plan.targets, days, [len(team.members) for team in plan.teams]
        )
        room = np.asarray([[len(team.members)] for team in plan.teams]) - 1
        response = Response(search, np.minimum(counts, room), less=False)
    gains = response.gains()
    hour_costs = np.asarray([team.cost for team in plan.teams]) * interval_s / 3600
    names = [name for name in OF_CALLS if not np.isnan(search.asked[name]).all()]
    names += ["occupancy"] if plan.targets.occupancy is not None else []
    starts = list(plan.kept["interval"].unique())
    rows = {(row.queue, row.group): r for r, row in enumerate(search.rows)}
    told = []
    for row in table.itertuples(index=False):
        r = 0 if row.target == "occupancy" else rows[(row.queue, row.group)]
        i = 0 if pd.isna(row.interval) else starts.index(row.interval)
        gain = gains[names.index(row.target), r, i]
        unit = 1.0 / max(1.0, float(row.asked)) if row.target == "answer_speed_s" else POINT
        told.append(_cheapest(gain, hour_costs, unit))
    table["price"] = [price for price, _ in told]
    table["team"] = ["" if t < 0 else plan.teams[t].name for _, t in told]
    return table


def _cheapest(gain: Floats, costs: Floats, unit: float) -> tuple[float, int]:
    """Price of a unit, and the team that asks it; `gain` is by choice of an interval and team."""
    with np.errstate(divide="ignore"):
        price = np.where(gain > 0, costs * unit / np.where(gain > 0, gain, 1.0), math.inf)
    best = int(price.argmin())
    least = float(price.flat[best])
    return (least, best % price.shape[1]) if math.isfinite(least) else (math.nan, -1)


def _at_work(plan: Plan) -> Counts:
    """Members at work by team and interval, rounded where shifts begin or rest within one."""
    intervals = int(plan.required["interval"].nunique())
    if plan.shifts is None:
        rows = [plan.required.loc[plan.required["team"] == team.name, "members"] for team in plan.teams]
        return np.asarray(rows, dtype=np.int64)
    there = np.zeros((len(plan.teams), intervals))
    for shift in plan.shifts.shifts:
        there[shift.team] += shift.heads * presence(shift, intervals, plan.scenario.measure.interval_min * 60)
    return np.rint(there * (1 - plan.shifts.shrinkage)).astype(np.int64)
