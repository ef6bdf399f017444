"""A canary from its first call to its end, with real SIP: rolled back by itself when it is worse, live when it is not (R-25.9).

SIPp is the carrier's caller and the one who is called, 20 calls a second. Every caller hangs up after three seconds, so a version
with a greeting of six seconds loses everybody before a person answers.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.contract import notes as note
from live_bridge.api.access import tokens
from live_bridge.api.server import serve_api
from live_bridge.config import LiveConfig
from live_bridge.config_sections import HttpConfig, ListenConfig, MediaConfig, PeerConfig, TrunkConfig
from live_bridge.promotion.canary_watch import RULE
from live_bridge.service.service import Service
from tests.harness import rule
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.ports import free_port

NUMBER = "74950000000"
QUICK = """
pbx: story
zone: UTC
trunks:
  in: {number: "74950000000", to: "89160000000"}
  out: {number: "74950000001"}
outgoing: {default: out}
prompts: {welcome.wav: 6.20}
"""
SLOW = (
    QUICK.replace('to: "89160000000"', "to: 5000")
    + """
elements:
  5000: {kind: greeting, name: Welcome, prompt: welcome.wav, no_input: "89160000000", invalid: "89160000000"}
"""
)
ALIKE = QUICK.replace('number: "74950000001"', 'number: "74950000001", lines: 500')
RATE = 20


class Story:
    """A bridge between two SIPps, and its API."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        document = folder / "pbx.yaml"
        document.write_text(QUICK, encoding="utf-8")
        self.port, self.caller_port, self.callee_port = free_port(), free_port(), free_port()
        http = free_port()
        self.config = LiveConfig(
            pbx=str(document),
            listen=(ListenConfig(port=self.port),),
            media=MediaConfig(ports=(24000, 26999)),
            folder=folder / "var",
            trunks={
                "in": TrunkConfig(peers=(PeerConfig(host="127.0.0.1", port=self.caller_port),)),
                "out": TrunkConfig(host="127.0.0.1", port=self.callee_port),
            },
            http=HttpConfig(port=http),
            drain=1.0,
            qualify_s=0.0,
        )
        self.notes: list[tuple[int, note.Note]] = []
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{http}", trust_env=False, timeout=30)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start()

    def start(self) -> None:
        self.service = Service(self.config, extras=(serve_api,))
        bring_sounds(self.config.folder)
        self.service.start()
        self.service.driver.subscribe(lambda at, said: self.notes.append((at, said)))
        made = tokens.generate()
        self.service.store.keep_token("Olga", tokens.digest(made), ("versions:read", "versions:write"))
        self.client.headers["Authorization"] = f"Bearer {made}"

    def publish(self, text: str) -> str:
        answer = self.client.post("/api/versions", content=text, params={"acknowledged_by": "Anna Petrova"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["digest"])

    def promote(self, flow: str, **more: Any) -> None:
        answer = self.client.post(f"/api/versions/{flow}/promote", json=more)
        assert answer.status_code == 200, answer.text

    def canary(self) -> dict[str, Any]:
        answer = self.client.get("/api/versions/canary")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def call(self, calls: int) -> subprocess.Popen[bytes]:
        """SIPp calls, three seconds each; `calls` of them."""
        callee = ["sipp", "-sn", "uas", "-p", str(self.callee_port), "-mp", "12000"]
        caller = [
            "sipp", f"127.0.0.1:{self.port}", "-sn", "uac", "-s", NUMBER, "-p", str(self.caller_port), "-mp", "14000",
            "-r", str(RATE), "-m", str(calls), "-d", "3000", "-timeout", "120",
        ]  # fmt: skip
        for words in (callee, caller):
            self.processes.append(
                subprocess.Popen(
                    [*words, "-i", "127.0.0.1", "-nostdin"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=self.folder,
                )  # fmt: skip
            )
            time.sleep(0.3)
        return self.processes[-1]

    def ended(self) -> int:
        return sum(isinstance(said, note.CallEnded) for _, said in self.notes)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
            process.wait(20)
        self.client.close()
        self.service.stop(drain_s=0)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    if shutil.which("sipp") is None:
        pytest.fail("SIPp is needed (Debian: apt-get install sip-tester)")
    story = Story(tmp_path)
    yield story
    story.close()


def until(what: Callable[[], bool], within_s: float) -> None:
    wait_until(what, within_s)


@pytest.mark.debian
@rule("R-25.6", "R-25.9")
def test_a_canary_that_loses_its_callers_is_rolled_back_by_itself_and_no_call_is_lost(story: Story) -> None:
    first = str(story.service.versions.flow.digest)  # type: ignore[union-attr]
    slow = story.publish(SLOW)
    sipp = story.call(320)
    story.promote(slow, share=0.2)
    until(lambda: story.canary()["ended"] is not None, 25.0)
    found = story.canary()
    assert found["canary"] is None and found["ended"]["flow"] == slow and found["ended"]["outcome"] == "rolled_back"
    assert "R-25.9" in found["ended"]["reason"]
    assert sipp.wait(60) == 0, "a call failed"
    until(lambda: story.ended() == 320, 10.0)

    back = next(at for at, said in story.notes if isinstance(said, note.FlowChanged) and said.by == RULE)
    assert abs(back - found["ended"]["at"]) < 5_000_000, "within 5 s of the decision"
    started = {said.call: (at, said.flow) for at, said in story.notes if isinstance(said, note.CallStarted)}
    taken = Counter(flow for _, flow in started.values())[slow]
    assert taken >= 10, "looks begin when 20 are expected by the share; how many came is chance"
    assert all(flow == first for at, flow in started.values() if at > back), "new calls go to the live version"
    assert any(flow == first for at, flow in started.values() if at > back)

    service = story.service
    assert service.records.settle(10.0)
    rows = service.store.history(service.pbx, limit=1000)
    assert {row.uuid: row.flow for row in rows} == {call: flow for call, (_, flow) in started.items()}, (
        "the history has every call, on the version that it began on"
    )
    assert all(row.hangup_cause == "NORMAL_CLEARING" or row.party == "caller" for row in rows)
    change = service.versions.changes(1)[0]  # type: ignore[union-attr]
    assert (change.action, change.flow, change.by) == ("roll_back", slow, RULE) and "R-25.9" in change.message


@pytest.mark.debian
@rule("R-25.9")
def test_a_canary_that_is_as_good_widens_by_its_plan_until_it_is_live(story: Story) -> None:
    alike = story.publish(ALIKE)
    story.call(320)
    story.promote(alike, plan={"shares": [0.05, 0.2, 0.5, 1.0], "each_s": 3, "least_calls": 2})
    assert story.canary()["canary"]["plan"]["shares"] == [0.2, 0.5, 1.0]
    until(lambda: story.canary()["canary"] is not None and story.canary()["canary"]["share"] == 0.2, 12.0)
    answer = story.client.post("/api/versions/canary/plan", json={"paused": True})
    assert answer.status_code == 200
    time.sleep(4.5)
    assert story.canary()["canary"]["share"] == 0.2, "a plan that rests goes on with its share"
    assert story.client.post("/api/versions/canary/plan", json={"paused": False}).status_code == 200
    until(lambda: story.canary()["ended"] is not None, 20.0)
    assert story.canary()["ended"]["outcome"] == "live"
    assert str(story.service.versions.flow.digest) == alike  # type: ignore[union-attr]
    changes = story.service.versions.changes(10)  # type: ignore[union-attr]
    assert [(one.action, round(one.share, 2), one.by) for one in reversed(changes)] == [
        ("publish", 1.0, "Olga"), ("promote", 0.05, "Olga"), ("promote", 0.2, "plan of Olga"), ("pause", 0.2, "Olga"),
        ("resume", 0.2, "Olga"), ("promote", 0.5, "plan of Olga"), ("promote", 1.0, "plan of Olga"),
    ]  # fmt: skip


@pytest.mark.debian
@rule("R-25.9")
def test_a_restart_goes_on_with_the_canary_and_its_figures(story: Story) -> None:
    alike = story.publish(ALIKE)
    story.promote(alike, share=0.5, numbers=[NUMBER], automatic=False)
    assert story.call(60).wait(60) == 0
    until(lambda: story.ended() == 60, 10.0)

    def settled() -> bool:
        """Every call is counted, and the next look tells the same."""
        before = story.canary()["canary"]["figures"]
        time.sleep(1.5)
        counted = sum(int(side["calls"]) for side in before.get("failed", {}).values() if isinstance(side, dict))
        return counted == 60 and story.canary()["canary"]["figures"] == before

    until(settled, 30.0)
    before = story.canary()["canary"]
    assert story.service.stop(drain_s=0)
    story.start()
    until(lambda: story.canary()["canary"]["figures"] == before["figures"], 20.0)
    after = story.canary()["canary"]
    assert after["figures"] == before["figures"] and after["numbers"] == [NUMBER] and after["flow"] == alike
