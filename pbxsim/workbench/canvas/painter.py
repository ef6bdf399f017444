"""The canvas as the painter of `flow.show()` and `trace.show()` in a notebook.

Decides what is lit up. Leaves the picture to `widget.py`, and which flow a trace ran on to `pbxsim/showing.py`.
"""

from __future__ import annotations

import json

from engine.analysis.preview import Trace
from engine.state.flow import Flow
from pbxsim.workbench.canvas.widget import FlowWidget
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts


def draw_flow(flow: Flow, language: str = "en", people: bool = False) -> FlowWidget:
    """The widget of a flow."""
    return FlowWidget.of(_draft(flow), language, people)


def draw_trace(trace: Trace, flow: Flow, language: str = "en") -> FlowWidget:
    """The same, the path of a call lit up."""
    draft, texts = _draft(flow), Texts(language)
    widget = FlowWidget.of(draft, language, people=trace.landing.user is not None)
    lines = trace_rows.lines_of(trace, draft, texts)
    widget.overlay = trace_rows.overlay_of(trace, lines, draft, widget.graph)
    return widget


def _draft(flow: Flow) -> Draft:
    return Draft(json.dumps(flow.document.as_data(), ensure_ascii=False))
