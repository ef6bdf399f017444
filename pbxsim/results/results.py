"""What a load test gives back: figures with intervals of confidence, the day by intervals, and tidy tables.

Decides how counts of replications become figures. Definitions stand in `metrics.py`, statistics in `estimate.py`,
columns of the tables in `frames.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.calendar.zones import Zone
from engine.contract.ids import Instant
from pbxsim.results import estimate, frames, html
from pbxsim.results.estimate import Estimate
from pbxsim.results.metrics import ALL_FIGURES, CALL_FIGURES, COUNTS, FIGURES, MEMBER_FIGURES, Figure, Sums
from pbxsim.results.waits import QueueStays, lengths, shares
from pbxsim.scenario.names import queue_number
from pbxsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from pbxsim.results.plots import Plots

ALL_QUEUES = 0
"""Stands for all queues together where a queue's number stands otherwise."""

SHOWN = (
    "service_level", "answer_speed_s", "abandoned_share", "handle_s", "occupancy", "staffed_hours", "calls", "calls_busy_share",
)  # fmt: skip
"""Figures of all queues together that a notebook shows first."""

_BY_NAME = {figure.name: figure for figure in ALL_FIGURES}


@dataclass(frozen=True)
class Sample:
    """What one replication sends home: counts, and tables if they were kept."""

    replication: int
    cells: tuple[tuple[int, int, tuple[int, ...]], ...]
    """(queue, interval, counts in the order of `metrics.COUNTS`) wherever something was counted."""
    calls: tuple[int, ...]
    """In the order of `metrics.CallCounts`."""
    times: tuple[int, ...]
    """In the order of `metrics.MemberTimes`."""
    started: int
    """Calls simulated, warm-up included."""
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    stays: tuple[QueueStays, ...] = ()
    """Of all queues together, then of each. None in runs that were kept before stays were counted."""

    def sums(self, queue: int = ALL_QUEUES, interval: int | None = None) -> Sums:
        """Counts of one queue or of all, of one interval or of all, with those of members and whole calls."""
        total = np.zeros(len(COUNTS))
        longest = 0
        for number, i, counts in self.cells:
            if (queue in (ALL_QUEUES, number)) and interval in (None, i):
                total += counts
                longest = max(longest, counts[_LONGEST])
        total[_LONGEST] = longest
        return Sums(*total.tolist(), *self.times, *self.calls)


_LONGEST = COUNTS.index("longest_wait_us")


