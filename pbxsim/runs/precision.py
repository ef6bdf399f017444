"""As sure as need be: replications until an interval is narrow enough, designs compared on the same callers, steady
states.

Decides how many replications are run and what is paired with what. Leaves the statistics to `results/estimate.py`, runs to
`run.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.state.flow import Flow
from pbxsim.results import estimate, html
from pbxsim.results.estimate import Estimate
from pbxsim.results.metrics import ALL_FIGURES
from pbxsim.results.results import ALL_QUEUES, Results
from pbxsim.runs.bars import with_bar
from pbxsim.runs.job import Progress, Signal
from pbxsim.runs.run import simulate
from pbxsim.scenario.check import want_flow
from pbxsim.scenario.distributions import Floats
from pbxsim.scenario.scenario import Arrivals, Scenario

LEAST = 10
"""Replications before an interval is trusted at all."""


@with_bar("simulating")
def simulate_until(
    flow: Flow,
    scenario: Scenario,
    figure: str = "service_level",
    *,
    half_width: float | None = None,
    relative: float | None = None,
    queue: int | str = ALL_QUEUES,
    least: int = LEAST,
    most: int = 1000,
    processes: int | None = None,
    progress: Progress | None = None,
    keep_records: bool = False,
    cancel: Signal | None = None,
) -> Results:
    """Replications until the 95 % interval of `figure` is at most `half_width` to each side, or `relative` of the
    figure.

    At least `least` (10 or more) and at most `most` are run; `Results.replications` says how many it took. If
    `most` do not suffice the results are given all the same: look at the interval. `progress` sees replications
    done of those thought necessary so far.
    """
    if (half_width is None) == (relative is None):
        raise ValueError("give either half_width or relative")
    if (half_width if half_width is not None else relative or 0.0) <= 0:
        raise ValueError("an interval's half-width is a positive number")
    if least < LEAST:
        raise ValueError(f"fewer than {LEAST} replications say little about an interval")
    results = simulate(
        flow,
        scenario,
        min(least, most),
        processes=processes,
        progress=progress,
        keep_records=keep_records,
        cancel=cancel,
    )
    while results.replications < most and not results.cancelled:
        found = results.figure(figure, queue)
        wanted = half_width if half_width is not None else abs(found.mean) * (relative or 0.0)
        if found.half_width <= wanted:
            break
        n = results.replications
        ratio = found.half_width / wanted if wanted > 0 and math.isfinite(found.half_width) else 2.0
        # A first guess of the spread is rough: never more than double at once.
        needed = min(most, 2 * n, max(n + 1, math.ceil(n * ratio * ratio)))

        def told(done: float, total: int, n: int = n, needed: int = needed) -> None:
            if progress is not None:
                progress(n + done, needed)

        more = simulate(
            flow,
            scenario,
            needed - n,
            first=n,
            processes=processes,
            progress=told,
            keep_records=keep_records,
            cancel=cancel,
        )
        results = results.joined(more)
    return results


@dataclass(frozen=True)
class Comparison:
    """Two designs on the same callers, replication by replication."""

    first: Results
    second: Results

    def figure(self, name: str, queue: int | str = ALL_QUEUES) -> Estimate:
        """`second` minus `first`, with a 95 % interval from paired replications."""
        return estimate.paired_ratio(self.first.parts(name, queue), self.second.parts(name, queue))

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure of all queues together: first, second, difference, low, high, and `sure` if 0 lies
        outside.

        `variance_ratio` is how many times smaller the variance of the difference is than with other callers.
        """
        rows = []
        for figure in ALL_FIGURES:
            one, two = self.first.figure(figure.name), self.second.figure(figure.name)
            difference = self.figure(figure.name)
            sure = bool(difference.low > 0 or difference.high < 0)
            apart = one.half_width**2 + two.half_width**2
            ratio = apart / difference.half_width**2 if difference.half_width > 0 else math.nan
            rows.append(
                (
                    figure.name,
                    one.mean,
                    two.mean,
                    difference.mean,
                    difference.low,
                    difference.high,
                    sure,
                    ratio,
                    figure.unit,
                )
            )
        labels = ["figure", "first", "second", "difference", "low", "high", "sure", "variance_ratio", "unit"]
        return pd.DataFrame(rows, columns=labels)

    def _repr_html_(self) -> str:
        rows = []
        for row in self.table.itertuples():
            if not (math.isnan(row.first) and math.isnan(row.second)):
                scale = 100 if row.unit == "share" else 1
                interval = "" if math.isnan(row.low) else f"{scale * row.low:+,.1f} to {scale * row.high:+,.1f}"
                first, second = html.shown(row.first, row.unit), html.shown(row.second, row.unit)
                differs = "yes" if row.sure else "not shown"
                rows.append((row.figure, first, second, f"{scale * row.difference:+,.1f}", interval, differs))
        title = f"{self.first.scenario.scenario} against {self.second.scenario.scenario}"
        columns = ["figure", "first", "second", "difference", "95 %", "differs"]
        return html.block(f"{title}: {self.first.replications} paired days", [], [html.table(columns, rows)])


