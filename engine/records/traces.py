"""Two worlds side by side: the notes of one call in a form that does not depend on the world, and the first place where two
such traces part.

Decides what a trace is, what two worlds may say differently without having decided differently, and which differences follow
from an earlier one. Used by the tests of parity and by rehearsals (`rehearsal.py`). Leaves running the worlds to them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from engine.contract import notes as note
from engine.contract.ids import CallId, Duration, Instant
from engine.records.rehearsal import Difference
from engine.state.sink import Message

LENGTHS: Final = frozenset({"wait_us", "ring_us", "talk_us", "length_us", "latency_us", "started_at", "answered_at"})
"""Fields that are lengths and instants: how long, and not what."""

RECORDED: Final = frozenset({"length_us"})
"""Of these, lengths of what was recorded: they come in packets of speech and not from a clock."""

CAUSES: Final[Mapping[str, str]] = {
    "simultaneous": "two things happened within the resolution, and the bridge took them in the other order",
    "timing": "the same was decided, at another instant or for another length of time",
    "media": "the length of a sound or a recording is not what the simulation takes it for",
    "refused": "the bridge answered the caller with a refusal of SIP",
    "capacity": "something did not answer in time: this machine is too slow or too busy",
    "not played": "the rehearsal cannot play this part",
    "follow-on": "what calls share was already in another state, by an earlier difference",
    "another version": "the bridge had another version than the simulation",
    "unexplained": "no cause is known: this is a fault of the bridge or of the simulation",
}
"""Why a trace differs, by the name that stands in a report."""


class Line(msgspec.Struct, frozen=True):
    """One note of a trace. `what` is equal in all worlds, `lengths` are not of necessity."""

    at: Instant
    what: str
    lengths: dict[str, Any]
    note: note.Note


def line(at: Instant, message: note.Note, call: CallId = "", name: str = "c1") -> Line:
    """A note with its call's id, wherever that stands in ids, replaced by `name`.

    >>> line(5, note.CallAbandoned(call="x9", queue=5200, wait_us=7), "x9").what
    "CallAbandoned [('call', 'c1'), ('queue', 5200)]"
    """
    facts: dict[str, Any] = msgspec.to_builtins(message)
    facts.pop("type")
    lengths = {key: facts.pop(key) for key in sorted(LENGTHS & facts.keys())}
    text = f"{type(message).__name__} {sorted(facts.items(), key=lambda item: item[0])}"
    return Line(at, text.replace(call, name) if call else text, lengths, message)


def of_calls(said: Iterable[tuple[Instant, Message]]) -> dict[CallId, list[Line]]:
    """The trace of each call, in order of their starts. Notes about a call that never started are left out."""
    traces: dict[CallId, list[Line]] = {}
    for at, message in said:
        if not isinstance(message, note.Note):
            continue
        name = getattr(message, "call", None)
        if isinstance(message, note.CallStarted):
            traces[message.call] = []
        if name in traces:
            traces[name].append(line(at, message, name))
    return traces


def of_members(said: Iterable[tuple[Instant, Message]]) -> dict[int, list[Line]]:
    """What each member's state was, one after another."""
    traces: dict[int, list[Line]] = {}
    for at, message in said:
        if isinstance(message, note.MemberChanged):
            traces.setdefault(message.member, []).append(line(at, message))
    return traces


# --- the comparison --------------------------------------------------------------------------------------------------


class Parting(msgspec.Struct, frozen=True):
    """The first place where two traces part. `only_time` means that all notes say the same, and at most by how much they are
    apart; `recorded` that the lengths of recordings alone are."""

    step: int
    expected: Line | None
    seen: Line | None
    only_time: bool
    apart_us: Duration = 0
    recorded: bool = False
    more: int = 0

    @property
    def at(self) -> Instant:
        """When it happened, by the simulation where that still says something."""
        first = self.expected or self.seen
        assert first is not None
        return first.at


