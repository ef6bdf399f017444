"""A checked document to the flow that calls run on: elements made and joined, then the flow around them.

Decides in which order a flow is put together. Leaves what makes it impossible to `validation.py`, the flow itself to
`state/flow.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.contract.errors import FlowError
from engine.document import faults
from engine.document.faults import Path, Position
from engine.elements import USER, make
from engine.loading.validation import validate
from engine.state.element import Element
from engine.state.flow import Document, Flow, joined


def compile(document: Document, positions: Mapping[Path, Position] | None = None, name: str = "pbx.yaml") -> Flow:
    """The flow of a document. Raises FlowError with all faults that make it impossible."""
    elements = elements_of(document)
    found = faults.in_order(validate(document, elements, positions or {}, name))
    if faults.errors(found):
        raise FlowError(found)
    made = assemble(document, elements, positions or {}, name)
    made.faults = found
    return made


def elements_of(document: Document) -> dict[int, Element]:
    """Elements and users by internal number, in order, with every exit joined to the element it names."""
    elements: dict[int, Element] = {}
    for number, parameters in document.elements.items():
        elements[number] = make(number, parameters, document.head)
        elements[number].outside_legs_for_direct_sip = parameters.outside_legs_for_direct_sip
    for number, user in document.head.users.items():
        elements[number] = USER(number, user, document.head)
        elements[number].outside_legs_for_direct_sip = user.outside_legs_for_direct_sip
    return joined(elements, document.head)


def assemble(document: Document, elements: dict[int, Element], positions: Mapping[Path, Position], name: str) -> Flow:
    """The flow of a document without errors, around its elements."""
    made = Flow(document, elements)
    made.positions, made.file = positions, name
    return made
