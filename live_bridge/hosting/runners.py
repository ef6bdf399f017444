"""What bridges run in: processes of ours, or units of systemd.

Decides how a bridge is started, asked to end, and what is told of its end. A process of ours ends when the hosting process ends,
however that went, and sees none of its secrets; a unit goes on. Leaves when to `bridges.py`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final, Protocol

from live_bridge.hosting.pbx_folder import PbxPlace

PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "PBX_COMPILE")
"""What a bridge gets of the hosting process's environment: no secret, and no database."""

LOG_MOST: Final = 10 * 1024 * 1024
"""Bytes of a bridge's log; the next start begins a new one and keeps the last."""
LAST_LINES: Final = 5
PATIENCE_S: Final = 30.0
"""How long bridges may take to end: calls in progress get 20 s."""
COMMAND_S: Final = 30.0

_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None)


class Runner(Protocol):
    """What starts and ends bridges. By one thread, which lives as long as the bridges."""

    def start(self, place: PbxPlace) -> None:
        """Start a bridge. Raises OSError."""
        ...

    def is_running(self, place: PbxPlace) -> bool:
        """Whether it runs. Raises OSError where that cannot be known."""
        ...

    def end_of(self, place: PbxPlace) -> str:
        """Why it does not run any more, for people."""
        ...

    def stop(self, place: PbxPlace) -> None:
        """Ask it to end; calls in progress finish within their time. Raises OSError."""
        ...

    def close(self) -> None:
        """The hosting process ends."""
        ...


class ChildRunner:
    """Bridges as child processes."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, place: PbxPlace) -> None:
        """See `Runner`."""
        log = place.folder / "bridge.log"
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > LOG_MOST:
                log.replace(log.with_suffix(".log.1"))
        environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        for line in (place.folder / "secrets.env").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            environment[name] = value
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb") as sink:
            self._children[place.name] = subprocess.Popen(
                [sys.executable, "-m", "live_bridge.cli", "live", "--config", str(place.config)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=environment,
                cwd=place.folder,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def is_running(self, place: PbxPlace) -> bool:
        """See `Runner`."""
        child = self._children.get(place.name)
        return child is not None and child.poll() is None

    def end_of(self, place: PbxPlace) -> str:
        """See `Runner`."""
        child = self._children.get(place.name)
        status = None if child is None else child.poll()
        how = "" if status is None else f"signal {-status}" if status < 0 else f"exit status {status}"
        with contextlib.suppress(OSError):
            with (place.folder / "bridge.log").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
                lines = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
            return "\n".join([how, *lines])[:2000]
        return how

    def stop(self, place: PbxPlace) -> None:
        """See `Runner`."""
        child = self._children.get(place.name)
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """All are asked at once; those that do not end are made to."""
        running = [child for child in self._children.values() if child.poll() is None]
        for child in running:
            child.send_signal(signal.SIGTERM)
        until_s = time.monotonic() + PATIENCE_S
        for child in running:
            try:
                child.wait(max(0.1, until_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class SystemdRunner:
    """Bridges as units `pbx-live@NAME`, which systemd restarts by itself."""

    def __init__(self, command: Sequence[str]) -> None:
        """`command` is systemctl, perhaps with sudo before it."""
        self._command = tuple(command)

    def start(self, place: PbxPlace) -> None:
        """See `Runner`."""
        self._ask("enable", "--now", "--no-block", _unit(place))

    def is_running(self, place: PbxPlace) -> bool:
        """See `Runner`; one that systemd is about to restart counts."""
        said = self._ask("show", "--property=ActiveState", "--value", _unit(place)).strip()
        return said in ("active", "activating", "reloading", "deactivating")

    def end_of(self, place: PbxPlace) -> str:
        """See `Runner`."""
        return f"systemd stopped it: see journalctl -u {_unit(place)}"

    def stop(self, place: PbxPlace) -> None:
        """See `Runner`."""
        self._ask("disable", "--now", "--no-block", _unit(place))

    def close(self) -> None:
        """Units go on."""

    def _ask(self, *words: str) -> str:
        try:
            done = subprocess.run(
                [*self._command, *words], capture_output=True, text=True, timeout=COMMAND_S, check=True
            )
        except subprocess.SubprocessError as error:
            said = getattr(error, "stderr", "") or str(error)
            raise OSError(f"{' '.join((*self._command, *words))}: {said.strip()}") from None
        return done.stdout


def _unit(place: PbxPlace) -> str:
    return f"pbx-live@{place.name}.service"


def _end_with_parent() -> None:
    """Linux: a child gets SIGTERM when the thread that made it is gone, however it went (prctl(2), PR_SET_PDEATHSIG)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