@with_bar("comparing")
def compare(
    first: tuple[Flow, Scenario] | Results,
    second: tuple[Flow, Scenario] | Results,
    reps: int = 20,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    keep_records: bool = False,
    cancel: Signal | None = None,
) -> Comparison:
    """Simulate two designs with common random numbers, or take two runs that are there. Raises ValueError where their seeds
    differ, or where one is a run and the other a design."""
    if isinstance(first, Results) or isinstance(second, Results):
        if not (isinstance(first, Results) and isinstance(second, Results)):
            raise ValueError("two designs are compared, or two runs: give (flow, scenario) twice, or results twice")
        _same_callers(first.scenario, second.scenario)
        return _paired(first, second)
    want_flow(*first)
    want_flow(*second)
    _same_callers(first[1], second[1])

    def half(done: float, total: int) -> None:
        if progress is not None:
            progress(done, 2 * reps)

    def rest(done: float, total: int) -> None:
        if progress is not None:
            progress(reps + done, 2 * reps)

    one = simulate(*first, reps, processes=processes, progress=half, keep_records=keep_records, cancel=cancel)
    two = simulate(*second, reps, processes=processes, progress=rest, keep_records=keep_records, cancel=cancel)
    return _paired(one, two)


def _paired(first: Results, second: Results) -> Comparison:
    """The replications that both have: only those met the same callers."""
    both = [number for number in first.numbers if number in second.numbers]
    if not both:
        raise ValueError("the runs have no replication in common")
    return Comparison(first.of(both), second.of(both))


def _same_callers(first: Scenario, second: Scenario) -> None:
    if first.seed != second.seed:
        raise ValueError(
            f"the designs have seeds {first.seed} and {second.seed}: with other callers the difference would be noise"
        )


def controlled(results: Results, name: str, queue: int | str = ALL_QUEUES) -> Estimate:
    """A figure with its noise reduced by control variates: how many called, and how long they talked on average.

    Both have known means, and days with more or longer calls than expected are worse days; regression takes that
    out. Talk is a control only where the scenario has one distribution of it for everybody.
    """
    above, below = results.parts(name, queue)
    if len(above) < 2 or not below.sum():
        return results.figure(name, queue)
    ratio = float(above.sum() / below.sum())
    values = ratio + (above - ratio * below) / below.mean()
    sums = results.sums()
    controls = [np.asarray([s.calls - s.redials for s in sums])]
    expected = [expected_calls(results.scenario)]
    talk = results.scenario.talk
    plain = not talk.queues and not talk.cells and not talk.members
    if (
        plain
        and all(kind.talk_factor == 1 for kind in results.scenario.callers.values())
        and all(s.handled for s in sums)
    ):
        controls.append(np.asarray([s.talk_us / s.handled / 1e6 for s in sums]))
        expected.append(talk.default.mean)
    return estimate.controlled(values, np.column_stack(controls), expected)


def expected_calls(scenario: Scenario) -> float:
    """First calls a day is expected to bring after the warm-up, redials not counted."""
    begin = scenario.measure.from_s
    return sum(_expected(source, scenario.hours * 3600, begin) for source in scenario.arrivals.values())


def _expected(source: Arrivals, end_s: float, begin_s: float) -> float:
    if source.recorded is not None:
        return float(sum(at >= begin_s for at in source.recorded.at_s))
    if source.per_hour is not None:
        return source.per_hour * (end_s - begin_s) / 3600
    assert source.every_min is not None
    length = source.every_min * 60
    shares = (min(1.0, max(0.0, ((i + 1) * length - begin_s) / length)) for i in range(len(source.calls)))
    return sum(calls * share for calls, share in zip(source.calls, shares, strict=True))


def steady_state(results: Results, name: str, queue: int | str = ALL_QUEUES, batches: int = 20) -> tuple[Estimate, int]:
    """A figure in the long run, from the first replication of a long run: estimate, and intervals left out as warm-up.

    The warm-up is found by MSER-5 on the figure by intervals, the interval of confidence by batch means. Raises
    ValueError where the run is too short for either.
    """
    above, below = results.course(name, queue)
    with np.errstate(divide="ignore", invalid="ignore"):
        values: Floats = np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)
    cut = estimate.warm_up(values)
    kept = len(above) - cut
    if kept < batches:
        raise ValueError(f"{kept} intervals after the warm-up are too few for {batches} batches")
    size = kept // batches
    y = above[-size * batches :].reshape(batches, size).sum(axis=1)
    x = below[-size * batches :].reshape(batches, size).sum(axis=1)
    estimate.batch_means(values[-size * batches :], batches)
    return estimate.ratio_of(y, x), cut
