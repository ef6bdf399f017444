"""Long work on the shared pool: every piece once, turns, cancel, workers that die."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.loading.load import load
from pbxsim import simulate
from pbxsim.runs.job import Job
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.loadtest import chunks
from pbxsim.workbench.loadtest.courses import busy_hours
from pbxsim.workbench.loadtest.days import Days, scenarios
from pbxsim.workbench.loadtest.figures import tiles_html
from pbxsim.workbench.loadtest.jobs import Jobs, shared
from pbxsim.workbench.loadtest.page import scaled
from pbxsim.workbench.shell.texts import Texts
from tests.pbxsim.workbench.loadtest.work import die, die_once, double, fail, slow

T = TypeVar("T")

SCENARIO = Path("datasets") / "scenarios" / "example_weekday.yaml"


def run(work: Coroutine[Any, Any, T]) -> T:
    """A coroutine to its end in a thread of its own: another test of this process may have left a loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        return threads.submit(asyncio.run, work).result()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(workers=2)
    yield made
    made.close()


async def collected(jobs: Jobs, work, pieces):  # type: ignore[no-untyped-def]
    return [part async for part in jobs.run(work, pieces)]


def test_every_piece_comes_back_once(jobs: Jobs) -> None:
    assert sorted(run(collected(jobs, double, list(range(20))))) == [2 * n for n in range(20)]


def test_a_worker_that_dies_is_replaced_and_nothing_is_counted_twice(jobs: Jobs, tmp_path: Path) -> None:
    pieces = [str(tmp_path / "mark")] * 6
    assert run(collected(jobs, die_once, pieces)) == pieces


def test_work_that_kills_every_worker_is_given_up(jobs: Jobs) -> None:
    with pytest.raises(BrokenProcessPool):
        run(collected(jobs, die, [1]))


def test_what_the_work_raises_comes_out(jobs: Jobs) -> None:
    with pytest.raises(ValueError, match="no 1"):
        run(collected(jobs, fail, [1]))


def test_two_jobs_take_turns_and_a_cancelled_one_leaves_the_pool_to_the_other(jobs: Jobs) -> None:
    async def both() -> tuple[int, list[int]]:
        seen: list[int] = []

        async def first() -> None:
            async for part in jobs.run(slow, list(range(1000))):
                seen.append(part)

        task = asyncio.create_task(first())
        while not seen:
            await asyncio.sleep(0.01)
        second = await collected(jobs, slow, list(range(6)))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(seen), second

    done, second = run(both())
    assert sorted(second) == list(range(6)) and done < 1000


# --- load tests ------------------------------------------------------------------------------------------------------


def test_a_load_test_in_chunks_gives_what_simulate_gives(root: Path, example_path: Path, jobs: Jobs) -> None:
    """R-25.2: where a replication runs makes no difference."""
    flow, scenario = load(example_path.read_text()), Scenario.load(root / SCENARIO)
    parts = run(collected(jobs, chunks.work, chunks.cut(flow, scenario, 3)))
    results = Job(flow, scenario, False).results([sample for part in parts for sample in part])
    assert results.summary.equals(simulate(flow, scenario, 3, processes=1, keep_records=False).summary)
    begin, end = busy_hours(results.day("offered"))
    assert begin < end
    tiles = tiles_html(results, 0, Texts(), dark=False)
    assert tiles.count("<b>") == 6 and "95 %" in tiles and "nan" not in tiles


def test_a_scenario_can_be_run_with_more_calls_and_another_seed(root: Path) -> None:
    scenario = Scenario.load(root / SCENARIO)
    busier = scaled(scenario, 2, 7, 30)
    assert busier.seed == 7 and busier.measure.within_s == 30
    for name, arrivals in scenario.arrivals.items():
        assert sum(busier.arrivals[name].calls) == pytest.approx(2 * sum(arrivals.calls))
    assert scaled(scenario, 1, scenario.seed, scenario.measure.within_s) == scenario


def test_scenarios_beside_the_flow_come_before_those_that_are_shipped(tmp_path: Path, root: Path) -> None:
    (tmp_path / "scenario.yaml").write_text((root / SCENARIO).read_text())
    found = scenarios(tmp_path / "pbx.yaml")
    assert next(iter(found)) == "scenario" and "example weekday" in found


def test_the_day_of_a_version_is_simulated_once_for_all_who_look(root: Path, example_path: Path) -> None:
    """R-25.2: those who come late see the days that are there, and the end."""
    flow, scenario = load(example_path.read_text()), Scenario.load(root / SCENARIO)

    async def look() -> tuple[list[int], list[int], list[int]]:
        days = Days()
        one = days.day(flow, scenario, 3)
        early = [done async for done in one.follow()]
        other = days.day(flow, scenario, 3)
        assert other is one and one.over and not one.error
        late = [done async for done in other.follow()]
        return early, late, sorted(sample.replication for sample in one.samples)

    try:
        early, late, replications = run(look())
    finally:
        shared().close()
    assert early[0] == 0 and early[-1] == 3 and early == sorted(early)
    assert late == [3] and replications == [0, 1, 2]


def test_a_day_that_is_stopped_ends_for_those_who_follow_it(root: Path, example_path: Path) -> None:
    flow, scenario = load(example_path.read_text()), Scenario.load(root / SCENARIO)

    async def look() -> list[int]:
        day = Days().day(flow, scenario, 500)
        seen = []
        async for done in day.follow():
            seen.append(done)
            day.stop()
        return seen

    try:
        assert run(look())[-1] < 500
    finally:
        shared().close()
