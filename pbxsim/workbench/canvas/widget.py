"""The flow canvas as a notebook widget: the same bundle, no Panel, nothing loaded from outside.

>>> from pbxsim.workbench.canvas.widget import FlowWidget      # doctest: +SKIP
>>> FlowWidget.of("pbx.yaml")                                  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from pbxsim.workbench.canvas import SCRIPT, STYLE
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.diagram import kind_styles
from pbxsim.workbench.diagram.graph import picture
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts


class FlowWidget(anywidget.AnyWidget):
    """Shows a flow in a notebook; read only unless handlers answer the messages it sends."""

    _esm: ClassVar[Any] = SCRIPT
    _css: ClassVar[Any] = STYLE
    graph = traitlets.Dict({"nodes": [], "edges": [], "people": False}).tag(sync=True)
    overlay = traitlets.Dict().tag(sync=True)
    kinds: Any = traitlets.List().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    history = traitlets.Dict().tag(sync=True)
    focus = traitlets.Dict().tag(sync=True)
    replay = traitlets.Unicode("").tag(sync=True)
    theme = traitlets.Unicode("light").tag(sync=True)
    readonly = traitlets.Bool(True).tag(sync=True)

    @classmethod
    def of(
        cls, document: str | Path | Draft, language: str = "en", people: bool = False, height: str = "460px"
    ) -> FlowWidget:
        """The widget of a file, or of a document in edit. Raises OSError."""
        texts = Texts(language)
        draft = document if isinstance(document, Draft) else Draft.open(Path(document))
        widget = cls(graph=picture(draft, texts, people), kinds=kind_styles.bricks(texts), texts=canvas_texts(texts))
        widget.layout.height = height
        return widget
