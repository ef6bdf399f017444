"""`pbx live` as a person starts it: a process of its own, telephones on loopback, and what they hear."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.records.history import CUT_OFF
from live_bridge.cli.commands import app
from live_bridge.media import codecs
from live_bridge.outbound.http_client import signature
from live_bridge.store.store import Store
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.outbound.test_http_client import Server as WebServer
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.sip.phone import Phone, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in
from tests.live_bridge.store.test_private_files import open_to_others
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "datasets" / "pbx" / "example" / "pbx.yaml"
PBX = [sys.executable, "-W", "ignore", "-c", "from live_bridge.cli.commands import app; app()"]
LOUD = 0.2
WAIT_S = 30.0
"""Longest wait for anything that must come, and READY_S for a process: nobody waits as long when all is well."""
READY_S = 120.0


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


class Bridge:
    """A `pbx live` process and its notes."""

    def __init__(self, folder: Path, document: Path, *more: str) -> None:
        self.folder = folder
        self.document = document
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.lines: list[dict[str, Any]] = []
        self._news = threading.Condition()
        command = [*PBX, "live", str(document), "--sip", f"127.0.0.1:{self.port}", "--folder", str(folder), "--json"]
        bring_sounds(folder)
        self.errors = (folder.parent / "live.log").open("ab")
        self.process = subprocess.Popen(
            [*command, *more], stdout=subprocess.PIPE, stderr=self.errors, env=environment(), cwd=folder.parent
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait("Ready", timeout_s=READY_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(json.loads(line))
                self._news.notify_all()

    def wait(self, type: str, /, timeout_s: float = WAIT_S, **facts: object) -> dict[str, Any]:
        """The first line of this type with these facts; fails when none comes."""

        def find() -> dict[str, Any] | None:
            return next(
                (x for x in self.lines if x["type"] == type and all(x.get(k) == v for k, v in facts.items())), None
            )

        with self._news:
            if not self._news.wait_for(lambda: find() is not None, timeout_s):
                log = Path(self.errors.name).read_text(encoding="utf-8", errors="replace")[-2000:]
                raise AssertionError(f"no {type} {facts} in {timeout_s} s; {[x['type'] for x in self.lines]}\n{log}")
            found = find()
            assert found is not None
            return found

    def password(self, user: int) -> str:
        lines = (self.folder / "example-passwords.txt").read_text().split()
        return dict(zip(lines[::2], lines[1::2], strict=True))[str(user)]

    def store(self) -> Store:
        return Store(f"sqlite:///{self.folder / 'live.sqlite'}")

    def sound(self, name: str) -> bytes:
        """The mu-law bytes a caller must hear of one of our sounds."""
        from live_bridge.media.sounds import prepare

        path = ROOT / "datasets" / "prompts" / name
        stem = prepare(path, name, self.folder / "media" / "prepared").stem
        return stem.with_name(stem.name + ".0").read_bytes()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The example without its hours, so that the test hears the same at any time of the day; spb leads to voicemail."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("lines: 30, to: 5500", "lines: 30, to: 5000").replace(
        "lines: 10, to: 5400", "lines: 10, to: 5120"
    )
    path = tmp_path / "pbx.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def start(tmp_path: Path, document: Path) -> Iterator[Callable[..., Bridge]]:
    started: list[Bridge] = []

    def begin(*more: str) -> Bridge:
        bridge = Bridge(tmp_path / "var", document, *more)
        started.append(bridge)
        return bridge

    yield begin
    for bridge in started:
        bridge.close()


@pytest.fixture
def phone() -> Iterator[Callable[..., Phone]]:
    made: list[Phone] = []

    def make(name: str, bridge: Bridge) -> Phone:
        one = Phone(name, bridge.address)
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def heard_bytes(phone: Phone) -> bytes:
    return codecs.encode(phone.media.heard(), 0)


def wait_until(condition: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"not in {timeout_s} s"
        time.sleep(0.02)


def test_call_hears_the_greeting_waits_with_music_talks_and_is_in_history(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    """Issue A, live world: greeting heard, key leads to the queue, phone rings, answer bridges, hang-up ends both."""
    bridge = start()
    caller, boris = phone("89991234567", bridge), phone("101", bridge)
    assert status(boris.register(bridge.password(101))) == 200
    boris.on_invite = [(0.0, 180), (1.0, 200)]

    dialog, answer = caller.call("74951234567")
    assert status(answer) == 200
    here = port_in(answer)
    welcome, music = bridge.sound("welcome.wav"), bridge.sound("music.wav")
    caller.media.wait_heard(50)
    assert heard_bytes(caller)[: 50 * 160] == welcome[: 50 * 160], "every byte of the greeting, in order"

    caller.media.press("1", here)
    bridge.wait("CallQueued")
    caller.media.forget()
    caller.media.wait_heard(20)
    boris.called()
    assert heard_bytes(caller)[800:2400] in music, "music while waiting"

    answered = bridge.wait("CallAnswered", user=101)
    hear_each_other(caller, here, boris, port_in(boris.called().invite))

    caller.hang_up(dialog)
    boris.wait(lambda message: message.startswith("BYE"))
    bridge.wait("CallEnded", call=answered["call"])
    assert bridge.stop() == 0

    store = bridge.store()
    (record,) = store.history("example")
    assert (record.accountcode, record.caller_id_number, record.destination_number, record.gateway) == (
        "inbound", "89991234567", "74951234567", "moscow",
    )  # fmt: skip
    assert [visit.kind for visit in record.events] == ["greeting", "queue"] and record.events[1].answer is not None
    store.close()

    def pbx(*words: str) -> str:
        command = [*PBX, *words, "--database", str(bridge.folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout

    assert "word for word" in pbx("replay")
    assert "PlaceLeg" in pbx("ladder", record.uuid[:6]) and "sequenceDiagram" in pbx("ladder", record.uuid, "--mermaid")
    assert record.uuid in pbx("history", str(bridge.document))
    assert pbx("history", str(bridge.document), "--format", "csv").splitlines()[0].startswith("uuid,caller_id_name")


def test_voice_message_is_recorded_and_in_the_store(start: Callable[..., Bridge], phone: Callable[..., Phone]) -> None:
    """R-09.5: prompt, skipped by #, beep, recording ended by #; R-09.3: long enough to be kept."""
    bridge = start()
    caller = phone("89991234567", bridge)
    dialog, answer = caller.call("78121234567")
    here = port_in(answer)
    caller.media.wait_heard(20)
    assert heard_bytes(caller)[: 20 * 160] == bridge.sound("leave-a-message.wav")[: 20 * 160]
    caller.media.press("#", here)
    beep = bridge.sound("beep.wav")
    wait_until(lambda: beep[:1600] in heard_bytes(caller))
    caller.media.say(tone(700, 3.6), here)
    caller.media.press("#", here)
    left = bridge.wait("MessageLeft", box=5120)
    caller.wait(lambda message: message.startswith("BYE"))
    bridge.wait("CallEnded")
    store = bridge.store()
    wait_until(lambda: bool(store.voice_messages("example", 5120)))
    (message,) = store.voice_messages("example", 5120)
    store.close()
    assert message.recording == left["recording"] and message.caller == "89991234567"
    assert open_to_others(bridge.folder) == [], "rtp.io's files, too"
    with wave.open(str(bridge.folder / "media" / "recordings" / message.file), "rb") as file:
        said = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert len(said) >= 3 * 8000 and level(said[8000:16000], 700) > LOUD
    assert dialog.ended or bridge.stop() == 0


