"""Members by formula for a report by intervals: mean arrivals of each weekday, and Erlang A or C for each interval.

Leaves reading the report to `pbxsim/logs/intervals.py`. A formula knows no flow, no skills and no shifts: `staff` does.
"""

from __future__ import annotations

import math

import pandas as pd

from pbxsim.logs.intervals import IntervalReport
from pbxsim.logs.told import Told
from pbxsim.results import queueing_theory as theory

MEMBERS_AT_MOST = 5000
"""Members of one interval; a report that asks for more is one of another unit."""


def requirement(
    report: IntervalReport,
    queue: str | None = None,
    *,
    service_level: float = 0.8,
    within_s: float = 20.0,
    patience_s: float = 120.0,
    aht_s: float = 0.0,
) -> pd.DataFrame:
    """One row a weekday (0 is Monday) and interval with calls: weekday, start_min, calls (mean), aht_s, members (fewest).

    `patience_s` 0 means that nobody gives up. `aht_s` is used where the report has none. Raises LogError, with the account of the
    report's lines, where there is none, for a queue the report does not have, and where its figures ask for too many members.
    """
    if queue is not None and queue not in report.queues():
        known = ", ".join(report.queues())
        raise report.refused(Told("“{queue}” is no queue of the report; it has {known}", queue=queue, known=known))
    rows = report.of(queue)
    start = rows["start"]
    by = rows.assign(weekday=start.dt.day_of_week, start_min=start.dt.hour * 60 + start.dt.minute).groupby(
        ["weekday", "start_min"]
    )
    weight = rows["offered"].where(rows["aht_s"].notna(), 0.0)
    overall = float((rows["aht_s"].fillna(0) * weight).sum() / weight.sum()) if float(weight.sum()) > 0 else aht_s
    if not overall > 0:
        raise report.refused(Told("the report tells no handling time; give it in seconds (--aht)"))
    out = []
    for (weekday, begin), group in by:
        calls = float(group["offered"].mean())
        if calls <= 0:
            continue
        known = group.dropna(subset=["aht_s"])
        told = float((known["aht_s"] * known["offered"]).sum())
        weighed = float(known["offered"].sum())
        handle = told / weighed if weighed > 0 and told > 0 else overall
        members = _members(calls, handle, report.interval_min, service_level, within_s, patience_s)
        if members is None:
            text = "more than {most} members would be needed; is the unit of the report another one?"
            raise report.refused(Told(text, most=MEMBERS_AT_MOST))
        out.append((int(weekday), int(begin), calls, handle, members))
    return pd.DataFrame(out, columns=["weekday", "start_min", "calls", "aht_s", "members"])


def _members(calls: float, handle: float, minutes: int, level: float, within_s: float, patience_s: float) -> int | None:
    """None where no number up to `MEMBERS_AT_MOST` is enough."""
    rate = calls / (minutes * 60)
    first = 1 if patience_s > 0 else math.floor(rate * handle) + 1
    for members in range(max(1, first), MEMBERS_AT_MOST):
        found = (
            theory.erlang_a(rate, 1 / handle, 1 / patience_s, members)
            if patience_s > 0
            else theory.m_m_n(rate, 1 / handle, members)
        )
        if found.answered_within(within_s) >= level:
            return members
    return None
