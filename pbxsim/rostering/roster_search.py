"""Who works which shift on which day of a week, so that every interval has the members it needs and every contract is kept.

Decides by two integer programmes (HiGHS through scipy). The first chooses shifts for groups of people who can stand for each
other, as many of each as serve best; the second gives people shifts of these beginnings and lengths under every rule of their own
contract. Members who are missing cost more than any hour paid, and are told with the day, the time and what would help. The week
is a circle: Sunday night goes on into Monday morning, so the roster may be repeated. Contracts that cannot be kept at all are
found before, person by person.

Sources: Ernst, Jiang, Krishnamoorthy and Sier (2004), rostering in stages; Cezik, Gunluk and Luss (2001), weekly tours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from engine.calendar.schedule import WEEKDAYS
from pbxsim.rostering.contracts import (
    DAYS,
    ContractsDoNotFit,
    Misfit,
    Worker,
    Workforce,
    shifts_of,
    thresholds,
)
from pbxsim.staffing.shifts import PlannedShift, presence
from pbxsim.staffing.teams import Team

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING: Final = 20.0
"""Cost of a missing member's hour, in hours of the most expensive team."""

NODES: Final = 200
"""Nodes at most of one integer programme: a count, so that the same roster is found again."""

GAP: Final = 5e-3
"""Relative gap at which an integer programme stops."""

TYPES: Final = 14
"""Shifts of different beginnings, lengths or breaks among which the people of a group are given theirs."""

LEAST: Final = 0.05
"""Members; less is not called missing."""


@dataclass(frozen=True)
class Duty:
    """A shift that somebody works."""

    worker: Worker
    day: int
    shift: PlannedShift
    """Seconds from the midnight at which the day begins."""


class Missing(NamedTuple):
    """Members that nobody on the roster can be."""

    day: int
    begin_s: int
    end_s: int
    """Seconds from that day's midnight."""
    team: int
    members: float
    """On the queue, at the most of this time."""
    hours: float
    helps: str
    """What would help: a key of `helps.FILLS`."""
    names: tuple[str, ...]
    """People who could come if it were otherwise."""


@dataclass(frozen=True)
class WeekRoster:
    """A week's duties, and what they leave open."""

    duties: tuple[Duty, ...]
    missing: tuple[Missing, ...]
    planned: Floats
    """Members planned by team and interval of the week, before absence and adherence."""
    cost: float
    gap: float
    """Relative difference between the roster, a price for members missing included, and what the second integer programme shows
    to be its best for the shifts it chooses among. No bound for all rosters."""


@dataclass(frozen=True)
class _Block:
    """Somebody, or people alike, as columns (day by shift, then helpers) and rows of the integer programme."""

    team: int
    shifts: list[PlannedShift]
    rows: sparse.csr_matrix
    lowest: Floats
    highest: Floats
    upper: Floats


