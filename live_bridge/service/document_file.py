"""The document's file as a bridge finds it at a start: a flow, or what is wrong with it and whose it is.

Leaves what becomes of it to `promotion/start.py`.
"""

from __future__ import annotations

import msgspec

from engine.contract.errors import FlowError
from engine.document import yaml_text
from engine.loading.load import load
from engine.state.flow import Flow
from live_bridge.config import LiveConfig, find_document


class DocumentFile(msgspec.Struct, frozen=True):
    """What a file holds. Either `flow` or `unread` is there."""

    pbx: str
    """Name of the PBX."""
    flow: Flow | None
    text: str = ""
    unread: FlowError | None = None
    """Every fault of a document that cannot be a flow; an earlier version may take its place (R-25.8)."""

    @property
    def meant(self) -> Flow:
        """The flow. Raises FlowError where there is none."""
        if self.flow is None:
            raise self.unread or FlowError(())
        return self.flow


def load_flow(config: LiveConfig) -> tuple[Flow, str]:
    """The document as a flow, and its text. FlowError with every fault."""
    path = find_document(config.pbx)
    text = path.read_bytes()
    return load(text, str(path)), text.decode("utf-8-sig")


def read_document(config: LiveConfig) -> DocumentFile:
    """The same of a document that may have errors. FlowError where it does not even say whose it is."""
    try:
        flow, text = load_flow(config)
    except FlowError as error:
        pbx = yaml_text.pbx_of(find_document(config.pbx).read_text(encoding="utf-8-sig", errors="replace"))
        if not pbx:
            raise
        return DocumentFile(pbx=pbx, flow=None, unread=error)
    return DocumentFile(pbx=flow.head.pbx, flow=flow, text=text)
