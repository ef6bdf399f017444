"""Staffing by simulation: targets are met on callers the search has not seen, with no more members than needed."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from engine import source
from engine.flow import Flow
from pbxsim import theory
from pbxsim.run import simulate
from pbxsim.scenario import Scenario
from pbxsim.shifts import Patterns, cover
from pbxsim.staffing import Targets, staff
from pbxsim.teams import Team, enlarge, scenario_of, teams_of
from tests.pbxsim.worlds import FIRST, example, exponential, one_queue, steady


def day(calls: list[float], **fields: object) -> Scenario:
    """Four hours by the half hour."""
    arrivals = {"main": {"trunk": "main", "every_min": 30, "calls": calls}}
    return steady(1, 4, exponential(180), exponential(120), arrivals=arrivals, start="08:00", **fields).replace(
        measure={"interval_min": 30, "within_s": 20}
    )


def test_a_steady_queue_needs_what_erlang_a_says() -> None:
    scenario = day([60] * 8)
    plan = staff(one_queue(2), scenario, Targets(service_level=0.8), reps=8, processes=1)
    exact = theory.fewest_agents(
        lambda found: found.answered_within(20) >= 0.8 * (1 - found.abandoned_share),
        60 / 1800,
        1 / 180,
        scenario.patience.default,
    )
    members = plan.required["members"].to_numpy()
    assert abs(np.median(members[1:]) - exact) <= 1
    assert plan.met
    assert plan.check.samples[0].replication == 8, "the check meets callers the search has not seen"
    assert plan.check.figure("service_level").mean >= 0.75


def test_a_busy_hour_gets_more_members_and_a_shift_plan_covers_it() -> None:
    scenario = day([10, 20, 60, 60, 60, 20, 10, 5])
    patterns = Patterns(lengths_h=(2.0, 4.0), break_from_h=4.0, break_min=15)
    plan = staff(one_queue(3), scenario, Targets(service_level=0.75), patterns=patterns, reps=6, processes=1)
    members = plan.required["members"].to_numpy()
    assert members[3] > members[0] and members[3] > members[7]
    assert plan.shifts is not None
    assert plan.shifts.paid_h >= plan.member_hours
    assert plan.shifts.gap < 0.05
    table = plan.shifts.table(scenario, plan.teams)
    assert set(table["from"]) <= {"08:00", "08:30", "09:00", "09:30", "10:00"}
    again = simulate(plan.flow, plan.scenario, 5, processes=1, keep_records=False)
    assert again.figure("service_level").mean > 0.7
    assert plan.check.figure("staffed_hours").mean == pytest.approx(
        sum(s.heads * (s.end_s - s.begin_s - s.break_s) for s in plan.shifts.shifts) / 3600, rel=0.03
    )


def test_targets_over_the_day_need_no_more_than_those_of_every_interval() -> None:
    scenario = day([10, 20, 60, 60, 60, 20, 10, 5])
    strict = staff(one_queue(3), scenario, Targets(service_level=0.8), reps=4, processes=1)
    loose = staff(one_queue(3), scenario, Targets(service_level=0.8, per="day"), reps=4, processes=1)
    assert loose.member_hours <= strict.member_hours


def test_progress_reaches_the_end() -> None:
    seen: list[float] = []
    staff(one_queue(2), day([10] * 8), reps=5, processes=1, progress=lambda done, total: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_users_who_serve_the_same_queues_alike_are_a_team() -> None:
    flow, _ = example()
    teams = teams_of(flow)
    assert [(team.name, team.queues, team.members) for team in teams] == [("Sales", (5200,), (100, 101, 102))]


def test_a_larger_team_keeps_its_first_members_and_gets_numbers_of_its_own() -> None:
    flow, _ = example()
    large, (team,) = enlarge(flow, teams_of(flow), 6)
    assert team.members[:3] == (100, 101, 102)
    assert len(set(team.members)) == 6
    assert not set(team.members[3:]) & set(flow.head.users)
    assert {member.user for member in large.elements[5200].staff} == set(team.members)


def test_counts_become_shifts_without_gaps() -> None:
    scenario = day([10] * 8)
    team = Team("all", (5200,), (FIRST, FIRST + 1, FIRST + 2))
    made = scenario_of(scenario, [team], np.asarray([[1, 2, 2, 0, 1, 1, 1, 1]]), 1800)
    spans = {(shift.members, shift.from_ // 60, shift.to // 60) for shift in made.shifts}
    assert spans == {((FIRST,), 480, 570), ((FIRST + 1,), 510, 570), ((FIRST,), 600, 720)}
    assert made.absent == (FIRST + 2,)


def test_shifts_cover_the_requirement_at_least_cost() -> None:
    """Two shifts of four hours, the second begun two hours later, are the cheapest cover; solved by hand."""
    required = np.asarray([[1] * 4 + [2] * 4 + [1] * 4])
    plan = cover(required, [Team("all", (5200,), (1, 2))], Patterns(lengths_h=(4.0,), break_min=0), 1800)
    assert plan.paid_h == pytest.approx(8.0)
    assert plan.bound == pytest.approx(8.0)
    assert sorted(shift.begin_s for shift in plan.shifts) == [0, 7200]
    more = cover(required, [Team("all", (5200,), (1, 2))], Patterns(lengths_h=(4.0,), break_min=0), 1800, shrinkage=0.3)
    assert more.paid_h > plan.paid_h


@pytest.mark.parametrize(
    ("targets", "fields", "words"),
    [
        (Targets(service_level=1.0), {}, "out of reach"),
        (Targets(), {"shrinkage": 1.0}, "shrinkage"),
        (Targets(), {"teams": [Team("ghosts", (5200,), (4321,))]}, "does not have"),
    ],
)
def test_what_cannot_be_planned_is_refused(targets: Targets, fields: dict[str, object], words: str) -> None:
    scenario = day([60] * 8).replace(answering={"default": {"delay": 0, "no_answer": 0.5}})
    with pytest.raises(ValueError, match=words):
        staff(one_queue(2, ring=15), scenario, targets, reps=2, processes=1, **fields)  # type: ignore[arg-type]


def two_skills(hours: float, every_min: int, first: list[float], second: list[float]) -> tuple[Flow, Scenario]:
    """Two queues: members who serve one of them, the other, and both."""
    one, two, both = range(200, 204), range(220, 224), range(240, 243)
    flow = source.load(
        f"""
