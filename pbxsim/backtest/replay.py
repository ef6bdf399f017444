"""The scenario of recorded callers on one version: they come as they came, members are there as they were, the rest is drawn.

Decides what of a calibration a version is given: who is at work when, how long callers of a queue are willing to wait, how long
talks, ringing and work after calls last, which keys callers press. A queue or greeting that the record does not know behaves as
the average of those it does, or as the document says. Leaves the model to `pbxsim/calibrate`, callers to `recorded.py`.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from pbxsim.backtest.recorded import Entry, entry
from pbxsim.calibrate import staffing
from pbxsim.calibrate.model import Model
from pbxsim.calibrate.signins import Roster
from pbxsim.calibrate.staffing import Stretch
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.scenario import Scenario

DAY_S: Final = 86_400
AS_SET_S: Final = 0.5
"""Work after calls that lasts as long as the document says, give or take so much, is the document's."""


@dataclasses.dataclass(frozen=True)
class Replay:
    """Everything a version is given. `days` are the days replayed, one after another."""

    model: Model
    days: tuple[pd.Timestamp, ...]
    zone: str
    presence: Mapping[str, tuple[tuple[int, Stretch], ...]]
    """By member: number of the day, and the stretch of it."""
    keys: Mapping[int, Mapping[str, float]]
    within_s: float = 20.0
    seed: int = 1

    @property
    def first(self) -> datetime.date:
        """The first day."""
        day: datetime.date = self.days[0].date()
        return day

    def begin(self) -> pd.Timestamp:
        """The first instant."""
        return self.days[0].tz_localize(self.zone)

    def end(self) -> pd.Timestamp:
        """The instant after the last day."""
        return (self.days[-1] + pd.Timedelta(days=1)).tz_localize(self.zone)

    def scenario(self, flow: Flow, callers: pd.DataFrame, present: Flow) -> Scenario:
        """The scenario of `callers`, all of whom have a way in, on `flow`. `present` is the version the record is of."""
        hours = (self.end() - self.begin()) / pd.Timedelta(hours=1)
        members = sorted(flow.head.users)
        shifts, there = self._shifts(set(members))
        queued = {int(one) for element in flow.elements.values() if element.is_queue for one in element.members()}
        is_told = self.model.known is not None and bool(self.model.known.reachable)
        absent = [number for number in members if number not in there and (number in queued or is_told)]
        return Scenario.of(
            {
                "scenario": f"{self.model.name} from {self.first}, as it came",
                "date": self.first,
                "zone": self.zone,
                "hours": hours,
                "seed": self.seed,
                "arrivals": self._arrivals(flow, callers),
                "callers": {f"talk {level:g}": {"talk_factor": level} for level in self._levels()},
                "keys": self._keys(flow),
                "patience": self._patience(flow),
                "talk": self._talk(flow),
                "answering": self._answering(flow),
                **self._work(flow, present),
                "shifts": shifts,
                "absent": absent,
                "measure": {"within_s": self.within_s},
            }
        )

    def _arrivals(self, flow: Flow, callers: pd.DataFrame) -> dict[str, Any]:
        """A source for each way in and each hour's level of talks. Its name is that of the record, so that both versions have the
        same callers, draw by draw."""
        seconds = (callers["at"] - self.begin()) / pd.Timedelta(seconds=1)
        level = callers["at"].dt.hour.map(self.model.talk.hours).astype(float).fillna(1.0)
        arrivals: dict[str, Any] = {}
        table = callers.assign(s=seconds, level=level)
        for (trunk, called, factor), rows in table.groupby(["trunk", "called", "level"], sort=True):
            way = entry(flow, str(trunk), str(called))
            assert isinstance(way, Entry), "callers without a way in are left out before"
            arrivals[source_name(str(trunk), str(called), float(factor))] = {
                "trunk": way.trunk,
                "called": way.called,
                "recorded": {"at_s": tuple(rows["s"].tolist()), "callers": tuple(rows["caller"].astype(str).tolist())},
                "classes": {f"talk {factor:g}": 1.0},
            }
        return arrivals

    def _levels(self) -> list[float]:
        return sorted({1.0, *self.model.talk.hours.values()})

    def _shifts(self, users: set[int]) -> tuple[list[dict[str, Any]], set[int]]:
        """Shifts by the second, and who has any."""
        shifts: list[dict[str, Any]] = []
        there: set[int] = set()
        for agent, stretches in sorted(self.presence.items()):
            number = int(agent) if is_digits(agent) else -1
            if number not in users:
                continue
            over = 0
            for day, one in stretches:
                begin, end = max(over, day * DAY_S + int(one.begin)), day * DAY_S + min(DAY_S, math.ceil(one.end))
                if end <= begin:
                    continue
                over = end
                there.add(number)
                shift = {"members": [number], "from": begin - day * DAY_S, "to": end - day * DAY_S, "days": [day]}
                if self.model.flex_s and not one.told:
                    shift["flex_s"] = self.model.flex_s
                shifts.append(shift)
        return shifts, there

    def _keys(self, flow: Flow) -> dict[int, Any]:
        greetings = {number for number, element in flow.elements.items() if element.kind == "greeting"}
        return {number: {"choices": told} for number, told in self.keys.items() if number in greetings and told}

    def _queues(self, flow: Flow) -> dict[int, str]:
        """Queues of the version that the model knows, with their kind of call: of several, that of the most calls."""
        kinds: dict[str, str] = {}
        for kind in self.model.kinds:
            kinds.setdefault(self.model.queue_of[kind], kind)
        return {n: kinds[str(n)] for n, element in flow.elements.items() if element.is_queue and str(n) in kinds}

    def _patience(self, flow: Flow) -> dict[str, Any]:
        fit = self.model.patience
        told = {number: fit.of(kind) for number, kind in self._queues(flow).items()}
        return {"default": fit.other, "queues": told, "crowd": fit.crowd}

    def _talk(self, flow: Flow) -> dict[str, Any]:
        talk = self.model.talk
        users = flow.head.users
        factors = {int(agent): factor for agent, factor in talk.members.items() if is_digits(agent) and factor > 0}
        return {
            "default": talk.of(""),
            "queues": {number: talk.of(kind) for number, kind in self._queues(flow).items()},
            "members": {number: factor for number, factor in factors.items() if number in users},
            "caller_hangs_up": 1.0,
        }

    def _answering(self, flow: Flow) -> dict[str, Any]:
        known = self.model.known
        if known is None:
            return {"default": {"delay": {"kind": "constant", "seconds": self.model.answer_s}}}
        mine = {int(agent): phone for agent, phone in known.phones.items() if int(agent) in flow.head.users}
        return {"default": known.phone, "users": mine}

    def _work(self, flow: Flow, present: Flow) -> dict[str, Any]:
        """Work after calls of each queue: as it was, unless it was what the document says; then the version's own word counts."""
        unready = self.model.unready
        if self.model.known is None:
            queues = [number for number, element in flow.elements.items() if element.is_queue]
            quiet = dict.fromkeys(queues, unready.quiet) if unready.quiet != unready.busy else {}
            return {"wrap_up": dict.fromkeys(queues, unready.busy), "wrap_up_quiet": quiet}
        return {"wrap_up": self.work_as_it_was(flow, present)}

    def work_as_it_was(self, flow: Flow, present: Flow) -> dict[int, Distribution]:
        """Work after calls by queue where a bridge's record has other lengths than the present document sets."""
        told = {} if self.model.known is None else self.model.known.wrap_up
        return {
            number: told[str(number)]
            for number, element in flow.elements.items()
            if element.is_queue
            and str(number) in told
            and not _is_as_set(told[str(number)].mean, told[str(number)].scv, present, number)
        }