def test_registrations_and_ended_calls_survive_a_kill_and_open_calls_get_an_end(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    first = start()
    caller, boris = phone("89991234567", first), phone("101", first)
    boris.register(first.password(101))
    over, _ = caller.call("74951234567")
    caller.hang_up(over)
    ended = first.wait("CallEnded")["call"]
    caller.call("74951234567")
    first.wait("ElementEntered", kind="greeting")
    store = first.store()
    wait_until(lambda: len(store.registrations("example")) == 1)
    first.process.kill()
    first.process.wait()

    second = start()
    records = store.history("example")
    assert len(records) == 2 and {record.uuid for record in records} > {ended}
    assert [record.hangup_cause for record in records if record.uuid != ended] == [CUT_OFF]
    store.close()
    boris.server = caller.server = second.address
    boris.on_invite = [(0.0, 180), (0.1, 200)]
    _, answer = caller.call("74951234567")
    caller.media.press("1", port_in(answer))
    assert second.wait("CallAnswered")["user"] == 101, "the phone was found without registering again"
    assert second.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["live", "nobody"], "there is no PBX 'nobody'"),
        (["live", "example", "--sip", "here"], "is not HOST:PORT"),
        (["live", "--config", "none.yaml"], "No such file"),
        (["replay", "--database", "none"], "no such database"),
        (["history", "example", "--database", "none"], "no such database"),
        (["passwd", "4000"], "There is no user 4000"),
    ],
)
def test_wrong_input_is_refused_with_status_2_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2 and said in ended.stderr and "Traceback" not in ended.stderr


