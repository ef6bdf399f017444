"""What a plan tells besides its numbers: which target binds where, and what textbook formulas would have said.

Decides how near a target is to being missed, and which formulas stand beside the plan. Leaves the plan to `plan.py`, the formulas
to `results/queueing_theory.py`.
"""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from pbxsim.results import queueing_theory
from pbxsim.results.results import ALL_QUEUES
from pbxsim.scenario.distributions import Distribution, Exponential, Never
from pbxsim.staffing.plan import MOST, Plan
from pbxsim.staffing.start import goal

SIGNS: Final = {"service_level": 1, "abandoned_share": -1, "answer_speed_s": -1, "occupancy": -1}
"""Every target: 1 where more is better, -1 where less is."""


def binding(plan: Plan) -> pd.DataFrame:
    """Every target of every queue and interval in which somebody called, the one that binds most first.

    Columns: interval (NaT over the day), queue (0 of all together), target, value (as unseen callers met it), asked, margin
    (how far it is from being missed, as a share of what is asked; below 0 it is missed), met.
    """
    asked = {name: value for name in SIGNS if (value := getattr(plan.targets, name)) is not None}
    kept = plan.kept[plan.kept["offered"] > 0]
    whole = plan.targets.per == "day"
    rows: dict[tuple[object, int, str], tuple[float, float]] = {}
    for row in kept.to_dict("records"):
        for name, least in asked.items():
            queue = ALL_QUEUES if name == "occupancy" else int(row["queue"])
            value = float(row[name])
            if not math.isnan(value):
                rows[(pd.NaT if whole else row["interval"], queue, name)] = (value, float(least))
    made = []
    for (interval, queue, name), (value, least) in rows.items():
        margin = SIGNS[name] * (value - least) / (least if least > 0 else 1.0)
        made.append((interval, queue, name, value, least, margin, margin >= 0))
    columns = ["interval", "queue", "target", "value", "asked", "margin", "met"]
    table = pd.DataFrame(made, columns=columns)
    return table.sort_values("margin", kind="stable").reset_index(drop=True)


def formulas(plan: Plan) -> pd.DataFrame:
    """Members that Erlang C (nobody gives up) and Erlang A (exponential patience of the scenario's mean) say for each queue by
    itself in each interval, from calls and handling times of the check.

    Columns: interval, queue, calls (mean), handle_s, erlang_c, erlang_a; NaN where no number of members meets the targets by the
    formula. Each interval stands alone and in its steady state: what staffing is without a simulation.
    """
    scenario, check = plan.scenario, plan.check
    meets = goal(plan.targets, scenario.measure.within_s)
    length_s = scenario.measure.interval_min * 60
    rows = []
    for queue in dict.fromkeys(plan.kept["queue"].tolist()):
        handle = check.figure("handle_s", queue).mean
        mean = scenario.patience.queues.get(queue, scenario.patience.default).mean
        patient = Exponential(mean=mean) if 0 < mean < math.inf else Never()
        day = check.day("offered", queue)
        for interval, calls in zip(day["interval"], day["mean"], strict=True):
            rate = 0.0 if math.isnan(calls) else float(calls) / length_s
            told = [_fewest(meets, rate, handle, patience) for patience in (Never(), patient)]
            rows.append((interval, queue, rate * length_s, handle, *told))
    return pd.DataFrame(rows, columns=["interval", "queue", "calls", "handle_s", "erlang_c", "erlang_a"])


def _fewest(meets: object, rate: float, handle_s: float, patience: Distribution) -> float:
    if rate <= 0:
        return 0.0
    if not handle_s > 0:
        return math.nan
    try:
        return float(queueing_theory.fewest_agents(meets, rate, 1 / handle_s, patience, MOST))  # type: ignore[arg-type]
    except ValueError:
        return math.nan
