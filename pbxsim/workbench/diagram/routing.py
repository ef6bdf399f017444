"""The lines between cards: right angles that go around cards, share a way only towards the same card, and cross little.

Decides the corners of every edge from the places cards have now. Leaves the rounding of corners to the canvas.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from pbxsim.workbench.diagram.layout import IN_Y, Box, Place

Point = tuple[float, float]
Segment = tuple[float, float, float, float]
Try = tuple[float, int, list[Point]]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STUB = 14.0
"""Least length of the first and last piece of an edge, in pixels."""

LANE = 9.0
LANES = 5
MARGIN = 8.0
"""Least distance to cards an edge does not belong to."""

BEND_COST = 26.0
HIT_COST = 4000.0
OVERLAP_COST = 260.0
CROSSING_COST = 22.0
DETOURS = 14
"""Horizontal ways tried above and below cards, nearest first."""


PICTURES_KEPT = 16
"""Routings remembered: most edits of a document move no card."""


CHOICES_KEPT = 4096
"""Choices of single lines remembered: an edit changes what is near a few of them."""

_CHOSEN: dict[tuple[Point, Point, tuple[float, ...], bytes], list[Point]] = {}


class Wire(msgspec.Struct, frozen=True):
    """An edge to be drawn: from a port of one card to the entry of another."""

    id: str
    source: str
    port: str
    target: str


def route(wires: Iterable[Wire], boxes: Mapping[str, Box], places: Mapping[str, Place]) -> dict[str, list[Point]]:
    """Corners of every wire, ends included. Wires whose cards are missing are left out."""
    cards = tuple(
        (node, places[node], box.width, box.height, tuple(box.ports.items()))
        for node, box in boxes.items()
        if node in places
    )
    return {id: list(points) for id, points in _routed(tuple(wires), cards)}


@functools.lru_cache(maxsize=PICTURES_KEPT)
def _routed(
    wires: tuple[Wire, ...], placed: tuple[tuple[str, Place, float, float, tuple[tuple[str, float], ...]], ...]
) -> tuple[tuple[str, tuple[Point, ...]], ...]:
    cards = {node: (x, y, x + width, y + height) for node, (x, y), width, height, _ in placed}
    ports = {node: dict(known) for node, _, _, _, known in placed}
    todo = []
    for wire in wires:
        if wire.source in cards and wire.target in cards:
            start = (cards[wire.source][2], cards[wire.source][1] + ports[wire.source].get(wire.port, IN_Y))
            end = (cards[wire.target][0], cards[wire.target][1] + IN_Y)
            todo.append(
                (abs(end[0] - start[0]) + abs(end[1] - start[1]) + (5000 if end[0] < start[0] else 0), wire, start, end)
            )
    todo.sort(key=lambda item: (item[0], item[1].id))
    corners: Floats = np.array(list(cards.values()), dtype=np.float64).reshape(-1, 4).T
    levels = sorted({level for _, top, _, bottom in cards.values() for level in (top - 13, bottom + 13)})
    drawn = _Drawn()
    found: list[tuple[str, tuple[Point, ...]]] = []
    for _, wire, start, end in todo:
        points = _best(start, end, wire.target, levels, corners, drawn)
        found.append((wire.id, tuple(points)))
        drawn.add(wire.target, points)
    return tuple(found)


def _best(start: Point, end: Point, target: str, levels: list[float], cards: Floats, drawn: _Drawn) -> list[Point]:
    nearest = _nearest(levels, (start[1] + end[1]) / 2)
    tries, area = _tries(start, end, nearest)
    # What no try comes near costs nothing: in a large flow that is nearly everything. Where nothing near has changed since
    # the last edit, the choice is the same.
    near = cards[:, _touching(cards, area)]
    lines, other = drawn.near(target, area)
    around = hashlib.blake2b(b"/".join((near.tobytes(), lines.tobytes(), other.tobytes())), digest_size=16).digest()
    key = (start, end, nearest, around)
    known = _CHOSEN.get(key)
    if known is None:
        known = _cheapest(tries, near, lines, other)
        if len(_CHOSEN) >= CHOICES_KEPT:
            _CHOSEN.clear()
        _CHOSEN[key] = known
    return known


def _cheapest(tries: list[Try], cards: Floats, lines: Floats, other: Flags) -> list[Point]:
    best, best_cost = tries[0][2], float("inf")
    for least, _, points in tries:
        if least >= best_cost:
            break
        cost = least + _trouble(points, cards, lines, other)
        if cost < best_cost:
            best, best_cost = points, cost
    return best


def _nearest(levels: list[float], middle: float) -> tuple[float, ...]:
    """The levels nearest to a height, of `levels` in their order."""
    at = bisect.bisect_left(levels, middle)
    some = levels[max(0, at - DETOURS) : at + DETOURS]
    return tuple(sorted(some, key=lambda y: (abs(y - middle), y))[:DETOURS])


@functools.lru_cache(maxsize=CHOICES_KEPT)
def _tries(start: Point, end: Point, levels: tuple[float, ...]) -> tuple[list[Try], Segment]:
    """Ways from the shortest, each with what it costs at least, and the area that they and their lanes take."""
    tries = [
        (_length(points) + BEND_COST * (len(points) - 2), number, points)
        for number, points in enumerate(_candidates(start, end, levels))
    ]
    tries.sort()
    across = [x for _, _, points in tries for x, _ in points]
    down = [y for _, _, points in tries for _, y in points]
    return tries, (min(across) - LANE, min(down) - LANE, max(across) + LANE, max(down) + LANE)


def _candidates(start: Point, end: Point, levels: tuple[float, ...]) -> Iterable[list[Point]]:
    (ax, ay), (bx, by) = start, end
    outs = [ax + STUB + LANE * i for i in range(LANES)]
    ins = [bx - STUB - LANE * i for i in range(LANES)]
    if bx >= ax + 2 * STUB:
        if abs(ay - by) < 1:
            yield [start, (bx, ay)]
        for x in (*ins, *outs):
            if ax + STUB <= x <= bx - STUB:
                yield _clean([start, (x, ay), (x, by), end])
    for level in levels:
        for out in outs[:2]:
            for into in ins[:2]:
                yield _clean([start, (out, ay), (out, level), (into, level), (into, by), end])


def _clean(points: list[Point]) -> list[Point]:
    """Without corners that turn nowhere."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:]):
        if not (before[0] == here[0] == after[0] or before[1] == here[1] == after[1]):
            kept.append(here)
    return [*kept, points[-1]]


