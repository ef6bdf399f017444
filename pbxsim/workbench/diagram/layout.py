"""Where cards go when nobody has placed them: columns from left to right, in each column in the order of the outputs.

Decides places only; heights and ports come from `graph.py`, the lines between cards from `routing.py`. The method is
layered drawing (Sugiyama, Tagawa and Toda, 1981): break cycles, longest-path columns, order by where the outputs are,
then straighten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

import msgspec
import networkx as nx

IN_Y = 27.0
"""Where calls enter a card, from its top, in pixels."""

CARD_GAP = 26.0
LANE_GAP = 14.0
BAND_MOST = 2 * CARD_GAP
"""Height of the band that may be empty between cards above and below it."""

COLUMN_GAP = 38.0
LANE_WIDTH = 9.0
SWEEPS = 12


class Box(msgspec.Struct, frozen=True):
    """A card's size in pixels and where its ports are, from its top."""

    id: str
    width: float
    height: float
    ports: Mapping[str, float]
    entry: bool = False
    """Whether calls begin here (a trunk): such cards stand in the first column."""


class Link(msgspec.Struct, frozen=True):
    """An edge as the layout sees it."""

    source: str
    port: str
    target: str


Place = tuple[float, float]


def arrange(boxes: Iterable[Box], links: Iterable[Link]) -> dict[str, Place]:
    """A place for every box, left and top at (0, 0); the same input gives the same places."""
    by_id = {box.id: box for box in boxes}
    links = [link for link in links if link.source in by_id and link.target in by_id]
    if not by_id:
        return {}
    column = _columns(by_id, links)
    rows, chains = _rows(by_id, links, column)
    y = _without_bands(_straighten(by_id, links, rows, chains), by_id)
    x, at = {}, 0.0
    for number, row in enumerate(rows):
        real = [node for node in row if node in by_id]
        crossing = {link.target for link in links if column[link.source] <= number < column[link.target]}
        for node in real:
            x[node] = at
        width = max((by_id[node].width for node in real), default=0.0)
        at += width + COLUMN_GAP + LANE_WIDTH * max(0, len(crossing) - 2)
    return {node: (round(x[node]), round(y[node])) for node in by_id}


def _columns(boxes: Mapping[str, Box], links: list[Link]) -> dict[str, int]:
    """Longest path from the entries; outputs that lead back to a card on the way to them do not count."""
    out: dict[str, list[str]] = defaultdict(list)
    for link in links:
        out[link.source].append(link.target)
    order = sorted(boxes, key=lambda node: not boxes[node].entry)
    state: dict[str, int] = {}
    forward = nx.DiGraph()
    forward.add_nodes_from(order)
    for root in order:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(out[root]))]
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[node] = 2
                stack.pop()
            elif state.get(target) != 1:
                forward.add_edge(node, target)
                if target not in state:
                    state[target] = 1
                    stack.append((target, iter(out[target])))
    column: dict[str, int] = {}
    first = 1 if any(box.entry for box in boxes.values()) else 0
    for node in nx.topological_sort(forward):
        floor = 0 if boxes[node].entry else first
        column[node] = max([floor, *(column[before] + 1 for before in forward.predecessors(node))])
    return column


