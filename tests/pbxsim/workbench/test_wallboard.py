"""The wallboard of the Live page and of a television: a bridge that really runs, real calls, persons who sign in."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Locator, Page, expect

from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Role
from pbxsim.workbench.live.board import Wall
from pbxsim.workbench.shell.texts import Texts
from tests.harness import rule
from tests.live_bridge.sip.phone import Phone, status

from .conftest import Seat, patient, stop
from .test_access import violations
from .test_live import PASSWORD, Running, signed_in

pytestmark = pytest.mark.debian

SALES = 5200
BY_OLEG = "oleg via workbench"


class Attended(Running):
    """With persons who sign in, and three telephones."""

    def __init__(self, folder: Path) -> None:
        persons = Persons(folder / "persons.sqlite", hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        persons.add("zoya", [Role.VIEWER], PASSWORD)
        persons.add("oleg", [Role.OPERATOR], PASSWORD)
        self.persons = persons.file
        super().__init__(folder)
        passwords = (folder / "var" / "example-passwords.txt").read_text(encoding="utf-8")
        self.passwords = dict(line.split() for line in passwords.splitlines() if re.match(r"\d+ ", line))
        self.boris, self.caller, self.other = (Phone(name, self.sip) for name in ("101", "89991234567", "89997654321"))
        assert status(self.boris.register(self.passwords["101"])) == 200

    def start_workbench(self, log: Path, *more: str) -> tuple[subprocess.Popen[bytes], int]:
        """A workbench that asks who comes."""
        return super().start_workbench(log, "--persons", str(self.persons), *more)

    def queue(self) -> dict[str, Any]:
        """What the bridge says of the queue."""
        found: dict[str, Any] = self.ask("GET", "/api/queues").json()["queues"][0]
        return found

    def acts(self) -> list[tuple[str, str]]:
        """What was done by hand, and by whom."""
        return [(one["act"], one["by"]) for one in self.ask("GET", "/api/acts").json()]

    def close(self) -> None:
        """End all."""
        for phone in (self.boris, self.caller, self.other):
            phone.close()
        super().close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attended]:
    made = Attended(tmp_path_factory.mktemp("wallboard"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def operator(browser: Browser, running: Attended) -> Iterator[Page]:
    """The Live page of somebody who may act."""
    yield from page_of(browser, running, "oleg", "?lang=en&theme=light")


@pytest.fixture(scope="module")
def viewer(browser: Browser, running: Attended) -> Iterator[Page]:
    """The page of somebody who may look."""
    yield from page_of(browser, running, "zoya", "?lang=ru&theme=dark")


def page_of(browser: Browser, running: Attended, name: str, query: str) -> Iterator[Page]:
    page = patient(browser.new_page(viewport=Seat.SIZE))
    page.goto(f"http://127.0.0.1:{running.port}/live{query}")
    signed_in(page, name)
    expect(tile(page)).to_be_visible()
    yield page
    page.close()


def tile(page: Page) -> Locator:
    """The tile of the queue."""
    return page.locator("article").filter(has_text="Sales")


def figure(page: Page, name: str) -> Locator:
    """One of its figures."""
    return tile(page).locator(".f").filter(has_text=re.compile(f"^{name}")).locator("dd")


def eventually(true: Callable[[], bool]) -> None:
    """Wait for something the bridge does by itself."""
    ends_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends_s
        time.sleep(0.05)


def call(page: Page, caller: str) -> Locator:
    """The row of a call in progress."""
    return page.locator(".calls tr").filter(has_text=caller)


def person(page: Page, name: str) -> Locator:
    """The row of somebody."""
    return page.locator(".people tr").filter(has_text=name)


def confirmed(page: Page, button: str, **fields: str) -> None:
    """Fill in the dialog and go on."""
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(re.compile(label)).fill(value)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_be_hidden()


@rule("R-08.22", "R-25.6", "R-19.8")
def test_figures_of_the_wallboard_are_those_of_the_history(operator: Page, running: Attended) -> None:
    running.boris.on_invite = [(0.0, 180), (0.05, 200)]
    dialog, _ = running.caller.call("74951234567")
    expect(figure(operator, "answered")).to_have_text("1")
    expect(call(operator, "89991234567")).to_contain_text("talks with 101 Boris")
    expect(call(operator, "89991234567")).to_contain_text("v1")
    expect(person(operator, "101 Boris")).to_contain_text("talking")
    waiting, _ = running.other.call("74951234567")
    expect(figure(operator, "waiting")).to_have_text("1")
    expect(figure(operator, "longest wait")).to_have_text(re.compile(r"^0:\d\d$"))
    assert violations(operator) == []
    running.other.hang_up(waiting)
    expect(figure(operator, "lost")).to_have_text("1")
    running.caller.hang_up(dialog)
    expect(person(operator, "101 Boris")).to_contain_text("wrap-up")
    eventually(lambda: len(running.ask("GET", "/api/history").json()["calls"]) == 2)
    visits = [visit for one in running.ask("GET", "/api/history").json()["calls"] for visit in one["events"]]
    assert [visit["element"] for visit in visits] == [SALES, SALES]
    expect(figure(operator, "offered")).to_have_text(str(len(visits)))
    expect(figure(operator, "answered")).to_have_text(str(sum(1 for visit in visits if visit["answer"])))
    expect(figure(operator, "in 20 s")).to_have_text("100%")


def test_times_are_counted_in_the_browser_and_nothing_else_is_drawn_again(operator: Page, running: Attended) -> None:
    running.boris.on_invite = [(0.0, 180)]
    dialog, _ = running.caller.call("74951234567")
    time_of = call(operator, "89991234567").locator(".t")
    expect(time_of).to_have_text(re.compile(r"0:0[1-9]"))
    found = person(operator, "102 Vera").element_handle()
    before = time_of.text_content() or ""
    expect(time_of).not_to_have_text(before)  # the time runs
    assert found.evaluate("row => row.isConnected"), "and the people stand where they stood"
    running.caller.hang_up(dialog)


@rule("R-19.5", "R-25.10")
def test_each_act_does_what_it_says_and_is_kept_under_the_persons_name(operator: Page, running: Attended) -> None:
    page = operator
    boris = person(page, "101 Boris")
    boris.get_by_role("button", name="Pause").click()
    confirmed(page, "Pause", Reason="lunch")
    expect(boris).to_contain_text("paused: lunch")
    boris.get_by_role("button", name="Resume").click()
    expect(boris.get_by_role("button", name="Resume")).to_be_hidden()
    boris.get_by_role("button", name="Sign out").click()
    expect(boris).to_contain_text("signed out")
    expect(boris.get_by_role("button", name="Sign in")).to_be_focused()  # who works by keyboard stays in the row
    boris.get_by_role("button", name="Sign in").click()
    expect(boris).to_contain_text("free")
    running.boris.on_invite = [(0.0, 180), (0.05, 200)]
    running.caller.call("74951234567")
    expect(call(page, "89991234567")).to_contain_text("talks with 101 Boris")
    call(page, "89991234567").get_by_role("button", name="Transfer").click()
    confirmed(page, "Transfer", number="5120")
    expect(call(page, "89991234567")).to_contain_text("5120 Mailbox")
    call(page, "89991234567").get_by_role("button", name="Hang up").click()
    confirmed(page, "Hang up")
    expect(page.get_by_text("Nobody is calling.")).to_be_visible()
    running.caller.wait(lambda message: message.startswith("BYE "))
    expected = [(act, BY_OLEG) for act in ("hangup", "transfer", "sign-in", "sign-out", "unpause", "pause")]
    assert running.acts()[: len(expected)] == expected


@rule("R-19.5", "R-23.12")
def test_a_supervisor_has_their_phone_rung_whispers_and_leaves_and_the_trail_has_their_name(
    operator: Page, running: Attended
) -> None:
    page, chief = operator, Phone("102", running.sip, payload=8)
    assert status(chief.register(running.passwords["102"])) == 200
    chief.on_invite = [(0.0, 200)]
    running.boris.on_invite = [(0.0, 180), (0.05, 200)]
    dialog, _ = running.caller.call("74951234567")
    row = call(page, "89991234567")
    expect(row).to_contain_text("talks with 101 Boris")
    row.get_by_role("button", name="Listen").click()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_label("the employee hears you").check()
    confirmed(page, "Ring my phone", phone="102")
    expect(page.get_by_text("Phone 102 rings or whispers.")).to_be_visible()

    def heard_by() -> list[Any]:
        return [(one["user"], one["mode"], one["heard_by"]) for one in running.ask("GET", "/api/listening").json()]

    eventually(lambda: heard_by() == [(102, "whisper", ["far_side"])])
    row.get_by_role("button", name="Listen").click()
    expect(page.get_by_role("dialog").get_by_label("Your phone")).to_have_value("102")
    confirmed(page, "Stop listening")
    chief.wait(lambda message: message.startswith("BYE "))
    chief.close()
    running.caller.hang_up(dialog)
    expect(page.get_by_text("Nobody is calling.")).to_be_visible()

    def acts() -> list[tuple[str, str]]:
        trail = running.ask("GET", "/api/versions/audit").json()["entries"]
        return [(one["action"], one["by"]) for one in trail if one["action"] in ("whisper", "listen-end")]

    eventually(lambda: acts()[:2] == [("listen-end", BY_OLEG), ("whisper", BY_OLEG)])  # once the database has them


@rule("R-08.22")
def test_thresholds_are_set_kept_and_colour_the_figures(operator: Page, running: Attended) -> None:
    page = operator
    level = tile(page).locator(".f").first
    expect(level).to_have_attribute("data-status", "good")
    page.get_by_role("button", name="Thresholds").click()
    assert violations(page) == []
    confirmed(page, "Keep", **{"bad below": "90", "warning below": "80"})
    expect(page.get_by_text("Bad lies beyond the warning")).to_be_visible()
    page.get_by_role("button", name="Thresholds").click()
    confirmed(page, "Keep", **{"within": "0", "Lost: bad": "20"})
    expect(page.get_by_text("The thresholds are kept.")).to_be_visible()
    expect(figure(page, "in 0 s")).to_have_text("0%")
    expect(level).to_have_attribute("data-status", "bad")
    page.reload()
    expect(figure(page, "in 0 s")).to_have_text("0%")
    page.get_by_role("button", name="Thresholds").click()
    page.get_by_role("dialog").get_by_role("button", name="Back to the bridge").click()
    expect(figure(page, "in 20 s")).to_have_text("100%")


def test_on_a_telephone_calls_come_first_and_nothing_is_wider_than_the_screen(
    operator: Page, running: Attended
) -> None:
    operator.set_viewport_size({"width": 390, "height": 844})
    places = [operator.get_by_text(words).first for words in ("Nobody is calling.", "Television mode", "all is well")]
    boxes = [place.bounding_box() for place in places]
    tops = [box["y"] for box in boxes if box is not None]
    assert len(tops) == 3 and tops == sorted(tops), "calls, then queues, then the bridge"
    for part in (".wb .box", ".wb button", ".wb .tools"):
        for item in operator.locator(part).all():
            box = item.bounding_box()
            assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 390), (part, box)
    assert operator.locator(".main-content").evaluate("main => main.scrollWidth") <= 390
    operator.set_viewport_size({"width": 1600, "height": 900})


def test_who_may_only_look_sees_no_act_and_the_server_refuses_what_is_sent_all_the_same(
    viewer: Page, running: Attended
) -> None:
    expect(person(viewer, "101 Boris")).to_be_visible()
    assert viewer.locator(".wb button:visible").count() == 0
    assert violations(viewer) == []
    before = running.acts()
    viewer.locator(".wb .people").evaluate(
        "part => part.insertAdjacentHTML('beforeend', '<button data-act=\"sign-out\" data-user=\"101\">x</button>')"
    )
    viewer.get_by_role("button", name="x", exact=True).click()
    expect(viewer.get_by_role("alert").filter(has_text="оператор")).to_be_visible()
    assert running.acts() == before


def test_what_stands_below_the_board_begins_below_it_however_tall_the_board_is(viewer: Page) -> None:
    """As with many queues or calls: a board taller than its column lay under the boxes that follow."""
    viewer.set_viewport_size({"width": 1440, "height": 420})
    board = viewer.locator(".wb-board .people").bounding_box()
    after = viewer.locator(".wb-main .MuiPaper-root").filter(has_text="Ближайший час").first.bounding_box()
    assert board is not None and after is not None
    assert board["height"] > 200 and board["y"] + board["height"] <= after["y"], (board, after)
    viewer.set_viewport_size(Seat.SIZE)


def test_a_television_shows_no_figures_before_it_knows_any() -> None:
    """Noughts that nobody counted would be read as today's."""
    wall = Wall(Texts("ru"))
    assert wall.css_classes == ["unknown"]
    wall.say_lost("Спрашиваем мост…")
    assert wall.css_classes == ["unknown"]


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ru")])
def test_a_television_is_filled_without_scroll_bars_or_controls_and_can_be_read_from_afar(
    viewer: Page, running: Attended, theme: str, language: str
) -> None:
    page = viewer
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"http://127.0.0.1:{running.port}/live?tv=1&theme={theme}&lang={language}")
    expect(tile(page)).to_be_visible()
    expect(page.locator(".television header")).to_be_visible()
    assert page.locator("button:visible, a:visible, input:visible, select:visible").count() == 0
    extent = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert extent == [1920, 1080]
    box = page.locator(".television").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1920, "height": 1080}
    for part, least_px in ((".big dd", 80), (".small dd", 50), ("article dt", 25)):
        sizes = page.locator(part).evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
        assert min(sizes) >= least_px, part
    inside = "all => all.every(one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight)"
    assert page.locator("article").evaluate_all(inside), "nothing is cut"
    assert violations(page) == []


def test_a_television_goes_on_by_itself_with_the_same_figures_when_the_bridge_was_started_again(
    viewer: Page, running: Attended
) -> None:
    page = viewer
    page.goto(f"http://127.0.0.1:{running.port}/live?tv=1&lang=en")
    offered = running.queue()["offered"]
    expect(figure(page, "offered")).to_have_text(str(offered))
    stop(running.bridge)
    expect(page.locator(".lost")).to_contain_text("does not answer")
    running.bridge = running.start_bridge()
    expect(page.locator(".lost")).to_be_hidden()
    expect(figure(page, "offered")).to_have_text(str(offered))
