"""From nothing to a whole PBX in a browser, without an editor: how many clicks, files in and out, every part of a document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.loading.load import examine

from .conftest import EXAMPLE, PATIENCE_MS, Opener, Site, card, centre, drag, edge, port
from .test_access import violations
from .test_browser_layout import LOOK

pytestmark = pytest.mark.debian

MOST_CLICKS = 40
PARTS = ("Users", "Outside numbers", "Outgoing calls", "Calendars", "Sounds", "Widgets", "Settings of the PBX", "PBXs")


class Hand:
    """One hand on a mouse: counts what it clicks and drags; typing and Enter are not counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, what: Locator) -> None:
        what.click()
        self.count += 1

    def type(self, label: str, text: str) -> None:
        """Click into a field and type."""
        field = self.page.get_by_label(label, exact=True)
        self.click(field)
        field.fill(text)
        field.press("Enter")

    def drag(self, start: Locator, end: tuple[float, float]) -> None:
        expect(start).to_be_visible()
        steady(start)
        drag(self.page, centre(start), end)
        self.count += 1

    def lead_on(self, start: Locator, kind: str, above: bool = False) -> None:
        """Drag an output into the open, below or above all cards, and pick what shall stand there."""
        box = self.page.locator(".react-flow__pane").bounding_box()
        steady(start)
        x, _ = centre(start)
        assert box is not None
        y = box["y"] + (90 if above else box["height"] - 90)
        self.drag(start, (min(x + 220, box["x"] + box["width"] - 60), y))
        self.click(self.page.get_by_role("menuitem", name=kind, exact=True))


def steady(what: Locator) -> None:
    """Wait until something stands still."""
    before = None
    for _ in range(PATIENCE_MS // 100):
        now = what.bounding_box()
        if now is not None and now == before:
            return
        before = now
        what.page.wait_for_timeout(150)


def whole(page: Page) -> None:
    """Show the whole flow: what a person does with F, no click."""
    page.get_by_role("button", name="Show everything").evaluate("button => button.click()")
    page.wait_for_timeout(600)


@pytest.mark.nightly
def test_a_whole_pbx_is_made_from_nothing_in_few_clicks(visit: Opener, site: Site) -> None:
    """New, a trunk with its number, a greeting with two keys, a queue with two users, voicemail, saved without errors."""
    file = site.file.with_name("acme.yaml")
    page = visit("design")
    hand = Hand(page)
    hand.click(page.locator("summary"))
    hand.click(page.get_by_role("link", name="New, import, export…"))
    hand.type("Account name", "acme")
    hand.click(page.get_by_role("button", name="Create"))
    page.wait_for_url(re.compile("pbx=acme.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    hand.click(page.get_by_test_id("palette-trunk"))
    hand.type("Number", "74951234567")
    hand.type("Lines", "10")
    hand.lead_on(port(page, "trunk:line1", "calls go to"), "Greeting")
    hand.click(page.get_by_role("combobox", name="Sound", exact=True))
    hand.click(page.locator("li:visible").filter(has_text="welcome.wav"))
    whole(page)
    hand.lead_on(port(page, "5000", "new key"), "Queue")
    for member in ("User 1", "User 2"):
        hand.click(page.get_by_role("button", name="New user as member"))
        expect(card(page, "5200").locator(".wb-chip").filter(has_text=member)).to_be_visible()
    whole(page)
    hand.lead_on(port(page, "5000", "new key"), "Voicemail", above=True)
    hand.type("Recipients", "office@example.org")
    whole(page)
    for id, output, to in (
        ("5000", "no key", "5200"),
        ("5000", "wrong key", "5200"),
        ("5200", "waited too long", "5100"),
        ("5200", "nobody signed in", "5100"),
    ):
        entry = card(page, to).locator(".wb-in")
        steady(entry)
        hand.drag(port(page, id, output), centre(entry))
    expect(edge(page, "5200|join_empty|5100")).to_have_count(1)

    # What is unwise leads to its field: calls for help need a default number.
    problem = page.get_by_role("button", name=re.compile("^Outgoing calls: 112 reaches nobody"))
    expect(problem).to_be_visible()
    page.wait_for_timeout(2000)  # the list is written again once the check is through
    hand.click(problem)
    hand.click(page.get_by_role("combobox", name="Default number"))
    hand.click(page.locator("li:visible").filter(has_text="Outside number"))
    hand.click(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("Saved to acme.yaml")).to_be_visible()
    expect(page.get_by_text(re.compile("^Errors: "))).to_have_count(0)

    flow, faults = examine(file.read_bytes())
    assert flow is not None and not [fault for fault in faults if fault.severity == "error"]
    assert {element.kind for element in flow.elements.values()} >= {"greeting", "queue", "voicemail"}
    assert sorted(flow.head.users) == [100, 101] and flow.head.outgoing.default == "line1"
    print(f"\nfrom nothing to a whole PBX: {hand.count} clicks and drags")
    assert hand.count <= MOST_CLICKS


def test_every_part_of_a_document_is_whole_at_every_width_and_files_come_in_and_go_out(
    visit: Opener, site: Site, tmp_path: Path
) -> None:
    page = visit("design?theme=dark")
    for part in PARTS:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name=part, exact=True).click()
        if part == "Calendars":
            page.get_by_role("button", name="New calendar").click()
            expect(page.locator("td.on").first).to_be_visible()
        if part == "Widgets":
            page.get_by_role("button", name="New widget").click()
            expect(page.locator(".site .window")).to_contain_text("Call me back")
        expect(page.locator(".wb-frame")).to_be_hidden()
        page.wait_for_timeout(500)
        assert violations(page) == [], part
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 844})
            found: list[str] = []
            for _ in range(12):
                page.wait_for_timeout(250)
                found = page.evaluate(LOOK)
                if not found:
                    break
            assert not found, f"{part} at {width}: " + "\n".join(found[:6])
    a_file_comes_in_with_its_faults_by_line_and_goes_out_with_its_comments(page, site, tmp_path)


def a_file_comes_in_with_its_faults_by_line_and_goes_out_with_its_comments(
    page: Page, site: Site, folder: Path
) -> None:
    wrong, right = folder / "wrong.yaml", folder / "right.yaml"
    wrong.write_text("pbx: second\nusers:\n  100: {name: Anna\n", encoding="utf-8")
    right.write_bytes(EXAMPLE.read_bytes().replace(b"pbx: example ", b"pbx: second "))
    taken = site.file.with_name("second.yaml")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("input[type=file]").set_input_files(wrong)
    expect(page.get_by_text("This file cannot be read as YAML.")).to_be_visible()
    expect(page.get_by_text(re.compile("^line [34]: "))).to_be_visible()
    expect(page.get_by_text("wrong.yaml", exact=True)).to_be_visible()  # and no English sentence on every page
    page.locator("input[type=file]").set_input_files(right)
    page.wait_for_url(re.compile("pbx=second.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(card(page, "5200")).to_be_visible()
    page.get_by_role("button", name="PBXs").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").or_(page.get_by_role("link", name="Download")).click()
    assert Path(download.value.path()).read_bytes() == right.read_bytes() == taken.read_bytes()
    page.locator("summary").click()
    other = page.locator("details").get_by_role("link", name="example", exact=True)
    expect(other).to_have_attribute("href", re.compile("pbx=pbx.yaml"))
