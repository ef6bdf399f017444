"""The simulated telephone world around one engine: everything happens here, one thing after another.

Decides in which order calls come, things of the event list happen and deadlines of the engine pass, and tells the engine of
each. Leaves what people do to `behaviour.py`, what is counted to `counting.py`, SimPy's outer clock to `driver.py` and full
records to `recording_world.py`.

This file is the inner loop of every simulation: plain classes, integer microseconds, no message built for nobody.
"""

from __future__ import annotations

from typing import Final

import simpy
from librt.strings import read_i64_le
from mypy_extensions import i64, mypyc_attr

from engine.contract import events as ev
from engine.contract.causes import CANCELLED, Cause
from engine.contract.ids import SECOND_US, Instant
from engine.state.flow import Flow
from engine.state.leg import ANSWERED, CANCELLING, ENDING, RINGING, Leg
from pbxsim.scenario.scenario import Arrivals, Scenario
from pbxsim.world import event_list as el
from pbxsim.world.behaviour import Behaviour, WebRequest
from pbxsim.world.callers import (
    ArrivalStream,
    Caller,
    Source,
)
from pbxsim.world.random_streams import Streams

CAUSE_LIST: Final = list(CANCELLED.values())
"""How a leg we cancelled ends, by the reason given."""

CLEARED: Final = Cause.NORMAL_CLEARING
"""A constant of this file, as looking up a name of an enumeration costs as much as pushing an event."""


