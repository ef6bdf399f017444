"""Two versions of a PBX as calls that would land elsewhere: over a year of time, and over a log of calls.

Decides which ranges of time, numbers and caller classes change, exactly, from the two sweeps of `reach.py`. A call that lands
at the same number which does something else now is listed apart: that element counts as changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from engine.analysis.caller_classes import CallerClass, classes, narrowed
from engine.analysis.reach import MINUTE_US, Place, Stretch, land, number_rules, timelines
from engine.contract.ids import Duration, Instant
from engine.numbers import phone_numbers
from engine.state.element import Exit
from engine.state.flow import Flow

EXAMPLES_KEPT = 20
"""Calls of a log kept as examples."""


class Moved(msgspec.Struct, frozen=True):
    """A range of time in which calls of one class to one number land elsewhere."""

    number: str
    caller: CallerClass
    start: Instant
    end: Instant
    old: Place
    new: Place

    @property
    def minutes(self) -> float:
        """Its length."""
        return (self.end - self.start) / MINUTE_US


class NumberChange(msgspec.Struct, frozen=True):
    """What becomes of one number."""

    number: str
    change: Literal["same", "moved", "added", "removed"]
    moved: tuple[Moved, ...] = ()
    reworked: tuple[tuple[CallerClass, Place, float], ...] = ()
    """Caller classes, places that stay and were changed inside, and minutes in which calls land there."""

    def minutes(self) -> dict[str, float]:
        """Minutes that move, by caller class."""
        spent: dict[str, float] = {}
        for one in self.moved:
            spent[one.caller.name] = spent.get(one.caller.name, 0.0) + one.minutes
        return spent


class ElementChange(msgspec.Struct, frozen=True):
    """One element, user, trunk or part of the settings that differs."""

    what: str
    """`elements.5200`, `users.100`, `trunks.moscow`, `outgoing`…"""
    change: Literal["changed", "added", "removed"]
    fields: tuple[str, ...] = ()
    """Fields that differ."""


class LoggedCall(msgspec.Struct, frozen=True):
    """One call of a log."""

    at: Instant
    number: str
    """The number that was called, in any form."""
    caller: str = ""


class MovedCall(msgspec.Struct, frozen=True):
    """A logged call that would land elsewhere."""

    call: LoggedCall
    old: Place
    new: Place


class LogComparison(msgspec.Struct, frozen=True):
    """A log of calls under both versions."""

    calls: int
    """Calls to numbers that both versions have."""
    unknown: int
    """Calls to numbers that one version lacks."""
    moved: int
    by_change: tuple[tuple[Place, Place, int], ...]
    """From, to, and how many calls, most first."""
    examples: tuple[MovedCall, ...]

    @property
    def share(self) -> float:
        """Calls that would land elsewhere over all that were judged, 0 to 1."""
        return self.moved / self.calls if self.calls else 0.0


class Comparison(msgspec.Struct, frozen=True):
    """Everything that differs between two versions."""

    old: str
    new: str
    start: Instant
    end: Instant
    numbers: tuple[NumberChange, ...]
    elements: tuple[ElementChange, ...]
    log: LogComparison | None = None


def compare(old: Flow, new: Flow, start: Instant, end: Instant, log: Iterable[LoggedCall] | None = None) -> Comparison:
    """What differs between two versions for calls that start between two instants, and for the calls of a log."""
    callers = classes(old, new)
    elements = differences(old, new)
    reworked = frozenset(one.what.rpartition(".")[2] for one in elements if one.change == "changed")
    return Comparison(
        old=old.digest,
        new=new.digest,
        start=start,
        end=end,
        numbers=tuple(_numbers(old, new, start, end, callers, reworked)),
        elements=elements,
        log=None if log is None else compare_log(old, new, log),
    )


def compare_log(old: Flow, new: Flow, log: Iterable[LoggedCall]) -> LogComparison:
    """How many calls of a log would land elsewhere, and some of them."""
    exits = {key: (old.entry_of(key), new.entry_of(there)) for key, there in _pairs(old, new)}
    digits = {phone_numbers.subscriber(old.trunks[key].number): key for key in exits}
    judged = unknown = moved = 0
    by_change: dict[tuple[Place, Place], int] = {}
    examples: list[MovedCall] = []
    for call in log:
        key = digits.get(phone_numbers.subscriber(call.number))
        if key is None:
            unknown += 1
            continue
        judged += 1
        before, after = exits[key]
        here, there = land(old, before, call.caller, call.at), land(new, after, call.caller, call.at)
        if here.node != there.node:
            moved += 1
            by_change[here, there] = by_change.get((here, there), 0) + 1
            if len(examples) < EXAMPLES_KEPT:
                examples.append(MovedCall(call, here, there))
    most_first = sorted(by_change.items(), key=lambda item: (-item[1], item[0][0].text, item[0][1].text))
    return LogComparison(
        calls=judged,
        unknown=unknown,
        moved=moved,
        by_change=tuple((a, b, count) for (a, b), count in most_first),
        examples=tuple(examples),
    )


def _pairs(old: Flow, new: Flow) -> list[tuple[str, str]]:
    """Trunks of the two versions that are one number: by its digits, whatever the trunks are called."""
    there = {phone_numbers.subscriber(trunk.number): key for key, trunk in new.trunks.items()}
    pairs = []
    for key, trunk in old.trunks.items():
        digits = phone_numbers.subscriber(trunk.number)
        if digits in there:
            pairs.append((key, there[digits]))
    return pairs


def _numbers(
    old: Flow, new: Flow, start: Instant, end: Instant, callers: tuple[CallerClass, ...], reworked: frozenset[str]
) -> list[NumberChange]:
    pairs = _pairs(old, new)
    found = []
    for key, there in pairs:
        found.append(
            _number(
                old,
                new,
                (old.entry_of(key), new.entry_of(there)),
                old.trunks[key].number,
                start,
                end,
                callers,
                reworked,
            )
        )
    paired_old, paired_new = {key for key, _ in pairs}, {there for _, there in pairs}
    found += [NumberChange(t.number, "removed") for key, t in old.trunks.items() if key not in paired_old]
    found += [NumberChange(t.number, "added") for key, t in new.trunks.items() if key not in paired_new]
    return found


def _number(
    old: Flow,
    new: Flow,
    exits: tuple[Exit, Exit],
    number: str,
    start: Instant,
    end: Instant,
    callers: tuple[CallerClass, ...],
    reworked: frozenset[str],
) -> NumberChange:
    rules = number_rules(exits[0]) | number_rules(exits[1])
    told = narrowed(callers, rules)
    moved: list[Moved] = []
    inside: dict[tuple[CallerClass, Place], Duration] = {}
    before, after = timelines(old, exits[0], start, end, told), timelines(new, exits[1], start, end, told)
    for one, other in zip(before, after, strict=True):
        for a, b, here, there in _side_by_side(one.stretches, other.stretches):
            if here.node != there.node:
                last = moved[-1] if moved else None
                if last is not None and (last.end, last.caller, last.old, last.new) == (a, one.caller, here, there):
                    moved[-1] = msgspec.structs.replace(last, end=b)
                else:
                    moved.append(Moved(number, one.caller, a, b, here, there))
            elif str(here.node) in reworked:
                inside[one.caller, there] = inside.get((one.caller, there), 0) + b - a
    return NumberChange(
        number,
        "moved" if moved else "same",
        tuple(moved),
        tuple((caller, place, us / MINUTE_US) for (caller, place), us in inside.items()),
    )


def _side_by_side(one: tuple[Stretch, ...], other: tuple[Stretch, ...]) -> list[tuple[Instant, Instant, Place, Place]]:
    """Two covers of the same time as one, cut wherever either changes."""
    pieces = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i].start, other[j].start), min(one[i].end, other[j].end)
        pieces.append((start, end, one[i].place, other[j].place))
        i, j = i + (one[i].end == end), j + (other[j].end == end)
    return pieces


def differences(old: Flow, new: Flow) -> tuple[ElementChange, ...]:
    """Elements, users, trunks and settings that differ, by field."""
    found: list[ElementChange] = []
    sections = (
        ("elements", old.document.elements, new.document.elements),
        ("users", old.head.users, new.head.users),
        ("trunks", old.head.trunks, new.head.trunks),
        ("calendars", old.head.calendars, new.head.calendars),
        ("prompts", old.head.prompts, new.head.prompts),
    )
    for section, before, after in sections:
        for key in sorted({*before, *after}, key=str):
            one, other = before.get(key), after.get(key)
            if one is None or other is None:
                found.append(ElementChange(f"{section}.{key}", "added" if one is None else "removed"))
            elif _plain(one) != _plain(other):
                found.append(ElementChange(f"{section}.{key}", "changed", _fields(one, other)))
    for part in ("outgoing", "settings", "zone"):
        one, other = getattr(old.head, part), getattr(new.head, part)
        if one != other:
            found.append(ElementChange(part, "changed", _fields(one, other)))
    return tuple(found)


_NO_MEANING = ("x", "y")
"""Places on the canvas mean nothing to calls."""


def _plain(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    if dump is None:
        return value
    return {name: part for name, part in dump().items() if name not in _NO_MEANING}


def _fields(one: object, other: object) -> tuple[str, ...]:
    before, after = _plain(one), _plain(other)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    return tuple(name for name in {**before, **after} if before.get(name) != after.get(name))


def as_text(comparison: Comparison, flow: Flow) -> str:
    """A comparison for people: numbers first, then what was edited, then the log. Times are those of `flow`'s zone."""
    lines: list[str] = []
    for one in comparison.numbers:
        if one.change in ("added", "removed"):
            lines.append(f"{one.number}: {one.change}")
            continue
        lines.append(f"{one.number}: " + ("lands as before" if not one.moved else "lands elsewhere"))
        for name, spent in one.minutes().items():
            lines.append(f"  {name}: {spent:,.0f} minutes")
        for piece in one.moved[:EXAMPLES_KEPT]:
            begin, end = (flow.zone.local(at).strftime("%a %Y-%m-%d %H:%M:%S") for at in (piece.start, piece.end))
            lines.append(f"    {begin} to {end}  {piece.caller.name}: {piece.old.text} → {piece.new.text}")
        if len(one.moved) > EXAMPLES_KEPT:
            lines.append(f"    and {len(one.moved) - EXAMPLES_KEPT} ranges more")
        for caller, place, spent in one.reworked:
            lines.append(f"  {caller.name}: {spent:,.0f} minutes at {place.text}, which was changed")
    for item in comparison.elements:
        lines.append(f"{item.what}: {item.change}" + (f" ({', '.join(item.fields)})" if item.fields else ""))
    log = comparison.log
    if log is not None:
        lines.append(f"{log.moved} of {log.calls} logged calls ({log.share:.1%}) would land elsewhere")
        lines += [f"  {count}: {a.text} → {b.text}" for a, b, count in log.by_change]
        if log.unknown:
            lines.append(f"  {log.unknown} calls to other numbers were not judged")
    return "\n".join(lines) if lines else "no difference"
