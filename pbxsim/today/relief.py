"""Which members more bring the targets back in the rest of a day, and who could be they.

The day is simulated with its shifts as they are, and with further members of each team in single intervals from now on: the
search by intervals of `staffing/descent.py`, for the additional members alone. Decides who may stay, come earlier or come:
whoever of the team ends work up to two hours before or within the time, begins up to two hours after it, or is not planned that
day. Leaves the day's calls to `day.py`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from engine.state.flow import Flow
from pbxsim.results import frames
from pbxsim.runs.workers import Workers
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.staffing.descent import Descent
from pbxsim.staffing.search import Counts, Floats, Search
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, enlarge, scenario_of, teams_of

MORE_AT_MOST: Final = 30
"""Members of a team that may come besides."""
NEAR_S: Final = 2 * 3600
"""Who ends or begins so near may stay or come earlier."""
FEWEST_CALLS: Final = 0.2
"""Of a queue in an interval: where fewer are expected, nobody is asked to come."""
UNSEEN_DAYS_FACTOR: Final = 2
"""Days of the figures told, which the search has not seen, for each day of the search."""


@dataclasses.dataclass(frozen=True)
class Relief:
    """What the rest of a day is like with the members planned, and with those who would bring the targets back."""

    service: pd.DataFrame
    """One row per interval from now on and queue or group with calls: `interval`, `queue`, `name`, `offered`, `service_level` and
    `abandoned_share` as planned, the same with relief under names with `_then`; `missed`, `missed_then`: whether a target is."""
    members: pd.DataFrame
    """One row per team and stretch of time: `team`, `from`, `to`, `members`; `stay`, `come_earlier`, `come`: internal numbers."""
    hours: float
    """Members' hours asked for."""
    scenario: Scenario
    """The day with relief; ready to be simulated on `flow`."""
    flow: Flow

    @property
    def is_enough(self) -> bool:
        """Whether no target is missed any more."""
        return not bool(self.service["missed_then"].any())


class _Rest(Search):
    """A search that nobody joins before now, and that looks at nothing before now."""

    def __init__(
        self,
        workers: Workers,
        scenario: Scenario,
        teams: tuple[Team, ...],
        targets: Targets,
        reps: int,
        peak: int,
        now: int,
    ) -> None:
        super().__init__(workers, scenario, teams, targets, reps, peak)
        self.now = now
        """First interval that can still be helped."""

    def more(self, counts: Counts, missed: Floats) -> None:
        """See `Search.more`."""
        super().more(counts, missed)
        counts[:, : self.now] = 0


def relief(
    flow: Flow,
    scenario: Scenario,
    now_s: float,
    targets: Targets,
    *,
    reps: int = 20,
    processes: int = 1,
    report: Callable[[float], None] = lambda _: None,
) -> Relief:
    """Members who keep the targets from `now_s` on, seconds after the scenario's start. A target that even many members would not
    bring back is left out of the search and told as missed. Raises ScenarioError, ValueError."""
    check(scenario, flow)
    if targets.occupancy is not None:
        raise ValueError("an occupancy is no target of the rest of a day: more members always lower it")
    interval_s = scenario.measure.interval_min * 60
    intervals = math.ceil(scenario.hours * 3600 / interval_s - 1e-9)
    now = math.ceil(now_s / interval_s - 1e-9)
    if not 0 <= now < intervals:
        raise ScenarioError((f"the scenario `{scenario.scenario}` has no full interval after this hour of the day",))
    teams = teams_of(flow)
    large, enlarged = enlarge(flow, teams, max(len(team.members) for team in teams) + MORE_AT_MOST)
    extra = tuple(
        dataclasses.replace(team, members=grown.members[len(team.members) :])
        for team, grown in zip(teams, enlarged, strict=True)
    )
    nobody = np.zeros((len(extra), intervals), dtype=np.int64)
    with Workers(large, scenario, processes) as workers:
        search = _Rest(workers, scenario, extra, targets, reps, min(len(team.members) for team in extra), now)
        everybody = nobody.copy()
        everybody[:, now:] = search.most[:, None]
        ample, staffed_s = search.run(everybody), search.staffed_s(everybody)
        few = search.figures(ample, staffed_s)["offered"][0] < FEWEST_CALLS
        search.spared = (search.shortfall(ample, staffed_s) > 0) | few
        search.spared[:, :now] = True
        report(0.1)
        descent = Descent(search)
        wanted = descent.best_of([nobody], lambda share: report(0.1 + 0.7 * share), centres=1)
        unseen = UNSEEN_DAYS_FACTOR * reps
        planned = _told(search, nobody, unseen)
        then = _told(search, wanted, unseen)
        report(1.0)
    service = _service(search, large, planned, then)
    members = _members(flow, scenario, teams, wanted, interval_s)
    helped = scenario_of(scenario, extra, wanted, interval_s)
    return Relief(service, members, float(wanted.sum()) * interval_s / 3600, helped, large)


