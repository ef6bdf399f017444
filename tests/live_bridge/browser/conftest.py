"""A page with a telephone in it, the server it comes from, and Debian's chromium with a microphone that plays a tone."""

from __future__ import annotations

import http.server
import os
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from live_bridge.sip.settings import Listen
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.live import DOMAIN, WAIT_S, Live, password
from tests.ports import free_port

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

MICROPHONE_HZ = 700.0
"""What the browser says."""

PAGE = b"<!doctype html><title>telephone</title><script src='/phone.js'></script>"


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802 (the library's name)
        script = self.path == "/phone.js"
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((Path(__file__).parent / "phone.js").read_bytes() if script else PAGE)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Where the page comes from."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Debian's chromium. No longer than a module: while it is there its event loop runs, and tests cannot run one."""
    said = tmp_path_factory.mktemp("microphone") / "tone.wav"
    time_s = np.arange(48_000) / 48_000
    with wave.open(str(said), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((np.sin(2 * np.pi * MICROPHONE_HZ * time_s) * 9_830).astype(np.int16).tobytes())
    flags = [
        "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={said}", "--autoplay-policy=no-user-gesture-required",
        "--ignore-certificate-errors",
    ]  # fmt: skip
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


class WebPhone:
    """A telephone in a page."""

    def __init__(self, page: Page, user: int) -> None:
        self.page = page
        self.user = user

    def do(self, what: str) -> Any:
        """Let the page's telephone do something; what comes of it."""
        return self.page.evaluate(f"phone.{what}")

    def wait(self, holds: str) -> None:
        """Wait until something holds in the page."""
        self.page.wait_for_function(holds, timeout=WAIT_S * 1000, polling=50)

    def hears(self, pitch_hz: float) -> None:
        """Wait until it hears a pitch; fails when it does not."""
        self.wait(f"phone.analyser && Math.abs(phone.pitch() - {pitch_hz}) < 15")

    def hears_more(self) -> None:
        """Wait until audio grows that is no silence."""
        before = self.do("stats()")
        end_s = time.monotonic() + WAIT_S
        while True:
            now = self.do("stats()")
            if now["bytes"] > before["bytes"] + 3000 and now["energy"] > before["energy"] + 0.001:
                return
            assert time.monotonic() < end_s, f"nothing is heard: {before}, then {now}; {self.do('log')}"
            self.page.wait_for_timeout(50)

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait until something holds outside the page, which goes on meanwhile."""
        end_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end_s, f"{otherwise}; {self.do('log')}"
            self.page.wait_for_timeout(50)


class Web:
    """A bridge for browsers, and pages with telephones."""

    def __init__(self, live: Live, url: str, page: Callable[[], Page]) -> None:
        self.live = live
        self.url = url
        self._page = page

    def phone(self, user: int, *, register: bool = True) -> WebPhone:
        """A page of a user's own."""
        page = self._page()
        options = {"url": self.url, "user": str(user), "password": password(user), "domain": DOMAIN}
        page.evaluate("async options => { window.phone = new Phone(options); await phone.connect() }", options)
        phone = WebPhone(page, user)
        if register:
            assert phone.do("register()") == 200
        return phone


@pytest.fixture
def web_of(
    start_live: Callable[..., Live], browser: Browser, site: str, certificate: Certificate, live_media: Any
) -> Iterator[Callable[..., Web]]:
    """Make bridges for browsers; at the end nothing of media may be left, and nothing may have failed in a page."""
    pages: list[Page] = []
    faults: list[str] = []

    def page() -> Page:
        opened = browser.new_page()
        opened.set_default_timeout(WAIT_S * 1000)
        opened.on("pageerror", lambda fault: faults.append(str(fault)))
        opened.goto(site)
        pages.append(opened)
        return opened

    def make(transport: Any = "ws", engine: Any = None, **changes: Any) -> Web:
        port, (chain, key) = free_port(), map(str, certificate)
        listen = Listen(host="127.0.0.1", port=port, transport=transport, certificate=chain, key=key, origins=(site,))
        live = start_live(engine, listen=(Listen(host="127.0.0.1", port=free_port()), listen), **changes)
        return Web(live, f"{transport}://127.0.0.1:{port}/", page)

    yield make
    for opened in pages:
        opened.close()
    assert faults == []


@pytest.fixture
def web(web_of: Callable[..., Web]) -> Web:
    """A bridge for browsers with the example PBX."""
    return web_of()
