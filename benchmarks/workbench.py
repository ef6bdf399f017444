"""How long a page of the workbench takes to open, how much it weighs, and what 300 cards and ten sessions cost.

    python benchmarks/workbench.py                  every page three times in Chromium, each time with an empty cache
    python benchmarks/workbench.py --only pages --pages design live --times 1
    CHROMIUM=/usr/bin/chromium python benchmarks/workbench.py

Cold is a browser with an empty cache, of files as of compiled scripts, and without cookies; the server runs and has loaded the
modules of its pages, which it does in its first seconds, and the browser's window stands: a new one loads parts of its own, the
list below its address bar, which take a fifth of what a page takes and would be counted with it. The first opening right after
a start is printed by itself.

Prints for each page the median time until it shows its answer and until the last thing beside it is drawn, the seconds that the
cores of browser and server worked for it, its requests and what they weigh compressed; how long a card more takes among 300,
until it is drawn, and to show all of them; what ten sessions leave behind once they are closed: pages, canvases, sessions,
threads, memory. Aims: a page under 2 s and 2 MB, a card under 1 s, nothing left. On a machine that does other work the times say
little; the seconds of the cores say more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

EXAMPLE = HERE / "datasets" / "pbx" / "example" / "pbx.yaml"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CARDS = 300
FIRST = 5600
"""Of their numbers."""
SESSIONS = 10
KEPT_MS, SHORT_MS = 15_000, 2_000
"""How long a session waits for its browser, as in `serve.py`; and where sessions are counted once they have ended."""
POLL_MS = 40
"""How often the page is looked at; a look takes some of its time, too."""
ADDITIONS = 5_000_000
CALM_S, LOOK_S = 0.03, 0.25
"""A browser that works no longer than the first within the second has nothing to do."""
WARM_S = 5.0
"""After the first opening, until the server has done what it does in its first seconds."""
AIM_S, AIM_MB, AIM_CARD_S = 2.0, 2.0, 1.0
PATIENCE_MS = 120_000

ANSWERS = {
    "design": ("[data-testid=card-5200]", ""),
    "preview": ("[data-testid=card-5200]", ""),
    "loadtest": ("button", "Run"),
    "staffing": ("button", "Find a plan"),
    "year": ("td", ""),
    "versions": ("td", ""),
    "live": ("[role=alert]", "No live bridge"),
    "history": ("[role=alert]", "No live bridge"),
}
"""What each page shows once it has found its answer, and its text; of Live and History, which have no bridge here, that there is
none."""

_SHOWN = """([selector, text]) => {
    if (!window.Bokeh?.documents?.length) return 0;
    const look = (root) => {
        for (const one of root.querySelectorAll(selector))
            if (one.getClientRects().length && one.textContent.includes(text)) return true;
        for (const one of root.querySelectorAll("*")) if (one.shadowRoot && look(one.shadowRoot)) return true;
        return false;
    };
    return look(document) ? performance.now() / 1000 : 0;
}"""
"""Seconds since the opening began once that is drawn."""

_DRAWN = """() => {
    const bar = document.getElementById("loader");
    return bar && getComputedStyle(bar).display === "none" ? performance.now() / 1000 : 0;
}"""
"""Seconds since then once everything is drawn and the bar over the page is gone."""


@contextmanager
def served(file: Path, report: Path, kept_ms: int = KEPT_MS) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A workbench that counts its pages, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    state = {**os.environ, "PYTHONPATH": str(HERE), "XDG_STATE_HOME": str(file.parent / "state")}
    command = [
        sys.executable,
        "-m",
        "tests.pbxsim.workbench.counting_server",
        str(file),
        str(port),
        str(report),
        str(kept_ms),
    ]
    with (file.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=HERE, env=state, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/alive", timeout=5).read()
                break
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        yield process, address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


class Opened:
    """A page opened with an empty cache: seconds until its answer and until all of it is drawn, requests, and bytes as they came
    over the wire."""

    def __init__(self, browser: Browser, address: str, answer: tuple[str, str], at_once: bool = False) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page: Page = self.context.new_page()
        if not at_once:
            calm(browser)
        self.requests, self.bytes, self.by_socket = 0, 0.0, 0.0
        wire = self.context.new_cdp_session(self.page)
        wire.on("Network.loadingFinished", self._finished)
        wire.on("Network.webSocketFrameReceived", self._frame)
        wire.send("Network.enable")
        wire.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page.goto(address, timeout=PATIENCE_MS, wait_until="commit")
        shown = self.page.wait_for_function(_SHOWN, arg=list(answer), polling=POLL_MS, timeout=PATIENCE_MS)
        self.seconds = float(shown.json_value())
        drawn = self.page.wait_for_function(_DRAWN, polling=POLL_MS, timeout=PATIENCE_MS)
        self.drawn_s = float(drawn.json_value())
        measured = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
        self.of_core = float(measured["TaskDuration"])
        """Seconds that the browser's core worked for the page."""

    def _finished(self, event: dict[str, float]) -> None:
        self.requests += 1
        self.bytes += event["encodedDataLength"]

    def _frame(self, event: dict[str, dict[str, str]]) -> None:
        self.by_socket += len(event["response"]["payloadData"])

    def close(self) -> None:
        self.context.close()


