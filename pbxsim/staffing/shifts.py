"""Shifts with breaks that cover a requirement at least cost: set covering over generated patterns, by HiGHS through
scipy.

Decides which patterns there are and how the covering is stated. Each team is a problem of its own. A break is
counted as absence for the part of the interval it takes, so that short breaks within long intervals are not given away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field
from scipy import optimize, sparse

from pbxsim.scenario.distributions import Positive
from pbxsim.scenario.scenario import Break, Scenario, Shift
from pbxsim.scenario.wanted import Wish
from pbxsim.staffing.teams import Team

NODES: Final = 1000
"""Nodes at most of one covering: a count, so that the same plan is found again on any machine that is not very slow."""


class Patterns(Wish):
    """Which shifts there may be."""

    lengths_h: tuple[Positive, ...] = Field(default=(4.0, 6.0, 8.0, 9.0), min_length=1)
    every_min: int = Field(default=30, ge=5, le=240, description="Shifts begin at multiples of this after the start.")
    break_min: float = Field(default=30.0, ge=0, description="Length of the break of long shifts; 0 for none.")
    break_from_h: Positive = Field(default=6.0, description="Shifts of at least this length have a break.")
    break_places: tuple[float, ...] = Field(
        default=(0.4, 0.5, 0.6), min_length=1, description="Where a break may begin, as a share of the shift."
    )
    paid_breaks: bool = False
    time_limit_s: Positive = 20.0


@dataclass(frozen=True)
class PlannedShift:
    """So many heads of a team on one pattern; times in seconds after the start of the run."""

    team: int
    begin_s: int
    end_s: int
    break_begin_s: int
    break_s: int
    heads: int
    paid_h: float


@dataclass(frozen=True)
class ShiftPlan:
    """Shifts of all teams, their cost, and how far from the best possible it may be."""

    shifts: tuple[PlannedShift, ...]
    paid_h: float
    cost: float
    bound: float
    """No plan of these patterns that keeps the targets costs less (`bound.py`); of a mere covering, none that covers as much."""
    shrinkage: float = 0.0
    """Share of paid heads who are not on the queue at any time."""

    @property
    def gap(self) -> float:
        """Cost above the bound, as a share of the cost."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0

    def table(self, scenario: Scenario, teams: Sequence[Team]) -> pd.DataFrame:
        """One row a shift: team, from, to, break, heads, paid hours."""
        rows = []
        for shift in self.shifts:
            rest = _clock(scenario.start + shift.break_begin_s) if shift.break_s else ""
            rows.append(
                (
                    teams[shift.team].name,
                    _clock(scenario.start + shift.begin_s),
                    _clock(scenario.start + shift.end_s),
                    rest,
                    shift.break_s // 60,
                    shift.heads,
                    shift.paid_h * shift.heads,
                )
            )
        return pd.DataFrame(rows, columns=["team", "from", "to", "break", "break_min", "heads", "paid_h"])

    def scenario(self, scenario: Scenario, teams: Sequence[Team]) -> Scenario:
        """The scenario with these shifts for the members of the teams, and nobody else of them there; of the heads that
        shrinkage takes nobody is there either."""
        planned = {member for team in teams for member in team.members}
        shifts = [shift for shift in scenario.shifts if not planned & set(shift.members)]
        absent = set(scenario.absent) - planned
        for t, team in enumerate(teams):
            free = list(team.members)
            for shift, there in self._working(t):
                members, free = free[:there], free[there:]
                if len(members) < there:
                    raise ValueError(f"team `{team.name}` has {len(team.members)} members; its shifts need more")
                if members:
                    shifts.append(_as_shift(scenario, shift, members))
            absent.update(free)
        return scenario.replace(shifts=tuple(shifts), absent=tuple(sorted(absent)))

    def _working(self, team: int) -> list[tuple[PlannedShift, int]]:
        """A team's shifts by their beginning, each with the heads that are on the queue."""
        out = []
        before = 0
        for shift in sorted((one for one in self.shifts if one.team == team), key=lambda one: (one.begin_s, one.end_s)):
            after = before + shift.heads
            there = round(after * (1 - self.shrinkage)) - round(before * (1 - self.shrinkage))
            out.append((shift, there))
            before = after
        return out

    def staffed_s(self, intervals: int, interval_s: int) -> npt.NDArray[np.float64]:
        """Members' time on the queue in each interval, all teams, seconds."""
        total = np.zeros(intervals)
        for team in {shift.team for shift in self.shifts}:
            for shift, there in self._working(team):
                total += there * interval_s * presence(shift, intervals, interval_s)
        return total


