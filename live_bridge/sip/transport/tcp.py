"""TCP and TLS for the stack, which has neither: one listener, its connections, and messages cut out of their streams.

Decides how long a connection lives, how much it may hold, and which connection an address means: a phone behind address
translation is reached only over the connection it opened. An address is taken as a connection's alias only when the
connection comes from the same host, so nobody can draw another's requests. Leaves messages to `transaction_manager.py`,
which hears of every connection that is lost. Sources: RFC 3261 section 18, RFC 5626 section 3.5.1 (keep-alive), RFC 5923
(reuse). Imported in the loop's thread only.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import selectors
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn

from sippy.Core.EventDispatcher import ED2
from sippy.Network_server import Remote_address
from sippy.Time.MonoTime import MonoTime

from live_bridge.addresses import in_uri
from live_bridge.media import descriptors
from live_bridge.sip.settings import Listen
from live_bridge.sip.transport import message_filter
from live_bridge.sip.transport.listening_server import ConnectionServer
from live_bridge.sip.transport.message_filter import HEAD_BYTES, MESSAGE_BYTES

log = logging.getLogger(__name__)

NAMES: Final = 2_000
"""Addresses whose certificate's name is remembered."""
CONNECTIONS_OF_HOST: Final = 200
IDLE_S: Final = 900.0
"""A connection without traffic for so long is closed; phones keep theirs alive every 30 s (R-15.7)."""
SETUP_S: Final = 10.0
"""Time for a connection to be made and to say its first word."""
PAUSE_S: Final = 1.0
"""When the process has no file left."""
UNSENT_BYTES: Final = 1 << 20

_LENGTH: Final = re.compile(rb"(?:^|\r\n)(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CONTACT: Final = re.compile(
    rb"\r\n(?:contact|m)[ \t]*:[^\r\n]*?sips?:(?:[^@>\r\n;]*@)?(\[[0-9a-f:.]+\]|[0-9.]+)(?::(\d{1,5}))?", re.IGNORECASE
)

Where = tuple[str, int]

Lost = Callable[[Any, tuple[Where, ...], bool], None]
"""Hears in the loop's thread of a connection that broke or never came about: the server it was of, the addresses it led to, and
whether anything ever came over it."""


class Connection:
    """One TCP or TLS connection."""

    __slots__ = (
        "socket",
        "address",
        "name",
        "incoming",
        "unsent",
        "handshake",
        "connecting",
        "last_s",
        "spoke",
        "aliases",
    )

    def __init__(self, sock: socket.socket, address: Where, name: str, *, handshake: bool, connecting: bool) -> None:
        self.socket = sock
        self.address = address
        self.name = name
        """What a server's certificate must prove."""
        self.incoming = bytearray()
        self.unsent = bytearray()
        self.handshake = handshake
        self.connecting = connecting
        self.last_s = time.monotonic()
        self.spoke = False
        self.aliases: set[Where] = set()


