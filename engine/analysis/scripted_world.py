"""A world that follows a script: one caller, users who answer or not and what they dial, all in virtual time. Pure, as the
engine is.

It serves preview and tests. Every command gets its one ending event, as any driver must give it. Leaves load, chance and
several outside callers to the simulator.
"""

from __future__ import annotations

import heapq
from typing import Final, Literal

import msgspec

from engine.account.states import State
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import CANCELLED, Cause
from engine.contract.ids import CallId, Instant, seconds
from engine.control.engine import Engine
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from engine.state.sink import Stamped

ANSWERS = "answers"
NO_ANSWER = "no_answer"
BUSY = "busy"
REJECTS = "rejects"
UNREACHABLE = "unreachable"
OUT = "out"
PAUSED = "paused"
DO_NOT_DISTURB = "do_not_disturb"
STATES = (ANSWERS, NO_ANSWER, BUSY, REJECTS, UNREACHABLE, OUT, PAUSED, DO_NOT_DISTURB)
"""What a user does when rung, or is before the call comes."""

_REFUSAL = {BUSY: Cause.USER_BUSY, REJECTS: Cause.CALL_REJECTED, UNREACHABLE: Cause.SUBSCRIBER_ABSENT}
_MOST_EVENTS = 10_000
"""More events than any call can cause: the loop guard of R-02.14 ends a call far earlier."""


When = Literal["before", "ringing", "waiting", "leaving", "talking", "heard"]
"""Moments of a call: before it comes, when the first phone rings, when it begins to wait in a queue, when the caller has asked
to be called back, when somebody has answered first, when the first message of a mailbox was heard."""

_MOMENTS: Final[dict[type[note.Note], When]] = {
    note.LegStarted: "ringing",
    note.CallQueued: "waiting",
    note.CallbackAsked: "leaving",
    note.CallAnswered: "talking",
    note.MessageMarked: "heard",
}

BEFORE_US: Final = seconds(60)
"""So long before the call begins what is done before it, each after the other."""


