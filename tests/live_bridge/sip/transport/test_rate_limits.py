"""Scanners and floods: who is not listened to, while others go on undisturbed (R-15.9)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from live_bridge.sip.transport.rate_limits import Admission
from tests.live_bridge.live import OPERATOR, WAIT_S, Live, password
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.transport.test_sippy_patches import alive, options

OPTIONS = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nTo: <sip:a>\r\n"
IN_DIALOG = "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nTo: <sip:a>;tag=1\r\n"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    "line",
    [
        "User-Agent: friendly-scanner",
        "user-agent:sipvicious",
        'From: "sipvicious" <sip:100@1.1.1.1>;tag=1',
        "User-Agent: sipcli/v1.8",
    ],
)
def test_scanner_is_banned_by_what_it_calls_itself(line: str) -> None:
    door = Admission(Clock())
    assert not door.admit(OPTIONS + line + "\r\n", ("192.0.2.1", 5060), "udp")
    assert not door.admit(OPTIONS, ("192.0.2.1", 9999), "udp"), "the address, whatever the port"
    assert door.admit(OPTIONS, ("192.0.2.2", 5060), "udp")


def test_ban_ends_after_its_time() -> None:
    clock = Clock()
    door = Admission(clock, ban_s=3600)
    door.ban("192.0.2.1")
    clock.now_s = 3599.9
    assert not door.admit(OPTIONS, ("192.0.2.1", 1), "udp")
    clock.now_s = 3600.0
    assert door.admit(OPTIONS, ("192.0.2.1", 1), "udp")


def test_ten_failures_in_five_minutes_ban_and_older_ones_do_not_count() -> None:
    clock = Clock()
    door = Admission(clock)
    for _ in range(9):
        assert not door.failed("192.0.2.1")
    clock.now_s = 300.0
    assert not door.failed("192.0.2.1"), "the first nine are five minutes old"
    for _ in range(8):
        assert not door.failed("192.0.2.1")
    assert door.failed("192.0.2.1")
    assert list(door.banned()) == ["192.0.2.1"]


def test_flood_is_held_to_its_rate_and_operators_are_not() -> None:
    clock = Clock()
    door = Admission(clock, requests_per_s=10, requests_burst=20)
    door.trusted = lambda host: host == "198.51.100.1"
    assert sum(door.admit(OPTIONS, ("192.0.2.1", 1), "udp") for _ in range(100)) == 20
    clock.now_s = 1.0
    assert sum(door.admit(OPTIONS, ("192.0.2.1", 1), "udp") for _ in range(100)) == 10
    assert door.admit(IN_DIALOG, ("192.0.2.1", 1), "udp"), "a call in progress can be hung up"
    assert door.admit("SIP/2.0 200 OK\r\n", ("192.0.2.1", 1), "udp")
    assert all(door.admit(OPTIONS, ("198.51.100.1", 1), "udp") for _ in range(1000))


def test_phone_goes_on_calling_while_another_address_floods(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    live = start_live(trunks={}, requests_per_s=20, requests_burst=60)
    flooder = phones("x", live, host="127.0.0.2")
    phone, caller = phones("103", live), phones("104", live)
    phone.on_invite = [(0.0, 200)]
    phone.register(password(103))
    begun_s = time.monotonic()
    while live.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.turned_away) < 1000:
        for _ in range(100):
            flooder.send(options(flooder).replace("127.0.0.1:", "127.0.0.2:"), live.address)
        assert time.monotonic() < begun_s + WAIT_S, "a flood is turned away"
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    answered = len(flooder.heard("SIP/2.0 200"))
    assert answered <= 60 + 20 * (time.monotonic() - begun_s) + 1, "the burst, and what the rate allows"
    caller.hang_up(dialog)


def test_scanner_gets_no_answer_at_all(phones: Callable[..., Phone], start_live: Callable[..., Live]) -> None:
    live = start_live(trunks={})
    scanner, other = phones("x", live, host="127.0.0.2"), phones("y", live)
    scanner.send(options(scanner, extra="User-Agent: friendly-scanner\r\n"), live.address)
    scanner.send(options(scanner), live.address)
    assert alive(other)
    time.sleep(0.2)
    assert scanner.messages == []


def test_operator_is_never_banned_for_its_rate(bridge: Live, phones: Callable[..., Phone]) -> None:
    operator = phones("84955551000", bridge, port=OPERATOR)
    for _ in range(400):
        operator.send(options(operator))
    assert alive(operator)
