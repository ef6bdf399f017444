"""Runs the real command line in an empty folder, as a person or a script would: here, or in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Ran(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


Pbx = Callable[..., Ran]


@pytest.fixture
def pbx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Pbx:
    """`pbx(*words)` runs the command in `tmp_path`, in this process: its own `main`, its own exit status."""
    from pbxsim import cli

    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, lang: str = "C.UTF-8") -> Ran:
        monkeypatch.setenv("LANG", lang)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        said = capfd.readouterr()
        status = ended.value.code
        return Ran(status if isinstance(status, int) else 0, said.out, said.err)

    return run


@pytest.fixture
def pbx_process(tmp_path: Path) -> Pbx:
    """`pbx_process(*words)` runs the command in `tmp_path`, in a process of its own, as a script would."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def run(*words: str, timeout_s: float = 120) -> Ran:
        command = [sys.executable, "-m", "pbxsim.cli", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, timeout=timeout_s, check=False
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
