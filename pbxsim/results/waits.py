"""How long callers waited and how many waited at once, from what was counted of stays (`stays.py`).

Decides what of the counts of several days is told, with which interval of confidence. Leaves the counting to
`world/counting.py`, statistics to `estimate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import pandas as pd

from pbxsim.results import estimate
from pbxsim.results.stays import EDGES_S, StayCounts, WaitingLine

HIGH: Final = 90
"""Days of a hundred on which the longest queue is no longer than is told."""


class QueueStays(msgspec.Struct, frozen=True):
    """What one replication counted of the stays in one queue; 0 is all queues together."""

    queue: int
    answered: tuple[int, ...]
    """By the class of their wait, up to the last class in which there is any."""
    abandoned: tuple[int, ...]
    waiting_us: tuple[int, ...]
    """Waiting times within each interval."""
    most: tuple[int, ...]
    """Callers at once, in each interval."""


def stays_of(stays: dict[int, StayCounts], together: WaitingLine) -> tuple[QueueStays, ...]:
    """What a finished day counted."""
    together.close()
    answered, abandoned = ([0] * (len(EDGES_S) + 1) for _ in range(2))
    made = []
    for queue, counted in stays.items():
        counted.line.close()
        answered = [one + other for one, other in zip(answered, counted.answered, strict=True)]
        abandoned = [one + other for one, other in zip(abandoned, counted.abandoned, strict=True)]
        made.append(_made(queue, counted.answered, counted.abandoned, counted.line))
    return _made(0, answered, abandoned, together), *made


def _made(queue: int, answered: list[int], abandoned: list[int], line: WaitingLine) -> QueueStays:
    return QueueStays(queue, _cut(answered), _cut(abandoned), tuple(line.sums_us), tuple(line.mosts))


def _cut(counts: list[int]) -> tuple[int, ...]:
    used = max((place for place, count in enumerate(counts) if count), default=-1)
    return tuple(counts[: used + 1])


def shares(days: Sequence[QueueStays], offered: Sequence[float], confidence: float = 0.95) -> pd.DataFrame:
    """Of all calls offered, the share that was answered after at most `wait_s`, and the share that gave up by then; each with its
    bounds over days. A row a class up to the longest wait; waits of more than four hours are in the last row, `inf`."""
    longest = max((len(one) for day in days for one in (day.answered, day.abandoned)), default=0)
    edges = np.asarray([*EDGES_S, np.inf], dtype=np.float64)[:longest]
    below = np.asarray(offered, dtype=np.float64)
    columns: dict[str, np.ndarray] = {"wait_s": edges}
    for name in ("answered", "abandoned"):
        counts = np.zeros((len(days), longest))
        for place, day in enumerate(days):
            mine = getattr(day, name)
            counts[place, : len(mine)] = mine
        found = [estimate.ratio_of(above, below, confidence) for above in counts.cumsum(axis=1).T]
        columns[name] = np.asarray([one.mean for one in found])
        columns[f"{name}_low"] = np.clip([one.low for one in found], 0, 1)
        columns[f"{name}_high"] = np.clip([one.high for one in found], 0, 1)
    return pd.DataFrame(columns)


def lengths(days: Sequence[QueueStays], step_us: int, confidence: float = 0.95) -> dict[str, np.ndarray]:
    """Callers waiting, by interval: mean (time-weighted) with its bounds over days, and `most_p90`, the longest queue of the
    interval on nine days of ten."""
    waiting = np.asarray([day.waiting_us for day in days], dtype=np.float64) / step_us
    found = [estimate.mean_of(one, confidence) for one in waiting.T]
    return {
        "mean": np.asarray([one.mean for one in found]),
        "low": np.maximum([one.low for one in found], 0),
        "high": np.asarray([one.high for one in found]),
        "most_p90": np.percentile([day.most for day in days], HIGH, axis=0),
    }
