"""Runs: one scenario on one flow, replication after replication, here, in several processes, or on a Dask cluster.

Decides where replications run and how they come home: a replication depends on flow, scenario, seed and its own
number alone, so any process may run any of them and results are the same to the bit. A process that dies is
replaced and its replications are run again; each counts once. Leaves what a replication is to `world/driver.py`, figures
to `results/results.py`.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import cloudpickle

from engine.state.flow import Flow
from pbxsim.results.results import Results, Sample
from pbxsim.runs import cluster
from pbxsim.runs.bars import with_bar
from pbxsim.runs.job import Job, Progress, Signal, context
from pbxsim.scenario import wanted
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.driver import Cancelled, Process

WORTH_A_POOL_S = 3.0
"""Work left, in seconds, from which starting further processes pays."""

TRIES = 3
"""Times dead worker processes are replaced before the rest is run here."""


@with_bar("simulating")
def simulate(
    flow: Flow,
    scenario: Scenario,
    reps: int = 20,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    keep_records: bool = True,
    cancel: Signal | None = None,
    scenario_processes: Sequence[Process] = (),
    first: int = 0,
    dask: str | None = None,
) -> Results:
    """Load-test a flow: `reps` days of a scenario, each with other random numbers.

    `processes` None takes as many as pay, 1 none but this one. Without `keep_records` only counts are kept, and
    memory does not grow with the number of calls. `cancel` stops the run between two looks; what is whole by then
    is in the results, and `Cancelled` is raised if that is nothing. `scenario_processes` are SimPy processes of
    your own (see `driver.Process`). `first` is the number of the first replication, for going on with a run. `dask` is
    the address of a Dask scheduler whose workers run the replications instead, with the same results to the bit. Raises
    ScenarioError where the scenario names what the flow does not have, ValueError for impossible numbers, `NoCluster`
    where no scheduler answers.
    """
    reps = wanted.whole("reps", reps)
    if reps < 1:
        raise ValueError(f"at least one replication is needed, not {reps}")
    if processes is not None and wanted.whole("processes", processes) < 1:
        raise ValueError(f"at least one process is needed, not {processes}")
    check(scenario, flow)
    for one in scenario_processes:
        if not callable(one):
            raise TypeError(f"a scenario process is a function of the world that yields, not {one!r}")
    began = time.perf_counter()
    job = Job(flow, scenario, keep_records, tuple(scenario_processes))
    samples: dict[int, Sample] = {}
    cancelled = False
    try:
        for sample in replications(job, range(first, first + reps), processes, progress, cancel, dask):
            samples[sample.replication] = sample
    except Cancelled:
        cancelled = True
        if not samples:
            raise
    return job.results(samples.values(), time.perf_counter() - began, cancelled)


def replications(
    job: Job,
    numbers: Sequence[int],
    processes: int | None,
    progress: Progress | None,
    cancel: Signal | None,
    dask: str | None = None,
) -> Iterator[Sample]:
    """The samples of these replications as they are ready, in any order, each once. Raises `Cancelled`."""
    total = len(numbers)
    if dask is not None:
        yield from _on_cluster(job, numbers, dask, progress, cancel)
        return
    if processes is not None and processes > 1 and total > 1:
        yield from _in_pool(job, list(numbers), min(processes, total), 0, total, progress, cancel)
        return
    began = time.perf_counter()
    for done, number in enumerate(numbers):
        yield job.one(number, _beat(done, total, progress, cancel))
        if progress is not None:
            progress(done + 1, total)
        left = total - done - 1
        workers = min(os.cpu_count() or 1, left)
        if processes is None and workers > 1:
            pace = (time.perf_counter() - began) / (done + 1)
            if pace * left > WORTH_A_POOL_S and _travels(job):
                yield from _in_pool(job, list(numbers[done + 1 :]), workers, done + 1, total, progress, cancel)
                return


def _on_cluster(
    job: Job, numbers: Sequence[int], address: str, progress: Progress | None, cancel: Signal | None
) -> Iterator[Sample]:
    left = dict.fromkeys(numbers)
    total = len(left)

    def look() -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"stopped after {total - len(left)} of {total} replications")

    for sample in cluster.samples(job, numbers, address, look):
        if sample.replication in left:
            del left[sample.replication]
            yield sample
            if progress is not None:
                progress(total - len(left), total)
    for number in list(left):
        yield job.one(number, _beat(total - len(left), total, progress, cancel))
        del left[number]
        if progress is not None:
            progress(total - len(left), total)


def _beat(done: int, total: int, progress: Progress | None, cancel: Signal | None) -> Callable[[float], None] | None:
    if progress is None and cancel is None:
        return None

    def beat(share: float) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"stopped after {done} of {total} replications")
        if progress is not None:
            progress(done + min(share, 0.999), total)

    return beat


def packed(job: Job) -> bytes:
    """A job as it travels to another process; scenario processes may be lambdas or stand in a notebook's cell.

    Raises TypeError where one holds what no other process can have, such as an open file.
    """
    try:
        return bytes(cloudpickle.dumps(job) if job.processes else pickle.dumps(job))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        names = ", ".join(getattr(one, "__qualname__", repr(one)) for one in job.processes)
        raise TypeError(
            f"the scenario processes ({names}) cannot be sent to other processes: {error}; let them hold plain data alone, or "
            "give processes=1"
        ) from error


def _travels(job: Job) -> bool:
    """Whether a job can be sent to another process."""
    try:
        packed(job)
    except TypeError:
        return False
    return True


def _in_pool(
    job: Job, numbers: list[int], workers: int, done: int, total: int, progress: Progress | None, cancel: Signal | None
) -> Iterator[Sample]:
    left = dict.fromkeys(numbers)
    baggage = packed(job)
    for _ in range(TRIES):
        ways = context()
        stop = ways.Event()
        pool = ProcessPoolExecutor(min(workers, len(left)), ways, _begin_worker, (baggage, stop))
        try:
            waiting: set[Future[Sample]] = {pool.submit(_work, number) for number in left}
            while waiting:
                ready, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                if cancel is not None and cancel.is_set():
                    raise Cancelled(f"stopped after {done} of {total} replications")
                for future in ready:
                    sample = future.result()
                    if sample.replication in left:
                        del left[sample.replication]
                        done += 1
                        yield sample
                        if progress is not None:
                            progress(done, total)
            return
        except BrokenProcessPool:
            continue
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    for number in list(left):
        yield job.one(number, _beat(done, total, progress, cancel))
        done += 1
        if progress is not None:
            progress(done, total)


_JOB: Job | None = None
_STOP: Signal | None = None


def _begin_worker(pickled: bytes, stop: Signal) -> None:
    global _JOB, _STOP
    _JOB = pickle.loads(pickled)
    _STOP = stop


def _work(number: int) -> Sample:
    assert _JOB is not None
    return _JOB.one(number, _beat(0, 1, None, _STOP))
