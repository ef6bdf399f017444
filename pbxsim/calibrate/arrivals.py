"""How many calls come when: a day's volume, and how it spreads over kinds of call and the day.

Decides the forecast of a day by half hours: the weekday's usual profile by kinds, recent weeks weighing more, scaled to what the
usual method expects of the day (`forecast/methods.py`). Days vary around it by a gamma factor (the busyness): counts of
real days are far from Poisson (Brown et al. 2005, section 3; Avramidis et al. 2004).
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.forecast import quantiles
from pbxsim.forecast.calendars import Calendar, Floats
from pbxsim.forecast.methods import CALENDAR_MODEL, USUAL, Fitted

EVERY_MIN: Final = 30
HALF_LIFE_DAYS: Final = 42.0


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Expected calls by kind and half hour, of any date."""

    profiles: dict[int, dict[str, Floats]]
    """By weekday (0 Monday): usual calls by kind and interval."""
    daily: Fitted
    """Expected calls of a day."""
    calendar: Calendar
    level: float
    """Calls expected of the week after the last day, holidays apart, over those of usual weeks."""
    day_cv: float
    """Standard deviation of the busyness factor within weekdays, beyond Poisson noise."""
    every_min: int = EVERY_MIN

    def is_usual(self, date: datetime.date) -> bool:
        """Whether it is neither a holiday nor the day before one."""
        return not self.calendar.holiday(date) and not self.calendar.holiday(date + datetime.timedelta(days=1))

    def rates(self, date: datetime.date) -> dict[str, Floats]:
        """Expected calls of each kind by interval from midnight."""
        profile = self.profiles.get(date.weekday(), {})
        usual = sum(float(calls.sum()) for calls in profile.values())
        expected = float(self.daily.expected(pd.DatetimeIndex([date]))[0])
        return {kind: calls * (expected / usual) for kind, calls in profile.items()} if usual else {}


def fit(train: pd.DataFrame, country: str | None = None, subdivision: str | None = None) -> Forecast:
    """The forecast of days after the last of `train`."""
    calendar = d.calendar(train, country, subdivision)
    last = calendar.index.max()
    intervals = 24 * 60 // EVERY_MIN
    typical = calendar[~calendar["special"]]
    weight = pd.Series(d.weights(typical.index.to_series(), last, HALF_LIFE_DAYS), index=typical.index)
    slot = (train["t"] // (EVERY_MIN * 60)).clip(0, intervals - 1).astype(int)
    counts = train.assign(slot=slot).groupby(["day", "kind", "slot"]).size().rename("n").reset_index()
    counts = counts[counts["day"].isin(typical.index)]
    counts["w"] = counts["day"].map(weight) * counts["n"]
    profiles: dict[int, dict[str, Floats]] = {}
    weekday = counts["day"].dt.day_of_week
    for number, rows in counts.groupby(weekday):
        whole = float(weight[typical["weekday"] == number].sum())
        profile: dict[str, Floats] = {}
        for kind, mine in rows.groupby("kind"):
            calls = np.zeros(intervals)
            np.add.at(calls, mine["slot"].to_numpy(), mine["w"].to_numpy(dtype=float) / whole)
            profile[str(kind)] = calls
        profiles[int(number)] = profile
    usual = {n: sum(float(calls.sum()) for calls in profile.values()) for n, profile in profiles.items()}
    known = Calendar(country, subdivision)
    daily = USUAL.fit(calendar["calls"], known)
    plain = CALENDAR_MODEL.fit(calendar["calls"][~calendar["special"]], Calendar())
    week = pd.date_range(last + pd.Timedelta(days=1), periods=7)
    worked = week[week.day_of_week.isin(list(usual))]
    level = float(plain.expected(worked).sum()) / max(1e-9, sum(usual[day.day_of_week] for day in worked))
    expected = typical["weekday"].map(usual)
    return Forecast(profiles, daily, known, level, day_cv(typical["calls"], expected, typical["weekday"]))


def by_interval(
    forecast: Forecast, days: pd.DataFrame, interval: float = 0.0, kinds: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Days of an outlook (`calls`, `p10`, `p90`, by date) spread over kinds and half hours: `date`, `start` (HH:MM), `kind`,
    `calls`, `p10`, `p90`; empty ones left out. `interval` and `kinds` are variances of a half hour's own factor and of each
    kind's, beside the day's."""
    rows = []
    for date, day in days.iterrows():
        whole = float(day["calls"])
        if not whole > 0:
            continue
        varies = quantiles.of_day((float(day["p10"]), float(day["p90"])), whole) + interval
        rates = forecast.rates(pd.Timestamp(date).date())
        usual = sum(float(one.sum()) for one in rates.values())
        for kind, one in rates.items():
            expected = one / usual * whole
            limits = quantiles.of_counts(expected, varies + (kinds or {}).get(kind, 0.0))
            for slot in np.flatnonzero(one):
                minute = int(slot) * forecast.every_min
                start = f"{minute // 60:02}:{minute % 60:02}"
                ranged = [float(limit[slot]) for limit in limits.values()]
                rows.append([f"{date:%Y-%m-%d}", start, kind, round(float(expected[slot]), 3), *ranged])
    return pd.DataFrame(rows, columns=["date", "start", "kind", "calls", *quantiles.SHARES])


def day_cv(calls: pd.Series, expected: pd.Series, weekday: pd.Series) -> float:
    """Variation of days of one weekday around their own mean, less what Poisson counts would show."""
    ratio = calls / expected
    centred = ratio / ratio.groupby(weekday).transform("mean")
    groups = weekday.nunique()
    if len(centred) <= groups + 1:
        return 0.0
    variance = float(((centred - 1) ** 2).sum() / (len(centred) - groups)) - float((1 / expected.clip(lower=1)).mean())
    return float(np.sqrt(max(0.0, variance)))
