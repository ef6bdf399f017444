"""What changes while a page is being opened reaches the browser, whenever it changes.

Decides that a page is sent changes from the moment on at which its document was written down for it, and none before: BokehJS
keeps those and would make their models a second time. Decides as well that a change after that moment is sent, where Panel would
drop it until the page has been drawn, as the document would be written down later. Leaves everything else to Bokeh and Panel.
"""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import Any, Final, cast

from bokeh.document import Document
from bokeh.document.events import (
    DocumentChangedEvent,
    DocumentPatchedEvent,
    MessageSentEvent,
    ModelChangedEvent,
)
from bokeh.model import Model
from bokeh.protocol import Protocol
from bokeh.protocol.message import Message
from bokeh.server.connection import ServerConnection
from bokeh.server.contexts import ApplicationContext
from bokeh.server.session import ServerSession
from bokeh.server.tornado import BokehTornado
from bokeh.server.views.ws import WSHandler
from panel.io import document as panel_document

_WRITTEN: Final[weakref.WeakSet[Document]] = weakref.WeakSet()
"""Documents that have been written down for a browser."""

_drain = panel_document._drain_unconnected_events


def use_first_changes() -> None:
    """Let Panel ask us about changes made before a page is drawn."""
    vars(panel_document)["_drain_unconnected_events"] = drained


class WaitingTornado(BokehTornado):
    """Bokeh's web application, whose connections wait for their document."""

    def new_connection(
        self, protocol: Protocol, socket: WSHandler, application_context: ApplicationContext, session: ServerSession
    ) -> ServerConnection:
        """A connection that is sent no change until it has asked for the document."""
        connection = super().new_connection(protocol, socket, application_context, session)
        session.unsubscribe(connection)
        vars(socket)["handler"]._handlers["PULL-DOC-REQ"] = write_down
        return connection


async def write_down(message: Message[Any], connection: ServerConnection) -> Message[Any]:
    """The document as it stands, and from now on its changes. The document does not change in between, as it is locked."""

    def answer() -> Message[Any]:
        document = connection.session.document
        _WRITTEN.add(document)
        connection.session.subscribe(connection)
        reply: Message[Any] = connection.protocol.create("PULL-DOC-REPLY", message.header["msgid"], document)
        return reply

    locked: Any = connection.session.with_document_locked  # says it takes coroutines alone, and takes both
    return cast(Message[Any], await locked(answer))


def drained(document: Document, lock: threading.Lock) -> list[DocumentChangedEvent]:
    """What Panel does with changes of a page that is not drawn yet; those of a page that has its document are sent."""
    held = list(document.callbacks._held_events or []) if document in _WRITTEN else []
    now: list[DocumentChangedEvent] = _drain(document, lock)
    changes = [one for one in held if isinstance(one, DocumentPatchedEvent) and not isinstance(one, MessageSentEvent)]
    if changes:
        document.add_next_tick_callback(partial(_send, document, changes))
    return now


def _send(document: Document, changes: list[DocumentPatchedEvent]) -> None:
    """Send them, each with the value of today: another change may have overtaken it. What has left the page is none of its."""
    for one in changes:
        if isinstance(one, ModelChangedEvent) and isinstance(one.model, Model):
            if one.model.document is not document:
                continue
            one = ModelChangedEvent(document, one.model, one.attr, getattr(one.model, one.attr))
        document.callbacks.trigger_on_change(one)
