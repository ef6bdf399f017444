"""The forecast of days to come: by the usual method, or by one that was clearly nearer in a rolling backtest of the log itself,
with quantiles.

Decides how the next day, those of its week and later ones differ: each has the spread that the method showed that long ahead. A
holiday or an own day is forecast by the usual method where the nearer one is a mean of like weekdays, which knows of none.
Leaves methods to `methods.py`, judging to `rolling.py`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, cast

import numpy as np
import pandas as pd

from pbxsim.forecast import rolling
from pbxsim.forecast.calendar_model import FEWEST_CALLS, worked_days
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.methods import CALENDAR_MODEL, METHODS, NAIVE, USUAL, MeanOfLevels, Method

JUDGED_DAYS: Final = 28
"""Latest days that methods are judged on, for each horizon."""
QUANTILES: Final = {"p10": -1.2816, "p90": 1.2816}
"""Columns of the table, and the standard normal's quantiles."""


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What is expected, and how far it was off before."""

    days: pd.DataFrame
    """One row a day, by date: `calls`, `p10`, `p90`, `horizon` (day, week, month), `method`, `holiday` and `special`, the name of
    an own day (or empty)."""
    errors: pd.DataFrame
    """WAPE in per cent, a row a method and a column a horizon; NaN where too little is known to judge."""
    judged_days: dict[rolling.Horizon, int]
    """On how many days of the log methods were judged."""
    special: pd.DataFrame
    """What own days do, a row a name: `past_days` of the log, `factor` on the calls (NaN without a past day, 0 for closed
    ones)."""


def outlook(
    history: pd.Series,
    calendar: Calendar,
    days: int = 14,
    methods: Sequence[Method] = METHODS,
    progress: Callable[[float], None] = lambda _: None,
) -> Outlook:
    """Forecast the days after the last of `history` (calls a day, by day). Raises ValueError where no day has calls enough."""
    history = worked_days(history, calendar)
    if history.empty:
        raise ValueError(f"no day has {FEWEST_CALLS} calls: a forecast needs days that were worked")
    last = pd.Timestamp(history.index[-1])
    judged: dict[rolling.Horizon, pd.DataFrame] = {}
    fits = rolling.Fits()
    for n, horizon in enumerate(rolling.DAYS):

        def reached(share: float, done: int = n) -> None:
            progress((done + share) / len(rolling.DAYS))

        judged[horizon] = rolling.rolling(history, calendar, horizon, methods, JUDGED_DAYS, reached, fits=fits)
    usual = USUAL if USUAL in methods else methods[0]
    best = {horizon: rolling.settled(table, methods, usual) for horizon, table in judged.items()}
    fitted = {one.name: fits.of(one, history, calendar) for one in (usual, *best.values())}
    rows = []
    for ahead in range(1, days + 1):
        date = last + pd.Timedelta(days=ahead)
        horizon = horizon_of(ahead)
        holiday = calendar.holiday(date.date())
        special = calendar.own.name(date.date())
        method = usual if (holiday or special) and best[horizon].name in NAIVE else best[horizon]
        calls = float(fitted[method.name].expected(pd.DatetimeIndex([date]))[0])
        if calendar.own.is_closed(date.date()):
            rows.append([0.0, *(0.0 for _ in QUANTILES), horizon, method.name, holiday, special])
            continue
        wide = float(np.hypot(rolling.spread(judged[horizon], method), 1 / np.sqrt(max(1.0, calls))))
        limits = [calls * float(np.exp(z * wide)) for z in QUANTILES.values()]
        rows.append([calls, *limits, horizon, method.name, holiday, special])
    index = pd.date_range(last + pd.Timedelta(days=1), periods=days, name="date")
    table = pd.DataFrame(rows, index=index, columns=["calls", *QUANTILES, "horizon", "method", "holiday", "special"])
    errors = pd.DataFrame(
        {horizon: rolling.errors(one) if len(one) else pd.Series(dtype=float) for horizon, one in judged.items()},
        index=[one.name for one in methods],
    )
    judged_days = {horizon: len(one) for horizon, one in judged.items()}
    return Outlook(table, errors, judged_days, _special(history, calendar, fits))


def _special(history: pd.Series, calendar: Calendar, fits: rolling.Fits) -> pd.DataFrame:
    """See `Outlook.special`."""
    known = cast(MeanOfLevels, fits.of(CALENDAR_MODEL, history, calendar)).parts[-1].own if calendar.own.days else {}
    past = Counter(calendar.own.name(day.date()) for day in pd.DatetimeIndex(history.index))
    closed = {one.name for one in calendar.own.days if one.is_closed}
    rows = {
        name: (past[name], 0.0 if name in closed else float(np.exp(known[name])) if name in known else np.nan)
        for name in dict.fromkeys(one.name for one in calendar.own.days)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["past_days", "factor"]).rename_axis("name")


def horizon_of(ahead_days: int) -> rolling.Horizon:
    """As what a day so far ahead is judged: by what is known no later than it will be."""
    return "day" if ahead_days <= 1 else "week" if ahead_days <= rolling.DAYS["week"] else "month"
