"""What bridges run in: processes of ours, or units of systemd.

Decides how a bridge is started, asked to end, and what is told of its end. A process of ours ends when the hosting process ends,
however that went, and sees none of its secrets; a unit goes on. Leaves when to `bridges.py`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from live_bridge.hosting import fork_messages
from live_bridge.hosting.pbx_folder import PbxPlace

PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "PBX_COMPILE")
"""What a bridge gets of the hosting process's environment: no secret, and no database."""

SHARED: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
"""Of the process that bridges are forked from: memory is not set aside for each thread, and no library begins threads."""

LOG_MOST: Final = 10 * 1024 * 1024
"""Bytes of a bridge's log; the next start begins a new one and keeps the last."""
LAST_LINES: Final = 5
PATIENCE_S: Final = 30.0
"""How long bridges may take to end: calls in progress get 20 s."""
COMMAND_S: Final = 30.0
SERVER_S: Final = 60.0
"""How long the process that bridges are forked from may take to begin, which reads their program, and to end."""


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
    """Bridges as child processes, forked from one that has read their program (`cli/fork_server.py`)."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket
        self._pids: dict[str, int] = {}
        self._ends: dict[str, int | None] = {}
        """How a bridge ended; None when the process it was forked from was gone, and it with it."""

    def start(self, place: PbxPlace) -> None:
        """See `Runner`."""
        log = place.folder / "bridge.log"
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > LOG_MOST:
                log.replace(log.with_suffix(".log.1"))
        environment = _passed()
        for line in (place.folder / "secrets.env").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            environment[name] = value
        order = fork_messages.StartBridge(
            name=place.name,
            config=str(place.config),
            folder=str(place.folder),
            log=str(log),
            environment=environment,
        )
        if self._server is None:
            self._begin()
        self._send(order)
        while True:
            answer = self._heard(SERVER_S)
            if isinstance(answer, fork_messages.BridgeStarted):
                self._pids[place.name] = answer.pid
                return
            if isinstance(answer, fork_messages.BridgeNotStarted):
                raise OSError(answer.why)
            if answer is None:
                self._gone()
                raise OSError("the process that bridges are forked from does not answer; it is started again")

    def is_running(self, place: PbxPlace) -> bool:
        """See `Runner`."""
        self._hear()
        return place.name in self._pids

    def end_of(self, place: PbxPlace) -> str:
        """See `Runner`."""
        status = self._ends.get(place.name)
        how = "" if status is None else f"signal {-status}" if status < 0 else f"exit status {status}"
        with contextlib.suppress(OSError):
            with (place.folder / "bridge.log").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
                lines = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
            return "\n".join([how, *lines])[:2000]
        return how

    def stop(self, place: PbxPlace) -> None:
        """See `Runner`."""
        self._hear()
        if place.name in self._pids:
            self._send(fork_messages.SignalBridge(pid=self._pids[place.name], number=signal.SIGTERM))

    def close(self) -> None:
        """All are asked at once; those that do not end are made to."""
        if self._server is None:
            return
        for number, patience_s in ((signal.SIGTERM, PATIENCE_S), (signal.SIGKILL, SERVER_S)):
            until_s = time.monotonic() + patience_s
            with contextlib.suppress(OSError):
                for pid in self._pids.values():
                    self._send(fork_messages.SignalBridge(pid=pid, number=number))
                while self._pids and self._heard(max(0.0, until_s - time.monotonic())) is not None:
                    pass
        self._gone()

    @property
    def server_pid(self) -> int | None:
        """The process that bridges are forked from."""
        return None if self._server is None else self._server.pid

    def pid_of(self, name: str) -> int:
        """The process of a running bridge. Raises KeyError where it does not run."""
        self._hear()
        return self._pids[name]

    def _begin(self) -> None:
        """Start the process that bridges are forked from."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "live_bridge.cli.fork_server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env={**_passed(), **SHARED},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def _gone(self) -> None:
        """The process that bridges are forked from is no more, and what was forked from it ends by itself."""
        assert self._server is not None
        self._control.close()
        try:
            self._server.wait(SERVER_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._ends |= dict.fromkeys(self._pids)
        self._pids.clear()
        self._server = None

    def _send(self, message: fork_messages.StartBridge | fork_messages.SignalBridge) -> None:
        try:
            self._control.send(msgspec.json.encode(message))
        except OSError as error:
            self._gone()
            raise OSError(f"the process that bridges are forked from is gone: {error.strerror}") from None

    def _hear(self) -> None:
        """Take in what has ended meanwhile."""
        while self._server is not None and select.select([self._control], [], [], 0)[0]:
            if self._heard(0) is None:
                self._gone()

    def _heard(
        self, wait_s: float
    ) -> fork_messages.BridgeStarted | fork_messages.BridgeNotStarted | fork_messages.BridgeEnded | None:
        """What comes next; None when nothing came in time, or nothing ever will."""
        self._control.settimeout(wait_s)
        try:
            packet = self._control.recv(fork_messages.MESSAGE_MOST)
        except OSError:
            return None
        if not packet:
            return None
        said = msgspec.json.decode(
            packet, type=fork_messages.BridgeStarted | fork_messages.BridgeNotStarted | fork_messages.BridgeEnded
        )
        if isinstance(said, fork_messages.BridgeEnded):
            for name in [name for name, pid in self._pids.items() if pid == said.pid]:
                del self._pids[name]
                self._ends[name] = said.status
        return said


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


def _passed() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED if name in os.environ}
