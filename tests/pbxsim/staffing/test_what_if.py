"""What-if in one or two lines: the page of eight questions runs as it stands, and each change does what it says."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import pbxsim
from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.results import queueing_theory as theory
from pbxsim.scenario.distributions import Exponential
from pbxsim.scenario.scenario import Scenario, ScenarioError
from tests.pages import DOCS, blocks, run_python

PAGE = DOCS / "eight-questions.md"


def lab(**settings: Any) -> Flow:
    queue = {"kind": "queue", "name": "Sales", "members": [200, 201, 202], **settings}
    document = {
        "pbx": "lab",
        "zone": "UTC",
        "trunks": {"a": {"number": "74950000001", "lines": "unlimited", "to": 5200}},
        "elements": {
            5200: queue,
            5201: {"kind": "queue", "name": "Support", "members": [202]},
            5100: {"kind": "voicemail"},
        },
        "users": {user: {"name": f"U{user}"} for user in (200, 201, 202)},
        "outgoing": {
            "default": "a",
            "rules": [{"name": "all", "mask": "7(dddddddddd)", "output": "7$", "operator": "a"}],
        },
    }
    return load(json.dumps(document), "lab")


def day(**changes: Any) -> Scenario:
    data: dict[str, Any] = {
        "date": "2026-11-23", "zone": "UTC", "start": "08:00", "hours": 8, "arrivals": {"a": {"trunk": "a", "per_hour": 60}},
        "callers": {"anyone": {"numbers": "7916#######", "population": 1000}},
        "patience": {"default": {"kind": "exponential", "mean": 120}}, "talk": {"default": {"kind": "exponential", "mean": 170}},
        "shifts": [{"members": [200, 201, 202], "from": "08:00", "to": "16:00"}],
    }  # fmt: skip
    return Scenario.of({**data, **changes})


def test_the_page_of_eight_questions_runs_as_it_stands() -> None:
    assert len(blocks(PAGE, "python")) >= 10
    there = run_python(PAGE, leave_out="pbxsim.staff(", reps="2")  # the search for a plan is for the night
    assert there["helped"].figure("service_level", "Sales").mean > 0
    assert there["taught"].figure("staffed_hours").mean < there["now"].figure("staffed_hours").mean
    asked = there["callbacks"]
    assert asked.second.figure("left", "Sales").mean > asked.first.figure("left", "Sales").mean


def test_each_change_is_what_it_says() -> None:
    flow, plain = lab(), day()
    assert plain.scaled(1.5).arrivals["a"].per_hour == 90
    more = pbxsim.with_members(flow, 2, "sales")
    queues = [[m.user for m in more.document.elements[n].members] for n in (5200, 5201)]  # type: ignore[attr-defined]
    assert [len(queue) for queue in queues] == [5, 3] and set(queues[1]) <= set(queues[0])
    fewer = pbxsim.with_members(more, -1, "Sales")
    assert [m.user for m in fewer.document.elements[5200].members] == queues[0][:-1]  # type: ignore[attr-defined]
    assert pbxsim.with_strategy(flow, "random").document.elements[5200].strategy == "random"  # type: ignore[attr-defined]
    assert pbxsim.with_lines(flow, 2).trunks["a"].lines == 2
    helped = pbxsim.what_if(flow, plain, members=1, queue="Sales", reps=3, processes=1)
    assert helped.second.figure("staffed_hours").mean == pytest.approx(32, abs=0.6)
    assert helped.figure("service_level", 5200).mean == helped.figure("service_level", "Sales").mean > 0
    assert pbxsim.what_if(flow, plain, talk=0.5, reps=2, processes=1).figure("occupancy").mean < 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda f, d: pbxsim.with_members(f, 1), "say which queue"),
        (lambda f, d: pbxsim.with_members(f, -3, "Sales"), "3 members; 3 cannot be taken"),
        (lambda f, d: pbxsim.with_strategy(f, "loudest", "Sales"), "queue 5200: strategy"),
        (lambda f, d: pbxsim.with_settings(f, "Help", max_wait=1), "Help is no queue of the flow; it has 5200 `Sales`"),
        (lambda f, d: d.scaled(0), "calls is a positive factor"),
        (lambda f, d: d.replace(arrivals={"a": {"trunk": "a", "recorded": {"at_s": [1]}}}).scaled(2), "recorded calls cannot"),
        (lambda f, d: pbxsim.simulate("pbx.yaml", d), "the path pbx.yaml; read it first: pbxsim.load_flow"),
        (lambda f, d: pbxsim.staff(Path("pbx.yaml"), d), "read it first: pbxsim.load_flow"),
        (lambda f, d: pbxsim.compare((f, d), ("x", d)), "read it first: pbxsim.load_flow"),
        (lambda f, d: pbxsim.what_if(f, "day.yaml"), "read it first: pbxsim.Scenario.load"),
        (lambda f, d: pbxsim.trace("pbx.yaml", "1"), "read it first: pbxsim.load_flow"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_what_to_do(wrong: Any, told: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError, ScenarioError), match=told):
        wrong(lab(), day())


@pytest.mark.parametrize(
    ("shift", "told"),
    [
        ({"from": "17:00", "to": "19:00"}, "lies outside the run of 8 hours from 08:00"),
        ({"from": "09:00", "to": "12:00", "days": [4]}, "the run has the days 0 to 0"),
        (
            {"from": "09:00", "to": "12:00", "breaks": [{"at": "09:00", "minutes": 180}]},
            "the breaks take the whole shift",
        ),
        (
            {
                "from": "09:00",
                "to": "12:00",
                "breaks": [{"at": "10:00", "minutes": 40}, {"at": "10:30", "minutes": 10}],
            },
            "begins before the one before it is over",
        ),
        ({"members": [200, 200], "from": "09:00", "to": "12:00"}, "twice in one shift"),
    ],
)
def test_impossible_shifts_are_refused(shift: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        pbxsim.simulate(lab(), day(shifts=[{"members": [200], **shift}]), 1)


def test_callers_leave_by_a_key_or_are_called_back() -> None:
    flow = lab(callback_key="1", exit_key="2", exit="5100")
    plain = pbxsim.simulate(flow, day(), 3, processes=1)
    assert any("while they wait in queue 5200" in told for told in plain.warnings)
    keys = {"think": {"kind": "constant", "seconds": 20}}
    left = pbxsim.simulate(flow, day(keys={5200: {"choices": {"2": 1, "none": 1}, **keys}}), 3, processes=1)
    back = pbxsim.simulate(flow, day(keys={5200: {"choices": {"1": 1, "none": 1}, **keys}}), 3, processes=1)
    assert left.visits["outcome"].eq("exit_key").sum() > 20
    assert back.figure("answered", "Sales").mean > plain.figure("answered", "Sales").mean
    assert back.figure("abandoned", "Sales").mean < plain.figure("abandoned", "Sales").mean
    for choices, told in (({"7": 1}, "does not know key 7; it knows `1`, `2`"), ({"1": 1}, None)):
        wanted = day(keys={5200: {"choices": choices}})
        if told:
            with pytest.raises(ScenarioError, match=told):
                pbxsim.simulate(flow, wanted, 1)
    with pytest.raises(ScenarioError, match="queue 5200 asks for no key"):
        pbxsim.simulate(lab(), day(keys={5200: {"choices": {"1": 1}}}), 1)


def test_speed_of_answer_means_the_same_in_theory_and_simulation() -> None:
    exact = theory.erlang_a(60 / 3600, 1 / 170, 1 / 120, 3)
    assert exact.answer_speed < exact.wait
    flow = lab(ring=5)
    calm = day(hours=16, shifts=[], answering={"default": {"delay": {"kind": "constant", "seconds": 0}}})
    found = pbxsim.simulate(flow, calm, 40, processes=1, keep_records=False).figure("answer_speed_s", "Sales")
    assert found.mean == pytest.approx(exact.answer_speed, abs=3 * found.half_width / 1.96 + 0.5)
    crowd = theory.m_m_n_g(60 / 3600, 1 / 170, Exponential(mean=120), 3)
    assert crowd.answer_speed == pytest.approx(exact.answer_speed, rel=1e-4)
    patient = theory.m_m_n(60 / 3600, 1 / 170, 4)
    assert patient.answer_speed == patient.wait


def test_everything_is_listed_and_a_lambda_travels() -> None:
    assert {"simulate", "what_if", "with_members", "theory", "logs", "staff", "Scenario"} <= set(dir(pbxsim))
    rooms = {path.parent.name for path in Path(pbxsim.__file__).parent.glob("*/__init__.py")}
    assert rooms - {"cli"} <= set(dir(pbxsim))
    assert all(getattr(pbxsim, name) is not None for name in dir(pbxsim))
    seen = pbxsim.simulate(
        lab(), day(), 2, processes=2, scenario_processes=[lambda world: (world.env.timeout(5) for _ in range(2))]
    )
    assert seen.replications == 2
    held = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot be sent to other processes.*processes=1"):
        pbxsim.simulate(lab(), day(), 2, processes=2, scenario_processes=[lambda world: (held for _ in range(2))])
