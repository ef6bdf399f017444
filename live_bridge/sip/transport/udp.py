"""UDP for the stack: one socket, one reader, packets out in the order they were written.

Decides that nothing a peer writes can stop our sending: the stock server has three sender threads that reorder packets and die
of a port number above 65535 (defects 1 and 3). Names are resolved beside the loop, never in it. IPv4 and IPv6.
Leaves streams to `tcp.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
from functools import lru_cache
from typing import Any, Final

from sippy.Core.EventDispatcher import ED2
from sippy.Network_server import Network_server_opts, Remote_address
from sippy.Time.MonoTime import MonoTime

from live_bridge.addresses import in_uri
from live_bridge.sip.transport.dns import numeric
from live_bridge.sip.transport.listening_server import ListeningServer

log = logging.getLogger(__name__)

BATCH: Final = 32
"""Datagrams handed to the loop at once under load."""

BACKLOG: Final = 4_000
"""Datagrams waiting for the loop before new ones are dropped: about 20 s of work, more would only be answered too late."""

RECEIVE_BUFFER_BYTES: Final = 4 << 20
LOOKUPS_WAITING: Final = 1_000


@lru_cache(maxsize=4096)
def our_address(host: str) -> bool:
    """Whether `host` is an address of this machine: one that a socket can be bound to. Names are not looked up.

    >>> our_address("127.0.0.1"), our_address("192.0.2.1"), our_address("sip.example")
    (True, False, False)
    """
    bare = host.strip("[]")
    if not numeric(bare):
        return False
    with socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((bare, 0))
        except OSError:
            return False
    return True


class OrderedUdpOptions(Network_server_opts):
    """Options of `OrderedUdp`. `flags` 0 is the stack's own trial run: bind, then close."""

    flags = 1
    public: str | None = None
    """Address written into Via and Contact instead of the one bound."""

    def __init__(self, *arguments: Any, o: OrderedUdpOptions | None = None) -> None:
        super().__init__(*arguments, o=o)
        if o is not None:
            self.flags = o.flags
            self.public = o.public

    def isWildCard(self) -> bool:  # noqa: N802 (the stack's name)
        """Never: one server answers for its address, whatever it is bound to."""
        return False


class OrderedUdp(ListeningServer):
    """The server behind one listening address."""

    transport = "udp"
    carries = "datagram"

    def __init__(self, global_config: dict[str, Any], options: OrderedUdpOptions) -> None:
        super().__init__(options)
        host, port = self.uopts.laddress
        bare = host.strip("[]")
        self._family = socket.AF_INET6 if ":" in bare else socket.AF_INET
        self._socket = socket.socket(self._family, socket.SOCK_DGRAM)
        if self._family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        try:
            self._socket.bind((bare, int(port)))
        except OSError:
            self._socket.close()
            raise
        self._address = (global_config.get("_public_address") or host, self._socket.getsockname()[1])
        self._waiting = 0
        self._closed = False
        self.dropped = 0
        """Datagrams not read by the loop because too many were waiting."""
        self._lookups: queue.Queue[tuple[bytes, str, int] | None] = queue.Queue(LOOKUPS_WAITING)
        self._resolver: threading.Thread | None = None
        self._reader: threading.Thread | None = None
        if self.uopts.flags:
            self._reader = threading.Thread(target=self._read, name=f"udp-{self._address[1]}", daemon=True)
            self._reader.start()

    def getSIPaddr(self) -> tuple[tuple[str, int], str]:  # noqa: N802 (the stack's name)
        """What stands in Via and Contact."""
        return self._address, self.transport

    # --- in -----------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while not self._closed:
            batch: list[tuple[bytes, tuple[Any, ...], Any]] = []
            try:
                data, source = self._socket.recvfrom(65_535)
                batch.append((data, source, MonoTime()))
                while len(batch) < BATCH:
                    try:
                        data, source = self._socket.recvfrom(65_535, socket.MSG_DONTWAIT)
                    except (BlockingIOError, InterruptedError):
                        break
                    batch.append((data, source, MonoTime()))
            except ConnectionError:
                pass  # an ICMP error about an earlier packet of ours; its timers deal with it
            except OSError:
                if self._closed or self._socket.fileno() < 0:
                    return
            if not batch or self._closed:
                continue
            if self._waiting > BACKLOG:
                self.dropped += len(batch)
                continue
            self._waiting += len(batch)
            ED2.callFromThread(self._deliver, batch)

    def _deliver(self, batch: list[tuple[bytes, tuple[Any, ...], Any]]) -> None:
        self._waiting -= len(batch)
        for data, source, at in batch:
            self.handle_read(data, Remote_address((in_uri(source[0]), source[1]), self.transport), at)

    def handle_read(self, data: bytes, address: Any, rtime: Any, delayed: bool = False) -> None:
        """One datagram into the transaction manager, unless it is empty."""
        if data:
            super().handle_read(data, address, rtime, delayed)

    # --- out ----------------------------------------------------------------------------------------------------------

    def send_to(self, data: bytes | str, address: tuple[str, int], delayed: bool = False) -> None:
        """Send now, in the loop's thread, so that order is kept. What cannot be sent is left to retransmission."""
        if isinstance(data, str):
            data = data.encode()
        host, port = str(address[0]).strip("[]"), int(address[1])
        if not 0 < port < 65_536:
            return
        if numeric(host):
            self._send(data, host, port)
            return
        if self._resolver is None:
            self._resolver = threading.Thread(target=self._resolve, name=f"udp-{self._address[1]}-names", daemon=True)
            self._resolver.start()
        try:
            self._lookups.put_nowait((data, host, port))
        except queue.Full:
            log.warning("too many names to look up; a message to %s was not sent", host)

    def _send(self, data: bytes, host: str, port: int) -> None:
        try:
            self._socket.sendto(data, (host, port))
        except (OSError, OverflowError) as fault:
            log.debug("not sent to %s port %d: %s", host, port, fault)

    def _resolve(self) -> None:
        while (item := self._lookups.get()) is not None:
            data, host, port = item
            try:
                found = socket.getaddrinfo(host, port, self._family, socket.SOCK_DGRAM)
            except (OSError, UnicodeError) as fault:
                log.info("%s has no address: %s", host, fault)
                continue
            self._send(data, str(found[0][4][0]), port)

    # --- the end ------------------------------------------------------------------------------------------------------

    def join(self) -> None:
        """Nothing to wait for: `shutdown` did."""

    def shutdown(self) -> None:
        """Close the socket and let the reader end."""
        self._closed = True
        self.uopts.data_callback = None
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # not connected, which is normal; the reader wakes all the same
        if self._reader is not None:
            self._reader.join(1.0)
        if self._resolver is not None:
            self._lookups.put(None)
        self._socket.close()
