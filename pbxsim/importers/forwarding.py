"""Forwarding and follow-me of another PBX as the forwarding list of a user (R-06.8).

Decides how "own phone first, then these" and "all of these at once" become steps and groups, and that calls to numbers outside
leave by the first trunk. Leaves to the readers what their program calls these things.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Final

from engine.contract import limits
from engine.numbers.digits import is_digits
from pbxsim.importers.draft import USERS, DocumentMaker
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

OUTSIDE: Final = re.compile(r"\+?[0-9]{6,15}")
FAILURES: Final = ("no_answer", "busy", "unreachable")
"""Conditions of a step under which a user's own phones did not take a call."""

Destination = int | str


def destination(draft: DocumentMaker, called: str, place: Place) -> Destination | None:
    """A user of the PBX, or a number outside; None for anything else."""
    number = re.sub(r"[\s().-]", "", called)
    if OUTSIDE.fullmatch(number):
        return draft.outside(number, place)
    if is_digits(number) and len(number) <= 4 and int(number) in USERS:
        return draft.user(number)
    return None


def forward(draft: DocumentMaker, user: int, when: str, called: str, place: Place, told: str) -> None:
    """One condition and where calls go then; a number that is none is left out."""
    to = destination(draft, called, place)
    if to is None or to == user:
        draft.losses.left_out(place, told, "is no user and no number outside")
    elif _add(draft, user, [{"when": when, "to": to}]):
        draft.losses.mapped(place, told)
    else:
        draft.losses.left_out(place, told, "more steps of forwarding than a user may have")


@dataclasses.dataclass(frozen=True)
class FollowMe:
    """Own phones ring `alone_s`, 0 for not by themselves; then the others for `ring_s`, with own phones if `own`; all at once, or
    one after another."""

    user: int
    others: tuple[Destination, ...]
    alone_s: int
    ring_s: int
    own: bool = False
    in_turn: bool = False
    press_one: bool = False


def follow(draft: DocumentMaker, way: FollowMe, place: Place, told: str, effect: str = "") -> None:
    """Write a follow-me into its user's list. `effect` is what the reader knows to differ."""
    ring = min(max(way.ring_s, 5), 120)
    when = FAILURES if way.alone_s else ("always",)
    others = [one for one in dict.fromkeys(way.others) if one != way.user]
    if not others:
        return draft.losses.left_out(place, told, "nobody is in it; the call goes on with the next step")
    if way.alone_s:
        draft.users[way.user]["ring"] = min(max(way.alone_s, 5), 120)
        if draft.users[way.user]["ring"] != way.alone_s:
            effect = effect or Told("{field} is {value} here", field="ring", value=draft.users[way.user]["ring"])
    if ring != way.ring_s:
        effect = effect or Told("{field} is {value} here", field="ring", value=ring)
    if way.in_turn or (len(others) == 1 and not way.own and not way.press_one):
        first, *rest = others
        steps: list[dict[str, Any]] = [{"when": one, "to": first, "ring": ring} for one in when]
        steps += [{"when": "always", "to": one, "ring": ring} for one in rest]
    else:
        steps = [{"when": one, "to": _group(draft, way, others, ring)} for one in when]
    if not _add(draft, way.user, steps):
        return draft.losses.left_out(place, told, "more steps of forwarding than a user may have")
    (draft.losses.approximated if effect else draft.losses.mapped)(place, told, effect)
    return None


def _group(draft: DocumentMaker, way: FollowMe, others: list[Destination], ring: int) -> int:
    """The group that a follow-me rings, once for all conditions; the user's mailbox is where it ends."""
    held = f"follow-me of {way.user}"
    if held not in draft.follow_me:
        number = draft.follow_me[held] = draft.element(5300)
        called: list[Destination] = [*([way.user] if way.own else []), *others][: limits.GROUP_MEMBERS]
        members = [
            {"number": one, "press_one": True} if way.press_one and isinstance(one, str) else one for one in called
        ]
        group: dict[str, Any] = {"kind": "group", "name": held, "members": members, "ring": ring}
        draft.elements[number] = group
        if draft.users[way.user].get("voicemail", True):
            mailbox = draft.element(5100)
            draft.elements[mailbox] = {"kind": "voicemail", "name": f"Mailbox {way.user}"}
            group["no_answer"] = mailbox
    return draft.follow_me[held]


def _add(draft: DocumentMaker, user: int, steps: list[dict[str, Any]]) -> bool:
    known = draft.users[user].setdefault("forwarding", [])
    if len(known) + len(steps) > limits.FORWARDING_STEPS:
        return False
    known += steps
    return True
