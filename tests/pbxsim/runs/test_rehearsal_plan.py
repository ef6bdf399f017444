"""The plan of a rehearsal: which callers, what they decided, and what is left out."""

from __future__ import annotations

import pytest

from engine.contract import notes as note
from engine.loading.load import load
from engine.records import rehearsal
from pbxsim import datasets
from pbxsim.runs import rehearsal_plan
from pbxsim.scenario.scenario import Scenario, ScenarioError
from tests.harness import rule
from tests.parity import rehearsals


@rule("R-25.3")
def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    first, again = rehearsals.example("example", 30), rehearsals.example("example", 30)
    assert rehearsal.encode_plan(first) == rehearsal.encode_plan(again)
    assert rehearsal.encode_plan(first) != rehearsal.encode_plan(rehearsals.example("example", 30, seed=2))


def test_a_plan_comes_back_from_its_json() -> None:
    plan = rehearsals.rich(30)
    assert rehearsal.decode_plan(rehearsal.encode_plan(plan)) == plan


def test_callers_are_consecutive_and_those_who_dial_again_come_on_top() -> None:
    (day,) = rehearsals.example("example", 200).days
    assert day.sampled == 200 < day.of
    first = [call for call in day.calls if "r" not in call.id.rpartition("-")[2]]
    assert len(first) == 200 and [call.at for call in first] == sorted(call.at for call in first)
    rows = [int(call.id.rpartition("-")[2]) for call in first if call.id.startswith("moscow-")]
    assert rows == list(range(rows[0], rows[0] + len(rows)))


def test_callers_can_be_taken_from_a_time_on() -> None:
    whole = rehearsals.example("example", 349)
    noon = whole.days[0].begin + 12 * 3600 * 1_000_000
    (day,) = rehearsals.example("example", 10, at=noon).days
    assert noon <= day.calls[0].at < noon + 3600 * 1_000_000


def test_a_day_with_too_few_callers_is_followed_by_the_next() -> None:
    plan = rehearsals.example("example", 500)
    assert [day.replication for day in plan.days] == [0, 1]
    assert sum(day.sampled for day in plan.days) == 500 and plan.days[0].sampled == plan.days[0].of


def test_each_decision_stands_with_the_call_that_took_it() -> None:
    (day,) = rehearsals.rich(100).days
    legs = {call.id: 0 for call in day.calls}
    talks = dict(legs)
    for _, said in day.expected:
        if isinstance(said, note.LegStarted):
            legs[said.call] += 1
        if isinstance(said, note.CallAnswered):
            talks[said.call] += 1
    for call in day.calls:
        assert len(call.rings) == legs[call.id]
        assert len(call.talks) <= talks[call.id]
    assert any(call.messages_us for call in day.calls) and any(call.web for call in day.calls)
    outcomes = {ring.outcome for call in day.calls for ring in call.rings}
    assert outcomes == {"answers", "refuses", "ignores"}
    assert any(act.what == "resumes" and act.queue == 5200 for act in day.acts), "a member came back after auto-pause"


TEXT = datasets.find("example").read_text(encoding="utf-8")


def weekday(**changes: object) -> Scenario:
    return Scenario.load(rehearsals.WEEKDAY).replace(**changes)


def test_what_nobody_can_play_is_left_out_and_named() -> None:
    scenario = weekday(
        wrap_up={5200: {"kind": "constant", "seconds": 9}},
        prompts={"welcome.wav": 3.0},
        outages=({"trunk": "spb", "from": "10:00", "minutes": 5},),
    )
    played, left_out = rehearsal_plan.playable(scenario)
    assert not played.wrap_up and not played.prompts and not played.outages[0].cut_calls
    assert len(left_out) == 3 and all(": " in part for part in left_out)


def test_a_scenario_without_trunks_is_refused() -> None:
    scenario = weekday(arrivals={"inside": {"called": "5200", "per_hour": 10}})
    with pytest.raises(ScenarioError, match="trunk"):
        rehearsal_plan.make(load(TEXT), TEXT, scenario, 10)


def test_a_day_on_which_nobody_calls_is_refused() -> None:
    scenario = weekday(arrivals={"moscow": {"trunk": "moscow", "per_hour": 0}})
    with pytest.raises(ScenarioError, match="nobody calls"):
        rehearsal_plan.make(load(TEXT), TEXT, scenario, 10)


def test_a_trunk_that_fails_and_a_phone_that_is_unplugged_are_acts() -> None:
    scenario = weekday(
        outages=(
            {"trunk": "spb", "from": "10:00", "minutes": 5, "cut_calls": False},
            {"user": 103, "from": "11:00", "minutes": 5},
        )
    )
    (day,) = rehearsal_plan.make(load(TEXT), TEXT, scenario, 20).days
    assert [act.reason for act in day.acts if act.trunk == "spb"] == ["unregistered", "registered"]
    assert [act.what for act in day.acts if act.user == 103 and "regist" in act.what][-3:-1] == [
        "unregisters",
        "registers",
    ]
