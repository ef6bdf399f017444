"""Components show what their models hold, however closely changes follow each other (`static/states.js`)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Opener

pytestmark = pytest.mark.debian

SLOW = """() => {
    const now = performance.now.bind(performance);
    let late = 0;
    performance.now = () => now() + (late += 6);
}"""
"""React looks at the clock after each piece of work, and lets the browser do other things first if it took 5 ms: so it is always
on a busy machine, and here."""

FIND = """
const settled = () => new Promise((done) => setTimeout(done, 500));
const model = [...Bokeh.documents[0]._all_models.values()].find((one) => one.class_name === kind && has(one.data));
const view = Bokeh.index.find_one_by_id(model.id);
const drawn = (act) => new Promise((done) => new MutationObserver((_, watch) => {
    if (!view.shadow_el.querySelector(inside)) return;
    watch.disconnect();
    act();
    done();
}).observe(view.shadow_el, { attributes: true, childList: true, subtree: true }));
"""


def after(page: Page, kind: str, has: str, inside: str, act: str) -> object:
    """What an act in the browser gives back."""
    return page.evaluate(f"async ([kind, inside]) => {{ const has = {has}; {FIND} {act} }}", [kind, inside])


def test_a_change_that_comes_while_a_component_is_drawn_is_shown_and_none_is_undone(visit: Opener) -> None:
    page = visit("staffing")
    expect(page.get_by_role("button", name="Find a plan")).to_be_visible()
    page.evaluate(SLOW)
    while_it_is_made = """
        const property = model.data.properties.object;
        const given = property.get_value;
        property.get_value = function () {
            delete this.get_value;
            queueMicrotask(() => { model.data.object = "came late"; });
            return given.call(this);
        };
        view.render();
        await settled();
        return view.shadow_el.querySelector(inside).textContent.trim();
    """
    assert after(page, "Typography", "(data) => data.object", ".MuiTypography-root", while_it_is_made) == "came late"
    one_after_the_other = """
        const once = drawn(() => { model.data.disabled = false; });
        model.data.disabled = true;
        await once;
        await settled();
        return [model.data.disabled, view.shadow_el.querySelector(inside).disabled];
    """
    is_ready = "(data) => data.label === 'Find a plan'"
    assert after(page, "Button", is_ready, "button", one_after_the_other) == [False, False]


def test_components_of_a_kind_have_the_same_styles_and_all_of_them(visit: Opener) -> None:
    page = visit("staffing")
    expect(page.get_by_role("button", name="Find a plan")).to_be_visible()
    styled = """
        const same = [...Bokeh.documents[0]._all_models.values()].filter((one) => one.class_name === kind && has(one.data));
        const roots = same.map((one) => Bokeh.index.find_one_by_id(one.id).shadow_el);
        const classes = roots.map((root) => root.querySelector(inside).className.match(/css-pbx-[a-z0-9]+/)[0]);
        const rules = roots.map((root, n) => [...root.querySelectorAll("style")]
            .flatMap((style) => [...style.sheet.cssRules].map((rule) => rule.cssText))
            .filter((rule) => rule.includes(classes[n])));
        return [roots.length, new Set(classes).size, new Set(rules.map((texts) => texts.join())).size, rules[0].length > 3];
    """
    lists = "(data) => ['Targets hold', 'Length of an interval'].includes(data.label)"
    assert after(page, "Select", lists, ".MuiOutlinedInput-root", styled) == [2, 1, 1, True]
