"""Recording of talks, both sides: which, from when to when, and the announcement before.

Decides by the document alone: the PBX's own setting, the trunk a talk goes over, the element that brought the two together,
and the users on both ends each may say `on` or `off`. One `off` is enough that nothing is recorded; else one `on` is enough
that it is. A recording lasts as long as one talk: a transfer ends it, and what is recorded next is decided again. Where the
document names a sound for it, both sides hear that before they are joined, and nothing is recorded that was not announced to
its end: a hold breaks the announcement off, and it begins again after it. Leaves the sound to the world, and how long it is
kept to the bridge (R-24.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.contract import limits
from engine.contract import notes as note
from engine.state.call import Announcement

if TYPE_CHECKING:
    from engine.document.models import Switch
    from engine.state.actions import Actions
    from engine.state.call import Call
    from engine.state.element import Element
    from engine.state.leg import Leg

RULE = "R-24.4"


def decide(call: Call, leg: Leg, element: Element | None) -> tuple[bool, str]:
    """Whether the talk of `call` with `leg` is recorded, and which part of the document says so."""
    wanted = ""
    for part, switch in _said(call, leg, element):
        if switch == "off":
            return False, f"{part} says off"
        if switch == "on":
            wanted = wanted or f"{part} says on"
    if wanted:
        return True, wanted
    return (True, "the PBX records all talks") if call.flow.head.settings.record else (False, "nothing asks for it")


def _said(call: Call, leg: Leg, element: Element | None) -> Iterator[tuple[str, Switch]]:
    head = call.flow.head
    for trunk in (call.trunk, leg.trunk):
        if trunk is not None and trunk in head.trunks:
            yield f"trunk {trunk}", head.trunks[trunk].record
    for user in (call.user, leg.user.number if leg.user is not None else None):
        if user is not None and user in head.users:
            yield f"user {user}", head.users[user].record
    if element is not None and element.number not in head.users:
        yield f"{element.kind.replace('_', ' ')} {element.number}", element.record


def announces(call: Call, leg: Leg, element: Element) -> bool:
    """Whether both sides hear an announcement before they are joined."""
    announcement = call.flow.head.settings.record_prompt is not None and call.visit is not None
    return announcement and decide(call, leg, element)[0]


def follow(actions: Actions, call: Call, leg: Leg, element: Element | None, joined: bool = True) -> None:
    """Two people are joined, or about to be: start recording, go on, or stop, as the document says of this talk."""
    wanted, why = decide(call, leg, element)
    if not wanted:
        stop(actions, call)
    elif not call.talk_recording:
        prompt = call.flow.head.settings.record_prompt
        if prompt is not None and call.visit is not None:
            _announce(actions, call, leg, prompt, joined)
        else:
            _start(actions, call, element, why)


def _start(actions: Actions, call: Call, element: Element | None, why: str) -> None:
    call.talk_recording = actions.record(call, None, limits.LONGEST_CALL_US, None, both=True)
    if actions.wants_notes():
        number = element.number if element is not None else 0
        actions.note(
            note.RecordingStarted(
                call=call.id, recording=f"{call.id}.r{call.talk_recording}", element=number, rule=RULE, text=why
            )
        )


# --- the announcement ------------------------------------------------------------------------------------------------


def _announce(actions: Actions, call: Call, leg: Leg, prompt: str, joined: bool) -> None:
    visit = call.visit
    call.announcement = Announcement(
        [actions.play(call, prompt, visit), actions.play(call, prompt, visit, leg)], joined
    )


def heard(actions: Actions, call: Call, play: int, reason: str) -> None:
    """A play of the announcement is over; when both are, the two are joined, and recorded if they heard it."""
    announcement, leg = call.announcement, call.talking
    if announcement is None or leg is None or play not in announcement.plays:
        return
    announcement.plays.remove(play)
    announcement.heard = announcement.heard and reason == "finished"
    if announcement.plays:
        return
    call.announcement = None
    if not announcement.joined:
        actions.bridge(call, leg)
    wanted, why = decide(call, leg, call.element)
    if wanted and announcement.heard:
        _start(actions, call, call.element, why)
    elif actions.wants_notes():
        number = call.element.number if call.element is not None else 0
        text = "the talk is not recorded: its announcement could not be heard to the end"
        actions.note(note.DecisionMade(call=call.id, element=number, rule=RULE, output="", text=text))


def held(actions: Actions, call: Call, leg: Leg) -> None:
    """One of the two holds the other while they hear the announcement: it is broken off, and they are joined as they are."""
    announcement = call.announcement
    if announcement is not None:
        _break_off(actions, call, announcement)
        if not announcement.joined:
            announcement.joined = True
            actions.bridge(call, leg)


def resumed(actions: Actions, call: Call, leg: Leg) -> None:
    """The hold is over: an announcement it broke off begins again."""
    if call.announcement is not None:
        call.announcement = None
        follow(actions, call, leg, call.element)


def _break_off(actions: Actions, call: Call, announcement: Announcement) -> None:
    plays, announcement.plays = announcement.plays, []
    for play in plays:
        actions.stop_play(call, play)


def stop(actions: Actions, call: Call) -> None:
    """The talk is over and the call goes on. Where the call ends too, the world ends its recording by itself."""
    forget_announcement(actions, call)
    if call.talk_recording:
        actions.stop_recording(call, call.talk_recording)
        call.talk_recording = 0


def forget_announcement(actions: Actions, call: Call) -> None:
    """The people who heard the announcement are no longer in this talk."""
    announcement, call.announcement = call.announcement, None
    if announcement is not None:
        _break_off(actions, call, announcement)
