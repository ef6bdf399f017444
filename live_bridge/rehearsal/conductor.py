"""The conductor of a rehearsal: plays a planned day on a bridge, one thing after another, in the order of simulated time.

Decides when the clock goes on: once everything that was begun has come to its end on SIP, in media and in the engine, it jumps to
what comes next, a decision of somebody or a timer of the bridge. So idle time takes none, no exchange is cut short, and the speed
of the machine changes nothing. What does not come to its end within `PATIENCE_S` is written down, and the rehearsal goes on
without it. Leaves what people decide to `people.py`, SIP to `telephones.py`, and what came of it to `findings.py`.
"""

from __future__ import annotations

import heapq
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Duration, Instant, LegId, RecordingId
from engine.numbers.digits import is_digits
from engine.records.rehearsal import Act, PlannedCall, PlannedDay
from engine.state.sink import Stamped
from live_bridge.calls.command_executor import Done
from live_bridge.calls.driver import Driver
from live_bridge.calls.engine_port import call_of
from live_bridge.media.session import Media
from live_bridge.rehearsal.member_acts import event_of
from live_bridge.rehearsal.open_work import PATIENCE_S, Late, OpenWork
from live_bridge.rehearsal.people import Caller, RungLeg
from live_bridge.rehearsal.staged_clock import NEVER, StagedClock
from live_bridge.rehearsal.telephones import Exchange, PhoneLine, Telephone

if TYPE_CHECKING:
    from live_bridge.sip.switch import Invitation  # the SIP stack belongs to the thread that loads it

log = logging.getLogger(__name__)

OVERTIME_US: Final = 3600 * SECOND_US
"""Simulated time after the end of a day in which its last calls must be over."""

ACTS: Final = 1
PEOPLE: Final = 0
"""Of two things at one instant, what belongs to calls comes before what members do beside them, as in the simulation."""


class Played(msgspec.Struct):
    """What came of one day."""

    said: list[Stamped]
    names: dict[CallId, str]
    """Ids on the bridge, and the names of the plan."""
    refused: dict[str, int]
    """Calls the bridge refused before it took them in, and the status."""
    late: list[Late]
    exchanged: int
    real_s: float


