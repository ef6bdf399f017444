"""Every page at the widths of desks and telephones, with classic scroll bars: nothing is cut, nothing scrolls sideways, and every
text can be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Opener
from .test_access import PAGES, filled, is_told_and_clean

pytestmark = pytest.mark.debian

SIZES = ((1280, 800), (1440, 900), (1920, 1080), (390, 844))

LOOK = """() => {
    const found = [];
    if (!document.body) return ["the page comes again"];
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
            for (const text of box.childNodes)
                for (const { 0: rule, index } of text.data?.matchAll(/R-\\d\\d(\\.\\d+)?/g) ?? []) {
                    const range = new Range();
                    range.setStart(text, index);
                    range.setEnd(text, index + rule.length);
                    if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) told(box, "is on two lines", [rule]);
                }
            visit(box, inner);
            if (box.shadowRoot) visit(box.shadowRoot, inner);
        }
    };
    visit(document.body, window.innerWidth);
    return found;
}"""

SMALLEST_PX = 11
SMALL = """(least) => {
    const found = [];
    const visit = (scope) => {
        for (const box of scope.children) {
            const style = getComputedStyle(box), rect = box.getBoundingClientRect();
            if (style.display === "none" || style.visibility === "hidden" || box.closest(".wb-root")) continue;
            const told = [...box.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
            const size = parseFloat(style.fontSize) * (style.transform === "none" ? 1 : new DOMMatrix(style.transform).a);
            if (told && size < least && rect.width > 2 && !box.closest("legend"))
                found.push(`${size.toFixed(1)} px: ${box.textContent.slice(0, 60)}`);
            visit(box);
            if (box.shadowRoot) visit(box.shadowRoot);
        }
    };
    visit(document.body);
    return found;
}"""
"""Texts drawn smaller than they can be read without a lens, as drawn: the name above a field is scaled."""


def broken(page: Page) -> None:
    """A document with errors, not saved: both are told in the head, which still leads to language and theme."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_test_id("palette-queue").click()
    expect(page.get_by_text("есть ошибки").first).to_be_visible()
    expect(page.get_by_text("Не сохранено").first).to_be_visible()
    for width in (1920, 1440, 1280, 900, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for part in (page.locator(".wb-tongue a").last, page.locator(".wb-theme button")):
            box = part.bounding_box()
            assert box is not None and box["x"] + box["width"] <= width, (width, box)
        told, next_to = (
            page.locator(".wb-state .chip").last.bounding_box(),
            page.locator(".wb-tongue a").first.bounding_box(),
        )
        assert told is not None and next_to is not None and told["x"] + told["width"] <= next_to["x"], (width, told)
    page.get_by_role("button", name="Отменить", exact=True).click()
    page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_told_by_ear_nothing_is_cut_and_nothing_scrolls_sideways(visit: Opener, name: str) -> None:
    """In Russian, whose words are the longer ones; every other page in the dark. On a telephone, tools leave the search free."""
    page = visit(f"{name}?lang=ru&theme={('dark', 'light')[PAGES.index(name) % 2]}")
    page.set_viewport_size({"width": 1280, "height": 800})
    is_told_and_clean(filled(page, name), "ru")
    assert page.evaluate(SMALL, SMALLEST_PX) == []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wrong: list[str] = []
        for _ in range(20):  # figures and tables find their new size a moment later
            page.wait_for_timeout(250)
            wrong = page.evaluate(LOOK)
            if not wrong:
                break
        assert not wrong, f"{name} at {width}: " + "\n".join(wrong[:6])
    for part in ("nav a:visible", "main .MuiPaper-root:visible", "main [role=combobox]:visible"):
        for item in page.locator(part).all():
            box = item.bounding_box()
            assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 390), (name, part, box)
    if name == "design":
        broken(page)
    frames = page.locator(".wb-frame:visible")
    if frames.count():
        frame = frames.first.bounding_box()
        assert frame is not None
        for item in page.locator("main .MuiPaper-root:visible").all():
            box = item.bounding_box()
            if box is not None and box["x"] < frame["x"]:  # a box of fields, which is wider than the canvas
                is_apart = box["y"] + box["height"] <= frame["y"] or box["y"] >= frame["y"] + frame["height"]
                assert is_apart, (name, "the canvas lies over", item.inner_text()[:60])
    if name == "design":
        search, tools = page.locator(".wb-search").bounding_box(), page.locator(".wb-tools").bounding_box()
        assert search is not None and tools is not None
        assert search["x"] + search["width"] <= tools["x"], "the tools lie over the search"
