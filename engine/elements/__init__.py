"""The kinds of elements. To add one: one file beside this one, and one line in `KINDS`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from engine.document.models import Head, Parameters
from engine.elements.contact_manager import ContactManager
from engine.elements.greeting import Greeting
from engine.elements.group import Group
from engine.elements.hours import Hours
from engine.elements.http_request import HttpRequest
from engine.elements.number_rule import NumberRule
from engine.elements.queue import Queue
from engine.elements.user import UserRules
from engine.elements.voicemail import Voicemail
from engine.state.element import Element

KINDS: dict[str, type[Element]] = {
    "hours": Hours,
    "number_rule": NumberRule,
    "greeting": Greeting,
    "queue": Queue,
    "group": Group,
    "voicemail": Voicemail,
    "http_request": HttpRequest,
    "contact_manager": ContactManager,
}
"""Kinds a document may name, by the word it names them with (R-02.2)."""

USER = UserRules
"""The element a user becomes; users stand in a section of their own and not among elements."""


Kind = TypeVar("Kind", bound=Element)


def of_kind(elements: Iterable[Element], kind: type[Kind]) -> Iterator[Kind]:
    """Those of one kind, for interfaces that list one kind by its own fields, as an API of queues does."""
    return (element for element in elements if isinstance(element, kind))


def make(number: int, parameters: Parameters, head: Head) -> Element:
    """The element of checked parameters, compiled."""
    kind: Any = KINDS[parameters.kind]
    made: Element = kind(number, parameters, head)
    return made
