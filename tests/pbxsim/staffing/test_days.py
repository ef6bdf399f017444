"""Days of a search: more of them where calls are few, so that no member is planned for the luck of single calls."""

from __future__ import annotations

import numpy as np
import pytest

from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.days import CALLS_AT_MOST, DAYS_AT_MOST, enough_days
from pbxsim.staffing.plan import staff
from pbxsim.staffing.reach import DAYS, must_be_in_reach
from pbxsim.staffing.search import Search
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import enlarge, teams_of
from tests.pbxsim.worlds import exponential, one_queue, steady


def quiet(per_hour: float, hours: int, every_min: int = 60) -> Scenario:
    """Few calls of three minutes."""
    scenario = steady(per_hour, hours, exponential(180), exponential(120), start="08:00")
    return scenario.replace(measure={"interval_min": every_min, "within_s": 20})


@pytest.mark.parametrize(
    ("calls", "days"),
    [
        (100.0, 20),
        (50.0, 20),
        (10.0, 100),
        (0.3, DAYS_AT_MOST),
    ],
)
def test_the_fewer_calls_are_behind_a_target_the_more_days_are_looked_at(calls: float, days: int) -> None:
    assert enough_days(np.full((1, 8), calls), 20) == days


def test_hours_without_calls_do_not_count_and_large_centres_get_no_more_days_than_asked_for() -> None:
    assert enough_days(np.asarray([[10.0, 0.0, 0.0]]), 20) == 100
    assert enough_days(np.zeros((2, 3)), 20) == 20
    assert enough_days(np.full((22, 48), 10.0), 20) == 20, "ten thousand calls a day"
    assert enough_days(np.full((6, 8), 20.0), 20) == round(CALLS_AT_MOST / 960)
    assert enough_days(np.full((1, 8), 0.3), 1000) == 1000


@pytest.mark.parametrize("per_hour", [0.3, 3.0])
def test_one_member_is_enough_where_hardly_anybody_calls(per_hour: float) -> None:
    """One member is busy a hundredth, or a seventh, of the time: more than 80 % are answered at once."""
    plan = staff(one_queue(2), quiet(per_hour, 6), Targets(service_level=0.8), prove=False, processes=1)
    assert plan.met
    assert plan.required["members"].tolist() == [1] * 6


def test_a_single_call_that_rings_too_long_does_not_put_a_target_out_of_reach() -> None:
    """About two calls in forty days in each half-hour, and one phone in five is slow: in some half-hours all calls are late."""
    mixture = [{"weight": 0.85, "of": 1.0}, {"weight": 0.15, "of": 25.0}]
    slow = quiet(0.1, 12, 30).replace(answering={"default": {"delay": {"kind": "mixture", "parts": mixture}}})
    targets = Targets(service_level=0.8, answer_speed_s=8)
    flow, teams = enlarge(one_queue(2, ring=60), teams_of(one_queue(2, ring=60)), 5)
    with Workers(flow, slow, 1) as workers:
        search = Search(workers, slow, teams, targets, 2, 5)
        full = search.everybody()
        levels = search.figures(search.run(full, reps=DAYS), search.staffed_s(full))["service_level"][0]
        assert np.nanmin(levels) == 0, "the case is one where all calls of some half-hour are late"
        assert must_be_in_reach(search).shape == (1, 24)
