"""An operator's server behind TLS, which takes calls as SIP text over the connections that are opened to it."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from typing import Literal

from tests.live_bridge.certificates import Certificate
from tests.live_bridge.live import WAIT_S
from tests.live_bridge.sip.phone import field

Manner = Literal["answers", "hangs up at once", "says nothing", "breaks off", "forgets the first"]
"""What it does with a connection: takes calls; closes it before TLS; accepts it and does not speak; closes it when a call has
come; or the last with its first connection only."""

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 49170 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
)


class TlsOperator:
    """Listens on loopback from the start on; `messages` is all it was told."""

    def __init__(self, port: int, certificate: Certificate, manner: Manner = "answers") -> None:
        self.port = port
        self.manner = manner
        self.messages: list[str] = []
        self.connections = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.chain, certificate.key)
        self._news = threading.Condition()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self._closed = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up every connection and listen no more."""
        self._closed = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Hang up every connection."""
        with self._news:
            held, self._open = self._open, []
        for sock in held:
            _shut(sock)

    def wait(self, start: str, count: int = 1) -> list[str]:
        """The messages that begin with `start`, once there are so many; fails when they do not come."""

        def found() -> list[str]:
            return [message for message in self.messages if message.startswith(start)]

        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= count, WAIT_S), self.messages
            return found()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._news:
                self.connections += 1
                self._open.append(sock)
                self._news.notify_all()
            if self.manner == "hangs up at once":
                _shut(sock)
            elif self.manner != "says nothing":
                threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        try:
            sock = self._context.wrap_socket(plain, server_side=True)
            with self._news:
                self._open.append(sock)
            held = b""
            while True:
                data = sock.recv(65536)
                if not data:
                    return
                held += data
                while b"\r\n\r\n" in held:
                    head, _, rest = held.partition(b"\r\n\r\n")
                    length = int(field(head.decode(), "Content-Length") or 0)
                    if len(rest) < length:
                        break
                    held = rest[length:]
                    if not self._take(sock, head.decode(), number):
                        _shut(sock)
                        return
        except OSError:
            return

    def _take(self, sock: ssl.SSLSocket, request: str, number: int) -> bool:
        """One message; False hangs up."""
        with self._news:
            self.messages.append(request)
            self._news.notify_all()
        breaks = self.manner == "breaks off" or (self.manner == "forgets the first" and number == 1)
        if request.startswith("INVITE") and breaks:
            return False
        if not request.startswith(("SIP/2.0", "ACK")):
            sock.sendall(self._answer(request).encode())
        return True

    def _answer(self, request: str) -> str:
        called = field(request, "To")
        called += "" if ";tag=" in called else ";tag=operator"
        body = SDP if request.startswith("INVITE") else ""
        vias = "".join(f"Via: {via}\r\n" for via in re.findall(r"^Via: (.*?)\r?$", request, re.MULTILINE))
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"SIP/2.0 200 OK\r\n{vias}From: {field(request, 'From')}\r\nTo: {called}\r\n"
            f"Call-ID: {field(request, 'Call-ID')}\r\nCSeq: {field(request, 'CSeq')}\r\n"
            f"Contact: <sip:operator@127.0.0.1:{self.port};transport=tls>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was quicker
    sock.close()
