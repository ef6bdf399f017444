"""What is counted of stays in queues without records is what the records say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import pbxsim
from engine.state.flow import Flow
from pbxsim.results.results import ALL_QUEUES, Results
from pbxsim.results.stays import EDGES_S, LONGEST_CLASS, SECOND_US, WaitingLine, class_of
from pbxsim.scenario.scenario import Scenario
from tests.pbxsim.worlds import DATASETS, exponential, one_queue, steady


def most_at_once(came: np.ndarray, went: np.ndarray) -> int:
    """By the moves in order of time; who leaves at an instant has left before who comes."""
    moves = sorted([*((at, 1) for at in came), *((at, -1) for at in went)])
    return int(np.cumsum([by for _, by in moves]).max(initial=0))


def by_records(results: Results, queue: int) -> tuple[np.ndarray, np.ndarray]:
    """Waiting time within each interval over its length, and callers at once, a row a day."""
    visits = results.visits if queue == ALL_QUEUES else results.visits[results.visits["queue"] == queue]
    starts = pd.DatetimeIndex(results.intervals["interval"].drop_duplicates())
    step_s = results.scenario.measure.interval_min * 60.0
    mean, most = np.zeros((2, results.replications, len(starts)))
    for day in range(results.replications):
        mine = visits[visits["replication"] == day]
        came = (mine["entered"] - starts[0]).dt.total_seconds().to_numpy()
        went = came + mine["wait_s"].to_numpy(dtype=float)
        for i in range(len(starts)):
            low, high = i * step_s, (i + 1) * step_s
            here = (came < high) & (went > low)
            mean[day, i] = (np.minimum(went[here], high) - np.maximum(came[here], low)).sum() / step_s
            most[day, i] = most_at_once(np.maximum(came[here], low), np.minimum(went[here], high))
    return mean, most


def shop() -> tuple[Flow, Scenario]:
    folder = DATASETS / "pbx" / "shop"
    return pbxsim.load_flow(folder / "pbx.yaml"), Scenario.load(folder / "scenario.yaml")


def crowded() -> tuple[Flow, Scenario]:
    return one_queue(2), steady(90, 5, exponential(120), exponential(90), measure={"interval_min": 15, "from_s": 1800})


@pytest.mark.parametrize("world", [shop, crowded])
def test_counts_of_stays_are_those_of_the_records(world: Callable[[], tuple[Flow, Scenario]]) -> None:
    flow, scenario = world()
    results = pbxsim.simulate(flow, scenario, 3, processes=1)
    for queue in (ALL_QUEUES, *results.queues):
        mean, most = by_records(results, queue)
        length = results.queue_length(queue)
        assert length["mean"].to_numpy() == pytest.approx(mean.mean(axis=0), abs=1e-6)
        assert length["most_p90"].to_numpy() == pytest.approx(np.percentile(most, 90, axis=0))
        begin = results.intervals["interval"].iloc[0] + pd.Timedelta(seconds=scenario.measure.from_s)
        visits = results.visits[results.visits["entered"] >= begin]
        if queue != ALL_QUEUES:
            visits = visits[visits["queue"] == queue]
        shares = results.waits(queue)
        for outcome in ("answered", "abandoned"):
            waits = visits.loc[visits["outcome"] == outcome, "wait_s"].to_numpy()
            told = [(waits <= edge + 1e-9).sum() / len(visits) for edge in shares["wait_s"]]
            assert shares[outcome].to_numpy() == pytest.approx(told)


def test_the_share_answered_within_the_threshold_is_the_figure_of_that_name() -> None:
    results = pbxsim.simulate(*crowded(), 4, processes=1, keep_records=False)
    shares = results.waits().set_index("wait_s").loc[results.scenario.measure.within_s]
    figure = results.figure("service_level_of_offered")
    assert [shares["answered"], shares["answered_low"], shares["answered_high"]] == pytest.approx(
        [figure.mean, figure.low, figure.high]
    )
    assert results.waits()["abandoned"].iloc[-1] == pytest.approx(results.figure("abandoned_of_offered").mean)


def test_a_wait_belongs_to_the_first_class_that_is_long_enough() -> None:
    assert len(EDGES_S) == LONGEST_CLASS
    for place, edge in enumerate(EDGES_S):
        assert class_of(edge * SECOND_US) == place
        assert class_of(edge * SECOND_US + 1) == place + 1
    assert class_of(10**15) == LONGEST_CLASS


def test_a_line_counts_what_held_for_some_time_and_ends_with_the_day() -> None:
    line = WaitingLine(100, 10, 3)
    line.move(102, 1)
    line.move(102, -1)  # nobody waited
    line.move(104, 1)
    line.move(104, 1)
    line.move(115, -1)
    line.move(125, -1)
    line.close()
    assert line.sums_us == [2 * 6, 2 * 5 + 5, 5] and line.mosts == [2, 2, 1]
    line = WaitingLine(0, 10, 2)
    line.move(5, 1)
    line.move(95, -1)  # after the last interval
    line.close()
    assert line.sums_us == [5, 10] and line.mosts == [1, 1]
