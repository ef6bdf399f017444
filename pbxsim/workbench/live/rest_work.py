"""The rest of a day as it travels to a process of its own and back: which calls it rests on, and what the Live page shows.

Leaves the forecast and who would help to `pbxsim.today`, processes to `workbench/loadtest/tasks.py`. Imports no part of the web
application, so that the process starts quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.loading.compile import compile
from engine.state.flow import Document, Flow
from pbxsim import logs
from pbxsim.forecast.intraday import RestOfDay, TooLittleHistory
from pbxsim.logs.calls import zone_named
from pbxsim.scenario.names import queues_of
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.staffing.targets import Targets
from pbxsim.today.earlier import followed
from pbxsim.today.intraday import helped, intraday
from pbxsim.workbench.loadtest import uploaded_logs
from pbxsim.workbench.loadtest.tasks import Tell

FORECAST_SHARE = 0.15
"""Of the time of a search for who would help, reading and the forecast take about so much."""


@dataclass(frozen=True)
class RestOrder:
    """What the rest of a day is wanted from."""

    document: Document
    """The version that takes new calls."""
    history: Path
    """Calls of the bridge, `history.jsonl`; those of today alone where an own log tells the days before."""
    own: tuple[str, bytes] | None
    """Name and content of an own log."""
    anyway: tuple[str, ...]
    """Doubts about it that are waved through."""
    now: pd.Timestamp
    """By the clock of the PBX's zone."""
    scenario: Scenario | None
    """The day as it was planned; None where the calls alone are wanted."""
    targets: Targets
    processes: int
    language: str
    """In which a refusal of the log is told."""
    reps: int = 20
    """Days of the search for who would help."""


@dataclass(frozen=True)
class Helped:
    """Who would help, as `today/relief.py` tells it."""

    service: pd.DataFrame
    members: pd.DataFrame
    hours: float
    is_enough: bool
    service_level: float
    """The target."""
    within_s: float
    """In which a call is answered in time, seconds."""


@dataclass(frozen=True)
class RestFound:
    """What the page shows."""

    rest: RestOfDay
    names: dict[int, str]
    """Queues of the PBX."""
    users: dict[int, str]
    first: pd.Timestamp
    """First day of the history."""
    last: pd.Timestamp
    """Its last day before today; today where there is none."""
    worked_days: int
    left_out: int
    """Calls of an own log that belong to no queue of the PBX."""
    helped: Helped | None
    problem: str = ""
    """Why the plan could not be simulated."""

    @property
    def now(self) -> str:
        """The last full half hour, HH:MM."""
        minute = self.rest.from_slot * 30
        return f"{minute // 60:02}:{minute % 60:02}"


def work(order: RestOrder, tell: Tell) -> RestFound:
    """Forecast here. Raises TooLittleHistory, NoSuchQueue, pbxsim.logs.LogError in the language asked for, and ValueError where
    no part of the day is over or to come."""
    flow = compile(order.document)
    today = order.now.normalize()
    calls, left_out = _calls(order, flow, today)
    tell(FORECAST_SHARE / 2, "")
    rest = intraday(calls, order.now, is_complete=True).rest
    tell(FORECAST_SHARE, "")
    days = pd.DatetimeIndex(calls.calls["arrived_at"].dt.tz_localize(None).dt.normalize().unique())
    before = days[days < today]
    who, problem = None, ""
    if order.scenario is not None:
        try:
            who = _helped(order, order.scenario, flow, rest, tell)
        except (ScenarioError, ValueError) as error:
            problem = str(error)
    return RestFound(
        rest=rest,
        names=queues_of(flow),
        users={number: user.name or "" for number, user in flow.document.head.users.items()},
        first=days.min(),
        last=before.max() if len(before) else today,
        worked_days=len(before),
        left_out=left_out,
        helped=who,
        problem=problem,
    )


def _calls(order: RestOrder, flow: Flow, today: pd.Timestamp) -> tuple[logs.Log, int]:
    zone = flow.document.head.zone
    zone_named(zone)
    try:
        of_bridge = logs.read_all([order.history], "bridge", zone)
    except logs.LogError:  # it wrote the file itself: there was no call to tell of
        of_bridge = None
    if order.own is not None:
        own = uploaded_logs.read(*order.own, zone=zone, anyway=order.anyway, language=order.language)
        return followed(own, of_bridge, flow, today)
    if of_bridge is None:
        raise TooLittleHistory("the bridge has had no calls", 0, None)
    return of_bridge, 0


def _helped(order: RestOrder, scenario: Scenario, flow: Flow, rest: RestOfDay, tell: Tell) -> Helped:
    """Raises ScenarioError, ValueError."""

    def report(share: float) -> None:
        tell(FORECAST_SHARE + (1 - FORECAST_SHARE) * share, "")

    _, found = helped(rest, flow, scenario, order.targets, reps=order.reps, processes=order.processes, progress=report)
    return Helped(
        service=found.service,
        members=found.members,
        hours=found.hours,
        is_enough=found.is_enough,
        service_level=order.targets.service_level or 0.0,
        within_s=scenario.measure.within_s,
    )
