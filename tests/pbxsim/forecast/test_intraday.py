"""The rest of the day on made days whose levels and shapes are known: what the morning says, and how often ranges hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pbxsim.forecast import intraday
from pbxsim.forecast.calendars import Calendar, Floats
from pbxsim.forecast.intraday import SLOTS, Counted, Evenings, Variation

SHAPE = np.concatenate([np.zeros(16), np.full(20, 1 / 20), np.zeros(12)])
"""Calls come from 8 to 18 o'clock, as many in each half hour."""
NOWHERE = Calendar()


def made(
    days: int, day_cv: float = 0.0, near_cv: float = 0.0, fading: float = 0.7, calls: float = 1000, seed: int = 1
) -> Evenings:
    """Days of two kinds, the first three times as frequent, that were expected alike and differ by known parts."""
    rng = np.random.default_rng(seed)
    expected = np.array([0.75, 0.25])[:, None] * SHAPE * calls
    came = np.zeros((days, 2, SLOTS))
    for n in range(days):
        near = np.zeros(SLOTS)
        for s in range(1, SLOTS):
            near[s] = fading * near[s - 1] + np.sqrt(1 - fading**2) * rng.normal(0, near_cv)
        level = max(0.1, 1 + rng.normal(0, day_cv))
        came[n] = rng.poisson(np.maximum(0.0, expected * (level + near)))
    return Evenings(pd.date_range("2025-01-06", periods=days), came, np.broadcast_to(expected, came.shape).copy())


def test_parts_of_the_day_and_of_the_interval_are_told_apart() -> None:
    """300 days of a thousand calls: standard deviations are found within a fifth."""
    found = intraday.learn(made(300, day_cv=0.2, near_cv=0.2, fading=0.7))
    assert found is not None
    assert np.sqrt(found.day) == pytest.approx(0.2, rel=0.2)
    assert np.sqrt(found.interval) == pytest.approx(0.2, rel=0.25)
    assert 0.5 <= found.fading <= 0.85
    assert (found.kinds < 0.003).all(), "both kinds move together"


def test_days_of_chance_alone_leave_the_forecast_as_it_was() -> None:
    known = made(200)
    variation = intraday.learn(known)
    assert variation is not None
    seen = known.expected[0] * 1.2
    rest = intraday.corrected(known.expected[0], seen, 26, variation)
    assert rest.sum() == pytest.approx(known.expected[0][:, 26:].sum(), rel=0.03)


def test_a_day_that_keeps_its_level_is_scaled_as_far_as_the_morning_is_sure() -> None:
    """Only a part of the day varies: the predictor is the mean of a gamma posterior, 1 + d n / (1 / v + n) for d more calls."""
    expected = np.array([0.75, 0.25])[:, None] * SHAPE * 1000
    seen, slot, variance = expected * 1.3, 26, 0.04
    rest = intraday.corrected(expected, seen, slot, Variation(variance, 0.0, 0.0, np.zeros(2)))
    morning = expected[:, :slot].sum()
    assert rest.sum() / expected[:, slot:].sum() == pytest.approx(
        1 + 0.3 * morning / (1 / variance + morning), rel=1e-3
    )


def test_what_fades_is_forgotten_by_the_evening() -> None:
    expected = np.array([0.75, 0.25])[:, None] * SHAPE * 1000
    rest = intraday.corrected(expected, expected * 1.5, 26, Variation(0.0, 0.04, 0.6, np.zeros(2)))
    factor = rest.sum(axis=0)[:10] / expected[:, 26:36].sum(axis=0)
    assert (np.diff(factor) < 0).all() and factor[0] > 1.15 and factor[-1] < 1.01


def test_a_kind_that_alone_has_more_calls_is_followed_and_the_sum_stays() -> None:
    expected = np.array([0.75, 0.25])[:, None] * SHAPE * 1000
    seen = expected * np.array([1.0, 2.0])[:, None]
    alike = intraday.corrected(expected, seen, 26, Variation(0.04, 0.0, 0.0, np.zeros(2)))
    apart = intraday.corrected(expected, seen, 26, Variation(0.04, 0.0, 0.0, np.full(2, 0.1)))
    assert apart.sum() == pytest.approx(alike.sum())
    assert alike[1].sum() / alike.sum() == pytest.approx(0.25, rel=1e-3) and 0.35 < apart[1].sum() / apart.sum() < 0.4


def history(weeks: int, seed: int = 1, day_cv: float = 0.2) -> Counted:
    """Days of an office that is closed at weekends."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-01-06", periods=7 * weeks)
    usual = np.array([0.75, 0.25])[:, None] * SHAPE * 600
    calls = [rng.poisson(usual * rng.gamma(1 / day_cv**2, day_cv**2) * (day.day_of_week < 5)) for day in days]
    return Counted(days, ("first", "second"), np.asarray(calls, dtype=float))


def test_mornings_bring_the_forecast_nearer_and_ranges_hold_eight_days_of_ten() -> None:
    """18 weeks, seed 1, about 55 judged days: errors at 14 o'clock fall by a third at least; ranges hold 65 to 90 %."""
    judged = intraday.rolling(history(18), NOWHERE, (10, 14))
    at = {hour: mine for hour, mine in judged.groupby("hour")}
    assert len(at[14]) > 50
    off = {
        hour: {one: float((mine[one] - mine["calls"]).abs().sum()) for one in ("unchanged", "intraday")}
        for hour, mine in at.items()
    }
    assert off[14]["intraday"] < 0.67 * off[14]["unchanged"] and off[10]["intraday"] < off[10]["unchanged"]
    assert 0.65 < judged["within"].mean() < 0.9


def test_a_day_is_forecast_from_what_came_before_now_alone() -> None:
    past, day = history(14), pd.Timestamp("2025-04-14")
    seen: Floats = past.calls[-7] * 1.0
    first = intraday.rest_of_day(past, day, seen, 24, NOWHERE)
    later = seen.copy()
    later[:, 24:] += 100
    assert intraday.rest_of_day(past, day, later, 24, NOWHERE).whole == first.whole
    assert first.whole["p10"] < first.whole["calls"] < first.whole["p90"]
    assert first.by_kind["calls"].sum() == pytest.approx(first.whole["calls"])
    assert first.by_interval["calls"].sum() == pytest.approx(first.whole["calls"])
    assert first.factors("first")[24:36] == pytest.approx(first.calls[0, :12] / first.unchanged[0, 24:36])
    with pytest.raises(ValueError, match="no Sunday"):
        intraday.rest_of_day(past, pd.Timestamp("2025-04-20"), seen, 24, NOWHERE)


def test_with_few_days_the_evening_before_stands() -> None:
    past = history(5)
    found = intraday.rest_of_day(past, pd.Timestamp("2025-02-10"), past.calls[0] * 2, 24, NOWHERE)
    assert found.learned_from_days == 0 and "p10" not in found.whole
    assert found.whole["calls"] == found.whole["unchanged"]
