"""The dial-mask language of R-14.12 to R-14.23: reading, refusing with a position, matching in linear time.

Decides what a mask matches and what its captures hold. Leaves rules made of masks to `state/outgoing.py`.

A mask becomes a small program of single-character tests and ordered choices. Matching walks it depth first, first
choice first, and never enters the same place of program and number twice: a place that failed once fails again,
whatever was captured on the way. So the first success is the leftmost choice of R-14.15, and the steps are at most
places of the program times characters of the number (R-14.22).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from engine.contract import limits

DIGITS: Final = "0123456789"
ALPHABET: Final = "0123456789+*#"
"""Every character a cleaned number may hold."""

REFUSALS: Final[dict[str, str]] = {
    "E1": "the mask is empty",
    "E2": f"the mask is longer than {limits.MASK_LENGTH} characters",
    "E3": "a bracket is not closed or not opened",
    "E4": "this character is not allowed in a mask",
    "E5": "a question mark stands after anything but a digit or d",
    "E6": "brackets are nested",
    "E7": "an array needs at least two values",
    "E8": "every value of the array is empty",
    "E9": "there is nothing inside the brackets",
    "E10": "the output is empty",
    "E11": "this character is not allowed in an output",
    "E12": "the output has $ but the mask has no capture ( )",
}
"""Refusal codes of R-14.23."""


class MaskError(ValueError):
    """A mask or output that is refused; the message ends in its rule."""

    def __init__(self, code: str, position: int) -> None:
        self.code = code
        self.position = position
        """Character at fault, counted from 1."""
        super().__init__(f"{code} at character {position}: {REFUSALS[code]} (R-14.23)")


TEST: Final = 0
"""Consume one character of a set, go on at the next place."""
SPLIT: Final = 1
"""Try the first place, then the second."""
JUMP: Final = 2
SAVE: Final = 3
"""A capture begins or ends here."""
MATCH: Final = 4

Place = tuple[int, frozenset[str], int, int]
"""Operation, characters of a TEST, and up to two places to go on at."""

_NONE: Final[frozenset[str]] = frozenset()


class Mask:
    """A mask that was accepted. Made by `parse`."""

    __slots__ = ("captures", "first", "longest", "places", "prefix", "shortest", "text")

    def __init__(self, text: str, captures: int, places: tuple[Place, ...], shortest: int, longest: int | None) -> None:
        self.text = text
        self.captures = captures
        """How many ( ) it has."""
        self.places = places
        self.shortest = shortest
        self.longest = longest
        """Fewest and most characters of a number that fits; None without bound."""
        self.first = _first(places)
        """Characters a number that fits may begin with."""
        self.prefix = _prefix(places)
        """Characters that every number that fits begins with, for a quick no."""

    def __repr__(self) -> str:
        return f"Mask({self.text!r})"

    def fits(self, number: str) -> bool:
        """Whether the whole of a cleaned number matches."""
        return self.captured(number) is not None

    def captured(self, number: str) -> str | None:
        """The text that `$` stands for, captures joined in order (R-14.16); None if the number does not fit.

        >>> parse("{p7|7|}(+)").captured("74951234567")
        '4951234567'
        """
        length = len(number)
        if length < self.shortest or (self.longest is not None and length > self.longest):
            return None
        if not number.startswith(self.prefix) or (number and number[0] not in self.first):
            return None
        return self.walk(number)[0]

    def walk(self, number: str) -> tuple[str | None, int]:
        """The text captured, and how many steps matching took."""
        places, length = self.places, len(number)
        width = length + 1
        visited = bytearray(len(places) * width)
        stack: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
        steps = 0
        while stack:
            place, at, saved = stack.pop()
            while True:
                mark = place * width + at
                if visited[mark]:
                    break
                visited[mark] = 1
                steps += 1
                operation, characters, one, two = places[place]
                if operation == TEST:
                    if at == length or number[at] not in characters:
                        break
                    at += 1
                    place = one
                elif operation == SPLIT:
                    stack.append((two, at, saved))
                    place = one
                elif operation == JUMP:
                    place = one
                elif operation == SAVE:
                    saved = (*saved, at)
                    place = one
                elif at == length:
                    text = "".join(number[saved[i] : saved[i + 1]] for i in range(0, len(saved), 2))
                    return text, steps
                else:
                    break
        return None, steps


@lru_cache(maxsize=4096)
def parse(text: str) -> Mask:
    """A mask read and compiled. Raises MaskError with code and position (R-14.23)."""
    if not text:
        raise MaskError("E1", 1)
    if len(text) > limits.MASK_LENGTH:
        raise MaskError("E2", limits.MASK_LENGTH + 1)
    _check(text)
    return _Compiler(text).mask()


def _check(text: str) -> None:
    """Raise for the first thing in `text` that is refused, reading from the left."""
    capture = array = 0  # position after the open bracket, 0 when none is open
    values: list[int] = []  # lengths of the open array's values
    previous = ""
    for position, char in enumerate(text, start=1):
        if char == "(":
            if capture or array:
                raise MaskError("E6", position)
            capture = position
        elif char == ")":
            if array or not capture:
                raise MaskError("E3", position)
            if position == capture + 1:
                raise MaskError("E9", capture)
            capture = 0
        elif char == "{":
            if array:
                raise MaskError("E6", position)
            array, values = position, [0]
        elif char == "}":
            if not array:
                raise MaskError("E3", position)
            if len(values) < 2:
                raise MaskError("E7", array)
            if not any(values):
                raise MaskError("E8", array)
            array = 0
        elif char == "|":
            if not array:
                raise MaskError("E4", position)
            values.append(0)
        elif char == "?":
            if not previous or previous not in "0123456789d":
                raise MaskError("E5", position)
        elif char not in "0123456789dp+*#":
            raise MaskError("E4", position)
        elif array:
            values[-1] += 1
        previous = char
    if array or capture:
        raise MaskError("E3", array or capture)


class _Compiler:
    """A checked mask to its program."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: list[Place] = []
        self.captures = 0

    def mask(self) -> Mask:
        shortest, longest = 0, 0
        unbounded = False
        while self.at < len(self.text):
            low, high = self.item()
            shortest += low
            unbounded = unbounded or high is None
            longest += high or 0
        self.emit(MATCH)
        return Mask(self.text, self.captures, tuple(self.places), shortest, None if unbounded else longest)

    def emit(self, operation: int, characters: frozenset[str] = _NONE, one: int = -1, two: int = -1) -> int:
        self.places.append((operation, characters, one if one >= 0 else len(self.places) + 1, two))
        return len(self.places) - 1

    def lead(self, place: int, one: int | None = None, two: int | None = None) -> None:
        """Let an emitted place go on elsewhere; with `one` given it chooses no more."""
        operation, characters, first, _ = self.places[place]
        if one is not None:
            self.places[place] = (JUMP, characters, one, -1)
        else:
            self.places[place] = (operation, characters, first, -1 if two is None else two)

    def item(self) -> tuple[int, int | None]:
        """One item; its fewest and most characters."""
        char = self.text[self.at]
        if char == "(":
            self.captures += 1
            self.emit(SAVE)
            self.at += 1
        elif char == ")":
            self.emit(SAVE)
            self.at += 1
        elif char == "{":
            return self.array()
        else:
            return self.unit()
        return 0, 0

    def array(self) -> tuple[int, int | None]:
        self.at += 1
        lows: list[int] = []
        highs: list[int | None] = []
        ends: list[int] = []
        while True:
            split = self.emit(SPLIT)
            low, high = 0, 0
            bounded = True
            while self.text[self.at] not in "|}":
                least, most = self.unit()
                low += least
                high += most or 0
                bounded = bounded and most is not None
            lows.append(low)
            highs.append(high if bounded else None)
            ends.append(self.emit(JUMP))
            closing = self.text[self.at] == "}"
            self.at += 1
            if closing:
                self.lead(split, one=split + 1)  # the last value has no other after it
                break
            self.lead(split, two=len(self.places))
        for end in ends:
            self.lead(end, one=len(self.places))
        return min(lows), None if None in highs else max(h for h in highs if h is not None)

    def unit(self) -> tuple[int, int | None]:
        char = self.text[self.at]
        self.at += 1
        if char == "+":
            loop = self.emit(SPLIT)
            self.emit(TEST, frozenset(DIGITS), one=loop)
            self.lead(loop, two=len(self.places))
            return 0, None
        characters = frozenset(DIGITS if char == "d" else "+" if char == "p" else char)
        if self.at < len(self.text) and self.text[self.at] == "?":
            self.at += 1
            split = self.emit(SPLIT)
            self.emit(TEST, characters)
            self.lead(split, two=len(self.places))
            return 0, 1
        self.emit(TEST, characters)
        return 1, 1


