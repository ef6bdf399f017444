"""Talk and shares by day, and ranges of half hours, on made days whose course is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pbxsim.calibrate import arrivals, handling
from pbxsim.forecast import averages, quantiles

FIRST = pd.Timestamp("2025-01-06")


def test_a_talk_that_became_longer_is_followed_with_its_range() -> None:
    rng = np.random.default_rng(2)
    days = pd.date_range(FIRST, periods=100)
    talk = pd.Series(np.where(np.arange(100) < 60, 180.0, 240.0) * np.exp(rng.normal(0, 0.03, 100)), index=days)
    told = averages.ahead(talk, pd.date_range(days[-1] + pd.Timedelta(days=1), periods=3))
    assert told["expected"].to_numpy() == pytest.approx([240.0] * 3, rel=0.05)
    assert (told["p10"] < told["expected"]).all() and (told["expected"] < told["p90"]).all()


def test_a_weekday_that_was_never_worked_has_the_talk_of_the_others() -> None:
    days = pd.date_range(FIRST, periods=84)
    talk = pd.Series(60.0, index=days[days.day_of_week < 5])
    told = averages.ahead(talk, pd.date_range(days[-1] + pd.Timedelta(days=1), periods=7))
    assert told["expected"].to_numpy() == pytest.approx([60.0] * 7) and (told["p10"] < 60).all()


def test_nothing_known_tells_nothing() -> None:
    assert averages.ahead(pd.Series(dtype=float), pd.date_range(FIRST, periods=2)).empty


@pytest.mark.parametrize("mean, variance", [(3.0, 0.05), (20.0, 0.02), (100.0, 0.04), (8.0, 0.0)])
def test_four_of_five_counts_lie_between_the_quantiles(mean: float, variance: float) -> None:
    rng = np.random.default_rng(1)
    factor = rng.gamma(1 / variance, variance, 20_000) if variance else np.ones(20_000)
    counts = rng.poisson(mean * factor)
    limits = quantiles.of_counts(np.array([mean]), variance)
    assert 0.78 <= ((limits["p10"] <= counts) & (counts <= limits["p90"])).mean() <= 0.93  # whole numbers hold more
    assert (counts < limits["p10"]).mean() <= 0.105 and (counts > limits["p90"]).mean() <= 0.105


def test_half_hours_are_wider_than_their_share_of_the_day() -> None:
    rng, rows = np.random.default_rng(1), []
    for day in pd.date_range(FIRST, periods=63):
        rows.append(pd.DataFrame({"day": day, "t": np.sort(rng.uniform(9 * 3600, 18 * 3600, 360)), "kind": "q"}))
    found = arrivals.fit(pd.concat(rows, ignore_index=True))
    date = FIRST + pd.Timedelta(days=64)
    day = pd.DataFrame({"calls": [360.0], "p10": [330.0], "p90": [390.0]}, index=[date])
    told = arrivals.by_interval(found, day)
    assert told["calls"].sum() == pytest.approx(360, abs=0.1)
    assert ((told["p90"] - told["p10"]) / told["calls"]).min() > 0.4  # twenty calls, by chance alone


def test_pauses_are_a_share_of_the_time_signed_in() -> None:
    nine = FIRST.tz_localize("UTC") + pd.Timedelta(hours=9)
    events = [(0, "in"), (2, "pause"), (3, "unpause"), (8, "out")]
    staff = pd.DataFrame(
        [{"at": nine + pd.Timedelta(hours=h), "agent": "a", "queue": None, "event": event} for h, event in events]
    )
    assert handling.not_ready(staff, pd.DatetimeIndex([FIRST])).iloc[0] == pytest.approx(1 / 8)


def test_a_weekday_whose_talks_are_longer_is_told_apart_from_the_level() -> None:
    rng = np.random.default_rng(3)
    days = pd.date_range(FIRST, periods=140)
    talk = pd.Series(np.where(days.day_of_week == 5, 150.0, 240.0) * np.exp(rng.normal(0, 0.05, 140)), index=days)
    told = averages.ahead(talk, pd.date_range(days[-1] + pd.Timedelta(days=1), periods=7))
    assert set(told["method"]) == {"level with weekdays"}
    assert told["expected"].to_numpy() == pytest.approx([240.0] * 5 + [150.0, 240.0], rel=0.08)


def test_one_odd_day_makes_no_weekday() -> None:
    days = pd.date_range(FIRST, periods=21)
    talk = pd.Series(240.0, index=days)
    talk.iloc[12] = 80.0  # a Saturday
    told = averages.next_day(talk, days[-1] + pd.Timedelta(days=5))
    assert 180 < told < 240 and averages.next_day(talk, days[-1] + pd.Timedelta(days=1)) == pytest.approx(240, rel=0.08)


def test_the_next_day_of_nothing_is_no_change() -> None:
    assert averages.next_day(pd.Series(dtype=float), FIRST) == 1.0
