"""Methods behind one interface: each is fitted on days that are over and tells what it expects of days to come.

Decides which methods there are and what each has to say of holidays: the naive ones nothing, as in a spreadsheet; exponential
smoothing and STL with ARIMA (statsmodels) have them from the calendar model, as they know no calendar of their own. The
usual method is a combination. Leaves judging them to `rolling.py`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from pbxsim.forecast import calendar_model
from pbxsim.forecast.calendars import Calendar, Floats

SLOW_HALF_LIFE_DAYS: Final = max(calendar_model.LEVEL_HALF_LIVES_DAYS)
ODD: Final = float(np.log(2.0))
"""A day twice or half what it was taken for says nothing of the days after it."""
CARRIED_USUALLY: Final = 0.5
"""Share of a day's surprise that the next worked day has, where no log tells."""
CARRIED_STIFFNESS_DAYS: Final = 40.0
"""So many days of the log weigh as much as that."""
QUICK_PACE: Final = 0.8
"""Share of a day's surprise by which the level of the quick smoothing moves."""
SEASON_PACE: Final = 0.02
"""The same of a weekday's own place in the week."""
SEASON_WEEKS: Final = 4
"""Weeks whose mean its level and season start from."""
QUICK_FROM: Final = pd.Timedelta(weeks=8)
"""Length of a log from which it takes part in the combination: before, its season is what four noisy weeks say."""
QUICK_SHARES: Final = (0.15, 0.3)
"""Share of a surprise that the next day has, up to which it has no weight, and from which it has the weight of the others: where
days are odd each by itself, the last one says nothing of the next."""
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
    """The slowest last."""

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`. How much each counts depends on how long after the log a day is."""
        logs = np.array([np.log(np.maximum(1e-9, one.expected(days))) for one in self.parts])
        ahead = (days - pd.Timestamp(self.parts[0].last_day)).days
        weights = np.array([calendar_model.weights(self.parts, days_ahead) for days_ahead in ahead]).T
        mean: Floats = np.exp((logs * weights).sum(axis=0))
        return np.where(mean < 1e-6, 0.0, mean)


@dataclasses.dataclass(frozen=True)
class Carried:
    """The calendar model with a slow level, and what remains of the last day's surprise."""

    model: calendar_model.FittedCalendar
    last: pd.Timestamp
    surprise: float
    """Logarithm of the last day's calls over what the model says of it; 0 for an odd day."""
    share: float
    """Of a surprise, that the next worked day has; 0 to 1."""

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`. With each worked day the share is taken of what the day before had."""
        worked = _worked(self.model, self.last + pd.Timedelta(days=1), max(days.max(), self.last))
        steps = np.searchsorted(worked, days, side="left") + 1.0
        found: Floats = self.model.expected(days) * np.exp(self.surprise * self.share**steps)
        return found


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

    def fit(self, history: pd.Series, calendar: Calendar) -> MeanOfLevels:
        """See `Method`."""
        return MeanOfLevels(tuple(calendar_model.fit(history, calendar, one) for one in self.half_lives_days))


@dataclasses.dataclass(frozen=True)
class CalendarWithCarry:
    """The calendar model with a slow level and autocorrelated errors: days in a row are busy together.

    Errors of one worked day and the next follow an autoregression of first order (Weinberg, Brown and Stroud 2007 have the same
    of days in a row), whose coefficient is estimated from the log, drawn to what is usual as long as the log is short.
    """

    name: str = "calendar model, AR(1)"

    def fit(self, history: pd.Series, calendar: Calendar) -> Carried:
        """See `Method`."""
        return self.of(calendar_model.fit(history, calendar, SLOW_HALF_LIFE_DAYS), history)

    def of(self, model: calendar_model.FittedCalendar, history: pd.Series) -> Carried:
        """The same, from the calendar model with the slow level fitted on `history` already."""
        last = pd.Timestamp(model.last_day)
        days = _worked(model, pd.Timestamp(min(history.index)), last)
        known = history.reindex(days).where(lambda calls: calls >= calendar_model.FEWEST_CALLS)
        off = np.log(known) - np.log(np.maximum(1.0, model.expected(days)))
        values = off.where(off.abs() <= ODD).fillna(0.0).to_numpy(dtype=float)
        age = (last - days[1:]).days.to_numpy(dtype=float)
        weights = 0.5 ** (age / calendar_model.WEEKDAY_HALF_LIFE_DAYS)
        before, after = values[:-1], values[1:]
        whole = max(1e-12, float((weights * before**2).sum()))
        stiff = CARRIED_STIFFNESS_DAYS * whole / max(1e-12, float(weights.sum()))
        share = (float((weights * before * after).sum()) + CARRIED_USUALLY * stiff) / (whole + stiff)
        return Carried(model, last, float(values[-1]) if len(values) else 0.0, float(np.clip(share, 0.0, 1.0)))


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


def _forecast(found: Any, steps: int) -> Floats:
    """What a result of statsmodels forecasts; no lambda, as what is fitted travels to other processes."""
    return np.asarray(found.forecast(steps))


def _smoothed(logs: Floats, period: int) -> Callable[[int], Floats]:
    """Exponential smoothing of Holt and Winters: damped trend, season of the week."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    made = ExponentialSmoothing(logs, trend="add", damped_trend=True, seasonal="add", seasonal_periods=period)
    found = made.fit()
    return functools.partial(_forecast, found)


