"""A bridge whose database server is away when it starts: it takes calls from what it kept beside its journal (R-24.1, R-25.5)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from live_bridge.api.server import serve_api
from live_bridge.service.service import Service
from live_bridge.store.journal_store import latest_run, read_run
from live_bridge.store.snapshot import NAME
from live_bridge.store.store import BUSY_WAIT_S, Store, StoreError
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.api.test_versions import live, publish
from tests.live_bridge.databases import postgres
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

pytestmark = pytest.mark.debian

PBX = "74951234567"


class Door:
    """The way to a server, which can be shut: a connection is refused then, as where nobody listens."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.port = free_port()

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def shut(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = listening.accept()
                there = socket.create_connection(self._server)
                self._open += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def door(server: str) -> Iterator[Door]:
    url = sa.make_url(server)
    assert url.host is not None and url.port is not None
    made = Door((url.host, url.port))
    made.open()
    yield made
    made.shut()


def through(server: str, door: Door, name: str) -> str:
    """The server's URL by way of the door, with a database of its own."""
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return sa.make_url(server).set(port=door.port, database=name).render_as_string(hide_password=False)


def on_server(folder: Path, url: str) -> Any:
    """A bridge with its API on this database."""
    kind = type("OnServer", (Api,), {"settings": {"database": url}})
    return kind(folder)


def started_again(api: Any) -> Service:
    service = Service(api.service.config, extras=(serve_api,))
    service.start()
    return service


@rule("R-24.1", "R-25.5", "R-19.7")
def test_bridge_starts_without_its_server_says_so_and_brings_everything_in_when_it_is_back(
    tmp_path: Path, server: str, door: Door
) -> None:
    url = through(server, door, "gone")
    api = on_server(tmp_path, url)
    second = publish(api, api.service.versions.text(live(api)).replace("wrap_up: 20", "wrap_up: 25"))
    assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").json()["live"] == second
    password = api.ask("POST", "/api/users/101/password", "users:write").json()["password"]
    boris = Phone("101", api.sip)
    caller = Phone("89991234567", api.sip)
    try:
        assert status(boris.register(password)) == 200
        wait_until(lambda: len(api.service.view.registrations()) == 1, 10.0)
        first_run = api.service.journal.run
        assert api.service.stop(drain_s=0)
        snapshot = tmp_path / "var" / "journal" / NAME
        assert snapshot.stat().st_mode & 0o777 == 0o600
        assert password.encode() not in snapshot.read_bytes()
        door.shut()

        api.service = started_again(api)
        assert live(api) == second, "what was promoted is live"
        health = api.client.get("/health")
        assert health.json()["parts"]["database"] == "bad"
        told = api.ask("GET", "/api/status", "calls:read").json()["parts"]["database"]
        assert "behind" in told and "the bridge started without it" in told, told
        assert api.ask("GET", "/api/history", "history:read").status_code == 503
        begun_s = time.monotonic()
        dialog, answer = caller.call(PBX)
        assert status(answer) == 200 and time.monotonic() - begun_s < BUSY_WAIT_S
        assert [b.user for b in api.service.view.registrations()] == [101], "phones are found without registering again"
        assert status(boris.register(password)) == 200, "and their passwords hold"
        third = publish(api, api.service.versions.text(second).replace("wrap_up: 25", "wrap_up: 26"))
        assert third != second
        caller.hang_up(dialog)
        own_run = api.service.journal.run
        assert own_run > first_run

        door.open()
        wait_until(lambda: api.client.get("/health").json()["parts"]["database"] == "ok", 30.0)
        wait_until(lambda: bool(api.ask("GET", "/api/history", "history:read").json()["calls"]), 30.0)
        calls = api.ask("GET", "/api/history", "history:read").json()["calls"]
        assert len(calls) == 1 and calls[0]["hangup_cause"] == "NORMAL_CLEARING"
        store = api.service.store
        assert latest_run(store, "example") == own_run
        assert [change.action for change in store.version_changes("example")][:3] == ["publish", "promote", "publish"]
        assert sum(1 for _ in read_run(store, own_run)[1]) > 0
        assert api.service.stop(drain_s=0)
        api.service = started_again(api)
        assert api.service.journal.run < own_run, "the server gives its numbers again"
        assert latest_run(api.service.store, "example") == api.service.journal.run
        assert len(api.ask("GET", "/api/history", "history:read").json()["calls"]) == 1
    finally:
        boris.close()
        caller.close()
        api.close()


@pytest.mark.nightly
def test_bridge_started_twice_while_its_server_is_away_loses_nothing(tmp_path: Path, server: str, door: Door) -> None:
    """Two starts without it, the state of the first among what the second begins with."""
    api = on_server(tmp_path, through(server, door, "twice"))
    assert api.service.stop(drain_s=0)
    door.shut()
    api.service = started_again(api)
    password = api.ask("POST", "/api/users/101/password", "users:write").json()["password"]
    assert api.ask("POST", "/api/overrides/5400", "rules:write", json={"mode": "mismatch"}).status_code == 202
    assert api.service.stop(drain_s=0), "it ends in good order, and leaves everything in its files"
    api.service = started_again(api)
    phone = Phone("101", api.sip)
    try:
        assert status(phone.register(password)) == 200
        held = api.ask("GET", "/api/overrides", "calls:read").json()
        assert [one["mode"] for one in held if one["element"] == 5400] == ["mismatch"]
        door.open()
        wait_until(lambda: api.client.get("/health").json()["parts"]["database"] == "ok", 30.0)
        wait_until(lambda: [act.act for act in api.service.store.manual_acts("example")] == ["override"], 10.0)
        assert 101 in api.service.store.accounts("example")
    finally:
        phone.close()
        api.close()


def test_first_start_of_a_bridge_needs_its_server(tmp_path: Path, server: str, door: Door) -> None:
    url = through(server, door, "never")
    door.shut()
    with pytest.raises(StoreError, match="takes nothing|cannot be opened"):
        on_server(tmp_path, url)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(url)