def calm(browser: Browser) -> None:
    """Wait until all processes of a browser have nothing to do."""
    wire = browser.new_browser_cdp_session()

    def worked_s() -> float:
        return sum(float(one["cpuTime"]) for one in wire.send("SystemInfo.getProcessInfo")["processInfo"])

    now, end = worked_s(), time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < end:
        before = now
        time.sleep(LOOK_S)
        now = worked_s()
        if now - before < CALM_S:
            break
    wire.detach()


def pages(browser: Browser, process: subprocess.Popen[bytes], address: str, names: list[str], times: int) -> None:
    """A line a page."""
    print(
        f"{'page':10} {'s, cold':>8} {'s, all drawn':>13} {'browser, s of its core':>23} {'server, s of its core':>22}"
        f" {'requests':>9} {'MB compressed':>14} {'MB by WebSocket':>16}"
    )
    for name in names:
        last, before, seconds, drawn, worked = None, core_s(process.pid), [], [], []
        for _ in range(times):
            if last is not None:
                last.close()
            last = Opened(browser, f"{address}/{name}?lang=en", ANSWERS[name])
            seconds.append(last.seconds)
            drawn.append(last.drawn_s)
            worked.append(last.of_core)
            time.sleep(1)  # what the server does once the answer is there counts, too
        assert last is not None
        middle, weight = statistics.median(seconds), last.bytes / 1e6
        missed = [] if middle < AIM_S else [f"over {AIM_S:g} s"]
        missed += [] if weight < AIM_MB else [f"over {AIM_MB:g} MB"]
        of_core = (core_s(process.pid) - before) / times
        told = f"{middle:8.2f} {statistics.median(drawn):13.2f} {statistics.median(worked):23.2f} {of_core:22.2f}"
        print(f"{name:10} {told} {last.requests:9} {weight:14.2f} {last.by_socket / 1e6:16.2f}  {', '.join(missed)}")
        last.close()


def many_cards(browser: Browser, folder: Path) -> None:
    """Adding a card among 300, and showing all of them."""
    file = folder / "many.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    more = "".join(f"  {FIRST + n}: {{kind: greeting, prompt: closed.wav, {_leads(n)}}}\n" for n in range(CARDS))
    file.write_text(text.replace("\nelements:\n", f"\nelements:\n{more}"), encoding="utf-8")
    with served(file, folder / "many.report") as (_, address):
        opened = Opened(browser, f"{address}/design?lang=en", (".react-flow__node", ""))
        page = opened.page
        print(f"\n{CARDS} cards: the page opens in {opened.seconds:.2f} s")
        whole = page.get_by_role("button", name="Show everything")
        began = time.perf_counter()
        whole.click()
        page.wait_for_function(
            f"() => document.querySelectorAll('*').length && {_COUNT} >= {CARDS}", timeout=PATIENCE_MS
        )
        print(f"show everything: {time.perf_counter() - began:.2f} s until all of them are there")
        seconds = []
        for n in range(3):
            key = page.get_by_test_id("palette-voicemail")
            key.focus()
            began = time.perf_counter()
            page.keyboard.press("Enter")
            card = [f"[data-testid=card-{5100 + n}]", ""]
            page.wait_for_function(_SHOWN, arg=card, polling=POLL_MS, timeout=PATIENCE_MS)
            seconds.append(time.perf_counter() - began)
        middle = statistics.median(seconds)
        print(f"one card more: {middle:.2f} s{'' if middle < AIM_CARD_S else f'  over {AIM_CARD_S:g} s'}")
        opened.close()


