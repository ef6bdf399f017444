"""The columns of a page, each of which scrolls by itself on a wide screen.

Decides that room for a scroll bar is left whether there is one or not, so that nothing lies under it and nothing moves, that a
column with nothing to scroll shows none, and that a part may be taller than its column, whose next part begins below it. On a
narrow screen the page scrolls and columns are as tall as what they hold.
"""

from __future__ import annotations

from typing import Any

import panel_material_ui

pmui: Any = panel_material_ui

_STYLE = ":host(.scroll-vertical) { overflow: hidden auto; scrollbar-gutter: stable; }"
_NARROW_STYLE = (
    "@media (max-width: 860px) { :host(.scroll-vertical) { max-height: none !important; scrollbar-gutter: auto; } }"
)
_SIDE_STYLE = """
:host(.scroll-vertical) { overflow: hidden auto !important; scrollbar-width: thin; }
.column { width: 100% !important; min-width: 0; }
@media (max-width: 860px) {
  :host(.scroll-vertical) { overflow: visible !important; max-height: none !important; scrollbar-gutter: auto; }
  .column { height: auto !important; }
}
"""
_WHOLE = {"& > .child-wrapper > *": {"maxHeight": "none"}}
GUTTER = 11
"""Pixels of a thin scroll bar."""


def side(*parts: Any, width: int = 320, margin: Any = (2, 0, 0, 10)) -> Any:
    """The column of boxes at a side of a page, as wide as the page on a narrow screen."""
    return pmui.Column(
        *parts,
        width=width + GUTTER,
        sizing_mode="stretch_height",
        scroll="y",
        margin=margin,
        stylesheets=[_STYLE + _SIDE_STYLE],
        sx=_WHOLE,
    )


def middle(*parts: Any, **settings: Any) -> Any:
    """The column that takes the room beside it."""
    shown = {"sizing_mode": "stretch_both", "scroll": "y", "margin": (2, 10, 10, 10), **settings}
    shown["sx"] = {**_WHOLE, **shown.get("sx", {})}
    return pmui.Column(*parts, stylesheets=[_STYLE + _NARROW_STYLE], **shown)
