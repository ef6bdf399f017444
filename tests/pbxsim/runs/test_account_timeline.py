"""A blocked account in a simulated day: how many callers a block costs, counted under the same callers (R-01.10)."""

from __future__ import annotations

import pytest

from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.world import driver
from pbxsim.world.recording_world import RecordingWorld
from tests.harness import rule
from tests.pbxsim.worlds import FIRST, exponential, one_queue, steady


def day(**more: object) -> Scenario:
    return steady(60, 4, exponential(60), {"kind": "never"}, **more)


BLOCKED = ({"from": "02:00", "state": "extended_24h"}, {"from": "01:00", "state": "blocked_debt"})


@rule("R-01.10", "R-25.3")
def test_callers_of_a_blocked_hour_are_counted_apart_and_all_others_are_the_same() -> None:
    without = driver.simulate_once(one_queue(5), day(), make=RecordingWorld)
    world = driver.simulate_once(one_queue(5), day(account=BLOCKED), make=RecordingWorld)
    assert isinstance(world, RecordingWorld) and isinstance(without, RecordingWorld)
    hour = 3600 * 1_000_000
    barred = [row for row in world.calls if "barred" in row]
    begin = world.begin
    assert all(begin + hour <= row[7] < begin + 2 * hour for row in barred)  # type: ignore[operator]
    same_hour = [row for row in without.calls if begin + hour <= row[7] < begin + 2 * hour]  # type: ignore[operator]
    assert len(barred) == len(same_hour) == world.counts.barred > 30
    assert {row[0] for row in world.calls} == {row[0] for row in without.calls}


@rule("R-01.10")
def test_figure_of_barred_calls_stands_in_the_results() -> None:
    results = simulate(one_queue(5), day(account=BLOCKED), 2, processes=1)
    assert results.figure("calls_barred").mean > 30
    assert simulate(one_queue(5), day(), 2, processes=1).figure("calls_barred").mean == 0


@rule("R-22.8", "R-22.9", "R-01.10")
def test_a_weekends_block_costs_a_third_as_many_callers_with_the_button() -> None:
    """Blocked on Saturday 23:50, paid on Monday 09:00; the button at 00:10 on Sunday is good until 00:10 on Monday."""
    blocked = {"from": "23:50", "state": "blocked_debt"}
    paid = {"day": 2, "from": "09:00", "state": "active"}
    button = (
        {"day": 1, "from": "00:10", "state": "extended_24h"},
        {"day": 2, "from": "00:10", "state": "blocked_debt"},
    )
    weekend = steady(20, 72, exponential(60), {"kind": "never"}, date="2026-11-28")
    barred = {}
    for name, account in (("without", (blocked, paid)), ("with", (blocked, *button, paid))):
        world = driver.simulate_once(one_queue(5), weekend.replace(account=account), make=RecordingWorld)
        assert isinstance(world, RecordingWorld)
        minutes = [(int(str(row[7])) - world.begin) / 60e6 for row in world.calls if "barred" in row]
        barred[name] = len(minutes)
        refused = [(1430, 3420)] if name == "without" else [(1430, 1450), (2890, 3420)]
        assert all(any(first <= minute < last for first, last in refused) for minute in minutes)
    assert 600 < barred["without"] < 730 and 140 < barred["with"] < 230, (
        "33 h 10 min, and 9 h 10 min, of 20 callers an hour"
    )


@rule("R-03.7")
def test_unpaid_trunk_refuses_new_calls_and_cuts_none() -> None:
    outage = {"trunk": "main", "from": "01:00", "minutes": 60, "unpaid": True}
    world = driver.simulate_once(one_queue(5), day(outages=[outage]), make=RecordingWorld)
    assert isinstance(world, RecordingWorld)
    assert world.counts.barred > 30
    assert not any(str(row[10]) == "REQUESTED_CHAN_UNAVAIL" for row in world.calls)


def test_only_a_trunk_can_be_unpaid_and_states_are_those_of_an_account() -> None:
    with pytest.raises(ScenarioError, match="only a trunk can be unpaid"):
        day(outages=[{"user": FIRST, "from": "01:00", "minutes": 60, "unpaid": True}])
    with pytest.raises(ScenarioError, match="account"):
        day(account=[{"from": "01:00", "state": "poor"}])
