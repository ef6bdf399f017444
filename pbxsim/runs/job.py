"""A job: what every replication of a run needs, how it travels to another process, and what it gives.

Leaves where replications run to `run.py`, `workers.py` and `cluster.py`.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from engine.loading.compile import compile
from engine.state.flow import Document, Flow
from pbxsim.results import frames
from pbxsim.results.results import Results, Sample
from pbxsim.results.waits import stays_of
from pbxsim.scenario.check import warnings as doubts
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import driver
from pbxsim.world.driver import Process
from pbxsim.world.recording_world import RecordingWorld
from pbxsim.world.world import World

Progress = Callable[[float, int], None]
"""Called with the number of replications done (a fraction of one included) and how many there are."""


class Signal(Protocol):
    """Says whether to stop; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop now."""


class Job:
    """What every replication needs, and how it travels: the document, and not the flow made of it."""

    def __init__(self, flow: Flow, scenario: Scenario, keep_records: bool, processes: tuple[Process, ...] = ()) -> None:
        self.flow = flow
        self.scenario = scenario
        self.keep_records = keep_records
        self.processes = processes

    def __reduce__(self) -> tuple[Any, ...]:
        return _job, (self.flow.document, self.scenario, self.keep_records, self.processes)

    def one(self, replication: int, beat: Callable[[float], None] | None = None) -> Sample:
        """Run one replication here."""
        make = RecordingWorld if self.keep_records else World
        world = make(self.flow, self.scenario, self.scenario.seed, replication)
        driver.run(world, self.processes, beat)
        return sample_of(world)

    def results(self, samples: Iterable[Sample], elapsed_s: float = 0.0, cancelled: bool = False) -> Results:
        """Results of these samples."""
        flow = self.flow
        queues = {number: element.name for number, element in flow.elements.items() if element.kind == "queue"}
        return Results(
            self.scenario,
            flow.digest,
            queues,
            self.scenario.begin(flow),
            self.scenario.zone_of(flow),
            samples,
            tuple(doubts(self.scenario, flow)),
            elapsed_s,
            cancelled,
        )


def _job(document: Document, scenario: Scenario, keep_records: bool, processes: tuple[Process, ...]) -> Job:
    return Job(compile(document), scenario, keep_records, processes)


def sample_of(world: World) -> Sample:
    """What a finished world counted."""
    cells = tuple(
        (queue, i, tally.values())
        for queue, row in world.tallies.items()
        for i, tally in enumerate(row)
        if tally is not None
    )
    tables = {}
    if isinstance(world, RecordingWorld):
        rows = {name: getattr(world, name) for name in frames.COLUMNS}
        tables = frames.tables(rows, world.replication, world.scenario.zone_of(world.flow))
    return Sample(
        world.replication,
        cells,
        world.counts.values(),
        world.times.values(),
        world.started,
        tables,
        stays_of(world.stays, world.all_waiting),
    )


def context() -> multiprocessing.context.BaseContext:
    """How processes of a run are started.

    Forking is quickest and needs no guarded main module, but only a process without further threads may do it.
    """
    name = "fork" if threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods() else "spawn"
    return multiprocessing.get_context(name)
