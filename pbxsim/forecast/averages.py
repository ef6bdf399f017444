"""What is no count, such as the mean talk of a day: forecast and judged as volumes are.

Decides which methods there are for daily averages and shares. They have no holidays, hardly a weekday, and move slowly; so the
methods are means of recent days and of like weekdays. The one that was least off in a rolling backtest forecasts, for each
horizon apart. Leaves measuring to `calibrate/handling.py`.
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


METHODS: Final[tuple[Method, ...]] = (LikeWeekdays(1), LikeWeekdays(4), RecentDays(5), RecentDays(20))
USUAL: Final = RecentDays(20)
"""Where too few days could be judged."""


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
        method = rolling.best(known, METHODS, USUAL)
        asked = pd.DatetimeIndex([day])
        said = float(method.fit(history, Calendar()).expected(asked)[0])
        if not said > 0:  # a weekday that was never worked
            said = float(USUAL.fit(history, Calendar()).expected(asked)[0])
        wide = rolling.spread(known, method, least=0.0)
        rows.append([said, *(said * float(np.exp(z * wide)) for z in QUANTILES.values()), method.name])
    return pd.DataFrame(rows, index=days, columns=["expected", *QUANTILES, "method"])
