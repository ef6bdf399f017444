"""One scripted call in two worlds: SimPy's and real SIP's. Each gives the notes of the call in one comparable form.

A `Play` says what people do, in words both worlds understand. Nothing here decides where a call goes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import simpy

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records import traces
from engine.state.call import Call
from live_bridge.calls import callbacks
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.mailbox_calls import MailboxAccess
from live_bridge.media.session import Address
from pbxsim.scenario.distributions import Constant
from pbxsim.scenario.scenario import (
    Answering,
    Arrivals,
    KeyChoice,
    Outside,
    Patience,
    PhoneBehaviour,
    Recorded,
    Scenario,
    Talk,
    Voicemail,
    WebServer,
)
from pbxsim.world import driver
from pbxsim.world.world import World
from tests.heard import HeardWorld
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Dialog, Phone, digest, status
from tests.live_bridge.sip.phone import field as field_of

CALLER = "84955551000"
TRUNK_NUMBER = "78121234567"
PIN = "4821#"
"""What a user presses who is asked for it."""


@dataclass(frozen=True)
class Dials:
    """A user picks their phone up and dials; without a code of the PBX it is an ordinary call."""

    user: int
    number: str


@dataclass(frozen=True)
class Play:
    """What people do during one call."""

    pbx: str
    """The document."""
    caller: str = CALLER
    """Who calls from outside."""
    keys: str = ""
    answers_s: dict[int, float | None] = field(default_factory=dict)
    """Users with a registered phone, and after how many seconds they pick up; None lets it ring."""
    refuses: tuple[int, ...] = ()
    """Users whose phone rejects the call."""
    outside_s: float | None = None
    """After how many seconds outside numbers pick up; None lets them ring."""
    talk_s: float = 1.0
    caller_ends: bool = True
    """Who hangs up after the talk."""
    patience_s: float = 600.0
    """When the caller gives up, counted from the moment they begin to wait in a queue."""
    message_s: float = 4.0
    """Length of a voice message, after which the caller hangs up."""
    set_up: tuple[ev.Event, ...] = ()
    """Events before the call: overrides, trunk states."""
    codes: tuple[Dials, ...] = ()
    """Codes that users dial before the call, one after the other."""
    in_ring: tuple[Dials, ...] = ()
    """What users dial while the call rings at somebody."""
    in_talk: tuple[tuple[float, ev.Event | Dials], ...] = ()
    """Seconds after the first answer, and what a person in the call then does."""
    queue_key: str = ""
    """A key the caller presses once they wait in a queue."""
    after_callback: tuple[ev.Event, ...] = ()
    """Events once the caller has asked to be called back and hung up."""
    widget: str = ""
    """A visitor of a website asks with this widget to be called, in place of a call by the trunk (R-17)."""
    dials: tuple[int, str] | None = None
    """A user who dials, and what, in place of a call by the trunk."""
    presses: tuple[tuple[type[note.Note], str], ...] = ()
    """Keys of a user who dialled, each half a second after the first note of a kind since the last key."""
    mailbox: MailboxAccess | None = None
    """What is in that user's mailbox."""
    web: tuple[int, str] = (200, "")
    """Status and body of the customer's web server; status 0 never comes."""


# --- the comparable form ---------------------------------------------------------------------------------------------


def comparable(notes: Iterable[note.Note]) -> list[str]:
    """The notes from the call's start on, one text each, without lengths, and with the call named `c1`; calls after it are named
    `c2`, `c3`…

    Members that are free again some time after the call's end are left out: phones are put away by then.
    """
    lines: list[str] = []
    name = ""
    told = list(notes)
    names = [message.call for message in told if isinstance(message, note.CallStarted)]
    known = re.compile("'(" + "|".join(map(re.escape, names)) + ")(['.])")
    over = max((place for place, message in enumerate(told) if isinstance(message, note.CallEnded)), default=len(told))
    for place, message in enumerate(told):
        if place > over and isinstance(message, note.MemberChanged) and message.state == "idle":
            continue
        if isinstance(message, note.CallStarted) and not name:
            name = message.call
        if not name:
            continue
        text = known.sub(lambda found: f"'c{names.index(found[1]) + 1}{found[2]}", traces.line(0, message).what)
        lines.append(text)
    return lines


# --- the simulated world ---------------------------------------------------------------------------------------------


