"""Where does one call go? One call at any instant, from any number, with every decision and its rule (R-25.4).

The same engine that decides live calls runs in a scripted world. Decides how a trace is read and written; `diagrams.py` draws
flows, `reach.py` asks the same question of a whole year.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.analysis.scripted_world import Script, ScriptedWorld
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Instant, as_seconds
from engine.records.journal import encode_message
from engine.state import pictures
from engine.state.flow import Flow
from engine.state.sink import Stamped
from engine.translations import trace_ru

CALL: Final = "c1"
"""The call that is previewed."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One visit at one element: when, why it was left, by which output, and what else it could have been."""

    n: int
    at: Instant
    after_s: float
    """Seconds since the call started."""
    element: int
    """Internal number; 0 stands for the outside world."""
    kind: str
    name: str
    rule: str = ""
    output: str = ""
    to: str = ""
    why: tuple[str, ...] = ()
    """Decisions made here, one line each."""
    others: tuple[str, ...] = ()
    """Outputs not taken."""
    length_s: float = 0.0


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call came to rest: who answered, or why nobody did."""

    cause: Cause
    rule: str
    element: int
    user: int | None = None
    number: str | None = None
    box: int | None = None
    talk_s: float = 0.0

    @property
    def text(self) -> str:
        """In words: `user 101`, `outside 89161234567`, `voicemail 5120`, or the cause."""
        if self.user is not None:
            return f"user {self.user}"
        if self.number is not None:
            return f"outside {self.number}"
        if self.box is not None:
            return f"voicemail {self.box}"
        return str(self.cause)


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One previewed call."""

    flow: str
    at: Instant
    called: str
    caller: str
    trunk: str | None
    steps: tuple[Step, ...]
    landing: Landing
    lines: tuple[Stamped, ...] = ()
    """Everything the engine said, with instants: for those who want to see all of it."""
    events: tuple[tuple[Instant, ev.Event], ...] = ()
    """All events it took: with the flow, enough to run the call again."""

    @property
    def path(self) -> tuple[tuple[int, str, str], ...]:
        """Edges taken, as (element, output, target)."""
        return tuple((step.element, step.output, step.to) for step in self.steps if step.output)

    def show(self, flow: Flow | None = None, language: str = "en") -> object:
        """The flow with the path of the call lit up, in a notebook. `flow` is needed where the program that draws
        has not seen it. Raises NoPainter where nothing can draw."""
        return pictures.painter().trace(self, flow, language)

    def as_json(self) -> bytes:
        """For programs: steps and landing, and every message with its instant in seconds after the start."""
        return msgspec.json.encode(
            {
                "flow": self.flow,
                "at": self.at,
                "called": self.called,
                "caller": self.caller,
                "trunk": self.trunk,
                "steps": self.steps,
                "world": "preview",
                "landing": {**msgspec.to_builtins(self.landing), "text": self.landing.text},
                "messages": [
                    {
                        "after_s": as_seconds(at - self.at),
                        "world": "preview",
                        "message": msgspec.Raw(encode_message(message)),
                    }
                    for at, message in self.lines
                ],
            }
        )


class NoTrunkNumber(ValueError):
    """No trunk has the number `called`; `known` are the numbers there are."""

    def __init__(self, called: str, known: tuple[str, ...]) -> None:
        self.called = called
        self.known = known
        super().__init__(
            f"no trunk has the number {called or '(none)'}; numbers of this PBX: {', '.join(known) or 'none'} (R-04.13)"
        )


def preview(
    flow: Flow,
    at: Instant,
    *,
    called: str = "",
    trunk: str | None = None,
    caller: str = "",
    user: int | None = None,
    origin: str = "",
    widget: str = "",
    page: str = "",
    script: Script | None = None,
    draw_seed: int = 0,
) -> Trace:
    """Run one call through `flow` at `at` and say where it went.

    The call comes in on `trunk`, or from `user` who dials `called`, or as direct SIP to `called` (`origin="direct"`), or `caller`
    asked for it with a `widget` on a `page` of a website (R-17). With only `called` given, a trunk of that number is taken, in
    whatever form it is written (R-04.13). Raises KeyError for an unknown trunk, user or widget, NoTrunkNumber when nothing says
    where the call comes in.
    """
    if widget:
        if widget not in flow.widgets:
            raise KeyError(f"the PBX has no widget {widget}; it has {', '.join(flow.widgets) or 'none'}")
        origin = "callback"
    if trunk is None and user is None and origin not in ("direct", "api", "callback"):
        trunk = flow.trunk_of(called)
        if trunk is None:
            raise NoTrunkNumber(called, tuple(sorted(t.number for t in flow.trunks.values())))
    if trunk is not None:
        if trunk not in flow.trunks:
            raise KeyError(f"the PBX has no trunk {trunk}; it has {', '.join(flow.trunks) or 'none'}")
        called = called or flow.trunks[trunk].number
    if user is not None and user not in flow.head.users:
        raise KeyError(f"the PBX has no user {user}")
    world = ScriptedWorld(flow, script or Script(), at)
    arrival = ev.CallArrived(
        call=CALL,
        called=called,
        caller=caller or (str(user) if user is not None else ""),
        trunk=trunk,
        user=user,
        origin=origin or ("trunk" if trunk is not None else "user"),  # type: ignore[arg-type]
        widget=widget,
        page=page,
        draw_seed=draw_seed,
    )
    world.run(arrival)
    steps, landing = _read(flow, at, world.lines)
    return Trace(
        flow=flow.digest,
        at=at,
        called=called or (f"widget:{widget}" if widget else ""),
        caller=caller,
        trunk=trunk,
        steps=steps,
        landing=landing,
        lines=tuple(world.lines),
        events=tuple(world.events),
    )


