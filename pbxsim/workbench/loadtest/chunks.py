"""A load test cut into pieces that worker processes run: what travels there and what comes back.

Decides the size of a piece. Leaves replications to `pbxsim/runs/run.py`. Imports no part of the web application, so that a worker
starts quickly.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict

import msgspec

from engine.state.flow import Flow
from pbxsim.results.results import Sample
from pbxsim.runs.job import Job
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario

JOBS_KEPT = 4
"""Flows a worker keeps compiled."""


class Chunk(msgspec.Struct, frozen=True):
    """Some replications of one load test."""

    job: bytes
    """The pickled job."""
    digest: str
    numbers: tuple[int, ...]


def cut(flow: Flow, scenario: Scenario, reps: int, size: int = 1) -> list[Chunk]:
    """`reps` replications in chunks of `size`. Raises ScenarioError where the scenario names what the flow does not have."""
    check(scenario, flow)
    whole = _chunk(Job(flow, scenario, keep_records=False), tuple(range(reps)))
    return [
        msgspec.structs.replace(whole, numbers=whole.numbers[first : first + size]) for first in range(0, reps, size)
    ]


def recorded(flow: Flow, scenario: Scenario, replication: int) -> Chunk:
    """One replication of which everything is written down. It is the same day as without."""
    return _chunk(Job(flow, scenario, keep_records=True), (replication,))


def _chunk(job: Job, numbers: tuple[int, ...]) -> Chunk:
    pickled = pickle.dumps(job)
    return Chunk(pickled, hashlib.sha256(pickled).hexdigest(), numbers)


_known: OrderedDict[str, Job] = OrderedDict()


def work(chunk: Chunk) -> list[Sample]:
    """Run a chunk here."""
    job = _known.get(chunk.digest)
    if job is None:
        job = _known[chunk.digest] = pickle.loads(chunk.job)
        while len(_known) > JOBS_KEPT:
            _known.popitem(last=False)
    return [job.one(number) for number in chunk.numbers]
