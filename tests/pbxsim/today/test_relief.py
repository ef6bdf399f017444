"""Who helps in the rest of a day, on the example: the calls of the morning are in the scenario, and nobody comes in the past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pbxsim
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.forecast.intraday import SLOTS, RestOfDay
from pbxsim.logs import calls as c
from pbxsim.logs.losses import Losses
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.staffing.targets import Targets
from pbxsim.today.day import of_today
from pbxsim.today.intraday import intraday
from pbxsim.today.relief import relief, who

NOW_S = 14 * 3600


@pytest.fixture(scope="module")
def flow() -> Flow:
    return pbxsim.load_flow(datasets.find("example"))


@pytest.fixture(scope="module")
def day() -> Scenario:
    return Scenario.load(datasets.folder() / "scenarios" / "example_weekday.yaml")


def rest(factor: float, kind: str = "5200", from_slot: int = 28) -> RestOfDay:
    """A day of which everything is `factor` times what was said."""
    said = np.full((1, SLOTS), 10.0)
    return RestOfDay(
        pd.Timestamp("2026-11-24"), from_slot, (kind,), said * factor, said, said[:, from_slot:] * factor, {},
        pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), 30, 0.05,
    )  # fmt: skip


def test_the_day_has_as_many_more_calls_as_came_and_are_expected(flow: Flow, day: Scenario) -> None:
    today = of_today(day.replace(arrivals={**day.arrivals, "spb": {"trunk": "spb", "per_hour": 6}}), flow, rest(1.5))
    assert str(today.date) == "2026-11-24"
    assert today.arrivals["moscow"].calls == pytest.approx(np.array(day.arrivals["moscow"].calls) * 1.5)
    assert today.arrivals["spb"].calls == pytest.approx([4.5] * SLOTS) and today.arrivals["spb"].every_min == 30
    busyness = today.arrivals["moscow"].busyness
    assert busyness is not None and busyness.cv == 0.05, "the morning is over: less is left to chance"


def test_a_recorded_day_is_no_expectation(flow: Flow, day: Scenario) -> None:
    recorded = day.replace(arrivals={"moscow": {"trunk": "moscow", "recorded": {"at_s": (10.0,)}}})
    with pytest.raises(ScenarioError, match="recorded calls are no expectation"):
        of_today(recorded, flow, rest(1.0))


def test_help_comes_from_now_on_and_keeps_the_target_on_days_that_the_search_has_not_seen(
    flow: Flow, day: Scenario
) -> None:
    """Half as many calls again, 70 % in 20 s, ten days, the scenario's seed: `planned` misses most half hours, and relief few."""
    found = relief(flow, of_today(day, flow, rest(1.5)), NOW_S, Targets(service_level=0.7), reps=10)
    assert found.hours > 2 and (found.members["from"].dt.hour >= 14).all()
    open_ = found.service[found.service["offered"] > 3]
    assert (open_["interval"].dt.hour >= 14).all() and open_["missed"].mean() > 0.5
    assert open_["missed_then"].mean() < 0.2
    assert open_["service_level_then"].mean() > open_["service_level"].mean() + 0.1
    again = pbxsim.simulate(found.flow, found.scenario, 10, processes=1, keep_records=False).day("service_level", 5200)
    assert again["mean"].iloc[28:42].mean() > 0.7


def test_a_quiet_day_needs_nobody(flow: Flow, day: Scenario) -> None:
    found = relief(flow, of_today(day, flow, rest(0.3)), NOW_S, Targets(service_level=0.5), reps=5)
    assert found.is_enough and not len(found.members) and found.hours == 0


def test_who_may_stay_come_earlier_or_come(day: Scenario) -> None:
    planned = day.replace(
        shifts=[
            {"members": [100], "from": "08:00", "to": "16:00"},
            {"members": [101], "from": "18:00", "to": "22:00"},
            {"members": [102], "from": "12:00", "to": "20:00"},
            {"members": [103], "from": "06:00", "to": "10:00"},
        ],
        absent=[104],
    )
    found = who(planned, (100, 101, 102, 103, 104, 105), 16 * 3600, 17 * 3600)
    assert found == {"stay": (100,), "come_earlier": (101,), "come": (104,)}


def test_what_is_no_morning_is_refused(flow: Flow, day: Scenario) -> None:
    with pytest.raises(ScenarioError, match="no full interval"):
        relief(flow, day, 24 * 3600, Targets(service_level=0.7))
    with pytest.raises(ValueError, match="occupancy"):
        relief(flow, day, NOW_S, Targets(occupancy=0.8))
    stay = {
        "arrived_at": [pd.Timestamp("2026-11-23 10:00")],
        "queue": ["5200"],
        "wait_s": [1.0],
        "outcome": ["answered"],
    }
    log = c.Log(c.tidy(pd.DataFrame(stay), "UTC"), c.no_staff(), Losses("one call"))
    with pytest.raises(ValueError, match="both the flow and the scenario"):
        intraday(log, flow=flow)
    with pytest.raises(ValueError, match="20 calls"):
        pbxsim.intraday(log, "12:00")
