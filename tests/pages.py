"""Code blocks of the pages people read: tests run them as they stand there, so that what a page shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PBX = ".venv/bin/pbx "
"""How a page writes the command in a shell block."""


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def commands(page: Path) -> list[str]:
    """The `pbx` lines of the shell blocks, without the command's name and without comments."""
    lines = [line.split("  #")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()]
    return [line.removeprefix(PBX) for line in lines if line.startswith(PBX)]


def run_python(page: Path, leave_out: str = "", **instead: str) -> dict[str, Any]:
    """Run the Python blocks of a page one after another, those that hold `leave_out` left out; the names they leave behind.

    `instead` gives a variable of the page another value: `reps="2"` for `reps = 5`.
    """
    there: dict[str, Any] = {}
    for block in blocks(page, "python"):
        if not leave_out or leave_out not in block:
            for name, value in instead.items():
                block = re.sub(rf"^{name} = \S+", f"{name} = {value}", block, flags=re.M)
            exec(compile(block, str(page), "exec"), there)  # a page of ours
    return there