pbx: twoskills
zone: UTC
trunks:
  sales: {{number: "74951234567", lines: unlimited, to: 5200}}
  support: {{number: "74951234568", lines: unlimited, to: 5201}}
elements:
  5200: {{kind: queue, members: {[*one, *both]}, wrap_up: 10, ring: 20, max_wait: 600, timeout: hangup}}
  5201: {{kind: queue, members: {[*two, *both]}, wrap_up: 20, ring: 20, max_wait: 600, timeout: hangup}}
users:
"""
        + "".join(f"  {number}: {{name: U{number}}}\n" for number in [*one, *two, *both])
        + "prompts: {music.wav: 20.0}\n"
    )
    scenario = steady(
        1,
        hours,
        exponential(180),
        exponential(150),
        start="00:00",
        arrivals={
            "sales": {"trunk": "sales", "every_min": every_min, "calls": first},
            "support": {"trunk": "support", "every_min": every_min, "calls": second},
        },
        measure={"interval_min": every_min, "within_s": 20},
    )
    return flow, scenario


def test_two_queues_that_share_members_meet_their_targets_on_unseen_callers() -> None:
    flow, scenario = two_skills(3, 30, [10, 20, 30, 30, 20, 10], [6, 10, 16, 16, 10, 6])
    plan = staff(flow, scenario, Targets(service_level=0.75, per="day"), reps=5, processes=1)
    assert len(plan.teams) == 3, "who serves one queue, the other, and both"
    assert plan.met
    seen = {sample.replication for sample in plan.check.samples}
    assert min(seen) >= 5, "the check meets callers the search has not seen"
    for queue in (5200, 5201):
        assert plan.check.figure("service_level", queue).mean >= 0.7


@pytest.mark.nightly
def test_a_day_of_48_intervals_and_two_skills_is_staffed_with_shifts() -> None:
    """Prints seconds of CPU; asserts targets on callers the search has not seen, and that the gap is told."""
    shape = [max(0.15, math.sin(math.pi * (i - 12) / 28)) if 12 <= i < 40 else 0.15 for i in range(48)]
    flow, scenario = two_skills(24, 30, [40 * s for s in shape], [25 * s for s in shape])
    patterns = Patterns(lengths_h=(4.0, 6.0, 8.0), break_from_h=6.0, break_min=30)
    began = time.process_time()
    plan = staff(flow, scenario, Targets(service_level=0.8, per="day"), patterns=patterns, reps=10, processes=1)
    took = time.process_time() - began
    assert plan.shifts is not None
    print(
        f"\n48 intervals, two skills: {took:.1f} s of CPU, {plan.simulated_calls:,} calls simulated, "
        f"{plan.member_hours:.1f} hours required, {plan.shifts.paid_h:.1f} paid, gap {plan.shifts.gap:.1%}, "
        f"service level {plan.check.figure('service_level').mean:.3f}; {'; '.join(plan.notes) or 'nothing falls short'}"
    )
    assert plan.met
    assert 0 <= plan.shifts.gap < 0.05
    assert plan.shifts.paid_h >= plan.member_hours
    assert min(sample.replication for sample in plan.check.samples) >= 10
