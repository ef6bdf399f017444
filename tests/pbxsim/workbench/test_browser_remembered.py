"""Theme and language: first the browser's own, then what a person chose, on every page and every day, without a flash."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, patient

pytestmark = pytest.mark.debian

WATCH = """() => {
    const seen = JSON.parse(sessionStorage.getItem("seen") || "[]");
    const look = () => {
        const style = document.documentElement && getComputedStyle(document.documentElement);
        if (style && style.visibility === "visible" && seen.at(-1) !== style.backgroundColor) {
            seen.push(style.backgroundColor);
            sessionStorage.setItem("seen", JSON.stringify(seen));
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
"""Notes every ground that a person would see."""

DARK, LIGHT = "rgb(8, 14, 26)", "rgb(238, 242, 247)"


def there(page: Page) -> Page:
    expect(page.locator("#loader")).to_be_hidden()
    return page


def page_of(page: Page, site: Site, name: str) -> Page:
    page.goto(site.address(name))
    return page


def grounds(page: Page) -> set[str]:
    found = set(page.evaluate("JSON.parse(sessionStorage.getItem('seen') || '[]')"))
    page.evaluate("sessionStorage.setItem('seen', '[]')")
    return found - {"rgba(0, 0, 0, 0)"}


def test_theme_and_language_come_from_the_browser_and_then_from_the_person(browser: Browser, site: Site) -> None:
    site.reset()
    context = browser.new_context(locale="ru-RU", color_scheme="dark", viewport={"width": 1440, "height": 900})
    context.add_init_script(f"({WATCH})()")
    page = patient(context.new_page())
    page.goto(site.address("year"))
    there(page)
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.locator(".mui-dark main")).to_be_visible()
    expect(page.locator("td").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"Неделя за год \d\d\.\d\d\.\d{4} – "))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+,\d %$")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d\.\d %"))).to_have_count(0)
    page.get_by_role("button", name="Год начиная с: выбрать в календаре").click()
    expect(page.locator(".MuiDayCalendar-weekDayLabel")).to_have_text(["пн", "вт", "ср", "чт", "пт", "сб", "вс"])
    expect(page.get_by_role("button", name="Следующий месяц")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Сравнение").click()
    expect(page).to_have_url(re.compile("/versions"))
    there(page)
    assert grounds(page) == {DARK}, "nothing light was shown on the way"
    number = there(page_of(page, site, "loadtest")).get_by_role("textbox", name="Звонки относительно сценария")
    expect(number).to_have_value("1,0")
    number.click()
    number.press("Control+a")
    page.keyboard.type("1,25")
    number.press("Tab")
    page.get_by_role("button", name="Звонки относительно сценария, ×: больше").click()
    expect(number).to_have_value("1,35")
    page.get_by_role("button", name="Светлая тема").click()
    expect(page.locator(".mui-light main")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile("lang=en"))
    there(page)
    grounds(page)
    page.goto(site.address("live"))  # a plain address, as on another day
    there(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".mui-light main")).to_be_visible()
    assert grounds(page) == {LIGHT}
    context.close()