def _rows(
    boxes: Mapping[str, Box], links: list[Link], column: Mapping[str, int]
) -> tuple[list[list[str]], list[list[str]]]:
    """Cards of each column from top to bottom, with a lane in every column that a long edge passes, and those lanes."""
    chains: list[list[str]] = []
    seen: set[tuple[str, str]] = set()
    for link in links:
        first, last = column[link.source], column[link.target]
        key = (link.source, link.target)
        if last > first and key not in seen:
            seen.add(key)
            lanes = [f"{link.source}\0{link.port}\0{link.target}\0{number}" for number in range(first + 1, last)]
            chains.append([link.source, *lanes, link.target])
    ports = {(link.source, link.target): boxes[link.source].ports.get(link.port, IN_Y) for link in reversed(links)}
    before: dict[str, list[tuple[str, float]]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    place: dict[str, int] = dict(column)
    for chain in chains:
        port = ports[(chain[0], chain[-1])]
        for number, (left, right) in enumerate(zip(chain, chain[1:])):
            before[right].append((left, port / 1000 if number == 0 else 0.0))
            after[left].append(right)
            place.setdefault(right, column[chain[0]] + number + 1)
    rows: list[list[str]] = [[] for _ in range(max(place.values()) + 1)]
    placed: set[str] = set()
    for root in sorted(
        boxes, key=lambda node: (column[node], not boxes[node].entry)
    ):  # first order: as calls would visit
        stack = [root]
        while stack:
            node = stack.pop()
            if node in placed:
                continue
            placed.add(node)
            rows[place[node]].append(node)
            stack += sorted(after[node], key=lambda n: -_port_of(n, node, ports, chains))
    best, fewest = [list(row) for row in rows], _crossings(rows, before)
    for sweep in range(SWEEPS):
        rank = {node: i for row in rows for i, node in enumerate(row)}
        if sweep % 2 == 0:
            for row in rows[1:]:
                weight = {n: _mean([rank[b] + p for b, p in before[n]], rank[n]) for n in row}
                row.sort(key=lambda n: weight[n])
                rank.update({node: i for i, node in enumerate(row)})
        else:
            for row in reversed(rows[:-1]):
                weight = {n: _mean([float(rank[a]) for a in after[n]], rank[n]) for n in row}
                row.sort(key=lambda n: weight[n])
                rank.update({node: i for i, node in enumerate(row)})
        crossings = _crossings(rows, before)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best, chains


def _port_of(node: str, source: str, ports: Mapping[tuple[str, str], float], chains: list[list[str]]) -> float:
    for chain in chains:
        if chain[0] == source and chain[1] == node:
            return ports[(chain[0], chain[-1])]
    return IN_Y


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: list[list[str]], before: Mapping[str, list[tuple[str, float]]]) -> int:
    rank = {node: i for row in rows for i, node in enumerate(row)}
    count = 0
    for row in rows[1:]:
        ends = [(rank[left] + port, rank[node]) for node in row for left, port in before[node]]
        count += sum(1 for i, (a, b) in enumerate(ends) for c, d in ends[i + 1 :] if (a - c) * (b - d) < 0)
    return count


def _straighten(
    boxes: Mapping[str, Box], links: list[Link], rows: list[list[str]], chains: list[list[str]]
) -> dict[str, float]:
    """Tops of cards and lanes such that edges are as straight as the order of each column allows."""
    heights = {node: boxes[node].height if node in boxes else 0.0 for row in rows for node in row}
    ports = {(link.source, link.target): boxes[link.source].ports.get(link.port, IN_Y) for link in reversed(links)}
    left: dict[str, list[tuple[str, float]]] = defaultdict(list)
    right: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for chain in chains:
        port = ports[(chain[0], chain[-1])]
        for i, (a, b) in enumerate(zip(chain, chain[1:])):
            shift = (port if i == 0 else 0.0) - (IN_Y if b in boxes else 0.0)
            left[b].append((a, shift))
            right[a].append((b, -shift))
    y: dict[str, float] = {}
    for row in rows:
        at = 0.0
        for node in row:
            y[node] = at
            at += heights[node] + _gap(node, boxes)
    for sweep in range(SWEEPS * 2):
        forward = sweep % 2 == 0
        for row in rows if forward else reversed(rows):
            wanted = []
            for node in row:
                near = left[node] if forward else right[node]
                values = [y[other] + shift for other, shift in near]
                wanted.append(median(values) if values else y[node])
            for node, top in zip(row, _apart(row, wanted, heights, boxes)):
                y[node] = top
    return y


def _without_bands(y: Mapping[str, float], boxes: Mapping[str, Box]) -> dict[str, float]:
    """The tops of cards from 0, without high bands in which there is none: what hangs together drifts as a whole, away from cards
    that nothing leads to."""
    tops: dict[str, float] = {}
    up = bottom = None
    for node in sorted(boxes, key=lambda node: y[node]):
        if up is None or bottom is None:
            up = bottom = y[node]
        up += max(0.0, y[node] - bottom - BAND_MOST)
        bottom = max(bottom, y[node] + boxes[node].height)
        tops[node] = y[node] - up
    return tops


def _gap(node: str, boxes: Mapping[str, Box]) -> float:
    return CARD_GAP if node in boxes else LANE_GAP


def _apart(row: list[str], wanted: list[float], heights: Mapping[str, float], boxes: Mapping[str, Box]) -> list[float]:
    """The tops nearest to the wanted ones, in this order and with gaps (pool adjacent violators)."""
    offsets, at = [], 0.0
    for i, node in enumerate(row):
        offsets.append(at)
        if i + 1 < len(row):
            at += heights[node] + max(_gap(node, boxes), _gap(row[i + 1], boxes))
    pools: list[tuple[float, float, int]] = []
    for node, top, offset in zip(row, wanted, offsets):
        weight = 1.0 if node in boxes else 2.0
        pools.append((top - offset, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, wa, na), (b, wb, nb) = pools[-2], pools[-1]
            pools[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    tops = []
    for value, _, count in pools:
        tops += [value] * count
    return [top + offset for top, offset in zip(tops, offsets)]
