"""Documents without an editor, in a browser: files in and out, several PBXs, every part of a document beside the canvas."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .conftest import EXAMPLE, Opener, Site, card, patient
from .test_access import violations
from .test_browser_layout import LOOK

pytestmark = pytest.mark.debian

PARTS = ("Users", "Outside numbers", "Outgoing calls", "Calendars", "Sounds", "Settings of the PBX", "PBXs")


def test_a_file_comes_in_with_its_faults_by_line_and_goes_out_with_its_comments(
    visit: Opener, site: Site, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "wrong.yaml", tmp_path / "right.yaml"
    wrong.write_text("pbx: second\nusers:\n  100: {name: Anna\n", encoding="utf-8")
    right.write_bytes(EXAMPLE.read_bytes().replace(b"pbx: example ", b"pbx: second "))
    taken = site.file.with_name("second.yaml")
    taken.unlink(missing_ok=True)
    page = visit("design?part=pbxs")
    page.locator("input[type=file]").set_input_files(wrong)
    expect(page.get_by_text("This file cannot be read as YAML.")).to_be_visible()
    expect(page.get_by_text(re.compile("^line [34]: "))).to_be_visible()
    page.locator("input[type=file]").set_input_files(right)
    page.wait_for_url(re.compile("pbx=second.yaml"))
    expect(page.locator("#loader")).to_be_hidden()
    expect(card(page, "5200")).to_be_visible()
    page.get_by_role("button", name="PBXs").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").or_(page.get_by_role("link", name="Download")).click()
    assert Path(download.value.path()).read_bytes() == right.read_bytes() == taken.read_bytes()
    page.locator("summary").click()
    page.get_by_role("link", name="example", exact=True).first.click()
    expect(page.locator("summary b")).to_have_text("example")
    taken.unlink()


def test_every_part_of_a_document_is_whole_at_every_width_and_for_every_ear(browser: Browser, site: Site) -> None:
    site.reset()
    page = patient(browser.new_page(viewport={"width": 1440, "height": 900}))
    page.goto(site.address("design?theme=dark"))
    expect(page.locator("#loader")).to_be_hidden()
    for part in PARTS:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name=part, exact=True).click()
        if part == "Calendars":
            page.get_by_role("button", name="New calendar").click()
            expect(page.locator("td.on").first).to_be_visible()
        expect(page.locator(".wb-frame")).to_be_hidden()
        page.wait_for_timeout(700)
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
    page.close()
