"""The forecast of the next hour: its bands hold what then happens, and its figures are those of R-08.22."""

from __future__ import annotations

import numpy as np
import pytest

from engine.contract.ids import SECOND_US
from engine.control.present import Present
from engine.records.forecast import Band
from pbxsim.results.metrics import COUNTS
from pbxsim.scenario.scenario import ScenarioError
from pbxsim.twin import backtest
from pbxsim.twin.forecast import Outcomes, band, forecast, outlooks, ratio_band
from pbxsim.world.resumed_world import Start
from tests.harness import rule
from tests.pbxsim.worlds import example

DAYS = range(200, 202)
"""Numbers of the simulated days that stand for real ones; the nightly test has more of them."""


def test_bands_hold_what_happens_an_hour_later_on_simulated_days() -> None:
    """Two days of the example, eight looks each, 39 replications a look: of 16 half-hours eight of ten should be held."""
    flow, scenario = example()
    judged = backtest.judge(flow, scenario, DAYS, 9.0, 20.0, 39, every_s=5400)
    assert len(judged) >= 15
    assert 0.6 <= backtest.share_held(judged) <= 1.0
    assert {one.queue for one in judged} == {5200}


def test_a_look_tells_who_waits_now_and_what_comes_in_every_interval() -> None:
    flow, scenario = example()
    watched = backtest.watched_day(flow, scenario, 201, 9.5, 16.0, every_s=300)
    look = max(watched.looks, key=lambda one: sum(call.wait is not None for call in one.present.calls))
    made = forecast(flow, scenario, Start(look.present, known=look.known, lost=look.lost), 30)
    queue = made.queues[0]
    waits = [call.wait for call in look.present.calls if call.wait is not None]
    assert (queue.queue, queue.name, queue.waiting) == (5200, "Sales", len(waits)) and waits
    assert queue.longest_wait_s == max((made.at - wait.entered_at) / SECOND_US for wait in waits)
    assert queue.to_answer.high <= queue.waiting
    assert [one.begin - made.at for one in queue.intervals] == [n * 300 * SECOND_US for n in range(12)]
    assert [(one.begin - made.at, one.end - made.at) for one in queue.half_hours] == [
        (0, 1800 * SECOND_US),
        (1800 * SECOND_US, 3600 * SECOND_US),
    ]
    expected = scenario.arrivals["moscow"].calls[20] + scenario.arrivals["spb"].calls[10] / 2
    assert 0.2 * expected < queue.half_hours[0].offered.middle < 1.5 * expected  # a third goes elsewhere
    again = forecast(flow, scenario, Start(look.present, known=look.known, lost=look.lost), 30)
    assert again.queues == made.queues


@rule("R-08.22")
def test_the_service_level_of_a_half_hour_is_a_ratio_of_sums_of_its_intervals() -> None:
    counts = np.zeros((3, 6, len(COUNTS)))
    at = {name: COUNTS.index(name) for name in COUNTS}
    for interval in range(6):
        counts[:, interval, at["offered"]] = 10
        counts[:, interval, at["answered"]] = 8
        counts[:, interval, at["answered_within"]] = interval
        counts[:, interval, at["abandoned"]] = 2
        counts[:, interval, at["abandoned_within"]] = 1
        counts[:, interval, at["wait_us"]] = 50_000_000 * (interval + 1)
        counts[:, interval, at["longest_wait_us"]] = 1_000_000 * interval
    start = Start(Present(at=0, flow=""), horizon_us=1800 * SECOND_US)
    (half,) = outlooks(Outcomes(counts, counts[:, 0], np.full((3, 6), 4.0)), start, 6)
    assert half.service_level == Band(15 / 54, 15 / 54, 15 / 54)
    assert half.wait_s == Band(17.5, 17.5, 17.5) and half.longest_wait_s == Band(5.0, 5.0, 5.0)
    assert half.offered.middle == 60 and half.waiting.middle == 4


def test_a_band_holds_eight_of_ten_and_there_is_none_where_hardly_anything_comes() -> None:
    found = band(np.arange(1.0, 100.0))
    assert (found.low, found.middle, found.high) == pytest.approx((10, 50, 90))
    assert found.holds(10.5) and not found.holds(90.5)
    assert ratio_band(np.asarray([1.0, 0, 0]), np.asarray([2.0, 0, 0])) is None
    assert ratio_band(np.asarray([1.0, 1.0, 0]), np.asarray([2.0, 2.0, 0])) == Band(0.5, 0.5, 0.5)


def test_a_scenario_of_another_day_is_refused() -> None:
    flow, scenario = example()
    with pytest.raises(ScenarioError, match="says nothing about the time"):
        forecast(flow, scenario, Start(Present(at=0, flow=flow.digest)), 1)
