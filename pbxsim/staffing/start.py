"""Theory's staffing: where a search begins, and what a pool of everybody would need.

Decides how loads over the day become members by interval and team. The load each queue carries if everybody is answered comes
from a run with members to spare and is spread over time by offered load; M/M/n+G then says how many agents a set of queues
needs as one pool. For each interval an integer programme takes the cheapest members of all teams such that every set of
queues is served by at least so many who serve a queue of it: with fewer, that set would fall short even as one pool. What
several skills lose against a pool is left to simulation in `search.py`.

Source: the fluid and pooling constraints of Cezik and L'Ecuyer (2008), section 4; offered load of Eick, Massey and Whitt (1993).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

import networkx as nx
import numpy as np
from scipy import optimize

from pbxsim.results import queueing_theory
from pbxsim.scenario.distributions import Exponential
from pbxsim.staffing.search import COUNT_AT, Counts, Floats, Search, tensor
from pbxsim.staffing.targets import Goals

ALL_SETS: Final = 6
"""Queues that share members up to which every set of them is looked at; else single ones, those of a team and all."""

FINE: Final = 50
"""Loads of sets are told apart to one part in so many: a step of an agent is more than that below fifty erlangs."""


class Theory:
    """Loads of a day's queues, and the members that theory puts to them."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.most = int(search.most.sum())
        pilot = search.run(search.everybody(), reps=max(5, search.reps // 2))
        counted = tensor(pilot, search.queues, search.intervals)
        self.loads_erl = np.zeros((len(search.queues), search.intervals))
        self.means_s = np.zeros(len(search.queues))
        for q in range(len(search.queues)):
            of = {name: counted[:, q, :, place] for name, place in COUNT_AT.items()}
            handled = of["handled"].sum()
            if not handled:
                continue
            busy_us = (of["talk_us"] + of["wrap_up_us"] + of["answered_wait_us"]).sum()
            self.means_s[q] = busy_us / handled / 1e6
            offered = of["offered"].mean(axis=0)
            self.loads_erl[q] = np.where(offered > 0, self._loads(offered, self.means_s[q]), 0.0)
        self._sets = self._sets_of_queues()
        self._known: dict[tuple[float, float, int], int] = {}

    def specialists(self) -> Counts:
        """Each queue by itself, served by the team with the fewest other queues."""
        counts = np.zeros((len(self.search.teams), self.search.intervals), dtype=np.int64)
        for q, queue in enumerate(self.search.queues):
            team = self.search.serving(queue)[0]
            for i in np.flatnonzero(self.loads_erl[q] > 0):
                counts[team, i] = min(self.search.most[team], counts[team, i] + self.needed((q,), int(i)))
        return counts

    def pooled(self) -> Floats:
        """Agents of one pool of everybody for all queues together, by interval."""
        everything = tuple(range(len(self.search.queues)))
        return np.asarray([float(self.needed(everything, i)) for i in range(self.search.intervals)])

    def mixed(self, flexible: float) -> Counts:
        """The cheapest members who serve every set of queues at least as a pool of it needs. `flexible` is the share of their
        cost that those of several queues are thought to save, 0 to 1: the more, the more of them there are."""
        search = self.search
        serves = np.asarray([[queue in team.queues for queue in search.queues] for team in search.teams])
        rows = np.asarray([serves[:, list(one)].any(axis=1) for one in self._sets], dtype=np.float64)
        several = np.asarray([1 - 1 / len(team.queues) for team in search.teams])
        # Of teams that cost the same, those who serve more queues.
        costs = np.asarray([team.cost for team in search.teams]) * (1 - np.maximum(flexible, 0.01) * several)
        solved: dict[tuple[float, ...], Counts] = {}
        counts = np.zeros((len(search.teams), search.intervals), dtype=np.int64)
        for i in range(search.intervals):
            needed = np.asarray([float(self.needed(one, i)) for one in self._sets])
            if not needed.any():
                continue
            key = tuple(needed.tolist())
            if key not in solved:
                found = optimize.milp(
                    costs,
                    constraints=optimize.LinearConstraint(rows, lb=needed),
                    integrality=np.ones(len(costs)),
                    bounds=optimize.Bounds(0, search.most),
                    options={"node_limit": 1000, "mip_rel_gap": 1e-3},
                )
                if found.x is None:
                    return self.specialists()
                solved[key] = np.rint(found.x).astype(np.int64)
            counts[:, i] = solved[key]
        return counts

    def _sets_of_queues(self) -> list[tuple[int, ...]]:
        """Sets of queues that share members, the smallest first."""
        search = self.search
        place = {queue: q for q, queue in enumerate(search.queues)}
        found: set[tuple[int, ...]] = {(q,) for q in place.values()}
        found.update(tuple(sorted(place[queue] for queue in team.queues)) for team in search.teams)
        for component in self.components():
            members = sorted(place[queue] for queue in component)
            found.add(tuple(members))
            if len(members) <= ALL_SETS:
                for size in range(2, len(members)):
                    found.update(itertools.combinations(members, size))
        return sorted(found, key=lambda one: (len(one), one))

    def components(self) -> list[tuple[int, ...]]:
        """Queues that share members, directly or through others, together."""
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(self.search.queues)
        for team in self.search.teams:
            graph.add_edges_from(itertools.pairwise(team.queues))
        return sorted(tuple(sorted(component)) for component in nx.connected_components(graph))

    def _loads(self, offered: Floats, mean_s: float) -> Floats:
        search = self.search
        middles = [(i + 0.5) * search.interval_s for i in range(search.intervals)]
        rates = (offered / search.interval_s).tolist()
        return np.asarray(queueing_theory.offered_load(rates, search.interval_s, Exponential(mean=mean_s), middles))

    def needed(self, queues: tuple[int, ...], i: int) -> int:
        """Agents that a set of queues needs as one pool in an interval."""
        loads = self.loads_erl[list(queues), i]
        load = float(loads.sum())
        if load <= 0:
            return 0
        means = self.means_s[list(queues)]
        mean_s = load / float((loads / np.where(means > 0, means, 1)).sum())
        most = queues[int(loads.argmax())]
        step = max(0.02, 10 ** np.floor(np.log10(load)) * 10 / FINE / 10)
        key = (round(load / step) * step, round(mean_s / 5) * 5.0 or mean_s, most)
        if key not in self._known:
            search, scenario = self.search, self.search.scenario
            patience = scenario.patience.queues.get(search.queues[most], scenario.patience.default)
            goals, occupancy = search.targets.of_queue(search.queues[most]), search.targets.occupancy
            if goals.is_empty and occupancy is None:
                return 0
            try:
                rate = max(key[0], step) / key[1]
                self._known[key] = queueing_theory.fewest_agents(
                    goal(goals, occupancy, scenario.measure.within_s), rate, 1 / key[1], patience, self.most
                )
            except ValueError:
                self._known[key] = self.most  # Theory gives up; simulation has the last word.
        return self._known[key]


def goal(goals: Goals, occupancy: float | None, within_s: float) -> Callable[[queueing_theory.Waiting], bool]:
    """Whether a queue in its steady state keeps its goals and the most of occupancy, T being `within_s`."""

    def meets(found: queueing_theory.Waiting) -> bool:
        return (
            (goals.service_level is None or found.answered_within(within_s) >= goals.service_level)
            and (goals.abandoned_share is None or found.abandoned_share <= goals.abandoned_share)
            and (goals.answer_speed_s is None or found.answer_speed <= goals.answer_speed_s)
            and (occupancy is None or found.occupancy <= occupancy)
        )

    return meets
