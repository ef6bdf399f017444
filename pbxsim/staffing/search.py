"""The search behind staffing: which interval misses which target, and moves that mend it or save members.

Decides how sure an estimate must be, where members are added, and which are tried without: one less of a team, or one member
of several queues for one of each. Moves in intervals far apart are tried in one run, all on the same callers (common random
numbers). Leaves what is asked for, and the proof on unseen callers, to `plan.py`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pbxsim.results.metrics import COUNTS
from pbxsim.results.results import Results
from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import OF_CALLS, Targets
from pbxsim.staffing.teams import Team, scenario_of

Counts = npt.NDArray[np.int64]
"""Members by team and interval."""

Floats = npt.NDArray[np.float64]

ROUNDS_UP: Final = 40
"""Rounds of adding members before everybody is added."""

FEW_TEAMS: Final = 4
"""Teams up to which exchanges of three members for two are tried."""

MOVES_AT_MOST: Final = 60
"""Exchanges that are tried in each interval."""

REMEMBERS_S: Final = 900.0
"""A queue forgets in this time and the length of a talk how it was staffed before."""

APART: Final = 4
"""Intervals at most between two that are changed in one run."""

SURE: Final = 1.0
"""Standard errors by which an estimate must keep a target while the search looks at the same callers again and again."""

COUNT_AT: Final = {name: COUNTS.index(name) for name in COUNTS}


def tensor(results: Results, queues: Sequence[int], intervals: int) -> Floats:
    """Counts by replication, queue, interval and kind of count."""
    row = {queue: q for q, queue in enumerate(queues)}
    out = np.zeros((results.replications, len(queues), intervals, len(COUNTS)))
    for n, sample in enumerate(results.samples):
        for queue, i, counts in sample.cells:
            if queue in row:
                out[n, row[queue], i] += counts
    return out


def ratio(above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Ratios of sums over the first axis, and their standard errors by the delta method; NaN where nothing is below."""
    n = len(above)
    total = below.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = above.sum(axis=0) / total
        rest = above - value * below
        error = np.sqrt((rest**2).sum(axis=0) / max(1, n - 1) / n) / (total / n)
    return value, error


