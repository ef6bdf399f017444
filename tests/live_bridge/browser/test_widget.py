"""The callback widget in Chromium, on a page of another origin than the bridge: what visitors see and limits let pass (R-17)."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Locator, Page, expect

from engine.contract import limits
from engine.contract import notes as note
from live_bridge.callback.script import BYTES_AT_MOST
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

pytestmark = pytest.mark.debian

PROXIES = [free_port() for _ in range(9)]
PASSED_ON = ("origin", "content-type", "access-control-request-method", "access-control-request-headers")
SITE = free_port()
WIDGETS = f"""
widgets:
  shop:
    name: Shop
    origins: http://127.0.0.1:{SITE}
    managers: [103]
    color: "#cc3300"
    exit_intent: true
  early: {{origins: "http://127.0.0.1:{SITE}", managers: [102], open_after: 0.2, language: ru, place: top_left, size: large}}
  desk: {{name: Shop, origins: "http://127.0.0.1:{SITE}", managers: [101], hide_on_mobiles: true}}
"""
STYLES = "<style>button, h2, p, input { font: 40px cursive !important; color: lime !important }</style>"


class Shop(Api):
    changes: ClassVar[dict[str, str]] = {"\nelements:\n": WIDGETS + "\nelements:\n"}
    http: ClassVar[dict[str, Any]] = {"proxies": ("127.0.0.1/32",)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.close()


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers without a log."""

    protocol_version = "HTTP/1.1"

    def answer(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # a visitor may have left the page
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def serving(handler: type[Quiet], port: int) -> Callable[[], None]:
    """Serve until the result is called."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def proxy(bridge: str, client: httpx.Client, visitor: str) -> type[Quiet]:
    """A proxy before the bridge, as nginx is one: it says from which address a visitor comes."""

    class Proxy(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the library's name)
            headers = {name: self.headers[name] for name in self.headers if name.lower() in PASSED_ON}
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = client.request(
                self.command, bridge + self.path, content=body, headers={**headers, "X-Forwarded-For": visitor}
            )
            self.answer(
                said.status_code, said.content, {n: v for n, v in said.headers.items() if n not in ("content-length",)}
            )

        do_POST = do_OPTIONS = do_GET  # noqa: N815

    return Proxy


@pytest.fixture(scope="module", autouse=True)
def website(shop: Shop) -> Iterator[str]:
    """Pages of the shop, each with the widget that its path names and by the proxy that its query names, under styles and a
    content policy of its own."""

    class Site(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the library's name)
            path, _, via = self.path.partition("?")
            if path == "/favicon.ico":
                self.answer(204, b"", {})
                return
            base = f"http://127.0.0.1:{PROXIES[int(via)]}"
            policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {base}; connect-src {base}"
            tag = f'<script src="{base}/widget{path}.js" async></script>'
            body = f"<!doctype html><html lang=en><title>Shop</title>{STYLES}<h1>Shop</h1>{tag}".encode()
            self.answer(200, body, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy})

    with ExitStack() as parts:
        client = parts.enter_context(httpx.Client(trust_env=False, timeout=30))
        for n, port in enumerate(PROXIES):
            parts.callback(serving(proxy(shop.base, client, f"203.0.113.{n}"), port))
        parts.callback(serving(Site, SITE))
        yield f"http://127.0.0.1:{SITE}"


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, website: str) -> Iterator[Visit]:
    """A new visitor on a page; whatever goes wrong in a script of the page fails the test."""
    wrong: list[str] = []
    made = []

    def go(path: str = "/shop", via: int = 8, **options: Any) -> Page:
        context = browser.new_context(locale="en-GB", **options)
        made.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{website}{path}?{via}")
        return page

    yield go
    for context in made:
        context.close()
    assert not wrong


def button(page: Page) -> Locator:
    return page.locator("button.b")


def window(page: Page) -> Locator:
    return page.get_by_role("dialog")


def ask(page: Page, number: str) -> None:
    button(page).click()
    page.get_by_label("Your phone number").fill(number)
    page.get_by_role("button", name="Call me", exact=True).click()


@rule("R-17.1", "R-17.2", "R-17.4")
def test_a_visitor_presses_the_button_and_reads_what_happens(visit: Visit, shop: Shop) -> None:
    anna = Phone("101", shop.sip)
    anna.on_invite = []
    assert status(anna.register(shop.service.new_passwords[101])) == 200
    page = visit("/desk")
    expect(button(page)).to_have_text("Call me back")
    assert button(page).evaluate("b => getComputedStyle(b).backgroundColor") == "rgb(37, 99, 235)"
    assert "cursive" not in button(page).evaluate("b => getComputedStyle(b).fontFamily"), (
        "styles of the site stay outside"
    )
    expect(window(page)).to_be_hidden()
    button(page).click()
    expect(window(page)).to_contain_text("1 manager is free")
    page.get_by_label("Your phone number").fill("12345")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("in full")
    page.get_by_label("Your phone number").fill("8 916 000-11-22")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("looking for a manager")
    rung = anna.called()
    assert "Shop" in rung.invite
    anna.reply(rung.invite, 200, anna.sdp())
    anna.wait(lambda message: message.startswith("BYE"))
    expect(page.get_by_role("status")).to_contain_text("You did not pick up", timeout=10_000)  # the trunk leads nowhere
    anna.close()


@rule("R-17.2")
def test_it_is_moved_by_pointer_and_keys_and_stays_where_it_was_put(visit: Visit) -> None:
    page = visit(viewport={"width": 1000, "height": 700})
    box = button(page).bounding_box()
    assert box is not None and box["x"] > 700 and box["y"] > 550
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(200, 200, steps=4)
    page.mouse.up()
    expect(window(page)).to_be_hidden()
    button(page).focus()
    page.keyboard.press("ArrowRight")
    page.reload()
    after = button(page).bounding_box()
    assert after is not None and abs(after["x"] - 214) < 3 and abs(after["y"] - 190) < 3
    page.set_viewport_size({"width": 390, "height": 500})
    inside = button(page).bounding_box()
    assert inside is not None and inside["x"] + inside["width"] <= 390


@rule("R-17.2")
def test_it_opens_by_itself_once_and_closes_by_key(visit: Visit) -> None:
    page = visit("/early")
    expect(window(page)).to_be_visible()
    expect(window(page)).to_contain_text("Ваш номер телефона")
    page.keyboard.press("Tab")
    button(page).focus()
    page.keyboard.press("Escape")
    expect(window(page)).to_be_hidden()
    page.reload()
    expect(button(page)).to_be_visible()
    page.wait_for_timeout(400)
    expect(window(page)).to_be_hidden()
    leaving = visit()
    expect(button(leaving)).to_be_visible()
    leaving.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1, relatedTarget: null}))")
    expect(window(leaving)).to_be_visible()


@rule("R-17.2")
def test_on_a_mobile_phone_it_is_hidden_where_it_is_to_be(visit: Visit) -> None:
    mobile = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
    expect(button(visit("/shop", **mobile))).to_be_visible()
    hidden = visit("/desk", **mobile)
    hidden.wait_for_load_state("networkidle")
    expect(button(hidden)).to_have_count(0)
    expect(button(visit("/desk"))).to_be_visible()


@rule("R-17.2")
@pytest.mark.parametrize("path", ["/shop", "/early"])
def test_axe_finds_nothing_against_it(visit: Visit, path: str) -> None:
    page = visit(path, bypass_csp=True)
    if path == "/shop":
        button(page).click()
    expect(window(page)).to_be_visible()
    page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8") + "; 0")
    found = page.evaluate("axe.run(document.body.lastElementChild, {resultTypes: ['violations']})")["violations"]
    found = [one for one in found if one["id"] not in ("region",)]
    assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@rule("R-17.5", "R-17.1")
@pytest.mark.parametrize(("visitors", "addresses"), [(12, 1), pytest.param(100, 6, marks=pytest.mark.nightly)])
def test_visitors_of_one_address_get_ten_calls_and_no_script_fails(
    visitors: int, addresses: int, visit: Visit, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    stop = shop.service.driver.subscribe(
        lambda at, said: started.append(said.caller) if isinstance(said, note.CallStarted) and said.widget else None
    )
    weights: dict[str, int] = {}
    answers: list[str] = []
    for n in range(visitors):
        page = visit(via=addresses - n % addresses)
        if n == 0:
            page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))
            page.reload()
            expect(button(page)).to_be_visible()
        ask(page, f"+7 926 {visitors * 1000 + n:07d}")
        line = page.get_by_role("status")
        expect(line).to_have_text(re.compile("manager|Nobody could answer|Too many|You did not"))
        answers.append(line.inner_text())
        page.context.close()
    stop()
    ours = {"/" + url.split("/", 3)[3]: size for url, size in weights.items() if "/widget/" in url}
    with capsys.disabled():
        print(f"\nwidget: {len(started)} calls of {visitors} visitors; bytes: {ours}")
    assert len(started) == addresses * limits.CALLBACKS_PER_ADDRESS
    assert sum("Too many" in said for said in answers) == visitors - len(started)
    assert sum(ours.values()) < BYTES_AT_MOST and {"/widget/shop.js", "/widget/shop/settings?page=%2Fshop"} < set(ours)