def _first(places: tuple[Place, ...]) -> frozenset[str]:
    found: set[str] = set()
    seen = {0}
    todo = [0]
    while todo:
        operation, characters, one, two = places[todo.pop()]
        if operation == TEST:
            found |= characters
            continue
        if operation != MATCH:
            for place in (one, two) if operation == SPLIT else (one,):
                if place not in seen:
                    seen.add(place)
                    todo.append(place)
    return frozenset(found)


def _prefix(places: tuple[Place, ...]) -> str:
    text = ""
    for operation, characters, _, _ in places:
        if operation == TEST and len(characters) == 1:
            text += next(iter(characters))
        elif operation != SAVE:
            break
    return text


class Output:
    """The output («Вывод») of a rule (R-14.12). Made by `parse_output`."""

    __slots__ = ("bars", "text", "uses_capture")

    def __init__(self, text: str) -> None:
        self.text = text
        self.uses_capture = "$" in text
        self.bars = len(text) >= 3 and set(text) == {"0"}
        """Only zeros, three or more: the call ends inside the PBX (R-14.21)."""

    def number(self, captured: str) -> str:
        """The number to send for a captured text; may come out malformed (R-14.19)."""
        return self.text.replace("$", captured)


def parse_output(text: str, mask: Mask) -> Output:
    """An output read beside its mask. Raises MaskError with code and position (R-14.23)."""
    if not text:
        raise MaskError("E10", 1)
    for position, char in enumerate(text, start=1):
        if char not in "0123456789*#$" and not (char == "+" and position == 1 and len(text) > 1):
            raise MaskError("E11", position)
    if "$" in text and not mask.captures:
        raise MaskError("E12", text.index("$") + 1)
    return Output(text)
