"""Circles of a flow: those that calls run round without waiting for anything (R-02.14).

Decides which elements such a circle is made of. Leaves saying so to `flow_faults.py`; the guard that ends a call in one
at run time stands in `limits.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from engine.flow import Flow


def instant_cycles(flow: Flow) -> list[list[tuple[int, str]]]:
    """One cycle of every knot of elements that calls can run round without waiting, as (number, output) pairs."""
    quick = nx.DiGraph()
    for number, element in flow.elements.items():
        if not element.waits:
            for way in element.exits.values():
                if way.target is not None and not way.target.waits and not quick.has_edge(number, way.target.number):
                    quick.add_edge(number, way.target.number, output=way.name)
    cycles = []
    for knot in sorted(nx.strongly_connected_components(quick), key=min):
        first = min(knot)
        if len(knot) == 1 and not quick.has_edge(first, first):
            continue
        inside = quick.subgraph(knot)
        back = min((nx.shortest_path(inside, way, first) for way in sorted(inside.successors(first))), key=len)
        nodes = [first, *back]
        cycles.append([(a, quick.edges[a, b]["output"]) for a, b in pairwise(nodes)])
    return cycles
