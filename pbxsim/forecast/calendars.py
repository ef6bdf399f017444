"""What the calendar says of a day: a holiday and its name, the day before or after one, a bridge to a weekend, the turn of a
month, a special day of one's own.

Decides which days are unlike others for a reason that is known beforehand. Leaves what that does to calls to `calendar_model.py`.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Collection, Mapping
from typing import Final

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.forecast.own_days import OwnDays

Floats = npt.NDArray[np.float64]

EFFECTS: Final = ("holiday", "eve", "after", "bridge", "month begins", "month ends")
"""Columns of `effects`."""

_DAY: Final = datetime.timedelta(days=1)
_LOOK_DAYS: Final = 10
"""How far back the last working day is looked for: no row of free days is longer, or what it delayed is forgotten."""


@dataclasses.dataclass(frozen=True)
class Calendar:
    """Public holidays of a country by the `holidays` library; without a country there are none. And days of one's own."""

    country: str | None = None
    subdivision: str | None = None
    own: OwnDays = OwnDays()

    def holiday(self, day: datetime.date) -> str:
        """Name of the holiday, or empty."""
        return _known(self.country, self.subdivision, day.year).get(day, "")

    def effects(self, days: pd.DatetimeIndex, worked: Collection[int]) -> Floats:
        """One row a day, 1.0 in the column of each of `EFFECTS` that holds. `worked` are the weekdays usually worked, 0 for
        Monday.

        *After* is the first worked day after a holiday that fell on one, with weekends between left out of account; *bridge* is a
        worked day between a holiday and a weekend.
        """
        return np.array([self._effects(day.date(), worked) for day in days], dtype=float).reshape(
            len(days), len(EFFECTS)
        )

    def _effects(self, day: datetime.date, worked: Collection[int]) -> tuple[bool, ...]:
        before, after = day - _DAY, day + _DAY
        is_holiday = bool(self.holiday(day))
        is_usual = not is_holiday and day.weekday() in worked
        is_eve = is_usual and bool(self.holiday(after))
        is_bridge = is_usual and (
            (bool(self.holiday(before)) and after.weekday() not in worked)
            or (bool(self.holiday(after)) and before.weekday() not in worked)
        )
        delayed = False
        for _ in range(_LOOK_DAYS):
            if before.weekday() in worked:
                if not self.holiday(before):
                    break
                delayed = True
            before -= _DAY
        is_after = delayed and is_usual and not is_bridge
        return is_holiday, is_eve and not is_bridge, is_after, is_bridge, day.day <= 3, day.day >= 28


@functools.lru_cache(maxsize=256)
def _known(country: str | None, subdivision: str | None, year: int) -> Mapping[datetime.date, str]:
    if country is None:
        return {}
    return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))
