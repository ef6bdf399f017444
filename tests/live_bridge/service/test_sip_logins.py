"""Who may try to sign in by phone, what is told of a try, and what is written down, with a clock of its own (R-23.10)."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.account import sip_login
from engine.account.sip_login import Outcome
from engine.contract.ids import SECOND_US
from live_bridge.service import sip_logins
from live_bridge.service.sip_logins import Begun, LoginRefused, SipLogins
from tests.harness import rule

DOMAIN = "example.onpbx.ru"
KNOWN, UNKNOWN = f"101@{DOMAIN}", f"199@{DOMAIN}"
MINUTE_US = 60 * SECOND_US


class Bridge:
    """What the logins need of one: users, phones that somebody tells what happened to them, a trail."""

    def __init__(self) -> None:
        self.at = 1_795_415_400 * SECOND_US
        self.rung: list[tuple[int | None, str, Callable[[Outcome], None]]] = []
        self.deeds: list[tuple[str, dict[str, Any]]] = []
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.start()

    def start(self) -> None:
        """Begin, or begin again after a restart."""
        self.logins = SipLogins(
            lambda *asked: self.rung.append(asked), self, lambda: DOMAIN, lambda user: user == 101, self.folder,
            lambda: self.at,
        )  # fmt: skip

    def keep_deed(self, action: str, flow: str, by: str, details: dict[str, Any]) -> None:
        assert action == "sip-login"
        self.deeds.append((by, details))

    def tried(self, address: str, outcome: Outcome = "unanswered", after_us: int = 30 * SECOND_US) -> Begun:
        """A try and how it ends."""
        begun = self.logins.begin(address, "workbench", "192.0.2.7")
        self.at += after_us
        self.rung[-1][2](outcome)
        return begun


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.logins.close()


@rule("R-23.5", "R-23.6")
def test_right_digits_are_told_once_and_stand_in_the_trail_before(bridge: Bridge) -> None:
    begun = bridge.logins.begin(KNOWN, "workbench", "192.0.2.7")
    user, code, done = bridge.rung[0]
    assert user == 101 and code == begun.digits and len(code) == sip_login.DIGITS and code.isdecimal()
    assert bridge.logins.state(begun.login).state == "waiting"
    done("right")
    told = bridge.logins.state(begun.login)
    assert (told.state, told.user, told.address) == ("done", 101, KNOWN)
    assert bridge.deeds == [("user 101 via workbench", {"from": "192.0.2.7", "outcome": "right"})]
    assert bridge.logins.state(begun.login).state == "over", "one use"


@rule("R-23.10")
@pytest.mark.parametrize(
    ("address", "outcome"),
    [(KNOWN, "unanswered"), (KNOWN, "wrong"), (KNOWN, "late"), (UNKNOWN, "unanswered"), ("nobody", "unanswered")],
)
def test_what_fails_fails_the_same_whatever_the_reason(bridge: Bridge, address: str, outcome: Outcome) -> None:
    begun = bridge.logins.begin(address, "workbench")
    assert begun.until - bridge.at == sip_login.TOLD_US and len(begun.digits) == sip_login.DIGITS
    bridge.rung[0][2](outcome)
    bridge.at += sip_login.TOLD_US
    assert bridge.logins.state(begun.login).state == "waiting"
    bridge.at += 1
    assert bridge.logins.state(begun.login).state == "over"


@rule("R-23.10")
@pytest.mark.parametrize("address", [KNOWN, UNKNOWN, "nobody"])
def test_three_calls_lock_an_address_whether_it_is_anybodys_or_not(bridge: Bridge, address: str) -> None:
    first_at = bridge.at
    for _ in range(3):
        begun_at = bridge.at
        bridge.tried(address)
    with pytest.raises(LoginRefused) as refused:
        bridge.logins.begin(address.upper(), "workbench")
    assert refused.value.until == begun_at + 15 * MINUTE_US and first_at < begun_at
    assert len(bridge.rung) == 3, "nothing rings"
    bridge.at = begun_at + 15 * MINUTE_US - 1
    with pytest.raises(LoginRefused):
        bridge.logins.begin(address, "workbench")
    bridge.at += 1
    bridge.tried(address)


@rule("R-23.10")
def test_three_wrong_codes_lock_and_other_users_go_on(bridge: Bridge) -> None:
    for _ in range(3):
        bridge.tried(KNOWN, "wrong", 100 * SECOND_US)
    wrong_at = bridge.at
    with pytest.raises(LoginRefused) as refused:
        bridge.logins.begin(KNOWN, "workbench")
    assert refused.value.until == wrong_at + 15 * MINUTE_US
    bridge.logins.begin(UNKNOWN, "workbench")
    bridge.logins.close()
    assert [details["outcome"] for _, details in bridge.deeds] == ["wrong"] * 3


@rule("R-23.10")
def test_a_call_that_led_to_a_session_does_not_count(bridge: Bridge) -> None:
    for _ in range(6):
        bridge.logins.state(bridge.tried(KNOWN, "right", 20 * SECOND_US).login)


@rule("R-23.10")
def test_nobody_rings_a_whole_office(bridge: Bridge) -> None:
    for user in range(100, 100 + sip_logins.HOST_CALLS):
        bridge.tried(f"{user}@{DOMAIN}", after_us=SECOND_US)
    with pytest.raises(LoginRefused):
        bridge.tried(f"400@{DOMAIN}")
    bridge.logins.begin(f"400@{DOMAIN}", "workbench", "192.0.2.8")


def test_what_is_remembered_has_a_bound(bridge: Bridge) -> None:
    for count in itertools.count():
        try:
            bridge.logins.begin(f"nobody-{count}", "workbench", f"host-{count}")
        except LoginRefused as refused:
            assert refused.until is None and count == sip_logins.LOGINS_MOST
            break
    bridge.at += sip_login.TOLD_US + 1
    bridge.logins.begin("nobody", "workbench")
    assert len(bridge.logins._logins) == 1


@rule("R-23.10")
def test_a_restart_gives_nobody_more_calls_and_takes_back_what_a_session_took_back(bridge: Bridge) -> None:
    for _ in range(2):
        bridge.tried(KNOWN, "wrong", 10 * SECOND_US)
    bridge.tried(UNKNOWN)
    bridge.start()
    bridge.tried(KNOWN)
    with pytest.raises(LoginRefused):
        bridge.logins.begin(KNOWN, "workbench")
    bridge.tried(UNKNOWN, "right")
    bridge.start()
    bridge.tried(UNKNOWN)
    bridge.tried(UNKNOWN)
    with pytest.raises(LoginRefused):
        bridge.logins.begin(UNKNOWN, "workbench")
    bridge.at += sip_logins.COUNTS_US
    bridge.start()
    bridge.tried(KNOWN)
    assert DOMAIN not in (bridge.folder / sip_logins.TRIES).read_text()
