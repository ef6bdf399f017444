"""From a log to a PBX and a scenario: what is written loads and runs, the error is told, nothing of the future is used."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from engine.loading.load import load
from pbxsim import calibrate, logs, russian_logs
from pbxsim.calibrate import Calibration, CalibrationError, fitting, judge
from pbxsim.calibrate import days as d
from pbxsim.logs import queue_log
from pbxsim.runs import run
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from tests.pbxsim.calibrate import synthetic as true

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate.calibrate(true.log(days=32), name="synthetic", unseen_weeks=2, reps=3, tuning_calls=8000)


def test_simulated_days_are_nearer_to_unseen_ones_than_the_usual_day_is(found: Calibration) -> None:
    """The baseline is no yardstick here: one pool, patience nearly exponential, that is what Erlang A is for."""
    errors = found.errors("load")
    assert errors is not None
    model, baseline = errors["simulated"], errors["erlang_a"]
    assert model.days == baseline.days == 10
    assert model.abandonment_points < 3 and model.wait_share < 0.25 and model.service_points < 5
    unseen = found.unseen["load"]
    seen = found.table[found.table["day"] < pd.Timestamp(found.unseen_from)]
    usual = float(seen.groupby("day")["abandoned"].mean().median())
    assert model.abandonment_points < 0.6 * 100 * float((unseen["abandoned"] - usual).abs().median())


def test_the_report_tells_losses_parameters_and_the_error_on_unseen_days(found: Calibration) -> None:
    report = found.report()
    for words in (
        "synthetic: ", "kept", "patience:", "head starts: ", "after a talk a member is not ready for",
        "which the model judged here had not seen", "only the date given", "Erlang A per hour",
    ):  # fmt: skip
        assert words in report
    assert len(report.splitlines()) < 40


def test_the_report_is_told_in_russian_where_it_is_asked_for(found: Calibration, tmp_path: Path) -> None:
    names = re.findall("[A-Za-z]{2,}", " ".join(["synthetic", *map(str, found.table["kind"].unique())]))
    for one in (found, dataclasses.replace(found, unseen={})):
        told = one.report(russian_logs.translate)
        assert set(re.findall("[A-Za-z]{2,}", told)) <= {*names}, told
        assert "терпение: " in told
    found.write(tmp_path, russian_logs.translate)
    assert "только дата" in (tmp_path / "report.txt").read_text(encoding="utf-8")


def test_what_is_written_loads_and_runs(found: Calibration, tmp_path: Path) -> None:
    files = found.write(tmp_path / "out")
    assert [file.name for file in files] == ["pbx.yaml", "scenario.yaml", "report.txt", "losses.json"]
    flow = load(files[0].read_text(encoding="utf-8"), "pbx.yaml")
    scenario = Scenario.load(files[1])
    check(scenario, flow)
    assert scenario == found.scenario
    assert flow.digest == found.flow.digest
    sums = run.simulate(flow, scenario, 2, processes=1, keep_records=False).samples[0].sums()
    usual = len(found.table) / found.table["day"].nunique()
    assert 0.5 * usual < sums.offered < 1.8 * usual
    assert json.loads(files[3].read_text(encoding="utf-8"))["dropped"] == {}


def test_the_next_working_day_is_the_one_described(found: Calibration) -> None:
    last = found.table["day"].max().date()
    assert (found.date - last).days in (1, 3)
    assert found.date.weekday() < 5
    assert found.scenario.redial.after_abandon is not None


def test_talks_that_became_longer_are_longer_in_the_day_ahead() -> None:
    log = true.log(days=30)
    lately = log.calls["arrived_at"] >= log.calls["arrived_at"].max() - pd.Timedelta(days=14)
    log.calls.loc[lately, "talk_s"] *= 1.3
    longer = calibrate.calibrate(log, name="synthetic", unseen_weeks=0, tuning_calls=0)
    whole = longer.table["talk"].mean() / true.log(days=30).calls["talk_s"].mean()
    assert whole * longer.talk_level == pytest.approx(1.3, rel=0.05)
    factors = [caller.talk_factor for caller in longer.scenario.callers.values()]
    assert min(factors) < longer.talk_level + 0.001 and f"{longer.talk_level:.2f} times as long" in longer.report()


def test_nothing_of_a_judged_days_waits_is_given(found: Calibration) -> None:
    assert found.judged is not None
    table = found.table
    date = table["day"].max()
    train = table[table["day"] < date]
    [day] = judge.judged_days(found.judged, table, train, [date], "load")
    blind = table.copy()
    mine = blind["day"] == date
    blind.loc[mine, "wait"] = 0.0
    blind.loc[mine, "abandoned"] = False
    [same] = judge.judged_days(found.judged, blind, train, [date], "load")
    assert same.stretches == day.stretches and same.talk_level == day.talk_level
    pd.testing.assert_frame_equal(same.calls, day.calls)
    assert list(day.calls.columns) == ["day", "t", "kind"]


def test_the_same_log_gives_the_same_figures_in_one_process_and_in_two(found: Calibration) -> None:
    assert found.judged is not None
    table = found.table
    dates = list(table["day"].unique()[-4:])
    days = judge.judged_days(found.judged, table, table, dates, "load")
    one = judge.compare(found.judged, days, "load", 2, processes=1)
    two = judge.compare(found.judged, days, "load", 2, processes=2)
    pd.testing.assert_frame_equal(one, two)


def test_a_simulated_day_exported_as_queue_log_can_be_calibrated_on(found: Calibration) -> None:
    text = queue_log.write(found.log.calls)
    again = logs.read(text.encode(), zone="Europe/Berlin")
    assert len(again.calls) == len(found.log.calls)
    table = d.prepared(again.calls)
    model = fitting.fit(table, "Europe/Berlin", tuning_calls=0)
    assert model.patience.mean_s == pytest.approx(found.model.patience.mean_s, rel=0.1)
    assert set(model.kinds) == {"sales", "support"}


def test_logs_that_tell_too_little_say_what_they_lack() -> None:
    log = true.log(days=3)
    with pytest.raises(CalibrationError, match="3 working days.*at least 5"):
        calibrate.calibrate(log)
    empty = logs.Log(log.calls.iloc[:0], log.staff, log.losses)
    with pytest.raises(CalibrationError, match="holds no calls"):
        calibrate.calibrate(empty)
    patient = true.log(days=6)
    served = patient.calls[patient.calls["outcome"] == "answered"]
    with pytest.raises(CalibrationError, match="nothing tells how long callers would wait"):
        calibrate.calibrate(logs.Log(served, patient.staff, patient.losses))


if DATA.is_dir():

    def test_two_weeks_of_the_bank_are_judged_on_days_not_seen() -> None:
        log = logs.read(DATA / "anonymous_bank_1999" / "february.txt.gz")
        table = d.prepared(log.calls)
        model = fitting.fit(table[table["day"] < "1999-02-21"], "Asia/Jerusalem", "bank", "IL", tuning_calls=0)
        dates = list(pd.to_datetime(["1999-02-22", "1999-02-23", "1999-02-24"]))
        days = judge.judged_days(model, table, table[table["day"] < "1999-02-21"], dates, "load")
        compared = judge.compare(model, days, "load", 2)
        found = judge.errors(compared)
        assert found.days == 3 and found.abandonment_points < 6 and found.wait_share < 0.6
