"""The pictures of the documentation, taken from the running program: `make screenshots` (`python -m tests.screenshots`).

Starts the workbench on the example, a bridge with callers, and Chromium, all on loopback, and writes `docs/pictures/*.png`. Size,
theme, language, numbers and dates are fixed and chance is seeded, so pages look alike each time; only what tells when it happened
(the Live and History pages, seconds a simulation took) is of the day. The tutorial of an administrator is walked as its test does
it, and gives its pictures on the way. Names after the command take only these: `python -m tests.screenshots live history`.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.resources import INLINE
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

import pbxsim
from pbxsim import datasets
from tests.live_bridge.sip.phone import Phone
from tests.pages import DOCS
from tests.pbxsim.workbench.conftest import CHROMIUM, EXAMPLE, FLAGS, Site, patient, started, stop
from tests.pbxsim.workbench.test_browser_tutorial import walk
from tests.pbxsim.workbench.test_live import Running
from tests.ports import free_port

PICTURES = DOCS / "pictures"
VIEW = {"width": 1440, "height": 860}
COLOURS = 128
SETTLE_MS = 1500
DAY_MS = 180_000


def keep(name: str, data: bytes) -> None:
    """Write a picture with few colours, which pages have: a third of the size."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{name}.png", optimize=True)
    print(f"{name}.png, {(PICTURES / f'{name}.png').stat().st_size / 1024:.0f} KB", flush=True)


def take(page: Page, name: str) -> None:
    """A picture of what the page shows, once it stands still and nothing is pointed at."""
    page.mouse.move(VIEW["width"] - 4, VIEW["height"] - 4)
    page.wait_for_timeout(SETTLE_MS)
    expect(page.locator("#loader")).to_be_hidden()
    page.wait_for_timeout(SETTLE_MS)
    keep(name, page.screenshot(animations="disabled"))


def opened(browser: Browser, address: str) -> Page:
    """A page in the light theme and in English."""
    page = patient(browser.new_page(viewport=VIEW, locale="en-GB", timezone_id="Asia/Yekaterinburg"))  # type: ignore[arg-type]
    mark = "&" if "?" in address else "?"
    page.goto(f"{address}{mark}lang=en&theme=light")
    expect(page.locator("#loader")).to_be_hidden()
    return page


@contextmanager
def workbench(folder: Path) -> Iterator[Site]:
    """The workbench on a copy of the example."""
    file, log, port = folder / "pbx.yaml", folder / "server.log", free_port()
    shutil.copyfile(EXAMPLE, file)
    process = started([sys.executable, "-m", "pbxsim.workbench", str(file), "--port", str(port)], port, log)
    try:
        yield Site(port, file, log)
    finally:
        stop(process)


# --- what is taken ---------------------------------------------------------------------------------------------------


def design(browser: Browser, site: Site) -> None:
    page = opened(browser, site.address("design"))
    expect(page.get_by_test_id("card-5200")).to_be_visible()
    take(page, "design")
    page.close()


def preview(browser: Browser, site: Site) -> None:
    asked = "preview?number=84951234567&at=2026-11-23T09:30&caller=89121112233&keys=2"
    page = opened(browser, site.address(asked))
    expect(page.get_by_text(re.compile("5301")).first).to_be_visible()
    take(page, "preview")
    page.close()


def year(browser: Browser, site: Site) -> None:
    page = opened(browser, site.address("year"))
    expect(page.locator("canvas").first).to_be_visible()
    take(page, "year")
    page.close()


def compare(browser: Browser, site: Site) -> None:
    page = opened(browser, site.address("versions"))
    expect(page.get_by_text("21:00 – 22:00").first).to_be_visible(timeout=DAY_MS)
    calls = "".join(f"2026-11-{day:02} {hour:02}:{minute:02},84951234567,8912{day}{hour}{minute:03}\n"
                    for day in range(2, 28) for hour in range(9, 23) for minute in (7, 41))  # fmt: skip
    page.locator("input[type=file]").set_input_files(
        {"name": "calls.csv", "mimeType": "text/csv", "buffer": f"at,number,caller\n{calls}".encode()}
    )
    expect(page.get_by_text(re.compile("would land elsewhere")).first).to_be_visible()
    take(page, "compare")
    page.close()


def loadtest(browser: Browser, site: Site) -> None:
    page = opened(browser, site.address("loadtest"))
    expect(page.get_by_text(re.compile("^10 days in"))).to_be_visible(timeout=DAY_MS)
    take(page, "loadtest")
    page.close()


def tutorial(browser: Browser, site: Site) -> None:
    page = opened(browser, site.address("design"))
    walk(page, site, lambda name: take(page, name))
    page.close()


def analyst(browser: Browser, site: Site) -> None:
    flow = pbxsim.load_flow(datasets.find("example"))
    day = pbxsim.Scenario.load(datasets.folder() / "scenarios" / "example_weekday.yaml")
    plot = pbxsim.simulate(flow, day, 20).plot
    plots = (plot.day("service_level", "Sales", target=0.8), plot.waits("Sales"), plot.queue("Sales"))
    page = browser.new_page(viewport={"width": plots[0].figure.width + 16, "height": 3 * plots[0].figure.height + 16})
    page.set_content(file_html(column([one.figure for one in plots]), INLINE))
    expect(page.locator("canvas").first).to_be_visible()
    take(page, "analyst")
    page.close()


def live(browser: Browser, running: Running) -> None:
    text = running.document.read_text(encoding="utf-8").replace("21:00", "22:00")
    running.ask("POST", "/api/versions?acknowledged_by=Anna&name=evening", text.encode())
    running.ask("POST", "/api/versions/evening/promote", b'{"share": 0.2}')
    callers = [Phone(f"8912111220{n}", running.sip) for n in range(3)]
    dialogs = [caller.call("74951234567")[0] for caller in callers]
    page = opened(browser, f"http://127.0.0.1:{running.port}/live")
    expect(page.get_by_text("Calls in progress: 3")).to_be_visible()
    take(page, "live")
    page.close()
    for caller, dialog in zip(callers, dialogs, strict=True):
        caller.hang_up(dialog)
        caller.close()


def history(browser: Browser, running: Running) -> None:
    page = opened(browser, f"http://127.0.0.1:{running.port}/history")
    page.locator("tr").filter(has_text="89121112201").first.click()
    expect(page.get_by_test_id("card-5200")).to_be_visible()
    take(page, "history")
    page.close()


OF_THE_WORKBENCH: dict[str, Callable[[Browser, Site], None]] = {
    one.__name__: one for one in (design, preview, year, compare, loadtest, analyst, tutorial)
}
OF_THE_BRIDGE: dict[str, Callable[[Browser, Running], None]] = {one.__name__: one for one in (live, history)}


def main(names: list[str]) -> None:
    """Take the named pictures, or all of them."""
    wanted = names or [*OF_THE_WORKBENCH, *OF_THE_BRIDGE]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        if OF_THE_WORKBENCH.keys() & set(wanted):
            with workbench(Path(folder)) as site:
                for name in wanted:
                    if name in OF_THE_WORKBENCH:
                        OF_THE_WORKBENCH[name](browser, site)
        if OF_THE_BRIDGE.keys() & set(wanted):
            below = Path(folder) / "bridge"
            below.mkdir()
            with closing(Running(below)) as running:
                for name in wanted:
                    if name in OF_THE_BRIDGE:
                        OF_THE_BRIDGE[name](browser, running)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
