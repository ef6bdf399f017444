"""What changes while a page is opened reaches the browser: a real server, and a browser's part of the protocol by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import panel as pn
import pytest
from bokeh import models
from bokeh.application.handlers.function import FunctionHandler
from bokeh.document import Document
from bokeh.protocol import Protocol
from bokeh.server import server as bokeh_server
from bokeh.server.server import Server
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.io import document as panel_document
from panel.io.application import Application
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from pbxsim.workbench import first_changes
from tests.ports import free_port

bokeh_models: Any = models  # its names are made when it is imported, where no type checker sees them


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bokeh's server made as the workbench makes it."""
    monkeypatch.setattr(bokeh_server, "BokehTornado", first_changes.WaitingTornado)
    monkeypatch.setattr(panel_document, "_drain_unconnected_events", first_changes.drained)
    yield


class Opened:
    """A page being opened."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket, self.protocol = socket, Protocol()

    async def heard(self) -> tuple[str, Any]:
        """Kind and content of the next message."""
        parts = [json.loads(str(await asyncio.wait_for(self._socket.read_message(), 10))) for _ in range(3)]
        return parts[0]["msgtype"], parts[2]

    async def ask(self) -> None:
        """For the document."""
        message = self.protocol.create("PULL-DOC-REQ")
        for part in (message.header_json, message.metadata_json, message.content_json):
            await self._socket.write_message(part)

    async def is_quiet(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            await asyncio.wait_for(self._socket.read_message(), 0.3)
        except TimeoutError:
            return True
        return False


@pytest.mark.usefixtures("ours")
def test_changes_before_the_document_is_asked_for_are_in_it_and_those_after_it_are_sent() -> None:
    made: list[tuple[Document, Any]] = []

    def page(document: Document) -> None:
        word = bokeh_models.Div(text="asking")
        document.add_root(word)
        made.append((document, word))

    async def story() -> None:
        port = free_port()
        application: Any = Application
        server = Server({"/": application(FunctionHandler(page))}, port=port, address="127.0.0.1")
        server.start()
        try:
            token = generate_jwt_token(
                generate_session_id(), extra_payload={"headers": {}, "cookies": {}, "arguments": {}}
            )
            request = HTTPRequest(f"ws://127.0.0.1:{port}/ws", headers={"Origin": f"http://127.0.0.1:{port}"})
            opened = Opened(await websocket_connect(request, subprotocols=["bokeh", token]))
            assert (await opened.heard())[0] == "ACK"
            document, word = made[0]
            session: Any = server.get_sessions("/")[0]

            def say(text: str) -> None:
                with pn.io.hold(document):
                    word.text = text

            await session.with_document_locked(say, "before")
            early = asyncio.ensure_future(opened.heard())
            await asyncio.sleep(0.3)
            assert not early.done()  # BokehJS would make the models of it twice
            await opened.ask()
            kind, content = await early
            assert kind == "PULL-DOC-REPLY"
            assert "before" in json.dumps(content)
            await session.with_document_locked(say, "answered")  # the browser has not drawn it yet
            kind, content = await opened.heard()
            assert kind == "PATCH-DOC"
            assert content["events"][0]["new"] == "answered"
            await session.with_document_locked(say, "first")
            await session.with_document_locked(say, "last")
            words = [(await opened.heard())[1]["events"][0]["new"] for _ in range(2)]
            assert words[-1] == "last"
        finally:
            server.stop()
            server.unlisten()

    asyncio.run(story())
