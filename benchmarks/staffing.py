"""Staffing plans of ten instances: cost, lower bound, gap, time, and what the plan keeps on days nobody planned for.

    python benchmarks/staffing.py                 all ten
    python benchmarks/staffing.py two-cheap ...   some of them
    python benchmarks/staffing.py contact-centre  22 queues of a large centre's size, besides
    python benchmarks/staffing.py --days 200      fewer unseen days than 1,000
    python benchmarks/staffing.py --processes 1   on one core: on a machine that does other work, processor seconds alone compare

Every line is a plan of `pbxsim.staff` with its default settings. Unseen days have another seed than the search; `least` is the
lowest service level of any queue and interval there (of any queue, where targets are over the day) as a mean over the days, and
`short` the share of queues and intervals below the target by more than half a point; `s` is wall clock, `cpu s` the
processor time of search and bound in all processes. Run it on a compiled copy (`make compiled`, then in `build/compiled`) for the
times of the documentation.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import numpy as np  # noqa: E402  # the project's folder is on the path only now

import pbxsim  # noqa: E402
from engine.loading.load import load  # noqa: E402
from engine.state.flow import Flow  # noqa: E402
from pbxsim.scenario.scenario import Scenario  # noqa: E402
from pbxsim.staffing.targets import Targets  # noqa: E402
from pbxsim.staffing.teams import teams_of  # noqa: E402

SHAPE = (0.5, 0.8, 1.0, 1.0, 0.9, 0.8, 0.8, 0.9, 0.9, 0.7, 0.5, 0.4)
"""Calls of each hour of a day of twelve, as a share of the busiest."""


@dataclasses.dataclass(frozen=True)
class Instance:
    """Queues as (calls an hour, talk in seconds), teams as (places of queues, cost of an hour), and the day."""

    queues: tuple[tuple[float, float], ...]
    teams: tuple[tuple[tuple[int, ...], float], ...]
    shape: tuple[float, ...] = (1.0,) * 12
    interval_min: int = 60
    start: str = "08:00"
    patience: float | None = 120
    per: str = "interval"
    shifts: tuple[float, ...] = ()
    level: float = 0.8

    def flow(self) -> Flow:
        """Two members of each team; the search makes more."""
        members = {t: [200 + 10 * t, 201 + 10 * t] for t in range(len(self.teams))}
        queue = {"kind": "queue", "strategy": "longest_idle", "wrap_up": 0, "max_wait": 0, "timeout": "hangup"}
        document = {
            "pbx": "bench",
            "zone": "UTC",
            "trunks": {
                f"t{q}": {"number": f"7495{q:07d}", "lines": "unlimited", "to": 5200 + q}
                for q in range(len(self.queues))
            },
            "elements": {
                5200 + q: {
                    **queue,
                    "members": [m for t, (of, _) in enumerate(self.teams) if q in of for m in members[t]],
                }
                for q in range(len(self.queues))
            },
            "users": {m: {"name": f"U{m}"} for group in members.values() for m in group},
        }
        return load(json.dumps(document), "bench")

    def scenario(self) -> Scenario:
        """The day."""
        hours = len(self.shape) * self.interval_min / 60
        patience = {"kind": "never"} if self.patience is None else {"kind": "exponential", "mean": self.patience}
        return Scenario.of(
            {
                "date": "2026-11-23",
                "start": self.start,
                "hours": hours,
                "arrivals": {
                    f"a{q}": {
                        "trunk": f"t{q}",
                        "every_min": self.interval_min,
                        "calls": [calls * share * self.interval_min / 60 for share in self.shape],
                    }
                    for q, (calls, _) in enumerate(self.queues)
                },
                "patience": {"default": patience},
                "talk": {
                    "default": {"kind": "exponential", "mean": 240},
                    "queues": {
                        5200 + q: {"kind": "exponential", "mean": talk} for q, (_, talk) in enumerate(self.queues)
                    },
                },
                "answering": {"default": {"delay": {"kind": "constant", "seconds": 0}}},
                "measure": {"within_s": 20, "short_s": 0, "interval_min": self.interval_min},
            },
            "bench",
        )


TWO = ((100.0, 240.0), (60.0, 300.0))
CHAIN = (((0,), 1.0), ((1,), 1.0), ((2,), 1.0), ((0, 1), 1.1), ((1, 2), 1.1), ((0, 2), 1.1))
SHAPE_48 = tuple(max(0.15, math.sin(math.pi * (i - 12) / 28)) if 12 <= i < 40 else 0.15 for i in range(48))


def _both(price: float) -> tuple[tuple[tuple[int, ...], float], ...]:
    return (((0,), 1.0), ((1,), 1.0), ((0, 1), price))


INSTANCES = {
    "one": Instance(((120, 180),), (((0,), 1.0),), SHAPE),
    "one-half-hours": Instance(((200, 180),), (((0,), 1.0),), (1.0,) * 12, 30),
    "one-never": Instance(((200, 180),), (((0,), 1.0),), (1.0,) * 12, 30, patience=None),
    "one-day-shifts": Instance(((60, 200),), (((0,), 1.0),), SHAPE, per="day", shifts=(8.0,)),
    "two-cheap": Instance(TWO, _both(0.9)),
    "two-equal": Instance(TWO, _both(1.0)),
    "two-expensive": Instance(TWO, _both(1.05)),
    "two-shifts": Instance(((80, 180), (50, 180)), _both(1.1), SHAPE_48, 30, "00:00", shifts=(4.0, 6.0, 8.0)),
    "three-chain": Instance(((60, 240), (40, 240), (30, 300)), CHAIN, SHAPE),
    "six": Instance(
        ((40, 240), (30, 240), (30, 300), (20, 180), (15, 240), (10, 300)),
        (((0, 1), 1.0), ((2, 3), 1.0), ((4, 5), 1.0), ((0, 1, 2, 3), 1.1), ((0, 1, 2, 3, 4, 5), 1.25)),
        SHAPE[:8],
    ),
}  # fmt: skip
"""The ten of the table."""

CENTRE = (
    330, 180, 165, 125, 110, 75, 60, 38, 34, 30, 26, 22, 18, 16, 14, 12, 10, 8, 6, 5, 4, 3,
)  # fmt: skip
"""Calls in the busiest hour of 22 queues: a centre of about 1,300 calls an hour, as the VANAD data are (`datasets`)."""

LARGE = Instance(
    tuple((float(calls), 250.0) for calls in CENTRE),
    (
        *(((q,), 1.0) for q in range(6)),
        *((tuple(range(q, min(22, q + 4))), 1.05) for q in range(0, 22, 4)),
        (tuple(range(6, 22)), 1.1),
    ),
    SHAPE,
    patience=600,
)


def main(arguments: list[str]) -> None:
    """Plan the instances named, or the ten."""
    parser = argparse.ArgumentParser(description="Staffing plans, their bounds and what they keep.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--reps", type=int, default=20)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(arguments)
    print("| instance | queues, teams, intervals | cost | bound | gap | pool | s | cpu s | least | short |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in chosen.names or INSTANCES:
        instance = LARGE if name == "contact-centre" else INSTANCES[name]
        print(line(name, instance, chosen.reps, chosen.days, chosen.processes), flush=True)


def line(name: str, instance: Instance, reps: int, days: int, processes: int) -> str:
    """One row of the table."""
    flow, scenario = instance.flow(), instance.scenario()
    prices = {tuple(5200 + q for q in of): cost for of, cost in instance.teams}
    teams = tuple(dataclasses.replace(team, cost=prices[team.queues]) for team in teams_of(flow))
    patterns = pbxsim.Patterns(lengths_h=instance.shifts) if instance.shifts else None
    targets = Targets.model_validate({"service_level": instance.level, "per": instance.per})
    began, before_s = time.perf_counter(), _processor_s()
    plan = pbxsim.staff(flow, scenario, targets, teams=teams, patterns=patterns, reps=reps, processes=processes)
    spent, busy_s = time.perf_counter() - began, _processor_s() - before_s
    unseen = pbxsim.simulate(plan.flow, plan.scenario.replace(seed=4711), days, processes=processes, keep_records=False)
    if instance.per == "day":
        levels = np.asarray([unseen.figure("service_level", 5200 + q).mean for q in range(len(instance.queues))])
    else:
        levels = np.concatenate([unseen.day("service_level", 5200 + q)["mean"] for q in range(len(instance.queues))])
    levels = levels[~np.isnan(levels)]
    paid = plan.shifts is not None
    cost = plan.shifts.cost if plan.shifts else plan.cost
    bound = plan.shifts.bound if plan.shifts else plan.bound
    sizes = f"{len(instance.queues)}, {len(teams)}, {len(instance.shape)}{', shifts' if paid else ''}"
    return (
        f"| {name} | {sizes}{', per day' if instance.per == 'day' else ''} | {cost:.1f} | {bound:.1f} | "
        f"{1 - bound / cost:.1%} | {plan.pool_cost:.1f} | {spent:.0f} | {busy_s:.0f} | {levels.min():.3f} | "
        f"{(levels < instance.level - 0.005).mean():.1%} |"
    )


def _processor_s() -> float:
    """Seconds of all processors, of this process and of those it started and that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    main(sys.argv[1:])
