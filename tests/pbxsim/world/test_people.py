"""What callers and members do depends on what is going on: haste by the crowd, rest when it is quiet, talk by skill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.runs.run import simulate
from pbxsim.scenario.check import check
from pbxsim.scenario.distributions import parse
from pbxsim.scenario.scenario import Crowd, Scenario, ScenarioError
from tests.harness import rule
from tests.pbxsim.worlds import FIRST, exponential, one_queue, steady


def skilled(required: str = "") -> Flow:
    """One queue, three members: a beginner in English, an expert, and one who knows none."""
    return load(
        f"""
pbx: skilled
zone: UTC
trunks:
  main: {{number: "74951234567", lines: unlimited, to: 5200}}
elements:
  5200:
    kind: queue
    members:
      - {{user: 200, skills: {{english: 1}}}}
      - {{user: 201, skills: {{english: 4}}}}
      - {{user: 202}}
    max_wait: 0
    wrap_up: 0
    timeout: hangup
    {required}
users:
  200: {{name: A}}
  201: {{name: B}}
  202: {{name: C}}
prompts: {{music.wav: 20.0}}
"""
    )


def talks(flow: Flow, talk: dict[str, Any]) -> pd.Series:
    """Lengths of talks by member; every one is told in whole seconds."""
    scenario = steady(40, 4, 100, 3600).replace(talk={"default": 100, "caller_hangs_up": 0, **talk})
    legs = simulate(flow, scenario, 1, processes=1).legs
    answered = legs[legs["talk_s"] > 0]
    assert not answered.empty
    return answered.groupby("member")["talk_s"].agg(lambda lengths: sorted(set(lengths.round(3))))


@rule("R-08.16")
def test_talk_depends_on_the_level_of_a_skill() -> None:
    told = [
        {"skill": "english", "calls": "all", "factor": 1.5},
        {"skill": "english", "calls": "all", "level": 3, "factor": 0.8},
    ]
    found = talks(skilled(), {"skills": told})
    assert found.to_dict() == {200: [150.0], 201: [80.0], 202: [100.0]}


@rule("R-08.16")
def test_talk_by_skill_counts_only_for_calls_that_ask_for_it() -> None:
    told = [{"skill": "english", "factor": 2.0}]
    assert talks(skilled(), {"skills": told}).to_dict() == {200: [100.0], 201: [100.0], 202: [100.0]}
    asking = talks(skilled("skills: {english: 1}"), {"skills": told})
    assert asking.to_dict() == {200: [200.0], 201: [200.0]}, "who lacks the skill gets none of these calls"


def test_the_closest_talk_counts_and_factors_multiply() -> None:
    found = talks(
        skilled(),
        {
            "queues": {5200: 200},
            "members": {200: 0.5, 201: 3.0},
            "cells": [{"queue": 5200, "member": 200, "factor": 1.2}, {"queue": 5200, "member": 201, "length": 7}],
            "skills": [{"skill": "english", "queue": 5200, "calls": "all", "length": 50}],
        },
    )
    assert found.to_dict() == {200: [30.0], 201: [7.0], 202: [200.0]}


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        ({"cells": [{"queue": 5200, "member": 200}]}, "either the `length` of these talks or their `factor`"),
        ({"skills": [{"skill": "english", "length": 5, "factor": 2}]}, "either the `length`"),
        ({"skills": [{"skill": "english", "factor": 2}, {"skill": "english", "factor": 3}]}, "told twice"),
        ({"cells": [{"queue": 5200, "member": 200, "factor": 1}] * 2}, "told twice"),
        ({"skills": [{"skill": "french", "factor": 2}]}, "no member of a queue has the skill `french`; .* `english`"),
        ({"skills": [{"skill": "english", "queue": 5999, "factor": 2}]}, "talk.skills: 5999 is no queue"),
    ],
    ids=str,
)
def test_talk_that_cannot_be_is_refused(talk: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        arrivals = {"main": {"trunk": "main", "per_hour": 1}}
        check(Scenario.of({"date": "2026-11-23", "arrivals": arrivals, "talk": talk}), skilled())


def crowded(factors: tuple[float, ...]) -> Scenario:
    patience = {"default": exponential(300), "crowd": {"ahead": [0, 3, 6], "factors": factors}}
    return steady(120, 12, exponential(180), 0).replace(patience=patience)


def test_callers_who_come_to_a_crowd_give_up_sooner() -> None:
    visits = simulate(one_queue(5), crowded((1.0, 2.0, 4.0)), 6, processes=1).visits
    waited = visits[visits["wait_s"] > 0].assign(
        step=lambda t: np.searchsorted([0, 3, 6], t["position"] - 1, "right") - 1
    )
    rates = waited.groupby("step").apply(
        lambda stays: (stays["outcome"] == "abandoned").sum() / stays["wait_s"].sum(), include_groups=False
    )
    assert rates[0] == pytest.approx(1 / 300, rel=0.2)
    assert rates[1] == pytest.approx(2 / 300, rel=0.2)
    assert rates[2] == pytest.approx(4 / 300, rel=0.25)


def test_a_crowd_that_changes_nothing_leaves_every_call_as_it_was() -> None:
    plain = steady(120, 6, exponential(180), exponential(300))
    same = plain.replace(patience={"default": exponential(300), "crowd": {"ahead": [0, 2], "factors": [1, 1]}})
    assert simulate(one_queue(5), plain, 2, processes=1).calls.equals(
        simulate(one_queue(5), same, 2, processes=1).calls
    )


def test_members_rest_longer_when_nobody_waits() -> None:
    scenario = steady(30, 8, 60, 3600).replace(wrap_up={5200: 10}, wrap_up_quiet={5200: 100})
    records = simulate(one_queue(2), scenario, 2, processes=1)
    work = records.members[records.members["state"] == "wrap_up"]["length_s"].round(3)
    assert {10.0, 100.0} <= set(work)
    assert work.isin([10.0, 100.0]).mean() > 0.95, "only the end of the run cuts a rest short"
    busy = simulate(
        one_queue(2), scenario.replace(arrivals={"main": {"trunk": "main", "per_hour": 300}}), 1, processes=1
    )
    rested = busy.members[busy.members["state"] == "wrap_up"]["length_s"].round(3)
    assert (rested == 10.0).mean() > 0.9, "somebody waits nearly always"


@pytest.mark.parametrize(
    ("crowd", "words"),
    [
        ({"ahead": [0, 2], "factors": [1]}, "2 numbers in `ahead` but 1 `factors`"),
        ({"ahead": [1, 2], "factors": [1, 2]}, "must begin at 0 and rise"),
        ({"ahead": [0, 0], "factors": [1, 2]}, "must begin at 0 and rise"),
        ({"ahead": [0], "factors": [-1]}, "greater than 0"),
    ],
    ids=str,
)
def test_a_crowd_that_cannot_be_is_refused(crowd: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        crowded((1.0, 2.0, 4.0)).replace(patience={"crowd": crowd})


def test_a_step_of_haste_holds_from_its_number_of_callers_on() -> None:
    crowd = Crowd(ahead=(0, 2, 5), factors=(1.0, 2.0, 3.0))
    assert [crowd.step(n) for n in (0, 1, 2, 4, 5, 400)] == [0, 0, 1, 1, 2, 2]
    assert crowd.hastened(parse({"kind": "exponential", "mean": 90}), 2).mean == pytest.approx(30.0)


def test_every_part_is_written_and_read_back() -> None:
    scenario = crowded((1.0, 2.0, 4.0)).replace(
        talk={"cells": [{"queue": 5200, "member": FIRST, "factor": 1.1}], "skills": [{"skill": "x", "length": 5}]},
        wrap_up_quiet={5200: {"kind": "hastened", "of": exponential(20), "factor": 0.5}},
    )
    assert Scenario.parse(scenario.dump()) == scenario
