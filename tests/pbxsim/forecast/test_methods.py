"""Methods on made days whose course is known: levels, steps, holidays, broken days; and what a rolling backtest may know."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsim.calibrate import arrivals
from pbxsim.forecast import calendar_model, methods, rolling
from pbxsim.forecast.calendars import EFFECTS, Calendar, Floats

FIRST = pd.Timestamp("2025-01-06")
NOWHERE = Calendar()
GOOD_FRIDAY = pd.Timestamp("2025-04-18")


def made(weeks: int, usual: tuple[float, ...] = (1200, 1000, 1000, 1000, 900, 300, 0), seed: int = 1) -> pd.Series:
    """Poisson days of an office that is closed on Sundays."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(FIRST, periods=7 * weeks)
    return pd.Series([float(rng.poisson(usual[day.day_of_week])) for day in days], index=days)


def next_week(history: pd.Series) -> pd.DatetimeIndex:
    return pd.date_range(history.index[-1] + pd.Timedelta(days=1), periods=7)


@pytest.mark.parametrize("method", methods.METHODS, ids=lambda method: method.name)
def test_every_method_knows_weekdays_and_that_sundays_are_closed(method: methods.Method) -> None:
    history = made(12)
    fitted = method.fit(history[history >= 20], NOWHERE)
    found = fitted.expected(next_week(history))
    travelled = pickle.loads(pickle.dumps(fitted)).expected(next_week(history))
    assert travelled.tolist() == found.tolist(), "days are judged in other processes"
    assert found[:6] == pytest.approx([1200, 1000, 1000, 1000, 900, 300], rel=0.12)
    assert found[6] == 0


@pytest.mark.parametrize("method", [methods.SMOOTHING, methods.USUAL], ids=lambda method: method.name)
def test_a_level_that_rose_is_followed(method: methods.Method) -> None:
    history = made(16)
    history.iloc[-35:] *= 1.3
    expected = method.fit(history[history >= 20], NOWHERE).expected(next_week(history))
    assert expected[:5].sum() == pytest.approx(1.3 * 5100, rel=0.1)


@pytest.mark.parametrize("before, after", [(300, 600), (600, 250), (2000, 1400)])
@pytest.mark.parametrize("weekday", [0, 5])
def test_a_weekday_that_changed_for_good_is_learned_and_the_others_stay(weekday: int, before: int, after: int) -> None:
    """After fourteen weeks, as `saturday_doubles` in the field: the old forecast said 300 where 600 came."""
    usual = [2000.0, 2000, 2000, 2000, 2000, 1500, 0]
    old, new = usual.copy(), usual.copy()
    old[weekday], new[weekday] = before, after
    history = pd.concat([made(40, tuple(old)), made(14, tuple(new), 2).set_axis(made(54).index[280:])])
    found = calendar_model.fit(history, NOWHERE, 30.0)
    assert list(found.steps) == [weekday]
    assert abs((pd.Timestamp(found.steps[weekday]) - (FIRST + pd.Timedelta(days=280))).days) <= 14
    expected = methods.CalendarModel().fit(history, NOWHERE).expected(next_week(history))
    new[weekday] = after
    assert expected == pytest.approx(new, rel=0.06)


def test_chance_alone_makes_no_step() -> None:
    found = [calendar_model.fit(made(52, seed=seed), NOWHERE, 30.0).steps for seed in range(40)]
    assert sum(map(bool, found)) <= 1, "of 240 weekdays"


def test_the_arrivals_of_a_scenario_know_the_step_too() -> None:
    rng, rows = np.random.default_rng(1), []
    for number, day in enumerate(pd.date_range(FIRST, periods=54 * 7)):
        if day.day_of_week < 6:
            calls = rng.poisson((300 if number < 280 else 600) if day.day_of_week == 5 else 900)
            rows.append(pd.DataFrame({"day": day, "t": np.sort(rng.uniform(9 * 3600, 18 * 3600, calls)), "kind": "q"}))
    found = arrivals.fit(pd.concat(rows, ignore_index=True))
    saturday = pd.Timestamp("2026-01-24").date()
    assert sum(float(calls.sum()) for calls in found.rates(saturday).values()) == pytest.approx(600, rel=0.05)


