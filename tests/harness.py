"""Scenes: a PBX of a few lines, people who act at given seconds, and everything the engine said.

A `Scene` is a world in which only people need a script. What follows by itself follows by itself: sounds last as long as
the table says, a cancelled phone stops, a stopped sound ends, a letter is sent. A test that wants these late, crossed or
never switches `obedient` off and tells every event. `rule` ties a test to the rules of the specification it holds.
Traces are text that a planner can read: `>` event, `~` deadline, `<` command, `*` note (see `tests/golden/`).
"""

from __future__ import annotations

import heapq
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import CANCELLED, Cause
from engine.contract.ids import Instant, as_seconds, seconds
from engine.contract.limits import LONGEST_CALL_US
from engine.control.engine import Engine
from engine.loading.load import load
from engine.state.flow import Flow
from engine.state.leg import ANSWERED, CANCELLING, ENDING, RINGING, STATES
from engine.state.sink import Message, Stamped
from engine.state.timers import CALLBACK, NEVER, VISIT, Timer

T0: Instant = seconds(1_795_422_600)
"""Monday 23 November 2026, 08:30 UTC: second 0 of every scene."""

Test = TypeVar("Test", bound=Callable[..., Any])
Kind = TypeVar("Kind", bound=msgspec.Struct)


def rule(*numbers: str) -> Callable[[Test], Test]:
    """Say which rules a test holds: `@rule("R-08.9")`. The list of rules and their tests is made from these."""

    def tie(test: Test) -> Test:
        test.rules = (*getattr(test, "rules", ()), *numbers)  # type: ignore[attr-defined]
        return test

    return tie


PROMPTS = {
    "welcome.wav": 6.0,
    "wrong.wav": 2.0,
    "leave.wav": 3.0,
    "full.wav": 4.0,
    "accept.wav": 3.0,
    "notice.wav": 5.0,
    "music.wav": 20.0,
}
"""Sounds every scene has, with their lengths in seconds."""


def pbx_text(elements: str, users: str = "101 102 103", to: str | int | None = None, rest: str = "") -> str:
    """A document from its elements, one a line. `users` are numbers, or lines; `to` is where the trunk leads, the first
    element if not given; `rest` adds or replaces whole sections.
    """
    lines = textwrap.dedent(elements).strip("\n")
    entry = to if to is not None else lines.split(":", 1)[0].strip() if lines else ""
    staff = "\n".join(f"{n}: {{}}" for n in users.split()) if ":" not in users else textwrap.dedent(users).strip("\n")
    more = textwrap.dedent(rest).strip("\n")
    parts = ["pbx: example"]
    if "trunks:" not in more:
        parts.append(f'trunks: {{moscow: {{number: "74951234567", to: {entry}}}}}')
    if lines:
        parts.append("elements:\n" + textwrap.indent(lines, "  "))
    if staff:
        parts.append("users:\n" + textwrap.indent(staff, "  "))
    if "outgoing:" not in more:
        parts.append("outgoing: {default: moscow}")
    parts.append("prompts: {" + ", ".join(f"{name}: {length:g}" for name, length in PROMPTS.items()) + "}")
    if more:
        parts.append(more)
    return "\n".join(parts) + "\n"


def flow(elements: str, users: str = "101 102 103", to: str | int | None = None, rest: str = "") -> Flow:
    """The flow of `pbx_text`."""
    return load(pbx_text(elements, users, to, rest))


