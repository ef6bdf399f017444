"""The whole page of eight questions and the whole tutorial of an analyst, the searches for a plan included."""

from __future__ import annotations

import pytest

from tests.pages import DOCS, run_python


@pytest.mark.nightly
def test_every_line_of_the_page_runs() -> None:
    assert run_python(DOCS / "eight-questions.md")["plan"].member_hours > 0


@pytest.mark.nightly
def test_every_line_of_the_analysts_tutorial_runs() -> None:
    there = run_python(DOCS / "tutorial-analyst.md")
    assert there["plan"].met and there["plan"].shifts.paid_h > there["plan"].member_hours > 0
