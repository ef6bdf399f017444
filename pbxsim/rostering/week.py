"""A week of shifts: what each day needs by simulation, who works when under their contracts, and what the week keeps.

Decides the two stages: `staff` finds the members each day needs for the targets, `roster_search.py` gives people shifts. The
roster then meets weeks nobody has planned for, in which people are ill and away from the queue as often as the workforce says;
the table of days tells what is kept. Leaves contracts to `contracts.py`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.calendar.schedule import WEEKDAYS
from engine.state.flow import Flow
from pbxsim.rostering.contracts import DAY_S, DAYS, Workforce, workers
from pbxsim.rostering.roster_search import Counts, Duty, Missing, RosterSearch, WeekRoster
from pbxsim.runs.job import Progress, Signal
from pbxsim.runs.workers import Workers
from pbxsim.scenario.callers import Arrivals
from pbxsim.scenario.check import check, want_flow
from pbxsim.scenario.members import Break, Shift
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.plan import Plan, staff
from pbxsim.staffing.search import COUNT_AT, Floats, by_name, of_calls, tensor
from pbxsim.staffing.targets import OF_CALLS, SIGNS, Targets
from pbxsim.staffing.teams import Team, enlarge, teams_of

WEEKS: Final = 20
"""Unseen weeks that a roster meets."""


@dataclass
class WeekPlan:
    """A roster and what it keeps."""

    teams: tuple[Team, ...]
    targets: Targets
    roster: pd.DataFrame
    """One row a shift: user, name, team, contract, day (a date), weekday, from, to, break, break_min, paid_h."""
    hours: pd.DataFrame
    """One row a person: user, name, team, contract, shifts, paid_h, least_h, most_h."""
    required: pd.DataFrame
    """One row a day, interval and team: members needed on the queue, and planned before absence and adherence."""
    missing: pd.DataFrame
    """One row a stretch of time that lacks members: day, weekday, from, to, team, members, hours, helps, names."""
    kept: pd.DataFrame
    """One row a day and queue: calls, the figures of targets, and whether all were met, on weeks nobody has planned for."""
    paid_h: float
    cost: float
    met: bool
    """Whether every day met its targets."""
    flow: Flow
    """The flow with newcomers."""
    scenario: Scenario
    """The week with everybody's shifts, nobody ill; ready to be simulated."""
    days: tuple[Plan, ...]
    """What each open day needs, by itself."""
    first_stage_h: float
    """Members' hours that the days need on the queue."""


