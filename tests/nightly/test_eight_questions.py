"""The whole page of eight questions, the search for a plan included."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "eight-questions.md"


@pytest.mark.nightly
def test_every_line_of_the_page_runs() -> None:
    there: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), there)  # a page of ours
    assert there["plan"].member_hours > 0
