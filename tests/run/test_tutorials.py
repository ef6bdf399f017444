"""The tutorials of an operator and of an analyst: what they show is run as it stands there.

The operator's commands go to a bridge that runs, with calls that come in over SIP. What takes long (gate, rehearsal, searches
for a plan) is for the night; the browser steps of the administrator's tutorial are walked in `tests/pbxsim/workbench`.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live_bridge.sip.phone import Phone
from tests.pages import DOCS, ROOT, commands, run_python
from tests.ports import free_port

OPERATOR = DOCS / "tutorial-operator.md"
SIP, API = "127.0.0.1:5060", "127.0.0.1:5080"
"""Where the tutorial's bridge listens; that of the test listens elsewhere, beside whatever runs on this machine."""

LONG = ("gate", "rehearse")
OVER_THE_API = ("versions", "publish", "gate", "promote", "canary", "rollback", "audit")
START_WITHIN_S = 120.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
COMMAND = (sys.executable, "-m", "pbxsim.cli")


class Bridge:
    """The bridge of the tutorial, in a folder where the project's `datasets` are, too."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sip, self.api = folder, ("127.0.0.1", free_port()), f"127.0.0.1:{free_port()}"
        (folder / "datasets").symlink_to(ROOT / "datasets")
        (start,) = (line for line in commands(OPERATOR) if line.startswith("live "))
        words = shlex.split(start.replace(SIP, f"127.0.0.1:{self.sip[1]}").replace(API, self.api))
        with (folder / "live.log").open("wb") as log:
            self.process = subprocess.Popen([*COMMAND, *words], cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log)
        end = time.monotonic() + START_WITHIN_S
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                # nothing to trust: reading the certificates takes longer than asking
                if httpx.get(f"http://{self.api}/health", trust_env=False, verify=False, timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        self.stop()
        raise AssertionError((folder / "live.log").read_text())

    def run(self, line: str) -> str:
        """A command of the tutorial, which must come off; what it says."""
        words, _, into = line.partition(" > ")
        asked = shlex.split(words)
        if asked[0] in OVER_THE_API:
            asked += ["--bridge", f"http://{self.api}"]
        ran = subprocess.run(
            [*COMMAND, *asked], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=200
        )
        assert ran.returncode == (1 if asked[0] == "diff" else 0), f"{line}\n{ran.stdout}\n{ran.stderr}"
        if into:
            (self.folder / into).write_text(ran.stdout, encoding="utf-8")
            (self.folder / into).chmod(0o600)  # the tutorial's next line
        return ran.stdout

    def call(self, count: int) -> None:
        """Callers who come and hang up."""
        caller = Phone("89991234567", self.sip)
        try:
            for _ in range(count):
                dialog, _ = caller.call("74951234567")
                caller.hang_up(dialog)
        finally:
            caller.close()

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(40)


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(tmp_path)
    yield made
    made.stop()


def walk(bridge: Bridge, leave_out: tuple[str, ...]) -> dict[str, list[str]]:
    """Everything the tutorial shows, in order, with calls in between; what each command said."""
    said: dict[str, list[str]] = {}
    for line in commands(OPERATOR):
        name = line.split()[0]
        if name == "live" or name in leave_out:
            continue
        if name == "canary":
            bridge.call(3)
        said.setdefault(name, []).append(bridge.run(line))
    return said


def the_version_came_and_went(said: dict[str, list[str]]) -> None:
    first, promoted, back = said["versions"]
    assert "v1" in first and "evening" not in first
    assert [next(line for line in text.splitlines() if "live" in line)[:2] for text in (promoted, back)] == ["v2", "v1"]
    assert "takes 20% of new calls" in said["canary"][0]
    assert "15,660 minutes" in said["diff"][0]
    assert said["history"][0].count("89991234567") == 3
    assert "3 calls: the engine says the same, word for word" in said["replay"][0]
    assert "each as it was written" in said["audit"][0] and "open until ten" in said["audit"][0]


def test_the_operators_tutorial_works_but_for_what_takes_long(bridge: Bridge) -> None:
    the_version_came_and_went(walk(bridge, LONG))


@pytest.mark.nightly
def test_the_operators_tutorial_works_as_a_whole(bridge: Bridge) -> None:
    said = walk(bridge, ())
    the_version_came_and_went(said)
    assert "The gate is passed" in said["gate"][0] and "86.7" in said["gate"][0] and "68.7" in said["gate"][0]
    assert "gate: passed" in said["audit"][0]


def test_the_analysts_tutorial_runs_but_for_the_search_of_a_plan() -> None:
    there = run_python(DOCS / "tutorial-analyst.md", leave_out="pbxsim.staff(", reps="2")
    assert there["now"].figure("service_level", "sales").mean > 0
    assert there["helped"].figure("service_level", "sales").mean > 0