class Search:
    """The state of one search: what is asked for, and how a design does on the callers of the search."""

    def __init__(
        self, workers: Workers, scenario: Scenario, teams: tuple[Team, ...], targets: Targets, reps: int, peak: int
    ) -> None:
        self.workers = workers
        self.scenario = scenario
        self.teams = teams
        self.targets = targets
        self.reps = reps
        self.peak = peak
        self.interval_s = scenario.measure.interval_min * 60
        self.intervals = math.ceil(scenario.hours * 3600 / self.interval_s - 1e-9)
        self.queues = sorted({queue for team in teams for queue in team.queues})
        self.rows = targets.rows(self.queues)
        """What is asked of each queue, then of each group."""
        self.asked = {
            name: np.array([[math.nan if (goal := getattr(row.goals, name)) is None else goal] for row in self.rows])
            for name in OF_CALLS
        }
        """By goal: what is asked of each row, NaN for nothing."""
        self.apart = self._apart()
        self.spared: npt.NDArray[np.bool_] | None = None
        """Rows and intervals where members to spare keep a target, but not by the margin asked for: not looked at."""
        self.late: Floats = np.zeros((len(self.queues), self.intervals))
        """By queue and interval, calls not answered in time in the run looked at last: which queue of a group to help first."""
        self.calls = 0

    def _apart(self) -> int:
        """Intervals between two that are changed in one run, so that each miss shows which change it comes from."""
        talk = self.scenario.talk
        longest = max([talk.default.mean, *(length.mean for length in talk.queues.values())])
        return min(APART, 1 + math.ceil((REMEMBERS_S + longest) / self.interval_s))

    def run(self, counts: Counts, first: int = 0, reps: int | None = None) -> Results:
        """Simulate a design on the search's callers, or on others from replication `first` on."""
        return self.run_scenario(scenario_of(self.scenario, self.teams, counts, self.interval_s), first, reps)

    def run_scenario(self, scenario: Scenario, first: int = 0, reps: int | None = None) -> Results:
        """The same of any scenario."""
        results = self.workers.simulate(scenario, range(first, first + (reps or self.reps)))
        self.calls += results.simulated_calls
        return results

    # --- targets -----------------------------------------------------------------------------------------------------

    def counted(self, results: Results) -> Floats:
        """Counts by replication, row (queues, then groups), interval and kind of count."""
        of_queues = tensor(results, self.queues, self.intervals)
        groups = [of_queues[:, self.places(row.queues)].sum(axis=1, keepdims=True) for row in self.rows if row.group]
        return np.concatenate([of_queues, *groups], axis=1) if groups else of_queues

    def places(self, queues: Sequence[int]) -> list[int]:
        """Where queues stand in `queues`."""
        return [self.queues.index(queue) for queue in queues]

    def figures(self, results: Results, staffed_s: Floats) -> dict[str, tuple[Floats, Floats]]:
        """Service level, abandoned share, speed of answer by row and interval, and occupancy (all rows alike), each with
        its standard error; over the day, repeated, where targets are `per: day`. `staffed_s` is members' time by interval."""
        counted = self.counted(results)
        if self.targets.per == "day":
            counted[:] = counted.sum(axis=2, keepdims=True)
            staffed_s = np.full_like(staffed_s, staffed_s.sum())
        of = {name: counted[..., place] for name, place in COUNT_AT.items()}
        lost = of["refused"] + of["timed_out"] + of["left"]
        served = of["answered"] + of["abandoned"] - of["abandoned_within"] + lost
        own = slice(len(self.queues))
        self.late = (served - of["answered_within"])[:, own].mean(axis=0)
        work_s = (of["talk_us"] + of["wrap_up_us"])[:, own].sum(axis=1, keepdims=True) / 1e6
        there = np.broadcast_to(np.maximum(staffed_s, 1e-9), work_s.shape)
        occupancy, error = ratio(work_s, there)
        shape = (len(self.rows), self.intervals)
        return {
            "service_level": ratio(of["answered_within"], served),
            "abandoned_share": ratio(of["abandoned"] + lost, of["offered"]),
            "answer_speed_s": ratio(of["answered_wait_us"] / 1e6, of["answered"]),
            "occupancy": (np.broadcast_to(occupancy, shape), np.broadcast_to(error, shape)),
            "offered": (of["offered"].mean(axis=0), np.zeros(shape)),
        }

    def shortfall(self, results: Results, staffed_s: Floats, sure: float = SURE) -> Floats:
        """By row and interval, how far the worst target is missed, as a share; 0 where all hold or nobody called.

        A target counts as kept when the estimate keeps it by `sure` standard errors.
        """
        figures, asked, occupancy = self.figures(results, staffed_s), self.asked, self.targets.occupancy
        called = figures["offered"][0] > 0
        table = np.zeros(called.shape)
        value, error = figures["service_level"]
        aim = asked["service_level"]
        table = np.fmax(table, np.fmax(0.0, aim - np.where(value >= 1.0, value, value - sure * error)))
        value, error = figures["abandoned_share"]
        table = np.fmax(table, np.where(value > 0, value + sure * error, 0.0) - asked["abandoned_share"])
        value, error = figures["answer_speed_s"]
        aim = asked["answer_speed_s"]
        slow = (value + sure * error - aim) / np.fmax(1.0, aim)
        nobody = np.isnan(value) & called & ~np.isnan(aim)
        table = np.fmax(table, np.where(nobody, 1.0, np.minimum(1.0, slow)))
        if occupancy is not None:
            value, error = figures["occupancy"]
            table = np.fmax(table, value + sure * error - occupancy)
        return np.where(called, np.maximum(0.0, table), 0.0)

    def staffed_s(self, counts: Counts) -> Floats:
        """Members' time by interval under a design, seconds."""
        return np.asarray(counts.sum(axis=0) * float(self.interval_s))

    def missed(self, counts: Counts) -> Floats:
        """The shortfall of a design on the search's callers."""
        short = self.shortfall(self.run(counts), self.staffed_s(counts))
        return short if self.spared is None else np.where(self.spared, 0.0, short)

    def cost(self, counts: Counts) -> float:
        """Cost of a design."""
        rates = np.array([team.cost for team in self.teams])
        return float((counts.sum(axis=1) * rates).sum() * self.interval_s / 3600)

    def serving(self, queue: int) -> list[int]:
        """Teams that serve a queue, those with the fewest other queues first, cheaper ones first."""
        return sorted(
            (t for t, team in enumerate(self.teams) if queue in team.queues),
            key=lambda t: (len(self.teams[t].queues), self.teams[t].cost),
        )

    # --- moves -------------------------------------------------------------------------------------------------------

    def add(self, counts: Counts, report: Callable[[float], None]) -> Counts:
        """Add members where a target is missed, until none is or nobody is left to add."""
        counts = counts.copy()
        for step in range(ROUNDS_UP):
            before = counts.copy()
            missed = self.missed(counts)
            if not missed.any():
                return counts
            self.more(counts, missed)
            if (counts == before).all():
                # Another team can help: everybody who serves a queue that is short.
                for r, i in zip(*np.nonzero(missed), strict=True):
                    serving = sorted({t for queue in self.rows[r].queues for t in self.serving(queue)})
                    counts[serving, i] = np.minimum(self.peak, counts[serving, i] + 1)
                if (counts == before).all():
                    return counts
            report(1 - 0.8 ** (step + 1))
        return np.full_like(counts, self.peak)

    def more(self, counts: Counts, missed: Floats) -> None:
        """Put members where targets are missed, in place: one of many queues where several are short together."""
        if self.targets.per == "day":
            for r, row in enumerate(self.rows):
                if missed[r].any():
                    team = self.serving(max(row.queues, key=lambda queue: self._late_of(queue).sum()))[0]
                    busy = np.flatnonzero(counts[team]) if counts[team].any() else np.arange(self.intervals)
                    counts[team, busy] = np.minimum(self.peak, counts[team, busy] + 1)
            return
        for i in np.flatnonzero(missed.any(axis=0)):
            behind: dict[int, float] = {}
            for r in np.flatnonzero(missed[:, i]).tolist():
                queue = max(self.rows[r].queues, key=lambda queue, i=i: self._late_of(queue)[i])  # type: ignore[misc]
                behind[queue] = max(behind.get(queue, 0.0), missed[r, i])
            short = set(behind)
            while short:
                team = min(range(len(self.teams)), key=lambda t: self._price(t, short))
                helped = short & set(self.teams[team].queues)
                worst = max(behind[queue] for queue in helped)
                more = max(1, round(counts[team, i] * worst / 4))
                counts[team, i] = min(self.peak, counts[team, i] + more)
                # A queue that is long at the beginning of an interval was not served in the one before.
                if i and worst > 0.3:
                    counts[team, i - 1] = min(self.peak, counts[team, i - 1] + 1)
                short -= helped

    def _late_of(self, queue: int) -> Floats:
        """Calls of a queue not answered in time, by interval."""
        return np.asarray(self.late[self.queues.index(queue)])

    def _price(self, team: int, short: set[int]) -> tuple[float, int]:
        """Cost for each short queue that a member of the team would help; teams that help none come last."""
        helped = len(short & set(self.teams[team].queues))
        return (self.teams[team].cost / helped if helped else math.inf, len(self.teams[team].queues))

    def best_of(self, starts: Sequence[Counts], report: Callable[[float], None]) -> Counts:
        """The cheapest plan that the search reaches from any of these starts. All are brought to keep the targets and give
        away single members; the two cheapest go on to exchanges."""
        distinct = {start.tobytes(): start for start in starts}
        lean = []
        for n, start in enumerate(distinct.values()):
            added = self.add(start, lambda share, n=n: report(0.6 * (n + share / 2) / len(distinct)))  # type: ignore[misc]
            lean.append(self.descend(added, self._single()))
            report(0.6 * (n + 1) / len(distinct))
        lean.sort(key=self.cost)
        best = lean[0]
        if len(self.teams) > 1:
            further = lean[: 2 if self.cost(lean[-1]) > self.cost(best) else 1]
            found = []
            for n, counts in enumerate(further):
                found.append(self.descend(counts, self._single() + self.exchanges()))
                report(0.6 + 0.4 * (n + 1) / len(further))
            best = min(found, key=self.cost)
        return best

    def descend(self, counts: Counts, moves: Sequence[Counts]) -> Counts:
        """Save members wherever the targets still hold, until no move saves anything more.

        A move that failed in an interval is not tried there again until an exchange there or beside it was accepted: where
        members were only taken away it would fail again.
        """
        counts = counts.copy()
        stuck = np.zeros((len(moves), self.intervals), dtype=bool)
        changed = True
        while changed:
            changed = False
            for m, move in enumerate(moves):
                for offset in range(self.apart):
                    places = range(offset, self.intervals, self.apart)
                    possible = [i for i in places if not stuck[m, i] and bool((counts[:, i] + move >= 0).all())]
                    if not possible:
                        continue
                    accepted = self._try(counts, move, possible, stuck[m])
                    changed |= bool(accepted)
                    if (move > 0).any():
                        for i in accepted:
                            stuck[:, max(0, i - 1) : i + 2] = False
        return counts

    def _single(self) -> list[Counts]:
        """One member less, of expensive teams first."""
        return [self._change([t], []) for t in sorted(range(len(self.teams)), key=lambda t: -self.teams[t].cost)]

    def exchanges(self) -> list[Counts]:
        """Members of some teams for fewer or cheaper ones of others who serve the same queues: up to three for two where there
        are few teams, two for one or one for one where there are many; those that save most per member first."""
        few = len(self.teams) <= FEW_TEAMS
        sizes = ((1, 1), (2, 1), (2, 2), (3, 2)) if few else ((1, 1), (2, 1))
        serves = [set(team.queues) for team in self.teams]
        rates = [team.cost for team in self.teams]
        found: list[tuple[int, float, Counts]] = []
        for away, instead in sizes:
            for out in itertools.combinations_with_replacement(range(len(self.teams)), away):
                near = [t for t in range(len(self.teams)) if t not in out and any(serves[t] & serves[o] for o in out)]
                for new in itertools.combinations_with_replacement(near, instead):
                    saved = sum(rates[t] for t in out) - sum(rates[t] for t in new)
                    if saved > 1e-9 and all(any(serves[o] & serves[t] for t in new) for o in out):
                        found.append((away + instead, -saved, self._change(out, new)))
        found.sort(key=lambda one: one[:2])
        return [move for _, _, move in found[:MOVES_AT_MOST]]

    def _change(self, out: Sequence[int], new: Sequence[int]) -> Counts:
        change = np.zeros(len(self.teams), dtype=np.int64)
        np.subtract.at(change, list(out), 1)
        np.add.at(change, list(new), 1)
        return change

    def _try(self, counts: Counts, move: Counts, places: list[int], stuck: npt.NDArray[np.bool_]) -> list[int]:
        """Try a move at all `places` at once; those near which a target falls are put back, until the rest holds."""
        left = list(places)
        while left:
            design = counts.copy()
            design[:, left] += move[:, None]
            missed = np.asarray(self.missed(design).any(axis=0))
            if not missed.any():
                counts[:, left] = design[:, left]
                return left
            near = [i for i in left if missed[i : i + self.apart].any()]
            if len(left) == 1:
                stuck[left[0]] = True
                return []
            if self.targets.per == "day" or not near:
                del left[(len(left) + 1) // 2 :]  # the rest is tried another time
                continue
            for i in near:
                stuck[i] = True
                left.remove(i)
        return left