def simulated(play: Play) -> list[str]:
    """The play in the simulated world."""
    flow = load(play.pbx)
    forever = Constant(seconds=36_000)
    behaviours = {
        user: PhoneBehaviour(no_answer=1.0) if after is None else PhoneBehaviour(delay=Constant(seconds=after))
        for user, after in play.answers_s.items()
    }
    behaviours |= {user: PhoneBehaviour(delay=Constant(seconds=0), reject=1.0) for user in play.refuses}
    asking = [n for n, element in flow.elements.items() if element.kind == "greeting" and "no_input" in element.exits]
    scenario = Scenario(
        date=date(2026, 11, 23),
        hours=1,
        arrivals={
            "caller": Arrivals(called=str(play.dials[0]), per_hour=0)
            if play.dials
            else Arrivals(
                trunk=None if play.widget else flow.trunk_of(TRUNK_NUMBER),
                widget=play.widget or None,
                recorded=Recorded(at_s=(10.0,), callers=(play.caller,)),
            )
        },
        keys={n: KeyChoice(choices={play.keys: 1.0}, think=Constant(seconds=1)) for n in asking} if play.keys else {},
        patience=Patience(default=Constant(seconds=play.patience_s)),
        answering=Answering(users=behaviours),
        absent=tuple(user for user in flow.head.users if user not in behaviours),
        outside=Outside(
            delay=Constant(seconds=play.outside_s or 1), no_answer=1.0 if play.outside_s is None else 0.0, busy=0.0
        ),
        talk=Talk(
            default=forever if play.in_talk else Constant(seconds=play.talk_s),
            caller_hangs_up=1.0 if play.caller_ends else 0.0,
        ),
        voicemail=Voicemail(message=Constant(seconds=play.message_s), no_message=0.0),
        web=WebServer(
            latency=Constant(seconds=0.05 if play.web[0] else 60), status=play.web[0] or 200, answer=play.web[1]
        ),
    )

    def people(world: World) -> Generator[simpy.Event, Any, None]:
        for event in play.set_up:
            world.send(event)
        assert isinstance(world, HeardWorld)
        ear = world.ear
        dialled = 0

        def dial(one: Dials) -> CallId:
            nonlocal dialled
            dialled += 1
            call = f"dialled-{dialled}"
            world.send(ev.CallArrived(call=call, called=one.number, caller=str(one.user), user=one.user, origin="user"))
            return call

        for one in play.codes:
            mine = dial(one)
            while not any(isinstance(m, note.CallEnded) and m.call == mine for _, m in ear.lines):
                yield world.env.timeout(0.25)

        def news(kind: type[note.Note]) -> bool:
            return any(isinstance(message, kind) for _, message in ear.lines)

        if play.dials:
            user, number = play.dials
            world.send(ev.CallArrived(call="c1", called=number, caller=str(user), user=user, origin="user"))
            known = 0
            for kind, key in play.presses:
                while not any(isinstance(message, kind) for _, message in ear.lines[known:]):
                    yield world.env.timeout(0.25)
                known = len(ear.lines)
                yield world.env.timeout(0.5)
                world.send(ev.DigitPressed(call="c1", digit=key))
            return
        if play.queue_key:
            while not news(note.CallQueued):
                yield world.env.timeout(0.25)
            world.send(ev.DigitPressed(call=next(iter(world.engine.tenant.calls)), digit=play.queue_key))
        if play.after_callback:
            assert news(note.CallbackAsked)
            yield world.env.timeout(0.5)
            for event in play.after_callback:
                world.send(event)
        for one in play.in_ring:
            while not news(note.LegStarted):
                yield world.env.timeout(0.25)
            yield world.env.timeout(0.5)
            dial(one)
        if not play.in_talk:
            return
        while not news(note.CallAnswered):
            yield world.env.timeout(0.25)
        begun = world.env.now
        call = next(call for call in world.engine.tenant.calls.values() if not call.id.startswith("dialled"))
        for after_s, event in play.in_talk:
            yield world.env.timeout(begun + after_s - world.env.now)
            if isinstance(event, Dials):
                dial(event)
            else:
                world.send(_named(event, call))

    world = driver.simulate_once(flow, scenario, processes=[people], make=HeardWorld)
    assert isinstance(world, HeardWorld)
    return comparable(m for _, m in world.ear.lines if isinstance(m, note.Note))


def _named(event: ev.Event, call: Call) -> ev.Event:
    """An event of a play, which says `c1`, as an event of this call."""
    facts = {
        k: v.replace("c1", call.id, 1) if isinstance(v, str) and v.startswith("c1") else v
        for k, v in msgspec.structs.asdict(event).items()
    }
    return type(event)(**facts)