def _told(search: _Rest, counts: Counts, days: int) -> tuple[dict[str, Floats], Floats]:
    """Figures of a design by row and interval, and how far targets are missed, on days that the search has not seen."""
    results = search.run(counts, search.reps, days)
    staffed_s = search.staffed_s(counts)
    figures = {name: value for name, (value, _) in search.figures(results, staffed_s).items()}
    return figures, search.shortfall(results, staffed_s, sure=0.0)


def _service(
    search: _Rest, flow: Flow, planned: tuple[dict[str, Floats], Floats], then: tuple[dict[str, Floats], Floats]
) -> pd.DataFrame:
    begin = search.scenario.begin(flow)
    starts = [begin + i * search.interval_s * 1_000_000 for i in range(search.intervals)]
    at = frames.instants(starts, search.scenario.zone_of(flow))
    rows = []
    for i in range(search.now, search.intervals):
        for r, row in enumerate(search.rows):
            if planned[0]["offered"][r, i] < FEWEST_CALLS:
                continue
            rows.append(
                {
                    "interval": at[i],
                    "queue": row.queue,
                    "name": row.group or flow.elements[row.queue].name or str(row.queue),
                    "offered": float(planned[0]["offered"][r, i]),
                    "service_level": float(planned[0]["service_level"][r, i]),
                    "service_level_then": float(then[0]["service_level"][r, i]),
                    "abandoned_share": float(planned[0]["abandoned_share"][r, i]),
                    "abandoned_share_then": float(then[0]["abandoned_share"][r, i]),
                    "missed": bool(planned[1][r, i] > 0),
                    "missed_then": bool(then[1][r, i] > 0),
                }
            )
    return pd.DataFrame(rows)


def _members(flow: Flow, scenario: Scenario, teams: Sequence[Team], wanted: Counts, interval_s: int) -> pd.DataFrame:
    begin = scenario.begin(flow)
    rows = []
    for t, team in enumerate(teams):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted[t], [0]])))
        for a, b in zip(edges, edges[1:], strict=False):
            if not wanted[t, a]:
                continue
            spans = [begin + int(i) * interval_s * 1_000_000 for i in (a, b)]
            times = frames.instants(spans, scenario.zone_of(flow))
            rows.append(
                {
                    "team": team.name,
                    "from": times[0],
                    "to": times[1],
                    "members": int(wanted[t, a]),
                    **who(scenario, team.members, int(a) * interval_s, int(b) * interval_s),
                }
            )
    columns = ["team", "from", "to", "members", "stay", "come_earlier", "come"]
    return pd.DataFrame(rows, columns=columns)


def who(scenario: Scenario, members: Sequence[int], from_s: int, to_s: int) -> dict[str, tuple[int, ...]]:
    """Of these members: who could `stay`, `come_earlier` or `come` for a time, in seconds after the scenario's start."""
    found: dict[str, list[int]] = {"stay": [], "come_earlier": [], "come": []}
    for member in members:
        spans = _at_work(scenario, member)
        if spans is None:
            continue
        if any(a < to_s and from_s < b and min(b, to_s) - max(a, from_s) >= to_s - from_s for a, b in spans):
            continue  # there all the time
        if not spans:
            found["come"].append(member)
        elif any(from_s - NEAR_S <= b < to_s and a < from_s for a, b in spans):
            found["stay"].append(member)
        elif any(from_s < a <= to_s + NEAR_S and b > from_s for a, b in spans):
            found["come_earlier"].append(member)
    return {name: tuple(numbers) for name, numbers in found.items()}


def _at_work(scenario: Scenario, member: int) -> list[tuple[int, int]] | None:
    """Stretches of work, seconds after the start; empty if not planned, None for somebody who is always there."""
    if member in scenario.absent:
        return []
    mine = [shift for shift in scenario.shifts if member in shift.members]
    if not mine:
        return None
    days = range(math.ceil((scenario.start + scenario.hours * 3600) / 86400))
    spans = []
    for shift in mine:
        for day in days if shift.days is None else shift.days:
            begin = day * 86400 + shift.from_ - scenario.start
            if begin < scenario.hours * 3600 and begin + shift.length_s() > 0:
                spans.append((begin, begin + shift.length_s()))
    return spans
