"""`pbx staff` through the real command line. What a plan is worth is tested with `pbxsim.staffing`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pbx
from tests.cli.test_simulate import SMALL


def test_staff_plans_every_interval_and_checks_the_plan(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("staff", "example", "--scenario", "small.yaml", "--reps", "3", "--per-day", "--csv", "plan.csv", "--json")
    ran = pbx(*words)
    assert ran.status in (0, 1), ran
    assert len(ran.json["required"]) == 4 and (tmp_path / "plan.csv").is_file()
    assert ran.json["member_hours"] > 0 and 0 <= ran.json["service_level"] <= 1
    assert ran.json["met"] == (ran.status == 0)


def test_a_target_that_cannot_be_is_refused(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    ran = pbx("staff", "example", "--scenario", "small.yaml", "--service-level", "1.5")
    assert ran.status == 2 and "Traceback" not in ran.err
