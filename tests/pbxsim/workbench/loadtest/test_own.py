"""Own scenarios, kept runs and what differs between them: everything of the Load test page that needs no browser."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from pbxsim.calibrate import CalibrationError
from pbxsim.logs import LogError
from pbxsim.results.results import Results
from pbxsim.runs.run import simulate
from pbxsim.scenario.distributions import Lognormal
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.workbench.loadtest import days, kept, learning, own_scenario, profiles
from pbxsim.workbench.loadtest.courses import BLUE, Course
from pbxsim.workbench.loadtest.differences import NotComparable, differences
from pbxsim.workbench.loadtest.kept import NameRefused, Runs, keep_scenario, kept_run
from pbxsim.workbench.loadtest.learning import GivenLog
from pbxsim.workbench.loadtest.own_scenario import FormAnswers, LineFault, scenario_of
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell.texts import Texts
from tests.pbxsim.worlds import example, exponential, one_queue, steady


def answers(**changes: Any) -> FormAnswers:
    return replace(
        FormAnswers(
            name="my office",
            date=dt.date(2026, 11, 23),
            rates=profiles.spread("office", 100),
            shares={"moscow": 3, "spb": 1},
            keys={5000: {"1": 60, "none": 10}},
            patience={"kind": "exponential", "mean": 120},
            talk={"kind": "lognormal", "mean": 180, "scv": 1.4},
            wrap_up={5200: {"kind": "constant", "seconds": 10}},
            shifts=own_scenario.shifts_of("100-102 9:00-18:00 13:00/45"),
        ),
        **changes,
    )


def test_a_form_becomes_a_scenario_that_its_own_reader_takes_and_that_runs() -> None:
    flow, _ = example()
    made = scenario_of(answers(busyness=0.1, redial=0.3), flow)
    again = Scenario.parse(made.dump())
    assert again == made
    calls = {name: sum(source.calls) for name, source in made.arrivals.items()}
    assert calls["moscow"] == pytest.approx(75, abs=0.1) and calls["spb"] == pytest.approx(25, abs=0.1)
    results = simulate(flow, again, 2, processes=1, keep_records=False)
    assert results.figure("offered").mean > 20


def test_what_the_pbx_lacks_is_told_by_the_scenario_s_own_check() -> None:
    flow, _ = example()
    with pytest.raises(ScenarioError, match="the flow has no user 109"):
        scenario_of(answers(shifts=own_scenario.shifts_of("109 09:00-18:00")), flow)
    with pytest.raises(LineFault):
        scenario_of(answers(shares={"moscow": 0}), flow)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("time\tcalls\n09:00\t12\n09:30\t8", 20),
        ("9:00-9:30; 7,5\n", 7.5),
        ("\n".join(["2"] * 24), 48),
        ("\n".join(["1"] * 96), 96),
        ("10:00 1\n10:15 2", 3),
    ],
)
def test_a_pasted_table_is_read_in_the_forms_people_have(text: str, whole: float) -> None:
    rates = own_scenario.table_of(text)
    assert len(rates) == profiles.HALF_HOURS and sum(rates) == pytest.approx(whole)
    assert own_scenario.table_of(own_scenario.table_text(rates)) == pytest.approx(rates)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("many", "own.table_line"),
        ("09:00 12\n09:30", "own.table_line"),
        ("25:00 3", "own.table_line"),
        ("1\n2\n3", "own.table_count"),
    ],
)
def test_a_line_that_is_not_understood_is_named(text: str, key: str) -> None:
    with pytest.raises(LineFault) as fault:
        own_scenario.table_of(text)
    assert fault.value.key == key


def test_shifts_and_keys_are_read_and_their_faults_named() -> None:
    made = own_scenario.shifts_of("100, 102 22:00-6:00\n\n101 09:00-18:00 13:00/45 16:00/15")
    assert made[0]["members"] == [100, 102] and made[1]["breaks"][1] == {"at": "16:00", "minutes": 15}
    assert own_scenario.keys_of("1: 60, none:10") == {"1": 60.0, "none": 10.0}
    for read, text in ((own_scenario.shifts_of, "Anna all day"), (own_scenario.keys_of, "1 60")):
        with pytest.raises(LineFault):
            read(text)


def test_profiles_bring_the_calls_asked_for() -> None:
    for name in profiles.NAMES:
        assert sum(profiles.spread(name, 300)) == pytest.approx(300, abs=0.01)
    assert max(profiles.weights("call_centre")) > 5 * profiles.weights("call_centre")[4]


def test_a_kept_scenario_is_found_where_the_pages_look_and_is_never_overwritten(tmp_path: Path) -> None:
    flow, _ = example()
    file = tmp_path / "pbx.yaml"
    made = scenario_of(answers(), flow)
    path = keep_scenario(file, made)
    assert days.scenarios(file)["my office"] == path and Scenario.load(path) == made
    assert keep_scenario(file, made) == path, "the same again is no fault"
    with pytest.raises(NameRefused, match="taken"):
        keep_scenario(file, made.replace(seed=2))
    with pytest.raises(NameRefused, match="bad_name"):
        keep_scenario(file, made.replace(scenario="../elsewhere"))


@pytest.fixture(scope="module")
def runs() -> tuple[Results, Results]:
    day = steady(60, 1, exponential(120), exponential(60), seed=5)
    return (
        simulate(one_queue(2), day, 6, processes=1, keep_records=False),
        simulate(one_queue(3), day, 5, processes=1, keep_records=False),
    )


def test_a_kept_run_gives_the_same_figures_and_differences_on_the_same_callers(
    tmp_path: Path, runs: tuple[Results, Results]
) -> None:
    store = Runs(tmp_path / "pbx.yaml", tmp_path / "runs")
    shown = [ShownRun(results, one_queue(n), factor=n) for n, results in zip((2, 3), runs, strict=True)]
    for name, run in zip(("two members", "three members"), shown, strict=True):
        store.keep(kept_run(name, run, "UTC"))
    with pytest.raises(NameRefused, match="taken"):
        store.keep(kept_run("two members", shown[0], "UTC"))
    found = [kept for kept in (store.find(name) for name in ("two members", "three members")) if kept is not None]
    assert [kept.factor for kept in found] == [2, 3]
    first, second = (kept.results() for kept in found)
    assert first.summary.equals(runs[0].summary) and first.waits().equals(runs[0].waits())
    table, both = differences(first, second)
    assert both == 5, "only days that both have met the same callers"
    by = table.set_index(["queue", "figure"])
    assert set(by.index.get_level_values(0)) == {0, 5200}
    level = by.loc[(5200, "service_level")]
    assert level["difference"] > 0 and level["sure"] and level["low"] < level["difference"] < level["high"]
    store.forget("two members")
    assert store.names() == ["three members"] and store.find("two members") is None


def test_runs_of_other_callers_are_not_compared(runs: tuple[Results, Results]) -> None:
    day = steady(60, 1, exponential(120), exponential(60), seed=6)
    other = simulate(one_queue(2), day, 2, processes=1, keep_records=False)
    with pytest.raises(NotComparable) as error:
        differences(runs[0], other)
    assert error.value.key == "runs.other_seed" and error.value.values == (5, 6)
    with pytest.raises(NotComparable):
        differences(runs[0].of([0]), runs[1].of([1]))


def test_only_so_many_runs_are_kept(tmp_path: Path, runs: tuple[Results, Results]) -> None:
    store = Runs(tmp_path / "pbx.yaml", tmp_path / "runs")
    for n in range(kept.RUNS_KEPT + 2):
        store.keep(kept_run(f"run {n}", ShownRun(runs[1].of([0]), one_queue(3)), "UTC"))
    assert len(store.names()) == kept.RUNS_KEPT


def test_a_run_that_was_kept_before_factors_and_waits_were_told_is_still_read(
    tmp_path: Path, runs: tuple[Results, Results]
) -> None:
    store = Runs(tmp_path / "pbx.yaml", tmp_path / "runs")
    run = kept_run("old", ShownRun(runs[0], one_queue(2)), "UTC")
    old = {name: getattr(run, name) for name in run.__struct_fields__ if name not in ("factor", "stays")}
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "old.json").write_bytes(msgspec.json.encode(old))
    found = store.find("old")
    assert found is not None and found.factor is None
    assert found.results().summary.equals(runs[0].summary)
    assert found.results().waits().empty and found.results().queue_length().empty


def test_arrivals_of_a_learned_day_become_half_hours_of_any_pbx() -> None:
    quarter = {"trunk": "moscow", "every_min": 15, "calls": [1.0] * 104}
    hour = {"trunk": "spb", "every_min": 60, "calls": [2.0] * 26}
    data = {"date": "2026-11-23", "hours": 26, "arrivals": {"a": quarter, "b": hour}}
    rates = learning.rates_of(Scenario.of(data))
    assert rates == pytest.approx(np.full(48, 3.0))
    flow, _ = example()
    learned = Lognormal(mean=200, scv=1.0)
    made = scenario_of(answers(rates=rates, talk=learned), flow)
    assert made.talk.default == learned


def test_a_dropped_log_is_learned_from_and_fills_a_form_of_another_pbx() -> None:
    path = Path("datasets") / "sample_logs" / "synthetic_queue_log.gz"
    shares: list[float] = []
    given = learning.GivenLog(path.name, path.read_bytes(), "Europe/Moscow", (), reps=1)
    found = learning.work(given, lambda share, words: shares.append(share))
    assert shares[0] == 0 and shares[-1] == 1
    assert {who for who, *_ in found.errors} == set(learning.WHO) and found.unseen is not None
    flow, _ = example()
    made = scenario_of(answers(rates=found.rates, patience=found.patience, talk=found.talk, date=found.date), flow)
    expected = sum(sum(source.calls) for source in made.arrivals.values())
    assert expected == pytest.approx(sum(sum(s.calls) for s in found.scenario.arrivals.values()), rel=0.01)
    assert made.patience.default == found.patience and found.report.count("\n") > 10


def test_a_log_that_is_refused_is_told_in_the_page_s_language() -> None:
    def refused(content: bytes, language: str) -> str:
        with pytest.raises((LogError, CalibrationError)) as error:
            learning.work(GivenLog("log.csv", content, "UTC", (), language=language), lambda *_: None)
        return str(error.value)

    assert "no format" in refused(b"a;b\n1;2\n", "en") or "known" in refused(b"a;b\n1;2\n", "en")
    for content in (b"", b"a;b\n1;2\n", b"\x00\x01\x02"):
        told = refused(content, "ru")
        assert re.search("[а-я]{4}", told), told


def test_a_course_tells_its_figures_as_the_language_writes_them() -> None:
    day = pd.DataFrame(
        {
            "interval": pd.to_datetime(["2026-11-23 14:30"]).tz_localize("Europe/Moscow"),
            "mean": [0.815], "low": [0.707], "high": [np.nan], "p10": [0.5], "p90": [1.0],
        }
    )  # fmt: skip
    course = Course(Texts("ru"), BLUE, percent=True)
    course.show(day, 0, 1)
    assert course.source.data["told"] == ["14:30  81,5 % (70,7 – –)"]
