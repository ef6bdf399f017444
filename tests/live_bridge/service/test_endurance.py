"""Many calls through one bridge: afterwards it holds what it held before, in every table and in memory."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.calls.call_controller import CallController
from live_bridge.media.session import Media
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from tests.live_bridge.live import Live
from tests.ports import free_port

pytestmark = pytest.mark.debian

PBX = """
pbx: example
zone: UTC
trunks:
  in: {number: "74950000000", to: "89160000000"}
  out: {number: "74950000001"}
outgoing: {default: out}
prompts: {}
"""
CALLER, CALLED = free_port(), free_port()
WARM_UP = 4_500
"""Calls after which a process has taken what it takes once and keeps: more than come in the 64 s that answers are remembered."""
AT_ONCE = 200
"""Calls in progress, at most: four ports each of the 1,000 that media of tests has. SIPp waits when so many are, so that a
loaded machine takes longer and refuses nobody."""
QUIET_WITHIN_S = 150.0
"""Answers are remembered for up to 64 s, for retransmissions (RFC 3261 section 17); a loaded machine takes its time."""


def resident_mb() -> float:
    """Memory of this process."""
    gc.collect()
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.fixture
def sipp(tmp_path: Path) -> Iterator[Callable[[Live, int, int], int]]:
    """SIPp on both sides; gives the number of failed calls of a run."""
    program = shutil.which("sipp")
    assert program is not None, "install Debian's sip-tester (SIPp) for this test"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    words = ["-sn", "uas", "-i", "127.0.0.1", "-p", str(CALLED), "-mp", str(free_port()), "-nostdin"]
    called = subprocess.Popen([program, *words], **quiet)  # type: ignore[call-overload]

    def run(live: Live, calls: int, rate: int) -> int:
        words = ["-sn", "uac", f"127.0.0.1:{live.port}", "-s", "74950000000", "-i", "127.0.0.1", "-p", str(CALLER),
                 "-mp", str(free_port()), "-r", str(rate), "-m", str(calls), "-l", str(AT_ONCE), "-nostdin",
                 "-timeout", str(calls // rate * 6 + 60)]  # fmt: skip
        done = subprocess.run([program, *words], check=False, timeout=calls // rate * 6 + 90, **quiet)  # type: ignore[call-overload]
        return int(done.returncode)

    yield run
    called.terminate()
    called.wait(20)


def held(live: Live, media: Media) -> dict[str, int]:
    """Every table that could grow."""

    def count(controller: CallController) -> dict[str, int]:
        tenant = live.engine.tenant
        return {
            **controller.endpoint.sizes(),
            "calls": len(controller.executor.calls),
            "legs": len(controller.executor.legs),
            "calls of the engine": len(tenant.calls),
            "trunk lines": sum(trunk.in_use for trunk in tenant.trunks.values()),
            "media": len(media),
        }

    return live.driver.ask_inside(count)


@pytest.mark.parametrize(
    ("calls", "rate"), [(150, 30), pytest.param(20_000, 60, marks=pytest.mark.nightly)], ids=["short", "long"]
)
def test_after_many_calls_everything_held_is_given_back(
    calls: int, rate: int, start_live: Callable[..., Live], live_media: Media, sipp: Callable[[Live, int, int], int]
) -> None:
    trunks = {
        "in": TrunkPeers(number="74950000000", peers=(CarrierAddress(host="127.0.0.1", port=CALLER),)),
        "out": TrunkPeers(number="74950000001", host="127.0.0.1", port=CALLED),
    }
    live = start_live(Engine(load(PBX)), trunks=trunks)
    live.take_event = lambda at, event: None  # type: ignore[method-assign]  # books of a test would grow
    live.take_said = lambda said: None  # type: ignore[method-assign]
    long = calls > 1000
    lasting = () if long else ("remembered answers", "client transactions", "server transactions")

    known = held(live, live_media)["caught"]  # counted for the process, in which other tests ran before

    def left() -> dict[str, int]:
        sizes = held(live, live_media)
        sizes["caught"] -= known
        return {name: size for name, size in sizes.items() if size and name not in lasting}

    def run(calls: int) -> None:
        assert sipp(live, calls, rate) == 0
        end_s = time.monotonic() + QUIET_WITHIN_S
        while left() and time.monotonic() < end_s:
            time.sleep(0.2)
        assert left() == {}

    if long:
        run(WARM_UP)
    before_mb, before_blocks = resident_mb(), sys.getallocatedblocks()
    run(calls)
    assert live.driver.sizes()["faults"] == 0
    if long:
        grown_mb, grown = resident_mb() - before_mb, sys.getallocatedblocks() - before_blocks
        print(f"after {calls} calls: {grown_mb:+.1f} MB, {grown:+d} blocks of memory")  # shown by pytest -s
        assert grown_mb < 15, f"{grown_mb:.1f} MB more than before, after {calls} calls"
        assert grown < calls // 10, f"{grown} blocks of memory more than before, after {calls} calls"