def _by_stl_and_arima(logs: Floats, period: int) -> Callable[[int], Floats]:
    """Season of the week by STL (Cleveland et al. 1990), the rest by ARIMA(1,1,1)."""
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.forecasting.stl import STLForecast

    made = STLForecast(logs, ARIMA, model_kwargs={"order": (1, 1, 1)}, period=period, robust=True)
    found = made.fit()
    return functools.partial(_forecast, found)


def _followed(logs: Floats, period: int) -> Callable[[int], Floats]:
    """Simple exponential smoothing with a season of the week, paces set beforehand (Gardner 1985): the level all but stands where
    the last day was, the season hardly moves."""
    weeks = logs[: min(len(logs) // period, SEASON_WEEKS) * period].reshape(-1, period)
    level = float(weeks.mean())
    season = weeks.mean(axis=0) - level
    for n, value in enumerate(logs.tolist()):
        off = value - level - float(season[n % period])
        level += QUICK_PACE * off
        season[n % period] += SEASON_PACE * off
    return functools.partial(_on_season, level, season, len(logs))


def _on_season(level: float, season: Floats, begun: int, steps: int) -> Floats:
    ahead: Floats = level + season[(begun + np.arange(steps)) % len(season)]
    return ahead


SMOOTHING: Final = OfSeries("exponential smoothing", _smoothed)
STL_ARIMA: Final = OfSeries("STL and ARIMA", _by_stl_and_arima)
CALENDAR_MODEL: Final = CalendarModel()
CALENDAR_AR1: Final = CalendarWithCarry()


@dataclasses.dataclass(frozen=True)
class Combined:
    """A combination after a log."""

    mixed: MeanOfLevels
    carried: Carried
    quick: Fitted | None
    next_day: pd.Timestamp
    """The first day after the log that is usually worked: the only one of which `quick` speaks."""

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """See `Fitted`."""
        mean: Floats = (self.mixed.expected(days) + self.carried.expected(days)) / 2
        near = np.flatnonzero(days <= self.next_day)
        if self.quick is not None and len(near):
            nothing, whole = QUICK_SHARES
            weight = float(np.clip((self.carried.share - nothing) / (whole - nothing), 0.0, 1.0))
            mean[near] += weight / (2 + weight) * (self.quick.expected(days[near]) - mean[near])
        return mean


@dataclasses.dataclass(frozen=True)
class Combination:
    """The mean of the calendar model, the same with autocorrelated errors and, of the next worked day, a smoothing that all but
    stands where the last one was, where the log shows that days in a row are busy together; all weigh alike.

    Means of forecasts that err apart are off by less than the best of them chosen beforehand, and weights that must be estimated
    seldom beat equal ones (Bates and Granger 1969; Timmermann 2006).
    """

    name: str = "combination"

    def fit(self, history: pd.Series, calendar: Calendar) -> Combined:
        """See `Method`."""
        mixed = CALENDAR_MODEL.fit(history, calendar)
        return self.of(mixed, CALENDAR_AR1.of(mixed.parts[-1], history), history, calendar)

    def of(self, mixed: MeanOfLevels, carried: Carried, history: pd.Series, calendar: Calendar) -> Combined:
        """The same, from parts fitted on `history` already."""
        days = pd.DatetimeIndex(history.index)
        after = days.max() + pd.Timedelta(days=1)
        next_day = _worked(carried.model, after, after + pd.Timedelta(days=6))[0]
        if after - days.min() < QUICK_FROM:
            return Combined(mixed, carried, None, next_day)
        return Combined(mixed, carried, _on_worked_days(history, calendar, _followed, carried.model), next_day)


USUAL: Final = Combination()
"""What is taken unless a log shows clearly that another is nearer."""
METHODS: Final[tuple[Method, ...]] = (
    LikeWeekdays(1), LikeWeekdays(2), LikeWeekdays(4), LikeWeekdays(6), SMOOTHING, STL_ARIMA, CALENDAR_MODEL, CALENDAR_AR1, USUAL,
)  # fmt: skip
NAIVE: Final = tuple(method.name for method in METHODS if isinstance(method, LikeWeekdays))


def _on_worked_days(
    history: pd.Series,
    calendar: Calendar,
    fitted: Callable[[Floats, int], Callable[[int], Floats]],
    model: calendar_model.FittedCalendar | None = None,
) -> Fitted:
    """`model` is the calendar model with the slow level, where it is fitted already."""
    model = model or calendar_model.fit(history, calendar, SLOW_HALF_LIFE_DAYS)
    last = pd.Timestamp(max(history.index))
    days = _worked(model, pd.Timestamp(min(history.index)), last)
    if len(model.worked) < 2 or len(days) < SEASONS_NEEDED * len(model.worked) + 2:
        return LikeWeekdays(4).fit(history, calendar)
    usual = pd.Series(np.log(np.maximum(1.0, _plain(model).expected(days))), index=days)
    known = history.reindex(days).where(lambda calls: calls >= calendar_model.FEWEST_CALLS)
    logs = np.log(known) - _of_calendar(model, days)
    logs = logs.mask((logs - usual).abs() > ODD).fillna(usual)  # odd days are as unknown as those not worked
    try:
        with _hushed():
            ahead = fitted(logs.to_numpy(dtype=float), len(model.worked))
            is_found = bool(np.isfinite(ahead(len(model.worked))).all())
    except (np.linalg.LinAlgError, ValueError):
        is_found = False
    if not is_found:  # no chance to estimate from: every Monday is as the last one
        return LikeWeekdays(4).fit(history, calendar)
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
