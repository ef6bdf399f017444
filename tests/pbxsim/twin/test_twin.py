"""The twin from look to look: its day, what it keeps of earlier looks, and what becomes of them."""

from __future__ import annotations

import datetime

import pytest

from engine.contract.ids import SECOND_US
from pbxsim.scenario.scenario import ScenarioError
from pbxsim.twin import backtest
from pbxsim.twin.twin import Twin, on_day_of
from tests.pbxsim.worlds import example, exponential, one_queue, steady

HALF_HOUR_US = 1800 * SECOND_US


def test_every_half_hour_is_held_against_what_was_said_of_it() -> None:
    flow, scenario = example()
    watched = backtest.watched_day(flow, scenario, 210, 9.0, 13.0, every_s=1800)
    twin = Twin(flow, scenario, 10)
    events = iter(watched.events)
    event = next(events)
    made = None
    for look in watched.looks:
        while event["at"] <= look.present.at:
            twin.take(event)
            event = next(events)
        made = twin.look(look.present)
    assert made is not None and made.watched_since == watched.looks[0].present.at
    (queue,) = made.queues
    begins = [one.begin for one in queue.happened]
    first = watched.looks[0].present.at + HALF_HOUR_US
    assert begins == [first + n * HALF_HOUR_US for n in range(len(begins))] and len(begins) >= 6
    assert {one.ahead_s for one in queue.happened} == {3600.0}
    for one in queue.happened:
        seen = watched.observer.interval(5200, one.begin, one.end)
        assert (one.offered, one.answered, one.abandoned) == (seen.offered, seen.answered, seen.abandoned)
        assert one.wait_s == pytest.approx(seen.wait_s)
    held = [one.wait_band.holds(one.wait_s) for one in queue.happened if one.wait_band and one.wait_s is not None]
    assert (queue.covered, queue.judged) == (sum(held), len(held))
    assert {one.what for one in made.drift} == {"arrivals", "patience", "talk"}


def test_the_scenario_is_moved_to_the_day_it_is() -> None:
    flow, scenario = example()
    at = scenario.begin(flow) + (9 * 86400 + 3600 * 10) * SECOND_US
    moved = on_day_of(scenario, flow, at)
    assert moved.date == scenario.date + datetime.timedelta(days=9)
    assert moved.begin(flow) <= at < moved.begin(flow) + 86400 * SECOND_US
    flow = one_queue(1)
    short = steady(10, 8, exponential(60), exponential(60), start="20:00")
    night = short.begin(flow) + 7 * 3600 * SECOND_US  # three in the morning belongs to the evening before
    assert on_day_of(short, flow, night).date == short.date
    with pytest.raises(ScenarioError, match="says nothing about this hour"):
        on_day_of(short, flow, short.begin(flow) + 12 * 3600 * SECOND_US)
