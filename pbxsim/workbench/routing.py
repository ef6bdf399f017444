"""The lines between cards: right angles that go around cards, share a way only towards the same card, and cross little.

Decides the corners of every edge from the places cards have now. Leaves the rounding of corners to the canvas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from pbxsim.workbench.layout import IN_Y, Box, Place

Point = tuple[float, float]
Segment = tuple[float, float, float, float]

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


class Wire(msgspec.Struct, frozen=True):
    """An edge to be drawn: from a port of one card to the entry of another."""

    id: str
    source: str
    port: str
    target: str


def route(wires: Iterable[Wire], boxes: Mapping[str, Box], places: Mapping[str, Place]) -> dict[str, list[Point]]:
    """Corners of every wire, ends included. Wires whose cards are missing are left out."""
    cards = {
        node: (places[node][0], places[node][1], places[node][0] + box.width, places[node][1] + box.height)
        for node, box in boxes.items()
        if node in places
    }
    todo = []
    for wire in wires:
        if wire.source in cards and wire.target in cards:
            start = (cards[wire.source][2], cards[wire.source][1] + boxes[wire.source].ports.get(wire.port, IN_Y))
            end = (cards[wire.target][0], cards[wire.target][1] + IN_Y)
            todo.append(
                (abs(end[0] - start[0]) + abs(end[1] - start[1]) + (5000 if end[0] < start[0] else 0), wire, start, end)
            )
    todo.sort(key=lambda item: (item[0], item[1].id))
    drawn: list[tuple[str, Segment]] = []
    found: dict[str, list[Point]] = {}
    for _, wire, start, end in todo:
        points = _best(start, end, wire.target, list(cards.values()), drawn)
        found[wire.id] = points
        drawn += [(wire.target, segment) for segment in _segments(points)]
    return found


def _best(start: Point, end: Point, target: str, cards: list[Segment], drawn: list[tuple[str, Segment]]) -> list[Point]:
    tries = [
        (_length(points) + BEND_COST * (len(points) - 2), number, points)
        for number, points in enumerate(_candidates(start, end, cards))
    ]
    tries.sort()
    best, best_cost = tries[0][2], float("inf")
    for least, _, points in tries:
        if least >= best_cost:
            break
        cost = least + _trouble(points, target, cards, drawn)
        if cost < best_cost:
            best, best_cost = points, cost
    return best


def _candidates(start: Point, end: Point, cards: list[Segment]) -> Iterable[list[Point]]:
    (ax, ay), (bx, by) = start, end
    outs = [ax + STUB + LANE * i for i in range(LANES)]
    ins = [bx - STUB - LANE * i for i in range(LANES)]
    if bx >= ax + 2 * STUB:
        if abs(ay - by) < 1:
            yield [start, (bx, ay)]
        for x in (*ins, *outs):
            if ax + STUB <= x <= bx - STUB:
                yield _clean([start, (x, ay), (x, by), end])
    middle = (ay + by) / 2
    levels = {level for _, top, _, bottom in cards for level in (top - 13, bottom + 13)}
    for level in sorted(levels, key=lambda y: (abs(y - middle), y))[:DETOURS]:
        for out in outs[:3]:
            for into in ins[:3]:
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


def _trouble(points: list[Point], target: str, cards: list[Segment], drawn: list[tuple[str, Segment]]) -> float:
    cost = 0.0
    for left, top, right, bottom in _segments(points):
        inner_left, inner_right = left + (STUB - 1 if left != right else 0), right - (STUB - 1 if left != right else 0)
        for x1, y1, x2, y2 in cards:
            if inner_left < x2 + MARGIN and inner_right > x1 - MARGIN and top < y2 + MARGIN and bottom > y1 - MARGIN:
                cost += HIT_COST
        for other, (l2, t2, r2, b2) in drawn:
            if left == right and l2 == r2:
                if abs(left - l2) < LANE - 1 and top < b2 and bottom > t2 and other != target:
                    cost += OVERLAP_COST
            elif top == bottom and t2 == b2:
                if abs(top - t2) < LANE - 1 and left < r2 and right > l2 and other != target:
                    cost += OVERLAP_COST
            elif left < r2 and right > l2 and top < b2 and bottom > t2:
                cost += CROSSING_COST
    return cost
