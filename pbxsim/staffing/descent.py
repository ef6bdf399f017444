"""Moves of the search by intervals: members added until the targets hold, then fewer or cheaper ones as long as they do.

Decides which members are tried without: one less of a team, or some for fewer or cheaper ones of other teams. Moves in intervals
far apart are tried in one run. Exchanges are tried only where the measured answer of the targets to one member more and one less
(`response.py`) leaves them a chance, and measured again around what was found. Leaves runs and targets to `search.py`, early
dismissal to `dismissal.py`.

Source: local search over several skills, Cezik and L'Ecuyer (2008), section 5.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pbxsim.results.results import Results
from pbxsim.staffing.dismissal import Dismissal
from pbxsim.staffing.response import Response
from pbxsim.staffing.search import Counts, Search
from pbxsim.staffing.teams import scenario_of

ROUNDS_UP: Final = 40
"""Rounds of adding members before everybody is added."""

FEW_TEAMS: Final = 4
"""Teams up to which exchanges of three members for two are tried."""

MOVES_AT_MOST: Final = 60
"""Exchanges that are tried in each interval."""

MANY_TEAMS: Final = 8
"""Teams from which only the cheapest start goes on: giving away members and measuring slopes take runs for each team."""

CENTRES: Final = 4
"""Times at most that the answer of the targets is measured anew around a better plan."""

BENEFIT: Final = 0.2
"""Part of what a move is predicted to take from a target that is not held against it: two who go, or one who goes as another
comes, take less than the sum of their slopes where they serve the same queues."""


class Descent:
    """The search by intervals."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.teams = len(search.teams)
        self.judge = Dismissal(search)

    def add(self, counts: Counts, report: Callable[[float], None]) -> Counts:
        """Add members where a target is missed, until none is or nobody is left to add."""
        search = self.search
        counts = counts.copy()
        for step in range(ROUNDS_UP):
            before = counts.copy()
            missed = search.missed(search.run(counts), search.staffed_s(counts))
            if not missed.any():
                return counts
            search.more(counts, missed)
            if (counts == before).all():
                # Another team can help: everybody who serves a queue that is short.
                for r, i in zip(*np.nonzero(missed), strict=True):
                    serving = sorted({t for queue in search.rows[r].queues for t in search.serving(queue)})
                    counts[serving, i] = np.minimum(search.most[serving], counts[serving, i] + 1)
                if (counts == before).all():
                    return counts
            report(1 - 0.8 ** (step + 1))
        return search.everybody()

    def best_of(self, starts: Sequence[Counts], report: Callable[[float], None], *, centres: int) -> Counts:
        """The cheapest plan that the search reaches from any of these starts. All are brought to keep the targets, and then, or
        where there are many teams only the cheapest, give away single members. The two cheapest go on to exchanges, around so
        many `centres` at most; the cheapest alone where that is 1, and none where it is 0."""
        cost = self.search.cost
        distinct = {start.tobytes(): start for start in starts}
        added = []
        for n, start in enumerate(distinct.values()):
            added.append(self.add(start, lambda share, n=n: report(0.3 * (n + share) / len(distinct))))  # type: ignore[misc]
        if self.teams >= MANY_TEAMS:
            added = [min(added, key=cost)]
        lean = []
        for n, counts in enumerate(added):
            lean.append(self.descend(counts, self._single()))
            report(0.3 + 0.3 * (n + 1) / len(added))
        lean.sort(key=cost)
        best = lean[0]
        if self.teams > 1 and centres:
            further = lean[: 2 if centres > 1 and cost(lean[-1]) > cost(best) else 1]
            found = []
            for n, counts in enumerate(further):
                found.append(self.exchanged(counts, centres))
                report(0.6 + 0.4 * (n + 1) / len(further))
            best = min(found, key=cost)
        return best

    def exchanged(self, counts: Counts, centres: int) -> Counts:
        """A plan after all exchanges that stand a chance, until nothing changes or around so many centres."""
        moves = self._single() + self.exchanges()
        for _ in range(centres):
            before = self.search.cost(counts)
            counts = self.descend(counts, moves, self._hopeless(counts, moves))
            if self.search.cost(counts) >= before:
                break
        return counts

    def _hopeless(self, counts: Counts, moves: Sequence[Counts]) -> npt.NDArray[np.bool_]:
        """By move and interval, whether a target is plainly missed by the slopes around a plan."""
        search = self.search
        response = Response(search, counts, max(2, search.reps // 2))
        values = response.values(search.run(counts), search.staffed_s(counts))
        return np.asarray([response.falls_short(move, values, BENEFIT) for move in moves])

    def descend(self, counts: Counts, moves: Sequence[Counts], hopeless: npt.NDArray[np.bool_] | None = None) -> Counts:
        """Save members wherever the targets still hold, until no move saves anything more. Moves that are `hopeless` in an
        interval are not tried there.

        A move that failed in an interval is not tried there again until an exchange there or beside it was accepted: where
        members were only taken away it would fail again.
        """
        search = self.search
        counts = counts.copy()
        self.judge.known(search.run(counts), search.staffed_s(counts))
        barred = np.zeros((len(moves), search.intervals), dtype=bool) if hopeless is None else hopeless
        stuck = barred.copy()
        changed = True
        while changed:
            changed = False
            for m, move in enumerate(moves):
                for offset in range(search.apart):
                    places = range(offset, search.intervals, search.apart)
                    possible = [i for i in places if not stuck[m, i] and bool((counts[:, i] + move >= 0).all())]
                    if not possible:
                        continue
                    accepted = self._try(counts, move, possible, stuck[m])
                    changed |= bool(accepted)
                    if (move > 0).any():
                        for i in accepted:
                            near = slice(max(0, i - 1), i + 2)
                            stuck[:, near] = barred[:, near]
        return counts

    def _single(self) -> list[Counts]:
        """One member less, of expensive teams first."""
        return [self._change([t], []) for t in sorted(range(self.teams), key=lambda t: -self.search.teams[t].cost)]

    def exchanges(self) -> list[Counts]:
        """Members of some teams for fewer or cheaper ones of others who serve the same queues: up to three for two where there
        are few teams, two for one or one for one where there are many; those that save most per member first."""
        teams = self.search.teams
        few = len(teams) <= FEW_TEAMS
        sizes = ((1, 1), (2, 1), (2, 2), (3, 2)) if few else ((1, 1), (2, 1))
        serves = [set(team.queues) for team in teams]
        rates = [team.cost for team in teams]
        found: list[tuple[int, float, Counts]] = []
        for away, instead in sizes:
            for out in itertools.combinations_with_replacement(range(len(teams)), away):
                near = [t for t in range(len(teams)) if t not in out and any(serves[t] & serves[o] for o in out)]
                for new in itertools.combinations_with_replacement(near, instead):
                    saved = sum(rates[t] for t in out) - sum(rates[t] for t in new)
                    if saved > 1e-9 and all(any(serves[o] & serves[t] for t in new) for o in out):
                        found.append((away + instead, -saved, self._change(out, new)))
        found.sort(key=lambda one: one[:2])
        return [move for _, _, move in found[:MOVES_AT_MOST]]

    def _change(self, out: Sequence[int], new: Sequence[int]) -> Counts:
        change = np.zeros(self.teams, dtype=np.int64)
        np.subtract.at(change, list(out), 1)
        np.add.at(change, list(new), 1)
        return change

    def _try(self, counts: Counts, move: Counts, places: list[int], stuck: npt.NDArray[np.bool_]) -> list[int]:
        """Try a move at all `places` at once; those near which a target falls are put back, until the rest holds."""
        search = self.search
        left = list(places)
        while left:
            design = counts.copy()
            design[:, left] += move[:, None]
            missed = np.asarray(self.judge.missed(self._run(design), search.staffed_s(design)).any(axis=0))
            if not missed.any():
                self.judge.accept()
                counts[:, left] = design[:, left]
                return left
            near = [i for i in left if missed[i : i + search.apart].any()]
            if len(left) == 1:
                stuck[left[0]] = True
                return []
            if search.targets.per == "day" or not near:
                del left[(len(left) + 1) // 2 :]  # the rest is tried another time
                continue
            for i in near:
                stuck[i] = True
                left.remove(i)
        return left

    def _run(self, design: Counts) -> Callable[[int, int], Results]:
        search = self.search
        scenario = scenario_of(search.scenario, search.teams, design, search.interval_s)
        return lambda first, days: search.run_scenario(scenario, first, days)
