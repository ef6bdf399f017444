"""Masks as sets of numbers: is there a number that one takes and others leave, and what does one look like.

Decides questions about all numbers at once, exactly and within a bound on work. Leaves what one number does to `masks.py`.
A mask is made deterministic as far as a search walks it; digits that no mask names behave alike, so one stands for all.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from engine.contract import limits
from engine.numbers import masks
from engine.numbers.masks import JUMP, MATCH, SAVE, SPLIT, TEST, Mask

DEAD: Final = 0
"""The state from which no number is taken."""

STATES_AT_MOST: Final = 20_000
"""Joint states of one search."""

SEARCH_STEP: Final = 8
"""What a step of a search costs apart from the masks it steps, in their states."""

_FILLERS: Final = ("9161234567890123456789012345678901", "4951234567890123456789012345678901", "0001000000")
"""Digits that stand for any digit in examples: a mobile number, a Moscow number, zeros."""


Joint = tuple[tuple[int, int], ...]
"""Masks still in play, by their place in a list, each with the state of its automaton."""


class Automaton:
    """One mask, determinised lazily. States are numbers; `DEAD` takes nothing."""

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.digits = frozenset(char for char in mask.text if char in masks.DIGITS)
        """Digits that the mask names."""
        self._states: dict[frozenset[int], int] = {frozenset(): DEAD}
        self._places: list[frozenset[int]] = [frozenset()]
        self._accepts: list[bool] = [False]
        self.known: list[dict[str, int]] = [{}]
        """By state, the steps taken so far: for those who step many masks, who look here before they ask `step`."""
        self._whole: list[bool | None] = [False]
        self.start = self._state(self._closure([0]))

    def step(self, state: int, char: str) -> int:
        """The state after one more character."""
        known = self.known[state].get(char)
        if known is not None:
            return known
        onward = []
        for place in self._places[state]:
            operation, characters, one, _ = self.mask.places[place]
            if operation == TEST and char in characters:
                onward.append(one)
        following = self._state(self._closure(onward))
        self.known[state][char] = following
        return following

    def accepts(self, state: int) -> bool:
        """Whether a number that led here is taken as a whole."""
        return self._accepts[state]

    def whole(self, state: int) -> bool:
        """Whether from here every further digits are taken, none included: a `+` is open that ends the mask."""
        known = self._whole[state]
        if known is None:
            known = self._whole[state] = self._accepts[state] and any(
                operation == TEST
                and len(characters) == len(masks.DIGITS)
                and {place, len(self.mask.places) - 1} <= self._closure([one])
                for place, (operation, characters, one, _) in ((at, self.mask.places[at]) for at in self._places[state])
            )
        return known

    def _closure(self, places: list[int]) -> frozenset[int]:
        found: set[int] = set()
        seen = set(places)
        todo = list(seen)
        while todo:
            place = todo.pop()
            operation, _, one, two = self.mask.places[place]
            if operation in (TEST, MATCH):
                found.add(place)
                continue
            assert operation in (SPLIT, JUMP, SAVE), operation
            for onward in (one, two) if operation == SPLIT else (one,):
                if onward not in seen:
                    seen.add(onward)
                    todo.append(onward)
        return frozenset(found)

    def _state(self, places: frozenset[int]) -> int:
        known = self._states.get(places)
        if known is None:
            known = self._states[places] = len(self._places)
            self._places.append(places)
            self._accepts.append(any(self.mask.places[place][0] == MATCH for place in places))
            self.known.append({})
            self._whole.append(None)
        return known


@lru_cache(maxsize=4096)
def automaton(mask: Mask) -> Automaton:
    """The automaton of a mask, shared."""
    return Automaton(mask)


class Undecided(Exception):
    """The search passed its bound; nothing is known."""


class Budget:
    """Work that several searches may do together, in states of single masks; `left` goes below zero once it is spent."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