def _leads(n: int) -> str:
    """Where a greeting leads: every one to five more, as long as there are any."""
    below = [FIRST + one for one in range(5 * n + 1, 5 * n + 6) if one < CARDS]
    if not below:
        return "next: 5120"
    keys = ", ".join(f"{key}: {number}" for key, number in enumerate(below, 1))
    return f"keys: {{{keys}}}, no_input: 5120, invalid: 5120"


_COUNT = """(() => {
    let count = 0;
    const walk = (root) => { for (const one of root.querySelectorAll("*")) {
        if (one.shadowRoot) walk(one.shadowRoot);
        if (one.dataset?.testid?.startsWith("card-")) count += 1;
    } };
    walk(document);
    return count;
})()"""
"""Cards that are drawn, in whatever shadow root."""


def sessions(browser: Browser, process: subprocess.Popen[bytes], address: str, report: Path) -> None:
    """What ten sessions leave behind, after as many that warmed the server up."""

    def alive() -> list[int]:
        report.unlink(missing_ok=True)
        process.send_signal(signal.SIGUSR1)
        while not report.exists():
            time.sleep(0.1)
        return [int(word) for word in report.read_text().split()]

    def open_and_close() -> None:
        for _ in range(SESSIONS):
            Opened(browser, f"{address}/design?lang=en", ANSWERS["design"]).close()
        time.sleep(3 * SHORT_MS / 1000)

    open_and_close()
    *_, threads = alive()
    before = memory_mb(process.pid)
    open_and_close()
    pages_left, canvases, left, threads_now = alive()
    told = f"{memory_mb(process.pid) - before:+.0f} MB (of {before:.0f} MB)"
    print(
        f"\n{SESSIONS} sessions opened and closed leave {left} sessions, {pages_left} pages, {canvases} canvases, "
        f"{threads_now - threads:+} threads (of {threads}), {told}"
    )


def core_s(pid: int) -> float:
    """Seconds of a core that a process has taken: what other programs do at the same time does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """What a process holds in memory."""
    pages_held = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages_held * os.sysconf("SC_PAGE_SIZE") / 1e6


def pace() -> float:
    """Million additions a second of plain Python: other programs' load and the neighbours' on a shared machine show in it."""
    begun = time.perf_counter()
    total = 0
    for number in range(ADDITIONS):
        total += number
    return ADDITIONS / (time.perf_counter() - begun) / 1e6


def main() -> None:
    """Print all of it."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--pages", nargs="*", default=list(ANSWERS), choices=list(ANSWERS))
    words.add_argument("--only", choices=("pages", "sessions", "cards"), help="one part of it")
    words.add_argument("--times", type=int, default=3, help="how often each page is opened")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copyfile(EXAMPLE, folder / "pbx.yaml")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if given.only in (None, "pages"):
            with served(folder / "pbx.yaml", folder / "report") as (process, address):
                first = Opened(browser, f"{address}/design?lang=en", ANSWERS["design"], at_once=True)
                print(f"the first opening after a start, of design: {first.seconds:.2f} s")
                print(f"this machine: {pace():.1f} million additions a second")
                first.close()
                time.sleep(WARM_S)
                pages(browser, process, address, given.pages, given.times)
        if given.only in (None, "sessions"):
            with served(folder / "pbx.yaml", folder / "report", SHORT_MS) as (process, address):
                sessions(browser, process, address, folder / "report")
        if given.only in (None, "cards"):
            many_cards(browser, folder)
        print(f"\nthis machine in the end: {pace():.1f} million additions a second")
        browser.close()


if __name__ == "__main__":
    main()
