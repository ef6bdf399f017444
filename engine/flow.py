"""A document to the flow that calls run on: elements joined by their exits, a graph, a digest, read-only tables.

Decides what makes a document impossible as a flow (R-02.8, R-02.13, R-02.14 and their like), and its canonical form.
Leaves what is merely unwise to `check.py`. Opens no file. Nothing here changes once a flow is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx

from engine import faults, limits, recordings, zones
from engine.document import HANGUP, Head, Parameters, Problem, checked
from engine.document import Trunk as Trunk
from engine.element import Element, Exit
from engine.elements import KINDS, USER, make
from engine.errors import FlowError
from engine.faults import Fault, Path, Position
from engine.ids import Duration, seconds
from engine.outgoing import Outgoing
from engine.wording import near, shown

NO_ROUTE = "no_route"
"""Graph node of the outputs that lead nowhere: calls end there with NO_ROUTE_DESTINATION (R-02.11)."""

Node = int | str
"""An internal number, `trunk:<key>`, `alias:<name>`, `outside:<number>`, `hangup` or `no_route`."""


class Document:
    """A checked document: its head, and the parameters of its elements by number."""

    __slots__ = ("broken", "elements", "head")

    def __init__(
        self, head: Head, elements: Mapping[int, Parameters], broken: frozenset[int | str] = frozenset()
    ) -> None:
        self.head = head
        self.elements = dict(sorted(elements.items()))
        self.broken = broken
        """Numbers and keys of trunks that stand in the text with something wrong in them: they exist, unusable."""

    def canonical(self) -> str:
        """The document as JSON with sorted keys, without defaults and without places on the canvas: two documents with
        the same canonical form mean the same, whatever their comments and order.
        """
        data = _plain(self.head)
        data["elements"] = {str(number): {"kind": p.kind, **_plain(p)} for number, p in self.elements.items()}
        for part in (*data["elements"].values(), *data.get("users", {}).values()):
            part.pop("x", None)
            part.pop("y", None)
        return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def digest(self) -> str:
        """SHA-256 of the canonical form in hexadecimal: the version (R-25.1)."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _plain(model: Any) -> dict[str, Any]:
    plain: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return plain


