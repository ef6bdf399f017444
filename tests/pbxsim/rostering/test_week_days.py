"""Days of a week that has been planned: whoever is at work from the evening before is there, and nobody who is off."""

from __future__ import annotations

from pbxsim.rostering.week_days import rostered_days
from tests.pbxsim.worlds import exponential, steady


def test_a_day_of_a_roster_has_its_night_shift_and_nobody_who_is_off() -> None:
    day = steady(12, 1, exponential(60), exponential(60), start="00:00")
    night = {"members": [100], "from": "22:00", "to": "06:00", "days": [0]}
    sunday = [{**night, "members": [102], "days": [number]} for number in (6, -1)]
    noon = {"members": [101], "from": "10:00", "to": "14:00", "days": [1, 2]}
    week = day.replace(date="2026-11-23", hours=168, shifts=[night, *sunday, noon], absent=[107])
    found = rostered_days(week)
    assert list(found) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    tuesday = found["tue"]
    assert [(shift.members, shift.days) for shift in tuesday.shifts] == [((101,), (0,)), ((100,), (-1,))]
    assert tuesday.absent == (102, 107) and str(tuesday.date) == "2026-11-24" and tuesday.hours == 24
    monday = found["mon"]
    assert [(shift.members, shift.days) for shift in monday.shifts] == [((100,), (0,)), ((102,), (-1,))]
    assert found["thu"].absent == (100, 101, 102, 107) and not found["thu"].shifts
    assert found["sun"].scenario.endswith(" sun")
