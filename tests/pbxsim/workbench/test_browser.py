"""The pages in a browser: what a person does and sees. One server, Debian's chromium, no other machine."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from pbxsim.workbench.canvas import SCRIPT, STYLE
from pbxsim.workbench.canvas.widget import FlowWidget
from pbxsim.workbench.diagram.graph import CARD_WIDTH

from .conftest import EXAMPLE, PATIENCE_MS, Opener, Site, card, centre, drag, edge, port, still

pytestmark = pytest.mark.debian


def ready(page: Page) -> Page:
    expect(card(page, "5200")).to_be_visible()
    expect(page.locator(".react-flow__edge")).not_to_have_count(0)
    return still(page)


def open_card(page: Page, id: str, name: str) -> None:
    """Click a card until its settings are shown: a click on a canvas that still fits its view can miss."""
    shown = page.get_by_label("Name", exact=True)
    for _ in range(10):
        card(page, id).locator(".wb-title").click()
        for _ in range(20):
            if shown.count() == 1 and shown.input_value() == name:
                return
            page.wait_for_timeout(250)
    expect(shown).to_have_value(name)


def sizes_are_those_the_layout_counts_on(page: Page) -> None:
    for id in ("5200", "5000", "5120"):
        box = card(page, id).bounding_box()
        handles = [centre(h)[1] for h in card(page, id).locator(".wb-port .react-flow__handle").all()]
        assert box is not None
        scale = box["width"] / CARD_WIDTH
        gaps = [round((b - a) / scale) for a, b in zip(handles, handles[1:])]
        assert set(gaps) <= {23}
        if handles:
            assert abs((box["y"] + box["height"] - handles[-1]) / scale - 16.5) < 2


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
    expect(page.get_by_text("Warnings: 1")).to_be_visible()
    trunk, rule = centre(card(page, "trunk:moscow")), centre(card(page, "5500"))
    assert trunk[0] < rule[0], "trunks stand at the left"
    sizes_are_those_the_layout_counts_on(page)


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
    line = edge(page, "5301|no_answer|5300").locator("path.wb-edge")
    middle = """line => {
        const at = line.getPointAtLength(line.getTotalLength() / 2), screen = line.getScreenCTM();
        return [at.x * screen.a + screen.e, at.y * screen.d + screen.f];
    }"""
    selected = edge(page, "5301|no_answer|5300").locator("path.wb-edge.is-selected")
    for _ in range(20):  # the view may still be fitting itself when the middle is measured
        page.mouse.click(*line.evaluate(middle))
        page.wait_for_timeout(400)
        if selected.count():
            break
    expect(selected).to_have_count(1)
    page.keyboard.press("Delete")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(edge(page, "5301|no_answer|5300")).to_have_count(0)


def test_an_element_in_use_is_not_deleted_and_its_referrers_are_shown(visit: Opener) -> None:
    """R-02.13."""
    page = ready(visit("design"))
    open_card(page, "5120", "Mailbox")
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
    expect(page.get_by_text("Warnings: 2")).to_be_visible()  # a mailbox whose messages are sent to nobody
    drag(page, centre(port(page, "5300", "no answer")), (drop[0] - 250, drop[1]))
    page.get_by_role("menuitem", name="Hang up").click()
    expect(card(page, "5300").locator(".wb-end")).to_have_text("Hang up")


def test_a_field_is_edited_and_saving_keeps_the_comments_of_the_file(visit: Opener, site: Site) -> None:
    page = ready(visit("design"))
    before = site.file.read_text(encoding="utf-8")
    open_card(page, "5200", "Sales")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Sales")
    name.fill("Продажи")
    name.press("Enter")
    expect(card(page, "5200").locator(".wb-title")).to_have_text("Продажи")
    wait = page.get_by_label("Longest wait, s", exact=True)
    wait.fill("120")
    wait.press("Tab")
    expect(card(page, "5200").locator(".wb-sub")).to_have_text("longest idle, 120 s")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved to pbx.yaml")).to_be_visible()
    after = site.file.read_text(encoding="utf-8")
    assert after == before.replace("name: Sales", "name: Продажи").replace("max_wait: 300", "max_wait: 120")


def test_a_wrong_value_is_shown_at_its_field_on_its_card_and_in_the_list(visit: Opener, site: Site) -> None:
    page = ready(visit("design"))
    open_card(page, "5120", "Mailbox")
    recipients = page.get_by_label("Recipients")
    recipients.fill("nonsense")
    recipients.press("Enter")
    expect(page.get_by_test_id("badge-5120")).to_be_visible()
    expect(
        page.get_by_role("button", name=re.compile("Mailbox, Recipients: nonsense is no e-mail address"))
    ).to_be_visible()
    expect(page.get_by_text("has errors")).to_be_visible()
    page.get_by_test_id("search").fill("closed")
    page.get_by_test_id("search").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Closed")
    page.get_by_role("button", name=re.compile("Mailbox, Recipients: nonsense is no e-mail address")).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mailbox")
    saved_with_errors_is_a_draft_that_opens_again(page, site)


def saved_with_errors_is_a_draft_that_opens_again(page: Page, site: Site) -> None:
    """The file that may be in use never gets an error; a plain address offers the draft, and a whole document ends it."""
    before = site.file.read_text(encoding="utf-8")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_text("saved as a draft, to pbx.draft.yaml")).to_be_visible()
    expect(page.get_by_role("button", name="Save as a draft")).to_be_disabled()
    assert site.file.read_text(encoding="utf-8") == before
    page.context.clear_cookies()
    page.goto(site.address("design"))
    expect(page.get_by_text("A draft with errors lies in pbx.draft.yaml")).to_be_visible()
    page.get_by_role("button", name="Open the draft").click()
    expect(page.get_by_test_id("badge-5120")).to_be_visible()
    wrong = page.get_by_role("button", name=re.compile("Mailbox, Recipients: nonsense is no e-mail address"))
    expect(wrong).to_be_visible()
    wrong.click()
    page.get_by_label("Recipients").fill("anna@example.com")
    page.get_by_label("Recipients").press("Enter")
    expect(wrong).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved to pbx.yaml")).to_be_visible()
    assert not site.kept.exists() and "anna@example.com" in site.file.read_text(encoding="utf-8")


def test_all_settings_of_a_queue_can_be_seen_and_set(visit: Opener) -> None:
    """R-08.9, R-08.13: what is at its default stands under `More settings`."""
    page = ready(visit("design"))
    open_card(page, "5200", "Sales")
    page.get_by_role("button", name="More settings").click()
    places = page.get_by_label("Most waiting calls", exact=True)
    places.fill("12")
    places.press("Enter")
    expect(card(page, "5200").locator(".wb-port-label")).to_have_text(
        ["waited too long", "queue full", "nobody signed in"]
    )
    choose(page, "→ queue full", "Hang up")
    expect(card(page, "5200").locator(".wb-end")).to_have_text("Hang up")


def choose(page: Page, name: str, option: str) -> None:
    """Pick from a list; the settings are built again when an edit brings other outputs, and may close it once."""
    for attempt in range(4):
        page.get_by_role("combobox", name=name).fill(option)
        try:
            page.get_by_role("option", name=option).click(timeout=PATIENCE_MS / 4)
            return
        except TimeoutError:
            if attempt == 3:
                raise


def test_the_bundle_also_runs_as_a_notebook_widget(browser: Browser) -> None:
    """An anywidget host reads values with `get`, hears with `send`, and takes the canvas down by calling what `render` gives."""
    widget = FlowWidget.of(EXAMPLE, language="ru")
    state = {
        name: getattr(widget, name) for name in ("graph", "overlay", "kinds", "texts", "history", "focus", "theme")
    }
    page = browser.new_page(viewport={"width": 1300, "height": 600})
    page.set_content(f"<style>{STYLE.read_text()}</style><div id=here style='width:1300px;height:560px'></div>")
    page.evaluate(
        """async ([code, state]) => {
            const url = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
            const bundle = (await import(url)).default;
            window.sent = [];
            const values = {...state, readonly: false};
            const nothing = () => {};
            const model = {get: (k) => values[k], on: nothing, off: nothing, send: (m) => window.sent.push(m)};
            window.stop = bundle.render({model, el: document.getElementById("here")});
        }""",
        [SCRIPT.read_text(), state],
    )
    expect(card(page, "5400").locator(".wb-port-label")).to_have_text(["совпадение", "несовпадение"])
    card(page, "5200").locator(".wb-title").click()
    page.wait_for_function("() => window.sent.some(m => m.type === 'select' && m.id === '5200')")
    page.evaluate("() => window.stop()")
    expect(page.locator(".wb-card")).to_have_count(0)
    page.close()


def test_people_are_cards_on_request_and_a_drag_makes_a_member(visit: Opener) -> None:
    page = ready(visit("design"))
    page.get_by_test_id("people").click()
    expect(card(page, "106")).to_be_visible()
    expect(edge(page, "5301|members|106")).to_have_count(1)
    still(page)
    handle = card(page, "5301").locator(".wb-members .react-flow__handle")
    drag(page, centre(handle), centre(card(page, "102").locator(".wb-in")))
    expect(edge(page, "5301|members|102")).to_have_count(1)


def test_what_is_unwise_is_listed_and_a_click_follows_the_call_that_shows_it(visit: Opener) -> None:
    """R-14.25: a bar on calls abroad that a plus sign walks around."""
    page = ready(visit("design"))
    warning = page.get_by_role(
        "button", name=re.compile(r"Outgoing rule “nothing abroad”, Mask: nothing abroad bars .* R-14.25")
    )
    expect(warning).to_be_visible()
    open_card(page, "5120", "Mailbox")
    recipients = page.get_by_label("Recipients")
    recipients.fill("nonsense")
    recipients.press("Enter")
    expect(page.get_by_text("Errors: 1")).to_be_visible()
    expect(warning).to_be_hidden()
    page.get_by_test_id("undo").click()
    expect(page.get_by_text("Warnings: 1")).to_be_visible()
    page.get_by_role("link", name="Follow an example").click()
    expect(page.get_by_label("Called number")).to_have_value("+4420794600")
    expect(page.get_by_label("Caller")).to_have_value("100")
    expect(page.get_by_text("it goes out as +4420794600 through moscow")).to_be_visible()


def test_one_second_decides_a_call_and_the_path_shows_it(visit: Opener) -> None:
    """R-11.2, cases T1 and T2, and what people and keys change."""
    page = ready(visit("preview?number=74951234567&at=2026-11-23T08:59:59&keys=2"))
    follows(page, ["5500", "5400", "5001", "5120"], "mismatch", "5001", "5000")
    clock = page.get_by_label("Time", exact=True)
    clock.fill("09:00:00")
    clock.press("Enter")
    follows(page, ["5500", "5400", "5000", "5301"], "match", "5000", "5001")
    expect(card(page, "5301").locator(".wb-chip.is-answered")).to_have_text("Egor")
    page.get_by_role("button", name="Nobody answers").click()
    expect(card(page, "5300").locator(".wb-step")).to_have_text("6")
    expect(card(page, "5120").locator(".wb-step")).to_have_text("7")
    caller = page.get_by_label("Caller")
    caller.fill("84955551000")
    caller.press("Enter")
    expect(card(page, "5120").locator(".wb-step")).to_have_text("3")
    clock.fill("25:00")
    clock.press("Enter")
    expect(page.get_by_text("Write the time as 09:00")).to_be_visible()
    expect(page.locator(".wb-step")).to_have_count(0)


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "This PBX has no outside number 74950000000; it has 74951234567"),
        ("ru", "У этой АТС нет внешнего номера 74950000000, есть 74951234567"),
    ],
)
def test_a_number_the_pbx_lacks_is_told_with_those_it_has(visit: Opener, lang: str, told: str) -> None:
    page = ready(visit(f"preview?number=74950000000&lang={lang}"))
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.locator(".wb-step")).to_have_count(0)


def follows(page: Page, path: list[str], output: str, element: str, other: str) -> None:
    for n, id in enumerate(path, start=2):
        expect(card(page, id).locator(".wb-step")).to_have_text(str(n))
    expect(page.locator("tr[data-card='5400']")).to_contain_text("R-11.1")
    expect(page.locator("tr[data-card='5400']")).to_contain_text(element)
    expect(edge(page, f"5400|{output}|{element}").locator("path.is-on")).to_have_count(1)
    expect(card(page, other)).to_have_class(re.compile("is-dim"))


def test_unsaved_changes_theme_and_language_go_along_from_page_to_page(visit: Opener) -> None:
    page = ready(visit("design"))
    drag(page, centre(port(page, "5400", "no match")), centre(card(page, "5120").locator(".wb-in")))
    expect(edge(page, "5400|mismatch|5120")).to_have_count(1)
    expect(page.locator(".wb-root.dark")).to_have_count(0)
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator(".wb-root.dark")).to_have_count(1)
    page.get_by_role("link", name="Preview").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.locator(".wb-root.dark")).to_have_count(1)
    expect(edge(page, "5400|mismatch|5120")).to_have_count(1)
    expect(page.get_by_text("Not saved")).to_be_visible()
    page.get_by_role("link", name="Русский").click()
    expect(page.locator("#loader")).to_be_hidden()
    page.get_by_role("link", name="Схема").click()
    expect(page.locator("#loader")).to_be_hidden()
    expect(page.get_by_text("Предупреждений: 2")).to_be_visible()
    expect(page.locator(".wb-root.dark")).to_have_count(1)
    expect(card(page, "5400").locator(".wb-port-label")).to_have_text(["совпадение", "несовпадение"])
    page.get_by_test_id("undo").click()
    expect(edge(page, "5400|mismatch|5001")).to_have_count(1)


def test_the_load_test_page_opens_with_the_days_of_the_scenario_simulated(visit: Opener) -> None:
    """A second browser is shown the same days, not others."""
    told = []
    for page in (visit("loadtest"), visit("loadtest?lang=ru")):
        expect(page.locator(".tiles div")).to_have_count(6, timeout=120_000)
        expect(page.get_by_text(re.compile("^10 (days in|дней за)"))).to_be_visible()
        told.append([number.split()[0].replace(",", ".") for number in page.locator(".tiles b").all_inner_texts()])
        expect(page.get_by_role("button", name=re.compile("^(Run|Запустить)$"))).to_be_enabled()
    assert told[0] == told[1]


def test_a_load_test_runs_with_progress_shows_intervals_and_can_be_cancelled(visit: Opener) -> None:
    """Progress is looked for in the long run only: eight days are simulated faster than a browser shows them."""
    page = visit("loadtest")
    days = page.get_by_label("Simulated days", exact=True)
    days.fill("8")
    days.press("Tab")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"^8 days in .* calls simulated"))).to_be_visible(timeout=120_000)
    for name in ("Offered", "Answered", "Abandoned", "Service level", "Mean wait (ASA)", "Occupancy"):
        tile = page.locator(".tiles div").filter(has=page.get_by_text(name, exact=True))
        expect(tile).to_contain_text(re.compile(r"\d+\.\d"))
        expect(tile).to_contain_text("95 %")
    expect(page.locator("canvas").first).to_be_visible()
    days.fill("1000")
    days.press("Tab")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 1000 days"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text(re.compile(r"Cancelled after \d+ of 1000 days"))).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_two_browsers_do_not_see_each_others_unsaved_changes(visit: Opener) -> None:
    one, two = ready(visit("design")), ready(visit("design"))
    drag(one, centre(port(one, "5001", "after the sound")), centre(card(one, "5300").locator(".wb-in")))
    expect(edge(one, "5001|next|5300")).to_have_count(1)
    expect(edge(two, "5001|next|5120")).to_have_count(1)
    expect(edge(two, "5001|next|5300")).to_have_count(0)
