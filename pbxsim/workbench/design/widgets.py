"""The looks that the forms of the Design page share. Decides sizes and margins; leaves what is edited to the forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from pbxsim.workbench.document.yaml_edits import Value

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (10, 0, 6, 0)}
"""The name of a field stands above its frame, free of what comes before."""

SMALL_TEXT = {"& .MuiFormControlLabel-label, & .MuiTypography-root": {"fontSize": 13}}

Write = Callable[[Value], None]
"""Gives the setting that a widget stands for a value; None takes it out of the document."""


def caption(text: str, **settings: Any) -> Any:
    """The quiet line of a setting whose widget has no room for it."""
    shown = {"margin": (0, 0, 4, 0), "sx": {"color": "text.secondary", "overflowWrap": "anywhere"}, **settings}
    return pmui.Typography(text, variant="caption", **shown)


def small_button(label: str, icon: str, act: Callable[[], object], **settings: Any) -> Any:
    """A button that stands among fields."""
    shown = {"variant": "text", "size": "small", "margin": (0, 0, 4, 0), **settings}
    return pmui.Button(label=label, icon=icon, on_click=lambda _: act(), **shown)


def icon_button(icon: str, name: str, act: Callable[[], object], **settings: Any) -> Any:
    """A button that is an icon; its name is told to who points at it or hears the page."""
    shown = {"size": "small", "margin": (10, 0), "width": 32, **settings}
    return pmui.IconButton(icon=icon, description=name, on_click=lambda _: act(), **shown)


def row(*parts: Any, **settings: Any) -> Any:
    """Widgets beside one another, as wide as there is room."""
    return pmui.Row(*parts, **{"sizing_mode": "stretch_width", "margin": 0, **settings})
