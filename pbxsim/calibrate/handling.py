"""How long calls keep members, day by day as a log tells it: talk, work after calls, time signed in and not ready.

Decides what of it is measured. Talk is the mean of answered calls. Work after calls is the mean gap to the next call where
callers waited as the talk ended and the next call had waited: there the member took a call as soon as ready (`staffing.py`); so
it is missing of days without such gaps. Time not ready is the share of pauses in the time signed in, of logs that tell both.
Leaves forecasting to `forecast/averages.py`.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from pbxsim.calibrate import signins, staffing
from pbxsim.calibrate.talk import LONGEST_S
from pbxsim.forecast import averages

FEWEST_GAPS: Final = 10
"""Gaps of a day from which their mean is one."""
RECENT_DAYS: Final = 91
"""Latest days that tell of days to come."""
MEASURES: Final = ("talk_s", "after_call_share", "not_ready_share")


def measured(table: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    """A row a day of prepared days: `talk_s`, mean seconds; `after_call_share`, work after calls over talk and work after calls;
    `not_ready_share`, pauses over time signed in. NaN where the log does not tell."""
    served = table[table["answered"] & table["talk"].notna()]
    talk_s = served["talk"].clip(upper=LONGEST_S).groupby(served["day"]).mean()
    gaps = staffing.gaps(table)
    gaps = gaps[gaps["exact"].astype(bool) & (gaps["left"] > 0) & (gaps["gap"] < staffing.LONGEST_REST_S)]
    by_day = gaps.groupby("day")["gap"]
    after_s = by_day.mean()[by_day.size() >= FEWEST_GAPS]
    days = pd.DatetimeIndex(sorted(table["day"].unique()))
    out = pd.DataFrame({"talk_s": talk_s.reindex(days), "after_s": after_s.reindex(days)}, index=days)
    out["after_call_share"] = out["after_s"] / (out["talk_s"] + out["after_s"])
    out["not_ready_share"] = not_ready(staff, days)
    return out[list(MEASURES)]


def not_ready(staff: pd.DataFrame, days: pd.DatetimeIndex) -> pd.Series:
    """Pauses over time signed in, of each day with both."""
    empty = pd.Series(float("nan"), index=days)
    if staff.empty or not {"in", "pause"} <= set(staff["event"]):
        return empty
    signed = _seconds(signins.roster(staff[staff["event"].isin(["in", "out"])], days[0], days[-1]))
    ready = _seconds(signins.roster(staff, days[0], days[-1]))
    return (1 - ready / signed).clip(0.0, 1.0).reindex(days)


def recent(table: pd.DataFrame) -> pd.DataFrame:
    """Calls of the latest days, which tell of days to come."""
    return table[table["day"] > table["day"].max() - pd.Timedelta(days=RECENT_DAYS)]


def ahead(table: pd.DataFrame, staff: pd.DataFrame, days: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """Of each measure that the log tells, what is expected of `days` (`averages.ahead`)."""
    known = measured(recent(table), staff)
    found = {name: averages.ahead(known[name].dropna(), days) for name in MEASURES}
    return {name: told for name, told in found.items() if len(told)}


def _seconds(roster: signins.Roster) -> pd.Series:
    return pd.Series(
        {day: sum(end - begin for spans in mine.values() for begin, end in spans) for day, mine in roster.told.items()},
        dtype=float,
    )