def _read(flow: Flow, start: Instant, lines: list[Stamped]) -> tuple[tuple[Step, ...], Landing]:
    """Steps and landing from what the engine said."""
    steps: list[Step] = []
    landing = Landing(cause=Cause.NORMAL_CLEARING, rule="", element=0)
    answered: note.CallAnswered | None = None
    box: int | None = None
    for at, message in lines:
        if getattr(message, "call", CALL) != CALL:  # a user dialled beside it
            if isinstance(message, note.ServiceUsed):
                _say(steps, f"{message.user} dials: {_code(message)}")
            continue
        match message:
            case note.ElementEntered(element=element, kind=kind):
                known = flow.elements.get(element)
                steps.append(
                    Step(
                        n=len(steps) + 1,
                        at=at,
                        after_s=as_seconds(at - start),
                        element=element,
                        kind=kind,
                        name=known.name if known else "",
                    )
                )
            case note.DecisionMade(rule=rule, text=text, others=others) if steps:
                last = steps[-1]
                line = f"{text} ({rule})" if text else rule
                steps[-1] = msgspec.structs.replace(
                    last, rule=rule, why=(*last.why, line), others=others or last.others
                )
            case note.ElementLeft(output=output, to=to, rule=rule) if steps:
                last = steps[-1]
                known = flow.elements.get(last.element)
                rest = tuple(name for name in known.exits if name != output) if known else ()
                steps[-1] = msgspec.structs.replace(
                    last, output=output, to=to, rule=rule or last.rule, others=rest, length_s=as_seconds(at - last.at)
                )
            case note.OfferMissed(member=member, cause=cause, ring_us=ring_us):
                _say(steps, f"{member} did not take it: {cause} after {as_seconds(ring_us):g} s (R-08.9)")
            case note.CallQueued(position=position):
                _say(steps, f"waits at position {position} (R-08.6)")
            case note.CallRefused(reason=reason, rule=rule):
                _say(steps, f"refused: {reason.replace('_', ' ')} ({rule})")
            case note.CallLeftQueue(output=output, rule=rule, wait_us=wait_us):
                _say(steps, f"left by {output} after {as_seconds(wait_us):g} s ({rule})")
            case note.CallAnswered(user=answering, number=number, wait_us=wait_us, rule=rule):
                answered = message
                _say(steps, f"{answering or number} answered after {as_seconds(wait_us):g} s ({rule})")
            case note.RecordingStarted(text=text, rule=rule):
                _say(steps, f"the talk is recorded: {text} ({rule})")
            case note.ServiceUsed():
                _say(steps, _code(message))
            case note.MailboxChecked(result=result, new=new, old=old):
                told = f"{new} new messages, {old} heard ones" if result == "opened" else result.replace("_", " ")
                _say(steps, f"mailbox {message.box}: {told} ({message.rule})")
            case note.MessageMarked(state=state):
                _say(steps, f"message {state} ({message.rule})")
            case note.CallerPresented():
                _say(steps, _presented(message))
            case note.MessageLeft():
                box = message.box
            case note.CallEnded():
                if steps and not steps[-1].output:
                    steps[-1] = msgspec.structs.replace(
                        steps[-1], length_s=as_seconds(at - steps[-1].at), rule=message.rule or steps[-1].rule
                    )
                landing = Landing(
                    cause=message.cause,
                    rule=message.rule or (answered.rule if answered else ""),
                    element=message.element,
                    user=answered.user if answered else None,
                    number=answered.number if answered else None,
                    talk_s=as_seconds(message.talk_us),
                )
    if box is not None and landing.user is None and landing.number is None:
        landing = msgspec.structs.replace(landing, box=box, rule=landing.rule or "R-09.5")
    return tuple(steps), landing


def _code(message: note.ServiceUsed) -> str:
    """A code that was dialled, and whether it found anything."""
    found = "" if message.done else ": nothing to take"
    return f"code {message.service} {message.argument}".rstrip() + f"{found} ({message.rule})"


def _presented(message: note.CallerPresented) -> str:
    """What a carrier is told of the caller."""
    if message.withheld:
        told = f"the number is withheld; the carrier of {message.trunk} alone hears {message.number or 'none'}"
    else:
        told = f"the carrier of {message.trunk} hears {message.number}, {message.text}"
    if message.forwarded_from:
        told += f"; forwarded from {message.forwarded_from}, {message.because.replace('_', ' ')}"
    return f"{told} ({message.rule})"


def _say(steps: list[Step], line: str) -> None:
    """Add a line to the visit in progress."""
    if steps:
        steps[-1] = msgspec.structs.replace(steps[-1], why=(*steps[-1].why, line))


def as_text(trace: Trace, language: str = "en") -> str:
    """A trace for people: one block an element, with times, reasons and the outputs not taken."""
    russian = language == "ru"

    def say(text: str) -> str:
        return trace_ru.in_language(text, language)

    lines = []
    for step in trace.steps:
        kind = trace_ru.kind(step.kind) if russian else step.kind
        title = f"{step.after_s:8.1f} {'с' if russian else 's'}  {step.element or say('outside')} {kind}"
        lines.append(f"{title} «{step.name}»" if step.name else title)
        lines += [f"            {say(why)}" for why in step.why]
        if step.output:
            taken = f"            → {step.output} → {step.to or say('(empty)')}"
            lines.append(taken + (f"   [{step.rule}]" if step.rule else ""))
        if step.others:
            lines.append(f"            {say('not taken: ' + ', '.join(step.others))}")
    rule = f" [{trace.landing.rule}]" if trace.landing.rule else ""
    lines.append(say(f"lands at {trace.landing.text}; ended {trace.landing.cause}") + rule)
    return "\n".join(lines)
