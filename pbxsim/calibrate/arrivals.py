"""How many calls come when: weekday, time of day, holidays, level and trend, and how much days differ by chance.

Decides the forecast of a day: the weekday's usual profile by half hours and kinds, recent weeks weighing more, times the present
level, times what holidays of its sort do. Days vary around it by a gamma factor (the busyness): counts of real days are far from
Poisson (Brown et al. 2005, section 3; Avramidis et al. 2004).
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import days as d

EVERY_MIN: Final = 30
HALF_LIFE_DAYS: Final = 42.0
LEVEL_HALF_LIFE_DAYS: Final = 10.0

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Expected calls by kind and half hour, of any date."""

    profiles: dict[int, dict[str, Floats]]
    """By weekday (0 Monday): expected calls by kind and interval at level 1."""
    level: float
    trend_per_week: float
    last_day: datetime.date
    holiday_factor: float
    eve_factor: float
    day_cv: float
    """Standard deviation of the busyness factor within weekdays, beyond Poisson noise."""
    country: str | None = None
    subdivision: str | None = None
    every_min: int = EVERY_MIN

    def rates(self, date: datetime.date) -> dict[str, Floats]:
        """Expected calls of each kind by interval from midnight."""
        weeks = min(8.0, max(0.0, (date - self.last_day).days / 7))
        factor = self.level * (1 + self.trend_per_week) ** weeks * self.of_calendar(date)
        return {kind: calls * factor for kind, calls in self.profiles.get(date.weekday(), {}).items()}

    def of_calendar(self, date: datetime.date) -> float:
        """What the calendar does to the day: 1 on ordinary days."""
        if self.country is None:
            return 1.0
        known = holidays.country_holidays(self.country, subdiv=self.subdivision, years=(date.year, date.year + 1))
        if date in known:
            return self.holiday_factor
        return self.eve_factor if date + datetime.timedelta(days=1) in known else 1.0


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
    expected = typical["weekday"].map({n: sum(float(c.sum()) for c in p.values()) for n, p in profiles.items()})
    ratio = typical["calls"] / expected
    level, trend = _level(ratio, last)
    return Forecast(
        profiles, level, trend, last.date(),
        _mean_ratio(calendar, calendar["holiday"] != "", profiles, 0.1), _mean_ratio(calendar, calendar["eve"], profiles, 1.0),
        day_cv(typical["calls"], expected, typical["weekday"]), country, subdivision,
    )  # fmt: skip


def _level(ratio: pd.Series, last: pd.Timestamp) -> tuple[float, float]:
    """Present level against the profile, and the trend a week (a quarter of what the last eight weeks show, as trends end)."""
    recent = d.weights(ratio.index.to_series(), last, LEVEL_HALF_LIFE_DAYS)
    level = float((ratio * recent).sum() / recent.sum())
    weeks = ratio[ratio.index > last - pd.Timedelta(weeks=8)]
    if len(weeks) < 20:
        return level, 0.0
    slope = float(np.polyfit((weeks.index - last) / pd.Timedelta(weeks=1), np.log(weeks.clip(lower=0.05)), 1)[0])
    return level, float(np.clip(slope / 4, -0.02, 0.02))


def _mean_ratio(
    calendar: pd.DataFrame, chosen: pd.Series, profiles: dict[int, dict[str, Floats]], otherwise: float
) -> float:
    """Calls of the chosen days over what their weekday would bring."""
    rows = calendar[chosen & calendar["weekday"].isin(list(profiles))]
    if rows.empty:
        return otherwise
    usual = rows["weekday"].map({n: sum(float(c.sum()) for c in p.values()) for n, p in profiles.items()})
    return float(rows["calls"].sum() / max(1e-9, float(usual.sum())))


def day_cv(calls: pd.Series, expected: pd.Series, weekday: pd.Series) -> float:
    """Variation of days of one weekday around their own mean, less what Poisson counts would show."""
    ratio = calls / expected
    centred = ratio / ratio.groupby(weekday).transform("mean")
    groups = weekday.nunique()
    if len(centred) <= groups + 1:
        return 0.0
    variance = float(((centred - 1) ** 2).sum() / (len(centred) - groups)) - float((1 / expected.clip(lower=1)).mean())
    return float(np.sqrt(max(0.0, variance)))
