"""One thread that takes packets from sockets of ours as they come: those of media that rtp.io does not carry.

Decides that no socket keeps the others waiting, and that one is closed only between packets. Leaves what is done with a packet to
`srtp.py`. `add`, `remove` and `close` are called from the bridge's one thread. Source: epoll(7).
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

log = logging.getLogger(__name__)

Taker = Callable[[], None]

AT_ONCE: Final = 16
"""Packets of one socket before others have their turn."""


class PacketThread:
    """The thread. Its sockets do not block; each has a taker that takes one packet, and raises OSError when there is none."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._takers: dict[int, Taker] = {}
        self._words: deque[Callable[[], None]] = deque()
        self._bell, self._door = socket.socketpair()
        self._door.setblocking(False)
        self._poll.register(self._door, select.EPOLLIN)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="packets", daemon=True)
        self._thread.start()

    def add(self, takers: Iterable[tuple[socket.socket, Taker]]) -> None:
        """Take packets of these sockets from now on."""
        for own, take in takers:
            self._takers[own.fileno()] = take
            self._poll.register(own, select.EPOLLIN)

    def tell(self, word: Callable[[], None]) -> None:
        """Do something in the thread, between packets."""
        self._words.append(word)
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def remove(self, sockets: Iterable[socket.socket]) -> None:
        """Close these sockets."""

        def close() -> None:
            for own in sockets:
                self._takers.pop(own.fileno(), None)
                own.close()

        self.tell(close)

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self.tell(lambda: None)
        self._thread.join()
        self._poll.close()
        self._bell.close()
        self._door.close()

    def _run(self) -> None:
        door = self._door.fileno()
        while not self._closed:
            for fd, _ in self._poll.poll():
                if fd == door:
                    with contextlib.suppress(BlockingIOError):
                        self._door.recv(4096)
                    continue
                take = self._takers.get(fd)
                if take is not None:
                    self._take(take)
            while self._words:
                self._words.popleft()()
        while self._words:
            self._words.popleft()()

    def _take(self, take: Taker) -> None:
        try:
            for _ in range(AT_ONCE):
                take()
        except BlockingIOError:
            return
        except OSError:  # nobody listens there (any more)
            return
        except Exception:
            log.exception("taking a packet broke")