class StreamServer(ConnectionServer):
    """The server behind one TCP or TLS address. `send_to` is for the loop's thread; sockets live in a thread of their own."""

    def __init__(self, listen: Listen, data_callback: Any, lost: Lost = lambda server, where, worked: None) -> None:
        super().__init__(listen, data_callback)
        self._lost = lost
        self._client_context = ssl.create_default_context() if listen.transport == "tls" else None
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._by_address: dict[Where, Connection] = {}
        self._aliases: dict[Where, Connection] = {}
        self._names: dict[Where, str] = {}
        """What a server's certificate must prove, by its address."""
        self._of_host: Counter[str] = Counter()
        self._at_most = descriptors.stream_connections()
        self._paused_until_s: float | None = None
        self._orders: deque[tuple[str, Any]] = deque()
        self._reader, self._waker = socket.socketpair()
        self._reader.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._reader, selectors.EVENT_READ, None)
        self._resolver = ThreadPoolExecutor(2, thread_name_prefix=f"{self.transport}-names")
        self._thread = threading.Thread(target=self._run, name=f"{self.transport}-{self._shown[1]}", daemon=True)
        self._thread.start()

    def getSIPaddr(self) -> tuple[Where, str]:  # noqa: N802 (the stack's name)
        """What stands in Via and Contact."""
        return self._shown, self.transport

    def send_to(self, data: bytes | str, address: Where, delayed: bool = False) -> None:
        """Send over the connection to `address`, made if there is none. What cannot be sent is lost; timers deal with it."""
        raw = data.encode() if isinstance(data, str) else data
        self._order("send", (raw, (str(address[0]).strip("[]"), int(address[1]))))

    def expect(self, where: Where, name: str) -> None:
        """A connection of ours to `where` is to a server of `name`: that is what its certificate must prove (RFC 5922)."""
        if where in self._names or len(self._names) < NAMES:
            self._names[where] = name

    def shutdown(self) -> None:
        """Close every connection."""
        if self._closed:
            return
        self.uopts.data_callback = None
        self._order("close", None)
        self._thread.join(2.0)
        self._resolver.shutdown(wait=False, cancel_futures=True)

    # --- the sockets' own thread --------------------------------------------------------------------------------------

    def _order(self, what: str, value: Any) -> None:
        self._orders.append((what, value))
        try:
            self._waker.send(b"x")
        except (BlockingIOError, OSError):
            pass  # a full pipe wakes all the same; a closed one has nobody to wake

    def _run(self) -> None:
        sweep_s = time.monotonic() + 5
        while not self._closed:
            for key, events in self._selector.select(5.0 if self._paused_until_s is None else PAUSE_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._reader:
                    self._reader.recv(4096)
                else:
                    self._serve(key.data, events)
            while self._orders:
                what, value = self._orders.popleft()
                if what == "send":
                    self._send(*value)
                elif what == "connect":
                    self._connect(*value)
                else:
                    self._closed = True
            if self._paused_until_s is not None and time.monotonic() > self._paused_until_s:
                self._paused_until_s = None
                self._selector.register(self._listener, selectors.EVENT_READ, None)
            if time.monotonic() > sweep_s:
                sweep_s = time.monotonic() + 5
                self._sweep()
        for connection in list(self._by_address.values()):
            self._drop(connection)
        for sock in (self._listener, self._reader, self._waker):
            sock.close()
        self._selector.close()

    def _accept(self) -> None:
        try:
            sock, address = self._listener.accept()
        except OSError as fault:
            if fault.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._pause(fault)
            return
        where = (address[0], address[1])
        if len(self._by_address) >= self._at_most or self._of_host[where[0]] >= CONNECTIONS_OF_HOST:
            sock.close()
            return
        self._add(sock, where, server=True)

    def _pause(self, fault: OSError) -> None:
        """The process has no file left: nobody is accepted for a while, as who waits would wake us again and again."""
        log.error("no connection over %s can be accepted for %.0f s: %s", self.transport, PAUSE_S, fault.strerror)
        self._selector.unregister(self._listener)
        self._paused_until_s = time.monotonic() + PAUSE_S

    def _add(self, sock: socket.socket, where: Where, *, server: bool, name: str = "") -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server and self._server_context is not None:
            try:
                sock = self._server_context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            except OSError as fault:
                log.info("no TLS with %s: %s", where[0], fault)
                sock.close()
                return
        connection = Connection(sock, where, name, handshake=self._server_context is not None, connecting=not server)
        self._by_address[where] = connection
        self._of_host[where[0]] += 1
        self._selector.register(sock, selectors.EVENT_READ | (0 if server else selectors.EVENT_WRITE), connection)

    def _secure(self, connection: Connection, context: ssl.SSLContext) -> None:
        """A connection of ours stands: TLS begins. A socket that is not connected yet cannot be wrapped, only lost."""
        self._selector.unregister(connection.socket)
        connection.socket = context.wrap_socket(
            connection.socket, do_handshake_on_connect=False, server_hostname=connection.name
        )
        self._selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)

    def _tell_lost(self, *where: Where, worked: bool = False) -> None:
        if not self._closed:
            ED2.callFromThread(self._lost, self, where, worked)

    def _drop(self, connection: Connection) -> None:
        self._tell_lost(connection.address, *connection.aliases, worked=connection.spoke)
        try:
            self._selector.unregister(connection.socket)
        except (KeyError, ValueError):
            pass
        connection.socket.close()
        if self._by_address.get(connection.address) is connection:
            del self._by_address[connection.address]
            self._of_host[connection.address[0]] -= 1
            if self._of_host[connection.address[0]] <= 0:
                del self._of_host[connection.address[0]]
        for alias in connection.aliases:
            if self._aliases.get(alias) is connection:
                del self._aliases[alias]

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in list(self._by_address.values()):
            if now - connection.last_s > (IDLE_S if connection.spoke else SETUP_S):
                self._drop(connection)

    def _send(self, data: bytes, where: Where) -> None:
        connection = self._by_address.get(where) or self._aliases.get(where)
        if connection is None:
            self._resolver.submit(self._look_up, data, where)
            return
        if len(connection.unsent) + len(data) > UNSENT_BYTES:
            self._drop(connection)
            return
        connection.unsent += data
        self._want(connection)

    def _look_up(self, data: bytes, where: Where) -> None:
        try:
            found = socket.getaddrinfo(where[0], where[1], self._family, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            log.info("%s has no address: %s", where[0], fault)
            self._tell_lost(where)
            return
        self._order("connect", (data, (str(found[0][4][0]), where[1]), self._names.get(where, where[0])))

    def _connect(self, data: bytes, where: Where, name: str) -> None:
        connection = self._by_address.get(where)
        if connection is None:
            sock = socket.socket(self._family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                sock.connect(where)
            except BlockingIOError:
                pass
            except OSError as fault:
                log.info("no connection to %s port %d: %s", *where, fault)
                sock.close()
                self._tell_lost(where, (name, where[1]))
                return
            self._add(sock, where, server=False, name=name)
            connection = self._by_address[where]
            if name != where[0] and self._names.get(where) != name:
                connection.aliases.add((name, where[1]))
                self._aliases[(name, where[1])] = connection
        connection.unsent += data

    def _want(self, connection: Connection) -> None:
        writing = bool(connection.unsent) or connection.connecting
        self._selector.modify(
            connection.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0), connection
        )

    def _serve(self, connection: Connection, events: int) -> None:
        try:
            if connection.connecting:
                fault = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if fault:
                    raise OSError(fault, "not connected")
                connection.connecting = False
                if self._client_context is not None:
                    self._secure(connection, self._client_context)
            if connection.handshake:
                assert isinstance(connection.socket, ssl.SSLSocket)
                connection.socket.do_handshake()
                connection.handshake = False
            if events & selectors.EVENT_WRITE and connection.unsent:
                sent = connection.socket.send(connection.unsent)
                del connection.unsent[:sent]
            if events & selectors.EVENT_READ:
                self._read(connection)
            self._want(connection)
        except (ssl.SSLWantReadError, BlockingIOError):
            self._selector.modify(
                connection.socket,
                selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent and not connection.handshake else 0),
                connection,
            )
        except ssl.SSLWantWriteError:
            self._selector.modify(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
        except (OSError, ValueError) as fault:
            log.debug("connection with %s port %d ends: %s", *connection.address, fault)
            self._drop(connection)

    def _read(self, connection: Connection) -> None:
        data = connection.socket.recv(65_536)
        if not data:
            raise OSError("closed by the far end")
        connection.incoming += data
        if isinstance(connection.socket, ssl.SSLSocket):
            while connection.socket.pending():
                connection.incoming += connection.socket.recv(65_536)
        connection.last_s = time.monotonic()
        messages = self._cut(connection)
        if messages:
            connection.spoke = True
            ED2.callFromThread(self._deliver, messages)

    def _cut(self, connection: Connection) -> list[tuple[bytes, Where, Any]]:
        """Whole messages out of what has come. Raises ValueError when the stream cannot be SIP."""
        held = connection.incoming
        messages: list[tuple[bytes, Where, Any]] = []
        while True:
            while held[:2] == b"\r\n":
                if held[:4] == b"\r\n\r\n":
                    connection.unsent += b"\r\n"  # the answer to a keep-alive
                    del held[:4]
                else:
                    del held[:2]
            end = held.find(b"\r\n\r\n")
            if end < 0:
                if len(held) > HEAD_BYTES:
                    self._too_large(connection)
                return messages
            match = _LENGTH.search(bytes(held[: end + 2]))
            length = int(match.group(1)) if match else 0
            if end > HEAD_BYTES or length > MESSAGE_BYTES:
                self._too_large(connection)
            if len(held) < end + 4 + length:
                return messages
            message = bytes(held[: end + 4 + length])
            del held[: end + 4 + length]
            self._remember(connection, message[:end])
            messages.append((message, connection.address, MonoTime()))

    def _too_large(self, connection: Connection) -> NoReturn:
        """Say so, if the receiver is known, and give the stream up: where the next message begins is unknown (RFC
        3261 21.5.7)."""
        verdict = message_filter.too_large(bytes(connection.incoming[: 2 * HEAD_BYTES]).decode("utf-8", "replace"))
        if verdict.code > 0:
            with contextlib.suppress(OSError):
                connection.socket.send(
                    message_filter.answer(verdict.code, verdict.reason, verdict.headers, connection.address).encode()
                )
        raise ValueError("a message too large")

    def _remember(self, connection: Connection, head: bytes) -> None:
        """A contact on the connection's own host is reached over this connection."""
        match = _CONTACT.search(head)
        if match is None or len(connection.aliases) >= 20:
            return
        host = match.group(1).decode().strip("[]")
        port = int(match.group(2) or (5061 if self.transport == "tls" else 5060))
        if host == connection.address[0] and (host, port) != connection.address:
            connection.aliases.add((host, port))
            self._aliases[(host, port)] = connection

    def _deliver(self, messages: list[tuple[bytes, Where, Any]]) -> None:
        for data, where, at in messages:
            self.handle_read(data, Remote_address((in_uri(where[0]), where[1]), self.transport), at)
