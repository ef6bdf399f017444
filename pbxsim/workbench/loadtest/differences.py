"""Two kept runs on the same callers: what differs, queue by queue, with its interval of confidence.

Decides which figures are compared and why two runs cannot be. Leaves statistics to `pbxsim/runs/precision.py`. Imports no part of
the web application.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from pbxsim.results.results import ALL_QUEUES, Results
from pbxsim.runs.precision import compare

FIGURES: Final = (
    "offered", "answered", "abandoned", "service_level", "abandoned_of_offered", "answer_speed_s", "timed_out", "refused",
)  # fmt: skip
OF_ALL: Final = ("occupancy", "staffed_hours", "calls_talked", "calls_busy", "calls_voicemail")
"""Figures of the whole PBX."""

SHARES: Final = ("service_level", "abandoned_of_offered", "occupancy")
SECONDS: Final = ("answer_speed_s",)

COLUMNS: Final = ("queue", "figure", "first", "second", "difference", "low", "high", "sure")


class NotComparable(ValueError):
    """Two runs that did not meet the same callers: `key` names the words for it, `values` fill them."""

    def __init__(self, key: str, *values: object) -> None:
        self.key, self.values = key, values
        super().__init__(f"{key} {values}")


def differences(first: Results, second: Results) -> tuple[pd.DataFrame, int]:
    """One row a queue (0 of all) and figure: both runs, `second` minus `first` with its 95 % interval, and whether 0 lies
    outside; and the number of days that both have. Raises NotComparable."""
    if first.scenario.seed != second.scenario.seed:
        raise NotComparable("runs.other_seed", first.scenario.seed, second.scenario.seed)
    try:
        both = compare(first, second)
    except ValueError:
        raise NotComparable("runs.no_day") from None
    rows = []
    queues = [queue for queue in first.queues if queue in second.queues]
    for queue in (ALL_QUEUES, *queues):
        for name in (*FIGURES, *(OF_ALL if queue == ALL_QUEUES else ())):
            one, two = both.first.figure(name, queue), both.second.figure(name, queue)
            apart = both.figure(name, queue)
            sure = bool(apart.low > 0 or apart.high < 0)
            rows.append((queue, name, one.mean, two.mean, apart.mean, apart.low, apart.high, sure))
    return pd.DataFrame(rows, columns=list(COLUMNS)), both.first.replications
