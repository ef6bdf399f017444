"""The pages in a browser: what a person does and sees. One server, Debian's chromium, no other machine."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from pbxsim.workbench.graph import CARD_WIDTH

from .conftest import Opener, Site, card, centre, drag, edge, port

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group("workbench")]


def ready(page: Page) -> Page:
    expect(card(page, "5200")).to_be_visible()
    expect(page.locator(".react-flow__edge")).not_to_have_count(0)
    page.wait_for_function("() => true")
    return page


def test_the_canvas_shows_every_element_of_the_example_with_its_outputs(visit: Opener) -> None:
    page = ready(visit("design"))
    for id in ("trunk:moscow", "trunk:spb", "5500", "5400", "5000", "5001", "5200", "5300", "5301", "5120"):
        expect(card(page, id)).to_be_visible()
    expect(card(page, "5400").locator(".wb-port-label")).to_have_text(["match", "no match"])
    expect(card(page, "5000").locator(".wb-port-label")).to_have_text(
        ["key 1", "key 2", "new key", "no key", "wrong key"]
    )
    expect(card(page, "5200").locator(".wb-chip")).to_have_text(["Anna", "Boris", "Vera"])
    expect(edge(page, "5400|match|5000")).to_have_count(1)
    expect(page.get_by_text("No problems found")).to_be_visible()
    trunk, rule = centre(card(page, "trunk:moscow")), centre(card(page, "5500"))
    assert trunk[0] < rule[0], "trunks stand at the left"


def test_cards_have_the_size_the_layout_counts_on(visit: Opener) -> None:
    page = ready(visit("design"))
    for id in ("5200", "5000", "5120"):
        box = card(page, id).bounding_box()
        handles = [centre(h)[1] for h in card(page, id).locator(".wb-port .react-flow__handle").all()]
        assert box is not None
        scale = box["width"] / CARD_WIDTH
        gaps = [round((b - a) / scale) for a, b in zip(handles, handles[1:])]
        assert set(gaps) <= {23}
        if handles:
            assert abs((box["y"] + box["height"] - handles[-1]) / scale - 16.5) < 2


def test_dragging_between_dots_connects_and_undo_takes_it_back(visit: Opener) -> None:
    page = ready(visit("design"))
    drag(page, centre(port(page, "5001", "after the sound")), centre(card(page, "5300").locator(".wb-in")))
    expect(edge(page, "5001|next|5300")).to_have_count(1)
    expect(edge(page, "5001|next|5120")).to_have_count(0)
    expect(page.get_by_text("Not saved")).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(edge(page, "5001|next|5120")).to_have_count(1)
    expect(page.get_by_text("Not saved")).to_be_hidden()


def test_an_edge_is_deleted_and_the_keyboard_brings_it_back(visit: Opener) -> None:
    page = ready(visit("design"))
    expect(edge(page, "5301|no_answer|5300")).to_have_count(1)
    edge(page, "5301|no_answer|5300").locator("path.react-flow__edge-interaction").dispatch_event("click")
    page.locator(".react-flow__pane").dispatch_event("pointerdown")
    page.keyboard.press("Delete")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(0)


def test_an_element_in_use_is_not_deleted_and_its_referrers_are_shown(visit: Opener) -> None:
    """R-02.13."""
    page = ready(visit("design"))
    card(page, "5120").locator(".wb-title").click()
    page.keyboard.press("Delete")
    expect(page.get_by_text("R-02.13: 5120 Mailbox cannot be deleted")).to_be_visible()
    for referrer in ("5500 Debtors: match", "5001 Closed: after the sound", "5300 Office: no answer"):
        expect(page.get_by_role("button", name=referrer)).to_be_visible()
    expect(card(page, "5120")).to_be_visible()
    page.get_by_role("button", name="5300 Office: no answer").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Office")


def test_a_connection_dropped_on_nothing_offers_what_to_add(visit: Opener) -> None:
    page = ready(visit("design"))
    pane = page.locator(".react-flow__pane").bounding_box()
    assert pane is not None
    drop = (pane["x"] + pane["width"] * 0.55, pane["y"] + pane["height"] * 0.9)
    drag(page, centre(port(page, "5001", "after the sound")), drop)
    page.get_by_role("menuitem", name="Voicemail").click()
    expect(edge(page, "5001|next|5100")).to_have_count(1)
    expect(page.get_by_test_id("badge-5100")).to_be_visible()
    expect(page.get_by_text("Errors: 1")).to_be_visible()
    drag(page, centre(port(page, "5300", "no answer")), (drop[0] - 250, drop[1]))
    page.get_by_role("menuitem", name="Hang up").click()
    expect(card(page, "5300").locator(".wb-end")).to_have_text("Hang up")


def test_a_field_is_edited_and_saving_keeps_the_comments_of_the_file(visit: Opener, site: Site) -> None:
    page = ready(visit("design"))
    before = site.file.read_text(encoding="utf-8")
    card(page, "5200").locator(".wb-title").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Sales")
    name.fill("Продажи")
    name.press("Enter")
    expect(card(page, "5200").locator(".wb-title")).to_have_text("Продажи")
    wait = page.get_by_label("Longest wait, s")
    wait.fill("120")
    wait.press("Tab")
    expect(card(page, "5200").locator(".wb-sub")).to_have_text("longest idle, 120 s")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved to pbx.yaml")).to_be_visible()
    after = site.file.read_text(encoding="utf-8")
    assert after == before.replace("name: Sales", "name: Продажи").replace("max_wait: 300", "max_wait: 120")


def test_a_wrong_value_is_shown_at_its_field_on_its_card_and_in_the_list(visit: Opener) -> None:
    page = ready(visit("design"))
    card(page, "5120").locator(".wb-title").click()
    recipients = page.get_by_label("Recipients")
    recipients.fill("nonsense")
    recipients.press("Enter")
    expect(page.get_by_test_id("badge-5120")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Mailbox: nonsense is no e-mail address"))).to_be_visible()
    expect(page.get_by_text("has errors")).to_be_visible()
    page.get_by_test_id("search").fill("closed")
    page.get_by_test_id("search").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Closed")
    page.get_by_role("button", name=re.compile("Mailbox: nonsense is no e-mail address")).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mailbox")


def test_people_are_cards_on_request_and_a_drag_makes_a_member(visit: Opener) -> None:
    page = ready(visit("design"))
    page.get_by_test_id("people").click()
    expect(card(page, "106")).to_be_visible()
    expect(edge(page, "5301|members|106")).to_have_count(1)
    page.wait_for_timeout(500)  # the view moves to show everything
    handle = card(page, "5301").locator(".wb-members .react-flow__handle")
    drag(page, centre(handle), centre(card(page, "102").locator(".wb-in")))
    expect(edge(page, "5301|members|102")).to_have_count(1)


@pytest.mark.parametrize(
    ("at", "path", "element", "case"),
    [
        ("2026-11-23T08:59:59", ["5500", "5400", "5001", "5120"], "5001", "T1"),
        ("2026-11-23T09:00:00", ["5500", "5400", "5000", "5200"], "5000", "T2"),
    ],
)
def test_a_preview_shows_the_path_of_the_table_of_time_rules(
    visit: Opener, at: str, path: list[str], element: str, case: str
) -> None:
    """R-11.2, cases T1 and T2: one second decides."""
    page = ready(visit(f"preview?number=74951234567&at={at}&keys=1"))
    for n, id in enumerate(path, start=2):
        expect(card(page, id).locator(".wb-step")).to_have_text(str(n))
    expect(page.locator("tr[data-card='5400']")).to_contain_text("R-11.1")
    expect(page.locator("tr[data-card='5400']")).to_contain_text(element)
    expect(edge(page, f"5400|{'match' if case == 'T2' else 'mismatch'}|{element}").locator("path.is-on")).to_have_count(
        1
    )
    other = "5001" if case == "T2" else "5000"
    expect(card(page, other)).to_have_class(re.compile("is-dim"))


def test_a_preview_follows_every_change_of_the_call(visit: Opener) -> None:
    page = ready(visit("preview?number=74951234567&at=2026-11-23T12:00:00&keys=2"))
    expect(card(page, "5301").locator(".wb-chip.is-answered")).to_have_text("Egor")
    caller = page.get_by_label("Caller")
    caller.fill("84955551000")
    caller.press("Enter")
    expect(card(page, "5120").locator(".wb-step")).to_have_text("3")
    caller.fill("84951112233")
    caller.press("Enter")
    page.get_by_role("button", name="Nobody answers").click()
    expect(card(page, "5300").locator(".wb-step")).to_have_text("6")
    expect(card(page, "5120").locator(".wb-step")).to_have_text("7")
    page.get_by_label("Time", exact=True).fill("25:00")
    page.get_by_label("Time", exact=True).press("Enter")
    expect(page.get_by_text("Write the time as 09:00")).to_be_visible()


def test_unsaved_changes_go_along_from_page_to_page(visit: Opener) -> None:
    page = ready(visit("design"))
    drag(page, centre(port(page, "5400", "no match")), centre(card(page, "5120").locator(".wb-in")))
    expect(edge(page, "5400|mismatch|5120")).to_have_count(1)
    page.get_by_role("link", name="Preview").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(edge(page, "5400|mismatch|5120")).to_have_count(1)
    expect(page.get_by_text("Not saved")).to_be_visible()
    page.get_by_role("link", name="Design").click()
    expect(page.locator("#loader")).to_be_hidden()
    page.get_by_test_id("undo").click()
    expect(edge(page, "5400|mismatch|5001")).to_have_count(1)


def test_a_load_test_runs_with_progress_and_shows_figures_with_intervals(visit: Opener) -> None:
    page = visit("loadtest")
    days = page.get_by_label("Simulated days")
    days.fill("8")
    days.press("Tab")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(re.compile(r"[1-8] of 8 days"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile(r"^8 days in .* calls simulated"))).to_be_visible(timeout=60_000)
    for name in ("Offered", "Answered", "Abandoned", "Service level", "Mean wait (ASA)", "Occupancy"):
        tile = page.locator(".tiles div").filter(has=page.get_by_text(name, exact=True))
        expect(tile).to_contain_text(re.compile(r"\d+\.\d"))
        expect(tile).to_contain_text("95 % interval")
    expect(page.locator(".bk-Canvas, canvas").first).to_be_visible()


def test_a_load_test_is_cancelled_and_another_can_be_started(visit: Opener) -> None:
    page = visit("loadtest")
    days = page.get_by_label("Simulated days")
    days.fill("1000")
    days.press("Tab")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(re.compile(r"\d+ of 1000 days"))).to_be_visible(timeout=60_000)
    began = time.monotonic()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(r"Cancelled after \d+ of 1000 days"))).to_be_visible()
    assert time.monotonic() - began < 15
    expect(page.get_by_role("button", name="Run")).to_be_enabled()


def test_dark_mode_reaches_the_canvas_and_goes_along_to_other_pages(visit: Opener) -> None:
    page = ready(visit("design"))
    expect(page.locator(".wb-root.dark")).to_have_count(0)
    page.get_by_role("button", name="Toggle theme").click()
    expect(page.locator(".wb-root.dark")).to_have_count(1)
    page.get_by_role("link", name="Preview").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.locator(".wb-root.dark")).to_have_count(1)


def test_the_page_speaks_russian(visit: Opener) -> None:
    page = ready(visit("design"))
    page.get_by_role("link", name="Русский").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text("Замечаний нет")).to_be_visible()
    expect(card(page, "5400").locator(".wb-port-label")).to_have_text(["совпадение", "несовпадение"])


def test_two_browsers_do_not_see_each_others_unsaved_changes(visit: Opener) -> None:
    one, two = ready(visit("design")), ready(visit("design"))
    drag(one, centre(port(one, "5001", "after the sound")), centre(card(one, "5300").locator(".wb-in")))
    expect(edge(one, "5001|next|5300")).to_have_count(1)
    expect(edge(two, "5001|next|5120")).to_have_count(1)
    expect(edge(two, "5001|next|5300")).to_have_count(0)
