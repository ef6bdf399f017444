"""What moved since last week: calls, talk, patience, abandonment, waits, service and staff of each queue, with size and interval.

Decides what is compared with what: each weekday of the last seven days with the same weekday of the seven before, as far as both
were working days, and all of them together. A pair of days is one observation: calls of one day wait together and give up
together, so they are no independent ones. Leaves the statistics to `pbxsim/results/estimate.py`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.calibrate.judge import WITHIN_S
from pbxsim.calibrate.known import EVERY_MIN, Known
from pbxsim.results import estimate

WEEK: Final = pd.Timedelta(days=7)
ALL: Final = ""
"""Stands for all queues together."""

Floats = npt.NDArray[np.float64]
Name = Literal["calls_a_day", "talk_s", "patience_s", "abandoned_share", "wait_s", "within_20s_share", "free_h"]

FIGURES: Final[dict[Name, str]] = {
    "calls_a_day": "calls a day",
    "abandoned_share": "share of calls abandoned",
    "wait_s": "mean wait of all calls, seconds",
    "within_20s_share": "share of all calls answered within 20 s",
    "talk_s": "mean talk, seconds",
    "patience_s": "seconds waited for one call abandoned",
    "free_h": "hours a day that members were free for it, of a bridge's record",
}
"""What is compared, and what it is."""


@dataclasses.dataclass(frozen=True)
class Moved:
    """One figure of one queue: last week's value, that of the week before, and how far it moved."""

    queue: str
    """Empty for all queues together."""
    figure: Name
    before: float
    after: float
    change: float
    low: float
    high: float
    """95 % interval of the change; NaN where one pair of days is all there is."""
    pairs: int

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves no change out."""
        return not math.isnan(self.low) and (self.low > 0 or self.high < 0)

    @property
    def share(self) -> float:
        """The change over the value before; NaN where that was nothing."""
        return self.change / self.before if self.before else math.nan


def moved(table: pd.DataFrame, known: Known | None = None) -> list[Moved]:
    """Every figure of all queues together and of each queue, from prepared days (`days.prepared`); empty if no weekday has a
    working day in both weeks."""
    last = table["day"].max()
    counts = table.groupby("day").size()
    working = set(counts.index[counts >= d.FEWEST_CALLS])
    after = [day for day in sorted(working) if day > last - WEEK and day - WEEK in working]
    if not after:
        return []
    before = [day - WEEK for day in after]
    out = []
    for queue in (ALL, *sorted(set(table["queue"]))):
        parts = _parts(table if queue == ALL else table[table["queue"] == queue], queue, known)
        for name, (above, below) in parts.items():
            one, two = ((_of(above, chosen), _of(below, chosen)) for chosen in (before, after))
            found = estimate.paired_ratio(one, two)
            if not math.isnan(found.mean):
                old, new = (float(y.sum() / x.sum()) for y, x in (one, two))
                out.append(Moved(queue, name, old, new, found.mean, found.low, found.high, len(after)))
    return out


def _of(values: pd.Series | None, days: list[pd.Timestamp]) -> Floats:
    if values is None:
        return np.ones(len(days))
    return np.asarray(values.reindex(days, fill_value=0.0), dtype=np.float64)


def _parts(rows: pd.DataFrame, queue: str, known: Known | None) -> Mapping[Name, tuple[pd.Series, pd.Series | None]]:
    """What stands above and below the line of each figure, by day; nothing below counts days themselves."""
    served = rows[rows["answered"] & rows["talk"].notna()]
    calls = rows.groupby("day").size().astype(float)
    lost = rows.groupby("day")["abandoned"].sum().astype(float)
    waited = rows.groupby("day")["wait"].sum()
    within = (rows["answered"] & (rows["wait"] <= WITHIN_S)).groupby(rows["day"]).sum().astype(float)
    parts: dict[Name, tuple[pd.Series, pd.Series | None]] = {
        "calls_a_day": (calls, None),
        "abandoned_share": (lost, calls),
        "wait_s": (waited, calls),
        "within_20s_share": (within, calls),
        "talk_s": (served.groupby("day")["talk"].sum(), served.groupby("day").size().astype(float)),
        "patience_s": (waited, lost),
    }
    if known is not None and queue != ALL and bool((known.staffing["queue"] == queue).any()):
        mine = known.staffing[known.staffing["queue"] == queue]
        parts["free_h"] = (mine.groupby("day")["members"].sum() * EVERY_MIN / 60, None)
    return parts
