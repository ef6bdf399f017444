"""What happens at a running PBX, from its events: waits by interval, calls that came, how long people waited and talked.

Decides how events become stays in queues, first calls and calls that are dialled again, and what of it tells for or against the
scenario. A call from a number that got nobody a while ago is dialled again, and no new arrival, as long as the scenario has such
redials. An event told twice counts twice: the caller sees to that. Leaves the test to `drift.py`, forecasts to `forecast.py`.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import Any, Final

import numpy as np

from engine.contract.ids import SECOND_US, Instant
from engine.records.forecast import Drift
from engine.state.flow import Flow
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.residual import hazard
from pbxsim.scenario.scenario import Retry, Scenario
from pbxsim.twin.drift import Evidence
from pbxsim.world.resumed_world import DaySoFar, Lost

Event = dict[str, Any]

KEPT_US: Final = 26 * 3600 * SECOND_US
STAYS_KEPT: Final = 200_000
AGAIN_WITHIN: Final = 4.0
"""Mean delays after which a caller who got nobody is no longer expected back."""


@dataclasses.dataclass
class Stay:
    """One call's stay in a queue."""

    queue: int
    entered_at: Instant
    first: bool
    """Whether the call waited for the first time: patience begins then."""
    ahead: int = 0
    ended_at: Instant | None = None
    outcome: str = ""
    """`answered`, `abandoned`, or what else ended it; empty while it lasts."""

    def wait_s(self, at: Instant) -> float:
        """Seconds waited, so far or in all."""
        return ((self.ended_at if self.ended_at is not None else at) - self.entered_at) / SECOND_US


@dataclasses.dataclass
class _Talk:
    element: int
    member: int
    since: Instant


@dataclasses.dataclass
class _Seen:
    """One call in progress."""

    source: str
    caller: str
    attempt: int
    stay: Stay | None = None
    waited: bool = False
    talked: bool = False
    talks: dict[str, _Talk] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Gone:
    source: str
    attempt: int
    since: Instant
    why: str


@dataclasses.dataclass(frozen=True)
class Interval:
    """What came of the calls that came to a queue in one interval."""

    offered: int
    answered: int
    abandoned: int
    wait_s: float | None
    service_level: float | None


