"""The Year map and Compare pages in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.harness import rule

from .conftest import Opener, Site, card, centre, drag, port, still

pytestmark = pytest.mark.debian


def test_the_map_shows_where_a_year_goes_and_a_boundary_leads_to_its_call(visit: Opener) -> None:
    """R-11.2: the second of the boundary is the first that lands elsewhere."""
    page = visit("year?number=trunk:moscow")
    expect(page.get_by_text("187 920")).to_have_count(2)
    expect(page.get_by_text("Changes: 522")).to_be_visible()
    expect(page.locator("tr").filter(has_text="Mon–Fri").first).to_contain_text("09:00 – 21:00")
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_label("Callers").click()
    page.get_by_role("menuitem", name=re.compile("fit 5500")).click()
    expect(page.get_by_text("Changes: 0")).to_be_visible()
    expect(page.get_by_text("100.0 %")).to_be_visible()
    page.get_by_label("Called number").click()
    page.get_by_role("menuitem", name=re.compile("78121234567")).click()
    expect(page.get_by_text("Changes: 522")).to_be_visible()
    page.get_by_role("link", name=re.compile("09:00")).first.click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_label("Called number")).to_have_value("Saint Petersburg 78121234567")
    expect(card(page, "5000").locator(".wb-step")).to_be_visible()


def test_two_versions_are_compared_in_both_languages(visit: Opener) -> None:
    """R-25.3."""
    page = visit("versions?new=evening")
    told(page, "all other callers", "Mon–Fri", "Time rule 5400 Working time", "5120 “Mailbox”", "5000 “Welcome”")
    page.get_by_role("link", name="Русский").click()
    expect(page.locator("#loader")).to_be_hidden()
    told(
        page, "все остальные звонящие", "пн–пт", "Правило времени 5400 Working time", "5120 «Mailbox»", "5000 «Welcome»"
    )


def told(page: Page, callers: str, days: str, edited: str, *names: str) -> None:
    expect(page.locator("tr").filter(has_text="74951234567")).to_contain_text(callers)
    moved = page.locator("tr").filter(has_text="21:00 – 22:00")
    for part in (days, "261", "15 660", *names):
        expect(moved).to_contain_text(part)
    expect(page.locator("tr").filter(has_text=edited)).to_be_visible()


def test_the_version_in_edit_is_compared_with_the_file(visit: Opener, site: Site) -> None:
    page = visit("design")
    expect(card(page, "5200")).to_be_visible()
    still(page)
    drag(page, centre(port(page, "5400", "no match")), centre(card(page, "5120").locator(".wb-in")))
    expect(page.get_by_text("Not saved")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text("pbx.yaml in edit")).to_be_visible()
    expect(page.locator("tr").filter(has_text="74951234567")).to_contain_text("lands as before")
    expect(page.locator("tr").filter(has_text="Time rule 5400")).to_contain_text("no match")


LOG = """\
at,number,caller
2026-11-23 20:30,84951234567,89121111111
2026-11-23 21:30,84951234567,89121111111
2026-11-28 21:30,84951234567,
half past nine,84951234567,
2026-11-23 21:30,5550000,
"""


@rule("R-25.3")
def test_calls_of_a_log_are_judged_and_nothing_is_dropped_silently(visit: Opener) -> None:
    """The same log as `pbx diff --log` is given, with the same figures."""
    page = visit("versions?new=evening")
    expect(page.locator("tr").filter(has_text="74951234567").first).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "calls.csv", "mimeType": "text/csv", "buffer": LOG.encode()}
    )
    expect(page.get_by_text("1 of 3 calls of calls.csv would land elsewhere (33.3 %).").first).to_be_visible()
    expect(page.get_by_text("not judged: 1.")).to_be_visible()
    expect(page.get_by_text("Lines that were not understood: 1, the first is line 5.")).to_be_visible()
    example = page.locator("tr").filter(has_text="Mon 2026-11-23 21:30")
    for part in ("84951234567", "89121111111", "5120 “Mailbox”", "5000 “Welcome”"):
        expect(example).to_contain_text(part)


def test_a_file_that_is_no_log_is_told_with_what_is_wrong(visit: Opener) -> None:
    page = visit("versions?new=evening")
    expect(page.locator("tr").filter(has_text="74951234567").first).to_be_visible()
    for data, told in (
        (b"when,who\n1,2\n", "no columns at and number. It has: when, who."),
        (b"\xff\xfe\x00", "is no CSV text in UTF-8"),
        (b"at,number\nnever,5\n", "No call of log.csv could be judged."),
    ):
        page.locator("input[type=file]").set_input_files({"name": "log.csv", "mimeType": "text/csv", "buffer": data})
        expect(page.get_by_text(told)).to_be_visible()
