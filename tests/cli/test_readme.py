"""What the README shows works as it is written: every `pbx` line of its shell blocks, and its Python."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

ELSEWHERE = ("run", "live", "workbench", "history", "ladder", "replay")
"""Commands that run until they are stopped, or that look at what a bridge left: `tests/run` tries them."""


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def commands() -> list[str]:
    """The `pbx` lines of the shell blocks, comments left out."""
    lines = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line.removeprefix(".venv/bin/pbx ") for line in lines if line.startswith(".venv/bin/pbx ")]


def test_the_readme_shows_commands() -> None:
    assert {line.split()[0] for line in commands()} >= {"check", "trace", "map", "simulate"}


@pytest.mark.parametrize("line", [line for line in commands() if line.split()[0] not in ELSEWHERE])
def test_command_of_the_readme_works(line: str) -> None:
    words = shlex.split(line)
    ran = subprocess.run(
        [sys.executable, "-m", "pbxsim.cli", *words], cwd=ROOT, capture_output=True, check=False, timeout=120
    )
    findings = 1 if words[0] in ("check", "diff") else 0
    assert ran.returncode in (0, findings), ran.stderr.decode()
    assert ran.stdout


def test_the_python_of_the_readme_runs() -> None:
    (block,) = blocks("python")
    ran = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_trace_in_the_readme_is_what_is_printed() -> None:
    line = next(line for line in commands() if line.startswith("trace"))
    ran = subprocess.run(
        [sys.executable, "-m", "pbxsim.cli", *shlex.split(line)], cwd=ROOT, capture_output=True, check=True
    )
    assert ran.stdout.decode().strip() in README
