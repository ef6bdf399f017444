"""The flow canvas as a Panel component.

Decides how values and messages travel. Python owns the graph: the browser sends what a person wants (`{"type": "move" |
"connect" | ...}`), handlers registered with `on` change the document and assign a new `graph`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import param
from bokeh.embed.bundle import extension_dirs

from pbxsim.workbench.bundles import BundledComponent
from pbxsim.workbench.canvas import DIST, SCRIPT, STYLE

extension_dirs["pbx-workbench"] = DIST

Message = dict[str, Any]
Handler = Callable[[Message], None]


class FlowCanvas(BundledComponent):
    """Shows a flow and reports what a person does to it."""

    picture = param.String(default="", doc="`graph` as JSON: a text travels whole, of data Bokeh looks at every piece.")
    overlay = param.Dict(default={}, doc="The path of a call: steps by card, path of edges, ports, active, members.")
    kinds = param.List(default=[], doc="The palette.")
    texts = param.Dict(default={}, doc="Texts of the canvas in the viewer's language.")
    history = param.Dict(default={"undo": False, "redo": False}, doc="Whether undo and redo can do something.")
    focus = param.Dict(default={}, doc="A card to select and show: id, seq, centre, fit.")
    replay = param.String(default="", doc="A simulated day to play, as JSON (diagram/day_replay.py); empty for none.")
    theme: Any = param.Selector(default="light", objects=["light", "dark"])
    readonly = param.Boolean(default=False)

    _bundle: ClassVar[Any] = SCRIPT
    _stylesheets: ClassVar[list[Any]] = [STYLE]

    def __init__(self, **params: Any) -> None:
        self._handlers: dict[str, Handler] = {}
        self._graph: dict[str, Any] = {"nodes": [], "edges": [], "people": False}
        super().__init__(**params)

    @property
    def graph(self) -> dict[str, Any]:
        """The picture (graph.py)."""
        return self._graph

    @graph.setter
    def graph(self, graph: dict[str, Any]) -> None:
        self._graph = graph
        self.picture = json.dumps(graph, ensure_ascii=False)

    def on(self, kind: str, handler: Handler) -> None:
        """Call `handler` with every message of this type."""
        self._handlers[kind] = handler

    def point_at(self, id: str | None, centre: bool = False, fit: bool = False) -> None:
        """Select a card; `centre` moves the view to it, `fit` shows the way of the call that is
        lit, or the whole flow."""
        self.focus = {"id": id, "seq": int(self.focus.get("seq", 0)) + 1, "centre": centre, "fit": fit}

    def _handle_msg(self, msg: Message) -> None:
        handler = self._handlers.get(str(msg.get("type")))
        if handler is not None:
            handler(msg)