class Scene:
    """One engine, and a world that does by itself what needs no person.

    Instants are seconds after `T0`. Every act first lets happen what is due before it.
    """

    def __init__(
        self,
        elements: str | Flow,
        users: str = "101 102 103",
        to: str | int | None = None,
        rest: str = "",
        *,
        obedient: bool = True,
        registered: bool = True,
        wake_ups: bool = True,
    ) -> None:
        self.text = "" if isinstance(elements, Flow) else pbx_text(elements, users, to, rest)
        self.flow = elements if isinstance(elements, Flow) else load(self.text)
        self.engine = Engine(self.flow)
        self.versions = {self.flow.digest: "v1"}
        self.obedient = obedient
        self.wake_ups = wake_ups
        self.said: list[Stamped] = []
        self.told: list[tuple[Instant, ev.Event]] = []
        self.lines: list[Line] = []
        self._agenda: list[tuple[Instant, int, ev.Event]] = []
        self._born = 0
        self._plays: dict[str, None] = {}
        self._recordings: dict[str, Instant] = {}
        if registered:
            for number in self.flow.head.users:
                self.tell(0, ev.DeviceRegistered(user=number))

    # --- time --------------------------------------------------------------------------------------------------------

    def tell(self, at_s: float, event: ev.Event) -> list[Message]:
        """Run to `at_s`, give the engine one event, and give back what it said to it, own endings included."""
        at = T0 + seconds(at_s)
        self._run(at)
        before = len(self.said)
        self._feed(at, event)
        self._settle(at)
        return [message for _, message in self.said[before:]]

    def until(self, at_s: float) -> list[Message]:
        """Let everything happen that is due by `at_s`."""
        before = len(self.said)
        self._run(T0 + seconds(at_s))
        self._settle(T0 + seconds(at_s))
        return [message for _, message in self.said[before:]]

    def _run(self, at: Instant) -> None:
        while True:
            due = self.engine.next_deadline() if self.wake_ups else None
            mine = self._agenda[0][0] if self._agenda else None
            if mine is not None and mine < at and (due is None or mine < due):
                self._settle(mine)
            elif due is not None and due <= at:
                self._wake(due)
            else:
                return

    def _wake(self, due: Instant) -> None:
        for label in due_now(self.engine, due):
            self.lines.append(Line(due, "~", label))
        self._say(self.engine.handle(due, ev.Advance()))

    def _settle(self, at: Instant) -> None:
        """Tell everything that happens by itself by `at`."""
        while self._agenda and self._agenda[0][0] <= at:
            due = self.engine.next_deadline() if self.wake_ups else None
            if due is not None and due <= self._agenda[0][0]:
                self._wake(due)
                continue
            when, _, event = heapq.heappop(self._agenda)
            if self._still_true(event):
                self._feed(when, event)

    def _feed(self, at: Instant, event: ev.Event) -> None:
        self.told.append((at, event))
        self.lines.append(Line(at, ">", self._text(event)))
        match event:
            case ev.PromptEnded(play=play):
                self._plays.pop(play, None)
            case ev.RecordingEnded(recording=recording):
                self._recordings.pop(recording, None)
        due = self.engine.next_deadline()
        idle = isinstance(event, ev.DigitPressed) and (due is None or due > at) and not self.engine.collects(event)
        said = self.engine.handle(at, event)
        if idle:  # what the live driver leaves out, so that it stands in no journal, must change nothing
            assert said == [] and self.engine.next_deadline() == due, f"{event} is not asked for, and yet: {said}"
        self._say(said)
        if isinstance(event, ev.CallerHungUp) and self.obedient:
            self._silence(at, event.call)

    def _say(self, said: list[Stamped]) -> None:
        self.said.extend(said)
        for at, message in said:
            mark = "<" if isinstance(message, cmd.Command) else "*"
            self.lines.append(Line(at, mark, self._text(message)))
            if isinstance(message, cmd.Command):
                self._obey(at, message)

    # --- what happens by itself --------------------------------------------------------------------------------------

    def _later(self, at: Instant, event: ev.Event) -> None:
        self._born += 1
        heapq.heappush(self._agenda, (at, self._born, event))

    def _obey(self, at: Instant, command: cmd.Command) -> None:
        match command:
            case cmd.PlayPrompt(play=play):
                self._plays[play] = None
            case cmd.SayPosition(play=play) | cmd.SayPhrase(play=play) | cmd.PlayMessage(play=play):
                self._plays[play] = None
            case cmd.StartRecording(recording=recording):
                self._recordings[recording] = at
        if not self.obedient:
            return
        match command:
            case cmd.PlayPrompt(play=play, prompt=prompt):
                self._later(at + self.flow.prompt_us.get(prompt, 0), ev.PromptEnded(play=play))
            case cmd.SayPosition(play=play) | cmd.SayPhrase(play=play) | cmd.PlayMessage(play=play):
                self._later(at + seconds(4), ev.PromptEnded(play=play))
            case cmd.StopPrompt(play=play):
                self._later(at, ev.PromptEnded(play=play, reason="stopped"))
            case cmd.CancelLeg(leg=leg, reason=reason):
                self._later(at, ev.LegFailed(leg=leg, cause=CANCELLED[reason]))
            case cmd.EndLeg(leg=leg):
                self._later(at, ev.LegEnded(leg=leg))
            case cmd.StopRecording(recording=recording):
                self._later(at, ev.RecordingEnded(recording=recording, length_us=at - self._recordings[recording]))
            case cmd.StartRecording(recording=recording, max_us=max_us):
                self._later(at + max_us, ev.RecordingEnded(recording=recording, length_us=max_us, reason="limit"))
            case cmd.SendMessage(message=message):
                self._later(at, ev.MessageSent(message=message))
            case cmd.AskWebServer(request=request, timeout_us=us):
                self._later(at + us, ev.WebServerFailed(request=request, reason="timeout", latency_us=us))
            case cmd.EndCall(call=call):
                self._silence(at, call)

    def _silence(self, at: Instant, call: str) -> None:
        """The caller's leg is over: its sounds and recordings end by themselves."""
        for play in [play for play in self._plays if play.startswith(f"{call}.")]:
            self._later(at, ev.PromptEnded(play=play, reason="stopped"))
        for recording, began in self._recordings.items():
            if recording.startswith(f"{call}."):
                self._later(at, ev.RecordingEnded(recording=recording, length_us=at - began, reason="hangup"))

    def _still_true(self, event: ev.Event) -> bool:
        match event:
            case ev.PromptEnded(play=play):
                return play in self._plays
            case ev.RecordingEnded(recording=recording):
                return recording in self._recordings
            case ev.LegFailed(leg=leg):
                return self._leg_is(leg, (RINGING, CANCELLING))
            case ev.LegEnded(leg=leg):
                return self._leg_is(leg, (ANSWERED, ENDING))
            case ev.WebServerFailed(request=request):
                call, _, n = request.rpartition(".")
                known = self.engine.tenant.calls.get(call)
                return known is not None and known.open_requests is not None and int(n[1:]) in known.open_requests
        return True

    def _leg_is(self, leg: str, states: tuple[int, ...]) -> bool:
        live = [live for call in self.engine.tenant.calls.values() for live in call.live_legs if live.id == leg]
        return bool(live) and live[0].state in states

    # --- people ------------------------------------------------------------------------------------------------------

    def arrives(self, at_s: float, call: str = "c1", caller: str = "89160000001", **other: Any) -> list[Message]:
        """A call comes in on the trunk, or as `other` says."""
        if not other.keys() & {"trunk", "user", "origin"}:
            trunk = next(iter(self.flow.trunks))
            other = {"trunk": trunk, "called": self.flow.trunks[trunk].number, **other}
        return self.tell(at_s, ev.CallArrived(call=call, caller=caller, **other))

    def dials(self, at_s: float, user: int, called: str, call: str = "c1") -> list[Message]:
        """A user dials."""
        return self.tell(at_s, ev.CallArrived(call=call, caller=str(user), called=called, user=user, origin="user"))

    def hangs_up(self, at_s: float, call: str = "c1") -> list[Message]:
        """The caller goes."""
        return self.tell(at_s, ev.CallerHungUp(call=call))

    def presses(self, at_s: float, digit: str, call: str = "c1", leg: str | None = None) -> list[Message]:
        """A key of the caller's, or of a leg's far end."""
        return self.tell(at_s, ev.DigitPressed(call=call, digit=digit, leg=leg))

    def rings(self, at_s: float, leg: str) -> list[Message]:
        """A phone says that it rings."""
        return self.tell(at_s, ev.LegRinging(leg=leg))

    def answers(self, at_s: float, leg: str) -> list[Message]:
        """A phone is picked up."""
        return self.tell(at_s, ev.LegAnswered(leg=leg))

    def fails(self, at_s: float, leg: str, cause: Cause = Cause.CALL_REJECTED) -> list[Message]:
        """A leg ends without an answer."""
        return self.tell(at_s, ev.LegFailed(leg=leg, cause=cause))

    def ends(self, at_s: float, leg: str, cause: Cause = Cause.NORMAL_CLEARING) -> list[Message]:
        """The far end of a leg hangs up."""
        return self.tell(at_s, ev.LegEnded(leg=leg, cause=cause))

    # --- what was said -----------------------------------------------------------------------------------------------

    def all(self, kind: type[Kind], **fields: object) -> list[Kind]:
        """Every message of a kind with these fields, in order."""
        return [m for _, m in self.said if isinstance(m, kind) and all(getattr(m, k) == v for k, v in fields.items())]

    def times(self, kind: type[Kind], **fields: object) -> list[float]:
        """When they were said, in seconds."""
        return [
            as_seconds(at - T0)
            for at, m in self.said
            if isinstance(m, kind) and all(getattr(m, k) == v for k, v in fields.items())
        ]

    def one(self, kind: type[Kind], **fields: object) -> Kind:
        """The only message of a kind with these fields."""
        found = self.all(kind, **fields)
        assert len(found) == 1, f"{len(found)} {kind.__name__} {fields}:\n{self.trace()}"
        return found[0]

    def offers(self) -> list[tuple[float, str, int]]:
        """(second, call, member) of every offer."""
        return [(as_seconds(at - T0), m.call, m.member) for at, m in self.said if isinstance(m, note.CallOffered)]

    def offered(self, call: str | None = None) -> list[int]:
        """Members in the order they were offered `call`, or anything."""
        return [member for _, id, member in self.offers() if call in (None, id)]

    def path(self, call: str = "c1") -> list[tuple[int, str]]:
        """Elements entered, with the output taken, empty where the call ended."""
        steps: list[tuple[int, str]] = []
        for _, message in self.said:
            if isinstance(message, note.ElementEntered) and message.call == call:
                steps.append((message.element, ""))
            elif isinstance(message, note.ElementLeft) and message.call == call:
                steps[-1] = (message.element, message.output)
        return steps

    def end(self, call: str = "c1") -> note.CallEnded:
        """How a call ended."""
        return self.one(note.CallEnded, call=call)

    def states(self, member: int) -> list[str]:
        """States a member went through, those of one queue left out."""
        return [m.state for m in self.all(note.MemberChanged, member=member) if m.queue is None]

    def legs(self) -> list[str]:
        """Every live leg, with its state's name."""
        return [f"{leg.id} {STATES[leg.state]}" for call in self.engine.tenant.calls.values() for leg in call.live_legs]

    # --- traces ------------------------------------------------------------------------------------------------------

    def version(self, flow: Flow) -> str:
        """Make another version known; its digest."""
        self.engine.know(flow)
        self.versions[flow.digest] = f"v{len(self.versions) + 1}"
        return flow.digest

    def _text(self, message: msgspec.Struct) -> str:
        return in_words(message, self.versions)

    def trace(self, from_s: float = 0.0) -> str:
        """Everything that was told and said, as text."""
        return as_text(line for line in self.lines if line.at >= T0 + seconds(from_s))


