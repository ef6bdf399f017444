"""The canvas by mouse, finger and keyboard: how cards come, and when they go. One page for all that needs no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import Site, card, centre, drag, edge, still

pytestmark = pytest.mark.debian


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A Design page on a screen that can be touched, too."""
    site.reset()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True)
    made = context.new_page()
    made.goto(site.address("design?lang=en"))
    expect(made.locator("#loader")).to_be_hidden()
    expect(card(made, "5200")).to_be_visible()
    yield still(made)
    context.close()


def ground(page: Page, across: float, down: float) -> tuple[float, float]:
    """A point of the canvas."""
    box = page.locator(".react-flow__pane").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def near(page: Page, id: str, point: tuple[float, float]) -> None:
    """A card stands where it was put down."""
    expect(card(page, id)).to_be_visible()
    box = card(page, id).bounding_box()
    assert box is not None
    assert abs(box["x"] - point[0]) < 90 and abs(box["y"] - point[1]) < 90, (box, point)


def undo(page: Page, id: str) -> None:
    page.get_by_test_id("undo").click()
    expect(card(page, id)).to_have_count(0)


def test_a_kind_is_dragged_from_the_palette_by_mouse(page: Page) -> None:
    end = ground(page, 0.3, 0.85)
    drag(page, centre(page.get_by_test_id("palette-voicemail")), end)
    near(page, "5100", end)
    undo(page, "5100")


def test_a_kind_is_dragged_from_the_palette_by_finger(page: Page) -> None:
    start, end = centre(page.get_by_test_id("palette-greeting")), ground(page, 0.4, 0.15)
    touch = page.context.new_cdp_session(page)
    for part in range(11):
        at = {"x": start[0] + (end[0] - start[0]) * part / 10, "y": start[1] + (end[1] - start[1]) * part / 10}
        kind = "touchStart" if part == 0 else "touchMove"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    expect(page.get_by_test_id("ghost")).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    near(page, "5002", end)
    undo(page, "5002")


def test_a_kind_is_picked_up_moved_and_put_down_by_keyboard_and_escape_lets_go(page: Page) -> None:
    brick = page.get_by_test_id("palette-voicemail")
    brick.focus()
    page.keyboard.press("Space")
    expect(page.get_by_test_id("ghost")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("ghost")).to_have_count(0)
    brick.focus()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    middle = ground(page, 0.5, 0.5)
    page.keyboard.press("Enter")
    near(page, "5100", (middle[0], middle[1] + 120))
    undo(page, "5100")


def test_a_press_that_does_not_move_adds_one_card(page: Page) -> None:
    page.get_by_test_id("palette-voicemail").click()
    expect(card(page, "5100")).to_be_visible()
    expect(card(page, "5101")).to_have_count(0)


def test_delete_and_backspace_delete_a_card_only_while_the_canvas_has_the_focus(page: Page) -> None:
    card(page, "5100").locator(".wb-title").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Voicemail")
    for elsewhere in (page.get_by_role("button", name="Reload"), page.get_by_role("link", name="Preview"), name):
        elsewhere.focus()
        page.keyboard.press("Delete")
        page.keyboard.press("Backspace")
    page.get_by_text("Settings", exact=True).click()  # nothing that takes the focus
    page.keyboard.press("Delete")
    page.wait_for_timeout(400)
    expect(card(page, "5100")).to_be_visible()
    card(page, "5100").locator(".wb-title").click()
    page.keyboard.press("Backspace")
    expect(card(page, "5100")).to_have_count(0)
    page.get_by_test_id("undo").click()
    expect(card(page, "5100")).to_be_visible()


def test_escape_closes_what_is_open(page: Page) -> None:
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.locator(".wb-help")).to_be_visible()
    page.get_by_role("button", name="Reload").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".wb-help")).to_be_hidden()
    card(page, "5120").locator(".wb-title").click()
    page.keyboard.press("Delete")
    refused = page.get_by_text("R-02.13: 5120 Mailbox cannot be deleted")
    expect(refused).to_be_visible()
    page.keyboard.press("Escape")
    expect(refused).to_be_hidden()


def output(page: Page, id: str) -> Locator:
    """The field of an output of the card whose settings are shown."""
    return page.get_by_role("combobox", name=id)


def test_an_output_is_what_its_field_shows_on_tab_and_on_enter(page: Page) -> None:
    """R-02.9: a number, a name, both, or a line of the list; what was typed before a line was marked does not count."""
    card(page, "5001").locator(".wb-title").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Closed")
    field = output(page, "→ after the sound")
    expect(field).to_have_value("5120 Mailbox")
    for typed, key, shown, to in (
        ("5300", "Tab", "5300 Office", "5300"),
        ("mailbox", "Enter", "5120 Mailbox", "5120"),
        ("8 (916) 123-45-67", "Tab", "89161234567", None),
        ("Sales", "Tab", "5200 Sales", "5200"),
        ("hang up", "Enter", "Hang up", None),
    ):
        field.fill(typed)
        field.press(key)
        expect(field).to_have_value(shown)
        if to:
            expect(edge(page, f"5001|next|{to}")).to_have_count(1)
        else:
            expect(card(page, "5001").locator(".wb-end")).to_have_text(shown)
    field.fill("Off")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("5300 Office")
    expect(edge(page, "5001|next|5300")).to_have_count(1)
    expect(page.get_by_text("Not possible")).to_be_hidden()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("5999", "there is nothing with the number 5999 (R-02.13)"),
        ("7001", "7001 is neither a number of this PBX nor a possible outside number (R-02.9)"),
        ("somewhere", "somewhere is neither a number of this PBX nor a possible outside number (R-02.9)"),
    ],
)
def test_a_number_that_is_nobodys_is_told_and_the_output_stays(page: Page, typed: str, told: str) -> None:
    field = output(page, "→ after the sound")
    field.fill(typed)
    field.press("Tab")
    expect(page.get_by_text(told)).to_be_visible()
    expect(field).to_have_value("5300 Office")
    expect(edge(page, "5001|next|5300")).to_have_count(1)