class Flow:
    """One version of a PBX, ready to run calls. Shared by all calls on it and never changed."""

    def __init__(self, document: Document, elements: Mapping[int, Element]) -> None:
        head = document.head
        self.document = document
        self.digest = document.digest()
        """The version: calls are pinned to it (R-25.6)."""
        self.head = head
        self.elements: dict[int, Element] = dict(sorted(elements.items()))
        """Service elements and users by internal number, in order."""
        for place, element in enumerate(self.elements.values()):
            element.place = place
        self.trunks: dict[str, Trunk] = dict(sorted(head.trunks.items()))
        self.outgoing = Outgoing(head, self.elements)
        self.records = recordings.any_wanted(head, self.elements)
        """Whether any talk is recorded at all (R-24.4)."""
        self.prompt_us: dict[str, Duration] = {name: seconds(s) for name, s in sorted(head.prompts.items())}
        """Length of every sound: the one table of every world."""
        self.zone = zones.parse(head.zone)
        self.faults: tuple[Fault, ...] = ()
        """Warnings found while loading."""
        self.positions: Mapping[Path, Position] = {}
        """Where each part of the document stands in its text, if it was read from one."""
        self.file = "pbx.yaml"
        """What its text is called in messages."""
        self._entries = {key: Exit("to", trunk.to, "R-04.9") for key, trunk in self.trunks.items()}
        self._aliases = {name.lower(): to for name, to in sorted(head.settings.aliases.items())}
        self._by_text = {str(number): element for number, element in self.elements.items()}
        for way in self.exits():
            way.target = self.internal(way.to)
        self.graph = _graph(self)
        """Edges are outputs (key = the output's name, `role` = `output`) and members (`role` = `member`)."""

    @property
    def name(self) -> str:
        """The account name."""
        return self.head.pbx

    def internal(self, to: str | None) -> Element | None:
        """The element or user an output names; None for outside and emergency numbers, `hangup` and empty."""
        if to is None or to in self.head.settings.emergency:
            return None
        return self._by_text.get(to)

    def find(self, number: str) -> Element | None:
        """What a dialled internal number or alias reaches: number first, then alias without case (R-10.2)."""
        element = self._by_text.get(number)
        if element is not None:
            return element
        return self.internal(self._aliases.get(number.lower()))

    def entry_of(self, trunk: str) -> Exit:
        """Where calls that come in on a trunk go first (R-04.9). Raises KeyError for a trunk the document lacks."""
        return self._entries[trunk]

    def trunk_of(self, number: str) -> str | None:
        """Key of the trunk whose number is `number`, compared by its last 10 digits; None if there is none."""
        wanted = _digits(number)
        for key, trunk in self.trunks.items():
            if wanted and _digits(trunk.number) == wanted:
                return key
        return None

    def exits(self) -> Iterable[Exit]:
        """Every exit: the trunks' first, then the elements' in order of number."""
        yield from self._entries.values()
        for element in self.elements.values():
            yield from element.exits.values()


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())[-10:]


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: Mapping[Any, Any]) -> tuple[Document | None, list[tuple[Path, Problem]]]:
    """Plain data as a document, and all problems with where they stand.

    What has problems is left out of the document, so that the rest can still be looked at; None if there is no head.
    """
    problems: list[tuple[Path, Problem]] = []
    elements: dict[int, Parameters] = {}
    broken: set[int | str] = set()
    raw_elements = data.get("elements")
    if raw_elements is not None and not isinstance(raw_elements, dict):
        problems.append((("elements",), Problem((), "dict_type", {}, raw_elements, "")))
        raw_elements = None
    for key, raw in (raw_elements or {}).items():
        number = _element_number(key)
        if number is None:
            message = f"{key} is no number of an element: 5000 to 5999 (R-02.7)"
            problems.append((("elements", str(key)), Problem(("[key]",), "value_error", {}, key, message)))
            continue
        parameters, refused = _element(raw)
        problems += [(("elements", str(key)), problem) for problem in refused]
        if parameters is None:
            broken.add(number)
        else:
            elements[number] = parameters
    head_data = {key: value for key, value in data.items() if key != "elements"}
    head, found = _head(head_data)
    problems += [((), problem) for problem in found]
    if head is None:
        return None, problems
    users, trunks = data.get("users"), data.get("trunks")
    if isinstance(users, dict):
        broken.update(key for key in users if key not in head.users)
    if isinstance(trunks, dict):
        broken.update(str(key) for key in trunks if str(key) not in head.trunks)
    return Document(head, elements, frozenset(broken)), problems


def _element_number(key: object) -> int | None:
    text = str(key)
    number = int(text) if text.isdecimal() and len(text) == 4 else 0
    return number if limits.ELEMENT_FIRST <= number <= limits.ELEMENT_LAST else None


def _element(raw: Any) -> tuple[Parameters | None, tuple[Problem, ...]]:
    """One element's parameters, by its kind."""
    if not isinstance(raw, dict):
        return None, (Problem((), "dict_type", {}, raw, ""),)
    kind = raw.get("kind")
    if kind is None:
        return None, (Problem(("kind",), "missing", {}, None, f"write one of {', '.join(KINDS)} (R-02.2)"),)
    if not isinstance(kind, str) or kind not in KINDS:
        meant = near(str(kind), KINDS)
        advice = f"did you mean {meant}" if meant else f"possible are {', '.join(KINDS)}"
        message = f"{shown(kind)} is no kind of element; {advice} (R-02.2)"
        return None, (Problem(("kind",), "value_error", {}, kind, message),)
    parameters, problems = checked(KINDS[kind].Parameters, raw)
    assert parameters is None or isinstance(parameters, Parameters), kind
    section = KINDS[kind].rule
    return parameters, tuple(p if "R-" in p.message + p.description else _of_section(p, section) for p in problems)


def _of_section(problem: Problem, section: str) -> Problem:
    return Problem(problem.path, problem.kind, problem.context, problem.value, problem.message, problem.fields, section)


def _head(data: dict[Any, Any]) -> tuple[Head | None, list[Problem]]:
    """The head, and its problems. Parts with problems are taken out and the rest is tried again."""
    problems: dict[tuple[Path, str], Problem] = {}
    head, found = checked(Head, data)
    while head is None:
        problems |= {(problem.path, problem.kind): problem for problem in found}
        less = _without(data, found)
        if less == data:
            break
        data = less
        head, found = checked(Head, data)
    return head, list(problems.values())


