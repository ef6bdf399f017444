"""`pbx calibrate`: a log in, a PBX, a scenario and a report out; what is wrong with a log is said with status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import source
from pbxsim.logs import queue_log
from pbxsim.scenario import Scenario
from tests.cli.conftest import Pbx
from tests.pbxsim.calibrate import synthetic


@pytest.fixture(scope="module")
def log_text() -> str:
    return queue_log.write(synthetic.log(days=6, members=3, per_hour=45).calls)


def test_a_queue_log_gives_a_pbx_and_a_scenario_that_fit(log_text: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queue_log").write_text(log_text + "torn|line\n")
    ran = pbx("calibrate", "queue_log", "--zone", "Europe/Berlin", "--country", "DE", "--unseen", "0", "--to", "out")
    assert ran.status == 0, ran.err
    assert "dropped 1: not a queue_log line" in ran.out and "patience:" in ran.out
    flow = source.load((tmp_path / "out" / "pbx.yaml").read_text(encoding="utf-8"))
    Scenario.load(tmp_path / "out" / "scenario.yaml").check(flow)


def test_what_is_no_log_is_refused_with_a_remedy(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queue_log").write_text("hello\n")
    assert pbx("calibrate", "queue_log").status == 2
    ran = pbx("calibrate", "queue_log", "--format", "cdr", "--zone", "Mars/Base", "--json")
    assert ran.status == 2 and "no time zone" in ran.json["error"]
    assert pbx("calibrate", "nowhere").status == 2
    (tmp_path / "map.yaml").write_text("arrived: 3\nnonsense: 4\n")
    assert "map.yaml" in pbx("calibrate", "queue_log", "--columns", "map.yaml").err
