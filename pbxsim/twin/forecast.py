"""The next hour of a running PBX: many replications from one present, and bands of what they give.

Decides the figures of an interval and their bands: percentiles of single outcomes, which is what one day will show, and not of
their mean. A ratio is taken in each replication in which something came. Leaves a replication to `world/resumed_world.py`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from engine.contract.ids import SECOND_US, Instant
from engine.records.forecast import BANDS_AT, Band, Forecast, Outlook, QueueForecast
from engine.state.flow import Flow
from pbxsim.results.metrics import COUNTS
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.world.resumed_world import ResumedWorld, Start

REPLICATIONS = 200
HALF_HOUR_US = 1800 * SECOND_US

Numbers = npt.NDArray[np.float64]

FIELDS = {name: place for place, name in enumerate(COUNTS)}


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """What every replication gave for one queue: counts by replication, interval and field of a `Tally`."""

    counts: Numbers
    """Replications, intervals, fields."""
    inherited: Numbers
    """Replications, fields: of calls that waited at the beginning."""
    at_ends: Numbers
    """Replications, intervals: calls that wait."""


def outcomes(
    flow: Flow, scenario: Scenario, start: Start, replications: int = REPLICATIONS, first: int = 0
) -> tuple[dict[int, Outcomes], int]:
    """Simulate from `start`; outcomes by queue, and how many calls could not be carried over. Raises ScenarioError."""
    check(scenario, flow)
    begin = scenario.begin(flow)
    if not begin <= start.present.at < begin + round(scenario.hours * 3600 * SECOND_US):
        raise ScenarioError((f"the scenario `{scenario.scenario}` says nothing about the time of the state",))
    worlds = (
        ResumedWorld(flow, scenario, scenario.seed, number, start).run()
        for number in range(first, first + replications)
    )
    return _gathered(worlds, start)


def _gathered(worlds: Iterable[ResumedWorld], start: Start) -> tuple[dict[int, Outcomes], int]:
    counts: dict[int, list[list[tuple[int, ...]]]] = {}
    inherited: dict[int, list[tuple[int, ...]]] = {}
    at_ends: dict[int, list[list[int]]] = {}
    nothing = (0,) * len(COUNTS)
    left_out = 0
    for world in worlds:
        left_out = len(world.left_out)
        for queue, row in world.tallies.items():
            told = [tally.values() if tally is not None else nothing for tally in row[: start.intervals]]
            counts.setdefault(queue, []).append(told)
            inherited.setdefault(queue, []).append(world.inherited[queue].values())
            at_ends.setdefault(queue, []).append(world.at_ends[queue])
    found = {
        queue: Outcomes(
            np.asarray(counts[queue], dtype=np.float64),
            np.asarray(inherited[queue], dtype=np.float64),
            np.asarray(at_ends[queue], dtype=np.float64),
        )
        for queue in counts
    }
    return found, left_out


def forecast(flow: Flow, scenario: Scenario, start: Start, replications: int = REPLICATIONS) -> Forecast:
    """The forecast of one look. Raises ScenarioError."""
    began = time.perf_counter()
    found, left_out = outcomes(flow, scenario, start, replications)
    at = start.present.at
    queues = []
    for number, outcome in found.items():
        waits = [call.wait for call in start.present.calls if call.wait is not None and call.wait.queue == number]
        queues.append(
            QueueForecast(
                queue=number,
                name=flow.elements[number].name,
                waiting=len(waits),
                longest_wait_s=max([(at - wait.entered_at) / SECOND_US for wait in waits], default=0.0),
                to_answer=band(outcome.inherited[:, FIELDS["answered"]]),
                intervals=outlooks(outcome, start, 1),
                half_hours=outlooks(outcome, start, max(1, HALF_HOUR_US // start.interval_us)),
            )
        )
    return Forecast(
        at=at,
        flow=flow.digest,
        scenario=scenario.scenario,
        replications=replications,
        took_s=round(time.perf_counter() - began, 3),
        queues=tuple(queues),
        left_out=left_out,
    )


def outlooks(outcome: Outcomes, start: Start, together: int) -> tuple[Outlook, ...]:
    """The intervals to come, `together` of them taken as one."""
    at, width = start.present.at, start.interval_us
    whole = range(0, start.intervals - together + 1, together)
    return tuple(_outlook(outcome, first, together, at + first * width, width) for first in whole)


def _outlook(outcome: Outcomes, first: int, together: int, begin: Instant, width: int) -> Outlook:
    part = outcome.counts[:, first : first + together, :]
    total = dict(zip(COUNTS, part.sum(axis=1).T, strict=True))
    served = total["answered"] + total["abandoned"] - total["abandoned_within"]
    came = total["offered"] > 0
    return Outlook(
        begin=begin,
        end=begin + together * width,
        offered=band(total["offered"]),
        abandoned=band(total["abandoned"]),
        wait_s=ratio_band(total["wait_us"] / 1e6, total["offered"]),
        longest_wait_s=band_of_some(part[:, :, FIELDS["longest_wait_us"]].max(axis=1) / 1e6, came),
        service_level=ratio_band(total["answered_within"], served),
        waiting=band(outcome.at_ends[:, first + together - 1]),
    )


def ratio_band(above: Numbers, below: Numbers) -> Band | None:
    """The band of a ratio over the replications in which there is one."""
    some = below > 0
    return band_of_some(np.divide(above, below, out=np.zeros_like(above), where=some), some)


def band_of_some(values: Numbers, some: npt.NDArray[np.bool_]) -> Band | None:
    """The band of those that count; None when they are fewer than half."""
    return band(values[some]) if 2 * int(some.sum()) >= len(some) else None


def band(values: Numbers | Sequence[float]) -> Band:
    """The band of outcomes: the next one lies within with 80 % however few there are, as it is one of them (Weibull 1939)."""
    low, middle, high = np.quantile(np.asarray(values, dtype=np.float64), BANDS_AT, method="weibull")
    return Band(float(low), float(middle), float(high))
