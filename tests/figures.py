"""Figures of simulated days, all their digits: `python -m tests.figures [all]` prints them as JSON, after the file that ran.

Run compiled and interpreted, the outputs are compared by `tests/run/test_compiled.py` and `tests/nightly/test_compiled.py`.
"""

from __future__ import annotations

import json
import sys

from engine.state import timers
from engine.state.flow import Flow
from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario
from tests.pbxsim.worlds import example, exponential, one_queue, steady

STRATEGIES = (
    "ring_all",
    "linear",
    "round_robin",
    "fewest_calls",
    "least_talk",
    "random",
    "weighted_random",
    "progressive",
)


def busy_queue() -> tuple[Flow, Scenario]:
    """Callers who give up and call again, members who miss calls and clear up afterwards."""
    answering = {"default": {"delay": {"kind": "lognormal", "mean": 6, "scv": 0.5}, "no_answer": 0.1}}
    redial = {"after_abandon": {"share": 0.5, "delay": exponential(300)}, "most": 3}
    day = steady(130, 4, exponential(120), exponential(90), answering=answering, redial=redial)
    return one_queue(5, wrap_up=7, ring=9, max_wait=60), day


def queue_with(strategy: str) -> tuple[Flow, Scenario]:
    """A queue that rings by one strategy."""
    answering = {"default": {"delay": {"kind": "lognormal", "mean": 5, "scv": 0.5}, "no_answer": 0.1, "reject": 0.05}}
    day = steady(100, 2, exponential(150), exponential(60), answering=answering)
    return one_queue(6, wrap_up=5, ring=8, max_wait=50, strategy=strategy), day


def figures(every_strategy: bool) -> list[object]:
    """The samples of each case, and the tables of one day of it."""
    cases = [example(), busy_queue()]
    if every_strategy:
        cases += [queue_with(strategy) for strategy in STRATEGIES]
    found: list[object] = []
    for flow, scenario in cases:
        samples = simulate(flow, scenario, 2, processes=1, keep_records=False).samples
        found.append([[s.replication, s.cells, s.calls, s.times, s.started] for s in samples])
        records = simulate(flow, scenario, 1, processes=1)
        found.append([records.calls.to_csv(), records.legs.to_csv(), records.members.to_csv()])
    return found


if __name__ == "__main__":
    print(timers.__file__)
    print(json.dumps(figures("all" in sys.argv)))
