"""The flow that calls run on: elements joined by their exits, a graph, a digest, read-only tables.

Decides the canonical form of a document and so its digest. Leaves making a flow to `loading/compile.py`. Nothing here
changes once a flow is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import networkx as nx

from engine.calendar import zones
from engine.contract.ids import Duration, seconds
from engine.document.faults import Fault, Path, Position
from engine.document.models import HANGUP, Head, Parameters
from engine.document.models import Trunk as Trunk
from engine.numbers import phone_numbers
from engine.state import pictures
from engine.state.caller_numbers import CallerNumbers
from engine.state.element import Element, Exit
from engine.state.outgoing import OutgoingRoutes
from engine.state.service_codes import ServiceCodes
from engine.state.widgets import widgets_of

NO_ROUTE = "no_route"
"""Graph node of the outputs that lead nowhere: calls end there with NO_ROUTE_DESTINATION (R-02.11)."""

Node = int | str
"""An internal number, `trunk:<key>`, `alias:<name>`, `widget:<key>`, `outside:<number>`, `hangup` or `no_route`."""


class Broken:
    """Parts that stand in a text with something wrong in them: they exist, unusable, and what refers to them has no fault of
    its own. One fault, one message."""

    __slots__ = ("_parts", "_sections")

    def __init__(self) -> None:
        self._parts: set[tuple[str, str]] = set()
        self._sections: set[str] = set()

    def add(self, section: str, name: str | None = None) -> None:
        """One part of a section, or with no name the whole section."""
        if name is None:
            self._sections.add(section)
        else:
            self._parts.add((section, name))

    def has(self, section: str, name: str) -> bool:
        """Whether something of that name stands in the text, unusable."""
        return section in self._sections or (section, name) in self._parts

    def any_of(self, section: str) -> bool:
        """Whether anything of a section stands in the text, unusable."""
        return section in self._sections or any(part[0] == section for part in self._parts)

    def has_number(self, number: str) -> bool:
        """The same of an internal number."""
        return self.has("users" if len(number) == 3 or number < "5000" else "elements", number)


class Document:
    """A checked document: its head, and the parameters of its elements by number."""

    __slots__ = ("broken", "elements", "head")

    def __init__(self, head: Head, elements: Mapping[int, Parameters], broken: Broken | None = None) -> None:
        self.head = head
        self.elements = dict(sorted(elements.items()))
        self.broken = broken or Broken()

    def as_data(self) -> dict[str, Any]:
        """The document as plain data, without defaults: as JSON it is a text that loads as this document."""
        data = _plain(self.head)
        data["elements"] = {str(number): {"kind": p.kind, **_plain(p)} for number, p in self.elements.items()}
        return data

    def canonical(self) -> str:
        """The document as JSON with sorted keys, without defaults and without places on the canvas: two documents with
        the same canonical form mean the same, whatever their comments and order.
        """
        data = self.as_data()
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
        self.outgoing = OutgoingRoutes(head, self.elements)
        self.callers = CallerNumbers(head)
        self.codes = ServiceCodes(head.settings.codes)
        self.records = any_wanted(head, self.elements)
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
        for exit_ in self._entries.values():
            exit_.target = self.internal(exit_.to)
        self.widgets = widgets_of(head)
        """Callback widgets of websites by key (R-17)."""
        self.graph = _graph(self)
        """Edges are outputs (key = the output's name, `role` = `output`) and members (`role` = `member`)."""

    @property
    def name(self) -> str:
        """The account name."""
        return self.head.pbx

    def show(self, language: str = "en", people: bool = False) -> object:
        """The flow as a picture, in a notebook; with `people`, its users too. Raises NoPainter where nothing can draw."""
        return pictures.painter().flow(self, language, people)

    def internal(self, to: str | None) -> Element | None:
        """The element or user an output names; None for outside and emergency numbers, `hangup` and empty."""
        if to is None or to in self.head.settings.emergency:
            return None
        return self._by_text.get(to)

    def find(self, number: str) -> Element | None:
        """What a dialled internal number or alias reaches: number first, then alias without case (R-10.2), each without what
        people write for the eye (R-14.26). Emergency numbers reach nobody inside."""
        cleaned = phone_numbers.cleaned(number)
        element = self.internal(cleaned)
        if element is not None:
            return element
        return self.internal(self._aliases.get(phone_numbers.visible(number).strip().lower()))

    def entry_of(self, trunk: str) -> Exit:
        """Where calls that come in on a trunk go first (R-04.9). Raises KeyError for a trunk the document lacks."""
        return self._entries[trunk]

    def trunk_of(self, number: str) -> str | None:
        """Key of the trunk that has a number, in whatever form it is written (R-04.13); None if there is none."""
        for key, trunk in self.trunks.items():
            if phone_numbers.is_same(trunk.number, number):
                return key
        return None


def joined(elements: Mapping[int, Element], head: Head) -> dict[int, Element]:
    """Elements in order of number, every exit joined to the element it names: none for outside and emergency numbers."""
    by_text = {
        str(number): element for number, element in elements.items() if str(number) not in head.settings.emergency
    }
    for element in elements.values():
        for exit_ in element.exits.values():
            exit_.target = by_text.get(exit_.to) if exit_.to is not None else None
    return dict(sorted(elements.items()))


def any_wanted(head: Head, elements: dict[int, Element]) -> bool:
    """Whether a document records anything at all: calls of one that does not never ask."""
    said = [trunk.record for trunk in head.trunks.values()] + [user.record for user in head.users.values()]
    return head.settings.record or "on" in said or any(element.record == "on" for element in elements.values())


def _graph(flow: Flow) -> nx.MultiDiGraph:
    """The flow as a graph, in a stable order."""
    graph = nx.MultiDiGraph()
    for key, trunk in flow.trunks.items():
        graph.add_node(f"trunk:{key}", kind="trunk", name=trunk.name or key)
    for alias in flow._aliases:
        graph.add_node(f"alias:{alias}", kind="alias", name=alias)
    for key, widget in flow.widgets.items():
        graph.add_node(f"widget:{key}", kind="widget", name=widget.site)
    for number, element in flow.elements.items():
        graph.add_node(number, kind=element.kind, name=element.name)
    for key in flow.trunks:
        exit_ = flow.entry_of(key)
        graph.add_edge(f"trunk:{key}", _node(graph, flow, exit_.to), key="to", role="output", rule=exit_.rule)
    for alias, to in flow._aliases.items():
        graph.add_edge(f"alias:{alias}", _node(graph, flow, to), key="to", role="output", rule="R-10.1")
    for key, widget in flow.widgets.items():
        for name, to in widget.all_ways():
            graph.add_edge(f"widget:{key}", _node(graph, flow, to), key=name, role="output", rule="R-17.4")
        if widget.settings.hours is not None:
            graph.add_edge(
                f"widget:{key}", _node(graph, flow, widget.settings.hours), key="hours", role="member", rule="R-17.2"
            )
    for number, element in flow.elements.items():
        for exit_ in element.exits.values():
            graph.add_edge(number, _node(graph, flow, exit_.to), key=exit_.name, role="output", rule=exit_.rule)
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
