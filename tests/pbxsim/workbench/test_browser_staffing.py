"""The Staffing page in the browser: a plan is asked for, cancelled, found, read and taken away (R-25.3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.loading.load import load
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario

from .conftest import Opener, Site

pytestmark = pytest.mark.debian

HOUR = """
scenario: an hour
about: One busy hour
date: 2026-11-23
start: "10:00"
hours: 1
arrivals: {moscow: {trunk: moscow, every_min: 30, calls: [16, 16]}}
keys: {5000: {choices: {1: 1}}}
talk: {default: {kind: exponential, mean: 120}}
patience: {default: {kind: exponential, mean: 120}}
"""


@pytest.fixture
def hour(visit: Opener, site: Site) -> Path:
    """A scenario beside the document, once `visit` has taken away what a test before left."""
    path = site.file.with_name("scenario_hour.yaml")
    path.write_text(HOUR, encoding="utf-8")
    return path


def taken(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def filled_in(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def test_a_plan_is_asked_for_found_and_taken_away(visit: Opener, site: Site, hour: Path) -> None:
    page = visit("staffing")
    expect(page.get_by_label("Sales: cost of an hour", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Scenario").click()
    page.get_by_role("menuitem", name="scenario hour").click()
    expect(page.get_by_text("One busy hour")).to_be_visible()
    filled_in(page, "Service level, at least, %", "")
    page.get_by_role("button", name="Find a plan").click()
    expect(page.get_by_text("Nothing is asked for: fill in at least one target.")).to_be_visible()
    filled_in(page, "Service level, at least, %", "80")
    filled_in(page, "Days of the search", "200")
    page.get_by_role("button", name="Find a plan").click()
    expect(page.get_by_text(re.compile(r"^\d+ %, \d+ s"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    filled_in(page, "Days of the search", "3")
    page.get_by_role("button", name="Find a plan").click()
    expect(page.get_by_text(re.compile(r"^Found in .* calls simulated"))).to_be_visible(timeout=200_000)
    expect(page.locator(".tiles div")).to_have_count(6)
    expect(page.get_by_text(re.compile("Callers the search has not seen meet|With callers the search"))).to_be_visible()
    expect(page.locator("td", has_text="5200 Sales").first).to_be_visible()
    assert taken(page, "Members needed, CSV").startswith(
        "interval,team,members,by_theory,hours\n2026-11-23 10:00:00+05:00"
    )
    scenario = Scenario.parse(taken(page, "Scenario, YAML"))
    assert scenario.shifts and scenario.measure.interval_min == 30
    told = page.get_by_text(re.compile("The plan has [0-9]+ people at work whom this PBX does not have yet"))
    text = taken(page, "PBX with the new people, YAML") if told.count() else site.file.read_text(encoding="utf-8")
    check(scenario, load(text))


def test_a_week_is_asked_for_cancelled_found_and_taken_away(visit: Opener, site: Site, hour: Path) -> None:
    page = visit("staffing")
    page.get_by_role("combobox", name="Scenario").click()
    page.get_by_role("menuitem", name="scenario hour").click()
    assert page.get_by_label("Who works on which contract").count() == 0, "made when it is first asked for"
    page.get_by_role("button", name="A week").click()
    people = page.get_by_label("Who works on which contract")
    expect(people).to_have_value("100-102 full")
    people.fill("100-102 full\n2 like 100 parttime")
    people.press("Tab")
    for n, (hours, lengths) in enumerate((("0 – 40", "1, 2"), ("20 – 10", "1"))):
        for label, value in (("Paid hours a week", hours), ("Shifts, hours", lengths)):
            field = page.get_by_label(label, exact=True).nth(n)
            field.fill(value)
            field.press("Tab")
    for day in ("Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        filled_in(page, day, "0")
    filled_in(page, "Days of the search", "200")
    find = page.get_by_role("button", name="Find shifts")
    find.click()
    expect(page.get_by_text("At least first, then at most: 30 – 40.")).to_be_visible()
    field = page.get_by_label("Paid hours a week", exact=True).nth(1)
    field.fill("0 – 10")
    field.press("Tab")
    find.click()
    expect(page.get_by_text("There is no contract “parttime”; there are full, part.")).to_be_visible()
    people.fill('100-102 full\n2 like 100 part "New"')
    people.press("Tab")
    find.click()
    expect(page.get_by_text(re.compile(r"^\d+ %, \d+ s"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    filled_in(page, "Days of the search", "2")
    find.click()
    expect(page.get_by_text(re.compile(r"^Found in .* s\.$"))).to_be_visible(timeout=300_000)
    grid = page.locator("table", has=page.locator(".shift"))
    expect(grid.locator("tbody tr")).to_have_count(5)
    expect(grid.locator("tbody tr", has_text="New 2")).to_be_visible()
    expect(page.locator("h6[aria-level='2']", has_text="Who works when")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Mon 2026-11-23: needed at most"))).to_be_visible()
    assert taken(page, "Shifts, CSV").startswith("user,name,team,contract,day,weekday,from,to,break,break_min,paid_h\n")
    assert taken(page, "People by days, CSV").count("\n") == 6
    page.get_by_role("button", name="Keep the days as scenarios").click()
    expect(page.get_by_text("Kept for Load test and Staffing: an_hour_rostered_mon.yaml.")).to_be_visible()
    kept = Scenario.load(site.file.with_name("scenarios") / "an_hour_rostered_mon.yaml")
    assert kept.shifts and kept.hours == 24
    page.get_by_role("button", name="A day").click()
    expect(page.get_by_role("button", name="Find a plan")).to_be_visible()
    expect(grid).to_be_hidden()
