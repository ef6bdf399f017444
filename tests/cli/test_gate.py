"""`pbx gate` without a bridge: a version held against another one on the same callers (R-25.8)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.records import gate
from tests.cli.conftest import ROOT, Pbx
from tests.harness import rule

WEEKDAY = str(ROOT / "datasets" / "scenarios" / "example_weekday.yaml")


@rule("R-25.8")
def test_version_that_meets_its_targets_passes_and_says_who_would_land_elsewhere(pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("at,number,caller\n2026-11-23 21:30,84951234567,89121111111\n")
    words = ("gate", "evening", "--against", "example", "--scenario", WEEKDAY, "--reps", "10", "--from", "2026-01-01")
    ran = pbx(*words, "--log", "calls.csv", "--report", "report.json", "--json")
    assert ran.status == 0, ran
    report = ran.json["report"]
    assert ran.json["passed"] and report["replications"] == 10 and report["seed"] == 1 and report["calls"] > 2000
    (sales,) = (row for row in report["queues"] if row["queue"] == 5200)
    level, before, more = (sales[part]["service_level"] for part in ("figures", "live", "difference"))
    assert level["low"] >= 0.8 > before["high"] and 0.0 < more["low"] < more["mean"] < more["high"]
    there = report["elsewhere"]
    assert there["minutes"] == 2 * 261 * 60 and there["changed"] == ["elements.5200", "elements.5400"]
    assert there["moved"] == there["logged"] == 1 and there["by_change"][0][1] == "greeting 5000 «Welcome»"
    kept = gate.decode((tmp_path / "report.json").read_bytes())
    assert kept.flow == report["flow"] and gate.reasons(kept, {"service_level": 0.8}, report["live"]) == ()
    again = pbx(*words, "--report", "again.json")
    assert "The gate is passed." in again.out and "≥ 80.0" in again.out and "15,660 minutes" in again.out
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("report.json", "again.json"))
    assert first["queues"] == second["queues"], "the same seed, the same figures"


@rule("R-25.8")
def test_version_that_misses_a_target_ends_with_status_1_in_both_languages(pbx: Pbx) -> None:
    words = ("gate", "example", "--against", "example", "--reps", "2", "--target", "wait_s=5")
    ran = pbx(*words)
    assert ran.status == 1 and "is to be at most 5" in ran.out and "2 days, and 10 are needed" in ran.out
    assert "every call lands as with the live version" in ran.out
    assert "Испытание не пройдено." in pbx(*words, lang="ru_RU.UTF-8").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("gate", "example", "--against", "example", "--target", "luck=1"), "is no target"),
        (("gate", "v7"), "chmod|no token|token"),
        (("gate", "evening", "--against", "example"), "no scenario for evening"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_status_2(words: tuple[str, ...], told: str, pbx: Pbx) -> None:
    ran = pbx(*words)
    assert ran.status == 2 and any(word in ran.err for word in told.split("|")) and "Traceback" not in ran.err
