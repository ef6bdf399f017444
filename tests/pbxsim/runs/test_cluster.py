"""Replications on a Dask cluster: the same results to the bit, and a worker that dies loses and repeats nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simpy
from distributed import LocalCluster

from pbxsim.runs.cluster import NoCluster
from pbxsim.runs.run import simulate
from pbxsim.world.world import World
from tests.pbxsim.worlds import exponential, one_queue, steady

pytestmark = pytest.mark.xdist_group("dask")

SCENARIO = steady(120, 1, exponential(120), exponential(90))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Two workers in processes of their own, on loopback."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_results_of_one_process_to_the_bit(address: str) -> None:
    seen: list[float] = []
    far = simulate(one_queue(5), SCENARIO, 6, progress=lambda done, _: seen.append(done), dask=address)
    near = simulate(one_queue(5), SCENARIO, 6, processes=1)
    assert far.kpis.equals(near.kpis)
    assert far.calls.equals(near.calls)
    assert far.summary.equals(near.summary)
    assert seen == [1, 2, 3, 4, 5, 6]


class DiesOnce:
    """A scenario process that ends its worker the first time it meets replication 2."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, world: World) -> Iterator[simpy.Event]:
        yield world.env.timeout(600)
        if world.replication == 2 and not self.mark.exists():
            self.mark.touch()
            os._exit(1)


def test_a_worker_that_dies_is_made_up_for_and_nothing_counts_twice(address: str, tmp_path: Path) -> None:
    dies: Any = DiesOnce(tmp_path / "died")
    far = simulate(one_queue(5), SCENARIO, 6, keep_records=False, scenario_processes=[dies], dask=address)
    assert (tmp_path / "died").exists()
    near = simulate(one_queue(5), SCENARIO, 6, processes=1, keep_records=False, scenario_processes=[dies])
    assert sorted(sample.replication for sample in far.samples) == list(range(6))
    assert far.kpis.equals(near.kpis)


def test_an_address_without_a_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbxsim.runs.cluster.CONNECT_S", 0.5)
    with pytest.raises(NoCluster, match="tcp://127.0.0.1:9"):
        simulate(one_queue(5), SCENARIO, 1, dask="tcp://127.0.0.1:9")
