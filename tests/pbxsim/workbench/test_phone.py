"""The phone in the browser beside a bridge that really runs: it calls the flow, and it is a user's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.harness import rule
from tests.live_bridge.certificates import make_certificate
from tests.ports import free_port

from .conftest import CHROMIUM, FLAGS, PATIENCE_MS
from .test_access import violations
from .test_live import Running

pytestmark = pytest.mark.debian

SOUND = (
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)  # fmt: skip


class WithPhones(Running):
    """A bridge that serves phones of pages."""

    more = ("--ws", f"127.0.0.1:{free_port()}")


class Elsewhere(Running):
    """A bridge at another address, as docs/workbench-phone.md has it: its API and what phones speak to are encrypted."""

    HOST = "127.0.0.7"

    def words(self) -> list[str]:
        """The words for such a bridge, and its files."""
        chain, key = make_certificate(self.folder, self.HOST)
        self.authority = chain
        self.api = f"https://{self.HOST}:{free_port()}"
        proof = f"certificate: {chain}, key: {key}"
        file = self.folder / "live.yaml"
        file.write_text(
            f"pbx: {self.document}\nfolder: {self.folder / 'var'}\nmedia: {{listen: [{self.HOST}]}}\n"
            f"listen:\n  - {{host: {self.HOST}, port: {self.sip[1]}}}\n"
            f"  - {{host: {self.HOST}, port: {free_port()}, transport: wss, {proof}, origins: ['https://pbx.example.org']}}\n"
            f"http: {{host: {self.HOST}, port: {self.api.rpartition(':')[2]}, {proof}}}\n",
            encoding="utf-8",
        )
        return ["--config", str(file), "--acknowledge", "Anna"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = WithPhones(tmp_path_factory.mktemp("phones"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a microphone that beeps."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *SOUND], ignore_default_args=["--hide-scrollbars"]
        )
        yield made
        made.close()


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What failed in the pages, and what they asked of other machines: nothing, in the end."""
    found: list[str] = []
    yield found
    assert found == []


def followed(browser: Browser, faults: list[str], **more: Any) -> Page:
    """A page of a browser of its own; what fails in it, and in what it opens, is kept."""
    context = browser.new_context(viewport={"width": 420, "height": 860}, **more)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("request", lambda asked: None if ours(asked.url) else faults.append(asked.url))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def opened(page: Page) -> Page:
    """The phone, once it can be used."""
    page.set_default_timeout(PATIENCE_MS)
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.locator(".ph-dial .ph-go")).to_be_visible()
    return page


def phone(browser: Browser, running: Running, faults: list[str], query: str = "", **more: Any) -> Page:
    """A phone in a browser of its own."""
    page = followed(browser, faults, **more)
    page.goto(f"http://127.0.0.1:{running.port}/phone{query}")
    return opened(page)


def ours(address: str) -> bool:
    return address.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


