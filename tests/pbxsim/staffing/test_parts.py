"""Parts of a centre that are planned by themselves, and teams that are sized by their own queues."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.parts import parts
from pbxsim.staffing.plan import staff
from pbxsim.staffing.sizes import sizes, whole_centre
from pbxsim.staffing.targets import GroupGoals, Targets
from pbxsim.staffing.teams import enlarge, teams_of
from tests.pbxsim.worlds import exponential, steady

CALLS = {5200: 60.0, 5201: 20.0, 5202: 12.0}
"""Calls an hour: the first two share members, the third has its own."""


def flow(**of_first: Any) -> Flow:
    members = {5200: [200, 201, 220, 221], 5201: [210, 211, 220, 221], 5202: [230, 231]}
    queue = {"kind": "queue", "wrap_up": 0, "max_wait": 300, "timeout": "hangup"}
    document = {
        "pbx": "parts",
        "zone": "UTC",
        "trunks": {f"t{n}": {"number": f"7495{n:07d}", "lines": "unlimited", "to": n} for n in CALLS},
        "elements": {n: {**queue, "members": of, **(of_first if n == 5200 else {})} for n, of in members.items()},
        "users": {m: {"name": f"U{m}"} for of in members.values() for m in of},
    }
    return load(json.dumps(document), "parts")


def day() -> Scenario:
    arrivals = {f"a{n}": {"trunk": f"t{n}", "per_hour": calls} for n, calls in CALLS.items()}
    scenario = steady(1, 2, exponential(180), exponential(120), start="08:00", arrivals=arrivals)
    return scenario.replace(measure={"interval_min": 60, "within_s": 20})


def queues_of(found: list[Any]) -> list[tuple[int, ...]]:
    return [tuple(sorted({queue for team in part.teams for queue in team.queues})) for part in found]


def of(pbx: Flow, targets: Targets) -> list[Any]:
    large, teams = enlarge(pbx, teams_of(pbx), 12)
    return parts(pbx, large, day(), teams, targets)


def test_queues_that_share_members_calls_or_a_target_are_one_part() -> None:
    assert queues_of(of(flow(), Targets())) == [(5200, 5201), (5202,)]
    assert queues_of(of(flow(timeout=5202), Targets())) == [(5200, 5201, 5202)]
    together = GroupGoals(name="both", queues=(5201, 5202), service_level=0.7)
    assert queues_of(of(flow(), Targets(groups=(together,)))) == [(5200, 5201, 5202)]
    assert queues_of(of(flow(), Targets(occupancy=0.8))) == [(5200, 5201, 5202)]


def test_a_part_has_its_own_calls_and_none_of_the_members_made_for_others() -> None:
    first, second = of(flow(), Targets())
    assert set(first.scenario.arrivals) == {"a5200", "a5201"} and set(second.scenario.arrivals) == {"a5202"}
    assert {230, 231} <= set(first.scenario.absent), "who the PBX has stays and is away"
    made = set(second.flow.head.users) - set(flow().head.users)
    assert made == set(second.teams[0].members) - {230, 231}
    results = simulate(second.flow, second.scenario, 3, processes=1, keep_records=False)
    assert results.figure("offered", 5202).mean > 0 and results.figure("answered", 5200).mean == 0


def test_teams_are_sized_by_the_calls_of_their_own_queues_with_members_to_spare() -> None:
    pbx = flow()
    teams = teams_of(pbx)
    found = sizes(pbx, day(), teams, Targets(), None)
    load = {team.name: sum(CALLS[queue] for queue in team.queues) * 180 / 3600 for team in teams}
    for team, size in zip(teams, found.tolist(), strict=True):
        assert load[team.name] + 4 * np.sqrt(load[team.name]) < size <= whole_centre(pbx, day(), teams)
    assert found.min() < found.max() < whole_centre(pbx, day(), teams) + 1
    assert (sizes(pbx, day(), teams, Targets(occupancy=0.3), None) > found).all()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_plan_put_together_of_parts_keeps_the_targets_of_the_whole_on_unseen_callers(processes: int) -> None:
    search = partial(staff, flow(), day(), Targets(service_level=0.75), reps=8, processes=processes)
    plan = search()
    assert plan.met and set(plan.kept["queue"]) == set(CALLS)
    assert [team.name for team in plan.teams] == [team.name for team in teams_of(flow())]
    assert 0 < plan.bound <= plan.cost
    own = plan.required[plan.required["team"] == plan.teams[-1].name]["members"]
    assert plan.teams[-1].queues == (5202,) and own.between(1, 4).all()


def test_members_at_work_whom_nobody_plans_for_hold_their_queues_together() -> None:
    pbx = flow()
    large, teams = enlarge(pbx, [team for team in teams_of(pbx) if len(team.queues) == 1], 12)
    assert queues_of(parts(pbx, large, day(), teams, Targets())) == [(5200, 5201), (5202,)]
