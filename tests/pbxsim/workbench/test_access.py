"""The pages by ear, by keyboard and on a telephone: axe-core's rules, the way with Tab and Enter, nothing over anything."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import Opener, Site, card, still

pytestmark = pytest.mark.debian

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


def violations(page: Page) -> list[str]:
    """What axe-core finds against a page, one line each."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['impact']} {rule['id']}: {node['html'][:160]} {json.dumps([one['data'] for one in node['any']])[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("theme", "language", "product"), [("light", "en", "PBX Workbench"), ("dark", "ru", "Мастерская АТС")]
)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_a_page_tells_its_language_and_its_name(
    visit: Opener, name: str, theme: str, language: str, product: str
) -> None:
    page = filled(visit(f"{name}?theme={theme}&lang={language}"), name)
    expect(page.locator("html")).to_have_attribute("lang", language)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_count(1)
    title = heading.text_content() or ""
    expect(page).to_have_title(f"{title} · {product}")
    expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_have_text(title)
    assert violations(page) == []


def test_axe_finds_nothing_against_the_settings_of_every_kind_of_card(visit: Opener) -> None:
    page = still(filled(visit("design"), "design"))
    for id, name in (("5200", "Sales"), ("5000", "Welcome"), ("5400", "Working time"), ("5120", "Mailbox")):
        page.get_by_test_id("search").fill(id)
        page.get_by_test_id("search").press("Enter")
        expect(page.get_by_label("Name", exact=True)).to_have_value(name)
        assert violations(page) == []


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


def test_on_a_telephone_nothing_is_wider_than_the_screen_and_tools_leave_the_search_free(
    browser: Browser, site: Site
) -> None:
    """In Russian, whose words are the longer ones."""
    site.reset()
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in PAGES:
        page.goto(site.address(f"{name}?lang=ru"))
        expect(page.locator("#loader")).to_be_hidden()
        filled(page, name)
        for part in ("nav a:visible", ".MuiPaper-root:visible", "[role=combobox]:visible"):
            for item in page.locator(f"main {part}" if part[0] != "n" else part).all():
                box = item.bounding_box()
                assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 390), (name, part, box)
        if name == "design":
            search, tools = page.locator(".wb-search").bounding_box(), page.locator(".wb-tools").bounding_box()
            assert search is not None and tools is not None
            assert search["x"] + search["width"] <= tools["x"], "the tools lie over the search"
            first = card(page, "trunk:moscow").bounding_box()
            assert first is not None and first["x"] >= 0 and first["width"] >= 80, "the flow's beginning can be read"
    page.close()
