"""TCP, TLS and IPv6: registrations and calls over connections that phones open and we reuse."""

from __future__ import annotations

import re
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.sip.settings import Listen
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Phone, digest, field, status
from tests.ports import free_port


class Wire:
    """A connection that speaks SIP as text."""

    def __init__(self, port: int, chain: str | None = None) -> None:
        sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        if chain is not None:
            context = ssl.create_default_context(cafile=chain)
            context.check_hostname = False
            sock = context.wrap_socket(sock)
        self.socket = sock
        self.transport = "TLS" if chain else "TCP"
        self.port: int = sock.getsockname()[1]
        self._held = b""

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def message(self, timeout_s: float = 20.0) -> str:
        """The next whole message."""
        self.socket.settimeout(timeout_s)
        while True:
            head, gap, rest = self._held.partition(b"\r\n\r\n")
            if gap:
                length = int(field(head.decode(), "Content-Length") or 0)
                if len(rest) >= length:
                    self._held = rest[length:]
                    return (head + gap + rest[:length]).decode()
            data = self.socket.recv(65536)
            assert data, "the bridge closed the connection"
            self._held += data

    def wait(self, wanted: Callable[[str], bool]) -> str:
        while True:
            message = self.message()
            if wanted(message):
                return message

    def request(
        self, method: str, uri: str, *, user: str, extra: str = "", body: str = "", cseq: int = 1, call_id: str = ""
    ) -> str:
        """A request as text."""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        via = f"SIP/2.0/{self.transport} 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(6)}"
        return (
            f"{method} {uri} SIP/2.0\r\nVia: {via}\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=t1\r\nTo: <{uri if method != 'REGISTER' else f'sip:{user}@127.0.0.1'}>\r\n"
            f"Call-ID: {call_id or secrets.token_hex(8)}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:{user}@127.0.0.1:5999;transport={self.transport.lower()}>\r\nMax-Forwards: 70\r\n{extra}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )  # fmt: skip

    def register(self, user: int) -> str:
        """Register with digest; the final answer."""
        call_id = secrets.token_hex(8)
        self.send(self.request("REGISTER", "sip:127.0.0.1", user=str(user), call_id=call_id))
        challenge = self.message()
        proof = digest(field(challenge, "WWW-Authenticate"), str(user), password(user), "REGISTER", "sip:127.0.0.1")
        again = self.request(
            "REGISTER", "sip:127.0.0.1", user=str(user), cseq=2, call_id=call_id, extra=f"Authorization: {proof}\r\n"
        )
        self.send(again)
        return self.message()


def reply(request: str, code: int, body: str = "", contact: str = "") -> str:
    """A response to a request."""
    to = field(request, "To") + ("" if ";tag=" in field(request, "To") else ";tag=callee")
    vias = "".join(f"Via: {v}\r\n" for v in re.findall(r"^Via: (.*?)\r$", request, re.MULTILINE))
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"SIP/2.0 {code} X\r\n{vias}From: {field(request, 'From')}\r\nTo: {to}\r\nCall-ID: {field(request, 'Call-ID')}\r\n"
        f"CSeq: {field(request, 'CSeq')}\r\nContact: <{contact}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    )


@pytest.fixture(params=["tcp", "tls"])
def wired(
    request: pytest.FixtureRequest, start_live: Callable[..., Live], certificate: Certificate
) -> Iterator[tuple[Live, Callable[[], Wire]]]:
    """A bridge that also listens on a stream, and a maker of connections to it."""
    port, udp = free_port(), free_port()
    chain, key = str(certificate.chain), str(certificate.key)
    live = start_live(
        listen=(
            Listen(host="127.0.0.1", port=udp),
            Listen(host="127.0.0.1", port=port, transport=request.param, certificate=chain, key=key),
        )
    )
    made: list[Wire] = []

    def make() -> Wire:
        made.append(Wire(port, chain if request.param == "tls" else None))
        return made[-1]

    yield live, make
    for wire in made:
        wire.socket.close()


def test_phone_registers_and_is_rung_over_its_own_connection(
    wired: tuple[Live, Callable[[], Wire]], phones: Callable[..., Phone]
) -> None:
    """Nobody listens at its contact: only the connection it opened leads there."""
    live, make = wired
    wire = make()
    assert status(wire.register(103)) == 200
    caller = phones("104", live)
    answers: list[str] = []
    call = threading.Thread(target=lambda: answers.append(caller.call("103", password=password(104))[1]))
    call.start()
    invite = wire.wait(lambda m: m.startswith("INVITE"))
    assert f"SIP/2.0/{wire.transport}" in field(invite, "Via")
    contact = f"sip:103@127.0.0.1:5999;transport={wire.transport.lower()}"
    wire.send(reply(invite, 180, contact=contact))
    wire.send(reply(invite, 200, caller.sdp(), contact=contact))
    wire.wait(lambda m: m.startswith("ACK"))
    call.join()
    assert status(answers[0]) == 200
    live.wait_note(note.CallAnswered, user=103)
    live.driver.submit(ev.HangupRequested(call=live.wait_note(note.CallStarted).call))
    bye = wire.wait(lambda m: m.startswith("BYE"))
    wire.send(reply(bye, 200, contact=contact))
    live.wait_idle()


def test_messages_cut_anywhere_and_several_at_once_are_read(wired: tuple[Live, Callable[[], Wire]]) -> None:
    _, make = wired
    wire = make()
    text = "".join(wire.request("OPTIONS", "sip:127.0.0.1", user="x") for _ in range(3))
    for place in range(0, len(text), 97):
        wire.send(text[place : place + 97])
        time.sleep(0.002)
    assert [status(wire.message()) for _ in range(3)] == [200, 200, 200]


def test_keep_alive_is_answered_and_nonsense_closes_the_connection(wired: tuple[Live, Callable[[], Wire]]) -> None:
    _, make = wired
    wire = make()
    wire.send("\r\n\r\n")
    assert wire.socket.recv(10) == b"\r\n"
    wire.send("x" * 40_000)
    wire.socket.settimeout(5)
    try:
        assert wire.socket.recv(10) == b""
    except ConnectionError:
        pass
    assert status(wire_ask(make())) == 200


def wire_ask(wire: Wire) -> str:
    wire.send(wire.request("OPTIONS", "sip:127.0.0.1", user="x"))
    return wire.message()


def test_connection_cannot_take_over_anothers_contact(wired: tuple[Live, Callable[[], Wire]]) -> None:
    live, make = wired
    wire = make()
    wire.send(wire.request("OPTIONS", "sip:127.0.0.1", user="x").replace("127.0.0.1:5999", "192.0.2.1:5060"))
    assert status(wire.message()) == 200
    aliases = live.driver.ask_inside(
        lambda controller: [s._aliases for line in controller.endpoint.lines for s in line.manager.streams.values()]
    )
    assert aliases == [{}]


def test_ipv6_phone_registers_calls_and_is_called(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    six = free_port()
    live = start_live(listen=(Listen(host="127.0.0.1", port=free_port()), Listen(host="::1", port=six)))
    four = phones("104", live)
    four.on_invite = [(0.0, 200)]
    four.register(password(104))
    phone = Phone("103", ("::1", six), host="::1")
    try:
        assert status(phone.register(password(103))) == 200
        dialog, answer = phone.call("104", password=password(103), body=four.sdp())
        assert status(answer) == 200 and f"[::1]:{six}" in field(answer, "Contact")
        live.wait_note(note.CallAnswered, user=104)
        assert status(phone.hang_up(dialog)) == 200
        live.wait_idle()
        ringing = threading.Thread(target=four.call, args=("103",), kwargs={"password": password(104)})
        ringing.start()
        called = phone.called()
        phone.reply(called.invite, 486)
        ringing.join()
    finally:
        phone.close()
