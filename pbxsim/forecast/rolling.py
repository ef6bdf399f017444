"""What each method would have said of days that are over, knowing only what came before: a rolling backtest.

Decides what is known of a day: *day ahead* all days before it, *week ahead* those up to a week before it, *month ahead* those
up to four weeks before it. Errors are shares of the calls that came (WAPE: sum of absolute errors over sum of calls), so that a
day of ten calls does not count as much as one of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, cast

import numpy as np
import pandas as pd

from pbxsim.forecast.calendar_model import FEWEST_CALLS
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.methods import (
    CALENDAR_AR1,
    CALENDAR_MODEL,
    METHODS,
    USUAL,
    Carried,
    Fitted,
    MeanOfLevels,
    Method,
)

Horizon = Literal["day", "week", "month"]

DAYS: Final[dict[Horizon, int]] = {"day": 1, "week": 7, "month": 28}
"""Days between the last one known and the one that is forecast."""
WARM_DAYS: Final = 28
"""Days of the log that nothing is judged by: methods learn on them."""
ENOUGH_DAYS: Final = 20
"""Judged days from which methods are chosen by their errors."""
CLEARLY: Final = 2.0
"""Standard errors by which a method must be nearer than the usual one."""


class Fits:
    """Methods fitted on one log up to each of its days: what horizons have in common is fitted once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, pd.Timestamp | None], Fitted] = {}

    def of(self, method: Method, known: pd.Series, calendar: Calendar) -> Fitted:
        """The method fitted on `known`, the days up to some day."""
        key = method.name, known.index[-1] if len(known) else None
        if key not in self._known:
            self._known[key] = self._combined(known, calendar) if method == USUAL else method.fit(known, calendar)
        return self._known[key]

    def _combined(self, known: pd.Series, calendar: Calendar) -> Fitted:
        """The combination, from parts that others ask for too."""
        parts = self.of(CALENDAR_MODEL, known, calendar), self.of(CALENDAR_AR1, known, calendar)
        return USUAL.of(cast(MeanOfLevels, parts[0]), cast(Carried, parts[1]), known, calendar)


def rolling(
    history: pd.Series,
    calendar: Calendar,
    horizon: Horizon = "day",
    methods: Sequence[Method] = METHODS,
    last_days: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
    fewest: float = FEWEST_CALLS,
    fits: Fits | None = None,
) -> pd.DataFrame:
    """One row a judged day: `calls` as they came, and what each method said, a column of its name.

    `history` is calls a day, by day; days with fewer than `fewest` calls were not worked and are not judged. `last_days` judges
    so many of the latest days only. `fits` are kept from one horizon of the same log to the next.
    """
    fits = Fits() if fits is None else fits
    history = history[history >= fewest].sort_index()
    days = pd.DatetimeIndex(history.index)
    judged = days[days >= days[0] + pd.Timedelta(days=WARM_DAYS + DAYS[horizon] - 1)] if len(days) else days
    if last_days is not None:
        judged = judged[-last_days:]
    rows = []
    for n, day in enumerate(judged):
        known = history[days <= day - pd.Timedelta(days=DAYS[horizon])]
        asked = pd.DatetimeIndex([day])
        rows.append(
            [float(history[day]), *(float(fits.of(one, known, calendar).expected(asked)[0]) for one in methods)]
        )
        progress((n + 1) / len(judged))
    return pd.DataFrame(rows, index=judged, columns=["calls", *(one.name for one in methods)])


def errors(judged: pd.DataFrame) -> pd.Series:
    """WAPE of each method, per cent."""
    off = judged.drop(columns="calls").sub(judged["calls"], axis=0).abs().sum()
    whole = float(judged["calls"].sum())
    return 100 * off / whole if whole else off


def errors_by_month(judged: pd.DataFrame) -> pd.DataFrame:
    """WAPE of each method in each month, per cent, by `YYYY-MM`."""
    month = pd.DatetimeIndex(judged.index).strftime("%Y-%m")
    return judged.groupby(month).apply(errors)


def best(judged: pd.DataFrame, methods: Sequence[Method] = METHODS, usual: Method = USUAL) -> Method:
    """The method with the least error; `usual` where too few days could be judged."""
    if len(judged) < ENOUGH_DAYS:
        return usual
    found = errors(judged)
    return min(methods, key=lambda one: float(found[one.name]))


def settled(judged: pd.DataFrame, methods: Sequence[Method] = METHODS, usual: Method = USUAL) -> Method:
    """`usual`, unless the method with the least error was clearly nearer on the judged days (Diebold and Mariano 1995): the best
    of four weeks is often so by chance, and not in the next four."""
    nearest = best(judged, methods, usual)
    gain = (judged[usual.name] - judged["calls"]).abs() - (judged[nearest.name] - judged["calls"]).abs()
    if len(judged) < ENOUGH_DAYS or not float(gain.mean()) > CLEARLY * float(gain.std()) / len(judged) ** 0.5:
        return usual
    return nearest


def spread(judged: pd.DataFrame, method: Method, least: float = 1.0) -> float:
    """Standard deviation of the logarithm of calls around a method, odd days counting less (from the quantiles of 10 and
    90 %). A day that was said to have fewer than `least` counts as so many."""
    if len(judged) < 8:
        return 0.2
    off = np.log(judged["calls"] / np.maximum(least, judged[method.name]))
    low, high = np.quantile(off, [0.1, 0.9])
    return float(max(0.02, (high - low) / 2.563))
