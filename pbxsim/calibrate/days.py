"""The calls of a log as days: seconds of the day, kind of call, who answered, and what kind of day it was.

Decides what every fit sees. A *kind* of call is its queue together with the caller's priority, if the log has any. Days run by
the clock of the log's zone from midnight; a stay belongs to the day it began.
"""

from __future__ import annotations

import datetime
from typing import Final

import holidays
import numpy as np
import pandas as pd

from pbxsim.logs import calls as c

FEWEST_CALLS: Final = 20
"""A day with fewer calls is no working day of the log: closed, or cut."""

SHORT_WAIT_S: Final = 6.0
"""A call that waited no longer met a free member: connecting and ringing take up to this."""


def prepared(calls: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One row a stay, sorted by day and time: `day`, `t` (arrival), `wait`, `a` (answer), `e` (end of talk), all in seconds of
    the day; `kind`, `answered`, `abandoned`, `talk`, `agent`, `caller`.

    Priorities that the log does not tell (they are often recorded only of callers who waited) are drawn from those that it tells
    of the same queue, by `seed`, whether the call waited or not: so nothing about a wait is in the kind. Refused stays are left
    out: they were no load.
    """
    stays = calls[calls["outcome"] != c.REFUSED]
    clock = stays["arrived_at"].dt.tz_localize(None)
    day = clock.dt.normalize()
    table = pd.DataFrame(
        {
            "day": day,
            "t": (clock - day) / pd.Timedelta(seconds=1),
            "wait": stays["wait_s"],
            "talk": stays["talk_s"],
            "answered": stays["outcome"] == c.ANSWERED,
            "abandoned": stays["outcome"] == c.ABANDONED,
            "queue": stays["queue"],
            "agent": stays["agent"],
            "caller": stays["caller"],
        }
    )
    table["kind"] = _kinds(stays, seed)
    table["a"] = table["t"] + table["wait"]
    table["e"] = table["a"] + table["talk"].fillna(0.0)
    return table.sort_values(["day", "t"], kind="stable").reset_index(drop=True)


def waiting_at(table: pd.DataFrame, instant: str) -> np.ndarray:
    """How many callers waited, in all queues together, at the instant of each row (`t`, `a` or `e`), itself left out."""
    out = np.zeros(len(table), dtype=np.int64)
    begins, ends, at = (table[name].to_numpy(dtype=float) for name in ("t", "a", instant))
    waited = table["wait"].to_numpy(dtype=float) > 0
    for rows in table.groupby("day").indices.values():
        mine = rows[waited[rows]]
        came, gone = np.sort(begins[mine]), np.sort(ends[mine])
        out[rows] = np.searchsorted(came, at[rows], "left") - np.searchsorted(gone, at[rows], "right")
    return np.maximum(0, out)


def _kinds(stays: pd.DataFrame, seed: int) -> pd.Series:
    """Queue and priority. Priorities are drawn again for all calls of a queue if the log tells them of some calls only."""
    queue, priority = stays["queue"], stays["priority"]
    told = priority != ""
    if not bool(told.any()):
        return queue
    kinds = queue + "/" + priority
    rng = np.random.default_rng(seed)
    for name, rows in stays.groupby("queue").groups.items():
        unknown = ~told.loc[rows]
        if not bool(unknown.any()):
            continue
        known = priority.loc[rows][~unknown]
        share = known.value_counts(normalize=True).sort_index() if len(known) else pd.Series({"0": 1.0})
        drawn = rng.choice(share.index.to_numpy(dtype=object), size=int(unknown.sum()), p=share.to_numpy())
        kinds.loc[unknown.index[unknown]] = [f"{name}/{one}" for one in drawn]
    return kinds


def redrawn_kinds(test: pd.DataFrame, train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Test days with every kind drawn from what training tells of the queue: whether a caller's priority was recorded tells
    whether they waited, and nothing about test waits may be used. Queues without kinds stay as they are."""
    out = test.copy()
    if bool((test["kind"] == test["queue"]).all()):
        return out
    waited = train[train["wait"] > 0]
    rng = np.random.default_rng(seed)
    kinds = out["kind"].astype(object)
    for name, rows in out.groupby("queue").groups.items():
        source = waited.loc[waited["queue"] == name, "kind"]
        if len(source):
            share = source.value_counts(normalize=True).sort_index()
            kinds.loc[rows] = rng.choice(share.index.to_numpy(dtype=object), size=len(rows), p=share.to_numpy())
    out["kind"] = kinds
    return out


def calendar(table: pd.DataFrame, country: str | None = None, subdivision: str | None = None) -> pd.DataFrame:
    """One row a day, by `day`: `calls`, `weekday` (0 Monday), `holiday` (name or empty), `eve`, `special`.

    `special` are holidays, their eves where those are short days, days with fewer than a third of the usual calls of the weekday
    and days with more than 1.6 times as many: they are not typical of their weekday. Usual is the median of the four like
    weekdays before and after: a weekday that has changed for good is itself again after some weeks.
    """
    counts = table.groupby("day").size().rename("calls").to_frame()
    counts["weekday"] = counts.index.day_of_week
    known: dict[datetime.date, str] = {}
    if country is not None:
        years = range(counts.index.min().year, counts.index.max().year + 1) if len(counts) else range(0)
        known = dict(holidays.country_holidays(country, subdiv=subdivision, years=years))
    counts["holiday"] = [known.get(day.date(), "") for day in counts.index]
    tomorrow = datetime.timedelta(days=1)
    counts["eve"] = [(day.date() + tomorrow) in known and not name for day, name in counts["holiday"].items()]
    usual = counts.groupby("weekday")["calls"].transform(_usual)
    odd = (counts["calls"] < usual / 3) | (counts["calls"] > usual * 1.6) | (counts["calls"] < FEWEST_CALLS)
    short = counts["eve"] & (counts["calls"] < usual * 0.75)
    counts["special"] = odd | (counts["holiday"] != "") | short
    return counts


def _usual(calls: pd.Series) -> pd.Series:
    """What was usual around each of a weekday's days."""
    return calls.rolling(9, center=True, min_periods=1).median()


def weights(days: pd.Series, reference: pd.Timestamp, half_life_days: float) -> np.ndarray:
    """Weight of each row by its distance from `reference`: recent weeks weigh more."""
    age = np.abs((reference - days) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    return np.asarray(0.5 ** (age / half_life_days))
