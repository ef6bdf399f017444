"""The model of daily volumes: weekday, level, calendar, own days, each as a factor; recent weeks weigh more, odd days less.

The logarithm of a day's calls is a weekday's value, plus effects of the calendar (`calendars.EFFECTS`, each holiday by its
name as far as the log tells, and the season of the year where two years are known), plus a level that moves slowly. Effects
are estimated by ridge regression around what is usual in call centres: a holiday without a past day of its kind is taken for
a third of the usual calls, the first day after one for a sixth more; how many days weigh as much as what is usual grows with
the spread of days, so that one noisy day makes no rule. A special day of one's own (`own_days.py`) is usually a day like
others: its name has the effect that past days of this name show, drawn to none where they are few; a closed one has no calls.
Observations are weighted by age and, as one broken day must not rule its weekday for months, days that the calendar says
nothing of by Huber's weights of their residuals (Huber 1981, section 7). The level is a mean of residuals with exponentially
falling weights. Several half-lives are used and their forecasts averaged, since averages of forecasts err less than the best
of them chosen beforehand (Bates and Granger 1969); each weighs by how far it missed the days of the log, known as long before
them as it will be: a quick level, which follows a single odd day, counts where quick levels were right.

A weekday that has changed for good (it doubled since a second shift came) is learned: where the likelihood of one weekday's
residuals says that a step is beyond doubt and four weeks of it are known, what was before the step is left out.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.forecast.calendars import EFFECTS, Calendar, Floats

LEVEL_HALF_LIVES_DAYS: Final = (2.0, 30.0)
WEEKDAY_HALF_LIFE_DAYS: Final = 90.0
HOLIDAY_HALF_LIFE_DAYS: Final = 730.0
"""Of days that the calendar marks: they come once a year."""
USUAL: Final = {"holiday": -1.2, "eve": 0.0, "after": 0.15, "bridge": -0.2, "month begins": 0.0, "month ends": 0.0}
"""Logarithms of the effects where no day of the log tells."""
STIFFNESS: Final = {"holiday": 1.0, "eve": 3.0, "after": 2.0, "bridge": 2.0, "month begins": 8.0, "month ends": 8.0}
"""How many days of the log weigh as much as what is usual."""
VARIES: Final = {"holiday": 1.2, "eve": 0.2, "after": 0.2, "bridge": 0.3, "month begins": 0.1, "month ends": 0.1}
"""Standard deviation of the effects from one call centre to the next. Where days differ more from each other than that, one
special day is no evidence: what is usual then weighs as many days as the variance of days is of this variance."""
NAME_VARIES: Final = 0.8
"""The same of what a holiday's name adds."""
NAME_STIFFNESS: Final = 1.0
OWN_VARIES: Final = 0.5
"""Standard deviation of the effects of own days from one name to the next."""
OWN_STIFFNESS: Final = 0.5
SEASON_STIFFNESS: Final = 3.0
SEASON_WAVES: Final = 3
SEASON_FROM_DAYS: Final = 550
MARKED: Final = 4
"""The first columns of the effects mark single days, to which Huber's weights do not belong: they are few, and odd by nature."""
HUBER: Final = 2.0
"""Residuals beyond so many standard deviations weigh less."""
ROUNDS: Final = 6
LEVEL_STIFFNESS: Final = 0.5
SPREAD_BEFORE: Final = 0.1
"""Of days around the model, before any was looked at."""
FIRST_DAYS: Final = 40.0
"""Days of the log by which levels are not yet told apart: they count alike."""
EVIDENCE_DAYS: Final = 12.0
"""Further days that count as one when levels are weighed by how far they missed them. Two would be right if days said
something of the level each by itself; they do not."""
WORKED_SHARE: Final = 0.25
"""A weekday with less than this share of the busiest one's calls is not one usually worked, as holidays before it go."""
FEWEST_CALLS: Final = 20
AHEAD_DAYS: Final = (1, 7, 28)
"""How long before a day its level is known, when levels are judged: a quick one that is right for the next day may be chance
for a day of the next week."""
STEP_WEEKS: Final = 4
STEP_DOUBT: Final = 25.0
"""Twice the logarithm of the likelihood ratio from which a step of a weekday is beyond doubt. A chance step of one weekday in a
year of 52 looks reaches 12 in one of a hundred."""
STEP_LEAST: Final = 0.15
"""Smaller steps are left to the level."""

Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class FittedCalendar:
    """The model after a log: what it expects of any day."""

    calendar: Calendar
    worked: frozenset[int]
    last_day: datetime.date
    weekdays: Floats
    """Logarithm of each weekday's calls at level 0, Monday first; NaN for weekdays that were never seen."""
    effects: Floats
    names: dict[str, float]
    """What a holiday of this name adds to the effect of holidays."""
    own: dict[str, float]
    """Effect of an own day of this name, a logarithm; without a past day it has none."""
    waves: Floats
    """Of the season of the year; empty without one."""
    level: float
    spread: float
    """Standard deviation of the logarithm of a day around the model, in the log it was fitted on, odd days weighing less."""
    off: tuple[float, ...]
    """Mean square, of logarithms, by which the level known so many days before, each of `AHEAD_DAYS`, missed the days of the
    log."""
    learned_days: float
    """Days of the log, old and odd ones counting less."""
    steps: dict[int, datetime.date]
    """Weekdays that changed for good, and since when."""

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """Expected calls of each day; 0 for weekdays that the log does not have and for closed days."""
        found = self.weekdays[days.day_of_week] + self.calendar.effects(days, self.worked) @ self.effects + self.level
        found += np.array([self.names.get(self.calendar.holiday(day.date()), 0.0) for day in days])
        found += np.array([self.own.get(self.calendar.own.name(day.date()), 0.0) for day in days])
        if self.waves.size:
            found += _waves(days) @ self.waves
        calls: Floats = np.nan_to_num(np.exp(found), nan=0.0)
        return np.where([self.calendar.own.is_closed(day.date()) for day in days], 0.0, calls)


