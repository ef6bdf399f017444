"""A scenario file: what is read, what is written back, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbxsim.scenario.distributions import Constant, Exponential
from pbxsim.scenario.scenario import Scenario, ScenarioError

DATASETS = Path(__file__).parents[3] / "datasets"

BUSY_DAY = """
scenario: a busy day
date: 2026-11-23
zone: Asia/Yekaterinburg
start: "09:00"
hours: 2
arrivals:
  moscow: {trunk: moscow, every_min: 30, calls: [10, 20.5, 30, 5], busyness: {cv: 0.17}}
  friends: {trunk: spb, recorded: {at_s: [1, 2.5, 100], callers: [84951112233, "+74951112233", ""]}, classes: {vip: 1}}
callers:
  anyone: {weight: 3, numbers: "8495#######"}
  vip: {numbers: [89031112233], patience: {kind: weibull, shape: 0.8, scale: 400}}
patience: {default: {kind: exponential, mean: 180}, queues: {5200: 60}}
keys: {5000: {choices: {1: 60, 2: 30, none: 5, hangup: 5}, think: {kind: uniform, low: 1, high: 8}}}
redial: {after_abandon: {share: 0.36, delay: 300}}
answering: {users: {101: {delay: 8, no_answer: 0.2}}}
talk:
  queues: {5200: {kind: mixture, parts: [{weight: 6, of: 5}, {weight: 94, of: {kind: lognormal, mean: 200, scv: 1.4}}]}}
  members: {101: 0.9}
shifts:
  - {members: [100, 101], from: "09:00", to: "18:00", breaks: [{at: "13:00", minutes: 45, reason: lunch}]}
outages: [{trunk: spb, from: "10:00", minutes: 10}]
"""


def test_a_file_is_read_and_written_back_alike() -> None:
    scenario = Scenario.parse(BUSY_DAY)
    assert Scenario.parse(scenario.dump()) == scenario
    assert scenario.start == 9 * 3600
    assert scenario.patience.queues[5200] == Constant(seconds=60)
    assert scenario.arrivals["friends"].recorded is not None
    assert scenario.arrivals["friends"].recorded.callers == ("84951112233", "+74951112233", "")
    assert "from: 09:00" in scenario.dump()


def test_a_scenario_is_changed_by_a_copy_that_is_checked_again() -> None:
    scenario = Scenario.parse(BUSY_DAY)
    changed = scenario.replace(seed=9, patience={"default": {"kind": "exponential", "mean": 5}})
    assert changed.seed == 9 and changed.patience.default == Exponential(mean=5)
    assert scenario.seed == 1
    with pytest.raises(ScenarioError, match="seed"):
        scenario.replace(seed=-1)


def minimal(**fields: Any) -> dict[str, Any]:
    return {"date": "2026-11-23", "arrivals": {"moscow": {"trunk": "moscow", "per_hour": 60}}, **fields}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"arrivals": {"m": {"trunk": "moscow", "per_hour": -3}}}, "arrivals.m.per_hour.*greater than or equal to 0"),
        (
            {"hours": 3, "arrivals": {"m": {"trunk": "moscow", "every_min": 60, "calls": [1, -2, 3]}}},
            "arrivals.m.calls.1.*greater than or equal to 0",
        ),
        (
            {"start": "09:00", "hours": 4, "arrivals": {"m": {"trunk": "moscow", "every_min": 30, "calls": [1] * 7}}},
            "7 rates of 30 minutes do not cover the 4 hours from 09:00; 8 are needed, and the rates given end at 12:30",
        ),
        ({"arrivals": {}}, "arrivals"),
        ({"arrivals": {"m": {"trunk": "moscow"}}}, "exactly one of"),
        ({"arrivals": {"m": {"trunk": "moscow", "per_hour": 1, "recorded": {"at_s": [1]}}}}, "exactly one of"),
        ({"arrivals": {"m": {"per_hour": 1}}}, "needs the trunk"),
        ({"arrivals": {"m": {"trunk": "moscow", "recorded": {"at_s": [3, 2]}}}}, "call 2 came before call 1"),
        ({"arrivals": {"m": {"trunk": "moscow", "recorded": {"at_s": [90000]}}}}, "after the 24 hours"),
        ({"arrivals": {"m": {"trunk": "moscow", "per_hour": 1, "classes": {"vip": 1}}}}, "no caller class `vip`"),
        ({"arrivals": {"m": {"trunk": "moscow", "per_hour": 1e9}}}, "calls are expected"),
        ({"keys": {5000: {"choices": {"A": 1}}}}, "`A` is neither keys"),
        ({"keys": {5000: {"choices": {}}}}, "keys.5000.choices"),
        ({"shifts": [{"members": [100], "from": "9 am", "to": "18:00"}]}, "a time of day is written"),
        ({"shifts": [{"members": [100], "from": "25:00", "to": "18:00"}]}, "a time of day is written"),
        ({"shifts": [{"members": [100], "from": "09:00", "to": "09:00"}]}, "a shift has a length"),
        (
            {"shifts": [{"members": [1], "from": "09:00", "to": "12:00", "breaks": [{"at": "11:50", "minutes": 20}]}]},
            "the break at 11:50 does not lie within",
        ),
        ({"outages": [{"from": "09:00", "minutes": 1}]}, "of a trunk or of a user"),
        ({"answering": {"default": {"no_answer": 0.7, "reject": 0.5}}}, "sum to 1"),
        ({"patience": {"default": {"kind": "exponential", "mean": -1}}}, "patience.default.mean"),
        ({"date": "yesterday"}, "date"),
        ({"pateince": 3}, "pateince.*not permitted"),
        ({"hours": 0}, "hours"),
    ],
    ids=str,
)
def test_an_impossible_scenario_is_refused_with_its_place(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Scenario.of(minimal(**fields))


@pytest.mark.parametrize("text", ["a: [1", "", "- 1\n- 2", "\tx: 1"])
def test_text_that_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"busy\.yaml"):
        Scenario.parse(text, "busy.yaml")
