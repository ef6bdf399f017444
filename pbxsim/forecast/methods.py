"""Methods behind one interface: each is fitted on days that are over and tells what it expects of days to come.

Decides which methods there are and what each has to say of holidays: the naive ones nothing, as in a spreadsheet; exponential
smoothing and STL with ARIMA (statsmodels) have them from the calendar model, as they know no calendar of their own. Leaves
judging them to `rolling.py`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import numpy as np
import pandas as pd

from pbxsim.forecast import calendar_model
from pbxsim.forecast.calendars import Calendar, Floats

SEASONS_NEEDED: Final = 3
"""Weeks that the methods of statsmodels need; with fewer they say what the mean of like weekdays says."""


class Fitted(Protocol):
    """A method after a log."""

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """Expected calls of each day; 0 where the log has no such weekday."""
        ...


class Method(Protocol):
    """A way to forecast daily volumes."""

    @property
    def name(self) -> str: ...

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """`history` is calls a day, by day. Raises ValueError where it is too short to say anything."""
        ...


@dataclasses.dataclass(frozen=True)
class OfWeekday:
    """A figure for each weekday, Monday first."""

    calls: Floats

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`."""
        found: Floats = self.calls[days.day_of_week.to_numpy()]
        return found


@dataclasses.dataclass(frozen=True)
class MeanOfLevels:
    """The mean, of logarithms, of what models of one log with levels of different pace say."""

    parts: tuple[calendar_model.FittedCalendar, ...]

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`. How much each counts depends on how long after the log a day is."""
        logs = np.array([np.log(np.maximum(1e-9, one.expected(days))) for one in self.parts])
        ahead = (days - pd.Timestamp(self.parts[0].last_day)).days
        weights = np.array([calendar_model.weights(self.parts, days_ahead) for days_ahead in ahead]).T
        mean: Floats = np.exp((logs * weights).sum(axis=0))
        return np.where(mean < 1e-6, 0.0, mean)


@dataclasses.dataclass(frozen=True)
class OnWorkedDays:
    """A method for series of equal steps, on worked days alone: effects of the calendar are taken out and put back."""

    model: calendar_model.FittedCalendar
    ahead: Callable[[int], Floats]
    """What comes in so many steps after `last`, as such a series."""
    last: pd.Timestamp

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`."""
        future = _worked(self.model, self.last + pd.Timedelta(days=1), max(days.max(), self.last))
        found = pd.Series(np.zeros(0), index=future[:0])
        if len(future):
            with _hushed():
                found = pd.Series(np.exp(self.ahead(len(future))), index=future)
        told = found.reindex(days).to_numpy(dtype=float)
        return np.where(np.isnan(told), self.model.expected(days), told * np.exp(_of_calendar(self.model, days)))


@dataclasses.dataclass(frozen=True)
class LikeWeekdays:
    """Mean of the last so many like weekdays, as in a spreadsheet; with one of them the seasonal naive method."""

    weeks: int

    @property
    def name(self) -> str:
        return "last like weekday" if self.weeks == 1 else f"mean of {self.weeks} like weekdays"

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """See `Method`."""
        if history.empty:
            raise ValueError("no day: a forecast needs days that were worked")
        weekday = pd.DatetimeIndex(history.index).day_of_week
        means = np.array([float(history[weekday == n].tail(self.weeks).mean()) for n in range(7)])
        return OfWeekday(np.nan_to_num(means, nan=0.0))


@dataclasses.dataclass(frozen=True)
class CalendarModel:
    """Weekday, calendar and level as factors (`calendar_model.py`), for a quick and a slow level, and the mean of both."""

    name: str = "calendar model"
    half_lives_days: tuple[float, ...] = calendar_model.LEVEL_HALF_LIVES_DAYS

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """See `Method`."""
        return MeanOfLevels(tuple(calendar_model.fit(history, calendar, one) for one in self.half_lives_days))


@dataclasses.dataclass(frozen=True)
class OfSeries:
    """A method of statsmodels for series of equal steps, as `OnWorkedDays` applies it."""

    name: str
    fitted: Callable[[Floats, int], Callable[[int], Floats]]
    """From logarithms of worked days, without effects of the calendar, and the length of their season to
    `OnWorkedDays.ahead`."""

    def fit(self, history: pd.Series, calendar: Calendar) -> Fitted:
        """See `Method`."""
        return _on_worked_days(history, calendar, self.fitted)


def _smoothed(logs: Floats, period: int) -> Callable[[int], Floats]:
    """Exponential smoothing of Holt and Winters: damped trend, season of the week."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    made = ExponentialSmoothing(logs, trend="add", damped_trend=True, seasonal="add", seasonal_periods=period)
    found = made.fit()
    return lambda steps: np.asarray(found.forecast(steps))


def _by_stl_and_arima(logs: Floats, period: int) -> Callable[[int], Floats]:
    """Season of the week by STL (Cleveland et al. 1990), the rest by ARIMA(1,1,1)."""
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.forecasting.stl import STLForecast

    made = STLForecast(logs, ARIMA, model_kwargs={"order": (1, 1, 1)}, period=period, robust=True)
    found = made.fit()
    return lambda steps: np.asarray(found.forecast(steps))


SMOOTHING: Final = OfSeries("exponential smoothing", _smoothed)
STL_ARIMA: Final = OfSeries("STL and ARIMA", _by_stl_and_arima)
METHODS: Final[tuple[Method, ...]] = (
    LikeWeekdays(1), LikeWeekdays(2), LikeWeekdays(4), LikeWeekdays(6), SMOOTHING, STL_ARIMA, CalendarModel(),
)  # fmt: skip
NAIVE: Final = tuple(method.name for method in METHODS if isinstance(method, LikeWeekdays))
USUAL: Final = METHODS[-1]
"""What is taken where a log is too short to judge methods by."""


def _on_worked_days(
    history: pd.Series, calendar: Calendar, fitted: Callable[[Floats, int], Callable[[int], Floats]]
) -> Fitted:
    model = calendar_model.fit(history, calendar, max(calendar_model.LEVEL_HALF_LIVES_DAYS))
    last = pd.Timestamp(max(history.index))
    days = _worked(model, pd.Timestamp(min(history.index)), last)
    if len(model.worked) < 2 or len(days) < SEASONS_NEEDED * len(model.worked) + 2:
        return LikeWeekdays(4).fit(history, calendar)
    usual = pd.Series(np.log(np.maximum(1.0, _plain(model).expected(days))), index=days)
    known = history.reindex(days).where(lambda calls: calls >= calendar_model.FEWEST_CALLS)
    logs = np.log(known) - _of_calendar(model, days)
    logs = logs.mask((logs - usual).abs() > np.log(2.0)).fillna(usual)  # odd days are as unknown as those not worked
    with _hushed():
        ahead = fitted(logs.to_numpy(dtype=float), len(model.worked))
    return OnWorkedDays(model, ahead, last)


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Without what statsmodels has to say of the convergence of its own fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _worked(model: calendar_model.FittedCalendar, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    days = pd.date_range(first, last)
    return days[days.day_of_week.isin(sorted(model.worked))]


def _of_calendar(model: calendar_model.FittedCalendar, days: pd.DatetimeIndex) -> Floats:
    """Logarithm of what the calendar does to each day."""
    return np.log(np.maximum(1e-9, model.expected(days)) / np.maximum(1e-9, _plain(model).expected(days)))


def _plain(model: calendar_model.FittedCalendar) -> calendar_model.FittedCalendar:
    """The model as if there were no holidays."""
    return dataclasses.replace(model, calendar=Calendar())
