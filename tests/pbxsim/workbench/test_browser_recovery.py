"""What happens to work when a browser or a server goes away. One server of its own, which the tests end and start again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from pbxsim.workbench.design.parts import PANELS as PARTS
from tests.ports import free_port

from .conftest import Site, card, patient, started, stop
from .test_access import PAGES

pytestmark = pytest.mark.debian

TOLD_WITHIN_MS = 3000
CHANGED = re.compile("Not saved")


class Mortal(Site):
    """A workbench that is ended and started again on the same file and port."""

    def __init__(self, folder: Path) -> None:
        super().__init__(free_port(), folder / "pbx.yaml", folder / "server.log")
        self.reset()
        self.start()

    def start(self) -> None:
        """Start a server process."""
        command = [sys.executable, "-m", "pbxsim.workbench", str(self.file), "--port", str(self.port), "--no-day"]
        self.process: subprocess.Popen[bytes] = started(command, self.port, self.log)

    def kill(self) -> None:
        """End the server as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    made = Mortal(tmp_path_factory.mktemp("recovery"))
    yield made
    stop(made.process)


@pytest.fixture
def mortal(house: Mortal) -> Mortal:
    """The module's workbench, alive and as it began: a test may have failed between an end and a start."""
    if house.process.poll() is not None:
        house.start()
    house.reset()
    return house


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    yield made
    made.close()


def opened(context: BrowserContext, site: Site, address: str) -> Page:
    page = patient(context.new_page())
    page.goto(site.address(address))
    expect(page.locator("#loader")).to_be_hidden()
    return page


def add_voicemail(page: Page) -> None:
    """An edit by a real click, which is what lets a browser ask before it leaves."""
    page.get_by_test_id("palette-voicemail").click()
    expect(card(page, "5100")).to_be_visible()
    expect(page.get_by_text(CHANGED)).to_be_visible()


def test_reload_back_and_a_closed_window_keep_the_work_and_leaving_asks(
    context: BrowserContext, mortal: Mortal
) -> None:
    page = opened(context, mortal, "design")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    add_voicemail(page)
    page.get_by_role("link", name="Preview").click()  # our own pages take the work along: nobody is asked
    expect(page).to_have_url(re.compile("/preview"))
    expect(page.locator("#loader")).to_be_hidden()
    page.go_back()
    expect(page.get_by_text("Recovered: your unsaved changes are here.")).to_be_visible()
    expect(card(page, "5100")).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(card(page, "5100")).to_have_count(0)
    expect(page.get_by_text(CHANGED)).to_be_hidden()
    page.get_by_test_id("redo").click()
    expect(page.get_by_text(CHANGED)).to_be_visible()
    page.on("dialog", stay)
    for _ in range(20):  # the page may be shown before its script has been told
        page.wait_for_timeout(200)
        page.evaluate("() => { window.location.href = 'about:blank' }")
        page.wait_for_timeout(200)
        if asked:
            break
    assert asked == ["beforeunload"] and not page.url.startswith("about")
    page.close()
    again = opened(context, mortal, "design")  # the plain address: the cookie names the document in edit
    expect(again.get_by_text("Recovered: your unsaved changes are here.")).to_be_visible()
    expect(card(again, "5100")).to_be_visible()
    expect(again.get_by_test_id("undo")).to_be_enabled()


def test_every_page_tells_that_the_server_is_gone_and_comes_back_with_the_work(
    context: BrowserContext, mortal: Mortal
) -> None:
    """Three pages: what tells it is one script, which `test_serve.py` finds on every page."""
    pages = [opened(context, mortal, "design")]
    add_voicemail(pages[0])
    pages += [opened(context, mortal, name) for name in ("loadtest", "live")]
    mortal.kill()
    for page in pages:
        expect(page.get_by_text("The server does not answer.")).to_be_visible(timeout=TOLD_WITHIN_MS)
    mortal.start()
    for page in pages:
        expect(page.get_by_text("The server does not answer.")).to_be_hidden()
        expect(page.locator("#loader")).to_be_hidden()
        expect(page.get_by_text(CHANGED)).to_be_visible()
    expect(card(pages[0], "5100")).to_be_visible()
    pages[0].get_by_test_id("undo").click()
    expect(card(pages[0], "5100")).to_have_count(0)
    expect(pages[0].get_by_text(CHANGED)).to_be_hidden()


@pytest.mark.nightly
def test_each_page_is_the_same_after_a_reload_and_after_a_server_that_was_killed(
    context: BrowserContext, mortal: Mortal
) -> None:
    """Every page, and every part of a document: what it showed it shows again, and nothing fails in the browser."""
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    names = [*PAGES, "phone", *(f"design?part={part}" for part in PARTS)]
    for name in names:
        page = opened(context, mortal, name)
        before = shown(page)
        page.reload()
        expect(page.locator("#loader")).to_be_hidden()
        shows_again(page, before)
        page.close()
    assert wrong == []
    pages = {name: opened(context, mortal, name) for name in (*PAGES, "phone")}
    seen = {name: shown(page) for name, page in pages.items()}
    mortal.kill()
    for page in pages.values():
        expect(page.get_by_text("The server does not answer.")).to_be_visible(timeout=TOLD_WITHIN_MS)
    mortal.start()
    for name, page in pages.items():
        expect(page.get_by_text("The server does not answer.")).to_be_hidden()
        expect(page.locator("#loader")).to_be_hidden()
        shows_again(page, seen[name])


def shown(page: Page) -> set[str]:
    """The headings of a page, once they are there."""
    headings = page.get_by_role("heading")
    expect(headings.first).to_be_attached()
    page.wait_for_timeout(1500)
    return set(headings.all_text_contents())


def shows_again(page: Page, before: set[str]) -> None:
    """The headings that were there come again; what is counted in the background may bring more."""
    for _ in range(20):
        missing = before - shown(page)
        if not missing:
            return
    raise AssertionError(f"{page.url}: {missing}")


def test_a_server_that_answers_late_is_told_and_the_page_goes_on_as_it_stood(
    context: BrowserContext, mortal: Mortal
) -> None:
    """A machine that does other work for a while costs nobody a dialog that is half filled in: only who is gone is left."""
    context.add_init_script(
        "const whole = AbortSignal.timeout; AbortSignal.timeout = (ms) => whole.call(AbortSignal, ms / 40);"
    )
    page = opened(context, mortal, "design")
    page.evaluate("window.stillHere = true")
    told = page.locator(".wb-told.is-lost")
    os.killpg(mortal.process.pid, signal.SIGSTOP)
    try:
        expect(told).to_be_visible()
    finally:
        os.killpg(mortal.process.pid, signal.SIGCONT)
    expect(told).to_have_count(0)
    assert page.evaluate("window.stillHere") is True, "the page was not opened again"
    add_voicemail(page)