class Observer:
    """Follows the events of one PBX on the day of a scenario, from `since` on."""

    def __init__(self, flow: Flow, scenario: Scenario, since: Instant) -> None:
        self.flow, self.scenario, self.since = flow, scenario, since
        self.begin = scenario.begin(flow)
        self.stays: deque[Stay] = deque(maxlen=STAYS_KEPT)
        self.calls: dict[str, _Seen] = {}
        self.gone: dict[str, _Gone] = {}
        """By number: callers who may dial again."""
        self.by_trunk = {one.trunk: name for name, one in reversed(scenario.arrivals.items()) if one.trunk is not None}
        self.by_called = {one.called: name for name, one in scenario.arrivals.items() if one.called is not None}
        self.arrivals = {
            name: Evidence("arrivals", name, one.busyness.cv if one.busyness is not None else 0.0)
            for name, one in scenario.arrivals.items()
        }
        queues = [number for number, element in flow.elements.items() if element.is_queue]
        self.patience = {number: Evidence("patience", str(number)) for number in queues}
        self.talk: dict[int, Evidence] = {number: Evidence("talk", str(number)) for number in queues}
        self.at = since

    # --- events -------------------------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """One event of the bridge or of a simulated day, as `engine/records/told.py` has it, with its instant `at`."""
        self.at = max(self.at, event["at"])
        kind = event["type"]
        if kind == "CallStarted":
            self._started(event)
            return
        call = self.calls.get(event.get("call") or "")
        if call is None:
            return
        if kind == "CallQueued":
            call.stay = Stay(event["queue"], event["at"], not call.waited, max(0, event.get("position", 1) - 1))
            call.waited = True
            self.stays.append(call.stay)
        elif kind == "CallRefused":
            stay = Stay(event["queue"], event["at"], False, 0, event["at"], str(event["reason"]))
            self.stays.append(stay)
        elif kind == "CallAnswered":
            call.talked = True
            self._wait_over(call, event["at"], "answered")
            call.talks[event["leg"]] = _Talk(event["element"], event.get("user") or 0, event["at"])
        elif kind == "CallAbandoned":
            self._wait_over(call, event["at"], "abandoned")
        elif kind == "CallLeftQueue":
            self._wait_over(call, event["at"], str(event["output"]))
        elif kind == "CallbackAsked":
            if call.stay is not None and call.stay.first:
                self._patience(call.stay, event["at"], False)
                call.stay.first = False
        elif kind == "LegFinished":
            talk = call.talks.pop(event["leg"], None)
            if talk is not None:
                self._talk_over(talk, event["at"])
        elif kind == "CallEnded":
            self._ended(event, call)

    def _started(self, event: Event) -> None:
        if event.get("user") is not None:
            return
        name = self.by_trunk.get(event.get("trunk") or "") or self.by_called.get(event.get("called", ""))
        if name is None:
            return
        caller = event.get("caller", "")
        before = self.gone.pop(caller, None) if caller else None
        again = before is not None and self._may_return(before, event["at"])
        attempt = before.attempt + 1 if again and before is not None else 1
        self.calls[event["call"]] = _Seen(name, caller, attempt)
        if not again:
            self.arrivals[name].seen += 1

    def _ended(self, event: Event, call: _Seen) -> None:
        del self.calls[event["call"]]
        self._wait_over(call, event["at"], "ended")
        for talk in call.talks.values():
            self._talk_over(talk, event["at"])
        if call.talked:
            why = "talked"
        elif event.get("cause") in ("NORMAL_CIRCUIT_CONGESTION", "REQUESTED_CHAN_UNAVAIL"):
            why = "busy"
        elif call.waited and event.get("party") == "caller":
            why = "abandoned"
        else:
            return
        retry = self._retry(why)
        if retry is not None and call.caller and call.attempt < self.scenario.redial.most:
            self.gone[call.caller] = _Gone(call.source, call.attempt, event["at"], why)

    def _retry(self, why: str) -> Retry | None:
        redial = self.scenario.redial
        return {"abandoned": redial.after_abandon, "busy": redial.after_busy, "talked": redial.after_talk}[why]

    def _may_return(self, gone: _Gone, at: Instant) -> bool:
        retry = self._retry(gone.why)
        return retry is not None and (at - gone.since) / SECOND_US <= AGAIN_WITHIN * retry.delay.mean

    # --- lengths ------------------------------------------------------------------------------------------------------

    def _wait_over(self, call: _Seen, at: Instant, outcome: str) -> None:
        stay, call.stay = call.stay, None
        if stay is None:
            return
        stay.ended_at, stay.outcome = at, outcome
        if stay.first:
            self._patience(stay, at, outcome == "abandoned")

    def _patience(self, stay: Stay, at: Instant, gave_up: bool) -> None:
        evidence = self.patience.get(stay.queue)
        if evidence is not None:
            evidence.seen += gave_up
            evidence.expected += self._patience_hazard(stay, at)

    def _patience_hazard(self, stay: Stay, at: Instant) -> float:
        told = self.scenario.patience
        law: Distribution = told.queues.get(stay.queue, told.default)
        if told.crowd is not None:
            law = told.crowd.hastened(law, told.crowd.step(stay.ahead))
        return hazard(law, stay.wait_s(at))

    def _talk_over(self, talk: _Talk, at: Instant) -> None:
        evidence = self.talk.get(talk.element)
        if evidence is not None:
            evidence.seen += 1
            evidence.expected += self._talk_hazard(talk, at)

    def _talk_hazard(self, talk: _Talk, at: Instant) -> float:
        told = self.scenario.talk
        cell = next((one for one in told.cells if (one.queue, one.member) == (talk.element, talk.member)), None)
        law: Distribution = told.queues.get(talk.element, told.default)
        factor = told.members.get(talk.member, 1.0)
        if cell is not None and cell.length is not None:
            law, factor = cell.length, 1.0
        elif cell is not None and cell.factor is not None:
            factor *= cell.factor
        return hazard(law, (at - talk.since) / SECOND_US / factor)

    # --- what it adds up to -------------------------------------------------------------------------------------------

    def look(self, at: Instant) -> None:
        """Bring everything to `at`: expected calls, waits and talks under way, and the weight of it all."""
        self.at = max(self.at, at)
        for name, evidence in self.arrivals.items():
            evidence.expected = self.expected(name, self.since, at)
            evidence.look()
        waiting = dict.fromkeys(self.patience, 0.0)
        talking = dict.fromkeys(self.talk, 0.0)
        for call in self.calls.values():
            stay = call.stay
            if stay is not None and stay.first and stay.queue in waiting:
                waiting[stay.queue] += self._patience_hazard(stay, at)
            for talk in call.talks.values():
                if talk.element in talking:
                    talking[talk.element] += self._talk_hazard(talk, at)
        for number, evidence in self.patience.items():
            evidence.look(waiting[number])
        for number, evidence in self.talk.items():
            evidence.look(talking[number])
        while self.stays and self.stays[0].entered_at < at - KEPT_US and self.stays[0].ended_at is not None:
            self.stays.popleft()
        for caller in [caller for caller, gone in self.gone.items() if not self._may_return(gone, at)]:
            del self.gone[caller]

    def expected(self, source: str, begin: Instant, end: Instant) -> float:
        """Calls of a source expected between two instants, on a day that is neither busy nor quiet."""
        told = self.scenario.arrivals[source]
        hours = self.scenario.hours
        if told.recorded is not None:
            instants = np.asarray(told.recorded.at_s)
            edges = np.asarray([(begin - self.begin) / SECOND_US, (end - self.begin) / SECOND_US])
            return float(np.diff(np.searchsorted(instants, edges))[0])
        if told.per_hour is not None:
            edges, cumulated = np.asarray([0.0, hours * 3600]), np.asarray([0.0, told.per_hour * hours])
        else:
            assert told.every_min is not None
            edges = np.arange(len(told.calls) + 1) * (told.every_min * 60.0)
            cumulated = np.concatenate([[0.0], np.cumsum(told.calls)])
        at = np.asarray([(begin - self.begin) / SECOND_US, (end - self.begin) / SECOND_US])
        return float(np.diff(np.interp(at, edges, cumulated))[0])

    def known(self) -> dict[str, DaySoFar]:
        """How busy the day has been so far, by what sources share. Call `look` first."""
        found: dict[str, DaySoFar] = {}
        for name, told in self.scenario.arrivals.items():
            if told.busyness is not None:
                before = found.get(told.busyness.shared, DaySoFar())
                evidence = self.arrivals[name]
                found[told.busyness.shared] = DaySoFar(before.came + evidence.seen, before.expected + evidence.expected)
        return found

    def drift(self) -> tuple[Drift, ...]:
        """What the day so far says of the scenario, part by part. Call `look` first."""
        parts = [*self.arrivals.values(), *self.patience.values(), *self.talk.values()]
        return tuple(one.told(len(parts)) for one in parts)

    def lost(self) -> tuple[Lost, ...]:
        """Callers who got nobody and may dial again."""
        return tuple(Lost(one.source, one.attempt, one.since, one.why) for one in self.gone.values())

    def waits(self, queue: int, begin: Instant, end: Instant) -> bool:
        """Whether a call that came to a queue in this interval still waits."""
        stays = (call.stay for call in self.calls.values())
        return any(one is not None and one.queue == queue and begin <= one.entered_at < end for one in stays)

    def interval(self, queue: int, begin: Instant, end: Instant) -> Interval:
        """What is known of calls that came to a queue from `begin` on and before `end`."""
        stays = [one for one in self.stays if one.queue == queue and begin <= one.entered_at < end]
        answered = [one for one in stays if one.outcome == "answered"]
        abandoned = [one for one in stays if one.outcome == "abandoned"]
        within = self.scenario.measure.within_s
        served = len(answered) + sum(1 for one in abandoned if one.wait_s(self.at) > within)
        good = sum(1 for one in answered if one.wait_s(self.at) <= within)
        return Interval(
            offered=len(stays),
            answered=len(answered),
            abandoned=len(abandoned),
            wait_s=sum(one.wait_s(self.at) for one in stays) / len(stays) if stays else None,
            service_level=good / served if served else None,
        )