def fit(history: pd.Series, calendar: Calendar, level_half_life_days: float) -> FittedCalendar:
    """Fit the model on calls a day, by day. Raises ValueError where no day has calls enough."""
    history = worked_days(history, calendar)
    if history.empty:
        raise ValueError(f"no day has {FEWEST_CALLS} calls: a forecast needs days that were worked")
    days = pd.DatetimeIndex(history.index)
    worked = worked_weekdays(history)
    weekday = days.day_of_week.to_numpy()
    effects = calendar.effects(days, worked)
    usual = np.array([USUAL[name] for name in EFFECTS])
    known = [calendar.holiday(day.date()) for day in days]
    names = sorted(set(known) - {""})
    named = _named(known, names)
    called = [calendar.own.name(day.date()) for day in days]
    own_names = sorted(set(called) - {""})
    span_days = (days[-1] - days[0]).days
    waves = _waves(days) if span_days >= SEASON_FROM_DAYS else np.zeros((len(days), 0))
    own = (weekday[:, None] == np.arange(7)).astype(float)
    columns = np.hstack([own, effects, named, _named(called, own_names), waves])
    stiffness = np.concatenate(
        [
            np.full(7, 1e-3),
            [STIFFNESS[name] for name in EFFECTS],
            np.full(len(names), NAME_STIFFNESS),
            np.full(len(own_names), OWN_STIFFNESS),
            np.full(waves.shape[1], SEASON_STIFFNESS),
        ]
    )
    variances = np.concatenate(
        [
            np.full(7, np.inf),
            [VARIES[name] ** 2 for name in EFFECTS],
            np.full(len(names), NAME_VARIES**2),
            np.full(len(own_names), OWN_VARIES**2),
            np.full(waves.shape[1], np.inf),
        ]
    )
    logs = np.log(history.to_numpy(dtype=float)) - effects @ usual
    age = ((days[-1] - days) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    kept, steps = np.ones(len(days), dtype=bool), dict[int, datetime.date]()
    marked: Bools = effects[:, :MARKED].any(axis=1) | np.array([bool(name) for name in called])
    for last in (False, True):
        coefficients, residuals, robust, spread = _regressed(
            columns, logs, age, kept, marked, stiffness, variances, level_half_life_days
        )
        if last:
            break
        kept, steps = _since_steps(days, residuals, robust * kept)
        if not steps:
            break
    weights = 0.5 ** (age / level_half_life_days) * robust * kept
    level = float((weights * residuals).sum() / (weights.sum() + LEVEL_STIFFNESS))
    off = tuple(_off(residuals, robust * kept, age, level_half_life_days, ahead) for ahead in AHEAD_DAYS)
    learned_days = float((robust * kept * 0.5 ** (age / WEEKDAY_HALF_LIFE_DAYS)).sum())
    weekdays = np.where(np.isin(np.arange(7), weekday), coefficients[:7], np.nan)
    at = 7 + len(EFFECTS)
    own_at = at + len(names)
    waves_at = own_at + len(own_names)
    return FittedCalendar(
        calendar=calendar,
        worked=worked,
        last_day=days[-1].date(),
        weekdays=weekdays,
        effects=coefficients[7:at] + usual,
        names=dict(zip(names, coefficients[at:own_at].tolist(), strict=True)),
        own=dict(zip(own_names, coefficients[own_at:waves_at].tolist(), strict=True)),
        waves=coefficients[waves_at:],
        level=level,
        spread=spread,
        off=off,
        learned_days=learned_days,
        steps=steps,
    )


def worked_days(history: pd.Series, calendar: Calendar) -> pd.Series:
    """Days that tell what a worked day is like, in order: with calls enough, and not closed by the calendar."""
    history = history[history >= FEWEST_CALLS].sort_index()
    return history[[not calendar.own.is_closed(day.date()) for day in pd.DatetimeIndex(history.index)]]


def _named(known: Sequence[str], names: Sequence[str]) -> Floats:
    """A row a day, 1.0 in the column of its name."""
    return np.array([[one == name for name in names] for one in known], dtype=float).reshape(len(known), len(names))


def worked_weekdays(history: pd.Series) -> frozenset[int]:
    """Weekdays usually worked, 0 for Monday."""
    usual = history.groupby(pd.DatetimeIndex(history.index).day_of_week).median()
    return frozenset(int(day) for day in usual.index[usual > WORKED_SHARE * usual.max()])


def _regressed(
    columns: Floats,
    logs: Floats,
    age: Floats,
    kept: Bools,
    marked: Bools,
    stiffness: Floats,
    variances: Floats,
    level_half_life_days: float,
) -> tuple[Floats, Floats, Floats, float]:
    """Coefficients; residuals, the level still in them; Huber's weights; spread of what is left beside the level. `marked` are
    days that the calendar says something of."""
    weights: Floats = 0.5 ** (age / np.where(marked, HOLIDAY_HALF_LIFE_DAYS, WEEKDAY_HALF_LIFE_DAYS)) * kept
    near = 0.5 ** (np.abs(age[:, None] - age[None, :]) / (2 * level_half_life_days))
    np.fill_diagonal(near, 0.0)  # a day is not its own level
    level: Floats = np.zeros(len(logs))
    robust: Floats = np.ones(len(logs))
    spread = SPREAD_BEFORE
    for _ in range(ROUNDS):
        w = weights * robust
        normal = (columns * w[:, None]).T @ columns + np.diag(np.maximum(stiffness, spread**2 / variances))
        coefficients: Floats = np.asarray(
            np.linalg.solve(normal, (columns * w[:, None]).T @ (logs - level)), dtype=np.float64
        )
        residuals = logs - columns @ coefficients
        left = residuals - level
        spread = float(1.4826 * np.median(np.abs(left - np.median(left)))) + 0.02
        robust = np.where(marked, 1.0, 1 / np.maximum(1.0, np.abs(left) / (HUBER * spread)))
        pull = near * (robust * kept)[None, :]
        level = np.asarray((pull @ residuals) / (pull.sum(axis=1) + 1.0), dtype=np.float64)
    return coefficients, residuals, robust, spread


def _since_steps(days: pd.DatetimeIndex, residuals: Floats, weights: Floats) -> tuple[Bools, dict[int, datetime.date]]:
    """Which days count, and the steps: of each weekday, what came before the last step beyond doubt does not.

    Each weekday is held against the other days of the same week, so that a change of all days, which the level follows, is no
    step.
    """
    kept, steps = np.ones(len(days), dtype=bool), dict[int, datetime.date]()
    weekday, week = days.day_of_week.to_numpy(), ((days - days[0].normalize()) // pd.Timedelta(days=7)).to_numpy()
    for number in np.unique(weekday):
        mine = np.flatnonzero(weekday == number)
        if len(mine) < 2 * STEP_WEEKS:
            continue
        others = np.array([_median(residuals[(week == week[k]) & (weekday != number)]) for k in mine])
        values, w = residuals[mine] - others, weights[mine]
        noise = max(1e-4, float(np.median(np.abs(np.diff(values))) / 0.954) ** 2)
        best, at = 0.0, 0
        for cut in range(STEP_WEEKS, len(mine) - STEP_WEEKS + 1):
            older, newer = w[:cut].sum(), w[cut:].sum()
            step = float(np.average(values[cut:], weights=w[cut:]) - np.average(values[:cut], weights=w[:cut]))
            doubt = step**2 / noise * older * newer / (older + newer)
            if doubt > best and abs(step) > STEP_LEAST:
                best, at = doubt, cut
        if best > STEP_DOUBT:
            kept[mine[:at]] = False
            steps[int(number)] = days[mine[at]].date()
    return kept, steps


def _off(residuals: Floats, robust: Floats, age: Floats, level_half_life_days: float, ahead_days: int) -> float:
    """See `FittedCalendar.off`."""
    ago = age[:, None] - age[None, :]
    pull = np.where(ago <= -ahead_days, 0.5 ** (-ago / level_half_life_days), 0.0) * robust[None, :]
    missed = residuals - (pull @ residuals) / (pull.sum(axis=1) + LEVEL_STIFFNESS)
    weights = robust * 0.5 ** (age / WEEKDAY_HALF_LIFE_DAYS)
    return float((weights * missed**2).sum() / weights.sum()) + 1e-4


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _waves(days: pd.DatetimeIndex) -> Floats:
    """Sines and cosines of the season of the year."""
    phase = 2 * np.pi * days.day_of_year.to_numpy(dtype=float) / 365.25
    return np.column_stack([turn(n * phase) for n in range(1, SEASON_WAVES + 1) for turn in (np.sin, np.cos)])


def weights(models: Sequence[FittedCalendar], ahead_days: int) -> tuple[float, ...]:
    """How much each of several models of one log counts so many days after it: by how far its level, known as long before,
    missed the days of that log."""
    lag = max(n for n, known in enumerate(AHEAD_DAYS) if n == 0 or known <= ahead_days)
    off = np.array([one.off[lag] for one in models])
    days = max(0.0, min(one.learned_days for one in models) - FIRST_DAYS)
    evidence = (off / off.min()) ** (-days / EVIDENCE_DAYS)
    return tuple((evidence / evidence.sum()).tolist())
