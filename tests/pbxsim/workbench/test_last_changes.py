"""The last change of several reaches the browser: Panel's own tasks, and a socket that takes its time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document
from panel.io import document as panel_document

from pbxsim.workbench import last_changes


class Connection:
    """What Panel asks of a connection."""

    def __init__(self, socket: SlowSocket) -> None:
        self._socket, self.protocol = socket, SimpleNamespace(create=lambda _kind, events: events)


class SlowSocket:
    """Sends one message at a time, when it is told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.under_way: list[asyncio.Future[None]] = []

    def take(self, _connection: Any, msg: str) -> list[asyncio.Future[None]]:
        self.sent.append(msg)
        self.under_way.append(asyncio.get_running_loop().create_future())
        return self.under_way[-1:]


class Page:
    """A document whose one connection has a slow socket; changes wait for a task, as they do where another is being sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.socket, self.document = SlowSocket(), Document()
        self.connection: Any = Connection(self.socket)
        monkeypatch.setitem(panel_document.extra_socket_handlers, SlowSocket, self.socket.take)

    def change(self, name: str) -> None:
        events: Any = name
        panel_document.schedule_write_events(self.document, [self.connection], events)

    async def rest(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def a_change_as_another_has_been_sent(page: Page) -> list[str]:
    page.change("first")
    await page.rest()
    page.socket.under_way[0].set_result(
        None
    )  # Panel hears of it in its next turn, and the second change comes before that
    page.change("second")
    await page.rest()
    return page.socket.sent


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panel as the workbench makes it."""
    monkeypatch.setattr(panel_document, "_dispatch_msgs", last_changes.sent)


def test_a_change_made_as_another_has_been_sent_is_sent(monkeypatch: pytest.MonkeyPatch, ours: None) -> None:
    assert asyncio.run(a_change_as_another_has_been_sent(Page(monkeypatch))) == ["first", "second"]


def test_changes_keep_their_order_and_none_is_sent_twice(monkeypatch: pytest.MonkeyPatch, ours: None) -> None:
    async def many() -> list[str]:
        page = Page(monkeypatch)
        for n in range(40):
            page.change(str(n))
            if n % 3 == 0:
                await page.rest()
            for future in page.socket.under_way:
                if n % 7 == 0 and not future.done():
                    future.set_result(None)
        while len(page.socket.sent) < 40:
            await page.rest()
            for future in page.socket.under_way:
                if not future.done():
                    future.set_result(None)
        await page.rest()
        return page.socket.sent

    assert asyncio.run(asyncio.wait_for(many(), 20)) == [str(n) for n in range(40)]


def test_panel_alone_would_leave_it_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, Panel has mended it, and `last_changes.py` can go."""
    assert asyncio.run(a_change_as_another_has_been_sent(Page(monkeypatch))) == ["first"]