def test_taken_port_is_told_and_nothing_is_left_running(tmp_path: Path, document: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        words = ["live", str(document), "--sip", f"127.0.0.1:{taken.getsockname()[1]}", "--folder", str(tmp_path / "v")]
        ended = subprocess.run([*PBX, *words], capture_output=True, text=True, env=environment(), timeout=READY_S)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr and "in use" in ended.stderr


def test_prompt_of_another_length_than_the_document_says_is_refused_with_both_figures(
    tmp_path: Path, document: Path
) -> None:
    document.write_text(document.read_text(encoding="utf-8").replace("welcome.wav: 6.20", "welcome.wav: 7.00"))
    words = ["live", str(document), "--sip", "127.0.0.1:15499", "--folder", str(tmp_path / "v")]
    ended = subprocess.run([*PBX, *words], capture_output=True, text=True, env=environment(), timeout=READY_S)
    assert ended.returncode == 2
    assert "welcome.wav is 6.200 s long, the document says 7.000 s: write 6.20" in ended.stderr


def test_new_password_lets_a_phone_register_and_is_kept_only_as_a_digest(
    tmp_path: Path, document: Path, start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    folder = tmp_path / "var"
    words = ["passwd", "102", "--pbx", str(document), "--folder", str(folder)]
    made = subprocess.run([*PBX, *words], check=True, capture_output=True, text=True, env=environment())
    password = made.stdout.strip()
    assert len(password) >= 16 and password not in made.stderr
    assert password.encode() not in (folder / "live.sqlite").read_bytes()
    bridge = start()
    vera = phone("102", bridge)
    assert status(vera.register(password)) == 200
    assert status(vera.register("x" * 20)) in (401, 403)
    assert field(vera.messages[-1], "CSeq").endswith("REGISTER")


def test_call_goes_where_the_customers_server_says_and_its_default_way_when_it_breaks(
    document: Path, start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    """R-13.1, R-13.7, R-13.10: a signed request per call; a transfer is obeyed, a bad answer costs nothing."""
    server = WebServer()
    try:
        server.answer = (
            b'{"commands":[{"command":"set_name","name":"Anna Karenina"},{"command":"transfer","to":"5120"}]}'
        )
        asking = f"  5800: {{kind: http_request, name: CRM, address: '{server.url}', default: 5000}}\n"
        text = document.read_text(encoding="utf-8").replace("lines: 30, to: 5000", "lines: 30, to: 5800")
        document.write_text(text.replace("\nelements:\n", f"\nelements:\n{asking}"), encoding="utf-8")
        bridge = start()
        caller = phone("89991234567", bridge)
        steered, _ = caller.call("74951234567")
        bridge.wait("WebServerUsed", outcome="ok")
        bridge.wait("ElementEntered", element=5120)
        caller.hang_up(steered)
        server.answer = b"<html>"
        default, _ = caller.call("74951234567")
        bridge.wait("WebServerUsed", outcome="bad body")
        bridge.wait("ElementEntered", element=5000)
        caller.hang_up(default)
        assert bridge.stop() == 0
    finally:
        server.close()
    headers, body = server.asked[0]
    assert json.loads(body)["caller_number"] == "89991234567"
    secret = (bridge.folder / "web-secret").read_text().strip().encode()
    assert headers["x-pbx-signature"] == signature(secret, body)
    assert len({headers["idempotency-key"] for headers, _ in server.asked}) == 2


def test_bridge_asked_to_stop_takes_no_new_calls_and_lets_the_others_end(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    bridge = start()
    caller, late = phone("89991234567", bridge), phone("89997654321", bridge)
    dialog, answer = caller.call("74951234567")
    assert status(answer) == 200
    bridge.process.send_signal(signal.SIGTERM)
    time.sleep(2.0)  # a call that comes before the signal was heard would be taken
    wait_until(lambda: status(late.call("74951234567", timeout_s=20.0)[1]) == 503, 40.0)
    assert bridge.process.poll() is None and not dialog.ended, "the call goes on"
    assert status(caller.hang_up(dialog)) == 200
    assert bridge.process.wait(10) == 0
    store = bridge.store()
    (record,) = store.history("example")
    store.close()
    assert record.hangup_cause != CUT_OFF


def test_calls_that_do_not_end_in_time_are_hung_up_when_the_bridge_stops(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    bridge = start()
    caller = phone("89991234567", bridge)
    caller.call("74951234567")
    bridge.process.send_signal(signal.SIGTERM)
    caller.wait(lambda message: message.startswith("BYE"))
    assert bridge.process.wait(15) == 0
    store = bridge.store()
    assert len(store.history("example")) == 1
    store.close()
