"""The phone in the browser beside a bridge that really runs: it calls the flow, and it is a user's."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.harness import rule

from .conftest import CHROMIUM, FLAGS, PATIENCE_MS
from .test_access import violations
from .test_live import Running

pytestmark = pytest.mark.debian

SOUND = (
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WithPhones(Running):
    """A bridge that serves phones of pages."""

    more = ("--ws", f"127.0.0.1:{free_port()}")


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


def phone(browser: Browser, running: Running, faults: list[str], query: str = "", **more: Any) -> Page:
    """A phone in a browser of its own."""
    page = browser.new_context(viewport={"width": 420, "height": 860}, **more).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: None if ours(asked.url) else faults.append(asked.url))
    page.goto(f"http://127.0.0.1:{running.port}/phone{query}")
    expect(page.locator("#loader")).to_be_hidden()
    expect(
        page.get_by_role("button", name="Call", exact=True).or_(page.get_by_role("button", name="Позвонить"))
    ).to_be_visible()
    return page


def ours(address: str) -> bool:
    return address.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


def hears(page: Page) -> None:
    """Sound arrives that is no silence."""
    page.wait_for_function(
        "() => { const find = (root) => { for (const one of root.querySelectorAll('*')) {"
        " if (one.tagName === 'METER' && one.value > 0.01) return true; if (one.shadowRoot && find(one.shadowRoot)) return true }"
        " return false }; return find(document) }"
    )


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
    page = phone(browser, running, faults, "?to=78121234567&caller=84957770011")
    expect(page.get_by_text("a caller from outside")).to_be_attached()
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
