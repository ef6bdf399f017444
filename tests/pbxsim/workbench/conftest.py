"""A workbench of its own on a copy of the example, and Debian's chromium, for the tests that need them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from pbxsim.workbench.document import workspace
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "datasets" / "pbx" / "example" / "pbx.yaml"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STATE = "state"
"""A folder beside a server's log: what the workbench keeps between its pages."""
READY_S = 240
PATIENCE_MS = 45_000
"""A loaded machine is slow; nothing here waits as long as this when it works."""

expect.set_options(timeout=PATIENCE_MS)


def started(command: list[str], port: int, log: Path, trusted: ssl.SSLContext | None = None) -> subprocess.Popen[bytes]:
    """A server process that answers on its port; over TLS where somebody trusts it."""
    address = f"{'http' if trusted is None else 'https'}://127.0.0.1:{port}/static/js/bokeh.min.js"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(log.parent / STATE)},
        )
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5, context=trusted).read()
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
            continue
        if process.poll() is None:  # else another server answered on this port
            return process
    stop(process)
    raise RuntimeError(f"the workbench did not start:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


class Site:
    """A running workbench and its file."""

    def __init__(self, port: int, file: Path, log: Path) -> None:
        self.port, self.file, self.log = port, file, log
        self.state = log.parent / STATE

    def address(self, page: str) -> str:
        """The address of a page."""
        return f"http://127.0.0.1:{self.port}/{page}"

    def reset(self) -> None:
        """The example as it is shipped and nothing beside it, whatever a test before made: a test may be tried again."""
        folder = self.file.parent
        for made in sorted({*folder.iterdir()} - {self.file, self.log, self.state}):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        shutil.rmtree(self.state / "pbx-workbench" / "runs", ignore_errors=True)
        shutil.copyfile(EXAMPLE, self.file)

    @property
    def kept(self) -> Path:
        """The draft file beside the document."""
        return self.file.with_name("pbx.draft.yaml")


@pytest.fixture
def file(example_path: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the example, which is the PBX of pages that a test makes itself."""
    copy = tmp_path / "pbx.yaml"
    shutil.copyfile(example_path, copy)
    before = workspace._current
    workspace.use(workspace.Workspace(copy, tmp_path / "drafts"))
    yield copy
    workspace._current = before


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The workbench on a copy of the example."""
    folder = tmp_path_factory.mktemp("workbench")
    file, log, port = folder / "pbx.yaml", folder / "server.log", free_port()
    shutil.copyfile(EXAMPLE, file)
    process = started([sys.executable, "-m", "pbxsim.workbench", str(file), "--port", str(port)], port, log)
    yield Site(port, file, log)
    stop(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. No longer than a module: while it is there its event loop runs, and tests cannot run one."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=list(FLAGS),
            ignore_default_args=["--hide-scrollbars"],  # what lies under a scroll bar is cut for people, too
        )
        yield made
        made.close()


Opener = Callable[[str], Page]


def patient(page: Page) -> Page:
    """A page that waits as long as a loaded machine needs."""
    page.set_default_timeout(PATIENCE_MS)
    page.set_default_navigation_timeout(2 * PATIENCE_MS)
    return page


class Seat:
    """One window for the tests of a module, one after another: a window that has read the scripts once opens a page in half
    the time. Each test finds it empty, without cookies and at the usual size."""

    SIZE: ViewportSize = {"width": 1600, "height": 900}

    def __init__(self, browser: Browser) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._browser = browser
        self._pages: list[Page] = []

    def new(self) -> Page:
        """A further window, as of another person; what fails in it, and what it asks of other machines, is noted."""
        page = patient(self._browser.new_page(viewport=self.SIZE))
        page.route(
            re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1)"),
            lambda route: (self.outside.append(route.request.url), route.abort()),
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: dialog.accept())  # unsaved work may be left
        self._pages.append(page)
        return page

    def page(self) -> Page:
        """The window that stays."""
        if not self._pages or self._pages[0].is_closed():
            self._pages = []
            self.new()
        return self._pages[0]

    def clear(self) -> None:
        """Leave the page and forget what it kept; close further windows."""
        for page in self._pages[1:]:
            page.close()
        del self._pages[1:]
        page = self.page()
        page.evaluate("() => { try { localStorage.clear(); sessionStorage.clear() } catch {} }")
        page.goto("about:blank")
        page.context.clear_cookies()
        page.set_viewport_size(self.SIZE)
        self.outside.clear()
        self.errors.clear()

    def close(self) -> None:
        """Close every window."""
        for page in self._pages:
            page.close()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Seat]:
    """What `seat` empties between tests."""
    made = Seat(browser)
    yield made
    made.close()


@pytest.fixture
def seat(window: Seat) -> Iterator[Seat]:
    """The module's window, empty."""
    window.clear()
    yield window
    window.clear()


@pytest.fixture
def visit(seat: Seat, site: Site) -> Iterator[Opener]:
    """Opens a page, the first one in the module's window; at the end nothing must have failed in it, and nothing may have been
    asked of another machine."""
    site.reset()
    opened = 0

    def visit(address: str) -> Page:
        nonlocal opened
        page = seat.new() if opened else seat.page()
        opened += 1
        page.goto(site.address(address))
        expect(page.locator("#loader")).to_be_hidden()
        return page

    yield visit
    assert seat.outside == [], "a request left the machine"
    assert seat.errors == [], "something failed in the browser"


def centre(locator: Locator) -> tuple[float, float]:
    """The middle of what a locator finds."""
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def still(page: Page) -> Page:
    """Show the whole flow and wait until the view stands: what is measured while it moves is pressed beside its mark."""
    whole = page.get_by_role("button", name=re.compile("^(Show everything|Показать всё)$"))
    whole.evaluate("button => button.click()")  # neither mouse nor focus moves
    at_rest(page, "5200")
    return page


def at_rest(page: Page, id: str) -> None:
    """The camera has come to its place: on its way it may stand farther off than where it stops."""
    alike, before = 0, None
    for _ in range(PATIENCE_MS // 100):
        now = card(page, id).bounding_box()
        alike = alike + 1 if now == before else 0
        if alike == 5:
            return
        before = now
        page.wait_for_timeout(100)
    raise AssertionError(f"the camera moves on and on: {id}")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in steps, release."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=6)
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def card(page: Page, id: str) -> Locator:
    """A card of the canvas."""
    return page.get_by_test_id(f"card-{id}")


def port(page: Page, id: str, label: str) -> Locator:
    """The dot of an output."""
    return card(page, id).locator(".wb-port").filter(has_text=label).locator(".react-flow__handle")


def edge(page: Page, id: str) -> Locator:
    """A line between two cards: `5400|match|5000`."""
    return page.locator(f"[data-testid='rf__edge-{id}']")
