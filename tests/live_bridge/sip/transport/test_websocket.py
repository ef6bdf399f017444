"""SIP over WebSocket (RFC 7118): registrations and calls over connections that pages open, and what strangers may not do."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.sip.settings import Listen
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import WAIT_S, Phone, field, status
from tests.live_bridge.sip.websocket import ORIGIN, Wire
from tests.ports import free_port


class Web:
    """A bridge that listens for browsers, and a maker of connections to it."""

    def __init__(self, live: Live, port: int, chain: str | None) -> None:
        self.live = live
        self.port = port
        self.chain = chain
        self.made: list[Wire] = []

    def wire(self, **options: Any) -> Wire:
        self.made.append(Wire(self.port, chain=self.chain, **options))
        return self.made[-1]

    def devices(self, user: int) -> int:
        """How many devices the user has registered."""
        return self.live.driver.ask_inside(lambda controller: len(controller.endpoint.contacts(user)))


Maker = Callable[..., Web]


@pytest.fixture
def web_of(
    start_live: Callable[..., Live], certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> Iterator[Maker]:
    """Bridges that listen for browsers. If a test fails, what the listener saw on the wire is told."""
    for name in ("live_bridge.sip.transport.websocket", "live_bridge.sip.transport.websocket.wire", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    made: list[Web] = []

    def make(transport: Any = "ws", **changes: Any) -> Web:
        port, (chain, key) = free_port(), map(str, certificate)
        listen = Listen(host="127.0.0.1", port=port, transport=transport, certificate=chain, key=key, origins=(ORIGIN,))
        live = start_live(listen=(Listen(host="127.0.0.1", port=free_port()), listen), **changes)
        made.append(Web(live, port, chain if transport == "wss" else None))
        return made[-1]

    yield make
    for web in made:
        for wire in web.made:
            wire.close()


@pytest.fixture(params=["ws", "wss"])
def web(request: pytest.FixtureRequest, web_of: Maker) -> Web:
    """Both transports."""
    return web_of(request.param)


SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n"


def test_page_registers_and_its_contact_comes_back_as_it_was(web: Web) -> None:
    wire = web.wire()
    answer = wire.register(103)
    assert status(answer) == 200 and field(answer, "Contact").startswith(f"<{wire.contact('103')}>")
    assert web.devices(103) == 1


def test_registration_goes_with_its_connection(web: Web) -> None:
    """Nobody could be called over it any more."""
    wire = web.wire()
    wire.register(103)
    wire.close()
    web.live.wait_inside(lambda controller: not controller.endpoint.contacts(103))
    web.live.wait_event(ev.DeviceUnregistered)


def test_call_is_rung_over_the_connection_that_registered(web: Web, phones: Callable[..., Phone]) -> None:
    wire = web.wire()
    wire.register(103)
    caller = phones("104", web.live)
    ringing = threading.Thread(target=caller.call, args=("103",), kwargs={"password": password(104)})
    ringing.start()
    invite = wire.wait(lambda m: m.startswith("INVITE"))
    assert invite.split()[1] == wire.contact("103"), "the Request-URI is the contact it registered"
    assert field(invite, "Via").startswith(f"SIP/2.0/{wire.transport} ")
    wire.send(wire.reply(invite, 486, user="103"))
    assert wire.wait(lambda m: m.startswith("ACK"))
    ringing.join()


def test_every_frame_is_one_message_text_or_binary(web: Web) -> None:
    wire = web.wire()
    for text in (
        wire.request("OPTIONS", "sip:127.0.0.1", user="x"),
        wire.request("OPTIONS", "sip:127.0.0.1", user="y").encode(),
    ):
        wire.send(text)
        assert status(wire.message()) == 200


def test_keep_alive_is_answered(web: Web) -> None:
    wire = web.wire()
    wire.send("\r\n\r\n")
    assert wire.message() == "\r\n"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00\xff" * 200,
        "hello",
        "\r\n",
        "INVITE sip:x SIP/2.0\r\n\r\n",
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x.invalid:99999;branch=z9hG4bK1\r\nContact: <sip:\u0430@b>\r\n\r\n",
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\n" + "X: y\r\n" * 900 + "\r\n",
        "{\"type\": \"register\"}",
    ],
)  # fmt: skip
def test_malformed_frame_does_no_harm(web_of: Maker, frame: str | bytes) -> None:
    web = web_of()
    wire = web.wire()
    wire.send(frame)
    assert status(wire.ask()) in (200, 400), "the first answer may be to the broken one"
    other = web.wire()
    assert status(other.ask()) == 200


def test_message_too_large_closes_its_connection_alone(web_of: Maker) -> None:
    web = web_of()
    wire, other = web.wire(), web.wire()
    with pytest.raises(ConnectionClosed):
        wire.send("x" * 200_000)
        wire.message()
    assert status(other.ask()) == 200


def test_flood_closes_its_connection_and_others_go_on(web_of: Maker) -> None:
    web = web_of()
    flood, other = web.wire(), web.wire()
    other.register(103)
    with pytest.raises(ConnectionClosed) as closed:
        for _ in range(2_000):
            flood.send(flood.request("OPTIONS", "sip:127.0.0.1", user="x"))
        while True:
            flood.message()
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1008
    assert not web.live.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.is_banned("127.0.0.1"))
    other.send("\r\n\r\n")
    assert other.message() == "\r\n"


def test_ten_wrong_passwords_ban_the_address_and_its_next_handshake(web_of: Maker) -> None:
    """R-15.9, as over every transport."""
    web = web_of()
    wire = web.wire()
    for number in range(10):
        wire.send(wire.request("REGISTER", "sip:127.0.0.1", user="103", call_id=f"c{number}"))
        challenge = wire.message()
        proof = field(challenge, "WWW-Authenticate").partition(" ")[2].split(",")
        realm, nonce = (next(p for p in proof if p.strip().startswith(name)) for name in ("realm", "nonce"))
        wrong = f'Digest username="103",{realm},{nonce},uri="sip:127.0.0.1",response="{"0" * 64}",algorithm=SHA-256'
        wrong = f"Authorization: {wrong}\r\n"
        wire.send(wire.request("REGISTER", "sip:127.0.0.1", user="103", cseq=2, call_id=f"c{number}", extra=wrong))
        assert status(wire.message()) in (401, 403)
    web.live.wait_inside(lambda controller: controller.endpoint.doorkeeper.is_banned("127.0.0.1"))
    with pytest.raises(InvalidStatus) as refused:
        web.wire()
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://phones.example.org", f"{ORIGIN}.evil.example", "null"]
)
def test_page_from_elsewhere_is_refused(web_of: Maker, origin: str) -> None:
    web = web_of()
    with pytest.raises(InvalidStatus) as refused:
        web.wire(origin=origin)
    assert refused.value.response.status_code == 403


def test_program_without_a_page_may_connect(web_of: Maker) -> None:
    assert status(web_of().wire(origin=None).ask()) == 200


def test_connection_without_the_subprotocol_is_refused(web_of: Maker) -> None:
    web = web_of()
    with pytest.raises(InvalidStatus) as refused:
        web.wire(subprotocols=None)
    assert refused.value.response.status_code == 400


def test_something_that_is_no_websocket_is_refused(web_of: Maker) -> None:
    web = web_of()
    with socket.create_connection(("127.0.0.1", web.port), timeout=WAIT_S) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 4")
    assert status(web.wire().ask()) == 200


def test_page_calls_hangs_up_and_is_hung_up(web: Web) -> None:
    wire = web.wire()
    answer = wire.call(103, "5001", SDP, call_id="first")
    assert status(answer) == 200
    bye = wire.request("BYE", "sip:pbx@127.0.0.1", user="103", call_id="first", cseq=3, to=field(answer, "To"))
    wire.send(bye)
    assert status(wire.message()) == 200
    web.live.wait_idle()
    web.live.forget()
    assert status(wire.call(103, "5001", SDP, call_id="second")) == 200
    web.live.driver.submit(ev.HangupRequested(call=web.live.wait_note(note.CallStarted).call))
    bye = wire.wait(lambda m: m.startswith("BYE"))
    wire.send(wire.reply(bye, 200))
    web.live.wait_idle()


def test_call_of_a_page_that_does_not_come_back_ends(web_of: Maker) -> None:
    web = web_of()
    web.live.driver.ask_inside(lambda controller: setattr(controller.endpoint.connections, "grace_s", 0.1))
    wire = web.wire()
    wire.register(103)
    assert status(wire.call(103, "5001", SDP)) == 200
    wire.close()
    web.live.wait_note(note.CallEnded)
    web.live.wait_idle()
    ended = [event for _, event in web.live.journal if isinstance(event, ev.CallerHungUp)]
    assert [event.cause for event in ended] == [Cause.NO_USER_RESPONSE]


def test_call_follows_a_page_that_comes_back(web_of: Maker) -> None:
    web = web_of()
    first = web.wire()
    first.register(103)
    assert status(first.call(103, "5001", SDP)) == 200
    call = web.live.wait_note(note.CallStarted).call
    web.live.driver.ask_inside(lambda controller: setattr(controller.endpoint.connections, "grace_s", 0.5))
    second = web.wire()
    second.place = first.place
    second.register(103)
    first.close()

    def moved(controller: object) -> bool:
        leg = controller.executor.calls[call].leg  # type: ignore[attr-defined]
        return bool(leg.far == second.socket.local_address[:2])

    web.live.wait_inside(moved)
    web.live.driver.submit(ev.HangupRequested(call=call))
    bye = second.wait(lambda m: m.startswith("BYE"))
    second.send(second.reply(bye, 200))
    web.live.wait_idle()
