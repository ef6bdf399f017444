"""Kazoo's `call_forward` and `call_failover` of users and devices.

Source: Kazoo's schemas of users and devices, and its page on endpoints. A forward replaces a phone unless `substitute` is false,
which rings both; `failover` counts while the phone is not registered. Decides what is kept with the user, and what a group rings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pbxsim.importers import forwarding
from pbxsim.importers.draft import DocumentMaker
from pbxsim.importers.kazoo_documents import Document, mapping_of, place_of, string_of
from pbxsim.importers.losses import Place

ALWAYS: Final = "always"
CONDITIONS: Final = {"unconditional": ALWAYS, "busy": "busy", "no_answer": "no_answer"}
"""Parts of the newer form, by the condition of a step with us."""

OUTSIDE: Final = ("cellphone", "landline")
"""Types of devices that are telephones outside: no phone of the PBX could ring along."""


class KazooForward(NamedTuple):
    """One forward: under which condition, where to, whether own phones ring along, whether who answers presses 1."""

    when: str
    number: str
    along: bool
    press_one: bool
    direct_only: bool
    place: Place


def forwards_of(data: Document, file: str) -> Iterator[KazooForward]:
    """What a user or device says of forwarding that is switched on."""
    whole = mapping_of(data.get("call_forward"))
    failover = mapping_of(data.get("call_failover"))
    parts = [(ALWAYS, whole), *((when, mapping_of(whole.get(key))) for key, when in CONDITIONS.items())]
    parts += [("unreachable", {**whole, "enabled": not whole.get("enabled")} if whole.get("failover") else {})]
    parts += [("unreachable", failover)]
    for when, part in parts:
        if part.get("enabled") is True and string_of(part.get("number")):
            yield KazooForward(
                when=when,
                number=string_of(part["number"]),
                along=when == ALWAYS and part.get("substitute") is False and data.get("device_type") not in OUTSIDE,
                press_one=part.get("require_keypress", True) is not False,
                direct_only=part.get("direct_calls_only") is True,
                place=place_of(mapping_of(data.get("call_forward")) or failover, file),
            )


def keep(draft: DocumentMaker, user: int, forwards: list[KazooForward]) -> None:
    """Write the forwards of a user into its list."""
    for one in forwards:
        told = f"call_forward {one.when} {one.number}"
        to = forwarding.destination(draft, one.number, one.place) if one.along else None
        if to is None:
            forwarding.forward(draft, user, one.when, one.number, one.place, told)
        else:
            way = forwarding.FollowMe(user, (to,), 0, 20, own=True, press_one=one.press_one)
            forwarding.follow(draft, way, one.place, told)


def rung(draft: DocumentMaker, user: int, forwards: list[KazooForward], is_direct: bool) -> list[Any]:
    """The members of a group that stand for a user of Kazoo: itself, where its calls are forwarded, or both."""
    now = next((one for one in forwards if one.when == ALWAYS and (is_direct or not one.direct_only)), None)
    to = forwarding.destination(draft, now.number, now.place) if now else None
    if now is None or to is None or to == user:
        return [user]
    member = {"number": to, "press_one": True} if now.press_one and isinstance(to, str) else to
    return [user, member] if now.along else [member]
