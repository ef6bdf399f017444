"""The tutorial of an administrator, walked in a browser: each numbered step of the page is one function here.

`make screenshots` walks it too, and takes the tutorial's pictures on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.loading.load import examine
from tests.pages import DOCS

from .conftest import Opener, Site, card, edge, port
from .test_browser_nothing import Hand, whole

pytestmark = pytest.mark.debian

PAGE = DOCS / "tutorial-administrator.md"

Picture = Callable[[str], None]
"""Takes a picture of what is on the screen, under a name."""


def walk(page: Page, site: Site, picture: Picture) -> None:
    """All steps, from an open Design page."""
    site.file.with_name("acme.yaml").unlink(missing_ok=True)
    for step in STEPS:
        step(page, site, picture)


def a_pbx_from_a_template(page: Page, site: Site, picture: Picture) -> None:
    page.locator("summary").click()
    page.get_by_role("link", name="New, import, export…").click()
    Hand(page).type("Account name", "acme")
    page.get_by_text("An office", exact=True).click()
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile("pbx=acme.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(card(page, "5200")).to_be_visible()
    whole(page)
    picture("tutorial-new")


def a_second_queue_is_drawn(page: Page, site: Site, picture: Picture) -> None:
    whole(page)
    hand = Hand(page)
    hand.lead_on(port(page, "5000", "new key"), "Queue", above=True)
    hand.type("Name", "Complaints")
    whole(page)
    expect(edge(page, "5000|keys.3|5201")).to_have_count(1)
    expect(problem(page)).to_be_visible()
    page.wait_for_timeout(2000)  # the list is written again once the check is through
    picture("tutorial-warning")


def what_is_wrong_is_mended(page: Page, site: Site, picture: Picture) -> None:
    problem(page).click()
    page.get_by_role("button", name="New user as member").click()
    expect(card(page, "5201").locator(".wb-chip")).to_have_count(1)
    expect(problem(page)).to_have_count(0)


def problem(page: Page) -> Locator:
    """The line that says that nobody answers in the new queue."""
    return page.get_by_role("button", name=re.compile("has no members"))


def a_call_is_followed(page: Page, site: Site, picture: Picture) -> None:
    page.goto(site.address("preview?pbx=acme.yaml&number=84951234567&at=2026-11-23T10:30&caller=89121112233&keys=3"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text(re.compile("Complaints")).first).to_be_visible()
    picture("tutorial-preview")


def a_day_is_simulated(page: Page, site: Site, picture: Picture) -> None:
    page.goto(site.address("loadtest?pbx=acme.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\d+ days in"))).to_be_visible(timeout=180_000)
    picture("tutorial-loadtest")


def it_is_saved(page: Page, site: Site, picture: Picture) -> None:
    page.goto(site.address("design?pbx=acme.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(card(page, "5201")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved to acme.yaml")).to_be_visible()


STEPS = (
    a_pbx_from_a_template,
    a_second_queue_is_drawn,
    what_is_wrong_is_mended,
    a_call_is_followed,
    a_day_is_simulated,
    it_is_saved,
)


@pytest.mark.nightly
def test_the_administrators_tutorial_can_be_walked(visit: Opener, site: Site) -> None:
    walk(visit("design"), site, lambda name: None)
    file = site.file.with_name("acme.yaml")
    flow, faults = examine(file.read_bytes())
    assert flow is not None and not faults
    assert "Complaints" in file.read_text(encoding="utf-8")


def test_every_step_of_the_page_is_walked() -> None:
    numbered = re.findall(r"^## \d+\. ", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(numbered) == len(STEPS)
