"""One rtp.io in this process: its start, its command line, its notifications.

rtp.io is rtpproxy as a library: C threads relay RTP and hold no Python lock; we talk to it in text over a socket pair.
Decides in which order commands go out (first in, first out, one at a time) and in which thread answers come back (the
one `post` leads to). Leaves the meaning of commands to `session.py`. Source: rtpproxy control protocol 20040107 and the
modules compiled into rtp-io 1.1.

Four defects of rtp.io are shielded. The sockets of a deleted session are closed only when a packet arrives on any
other socket. On a quiet line they stay open, and once all ports are taken nothing ever frees them (E72 for ever). So one
session of our own, the keeper, is always there, and after each deletion its two sockets get a packet.

And a session deleted while a sound plays in it can lock up all of rtp.io: should its player be at work at that moment,
the player drops the last reference to the stream, whose end wants the lock the player holds (seen once in about 20,000
deletions). So `session.py` stops what plays before it deletes. Should rtp.io stand still all the same, `alive` says so.

And the end of one rtp.io takes the encryption from every other one of the process, now and later (what it shuts down is
the process's), and is waited for with Python's own lock held. So an rtp.io that is closed holds no session and no port,
but stays until the process ends. Its news are listened to until then, too: one that stood still when it was closed has
sessions left, and when these time out and nobody takes the news, rtp.io aborts the whole process.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import logging
import os
import queue
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from rtp.io import rtpproxy

from live_bridge.media.latching import Ask, Latches
from live_bridge.media.latching import is_refusal as is_refusal

log = logging.getLogger(__name__)

REPLY_BYTES = 65536
"""Longest answer to one command; `I` of a busy proxy is about 200 bytes."""

MODULES = ("catch_dtmf", "dtls_gw")
"""In commands M3, M4: keys for `session.py`, encryption for `gateway.py`."""

STOP_WAIT_S = 5.0
"""Longest wait for the thread of commands at shutdown, beside an answer it waits for."""

ANSWER_WAIT_S = 10.0
"""An answer that takes longer never comes: rtp.io counts as gone from then on. Normal is 0.03 ms."""

PORT_PACKETS = 4096
"""Packets that wait in the packet port; more are dropped. A call that is listened to brings 100 a second."""

KEEPER = "keeper"
"""Name and notification tag of our own session; sessions of calls are named otherwise."""

_EMPTY_RTP = b"\x80\x0d" + bytes(10)
"""An RTP head and nothing else, payload type 13 (comfort noise)."""


class Post(Protocol):
    """Runs a function soon in the thread that owns the calls. sippy's `ED2.callFromThread` is one."""

    def __call__(self, function: Callable[..., Any], /, *args: Any) -> Any: ...


Reply = Callable[[str], None]
"""Called with the answer's text; `E...` is a refusal, and so is the empty text (rtp.io is gone)."""


