"""An operator with two servers behind TLS: whatever the first one does, the second takes the call (RFC 3263 section 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.sip.settings import Listen, TrunkPeers
from tests.live_bridge.certificates import Certificate, make_certificate
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.name_server import NameServer
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.tls_operator import Manner, TlsOperator
from tests.ports import free_port

NAME = "sip.operator.test"

MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]
MakeOperator = Callable[..., TlsOperator]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for the operator's name."""
    return make_certificate(tmp_path_factory.mktemp("operator"), NAME)


@pytest.fixture
def zone() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def operators(proof: Certificate) -> Iterator[MakeOperator]:
    """Make operators' servers that are closed after the test."""
    made: list[TlsOperator] = []

    def make(port: int, manner: Manner = "answers", shown: Certificate = proof) -> TlsOperator:
        made.append(TlsOperator(port, shown, manner))
        return made[-1]

    yield make
    for operator in made:
        operator.close()


@pytest.fixture
def begin(
    start_live: StartLive,
    certificate: Certificate,
    proof: Certificate,
    zone: NameServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Live]:
    """A bridge that speaks TLS and whose trunk's operator has a server on each of some ports, best first."""
    monkeypatch.setenv("SSL_CERT_FILE", str(proof.chain))  # the certificates this machine trusts

    def make(*ports: int, **changes: object) -> Live:
        zone.records = {
            (f"_sips._tcp.{NAME}", "SRV"): [f"{n} 0 {port} host.operator.test." for n, port in enumerate(ports)],
            ("host.operator.test", "A"): ["127.0.0.1"],
        }
        trunk = {"number": "74951234567", "host": NAME, "transport": "tls", "qualify": False, **changes}
        listen = (
            Listen(host="127.0.0.1", port=free_port()),
            Listen(host="127.0.0.1", port=free_port(), transport="tls", certificate=str(certificate.chain),
                   key=str(certificate.key)),
        )  # fmt: skip
        return start_live(trunks={"moscow": TrunkPeers(**trunk)}, listen=listen, dns=(zone.address,))  # type: ignore[arg-type]

    return make


def call(live: Live, phones: MakePhone) -> None:
    """A call over the trunk that is answered, and hung up."""
    caller = phones("104", live)
    dialog, answer = caller.call("89161234567", password=password(104))
    assert status(answer) == 200
    live.wait_note(note.CallAnswered, number="89161234567")
    assert status(caller.hang_up(dialog)) == 200
    live.wait_idle()


@pytest.mark.parametrize("manner", ["hangs up at once", "says nothing", "breaks off"])
def test_second_server_takes_the_call_the_first_does_not(
    manner: Manner, begin: Callable[..., Live], operators: MakeOperator, phones: MakePhone
) -> None:
    ports = free_port(), free_port()
    first, second = operators(ports[0], manner), operators(ports[1])
    live = begin(*ports)
    call(live, phones)
    (invite,) = second.wait("INVITE")
    assert invite.startswith(f"INVITE sip:89161234567@{NAME};transport=tls ") and "SIP/2.0/TLS" in invite
    second.wait("ACK")
    second.wait("BYE")
    assert first.connections == 1
    call(live, phones)
    assert first.connections == 1, "the next call does not ask the one that is not there"
    assert second.connections == 1, "and goes over the connection that is open"


def test_second_server_takes_the_call_when_nobody_listens_at_the_first(
    begin: Callable[..., Live], operators: MakeOperator, phones: MakePhone
) -> None:
    ports = free_port(), free_port()
    second = operators(ports[1])
    call(begin(*ports), phones)
    second.wait("BYE")


def test_server_that_proves_another_name_is_told_nothing_and_the_next_is_asked(
    begin: Callable[..., Live], operators: MakeOperator, phones: MakePhone, tmp_path: Path
) -> None:
    ports = free_port(), free_port()
    first, second = operators(ports[0], shown=make_certificate(tmp_path, "sip.elsewhere.test")), operators(ports[1])
    call(begin(*ports), phones)
    second.wait("BYE")
    assert first.connections == 1 and not first.messages


def test_only_server_that_is_not_there_fails_the_call_without_waiting_for_an_answer(
    begin: Callable[..., Live], phones: MakePhone
) -> None:
    """RFC 3261 section 8.1.3.1: a fault of the transport is an answer; 32 s for one that can never come are not waited."""
    live = begin(free_port())
    _, answer = phones("104", live).call("89161234567", password=password(104), timeout_s=20.0)
    assert status(answer) >= 400
    assert live.wait_note(note.CallEnded).cause is not Cause.NORMAL_CLEARING
    live.wait_idle()


def test_call_over_a_connection_that_breaks_goes_out_again_over_a_new_one(
    begin: Callable[..., Live], operators: MakeOperator, phones: MakePhone
) -> None:
    """A server that was restarted knows nothing of the connection we held: the same server is asked once more."""
    port = free_port()
    operator = operators(port)
    live = begin(port)
    call(live, phones)
    operator.manner = "forgets the first"
    call(live, phones)
    assert operator.connections == 2 and len(operator.wait("INVITE", 3)) == 3
    live.wait_idle()


def test_registration_goes_to_the_second_server_when_the_first_breaks_off(
    begin: Callable[..., Live], operators: MakeOperator
) -> None:
    ports = free_port(), free_port()
    operators(ports[0], "hangs up at once")
    second = operators(ports[1])
    live = begin(*ports, register=True, login="acct", password="geheim")
    second.wait(f"REGISTER sip:{NAME}")
    live.wait_note(note.TrunkChanged, state="registered")