class RosterSearch:
    """Rosters of some people for what a week needs: `required[t, i]` members of team t on the queue in interval i of the week."""

    def __init__(
        self,
        required: Counts,
        teams: Sequence[Team],
        workers: Sequence[Worker],
        workforce: Workforce,
        interval_s: int,
        first_weekday: int = 0,
    ) -> None:
        self.required = required
        self.teams = teams
        self.workers = workers
        self.workforce = workforce
        self.interval_s = interval_s
        self.first_weekday = first_weekday
        self.per_day = 86400 // interval_s
        self.width = DAYS * self.per_day
        self.helped = [
            [u for u, other in enumerate(teams) if u != t and set(other.queues) <= set(team.queues)]
            for t, team in enumerate(teams)
        ]
        """By team, others for whom its members can stand: all their queues are among its own."""
        self._possible: dict[tuple[object, ...], list[PlannedShift]] = {}

    def find(self) -> WeekRoster:
        """Raises ContractsDoNotFit."""
        self._must_fit()
        groups: dict[tuple[object, ...], list[Worker]] = {}
        for worker in self.workers:
            groups.setdefault(worker.kind, []).append(worker)
        alike = [self._group(members) for members in groups.values()]
        solved = self._solve(alike)
        types: dict[tuple[object, ...], list[PlannedShift]] = {}
        for kind, block, values in zip(
            groups, alike, solved[0] if solved is not None else [None] * len(alike), strict=True
        ):
            types[kind] = block.shifts if values is None else self._types(block, values)
        each = [self._person(worker, types[worker.kind]) for worker in self.workers]
        final = self._solve(each)
        if final is None:  # shifts of these types do not add up to everybody's hours
            each = [self._person(worker, self._shifts(worker)) for worker in self.workers]
            final = self._solve(each)
        if final is None:
            raise ValueError(f"no roster was found within {NODES} nodes; allow fewer lengths of shifts or beginnings")
        chosen, short, gap = final
        duties = []
        for worker, block, values in zip(self.workers, each, chosen, strict=True):
            days = values[: DAYS * len(block.shifts)].reshape(DAYS, -1)
            for day, s in zip(*np.nonzero(days > 0.5), strict=True):
                duties.append(Duty(worker, int(day), block.shifts[s]))
        planned = np.zeros(self.required.shape)
        for duty in duties:
            planned[duty.worker.team] += self.there(duty.day, duty.shift)
        cost = sum(self.teams[duty.worker.team].cost * duty.shift.paid_h for duty in duties)
        return WeekRoster(tuple(duties), tuple(self._missing(short, duties)), planned, cost, gap)

    def there(self, day: int, shift: PlannedShift) -> Floats:
        """Share of each interval of the week that a shift of a day is worked."""
        two = presence(shift, 2 * self.per_day, self.interval_s)
        week = np.zeros(self.width)
        week[: 2 * self.per_day] = two
        return np.roll(week, day * self.per_day)

    # --- people ------------------------------------------------------------------------------------------------------

    def _shifts(self, worker: Worker) -> list[PlannedShift]:
        if worker.kind not in self._possible:
            self._possible[worker.kind] = shifts_of(worker, self.workforce, self.interval_s)
        return self._possible[worker.kind]

    def open(self, team: int, day: int, shift: PlannedShift) -> bool:
        """Whether a shift begins and ends while somebody is needed whom the team can be."""
        needed = self.required[[team, *self.helped[team]]].sum(axis=0) > 0
        first = (day * 86400 + shift.begin_s) // self.interval_s
        last = (day * 86400 + shift.end_s - 1) // self.interval_s
        return bool(needed[first % self.width] and needed[last % self.width])

    def _upper(self, worker: Worker, shifts: Sequence[PlannedShift], heads: int) -> Floats:
        return np.asarray(
            [
                float(heads) if day in worker.days and self.open(worker.team, day, shift) else 0.0
                for day in range(DAYS)
                for shift in shifts
            ]
        )

    def _group(self, members: Sequence[Worker]) -> _Block:
        """People alike: their hours and days together; who rests when comes later."""
        worker, heads = members[0], len(members)
        shifts, contract = self._shifts(worker), worker.contract
        paid = np.tile([shift.paid_h for shift in shifts], DAYS)
        days = sparse.kron(sparse.identity(DAYS), np.ones((1, len(shifts))))
        rows = sparse.vstack([days, sparse.csr_matrix(np.vstack([np.ones(len(paid)), paid]))], format="csr")
        lowest = np.asarray([0.0] * (DAYS + 1) + [heads * contract.hours[0]])
        highest = np.asarray([float(heads)] * DAYS + [heads * (DAYS - contract.days_off), heads * contract.hours[1]])
        return _Block(worker.team, shifts, rows, lowest, highest, self._upper(worker, shifts, heads))

    def _person(self, worker: Worker, shifts: list[PlannedShift]) -> _Block:
        """Every rule of a contract, day by day around the week."""
        contract, n = worker.contract, len(shifts)
        width = DAYS * n + DAYS
        rows: list[tuple[Floats, float, float]] = []

        def row(lowest: float, highest: float, *parts: tuple[int, Sequence[int] | range, float]) -> None:
            line = np.zeros(width)
            for day, of, value in parts:
                line[[day % DAYS * n + s for s in of]] += value
            rows.append((line, lowest, highest))

        every = range(n)
        for day in range(DAYS):
            row(0, 1, (day, every, 1.0))
        hours = np.zeros(width)
        hours[: DAYS * n] = np.tile([shift.paid_h for shift in shifts], DAYS)
        rows.append((hours, contract.hours[0] - 1e-6, contract.hours[1] + 1e-6))
        row(0, DAYS - contract.days_off, *((day, every, 1.0) for day in range(DAYS)))
        if contract.days_in_a_row < DAYS:
            for day in range(DAYS):
                row(0, contract.days_in_a_row, *((day + k, every, 1.0) for k in range(contract.days_in_a_row + 1)))
        for lag in (1, 2):
            for late, early in thresholds(contract, shifts, lag):
                for day in range(DAYS):
                    row(0, 1, (day, late, 1.0), (day + lag, early, 1.0))
        helpers = np.zeros(DAYS)
        if contract.days_off_together:
            helpers[:] = 1
            line = np.zeros(width)
            line[DAYS * n :] = 1
            rows.append((line, 1, DAYS))
            for day in range(DAYS):
                for other in (day, day + 1):
                    row(0, 1, (other, every, 1.0))
                    rows[-1][0][DAYS * n + day] = 1
        matrix = sparse.csr_matrix(np.asarray([one[0] for one in rows]))
        lowest, highest = (np.asarray([one[k] for one in rows], dtype=np.float64) for k in (1, 2))
        upper = np.concatenate([self._upper(worker, shifts, 1), helpers])
        return _Block(worker.team, shifts, matrix, lowest, highest, upper)

    def _types(self, block: _Block, heads: Floats) -> list[PlannedShift]:
        """Shifts that the first programme uses, those most used first, and one of each length at least."""
        used = heads[: DAYS * len(block.shifts)].reshape(DAYS, -1).sum(axis=0)
        order = sorted(range(len(block.shifts)), key=lambda s: -used[s])
        chosen = [s for s in order[:TYPES] if used[s] > 0.5]
        allowed = block.upper[: DAYS * len(block.shifts)].reshape(DAYS, -1).sum(axis=0)
        for length in {one.end_s - one.begin_s for one in block.shifts}:
            same = [s for s in range(len(block.shifts)) if block.shifts[s].end_s - block.shifts[s].begin_s == length]
            if not any(s in chosen for s in same):
                chosen.append(max(same, key=lambda s: allowed[s]))
        return [block.shifts[s] for s in sorted(chosen)]

    # --- contracts by themselves -------------------------------------------------------------------------------------

    def _must_fit(self) -> None:
        misfits = []
        seen: dict[tuple[object, ...], Misfit | None] = {}
        for worker in self.workers:
            if worker.kind not in seen:
                seen[worker.kind] = self._misfit(worker)
            found = seen[worker.kind]
            if found is not None:
                misfits.append(found._replace(who=worker.name))
        if misfits:
            raise ContractsDoNotFit(misfits)

    def _misfit(self, worker: Worker) -> Misfit | None:
        """What is wrong with a contract by itself; None where some week keeps it."""
        shifts, contract = self._shifts(worker), worker.contract
        least = contract.hours[0]
        block = self._person(worker, shifts)
        allowed = (
            block.upper[: DAYS * len(shifts)].reshape(DAYS, -1).any(axis=1) if shifts else np.zeros(DAYS, dtype=bool)
        )
        days = ", ".join(self.day_name(day) for day in np.flatnonzero(allowed).tolist()) or "no day"
        if not shifts or not allowed.any():
            return Misfit(worker.name, worker.contract_name, least, 0.0, days, "window") if least > 0 else None
        paid = np.concatenate([np.tile([shift.paid_h for shift in shifts], DAYS), np.zeros(DAYS)])
        free = _Block(
            block.team, shifts, block.rows, np.where(block.lowest > 1, 0.0, block.lowest), block.highest, block.upper
        )
        most = self._alone(free, -paid)
        if most is None or -most < least - 1e-6:
            top = 0.0 if most is None else -most
            room = np.where(np.isclose(free.highest, contract.hours[1] + 1e-6), np.inf, free.highest)
            unbounded = self._alone(_Block(free.team, shifts, free.rows, free.lowest, room, free.upper), -paid)
            enough = unbounded is not None and -unbounded >= least - 1e-6
            return Misfit(worker.name, worker.contract_name, least, top, days, "sum" if enough else "day")
        return None

    def _alone(self, block: _Block, costs: Floats) -> float | None:
        found = optimize.milp(
            costs,
            constraints=optimize.LinearConstraint(block.rows, block.lowest, block.highest),
            integrality=np.ones(len(costs)),
            bounds=optimize.Bounds(0, block.upper),
        )
        return None if found.x is None else float(costs @ np.rint(found.x))

    def day_name(self, day: int) -> str:
        """`mon` to `sun` of a day of the roster."""
        return WEEKDAYS[(self.first_weekday + day) % DAYS]

    # --- the integer programme ---------------------------------------------------------------------------------------

    def _solve(self, blocks: Sequence[_Block]) -> tuple[list[Floats], Floats, float] | None:
        """Values of each block's columns, members missing by team and interval, and the gap; None where nothing was found."""
        teams, width = self.required.shape
        cells = teams * width
        pairs = [(t, u) for t in range(teams) for u in self.helped[t]]
        covers: list[sparse.csr_matrix] = []
        costs: list[Floats] = []
        for block in blocks:
            n = len(block.shifts)
            there = np.asarray([self.there(0, shift) for shift in block.shifts])
            own = np.zeros((DAYS * n, width))
            for day in range(DAYS):
                own[day * n : (day + 1) * n] = np.roll(there, day * self.per_day, axis=1)
            extra = len(block.upper) - DAYS * n
            part = sparse.csr_matrix(np.concatenate([own, np.zeros((extra, width))]).T * self.workforce.on_queue)
            place = sparse.csr_matrix(([1.0], ([block.team], [0])), shape=(teams, 1))
            covers.append(sparse.kron(place, part, format="csr"))
            rate = self.teams[block.team].cost
            costs.append(np.concatenate([np.tile([rate * one.paid_h for one in block.shifts], DAYS), np.zeros(extra)]))
        one = sparse.identity(width, format="csr")
        stands = [
            sparse.kron(sparse.csr_matrix(([1.0, -1.0], ([u, t], [0, 0])), shape=(teams, 1)), one) for t, u in pairs
        ]
        cover = sparse.hstack([*covers, sparse.identity(cells), *stands], format="csr")
        rules = sparse.block_diag([block.rows for block in blocks], format="csr")
        count = rules.shape[1]
        rest = cover.shape[1] - count
        rules = sparse.hstack([rules, sparse.csr_matrix((rules.shape[0], rest))], format="csr")
        price = MISSING * max(team.cost for team in self.teams) * self.interval_s / 3600
        objective = np.concatenate([*costs, np.full(cells, price), np.full(rest - cells, 1e-6)])
        found = optimize.milp(
            objective,
            constraints=[
                optimize.LinearConstraint(cover, lb=self.required.ravel().astype(np.float64)),
                optimize.LinearConstraint(
                    rules,
                    np.concatenate([block.lowest for block in blocks]),
                    np.concatenate([block.highest for block in blocks]),
                ),
            ],
            integrality=np.concatenate([np.ones(count), np.zeros(rest)]),
            bounds=optimize.Bounds(0, np.concatenate([*(block.upper for block in blocks), np.full(rest, np.inf)])),
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )
        if found.x is None:
            return None
        values, at = [], 0
        for block in blocks:
            values.append(np.rint(found.x[at : at + len(block.upper)]))
            at += len(block.upper)
        return values, np.asarray(found.x[count : count + cells]).reshape(teams, width), float(found.mip_gap)

    # --- what is missing ---------------------------------------------------------------------------------------------

    def _missing(self, short: Floats, duties: Sequence[Duty]) -> list[Missing]:
        found = []
        hours = self.interval_s / 3600
        for t in range(len(self.teams)):
            for day in range(DAYS):
                row = short[t, day * self.per_day : (day + 1) * self.per_day]
                edges = np.flatnonzero(np.diff(np.concatenate([[0], (row > LEAST).astype(np.int8), [0]])))
                for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                    worst = a + int(row[a:b].argmax())
                    helps, names = self._helps(t, day, worst, duties)
                    missing = float(row[a:b].max())
                    total = float(row[a:b].sum()) * hours
                    found.append(
                        Missing(day, a * self.interval_s, b * self.interval_s, t, missing, total, helps, names)
                    )
        return sorted(found)

    def _helps(self, team: int, day: int, i: int, duties: Sequence[Duty]) -> tuple[str, tuple[str, ...]]:
        """What would help, and whom it is about: who serves these queues, is not at work that day and may be then."""
        reasons: dict[str, list[str]] = {"hours": [], "days": [], "rest": []}
        at = day * self.per_day + i
        for worker in self.workers:
            if worker.team != team and team not in self.helped[worker.team]:
                continue
            own = [duty for duty in duties if duty.worker is worker]
            if any(duty.day == day for duty in own) or day not in worker.days:
                continue
            fitting = [one for one in self._shifts(worker) if self.there(day, one)[at] > 0]
            if not fitting:
                continue
            spent = sum(duty.shift.paid_h for duty in own)
            if spent + min(one.paid_h for one in fitting) > worker.contract.hours[1] + 1e-6:
                reasons["hours"].append(worker.name)
            elif len(own) >= DAYS - worker.contract.days_off:
                reasons["days"].append(worker.name)
            else:
                reasons["rest"].append(worker.name)
        best = max(reasons, key=lambda reason: len(reasons[reason]))
        names = reasons[best]
        return (best, tuple(names[:3])) if names else ("people", ())
