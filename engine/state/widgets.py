"""The callback widgets of one version, compiled: who is rung for a page, which numbers may be called, when calls are offered.

Pure look-ups. Leaves what a request does to `control/visitors.py`, how often one may ask to `control/callback_limits.py`.
"""

from __future__ import annotations

from typing import Final

from engine.document.models import Head
from engine.document.widget_models import Widget
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits

RULE: Final = "R-17.4"

COUNTRY: Final = ("73", "74", "781", "782", "783", "784", "785", "786", "787", "79")
"""Numbers of Russia that visitors have: places and mobile phones, and none of the services of 80x, which cost more (R-17.5)."""

Way = tuple[str, str]
"""A name for people (`manager 1`, `logic`), and the internal or outside number where a callback goes."""

DIGITS_LEAST: Final = 8
DIGITS_MOST: Final = 15
"""Digits of a full number with its country code (ITU-T E.164)."""


class WidgetRoutes:
    """One widget's choices."""

    __slots__ = ("key", "settings", "site", "_ways", "_pages", "_ranges")

    def __init__(self, key: str, settings: Widget) -> None:
        self.key = key
        self.settings = settings
        self.site = settings.name or settings.origins[0].partition("://")[2]
        """What people call the site."""
        self._ways = self._named(settings.managers, settings.element)
        self._pages = [(page.path, self._named(page.managers, page.element)) for page in settings.pages]
        self._ranges = settings.numbers or COUNTRY

    def _named(self, managers: tuple[str | None, ...], element: str | None) -> tuple[Way, ...]:
        if self.settings.mode == "logic":
            return () if element is None else (("logic", element),)
        return tuple((f"manager {n}", number) for n, number in enumerate(managers, start=1) if number is not None)

    def ways(self, page: str) -> tuple[Way, ...]:
        """Who is rung for a request on the page of a path, in order: the first of the pages that fits, else everybody's."""
        for path, ways in self._pages:
            if ways and (page.startswith(path[:-1]) if path.endswith("*") else page == path):
                return ways
        return self._ways

    def all_ways(self) -> list[Way]:
        """Every way of every page."""
        return [*self._ways, *(way for _, ways in self._pages for way in ways)]

    def allows(self, number: str) -> bool:
        """Whether a number may be called at all: a full one, within the ranges of the widget (R-17.5)."""
        digits = phone_numbers.subscriber(number)
        whole = is_digits(digits) and DIGITS_LEAST <= len(digits) <= DIGITS_MOST
        return whole and digits.startswith(self._ranges)


def widgets_of(head: Head) -> dict[str, WidgetRoutes]:
    """All widgets of a document by key."""
    return {key: WidgetRoutes(key, settings) for key, settings in sorted(head.widgets.items())}


def dialled(number: str) -> str:
    """A visitor's number as users of this PBX dial it, so that outgoing rules fit: 8 and ten digits, or 810 and the country's.

    >>> dialled("+7 (916) 123-45-67"), dialled("+49 30 123456"), dialled("")
    ('89161234567', '8104930123456', '')
    """
    digits = phone_numbers.subscriber(number)
    if len(digits) == 11 and digits.startswith("7"):
        return f"8{digits[1:]}"
    return f"810{digits}" if digits else ""