def test_one_broken_day_does_not_rule_its_weekday() -> None:
    history = made(12)
    history.iloc[-6] = 40.0  # the last Tuesday
    expected = methods.USUAL.fit(history[history >= 20], NOWHERE).expected(next_week(history))
    assert expected[1] == pytest.approx(1000, rel=0.1)
    naive = methods.LikeWeekdays(1).fit(history[history >= 20], NOWHERE).expected(next_week(history))
    assert naive[1] == 40.0


@pytest.mark.parametrize("noise", [0.08, 0.15, 0.25])
def test_a_last_day_that_was_odd_by_chance_moves_the_forecast_little(noise: float) -> None:
    """By less than a sixth of what the day was off."""
    moved = []
    for seed in range(6):
        history = made(40)[:-2]
        history *= np.exp(np.random.default_rng(seed).normal(0, noise, len(history)))
        history = history[history >= 20]
        low, usual = history.copy(), history.copy()
        usual.iloc[-1] = 900.0
        low.iloc[-1] = 900.0 * np.exp(-2 * noise)
        monday = pd.DatetimeIndex([history.index[-1] + pd.Timedelta(days=3)])
        said = [methods.USUAL.fit(one, NOWHERE).expected(monday)[0] for one in (low, usual)]
        moved.append(float(np.log(said[1] / said[0])))
    assert np.mean(moved) < 0.32 * noise, moved


def busy_in_a_row(share: float, weeks: int, seed: int, noise: float = 0.15) -> pd.Series:
    """Days whose surprises follow an autoregression of this coefficient."""
    history, rng, level = made(weeks), np.random.default_rng(seed), 0.0
    for n in np.flatnonzero(history >= 20):
        level = share * level + float(rng.normal(0, noise * (1 - share**2) ** 0.5))
        history.iloc[n] *= np.exp(level)
    return history[history >= 20]


@pytest.mark.parametrize("share", [0.0, 0.4, 0.8])
def test_how_much_of_a_surprise_the_next_day_has_is_learned(share: float) -> None:
    found = [methods.CALENDAR_AR1.fit(busy_in_a_row(share, 40, seed), NOWHERE).share for seed in range(4)]
    assert np.mean(found) == pytest.approx(share, abs=0.2), found
    early = [methods.CALENDAR_AR1.fit(busy_in_a_row(share, 6, seed), NOWHERE).share for seed in range(4)]
    usual = methods.CARRIED_USUALLY
    assert abs(np.mean(early) - usual) < abs(np.mean(found) - usual) + 0.1, "a short log says what is usual"


def test_a_surprise_fades_with_each_worked_day_and_an_odd_day_is_none() -> None:
    history = busy_in_a_row(0.8, 40, 5)[:-1]  # the last day is a Friday
    fitted = methods.CALENDAR_AR1.fit(history, NOWHERE)
    days = next_week(history)
    carried = np.log(fitted.expected(days)[[0, 2, 3, 4]] / fitted.model.expected(days)[[0, 2, 3, 4]])
    steps = np.array([1, 2, 3, 4]) if fitted.model.worked >= {5} else np.array([1, 1, 2, 3])
    assert carried == pytest.approx(fitted.surprise * fitted.share**steps) and abs(carried[0]) > 0.005
    history.iloc[-1] /= 4
    odd = methods.CALENDAR_AR1.fit(history, NOWHERE)
    assert odd.surprise == 0 and odd.expected(days) == pytest.approx(odd.model.expected(days))


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_what_the_last_day_says_of_the_next_helps_where_days_are_alike_and_costs_little_where_not(share: float) -> None:
    off = np.zeros(2)
    for seed in range(3):
        history = busy_in_a_row(share, 26, seed)
        judged = rolling.rolling(history, NOWHERE, "day", [methods.CalendarModel(), methods.USUAL], last_days=40)
        off += rolling.errors(judged).to_numpy()
    assert off[1] < (1.04 if share == 0.0 else 0.97) * off[0], off


