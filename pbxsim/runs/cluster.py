"""Replications on a Dask cluster, by its scheduler's address.

Decides how a job travels to the workers and how its samples come home: each replication is one task that carries the
pickled job, so a worker needs nothing but the project and may come and go. The scheduler gives a dead worker's tasks to
others; what it gives up on stays asked for, and the caller runs it. Every sample is handed over once. Leaves what a
replication is to `run.py`.
"""

from __future__ import annotations

import functools
import pickle
import queue
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pbxsim.results.results import Sample
from pbxsim.runs.job import Job

if TYPE_CHECKING:
    from distributed import Future

LOOK_S = 0.2
"""Seconds between two looks whether the run is to stop."""

CONNECT_S = 20
"""Seconds within which the scheduler must answer."""


class NoCluster(Exception):
    """There is no Dask scheduler at the address, or Dask is not installed."""


def samples(job: Job, numbers: Sequence[int], address: str, look: Callable[[], None]) -> Iterator[Sample]:
    """The samples of these replications as workers finish them, each once; fewer than asked where workers keep dying.

    `look` is called about five times a second and may raise to stop the run. Raises NoCluster.
    """
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster("Dask is not installed here; install the extra `dask` of this project") from None
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address}: {error}; start one with `dask scheduler`") from None
    with client:
        pickled = pickle.dumps(job)
        run = uuid.uuid4().hex
        ready: queue.SimpleQueue[Future] = queue.SimpleQueue()
        waiting: set[Future] = set()
        try:
            for number in numbers:
                future = client.submit(_one, pickled, number, key=f"replication-{run}-{number}", pure=False)
                waiting.add(future)
                future.add_done_callback(ready.put)
            while waiting:
                look()
                try:
                    future = ready.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                if future in waiting:
                    sample = _sample_of(future)
                    waiting.remove(future)
                    if sample is not None:
                        yield sample
        finally:
            client.cancel(list(waiting))


def _sample_of(future: Future) -> Sample | None:
    """What a finished task gave; None where its workers died too often. What the simulation itself raises is raised."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        sample: Sample = future.result()
    except (KilledWorker, CancelledError, FutureCancelledError):
        return None
    return sample


@functools.lru_cache(maxsize=2)
def _job(pickled: bytes) -> Job:
    job: Job = pickle.loads(pickled)
    return job


def _one(pickled: bytes, number: int) -> Sample:
    return _job(pickled).one(number)
