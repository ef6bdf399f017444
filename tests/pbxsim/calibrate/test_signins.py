"""Sign-ins, sign-outs and pauses in a queue_log are the staffing in force; where they cannot be right, answers decide."""

from __future__ import annotations

import pandas as pd
import pytest

from pbxsim import logs
from pbxsim.calibrate import calibrate, fitting, judge, signins, staffing
from pbxsim.calibrate import days as d
from pbxsim.calibrate.signins import Roster
from pbxsim.calibrate.staffing import Stretch
from pbxsim.logs import Log, queue_log
from tests.pbxsim.calibrate import synthetic as true

DAY = pd.Timestamp("2024-01-08")


@pytest.fixture(scope="module")
def log() -> Log:
    """Through the text of a queue_log, as a PBX writes it."""
    made = true.log(days=20, signed=True)
    return logs.read(queue_log.write(made.calls, made.staff).encode(), zone="Europe/Berlin")


def doings(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    """Events of one day by `HH:MM`, member, queue and event."""
    table = pd.DataFrame(list(rows), columns=["at", "agent", "queue", "event"])
    table["at"] = pd.to_datetime("2024-01-08 " + table["at"]).dt.tz_localize("Europe/Berlin")
    return table


def spans(*rows: tuple[str, str, str | None, str]) -> dict[str, list[tuple[float, float]]]:
    """Told presence of that day, in hours."""
    found = signins.roster(doings(*rows), DAY, DAY)
    return {
        agent: [(begin / 3600, end / 3600) for begin, end in told]
        for agent, told in found.told.get(DAY, {}).items()
    }  # fmt: skip


def test_the_log_tells_shift_and_lunch_to_the_second(log: Log) -> None:
    table = d.prepared(log.calls)
    found = signins.of_log(log, table)
    for date in (table["day"].min(), table["day"].max()):
        day = table[table["day"] == date]
        known = found.skills(staffing.skills(day, date, date))
        stretches = found.presence(day, date, known)
        for member in range(6):
            lunch = true.lunch_at(member)
            mine = [(one.begin, one.end, one.told) for one in stretches if one.agent == f"a{member}"]
            assert mine == [(true.SHIFT[0], lunch, True), (lunch + true.LUNCH_S, true.SHIFT[1] + 3600, True)]
        assert known["a0"] == {"sales", "support"}


def test_told_presence_is_not_widened_and_needs_no_tuning(log: Log) -> None:
    table = d.prepared(log.calls)
    found = signins.of_log(log, table)
    model = fitting.fit(table, "Europe/Berlin", roster=found, tuning_calls=4000)
    assert model.slack_s == fitting.SLACK_S
    told = [Stretch("a", 100, 200, told=True), Stretch("a", 200, 300, told=True), Stretch("b", 100, 20_000)]
    wide = staffing.widened(told, 60)
    assert [(one.agent, one.begin, one.end) for one in wide] == [("a", 100, 300), ("b", 39.5, 23_660.5)]


def test_days_simulated_with_the_staffing_in_force_come_out_unbiased(log: Log) -> None:
    found = calibrate(log, name="signed", unseen_weeks=1, reps=3, tuning_calls=4000)
    assert "sign-ins and pauses of the log tell presence on 120 members' days; on 0" in found.report()
    errors = found.errors("load")
    assert errors is not None
    model, baseline = errors["simulated"], errors["erlang_a"]
    assert abs(model.abandonment_bias_points) < 3 and model.abandonment_points < 3.5
    assert model.abandonment_points < baseline.abandonment_points
    shifts = {(shift.from_, shift.to) for shift in found.scenario.shifts}
    assert (true.SHIFT[0], int(true.lunch_at(0))) in shifts


def test_presence_is_being_signed_in_somewhere_and_not_paused_there() -> None:
    assert spans(
        ("09:00", "a", "sales", "in"), ("10:00", "a", "support", "in"), ("11:00", "a", "sales", "pause"),
        ("12:00", "a", "support", "out"), ("13:00", "a", "sales", "unpause"), ("17:00", "a", "sales", "out"),
    ) == {"a": [(9, 12), (13, 17)]}  # fmt: skip
    assert spans(
        ("09:00", "a", None, "in"), ("10:00", "a", None, "pause"), ("10:30", "a", None, "unpause"), ("15:00", "a", None, "out")
    ) == {"a": [(9, 10), (10.5, 15)]}  # fmt: skip
    assert spans(
        ("09:00", "a", "sales", "in"), ("09:00", "a", "support", "in"), ("10:00", "a", None, "pause"),
        ("11:00", "a", "sales", "unpause"), ("12:00", "a", None, "out"),
    ) == {"a": [(9, 10), (11, 12)]}  # fmt: skip


def test_who_signs_out_first_was_there_from_the_beginning_and_who_never_does_stays() -> None:
    assert spans(("08:00", "a", "sales", "out"), ("20:00", "b", "sales", "in")) == {"a": [(0, 8)], "b": [(20, 24)]}
    assert spans(("08:00", "a", "sales", "pause"), ("09:00", "a", "sales", "out")) == {"a": [(0, 8)]}


def calls(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Answered calls by member, hour of the answer and minutes of talk."""
    table = pd.DataFrame(list(rows), columns=["agent", "a", "talk"])
    table["a"] *= 3600
    table["e"] = table["a"] + table["talk"] * 60
    return table.assign(answered=True, queue="sales", day=DAY)


def test_answers_while_signed_out_are_believed_and_not_the_log() -> None:
    roster = Roster({DAY: {"a": [(9 * 3600.0, 12 * 3600.0)], "b": [(9 * 3600.0, 12 * 3600.0)]}})
    day = calls(("a", 9.5, 3), ("a", 11, 3), ("b", 14, 3), ("b", 14.2, 3))
    found = roster.presence(day, DAY, {"a": frozenset({"sales"}), "b": frozenset({"sales"})})
    assert [(one.agent, one.begin / 3600, one.told) for one in found] == [("a", 9, True), ("b", 14, False)]
    assert roster.account(day) == (1, 1, 0)


def test_who_is_signed_in_and_takes_no_call_all_day_is_away() -> None:
    roster = Roster({DAY: {"a": [(9 * 3600.0, 12 * 3600.0)], "ghost": [(0.0, 86_400.0)]}})
    day = calls(("a", 9.5, 3))
    assert {one.agent for one in roster.presence(day, DAY, {})} == {"a"}
    assert roster.account(day) == (1, 0, 1)


def test_members_of_the_configuration_only_pause_and_that_is_cut_from_their_answers() -> None:
    roster = signins.roster(doings(("10:00", "a", "sales", "pause"), ("11:00", "a", "sales", "unpause")), DAY, DAY)
    assert not roster.told
    day = calls(("a", 9, 3), ("a", 9.5, 3), ("a", 11.2, 3), ("a", 11.5, 3))
    found = roster.presence(day, DAY, {"a": frozenset({"sales"})})
    away = [(one.begin / 3600, one.end / 3600) for one in found if one.agent == "a"]
    assert all(end <= 10 or begin >= 11 for begin, end in away)


def test_a_log_without_sign_ins_is_read_as_before(log: Log) -> None:
    table = d.prepared(log.calls)
    date = table["day"].max()
    day = table[table["day"] == date]
    known = staffing.skills(day, date, date)
    assert Roster().presence(day, date, known) == staffing.presence(day, known)
    [one] = judge.judged_days(fitting.fit(table, "Europe/Berlin", tuning_calls=0), table, table, [date], "load")
    assert not any(stretch.told for stretch in one.stretches)
