"""A world of accidents: whatever may happen to a PBX happens, in any order, and a judge watches.

`Chaos` keeps the books that a driver must keep (what is open, what may still end), so every event it tells is one the
contract allows: late, crossed, doubled by the network where it may be. What it may not be is told too, and must be refused
and change nothing. Chance comes in as a `random.Random`, so that a test or Hypothesis decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.errors import DriverError
from engine.contract.ids import Instant, seconds
from engine.control.engine import Engine
from engine.state.flow import Flow
from engine.state.sink import Stamped
from tests.harness import T0, drained, flow, quiet
from tests.judge import Judge

ELEMENTS = """
5400: {kind: hours, days: mon-fri, open: "00:00-24:00", match: 5000, mismatch: 5120}
5500: {kind: number_rule, entries: ["8916"], match: 5000, mismatch: 5200}
5000:
  kind: greeting
  prompt: welcome.wav
  wrong_key_prompt: wrong.wav
  dial_extension: true
  keys: {1: 5200, 2: 5201, 3: 5202, 4: 5203, 5: 5204, 6: 5205, 7: 5300, 8: 106, 9: 5500, 0: "89169990000",
         "*": 5208, "#": 5209}
  no_input: 5206
  invalid: 5200
5200: {kind: queue, members: [101, 102, 103, 104], max_wait: 40, exit_key: "9", exit: 5300, timeout: 5204, wrap_up: 7,
       callback_key: "1", record: on}
5201: {kind: queue, strategy: ring_all, members: [103, 104, 105], queue_weight: 1, timeout: 5300, waiting: 4, full: 5200}
5202: {kind: queue, strategy: linear, tier_wait: 8, max_wait: 120, retry: 0, timeout: hangup,
       members: [101, {user: 105, tier: 2}, {user: 106, tier: 2}, {user: 107, tier: 3}]}
5203: {kind: queue, strategy: progressive, members: [102, 106, 107], ring: 25, step: 5, max_wait: 60, timeout: 5120}
5204: {kind: queue, strategy: round_robin, skills: {english: 2, sales: 1}, max_wait: 90, timeout: "89169990000",
       relax: [{after: 10, drop: english}, {after: 30, drop: sales}], announce_position: true, announce_every: 15,
       announce_prompt: notice.wav,
       members: [{user: 101, skills: {english: 2, sales: 1}}, {user: 107, skills: {sales: 1}}, 108]}
5205: {kind: queue, strategy: weighted_random, join_when_empty: unpaused, leave_when_empty: true, auto_pause: 2, ring: 5,
       members: [{user: 107, weight: 3}, 108], leave_empty: 5120, join_empty: 5120, timeout: 5120, max_wait: 0}
5206: {kind: queue, strategy: least_talk, members: [{user: 104, tier: 2}, 108], retry: 60, timeout: 5207}
5207: {kind: queue, strategy: fewest_calls, members: [102, 105, 108], announce_prompt: notice.wav, timeout: 5000}
5208: {kind: queue, strategy: longest_idle, tier_wait: 10, skills: {english: 1}, relax: [{after: 25, drop: english}],
       members: [101, {user: 103, skills: {english: 1}}, {user: 105, tier: 2, skills: {english: 2}}, {user: 106, tier: 2},
       {user: 108, tier: 3, skills: {english: 1}}], max_wait: 90, timeout: 5120}
5209: {kind: queue, strategy: ring_all, tier_wait: 5, skills: {sales: 1}, relax: [{after: 12, drop: sales}], max_wait: 60,
       members: [102, {user: 104, tier: 2, skills: {sales: 1}}, {user: 107, tier: 3, skills: {sales: 1}}], timeout: hangup}
5300: {kind: group, members: [103, 106, {number: "89161112233", press_one: true}], accept_prompt: accept.wav,
       no_answer: 5120}
5120: {kind: voicemail, prompt: leave.wav, recipients: [office@example.org]}
"""

USERS = """
101: {no_answer: "89161234567"}
102: {voicemail: false, no_answer: 103, record: off}
103: {voicemail: false}
104: {call_waiting: true}
105: {email: e@example.org}
106: {forwarding: [{when: busy, to: 107}, {when: unreachable, to: "89161234567"}], no_answer: 102, email: [f@example.org]}
107: {forwarding: [{when: always, to: 108}], voicemail: false}
108: {ring: 10}
"""

TRUNKS = """
trunks:
  moscow: {number: "74951234567", lines: 6, to: 5400}
  spb: {number: "78121234567", to: 5201, same_number_for_forwarding: true}
