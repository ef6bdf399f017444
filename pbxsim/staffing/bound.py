"""A lower bound for the cost of any plan: what must be there in each interval, however well everything else is staffed.

A system is simulated that does better than every plan with n members for a set of queues in an interval: those n serve every
queue of the set and no other, and in all other intervals, and for all other queues, there are members to spare. If even then
the targets of the set are missed, taken together, every plan needs more than n who serve a queue of the set there. Missed means:
at the level of confidence stated, with all intervals, sets and numbers tried taken together (Bonferroni, Student's t). For
targets over the day the same runs say how much each interval can bring at most with n members, and an integer programme chooses
among them. The cheapest members, or shifts, who satisfy all of this cost no more than any plan; the dual bound of the integer
programme is what is given.

It holds under two assumptions, which hold on average for queues that serve callers in order: one more member, or one more skill
of a member, never makes the sum of a set's targets worse; and members of a queue are alike. Sets are single queues, those that
share members, together, and groups with targets of their own. The occupancy target is left out (it would only raise the bound).

Source: pooling as relaxation, Cezik and L'Ecuyer (2008), section 4; valid cuts of monotone service levels, Atlason, Epelman and
Henderson (2004).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize, sparse, special

from engine.state.flow import Flow
from pbxsim.runs.job import Signal
from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.response import forms
from pbxsim.staffing.search import Counts, Floats, Search
from pbxsim.staffing.shift_search import ShiftSearch
from pbxsim.staffing.start import Theory
from pbxsim.staffing.teams import dedicated

DOUBT: Final = 0.01
"""Chance at most that anything that a bound says of the targets is due to the callers that were drawn."""

REPS: Final = 40
"""Days behind every statement: with fewer, certainty asks for a margin that leaves little of a bound."""

TRIES: Final = 8
"""Numbers of members tried at most in each interval."""

LEVELS: Final = 8
"""Numbers of members whose day is simulated at most where targets are over the day."""

NODES: Final = 500
"""Nodes at most of the integer programme; its dual bound holds whenever it stops."""


class Relaxed:
    """The system that does better than any plan, and what it says of every set of queues and interval."""

    def __init__(
        self,
        flow: Flow,
        scenario: Scenario,
        theory: Theory,
        sets: Sequence[tuple[int, ...]],
        processes: int,
        cancel: Signal | None,
    ) -> None:
        search = theory.search
        self.sets = list(sets)
        self.theory = np.asarray(
            [[theory.needed(one, i) for i in range(search.intervals)] for one in self._places(search)]
        )
        self.ample: Counts = np.ceil(1.3 * self.theory.max(axis=1, initial=0)).astype(np.int64) + 5
        """By set, members to spare."""
        planned = {member for team in search.teams for member in team.members}
        alone, teams = dedicated(flow, self.sets, self.ample.tolist())
        shifts = tuple(shift for shift in scenario.shifts if not planned & set(shift.members))
        away = scenario.replace(shifts=shifts, absent=tuple(sorted(set(scenario.absent) | planned)))
        targets = search.targets.model_copy(update={"occupancy": None})
        self.workers = Workers(alone, away, processes, cancel)
        self.search = Search(self.workers, away, teams, targets, REPS, self.ample)
        self.spacing = self.search.apart + 1
        self.row = [[r for r, row in enumerate(self.search.rows) if set(row.queues) <= set(one)] for one in self.sets]
        """Rows that lie wholly in each set: what is asked of them, n members of the set must bring."""

    def _places(self, search: Search) -> list[tuple[int, ...]]:
        return [tuple(search.queues.index(queue) for queue in one) for one in self.sets]

    def values(self, counts: Counts) -> tuple[Floats, Floats]:
        """Of a design of the sets' own members, sums of each set's forms by set, target and interval, where every interval has
        its number and all others members to spare: mean and standard error."""
        sets, intervals = counts.shape
        mean: Floats = np.zeros((sets, 0, intervals))
        error = mean
        for offset in range(self.spacing):
            design = self.search.everybody()
            design[:, offset :: self.spacing] = counts[:, offset :: self.spacing]
            form, _ = forms(self.search, self.search.run(design), self.search.staffed_s(design))
            if not mean.size:
                mean = np.zeros((sets, form.shape[1], intervals))
                error = np.zeros_like(mean)
            for s, rows in enumerate(self.row):
                of = form[:, :, rows, :].sum(axis=2)[:, :, offset :: self.spacing]
                mean[s, :, offset :: self.spacing] = of.mean(axis=0)
                error[s, :, offset :: self.spacing] = of.std(axis=0, ddof=1) / math.sqrt(len(of))
        return mean, error

    def floors(self, tests: int) -> Counts:
        """By set and interval, the members without which the targets are missed for certain."""
        sure = float(special.stdtrit(self.search.reps - 1, 1 - DOUBT / max(1, tests)))
        missed = np.full(self.theory.shape, -1)
        held = self.search.everybody() + 1
        tried = np.maximum(0, self.theory - 2)
        for _ in range(TRIES):
            mean, error = self.values(tried)
            short = (mean + sure * error < 0).any(axis=1)
            missed = np.where(short, np.maximum(missed, tried), missed)
            held = np.where(short, held, np.minimum(held, tried))
            tried = np.clip(np.where(short, missed + 1, held - 1), 0, self.search.everybody())
            if ((held - missed <= 1) | (held == 0)).all():
                break
            tried = np.where(held - missed <= 1, np.maximum(0, missed), tried)
        return missed + 1

    def most(self) -> tuple[Counts, Floats]:
        """Numbers of members, and by set, number, target and interval at most what they bring there; for targets over the day."""
        top = int(self.theory.max(initial=0)) + 2
        numbers = np.unique(np.linspace(0, top, min(LEVELS, top + 1)).round().astype(np.int64))
        found = []
        numbers = np.append(numbers, int(self.ample.max()))
        for number in numbers:
            mean, error = self.values(np.full(self.theory.shape, number))
            # Errors of intervals are added up below as if they all went the same way.
            found.append(mean + 1.5 * error)
        return numbers, np.maximum.accumulate(np.stack(found, axis=1), axis=1)


@dataclass(frozen=True)
class _Demand:
    """What a set of queues needs: members by interval, or for targets over the day numbers of members with what they bring."""

    queues: tuple[int, ...]
    floors: Counts
    brings: Floats | None = None
    """By number, target and interval; `floors` are then by number."""


def bounds(
    flow: Flow,
    scenario: Scenario,
    theory: Theory,
    among: ShiftSearch | None,
    processes: int,
    cancel: Signal | None = None,
) -> tuple[float, float, int]:
    """No plan by the interval costs less than the first, none of shifts less than the second; the third are the calls simulated
    to show it."""
    search = theory.search
    singles = [(queue,) for queue in search.queues]
    together = [one for one in theory.components() if len(one) > 1]
    grouped = _apart([row.queues for row in search.rows if row.group], [*singles, *together])
    tests = (len(singles) + len(together) + len(grouped)) * search.intervals * TRIES * 3
    demands: list[_Demand] = []
    calls = 0
    for sets in (singles, together, grouped):
        if not sets:
            continue
        relaxed = Relaxed(flow, scenario, theory, sets, processes, cancel)
        with relaxed.workers:
            if search.targets.per == "day":
                numbers, brings = relaxed.most()
                demands += [_Demand(one, numbers, brings[s]) for s, one in enumerate(sets)]
            else:
                demands += [_Demand(one, row) for one, row in zip(sets, relaxed.floors(tests), strict=True)]
        calls += relaxed.search.calls
    teams = len(search.teams)
    each = np.identity(teams * search.intervals).reshape(-1, teams, search.intervals)
    costs = np.repeat([team.cost * search.interval_s / 3600 for team in search.teams], search.intervals)
    by_interval = _cheapest(costs, each, demands, search)
    in_shifts = 0.0 if among is None else _cheapest(among.costs, np.ceil(among.presence - 1e-9), demands, search)
    return by_interval, in_shifts, calls


def _apart(groups: Sequence[tuple[int, ...]], known: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Groups that are not looked at yet and have no queue in common: they can be tried in one system. Of those left out
    nothing is said, which only lowers the bound."""
    taken: set[int] = set()
    found = []
    for one in groups:
        if one not in known and not taken & set(one):
            taken |= set(one)
            found.append(one)
    return found


