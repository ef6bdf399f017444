"""Targets of single queues and of groups of queues: held against theory, kept on unseen callers, refused where they cannot be."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from pbxsim.results import queueing_theory
from pbxsim.staffing import reading
from pbxsim.staffing.plan import Plan, staff
from pbxsim.staffing.reach import OutOfReach
from pbxsim.staffing.targets import Goals, GroupGoals, Targets
from pbxsim.staffing.teams import teams_of

from .test_staffing import day, one_queue, two_skills

search = partial(staff, reps=8, processes=1, prove=False)
BOTH = (5200, 5201)


def alone(targets: Targets, calls: float = 40, **more: object) -> Plan:
    """A plan for two queues that nobody serves both of, as many calls to each."""
    flow, scenario = two_skills(3, 30, [calls] * 6, [calls] * 6)
    teams = [team for team in teams_of(flow) if len(team.queues) == 1]
    return search(flow, scenario, targets, teams=teams, **more)


def members(plan: Plan, queue: int) -> float:
    of = plan.required[plan.required["team"] == str(queue)]
    return float(np.median(of["members"].to_numpy()[1:]))


def test_each_queue_needs_what_erlang_a_says_for_its_own_target() -> None:
    plan = alone(Targets(service_level=0.9, queues={5201: Goals(service_level=0.5)}))
    assert plan.met
    for queue, level, handle_s in ((5200, 0.9, 190), (5201, 0.5, 200)):
        exact = queueing_theory.fewest_agents(
            lambda found, level=level: found.answered_within(20) >= level * (1 - found.abandoned_share),  # type: ignore[misc]
            40 / 1800,
            1 / handle_s,
            plan.scenario.patience.default,
        )
        assert abs(members(plan, queue) - exact) <= 1, (queue, exact)
        kept = plan.kept[plan.kept["queue"] == queue]
        assert kept["met"].all() and (kept["service_level"] >= level).all()
    assert members(plan, 5201) < members(plan, 5200)
    table = reading.binding(plan)
    assert dict(zip(table["queue"], table["asked"], strict=True)) == {5200: 0.9, 5201: 0.5}
    formulas = reading.formulas(plan).groupby("queue")["erlang_a"].median()
    assert formulas[5201] < formulas[5200]


def test_a_group_keeps_its_target_together_and_costs_no_more_than_each_of_its_queues_alone() -> None:
    each = alone(Targets(service_level=0.8))
    group = GroupGoals(name="sales", queues=BOTH, service_level=0.8)
    together = alone(Targets(groups=(group,)))
    assert together.met and together.cost <= each.cost
    rows = together.kept[together.kept["group"] == "sales"]
    assert len(rows) == 6 and (rows["service_level"] >= 0.8).all() and set(rows["queue"]) == {0}
    singles = together.kept[together.kept["group"] == ""]
    offered = singles.groupby("interval")["offered"].sum()
    assert np.allclose(offered.to_numpy(), rows.set_index("interval")["offered"].to_numpy())
    assert set(reading.binding(together)["group"]) == {"sales"}, "its queues keep nothing by themselves"


def test_a_queue_of_a_group_may_have_a_floor_of_its_own_and_over_the_day() -> None:
    group = GroupGoals(name="all", queues=BOTH, service_level=0.7)
    plan = alone(Targets(per="day", queues={5200: Goals(service_level=0.85)}, groups=(group,)))
    assert plan.met
    first = plan.kept[plan.kept["queue"] == 5200].iloc[0]
    whole = plan.kept[plan.kept["group"] == "all"].iloc[0]
    assert first["service_level"] >= 0.85 and whole["service_level"] >= 0.7
    assert {(row.queue, row.group) for row in reading.binding(plan).itertuples()} == {(5200, ""), (0, "all")}


def test_a_queue_of_which_nothing_is_asked_gets_nobody() -> None:
    plan = alone(Targets(service_level=None, queues={5200: Goals(answer_speed_s=20)}), 20)
    assert plan.met and members(plan, 5201) == 0 < members(plan, 5200)
    assert (plan.kept.loc[plan.kept["queue"] == 5200, "answer_speed_s"] <= 20).all()


def test_a_speed_of_answer_of_a_group_is_missed_where_nobody_answers_one_of_its_queues() -> None:
    """The mean of those who were answered says nothing of the others."""
    flow, scenario = two_skills(3, 30, [10] * 6, [10] * 6)
    teams = [team for team in teams_of(flow) if len(team.queues) == 1]
    both = [user for team in teams_of(flow) if len(team.queues) > 1 for user in team.members]
    group = GroupGoals(name="both", queues=BOTH, answer_speed_s=30)
    targets = Targets(groups=(group,), queues={5200: Goals(service_level=0.6)})
    plan = search(flow, scenario.replace(absent=tuple(both)), targets, teams=teams)
    assert plan.met and members(plan, 5201) > 0


def test_the_bound_takes_groups_and_queues_and_stays_below_the_plan() -> None:
    group = GroupGoals(name="all", queues=BOTH, service_level=0.8)
    plan = alone(Targets(groups=(group,), queues={5200: Goals(service_level=0.6)}), prove=True, reps=4)
    assert 0 < plan.bound <= plan.cost


def test_a_group_out_of_reach_is_named() -> None:
    slow = day([10] * 8).replace(answering={"default": {"delay": {"kind": "constant", "seconds": 25}}})
    group = GroupGoals(name="sales", queues=(5200,), service_level=0.8)
    with pytest.raises(OutOfReach, match=r"group sales from 08:00: service_level 0 with \d+ members") as refused:
        search(one_queue(2, ring=60), slow, Targets(groups=(group,)))
    places, _ = refused.value.details
    assert places[0].group == "sales" and places[0].helps == "phones"


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (Targets(queues={5999: Goals(service_level=0.8)}), "5999, which is no queue with members here; there are 5200"),
        (Targets(groups=(GroupGoals(name="a", queues=(5200, 7)),)), "targets are set for 7"),
        (Targets(groups=(GroupGoals(name="a", queues=(5200,)),)), "nothing is asked of the group 'a'"),
        (Targets(groups=(GroupGoals(name="a", queues=(5200,), service_level=1),) * 2), "two groups .* 'a'"),
        (Targets(service_level=None), "nothing is asked of any queue"),
        (Targets(service_level=None, occupancy=0.6), "nothing is asked of any queue"),
    ],
)
def test_targets_that_cannot_be_are_refused(targets: Targets, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        search(one_queue(2), day([10] * 8), targets)