def _without(data: dict[Any, Any], problems: tuple[Problem, ...]) -> dict[Any, Any]:
    """`data` less every trunk, user or whole section that has a problem; a wrong account name becomes a right one."""
    sections: set[str] = set()
    entries: set[tuple[str, str]] = set()
    for problem in problems:
        top = str(problem.path[0]) if problem.path else ""
        part = data.get(top)
        if isinstance(part, dict) and len(problem.path) > 1 and top in ("trunks", "users", "calendars", "prompts"):
            entries.add((top, str(problem.path[1])))
        elif top != "pbx":
            sections.add(top)
    kept: dict[Any, Any] = {}
    for key, value in data.items():
        if str(key) in sections:
            continue
        mended = (
            {k: v for k, v in value.items() if (str(key), str(k)) not in entries} if isinstance(value, dict) else value
        )
        kept[key] = mended
    if any(problem.path[:1] == ("pbx",) for problem in problems):
        kept["pbx"] = "nameless"
    return kept


# --- compiling -------------------------------------------------------------------------------------------------------


def compile(document: Document, positions: Mapping[Path, Position] | None = None, name: str = "pbx.yaml") -> Flow:
    """The flow of a document. Raises FlowError with all faults that make it impossible."""
    made, found = build(document, positions or {}, name)
    if made is None:
        raise FlowError(faults.in_order(found))
    made.faults = faults.in_order(found)
    return made


def build(document: Document | None, positions: Mapping[Path, Position], name: str) -> tuple[Flow | None, list[Fault]]:
    """The flow, or None when it is impossible, and the faults found on the way."""
    if document is None:
        return None, []
    from engine.flow_faults import Looker  # the rules about whole documents read flows, so they come after them

    looker = Looker(document, positions, name)
    looker.head()
    elements: dict[int, Element] = {}
    for number, parameters in document.elements.items():
        elements[number] = make(number, parameters, document.head)
        elements[number].outside_legs_for_direct_sip = parameters.outside_legs_for_direct_sip
    for number, user in document.head.users.items():
        elements[number] = USER(number, user, document.head)
        elements[number].outside_legs_for_direct_sip = user.outside_legs_for_direct_sip
    looker.elements(elements)
    if faults.errors(looker.found):
        return None, looker.found
    made = Flow(document, elements)
    made.positions, made.file = positions, name
    looker.flow(made)
    return (None if faults.errors(looker.found) else made), looker.found


def _graph(flow: Flow) -> nx.MultiDiGraph:
    """The flow as a graph, in a stable order."""
    graph = nx.MultiDiGraph()
    for key, trunk in flow.trunks.items():
        graph.add_node(f"trunk:{key}", kind="trunk", name=trunk.name or key)
    for alias in flow._aliases:
        graph.add_node(f"alias:{alias}", kind="alias", name=alias)
    for number, element in flow.elements.items():
        graph.add_node(number, kind=element.kind, name=element.name)
    for key in flow.trunks:
        way = flow.entry_of(key)
        graph.add_edge(f"trunk:{key}", _node(graph, flow, way.to), key="to", role="output", rule=way.rule)
    for alias, to in flow._aliases.items():
        graph.add_edge(f"alias:{alias}", _node(graph, flow, to), key="to", role="output", rule="R-10.1")
    for number, element in flow.elements.items():
        for way in element.exits.values():
            graph.add_edge(number, _node(graph, flow, way.to), key=way.name, role="output", rule=way.rule)
        for position, member in enumerate(element.members(), start=1):
            graph.add_edge(
                number, _node(graph, flow, member), key=f"member {position}", role="member", rule=element.rule
            )
    return graph


def _node(graph: nx.MultiDiGraph, flow: Flow, to: str | None) -> Node:
    """The node an output leads to, added if it is new."""
    target = flow.internal(to)
    if target is not None:
        return target.number
    if to is None:
        graph.add_node(NO_ROUTE, kind=NO_ROUTE, name="")
        return NO_ROUTE
    if to == HANGUP:
        graph.add_node(HANGUP, kind=HANGUP, name="")
        return HANGUP
    node = f"outside:{to}"
    graph.add_node(node, kind="outside", name=to)
    return node
