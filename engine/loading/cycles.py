"""Cycles of a flow that calls run through without waiting for anything (R-02.14).

Decides which elements such a cycle is made of. Leaves the message to `validation.py` and `analysis/check_elements.py`; the
guard that ends a call in one at run time stands in `contract/limits.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import networkx as nx

from engine.state.element import Element, Exit

Cycle = list[tuple[int, str]]
"""Elements in order, each with the output that leads to the next."""


def instant_cycles(elements: Mapping[int, Element]) -> list[Cycle]:
    """One cycle of every knot of elements that never wait."""
    return cycles(elements, lambda element, exit_: not element.waits)


def cycles(elements: Mapping[int, Element], at_once: Callable[[Element, Exit], bool]) -> list[Cycle]:
    """One cycle of every knot of elements joined by outputs that are taken at once, a short one through its lowest."""
    quick = nx.DiGraph()
    for number, element in elements.items():
        for exit_ in element.exits.values():
            if exit_.target is not None and at_once(element, exit_) and not quick.has_edge(number, exit_.target.number):
                quick.add_edge(number, exit_.target.number, output=exit_.name)
    found = []
    for knot in sorted(nx.strongly_connected_components(quick), key=min):
        first = min(knot)
        if len(knot) == 1 and not quick.has_edge(first, first):
            continue
        inside = quick.subgraph(knot)
        back = min((nx.shortest_path(inside, exit_, first) for exit_ in sorted(inside.successors(first))), key=len)
        found.append([(a, quick.edges[a, b]["output"]) for a, b in pairwise([first, *back])])
    return found
