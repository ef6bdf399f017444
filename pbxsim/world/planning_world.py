"""A simulated world that also writes down what each person in it decided, so that others can play these people elsewhere.

Decides what counts as a decision: keys and the time to them, whether and when a phone is answered, patience, the length of a
talk and who ends it, a message's length, a web server's answer. Takes only some of the callers of a day. Leaves the form of a
plan to `engine/records/rehearsal.py` and whole days to `runs/rehearsal_plan.py`.
"""

from __future__ import annotations

from typing import Any

from engine.contract.ids import Duration, Instant
from engine.records.rehearsal import Act, Keys, PlannedCall, Ring, Talk, WebAnswer
from engine.state.call import Call
from engine.state.element import Element
from engine.state.flow import Flow
from engine.state.leg import Leg
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import event_list as el
from pbxsim.world.behaviour import WebRequest
from pbxsim.world.callers import Caller
from pbxsim.world.heard_world import HeardWorld

WORD = 8
"""Bytes of one number in a chunk of arrivals (`random_streams.words`)."""


class Decisions:
    """What one call's people decided so far, in the order of `rehearsal.PlannedCall`."""

    def __init__(self, caller: Caller, at: Instant) -> None:
        self.caller = caller
        self.at = at
        self.keys: list[Keys] = []
        self.rings: list[Ring] = []
        self.patience_us: list[Duration | None] = []
        self.talks: list[Talk] = []
        self.messages_us: list[Duration] = []
        self.web: list[WebAnswer] = []

    def planned(self) -> PlannedCall:
        """All of it, as a plan has it."""
        caller = self.caller
        return PlannedCall(
            id=caller.id,
            at=self.at,
            trunk=caller.trunk or "",
            called=caller.called,
            caller=caller.caller,
            draw_seed=caller.entropy(),
            keys=tuple(self.keys),
            rings=tuple(self.rings),
            patience_us=tuple(self.patience_us),
            talks=tuple(self.talks),
            messages_us=tuple(self.messages_us),
            web=tuple(self.web),
        )


class PlanningWorld(HeardWorld):
    """A world of the callers `first` to `first + most` of a day, counted from 0 in order of arrival, who may dial again."""

    def __init__(
        self, flow: Flow, scenario: Scenario, seed: int, replication: int, first: int = 0, most: int | None = None
    ) -> None:
        self.first = first
        self.last: float = float("inf") if most is None else first + most
        self.arrived = 0
        self.decided: dict[str, Decisions] = {}
        self.came_back: list[Act] = []
        """Members who ended the pause that missed offers had put them in (R-08.12)."""
        super().__init__(flow, scenario, seed, replication)

    def _next_chunk(self) -> None:
        super()._next_chunk()
        count = int(self.in_chunk)
        low = min(max(0, self.first - self.arrived), count)
        high = int(min(max(low, self.last - self.arrived), count))
        self.arrived += count
        self.when, self.whence, self.rows = (
            part[low * WORD : high * WORD] for part in (self.when, self.whence, self.rows)
        )
        self.in_chunk = high - low
        if self.arrived >= self.last:
            self.more = False

    def _pushed(self, born: int) -> list[tuple[Instant, int, Any]]:
        """Instant, kind and thing of what was put into the list of happenings since it had counted to `born`."""
        heap: list[Any] = self.events.heap  # type: ignore[attr-defined]  # both kinds of list have one
        found: list[tuple[Instant, int, Any]] = []
        for entry in heap:
            if isinstance(entry, tuple):
                at, order, kind, thing, _ = entry
            else:
                at, order, kind, thing = entry.at, entry.born, entry.kind, entry.thing
            if order > born:
                found.append((at, kind, thing))
        return found

    # --- what people decide -------------------------------------------------------------------------------------------

    def call_started(self, call: Call) -> None:
        super().call_started(call)
        assert isinstance(call, Caller)
        self.decided[call.id] = Decisions(call, self.at)

    def collect_keys(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        born = self.events.born
        super().collect_keys(call, element, keys, max_digits)
        plan = self.plans.get(element.number)
        if plan is None:
            return
        told = Keys(element=element.number)
        for at, kind, thing in self._pushed(born):
            if kind == el.KEY and thing is call:
                assert isinstance(call, Caller)
                told = Keys(element=element.number, keys=call.to_press, after_us=at - self.at, gap_us=plan.gap_us)
        self.decided[call.id].keys.append(told)

    def lose_patience(self) -> None:
        born = self.events.born
        lost = [caller for caller in (self.joined, *self.more_joined) if caller is not None]
        lost = [caller for caller in lost if caller.waits and not caller.over]
        super().lose_patience()
        until = {thing.id: at - self.at for at, kind, thing in self._pushed(born) if kind == el.GIVES_UP}
        for caller in lost:
            self.decided[caller.id].patience_us.append(until.get(caller.id))

    def place_leg(self, leg: Leg) -> None:
        born, at_once, now = self.events.born, len(self.soon), self.answers_now
        super().place_leg(leg)
        target = str(leg.user.number) if leg.user is not None else leg.number or ""
        ring = Ring(target=target)
        soon = [(self.at, kind, thing) for kind, thing, _ in self.soon[at_once:]]
        if self.answers_now is leg and now is not leg:
            ring = Ring(target=target, outcome="answers")
        for at, kind, thing in [*soon, *self._pushed(born)]:
            if thing is leg and kind == el.PICKS_UP:
                ring = Ring(target=target, outcome="answers", after_us=at - self.at)
            elif thing is leg and kind == el.REFUSES:
                ring = Ring(target=target, outcome="refuses", after_us=at - self.at)
        self.decided[leg.call.id].rings.append(ring)

    def bridge(self, call: Call, leg: Leg) -> None:
        born = self.events.born
        super().bridge(call, leg)
        for at, kind, thing in self._pushed(born):
            if thing is leg and kind in (el.TALK_OVER, el.CALLER_DONE):
                ends = Talk(length_us=at - self.at, ends="caller" if kind == el.CALLER_DONE else "far")
                self.decided[call.id].talks.append(ends)

    def start_recording(
        self, call: Call, recording: int, max_us: Duration, silence_us: Duration | None, both: bool
    ) -> None:
        born = self.events.born
        super().start_recording(call, recording, max_us, silence_us, both)
        for at, kind, thing in self._pushed(born):
            if thing is call and kind in (el.SPOKEN, el.RECORDING_FULL):
                self.decided[call.id].messages_us.append(at - self.at)

    def ask_web_server(self, call: Call, request: int, url: str, body: str, timeout_us: Duration) -> None:
        born = self.events.born
        super().ask_web_server(call, request, url, body, timeout_us)
        for _, kind, thing in self._pushed(born):
            if kind == el.WEB and isinstance(thing, WebRequest):
                self.decided[call.id].web.append(
                    WebAnswer(
                        latency_us=thing.latency_us,
                        status=self.web.status,
                        body="" if thing.failure else self.web.answer,
                        failure=thing.failure,
                    )
                )

    def _happen_rarely(self, at: Instant, kind: int, thing: object, number: int) -> None:
        if kind == el.COMES_BACK and isinstance(thing, Leg) and thing.seat is not None and thing.user is not None:
            membership = thing.seat.membership
            if membership.paused and membership.reason == "auto":
                self.came_back.append(Act(at=at, what="resumes", user=thing.user.number, queue=membership.queue))
        super()._happen_rarely(at, kind, thing, number)