def _cheapest(costs: Floats, present: Floats, demands: Sequence[_Demand], search: Search) -> float:
    """The dual bound of the cheapest columns that satisfy all demands; `present` is by column, team and interval."""
    width = len(costs)
    extra = sum(one.brings.shape[0] * search.intervals for one in demands if one.brings is not None)
    rows: list[sparse.csr_matrix] = []
    lowest: list[Floats] = []
    at = width
    for one in demands:
        serving = [t for t, team in enumerate(search.teams) if set(one.queues) & set(team.queues)]
        heads = sparse.csr_matrix(present[:, serving].sum(axis=1).T)
        if one.brings is None:
            rows.append(sparse.hstack([heads, sparse.csr_matrix((search.intervals, extra))], format="csr"))
            lowest.append(one.floors.astype(np.float64))
            continue
        numbers, kinds, intervals = one.brings.shape
        # More than one number and no more than the next bring at most what the next brings.
        asked = np.concatenate([[0], one.floors[:-1] + 1]).astype(np.float64)
        before, after = at - width, extra - (at - width) - numbers * intervals
        own = sparse.kron(sparse.identity(intervals), sparse.csr_matrix(asked[None, :]))
        choice = sparse.kron(sparse.identity(intervals), np.ones((1, numbers)))
        worth = sparse.csr_matrix(one.brings.transpose(1, 2, 0).reshape(kinds, intervals * numbers))

        def padded(
            left: sparse.csr_matrix, middle: sparse.csr_matrix, before: int = before, after: int = after
        ) -> sparse.csr_matrix:
            height = middle.shape[0]
            blank = [sparse.csr_matrix((height, before)), middle, sparse.csr_matrix((height, after))]
            return sparse.hstack([left, *blank], format="csr")

        nothing = sparse.csr_matrix((intervals, width))
        rows += [padded(heads, -own), padded(nothing, choice), padded(nothing, -choice)]
        rows.append(padded(sparse.csr_matrix((kinds, width)), worth))
        lowest += [np.zeros(intervals), np.ones(intervals), -np.ones(intervals), np.zeros(kinds)]
        at += numbers * intervals
    if not rows:
        return 0.0
    found = optimize.milp(
        np.concatenate([costs, np.zeros(extra)]),
        constraints=optimize.LinearConstraint(sparse.vstack(rows, format="csr"), lb=np.concatenate(lowest)),
        integrality=np.ones(width + extra),
        bounds=optimize.Bounds(0, np.concatenate([np.full(width, np.inf), np.ones(extra)])),
        options={"node_limit": NODES, "mip_rel_gap": 1e-4},
    )
    return max(0.0, float(found.mip_dual_bound)) if found.mip_dual_bound is not None else 0.0
