"""How a kind of element is shown to people who edit a document: on the canvas, in the palette, in its form and in drawings.

Decides what a kind may say about its looks. Leaves drawing to `analysis/diagrams.py` and to the workbench.
"""

from __future__ import annotations

import msgspec

from engine.contract import limits


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The looks of one kind."""

    icon: str = "element"
    """Name of an icon of the canvas; an unknown one is drawn as a question mark."""
    color: str = "#475569"
    color_dark: str = "#94a3b8"
    """Accent in the light and in the dark theme, `#rrggbb`."""
    shape: str = "box"
    """Shape in exported drawings: box, diamond, sound, line, person, store."""
    block: int = limits.ELEMENT_FIRST + 800
    """First internal number suggested for it (R-02.7)."""
    place: int = 100
    """Place in the palette, smallest first: the order in which people meet kinds in a call."""
    first: tuple[str, ...] = ()
    """Settings people reach for first, in this order; the others stand under `More settings`. Empty: all are first."""
