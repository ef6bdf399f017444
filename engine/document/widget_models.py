"""Callback widgets: the button on a website by which a visitor asks to be called (R-17).

Decides the fields and their defaults. Leaves whether numbers and elements exist to `loading/validation.py`, what a request does
to `state/widgets.py` and `control/visitors.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from engine.contract import limits
from engine.document.model_base import EMail, Model, Output

_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?"
)
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
_RANGE: Final = re.compile(r"[1-9]\d{0,11}")


def _origin(value: Any) -> Any:
    text = str(value).strip().lower().removesuffix("/")
    if not text.isascii():
        scheme, _, host = text.partition("://")
        try:
            text = f"{scheme}://{host.encode('idna').decode()}"
        except UnicodeError:
            text = ""
    if not _ORIGIN.fullmatch(text):
        raise ValueError("a site is written as browsers name it: https:// and the host, without a path (R-17.2)")
    return text


def _color(value: Any) -> Any:
    text = str(value).strip().lower()
    if not _COLOR.fullmatch(text):
        raise ValueError("a colour is # and six hexadecimal digits, such as #2563eb (R-17.2)")
    return text


def _range(value: Any) -> Any:
    text = str(value).strip().removeprefix("+")
    if isinstance(value, bool) or not _RANGE.fullmatch(text):
        raise ValueError("a number range is its first digits with the country code, such as 7495 (R-17.5)")
    return text


def _path(value: Any) -> Any:
    text = str(value).strip()
    if not text.startswith("/") or len(text) > limits.WIDGET_TEXT or "*" in text[:-1]:
        raise ValueError("a page path begins with / and may end with *, such as /wholesale/* (R-17.2)")
    return text


Origin = Annotated[str, BeforeValidator(_origin)]
"""A website as browsers name it (RFC 6454 section 6.2): scheme, host and port."""

Color = Annotated[str, BeforeValidator(_color)]
NumberRange = Annotated[str, BeforeValidator(_range)]


def _key(value: Any) -> Any:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", str(value)):
        raise ValueError(
            "a widget's key is 1 to 32 of a-z, 0-9, underscore and hyphen, as it stands in an address (R-17.1)"
        )
    return str(value)


WidgetKey = Annotated[str, BeforeValidator(_key)]
"""What a widget is called in the address of its script."""

PagePath = Annotated[str, BeforeValidator(_path)]
Text = Annotated[str, Field(max_length=limits.WIDGET_TEXT)]


class WidgetPage(Model):
    """Pages of a site on which others are rung."""

    path: PagePath = Field(description="Path of the page; * at its end stands for anything (R-17.2).")
    managers: tuple[Output, ...] = Field(
        default=(), max_length=limits.WIDGET_MANAGERS, description="Managers for these pages, in order (R-17.2)."
    )
    element: Output = Field(default=None, description="The element for these pages (R-17.4).")


class Widget(Model):
    """A callback widget on one website or several (R-17)."""

    name: Text = Field(default="", description="The site's name: on the phone's display and in e-mails (R-17.3).")
    origins: tuple[Origin, ...] = Field(
        min_length=1,
        max_length=limits.WIDGET_ORIGINS,
        description="Sites it may stand on, as https://example.com (R-17.2).",
    )
    mode: Literal["direct", "logic"] = Field(
        default="direct", description="Managers one after another, or the logic of an element (R-17.4)."
    )
    managers: tuple[Output, ...] = Field(
        default=(),
        max_length=limits.WIDGET_MANAGERS,
        description="Users, groups and outside numbers rung in this order, at most three a callback (R-17.4).",
    )
    element: Output = Field(default=None, description="Where a call enters in the mode logic (R-17.4).")
    pages: tuple[WidgetPage, ...] = Field(
        default=(),
        max_length=limits.WIDGET_PAGES,
        description="Pages with managers of their own; the first that fits (R-17.2).",
    )
    hours: Output = Field(default=None, description="The time rule while which calls are offered (R-17.2).")
    only_when_free: bool = Field(default=False, description="Offers calls only while a manager is free (R-17.2).")
    numbers: tuple[NumberRange, ...] = Field(
        default=(),
        max_length=limits.ALLOWED_NUMBERS,
        description="First digits of numbers that may be called, with country code; empty is Russia (R-17.5).",
    )
    lead: tuple[EMail, ...] = Field(
        default=(), max_length=limits.RECIPIENTS, description="Recipients of leads when nobody could answer (R-17.2)."
    )
    notices: tuple[EMail, ...] = Field(
        default=(), max_length=limits.RECIPIENTS, description="Recipients of what became of each call (R-17.2)."
    )
    language: Literal["auto", "en", "ru"] = Field(default="auto", description="Language; auto is the browser's.")
    button: Text = Field(default="", description="What the button is called; empty is the usual words.")
    text: Text = Field(default="", description="What the window says; empty is the usual words (R-17.2).")
    color: Color = Field(default="#2563eb", description="Colour of the button, as #2563eb (R-17.2).")
    size: Literal["small", "medium", "large"] = Field(default="medium", description="Size of the button (R-17.2).")
    place: Literal["bottom_right", "bottom_left", "top_right", "top_left"] = Field(
        default="bottom_right", description="Corner of the page it stands in; visitors may move it (R-17.2)."
    )
    exit_intent: bool = Field(default=False, description="Opens when the pointer leaves the page (R-17.2).")
    open_after: float = Field(
        default=0, ge=0, le=3600, description="Opens by itself after so many seconds; 0 never (R-17.2)."
    )
    hide_on_mobiles: bool = Field(default=False, description="Not shown on mobile phones (R-17.2).")

    @field_validator("lead", "notices", "origins", "numbers", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, (str, int)) and not isinstance(value, bool) else value
