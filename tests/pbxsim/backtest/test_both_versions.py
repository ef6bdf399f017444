"""Recorded callers through two versions: the same callers, the same members, the same draws; only the versions differ."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim import logs, russian_logs
from pbxsim.backtest import Backtest, BacktestError, backtest, recorded
from pbxsim.logs import Log, queue_log
from tests.pbxsim.calibrate import bridge_days as true
from tests.pbxsim.results.test_notebook import Cells

PRESENT = true.flow()
REPS = 2


def version(*changes: tuple[str, str]) -> Flow:
    text = true.PBX
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return logs.read_all(true.export(5, per_hour=0.6).write(tmp_path_factory.mktemp("export")), zone=true.ZONE)


@pytest.fixture(scope="module")
def same(log: Log) -> Backtest:
    return backtest(log, PRESENT, version(), reps=REPS)


def figure(found: Backtest, queue: int, name: str) -> pd.Series:
    table = found.figures().set_index(["queue", "figure"])
    return table.loc[(queue, name)]


def test_the_same_version_moves_nobody_and_changes_nothing_at_all(same: Backtest) -> None:
    assert same.moved.mean == 0 and same.by_change == () and same.left_out == 0
    assert len(same.callers) > 1000
    assert (same.callers["moved_share"] == 0).all() and (same.callers["wait_s"] == same.callers["present_wait_s"]).all()
    table = same.figures()
    assert (table["change"].fillna(0) == 0).all() and (table["change_high"].fillna(0) == 0).all()
    assert (table["present"] == table["other"]).all()


def test_the_present_version_comes_out_as_the_log_says_it_was(same: Backtest) -> None:
    """Days known to the bridge, replayed on the version they ran on: within four points. Waits of five days vary by a fifth."""
    for queue in (5200, 5201):
        assert figure(same, queue, "offered")["log"] == figure(same, queue, "offered")["present"]
        for name in ("abandoned_of_offered", "service_level_of_offered"):
            row = figure(same, queue, name)
            assert row["present"] == pytest.approx(row["log"], abs=0.04), (queue, name)
        row = figure(same, queue, "wait_s")
        assert row["present"] == pytest.approx(row["log"], rel=0.3)


def test_callers_of_another_way_in_are_moved_every_one_and_the_others_stay(log: Log) -> None:
    found = backtest(log, PRESENT, version(('"4930111111", to: 5200', '"4930111111", to: 5201')), reps=2)
    sales = int((found.callers["trunk"] == "sales").sum())
    assert found.moved.mean == found.moved.low == sales
    [(before, after, count)] = found.by_change
    assert (before, after, count.mean) == (5200, 5201, sales)
    moved = found.callers[found.callers["moved_share"] > 0]
    assert set(moved["trunk"]) == {"sales"} and set(moved["place"]) == {5201}
    assert figure(found, 5200, "offered")["other"] == 0
    assert figure(found, 5201, "wait_s")["change"] > 3, "one queue for all of them is slower"


def test_a_shorter_longest_wait_sends_on_those_who_wait_longer(log: Log) -> None:
    change = ("max_wait: 600, wrap_up: 0, timeout: hangup}\n  5201", "max_wait: 30, wrap_up: 0, timeout: 5201}\n  5201")
    found = backtest(log, PRESENT, version(change), reps=3, days=2, within_s=15.0)
    assert found.by_change[0][:2] == (5200, 5201)
    assert figure(found, 5200, "wait_s")["change_high"] < 0 < figure(found, 5201, "offered")["change_low"]
    kept = found.callers[(found.callers["trunk"] == "sales") & (found.callers["place"] == 5200)]
    assert (kept["wait_s"] <= 30.05).all()
    lost = found.outcomes["abandoned"]
    assert lost[0].mean + lost[2].mean == pytest.approx(lost[1].mean)
    first_day = found.callers[found.callers["at"] < found.callers["at"].iloc[0] + pd.Timedelta(minutes=10)]
    early = first_day[first_day["present_wait_s"] < 15]
    assert (early["wait_s"] == early["present_wait_s"]).mean() > 0.8, (
        "draws are common: who met nobody's queue waits the same"
    )


def test_a_notebook_shows_where_callers_went_and_what_changed(log: Log, same: Backtest) -> None:
    found = backtest(log, PRESENT, version(('"4930111111", to: 5200', '"4930111111", to: 5201')), reps=2)
    cells = Cells(found._repr_html_()).cells
    share = found.moved.mean / len(found.callers)
    assert f"{found.moved.mean:,.1f} of {len(found.callers):,} callers end elsewhere ({100 * share:.1f} %)" in cells
    level = figure(found, 5201, "service_level_of_offered")
    row = next(
        n for n, cell in enumerate(cells) if cell.startswith("5201") and cells[n + 1] == "service_level_of_offered"
    )
    assert cells[row + 3 : row + 5] == [f"{100 * level['present']:.1f} %", f"{100 * level['other']:.1f} %"]
    assert "from element" in cells and "from element" not in Cells(same._repr_html_()).cells


def test_two_processes_give_what_one_gives(log: Log, same: Backtest) -> None:
    again = backtest(log, PRESENT, version(), reps=REPS, processes=2)
    pd.testing.assert_frame_equal(again.figures(), same.figures())
    pd.testing.assert_frame_equal(again.callers, same.callers)


def test_callers_without_a_way_in_are_counted_and_strangers_to_the_record_are_told(log: Log) -> None:
    other = version(
        ('sales: {number: "4930111111"', 'sell: {number: "+7 493 011-11-11"'),
        ('  support: {number: "4930222222", to: 5201}\n', ""),
        (
            "members: [101, 102, 104], ring: 20, max_wait: 600, wrap_up: 0",
            "members: [101, 105], ring: 20, max_wait: 600, wrap_up: 5",
        ),
        ("104: {name: Pia}", "104: {name: Pia}\n  105: {name: New}"),
    )
    found = backtest(log, PRESENT, other, reps=1, days=2)
    assert set(found.callers["trunk"]) == {"sales"}, "a trunk is known by its number, whatever its key"
    assert found.left_out > 0 and len(found.days) == 2
    assert any("not in the simulation: 105" in str(note) for note in found.notes)
    assert any("work after calls of 5201 is as it was, and not the 5 s" in str(note) for note in found.notes)
    with pytest.raises(BacktestError, match="none of the .* callers finds a way"):
        backtest(log, PRESENT, version(('sales: {number: "4930111111"', 'x: {number: "4930999999"'),
                                       ('support: {number: "4930222222"', 'y: {number: "4930888888"')), reps=1)  # fmt: skip


def test_keys_pressed_are_those_of_the_record() -> None:
    entries = pd.DataFrame(
        {"choices": [((5000, "key 1"),), ((5000, "key 2"), (5001, "")), ((5000, "key 1"),), ((5000, "next"),)]}
    )
    log = Log(pd.DataFrame(), pd.DataFrame(), logs.Losses("x"), entries=entries)
    assert recorded.choices(log) == {5000: {"1": 2.0, "2": 1.0, "none": 1.0}, 5001: {"hangup": 1.0}}
    assert recorded.choices(dataclasses.replace(log, entries=None)) == {}


def test_a_queue_log_finds_its_queues_by_name_and_its_trunks_by_what_is_said(log: Log) -> None:
    calls = log.calls.assign(
        queue=log.calls["queue"].map({"5200": "Sales", "5201": "second"}),
        agent=["SIP/" + agent if isinstance(agent, str) else None for agent in log.calls["agent"]],
    )
    other = logs.read(queue_log.write(calls).encode(), zone=true.ZONE)
    with pytest.raises(BacktestError, match="`second` of the log is no queue.*second=NUMBER"):
        backtest(other, PRESENT, PRESENT)
    change = ('"4930111111", to: 5200', '"4930111111", to: 5201')
    found = backtest(
        other,
        PRESENT,
        version(change),
        reps=1,
        queues={"second": "5201"},
        origins={"Sales": "sales"},
        days=3,
        tuning_calls=0,
    )
    assert {(row.trunk, row.called) for row in found.callers.itertuples()} == {("sales", "4930111111"), ("", "5201")}
    assert set(found.callers.loc[found.callers["trunk"] == "sales", "place"]) <= {5201}
    assert np.isfinite(found.moved.mean) and found.moved.mean == (found.callers["trunk"] == "sales").sum()
    with pytest.raises(BacktestError, match="no trunk moon") as refused:
        backtest(other, PRESENT, PRESENT, queues={"second": "5201"}, origins={"Sales": "moon"}, tuning_calls=0)
    assert refused.value.told(russian_logs.translate).startswith("в нынешней версии нет транка moon")
