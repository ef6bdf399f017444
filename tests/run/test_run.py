"""`pbx run`, which `make run` starts: everything comes up, answers, and goes away together."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from pbxsim.cli.run import answers_http, answers_sip
from tests.harness import rule
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]

PORT, SIP_PORT, API_PORT, WS_PORT = (free_port() for _ in range(4))
START_WITHIN_S = 300.0

WORDS = ("run", "example", "--port", str(PORT), "--sip-port", str(SIP_PORT), "--api-port", str(API_PORT),
         "--ws-port", str(WS_PORT))  # fmt: skip


ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def started(folder: Path, days: int = 0) -> subprocess.Popen[bytes]:
    """`pbx run` in a folder of its own, `days` of the example simulated first."""
    with (folder / "out.txt").open("wb") as sink:
        return subprocess.Popen(
            [sys.executable, "-m", "pbxsim.cli", *WORDS, "--reps", str(days)],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )


def wait_until_told(process: subprocess.Popen[bytes], folder: Path) -> str:
    """What it printed, once it said where everything is."""
    end = time.monotonic() + START_WITHIN_S
    while time.monotonic() < end:
        text = (folder / "out.txt").read_text()
        if "Ctrl-C" in text:
            return text
        if process.poll() is not None:
            break
        time.sleep(0.2)
    logs = "\n".join(f"{path.name}:\n{path.read_text()[-2000:]}" for path in folder.rglob("*.log"))
    raise AssertionError(f"pbx run did not come up:\n{(folder / 'out.txt').read_text()}\n{logs}")


Running = tuple[subprocess.Popen[bytes], str, list[psutil.Process]]
"""`pbx run` with everything up, what it printed, and its children."""


@contextlib.contextmanager
def run(folder: Path, days: int = 0) -> Iterator[Running]:
    """`pbx run` until the end of a test."""
    process = started(folder, days)
    try:
        text = wait_until_told(process, folder)
        yield process, text, psutil.Process(process.pid).children(recursive=True)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with run(tmp_path) as found:
        yield found


@rule("R-19.7")
def test_run_starts_workbench_and_bridge_one_signal_stops_both_and_what_was_recorded_is_read_afterwards(
    tmp_path: Path,
) -> None:
    with run(tmp_path, days=2) as (process, text, children):
        wait_until(
            lambda: answers_http(PORT) and answers_sip(SIP_PORT)
        )  # a busy machine may take more than one question's time
        assert f"http://localhost:{PORT}" in text and f"127.0.0.1:{SIP_PORT}" in text
        assert re.search(r"[Ss]ervice level", text), "the days were simulated first"
        assert len(children) >= 2
        passwords = tmp_path / "var" / "example-passwords.txt"
        assert "var/example-passwords.txt" in text and "100 " in passwords.read_text()
        assert passwords.stat().st_mode & 0o077 == 0
        the_token_stands_in_one_file(tmp_path, text, children)
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        _, left = psutil.wait_procs(children, timeout=10)
        assert not left, [child.cmdline() for child in left]
        assert not answers_http(PORT) and not answers_sip(SIP_PORT)
    for words in (("history", "--database", "var"), ("replay", "--database", "var")):
        command = [sys.executable, "-m", "pbxsim.cli", *words]
        ran = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()


def the_token_stands_in_one_file(folder: Path, text: str, children: list[psutil.Process]) -> None:
    """The workbench's token, of few scopes: neither in a log nor in a command line nor in an environment."""
    file = folder / "var" / "workbench.token"
    token = file.read_text(encoding="ascii").strip()
    assert file.stat().st_mode & 0o777 == 0o600
    head = {"Authorization": f"Bearer {token}"}
    for path, status in (("/api/versions", 200), ("/api/calls", 200), ("/api/history", 403)):
        assert httpx.get(f"http://127.0.0.1:{API_PORT}{path}", headers=head, trust_env=False).status_code == status
    told = [text, *(log.read_text() for log in folder.rglob("*.log"))]
    told += [" ".join((*child.cmdline(), *child.environ().values())) for child in children]
    assert not any(token in words for words in told)


def _live_part(process: subprocess.Popen[bytes]) -> psutil.Process:
    """The process of the bridge, once it is there."""
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "live" in child.cmdline():
                    return child
        time.sleep(0.1)
    raise AssertionError("the bridge did not start")


def test_run_ends_when_one_part_ends_and_shows_its_last_words(running: Running, tmp_path: Path) -> None:
    process, _, children = running
    victim = _live_part(process)
    victim.kill()
    assert process.wait(40) != 0
    assert "live ended by itself" in (tmp_path / "out.txt").read_text()
    _, left = psutil.wait_procs(children, timeout=10)
    assert not left


def test_children_end_even_when_run_is_killed(
    running: Running,
) -> None:
    process, _, children = running
    process.kill()
    process.wait(10)
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left, [child.cmdline() for child in left]


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", SIP_PORT))
        process = started(tmp_path)
        assert process.wait(60) == 2
    text = (tmp_path / "out.txt").read_text()
    assert str(SIP_PORT) in text and "--sip-port" in text and "Traceback" not in text
    assert not list(tmp_path.rglob("*.log"))
