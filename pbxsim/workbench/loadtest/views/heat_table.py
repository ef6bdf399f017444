"""A figure by queues and times of day, or by days and times of day where a scenario has several: the figures of the heat map.

Decides rows, columns, and that a cell is the ratio of sums over what falls into it. Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np

from pbxsim.results import frames
from pbxsim.results.metrics import COUNTS, Sums
from pbxsim.results.results import ALL_QUEUES, Results, value_of

FIGURES: Final = ("service_level", "answer_speed_s", "abandoned_of_offered", "offered")
"""Figures that have a heat map."""

MORE_IS_BETTER: Final = ("service_level",)
SHARES: Final = ("service_level", "abandoned_of_offered")

_DAY_MIN: Final = 24 * 60
_OFFERED: Final = COUNTS.index("offered")


@dataclass(frozen=True)
class HeatTable:
    """A figure in rows and columns."""

    rows: tuple[int, ...]
    """Queues by number, 0 for all; days by the ordinal of their date where `by_days`."""
    by_days: bool
    columns: tuple[int, ...]
    """Where each begins, minutes after midnight of the first day, or of its own day where `by_days`."""
    step_min: int
    values: np.ndarray
    """NaN where nothing was counted."""
    offered: np.ndarray
    """Calls of a simulated day."""


def heat_table(results: Results, figure: str, step_min: int, queue: int = ALL_QUEUES) -> HeatTable:
    """A figure in columns of `step_min` minutes, or of an interval of the run where that is longer, from the first in which
    anybody calls to the last.

    A scenario of one day has a row for all queues and one for each; a longer one has a row a day, of `queue`. Raises KeyError for
    no such figure or queue.
    """
    step_min = max(step_min, results.scenario.measure.interval_min)
    by_days = results.scenario.hours * 60 > _DAY_MIN
    starts = frames.instants(results.interval_starts(), results.zone)
    days = np.asarray([at.toordinal() for at in starts])
    minutes = np.asarray([at.hour * 60 + at.minute for at in starts])
    if not by_days:
        minutes += _DAY_MIN * (days - days[0])
    columns, column = np.unique(minutes // step_min * step_min, return_inverse=True)
    if by_days:
        rows, row = np.unique(days, return_inverse=True)
        parts = [(results.counts_of_day(queue), row)]
    else:
        queues = (ALL_QUEUES, *results.queues) if len(results.queues) > 1 else results.queues
        rows = np.asarray(queues, dtype=int)
        parts = [(results.counts_of_day(number), np.full(len(starts), at)) for at, number in enumerate(queues)]
    counts = np.zeros((len(rows), len(columns), len(COUNTS)))
    for counted, into in parts:
        np.add.at(counts, (into, column), counted)
    called = np.flatnonzero(counts[:, :, _OFFERED].any(axis=0))
    shown = slice(called[0], called[-1] + 1) if len(called) else slice(0, 0)
    counts = counts[:, shown]
    scale = 1 if figure in SHARES or figure == "answer_speed_s" else max(1, results.replications)
    values = np.asarray([[value_of(figure, Sums(*cell)) / scale for cell in line] for line in counts.tolist()])
    offered = counts[:, :, _OFFERED] / max(1, results.replications)
    values = np.where(offered > 0, values.reshape(offered.shape), np.nan)
    return HeatTable(
        tuple(int(one) for one in rows), by_days, tuple(int(one) for one in columns[shown]), step_min, values, offered
    )


def clock(minutes: int) -> str:
    """Time of day of so many minutes after midnight.

    >>> clock(570), clock(1440), clock(1500)
    ('09:30', '24:00', '01:00')
    """
    return f"{minutes // 60 % 24 if minutes != _DAY_MIN else 24:02d}:{minutes % 60:02d}"


def date_of(row: int) -> dt.date:
    """The day of a row."""
    return dt.date.fromordinal(row)
