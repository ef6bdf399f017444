"""What the wallboard shows of a bridge's state, as plain data for the browser: calls, queues, groups, people.

Decides rows, their order and words, and what may be done with each; every instant goes as milliseconds since 1970, so that the
browser itself counts how long something lasts. Knows nothing of Panel. Leaves colours and layout to `static/board.js`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from engine.contract.ids import Instant
from engine.numbers.digits import is_digits
from engine.state.element import Element
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live.state import LiveCall, LiveMember, LiveState
from pbxsim.workbench.live.tables import SHORT
from pbxsim.workbench.shell.texts import Texts

Row = dict[str, Any]

CALLS_SHOWN = 200
PEOPLE_SHOWN = 400

STATES = (
    "idle", "ringing", "talking", "wrap_up", "retry_wait", "away", "paused", "out", "unreachable", "do_not_disturb",
)  # fmt: skip
"""In the order in which people are counted."""


def _ms(at: Instant | None) -> int | None:
    return None if at is None else at // 1000


def calls(state: LiveState, texts: Texts, rights: Set[Right]) -> list[Row]:
    """Calls in progress, the oldest first, with what may be done with each by whoever has these rights."""
    found = sorted(state.calls.values(), key=lambda call: call.started_at)[:CALLS_SHOWN]
    return [
        {
            "call": call.call,
            "caller": call.caller or texts("live.anonymous"),
            "called": call.called,
            "where": _where(call, state, texts),
            "since": _ms(call.started_at),
            "version": version(call),
            "acts": _call_acts(call, state, rights),
            "agents": [] if call.talking_to is None else _users_of(call, state),
        }
        for call in found
    ]


def _call_acts(call: LiveCall, state: LiveState, rights: Set[Right]) -> list[str]:
    acts = ["listen"] if Right.LISTEN in rights and call.talking_to is not None else []
    if Right.ACT not in rights:
        return acts
    return acts + (["transfer"] if _is_with_user(call, state) else []) + ["hangup"]


def _users_of(call: LiveCall, state: LiveState) -> list[tuple[int, str]]:
    """The users of this PBX in a talk: whoever is whispered to is one of them, the called one first."""
    numbers = [call.talking_to or "", "" if call.user is None else str(call.user)]
    return [(int(one), state.name(int(one))) for one in numbers if _is_user(one, state)]


def person(by: str) -> str:
    """Who did something, without naming the workbench to those who sit at it; another program that they came by is told.

    >>> person("anna via workbench"), person("anna via scripts")
    ('anna', 'anna via scripts')
    """
    return by.removesuffix(" via workbench")


def version(call: LiveCall) -> str:
    """The version a call is on, as people call it.

    >>> version(LiveCall("c1", "", "", None, None, 0, "5eed" * 16, version=7, version_name="autumn"))
    'v7 autumn'
    """
    return call.flow[:SHORT] if call.version is None else f"v{call.version} {call.version_name}".strip()


def _is_with_user(call: LiveCall, state: LiveState) -> bool:
    """Whether a user talks with the caller: then and only then the caller can be sent on."""
    return call.talking_to is not None and _is_user(call.talking_to, state)


def _is_user(number: str, state: LiveState) -> bool:
    return is_digits(number) and int(number) in state.members


def _where(call: LiveCall, state: LiveState, texts: Texts) -> str:
    if call.talking_to is not None:
        other = state.name(int(call.talking_to)) if _is_user(call.talking_to, state) else call.talking_to
        said = texts("live.talks", other)
        return f"{said}, {texts('live.held')}" if call.held else said
    if call.queue is not None:
        return texts("live.waits", state.name(call.queue))
    return f"{texts.kind(call.kind)} {state.name(call.element)}".strip() if call.kind else ""


def queues(state: LiveState, today: Mapping[str, Any]) -> list[Row]:
    """Queues with today's figures, who waits, and how many of their members are free."""
    figures = {one["queue"]: one for one in today.get("queues", ())}
    rows = []
    for queue in state.queues():
        found = figures.get(queue.number, {})
        people = _people_of(queue, state)
        there = [one for one in people if one.doing().state not in ("out", "unreachable")]
        rows.append(
            {
                "queue": queue.number,
                "name": queue.name or str(queue.number),
                "offered": found.get("offered", 0),
                "answered": found.get("answered", 0),
                "lost": found.get("abandoned", 0),
                "short": found.get("abandoned_short", 0),
                "other": found.get("refused", 0) + found.get("timed_out", 0) + found.get("left", 0),
                "level": found.get("service_level"),
                "speed_s": found.get("answer_speed_s"),
                "longest_s": found.get("wait_s_max", 0.0),
                "waiting": found.get("waiting", 0),
                "since": _ms(found.get("waiting_since")),
                "free": sum(1 for one in people if one.is_free_in(queue.number)),
                "there": len(there),
                "members": len(people),
            }
        )
    return rows


def groups(state: LiveState, texts: Texts) -> list[Row]:
    """Groups with their members and the calls that are with them."""
    return [
        {
            "group": one.number,
            "name": one.name or str(one.number),
            "calls": sum(1 for call in state.calls.values() if call.element == one.number),
            "members": [
                {"name": state.name(member.user), **_doing(member, texts)} for member in _people_of(one, state)
            ],
        }
        for one in state.groups()
    ]


def people(state: LiveState, texts: Texts, may_act: bool) -> list[Row]:
    """Users, those of queues first."""
    found = sorted(state.members.values(), key=lambda one: (not one.queues, one.user))[:PEOPLE_SHOWN]
    rows = []
    for one in found:
        doing = _doing(one, texts)
        seats = [
            {
                "queue": queue,
                "name": state.name(queue),
                "state": seat.state,
                "word": texts(f"seat.{seat.state}"),
                "reason": seat.reason,
                "since": _ms(seat.since),
                "static": not state.has_seat(one.user, queue),
            }
            for queue, seat in sorted(one.queues.items())
        ]
        rows.append(
            {"user": one.user, "name": state.name(one.user), **doing, "seats": seats, "acts": _acts(seats, may_act)}
        )
    return rows


def _acts(seats: list[Row], may_act: bool) -> list[str]:
    if not may_act or not seats:
        return []
    states = {seat["state"] for seat in seats}
    acts = ["pause"] if "in" in states else []
    acts += ["unpause"] if "paused" in states else []
    moving = {seat["state"] == "out" for seat in seats if not seat["static"]}
    return acts + (["sign-in"] if True in moving else []) + (["sign-out"] if False in moving else [])


def _doing(member: LiveMember, texts: Texts) -> Row:
    doing = member.doing()
    word = texts(f"member.{doing.state}") if doing.state in STATES else doing.state
    return {"state": doing.state, "word": word, "reason": doing.reason, "since": _ms(doing.since)}


def _people_of(element: Element, state: LiveState) -> list[LiveMember]:
    return [state.members[int(one)] for one in element.members() if int(one) in state.members]


def summary(state: LiveState) -> dict[str, int]:
    """How many people there are in each state; states without anybody are left out."""
    found = [one.doing().state for one in state.members.values()]
    return {name: found.count(name) for name in STATES if name in found}
