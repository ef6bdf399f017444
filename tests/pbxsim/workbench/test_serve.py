"""The server: what it refuses, what it asks of others, and that sessions go when browsers go."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from pbxsim.workbench.serve import arguments, serve
from tests.ports import free_port

from .conftest import EXAMPLE, ROOT, started, stop

SESSIONS = 2
PAGES = ("design", "preview", "loadtest", "staffing", "year", "versions", "live", "history", "phone")


def test_a_file_that_does_not_exist_is_refused_and_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="name one that exists"):
        serve(free_port(), tmp_path / "missing.yaml")
    ran = subprocess.run(
        [sys.executable, "-m", "pbxsim.workbench", str(tmp_path / "missing.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 2 and "no flow file" in ran.stderr and "Traceback" not in ran.stderr


def test_the_server_listens_where_it_is_told_and_allows_only_its_own_origins() -> None:
    made = arguments(5006, origins=("pbx.example.org",))
    assert made[made.index("--address") + 1] == "127.0.0.1"
    origins = [made[i + 1] for i, part in enumerate(made) if part == "--allow-websocket-origin"]
    assert origins == ["localhost:5006", "127.0.0.1:5006", "pbx.example.org"]


def test_importing_the_package_loads_neither_panel_nor_bokeh() -> None:
    names = (
        "loadtest.chunks",
        "loadtest.days",
        "document.draft",
        "diagram.graph",
        "diagram.trace_rows",
        "design.forms",
        "year.landings",
        "shell.html_tables",
        "document.workspace",
        "live.bridge_client",
        "live.state",
        "history.call_path",
        "history.ladder",
    )
    parts = ", ".join(f"pbxsim.workbench.{name}" for name in names)
    code = f"import sys; import {parts}; print(sorted({{'panel', 'bokeh', 'param'}} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_sessions_are_released_when_their_browsers_are_gone(tmp_path: Path) -> None:
    """Two pages of each kind are opened and left; afterwards the server holds none of them."""
    file, report, port = tmp_path / "pbx.yaml", tmp_path / "report", free_port()
    shutil.copyfile(EXAMPLE, file)
    server = started(
        [sys.executable, "-m", "tests.pbxsim.workbench.counting_server", str(file), str(port), str(report)],
        port,
        tmp_path / "log",
    )

    def alive() -> list[int]:
        report.unlink(missing_ok=True)
        os.kill(server.pid, signal.SIGUSR1)
        end = time.monotonic() + 60
        while not report.exists() and time.monotonic() < end:
            time.sleep(0.05)
        return [int(word) for word in report.read_text().split()]

    try:
        for page in PAGES:
            for _ in range(SESSIONS):
                html = urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=120).read()
                assert b"page.js" in html, "the script that tells when the server is gone"
        time.sleep(2)  # their sessions are made after the pages went out
        end = time.monotonic() + 120
        while max(alive()[:3]) > 1 and time.monotonic() < end:
            time.sleep(0.3)
        pages, canvases, sessions, _ = alive()
        assert pages <= 1 and canvases <= 1 and sessions <= 1
    finally:
        stop(server)
