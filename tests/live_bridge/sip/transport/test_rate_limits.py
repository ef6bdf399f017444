"""Scanners and floods: who is not listened to, while others go on undisturbed (R-15.9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.ids import SECOND_US
from live_bridge.sip.transport.kept_bans import KeptBans
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


SCANNERS = ["User-Agent: friendly-scanner", "user-agent:sipvicious", "User-Agent: sipcli/v1.8", "Server: x (iWar 0.08)"]


@pytest.mark.parametrize("line", SCANNERS)
def test_scanner_is_not_answered_and_over_a_connection_it_is_banned(line: str) -> None:
    """R-15.9; over UDP its address may be anybody's, so that the message alone is dropped."""
    door = Admission(Clock())
    assert not door.admit(OPTIONS + line + "\r\n", ("192.0.2.1", 5060), "udp")
    assert door.admit(OPTIONS, ("192.0.2.1", 5060), "udp") and door.bans() == []
    assert not door.admit(OPTIONS + line + "\r\n", ("192.0.2.1", 5060), "tcp")
    assert not door.admit(OPTIONS, ("192.0.2.1", 9999), "udp"), "the address, whatever the port"
    assert door.admit(OPTIONS, ("192.0.2.2", 5060), "udp")
    assert [(ban.address, ban.reason) for ban in door.bans()] == [("192.0.2.1", "scanner")]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    "line",
    [
        'From: "Anil Tiwari" <sip:102@example.onpbx.ru>;tag=1',
        'Contact: "sipvicious" <sip:102@192.0.2.1>',
        'From: "friendly-scanner" <sip:102@example.onpbx.ru>;tag=1',
        "User-Agent: Tiwari Phone 2.0",
        "User-Agent: nmapper-phone",
        "Subject: nmap and sipcli",
        "User-Agent: Biwaridge smaple",
    ],
)
def test_names_of_people_and_phones_are_nobodys_evidence(line: str, transport: str) -> None:
    door = Admission(Clock())
    assert door.admit(OPTIONS + line + "\r\n", ("192.0.2.1", 5060), transport)
    assert door.bans() == []


def test_carrier_is_never_banned(caplog: pytest.LogCaptureFixture) -> None:
    door = Admission(Clock())
    door.carrier = lambda address: address[0] == "198.51.100.1"
    assert not any(door.failed("198.51.100.1", 5060) for _ in range(50))
    assert not door.admit(OPTIONS + "User-Agent: sipcli\r\n", ("198.51.100.1", 5060), "tcp")
    assert door.admit(OPTIONS, ("198.51.100.1", 5060), "tcp") and door.bans() == []
    assert "carrier" in caplog.text


def test_ban_of_an_address_leaves_out_the_phones_registered_there() -> None:
    """One phone of an office has a wrong password: the others behind the same address go on."""
    door = Admission(Clock())
    phones = {("192.0.2.1", 1001), ("192.0.2.1", 1002)}
    door.registered = lambda address: address in phones
    assert any(door.failed("192.0.2.1", 1002) for _ in range(10))
    assert door.admit(OPTIONS, ("192.0.2.1", 1001), "udp")
    assert not door.admit(OPTIONS, ("192.0.2.1", 1002), "udp"), "the one that guessed"
    assert not door.admit(OPTIONS, ("192.0.2.1", 1003), "udp")


def test_flood_in_a_phones_name_does_not_silence_it() -> None:
    clock = Clock()
    door = Admission(clock, requests_per_s=10, requests_burst=20)
    door.registered = lambda address: address == ("192.0.2.1", 1001)
    door.proves = lambda text, host: "nonce of ours" in text
    while door.admit(OPTIONS, ("192.0.2.1", 666), "udp"):
        pass
    assert door.admit(OPTIONS, ("192.0.2.1", 1001), "udp"), "a registered phone has a limit of its own"
    assert door.admit(OPTIONS + "Authorization: nonce of ours\r\n", ("192.0.2.1", 1002), "udp")
    assert not door.admit(OPTIONS, ("192.0.2.1", 1002), "udp")
    while door.admit(OPTIONS, ("192.0.2.1", 1001), "udp"):
        clock.now_s += 0.0
    assert door.turned_away == 3


