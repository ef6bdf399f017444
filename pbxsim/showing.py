"""The canvas as the painter of `flow.show()` and `trace.show()`, loaded with the first picture.

Remembers the flows that were loaded or traced last, as a trace knows only the version it ran on. Leaves the picture to
`workbench/canvas/painter.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.contract.errors import PbxError

if TYPE_CHECKING:
    from engine.state.flow import Flow

REMEMBERED: Final = 64
"""Flows, the latest ones."""


class UnknownFlow(PbxError):
    """A trace is to be drawn whose flow is not known; the message says what to do."""


class CanvasPainter:
    """An `engine.state.pictures.Painter`."""

    def __init__(self, canvas: Callable[[], Any]) -> None:
        """`canvas` loads the module that draws."""
        self._canvas = canvas
        self._flows: OrderedDict[str, Flow] = OrderedDict()

    def remember(self, flow: Flow) -> Flow:
        """Know a flow by its digest; the same flow."""
        self._flows[flow.digest] = flow
        self._flows.move_to_end(flow.digest)
        while len(self._flows) > REMEMBERED:
            self._flows.popitem(last=False)
        return flow

    def flow(self, flow: Flow, language: str, people: bool) -> object:
        """The picture of a flow."""
        return self._canvas().draw_flow(self.remember(flow), language, people)

    def trace(self, trace: Any, flow: Flow | None, language: str) -> object:
        """The picture of a call's path. Raises UnknownFlow."""
        known = self._flows.get(trace.flow) if flow is None else self.remember(flow)
        if known is None or known.digest != trace.flow:
            raise UnknownFlow(f"the call was traced on version {trace.flow[:12]}: give that flow, trace.show(flow)")
        return self._canvas().draw_trace(trace, known, language)
