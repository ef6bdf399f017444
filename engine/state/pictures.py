"""Who draws a flow and a call's path in it.

The engine draws nothing. A program that can draw says so here once, and `flow.show()` and `trace.show()` go to it.
"""

from __future__ import annotations

from typing import Any, Protocol

from engine.contract.errors import PbxError


class Painter(Protocol):
    """A program that can draw. What it gives is shown by the notebook it runs in."""

    def flow(self, flow: Any, language: str, people: bool) -> object:
        """The picture of a flow; with `people`, users are on it too."""

    def trace(self, trace: Any, flow: Any, language: str) -> object:
        """The same with the path of a previewed call lit up. `flow` None is the one that was traced."""


class NoPainter(PbxError):
    """Nothing here can draw; the message says what to import."""


_painters: list[Painter] = []


def paint_with(painter: Painter) -> None:
    """Let `painter` draw from now on."""
    _painters[:] = [painter]


def painter() -> Painter:
    """Who draws. Raises NoPainter when nobody does."""
    if not _painters:
        raise NoPainter("the engine itself draws nothing: import pbxsim, whose canvas does")
    return _painters[0]
