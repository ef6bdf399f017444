"""The agent that answers browsers' path checks: whose packets it takes, and where it sends; packets are real. A browser behind an
address translation has a test of its own (`browser/test_translation.py`)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live_bridge.media import ice_agent
from live_bridge.media.ice_agent import PATHS, Credentials, IceAgent
from live_bridge.media.latching import Address
from live_bridge.media.packet_thread import PacketThread
from tests.ports import media_ports

OWN = Credentials("ours", "our-password-of-22-chars")
OLD = Credentials("old", "old-password-of-22-chars")
BROWSER = "theirs"
CHOSEN = ("USE-CANDIDATE", None)


def socket_at(ip: str = "127.0.0.1", wait_s: float = 20.0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((ip, 0))
    made.settimeout(wait_s)
    return made


class Desk:
    """An agent, what stands for rtp.io behind it, and places that packets come from."""

    def __init__(self) -> None:
        self.packets = PacketThread()
        found = ice_agent.bound("127.0.0.1", media_ports(100), self.packets)
        assert found is not None
        self.agent: IceAgent = found
        self.to = (found.local.ip, found.local.port)
        self.rtpio = socket_at()
        self.agent.expect(OWN, BROWSER, Address(*self.rtpio.getsockname()))
        self.sockets = [self.rtpio]

    def place(self, ip: str = "127.0.0.2") -> socket.socket:
        """A new address."""
        self.sockets.append(socket_at(ip))
        return self.sockets[-1]

    def check(
        self, place: socket.socket, own: Credentials = OWN, said: tuple[str, Any] = ("PRIORITY", 1), password: str = ""
    ) -> None:
        """Send a check that says one thing besides who it is from."""
        asked = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        asked.attributes = {"USERNAME": f"{own.ufrag}:{BROWSER}", said[0]: said[1]}
        asked.add_message_integrity((password or own.password).encode())
        place.sendto(bytes(asked), self.to)

    def answered(self, place: socket.socket, own: Credentials = OWN) -> stun.Message:
        """What came back to a check, which is ours."""
        answer = stun.parse_message(place.recv(2000))
        assert answer.check_message_integrity(own.password.encode())
        return answer

    def chooses(self, place: socket.socket) -> None:
        self.check(place, said=CHOSEN)
        assert self.answered(place).attributes["XOR-MAPPED-ADDRESS"] == place.getsockname()

    def sends_to(self, place: socket.socket, text: bytes = b"\x80 to the browser") -> None:
        """What rtp.io sends arrives there."""
        self.rtpio.sendto(text, (self.agent.inside.ip, self.agent.inside.port))
        assert place.recv(2000) == text

    def takes(self, place: socket.socket, text: bytes = b"\x80 of the browser") -> None:
        place.sendto(text, self.to)
        assert self.rtpio.recv(2000) == text


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.agent.close()
    made.packets.close()
    for own in made.sockets:
        own.close()


def nothing_came_to(place: socket.socket) -> bool:
    place.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        return not place.recv(2000)
    return True


def test_check_from_an_address_that_nobody_named_lets_the_browser_in(desk: Desk) -> None:
    """A peer-reflexive candidate (RFC 8445 section 7.3.1.3)."""
    browser = desk.place()
    desk.check(browser)
    assert desk.answered(browser).attributes["XOR-MAPPED-ADDRESS"] == browser.getsockname()
    desk.takes(browser)
    desk.sends_to(browser)


def test_checked_path_that_was_chosen_last_is_sent_to_and_all_are_heard(desk: Desk) -> None:
    one, other, third = desk.place(), desk.place("127.0.0.3"), desk.place("127.0.0.4")
    desk.chooses(one)
    desk.chooses(other)
    desk.check(third)
    desk.answered(third)
    desk.sends_to(other)
    for place in (one, other, third):
        desk.takes(place)
    desk.chooses(one)
    desk.sends_to(one)


@pytest.mark.parametrize(("own", "password"), [(OWN, "x" * 22), (Credentials("other", OWN.password), ""), (OLD, "")])
def test_forged_check_moves_nothing_and_is_not_answered(desk: Desk, own: Credentials, password: str) -> None:
    browser, stranger = desk.place(), desk.place("127.0.0.3")
    desk.chooses(browser)
    desk.check(stranger, own, CHOSEN, password)
    stranger.sendto(b"\x80 of a stranger", desk.to)
    desk.takes(browser)
    desk.sends_to(browser)
    assert nothing_came_to(stranger)


def test_check_without_integrity_is_passed_over(desk: Desk) -> None:
    stranger = desk.place()
    plain = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    plain.attributes = {"USERNAME": f"{OWN.ufrag}:{BROWSER}", "USE-CANDIDATE": None}
    stranger.sendto(bytes(plain), desk.to)
    browser = desk.place("127.0.0.3")
    desk.chooses(browser)
    desk.sends_to(browser)
    assert nothing_came_to(stranger)


def test_browser_that_would_rather_be_chosen_for_is_told_to_choose(desk: Desk) -> None:
    browser = desk.place()
    desk.check(browser, said=("ICE-CONTROLLED", 1))
    assert desk.answered(browser).error_code == 487


def test_credentials_of_a_new_path_work_beside_the_last_ones_and_no_older_ones(desk: Desk) -> None:
    """ICE restart: checks go on by the old path until the new one is there (RFC 8445 section 9)."""
    browser = desk.place()
    desk.chooses(browser)
    gateway = Address(*desk.rtpio.getsockname())
    desk.agent.expect(OLD, BROWSER, gateway)
    for own in (OWN, OLD):
        desk.check(browser, own)
        desk.answered(browser, own)
    desk.agent.expect(Credentials("third", OLD.password), BROWSER, gateway)
    desk.check(browser, OWN)
    desk.check(browser, OLD)
    desk.answered(browser, OLD)
    desk.sends_to(browser)


def test_many_paths_of_one_browser_are_forgotten_but_the_chosen_one_is_not(desk: Desk) -> None:
    chosen = desk.place()
    desk.chooses(chosen)
    others = [desk.place("127.0.0.3") for _ in range(PATHS)]
    for place in others:
        desk.check(place)
        desk.answered(place)
    others[0].sendto(b"\x80 forgotten", desk.to)
    desk.takes(others[-1])
    desk.takes(chosen)
    desk.sends_to(chosen)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    type_and_length=st.sampled_from([b"\0\x01\0\x08", b"\0\x01\0\x18", b"\0\x01\0\x0c"]),
    attribute=st.sampled_from([0x06, 0x08, 0x09, 0x20, 0x24, 0x25, 0x8028, 0x8029, 0x0001]),
    length=st.integers(0, 40),
    rest=st.binary(max_size=60),
)
def test_nothing_a_stranger_sends_breaks_the_thread_of_packets(
    desk: Desk, type_and_length: bytes, attribute: int, length: int, rest: bytes
) -> None:
    """The text is one of STUN up to somewhere; whatever it is, there is no answer and no fault."""
    for body in (rest, attribute.to_bytes(2, "big") + length.to_bytes(2, "big") + rest):
        for size in (type_and_length[:2] + len(body).to_bytes(2, "big"), type_and_length):
            data = size + b"\x21\x12\xa4\x42" + bytes(12) + body
            assert desk.agent.check(data, ("127.0.0.9", 9)) == b""
    assert desk.agent.check(rest, ("127.0.0.9", 9)) == b""
