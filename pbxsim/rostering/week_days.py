"""Days of a week: the open days that a scenario says are planned, and the days of a week that has been planned.

Decides what a scenario of one day is on each weekday, and who is at work on a day of a roster by itself. Leaves who works when to
`roster_search.py`.
"""

from __future__ import annotations

import datetime

import numpy as np

from engine.calendar.schedule import WEEKDAYS
from pbxsim.rostering.contracts import DAY_S, DAYS, Workforce
from pbxsim.scenario.callers import Arrivals
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.teams import Team


def without(scenario: Scenario, teams: list[Team]) -> Scenario:
    """The scenario with nobody of these teams at work."""
    away = {member for team in teams for member in team.members}
    shifts = tuple(shift for shift in scenario.shifts if not away & set(shift.members))
    return scenario.replace(shifts=shifts, absent=tuple(sorted(set(scenario.absent) | away)))


def days_of(scenario: Scenario, workforce: Workforce) -> tuple[Scenario, list[tuple[int, Scenario]]]:
    """The week, 168 hours from a midnight on, and its open days, each with its place."""
    if scenario.account:
        raise ValueError("a week is planned for an active account: leave `account` out of the scenario")
    if scenario.hours == 24 * DAYS and scenario.start == 0:
        if workforce.load:
            raise ValueError("`load` is for a scenario of one day; this one has a week of its own calls")
        days = [(day, one_day(scenario, day)) for day in range(DAYS)]
        return scenario, [(day, one) for day, one in days if _calls(one)]
    if scenario.hours > 24:
        raise ValueError("a week is planned from a scenario of one day, or of 168 hours from 00:00")
    if any(source.recorded is not None for source in scenario.arrivals.values()):
        raise ValueError("recorded calls are those of one day: give rates, or a scenario of the whole week")
    interval_s = scenario.measure.interval_min * 60
    if scenario.start % interval_s or scenario.hours * 3600 % interval_s:
        raise ValueError(f"the day begins and ends at multiples of its intervals of {interval_s // 60} minutes")
    monday = scenario.date - datetime.timedelta(days=scenario.date.weekday())
    open_days = []
    for day, name in enumerate(WEEKDAYS):
        factor = workforce.load.get(name, 1.0)
        if factor > 0:
            open_days.append((day, scenario.scaled(factor).replace(date=monday + datetime.timedelta(days=day))))
    if not open_days:
        raise ValueError("`load` closes every day of the week")
    arrivals = {}
    for name, source in scenario.arrivals.items():
        every = source.every_min or scenario.measure.interval_min
        if scenario.start % (every * 60):
            raise ValueError(f"arrivals `{name}`: the day begins at a multiple of the {every} minutes of its rates")
        rates = source.calls or (source.per_hour or 0.0,) * round(scenario.hours * 60 / every)
        if source.per_hour is not None:
            rates = tuple(rate * every / 60 for rate in rates)
        calls = np.zeros(DAYS * 1440 // every)
        for day, _ in open_days:
            at = (day * 1440 + scenario.start // 60) // every + np.arange(len(rates))
            np.add.at(calls, at % len(calls), np.asarray(rates) * workforce.load.get(WEEKDAYS[day], 1.0))
        arrivals[name] = source.model_copy(
            update={"every_min": every, "per_hour": None, "calls": tuple(calls.tolist())}
        )
    whole = scenario.replace(date=monday, start=0, hours=24.0 * DAYS, arrivals=arrivals)
    return whole, open_days


def one_day(scenario: Scenario, day: int) -> Scenario:
    """The calls and outages of a day of a week of 168 hours, and the shifts that begin on it."""
    arrivals: dict[str, Arrivals] = {}
    for name, source in scenario.arrivals.items():
        if source.every_min is not None:
            n = 1440 // source.every_min
            arrivals[name] = source.model_copy(update={"calls": source.calls[day * n : (day + 1) * n]})
        elif source.recorded is not None:
            here = [k for k, at in enumerate(source.recorded.at_s) if day * DAY_S <= at < (day + 1) * DAY_S]
            numbers = tuple(source.recorded.callers[k] for k in here) if source.recorded.callers else ()
            at_s = tuple(source.recorded.at_s[k] - day * DAY_S for k in here)
            recorded = source.recorded.model_copy(update={"at_s": at_s, "callers": numbers})
            arrivals[name] = source.model_copy(update={"recorded": recorded})
        else:
            arrivals[name] = source
    shifts = tuple(
        shift if shift.days is None else shift.model_copy(update={"days": (0,)})
        for shift in scenario.shifts
        if shift.days is None or day in shift.days
    )
    outages = tuple(one.model_copy(update={"day": 0}) for one in scenario.outages if one.day == day)
    return scenario.replace(
        date=scenario.date + datetime.timedelta(days=day), hours=24.0, arrivals=arrivals, shifts=shifts, outages=outages
    )


def _calls(scenario: Scenario) -> float:
    return sum(
        len(source.recorded.at_s) if source.recorded is not None else (source.per_hour or 0.0) + sum(source.calls)
        for source in scenario.arrivals.values()
    )


def rostered_days(whole: Scenario) -> dict[str, Scenario]:
    """Each day on which anybody calls or works, of a week with everybody's shifts, as a scenario of its own, by `mon` to `sun`:
    with whoever is still at work from the evening before, and without those who work on other days alone."""
    working = {member for shift in whole.shifts if shift.days is not None for member in shift.members}
    found = {}
    for day in range(DAYS):
        one = one_day(whole, day)
        nights = tuple(
            shift.model_copy(update={"days": (-1,)})
            for shift in whole.shifts
            if shift.days is not None and day - 1 in shift.days and shift.to <= shift.from_
        )
        shifts = one.shifts + nights
        there = {member for shift in shifts for member in shift.members}
        absent = tuple(sorted(set(whole.absent) | (working - there)))
        weekday = WEEKDAYS[one.date.weekday()]
        if _calls(one) or working & there:
            name = f"{whole.scenario} {weekday}"
            found[weekday] = one.replace(scenario=name, shifts=shifts, absent=absent)
    return found
