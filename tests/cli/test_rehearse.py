"""`pbx rehearse` through the real command line: the bridge is a process of its own, on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pbx
from tests.harness import rule

pytestmark = pytest.mark.xdist_group("rehearsal")


@rule("R-25.2", "R-25.3")
def test_a_rehearsal_tells_what_was_equal_and_leaves_plan_and_report(tmp_path: Path, pbx: Pbx) -> None:
    kept = ("--plan", "plan.json", "--report", "report.json", "--keep", "kept")
    ran = pbx("rehearse", "example", "--calls", "8", "--at", "10:00", *kept)
    assert ran.status == 0, ran
    assert "8 of 8" in ran.out or "9 of 9" in ran.out, ran.out
    assert "h of calls in" in ran.out and "skipped the time between" in ran.out
    report = json.loads((tmp_path / "report.json").read_text())
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert report["equal"] == report["calls"] == len(plan["days"][0]["calls"]) and plan["format"] == "pbx rehearsal 1"
    assert f"{report['calls']} calls: the engine says the same" in pbx("replay", "--database", "kept/day-1").out
    again = pbx("rehearse", "example", "--calls", "8", *kept)
    assert again.status == 2 and "kept is there already" in again.err


def test_a_rehearsal_for_programs_has_every_field(pbx: Pbx) -> None:
    ran = pbx("rehearse", "example", "--calls", "3", "--json")
    assert ran.status == 0, ran
    assert ran.json["differences"] == [] and ran.json["unexplained"] == 0 and ran.json["left_out"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "no PBX"),
        (["example", "--at", "noon"], "no date and time"),
        (["example", "--scenario", "nothing.yaml"], "cannot be read"),
        (["live", "--bridge", "http://127.0.0.1:1", "--scenario", "x.yaml"], "pbx.token"),
        (["live", "--bridge", "http://203.0.113.9", "--token-file", "token"], "203.0.113.9"),
    ],
)
def test_what_cannot_be_rehearsed_is_said_and_nothing_is_started(
    tmp_path: Path, pbx: Pbx, words: list[str], told: str
) -> None:
    token = tmp_path / "token"
    token.write_text("pbx_secret")
    token.chmod(0o600)
    ran = pbx("rehearse", *words)
    assert ran.status == 2, ran
    assert told in ran.err and "pbx_secret" not in ran.err
