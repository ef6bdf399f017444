"""What a staffing plan is to keep. Leaves how it is kept to `plan.py` and `search.py`."""

from __future__ import annotations

from typing import Literal

from pbxsim.scenario.distributions import NotNegative, Share
from pbxsim.scenario.scenario import ScenarioPart


class Targets(ScenarioPart):
    """What every queue is to keep, in each interval (`per: interval`) or over the whole day (`per: day`).

    Calls a queue refused, or that left it by time-out, count as not answered: a queue without members meets nothing.
    """

    service_level: Share | None = 0.8
    """Answered within T over all but those who hung up within T; T is the scenario's `measure.within_s`."""
    abandoned_share: Share | None = None
    """At most this share of calls abandons, refused and timed-out ones included."""
    answer_speed_s: NotNegative | None = None
    """Mean wait of those answered, seconds at most."""
    occupancy: Share | None = None
    """At most this share of the members' time, all teams together, is talk and wrap-up; by the interval calls came in."""
    per: Literal["interval", "day"] = "interval"
