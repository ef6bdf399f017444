"""How many members each team is given to choose from: enough for its own queues' load, whatever the rest of the centre does.

Decides what is certainly enough. Every user costs time in each simulated day, at work or absent, so a team of a small queue
is not given as many as the centre needs at its busiest. Leaves the making of users to `teams.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.state.flow import Flow
from pbxsim.runs.job import Signal
from pbxsim.runs.workers import Workers
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.search import Counts, Search
from pbxsim.staffing.start import Theory
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, enlarge

MOST: Final = 400
"""Members a team is never enlarged beyond."""

PILOT_DAYS: Final = 10
"""Days from which loads of single queues are taken."""

SPARE: Final = 1.3
"""Members to a load, at least, with four standard deviations of the calls in progress and four besides."""


def sizes(flow: Flow, scenario: Scenario, teams: Sequence[Team], targets: Targets, cancel: Signal | None) -> Counts:
    """Members by team that certainly suffice. One team is sized by all calls that come in, several each by the loads of its own
    queues, as they are with everybody answered. Raises ValueError as `enlarge` does, `Cancelled`."""
    whole = whole_centre(flow, scenario, teams)
    if len(teams) == 1:
        return np.asarray([whole])
    large, many = enlarge(flow, teams, whole)
    with Workers(large, scenario, 1, cancel) as workers:
        theory = Theory(Search(workers, scenario, many, targets, PILOT_DAYS, whole))
    queues = theory.search.queues
    busiest = [theory.loads_erl[[queues.index(queue) for queue in team.queues]].sum(axis=0).max() for team in teams]
    return np.asarray([min(whole, _enough(load / (targets.occupancy or 1.0))) for load in busiest])


def whole_centre(flow: Flow, scenario: Scenario, teams: Sequence[Team]) -> int:
    """Members that certainly suffice for everything: all calls of the busiest hour to one team, talk of its longest kind."""
    rate = 0.0
    for source in scenario.arrivals.values():
        if source.per_hour is not None:
            rate += source.per_hour / 3600
        elif source.recorded is not None:
            at = np.asarray(source.recorded.at_s)
            rate += (
                float(np.histogram(at, bins=np.arange(0, scenario.hours * 3600 + 1800, 1800))[0].max(initial=0)) / 1800
            )
        else:
            assert source.every_min is not None
            rate += max(source.calls) / source.every_min / 60
    talk = max([scenario.talk.default.mean, *(length.mean for length in scenario.talk.queues.values())])
    wrap = max([0.0, *(getattr(flow.elements[q], "wrap_up_us", 0) / 1e6 for team in teams for q in team.queues)])
    return _enough(rate * (talk + wrap + 30))


def _enough(load_erl: float) -> int:
    load = SPARE * load_erl
    return min(MOST, math.ceil(load + 4 * math.sqrt(load) + 4))
