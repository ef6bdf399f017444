"""What a plan tells besides its numbers: which target binds where, and what textbook formulas would have said.

Decides how near a target is to being missed, and which formulas stand beside the plan. Leaves the plan to `plan.py`, the formulas
to `results/queueing_theory.py`.
"""

from __future__ import annotations

import math

import pandas as pd

from pbxsim.results import queueing_theory
from pbxsim.results.results import ALL_QUEUES
from pbxsim.scenario.distributions import Distribution, Exponential, Never
from pbxsim.staffing.plan import Plan
from pbxsim.staffing.sizes import MOST
from pbxsim.staffing.start import goal
from pbxsim.staffing.targets import SIGNS


def binding(plan: Plan) -> pd.DataFrame:
    """Every target of every queue, group and interval in which somebody called, the one that binds most first.

    Columns: interval (NaT over the day), queue (0 of all together), group (its name, empty for a queue), target, value (as unseen
    callers met it), asked, margin (how far it is from being missed, as a share of what is asked; below 0 it is missed), met.
    """
    kept = plan.kept[plan.kept["offered"] > 0]
    goals = {(one.queue, one.group): one.goals for one in plan.targets.rows(queues_of(plan))}
    whole = plan.targets.per == "day"
    rows: dict[tuple[object, int, str, str], tuple[float, float]] = {}
    for row in kept.to_dict("records"):
        own = (int(row["queue"]), str(row["group"]))
        for name in SIGNS:
            of_all = name == "occupancy"
            least = plan.targets.occupancy if of_all else getattr(goals[own], name)
            value = float(row[name])
            if least is not None and not math.isnan(value):
                place = (ALL_QUEUES, "") if of_all else own
                rows[(pd.NaT if whole else row["interval"], *place, name)] = (value, float(least))
    made = []
    for (interval, queue, group, name), (value, least) in rows.items():
        margin = margin_of(name, value, least)
        made.append((interval, queue, group, name, value, least, margin, margin >= 0))
    columns = ["interval", "queue", "group", "target", "value", "asked", "margin", "met"]
    table = pd.DataFrame(made, columns=columns)
    return table.sort_values("margin", kind="stable").reset_index(drop=True)


def margin_of(target: str, value: float, asked: float) -> float:
    """How far a target is from being missed, as a share of what is asked; below 0 it is missed.

    >>> margin_of("service_level", 0.76, 0.8) < 0 < margin_of("answer_speed_s", 15, 20)
    True
    """
    return SIGNS[target] * (value - asked) / (asked if asked > 0 else 1.0)


def formulas(plan: Plan) -> pd.DataFrame:
    """Members that Erlang C (nobody gives up) and Erlang A (exponential patience of the scenario's mean) say for each queue by
    itself in each interval, from calls and handling times of the check.

    Columns: interval, queue, calls (mean), handle_s, erlang_c, erlang_a; NaN where no number of members meets the targets by the
    formula. Each interval stands alone and in its steady state: what staffing is without a simulation.
    """
    scenario, check = plan.scenario, plan.check
    length_s = scenario.measure.interval_min * 60
    rows = []
    for queue in queues_of(plan):
        meets = goal(plan.targets.of_queue(queue), plan.targets.occupancy, scenario.measure.within_s)
        handle = check.figure("handle_s", queue).mean
        mean = scenario.patience.queues.get(queue, scenario.patience.default).mean
        patient = Exponential(mean=mean) if 0 < mean < math.inf else Never()
        day = check.day("offered", queue)
        for interval, calls in zip(day["interval"], day["mean"], strict=True):
            rate = 0.0 if math.isnan(calls) else float(calls) / length_s
            told = [_fewest(meets, rate, handle, patience) for patience in (Never(), patient)]
            rows.append((interval, queue, rate * length_s, handle, *told))
    return pd.DataFrame(rows, columns=["interval", "queue", "calls", "handle_s", "erlang_c", "erlang_a"])


def queues_of(plan: Plan) -> list[int]:
    """Queues that the plan is for."""
    return sorted({queue for team in plan.teams for queue in team.queues})


def _fewest(meets: object, rate: float, handle_s: float, patience: Distribution) -> float:
    if rate <= 0:
        return 0.0
    if not handle_s > 0:
        return math.nan
    try:
        return float(queueing_theory.fewest_agents(meets, rate, 1 / handle_s, patience, MOST))  # type: ignore[arg-type]
    except ValueError:
        return math.nan
