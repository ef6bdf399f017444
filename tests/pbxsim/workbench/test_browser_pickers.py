"""Weekdays, hours, dates, time zones, sounds and members are picked in the browser, and the file says what was picked."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pbxsim.workbench.document.draft import Draft

from .conftest import Seat, Site, card, still

pytestmark = pytest.mark.debian


def saved(page: Page, site: Site, number: int) -> dict[str, Any]:
    """An element as the file has it once the page says that it is saved."""
    button = page.get_by_role("button", name="Save", exact=True)
    button.click()
    expect(button).to_be_disabled()
    found: dict[str, Any] = Draft(site.file.read_text(encoding="utf-8")).data["elements"][number]
    return found


def choose(page: Page, label: str, typed: str, line: str) -> None:
    """Type a part of it, and take a line of the list."""
    field = page.get_by_role("combobox", name=label, exact=True)
    field.click()
    field.fill(typed)
    page.get_by_role("option", name=line, exact=True).click()
    expect(field).to_have_value(line)


def test_what_is_picked_is_what_the_file_says(seat: Seat, site: Site) -> None:
    site.reset()
    page = seat.page()
    page.goto(site.address("design?lang=en"))
    expect(card(page, "5400")).to_be_visible()
    still(page)
    card(page, "5400").locator(".wb-title").click()

    saturday = page.get_by_role("button", name="Sat", exact=True)
    saturday.click()
    expect(saturday).to_have_attribute("aria-pressed", "true")
    choose(page, "to", "20:3", "20:30")
    choose(page, "Time zone", "moscow", "Europe/Moscow")
    page.get_by_role("button", name="More settings").click()
    page.get_by_role("button", name="Add a date").click()
    page.get_by_role("button", name="choose from a calendar").first.click()
    page.get_by_role("gridcell", name="15", exact=True).click()
    found = saved(page, site, 5400)
    assert found["days"] == "mon-sat"
    assert found["open"] == "09:00-20:30"
    assert found["zone"] == "Europe/Moscow"
    (picked,) = found["dates"]
    assert str(picked).startswith(f"{dt.date.today():%Y-%m}-15")

    card(page, "5000").locator(".wb-title").click()
    sound = page.get_by_role("combobox", name="Sound", exact=True)
    expect(sound).to_have_accessible_description(re.compile("^The sound; its length stands under"))
    page.get_by_role("button", name="More settings").click()
    expect(page.get_by_role("switch").first).to_have_accessible_description(
        "Outside legs allowed for direct SIP calls (R-10.4)"
    )
    sound.click()
    page.locator("li:visible").filter(has_text="closed.wav").click()
    assert saved(page, site, 5000)["prompt"] == "closed.wav"

    card(page, "5200").locator(".wb-title").click()
    page.get_by_role("combobox", name="Members", exact=True).click()
    page.locator("li:visible").filter(has_text="103").click()
    expect(page.locator(".MuiChip-root").filter(has_text="103 Gleb")).to_be_visible()
    page.keyboard.press("Escape")  # the line that had the focus is gone
    expect(page.locator("li:visible").filter(has_text="104")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Sales")
    assert saved(page, site, 5200)["members"] == [100, 101, 102, 103]
    the_list_of_pbxs_closes_as_every_other_list(page)
    assert seat.errors == []


def the_list_of_pbxs_closes_as_every_other_list(page: Page) -> None:
    name, link = page.locator("details.menu summary"), page.get_by_role("link", name="New, import, export…")
    name.click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.locator(".wb-palette").first.click(position={"x": 2, "y": 2})
    expect(link).to_be_hidden()
    name.press("Enter")
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Tab")
    expect(link).to_be_hidden()