class UserAct(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people of the PBX do beside answering: they dial, send a call on, pause, hold a rule by hand."""

    when: When
    event: ev.Event
    after_s: float = 0.5
    """Seconds after that moment; of no account before the call."""


def dials(user: int, number: str, when: When = "before", after_s: float = 0.5, call: CallId = "") -> UserAct:
    """A user picks their phone up and dials a code of the PBX, or another user (R-15.11)."""
    event = ev.CallArrived(
        call=call or f"{user}-{when}-{number}", called=number, caller=str(user), user=user, origin="user"
    )
    return UserAct(when=when, event=event, after_s=after_s)


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """How the world behaves. Lengths in seconds."""

    keys: str = ""
    """Keys the caller presses, one each time keys are asked for; a blank is silence for that round."""
    key_after_s: float = 2.0
    users: dict[int, str] = {}
    """What users do, one of `STATES`; those not named answer."""
    answer_after_s: float = 4.0
    outside: str = ANSWERS
    """What outside numbers do: answers, no_answer, busy or rejects."""
    visitor: str = ANSWERS
    """What a caller does who is called back: one of the same."""
    talk_s: float = 60.0
    """How long people talk before one of them hangs up."""
    caller_ends: bool = True
    """Who hangs up after the talk: the caller, or who answered."""
    acts: tuple[UserAct, ...] = ()
    """What users do beside the call, in order."""
    message_s: float = 10.0
    """Length of a voice message."""
    message_ends: Literal["silence", "hangup"] = "silence"
    """What ends it: the caller says nothing more, or hangs up."""
    mailbox: tuple[str, ...] | None = ("",)
    """Callers of the new messages in the mailbox of a user who asks for it by phone; None for a wrong PIN."""
    patience_s: float | None = None
    """The caller hangs up this long after the start unless in talk; None waits for ever."""
    trunks: dict[str, str] = {}
    """States of trunks that are not `registered` (R-04.10)."""
    account: State = "active"
    """State of the account around the PBX (R-01.10)."""
    overrides: dict[int, str] = {}
    """Time rules held by hand: `match` or `mismatch` (R-11.8)."""
    answers: dict[int, str] = {}
    """What servers answer, by the number of the element that asks, as `web_answer` reads it."""
    web_status: int = 0
    """HTTP status of every other server; 0 is a time-out. No request leaves the machine (R-13.11)."""
    web_body: str = ""
    web_after_s: float = 0.2


TIMEOUT = "timeout"
"""The word for a server that does not answer in time."""


def web_answer(text: str, kind: str) -> tuple[int, str]:
    """HTTP status and body of an answer as people write it: `timeout`, `status:503`, `to:101` (transfer to a number, or the user
    a CRM names), or the body itself. Status 0 is a time-out.

    >>> web_answer("status:503", "http_request"), web_answer("to:101", "contact_manager")
    ((503, ''), (200, '{"user":"101"}'))

    Raises ValueError for a status that is none.
    """
    word, colon, rest = text.strip().partition(":")
    if text.strip() == TIMEOUT:
        return 0, ""
    if colon and word == "status":
        if not (len(rest) == 3 and is_digits(rest) and "100" <= rest <= "599"):
            raise ValueError(f"{rest} is no HTTP status: write 100 to 599 (R-13.8)")
        return int(rest), ""
    if colon and word == "to":
        if kind == "contact_manager":
            return 200, msgspec.json.encode({"user": rest.strip()}).decode()
        return 200, msgspec.json.encode({"commands": [{"command": "transfer", "to": rest.strip()}]}).decode()
    return 200, text


class ScriptedWorld:
    """One engine and the script around it. `lines` is everything the engine said, `events` all it was told."""

    def __init__(self, flow: Flow, script: Script, start: Instant) -> None:
        before = [act.event for act in script.acts if act.when == "before"]
        self.flow = flow
        self.script = script
        self.engine = Engine(flow)
        self.now = start
        self.lines: list[Stamped] = []
        self.events: list[tuple[Instant, ev.Event]] = []
        self._agenda: list[tuple[Instant, int, ev.Event]] = []
        self._born = 0
        self._keys = script.keys
        self._ringing: set[str] = set()
        self._answered: set[str] = set()
        self._plays: dict[str, CallId] = {}
        self._recordings: dict[str, tuple[CallId, Instant]] = {}
        self._over: dict[CallId, None] = {}
        self._deputies: dict[str, CallId] = {}
        """Legs that stand for a caller who was called back."""
        self._main: CallId = ""
        self._acts = {when: [act for act in script.acts if act.when == when] for when in _MOMENTS.values()}
        self._set_the_stage(start - BEFORE_US * len(before))
        self.lines.clear()
        for n, event in enumerate(before):
            at = start - BEFORE_US * (len(before) - n)
            self.tell(at, event)
            self._go_on(at + BEFORE_US - 1)
        self.now = start

    def _set_the_stage(self, at: Instant) -> None:
        for number in self.flow.head.users:
            state = self.script.users.get(number, ANSWERS)
            if state != UNREACHABLE:
                self.tell(at, ev.DeviceRegistered(user=number))
            if state == OUT:
                self.tell(at, ev.MemberSignedOut(user=number))
            elif state == PAUSED:
                self.tell(at, ev.MemberPaused(user=number, reason="preview"))
            elif state == DO_NOT_DISTURB:
                self.tell(at, ev.DoNotDisturbSet(user=number, on=True))
        for key, trunk_state in sorted(self.script.trunks.items()):
            if trunk_state == "unpaid":
                self.tell(at, ev.TrunkUnpaid(trunk=key))
            else:
                self.tell(at, ev.TrunkStateChanged(trunk=key, state=trunk_state))  # type: ignore[arg-type]
        if self.script.account != "active":
            self.tell(at, ev.AccountChanged(state=self.script.account))
        for element, mode in sorted(self.script.overrides.items()):
            self.tell(at, ev.OverrideSet(element=element, mode=mode))  # type: ignore[arg-type]

    # --- the loop ----------------------------------------------------------------------------------------------------

    def tell(self, at: Instant, event: ev.Event) -> None:
        """Give the engine one event and react to what it says."""
        self.now = at
        if not isinstance(event, ev.Advance):
            self.events.append((at, event))
        said = self.engine.handle(at, event)
        self.lines.extend(said)
        for instant, message in said:
            if isinstance(message, cmd.Command):
                self._obey(instant, message)
            elif (when := _MOMENTS.get(type(message))) and getattr(message, "call", "") == self._main:
                for act in self._acts.pop(when, ()):
                    self.later(instant + seconds(act.after_s), act.event)
        if self._over:
            self._close_media(at)

    def run(self, arrival: ev.CallArrived, until: Instant | None = None) -> None:
        """One call from its arrival to the moment nothing of it is left, or to `until`."""
        self._main = arrival.call
        if self.script.patience_s is not None and not arrival.widget:  # a visitor is not on the line to hang up
            self.later(self.now + seconds(self.script.patience_s), ev.CallerHungUp(call=arrival.call))
        self.tell(self.now, arrival)
        self._go_on(until)

    def _go_on(self, until: Instant | None) -> None:
        """Let happen what is due, to `until` or to the end."""
        for _ in range(_MOST_EVENTS):
            due = self.engine.next_deadline()
            if self._agenda and (due is None or self._agenda[0][0] < due):
                at, _, event = self._agenda[0]
            elif due is not None:
                at, event = due, ev.Advance()
            else:
                return
            if until is not None and at > until:
                return
            if not isinstance(event, ev.Advance):
                heapq.heappop(self._agenda)
                if not self._still_true(event):
                    continue
            self.tell(at, event)

    def later(self, at: Instant, event: ev.Event) -> None:
        """Plan an event of the outside; it happens if it still can then."""
        self._born += 1
        heapq.heappush(self._agenda, (at, self._born, event))

    def _still_true(self, event: ev.Event) -> bool:
        """Whether a planned event still can happen; marks it as having happened."""
        match event:
            case ev.LegAnswered(leg=leg):
                if leg not in self._ringing:
                    return False
                self._ringing.discard(leg)
                self._answered.add(leg)
            case ev.LegFailed(leg=leg):
                if leg not in self._ringing:
                    return False
                self._ringing.discard(leg)
            case ev.LegRinging(leg=leg):
                return leg in self._ringing
            case ev.LegEnded(leg=leg):
                if leg not in self._answered:
                    return False
                self._answered.discard(leg)
                if leg in self._deputies:
                    self._over[self._deputies.pop(leg)] = None
            case ev.PromptEnded(play=play):
                if play not in self._plays:
                    return False
                del self._plays[play]
            case ev.RecordingEnded(recording=recording):
                if recording not in self._recordings:
                    return False
                del self._recordings[recording]
            case ev.CallerHungUp(call=call):
                if call in self._over:
                    return False
                self._over[call] = None
            case ev.DigitPressed(call=call):
                return call not in self._over
        return True

    # --- what the engine asks ----------------------------------------------------------------------------------------

    def _obey(self, at: Instant, command: cmd.Command) -> None:
        script = self.script
        match command:
            case cmd.PlayPrompt(call=call, play=play, prompt=prompt):
                self._plays[play] = call
                self.later(at + self.flow.prompt_us.get(prompt, 0), ev.PromptEnded(play=play))
            case cmd.SayPosition(call=call, play=play) | cmd.SayPhrase(call=call, play=play):
                self._plays[play] = call
                self.later(at + seconds(4), ev.PromptEnded(play=play))
            case cmd.PlayMessage(call=call, play=play):
                self._plays[play] = call
                self.later(at + seconds(script.message_s), ev.PromptEnded(play=play))
            case cmd.OpenMailbox(request=request, box=box):
                self.later(at + seconds(4), self._opened(request, box))
            case cmd.StopPrompt(play=play):
                self.later(at, ev.PromptEnded(play=play, reason="stopped"))
            case cmd.CollectKeys(call=call):
                if self._keys:
                    key, self._keys = self._keys[0], self._keys[1:]
                    if key != " ":
                        self.later(at + seconds(script.key_after_s), ev.DigitPressed(call=call, digit=key))
            case cmd.PlaceLeg():
                self._ring(at, command)
            case cmd.CancelLeg(leg=leg, reason=reason):
                self.later(at, ev.LegFailed(leg=leg, cause=CANCELLED[reason]))
            case cmd.EndLeg(leg=leg):
                self.later(at, ev.LegEnded(leg=leg))
            case cmd.Bridge(leg=leg) if not script.caller_ends:
                self.later(at + seconds(script.talk_s), ev.LegEnded(leg=leg))
            case cmd.Bridge(call=call, other=str() as customer):
                self._deputies[customer] = call
                self.later(at + seconds(script.talk_s), ev.LegEnded(leg=customer))
            case cmd.AdoptCaller(leg=leg, other=other):
                self._answered.add(leg)
                self._over[other] = None
            case cmd.Bridge(call=call):
                self.later(at + seconds(script.talk_s), ev.CallerHungUp(call=call))
            case cmd.StartRecording(call=call, recording=recording, both=True):
                self._recordings[recording] = (call, at)
            case cmd.StartRecording(call=call, recording=recording):
                self._recordings[recording] = (call, at)
                length_us = seconds(script.message_s)
                if script.message_ends == "hangup":
                    self.later(at + length_us, ev.CallerHungUp(call=call))
                    return
                self.later(
                    at + length_us, ev.RecordingEnded(recording=recording, length_us=length_us, reason="silence")
                )
            case cmd.StopRecording(recording=recording):
                _, began = self._recordings.get(recording, ("", at))
                self.later(at, ev.RecordingEnded(recording=recording, length_us=at - began))
            case cmd.AskWebServer(call=call, request=request, timeout_us=timeout_us):
                self._web(at, call, request, timeout_us)
            case cmd.SendMessage(message=message):
                self.later(at, ev.MessageSent(message=message))
            case cmd.EndCall(call=call):
                self._over[call] = None

    def _ring(self, at: Instant, command: cmd.PlaceLeg) -> None:
        leg = command.leg
        self._ringing.add(leg)
        target = command.target
        if command.for_caller:
            state = self.script.visitor
        elif isinstance(target, cmd.Devices):
            state = self.script.users.get(target.user, ANSWERS)
        else:
            state = self.script.outside
        if state in _REFUSAL:
            self.later(at, ev.LegFailed(leg=leg, cause=_REFUSAL[state]))
            return
        self.later(at, ev.LegRinging(leg=leg))
        if state != NO_ANSWER:
            self.later(at + seconds(self.script.answer_after_s), ev.LegAnswered(leg=leg))

    def _web(self, at: Instant, call: str, request: str, timeout_us: int) -> None:
        script = self.script
        asking = self.engine.call_of(call).element
        said = script.answers.get(asking.number) if asking is not None else None
        status, body = (
            (script.web_status, script.web_body) if said is None or asking is None else web_answer(said, asking.kind)
        )
        latency_us = seconds(script.web_after_s)
        if status == 0 or latency_us > timeout_us:
            self.later(at + timeout_us, ev.WebServerFailed(request=request, reason="timeout", latency_us=timeout_us))
        else:
            self.later(
                at + latency_us,
                ev.WebServerAnswered(request=request, status=status, body=body, latency_us=latency_us),
            )

    def _opened(self, request: str, box: int) -> ev.Event:
        """What a mailbox answers: the PIN is right unless the script says otherwise."""
        if self.script.mailbox is None:
            return ev.MailboxRefused(request=request, reason="wrong_pin")
        callers = self.script.mailbox
        return ev.MailboxOpened(
            request=request,
            messages=tuple(
                ev.BoxMessage(recording=f"{box}.r{n}", caller=caller) for n, caller in enumerate(callers, start=1)
            ),
        )

    def _close_media(self, at: Instant) -> None:
        """The caller's leg is over: plays and recordings of the call end by themselves."""
        for play, call in self._plays.items():
            if call in self._over:
                self.later(at, ev.PromptEnded(play=play, reason="stopped"))
        for recording, (call, began) in self._recordings.items():
            if call in self._over:
                self.later(at, ev.RecordingEnded(recording=recording, length_us=at - began, reason="hangup"))