def test_ipv6_addresses_are_the_same_with_and_without_brackets() -> None:
    door = Admission(Clock())
    door.ban("[2001:db8::1]")
    assert door.is_banned("2001:db8::1") and not door.admit(OPTIONS, ("[2001:db8::1]", 5060), "tcp")
    assert door.pardon("2001:db8::1") and door.admit(OPTIONS, ("[2001:db8::1]", 5060), "tcp")


def test_ban_ends_after_its_time() -> None:
    clock = Clock()
    door = Admission(clock, ban_s=3600)
    door.ban("192.0.2.1")
    clock.now_s = 3599.9
    assert not door.admit(OPTIONS, ("192.0.2.1", 1), "udp")
    clock.now_s = 3600.0
    assert door.admit(OPTIONS, ("192.0.2.1", 1), "udp")


def test_bans_outlive_a_restart_for_the_time_they_have_left_and_name_no_address(tmp_path: Path) -> None:
    """R-15.9; an address is known again with its first message, a ban that was taken back stays so."""
    at = [1_000_000 * SECOND_US]
    clock = Clock()

    def started() -> Admission:
        return Admission(clock, ban_s=3600, kept=KeptBans(tmp_path, 3600 * SECOND_US, lambda: at[0]))

    door = started()
    door.ban("192.0.2.1", "wrong passwords", 1002, 1003)
    at[0] += 1800 * SECOND_US
    for address in ("192.0.2.2", "192.0.2.3", "2001:db8::1"):
        door.ban(address)
    door.ban("192.0.2.2", "scanner")
    assert door.pardon("192.0.2.2")
    assert "192.0.2" not in (tmp_path / "sip_bans").read_text()
    door = started()
    phones = {("192.0.2.1", 1002), ("192.0.2.1", 1009)}
    door.registered = lambda address: address in phones
    assert door.unheard() == 3 and door.bans() == [] and door.is_banned("192.0.2.1") and door.is_banned("2001:db8::1")
    assert door.admit(OPTIONS, ("192.0.2.2", 1), "udp"), "taken back"
    assert not door.admit(OPTIONS, ("192.0.2.1", 1), "udp") and not door.admit(OPTIONS, ("192.0.2.1", 1002), "udp")
    assert door.admit(OPTIONS, ("192.0.2.1", 1009), "udp"), "a phone that did not guess"
    assert [(ban.address, round(ban.left_s), ban.reason) for ban in door.bans()] == [
        ("192.0.2.1", 1800, "wrong passwords")
    ]
    assert door.pardon("192.0.2.1") and door.pardon("[2001:db8::1]") and not door.pardon("192.0.2.9")
    assert started().unheard() == 1
    at[0] += 3600 * SECOND_US
    assert door.unheard() == 0 and not door.is_banned("192.0.2.3") and door.admit(OPTIONS, ("192.0.2.3", 1), "udp")


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


def test_scanner_gets_no_answer_and_its_address_goes_on(
    phones: Callable[..., Phone], start_live: Callable[..., Live]
) -> None:
    live = start_live(trunks={})
    scanner = phones("x", live, host="127.0.0.2")
    scanner.send(options(scanner, extra="User-Agent: friendly-scanner\r\n"), live.address)
    time.sleep(0.2)
    assert scanner.messages == []
    assert alive(scanner)


def test_operator_is_never_banned_for_its_rate(bridge: Live, phones: Callable[..., Phone]) -> None:
    operator = phones("84955551000", bridge, port=OPERATOR)
    for _ in range(400):
        operator.send(options(operator))
    assert alive(operator)