def part(
    expected: Sequence[Line], seen: Sequence[Line], resolution_us: Duration = 0, recorded_us: Duration = 0
) -> Parting | None:
    """Where two traces part; None when they are equal up to the resolution of instants, and to `recorded_us` in lengths of
    recordings. Notes that say something else come before those that only say it at another time."""
    for step in range(max(len(expected), len(seen))):
        one = expected[step] if step < len(expected) else None
        other = seen[step] if step < len(seen) else None
        if one is None or other is None or one.what != other.what:
            more = sum(
                step + later >= len(expected)
                or step + later >= len(seen)
                or expected[step + later].what != seen[step + later].what
                for later in range(1, max(len(expected), len(seen)) - step)
            )
            return Parting(step + 1, one, other, False, more=more)
    found: Parting | None = None
    for step, (one, other) in enumerate(zip(expected, seen, strict=True)):
        apart_us, recorded = _apart(one, other)
        if apart_us > (recorded_us if recorded else resolution_us):
            if found is None:
                found = Parting(step + 1, one, other, True, apart_us, recorded)
            else:
                found = msgspec.structs.replace(found, more=found.more + 1, apart_us=max(found.apart_us, apart_us))
    return found


def _apart(one: Line, other: Line) -> tuple[Duration, bool]:
    """By how much two equal notes are apart at most, and whether that is a recording's length."""
    apart: list[tuple[int, bool]] = [(abs(int(one.at) - int(other.at)), False)]
    for key in one.lengths.keys() | other.lengths.keys():
        mine, theirs = one.lengths.get(key) or 0, other.lengths.get(key) or 0
        apart.append((abs(mine - theirs), key in RECORDED))
    return max(apart)


RULE: Final = re.compile(r"R-\d\d(?:\.\d+)?")


def rules_in(*lines: Line | None) -> tuple[str, ...]:
    """The rules that notes name, in order of their numbers."""
    return tuple(sorted({rule for one in lines if one is not None for rule in RULE.findall(one.what)}))


def difference(call: str, parting: Parting, cause: str, detail: str = "", before: Sequence[Line] = ()) -> Difference:
    """A parting in the form of a report. Where its two notes name no rule, it has those of the last note `before` that does: the
    decision that led there. ValueError for a cause that is none."""
    if cause not in CAUSES:
        raise ValueError(f"{cause!r} is no cause of CAUSES")
    return Difference(
        call=call,
        step=parting.step,
        at=parting.at,
        expected=told(parting.expected, parting.only_time),
        seen=told(parting.seen, parting.only_time),
        rules=rules_in(parting.expected, parting.seen) or next(filter(None, map(rules_in, reversed(before))), ()),
        cause=cause,
        detail=detail,
        more=parting.more,
    )


def told(one: Line | None, with_time: bool = False) -> str:
    """A line for people: the note and what it says, in one line."""
    if one is None:
        return ""
    facts: dict[str, Any] = {**msgspec.to_builtins(one.note), **({} if not with_time else {"at": one.at})}
    facts.pop("type", None)
    facts.pop("call", None)
    shown = ", ".join(
        f"{key}={value}"
        for key, value in facts.items()
        if value not in ("", None) and (with_time or key not in LENGTHS)
    )
    return f"{type(one.note).__name__} {shown}"


def turned_over(expected: Sequence[Line], seen: Sequence[Line], step: int, resolution_us: Duration) -> bool:
    """Whether the same notes stand from `step` on within the resolution, in another order only."""
    start = min(one.at for one in (*expected[step - 1 : step], *seen[step - 1 : step]))
    mine = sorted(one.what for one in expected[step - 1 :] if one.at - start <= resolution_us)
    theirs = sorted(one.what for one in seen[step - 1 :] if one.at - start <= resolution_us)
    return len(mine) > 1 and mine == theirs


SHARED: Final = ("element", "queue", "member", "user", "trunk", "box")
"""Fields of notes that name what several calls share."""


def shares(lines: Iterable[Line]) -> set[tuple[str, object]]:
    """What a call has to do with and others too: queues and groups, members, trunks, mailboxes."""
    found: set[tuple[str, object]] = set()
    for one in lines:
        for field in SHARED:
            value = getattr(one.note, field, None)
            if value:
                found.add(("user" if field == "member" else field, value))
    return found


def follows(
    partings: Mapping[str, tuple[Instant, Collection[tuple[str, object]]]],
    name: str,
    touched: Collection[tuple[str, object]],
) -> str:
    """The trace whose earlier difference this one may follow from: the earliest one that shares a queue, a member, a trunk or a
    mailbox with it; empty when there is none.

    `partings` has, for each trace that differs, when it parts and what it shares from then on; `touched` is all that the trace
    `name` has to do with.
    """
    at = partings[name][0]
    before = sorted((parted, other) for other, (parted, _) in partings.items() if parted < at)
    return next((other for _, other in before if set(partings[other][1]) & set(touched)), "")
