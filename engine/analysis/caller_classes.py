"""Caller classes: callers' numbers sorted by which number rules they fit, so that a year need be looked at once for each.

Decides the classes and a number that stands for each. Two callers of one class take the same output of every number rule, so
they land at the same place at the same time. Found by asking the rules themselves about every number that could differ:
each entry, each entry gone on, and, where masks are used, a number of every combination of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from engine.numbers import mask_automata, masks
from engine.state.element import Element
from engine.state.flow import Flow

ANONYMOUS = ""


class CallerClass(msgspec.Struct, frozen=True):
    """Callers that no number rule tells apart."""

    number: str
    """A number that stands for all; empty is an anonymous caller."""
    name: str
    """What people call them: `callers that fit 5500`, `all other callers`."""
    fits: tuple[tuple[int, bool], ...] = ()
    """Number rules by internal number, and whether these callers fit."""


COMMON = ("74951234567", "79161234567", "84951234567", "89161234567", "+74951234567", "+380441234567", "100")


def classes(*flows: Flow) -> tuple[CallerClass, ...]:
    """The classes of callers that the number rules of one flow, or of several together, tell apart.

    Those that fit nothing come last; anonymous callers are among them (R-12.5).
    """
    rules = [element for flow in flows for element in flow.elements.values() if element.compares_callers]
    found: dict[tuple[bool, ...], str] = {}
    for number in (*COMMON, *_candidates(rules)):
        found.setdefault(tuple(rule.fits(number) for rule in rules), number)
    nothing = tuple(False for _ in rules)
    found.pop(nothing, None)
    made = []
    for fits, number in sorted(found.items(), key=lambda item: [not fit for fit in item[0]]):
        numbers_fit = dict.fromkeys(rule.number for rule, fit in zip(rules, fits, strict=True) if fit)
        name = "callers that fit " + " and ".join(str(n) for n in numbers_fit)
        made.append(CallerClass(number, name, _pairs(rules, fits)))
    other = _other(rules)
    name = "all callers" if not made else "all other callers"
    made.append(CallerClass(other, name, _pairs(rules, nothing)))
    return tuple(_distinct(made))


def narrowed(callers: Iterable[CallerClass], rules: frozenset[int]) -> tuple[CallerClass, ...]:
    """The classes that are left when only some number rules matter, the last of those that become one standing for all."""
    kept: dict[tuple[tuple[int, bool], ...], CallerClass] = {}
    for one in callers:
        fits = tuple((number, fit) for number, fit in one.fits if number in rules)
        matched = dict.fromkeys(str(number) for number, fit in fits if fit)
        name = "callers that fit " + " and ".join(matched) if matched else "all other callers"
        kept[fits] = CallerClass(one.number, name, fits)
    made = [*kept.values()]
    if len(made) == 1 and not any(fit for _, fit in made[0].fits):
        return (msgspec.structs.replace(made[0], name="all callers"),)
    return tuple(_distinct(made))


def _pairs(rules: list[Element], fits: tuple[bool, ...]) -> tuple[tuple[int, bool], ...]:
    return tuple((rule.number, fit) for rule, fit in zip(rules, fits, strict=True))


def _distinct(made: list[CallerClass]) -> Iterator[CallerClass]:
    """With a number in the name where two names would be the same."""
    names = [one.name for one in made]
    for one in made:
        again = names.count(one.name) > 1
        yield msgspec.structs.replace(one, name=f"{one.name}, such as {one.number}") if again else one


def _other(rules: list[Element]) -> str:
    """A caller that fits nothing: a common number if there is one, else nobody's."""
    for number in COMMON:
        if not any(rule.fits(number) for rule in rules):
            return number
    return ANONYMOUS


def _candidates(rules: list[Element]) -> Iterator[str]:
    """Numbers at which some rule's answer may change."""
    entries = dict.fromkeys(text for rule in rules for text in rule.literals())
    for text in entries:
        digits = text.removeprefix("+")
        padded = text + "5550000123"[: max(0, 11 - len(digits))]
        yield from (padded, text, *(text + sign for sign in "0123456789*#"))
    used = list(dict.fromkeys(mask for rule in rules for mask in rule.mask_entries()))
    if used:
        yield from _of_masks(used, entries)


def _of_masks(used: list[masks.Mask], entries: Iterable[str]) -> Iterator[str]:
    """A number of every combination of masks that has one, prefixes of other entries taken as masks too."""
    prefixes = [mask for text in entries if (mask := _prefix_mask(text)) is not None]
    for mask in used:
        yield from mask_automata.samples(mask)
    sets = [*used, *prefixes]
    if len(sets) > 8:
        for index, one in enumerate(sets):
            for other in sets[index + 1 :]:
                if mask_automata.may_overlap(one, other):
                    yield from _found([one, other], [])
        return
    for choice in range(1, 1 << len(sets)):
        inside = [mask for bit, mask in enumerate(sets) if choice >> bit & 1]
        outside = [mask for bit, mask in enumerate(sets) if not choice >> bit & 1]
        yield from _found(inside, outside)


def _found(inside: list[masks.Mask], outside: list[masks.Mask]) -> Iterator[str]:
    try:
        number = mask_automata.witness(inside, outside)
    except mask_automata.Undecided:
        return
    if number is not None:
        yield number


def _prefix_mask(text: str) -> masks.Mask | None:
    try:
        return masks.parse(text.replace("+", "p") + "+")
    except masks.MaskError:
        return None
