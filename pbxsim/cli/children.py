"""Processes that belong together: started one by one, watched, and stopped all at once.

Decides that a child writes to its own log file, dies with its parent, is asked to end by SIGTERM and made to end
after a while, with all processes that it started. Leaves what the children are to `run.py`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

PATIENCE_S = 15.0
"""How long a child may take to end by itself: the bridge ends its calls first."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Linux: a child gets SIGTERM when its parent is gone, however it went (prctl(2), PR_SET_PDEATHSIG)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One running process and its log."""

    def __init__(self, name: str, words: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Ended(Exception):
    """A child ended that should have gone on."""

    def __init__(self, child: Child) -> None:
        super().__init__(child.name)
        self.child = child


class Family:
    """Children that run together. Leaving the context ends all of them."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.children: list[Child] = []

    def start(self, name: str, words: Sequence[str]) -> Child:
        """Start one; its output goes to `<folder>/<name>.log`."""
        child = Child(name, words, self.folder / f"{name}.log", self.environment)
        self.children.append(child)
        return child

    def wait_for(self, ready: Callable[[], bool], within_s: float) -> bool:
        """Wait until `ready()` holds. Raises Ended if a child ends meanwhile; False when it takes too long."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            self.check()
            if ready():
                return True
            time.sleep(0.1)
        return False

    def check(self) -> None:
        """Raises Ended for the first child that has ended."""
        for child in self.children:
            if child.status() is not None:
                raise Ended(child)

    def watch(self) -> None:
        """Wait until a child ends, and raise Ended then."""
        while True:
            self.check()
            time.sleep(0.25)

    def __enter__(self) -> Family:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self.children):
            if child.status() is None:
                child.process.terminate()
        end = time.monotonic() + PATIENCE_S
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, end - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)  # itself if it is late, and whatever it has left behind
            child.process.wait()
