"""From an empty folder to a call that is heard: a PBX made in the browser of a template, put live, called from a page, found in
History."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pbxsim.workbench import test_phone as phones
from tests.pbxsim.workbench.conftest import stop
from tests.pbxsim.workbench.test_live import SCOPES, Running
from tests.ports import free_port

pytestmark = [pytest.mark.nightly, pytest.mark.debian]

browser, faults = phones.browser, phones.faults
"""The fixtures: a browser with a microphone, and nothing that fails in its pages."""

CALLER = "84957770044"


class FromNothing(Running):
    """A workbench in an empty folder; its bridge comes later, with the PBX that is made there."""

    more = ("--ws", f"127.0.0.1:{free_port()}")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        first = folder / "pbx.yaml"
        first.write_text("pbx: first\nzone: Europe/Moscow\n", encoding="utf-8")
        self.document = first
        self.sip = ("127.0.0.1", free_port())
        self.api = f"http://127.0.0.1:{free_port()}"
        self.shared_file = self._keep("workbench.token", "none yet")
        self.log = folder / "workbench.log"
        self.site, self.port = self.start_workbench(self.log)

    def put_live(self, document: Path) -> None:
        """What `pbx run` does with a document."""
        self.document = document
        self.bridge = self.start_bridge()
        words = [word for scope in ("persons:name", *SCOPES) for word in ("--scope", scope)]
        made = self.pbx("token", "workbench", *words, "--database", str(self.folder / "var"))
        self.shared_file.write_text(made.stdout, encoding="ascii")

    def close(self) -> None:
        stop(self.site)
        if hasattr(self, "bridge"):
            stop(self.bridge)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[FromNothing]:
    made = FromNothing(tmp_path)
    yield made
    made.close()


def test_from_an_empty_folder_to_a_call_heard_and_found(
    browser: Browser, running: FromNothing, faults: list[str]
) -> None:
    began = time.monotonic()
    site = f"http://127.0.0.1:{running.port}"
    page = phones.followed(browser, faults)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{site}/design?part=pbxs&lang=en")
    expect(page.locator("#loader")).to_be_hidden()
    page.get_by_label("Account name", exact=True).fill("acme")
    page.get_by_label("An office", exact=True).check()
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile("pbx=acme.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    document = running.folder / "acme.yaml"
    assert document.is_file()

    running.put_live(document)
    # No trap in the hours: the call is of now, whenever that is; either greeting is heard.
    with page.expect_popup() as opening:
        page.locator("a[data-phone]").first.click()
    phone = phones.opened(opening.value)
    phone.get_by_label("Caller's number").fill(CALLER)
    phone.get_by_label("Outside number to call").fill("74951234567")
    expect(phone.locator(".ph-title")).to_have_text("Main number")
    phones.act(phone, "Call")
    phones.hears(phone)
    phone.wait_for_timeout(1500)
    phones.act(phone, "Hang up")
    expect(phone.get_by_text("Latest calls of this page")).to_be_visible()
    with phone.expect_popup() as opening:
        phone.get_by_role("link", name="Open History").click()
    history = opening.value
    history.set_viewport_size({"width": 1440, "height": 900})
    expect(history.locator("#loader")).to_be_hidden()
    expect(history.get_by_text(CALLER).first).to_be_visible()
    print(f"\nfrom an empty folder to a call heard and found: {time.monotonic() - began:.0f} s")
    page.context.close()
