"""The Load test page of a PBX without a scenario: one is written, kept and run, and two runs are held against each other."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from pbxsim.scenario.scenario import Scenario

from .conftest import Opener, Site
from .test_access import violations

pytestmark = pytest.mark.debian


def written(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def taken(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def typed(page: Page, label: str, keys: str, stands: str) -> None:
    """Written key by key, as people do; what then stands in the field is told as well."""
    field = page.get_by_label(label, exact=True)
    field.click()
    field.press("Control+a")
    page.keyboard.type(keys)
    field.press("Tab")
    expect(field).to_have_value(stands)


def every_view_is_shown(page: Page) -> None:
    """One after another, by keyboard and by pointer; each is made when it is first looked at."""
    charts = page.locator(".bk-Figure:visible")
    cell = page.get_by_role("cell", name=re.compile(r"^\d+$")).first
    page.get_by_role("button", name="Heat map").press("Enter")
    expect(page.get_by_role("button", name="Heat map")).to_have_attribute("aria-pressed", "true")
    expect(cell).to_be_visible()
    expect(charts).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="Waits").click()
    expect(page.get_by_text(re.compile("^Of those answered, waited at most: 50 % – "))).to_be_visible()
    expect(charts).to_have_count(2)
    expect(cell).to_be_hidden()
    page.get_by_role("button", name="Files").click()
    assert taken(page, "Table, CSV").startswith("queue,queue_name,interval_start,offered_calls,offered_calls_low,")
    notebook = nbformat.reads(taken(page, "Notebook, .ipynb"), as_version=4)
    assert "reps=10" in "".join(cell.source for cell in notebook.cells)
    page.get_by_role("button", name="Day", exact=True).click()
    expect(charts).to_have_count(3)


def test_an_own_scenario_is_written_kept_run_and_compared_on_the_same_callers(visit: Opener, site: Site) -> None:
    page = visit("loadtest")
    expect(page.get_by_text(re.compile("^10 days in"))).to_be_visible(timeout=120_000)
    every_view_is_shown(page)
    page.get_by_role("button", name="Kept runs").click()
    expect(page.get_by_text("No run is kept yet")).to_be_visible()
    page.get_by_role("button", name="Keep this run").click()
    expect(page.get_by_text("Kept as example weekday, 10 days.")).to_be_visible()
    expect(page.get_by_text("Keep a second run to compare with.")).to_be_visible()

    page.get_by_role("button", name="Own scenario").click()
    table = page.get_by_label("Half hours: time and calls, a line each")
    expect(table).to_have_value(re.compile("^08:30 "))
    table.fill("nine o'clock: many")
    table.press("Tab")
    expect(page.get_by_text("Line 1 of the table is not understood")).to_be_visible()
    table.fill("09:00 10\n09:30 14\n10:00 12")
    table.press("Tab")
    expect(page.get_by_text("36 calls a day")).to_be_visible()
    written(page, "Name", "my morning")
    page.get_by_role("button", name="Check and keep").click()
    expect(page.get_by_text("Kept as scenarios/my_morning.yaml")).to_be_visible()
    made = Scenario.load(site.file.with_name("scenarios") / "my_morning.yaml")
    assert sum(made.arrivals["moscow"].calls) == 36 and made.shifts[0].members == (100, 101, 102)
    assert violations(page) == []
    assert Scenario.parse(taken(page, "Scenario, YAML")) == made

    typed(page, "Simulated days", "4 dqys", "4")
    typed(page, "Calls, compared with the scenario, ×", "1,3", "1.3")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"^4 days in .* calls simulated"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Kept runs").click()
    page.get_by_role("button", name="Keep this run").click()
    expect(page.get_by_text("Kept as my morning, 4 days, ×1.3.")).to_be_visible()
    expect(
        page.get_by_text(re.compile("^4 days on the same callers.*1.3 in the first run, 1 in the second"))
    ).to_be_visible()
    expect(page.locator("td", has_text="5200 Sales").first).to_be_visible()
    assert violations(page) == []
    assert taken(page, "Differences, CSV").startswith("queue,figure,first,second,difference,low,high,sure\n0,offered,")