def _is_as_set(mean_s: float, scv: float, present: Flow, number: int) -> bool:
    set_s = wrap_up_s(present, number)
    return set_s is not None and abs(mean_s - set_s) <= AS_SET_S and scv < 0.01


def wrap_up_s(flow: Flow, number: int) -> float | None:
    """Seconds of work after calls that a document sets for a queue; None if it has no such queue."""
    element = flow.elements.get(number)
    if element is None or not element.is_queue:
        return None
    return float(flow.document.elements[number].wrap_up)  # type: ignore[attr-defined]  # a queue's parameters


def source_name(trunk: str, called: str, level: float) -> str:
    """The name of a source, the same in every version."""
    return f"{trunk or called} {called} {level:g}" if trunk else f"{called} {level:g}"


def presence(
    model: Model, table: pd.DataFrame, roster: Roster, days: Iterable[pd.Timestamp]
) -> dict[str, tuple[tuple[int, Stretch], ...]]:
    """Who was there on each of the days: as a bridge's record tells, else as sign-ins and answers of the log do."""
    out: dict[str, list[tuple[int, Stretch]]] = {}
    window = pd.Timedelta(days=staffing.SKILLS_DAYS)
    for number, day in enumerate(days):
        rows = table[table["day"] == day]
        known = roster.skills(staffing.skills(table, day - window, day))
        for one in staffing.widened(roster.presence(rows, day, known), model.slack_s):
            if not one.agent.startswith(staffing.STRANGER):
                out.setdefault(one.agent, []).append((number, one))
    if model.known is not None:
        _add_the_reachable(model, out, list(days))
    return {agent: tuple(sorted(mine, key=lambda item: (item[0], item[1].begin))) for agent, mine in out.items()}


def _add_the_reachable(model: Model, out: dict[str, list[tuple[int, Stretch]]], days: list[pd.Timestamp]) -> None:
    """Users of no queue are there while their phones are."""
    known = model.known
    assert known is not None
    places = {(day - known.first).days: number for number, day in enumerate(days)}
    for agent, spans in known.reachable.items():
        if agent in known.roster.queues:
            continue
        for begin, end in spans:
            for day in range(int(begin // DAY_S), int(np.ceil(end / DAY_S))):
                if day in places and min(end, (day + 1) * DAY_S) > max(begin, day * DAY_S):
                    low, high = max(begin, day * DAY_S) - day * DAY_S, min(end, (day + 1) * DAY_S) - day * DAY_S
                    out.setdefault(agent, []).append((places[day], Stretch(agent, low, high, told=True)))