def hears(page: Page) -> None:
    """Sound arrives that is no silence."""
    for _ in range(PATIENCE_MS // 100):
        if page.locator("meter").evaluate_all("found => found.some((one) => one.value > 0.01)"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("nothing is heard")


def hears_nothing(page: Page) -> None:
    """For three looks in a row there is silence: what was under way has come."""
    quiet = 0
    for _ in range(PATIENCE_MS // 600):
        heard = page.locator("meter").evaluate_all("found => found.some((one) => one.value > 0.01)")
        quiet = 0 if heard else quiet + 1
        if quiet == 3:
            return
        page.wait_for_timeout(600)
    raise AssertionError("something is heard all the time")


def told(running: Running, path: str) -> Any:
    answer = running.ask("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def the_call(running: Running, caller: str) -> dict[str, Any]:
    """The call of this caller in History, once it is there."""
    for _ in range(100):
        calls = told(running, "/api/history?limit=20")["calls"]
        found = [one for one in calls if str(one["caller_id_number"]).endswith(caller)]
        if found:
            made: dict[str, Any] = found[0]
            return made
        time.sleep(0.1)
    raise AssertionError(f"no call of {caller} is in history")


def act(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@rule("R-25.5")
def test_a_page_calls_the_flow_hears_it_presses_a_key_and_the_call_is_in_history_with_its_version(
    browser: Browser, running: Running, faults: list[str]
) -> None:
    preview = followed(browser, faults)
    preview.goto(f"http://127.0.0.1:{running.port}/preview?number=78121234567&caller=84957770011")
    link = preview.get_by_role("link", name="Open the phone").filter(has_text="Call it with the phone")
    with preview.expect_popup() as opening:
        link.click()
    page = opened(opening.value)
    preview.close()
    expect(page.get_by_label("Outside number to call")).to_have_value("78121234567")
    expect(page.get_by_label("Caller's number")).to_have_value("84957770011")
    assert violations(page) == []
    act(page, "Call")
    expect(page.get_by_role("button", name="Mute")).to_be_enabled()
    hears(page)
    act(page, "Keys")
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.locator(".ph-keys")).to_have_text("1")
    assert violations(page) == []
    page.wait_for_timeout(1200)
    act(page, "Hang up")
    expect(page.get_by_text("Latest calls of this page")).to_be_visible()
    found = the_call(running, "4957770011")
    assert "78121234567" in found.values() and found["version"], found
    deeds = told(running, "/api/versions/audit")["entries"]
    calls = [(one["by"].split(" via ")[1], one["details"]) for one in deeds if one["action"] == "call"]
    assert calls[0] == ("workbench", {"to": "78121234567", "caller": "84957770011"})
    page.close()


@rule("R-06.10")
def test_a_call_rings_the_phone_of_a_user_both_hear_it_is_held_with_music_and_transferred(
    browser: Browser, running: Running, faults: list[str]
) -> None:
    user = phone(browser, running, faults, "?as=100")
    expect(user.get_by_text("calls to this user ring here")).to_be_visible()
    outside = phone(browser, running, faults, "?to=74951234567&caller=84957770022")
    act(outside, "Call")
    expect(user.get_by_role("button", name="Answer")).to_be_visible()
    assert user.title().startswith("☎") and "84957770022" in user.title()
    assert violations(user) == []
    act(user, "Answer")
    hears(user)
    hears(outside)
    act(user, "Hold")
    expect(user.locator(".ph-status")).to_contain_text("On hold")
    hears_nothing(user)
    hears(outside)  # the music of the PBX
    act(user, "Resume")
    hears(user)
    act(user, "Transfer")
    user.get_by_label("Transfer to").fill("5001")
    assert violations(user) == []
    act(user, "Transfer now")
    expect(user.get_by_text("Latest calls of this page")).to_be_visible()
    hears(outside)  # the greeting that it was sent to
    expect(outside.get_by_role("button", name="Hang up")).to_be_visible()
    act(outside, "Hang up")
    assert the_call(running, "4957770022")["version"]
    deeds = told(running, "/api/versions/audit")["entries"]
    assert {"user": 100} in [one["details"] for one in deeds if one["action"] == "phone"]
    user.context.close()
    outside.context.close()


@rule("R-06.10")
def test_mute_another_microphone_and_a_transfer_after_asking(
    browser: Browser, running: Running, faults: list[str]
) -> None:
    """The caller is asked about and connected; a first try is taken back."""
    user = phone(browser, running, faults, "?as=100")
    expect(user.get_by_text("calls to this user ring here")).to_be_visible()
    outside = phone(browser, running, faults, "?to=74951234567&caller=84957770055")
    act(outside, "Call")
    act(user, "Answer")
    hears(outside)
    act(user, "Mute")
    hears_nothing(outside)
    expect(user.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    act(user, "Microphone and speaker")
    microphone = user.get_by_label("Microphone", exact=True)
    other = microphone.locator("option").last
    microphone.select_option(value=str(other.get_attribute("value")))
    hears_nothing(outside)  # another microphone is as silent as the first one was
    act(user, "Mute")
    hears(outside)
    speaker = user.get_by_label("Speaker", exact=True)
    speaker.select_option(index=speaker.locator("option").count() - 1)
    hears(user)
    asked = phone(browser, running, faults, "?as=104")
    expect(asked.get_by_text("calls to this user ring here")).to_be_visible()

    def ask() -> None:
        act(user, "Transfer")
        user.get_by_label("Transfer to").fill("104")
        act(user, "Ask them first")
        expect(user.get_by_text("is on hold with music")).to_be_visible()
        act(asked, "Answer")
        hears(asked)

    ask()
    assert violations(user) == []
    act(user, "Back to the caller")
    expect(user.get_by_text("is on hold with music")).to_be_hidden()
    expect(asked.get_by_role("button", name="Hang up")).to_be_hidden()
    hears(outside)
    ask()
    act(user, "Connect them")
    expect(user.get_by_text("Latest calls of this page")).to_be_visible()
    user.context.close()  # whoever is heard from now on is heard without it
    hears(asked)
    hears(outside)
    act(asked, "Hang up")
    expect(outside.get_by_text("Latest calls of this page")).to_be_visible()
    assert the_call(running, "4957770055")["version"]
    asked.context.close()
    outside.context.close()


@pytest.mark.nightly
def test_a_phone_reaches_a_bridge_at_another_address_by_its_encrypted_listener(
    browser: Browser, faults: list[str], tmp_path: Path
) -> None:
    far = Elsewhere(tmp_path)
    try:
        user = phone(browser, far, faults, "?as=100&to=5001")
        expect(user.get_by_text("calls to this user ring here")).to_be_visible()
        act(user, "Call")
        hears(user)  # a greeting
        act(user, "Hang up")
        user.context.close()
    finally:
        far.close()


def test_what_went_wrong_is_said_with_what_to_do_in_russian_and_by_night(
    browser: Browser, running: Running, faults: list[str]
) -> None:
    page = followed(browser, faults)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'))"
    )
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"http://127.0.0.1:{running.port}/phone?lang=ru&theme=dark&to=78121234567")
    opened(page)
    act(page, "Позвонить")
    expect(page.get_by_role("alert")).to_contain_text("Браузеру запрещён микрофон")
    assert violations(page) == []
    page.get_by_role("button", name="Микрофон и динамик").click()
    expect(page.get_by_label("Динамик", exact=True)).to_be_visible()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.get_by_label("Номер звонящего").fill("84957770033")
    page.get_by_label("Внешний номер для звонка").fill("5001")
    page.evaluate("delete navigator.mediaDevices.getUserMedia")
    act(page, "Позвонить")
    expect(page.locator(".ph-ended")).to_contain_text("такого номера нет")
    page.context.close()
