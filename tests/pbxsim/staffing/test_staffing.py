"""Staffing by simulation: targets are met on callers the search has not seen, with no more members than needed."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.results import queueing_theory
from pbxsim.runs.run import simulate
from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.plan import Plan, Targets, staff
from pbxsim.staffing.search import Search
from pbxsim.staffing.shift_search import REPLACED, ShiftSearch
from pbxsim.staffing.shifts import Patterns, cover
from pbxsim.staffing.teams import Team, enlarge, scenario_of, teams_of
from pbxsim.world.driver import Cancelled
from tests.pbxsim.worlds import FIRST, example, exponential, one_queue, steady

search = partial(staff, prove=False)
"""Plans without a lower bound, which takes as long again."""


def day(calls: list[float], **fields: object) -> Scenario:
    """Four hours by the half hour."""
    arrivals = {"main": {"trunk": "main", "every_min": 30, "calls": calls}}
    return steady(1, 4, exponential(180), exponential(120), arrivals=arrivals, start="08:00", **fields).replace(
        measure={"interval_min": 30, "within_s": 20}
    )


def test_a_steady_queue_needs_what_erlang_a_says() -> None:
    scenario = day([60] * 8)
    plan = search(one_queue(2), scenario, Targets(service_level=0.8), reps=8, processes=1)
    exact = queueing_theory.fewest_agents(
        lambda found: found.answered_within(20) >= 0.8 * (1 - found.abandoned_share),
        60 / 1800,
        1 / 180,
        scenario.patience.default,
    )
    members = plan.required["members"].to_numpy()
    assert abs(np.median(members[1:]) - exact) <= 1
    assert plan.met
    assert plan.check.samples[0].replication >= 8, "the check meets callers the search has not seen"
    assert plan.check.figure("service_level").mean >= 0.75


def test_callers_who_never_give_up_need_what_erlang_c_says() -> None:
    """100 calls in half an hour of three minutes each, 80 % in 20 s: Erlang C gives 79.6 % with 13 members and 88.8 % with 14."""
    scenario = steady(
        200, 4, exponential(180), {"kind": "never"}, start="08:00", measure={"interval_min": 30, "within_s": 20}
    )
    plan = search(one_queue(24), scenario, Targets(service_level=0.8), reps=10, processes=1)
    assert plan.met
    assert plan.required["by_theory"].between(11, 14).all(), "the first half-hour begins empty"
    assert plan.required["members"].between(12, 15).all()


@pytest.mark.parametrize("reps", [2, 6])
def test_what_is_out_of_reach_is_named_with_queue_time_target_and_help_for_any_number_of_days(reps: int) -> None:
    slow = day([10] * 8).replace(answering={"default": {"delay": {"kind": "constant", "seconds": 25}}})
    with pytest.raises(
        ValueError, match=r"queue 5200 from 08:00: service_level 0 with \d+ members.*asked is 0.8.*shorter `ring`"
    ):
        search(one_queue(2, ring=60), slow, Targets(service_level=0.8), reps=reps, processes=1)
    with pytest.raises(ValueError, match=r"queue 5200 over the day: answer_speed_s 2\d.*asked is 10"):
        targets = Targets(service_level=None, answer_speed_s=10, per="day")
        search(one_queue(2, ring=60), slow, targets, reps=reps, processes=1)


def test_a_target_that_full_staffing_just_keeps_is_planned_for_and_not_refused() -> None:
    """Four in five phones answer at once, one in 25 s: 80 % in 20 s is what everybody together reaches, on average."""
    mixture = [{"weight": 0.81, "of": 1.0}, {"weight": 0.19, "of": 25.0}]
    scenario = day([10] * 8).replace(answering={"default": {"delay": {"kind": "mixture", "parts": mixture}}})
    plan = search(one_queue(2, ring=60), scenario, Targets(service_level=0.8), reps=4, processes=1)
    assert plan.check.figure("service_level").mean > 0.7


def cross_trained(hours: int, price: float, reps: int) -> Plan:
    """The plan of 100 calls of 240 s and 60 of 300 s an hour; one who serves both queues costs `price`."""
    flow, scenario = two_skills(hours, 60, [100] * hours, [60] * hours)
    talk = {"default": exponential(240), "queues": {5201: exponential(300)}}
    scenario = scenario.replace(talk=talk, patience={"default": exponential(120)}, wrap_up={5200: 0, 5201: 0})
    teams = [replace(team, cost=price if len(team.queues) == 2 else 1.0) for team in teams_of(flow)]
    return search(flow, scenario, Targets(service_level=0.8), teams=teams, reps=reps, processes=1)


def test_members_of_several_queues_are_used_for_what_they_cost() -> None:
    """Fourteen of both at all times keep 85 % in the worst hour, so no plan should cost more than that and 2 %."""
    plan = cross_trained(2, 0.9, 6)
    assert plan.met and (plan.kept["service_level"] >= 0.8).all()
    assert plan.cost <= 1.02 * 2 * 14 * 0.9


@pytest.mark.nightly
@pytest.mark.parametrize(("price", "most"), [(0.9, 154), (1.0, 171), (1.05, 180)])
def test_twelve_hours_of_two_skills_cost_no_more_than_fourteen_of_both(price: float, most: float) -> None:
    plan = cross_trained(12, price, 20)
    assert plan.met and (plan.kept["service_level"] >= 0.8).all()
    assert plan.cost <= most


def test_a_busy_hour_gets_more_members_and_a_shift_plan_covers_it() -> None:
    scenario = day([10, 20, 60, 60, 60, 20, 10, 5])
    patterns = Patterns(lengths_h=(2.0, 4.0), break_from_h=4.0, break_min=15)
    plan = staff(one_queue(3), scenario, Targets(service_level=0.75), patterns=patterns, reps=6, processes=1)
    members = plan.required["members"].to_numpy()
    assert members[3] > members[0] and members[3] > members[7]
    assert plan.shifts is not None
    assert plan.shifts.paid_h >= plan.member_hours
    assert plan.bound <= plan.shifts.bound <= plan.shifts.cost
    assert plan.shifts.gap < 0.3
    table = plan.shifts.table(scenario, plan.teams)
    assert set(table["from"]) <= {"08:00", "08:30", "09:00", "09:30", "10:00"}
    shown = plan._repr_html_()
    assert "no plan costs less" in shown and ">heads<" in shown and f">{table['to'].iloc[0]}<" in shown
    assert "no plan costs less" not in replace(plan, bound=0.0)._repr_html_()
    again = simulate(plan.flow, plan.scenario, 5, processes=1, keep_records=False)
    assert again.figure("service_level").mean > 0.7
    assert plan.check.figure("staffed_hours").mean == pytest.approx(
        sum(s.heads * (s.end_s - s.begin_s - s.break_s) for s in plan.shifts.shifts) / 3600, rel=0.03
    )


def test_targets_over_the_day_need_no_more_than_those_of_every_interval() -> None:
    scenario = day([10, 20, 60, 60, 60, 20, 10, 5])
    strict = search(one_queue(3), scenario, Targets(service_level=0.8), reps=4, processes=1)
    loose = search(one_queue(3), scenario, Targets(service_level=0.8, per="day"), reps=4, processes=1)
    assert loose.member_hours <= strict.member_hours


def test_progress_reaches_the_end() -> None:
    seen: list[float] = []
    search(one_queue(2), day([10] * 8), reps=5, processes=1, progress=lambda done, total: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_shifts_are_chosen_by_the_day_s_target_and_not_to_cover_what_every_hour_needs() -> None:
    """Over the day one busy stretch may be short: covering what each half-hour needs by itself costs more."""
    scenario = day([20, 30, 40, 40, 30, 20, 20, 20])
    patterns = Patterns(lengths_h=(2.0,), break_min=0)
    plan = search(one_queue(3), scenario, Targets(service_level=0.8, per="day"), patterns=patterns, reps=6, processes=1)
    every = search(one_queue(3), scenario, Targets(service_level=0.8), patterns=patterns, reps=6, processes=1)
    assert plan.shifts is not None and every.shifts is not None
    assert plan.met
    assert plan.shifts.cost < every.shifts.cost
    seen = simulate(plan.flow, plan.scenario.replace(seed=7), 40, processes=1, keep_records=False)
    assert seen.figure("service_level", 5200).mean > 0.78


def test_no_shift_of_a_plan_can_be_left_out() -> None:
    scenario = day([20, 30, 40, 40, 30, 20, 20, 20])
    patterns = Patterns(lengths_h=(2.0, 4.0), break_min=0)
    plan = search(one_queue(3), scenario, Targets(service_level=0.8, per="day"), patterns=patterns, reps=8, processes=1)
    assert plan.shifts is not None and plan.met
    for left_out in range(len(plan.shifts.shifts)):
        shifts = [replace(one, heads=one.heads - (number == left_out)) for number, one in enumerate(plan.shifts.shifts)]
        fewer = replace(plan.shifts, shifts=tuple(shifts)).scenario(scenario, plan.teams)
        assert simulate(plan.flow, fewer, 8, processes=1, keep_records=False).figure("service_level").mean < 0.82


def test_a_plan_of_shifts_is_mended_by_few_others_and_keeps_the_days_it_missed() -> None:
    scenario = day([20, 30, 40, 40, 30, 20, 20, 20])
    patterns = Patterns(lengths_h=(2.0, 3.0, 4.0), break_min=0)
    large, teams = enlarge(one_queue(3), teams_of(one_queue(3)), 12)
    with Workers(large, scenario, 1) as workers:
        among = ShiftSearch(Search(workers, scenario, teams, Targets(service_level=0.8), 4, [11]), patterns, 0.0)
        thin = among.heads_of(cover(np.full((1, 8), 3), teams, patterns, 1800))
        results, staffed_s = among.run(thin, 4, 12)
        assert among.search.shortfall(results, staffed_s, 0.0).any()
        mended = among.mend(thin, results, staffed_s, 0)
        again, again_s = among.run(mended, 4, 12)
    assert not among.search.shortfall(again, again_s, 0.0).any()
    assert np.maximum(thin - mended, 0).sum() <= REPLACED
    assert among.cost(mended) > among.cost(thin)


def test_the_bound_is_below_what_theory_needs_and_not_far_below() -> None:
    """One queue, Erlang A: with one member fewer than the bound asks for, the steady queue misses its target by far."""
    scenario = day([60] * 8)
    plan = staff(one_queue(2), scenario, Targets(service_level=0.8), reps=8, processes=1)
    assert 0.7 * plan.pool_cost < plan.bound <= plan.cost
    assert plan.bound <= plan.pool_cost + 0.5
    assert search(one_queue(2), scenario, Targets(service_level=0.8), reps=4, processes=1).bound == 0


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
        search(one_queue(2, ring=15), scenario, targets, reps=2, processes=1, **fields)  # type: ignore[arg-type]


def two_skills(hours: float, every_min: int, first: list[float], second: list[float]) -> tuple[Flow, Scenario]:
    """Two queues: members who serve one of them, the other, and both."""
    one, two, both = range(200, 204), range(220, 224), range(240, 243)
    flow = load(
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
    plan = search(flow, scenario, Targets(service_level=0.75, per="day"), reps=5, processes=1)
    assert len(plan.teams) == 3, "who serves one queue, the other, and both"
    assert plan.met
    seen = {sample.replication for sample in plan.check.samples}
    assert min(seen) >= 5, "the check meets callers the search has not seen"
    for queue in (5200, 5201):
        assert plan.check.figure("service_level", queue).mean >= 0.7


@pytest.mark.parametrize(
    ("targets", "figure", "most"),
    [
        (Targets(service_level=None, abandoned_share=0.05), "abandoned_share", 0.05),
        (Targets(service_level=None, answer_speed_s=15), "answer_speed_s", 15),
        (Targets(service_level=0.5, occupancy=0.6), "occupancy", 0.6),
    ],
    ids=["abandonment", "wait", "occupancy"],
)
def test_every_kind_of_target_is_kept_in_every_interval_on_unseen_callers(
    targets: Targets, figure: str, most: float
) -> None:
    plan = search(one_queue(2), day([20, 40, 60, 40, 20, 20, 20, 20]), targets, reps=6, processes=1)
    assert plan.met
    assert len(plan.kept) == 8 and plan.kept["met"].all()
    assert (plan.kept[figure] <= most).all()
    lean = search(one_queue(2), day([20, 40, 60, 40, 20, 20, 20, 20]), Targets(service_level=0.3), reps=6, processes=1)
    assert (lean.kept[figure] > most).any(), "without the target it would not have been kept"


def test_one_who_serves_both_queues_replaces_two_where_that_is_cheaper() -> None:
    """Calls so rare that one member is enough for both queues: two specialists would cost twice as much."""
    flow, scenario = two_skills(3, 30, [2] * 6, [2] * 6)
    plan = search(flow, scenario, Targets(service_level=0.6), reps=8, processes=1)
    heads = plan.required.pivot_table(index="interval", columns="team", values="members")
    assert plan.met
    assert (heads["5200 and 5201"] > 0).any()
    expensive = [
        Team(team.name, team.queues, team.members, 5.0 if len(team.queues) == 2 else 1.0) for team in teams_of(flow)
    ]
    specialists = search(flow, scenario, Targets(service_level=0.6), teams=expensive, reps=8, processes=1)
    assert not specialists.required.query("team == '5200 and 5201'")["members"].any(), "at that price two are cheaper"
    assert plan.member_hours < specialists.member_hours


def test_the_cost_is_told_beside_what_a_pool_of_all_would_cost() -> None:
    plan = staff(one_queue(2), day([60] * 8), Targets(service_level=0.8), reps=8, processes=1)
    assert plan.cost == plan.member_hours
    assert 0 < plan.bound and 0 <= plan.gap < 0.3


def test_heads_that_shrinkage_takes_are_paid_and_not_on_the_queue() -> None:
    patterns = Patterns(lengths_h=(4.0,), break_min=0)
    plan = search(
        one_queue(2), day([40] * 8), Targets(service_level=0.7), patterns=patterns, shrinkage=0.4, reps=5, processes=1
    )
    assert plan.shifts is not None and plan.met
    heads = sum(shift.heads for shift in plan.shifts.shifts)
    there = sum(len(shift.members) for shift in plan.scenario.shifts)
    assert there == round(0.6 * heads) < heads
    assert plan.shifts.staffed_s(8, 1800).tolist() == [there * 1800.0] * 8


def test_processes_that_stay_give_the_results_of_one_to_the_bit() -> None:
    flow, scenario = one_queue(3), day([20] * 8)
    with Workers(flow, scenario, 2) as two, Workers(flow, scenario, 1) as one:
        assert two.simulate(scenario, range(3, 8)).kpis.equals(one.simulate(scenario, range(3, 8)).kpis)
        busier = scenario.replace(seed=8)
        assert two.simulate(busier, range(2)).kpis.equals(one.simulate(busier, range(2)).kpis)


def test_a_search_that_is_stopped_says_so() -> None:
    stop = threading.Event()

    def told(done: float, total: int) -> None:
        if done > 5:
            stop.set()

    with pytest.raises(Cancelled):
        search(one_queue(2), day([60] * 8), reps=4, processes=1, progress=told, cancel=stop)


@pytest.mark.nightly
def test_a_day_of_48_intervals_and_two_skills_is_staffed_with_shifts() -> None:
    """Every target of every interval on callers the search has not seen. Prints seconds; under 60 are meant on two cores."""
    shape = [max(0.15, math.sin(math.pi * (i - 12) / 28)) if 12 <= i < 40 else 0.15 for i in range(48)]
    flow, scenario = two_skills(24, 30, [40 * s for s in shape], [25 * s for s in shape])
    patterns = Patterns(lengths_h=(4.0, 6.0, 8.0), break_from_h=6.0, break_min=30)
    plan = staff(flow, scenario, Targets(service_level=0.8), patterns=patterns, reps=16, processes=2)
    assert plan.shifts is not None
    print(
        f"\n48 intervals, two skills: {plan.elapsed_s:.1f} s, {plan.simulated_calls:,} calls simulated, "
        f"{plan.member_hours:.1f} hours required, {plan.pool_cost:.1f} by a pool, {plan.shifts.paid_h:.1f} paid in shifts, "
        f"their gap {plan.shifts.gap:.1%}, least service level {plan.kept['service_level'].min():.3f}"
    )
    assert plan.met and len(plan.kept) == 96
    assert (plan.kept["service_level"] >= 0.8).all()
    assert 0 < plan.bound <= plan.shifts.bound <= plan.shifts.cost
    assert min(sample.replication for sample in plan.check.samples) >= 16
