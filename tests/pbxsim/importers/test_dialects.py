"""The page about imports runs as it stands, and the dialects differ as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import DOCS, run_python


def test_the_page_runs_and_whose_timing_it_is_makes_the_difference_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty days, the scenario's seed: retry costs 3 to 7 points of service level in Asterisk; FreeSWITCH's costs under 1."""
    monkeypatch.chdir(tmp_path)
    there = run_python(DOCS / "import.md", reps="20")
    own, other = there["here"].figure("service_level"), there["there"].figure("service_level")
    assert own.low > 0 and 0.03 < own.mean < 0.07
    assert abs(own.mean - other.mean) < 0.01
    assert there["report"].count("mapped") == len(there["report"].findings)
