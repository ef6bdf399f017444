"""`pbx diff`, `pbx export` and `pbx schema` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from tests.cli.conftest import Pbx

ROOT = Path(__file__).resolve().parents[2]

LOG = """\
at,number,caller
2026-11-23 20:30,84951234567,89121111111
2026-11-23 21:30,84951234567,89121111111
2026-11-23 21:30,+7 495 123-45-67,84955551000
2026-11-28 21:30,84951234567,
half past nine,84951234567,
2026-11-23 21:30,5550000,
"""


def test_diff_tells_the_minutes_that_move(pbx: Pbx) -> None:
    """An hour more on each of the 261 working days of 2026."""
    ran = pbx("diff", "example", "evening", "--from", "2026-01-01")
    assert ran.status == 1, ran
    assert f"{261 * 60:,} minutes" in ran.out and "voicemail 5120" in ran.out and "greeting 5000" in ran.out
    assert "elements.5200: changed (members)" in ran.out


def test_two_equal_versions_differ_in_nothing(pbx: Pbx) -> None:
    ran = pbx("diff", "example", "example")
    assert ran.status == 0, ran


def test_a_log_is_judged_call_by_call_and_nothing_is_dropped_silently(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "calls.csv").write_text(LOG)
    ran = pbx("diff", "example", "evening", "--log", "calls.csv", "--json")
    log = ran.json["comparison"]["log"]
    assert (log["calls"], log["moved"], log["unknown"]) == (4, 1, 1)
    assert ran.json["unread_lines"] == [6]
    assert "line 6" in pbx("diff", "example", "evening", "--log", "calls.csv").err


def test_a_simulated_day_serves_as_a_log(tmp_path: Path, pbx: Pbx) -> None:
    assert pbx("simulate", "example", "--reps", "1", "--csv", "day").status == 0
    ran = pbx("diff", "example", "evening", "--log", "day/calls.csv", "--json")
    assert ran.json["comparison"]["log"]["calls"] > 100 and not ran.json["unread_lines"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "\x00"])
def test_a_file_that_is_no_log_is_refused(text: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "calls.csv").write_text(text)
    ran = pbx("diff", "example", "evening", "--log", "calls.csv")
    assert ran.status == 2 and "calls.csv" in ran.err and "Traceback" not in ran.err


def test_export_draws_every_element_the_same_way_each_time(pbx: Pbx) -> None:
    for form, begins in (("mermaid", "flowchart LR"), ("dot", "digraph")):
        first, second = pbx("export", "example", "--format", form), pbx("export", "example", "-f", form)
        assert first.status == 0 and first.out == second.out and first.out.startswith(begins)
        assert all(number in first.out for number in ("5000", "5001", "5120", "5200", "5300", "5301", "5400", "5500"))


def test_a_trace_can_be_drawn(pbx: Pbx) -> None:
    ran = pbx("trace", "example", "--number", "74951234567", "--at", "2026-11-23 12:00", "--mermaid")
    assert "linkStyle" in ran.out and "stroke-width" in ran.out


def test_the_schema_accepts_the_examples(pbx: Pbx) -> None:
    schema = json.loads(pbx("schema").out)
    for name in ("example", "evening"):
        text = (ROOT / "datasets" / "pbx" / name / "pbx.yaml").read_text(encoding="utf-8")
        document = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))
        jsonschema.validate(document, schema)


@pytest.mark.parametrize("lang", ["C.UTF-8", "ru_RU.UTF-8"])
def test_check_warns_of_number_rules_that_miss_the_callers_of_a_log(tmp_path: Path, pbx: Pbx, lang: str) -> None:
    """R-12.4: the example's debtors are written with an 8; a carrier that presents 7 passes them by."""
    (tmp_path / "calls.csv").write_text(LOG.replace("84955551000", "74955551055"), encoding="utf-8")
    plain, logged = pbx("check", "example", "--json"), pbx("check", "example", "--log", "calls.csv", "--json")
    codes = [[fault["code"] for fault in ran.json["findings"]] for ran in (plain, logged)]
    assert "other-form" not in codes[0] and sorted(codes[1]) == sorted([*codes[0], "other-form"])
    shown = pbx("check", "example", "--log", "calls.csv", lang=lang)
    assert "R-12.4" in shown.out and "74955551055" in shown.out and logged.status == 1
    assert pbx("check", "example", "--log", "nothing.csv").status == 2
