"""The pages by ear and by keyboard: axe-core's rules, the way with Tab and Enter."""

from __future__ import annotations

import json
import re
import time

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Locator, Page, expect

from .conftest import Opener, Seat, Site, card, still

pytestmark = pytest.mark.debian

PRODUCT = {"en": "PBX Workbench", "ru": "Мастерская АТС"}
PAGES = ("design", "preview", "loadtest", "staffing", "year", "versions", "live", "history")
AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
SHOWN = {
    "loadtest": ".tiles",
    "staffing": "text=/Find a plan|Найти план/",
    "year": "td",
    "versions": "td",
    "live": "[role=alert]",
    "history": "[role=alert]",
}
"""What a page shows once it has found its answer; the others show cards."""


def filled(page: Page, name: str) -> Page:
    """Wait until the page shows its answer."""
    expect(page.locator(SHOWN[name]).first if name in SHOWN else card(page, "5200")).to_be_visible()
    return page


RESTS_WITHIN_S = 8.0
"""A page finds its boxes that scroll a quarter of a second after it is drawn, on a busy machine later."""


def violations(page: Page) -> list[str]:
    """What axe-core finds against a page that has come to rest, one line each."""
    page.evaluate(AXE)
    until = time.monotonic() + RESTS_WITHIN_S
    while True:
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        if not found or time.monotonic() > until:
            return [
                f"{rule['impact']} {rule['id']}: {node['html'][:160]} {json.dumps([one['data'] for one in node['any']])[:200]}"
                for rule in found
                for node in rule["nodes"]
            ]
        page.wait_for_timeout(500)


def is_told_and_clean(page: Page, language: str) -> None:
    """A page tells its language and its name, and axe-core finds nothing against it."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_count(1)
    title = heading.text_content() or ""
    expect(page).to_have_title(f"{title} · {PRODUCT[language]}")
    expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_have_text(title)
    assert violations(page) == []


@pytest.mark.nightly
@pytest.mark.parametrize("language", PRODUCT)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_theme_and_language(visit: Opener, name: str, theme: str, language: str) -> None:
    """One look of every page is judged in `test_browser_layout.py`."""
    is_told_and_clean(filled(visit(f"{name}?theme={theme}&lang={language}"), name), language)


def test_axe_finds_nothing_against_the_settings_of_every_kind_of_card(visit: Opener) -> None:
    page = still(filled(visit("design"), "design"))
    for id, name in (("5200", "Sales"), ("5000", "Welcome"), ("5400", "Working time"), ("5120", "Mailbox")):
        page.get_by_test_id("search").fill(id)
        page.get_by_test_id("search").press("Enter")
        expect(page.get_by_label("Name", exact=True)).to_have_value(name)
        shown = page.locator(".wb-area")
        shown.evaluate("area => { area.style.visibility = 'hidden' }")  # the canvas is judged with its page
        assert violations(page) == []
        shown.evaluate("area => { area.style.visibility = '' }")


NAMELESS = """
window.nameless = [];
const look = (node) => {
    for (const one of node.matches ? [node, ...node.querySelectorAll("*")] : []) {
        if (one.matches("button") && !(one.ariaLabel || one.title || one.textContent.trim()))
            window.nameless.push(one.outerHTML.slice(0, 200));
    }
};
const given = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
    const root = given.call(this, options);
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(look)))
        .observe(root, { childList: true, subtree: true });
    return root;
};
"""
"""Notes which button has no name as soon as it is drawn: an observer is called before any timer, and before anybody can look."""


def test_buttons_in_fields_have_their_names_from_the_first_moment_in_the_language_of_the_page(
    seat: Seat, site: Site
) -> None:
    site.reset()
    page = seat.new()
    page.add_init_script(NAMELESS)
    page.goto(site.address("staffing?lang=ru"))
    expect(page.get_by_role("button", name="Дней в поиске: больше")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Ход выполнения")).to_be_attached()
    page.get_by_label("Дней в поиске", exact=True).fill("7")
    page.get_by_role("button", name="Дней в поиске: меньше").click()
    expect(page.get_by_label("Дней в поиске", exact=True)).to_have_value("2")  # five a step
    assert page.evaluate("nameless") == []

    page.goto(site.address("design?lang=ru"))
    page.get_by_role("button", name="Сотрудники", exact=True).click()
    page.get_by_role("button", name="Показать введённое").click()
    expect(page.get_by_role("button", name="Скрыть введённое")).to_be_visible()
    page.get_by_role("button", name="Календари", exact=True).click()
    page.get_by_role("button", name="Новый календарь").click()
    page.get_by_role("button", name="Добавить дату").click()
    expect(page.get_by_role("button", name=re.compile(": выбрать в календаре$")).first).to_be_visible()
    page.get_by_role("combobox", name="Страна").click()
    page.get_by_placeholder("Поиск…").fill("Атлантида")
    expect(page.get_by_text("Выбирать не из чего")).to_be_visible()
    page.get_by_role("button", name="Очистить", exact=True).click()
    assert page.evaluate("nameless") == []


def focused(page: Page) -> str:
    """What is focused, in whatever shadow root: its accessible name as far as an attribute or its text gives it."""
    name = page.evaluate(
        """() => {
            let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return at?.getAttribute("aria-label") || at?.textContent || "";
        }"""
    )
    return str(name)


def outlined(locator: Locator) -> bool:
    """Whether something is drawn around or under a control that has the focus."""
    return bool(
        locator.evaluate("""item => {
            const style = getComputedStyle(item);
            return style.outlineStyle !== "none" || style.boxShadow !== "none";
        }""")
    )


def test_a_card_is_reached_moved_and_renamed_by_keyboard_alone(visit: Opener) -> None:
    page = still(filled(visit("design"), "design"))
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page).startswith("Number rule Debtors"):
            break
    assert focused(page).startswith("Number rule Debtors")
    assert outlined(card(page, "5500"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Debtors")
    before = card(page, "5500").bounding_box()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Not saved")).to_be_visible()
    after = card(page, "5500").bounding_box()
    assert before is not None and after is not None and after["y"] < before["y"]
    page.keyboard.press("F2")
    page.keyboard.type("Centre")
    page.keyboard.press("Enter")
    expect(card(page, "5500").locator(".wb-title")).to_have_text("Centre")


def test_an_undo_by_keyboard_needs_no_mouse_before_it(visit: Opener) -> None:
    page = still(filled(visit("design"), "design"))
    page.get_by_test_id("palette-voicemail").focus()
    page.keyboard.press("Enter")
    expect(card(page, "5100")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(card(page, "5100")).to_have_count(0)


def test_the_theme_is_changed_by_a_button_that_says_so(visit: Opener) -> None:
    page = filled(visit("year?lang=ru"), "year")
    page.get_by_role("button", name="Тёмная тема").click()
    expect(page.locator(".mui-dark main")).to_be_visible()
    page.get_by_role("button", name="Светлая тема").click()
    expect(page.locator(".mui-light main")).to_be_visible()
