"""`pbx staff` through the real command line. What a plan is worth is tested with `pbxsim.staffing.plan`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.loading.load import load
from pbxsim.cli.output import CommandRefused
from pbxsim.cli.staff import targets_of_queues
from pbxsim.rostering.contracts import Workforce
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import Goals, GroupGoals, Targets
from pbxsim.workbench.staffing.week_work import WeekOrder, work
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


def test_a_plan_for_programs_has_targets_cost_bound_and_what_was_kept(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("staff", "example", "--scenario", "small.yaml", "--reps", "3", "--service-level", "0.5", "--json")
    ran = pbx(
        *words,
        "--abandoned",
        "0.5",
        "--answer-speed",
        "60",
        "--occupancy",
        "0.9",
        "--shifts",
        "1,2",
        "--cost",
        "Sales=3",
    )
    assert ran.status in (0, 1), ran
    told = ran.json
    assert told["targets"] == {
        "service_level": 0.5, "abandoned_share": 0.5, "answer_speed_s": 60.0, "occupancy": 0.9, "per": "interval",
        "queues": {}, "groups": [],
    }  # fmt: skip
    assert told["teams"] == [{"name": "Sales", "queues": [5200], "cost": 3.0}]
    assert told["cost"] == 3 * told["member_hours"] and 0 <= told["gap"] < 1 and told["bound"] > 0
    assert len(told["kept"]) == 4 and {"interval", "queue", "service_level", "occupancy", "met"} <= set(told["kept"][0])
    assert told["met"] == all(row["met"] for row in told["kept"])
    shifts = told["shifts"]
    assert shifts["bound"] <= shifts["cost"] and {"from", "to", "heads"} <= set(shifts["shifts"][0])
    binding = told["binding"]
    assert len(binding) == 4 * 4 and [row["margin"] for row in binding] == sorted(row["margin"] for row in binding)
    assert any(row["price"] and row["price"] > 0 and row["team"] == "Sales" for row in binding)
    seen = pbx(*words[:-1], "--shifts", "2").out
    assert "Shifts" in seen and "no plan of these shifts costs less than" in seen and "by theory" in seen


def test_a_plan_of_shifts_is_written_as_the_page_gives_it_and_its_scenario_runs(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("staff", "example", "--scenario", "small.yaml", "--reps", "3", "--per-day", "--service-level", "0.5")
    shifts = ("--shifts", "2", "--shift-every", "60", "--break", "15", "--break-from", "1", "--paid-breaks")
    files = ("--csv", "need.csv", "--shifts-csv", "shifts.csv", "--scenario-out", "plan.yaml", "--pbx-out", "pbx.yaml")
    ran = pbx(*words, *shifts, *files)
    assert ran.status in (0, 1), ran.err
    assert [f"Written: {name}." in ran.err for name in files[1::2]] == [True] * 4
    planned = pd.read_csv(tmp_path / "shifts.csv")
    assert len(planned) and set(planned["from"].str[3:]) == {"00"} and set(planned["break_min"]) == {15}
    assert planned["paid_h"].tolist() == pytest.approx((2.0 * planned["heads"]).tolist()), "breaks are paid"
    told = Scenario.load(tmp_path / "plan.yaml")
    assert told.scenario.endswith("staffed") and told.shifts
    again = pbx("simulate", "pbx.yaml", "--scenario", "plan.yaml", "--reps", "1", "--json")
    assert again.status == 0, again.err


def test_what_is_of_shifts_needs_their_lengths(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    for words in (("--shift-every", "60"), ("--break", "0"), ("--paid-breaks",), ("--shifts-csv", "shifts.csv")):
        ran = pbx("staff", "example", "--scenario", "small.yaml", *words)
        assert ran.status == 2 and "say with --shifts how long these are" in " ".join(ran.err.split())
        assert "Traceback" not in ran.err


def test_targets_of_single_queues_and_groups_are_typed_and_those_that_cannot_be_are_refused() -> None:
    told = targets_of_queues(["5201:service_level=0.5,answer_speed_s=30", "5200+5201:abandoned_share=0.05"])
    assert told["queues"] == {5201: Goals(service_level=0.5, answer_speed_s=30)}
    assert told["groups"] == (GroupGoals(name="5200+5201", queues=(5200, 5201), abandoned_share=0.05),)
    for text in ("5201", "5201:level=0.5", "sales:service_level=0.5", "5201:service_level=80", "5201:service_level"):
        with pytest.raises(CommandRefused, match="is no target of queues"):
            targets_of_queues([text])


def test_shifts_and_costs_that_cannot_be_are_refused(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("staff", "example", "--scenario", "small.yaml")
    assert "no lengths of shifts" in pbx(*words, "--shifts", "eight").err
    assert "no lengths of shifts" in pbx(*words, "--shifts", "-4").err
    for cost in ("Sales=cheap", "Nobody=3", "Sales=-1", "Sales=inf", "Sales"):
        ran = pbx(*words, "--cost", cost)
        assert ran.status == 2 and "“Sales”" in ran.err, cost


PEOPLE = """
contracts: {part: {hours: [0, 20], shifts_h: [1, 2], days_off: 4, rest_h: 8}}
people: [{user: 100, contract: part}, {like: 100, count: 3, name: New, contract: part}]
load: {sat: 0, sun: 0, mon: 0, tue: 0, wed: 0}
begin_every_min: 30
absence: 0.1
"""


def test_a_week_tells_who_works_when_and_what_each_day_keeps_as_the_page_does(
    tmp_path: Path, pbx: Pbx, example_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    words = ("staff", "example", "--scenario", "small.yaml", "--week", "people.yaml", "--reps", "3", "--per-day")
    told = pbx(*words, "--csv", "week.csv", "--scenario-out", "week.yaml", "--json").json
    assert Scenario.load(tmp_path / "week.yaml").hours == 168
    assert {row["weekday"] for row in told["kept"]} == {"thu", "fri"}
    assert len(told["hours"]) == 4 and all(row["paid_h"] <= 20 for row in told["hours"])
    assert {row["weekday"] for row in told["roster"]} <= {"thu", "fri"}
    targets = Targets(service_level=0.8, per="day")
    document = load(example_path.read_text(encoding="utf-8")).document
    order = WeekOrder(document, Scenario.parse(SMALL), targets, {}, Workforce.parse(PEOPLE.encode()), 3, 1)
    page = work(order, lambda _share, _words: None)
    assert (tmp_path / "week.csv").read_text() == page.roster.to_csv(index=False)
    assert [told[name] for name in ("cost", "gap", "met")] == [page.cost, page.gap, page.met]
    assert [row["margin"] for row in told["binding"]] == page.binding["margin"].tolist()
    assert [row["paid_h"] for row in told["hours"]] == page.grid["paid_h"].tolist()
    shown = pbx(*words, "--lang", "ru")
    assert "пт" in shown.out and "оплачено часов" in shown.out and "Traceback" not in shown.err


def test_people_and_contracts_that_cannot_be_are_refused(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("staff", "example", "--scenario", "small.yaml", "--reps", "3", "--week")
    (tmp_path / "people.yaml").write_text(PEOPLE.replace("user: 100", "user: 99"))
    assert "99 is no user who is a member of a queue" in pbx(*words, "people.yaml").err
    assert "cannot be read" in pbx(*words, "none.yaml").err
    assert "--week takes lengths" in pbx(*words, "people.yaml", "--shifts", "4").err
