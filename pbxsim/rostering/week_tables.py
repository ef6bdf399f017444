"""A roster as tables: shifts, people with their hours, members needed and planned, members missing. Decides columns alone."""

from __future__ import annotations

import datetime

import pandas as pd

from engine.calendar.schedule import WEEKDAYS
from pbxsim.rostering.contracts import DAY_S, DAYS
from pbxsim.rostering.roster_search import Counts, Missing, RosterSearch, WeekRoster
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.search import Floats
from pbxsim.staffing.teams import Team


def clock(seconds: int) -> str:
    """A time of day; 24:00 at the end of the day, and hours of the next day as that day's."""
    seconds = seconds - DAY_S if seconds > DAY_S else seconds
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def roster_table(whole: Scenario, teams: tuple[Team, ...], roster: WeekRoster) -> pd.DataFrame:
    """Shifts, a row each, as `WeekPlan.roster`."""
    rows = []
    for duty in sorted(roster.duties, key=lambda one: (one.day, one.shift.begin_s, one.worker.number)):
        shift, date = duty.shift, whole.date + datetime.timedelta(days=duty.day)
        rest = clock(shift.break_begin_s) if shift.break_s else ""
        rows.append(
            (
                duty.worker.number,
                duty.worker.name,
                teams[duty.worker.team].name,
                duty.worker.contract_name,
                date,
                WEEKDAYS[date.weekday()],
                clock(shift.begin_s),
                clock(shift.end_s),
                rest,
                shift.break_s // 60,
                shift.paid_h,
            )
        )
    columns = ["user", "name", "team", "contract", "day", "weekday", "from", "to", "break", "break_min", "paid_h"]
    return pd.DataFrame(rows, columns=columns)


def hours_table(teams: tuple[Team, ...], search: RosterSearch, roster: WeekRoster) -> pd.DataFrame:
    """People and their hours, as `WeekPlan.hours`."""
    rows = []
    for worker in search.workers:
        own = [duty for duty in roster.duties if duty.worker is worker]
        least, most = worker.contract.hours
        paid = sum(duty.shift.paid_h for duty in own)
        rows.append(
            (worker.number, worker.name, teams[worker.team].name, worker.contract_name, len(own), paid, least, most)
        )
    columns = ["user", "name", "team", "contract", "shifts", "paid_h", "least_h", "most_h"]
    return pd.DataFrame(rows, columns=columns)


def required_table(
    whole: Scenario, teams: tuple[Team, ...], required: Counts, planned: Floats, interval_s: int
) -> pd.DataFrame:
    """Members needed and planned, as `WeekPlan.required`."""
    per_day = DAY_S // interval_s
    rows = [
        (
            whole.date + datetime.timedelta(days=i // per_day),
            clock(i % per_day * interval_s),
            team.name,
            int(required[t, i]),
            float(planned[t, i]),
        )
        for i in range(required.shape[1])
        for t, team in enumerate(teams)
        if required[t, i] or planned[t, i]
    ]
    return pd.DataFrame(rows, columns=["day", "from", "team", "members", "planned"])


def missing_table(whole: Scenario, teams: tuple[Team, ...], missing: tuple[Missing, ...]) -> pd.DataFrame:
    """Members missing, as `WeekPlan.missing`."""
    rows = []
    for one in missing:
        date = whole.date + datetime.timedelta(days=one.day)
        span = (clock(one.begin_s), clock(one.end_s))
        names = ", ".join(one.names)
        rows.append(
            (date, WEEKDAYS[date.weekday()], *span, teams[one.team].name, one.members, one.hours, one.helps, names)
        )
    columns = ["day", "weekday", "from", "to", "team", "members", "hours", "helps", "names"]
    return pd.DataFrame(rows, columns=columns)


def grid(roster: pd.DataFrame, hours: pd.DataFrame, first: datetime.date) -> pd.DataFrame:
    """People by days: user, name, team, contract, a column for each weekday from that of `first` on (`09:00–17:00`, empty on a
    day off), days_off, paid_h, least_h, most_h. `roster` and `hours` are those of a `WeekPlan`."""
    shown = {
        (user, weekday): f"{begins}–{ends}"
        for user, weekday, begins, ends in roster[["user", "weekday", "from", "to"]].itertuples(index=False)
    }
    table = hours[["user", "name", "team", "contract"]].copy()
    for day in range(DAYS):
        weekday = WEEKDAYS[(first.weekday() + day) % DAYS]
        table[weekday] = [shown.get((user, weekday), "") for user in hours["user"]]
    table["days_off"] = DAYS - hours["shifts"]
    return table.join(hours[["paid_h", "least_h", "most_h"]])
