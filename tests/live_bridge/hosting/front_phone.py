"""A telephone behind Kamailio: over UDP, TCP, TLS or WSS, each from an address of its own, by the domain of its PBX."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.live_bridge.certificates import trust_of_two_threads
from tests.live_bridge.sip.phone import WAIT_S, Address, Phone, field

ORIGIN = "https://phones.example.org"
NATTED = "10.99.0.7:5062"
"""What telephones over connections say of themselves: nobody can reach it."""


class _Stream:
    """A connection that a telephone takes for its socket."""

    def __init__(self, sock: socket.socket, server: Address) -> None:
        self._sock = sock
        self._server = server
        self._held = b""
        self._timeout_s = 0.2
        self._guard = threading.Lock()
        """OpenSSL does not guard one connection against two threads."""

    def getsockname(self) -> Address:
        return self._sock.getsockname()[:2]  # type: ignore[no-any-return]

    def shutdown(self, _: int) -> None:
        """Who reads looks up by itself, and closing is orderly."""

    def sendto(self, data: bytes, _: Address) -> None:
        with self._guard:
            self._sock.settimeout(WAIT_S)
            self._sock.sendall(data)

    def recvfrom(self, _: int) -> tuple[bytes, Address]:
        while True:
            self._held = self._held.lstrip(b"\r\n")
            head, gap, rest = self._held.partition(b"\r\n\r\n")
            length = int(field(head.decode(), "Content-Length") or 0) if gap else 0
            if gap and len(rest) >= length:
                self._held = rest[length:]
                return head + gap + rest[:length], self._server
            try:
                held = self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0
                if not held and not select.select([self._sock], [], [], self._timeout_s)[0]:
                    raise TimeoutError
                with self._guard:
                    self._sock.settimeout(0.05)  # what can be read may be TLS's own
                    data = self._sock.recv(65536)
            except (OSError, ValueError):  # ValueError: put away meanwhile
                raise TimeoutError from None
            if not data:
                raise TimeoutError
            self._held += data

    def close(self) -> None:
        self._sock.close()


class _Socket:
    """A WebSocket that a telephone takes for its socket."""

    def __init__(self, sock: socket.socket, server: Address, chain: str, origin: str | None) -> None:
        context = trust_of_two_threads(chain)
        context.check_hostname = False
        self._name: Address = sock.getsockname()[:2]
        self._server = server
        self._timeout_s = 0.2
        self.wire = connect(
            f"wss://{server[0]}:{server[1]}/", sock=sock, ssl=context, subprotocols=[Subprotocol("sip")],
            origin=None if origin is None else Origin(origin), server_hostname=server[0],
        )  # fmt: skip

    def getsockname(self) -> Address:
        return self._name

    def shutdown(self, _: int) -> None:
        """Who reads looks up by itself, and closing is orderly."""

    def sendto(self, data: bytes, _: Address) -> None:
        self.wire.send(data.decode())

    def recvfrom(self, _: int) -> tuple[bytes, Address]:
        try:
            data = self.wire.recv(self._timeout_s)
        except ConnectionClosed:
            raise TimeoutError from None
        return (data.encode() if isinstance(data, str) else data), self._server

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.wire.close()


class FrontPhone(Phone):
    """`way` is udp, tcp, tls or wss; `host` the address of loopback it sends from."""

    def __init__(
        self, name: str, server: Address, *, domain: str, way: str = "udp", host: str = "127.0.0.1", chain: str = "",
        origin: str | None = ORIGIN, **more: Any,
    ) -> None:  # fmt: skip
        self.way = way
        self._chain = chain
        self._origin = origin
        self._to = server
        super().__init__(name, server, host=host, domain=domain, **more)
        if way != "udp":
            place = "abc123.invalid;transport=ws" if way == "wss" else f"{NATTED};transport={way}"
            self.contact = f"<sip:{name}@{place}>"

    def _open(self, host: str, port: int) -> Any:
        if self.way == "udp":
            return super()._open(host, port)
        sock = socket.create_connection(self._to, timeout=20, source_address=(host, port))
        if self.way == "wss":
            return _Socket(sock, self._to, self._chain, self._origin)
        if self.way == "tls":
            context = ssl.create_default_context(cafile=self._chain)
            context.check_hostname = False
            sock = context.wrap_socket(sock)
        return _Stream(sock, self._to)

    def send(self, message: str | bytes, to: Address | None = None) -> None:
        """With the transport it really uses in its Via."""
        text = message if isinstance(message, str) else message.decode()
        mine = f"SIP/2.0/UDP {self.written}:{self.port}"
        super().send(text.replace(mine, mine.replace("UDP", self.way.upper()), 1), to)
