"""What the bridge records of members is used as it stands: known days come back within the bounds that chance allows."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.loading.load import load
from pbxsim import logs
from pbxsim.calibrate import Calibration, calibrate
from pbxsim.calibrate import known as k
from pbxsim.logs import Log
from pbxsim.runs import run
from pbxsim.scenario.scenario import Scenario
from tests.pbxsim.calibrate import bridge_days as true

SURE = 4.0
"""Standard errors allowed. Seeds are fixed, so a bound holds or it does not; one of 16,000 right ones would not."""

ZONE = true.ZONE
DAY = pd.Timestamp("2026-09-07")


@pytest.fixture(scope="module")
def days() -> true.Export:
    return true.export(10)


@pytest.fixture(scope="module")
def log(days: true.Export, tmp_path_factory: pytest.TempPathFactory) -> Log:
    return logs.read_all(days.write(tmp_path_factory.mktemp("export")), zone=ZONE)


@pytest.fixture(scope="module")
def found(log: Log) -> Calibration:
    return calibrate(log, name="known", unseen_weeks=0, reps=1)


def test_talk_and_patience_of_each_queue_are_found_within_four_standard_errors(found: Calibration) -> None:
    table = found.table
    assert found.model.kinds == ("5200", "5201") and len(table) > 5000
    for queue in (5200, 5201):
        mine = table[table["kind"] == str(queue)]
        answered, lost = int(mine["answered"].sum()), int(mine["abandoned"].sum())
        assert answered > 1000 and lost > 100
        error = true.TALK_S[queue] * math.sqrt(true.TALK_SCV / answered)
        assert found.model.talk.means_s[str(queue)] == pytest.approx(true.TALK_S[queue], abs=SURE * error)
        # Seconds waited over abandonments is the estimate of an exponential under censoring; its relative error 1/sqrt(n).
        patience = float(mine["wait"].sum()) / lost
        assert patience == pytest.approx(true.PATIENCE_S[queue], rel=SURE / math.sqrt(lost))
        half = float(np.interp(0.5, *_falling(found.model.patience.of(str(queue)).survival)))
        assert half == pytest.approx(math.log(2) * true.PATIENCE_S[queue], rel=SURE / math.sqrt(lost) + 0.1)


def _falling(survival: object) -> tuple[np.ndarray, np.ndarray]:
    seconds = np.arange(0.0, 900.0)
    left = survival(seconds)  # type: ignore[operator]
    return left[::-1], seconds[::-1]


def test_work_after_calls_and_phones_are_found_and_nothing_of_them_is_inferred(found: Calibration) -> None:
    known = found.known
    assert known is not None
    served = found.table[found.table["answered"]].groupby("kind").size()
    error = true.WRAP_UP_S[5200] / math.sqrt(int(served["5200"]))
    assert known.wrap_up["5200"].mean == pytest.approx(true.WRAP_UP_S[5200], abs=SURE * error)
    assert known.wrap_up["5200"].scv == pytest.approx(1.0, abs=0.2)
    assert known.wrap_up["5201"].mean == pytest.approx(true.WRAP_UP_S[5201], abs=0.3)  # a shift may end within it
    assert known.ring_s == {"5200": true.RING_S, "5201": true.RING_S}
    offers = len(found.log.activity[found.log.activity["event"].isin(["answered", "missed"])])  # type: ignore[index]
    assert known.phone.delay.mean == pytest.approx(true.ANSWER_S, abs=SURE * true.ANSWER_S * math.sqrt(0.2 / offers))
    # A phone that is not answered rings five times as long: a third of callers of 5200 would have gone in that time.
    for agent, phone in known.phones.items():
        share = true.SELDOM if int(agent) == true.SELDOM_ANSWERS else true.NO_ANSWER
        assert phone.no_answer == pytest.approx(share, abs=SURE * math.sqrt(share * (1 - share) / 1000))
    scenario = found.scenario
    assert scenario.wrap_up[5200] == known.wrap_up["5200"] and not scenario.wrap_up_quiet
    assert set(scenario.answering.users) == {100, 101, 102, 103, 104}


def test_presence_pauses_and_staffing_are_those_of_the_roster_to_the_second(found: Calibration) -> None:
    known = found.known
    assert known is not None and known.roster.certain
    spans = known.roster.told[DAY]
    assert spans["100"] == [(9 * 3600.0, 12 * 3600.0), (12 * 3600.0 + 45 * 60, 17 * 3600.0)]
    assert spans["104"] == [(10 * 3600.0, 13 * 3600.0), (13.5 * 3600.0, 18 * 3600.0)]
    assert set(known.pauses["reason"]) == {"lunch"} and len(known.pauses) == 50
    assert set(known.pauses.groupby("agent")["minutes"].mean().round(6)) == {45.0, 30.0}
    staffed = known.staffing[known.staffing["day"] == DAY].set_index(["queue", "begin_s"])["members"]
    assert staffed.loc[("5200", 9 * 3600)] == 2 and staffed.loc[("5200", 10 * 3600)] == 3
    assert staffed.loc[("5200", 12 * 3600)] == 1 and staffed.loc[("5200", int(12.5 * 3600))] == pytest.approx(2.0)
    assert staffed.loc[("5201", 17 * 3600)] == 1 and ("5201", 18 * 3600) not in staffed.index
    assert found.staff[0] == {
        "100": {"5200"}, "101": {"5200", "5201"}, "102": {"5201"}, "103": {"5200"}, "104": {"5201"},
    }  # fmt: skip


def test_what_is_written_keeps_internal_numbers_loads_and_runs(found: Calibration, tmp_path: Path) -> None:
    files = found.write(tmp_path / "out")
    assert [file.name for file in files][4:] == ["staffing.csv", "pauses.csv"]
    flow = load(files[0].read_text(encoding="utf-8"))
    scenario = Scenario.load(files[1])
    assert set(flow.elements) >= {5200, 5201} and set(flow.head.users) == {100, 101, 102, 103, 104}
    assert scenario == found.scenario
    [sample] = run.simulate(flow, scenario, 1, processes=1, keep_records=False).samples
    usual = len(found.table) / found.table["day"].nunique()
    assert 0.6 * usual < sample.sums().offered < 1.6 * usual
    report = files[2].read_text(encoding="utf-8")
    assert "nothing of it is inferred" in report and "pauses, lunch: 50, 39 min each" in report
    assert "members are present" not in report


def test_unseen_days_with_known_members_come_out_near_the_real_ones(log: Log) -> None:
    """Two weeks are too few to keep one unseen; here the model is asked for days it has seen."""
    from pbxsim.calibrate import days as d
    from pbxsim.calibrate import fitting, judge

    table = d.prepared(log.calls)
    known = k.known(log.activity, table["day"].min(), table["day"].max(), k.haste(table))
    assert known is not None
    model = fitting.fit(table, ZONE, roster=known.roster, known=known)
    dates = list(table["day"].unique()[-4:])
    judged = judge.judged_days(model, table, table, dates, "load", roster=known.roster)
    assert all(one.told for day in judged for one in day.stretches)
    errors = judge.errors_of_all(judge.compare(model, judged, "load", 4, baselines=False))
    assert abs(errors.abandonment_bias_points) < 3 and abs(errors.service_bias_points) < 5


# --- rows of members, one by one ---------------------------------------------------------------------------------------


def known(*rows: tuple[str, int, str, int | None, str, float | None]) -> k.Known:
    """What rows of one day tell: clock, member, event, queue, reason, seconds."""
    table = pd.DataFrame(rows, columns=["at", "agent", "event", "queue", "reason", "lasted_s"])
    table["at"] = pd.to_datetime("2026-09-07 " + table["at"]).dt.tz_localize(ZONE)
    table["agent"] = table["agent"].astype(str)
    table["queue"] = [None if pd.isna(queue) else str(int(queue)) for queue in table["queue"]]
    table["lasted_s"] = table["lasted_s"].astype(float)
    found = k.known(table.assign(call=""), DAY, DAY)
    assert found is not None
    return found


def hours(found: k.Known, agent: int, queue: int = 5200) -> list[tuple[float, float]]:
    return [(begin / 3600, end / 3600) for begin, end in found.free.get((str(agent), str(queue)), ())]


def test_a_member_is_free_while_signed_in_reachable_not_paused_and_not_to_be_disturbed() -> None:
    found = known(
        ("06:00", 0, "started", None, "v1", None), ("06:00", 100, "in", 5200, "", None),
        ("09:00", 100, "reachable", None, "", None), ("10:00", 100, "paused", 5200, "coffee", None),
        ("10:15", 100, "unpaused", 5200, "", None), ("11:00", 100, "dnd", None, "", None),
        ("11:30", 100, "dnd_over", None, "", None), ("12:00", 100, "away", None, "", 30.0),
        ("14:00", 100, "away", None, "", 1800.0), ("16:00", 100, "unreachable", None, "", None),
        ("17:00", 0, "stopped", None, "", None),
    )  # fmt: skip
    assert hours(found, 100) == [(9, 10), (10.25, 11), (11.5, 14), (14.5, 16)]
    assert found.pauses[["reason", "minutes"]].to_numpy().tolist() == [["coffee", 15.0]]


def test_a_new_start_of_the_bridge_forgets_pauses_and_phones() -> None:
    found = known(
        ("06:00", 0, "started", None, "v1", None), ("06:00", 100, "in", 5200, "", None),
        ("08:00", 100, "reachable", None, "", None), ("09:00", 100, "paused", 5200, "lunch", None),
        ("10:00", 0, "started", None, "v1", None), ("10:00", 100, "in", 5200, "", None),
        ("10:01", 100, "reachable", None, "", None), ("12:00", 0, "stopped", None, "", None),
    )  # fmt: skip
    assert hours(found, 100) == [(8, 9), (10 + 1 / 60, 12)]


def test_a_record_that_begins_amid_a_run_tells_the_state_before_by_its_first_words() -> None:
    found = known(
        ("09:00", 100, "out", 5200, "", None), ("09:30", 101, "unpaused", 5200, "", None),
        ("10:00", 102, "answered", 5200, "", 4.0), ("10:30", 103, "in", 5200, "", None),
        ("11:00", 104, "unreachable", None, "", None), ("11:00", 104, "missed", 5200, "NO_ANSWER", 20.0),
        ("12:00", 0, "stopped", None, "", None),
    )  # fmt: skip
    assert hours(found, 100) == [] and hours(found, 104) == [(0, 11)]
    assert hours(found, 102) == [(0, 12)]
    assert hours(found, 101) == [] and hours(found, 103) == [], "phones are told, and theirs never registered"


def test_a_log_without_a_record_of_members_is_calibrated_as_before(log: Log) -> None:
    assert k.known(None, DAY, DAY) is None and k.known(log.activity.iloc[:0], DAY, DAY) is None  # type: ignore[union-attr]
