"""Designs that are dismissed after few days: they fall short on all days too, and the plan found is that of its seed."""

from __future__ import annotations

from functools import partial

import numpy as np

from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.dismissal import FEW_DAYS, Dismissal
from pbxsim.staffing.plan import staff
from pbxsim.staffing.search import Search
from pbxsim.staffing.shifts import Patterns
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import enlarge, scenario_of, teams_of
from tests.pbxsim.worlds import exponential, one_queue, steady


def day() -> Scenario:
    """Two hours by the half hour, sixty calls of three minutes an hour."""
    scenario = steady(60, 2, exponential(180), exponential(120), start="08:00")
    return scenario.replace(measure={"interval_min": 30, "within_s": 20})


def test_what_is_dismissed_early_falls_short_on_all_days_and_what_is_not_has_met_them_all() -> None:
    flow, teams = enlarge(one_queue(2), teams_of(one_queue(2)), 12)
    with Workers(flow, day(), 1) as workers:
        search = Search(workers, day(), teams, Targets(service_level=0.8), 20, 12)
        judge = Dismissal(search)
        plenty = np.full((1, 4), 8)
        judge.known(search.run(plenty), search.staffed_s(plenty))
        days: list[int] = []
        for fewer, kept in ((3, False), (8, True)):
            design = np.full((1, 4), fewer)
            scenario = scenario_of(search.scenario, teams, design, search.interval_s)
            before = search.calls
            run = partial(search.run_scenario, scenario)
            assert bool(judge.missed(run, search.staffed_s(design)).any()) != kept
            days.append(search.calls - before)
            assert bool(search.missed(search.run(design), search.staffed_s(design)).any()) != kept
        assert days[0] < days[1] * 2 * FEW_DAYS / 20, "the hopeless one met a few days alone"


def test_a_seed_gives_the_same_plan_with_one_process_and_two() -> None:
    plans = [
        staff(
            one_queue(2), day(), patterns=Patterns(lengths_h=(1.0,), break_min=0), reps=12, prove=False, processes=count
        )
        for count in (1, 2)
    ]
    assert plans[0].required.equals(plans[1].required)
    assert plans[0].shifts == plans[1].shifts
    assert plans[0].kept.equals(plans[1].kept)