# --- the real world --------------------------------------------------------------------------------------------------


def live(
    play: Play, start_live: Callable[..., Live], phones: Callable[..., Phone], **parts: Any
) -> tuple[list[str], Live]:
    """The play with real phones over SIP and RTP on loopback; also the bridge, whose journal can be replayed."""
    bridge = start_live(Engine(load(play.pbx)), parts=parts)
    if play.mailbox is not None:
        bridge.driver.open_mailboxes(play.mailbox)
    for event in play.set_up:
        bridge.driver.submit(event)
    members: list[Phone] = []
    for user in sorted({*play.answers_s, *play.refuses}):
        phone = phones(str(user), bridge)
        members.append(phone)
        after = play.answers_s.get(user)
        if user in play.refuses:
            phone.on_invite = [(0.0, 603)]
        else:
            phone.on_invite = [(0.0, 180)] if after is None else [(0.0, 180), (after, 200)]
        assert status(phone.register(password(user))) == 200
        assert bridge.wait_until(
            lambda user=user: any(isinstance(e, ev.DeviceRegistered) and e.user == user for _, e in bridge.journal)  # type: ignore[misc]
        )
    if play.dials:
        _dialler(play, bridge, phones(str(play.dials[0]), bridge), play.dials)
        bridge.wait_note(note.CallEnded, timeout_s=30.0)
        bridge.wait_idle(20.0)
        _all_heard_it(bridge)
        return comparable(bridge.notes), bridge
    for number, one in enumerate(play.codes, 1):
        _dial(one, members)
        assert bridge.wait_until(lambda number=number: _ends(bridge) == number)  # type: ignore[misc]
    operator = phones(play.caller, bridge, port=OPERATOR)
    operator.on_invite = [(0.0, 180)] if play.outside_s is None else [(0.0, 180), (play.outside_s, 200)]
    if play.widget:
        _visitor(play, bridge, operator, members)
    else:
        _caller(play, bridge, operator, operator.begin(TRUNK_NUMBER), members)
    bridge.wait_until(lambda: _has_ended(play, bridge), timeout_s=20.0)
    bridge.wait_idle(20.0)
    _all_heard_it(bridge)
    return comparable(bridge.notes), bridge


def _all_heard_it(bridge: Live) -> None:
    """Everybody whose call is over was told so, by BYE or by a refusal."""

    def unaware(controller: CallController) -> list[str]:
        held = [dialog for dialog in controller.endpoint.dialogs() if dialog.owner.listener is controller]
        return [str(dialog.cId) for dialog in held if not dialog.owner.over]

    end_s = time.monotonic() + 5.0
    while (left := bridge.driver.ask_inside(unaware)) and time.monotonic() < end_s:
        time.sleep(0.02)
    assert not left, f"a call is over, and somebody in it has not heard so: {left}"


def _dialler(play: Play, bridge: Live, phone: Phone, dials: tuple[int, str]) -> None:
    """A user dials, gives the PIN of their mailbox, and presses keys."""
    dialog, answer = phone.call(dials[1], password=password(dials[0]))
    assert status(answer) == 200

    def press(key: str) -> None:
        phone.request(dialog, "INFO", f"Signal={key}\r\nDuration=160\r\n", kind="application/dtmf-relay")

    for key in PIN:
        press(key)
    known = 0
    for kind, key in play.presses:
        bridge.wait_until(lambda: any(isinstance(m, kind) for m in bridge.notes[known:]), 30)  # noqa: B023  # waits here
        known = len(bridge.notes)
        time.sleep(0.5)
        press(key)


def _dial(one: Dials, members: list[Phone]) -> Dialog:
    """A user's phone dials, and is answered or refused in its own time."""
    (phone,) = [member for member in members if member.name == str(one.user)]
    dialog = phone.begin(one.number)
    challenge = phone.final(dialog)
    assert status(challenge) == 401
    dialog.cseq += 1
    proof = digest(field_of(challenge, "WWW-Authenticate"), phone.name, password(one.user), "INVITE", dialog.target)
    dialog.invite = phone.build("INVITE", dialog.target, dialog, phone.sdp(), f"Authorization: {proof}")
    phone.send(dialog.invite)
    return dialog


