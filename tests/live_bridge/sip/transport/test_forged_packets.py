"""Packets with somebody else's address in them harm nobody: no ban, no silence (R-15.9). Each forger has a socket of its own on
the address it forges, which is as near to a forged source as one machine comes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import pytest

from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, digest, fields, status
from tests.live_bridge.sip.transport.test_sippy_patches import alive, options

MakePhone = Callable[..., Phone]


def bans(live: Live) -> list[str]:
    return live.driver.ask_inside(lambda controller: [ban.address for ban in controller.endpoint.doorkeeper.bans()])


def register_with(forger: Phone, authorization: str) -> None:
    """A REGISTER of user 101 that proves nothing, from the forger's address; nobody waits for an answer."""
    tag = secrets.token_hex(6)
    forger.send(
        f"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {forger.host}:{forger.port};branch=z9hG4bK{tag}\r\n"
        f"From: <sip:101@127.0.0.1>;tag={tag}\r\nTo: <sip:101@127.0.0.1>\r\nCall-ID: {tag}\r\nCSeq: 1 REGISTER\r\n"
        f"Contact: <sip:101@{forger.host}:9>\r\nAuthorization: {authorization}\r\nMax-Forwards: 70\r\n"
        "Content-Length: 0\r\n\r\n"
    )


@pytest.fixture
def live(start_live: Callable[..., Live]) -> Live:
    """A bridge without trunks, so that no address of this machine is a carrier's."""
    return start_live(trunks={})


def test_scanner_in_a_phones_name_does_not_end_its_call(live: Live, phones: MakePhone) -> None:
    called, caller = phones("103", live, host="127.0.0.3"), phones("104", live, host="127.0.0.3")
    called.on_invite = [(0.0, 200)]
    called.register(password(103))
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    forger = phones("x", live, host="127.0.0.3")
    for agent in ("friendly-scanner", "sipvicious", "sipcli/v1.8"):
        forger.send(options(forger, extra=f"User-Agent: {agent}\r\n"))
    time.sleep(0.2)
    assert status(caller.hang_up(dialog)) == 200
    assert status(called.register(password(103))) == 200
    assert bans(live) == []


@pytest.mark.parametrize(
    "authorization",
    [
        "Digest nonsense",
        'Digest username="101",realm="example.onpbx.ru",nonce="x",uri="sip:x",response="0"',
        "Basic MTAxOjEwMQ==",
        "",
    ],
)
def test_wrong_passwords_that_anybody_can_forge_ban_nobody(live: Live, phones: MakePhone, authorization: str) -> None:
    forger, phone = phones("x", live, host="127.0.0.3"), phones("103", live, host="127.0.0.3")
    for _ in range(30):
        register_with(forger, authorization)
    assert status(phone.register(password(103))) == 200
    assert bans(live) == []


def test_nonce_sent_elsewhere_proves_nothing_of_an_address(live: Live, phones: MakePhone) -> None:
    """A forger can get nonces at its own address, and no more."""
    forger, elsewhere = phones("x", live, host="127.0.0.3"), phones("101", live, host="127.0.0.4")
    challenge = fields(elsewhere._register_once(None, None, None, ""), "WWW-Authenticate")[0]
    for _ in range(30):
        register_with(forger, digest(challenge, "101", "guess", "REGISTER", "sip:127.0.0.1"))
    assert status(phones("103", live, host="127.0.0.3").register(password(103))) == 200
    assert bans(live) == []


def test_ten_wrong_passwords_after_the_round_trip_do_ban(live: Live, phones: MakePhone) -> None:
    guesser = phones("101", live, host="127.0.0.5")
    for _ in range(9):
        assert status(guesser.register("guess")) == 403
    assert bans(live) == []
    guesser.register("guess")
    live.wait_inside(lambda controller: [ban.address for ban in controller.endpoint.doorkeeper.bans()] == ["127.0.0.5"])
    assert live.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.pardon("127.0.0.5"))
    assert alive(guesser)


def test_carrier_is_heard_whatever_comes_in_its_name(bridge: Live, phones: MakePhone) -> None:
    carrier = phones("84955551000", bridge, port=OPERATOR)
    carrier.name = "101"
    for _ in range(12):
        assert status(carrier.register("guess")) == 403
    assert alive(carrier)
    forger = phones("x", bridge)
    for _ in range(20):
        register_with(forger, "Digest nonsense")
    assert alive(carrier)


@pytest.mark.parametrize("name", ["Anil Tiwari", "sipvicious", "friendly-scanner", "Nmap Smapov"])
def test_caller_with_a_scanners_name_calls_and_registers_again(live: Live, phones: MakePhone, name: str) -> None:
    called, caller = phones("103", live), phones("104", live, host="127.0.0.44")
    called.on_invite = [(0.0, 200)]
    called.register(password(103))
    assert status(caller.register(password(104))) == 200
    caller.contact = caller.contact.replace("<", f'"{name}" <')
    dialog, answer = caller.call("103", password=password(104), shown=name)
    assert status(answer) == 200
    assert status(caller.hang_up(dialog)) == 200
    assert status(caller.register(password(104))) == 200
    assert bans(live) == []
