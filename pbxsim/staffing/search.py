"""The problem behind staffing: designs run on the same callers, which interval misses which target, and who is put there.

Decides how sure an estimate must be, and where members are added. All designs meet the same callers (common random numbers).
Leaves which designs are tried to `descent.py` and `shift_search.py`, what is asked for, and the proof on unseen callers, to
`plan.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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

REMEMBERS_S: Final = 900.0
"""A queue forgets in this time and the length of a talk how it was staffed before."""

DONE_KEPT: Final = 32
"""Results that are kept in case that a design is looked at again."""

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


def by_name(counted: Floats) -> dict[str, Floats]:
    """Kinds of count, which are the last axis, by their names."""
    return {name: counted[..., place] for name, place in COUNT_AT.items()}


def of_calls(of: dict[str, Floats]) -> dict[str, tuple[Floats, Floats]]:
    """Service level, abandoned share and speed of answer over the first axis, each with its standard error."""
    return {
        "service_level": ratio(of["answered_within"], _served(of)),
        "abandoned_share": ratio(of["abandoned"] + _lost(of), of["offered"]),
        "answer_speed_s": ratio(of["answered_wait_us"] / 1e6, of["answered"]),
    }


def _served(of: dict[str, Floats]) -> Floats:
    """Calls that the service level is a share of: who gives up within its time is none of them."""
    return of["answered"] + of["abandoned"] - of["abandoned_within"] + _lost(of)


def _lost(of: dict[str, Floats]) -> Floats:
    return of["refused"] + of["timed_out"] + of["left"]


class Search:
    """The state of one search: what is asked for, and how a design does on the callers of the search."""

    def __init__(
        self,
        workers: Workers,
        scenario: Scenario,
        teams: tuple[Team, ...],
        targets: Targets,
        reps: int,
        most: npt.ArrayLike,
    ) -> None:
        self.workers = workers
        self.scenario = scenario
        self.teams = teams
        self.targets = targets
        self.reps = reps
        self.most: Counts = np.broadcast_to(np.asarray(most, dtype=np.int64), len(teams)).copy()
        """Members of each team that may be at work at once: enough, and to spare."""
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
        self._done: dict[tuple[bytes, int, int], Results] = {}

    def _apart(self) -> int:
        """Intervals between two that are changed in one run, so that each miss shows which change it comes from."""
        talk = self.scenario.talk
        longest = max([talk.default.mean, *(length.mean for length in talk.queues.values())])
        return min(APART, 1 + math.ceil((REMEMBERS_S + longest) / self.interval_s))

    def everybody(self) -> Counts:
        """The design with members to spare in every team all the time."""
        return np.repeat(self.most[:, None], self.intervals, axis=1)

    def run(self, counts: Counts, first: int = 0, reps: int | None = None) -> Results:
        """Simulate a design on the search's callers, or on others from replication `first` on."""
        key = (counts.tobytes(), first, reps or self.reps)
        if key not in self._done:
            while len(self._done) >= DONE_KEPT:
                del self._done[next(iter(self._done))]
            scenario = scenario_of(self.scenario, self.teams, counts, self.interval_s)
            self._done[key] = self.run_scenario(scenario, first, reps)
        return self._done[key]

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
        of = by_name(counted)
        own = slice(len(self.queues))
        self.late = (_served(of) - of["answered_within"])[:, own].mean(axis=0)
        work_s = (of["talk_us"] + of["wrap_up_us"])[:, own].sum(axis=1, keepdims=True) / 1e6
        there = np.broadcast_to(np.maximum(staffed_s, 1e-9), work_s.shape)
        occupancy, error = ratio(work_s, there)
        shape = (len(self.rows), self.intervals)
        return {
            **of_calls(of),
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
        nobody = self._nobody(value, called) & called & ~np.isnan(aim)
        table = np.fmax(table, np.where(nobody, 1.0, np.minimum(1.0, slow)))
        if occupancy is not None:
            value, error = figures["occupancy"]
            table = np.fmax(table, value + sure * error - occupancy)
        return np.where(called, np.maximum(0.0, table), 0.0)

    def _nobody(self, speed_s: Floats, called: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """By row and interval, whether of a queue, or of any queue of a group, calls came and nobody answered one: a speed of
        answer says nothing of them."""
        silent = np.isnan(speed_s) & called
        of_queues = silent[: len(self.queues)]
        for r, row in enumerate(self.rows):
            if row.group:
                silent[r] |= of_queues[self.places(row.queues)].any(axis=0)
        return silent

    def staffed_s(self, counts: Counts) -> Floats:
        """Members' time by interval under a design, seconds."""
        return np.asarray(counts.sum(axis=0) * float(self.interval_s))

    def missed(self, results: Results, staffed_s: Floats) -> Floats:
        """The shortfall of a design that was run on the search's callers, where members to spare would keep the targets."""
        short = self.shortfall(results, staffed_s)
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

    def more(self, counts: Counts, missed: Floats) -> None:
        """Put members where targets are missed, in place: one of many queues where several are short together."""
        if self.targets.per == "day":
            for r, row in enumerate(self.rows):
                if missed[r].any():
                    team = self.serving(max(row.queues, key=lambda queue: self._late_of(queue).sum()))[0]
                    busy = np.flatnonzero(counts[team]) if counts[team].any() else np.arange(self.intervals)
                    counts[team, busy] = np.minimum(self.most[team], counts[team, busy] + 1)
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
                counts[team, i] = min(self.most[team], counts[team, i] + more)
                # A queue that is long at the beginning of an interval was not served in the one before.
                if i and worst > 0.3:
                    counts[team, i - 1] = min(self.most[team], counts[team, i - 1] + 1)
                short -= helped

    def _late_of(self, queue: int) -> Floats:
        """Calls of a queue not answered in time, by interval."""
        return np.asarray(self.late[self.queues.index(queue)])

    def _price(self, team: int, short: set[int]) -> tuple[float, int]:
        """Cost for each short queue that a member of the team would help; teams that help none come last."""
        helped = len(short & set(self.teams[team].queues))
        return (self.teams[team].cost / helped if helped else math.inf, len(self.teams[team].queues))
