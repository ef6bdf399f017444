"""Parts of a centre that share neither members nor calls: what is planned in one of them changes nothing in another.

Decides which queues belong together: those that a team serves, that calls of one source may come to, or that keep a target
together. Each part is then searched by itself, on the calls of its own and without the members of the others. That they do not
meet is read from the flow; the check of the whole plan on unseen callers does not rest on it. Leaves the search to `plan.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from engine.state.flow import Flow
from pbxsim.scenario.scenario import Arrivals, Scenario
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, teams_of, without


@dataclass(frozen=True)
class Part:
    """Some teams with the calls that come to them; `places` are those of the teams among all."""

    places: tuple[int, ...]
    teams: tuple[Team, ...]
    targets: Targets
    flow: Flow
    scenario: Scenario

    @property
    def queues(self) -> list[int]:
        """Queues that its teams serve."""
        return sorted({queue for team in self.teams for queue in team.queues})


def parts(small: Flow, flow: Flow, scenario: Scenario, teams: Sequence[Team], targets: Targets) -> list[Part]:
    """The parts of a centre; one of everything where nothing can be told apart. `flow` is that of the PBX, `small`, with members
    made for the teams; a part has none of those made for others."""
    everything = tuple(range(len(teams)))
    whole = [Part(everything, tuple(teams), targets, flow, scenario)]
    if targets.occupancy is not None or scenario.wrap_up_quiet or scenario.patience.crowd is not None:
        return whole  # these look at all queues together
    queues = tuple(sorted({queue for team in teams for queue in team.queues}))
    reached = {name: _reached(flow, source, queues) for name, source in scenario.arrivals.items()}
    together: nx.Graph[int] = nx.Graph()
    together.add_nodes_from(queues)
    shared = (team.queues for team in (*teams, *teams_of(small)))  # those at work whom nobody plans for too
    for one in (*shared, *(group.queues for group in targets.groups), *reached.values()):
        together.add_edges_from(itertools.pairwise(one))
    planned = {member for team in teams for member in team.members}
    shifts = tuple(shift for shift in scenario.shifts if not planned & set(shift.members))
    found = []
    for component in sorted(nx.connected_components(together), key=min):
        sources = {name: scenario.arrivals[name] for name, one in reached.items() if set(one) & component}
        if not sources:
            continue
        places = tuple(t for t in everything if set(teams[t].queues) <= component)
        others = planned - {member for t in places for member in teams[t].members}
        there = others & set(small.head.users)
        found.append(
            Part(
                places,
                tuple(teams[t] for t in places),
                _of(targets, component),
                without(flow, others - there),
                scenario.replace(arrivals=sources, shifts=shifts, absent=tuple(sorted(set(scenario.absent) | there))),
            )
        )
    return found if len(found) > 1 else whole


def _of(targets: Targets, queues: set[int]) -> Targets:
    """What is asked of some queues alone."""
    return targets.model_copy(
        update={
            "queues": {queue: goals for queue, goals in targets.queues.items() if queue in queues},
            "groups": tuple(group for group in targets.groups if set(group.queues) <= queues),
        }
    )


def _reached(flow: Flow, source: Arrivals, queues: Sequence[int]) -> tuple[int, ...]:
    """Queues that calls of a source may come to."""
    starts: list[object] = [
        f"trunk:{source.trunk}" if source.trunk else None,
        f"widget:{source.widget}" if source.widget else None,
    ]
    if source.called:
        element = flow.find(source.called)
        starts.append(element.number if element is not None else None)
    reached: set[object] = set()
    for start in starts:
        if start is not None:
            reached |= {start, *nx.descendants(flow.graph, start)}
    free = any(
        isinstance(node, int) and node in flow.elements and flow.elements[node].may_reach_any_number()
        for node in reached
    )
    return tuple(queue for queue in queues if free or queue in reached)