class Conductor:
    """Plays one day. Made before the bridge, as the bridge wants its clock and ears; `play` begins once that runs."""

    def __init__(self, day: PlannedDay, progress: Callable[[int], None] = lambda _: None, pace: float = 0.0) -> None:
        """`progress` hears how many calls are over. `pace` is how many seconds of the calls pass in one real second at most;
        0 waits for nothing."""
        self.day = day
        self.clock = StagedClock(day.begin)
        self.exchange = Exchange()
        self.phones: dict[int, Telephone] = {}
        self.carriers: dict[str, Telephone] = {}
        self._progress = progress
        self._pace = pace
        self._coming: list[tuple[Instant, int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._born = 0
        self._news: queue.SimpleQueue[tuple[Instant, object]] = queue.SimpleQueue()
        self._open = OpenWork()
        self._seeds: dict[str, int] = {}
        self._callers: dict[str, Caller] = {}
        self._by_seed: dict[int, Caller] = {}
        self._by_call: dict[CallId, Caller] = {}
        self._by_line: dict[str, Caller] = {}
        self._legs: dict[LegId, RungLeg] = {}
        self._joined: list[Caller] = []
        self._live = 0
        self._over = 0
        self._said: list[Stamped] = []
        self._refused: dict[str, int] = {}
        self._driver: Driver
        self._media: Media
        self._passwords: Mapping[int, str]

    # --- what the bridge is given (the loop's thread) -----------------------------------------------------------------

    def draw_seed(self, invitation: Invitation) -> int:
        """See `Stage`: the entropy that the plan gives the caller."""
        return self._seeds.get(invitation.call_id, 0)

    def happened(self, at: Instant, event: ev.Event) -> None:
        """See `Stage`."""
        self._tell(at, event)

    def said(self, said: list[Stamped]) -> None:
        """See `Stage`."""
        for at, message in said:
            self._tell(at, message)

    def ask(self, command: cmd.AskWebServer, done: Done) -> None:
        """See `Stage`: the plan answers for the customer's server."""
        self._tell(self.clock.now(), (command, done))

    def send(self, command: cmd.SendMessage, done: Done) -> None:
        """See `Stage`: e-mails go nowhere."""
        done(ev.MessageSent(message=command.message))

    def _tell(self, at: Instant, message: object) -> None:
        self._news.put((at, message))
        self.exchange.wake()

    # --- the play -----------------------------------------------------------------------------------------------------

    def play(self, driver: Driver, media: Media, passwords: Mapping[int, str]) -> Played:
        """Play the whole day on a bridge that runs. The telephones must have been added before."""
        self._driver, self._media, self._passwords = driver, media, passwords
        begun_s = time.monotonic()
        for call in self.day.calls:
            self._put(call.at, PEOPLE, self._arrive, call)
        for act in self.day.acts:
            self._put(act.at, ACTS, self._act, act)
        self._live = len(self.day.calls)
        while self._go_on():
            pass
        self._settle()
        return Played(
            said=self._said,
            names={call: caller.plan.id for call, caller in self._by_call.items()},
            refused=self._refused,
            late=self._open.late,
            exchanged=self.exchange.exchanged,
            real_s=time.monotonic() - begun_s,
        )

    def _put(self, at: Instant, rank: int, act: Callable[..., None], *facts: Any) -> None:
        self._born += 1
        heapq.heappush(self._coming, (at, rank, self._born, act, facts))

    def later(self, after_us: Duration, act: Any, *facts: Any) -> None:
        """See `people.Stagehand`."""
        self._put(self.clock.now() + after_us, PEOPLE, act, *facts)

    def _go_on(self) -> bool:
        """Let the next thing happen; False when the day is over."""
        self._settle()
        due = self._next()
        if due > self.clock.now() and self._joined:
            joined, self._joined = self._joined, []
            for caller in joined:
                caller.loses_patience()
            due = self._next()
        idle = self._live <= 0 and not self._coming
        if due >= NEVER or due > self.day.end + OVERTIME_US or (idle and due > self.day.end):
            return False
        if due > self.clock.now():
            self._wait(due)
            self.clock.set(due)
        timer = self.clock.take()
        if timer is not None:
            self._driver.loop.call(timer.function, *timer.arguments)
        else:
            _, _, _, act, facts = heapq.heappop(self._coming)
            act(*facts)
        return True

    def _next(self) -> Instant:
        coming = self._coming[0][0] if self._coming else NEVER
        return max(self.clock.now(), min(coming, self.clock.next_due()))

    def _wait(self, due: Instant) -> None:
        if self._pace > 0:
            time.sleep(min((due - self.clock.now()) / SECOND_US / self._pace, 3600.0))

    # --- until everything is done -------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until nothing that was begun is open."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            news = self._take_news()
            if not self._open:
                if not news and self._is_quiet():
                    return
                continue
            self.exchange.receive(0.05)
            if time.monotonic() > until_s and self._news.empty():
                self._open.give_up(self.clock.now())
                for telephone in self.exchange.telephones:
                    telephone.waiting.clear()

    def _is_quiet(self) -> bool:
        """Whether nothing is under way: the bridge is asked behind what it does just now, as it tells of an event before it tells
        what comes of it."""
        self._driver.loop.call(_nothing)
        return not self.exchange.receive(0.0) and self._news.empty()

    def _take_news(self) -> bool:
        heard = False
        while True:
            try:
                at, message = self._news.get_nowait()
            except queue.Empty:
                return heard
            heard = True
            if isinstance(message, ev.Event):
                self._event(message)
            elif isinstance(message, tuple):
                self._web_asked(*message)
            else:
                assert isinstance(message, cmd.Command | note.Note)
                self._said.append((at, message))
                self._message(at, message)

    # --- what the bridge does -----------------------------------------------------------------------------------------

    def _event(self, event: ev.Event) -> None:
        done = self._open.done
        match event:
            case ev.CallArrived():
                caller = self._by_seed.get(event.draw_seed)
                if caller is not None:
                    caller.call = event.call
                    self._by_call[event.call] = caller
                    done(("arrive", caller.plan.id))
            case ev.LegRinging():
                done(("ring", event.leg))
            case ev.LegAnswered():
                done(("ring", event.leg))
                done(("answered", event.leg))
            case ev.LegFailed() | ev.LegEnded():
                done(*((what, event.leg) for what in ("ring", "answered", "refused", "far gone")))
                leg = self._legs.get(event.leg)
                if leg is not None:
                    leg.over = True
            case ev.CallerHungUp():
                done(("gone", event.call))
                self._recordings_end(self._by_call.get(event.call))
            case ev.DigitPressed():
                done(("key", event.call))
            case ev.RecordingEnded():
                done(("recorded", event.recording))
                caller = self._caller_of(event)
                if caller is not None:
                    caller.recordings.pop(event.recording, None)
            case ev.MessageSent() | ev.MessageFailed():
                done(("sent", event.message))
            case ev.WebServerAnswered() | ev.WebServerFailed():
                done(("web", event.request))

    def _caller_of(self, event: ev.Event) -> Caller | None:
        name = call_of(event)
        return None if name is None else self._by_call.get(name)

    def _message(self, at: Instant, message: cmd.Command | note.Note) -> None:
        match message:
            case cmd.CancelLeg() | cmd.EndLeg():
                self._leg_taken_back(message)
                return
            case note.CallEnded():
                self._call_over(message.call)
                return
        caller = self._by_call.get(getattr(message, "call", ""))
        if caller is None:
            return
        if caller.hear(at, message):
            self._joined.append(caller)
        match message:
            case cmd.PlaceLeg():
                self._place(at, caller, message)
            case cmd.Bridge() if message.leg in self._legs:
                caller.bridged(self._legs[message.leg])
            case cmd.Answer() if caller.line is not None and caller.line.state == "calling":
                self._open.begin(("INVITE", caller.line), "the caller's call is picked up", message.call)
            case cmd.EndCall() | cmd.ReleaseCaller():
                self._caller_is_ended(caller)
            case cmd.StopRecording():
                self._open.begin(("recorded", message.recording), "a recording ends", message.call)
            case cmd.SendMessage():
                self._open.begin(("sent", message.message), "an e-mail is taken", message.call)

    def _place(self, at: Instant, caller: Caller, command: cmd.PlaceLeg) -> None:
        leg, waits = caller.place(at, command)
        self._legs[leg.id] = leg
        self._open.begin(("ring", leg.id), f"{leg.target} is rung", command.call)
        if waits:
            self._joined.append(caller)

    def _leg_taken_back(self, command: cmd.CancelLeg | cmd.EndLeg) -> None:
        leg = self._legs.get(command.leg)
        if leg is not None and leg.line is not None and leg.line.state != "over":
            self._open.begin(("cleared", leg.line), f"{leg.target} is told that it is over", leg.caller.call)

    def _caller_is_ended(self, caller: Caller) -> None:
        if caller.line is not None and caller.line.state != "over":
            self._open.begin(("cleared", caller.line), "the caller is told that it is over", caller.call)
        self._recordings_end(caller)

    def _call_over(self, call: CallId) -> None:
        caller = self._by_call.get(call)
        if caller is not None and not caller.over:
            self._is_over(caller)

    def _is_over(self, caller: Caller) -> None:
        caller.over = True
        self._live -= 1
        self._over += 1
        self._progress(self._over)

    def _recordings_end(self, caller: Caller | None) -> None:
        for recording in () if caller is None else caller.recordings:
            self._open.begin(("recorded", recording), "a recording ends", "" if caller is None else caller.call)

    def _web_asked(self, command: cmd.AskWebServer, done: Done) -> None:
        caller = self._by_call.get(command.call)
        if caller is None:
            done(ev.WebServerFailed(request=command.request, reason="refused", latency_us=0))
            return
        answer = caller.web_answer()

        def answers() -> None:
            self._open.begin(("web", command.request), "a web server's answer is taken", command.call)
            if answer.failure:
                done(ev.WebServerFailed(request=command.request, reason=answer.failure, latency_us=answer.latency_us))
            else:
                done(
                    ev.WebServerAnswered(
                        request=command.request, status=answer.status, body=answer.body, latency_us=answer.latency_us
                    )
                )

        self.later(answer.latency_us, answers)

    # --- what telephones hear (`telephones.Hearer`) -------------------------------------------------------------------

    def rung(self, line: PhoneLine) -> None:
        """See `Hearer`: find the leg of the engine, and do what the plan says."""
        name = self._driver.ask_inside(
            lambda controller: next(
                (
                    placed.id
                    for placed in controller.executor.legs.values()
                    for branch in placed.branches
                    if branch.identity()[0] == line.call_id
                ),
                "",
            )
        )
        self._take_news()  # its PlaceLeg is among them
        leg = self._legs.get(name)
        if leg is None:
            return
        leg.line = line
        line.label = leg
        if leg.ring.outcome == "ignores":
            return
        act = self._pick_up if leg.ring.outcome == "answers" else self._refuse
        self._put(max(self.clock.now(), leg.at + leg.ring.after_us), PEOPLE, act, leg)

    def cleared(self, line: PhoneLine) -> None:
        """See `Hearer`."""
        self._open.done(("cleared", line))
        caller = self._by_line.get(line.call_id)
        if caller is not None and not caller.call and line.status >= 300:
            self._refused[caller.plan.id] = line.status
            self._open.done(("arrive", caller.plan.id))
            self._is_over(caller)

    def done(self, what: tuple[str, object]) -> None:
        """See `Hearer`."""
        self._open.done(what)

    # --- what people do -----------------------------------------------------------------------------------------------

    def _arrive(self, plan: PlannedCall) -> None:
        caller = Caller(plan, self)
        self._callers[plan.id] = caller
        self._by_seed[plan.draw_seed] = caller
        call_id = f"{plan.id}@rehearsal"
        self._seeds[call_id] = plan.draw_seed
        self._by_line[call_id] = caller
        self._open.begin(("arrive", plan.id), "the bridge takes the call in", plan.id)
        caller.line = self.carriers[plan.trunk].call(plan.called, plan.caller, call_id)

    def _pick_up(self, leg: RungLeg) -> None:
        if leg.over or leg.line is None or leg.line.state != "ringing":
            return
        self._open.begin(("answered", leg.id), f"{leg.target} has picked up", leg.caller.call)
        self._open.begin(("ACK", leg.line), f"{leg.target} is acknowledged", leg.caller.call)
        leg.line.pick_up()

    def _refuse(self, leg: RungLeg) -> None:
        if leg.over or leg.line is None or leg.line.state != "ringing":
            return
        self._open.begin(("refused", leg.id), f"{leg.target} has refused", leg.caller.call)
        leg.line.refuse(603 if is_digits(leg.line.phone.name) else 486)

    def press(self, caller: Caller, key: str) -> None:
        """See `Stagehand`: every other call presses by RFC 4733, the rest by SIP INFO."""
        line = caller.line
        if line is None or line.state != "up":
            return
        by_rtp = caller.plan.draw_seed % 2 == 0
        self._open.begin(("key", caller.call), f"key {key} is taken in", caller.call)
        if not by_rtp:
            self._open.begin(("INFO", line), f"key {key} is answered", caller.call)
        line.press(key, by_rtp)

    def caller_hangs_up(self, caller: Caller) -> None:
        """See `Stagehand`."""
        line = caller.line
        if line is None or line.state == "over":
            return
        method = "BYE" if line.state == "up" else "INVITE"
        self._open.begin((method, line), "the caller's hanging up is answered", caller.call)
        self._open.begin(("gone", caller.call), "the bridge knows that the caller is gone", caller.call)
        line.hang_up()

    def far_hangs_up(self, leg: RungLeg) -> None:
        """See `Stagehand`."""
        if leg.over or leg.line is None or leg.line.state != "up":
            return
        self._open.begin(("BYE", leg.line), f"{leg.target}'s hanging up is answered", leg.caller.call)
        self._open.begin(("far gone", leg.id), f"the bridge knows that {leg.target} is gone", leg.caller.call)
        leg.line.hang_up()

    def talk_over(self, caller: Caller, leg: RungLeg, ends: str) -> None:
        """See `Stagehand`. What is recorded of the talk is said now, all of it."""
        if leg.over or caller.over or leg.line is None or leg.line.state != "up":
            return
        for begun, both in list(caller.recordings.values()):
            if both:
                lines = [line for line in (caller.near_line(), leg.line) if line is not None]
                self._say(lines, self.clock.now() - begun)
        if ends != "caller":
            self.far_hangs_up(leg)
        elif caller.line is not None and caller.line.state == "up":
            self.caller_hangs_up(caller)
        else:
            customer = caller.customer(leg)
            if customer is not None:
                self.far_hangs_up(customer)

    def message_over(self, caller: Caller, recording: RecordingId, length_us: Duration) -> None:
        """See `Stagehand`."""
        if recording not in caller.recordings or caller.over or caller.line is None:
            return
        self._say([caller.line], length_us)
        self.caller_hangs_up(caller)

    def _say(self, lines: list[PhoneLine], length_us: Duration) -> None:
        """Speak into recordings that are under way, and wait until rtp.io has taken it."""
        before = self._packets()  # asked in order with what was told rtp.io before: it records by now
        wanted = before + sum(line.say(length_us) for line in lines)
        until_s = time.monotonic() + PATIENCE_S
        while self._packets() < wanted and time.monotonic() < until_s:
            time.sleep(0.01)

    def _packets(self) -> int:
        """RTP packets that rtp.io has received since its start."""
        answered = threading.Event()
        found: list[int] = [0]

        def take(figures: dict[str, int]) -> None:
            found[0] = figures.get("packets received", 0)
            answered.set()

        self._driver.loop.post(self._media.counters, take)
        answered.wait(PATIENCE_S)
        return found[0]

    # --- what members do beside calls ---------------------------------------------------------------------------------

    def _act(self, act: Act) -> None:
        event = event_of(act)
        if event is None:
            self._registers(act.user, act.what == "registers")
        else:
            self._driver.ask_inside(lambda controller: controller.feed(event))

    def _registers(self, user: int, comes: bool) -> None:
        phone = self.phones[user]
        if comes == phone.registered:
            return
        self._open.begin(("register", phone), f"the phone of {user} {'registers' if comes else 'goes'}")
        phone.register(self._passwords[user], 3600 if comes else 0)


def _nothing() -> None:
    """Done when all before it is."""