def _segments(points: list[Point]) -> list[Segment]:
    return [(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])) for a, b in zip(points, points[1:])]


def _length(points: list[Point]) -> float:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in zip(points, points[1:]))


def _touching(boxes: Floats, area: Segment) -> Flags:
    """Which boxes, or lines, have a part within an area."""
    left, top, right, bottom = boxes
    x1, y1, x2, y2 = area
    return np.asarray((left <= x2) & (right >= x1) & (top <= y2) & (bottom >= y1))


def _trouble(points: list[Point], cards: Floats, lines: Floats, other: Flags) -> float:
    """What a way costs beyond its length: cards it runs over, lines it runs along or crosses."""
    left, top, right, bottom = (column[:, None] for column in np.array(_segments(points)).T)
    level, upright = top == bottom, left == right
    stub = np.where(upright, 0.0, STUB - 1)
    x1, y1, x2, y2 = cards
    over = (left + stub < x2 + MARGIN) & (right - stub > x1 - MARGIN) & (top < y2 + MARGIN) & (bottom > y1 - MARGIN)
    cost = HIT_COST * float(np.count_nonzero(over))
    if lines.shape[1]:
        l2, t2, r2, b2 = lines
        both_upright, both_level = upright & (l2 == r2), level & (t2 == b2)
        along = both_upright & (np.abs(left - l2) < LANE - 1) & (top < b2) & (bottom > t2)
        along |= both_level & (np.abs(top - t2) < LANE - 1) & (left < r2) & (right > l2)
        across = ~both_upright & ~both_level & (left < r2) & (right > l2) & (top < b2) & (bottom > t2)
        cost += OVERLAP_COST * float(np.count_nonzero(along & other)) + CROSSING_COST * float(np.count_nonzero(across))
    return cost


class _Drawn:
    """Pieces of lines drawn so far, and the cards they lead to."""

    def __init__(self) -> None:
        self.count = 0
        self._lines: Floats = np.zeros((4, 64))
        self._targets = np.zeros(64, dtype=np.int64)
        self._numbers: dict[str, int] = {}

    def add(self, target: str, points: list[Point]) -> None:
        """Remember a way."""
        for segment in _segments(points):
            if self.count == self._lines.shape[1]:
                self._lines = np.concatenate([self._lines, np.zeros_like(self._lines)], axis=1)
                self._targets = np.concatenate([self._targets, np.zeros_like(self._targets)])
            self._lines[:, self.count] = segment
            self._targets[self.count] = self._number(target)
            self.count += 1

    def near(self, target: str, area: Segment) -> tuple[Floats, Flags]:
        """Left, top, right, bottom of the pieces within an area, and which of them lead to another card than `target`."""
        lines = self._lines[:, : self.count]
        touching = _touching(lines, area)
        return lines[:, touching], self._targets[: self.count][touching] != self._number(target)

    def _number(self, target: str) -> int:
        return self._numbers.setdefault(target, len(self._numbers))