@mypyc_attr(allow_interpreted_subclasses=True)
class World(Behaviour):
    """One replication's world around one engine.

    Scenario processes of an analyst get this object: `env` is SimPy's clock (seconds from `begin`), `now` the instant,
    `send` feeds any event to the engine, `engine` may be read.
    """

    def __init__(self, flow: Flow, scenario: Scenario, seed: int, replication: int) -> None:
        super().__init__(flow, scenario, replication)
        self.env = simpy.Environment()
        self.limit: Instant = el.FAR
        self.streams = Streams(seed, replication)
        self.sources = [
            Source(i, name, arrivals, scenario, flow, self.streams)
            for i, (name, arrivals) in enumerate(scenario.arrivals.items())
        ]
        self.guests = Source(len(self.sources), "guest", _guests(flow), scenario, flow, self.streams)
        """Makes the callers that scenario processes bring."""
        self.guest_rows = 0
        self.arrivals = ArrivalStream(scenario, self.begin, self.streams)
        self.when: bytes = b""
        self.whence: bytes = b""
        self.rows: bytes = b""
        """Of the next calls, as `words`: instant, index of the source, row."""
        self.index: i64 = 0
        self.in_chunk: i64 = 0
        """How many they are; those before `index` have come."""
        self.more = True

    # --- for scenario processes --------------------------------------------------------------------------------------

    @property
    def now(self) -> Instant:
        """The instant it is, for scenario processes as for the world itself."""
        outer = self.begin + round(self.env.now * SECOND_US)
        return outer if outer > self.at else self.at

    def send(self, event: ev.Event) -> None:
        """Feed an event to the engine, now. A `CallArrived` brings a caller who behaves as the scenario's callers
        do."""
        if isinstance(event, ev.CallArrived):
            caller = self.guests.make(self.guest_rows, 1)
            self.guest_rows += 1
            caller.given_id = event.call
            caller.called = event.called
            caller.caller = event.caller
            caller.caller_name = event.caller_name
            caller.trunk = event.trunk
            caller.user = event.user
            caller.origin = event.origin
            if event.draw_seed:
                caller.seed = event.draw_seed
            self.engine.arrive(self.now, caller)
            return
        self.engine.handle(self.now, event)

    def trigger(self, event: simpy.Event, value: object = None) -> None:
        """Let a SimPy event happen now, although the inner list may be ahead of SimPy's clock."""
        event._ok = True
        event._value = value
        self.env.schedule(event, delay=max(0.0, (self.at - self.begin) / SECOND_US - self.env.now))
        self.limit = min(self.limit, self.at)

    def opened(self) -> None:
        """Everybody who is there from the beginning is there; no call has come."""

    def closed(self) -> None:
        """The last call is over."""

    # --- the inner loop ----------------------------------------------------------------------------------------------

    def run_until(self, limit: Instant) -> None:
        """Let everything happen that is due at or before `limit`, or until no call is left and none will come."""
        self.limit = limit
        engine = self.engine
        timers = engine.tenant.timers
        events = self.events
        soon = self.soon
        while True:
            now = self.answers_now
            if now is not None:
                self.answers_now = None
                if now.state == RINGING:
                    engine.leg_answered(self.at, now)
                continue
            if soon:
                self._happen_at_once()
                continue
            if self.joined is not None:
                self.lose_patience()
                continue
            index = self.index
            if index < self.in_chunk:
                at = read_i64_le(self.when, index << 3)
                arrives = True
            elif self.more:
                self._next_chunk()
                continue
            else:
                at = el.FAR
                arrives = False
                if self.live == 0 or (events.next >= el.FAR and timers.next_deadline() >= el.FAR):
                    return
            if events.next <= at:
                at = events.next
                arrives = False
            if timers.due < at:
                due = timers.next_deadline()
                if due < at:
                    if due > self.limit:
                        return
                    engine.fire(due)
                    continue
            if at > self.limit:
                return
            if arrives:
                self.index = index + 1
                source = self.sources[read_i64_le(self.whence, index << 3)]
                engine.arrive(at, source.make(read_i64_le(self.rows, index << 3), 1))
                continue
            events.pop()
            kind = events.kind
            thing = events.thing
            number = events.number
            # What has been overtaken by something else is void. The most frequent kinds stand here and not in a
            # function.
            if kind == el.GIVES_UP:
                caller: Caller = thing  # type: ignore[assignment]  # as the kind says
                if number == caller.token and not caller.over:
                    engine.caller_hung_up(at, caller)
            elif kind == el.TALK_OVER:
                leg: Leg = thing  # type: ignore[assignment]  # as the kind says
                if leg.state == ANSWERED:
                    engine.leg_ended(at, leg, CLEARED, self.count_talk(at, leg))
            elif kind == el.PICKS_UP:
                rung: Leg = thing  # type: ignore[assignment]  # as the kind says
                if rung.state == RINGING:
                    engine.leg_answered(at, rung)
            elif kind == el.PROMPT_OVER:
                listener: Caller = thing  # type: ignore[assignment]  # as the kind says
                if listener.open_plays is not None and number in listener.open_plays:
                    engine.prompt_ended(at, listener, number, "finished")
            else:
                self._happen(at, kind, thing, number)

    def run_on(self, limit: Instant) -> None:
        """As `run_until`, but what the calls have left behind happens too when no call is left."""
        self.live += 1
        self.run_until(limit)
        self.live -= 1

    def _next_chunk(self) -> None:
        chunk = self.arrivals.chunk()
        self.index = 0
        self.in_chunk = 0
        if chunk is None:
            self.more = False
        else:
            self.when, self.whence, self.rows = chunk
            self.in_chunk = len(self.when) >> 3

    def _happen_at_once(self) -> None:
        """Everything that is to happen at this instant, what comes of it included."""
        at = self.at
        soon = self.soon
        done = 0
        while done < len(soon):
            kind, thing, number = soon[done]
            done += 1
            if kind == el.PICKS_UP:
                rung: Leg = thing  # type: ignore[assignment]  # as the kind says
                if rung.state == RINGING:
                    self.engine.leg_answered(at, rung)
            else:
                self._happen(at, kind, thing, number)
        soon.clear()

    def _happen(self, at: Instant, kind: i64, thing: object, number: i64) -> None:
        """One happening that is not among the most frequent, or that happens at once."""
        engine = self.engine
        if kind == el.PROMPT_STOPPED:
            listener: Caller = thing  # type: ignore[assignment]  # as the kind says
            if listener.open_plays is not None and number in listener.open_plays:
                engine.prompt_ended(at, listener, number, "stopped")
        elif kind == el.KEY:
            caller: Caller = thing  # type: ignore[assignment]  # as the kind says
            if number == caller.key_token and caller.collecting:
                self.press(at, caller)
        elif kind == el.LEG_OVER:
            leg: Leg = thing  # type: ignore[assignment]  # as the kind says
            if leg.state == ENDING:
                engine.leg_ended(at, leg, CLEARED, self.count_talk(at, leg))
        elif kind == el.CANCELLED:
            cancelled: Leg = thing  # type: ignore[assignment]  # as the kind says
            if cancelled.state == CANCELLING:
                self.count_ringing(at, cancelled)
                engine.leg_failed(at, cancelled, CAUSE_LIST[number])
        else:
            self._happen_rarely(at, kind, thing, number)

    def _happen_rarely(self, at: Instant, kind: i64, thing: object, number: i64) -> None:
        engine = self.engine
        if kind == el.LOOK_AT_PAUSE or kind == el.COMES_BACK:
            assert isinstance(thing, Leg) and thing.seat is not None and thing.user is not None
            membership = thing.seat.membership
            if not membership.paused or membership.reason != "auto":
                return
            if kind == el.COMES_BACK:
                engine.unpause(at, thing.user, membership.queue)
            else:
                self.events.push(at + self.answering.back_us, el.COMES_BACK, thing, 0)
            return
        if kind == el.CALLER_DONE or kind == el.REFUSES:
            assert isinstance(thing, Leg)
            if kind == el.REFUSES:
                if thing.state == RINGING:
                    self.count_ringing(at, thing)
                    engine.leg_failed(at, thing, Cause.USER_BUSY if thing.user is None else Cause.CALL_REJECTED)
            elif thing.state == ANSWERED:
                customer = thing.call.customer
                if customer is None:
                    engine.caller_hung_up(at, thing.call)
                elif customer.state == ANSWERED:  # called back: the caller's line is a leg of its own
                    engine.leg_ended(at, customer)
            return
        if kind == el.WEB:
            assert isinstance(thing, WebRequest)
            requests = thing.caller.open_requests
            if requests is None or thing.request not in requests:
                return
            if thing.failure:
                engine.web_server_failed(at, thing.caller, thing.request, thing.failure, thing.latency_us)
            else:
                web = self.web
                engine.web_server_answered(at, thing.caller, thing.request, web.status, web.answer, thing.latency_us)
            return
        assert isinstance(thing, Caller)
        if kind == el.REDIAL:
            self.live -= 1
            engine.arrive(at, thing.source.make(thing.row, thing.attempt + 1))
        elif kind == el.MESSAGE:
            engine.message_over(at, thing)
        elif kind == el.MAILBOX:
            if thing.open_requests is not None and number in thing.open_requests:
                box = thing.user or 0
                count = engine.tenant.messages_in(box)
                messages = tuple([ev.BoxMessage(recording=f"{box}.r{n + 1}") for n in range(count)])
                engine.mailbox_opened(at, thing, number, messages)
        elif thing.open_recordings is not None and number in thing.open_recordings:
            length_us = at - thing.recording_from
            if kind == el.SPOKEN:
                if thing.over:
                    engine.recording_ended(at, thing, number, length_us, "hangup")
                else:
                    engine.caller_hung_up(at, thing)
                    if thing.open_recordings and number in thing.open_recordings:
                        engine.recording_ended(at, thing, number, length_us, "hangup")
            elif kind == el.RECORDING_FULL:
                engine.recording_ended(at, thing, number, length_us, "limit")
            else:
                engine.recording_ended(at, thing, number, length_us, "hangup" if thing.over else "stopped")


def _guests(flow: Flow) -> Arrivals:
    """A source that brings nobody by itself."""
    return Arrivals(called="guest", per_hour=0)
