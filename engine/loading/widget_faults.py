"""What is wrong between a callback widget and the rest of its PBX: nobody to ring, a rule that is none (R-17).

Part of `validation.py`. Leaves single fields to `document/widget_models.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.document.fault_collector import FaultCollector
from engine.document.faults import Path
from engine.document.models import HANGUP
from engine.document.widget_models import Widget
from engine.numbers.phone_numbers import is_internal
from engine.state.element import Element, Ending

if TYPE_CHECKING:
    from engine.state.flow import Document

RUNG = ("user", "group")
"""Kinds that a widget rings one after another (R-17.3)."""


def outputs(widget: Widget) -> Iterator[tuple[Path, str | None]]:
    """Every number a widget names, with its place below the widget."""
    yield ("element",), widget.element
    yield ("hours",), widget.hours
    for index, number in enumerate(widget.managers):
        yield ("managers", index), number
    for place, page in enumerate(widget.pages):
        yield ("pages", place, "element"), page.element
        for index, number in enumerate(page.managers):
            yield ("pages", place, "managers", index), number


def look(finder: FaultCollector, document: Document, elements: Mapping[int, Element]) -> None:
    """Note every fault of every widget."""
    for key, widget in document.head.widgets.items():
        _Looker(finder, document, elements, key, widget).look()


class _Looker:
    """Looks at one widget."""

    def __init__(
        self, finder: FaultCollector, document: Document, elements: Mapping[int, Element], key: str, widget: Widget
    ) -> None:
        self._finder, self._document, self._elements = finder, document, elements
        self._key, self._widget = key, widget

    def look(self) -> None:
        """Note its faults."""
        widget, key = self._widget, self._key
        if widget.mode == "direct" and not any((widget.managers, *(page.managers for page in widget.pages))):
            remedy = "Add managers: with users, groups or outside numbers"
            self._error("widget-without-managers", "R-17.4", (), f"the widget {key} has nobody to ring", remedy)
        if widget.mode == "logic" and not any((widget.element, *(page.element for page in widget.pages))):
            message = f"the widget {key} goes by the logic of an element and names none"
            self._error(
                "widget-without-element", "R-17.4", (), message, "Add element: with the number of an element or user"
            )
        for path, number in outputs(widget):
            if number is None:
                continue
            if path == ("hours",):
                self._hours(path, number)
            elif "managers" in path and widget.mode == "direct":
                self._manager(path, number)
            elif "element" in path and widget.mode == "logic":
                self._element(path, number)

    def _error(self, code: str, rule: str, path: Path, message: str, remedy: str) -> None:
        self._finder.add(code, rule, ("widgets", self._key, *path), message, remedy, severity="error")

    def _find(self, number: str) -> Element | None:
        """What has an internal number; None for all others, and for what has a fault of its own."""
        return self._elements.get(int(number)) if is_internal(number) else None

    def _hours(self, path: Path, number: str) -> None:
        element = self._find(number)
        if element is None and is_internal(number):
            return  # dangling, or broken: said elsewhere
        if element is None or not element.goes_by_time:
            remedy = "Write the number of an element of the kind hours"
            self._error("wrong-widget-hours", "R-17.2", path, f"{number} is no time rule", remedy)

    def _manager(self, path: Path, number: str) -> None:
        element = self._find(number)
        if number == HANGUP or (element is not None and element.kind not in RUNG):
            message = f"{number} is not rung by a widget in the mode direct"
            remedy = "Write users, groups or outside numbers, or mode: logic with this element"
            self._error("wrong-widget-manager", "R-17.3", path, message, remedy)

    def _element(self, path: Path, number: str) -> None:
        element = self._find(number)
        if number == HANGUP or (element is not None and type(element.unheard()) is Ending):
            message = f"a callback ends at {number} before anybody is rung"
            remedy = "Write the number of an element that rings people"
            self._error("wrong-widget-element", "R-17.4", path, message, remedy)
