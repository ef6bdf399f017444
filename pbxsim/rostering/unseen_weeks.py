"""Weeks that nobody has planned for, and what a roster keeps in them.

Decides how people are ill and away from the queue, and how near each target is to being missed. Leaves the roster to
`roster_search.py`, simulated weeks to `pbxsim.runs`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.calendar.schedule import WEEKDAYS
from engine.state.flow import Flow
from pbxsim.rostering.contracts import DAY_S, DAYS, Workforce
from pbxsim.rostering.roster_search import Duty, WeekRoster
from pbxsim.rostering.week_tables import clock
from pbxsim.runs.job import Progress, Signal
from pbxsim.runs.workers import Workers
from pbxsim.scenario.members import Break, Shift
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.reading import margin_of
from pbxsim.staffing.search import COUNT_AT, Floats, by_name, of_calls, tensor
from pbxsim.staffing.targets import OF_CALLS, Goals, Targets
from pbxsim.staffing.teams import Team


def planned(
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

    return planned(whole, teams, roster.duties, away)


def met_by(
    flow: Flow,
    whole: Scenario,
    teams: tuple[Team, ...],
    targets: Targets,
    workforce: Workforce,
    roster: WeekRoster,
    needed: npt.NDArray[np.bool_],
    weeks: int,
    cancel: Signal | None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What weeks as they may come keep: the tables `WeekPlan.kept` and `WeekPlan.binding`. By the interval where members are
    `needed`, and not when the PBX has closed."""
    queues = sorted({queue for team in teams for queue in team.queues})
    per_day = DAY_S // (whole.measure.interval_min * 60)
    parts = []
    with Workers(flow, whole, 1, cancel) as here:
        for number in range(weeks):
            results = here.simulate(drawn(whole, teams, workforce, roster, number), [1000 + number])
            parts.append(tensor(results, queues, DAYS * per_day))
            if progress is not None:
                progress(number + 1, weeks)
    counted = np.concatenate(parts).reshape(weeks, len(queues), DAYS, per_day, -1)
    by_day, bound = [], []
    for row in targets.rows(queues):
        of_row = counted[:, [queues.index(queue) for queue in row.queues]].sum(axis=1)
        for day in range(DAYS):
            of_day = of_row[:, day].sum(axis=1)
            if not of_day[:, COUNT_AT["offered"]].sum():
                continue
            date = whole.date + datetime.timedelta(days=day)
            place = (date, WEEKDAYS[date.weekday()])
            figures = _figures(of_day)
            each = {"": figures}
            worst = math.nan
            if targets.per == "interval":
                open_at = np.flatnonzero(needed.reshape(DAYS, -1)[day]).tolist()
                each = {clock(i * DAY_S // per_day): _figures(of_row[:, day, i]) for i in open_at}
                worst = min(
                    (one["service_level"] for one in each.values() if one["service_level"] >= 0), default=math.nan
                )
            margins = [
                (*place, at, row.queue, row.group, name, one[name], asked, margin)
                for at, one in each.items()
                for name, asked, margin in _margins(one, row.goals)
            ]
            met = all(one[-1] >= 0 for one in margins)
            bound += margins
            calls = float(of_day[:, COUNT_AT["offered"]].mean())
            by_day.append((*place, row.queue, row.group, calls, *figures.values(), worst, met))
    kept = pd.DataFrame(
        by_day, columns=["day", "weekday", "queue", "group", "calls", *OF_CALLS, "worst_interval", "met"]
    )
    binding = pd.DataFrame(
        bound, columns=["day", "weekday", "from", "queue", "group", "target", "value", "asked", "margin"]
    )
    return kept, binding.sort_values("margin", kind="stable").reset_index(drop=True)


def _figures(counted: Floats) -> dict[str, float]:
    """Figures of the targets, from counts by replication."""
    return {name: float(value) for name, (value, _) in of_calls(by_name(counted)).items()}


def _margins(figures: dict[str, float], goals: Goals) -> list[tuple[str, float, float]]:
    """(target, what is asked, how far it is from being missed) of each target, as far as anybody called."""
    asked = [(name, getattr(goals, name)) for name in OF_CALLS]
    return [
        (name, least, margin_of(name, figures[name], least))
        for name, least in asked
        if least is not None and not math.isnan(figures[name])
    ]
