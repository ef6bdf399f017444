"""Worker processes that stay for a whole search: many short runs of one flow, each of another scenario.

Decides how replications are shared out among processes that keep the compiled flow. Results are the same to the bit wherever a
replication runs; when workers die the rest is run here. Leaves single large runs to `run.py`.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from engine.state.flow import Flow
from pbxsim.results.results import Results, Sample
from pbxsim.runs.job import Job, Signal, context
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.driver import Cancelled


class Workers:
    """Simulates scenarios on one flow in `processes` processes, without records; a context manager."""

    def __init__(self, flow: Flow, scenario: Scenario, processes: int, cancel: Signal | None = None) -> None:
        self.flow = flow
        self.processes = processes
        self.cancel = cancel
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and hasattr(sys.modules["__main__"], "__file__") or processes > 1 and _forks():
            job = pickle.dumps(Job(flow, scenario, keep_records=False))
            self._pool = ProcessPoolExecutor(processes, context(), _begin, (job,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def simulate(self, scenario: Scenario, numbers: Sequence[int]) -> Results:
        """The replications `numbers` of a scenario. Raises `Cancelled`."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("the search was stopped")
        job = Job(self.flow, scenario, keep_records=False)
        if self._pool is not None:
            parts = [list(numbers[i :: self.processes]) for i in range(self.processes)]
            try:
                futures = [self._pool.submit(_samples, scenario, part) for part in parts if part]
                return job.results([sample for future in futures for sample in future.result()])
            except BrokenProcessPool:
                self._pool = None
        samples = []
        for number in numbers:
            if self.cancel is not None and self.cancel.is_set():
                raise Cancelled("the search was stopped")
            samples.append(job.one(number))
        return job.results(samples)


def _forks() -> bool:
    return context().get_start_method() == "fork"


_FLOW: Flow | None = None


def _begin(pickled: bytes) -> None:
    global _FLOW
    job: Job = pickle.loads(pickled)
    _FLOW = job.flow


def _samples(scenario: Scenario, numbers: Sequence[int]) -> list[Sample]:
    assert _FLOW is not None
    job = Job(_FLOW, scenario, keep_records=False)
    return [job.one(number) for number in numbers]
