"""The day of a scenario, simulated before anybody asks and shown to everybody who opens the Load test page.

Decides what is simulated unasked: a few replications of each version that is looked at, once per server, stopped after
a minute. Leaves pieces and workers to `chunks.py` and `jobs.py`, figures to `pbxsim.results.results`. Imports no part of the web
application.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path

from engine.contract.errors import PbxError
from engine.loading.load import examine
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.results.results import Sample
from pbxsim.runs.job import Job
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.document import files
from pbxsim.workbench.loadtest import chunks, jobs

log = logging.getLogger(__name__)

REPS = 10
"""Replications simulated unasked, as many as `pbx run` tells on the terminal."""

LONGEST_S = 60.0
"""A run nobody asked for is stopped after this; the days that are whole by then stay."""

KEPT = 8
"""Runs kept per server; the one untouched for longest goes first."""


def scenarios(file: Path) -> dict[str, Path]:
    """Scenarios that can be run on a flow file, by name: those beside it, then those that come with the project."""
    beside = sorted(
        {
            *file.parent.glob("scenario*.yaml"),
            *file.parent.glob("*.scenario.yaml"),
            *(file.parent / "scenarios").glob("*.yaml"),
        }
    )
    shipped = sorted((datasets.folder() / "scenarios").glob("*.yaml"))
    found: dict[str, Path] = {}
    for path in (*beside, *shipped):
        found.setdefault(path.name.removesuffix(".yaml").removesuffix(".scenario").replace("_", " "), path)
    return found


def scenario(path: Path) -> Scenario:
    """A scenario from its file, which is read again once it has changed. Raises OSError, ScenarioError."""
    known = path.stat()
    return _read(path, known.st_mtime_ns, known.st_size)


@functools.lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int, _size: int) -> Scenario:
    return Scenario.load(path)


def first_of(names: list[str], pbx: str) -> str | None:
    """The scenario a PBX begins with: the first that carries its name, else the first there is.

    >>> first_of(["clinic monday", "example weekday"], "example")
    'example weekday'
    """
    return next((name for name in names if pbx and name.startswith(pbx)), names[0] if names else None)


class BackgroundRun:
    """One scenario on one version, simulated in the background. Lives on the server's event loop."""

    def __init__(self, job: Job, pieces: list[chunks.Chunk], reps: int) -> None:
        self.job, self.reps = job, reps
        self.samples: list[Sample] = []
        self.error = ""
        self.took_s = 0.0
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(pieces))
        self._task.add_done_callback(lambda _: self._tell())

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._task.done()

    async def follow(self) -> AsyncIterator[int]:
        """The number of days that are whole, now and whenever it grows, until nothing more will come."""
        while True:
            over, changed = self.over, self._changed
            yield len(self.samples)
            if over:
                return
            await changed.wait()

    def stop(self) -> None:
        """Simulate no further days."""
        self._task.cancel()

    async def _run(self, pieces: list[chunks.Chunk]) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_S):
                async for part in jobs.shared().run(chunks.work, pieces):
                    self.samples += part
                    self.took_s = time.monotonic() - began
                    self._tell()
        except TimeoutError:
            pass
        except Exception as error:  # nobody awaits this task: what goes wrong is shown where the day would be
            log.error("the day of a scenario failed", exc_info=error)
            self.error = str(error) or type(error).__name__

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Days:
    """One per server process."""

    def __init__(self) -> None:
        self._days: OrderedDict[str, BackgroundRun] = OrderedDict()

    def day(self, flow: Flow, scenario: Scenario, reps: int = REPS) -> BackgroundRun:
        """The day of a scenario on a version, started when it is asked for first.

        Call it on the server's event loop. Raises ScenarioError where the scenario names what the flow does not have.
        """
        key = hashlib.sha256(f"{flow.digest} {reps} {scenario.model_dump_json(by_alias=True)}".encode()).hexdigest()
        found = self._days.get(key)
        if found is None or found.error:
            found = self._days[key] = BackgroundRun(
                Job(flow, scenario, keep_records=False), chunks.cut(flow, scenario, reps), reps
            )
        self._days.move_to_end(key)
        while len(self._days) > KEPT:
            self._days.popitem(last=False)[1].stop()
        return found


_days: Days | None = None


def shared() -> Days:
    """The days of this server process."""
    global _days
    if _days is None:
        _days = Days()
    return _days


async def begin(file: Path) -> None:
    """Start the day of a flow file, so that it is there when a page is opened; a file with errors has none."""
    try:
        flow, _ = examine(files.read(file), file.name)
        known = scenarios(file)
        name = first_of(list(known), flow.name) if flow is not None else None
        if flow is not None and name is not None:
            shared().day(flow, scenario(known[name]))
    except (PbxError, OSError):
        return  # the pages say what is wrong with the file and with the scenario