# --- traces as text --------------------------------------------------------------------------------------------------


class Line(msgspec.Struct, frozen=True):
    """One line of a trace: its instant, its mark, its text."""

    at: Instant
    mark: str
    text: str


def in_words(message: msgspec.Struct, versions: dict[str, str]) -> str:
    """A message as one line: its name, and each field that says something.

    >>> in_words(cmd.CancelLeg(leg="c1.2", reason="timeout"), {})
    'CancelLeg leg=c1.2 reason=timeout'
    """
    words = [type(message).__name__]
    for field in msgspec.structs.fields(message):
        value = getattr(message, field.name)
        if value == field.default and field.name not in ("wait_us", "talk_us"):
            continue
        words.append(f"{field.name}={_value(field.name, value, versions)}")
    return " ".join(words)


def _value(name: str, value: object, versions: dict[str, str]) -> str:
    if isinstance(value, cmd.Devices):
        return f"user:{value.user}"
    if isinstance(value, cmd.Outside):
        return f"outside:{value.number}@{value.trunk}"
    if isinstance(value, cmd.DirectSip):
        return value.uri
    if name.endswith("_us") and isinstance(value, int):
        return f"{as_seconds(value):g}s"
    if name.endswith("_at") and isinstance(value, int):
        return clock(value)
    if name == "flow":
        return versions.get(str(value), str(value)[:12])
    if isinstance(value, tuple):
        return ",".join(quoted(str(part)) for part in value)
    return quoted(str(value))


