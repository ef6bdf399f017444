"""A day of the load test is played over the canvas, and what its cards tell is what the simulator wrote down."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import expect

from engine.loading.load import load
from pbxsim.runs.job import Job
from pbxsim.workbench.loadtest import days

from .conftest import Opener, Site, card, edge
from .test_access import violations

pytestmark = pytest.mark.debian


def at_busiest(site: Site, number: int) -> dict[str, int]:
    """What stands at queue 5200 and in all when most wait there, from the tables of the day."""
    scenario = days.scenario(next(iter(days.scenarios(site.file).values())))
    flow = load(site.file.read_bytes())
    tables = Job(flow, scenario, keep_records=True).one(number).tables
    begin = pd.Timestamp(scenario.begin(flow), unit="us", tz="UTC")
    ticks = {
        (name, column): (tables[name][column] - begin) // pd.Timedelta("100ms")
        for name, column in (("visits", "entered"), ("visits", "left"), ("calls", "arrived"), ("calls", "ended"))
    }
    came, went = ticks["visits", "entered"], ticks["visits", "left"]
    at = max(sorted(came), key=lambda at: int(((came <= at) & (went > at)).sum()))
    visits, calls = tables["visits"], tables["calls"]
    stays = tables["elements"][tables["elements"]["element"] == 5200]
    here = ((stays["entered"] - begin) // pd.Timedelta("100ms") <= at) & (
        (stays["left"] - begin) // pd.Timedelta("100ms") > at
    )
    waiting = int(((came <= at) & (went > at)).sum())
    lost = calls["outcome"].isin(["talked", "voicemail"])
    return {
        "waiting": waiting,
        "talking": int(here.sum()) - waiting,
        "given_up": int(((visits["outcome"] == "abandoned") & (went <= at)).sum()),
        "came": int((ticks["calls", "arrived"] <= at).sum()),
        "lost": int((~lost & (ticks["calls", "ended"] <= at)).sum()),
    }


def test_a_day_is_played_and_its_cards_tell_what_the_simulator_wrote_down(visit: Opener, site: Site) -> None:
    page = visit("loadtest")
    expect(page.get_by_text(re.compile("^10 days in"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible(timeout=120_000)
    clock = page.get_by_test_id("replay-clock")
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)  # it runs
    number = int(page.get_by_role("textbox", name="Day of the run").input_value()) - 1

    page.get_by_role("button", name="To the longest queue").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    told = at_busiest(site, number)
    assert told["waiting"] > 1
    sales = page.get_by_test_id("now-5200")
    expect(sales.locator(".is-waiting")).to_have_text(str(told["waiting"]))
    expect(sales.locator(".is-talking")).to_have_text(str(told["talking"]))
    expect(sales.locator(".is-lost")).to_have_count(1 if told["given_up"] else 0)
    expect(page.get_by_test_id("replay-sums")).to_have_text(
        re.compile(f"Calls: {told['came']} · .* {told['lost']} lost")
    )

    page.get_by_role("button", name="Calls under way").click()
    row = page.locator(".wb-under button").first
    expect(row).to_contain_text("Sales")
    row.click()  # the call is followed
    expect(card(page, "5200")).to_have_class(re.compile("is-active"))
    expect(edge(page, "5000|keys.1|5200").locator(".is-on")).to_have_count(1)
    assert violations(page) == []
    row.click()
    expect(card(page, "5200")).not_to_have_class(re.compile("is-active"))

    slider = page.get_by_role("slider", name="Time of day")
    slider.focus()
    slider.press("End")
    expect(page.get_by_text("No call now")).to_be_visible()
    page.get_by_role("button", name="Best day").click()
    expect(page.get_by_text(re.compile(r"^Day \d+: \d+ calls, service level"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Figures", exact=True).click()
    expect(page.locator(".tiles").first).to_be_visible()