class RtpIo:
    """rtp.io, running. `send` may be called from any thread; every `Reply` and `notified` is called through `post`.

    `listen` are the local addresses for media: one IPv4, or one IPv4 and one IPv6. `ports` are the first and last UDP
    port used. `idle_s` is how long a session may be without any packet before rtp.io drops it by itself and
    `notified` gets its tag: hours, since a call on hold may be silent; lost media is judged from counters instead. `gone`
    is called once, when rtp.io does not answer any more.
    """

    def __init__(
        self,
        post: Post,
        notified: Callable[[str], None],
        *,
        listen: Iterable[str],
        ports: tuple[int, int],
        spool: Path,
        final: Path,
        idle_s: int = 5 * 3600,
        setup_s: int = 600,
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        for folder in (spool, final):
            folder.mkdir(parents=True, exist_ok=True)
        listen = tuple(listen)
        self._post = post
        self._notified = notified
        self._on_gone = gone
        # -F only silences the warning about running as root, which containers do.
        arguments = _listen_arguments(listen) + (["-F"] if os.geteuid() == 0 else [])
        self._proxy: Any = rtpproxy(
            debug_level="crit",
            rec_spool_dir=str(spool.resolve()),
            rec_final_dir=str(final.resolve()),
            port_min=ports[0],
            port_max=ports[1],
            ttl=idle_s,
            setup_ttl=setup_s,
            modules=MODULES,
            extra_args=arguments,
        )
        self.notify_address: str = self._proxy.rtpp_nsock_spec
        """Goes into commands that ask for notifications."""
        self._line: socket.socket = self._proxy.rtpp_sock
        self._news: socket.socket = self._proxy.rtpp_nsock
        self._line.settimeout(ANSWER_WAIT_S)
        self._commands: queue.SimpleQueue[tuple[str | Callable[[Ask], str], Reply | None] | None] = queue.SimpleQueue()
        self._closed = False
        self._gone = False
        self._keeper: tuple[str, int] | None = None
        self._port: Any = None
        self._doorbell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._listen_ip = next(iter(listen))
        self.latches = Latches(self._listen_ip)
        """Used in the thread of commands only."""
        self._talker = threading.Thread(target=self._talk, name="rtpio-commands", daemon=True)
        self._talker.start()
        threading.Thread(target=self._listen, name="rtpio-news", daemon=True).start()

    def send(self, command: str, reply: Reply | None = None) -> None:
        """Queue one command line. After `close` the answer is the empty text."""
        if "\n" in command:
            raise ValueError(f"one command is one line, got {command!r}")
        if self._closed:
            if reply is not None:
                self._post(reply, "")
            return
        self._commands.put((command, reply))

    def work(self, task: Callable[[Ask], str], reply: Reply | None = None) -> None:
        """Queue something that needs several commands, or is done beside them; it runs in the thread of commands."""
        if self._closed:
            if reply is not None:
                self._post(reply, "")
            return
        self._commands.put((task, reply))

    def packet_port(self) -> Any:
        """Where streams of sessions lead into this process: `try_pop_many` gives packets, each with the number that an update
        with `packet_port().address_ref()` for an address named as its port. One for all streams; it lives as long as rtp.io."""
        if self._port is None:
            self._port = self._proxy.packetport_ctor(PORT_PACKETS)
        return self._port

    @property
    def alive(self) -> bool:
        """Whether rtp.io has answered every command so far; once it has not, only a new process helps."""
        return not self._gone

    def close(self) -> None:
        """Drop every session and leave rtp.io without work. Waits for commands already queued; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._commands.put(("X", None))
        self._commands.put(None)
        self._talker.join(STOP_WAIT_S + ANSWER_WAIT_S)
        for kept in (self._proxy, self._line, self._news, self._port):  # not even when Python ends
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
        self._doorbell.close()

    def _talk(self) -> None:
        self._hire_keeper()
        while (item := self._next()) is not None:
            command, reply = item
            answer = self._ask(command) if isinstance(command, str) else self._work(command)
            if reply is not None:
                self._post(reply, answer)
            if isinstance(command, str) and command.startswith("D"):
                self.latches.forget(command.split()[1])
                self._ring_keeper()
        self.latches.close()

    def _work(self, task: Callable[[Ask], str]) -> str:
        """Do a task; one that breaks counts as refused and ends nothing else."""
        try:
            return task(self._ask)
        except Exception:
            log.exception("a task in the thread of rtp.io's commands broke")
            return ""

    def _next(self) -> tuple[str | Callable[[Ask], str], Reply | None] | None:
        """The next thing to do; what is being learned is looked at in between."""
        while True:
            try:
                item = self._commands.get(timeout=self.latches.wait_s())
            except queue.Empty:
                self.latches.look(self._ask)
                continue
            if self.latches.wait_s() == 0.0:  # also when commands never pause
                self.latches.look(self._ask)
            return item

    def _ask(self, command: str) -> str:
        if self._gone:
            return ""
        try:
            self._line.send(command.encode("ascii") + b"\n")
            return self._line.recv(REPLY_BYTES).decode("ascii", "replace").strip()
        except UnicodeEncodeError:
            return ""
        except OSError:
            # A late answer would be taken for that of the next command: nothing more can be asked.
            self._gone = True
            if not self._closed:
                self._post(self._on_gone)
            return ""

    def _hire_keeper(self) -> None:
        answer = self._ask(f"U {KEEPER} {self._listen_ip} 9 t {self.notify_address} {KEEPER}")
        words = answer.split()
        self._keeper = None if is_refusal(answer) else (words[1] if len(words) > 1 else self._listen_ip, int(words[0]))

    def _ring_keeper(self) -> None:
        if self._keeper is None:
            self._hire_keeper()
        if self._keeper is not None:
            ip, port = self._keeper
            for own in (port, port + 1):
                with contextlib.suppress(OSError):
                    self._doorbell.sendto(_EMPTY_RTP, (ip, own))

    def _listen(self) -> None:
        rest = b""
        while True:
            try:
                data = self._news.recv(REPLY_BYTES)
            except OSError:
                return
            if not data:
                return
            if self._closed:
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                text = line.decode("ascii", "replace").strip()
                if text == KEEPER:
                    self._keeper = None
                else:
                    self._post(self._notified, text)


def _listen_arguments(listen: Iterable[str]) -> list[str]:
    """Command-line form of the listening addresses; the IPv6 one needs a slash in front (rtp-io 1.1).

    >>> _listen_arguments(["127.0.0.1", "::1"])
    ['-l', '127.0.0.1', '-6', '/::1']
    """
    arguments: list[str] = []
    for address in listen:
        if ipaddress.ip_address(address).version == 4:
            arguments += ["-l", address]
        else:
            arguments += ["-6", f"/{address}"]
    return arguments
