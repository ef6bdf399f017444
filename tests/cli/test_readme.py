"""What the README shows works as it is written: every `pbx` line of its shell blocks, and its Python."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from tests.pages import ROOT, blocks, commands

README = ROOT / "README.md"

ELSEWHERE = ("run", "live", "workbench", "history", "ladder", "replay")
"""Commands that run until they are stopped, or that look at what a bridge left: `tests/run` tries them."""


def test_the_readme_shows_commands() -> None:
    assert {line.split()[0] for line in commands(README)} >= {"check", "trace", "map", "simulate"}


@pytest.mark.parametrize("line", [line for line in commands(README) if line.split()[0] not in ELSEWHERE])
def test_command_of_the_readme_works(line: str) -> None:
    words = shlex.split(line)
    ran = subprocess.run(
        [sys.executable, "-m", "pbxsim.cli", *words], cwd=ROOT, capture_output=True, check=False, timeout=120
    )
    findings = 1 if words[0] in ("check", "diff") else 0
    assert ran.returncode in (0, findings), ran.stderr.decode()
    assert ran.stdout


def test_the_python_of_the_readme_runs() -> None:
    (block,) = blocks(README, "python")
    ran = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_trace_in_the_readme_is_what_is_printed() -> None:
    line = next(line for line in commands(README) if line.startswith("trace"))
    ran = subprocess.run(
        [sys.executable, "-m", "pbxsim.cli", *shlex.split(line)], cwd=ROOT, capture_output=True, check=True
    )
    assert ran.stdout.decode().strip() in README.read_text(encoding="utf-8")