def witness(
    inside: Sequence[Mask],
    outside: Sequence[Mask] = (),
    leave_out: Callable[[str], bool] | None = None,
    states_at_most: int = STATES_AT_MOST,
    budget: Budget | None = None,
) -> str | None:
    """A shortest cleaned number that every mask of `inside` takes and none of `outside`; None if there is none.

    Numbers for which `leave_out` holds do not count. Raises Undecided after `states_at_most` joint states, or when the
    `budget` is spent.
    """
    taking = [automaton(mask) for mask in inside]
    leaving = [automaton(mask) for mask in outside]
    plain = any("*" not in mask.text and "#" not in mask.text for mask in inside)
    named = sorted(set().union(*(one.digits for one in (*taking, *leaving))))
    spare = next((digit for digit in "5" + masks.DIGITS if digit not in named), None)
    signs = [*named, *([spare] if spare is not None else []), "*", "#"]
    # Of the masks to stay out of, only those that still can take the number are carried along.
    first = (tuple(one.start for one in taking), tuple((n, one.start) for n, one in enumerate(leaving)))
    queue: deque[tuple[tuple[int, ...], Joint, int, str]] = deque([(*first, 0, "")])
    seen: set[tuple[object, ...]] = {first}
    while queue:
        take, leave, length, number = queue.popleft()
        tried = (*signs, "+") if not number else signs
        if budget is not None:
            budget.left -= len(tried) * (SEARCH_STEP + len(leave))
            if budget.left < 0:
                raise Undecided
        for sign in tried:
            after = tuple([one.step(state, sign) for one, state in zip(taking, take, strict=True)])
            if DEAD in after:
                continue
            beside = stepped(leaving, leave, sign)
            if plain and any(leaving[n].whole(state) for n, state in beside):
                continue  # whatever digits follow, that mask takes them
            body = length + (sign != "+")
            longer = number + sign
            if body and all(one.accepts(state) for one, state in zip(taking, after, strict=True)):
                taken = any(leaving[n].accepts(state) for n, state in beside)
                if not taken and (leave_out is None or not leave_out(longer)):
                    return longer
            # Lengths are told apart only where they matter: for numbers to be left out, which are short.
            key = (after, beside, min(body, 6) if leave_out is not None else min(body, 1))
            if body < limits.NUMBER_LENGTH and key not in seen:
                if len(seen) >= states_at_most:
                    raise Undecided
                seen.add(key)
                queue.append((after, beside, body, longer))
    return None


def stepped(automata: Sequence[Automaton], joint: Joint, sign: str) -> Joint:
    """Where masks stand after one more character, without those that can take the number no more."""
    after: list[tuple[int, int]] = []
    for n, state in joint:
        following = automata[n].known[state].get(sign)
        if following is None:
            following = automata[n].step(state, sign)
        if following != DEAD:
            after.append((n, following))
    return tuple(after)


def may_overlap(one: Mask, other: Mask) -> bool:
    """A quick no, or perhaps."""
    if one.longest is not None and one.longest < other.shortest:
        return False
    if other.longest is not None and other.longest < one.shortest:
        return False
    return bool(one.first & other.first) or one.shortest == 0 or other.shortest == 0


@lru_cache(maxsize=4096)
def samples(mask: Mask, at_most: int = 12) -> tuple[str, ...]:
    """Numbers that a mask takes, such as people dial, each with another choice of its arrays and options."""
    found: dict[str, None] = {}
    for number in _samples(mask):
        if number and number not in found and mask.fits(number):
            body = number.removeprefix("+")
            if 1 <= len(body) <= limits.NUMBER_LENGTH and "+" not in body:
                found[number] = None
                if len(found) >= at_most:
                    break
    return tuple(found)


def _samples(mask: Mask) -> Iterator[str]:
    """Candidates: the mask's text with every array value in turn, options present and absent, digits filled in."""
    text = mask.text
    values = [array.count("|") + 1 for array in text.split("{")[1:]]
    for filler in _FILLERS if "d" in text or "+" in text else _FILLERS[:1]:
        for choice in range(min(6, math.lcm(*values))):
            for full in (True, False) if "?" in text else (True,):
                for long in (11, 7, 0) if "+" in text else (0,):
                    yield _filled(text, filler, choice, full, long)


def _filled(text: str, filler: str, choice: int, full: bool, long: int) -> str:
    """One reading of a mask: array value `choice`, options present if `full`, `+` up to `long` characters in all."""
    number = ""
    at = 0
    used = 0

    def unit(position: int) -> int:
        nonlocal number, used
        char = text[position]
        optional = position + 1 < len(text) and text[position + 1] == "?"
        if char == "+":
            rest = max(0, long - len(number.removeprefix("+")))
            number += filler[used : used + rest]
            used += rest
        elif not optional or full:
            number += "+" if char == "p" else filler[used % len(filler)] if char == "d" else char
            used += char == "d"
        return position + 1 + optional

    while at < len(text):
        char = text[at]
        if char in "()":
            at += 1
        elif char == "{":
            end = text.index("}", at)
            values = text[at + 1 : end].split("|")
            start = at + 1 + sum(len(value) + 1 for value in values[: choice % len(values)])
            stop = start + len(values[choice % len(values)])
            while start < stop:
                start = unit(start)
            at = end + 1
        else:
            at = unit(at)
    return number
