"""A flow drawn for other programs: Mermaid and DOT, the same text for the same flow every time.

Decides shapes and words of a drawing. Leaves interactive drawing to the workbench.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.state.flow import Flow, Node

NODES = {
    "trunk": ("([", "])", "cds"),
    "alias": ("([", "])", "cds"),
    "widget": ("([", "])", "cds"),
    "outside": ("((", "))", "circle"),
    "hangup": ("((", "))", "doublecircle"),
    "no_route": ("((", "))", "octagon"),
}
"""Mermaid's brackets and Graphviz's shape for nodes that are no elements."""

SHAPES = {
    "box": ("[", "]", "box"),
    "diamond": ("{", "}", "diamond"),
    "sound": ("[/", "/]", "parallelogram"),
    "line": ("[[", "]]", "box3d"),
    "person": ("(", ")", "ellipse"),
    "store": ("[(", ")]", "cylinder"),
}
"""The same for the shapes that a kind's card may name (`document/card.py`)."""

Edge = tuple[Node, str, Node]
"""From, output, to."""


def mermaid(flow: Flow, taken: Iterable[Edge] = ()) -> str:
    """A flow as a Mermaid flowchart, left to right; edges in `taken` are drawn thick, as the path of one call."""
    graph = flow.graph
    thick = {(source, output) for source, output, _ in taken}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        begin, end, _ = _shape(flow, node)
        lines.append(f'    {_id(node)}{begin}"{_mermaid_text(_label(flow, node))}"{end}')
    heavy = []
    for index, (source, target, output, role) in enumerate(_edges(flow)):
        line = "-.-" if role == "member" else "-->"
        label = "" if role == "member" else f'|"{_mermaid_text(output)}"|'
        lines.append(f"    {_id(source)} {line}{label} {_id(target)}")
        if (source, output) in thick:
            heavy.append(str(index))
    if heavy:
        lines.append(f"    linkStyle {','.join(heavy)} stroke-width:4px")
    return "\n".join(lines) + "\n"


def dot(flow: Flow, taken: Iterable[Edge] = ()) -> str:
    """A flow in the DOT language of Graphviz, left to right; edges in `taken` are drawn bold."""
    graph = flow.graph
    thick = {(source, output) for source, output, _ in taken}
    lines = [f"digraph {_dot_text(flow.name)} {{", "    rankdir=LR;"]
    for node in graph.nodes:
        shape = _shape(flow, node)[2]
        lines.append(f"    {_id(node)} [label={_dot_text(_label(flow, node))}, shape={shape}];")
    for source, target, output, role in _edges(flow):
        style = "style=dashed, arrowhead=none" if role == "member" else f"label={_dot_text(output)}"
        bold = ", style=bold" if (source, output) in thick else ""
        lines.append(f"    {_id(source)} -> {_id(target)} [{style}{bold}];")
    lines.append("}")
    return "\n".join(lines) + "\n"


def _edges(flow: Flow) -> list[tuple[Node, Node, str, str]]:
    """Edges in the order of nodes and outputs."""
    return [(a, b, key, data["role"]) for a, b, key, data in flow.graph.edges(keys=True, data=True)]


def _shape(flow: Flow, node: Node) -> tuple[str, str, str]:
    element = flow.elements.get(node) if isinstance(node, int) else None
    name = element.card.shape if element is not None else ""
    return SHAPES.get(name) or NODES.get(str(flow.graph.nodes[node]["kind"]), SHAPES["box"])


def _label(flow: Flow, node: Node) -> str:
    data = flow.graph.nodes[node]
    kind, name = str(data["kind"]), str(data["name"])
    if kind == "trunk":
        key = str(node).removeprefix("trunk:")
        return f"{name} {flow.trunks[key].number}"
    if kind == "hangup":
        return "hang up"
    if kind == "no_route":
        return "no route set"
    if isinstance(node, int):
        return f"{node} {name or kind.replace('_', ' ')}"
    return name


def _id(node: Node) -> str:
    """A name both languages take: letters, digits, underscores, and no two nodes alike."""
    if isinstance(node, int):
        return f"n{node}"
    return "x_" + "".join(char if char.isascii() and char.isalnum() else f"_{ord(char):x}_" for char in node)


def _mermaid_text(text: str) -> str:
    """Text inside quotation marks: entities for what would end them or mean something to HTML."""
    return "".join(f"#{ord(char)};" if char in '"#&<>;`\\\n\r' else char for char in text)


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'
