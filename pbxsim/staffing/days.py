"""How many days a search looks at: those asked for, and more where its targets are counted from few calls.

Decides how sure a search is of a target whatever the size of the centre. Twenty days of a hundred calls an hour tell a service
level to a point or two; twenty days of three calls an hour do not, and a search that keeps a target by its standard error would
pay for that with members. Days of few calls take little time. Leaves the margin itself to `search.py`.
"""

from __future__ import annotations

from typing import Final

from pbxsim.staffing.search import Floats

FULL_CALLS: Final = 50.0
"""Calls a day behind a target, on average over queues and intervals, from which the days asked for are enough."""

DAYS_AT_MOST: Final = 400
"""Days that are looked at where calls are very few."""

CALLS_AT_MOST: Final = 40_000
"""Calls of one run beyond which no days are added."""


def enough_days(offered: Floats, asked: int) -> int:
    """Days for targets that are counted from so many calls a day, by queue and interval, or by queue over the day; never fewer
    than those `asked` for."""
    called = offered[offered > 0]
    if not called.size:
        return asked
    wanted = min(asked * FULL_CALLS / float(called.mean()), DAYS_AT_MOST, CALLS_AT_MOST / float(called.sum()))
    return max(asked, round(wanted))