def week(
    flow: Flow,
    scenario: Scenario,
    workforce: Workforce,
    targets: Targets | None = None,
    *,
    teams: Sequence[Team] | None = None,
    reps: int = 20,
    weeks: int = WEEKS,
    processes: int | None = None,
    progress: Progress | None = None,
    cancel: Signal | None = None,
) -> WeekPlan:
    """Shifts of a week for these people, so that the days of the scenario keep the targets.

    The scenario is one day, which is repeated from Monday to Sunday of its week, times `workforce.load`, or seven days from a
    midnight on (168 hours). Raises ContractsDoNotFit where a contract cannot be kept, ValueError where targets are out of
    reach or a person is at fault, ScenarioError, `Cancelled`.
    """
    targets = targets or Targets()
    want_flow(flow, scenario)
    check(scenario, flow)
    small = tuple(teams) if teams is not None else teams_of(flow)
    named = {person.user if person.user is not None else person.like for person in workforce.people}
    there = tuple(team for team in small if named & set(team.members))
    whole, days = _days(_without(scenario, [team for team in small if team not in there]), workforce)
    queues = sorted({queue for team in small for queue in team.queues})
    targets.check(queues)
    alone = [queue for queue in queues if not any(queue in team.queues for team in there)]
    if alone:
        raise ValueError(f"people: nobody of them serves queue {alone[0]}")
    newcomers = np.zeros(len(small), dtype=np.int64)
    for person in workforce.people:
        if person.like is not None:
            newcomers += [person.count * (person.like in team.members) for team in small]
    large, chosen = enlarge(flow, small, newcomers + [len(team.members) for team in small])
    people = workers(workforce, flow, chosen, [(whole.date.weekday() + d) % DAYS for d in range(DAYS)])
    interval_s = scenario.measure.interval_min * 60
    required: Counts = np.zeros((len(chosen), DAYS * DAY_S // interval_s), dtype=np.int64)
    plans = []
    for n, (day, one) in enumerate(days):
        plan = staff(
            flow,
            one,
            targets,
            reps=reps,
            prove=False,
            processes=processes,
            progress=_within(progress, n, len(days)),
            cancel=cancel,
        )
        plans.append(plan)
        first = day * DAY_S // interval_s + one.start // interval_s
        for team in plan.teams:
            t = [one.name for one in chosen].index(team.name)
            needed = plan.required.loc[plan.required["team"] == team.name, "members"].to_numpy()
            places = (first + np.arange(len(needed))) % required.shape[1]
            required[t, places] = np.maximum(required[t, places], needed)
    search = RosterSearch(required, chosen, people, workforce, interval_s, whole.date.weekday())
    found = search.find()
    planned = _planned(whole, chosen, found.duties)
    kept = _kept(large, whole, chosen, targets, workforce, found, np.asarray((required > 0).any(axis=0)), weeks, cancel)
    if progress is not None:
        progress(100, 100)
    return WeekPlan(
        chosen,
        targets,
        _roster_table(whole, chosen, found),
        _hours_table(chosen, search, found),
        _required_table(whole, chosen, required, found.planned, interval_s),
        _missing_table(whole, chosen, found.missing),
        kept,
        sum(duty.shift.paid_h for duty in found.duties),
        found.cost,
        bool(kept["met"].all()),
        large,
        planned,
        tuple(plans),
        float(required.sum()) * interval_s / 3600,
    )


def _within(progress: Progress | None, n: int, of: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, whole: progress(90 * (n + done / whole) / of, 100)


def _without(scenario: Scenario, teams: list[Team]) -> Scenario:
    """The scenario with nobody of these teams at work."""
    away = {member for team in teams for member in team.members}
    shifts = tuple(shift for shift in scenario.shifts if not away & set(shift.members))
    return scenario.replace(shifts=shifts, absent=tuple(sorted(set(scenario.absent) | away)))


# --- days of the week ------------------------------------------------------------------------------------------------


def _days(scenario: Scenario, workforce: Workforce) -> tuple[Scenario, list[tuple[int, Scenario]]]:
    """The week, 168 hours from a midnight on, and its open days, each with its place."""
    if scenario.account:
        raise ValueError("a week is planned for an active account: leave `account` out of the scenario")
    if scenario.hours == 24 * DAYS and scenario.start == 0:
        if workforce.load:
            raise ValueError("`load` is for a scenario of one day; this one has a week of its own calls")
        days = [(day, _one_day(scenario, day)) for day in range(DAYS)]
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


def _one_day(scenario: Scenario, day: int) -> Scenario:
    """A day of a week."""
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


# --- the roster as a scenario ----------------------------------------------------------------------------------------


def _planned(
    whole: Scenario,
    teams: tuple[Team, ...],
    duties: tuple[Duty, ...],
    away: Callable[[Duty], tuple[Break, ...] | None] = lambda _: (),
) -> Scenario:
    """The week with these duties and nobody else of the teams at work. `away` says of a duty in what further breaks its owner is
    off the queue, None for the whole of it. What goes on after the last midnight is also there before the first morning."""
    members = {member for team in teams for member in team.members}
    shifts = [shift for shift in whole.shifts if not members & set(shift.members)]
    working: set[int] = set()
    for duty in duties:
        further = away(duty)
        if further is None:
            continue
        shift = duty.shift
        rests = [*further]
        if shift.break_s:
            rests.append(_break(shift.break_begin_s, shift.break_s))
        number = duty.worker.number
        working.add(number)
        days = [duty.day + shift.begin_s // DAY_S]
        if days[0] == DAYS - 1 and shift.end_s > DAY_S:
            days.append(-1)
        for day in days:
            shifts.append(
                Shift.model_validate(
                    {
                        "members": (number,),
                        "from": shift.begin_s % DAY_S,
                        "to": (shift.end_s - 1) % DAY_S + 1,
                        "breaks": tuple(rests),
                        "days": (day,),
                    }
                )
            )
    absent = (set(whole.absent) - members) | (members - working)
    return whole.replace(shifts=tuple(shifts), absent=tuple(sorted(absent)))


def _break(begin_s: int, length_s: float, reason: str = "break") -> Break:
    return Break.model_validate({"at": begin_s % DAY_S, "minutes": length_s / 60, "reason": reason})


def drawn(whole: Scenario, teams: tuple[Team, ...], workforce: Workforce, roster: WeekRoster, number: int) -> Scenario:
    """A week as it may come: each shift is missed with the chance of `absence`, and those who come are off the queue for a
    stretch that adherence leaves, somewhere before or after their break."""
    chance = np.random.default_rng([whole.seed, number])

    def away(duty: Duty) -> tuple[Break, ...] | None:
        ill, place, side = chance.random(3)
        if ill < workforce.absence:
            return None
        shift = duty.shift
        length = int((1 - workforce.adherence) * (shift.end_s - shift.begin_s - shift.break_s) // 60) * 60
        if length < 60:
            return ()
        gaps = [(shift.begin_s, shift.end_s)]
        if shift.break_s:
            gaps = [(shift.begin_s, shift.break_begin_s), (shift.break_begin_s + shift.break_s, shift.end_s)]
        gaps = [gap for gap in gaps if gap[1] - gap[0] > length] or [max(gaps, key=lambda gap: gap[1] - gap[0])]
        begin, end = gaps[int(side * len(gaps))]
        length = min(length, end - begin - 60)
        at = begin + int(place * (end - begin - length) // 60) * 60
        return (_break(at, length, "away"),)

    return _planned(whole, teams, roster.duties, away)


def _kept(
    flow: Flow,
    whole: Scenario,
    teams: tuple[Team, ...],
    targets: Targets,
    workforce: Workforce,
    roster: WeekRoster,
    needed: npt.NDArray[np.bool_],
    weeks: int,
    cancel: Signal | None,
) -> pd.DataFrame:
    """The days of weeks as they may come; by the interval where members are `needed`, and not when the PBX has closed."""
    queues = sorted({queue for team in teams for queue in team.queues})
    rows = targets.rows(queues)
    per_day = DAY_S // (whole.measure.interval_min * 60)
    parts = []
    with Workers(flow, whole, 1, cancel) as here:
        for number in range(weeks):
            results = here.simulate(drawn(whole, teams, workforce, roster, number), [1000 + number])
            parts.append(tensor(results, queues, DAYS * per_day))
    counted = np.concatenate(parts).reshape(weeks, len(queues), DAYS, per_day, -1)
    made = []
    for row in rows:
        of_row = counted[:, [queues.index(queue) for queue in row.queues]].sum(axis=1)
        for day in range(DAYS):
            of_day = of_row[:, day].sum(axis=1)
            if not of_day[:, COUNT_AT["offered"]].sum():
                continue
            figures = _figures(of_day)
            met = _meets(figures, row.goals) if targets.per == "day" else True
            worst = math.nan
            if targets.per == "interval":
                each = [_figures(of_row[:, day, i]) for i in np.flatnonzero(needed.reshape(DAYS, -1)[day])]
                met = all(_meets(one, row.goals) for one in each)
                worst = min((one["service_level"] for one in each if one["service_level"] >= 0), default=math.nan)
            date = whole.date + datetime.timedelta(days=day)
            calls = float(of_day[:, COUNT_AT["offered"]].mean())
            made.append((date, WEEKDAYS[date.weekday()], row.queue, row.group, calls, *figures.values(), worst, met))
    columns = ["day", "weekday", "queue", "group", "calls", *OF_CALLS, "worst_interval", "met"]
    return pd.DataFrame(made, columns=columns)


def _figures(counted: Floats) -> dict[str, float]:
    """Figures of the targets, from counts by replication."""
    return {name: float(value) for name, (value, _) in of_calls(by_name(counted)).items()}


def _meets(figures: dict[str, float], goals: object) -> bool:
    for name in OF_CALLS:
        asked = getattr(goals, name)
        value = figures[name]
        if asked is not None and not math.isnan(value) and SIGNS[name] * (value - asked) < 0:
            return False
    return True


# --- tables ----------------------------------------------------------------------------------------------------------


def clock(seconds: int) -> str:
    """A time of day; 24:00 at the end of the day, and hours of the next day as that day's."""
    seconds = seconds - DAY_S if seconds > DAY_S else seconds
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def _roster_table(whole: Scenario, teams: tuple[Team, ...], roster: WeekRoster) -> pd.DataFrame:
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


def _hours_table(teams: tuple[Team, ...], search: RosterSearch, roster: WeekRoster) -> pd.DataFrame:
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


def _required_table(
    whole: Scenario, teams: tuple[Team, ...], required: Counts, planned: Floats, interval_s: int
) -> pd.DataFrame:
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


def _missing_table(whole: Scenario, teams: tuple[Team, ...], missing: tuple[Missing, ...]) -> pd.DataFrame:
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
