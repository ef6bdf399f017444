"""The twin over many days: its bands hold eight of ten half-hours, and its own scenario is hardly ever flagged."""

from __future__ import annotations

import pytest

from pbxsim.twin import backtest
from tests.pbxsim.worlds import example

pytestmark = pytest.mark.nightly


def test_the_band_of_waits_an_hour_ahead_holds_70_to_90_percent_of_half_hours() -> None:
    """Ten days of the example (numbers 100 to 109 of seed 1), looks from 9:00 to 20:00, 99 replications of seed 1000004."""
    flow, scenario = example()
    judged = backtest.judge(flow, scenario, range(100, 110), 9.0, 20.0, 99)
    assert len(judged) > 200
    assert 0.7 <= backtest.share_held(judged) <= 0.9


def test_a_hundred_days_of_the_scenario_itself_are_flagged_at_most_five_times() -> None:
    flow, scenario = example()
    flagged = 0
    for day in range(400, 500):
        observer = backtest.watched_day(flow, scenario, day, 0.5, 23.5, every_s=600).observer
        flagged += any(one.flagged for one in observer.drift())
    assert flagged <= 8  # 5 expected at most; 8 is exceeded with a probability of 6 % if it were so many
