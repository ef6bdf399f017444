"""What is no count, such as the mean talk of a day: forecast and judged as volumes are.

Decides which methods there are for daily averages and shares. They have no holidays and move slowly, weekdays differ a little:
a level with weekdays forecasts, unless a mean of recent days or of like weekdays was clearly nearer in a rolling backtest, for
each horizon apart. Leaves measuring to `calibrate/handling.py`.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.forecast import rolling
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.methods import Fitted, LikeWeekdays, Method, OfWeekday
from pbxsim.forecast.outlook import JUDGED_DAYS, QUANTILES, horizon_of

AROUND_DAYS: Final = 11
"""Worked days, a day among them, whose others tell what it would be without its weekday."""
FEWEST_AROUND: Final = 3


@dataclasses.dataclass(frozen=True)
class RecentDays:
    """The mean of the last so many days."""

    days: int

    @property
    def name(self) -> str:
        return f"mean of {self.days} days"

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """See `Method`."""
        return OfWeekday(np.full(7, float(history.tail(self.days).mean())))


@dataclasses.dataclass(frozen=True)
class LevelWithWeekdays:
    """A level that follows the days by simple exponential smoothing, times what each weekday adds, drawn to nothing where few
    days tell of it. All in logarithms: figures must be above 0."""

    follows: float = 0.15
    """Share of a day's surprise that the level takes over."""
    prior_days: float = 3.0
    """Like weekdays without a difference that those seen are weighed against."""
    half_life_days: float = 46.0
    """Worked days after which a weekday's difference counts half."""
    name: str = "level with weekdays"

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """See `Method`."""
        logs = np.log(history)
        window = logs.rolling(AROUND_DAYS, center=True, min_periods=FEWEST_AROUND)
        around = (window.sum() - logs) / (window.count() - 1)
        off = (logs - around).fillna(0.0).to_numpy()
        weight = 0.5 ** (np.arange(len(logs))[::-1] / self.half_life_days)
        weekday = pd.DatetimeIndex(history.index).day_of_week.to_numpy()
        sums = np.bincount(weekday, weight * off, 7) / (np.bincount(weekday, weight, 7) + self.prior_days)
        level = (logs - sums[weekday]).ewm(alpha=self.follows).mean().iloc[-1]
        return OfWeekday(np.exp(level + sums))


USUAL: Final = LevelWithWeekdays()
METHODS: Final[tuple[Method, ...]] = (USUAL, LikeWeekdays(1), LikeWeekdays(4), RecentDays(5), RecentDays(20))


def next_day(history: pd.Series, day: pd.Timestamp) -> float:
    """What is expected of one day after `history` by the usual method; 1 where nothing is known, as for a factor."""
    history = history[history > 0].sort_index()
    if history.empty:
        return 1.0
    return float(USUAL.fit(history, Calendar()).expected(pd.DatetimeIndex([day]))[0])


def ahead(history: pd.Series, days: pd.DatetimeIndex) -> pd.DataFrame:
    """A row for each of `days`, which come after `history` (a figure a day): `expected`, `p10`, `p90`, `method`. Empty where
    nothing is known."""
    history = history[history > 0].sort_index()
    if history.empty:
        return pd.DataFrame(columns=["expected", *QUANTILES, "method"])
    judged = {
        horizon: rolling.rolling(history, Calendar(), horizon, METHODS, JUDGED_DAYS, fewest=0.0)
        for horizon in rolling.DAYS
    }
    rows = []
    for day in days:
        known = judged[horizon_of((day - history.index[-1]).days)]
        method = rolling.settled(known, METHODS, USUAL)
        asked = pd.DatetimeIndex([day])
        said = float(method.fit(history, Calendar()).expected(asked)[0])
        if not said > 0:  # a weekday that was never worked
            said = float(USUAL.fit(history, Calendar()).expected(asked)[0])
        wide = rolling.spread(known, method, least=0.0)
        rows.append([said, *(said * float(np.exp(z * wide)) for z in QUANTILES.values()), method.name])
    return pd.DataFrame(rows, index=days, columns=["expected", *QUANTILES, "method"])
