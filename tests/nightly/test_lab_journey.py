"""JupyterLab as `make lab` starts it, in a browser: a notebook draws and counts, and the workbench stands in a tab beside it.

Nothing is asked of another machine, nothing fails in the browser, and the tab's way through JupyterLab is open to whoever may use
this JupyterLab and to nobody else.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import websockets.sync.client
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, expect
from websockets.exceptions import InvalidStatus

from tests.pbxsim.workbench.conftest import EXAMPLE, PATIENCE_MS, ROOT, browser, patient

pytestmark = [pytest.mark.nightly, pytest.mark.debian]

__all__ = ["browser"]

STARTS_S = 120
CELLS = (
    "import pbxsim\nfrom pbxsim import datasets\nflow = pbxsim.load_flow(datasets.find('example'))\nflow.show()",
    "pbxsim.trace(flow, '84951234567', '2026-11-23 09:30', caller='84955551000').show()",
    "day = pbxsim.Scenario.load(datasets.folder() / 'scenarios' / 'example_weekday.yaml')\n"
    "results = pbxsim.simulate(flow, day, 400)\nresults",
    "results.plot.day('service_level', 'Sales', target=0.8)",
)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    root: str
    token: str


def notebook() -> str:
    """Of those cells."""
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": code}
        for n, code in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`make lab` with this Python, on a folder of its own."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "try.ipynb").write_text(notebook(), encoding="utf-8")
    log = folder / "lab.log"
    own = {
        name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
    }
    command = ["make", "-o", "current", "-o", f"{sys.prefix}/stamps/notebooks", "lab", f"VENV={sys.prefix}"]
    command += [f"NOTEBOOKS={folder}", "LAB=--no-browser"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own, "PBX_FILE": str(EXAMPLE)}, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        found, ends_s = None, time.monotonic() + STARTS_S
        while found is None and process.poll() is None and time.monotonic() < ends_s:
            time.sleep(0.2)
            found = re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", log.read_text(encoding="utf-8"))
        assert found, log.read_text(encoding="utf-8")
        yield Lab(found[1], found[2])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which nothing of ours fails, and that asks nothing of another machine. Of JupyterLab's own requests one may
    fail: while a kernel starts again its socket is refused once (jupyter_server 2.21)."""
    made = patient(browser.new_page(viewport={"width": 1440, "height": 1000}))
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda message: wrong.append(message.text) if is_ours(message) else None)
    made.on("request", lambda asked: None if ours(asked.url) else wrong.append(asked.url))
    yield made
    made.close()
    assert wrong == []


def is_ours(message: ConsoleMessage) -> bool:
    """Whether an error is not of a kernel's socket."""
    return message.type == "error" and "/api/kernels/" not in f"{message.location} {message.text}"


def ours(address: str) -> bool:
    return re.match(r"(http|ws)://127\.0\.0\.1:|data:|blob:|about:", address) is not None


def test_a_notebook_draws_the_pbx_lights_a_path_shows_a_bar_and_figures(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.root}/lab/tree/try.ipynb?token={lab.token}&reset")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(
        state="attached", timeout=4 * PATIENCE_MS
    )
    cells = page.locator(".jp-CodeCell")
    page.get_by_role("menubar").get_by_text("Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(cells.nth(2).get_by_text("simulating").first).to_be_visible(timeout=4 * PATIENCE_MS)  # the bar
    expect(cells.nth(3).locator(".jp-InputPrompt")).to_have_text("[4]:", timeout=4 * PATIENCE_MS)
    drawn = cells.nth(0)
    drawn.scroll_into_view_if_needed()
    expect(drawn.get_by_test_id("card-5200")).to_be_visible()
    lit = cells.nth(1)
    lit.scroll_into_view_if_needed()
    expect(lit.locator(".wb-card.is-active")).to_contain_text("Mailbox")
    assert lit.locator("path.is-on").count() > 0
    cells.nth(2).scroll_into_view_if_needed()
    expect(cells.nth(2).get_by_role("row").filter(has_text="service_level")).to_contain_text("%")
    cells.nth(3).scroll_into_view_if_needed()
    expect(cells.nth(3).locator("canvas").first).to_be_visible()
    expect(page.get_by_text("Would you like to get notified")).to_have_count(0)


def test_the_workbench_stands_in_a_tab_and_works_there(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.root}/lab?token={lab.token}&reset")
    page.locator(".jp-LauncherCard").filter(has_text="PBX workbench").click()
    tab = page.frame_locator("iframe[src*='pbx-workbench']")
    expect(tab.locator("#loader")).to_be_hidden(timeout=4 * PATIENCE_MS)
    expect(tab.get_by_test_id("card-5200")).to_be_visible()
    works(tab)
    tab.get_by_role("link", name="Preview").click()
    expect(tab.get_by_label("Called number")).to_be_visible()


def works(tab: FrameLocator) -> None:
    """An act goes to the server through the proxy, and its answer comes back."""
    tab.get_by_test_id("palette-voicemail").click()
    expect(tab.get_by_test_id("card-5100")).to_be_visible()
    tab.get_by_test_id("undo").click()
    expect(tab.get_by_test_id("card-5100")).to_have_count(0)


def test_the_way_to_the_workbench_is_open_to_its_own_jupyterlab_alone(lab: Lab) -> None:
    address = f"{lab.root}/pbx-workbench/design"
    with httpx.Client(trust_env=False, timeout=60) as stranger:
        assert stranger.get(address).status_code in (302, 403), "without the token there is only the way to it"
    with httpx.Client(trust_env=False, timeout=120, params={"token": lab.token}) as known:
        answer = known.get(address)
        assert answer.status_code == 200 and "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        cookie = "; ".join(f"{name}={value}" for name, value in known.cookies.items())
    socket = address.replace("http", "ws").replace("/design", "/design/ws")
    for origin, is_let_in in ((lab.root, True), ("http://evil.example", False)):
        try:
            with websockets.sync.client.connect(
                socket, origin=origin, additional_headers={"Cookie": cookie}, subprotocols=["bokeh", "no-token"],
                proxy=None,
            ):  # fmt: skip
                got_in = True
        except InvalidStatus as refused:
            assert refused.response.status_code == 403
            got_in = False
        assert got_in is is_let_in, origin
