"""The process that bridges of this machine are forked from: it has read their program once, and all of them share that memory.

A bridge by itself takes about 160 MiB, most of it modules that are the same for every account. Forked from here it takes what it
writes itself (`benchmarks/hosting.py` prints how much), and it is a process of its own all the same: one account's fault stays
its own. Decides what is read beforehand and what a fork keeps of this process: nothing but modules. Leaves which bridge is
started when to `hosting/runners.py`, on the other end of a socket. Never a second thread here: a fork would take its locks along.

Bridges get SIGTERM when this process is gone, however it went (prctl(2), PR_SET_PDEATHSIG), and this process ends when the other
end of its socket is closed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from typing import Final

import msgspec

from live_bridge.cli.commands import app
from live_bridge.hosting import fork_messages as messages

PRELOADED: Final = (
    "live_bridge.service.service",
    "live_bridge.api.server",
    "alembic.command",
    "dns.resolver",
    "mako.ext.pygmentplugin",
    "mako.template",
    "pydantic.v1",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "websockets.asyncio.server",
)
"""What a bridge imports itself or through others, but for sippy, whose dispatcher belongs to the thread that imports it."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_libc: Final = ctypes.CDLL(None)


def serve(control: socket.socket) -> None:
    """Fork bridges until the other end is closed."""
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a look for garbage in a bridge would write to every object, and so copy all memory
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    assert threading.active_count() == 1, "a fork takes no thread along, but what it had locked"
    parent, alive = os.getpid(), set[int]()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    _tell_ended(control, alive)
                    continue
                packet = control.recv(messages.MESSAGE_MOST)
                if not packet:
                    return
                asked = msgspec.json.decode(packet, type=messages.StartBridge | messages.SignalBridge)
                if isinstance(asked, messages.SignalBridge):
                    if asked.pid in alive:
                        os.kill(asked.pid, asked.number)
                    continue
                try:
                    pid = os.fork()
                except OSError as error:
                    control.send(
                        msgspec.json.encode(
                            messages.BridgeNotStarted(why=f"no process could be made: {error.strerror}")
                        )
                    )
                    continue
                if pid == 0:
                    selector.close()
                    for end in (control, woken, waker):
                        end.close()
                    _be_bridge(asked, parent)
                alive.add(pid)
                control.send(msgspec.json.encode(messages.BridgeStarted(pid=pid)))


def _tell_ended(control: socket.socket, alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        alive.discard(pid)
        control.send(msgspec.json.encode(messages.BridgeEnded(pid=pid, status=os.waitstatus_to_exitcode(status))))


def _be_bridge(asked: messages.StartBridge, parent: int) -> None:
    """In the fork: become the bridge, and end with it. Never returns."""
    status = 1
    try:
        _end_with(parent)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _libc.prctl(_PR_SET_NAME, f"bridge {asked.name}".encode())
        sink = os.open(asked.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(sink, stream)
        os.chdir(asked.folder)
        os.environ.clear()
        os.environ.update(asked.environment)
        sys.argv = ["pbx", "live", "--config", asked.config]
        app()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with(parent: int) -> None:
    """Linux: this process gets SIGTERM when the thread that made it is gone, however it went (prctl(2), PR_SET_PDEATHSIG)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
