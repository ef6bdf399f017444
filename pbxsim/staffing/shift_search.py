"""Shifts chosen by the simulated targets themselves, not only to cover a requirement.

Decides which shifts are tried. Around a design whose answer to members more and less is known (`response.py`) an integer
programme chooses the cheapest shifts whose targets should hold: too few in one interval may be paid for by another, of another
team or another time of the day. The simulation has the last word: where a choice falls short, a cut excludes it and all that by
the measured slopes would do no better, and the programme chooses again; where it holds, it is the new centre. In the end single
shifts are left out, cut short or moved as long as the targets hold. A plan that falls short on unseen days is mended by the same
programme, with few shifts changed, and simulated again on these days. Leaves patterns and covering to `shifts.py`.

Sources: Cezik and L'Ecuyer (2008), simulation cuts; Avramidis, Chan, Gendreau, L'Ecuyer and Pisacane (2010), agent scheduling
with the targets in the integer programme; Fischetti and Lodi (2003), local branching: few changes of a known solution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from pbxsim.results.results import Results
from pbxsim.staffing.descent import BENEFIT
from pbxsim.staffing.dismissal import Dismissal
from pbxsim.staffing.response import Response
from pbxsim.staffing.search import Counts, Floats, Search
from pbxsim.staffing.shifts import Patterns, ShiftPlan, candidates, presence

Heads = npt.NDArray[np.int64]
"""Heads by candidate shift."""

Move = tuple[tuple[int, ...], tuple[int, ...]]
"""Candidates of which a head goes, and of which one comes."""

CENTRES: Final = 3
"""Designs around which slopes are measured."""

CHOICES: Final = 6
"""Choices of the integer programme that may fall short around one centre."""

STEP: Final = 2.0
"""Members by which a choice may be short of its centre in any interval: further away the slopes say nothing."""

FURTHER: Final = 0.3
"""Worth of a second member more, and of those after, as a share of the first."""

STEEPER: Final = 1.3
"""Slopes of a cut over those at the centre: where a target is missed, a member counts for more."""

NODES: Final = 1
"""Nodes at most of one integer programme, the root with its cuts and heuristics: a count and no time, so that a seed gives the
same plan on any machine. More nodes took longer and led to no cheaper plan."""

GAP: Final = 5e-3
"""Part of the cost that an integer programme may leave: less than the slopes are wrong by."""

AMONG: Final = 100
"""Shifts that an integer programme chooses among: those that the linear programme takes, and those of the least reduced cost.
Among all of them it takes three times as long and finds worse."""

REPLACED: Final = 3
"""Heads at most that go where a plan is mended: others come in their place, or they stay longer."""

IN_HAND: Final = 0.5
"""Standard errors by which each attempt to mend a plan keeps more in hand than the one before."""

POLISH_RUNS: Final = 160
"""Runs at most of the search shift by shift; most are over after a few days (`dismissal.py`)."""

ALIKE: Final = 0.75
"""Part of the time of a shift that another must share to be tried in its place."""


class ShiftSearch:
    """Candidate shifts of all teams, and the search among them."""

    def __init__(self, search: Search, patterns: Patterns, shrinkage: float) -> None:
        self.search = search
        self.shrinkage = shrinkage
        self.shifts = [
            shift
            for t in range(len(search.teams))
            for shift in candidates(t, patterns, search.intervals, search.interval_s)
        ]
        there = np.asarray([presence(shift, search.intervals, search.interval_s) for shift in self.shifts])
        self.team = np.asarray([shift.team for shift in self.shifts])
        self.costs = np.asarray([search.teams[shift.team].cost * shift.paid_h for shift in self.shifts])
        matrix = np.zeros((len(self.shifts), len(search.teams), search.intervals))
        matrix[np.arange(len(self.shifts)), self.team] = there
        self.presence = matrix
        self.response: Response | None = None
        self.judge = Dismissal(search)

    # --- designs -----------------------------------------------------------------------------------------------------

    def heads_of(self, plan: ShiftPlan) -> Heads:
        """A plan of these candidates as numbers of heads."""
        place = {replace(shift, heads=0): c for c, shift in enumerate(self.shifts)}
        heads = np.zeros(len(self.shifts), dtype=np.int64)
        for shift in plan.shifts:
            heads[place[replace(shift, heads=0)]] += shift.heads
        return heads

    def plan_of(self, heads: Heads) -> ShiftPlan:
        """Numbers of heads as a plan."""
        shifts = tuple(replace(self.shifts[c], heads=int(heads[c])) for c in np.flatnonzero(heads))
        return ShiftPlan(shifts, sum(one.heads * one.paid_h for one in shifts), self.cost(heads), 0.0, self.shrinkage)

    def cost(self, heads: Heads) -> float:
        """Cost of a design."""
        return float(self.costs @ heads)

    def at_work(self, heads: Heads) -> Floats:
        """Members at work by team and interval, those that shrinkage takes left out."""
        return np.asarray(np.tensordot(heads, self.presence, 1) * (1 - self.shrinkage))

    def run(self, heads: Heads, first: int = 0, days: int | None = None) -> tuple[Results, Floats]:
        """A design on the search's callers, or on others from replication `first` on, and its members' time by interval."""
        plan = self.plan_of(heads)
        staffed_s = plan.staffed_s(self.search.intervals, self.search.interval_s)
        scenario = plan.scenario(self.search.scenario, self.search.teams)
        return self.search.run_scenario(scenario, first, days), staffed_s

    def _fits(self, heads: Heads) -> bool:
        return all(
            heads[self.team == t].sum() * (1 - self.shrinkage) <= len(team.members) - 1
            for t, team in enumerate(self.search.teams)
        )

    def keeps(self, heads: Heads) -> bool:
        """Whether a design keeps every target on the search's callers, told early where it plainly does not."""
        if not self._fits(heads):
            return False
        plan = self.plan_of(heads)
        scenario = plan.scenario(self.search.scenario, self.search.teams)
        staffed_s = plan.staffed_s(self.search.intervals, self.search.interval_s)
        run = partial(self.search.run_scenario, scenario)
        return not self.judge.missed(run, staffed_s).any()

    # --- search ------------------------------------------------------------------------------------------------------

    def improve(self, counts: Counts, heads: Heads, report: Callable[[float], None]) -> Heads:
        """Cheaper shifts than `heads`, which cover `counts`, that keep the targets too; or `heads` themselves."""
        best = heads
        at_work = counts.astype(np.float64)
        results, staffed_s = self.search.run(counts), self.search.staffed_s(counts)
        for centre in range(CENTRES):
            self.response = Response(self.search, np.rint(at_work).astype(np.int64))
            found = self._choose(at_work, results, staffed_s, best)
            report((centre + 1) / (CENTRES + 1))
            if found is None:
                if centre or not best.any():
                    break
                found = best  # Around the requirement nothing is cheaper; perhaps around the shifts that cover it.
            best = found
            at_work = self.at_work(best)
            results, staffed_s = self.run(best)
        return self._polish(best)

    def mend(self, heads: Heads, results: Results, staffed_s: Floats, attempt: int) -> Heads:
        """Shifts that keep the targets on the days of a simulated design that does not: the cheapest that differ in few heads,
        else one head more wherever a target is missed. Each `attempt` keeps more in hand, so that attempts come to an end."""
        if self.response is None:
            self.response = Response(self.search, np.rint(self.at_work(heads)).astype(np.int64))
        sure = IN_HAND * (attempt + 1)
        values = self.response.values(results, staffed_s, sure)
        cuts: list[tuple[Floats, Floats]] = []
        for _ in range(CHOICES):
            found = self._solve(self.at_work(heads), values, cuts, math.inf, heads)
            if found is None:
                break
            tried, tried_s = self.run(found, results.samples[0].replication, results.replications)
            short = self.search.shortfall(tried, tried_s, sure)
            if self.search.spared is not None:
                short = np.where(self.search.spared, self.search.shortfall(tried, tried_s, 0.0), short)
            if not short.any():
                return found
            cuts.append((self.at_work(found), self.response.values(tried, tried_s, sure)))
        wanted = np.floor(self.at_work(heads)).astype(np.int64)
        before = wanted.copy()
        self.search.more(wanted, self.search.shortfall(results, staffed_s))
        more = heads.copy()
        for t in range(len(self.search.teams)):
            missing = wanted[t] > before[t]
            while missing.any():
                help_ = (self.presence[:, t] * missing).sum(axis=1) / self.costs
                best = int(help_.argmax())
                if help_[best] <= 0:
                    break
                more[best] += 1
                missing &= self.presence[best, t] < 1
        return more

    def _choose(self, at_work: Floats, results: Results, staffed_s: Floats, best: Heads) -> Heads | None:
        """The first choice that holds and costs less than `best`."""
        assert self.response is not None
        values = self.response.values(results, staffed_s)
        cuts: list[tuple[Floats, Floats]] = []
        for _ in range(CHOICES):
            found = self._solve(at_work, values, cuts, self.cost(best))
            if found is None:
                return None
            tried, tried_s = self.run(found)
            if not self.search.missed(tried, tried_s).any():
                return found
            cuts.append((self.at_work(found), self.response.values(tried, tried_s)))
        return None

    def _solve(
        self,
        at_work: Floats,
        values: Floats,
        cuts: list[tuple[Floats, Floats]],
        below: float,
        near: Heads | None = None,
    ) -> Heads | None:
        """The cheapest shifts by the slopes around a centre, less the cuts; None if none cost less than `below`. Of `near`, where
        given, at most `REPLACED` heads go.

        The linear programme says first which shifts are worth choosing among, and whether any choice costs less.
        """
        assert self.response is not None
        more, less = self.response.slopes(self.response.more), self.response.slopes(self.response.less)
        n, cells = len(self.shifts), at_work.size
        used = np.zeros(0, dtype=np.int64) if near is None else np.flatnonzero(near)
        here = sparse.csr_matrix(self.presence.reshape(n, cells).T * (1 - self.shrinkage))
        one = sparse.identity(cells, format="csr")

        def wide(left: sparse.csr_matrix, gone: sparse.csr_matrix | None = None) -> sparse.csr_matrix:
            height = left.shape[0]
            blank = sparse.csr_matrix((height, n + 3 * cells - left.shape[1]))
            last = sparse.csr_matrix((height, len(used))) if gone is None else gone
            return sparse.hstack([left, blank, last], format="csr")

        # Columns: heads, the first member more, those after it, members fewer, heads of `near` that go.
        balance = wide(sparse.hstack([here, -one, -one, one]))
        rows = [wide(sparse.hstack([sparse.csr_matrix((len(values), n)), more, FURTHER * more, -less]))]
        lowest = [np.minimum(-values, self._most(more))]
        for place, short in cuts:
            missed = np.flatnonzero(short < 0)
            if not len(missed):
                missed = np.asarray([int(np.argmin(short))])
            slopes = STEEPER * np.maximum(less[missed].toarray(), 1e-6)
            rows.append(wide(sparse.csr_matrix(slopes) @ here))
            lowest.append(np.maximum(-short[missed], 1e-4) + slopes @ place.ravel())
        if math.isfinite(below):
            rows.append(wide(sparse.csr_matrix(-self.costs[None, :])))
            lowest.append(np.asarray([1e-6 - below]))
        if near is not None:
            own = sparse.csr_matrix((np.ones(len(used)), (np.arange(len(used)), used)), shape=(len(used), n))
            rows.append(wide(own, sparse.identity(len(used), format="csr")))
            lowest.append(near[used].astype(np.float64))
            rows.append(wide(sparse.csr_matrix((1, n)), sparse.csr_matrix(-np.ones((1, len(used))))))
            lowest.append(np.asarray([-float(REPLACED)]))
        matrix, least = sparse.vstack(rows, format="csr"), np.concatenate(lowest)
        costs = np.concatenate([self.costs, np.full(3 * cells, 1e-6), np.zeros(len(used))])
        upper = np.concatenate(
            [
                self.search.most[self.team].astype(np.float64),
                np.ones(cells),
                np.full(cells, np.inf),
                self._fewer(at_work),
                np.full(len(used), np.inf),
            ]
        )
        relaxed = optimize.linprog(
            costs,
            A_ub=-matrix,
            b_ub=-least,
            A_eq=balance,
            b_eq=at_work.ravel(),
            bounds=np.column_stack([np.zeros(len(costs)), upper]),
        )
        if relaxed.x is None or relaxed.fun >= below:
            return None
        promise = np.where(relaxed.x[:n] > 1e-9, -1.0, relaxed.lower.marginals[:n])
        promise[used] = -1.0
        chosen = np.sort(np.argsort(promise, kind="stable")[: max(AMONG, int((promise < 0).sum()))])
        columns = np.concatenate([chosen, np.arange(n, len(costs))])
        found = optimize.milp(
            costs[columns],
            constraints=[
                optimize.LinearConstraint(balance[:, columns], lb=at_work.ravel(), ub=at_work.ravel()),
                optimize.LinearConstraint(matrix[:, columns], lb=least),
            ],
            integrality=np.concatenate([np.ones(len(chosen)), np.zeros(len(costs) - n)]),
            bounds=optimize.Bounds(0, upper[columns]),
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )
        if found.x is None:
            return None
        heads = np.zeros(n, dtype=np.int64)
        heads[chosen] = np.rint(found.x[: len(chosen)])
        return heads if self.cost(heads) < below - 1e-9 and self._fits(heads) else None

    def _fewer(self, at_work: Floats) -> Floats:
        """Members by which each interval may be short: over the day some intervals may be left to others altogether."""
        step = 2 * STEP if self.search.targets.per == "day" else STEP
        return np.minimum(step, at_work.ravel())

    def _most(self, more: sparse.csr_matrix) -> Floats:
        """What a row can gain: a target that members of the measured designs cannot mend must not forbid everything."""
        gain = np.asarray(more.sum(axis=1)).ravel()
        return gain + 1e-9

    # --- shift by shift ----------------------------------------------------------------------------------------------

    def _polish(self, heads: Heads) -> Heads:
        """Leave out shifts, put cheaper ones in their place, or one for two, as long as the targets hold. A move that failed is
        tried again only after an exchange: where shifts were only left out it would fail again."""
        best = heads.copy()
        results, staffed_s = self.run(best)
        self.judge.known(results, staffed_s)
        assert self.response is not None
        values = self.response.values(results, staffed_s)
        more, less = self.response.slopes(self.response.more), self.response.slopes(self.response.less)
        runs = 0
        failed: set[Move] = set()
        changed = True
        while changed and runs < POLISH_RUNS:
            changed = False
            for move in self._neighbours(best):
                if move in failed or runs >= POLISH_RUNS or self._is_hopeless(move, values, more, less):
                    continue
                runs += 1
                tried = self._moved(best, *move)
                if self.keeps(tried):
                    self.judge.accept()
                    best, changed = tried, True
                    values = self.response.values(*self.run(best))
                    if move[1]:
                        failed.clear()
                    break
                failed.add(move)
        return best

    def _is_hopeless(self, move: Move, values: Floats, more: sparse.csr_matrix, less: sparse.csr_matrix) -> bool:
        """Whether a move plainly makes a target fall short by the slopes."""
        out, new = move
        change = (self.presence[list(new)].sum(axis=0) - self.presence[list(out)].sum(axis=0)).ravel()
        change = change * (1 - self.shrinkage)
        brings = more @ np.maximum(change, 0) - (1 - BENEFIT) * (less @ np.maximum(-change, 0))
        return bool(((values + brings < 0) & (brings < 0)).any())

    def _neighbours(self, heads: Heads) -> list[Move]:
        """Moves that save something, those that save most first: a shift fewer, a cheaper one at about the same time, or for two
        shifts one of a team that serves the queues of both."""
        used = [int(c) for c in np.flatnonzero(heads)]
        time = self.presence.sum(axis=1)
        shared = {c: np.minimum(time[c], time).sum(axis=1) for c in used}
        length = time.sum(axis=1)
        serves = [frozenset(team.queues) for team in self.search.teams]
        queues = [serves[t] for t in self.team]
        found: list[tuple[float, Move]] = []
        for n, c in enumerate(used):
            found.append((self.costs[c], ((c,), ())))
            alike = np.asarray([bool(queues[c] & one) for one in serves])[self.team]
            for other in np.flatnonzero((self.costs < self.costs[c] - 1e-9) & (shared[c] >= ALIKE * length) & alike):
                found.append((self.costs[c] - self.costs[other], ((c,), (int(other),))))
            for d in used[n + (heads[c] < 2) :]:
                both = np.asarray([queues[c] | queues[d] <= one for one in serves])[self.team]
                cheaper = self.costs < self.costs[c] + self.costs[d] - 1e-9
                near = (shared[c] >= ALIKE * length[c]) & (shared[d] >= ALIKE * length[d])
                possible = np.flatnonzero(both & cheaper & near)
                if len(possible):
                    best = possible[(shared[c] + shared[d])[possible].argmax()]
                    found.append((self.costs[c] + self.costs[d] - self.costs[best], ((c, d), (int(best),))))
        found.sort(key=lambda one: -one[0])
        return [move for _, move in found]

    def _moved(self, heads: Heads, out: tuple[int, ...], new: tuple[int, ...]) -> Heads:
        moved = heads.copy()
        np.subtract.at(moved, list(out), 1)
        np.add.at(moved, list(new), 1)
        return moved