class Results:
    """Replications of one scenario on one flow.

    `summary` has one row per figure and queue; `figure` gives one of them; `intervals` has one row per replication,
    queue and interval; `day` the mean course of a figure over the day with bands. The tables `calls`, `visits`,
    `offers`, `legs`, `elements` and `members` are empty unless records were kept.
    """

    def __init__(
        self,
        scenario: Scenario,
        flow_digest: str,
        queues: Sequence[int] | Mapping[int, str],
        begin: Instant,
        zone: Zone,
        samples: Iterable[Sample],
        warnings: tuple[str, ...] = (),
        elapsed_s: float = 0.0,
        cancelled: bool = False,
    ) -> None:
        self.scenario = scenario
        self.flow_digest = flow_digest
        self.queues = tuple(queues)
        self.queue_names = dict(queues) if isinstance(queues, Mapping) else dict.fromkeys(queues, "")
        """Names by number: wherever a queue is asked for, its name does as well."""
        self.begin = begin
        self.zone = zone
        self.samples = tuple(sorted(samples, key=lambda sample: sample.replication))
        self.warnings = warnings
        self.elapsed_s = elapsed_s
        self.cancelled = cancelled
        """Whether it was stopped early; the replications here are whole ones all the same."""
        self._sums: dict[int, list[Sums]] = {}
        self._intervals: pd.DataFrame | None = None
        self._tables: dict[str, pd.DataFrame] = {}

    @property
    def replications(self) -> int:
        """Days simulated."""
        return len(self.samples)

    @property
    def simulated_calls(self) -> int:
        """Calls of all replications, warm-up included."""
        return sum(sample.started for sample in self.samples)

    @property
    def calls_per_s(self) -> float:
        """Simulated calls per second of wall clock."""
        return self.simulated_calls / self.elapsed_s if self.elapsed_s else math.nan

    @property
    def plot(self) -> Plots:
        """Pictures: `plot.day()`, `plot.waits()`, `plot.queue()`."""
        from pbxsim.results.plots import Plots

        return Plots(self)

    def _repr_html_(self) -> str:
        rows = []
        for name in SHOWN:
            figure = _BY_NAME[name]
            found = self.figure(name)
            if not math.isnan(found.mean):
                rows.append((name, *html.estimated(found, figure.unit), figure.meaning))
        days = f"{self.replications} days, {self.simulated_calls:,} calls" + (
            ", stopped early" if self.cancelled else ""
        )
        return html.block(
            f"{self.scenario.scenario}: {days}",
            self.warnings,
            [html.table(["figure", "mean", "95 %", "meaning"], rows)],
        )

    # --- figures -----------------------------------------------------------------------------------------------------

    def number_of(self, queue: int | str) -> int:
        """The number of a queue told by number or name, 0 for all. Raises KeyError for a queue the flow does not have."""
        return ALL_QUEUES if queue in (ALL_QUEUES, "all") else queue_number(queue, self.queue_names)

    def sums(self, queue: int | str = ALL_QUEUES) -> list[Sums]:
        """What was counted in each replication. Raises KeyError for a queue the flow does not have."""
        queue = self.number_of(queue)
        if queue not in self._sums:
            self._sums[queue] = [sample.sums(queue) for sample in self.samples]
        return self._sums[queue]

    def parts(self, name: str, queue: int | str = ALL_QUEUES) -> tuple[np.ndarray, np.ndarray]:
        """What stands above and below the line of a figure, one value a replication. Raises KeyError for no such
        figure."""
        if name not in _BY_NAME:
            raise KeyError(f"there is no figure {name}; see pbxsim.results.metrics.ALL_FIGURES")
        return _parts(_BY_NAME[name], self.sums(queue))

    def figure(self, name: str, queue: int | str = ALL_QUEUES, confidence: float = 0.95) -> Estimate:
        """One figure with its interval of confidence; ratios are ratios of sums over all replications."""
        return estimate.ratio_of(*self.parts(name, queue), confidence)

    @property
    def summary(self) -> pd.DataFrame:
        """One row per queue (0 is all of them) and figure: mean, low, high (95 %), half_width, unit, meaning."""
        rows = []
        for queue in (ALL_QUEUES, *self.queues):
            figures = FIGURES + (MEMBER_FIGURES + CALL_FIGURES if queue == ALL_QUEUES else ())
            for figure in figures:
                found = estimate.ratio_of(*_parts(figure, self.sums(queue)))
                rows.append(
                    (
                        queue,
                        figure.name,
                        found.mean,
                        found.low,
                        found.high,
                        found.half_width,
                        figure.unit,
                        figure.meaning,
                    )
                )
        return pd.DataFrame(rows, columns=["queue", "figure", "mean", "low", "high", "half_width", "unit", "meaning"])

    @property
    def kpis(self) -> pd.DataFrame:
        """One row per replication and queue (0 is all of them), one column per figure."""
        rows = []
        for queue in (ALL_QUEUES, *self.queues):
            figures = FIGURES + (MEMBER_FIGURES + CALL_FIGURES if queue == ALL_QUEUES else ())
            for sample, sums in zip(self.samples, self.sums(queue), strict=True):
                rows.append(
                    {"replication": sample.replication, "queue": queue, **{f.name: _value(f, sums) for f in figures}}
                )
        return pd.DataFrame(rows)

    def joined(self, other: Results) -> Results:
        """These replications and those of `other`, which must be of the same flow and scenario and be different
        ones."""
        if (other.scenario, other.flow_digest) != (self.scenario, self.flow_digest):
            raise ValueError("results of different flows or scenarios cannot be joined")
        if {sample.replication for sample in self.samples} & {sample.replication for sample in other.samples}:
            raise ValueError("a replication would count twice")
        return self._with(
            self.samples + other.samples, self.elapsed_s + other.elapsed_s, self.cancelled or other.cancelled
        )

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its replications."""
        return tuple(sample.replication for sample in self.samples)

    def of(self, numbers: Sequence[int]) -> Results:
        """The replications of these numbers."""
        wanted = set(numbers)
        return self._with(
            [sample for sample in self.samples if sample.replication in wanted], self.elapsed_s, self.cancelled
        )

    def _with(self, samples: Iterable[Sample], elapsed_s: float, cancelled: bool) -> Results:
        return Results(
            self.scenario,
            self.flow_digest,
            self.queue_names,
            self.begin,
            self.zone,
            samples,
            self.warnings,
            elapsed_s,
            cancelled,
        )

    # --- the day -----------------------------------------------------------------------------------------------------

    @property
    def intervals(self) -> pd.DataFrame:
        """One row per replication, queue (0 is all) and interval, with counts and figures, also where nobody called."""
        if self._intervals is None:
            self._intervals = self._make_intervals()
        return self._intervals

    def _make_intervals(self) -> pd.DataFrame:
        count = self.interval_count
        numbers = (ALL_QUEUES, *self.queues)
        place = {queue: i for i, queue in enumerate(numbers)}
        totals = np.zeros((len(self.samples), len(numbers), count, len(COUNTS)))
        for r, sample in enumerate(self.samples):
            for queue, interval, counts in sample.cells:
                totals[r, place[queue], interval] += counts
                into = totals[r, 0, interval]
                longest = max(into[_LONGEST], counts[_LONGEST])
                into += counts
                into[_LONGEST] = longest
        flat = totals.reshape(-1, len(COUNTS))
        columns: dict[str, object] = {
            "replication": np.repeat([sample.replication for sample in self.samples], len(numbers) * count),
            "queue": np.tile(np.repeat(numbers, count), len(self.samples)),
            "interval": frames.instants(self.interval_starts() * (len(self.samples) * len(numbers)), self.zone),
        }
        by_name = dict(zip(COUNTS, flat.T, strict=True))
        for name in (
            "offered",
            "answered",
            "answered_within",
            "abandoned",
            "abandoned_short",
            "refused",
            "timed_out",
            "left",
        ):
            columns[name] = by_name[name].astype(np.int64)
        with np.errstate(divide="ignore", invalid="ignore"):
            served = by_name["answered"] + by_name["abandoned"] - by_name["abandoned_within"]
            columns["service_level"] = by_name["answered_within"] / np.where(served, served, np.nan)
            answered = np.where(by_name["answered"], by_name["answered"], np.nan)
            columns["answer_speed_s"] = by_name["answered_wait_us"] / 1e6 / answered
            columns["wait_s_max"] = by_name["longest_wait_us"] / 1e6
        return pd.DataFrame(columns)

    def day(self, name: str = "service_level", queue: int | str = ALL_QUEUES, confidence: float = 0.95) -> pd.DataFrame:
        """The course of one queue figure over the day: interval, mean, low, high (confidence), p10, p90 (days' spread).

        Ratios are ratios of sums over the replications; NaN where no replication counted anything.
        """
        return self.courses((name,), queue, confidence)[name]

    def courses(
        self, names: Sequence[str], queue: int | str = ALL_QUEUES, confidence: float = 0.95
    ) -> dict[str, pd.DataFrame]:
        """Several of what `day` gives, by name, in little more time than one takes."""
        queue = self.number_of(queue)
        figures = {figure.name: figure for figure in FIGURES}
        unknown = next((name for name in names if name not in figures), None)
        if unknown is not None:
            raise KeyError(f"{unknown} is no figure of a queue; see pbxsim.results.metrics.FIGURES")
        by_interval = self._by_interval(queue)
        starts = frames.instants(self.interval_starts(), self.zone)
        made = {}
        for name in names:
            rows = []
            for sums in by_interval:
                above, below = _parts(figures[name], sums)
                found = estimate.ratio_of(above, below, confidence)
                with np.errstate(divide="ignore", invalid="ignore"):
                    values = (above / below)[below > 0]
                low, high = np.percentile(values, [10, 90]) if len(values) else (math.nan, math.nan)
                rows.append((found.mean, found.low, found.high, low, high))
            course = pd.DataFrame(rows, columns=["mean", "low", "high", "p10", "p90"])
            course.insert(0, "interval", starts)
            made[name] = course
        return made

    def _by_interval(self, queue: int) -> list[list[Sums]]:
        """What was counted in each interval, one value a replication."""
        nothing = Sums()
        made: list[list[Sums]] = [[] for _ in range(self.interval_count)]
        for sample in self.samples:
            cells: dict[int, np.ndarray] = {}
            for number, i, counts in sample.cells:
                if queue in (ALL_QUEUES, number):
                    cells[i] = cells[i] + counts if i in cells else np.asarray(counts, dtype=np.float64)
            for i, told in enumerate(made):
                told.append(Sums(*cells[i].tolist()) if i in cells else nothing)
        return made

    def counts_of_day(self, queue: int | str = ALL_QUEUES) -> np.ndarray:
        """What was counted of a queue or of all in each interval, all replications together: a row an interval, a column each of
        `metrics.COUNTS`; the longest wait is the longest of all."""
        queue = self.number_of(queue)
        cells = [cell for sample in self.samples for cell in sample.cells if queue in (ALL_QUEUES, cell[0])]
        total = np.zeros((self.interval_count, len(COUNTS)))
        if cells:
            place = np.asarray([cell[1] for cell in cells])
            counts = np.asarray([cell[2] for cell in cells], dtype=np.float64)
            np.add.at(total, place, counts)
            total[:, _LONGEST] = 0
            np.maximum.at(total[:, _LONGEST], place, counts[:, _LONGEST])
        return total

    def course(self, name: str, queue: int | str = ALL_QUEUES) -> tuple[np.ndarray, np.ndarray]:
        """What stands above and below the line of a queue's figure in each interval of the first replication."""
        queue = self.number_of(queue)
        figure = next((f for f in FIGURES if f.name == name), None)
        if figure is None:
            raise KeyError(f"{name} is no figure of a queue; see pbxsim.results.metrics.FIGURES")
        cells: dict[int, np.ndarray] = {}
        for number, i, counts in self.samples[0].cells:
            if queue in (ALL_QUEUES, number):
                cells[i] = cells[i] + counts if i in cells else np.asarray(counts, dtype=np.float64)
        nothing = Sums()
        sums = [Sums(*cells[i].tolist()) if i in cells else nothing for i in range(self.interval_count)]
        return _parts(figure, sums)

    # --- waits -------------------------------------------------------------------------------------------------------

    def waits(self, queue: int | str = ALL_QUEUES, confidence: float = 0.95) -> pd.DataFrame:
        """How long callers waited, a row a class of waits: `wait_s`, and of all calls offered the share `answered` after at most
        so long and the share `abandoned` by then, each with `_low` and `_high`. No records are needed; no row where nobody was
        answered or gave up."""
        queue = self.number_of(queue)
        return shares(self._stays(queue), [sums.offered for sums in self.sums(queue)], confidence)

    def queue_length(self, queue: int | str = ALL_QUEUES, confidence: float = 0.95) -> pd.DataFrame:
        """How many wait over the day, a row an interval: `at`, `mean` (time-weighted) with `low` and `high`, and `most_p90`, the
        longest queue on nine days of ten. No records are needed; no row where stays were not counted."""
        days = self._stays(self.number_of(queue))
        if not days:
            return pd.DataFrame({"at": frames.instants([], self.zone)})
        step_us = self.scenario.measure.interval_min * 60_000_000
        starts = frames.instants(self.interval_starts(), self.zone)
        return pd.DataFrame({"at": starts, **lengths(days, step_us, confidence)})

    def _stays(self, queue: int) -> list[QueueStays]:
        return [stays for sample in self.samples for stays in sample.stays if stays.queue == queue]

    @property
    def interval_count(self) -> int:
        """Intervals of the run."""
        return math.ceil(self.scenario.hours * 60 / self.scenario.measure.interval_min - 1e-9)

    def interval_starts(self) -> list[Instant]:
        """First instant of each interval."""
        step = self.scenario.measure.interval_min * 60_000_000
        return [self.begin + i * step for i in range(self.interval_count)]

    # --- tables ------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> pd.DataFrame:
        """A table of `frames.COLUMNS`, all replications in one. Raises KeyError for no such table."""
        if name not in frames.COLUMNS:
            raise KeyError(f"there is no table {name}; there are {', '.join(frames.COLUMNS)}")
        if name not in self._tables:
            parts = [sample.tables[name] for sample in self.samples if name in sample.tables]
            self._tables[name] = frames.join(parts) if parts else frames.table(name, [], 0, self.zone)
        return self._tables[name]

    @property
    def calls(self) -> pd.DataFrame:
        """One row a call."""
        return self.table("calls")

    @property
    def visits(self) -> pd.DataFrame:
        """One row a stay in a queue."""
        return self.table("visits")

    @property
    def offers(self) -> pd.DataFrame:
        """One row an offer to a member."""
        return self.table("offers")

    @property
    def legs(self) -> pd.DataFrame:
        """One row a phone that rang."""
        return self.table("legs")

    @property
    def elements(self) -> pd.DataFrame:
        """One row an element a call came to."""
        return self.table("elements")

    @property
    def members(self) -> pd.DataFrame:
        """One row a state of a user."""
        return self.table("members")

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table by name; those of records only if they were kept."""
        made = {"summary": self.summary, "kpis": self.kpis, "intervals": self.intervals}
        if any(sample.tables for sample in self.samples):
            made.update({name: self.table(name) for name in frames.COLUMNS})
        return made

    def to_parquet(self, folder: str | Path) -> list[Path]:
        """Write every table as Parquet into `folder`; gives the paths."""
        return frames.write(folder, self.frames(), "parquet")

    def to_csv(self, folder: str | Path) -> list[Path]:
        """Write every table as CSV into `folder`; gives the paths."""
        return frames.write(folder, self.frames(), "csv")


def _parts(figure: Figure, sums: Sequence[Sums]) -> tuple[np.ndarray, np.ndarray]:
    above = np.asarray([figure.above(s) for s in sums], dtype=np.float64)
    if figure.below is None:
        return above, np.ones_like(above)
    return above, np.asarray([figure.below(s) for s in sums], dtype=np.float64)


def value_of(name: str, sums: Sums) -> float:
    """A figure of what was counted; NaN where nothing was. Raises KeyError for no such figure."""
    return _value(_BY_NAME[name], sums)


def _value(figure: Figure, sums: Sums) -> float:
    below = 1.0 if figure.below is None else figure.below(sums)
    return figure.above(sums) / below if below else math.nan