def quoted(text: str) -> str:
    """Text with blanks in French quotation marks, so that a field stays one word of a line."""
    return f"«{text}»" if " " in text or text == "" else text


def clock(at: Instant) -> str:
    """Minutes, seconds and milliseconds after `T0`; hours when there are any.

    >>> clock(T0 + 20_000_000)
    '00:20.000'
    """
    ms = (at - T0) // 1000
    hours = ms // 3_600_000
    text = f"{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
    return f"{hours}:{text}" if hours else text


def as_text(lines: Iterator[Line]) -> str:
    """Lines as people read them: the time stands where it changes and at every event and deadline."""
    written = []
    last = -1
    for line in lines:
        time = clock(line.at) if line.at != last or line.mark in ">~" else ""
        last = line.at
        written.append(f"{time:>11} {line.mark} {line.text}")
    return "\n".join(written) + "\n"


_EVENTS = {kind.__name__: kind for kind in ev.Event.__subclasses__()}


def read(text: str, versions: dict[str, str]) -> list[tuple[Instant, ev.Event]]:
    """The `>` lines of a trace as events with their instants."""
    names = {name: digest for digest, name in versions.items()}
    found = []
    for line in text.splitlines():
        stamp, mark, rest = line[:11].strip(), line[12:13], line[14:]
        if mark == ">":
            found.append((_instant(stamp), _event(rest, names)))
    return found


