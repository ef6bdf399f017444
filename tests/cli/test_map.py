"""`pbx map` through the real command line. That the answer is exact is tested with `engine.analysis.reach`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Pbx


def test_map_tells_minutes_the_week_and_the_changes(pbx: Pbx) -> None:
    """R-11.2: open 09:00-21:00 on working days: 261 of them in 2026, 720 minutes each."""
    ran = pbx("map", "example", "--number", "84951234567", "--from", "2026-01-01")
    assert ran.status == 0, ran
    assert f"{261 * 720:,}" in ran.out and "greeting 5000" in ran.out and "voicemail 5120" in ran.out
    week = {line[:3]: line[5:] for line in ran.out.splitlines() if line[:3] in ("Mon", "Sat") and line[3:5] == "  "}
    assert week["Mon"] == "A" * 18 + "B" * 24 + "A" * 6 and week["Sat"] == "A" * 48
    assert "522 changes" in ran.out and "Thu 2026-01-01 09:00:00" in ran.out


def test_minutes_of_every_caller_class_make_a_year(pbx: Pbx) -> None:
    maps = pbx("map", "example", "--from", "2026-01-01", "--json").json
    assert [one["entry"] for one in maps] == ["trunk:moscow", "trunk:spb"]
    for line in (line for one in maps for line in one["callers"]):
        assert sum(part["minutes"] for part in line["minutes"]) == 365 * 1440


@pytest.mark.parametrize("words", [("--number", "777"), ("--from", "yesterday")], ids=" ".join)
def test_what_nobody_knows_is_refused(words: tuple[str, ...], pbx: Pbx) -> None:
    ran = pbx("map", "example", *words)
    assert ran.status == 2 and "Traceback" not in ran.err