outgoing:
  default: moscow
"""


def versions() -> list[Flow]:
    """Three versions of one PBX."""
    first = flow(ELEMENTS, USERS, rest=TRUNKS)
    second = flow(ELEMENTS.replace("strategy: linear", "strategy: random"), USERS, rest=TRUNKS)
    third = flow(ELEMENTS.replace("members: [101, 102, 103, 104]", "members: [102, 108]"), USERS, rest=TRUNKS)
    return [first, second, third]


GAPS = [0, 0, 1_000, 200_000, 1_000_000, 3_000_000, 5_000_000, 12_000_000, 15_000_000, 60_000_000]
REFUSED = [Cause.USER_BUSY, Cause.CALL_REJECTED, Cause.SUBSCRIBER_ABSENT, Cause.NO_ANSWER, Cause.NO_USER_RESPONSE]
AFTER_THE_CALLER = (cmd.CancelLeg, cmd.EndLeg, cmd.SendMessage, cmd.EndCall)
"""What may still be asked about a call whose caller is gone."""


class Chaos:
    """One engine, its judge, and everything that is open."""

    def __init__(self, flows: list[Flow]) -> None:
        self.flows = flows
        self.engine = Engine(flows[0])
        for other in flows[1:]:
            self.engine.know(other)
        self.judge = Judge({flow.digest: flow for flow in flows})
        self.judge.install(flows[0])
        self.at: Instant = T0
        self.events = 0
        self.told: list[tuple[Instant, ev.Event]] = []
        self.said: list[list[Stamped]] = []
        self.born = 0
        self.callers: dict[str, None] = {}
        """Calls whose caller is on the line."""
        self.gone: set[str] = set()
        self.legs: dict[str, str] = {}
        """Living legs: ringing, cancelled, answered or ending."""
        self.leg_call: dict[str, str] = {}
        self.cancelled_at: dict[str, Instant] = {}
        self.dead_legs: list[str] = []
        self.plays: dict[str, None] = {}
        self.recordings: dict[str, None] = {}
        self.requests: dict[str, None] = {}
        self.mailboxes: dict[str, None] = {}
        self.messages: dict[str, None] = {}
        for number in sorted(flows[0].head.users):
            self.tell(ev.DeviceRegistered(user=number))

    # --- telling -----------------------------------------------------------------------------------------------------

    def tell(self, event: ev.Event) -> None:
        """One event now; the judge hears it and looks."""
        self.events += 1
        due = self.engine.next_deadline()
        if due is not None and due <= self.at and not isinstance(event, ev.Advance):
            self.hear(ev.Advance())  # the judge wants deadlines apart from the event they precede
        self.hear(event)
        self.judge.look(self.at)

    def hear(self, event: ev.Event) -> None:
        """One event, its books and its judgement."""
        said = self.engine.handle(self.at, event)
        self.told.append((self.at, event))
        self.said.append(said)
        self.judge.hear(self.at, event, said)
        for _, message in said:
            if isinstance(message, cmd.Command):
                self._obey(message)

    def _obey(self, command: cmd.Command) -> None:
        call = getattr(command, "call", None)
        if call in self.gone:
            assert isinstance(command, AFTER_THE_CALLER), f"{command} about a call that is over"
        match command:
            case cmd.PlaceLeg(leg=leg, call=call):
                assert leg not in self.legs and leg not in self.leg_call, f"leg {leg} placed twice"
                self.legs[leg] = "ringing"
                self.leg_call[leg] = call
            case cmd.CancelLeg(leg=leg):
                assert self.legs[leg] == "ringing", f"{leg} is {self.legs[leg]} and was cancelled"
                self.legs[leg] = "cancelled"
                self.cancelled_at[leg] = self.at
            case cmd.EndLeg(leg=leg):
                assert self.legs[leg] in ("answered", "crossed"), f"{leg} is {self.legs[leg]} and was hung up"
                self.legs[leg] = "ending"
            case (
                cmd.PlayPrompt(play=play)
                | cmd.SayPosition(play=play)
                | cmd.SayPhrase(play=play)
                | cmd.PlayMessage(play=play)
            ):
                assert play not in self.plays
                self.plays[play] = None
            case cmd.StopPrompt(play=play):
                assert play in self.plays, f"{play} was stopped and had ended"
            case cmd.StartRecording(recording=recording):
                self.recordings[recording] = None
            case cmd.AskWebServer(request=request):
                self.requests[request] = None
            case cmd.OpenMailbox(request=request):
                self.mailboxes[request] = None
            case cmd.SendMessage(message=message):
                self.messages[message] = None
            case cmd.ReleaseCaller(call=call):
                self.callers.pop(call)
            case cmd.EndCall(call=call):
                self.callers.pop(call)
                self.gone.add(call)

    # --- what may happen ---------------------------------------------------------------------------------------------

    def time_goes_on(self, chance: random.Random) -> None:
        """A little, to the next deadline, past it without a wake-up, or not at all."""
        due = self.engine.next_deadline()
        how = chance.randrange(4)
        if how == 0 and due is not None and due - self.at < seconds(400):
            self.at = max(self.at, due)
            self.tell(ev.Advance())
            return
        self.at += chance.choice(GAPS)
        if how == 1:
            self.tell(ev.Advance())
            self.tell(ev.Advance())

    def call_comes(self, chance: random.Random) -> None:
        """From a trunk, a user, an address, the API."""
        self.born += 1
        call = f"c{self.born}"
        seed = chance.getrandbits(64)
        caller = chance.choice(["89160000001", "74950000002", ""])
        how = chance.randrange(10)
        if how < 6:
            trunk, number = chance.choice([("moscow", "74951234567"), ("spb", "78121234567")])
            event = ev.CallArrived(call=call, called=number, caller=caller, trunk=trunk, draw_seed=seed)
        elif how < 8:
            user = chance.choice(sorted(self.flows[0].head.users))
            called = chance.choice(["101", "104", "106", "5200", "5202", "89167778899", "9999", "5000", "*97"])
            event = ev.CallArrived(call=call, called=called, caller=str(user), user=user, origin="user", draw_seed=seed)
        else:
            called = chance.choice(["5205", "5206", "106", "5300", "nobody", "107"])
            origin: Any = chance.choice(["direct", "api"])
            event = ev.CallArrived(call=call, called=called, caller=caller, origin=origin, draw_seed=seed)
        self.callers[call] = None
        self.tell(event)

    def leg_news(self, chance: random.Random) -> None:
        """A leg rings, is answered, fails, ends; late and crossing news too."""
        if not self.legs:
            return
        leg = chance.choice(list(self.legs))
        state = self.legs[leg]
        what = chance.randrange(10)
        if what == 0 and state != "over":
            self.tell(ev.LegRinging(leg=leg))
        elif state in ("ringing", "cancelled"):
            if what < (7 if state == "ringing" else 4):
                crossed = self.legs[leg] == "cancelled"
                self.legs[leg] = "crossed" if crossed else "answered"
                self.tell(ev.LegAnswered(leg=leg))
                if self.legs[leg] == "crossed":
                    assert self.cancelled_at[leg] == self.at, f"{leg} crossed our CANCEL and was not hung up"
                    self.legs[leg] = "answered"  # two answers in one instant: the lower position wins
            else:
                crossed = self.legs.pop(leg) == "cancelled"
                self.dead_legs.append(leg)
                self.tell(ev.LegFailed(leg=leg, cause=Cause.ORIGINATOR_CANCEL if crossed else chance.choice(REFUSED)))
        elif what < 4 or state == "ending":
            del self.legs[leg]
            self.dead_legs.append(leg)
            wrap_up_us = chance.choice([None, None, 0, seconds(4)])
            self.tell(ev.LegEnded(leg=leg, wrap_up_us=wrap_up_us))
        elif what < 6:
            self.tell(ev.DigitPressed(call=self.leg_call[leg], leg=leg, digit=chance.choice("12")))
        elif what == 6:
            self.tell(ev.PartyHeld(call=self.leg_call[leg], leg=leg))
        elif what == 7:
            self.tell(ev.PartyResumed(call=self.leg_call[leg], leg=leg))
        else:
            to = chance.choice(["5200", "5201", "101", "106", "89161112233", "nobody", "5120"])
            self.tell(ev.TransferRequested(call=self.leg_call[leg], leg=leg, to=to))

    def wake_first(self) -> None:
        """Deadlines that are due."""
        due = self.engine.next_deadline()
        if due is not None and due <= self.at:
            self.tell(ev.Advance())

    def media_news(self, chance: random.Random) -> None:
        """A sound, a recording, a web request or a letter is over."""
        kinds = [
            things for things in (self.plays, self.recordings, self.requests, self.mailboxes, self.messages) if things
        ]
        if not kinds:
            return
        things = chance.choice(kinds)
        thing = chance.choice(list(things))
        del things[thing]
        if things is self.plays:
            reason: Any = chance.choice(["finished", "finished", "stopped", "failed"])
            self.tell(ev.PromptEnded(play=thing, reason=reason))
        elif things is self.recordings:
            length = chance.choice([0, 2_999_999, 3_000_000, 20_000_000])
            self.tell(ev.RecordingEnded(recording=thing, length_us=length, reason=chance.choice(["silence", "failed"])))
        elif things is self.requests:
            self.tell(ev.WebServerFailed(request=thing, reason="timeout", latency_us=1))
        elif things is self.mailboxes:
            inside = tuple(ev.BoxMessage(recording=f"{thing}.r{n}", new=n < 2) for n in range(chance.randrange(4)))
            refused = ev.MailboxRefused(request=thing, reason="wrong_pin")
            self.tell(ev.MailboxOpened(request=thing, messages=inside) if chance.random() < 0.8 else refused)
        else:
            sent = chance.random() < 0.8
            self.tell(ev.MessageSent(message=thing) if sent else ev.MessageFailed(message=thing, reason="refused"))

    def caller_acts(self, chance: random.Random) -> None:
        """A key, or a hang-up."""
        if not self.callers:
            return
        call = chance.choice(list(self.callers))
        what = chance.randrange(8)
        if what < 5:
            self.tell(ev.DigitPressed(call=call, digit=chance.choice("0123456789*#")))
        elif what < 7:
            if self.callers.pop(call, 0) is None:
                self.gone.add(call)
                self.tell(ev.CallerHungUp(call=call))
        else:
            self.tell(ev.HangupRequested(call=call))

    def member_acts(self, chance: random.Random) -> None:
        """Signs in or out, pauses, comes back; phones come and go."""
        user = chance.choice(sorted(self.flows[0].head.users))
        queue = chance.choice([None, None, 5200, 5201, 5202, 5205])
        device = chance.choice(["1", "1", "2"])
        kinds: list[Callable[[], ev.Event]] = [
            lambda: ev.MemberSignedOut(user=user, queue=queue),
            lambda: ev.MemberSignedIn(user=user, queue=queue),
            lambda: ev.MemberSignedIn(user=user),
            lambda: ev.MemberPaused(user=user, queue=queue, reason="lunch"),
            lambda: ev.MemberUnpaused(user=user, queue=queue),
            lambda: ev.MemberUnpaused(user=user),
            lambda: ev.DeviceUnregistered(user=user, device=device),
            lambda: ev.DeviceRegistered(user=user, device=device),
            lambda: ev.DeviceRegistered(user=user),
            lambda: ev.DoNotDisturbSet(user=user, on=True),
            lambda: ev.DoNotDisturbSet(user=user, on=False),
            lambda: ev.DoNotDisturbSet(user=user, on=False),
        ]
        self.tell(chance.choice(kinds)())

    def operator_acts(self, chance: random.Random) -> None:
        """Trunks, holds by hand, versions."""
        what = chance.randrange(8)
        version = chance.choice(self.flows).digest
        if what < 3:
            state: Any = chance.choice(["registered", "registered", "unregistered", "failed", "barred"])
            self.tell(ev.TrunkStateChanged(trunk=chance.choice(["moscow", "spb"]), state=state))
        elif what == 3:
            mode: Any = chance.choice(["auto", "match", "mismatch"])
            self.tell(ev.OverrideSet(element=5400, mode=mode, until=chance.choice([None, self.at + seconds(30)])))
        elif what == 4:
            self.tell(ev.FlowPublished(flow=version))
        elif what < 7:
            callers = chance.choice([(), (), ("p7+", "8916+")])
            self.tell(ev.FlowPromoted(flow=version, share=chance.choice([1.0, 0.5, 0.0]), callers=callers))
        elif version != self.engine.versions.live.digest:
            self.tell(ev.FlowRetired(flow=version))

    def driver_errs(self, chance: random.Random) -> None:
        """What no driver may tell is refused, and changes nothing."""
        wrong: list[ev.Event] = [
            ev.LegAnswered(leg="c0.1"),
            ev.CallerHungUp(call="never"),
            ev.PromptEnded(play="c0.p1"),
            ev.DeviceRegistered(user=4999),
            ev.TrunkStateChanged(trunk="nowhere", state="failed"),
            ev.FlowPromoted(flow="0" * 64),
            ev.FlowRetired(flow=self.engine.versions.live.digest),
            ev.CallArrived(call="bad", called="1", trunk="nowhere"),
        ]
        if self.dead_legs:
            leg = chance.choice(self.dead_legs)
            wrong += [ev.LegFailed(leg=leg, cause=Cause.NO_ANSWER), ev.LegEnded(leg=leg), ev.LegAnswered(leg=leg)]
        for leg, state in list(self.legs.items())[:3]:
            if state in ("ringing", "cancelled"):
                wrong.append(ev.LegEnded(leg=leg))
            else:
                wrong.append(ev.LegFailed(leg=leg, cause=Cause.NO_ANSWER))
        self.events += 1
        due = self.engine.next_deadline()
        now = self.engine.now
        with pytest.raises(DriverError):
            self.engine.handle(self.at, chance.choice(wrong))
        with pytest.raises(DriverError):
            self.engine.handle(self.engine.now - 1, ev.Advance())
        assert self.engine.next_deadline() == due and now <= self.engine.now <= self.at
        self.judge.look(self.engine.now)

    WHAT = (
        [time_goes_on] * 10
        + [call_comes] * 6
        + [leg_news] * 12
        + [media_news] * 5
        + [caller_acts] * 4
        + [member_acts] * 4
        + [operator_acts] * 1
        + [driver_errs] * 1
    )

    def step(self, chance: random.Random) -> None:
        """Anything. What is overdue comes first, so that the books know what the news crosses."""
        self.wake_first()
        chance.choice(self.WHAT)(self, chance)

    # --- the end -----------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Everybody goes, everything ends: nothing may be left."""
        self.wake_first()
        for call in list(self.callers):
            if self.callers.pop(call, 0) is None:
                self.gone.add(call)
                self.tell(ev.CallerHungUp(call=call))
        for call in list(self.engine.tenant.calls):
            if call in self.engine.tenant.calls and not self.engine.tenant.calls[call].over:
                self.tell(ev.HangupRequested(call=call))
        while self.legs:
            leg, state = self.legs.popitem()
            self.tell(
                ev.LegFailed(leg=leg, cause=Cause.NO_ANSWER)
                if state in ("ringing", "cancelled")
                else ev.LegEnded(leg=leg)
            )
        for play in list(self.plays):
            self.tell(ev.PromptEnded(play=play, reason="stopped"))
        for request in list(self.requests):
            self.tell(ev.WebServerFailed(request=request, reason="timeout", latency_us=0))
        for request in list(self.mailboxes):
            self.tell(ev.MailboxRefused(request=request, reason="failed"))
        for recording in list(self.recordings):
            self.tell(ev.RecordingEnded(recording=recording, length_us=seconds(5), reason="hangup"))
        for message in list(self.messages):
            self.tell(ev.MessageSent(message=message))
        self.messages.clear()
        self.plays.clear()
        self.recordings.clear()
        for _ in range(1000):
            due = self.engine.next_deadline()
            if due is None:
                break
            self.at = due
            self.tell(ev.Advance())
        assert quiet(self.engine), "deadlines are left although nothing is"
        drained(self.engine)
        assert self.judge.calls_started == self.judge.calls_ended


def replayed(chaos: Chaos, wake_ups: str) -> list[list[Stamped]]:
    """What a new engine says to the same outside events with other wake-ups: `never`, `double`, or `early` as well."""
    engine = Engine(chaos.flows[0])
    for other in chaos.flows[1:]:
        engine.know(other)
    said = []
    for at, event in chaos.told:
        if wake_ups == "never" and isinstance(event, ev.Advance):
            continue
        if wake_ups == "early":
            said.append(engine.handle((engine.now + at) // 2 if engine.now > 0 else at, ev.Advance()))
        if wake_ups == "double":
            said.append(engine.handle(at, ev.Advance()))
        said.append(engine.handle(at, event))
    if wake_ups == "never":
        said.append(engine.handle(chaos.told[-1][0], ev.Advance()))
    return said
