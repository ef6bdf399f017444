"""Every page at the widths of desks and telephones, with classic scroll bars: nothing is cut, nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, patient
from .test_access import PAGES, filled

pytestmark = pytest.mark.debian

SIZES = ((1280, 800), (1440, 900), (1920, 1080), (390, 844))

LOOK = """() => {
    const found = [];
    const told = (box, what, numbers) =>
        found.push(`${what} ${numbers.join(" > ")}: ${box.tagName} ${box.className} ${(box.textContent || "").slice(0, 60)}`);
    const root = document.documentElement;
    if (root.scrollWidth > window.innerWidth) told(root, "page", [root.scrollWidth, window.innerWidth]);
    const visit = (scope, limit) => {
        for (const box of scope.children) {
            const style = getComputedStyle(box), rect = box.getBoundingClientRect();
            if (style.display === "none" || style.visibility === "hidden" || box.closest(".wb-root, [data-pmui-layer]")) continue;
            let inner = limit;
            if (/auto|scroll|hidden/.test(style.overflowX) && rect.width > 40) {
                if (/auto|scroll/.test(style.overflowX) && box.scrollWidth > box.clientWidth + 1)
                    told(box, "scrolls sideways", [box.scrollWidth, box.clientWidth]);
                inner = rect.left + box.clientLeft + box.clientWidth;
            }
            if (rect.width && rect.height && rect.right > limit + 1 && !/absolute|fixed/.test(style.position))
                told(box, "is cut", [Math.round(rect.right), Math.round(limit)]);
            visit(box, inner);
            if (box.shadowRoot) visit(box.shadowRoot, inner);
        }
    };
    visit(document.body, window.innerWidth);
    return found;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    site.reset()
    made = patient(browser.new_page(viewport={"width": 1280, "height": 800}))
    yield made
    made.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_and_nothing_scrolls_sideways(page: Page, site: Site, name: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(site.address(f"{name}?lang=ru"))  # the longer words
    expect(page.locator("#loader")).to_be_hidden()
    filled(page, name)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wrong: list[str] = []
        for _ in range(20):  # figures and tables find their new size a moment later
            page.wait_for_timeout(250)
            wrong = page.evaluate(LOOK)
            if not wrong:
                break
        assert not wrong, f"{name} at {width}: " + "\n".join(wrong[:6])
