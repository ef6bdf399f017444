"""Which talks are recorded, both sides, and from when to when.

Decides by the document alone: the PBX's own setting, the trunk a talk goes over, the element that brought the two together,
and the users on both ends each may say `on` or `off`. One `off` is enough that nothing is recorded; else one `on` is enough
that it is. A recording lasts as long as one talk: a transfer ends it, and what is recorded next is decided anew. Leaves the
sound to the world, and how long it is kept to the bridge (R-24.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine import limits
from engine import notes as note

if TYPE_CHECKING:
    from engine.call import Call
    from engine.document import Head, Switch
    from engine.element import Element
    from engine.leg import Leg
    from engine.tenant import Tenant

RULE = "R-24.4"


def any_wanted(head: Head, elements: dict[int, Element]) -> bool:
    """Whether a document records anything at all: calls of one that does not never ask."""
    said = [trunk.record for trunk in head.trunks.values()] + [user.record for user in head.users.values()]
    return head.settings.record or "on" in said or any(element.record == "on" for element in elements.values())


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


def follow(tenant: Tenant, call: Call, leg: Leg, element: Element | None) -> None:
    """Two people are joined: start recording, go on, or stop, as the document says of this talk."""
    wanted, why = decide(call, leg, element)
    if not wanted:
        stop(tenant, call)
    elif not call.talk_recording:
        call.talk_recording = tenant.record(call, None, limits.LONGEST_CALL_US, None, both=True)
        if tenant.out.wants_notes:
            number = element.number if element is not None else 0
            tenant.out.note(
                note.RecordingStarted(
                    call=call.id, recording=f"{call.id}.r{call.talk_recording}", element=number, rule=RULE, text=why
                )
            )


def stop(tenant: Tenant, call: Call) -> None:
    """The talk is over and the call goes on. Where the call ends too, the world ends its recording by itself."""
    if call.talk_recording:
        tenant.stop_recording(call, call.talk_recording)
        call.talk_recording = 0