@pytest.mark.parametrize("weeks", [7, 20])
def test_the_combination_is_the_mean_of_its_parts_fitted_together_or_alone(weeks: int) -> None:
    """The smoothing that follows the last day speaks of the next one alone, and from eight weeks on."""
    history = busy_in_a_row(0.6, weeks, 3)
    days = next_week(history)
    fits = rolling.Fits()
    parts = [fits.of(one, history, NOWHERE).expected(days) for one in (methods.CALENDAR_MODEL, methods.CALENDAR_AR1)]
    shared = fits.of(methods.USUAL, history, NOWHERE).expected(days)
    assert np.array_equal(shared, methods.USUAL.fit(history, NOWHERE).expected(days))
    fitted = methods.USUAL.fit(history, NOWHERE)
    first = int(np.flatnonzero(days == fitted.next_day)[0])
    mean = (parts[0] + parts[1]) / 2
    assert shared[first + 1 :] == pytest.approx(mean[first + 1 :])
    if weeks < 8:
        assert fitted.quick is None and shared == pytest.approx(mean)
    else:
        assert fitted.quick is not None
        third = fitted.quick.expected(days[first : first + 1])[0]
        assert shared[first] == pytest.approx((parts[0][first] + parts[1][first] + third) / 3)


def test_one_noisy_eve_makes_no_rule_and_four_like_it_do() -> None:
    """Days vary by a quarter: an eve that was half its weekday once is no evidence, each eve of two years is."""
    history = made(100) * np.exp(np.random.default_rng(3).normal(0, 0.25, 700))
    german = Calendar("DE")
    weekdays = calendar_model.worked_weekdays(history[history >= 20])
    eves = [
        day
        for day, yes in zip(
            history.index, german.effects(history.index, weekdays)[:, EFFECTS.index("eve")], strict=True
        )
        if yes
    ]
    once, always = history.copy(), history.copy()
    once[eves[-1]] *= 0.5
    always[eves] *= 0.5
    plain, one, all_ = (
        calendar_model.fit(given_[given_ >= 20], german, 30.0).effects[EFFECTS.index("eve")]
        for given_ in (history, once, always)
    )
    assert abs(one - plain) < 0.15 and all_ - plain < -0.35


def test_the_calendar_tells_days_unlike_others() -> None:
    easter = pd.date_range("2025-04-17", "2025-04-22")  # Thursday to Tuesday; Good Friday and Easter Monday
    found = Calendar("DE").effects(easter, {0, 1, 2, 3, 4})
    told = {
        str(day.date()): {name for name, yes in zip(EFFECTS, row, strict=True) if yes}
        for day, row in zip(easter, found, strict=True)
    }
    assert told == {
        "2025-04-17": {"eve"}, "2025-04-18": {"holiday"}, "2025-04-19": set(), "2025-04-20": set(), "2025-04-21": {"holiday"},
        "2025-04-22": {"after"},
    }  # fmt: skip
    bridge = Calendar("DE").effects(pd.DatetimeIndex(["2025-05-02", "2025-05-30"]), {0, 1, 2, 3, 4})
    assert bridge[:, EFFECTS.index("bridge")].all()


def test_a_holiday_is_known_by_its_name_once_it_was_seen() -> None:
    history = made(60)
    german = Calendar("DE")
    for day in history.index:
        if german.holiday(day.date()):
            history[day] *= 0.8 if day == GOOD_FRIDAY else 0.25  # one that is no day off for these callers
    found = calendar_model.fit(history[history >= 20], german, 30.0)
    friday, other = pd.DatetimeIndex(["2026-04-03", "2026-05-01"])
    usual = 900.0
    assert found.expected(pd.DatetimeIndex([friday]))[0] > 1.3 * found.expected(pd.DatetimeIndex([other]))[0]
    assert found.expected(pd.DatetimeIndex([friday]))[0] < usual


@dataclasses.dataclass(frozen=True)
class Heard:
    """What a method said, and when it was asked."""

    inner: methods.Fitted
    last: pd.Timestamp
    asked: list[tuple[pd.Timestamp, pd.Timestamp]]

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        self.asked.append((self.last, days[0]))
        return self.inner.expected(days)


@dataclasses.dataclass(frozen=True)
class Listening(methods.LikeWeekdays):
    """Remembers the last day it was told and the day it was asked for."""

    weeks: int = 1
    asked: list[tuple[pd.Timestamp, pd.Timestamp]] = dataclasses.field(default_factory=list)

    def fit(self, history: pd.Series, calendar: Calendar) -> methods.Fitted:
        return Heard(super().fit(history, calendar), history.index[-1], self.asked)


