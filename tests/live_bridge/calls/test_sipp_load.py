"""Load by SIPp: calls at a steady rate through greeting and queue, members' phones answering, none lost (issue A)."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from tests.live_bridge import live as lives
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, status

SPB = "78121234567"
CALLS = 200
RATE = 20
MEMBERS_PORT = lives.free_port()

pytestmark = pytest.mark.debian

SCENARIO = Path(__file__).parent / "sipp" / "greeting_queue.xml"


@pytest.fixture
def sipp() -> str:
    """The program."""
    found = shutil.which("sipp")
    assert found is not None, "install Debian's sip-tester (SIPp) for this test"
    return found


@pytest.fixture
def members(sipp: str, tmp_path: Path) -> Iterator[None]:
    """SIPp as the phones of all members: each call rings, is answered at once and talks until the caller leaves."""
    with subprocess.Popen(
        [sipp, "-sn", "uas", "-i", "127.0.0.1", "-p", str(MEMBERS_PORT), "-mp", str(lives.free_port()), "-nostdin"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    ) as process:  # fmt: skip
        yield
        process.terminate()


def run(sipp: str, folder: Path, live: Live, calls: int, rate: int) -> dict[str, str]:
    """Let SIPp call; its last line of statistics."""
    done = subprocess.run(
        [sipp, f"127.0.0.1:{live.port}", "-sf", str(SCENARIO), "-s", SPB, "-i", "127.0.0.1", "-p", str(OPERATOR),
         "-mp", str(lives.free_port()),
         "-r", str(rate), "-m", str(calls), "-l", "1000", "-nostdin", "-timeout", str(calls // rate + 40),
         "-trace_stat", "-stf", str(folder / "stat.csv"), "-fd", "1", "-trace_err", "-error_file", str(folder / "errors.txt")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        timeout=calls // rate + 60, check=False,
    )  # fmt: skip
    errors = folder / "errors.txt"
    told = errors.read_text()[:2000] if errors.exists() else ""
    assert done.returncode == 0, told
    with (folder / "stat.csv").open() as file:
        return list(csv.DictReader(file, delimiter=";"))[-1]


def test_two_hundred_calls_at_twenty_a_second_are_all_answered_and_all_in_history(
    sipp: str, members: None, tmp_path: Path, start_live: Callable[..., Live], phones: Callable[..., Phone],
    example_path: Path,
) -> None:  # fmt: skip
    live = start_live(lives.example_engine(example_path, **{"lines: 10,": "lines: 1000,"}))
    live.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    for user in (100, 101, 102):
        phone = phones(str(user), live)
        assert (
            status(phone.register(password(user), contact=f"<sip:{user}@127.0.0.1:{MEMBERS_PORT};transport=UDP>"))
            == 200
        )
    figures = run(sipp, tmp_path, live, CALLS, RATE)
    assert figures["SuccessfulCall(C)"] == str(CALLS) and figures["FailedCall(C)"] == "0"
    live.wait_idle(15.0)
    started = [n.call for n in live.notes if isinstance(n, note.CallStarted)]
    ended = {n.call: n for n in live.notes if isinstance(n, note.CallEnded)}
    assert len(started) == CALLS and set(started) == set(ended)
    assert Counter((n.cause, n.party) for n in ended.values()) == {(Cause.NORMAL_CLEARING, Party.CALLER): CALLS}
    queued = {n.call for n in live.notes if isinstance(n, note.CallQueued)}
    assert queued == set(started), "every call went through greeting and queue"
    talked = {n.call for n in live.notes if isinstance(n, note.CallAnswered)}
    assert talked, "members answered some"
    abandoned = {n.call for n in live.notes if isinstance(n, note.CallAbandoned)}
    assert not talked & abandoned
    sizes = live.driver.sizes()
    assert sizes["calls"] == sizes["legs"] == sizes["faults"] == 0
