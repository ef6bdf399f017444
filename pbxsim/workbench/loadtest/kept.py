"""What an analyst keeps of one PBX: scenarios of their own as files beside the document, and runs with their names.

Decides where both lie, what a name may be, that nothing is overwritten, and how many runs are kept. A run is kept as what it
counted, so that figures, intervals and differences on the same callers are made from it at any time. Imports no part of the web
application.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import msgspec

from engine.calendar import zones
from pbxsim.results.results import Results, Sample
from pbxsim.results.waits import QueueStays
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.document import files, store
from pbxsim.workbench.loadtest.shown_run import ShownRun

RUNS_KEPT: Final = 40
"""Runs kept of one PBX; the oldest goes first."""

_NAME = re.compile(r"[^\W_][\w .,()+×-]{0,59}")


class NameRefused(ValueError):
    """A name that cannot be kept under: `key` names the words for it."""

    def __init__(self, key: str, name: str) -> None:
        self.key, self.name = key, name
        super().__init__(f"{key}: {name}")


# --- scenarios -------------------------------------------------------------------------------------------------------


def scenario_file(file: Path, name: str) -> Path:
    """Where a scenario of this name lies, beside the document. Raises NameRefused."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise NameRefused("own.bad_name", name)
    return file.parent / "scenarios" / f"{name.replace(' ', '_')}.yaml"


def keep_scenario(file: Path, scenario: Scenario) -> Path:
    """Write a scenario under its name, where `days.scenarios` finds it. Raises NameRefused, OSError."""
    path = scenario_file(file, scenario.scenario)
    if path.exists() and path.read_text(encoding="utf-8") != scenario.dump():
        raise NameRefused("own.taken", scenario.scenario)
    path.parent.mkdir(exist_ok=True)
    files.write(path, scenario.dump())
    return path


# --- runs ------------------------------------------------------------------------------------------------------------


class KeptRun(msgspec.Struct, frozen=True):
    """A run by name: what it ran, and what it counted."""

    name: str
    kept_at: float
    """Seconds since the Unix epoch."""
    flow_digest: str
    queues: dict[int, str]
    begin: int
    zone: str
    scenario: str
    """As YAML."""
    warnings: tuple[str, ...]
    elapsed_s: float
    samples: tuple[tuple[int, tuple[tuple[int, int, tuple[int, ...]], ...], tuple[int, ...], tuple[int, ...], int], ...]
    factor: float | None = None
    """Calls for each call of the scenario as its file has it; None in runs that were kept before this was told."""
    stays: tuple[tuple[QueueStays, ...], ...] = ()
    """Of each sample; none in runs that were kept before they were counted."""

    def results(self) -> Results:
        """The run as results."""
        stays = self.stays or ((),) * len(self.samples)
        made = [
            Sample(number, cells, calls, times, started, {}, told)
            for (number, cells, calls, times, started), told in zip(self.samples, stays, strict=True)
        ]
        return Results(
            Scenario.parse(self.scenario, self.name),
            self.flow_digest,
            self.queues,
            self.begin,
            zones.parse(self.zone),
            made,
            self.warnings,
            self.elapsed_s,
        )


def kept_run(name: str, run: ShownRun, zone: str, now: float | None = None) -> KeptRun:
    """A run as it is kept. Raises NameRefused."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise NameRefused("own.bad_name", name)
    results = run.results
    samples = tuple((one.replication, one.cells, one.calls, one.times, one.started) for one in results.samples)
    return KeptRun(
        name,
        time.time() if now is None else now,
        results.flow_digest,
        results.queue_names,
        int(results.begin),
        zone,
        results.scenario.dump(),
        results.warnings,
        results.elapsed_s,
        samples,
        run.factor,
        tuple(one.stays for one in results.samples),
    )


class Runs:
    """The kept runs of one document, below the user's state folder."""

    def __init__(self, file: Path, folder: Path | None = None) -> None:
        self._folder = folder or store.folder_of(file).parent.parent / "runs" / store.folder_of(file).name

    def names(self) -> list[str]:
        """Names, the newest first."""
        found = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.stem for path in found]

    def keep(self, run: KeptRun) -> None:
        """Write a run. Raises NameRefused for a name that is taken, OSError."""
        path = self._folder / f"{run.name}.json"
        if path.exists():
            raise NameRefused("own.taken", run.name)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(path, msgspec.json.encode(run).decode(), mode=0o600)
        for name in self.names()[RUNS_KEPT:]:
            self.forget(name)

    def find(self, name: str) -> KeptRun | None:
        """A run by name, or None where there is none that can be read."""
        try:
            return msgspec.json.decode((self._folder / f"{name}.json").read_bytes(), type=KeptRun)
        except (OSError, msgspec.MsgspecError):
            return None

    def forget(self, name: str) -> None:
        """Delete a run."""
        if name in self.names():
            (self._folder / f"{name}.json").unlink(missing_ok=True)