@pytest.mark.parametrize("horizon", rolling.DAYS)
def test_a_day_is_judged_by_what_came_before_alone(horizon: rolling.Horizon) -> None:
    listening = Listening()
    rolling.rolling(made(12), NOWHERE, horizon, [listening])
    assert listening.asked and all((day - last).days >= rolling.DAYS[horizon] for last, day in listening.asked)


def test_errors_are_shares_of_calls_and_the_best_is_chosen() -> None:
    history = made(12)
    history *= np.linspace(1, 2, len(history))
    judged = rolling.rolling(history, NOWHERE, "day", methods.METHODS, last_days=24)
    assert len(judged) == 24
    one = judged.iloc[:1]
    assert rolling.errors(one)["last like weekday"] == pytest.approx(
        100 * abs(one["last like weekday"].iloc[0] - one["calls"].iloc[0]) / one["calls"].iloc[0]
    )
    found = rolling.best(judged)
    assert rolling.errors(judged)[found.name] == rolling.errors(judged).min() and found.name not in methods.NAIVE
    assert rolling.best(judged.head(5)) is methods.USUAL
    assert set(rolling.errors_by_month(judged).columns) == {method.name for method in methods.METHODS}


def test_another_method_is_taken_only_where_it_is_clearly_nearer() -> None:
    """Of two methods that are off alike the better of four weeks is so by chance."""
    other, rng, taken = methods.LikeWeekdays(4), np.random.default_rng(7), 0
    for _ in range(100):
        table = pd.DataFrame({"calls": np.full(28, 1000.0)})
        for method in methods.METHODS:
            table[method.name] = 1000 + rng.normal(0, 100, 28)
        taken += rolling.settled(table) != methods.USUAL
    assert taken <= 25, "of the best of eight alike"
    table[other.name] = 1000 + rng.normal(0, 10, 28)
    assert rolling.settled(table) == other
    assert rolling.settled(table.head(10)) == methods.USUAL


def test_a_quick_level_counts_less_the_longer_ahead_a_day_is() -> None:
    """The level of this log goes up and down from day to day by chance that lasts for two or three days."""
    history, level = made(40), 0.0
    rng = np.random.default_rng(4)
    for n in range(len(history)):
        level = 0.7 * level + float(rng.normal(0, 0.12))
        history.iloc[n] *= np.exp(level)
    quick, slow = (calendar_model.fit(history[history >= 20], NOWHERE, days) for days in (2.0, 30.0))
    day, week, month = (calendar_model.weights((quick, slow), ahead)[0] for ahead in calendar_model.AHEAD_DAYS)
    assert day > 0.75 and week < day - 0.2 and month < day - 0.15


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=80), st.sampled_from([None, "DE", "RU", "IL", "NL"]))
def test_any_course_of_days_gives_figures_or_a_reason(calls: list[int], country: str | None) -> None:
    history = pd.Series(np.array(calls, dtype=float), index=pd.date_range(FIRST, periods=len(calls)))
    try:
        found = methods.USUAL.fit(history, Calendar(country)).expected(next_week(history))
    except ValueError as error:
        assert max(calls) < 20 and "worked" in str(error)
        return
    assert np.isfinite(found).all() and (found >= 0).all() and found.max() < 100 * max(calls)


@pytest.mark.parametrize(
    "week",
    [[40] * 7, [40, 40, 40, 40, 40, 25, 25], [40, 41, 40, 41, 40, 0, 0], [50, 0, 0, 0, 0, 0, 0], [10_000] * 5 + [0, 0]],
    ids=["alike", "weekend", "alternating", "one day", "many"],
)
def test_a_log_without_chance_is_forecast_by_every_method(week: list[int]) -> None:
    """Where every Monday is as the last one there is nothing to estimate a variance from, and the forecast is plain."""
    days = pd.date_range("2025-01-06", periods=84)
    history = pd.Series([float(week[day.day_of_week]) for day in days], index=days)
    history = history[history > 0]
    after = pd.date_range(days[-1] + pd.Timedelta(days=1), periods=7)
    worked = np.array(week) > 0
    for method in methods.METHODS:
        found = method.fit(history, Calendar(None)).expected(after)
        assert np.isfinite(found[worked]).all(), method.name
        assert found[worked] == pytest.approx(np.array(week, dtype=float)[worked], rel=0.1), method.name