def _visitor(play: Play, bridge: Live, operator: Phone, members: list[Phone]) -> None:
    """A visitor asks to be called, and talks if somebody answers and they do."""

    def ask(controller: CallController) -> None:
        media = bridge.driver._media
        callbacks.begin(controller, media, call=controller.new_id(), widget=play.widget, page="", number=play.caller)

    def news(kind: type[note.Note]) -> bool:
        return any(isinstance(message, kind) for message in bridge.notes)

    bridge.driver.ask_inside(ask)
    bridge.wait_until(lambda: news(note.CallAnswered) or news(note.CallEnded), 60)
    if news(note.CallAnswered):
        _talk(play, bridge, operator, operator.called(), members)


def _caller(play: Play, bridge: Live, operator: Phone, dialog: Dialog, members: list[Phone]) -> None:
    """What the caller does, step by step, as the bridge's notes say where they are."""
    pressed = 0
    port = 0
    while pressed < len(play.keys):
        bridge.wait_note(note.ElementEntered, kind="greeting")
        if not port:
            port = int(operator.final(dialog).split("m=audio ")[1].split()[0])
        time.sleep(0.4)
        operator.request(
            dialog, "INFO", f"Signal={play.keys[pressed]}\r\nDuration=160\r\n", kind="application/dtmf-relay"
        )
        pressed += 1

    def news(kind: type[note.Note]) -> bool:
        return any(isinstance(message, kind) for message in bridge.notes)

    if play.queue_key:
        bridge.wait_note(note.CallQueued)
        operator.request(dialog, "INFO", f"Signal={play.queue_key}\r\nDuration=160\r\n", kind="application/dtmf-relay")
    if play.after_callback:
        bridge.wait_note(note.CallbackAsked)
        operator.wait(lambda message: message.startswith("BYE"))
        for event in play.after_callback:
            bridge.driver.submit(event)
        bridge.wait_note(note.CallAnswered)
        dialog = operator.called()
    for one in play.in_ring:
        bridge.wait_note(note.LegStarted)
        time.sleep(0.5)
        _dial(one, members)
    entered_s = time.monotonic()
    while not _has_ended(play, bridge):
        bridge.wait_until(lambda: news(note.CallAnswered) or _has_ended(play, bridge) or _recording(bridge), 0.25)
        if news(note.CallAnswered):
            _talk(play, bridge, operator, dialog, members)
            return
        if _recording(bridge):
            port = port or int(operator.final(dialog).split("m=audio ")[1].split()[0])
            operator.media.say(tone(440, play.message_s), Address("127.0.0.1", port))
            operator.hang_up(dialog)
            return
        if news(note.CallQueued) and time.monotonic() - entered_s > play.patience_s:
            operator.hang_up(dialog)
            return
        assert time.monotonic() - entered_s < 60, bridge.notes[-8:]


def _ends(bridge: Live) -> int:
    return sum(isinstance(message, note.CallEnded) for message in bridge.notes)


def _has_ended(play: Play, bridge: Live) -> bool:
    """Whether the call itself is over: the first one after those of codes."""
    begun = [message.call for message in bridge.notes if isinstance(message, note.CallStarted)][len(play.codes) :]
    return any(isinstance(message, note.CallEnded) and message.call in begun[:1] for message in bridge.notes)


def _recording(bridge: Live) -> bool:
    return any(type(message).__name__ == "StartRecording" for _, message in bridge.said)


def _talk(play: Play, bridge: Live, operator: Phone, dialog: Dialog, members: list[Phone]) -> None:
    call = bridge.wait_note(note.CallAnswered)
    if play.in_talk:
        begun_s = time.monotonic()
        for after_s, event in play.in_talk:
            time.sleep(max(0.0, begun_s + after_s - time.monotonic()))
            if isinstance(event, Dials):
                _dial(event, members)
                continue
            facts = {
                k: v.replace("c1", call.call, 1) if isinstance(v, str) and v.startswith("c1") else v
                for k, v in msgspec.structs.asdict(event).items()
            }
            if isinstance(event, ev.CallerHungUp):
                operator.hang_up(dialog)
            else:
                bridge.driver.submit(type(event)(**facts))
        return
    time.sleep(play.talk_s)
    if play.caller_ends:
        operator.hang_up(dialog)
    else:
        _member_hangs_up(members, call)


def _member_hangs_up(members: list[Phone], call: note.CallAnswered) -> None:
    for phone in members:
        if phone.name == str(call.user):
            phone.hang_up(phone.called())


__all__ = ["Dials", "Play", "comparable", "live", "simulated"]