def cover(
    required: npt.NDArray[np.int64],
    teams: Sequence[Team],
    patterns: Patterns,
    interval_s: int,
    shrinkage: float = 0.0,
) -> ShiftPlan:
    """The cheapest shifts with `required[t, i]` members of team t at work in every interval i.

    `shrinkage` asks for so many more heads. Raises ValueError where no pattern reaches some interval.
    """
    shifts: list[PlannedShift] = []
    cost = bound = 0.0
    for t, team in enumerate(teams):
        needed = np.asarray([math.ceil(n / (1 - shrinkage) - 1e-9) for n in required[t]], dtype=np.float64)
        if not needed.any():
            continue
        found, cheapest = _cover_team(t, team, needed, patterns, interval_s)
        shifts += found
        cost += team.cost * sum(shift.heads * shift.paid_h for shift in found)
        bound += cheapest
    paid = sum(shift.heads * shift.paid_h for shift in shifts)
    return ShiftPlan(tuple(shifts), paid, cost, min(bound, cost), shrinkage)


def _cover_team(
    t: int, team: Team, needed: npt.NDArray[np.float64], patterns: Patterns, interval_s: int
) -> tuple[list[PlannedShift], float]:
    possible = candidates(t, patterns, len(needed), interval_s)
    columns = np.column_stack([presence(shift, len(needed), interval_s) for shift in possible])
    reach = columns.max(axis=1)
    if (reach[needed > 0] <= 0).any():
        raise ValueError(f"no shift pattern covers every interval team `{team.name}` is needed in; allow other lengths")
    costs = np.asarray([team.cost * shift.paid_h for shift in possible])
    found = optimize.milp(
        costs,
        constraints=optimize.LinearConstraint(sparse.csr_matrix(columns), lb=needed),
        integrality=np.ones(len(costs)),
        bounds=optimize.Bounds(0, np.inf),
        options={"time_limit": patterns.time_limit_s, "node_limit": NODES, "mip_rel_gap": 1e-4},
    )
    if found.x is None:
        raise ValueError(f"no shifts were found for team `{team.name}` in {patterns.time_limit_s:g} s: {found.message}")
    heads = np.rint(found.x).astype(int)
    bound = float(found.mip_dual_bound) if found.mip_dual_bound is not None else float(costs @ heads)
    made = [
        PlannedShift(t, s.begin_s, s.end_s, s.break_begin_s, s.break_s, int(n), s.paid_h)
        for s, n in zip(possible, heads, strict=True)
        if n
    ]
    return made, bound


def candidates(
    t: int, patterns: Patterns, intervals: int, interval_s: int, *, overnight: bool = False
) -> list[PlannedShift]:
    """Every shift of a team that the patterns allow within the day, or that begin in it where they may go on `overnight`; with
    no heads yet."""
    end_of_day = intervals * interval_s
    made = []
    for length_h in patterns.lengths_h:
        length_s = round(length_h * 3600)
        if length_s > end_of_day:
            length_s = end_of_day
        last = end_of_day - 1 if overnight else max(0, end_of_day - length_s)
        for begin in range(0, last + 1, patterns.every_min * 60):
            breaks = length_h >= patterns.break_from_h and patterns.break_min > 0
            for place in patterns.break_places if breaks else (0.0,):
                rest_s = round(patterns.break_min * 60) if breaks else 0
                at = begin + round(length_s * place / 900) * 900
                at = min(at, begin + length_s - rest_s)
                paid_s = length_s if patterns.paid_breaks else length_s - rest_s
                made.append(PlannedShift(t, begin, begin + length_s, at if rest_s else begin, rest_s, 0, paid_s / 3600))
    return list(dict.fromkeys(made))


def presence(shift: PlannedShift, intervals: int, interval_s: int) -> npt.NDArray[np.float64]:
    """Share of each interval a head on this shift is at work; a part of an interval counts as that part."""
    edges = np.arange(intervals + 1) * float(interval_s)

    def within(begin: float, end: float) -> npt.NDArray[np.float64]:
        return np.asarray(np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0, None))

    there = within(shift.begin_s, shift.end_s) - within(shift.break_begin_s, shift.break_begin_s + shift.break_s)
    return np.asarray(there / interval_s)


def _as_shift(scenario: Scenario, shift: PlannedShift, members: list[int]) -> Shift:
    begins = scenario.start + shift.begin_s
    day = begins // 86400
    to = scenario.start + shift.end_s - day * 86400
    rest: tuple[Break, ...] = ()
    if shift.break_s:
        at = (scenario.start + shift.break_begin_s) % 86400
        rest = (Break.model_validate({"at": at, "minutes": shift.break_s / 60}),)
    return Shift.model_validate(
        {
            "members": members,
            "from": begins - day * 86400,
            "to": to if to <= 86400 else to - 86400,
            "days": (day,),
            "breaks": rest,
        }
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}"
