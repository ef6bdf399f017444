"""Runs the real command line in a process of its own, in an empty folder, as a person or a script would."""

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
def pbx(tmp_path: Path) -> Pbx:
    """`pbx(*words)` runs the command in `tmp_path`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "LANG": "C.UTF-8"}

    def run(*words: str, lang: str = "", timeout_s: float = 120) -> Ran:
        env = environment | ({"LANG": lang} if lang else {})
        done = subprocess.run(
            [sys.executable, "-m", "pbxsim.cli", *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
