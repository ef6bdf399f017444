"""An employee signs in by phone in a browser and sees their own calls alone; an administrator gives them more (R-23)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page, expect

from live_bridge.sip.dialog import sdp
from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Role
from tests.harness import rule
from tests.live_bridge.api.test_seen_calls import Filled
from tests.live_bridge.sip.phone import Phone, field, status
from tests.ports import free_port

from .conftest import EXAMPLE, patient, started, stop
from .test_access import violations
from .test_live import ENV

pytestmark = pytest.mark.debian

DOMAIN = "example.onpbx.ru"
PASSWORD = "correct horse battery"


class Desk(Filled):
    """A bridge with calls, and a workbench where an administrator and employees sign in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        token = folder / "desk.token"
        token.touch(mode=0o600)
        token.write_text(self.shared, encoding="ascii")
        self.persons = Persons(
            folder / "persons.sqlite", hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        self.persons.add("boss", [Role.ADMINISTRATOR, Role.OPERATOR], PASSWORD)
        known = (f"PBX_BRIDGE={self.base}", f"PBX_BRIDGE_TOKEN_FILE={token}")
        self.web = free_port()
        words = ["--port", str(self.web), "--no-day", "--persons", str(self.persons.file)]
        command = [*ENV, *known, sys.executable, "-m", "pbxsim.workbench", str(EXAMPLE), *words]
        self.site: subprocess.Popen[bytes] = started(command, self.web, folder / "workbench.log")

    def address(self, page: str) -> str:
        return f"http://127.0.0.1:{self.web}/{page}"

    def phone(self, user: int) -> Phone:
        """A user's phone, registered and quiet."""
        phone = Phone(str(user), self.sip, payload=sdp.OFFERED.codec)
        assert status(phone.register(self.service.new_passwords[user])) == 200
        phone.on_invite = []
        return phone

    def close(self) -> None:
        stop(self.site)
        super().close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    yield patient(context.new_page())
    context.close()


def answer(phone: Phone, digits: str) -> None:
    """Pick the call from 000 up and press these digits."""
    call = phone.called()
    assert "sip:000@" in field(call.invite, "From")
    phone.reply(call.invite, 200, phone.sdp())
    phone.wait(lambda m: m.startswith("ACK"))
    for digit in digits:
        phone.request(call, "INFO", digit, kind="application/dtmf")


def signed_in(desk: Desk, page: Page, user: int) -> None:
    phone = desk.phone(user)
    try:
        page.goto(desk.address("sign-in"))
        page.get_by_label("SIP address").fill(f"{user}@{DOMAIN}")
        page.get_by_role("button", name="Sign in").click()
        digits = page.locator(".digits")
        expect(digits).to_have_text(re.compile(r"^\d{4}$"))
        answer(phone, digits.inner_text())
        page.wait_for_url(re.compile("/history"))
    finally:
        phone.close()


@rule("R-23.1", "R-23.2", "R-23.3", "R-23.5", "R-23.6", "R-23.8")
def test_an_employee_signs_in_by_phone_and_sees_their_own_calls_alone(desk: Desk, page: Page) -> None:
    signed_in(desk, page, 101)
    own = [uuid for uuid, touched in desk.touched.items() if 101 in touched]
    rows = page.locator("[data-call]")
    expect(rows).to_have_count(len(own))
    expect(page.locator("nav a:not(.product)")).to_have_text(["History"])
    for other in ("", "design", "live", "persons"):
        page.goto(desk.address(other))
        assert "/history" in page.url, other
    page.goto(desk.address("history?call=" + own[0]))
    expect(page.get_by_role("button", name="Listen").first).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    strange = next(uuid for uuid, touched in desk.touched.items() if 101 not in touched)
    page.goto(desk.address("history?call=" + strange))
    expect(page.get_by_text("There is no such call in the history")).to_be_visible()
    page.goto(desk.address("person"))
    expect(page.get_by_text("the calls of 101")).to_be_visible()
    expect(page.get_by_text("RUB")).to_have_count(0)
    told = desk.ask("PUT", "/api/account/balance", "account:write", json={"balance": "-1234.50"})
    assert told.status_code == 202
    desk.ask("PUT", "/api/rights/101", "users:write", json={"balance": True})
    page.reload()
    expect(page.get_by_text("-1\N{NO-BREAK SPACE}234.50 RUB")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Sign out").click()
    page.goto(desk.address("history"))
    assert "/sign-in" in page.url


@rule("R-23.9", "R-23.12")
def test_an_administrator_gives_a_filter_and_it_holds_at_once(desk: Desk, page: Page, browser: Browser) -> None:
    signed_in(desk, page, 102)
    office = browser.new_context(locale="en-GB")
    boss = patient(office.new_page())
    boss.goto(desk.address("sign-in"))
    boss.get_by_label("Name").fill("boss")
    boss.get_by_label("Password").fill(PASSWORD)
    boss.get_by_role("button", name="Sign in").click()
    boss.goto(desk.address("persons"))
    person = boss.locator("details", has_text="102 ").filter(has=boss.get_by_label("Filter"))
    person.locator("summary").click()
    assert violations(boss) == []
    person.get_by_label("Filter").fill("5200")
    person.get_by_role("button", name="Give these rights").click()
    expect(boss.get_by_role("alert")).to_contain_text("is no filter")
    person.locator("summary").click()
    person.get_by_label("Filter").fill("100 - 101; 240")
    person.get_by_label("download recordings").check()
    person.get_by_role("button", name="Give these rights").click()
    expect(boss.get_by_role("status")).to_contain_text("102")
    seen = [uuid for uuid, touched in desk.touched.items() if touched & {100, 101, 102, 240}]
    page.reload()
    expect(page.locator("[data-call]")).to_have_count(len(seen))
    page.goto(desk.address("history?call=" + seen[0]))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename.endswith(".wav")
    boss.goto(desk.address("persons"))
    person.locator("summary").click()
    person.get_by_role("button", name="End sessions").click()
    expect(boss.get_by_role("status")).to_be_visible()
    page.wait_for_url(re.compile("/sign-in"))
    office.close()


@rule("R-09.6", "R-23.12")
def test_an_employee_deletes_a_message_of_their_own_and_sets_the_pin(desk: Desk, page: Page) -> None:
    """R-09.6: messages of others, seen by their calls, are heard only."""
    user = next(box for box in desk.boxes.values() if box in (100, 102))
    signed_in(desk, page, user)
    box = page.get_by_text(re.compile(rf"→ {user} ·"))
    expect(box.first).to_be_visible()
    mine = sum(one == user for one in desk.boxes.values())
    expect(page.get_by_role("button", name="Delete")).to_have_count(mine)
    page.get_by_label("PIN of the mailbox by phone").fill("1234")
    page.get_by_role("button", name="Set the PIN").click()
    expect(page.get_by_text("take another PIN")).to_be_visible()
    page.get_by_label("PIN of the mailbox by phone").fill("4821")
    page.get_by_role("button", name="Set the PIN").click()
    expect(page.get_by_text(f"Mailbox {user} has a new PIN")).to_be_visible()
    assert desk.service.pins.check(user, "4821") == "right"
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_text("The message is deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(mine - 1)
    assert violations(page) == []


@rule("R-23.6", "R-23.10")
def test_wrong_digits_and_nobodys_address_look_the_same_and_the_third_try_locks(desk: Desk) -> None:
    phone = desk.phone(103)
    try:
        for user in (103, 199):
            with httpx.Client(base_url=desk.address(""), trust_env=False, timeout=60) as browser:
                for _ in range(3):
                    shown = asked(browser, f"{user}@{DOMAIN}")
                    assert "Waiting for the digits" in shown.text
                    if user == 103:
                        answer(phone, "0000" if "0000" not in shown.text else "1111")
                        phone.wait(lambda m: m.startswith("BYE"))
                        phone.messages.clear()
                    again = browser.get("/sign-in-by-phone")
                    assert "Waiting for the digits" in again.text, "what came of it is told after a minute"
                locked = asked(browser, f"{user}@{DOMAIN}")
                assert locked.status_code == 429 and "15 min" in locked.text
    finally:
        phone.close()
    with httpx.Client(base_url=desk.address(""), trust_env=False, timeout=60) as other:
        assert other.get("/sign-in-by-phone").headers["Location"] == "/sign-in", "another browser waits for nothing"


def asked(browser: httpx.Client, address: str) -> httpx.Response:
    """The answer to an address typed on the sign-in page."""
    found = re.search(r'name="_xsrf" value="([^"]+)"', browser.get("/sign-in").text)
    assert found is not None
    body = {"_xsrf": found[1], "name": "", "password": "", "address": address, "next": ""}
    return browser.post("/sign-in", data=body, follow_redirects=True)
