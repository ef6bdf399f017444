"""What a plan tells besides its numbers: what binds, what formulas say, and what is handed to those who work by it."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.runs.run import simulate
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.staffing import handover, price, reading
from pbxsim.staffing.plan import Plan, staff
from pbxsim.staffing.targets import SIGNS, Targets
from pbxsim.workbench.staffing.documents import with_newcomers
from tests.pbxsim.worlds import exponential, steady

TEXT = """
pbx: textbook
zone: UTC
trunks:
  main: {number: "74951234567", lines: unlimited, to: 5200}
elements:
  5200:
    kind: queue
    name: Sales   # the only one
    members: [{user: 200, tier: 2}, 201]
    max_wait: 0
    wrap_up: 0
    ring: 120
    timeout: hangup
users:
  200: {name: Anna}
  201: {name: Boris}
prompts: {music.wav: 20.0}
"""


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load(TEXT.replace("{user: 200, tier: 2}", "200"))


@pytest.fixture(scope="module")
def plan(flow: Flow) -> Plan:
    scenario = steady(60, 2, exponential(180), exponential(120), start="08:00", seed=3)
    scenario = scenario.replace(measure={"interval_min": 30, "within_s": 20})
    targets = Targets(service_level=0.8, answer_speed_s=60)
    return staff(flow, scenario, targets, reps=5, processes=1, prove=False)


def test_the_target_nearest_to_being_missed_is_told_first(plan: Plan) -> None:
    table = reading.binding(plan)
    assert len(table) == 2 * 4, "two targets, four half-hours, one queue"
    assert table["margin"].is_monotonic_increasing
    first = table.iloc[0]
    kept = plan.kept.set_index("interval").loc[first["interval"], first["target"]]
    sign = SIGNS[first["target"]]
    assert first["value"] == kept and first["margin"] == pytest.approx(sign * (kept - first["asked"]) / first["asked"])
    assert set(table["met"]) == {True} if plan.met else not table["met"].all()


def test_over_the_day_each_target_is_told_once(plan: Plan) -> None:
    plan = _replaced(plan, targets=Targets(per="day"))
    table = reading.binding(plan)
    assert len(table) == 1 and pd.isna(table["interval"].iloc[0])


def test_one_point_more_has_a_price_and_the_one_who_brings_it(plan: Plan) -> None:
    table = price.prices(plan, days=5)
    assert list(table["target"]) == list(reading.binding(plan)["target"])
    dear = table[table["target"] == "service_level"]
    assert (dear["price"] > 0).all() and set(dear["team"]) == {"Sales"}
    assert dear["price"].between(0.005, 1.0).all(), (
        "half an hour of one member of six brings some points, not a hundred"
    )
    whole = price.prices(_replaced(plan, targets=Targets(per="day")), days=5)
    assert len(whole) == 1 and 0 < whole["price"].iloc[0]


def test_formulas_stand_beside_the_plan_and_erlang_a_asks_for_no_more_than_erlang_c(plan: Plan) -> None:
    table = reading.formulas(plan)
    assert list(table["interval"]) == list(plan.required["interval"])
    assert (table["erlang_a"] <= table["erlang_c"]).all()
    assert table["erlang_c"].between(4, 8).all(), "three erlangs, 80 % in 20 s"
    assert (table["erlang_c"] - plan.required["members"]).abs().max() <= 2
    assert math.isclose(table["handle_s"].iloc[0], 180, rel_tol=0.15)


def test_a_plan_runs_on_the_pbx_with_the_people_it_lacks_and_names_nobody_else(plan: Plan, flow: Flow) -> None:
    new = handover.newcomers(plan, flow)
    assert new and all(one.like == 201 and one.queues == (5200,) for one in new)
    scenario = handover.scenario_for(plan, flow)
    with pytest.raises(ScenarioError, match="the flow has no user"):
        check(scenario, flow)
    text = with_newcomers(TEXT, new)
    assert "# the only one" in text and "{user: 200, tier: 2}" in text
    larger = load(with_newcomers(TEXT.replace("{user: 200, tier: 2}", "200"), new))
    assert len(larger.document.head.users) == 2 + len(new)
    again = Scenario.parse(scenario.dump())
    met = simulate(larger, again, 20, processes=1, keep_records=False)
    assert met.figure("service_level").mean == pytest.approx(plan.check.figure("service_level").mean, abs=0.08)


def _replaced(plan: Plan, **changes: object) -> Plan:
    import dataclasses

    return dataclasses.replace(plan, **changes)  # type: ignore[arg-type]
