"""A telephone that speaks SIP as text over a WebSocket, as a page's script does."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.live_bridge.certificates import trust_of_two_threads
from tests.live_bridge.live import password
from tests.live_bridge.sip.phone import WAIT_S, digest, field, status

ORIGIN = "https://phones.example.org"
"""The page it pretends to be."""


class Wire:
    """One connection. Its contact is `<user>@<random>.invalid`, which leads nowhere but over this connection."""

    def __init__(self, port: int, *, chain: str | None = None, origin: str | None = ORIGIN, **options: Any) -> None:
        context = None
        if chain is not None:
            context = trust_of_two_threads(chain)
            context.check_hostname = False
        options.setdefault("subprotocols", [Subprotocol("sip")])
        self._open = ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(
                f"{'ws' if chain is None else 'wss'}://127.0.0.1:{port}/",
                ssl=context,
                origin=None if origin is None else Origin(origin),
                open_timeout=WAIT_S,
                **options,
            )
        )
        self.transport = "WS" if chain is None else "WSS"
        self.place = f"{secrets.token_hex(6)}.invalid"

    def close(self) -> None:
        """Close the connection."""
        self._open.close()

    def send(self, text: str | bytes) -> None:
        """One frame: text or binary."""
        self.socket.send(text)

    def message(self, timeout_s: float = WAIT_S) -> str:
        """The next frame."""
        data = self.socket.recv(timeout_s)
        return data if isinstance(data, str) else data.decode()

    def wait(self, wanted: Callable[[str], bool]) -> str:
        """The next message that is wanted."""
        while True:
            message = self.message()
            if wanted(message):
                return message

    def contact(self, user: str) -> str:
        """Where it says it can be reached."""
        return f"sip:{user}@{self.place};transport=ws"

    def request(
        self, method: str, uri: str, *, user: str, extra: str = "", body: str = "", cseq: int = 1, call_id: str = "",
        to: str = "", mine: str = "",
    ) -> str:  # fmt: skip
        """A request as text."""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        to = to or f"<{uri if method != 'REGISTER' else f'sip:{user}@127.0.0.1'}>"
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{self.transport} {self.place};branch=z9hG4bK{secrets.token_hex(6)}\r\n"
            f"From: {mine or f'<sip:{user}@127.0.0.1>;tag=t1'}\r\nTo: {to}\r\n"
            f"Call-ID: {call_id or secrets.token_hex(8)}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <{self.contact(user)}>\r\nMax-Forwards: 70\r\n{extra}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def register(self, user: int, expires: int = 300) -> str:
        """Register with digest; the final answer."""
        call_id = secrets.token_hex(8)
        extra = f"Expires: {expires}\r\n"
        self.send(self.request("REGISTER", "sip:127.0.0.1", user=str(user), call_id=call_id, extra=extra))
        challenge = self.message()
        proof = digest(field(challenge, "WWW-Authenticate"), str(user), password(user), "REGISTER", "sip:127.0.0.1")
        extra += f"Authorization: {proof}\r\n"
        self.send(self.request("REGISTER", "sip:127.0.0.1", user=str(user), cseq=2, call_id=call_id, extra=extra))
        return self.message()

    def ask(self) -> str:
        """OPTIONS and its answer."""
        self.send(self.request("OPTIONS", "sip:127.0.0.1", user="x"))
        return self.message()

    def reply(self, request: str, code: int, body: str = "", user: str = "") -> str:
        """A response to a request, as text."""
        to = field(request, "To") + ("" if ";tag=" in field(request, "To") else ";tag=callee")
        vias = "".join(f"Via: {v}\r\n" for v in re.findall(r"^Via: (.*?)\r$", request, re.MULTILINE))
        kind = "Content-Type: application/sdp\r\n" if body else ""
        contact = self.contact(user or "x")
        return (
            f"SIP/2.0 {code} X\r\n{vias}From: {field(request, 'From')}\r\nTo: {to}\r\nCall-ID: {field(request, 'Call-ID')}\r\n"
            f"CSeq: {field(request, 'CSeq')}\r\nContact: <{contact}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def call(self, user: int, called: str, body: str, call_id: str = "") -> str:
        """INVITE with digest; the final answer, acknowledged."""
        call_id = call_id or secrets.token_hex(8)
        uri = f"sip:{called}@127.0.0.1"
        self.send(self.request("INVITE", uri, user=str(user), call_id=call_id, body=body))
        answer = self.wait(lambda m: status(m) >= 200)
        self._acknowledge(uri, user, call_id, 1, answer)
        proof = digest(field(answer, "WWW-Authenticate"), str(user), password(user), "INVITE", uri)
        extra = f"Authorization: {proof}\r\n"
        self.send(self.request("INVITE", uri, user=str(user), call_id=call_id, body=body, cseq=2, extra=extra))
        answer = self.wait(lambda m: status(m) >= 200)
        self._acknowledge(uri, user, call_id, 2, answer)
        return answer

    def _acknowledge(self, uri: str, user: int, call_id: str, cseq: int, answer: str) -> None:
        text = self.request("ACK", uri, user=str(user), call_id=call_id, cseq=cseq, to=field(answer, "To"))
        if status(answer) >= 300:
            text = re.sub(r"^Via: .*?\r$", f"Via: {field(answer, 'Via')}\r", text, count=1, flags=re.MULTILINE)
        self.send(text)