def _instant(stamp: str) -> Instant:
    parts = stamp.split(":")
    return T0 + seconds(sum(float(part) * 60**i for i, part in enumerate(reversed(parts))))


def _event(text: str, versions: dict[str, str]) -> ev.Event:
    name, *words = _words(text)
    fields: dict[str, object] = {}
    for word in words:
        key, _, value = word.partition("=")
        value = value[1:-1] if value.startswith("«") else value
        if key.endswith("_us"):
            fields[key] = seconds(float(value[:-1]))
        elif key == "flow":
            fields[key] = versions[value]
        elif key == "on":
            fields[key] = value == "True"
        elif key == "until":
            fields[key] = int(value)
        else:
            fields[key] = value
    return msgspec.convert(fields, _EVENTS[name], strict=False)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for part in text.split(" "):
        if words and words[-1].count("«") > words[-1].count("»"):
            words[-1] += " " + part
        else:
            words.append(part)
    return words


def due_now(engine: Engine, at: Instant) -> list[str]:
    """What the deadlines at `at` are, in the order they fire, for traces."""
    timers = engine.tenant.timers
    found: list[tuple[int, str]] = []
    for deadline, born, timer in timers.heap:
        if deadline == at and timer.alive:
            found.append((born, _timer(timer)))
    for timer in _in_lanes(engine):
        if timer.deadline == at and timer.alive:
            found.append((timer.born, _timer(timer)))
    for line in timers.visit_lanes:
        for stay in line.visits[line.head :]:
            if stay.entered_at + line.length_us == at and line.born(stay):
                label = _NAMES["relax" if line.relaxes else "max_wait"]
                found.append((line.born(stay), f"{label} {stay.call.id}"))
    for lane in timers.lanes:
        for leg in lane.legs[lane.head :]:
            if leg.placed_at + lane.ring_us == at and leg.state == RINGING:
                found.append((leg.born, f"ring timeout {leg.id}"))
    for call in timers.calls.values():
        if call.started_at + LONGEST_CALL_US == at and not call.over:
            found.append((call.born, f"longest call {call.id}"))
    return [label for _, label in sorted(found)]


_NAMES = {
    "max_wait": "wait limit",
    "ring": "ring timeout",
    "first_key": "no key",
    "next_digit": "no further digit",
    "announce": "announcement due",
    "relax": "skill given up",
    "step": "next member rings too",
}


def _in_lanes(engine: Engine) -> list[Timer]:
    return [timer for lane in engine.tenant.timers.timer_lanes for timer in lane.timers[lane.head :]]


def _timer(timer: Timer) -> str:
    if timer.what == VISIT:
        assert timer.call is not None
        return f"{_NAMES.get(timer.name, timer.name.replace('_', ' '))} {timer.call.id}"
    if timer.what == CALLBACK:
        assert timer.call is not None
        return f"callback {timer.call.id} rang long enough"
    if timer.user is not None:
        return f"member {timer.user.number} may be free"
    assert timer.queue is not None
    return f"tier may open {timer.queue.number}"


# --- what must always hold -------------------------------------------------------------------------------------------


def drained(engine: Engine) -> None:
    """Nothing is left of any call: books balanced, members free or waiting out their time, no deadline of a call."""
    tenant = engine.tenant
    assert not tenant.calls, f"calls left: {list(tenant.calls)}"
    for trunk in tenant.trunks.values():
        assert trunk.in_use == 0, f"{trunk.key} has {trunk.in_use} lines in use"
    for user in tenant.users.values():
        assert user.legs == 0 and user.own_calls == 0, f"{user.number} still holds legs"
        assert user.state in (0, 3, 4), f"{user.number} is in state {user.state}"
    for queue in tenant.queues.values():
        assert queue.count == 0 and queue.first_inside is None and queue.serving is None, (
            f"queue {queue.number} still has calls"
        )
        assert queue.first() is None
    for timer in [entry[2] for entry in tenant.timers.heap] + _in_lanes(engine):
        assert not timer.alive or timer.call is None, f"deadline {timer.name} of a call that is over"
    assert all(line.first() is None for line in tenant.timers.visit_lanes), "a deadline of a stay that is over"
    for lane in tenant.timers.lanes:
        assert not any(leg.state in (RINGING, CANCELLING) for leg in lane.legs)
    for version in engine.versions.in_use.values():
        assert version.calls == 0


def quiet(engine: Engine) -> bool:
    """Whether no deadline is left at all."""
    return engine.tenant.timers.next_deadline() >= NEVER
