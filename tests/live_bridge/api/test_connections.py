"""Connections that are held open and say nothing, or too little, leave room for everybody else; over real HTTP."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from websockets.sync.client import connect

from live_bridge.api import server
from live_bridge.api.access import connections
from live_bridge.api.access.connections import Gate
from tests.live_bridge.certificates import Certificate
from tests.ports import free_port

Hold = Callable[..., socket.socket]


def app() -> FastAPI:
    made = FastAPI()

    @made.get("/")
    def hello() -> str:
        return "hello"

    @made.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @made.get("/large")
    def large() -> list[str]:
        return ["x" * 1000] * 20_000

    @made.websocket("/talk")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    return made


@pytest.fixture
def gate() -> Gate:
    return Gate(200)


@pytest.fixture
def port(gate: Gate) -> Iterator[int]:
    free = free_port()
    stop = server._serve(app(), "a test", "127.0.0.1", free, {}, gate)
    yield free
    stop()


@pytest.fixture
def hold(port: int) -> Iterator[Hold]:
    """Opens connections from an address and holds them."""
    held: list[socket.socket] = []

    def one(host: str = "127.0.0.100", said: bytes = b"GET / HTTP/1.1\r\n") -> socket.socket:
        made = socket.socket()
        made.bind((host, 0))
        made.settimeout(30)
        held.append(made)
        made.connect(("127.0.0.1", port))
        with contextlib.suppress(OSError):
            made.sendall(said)
        return made

    yield one
    for made in held:
        made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of tenths of a second."""
    monkeypatch.setattr(connections, "HEAD_S", 0.4)
    monkeypatch.setattr(connections, "BODY_S", 0.6)
    monkeypatch.setattr(connections, "LOOK_S", 0.05)


def get(port: int, path: str = "/") -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20, trust_env=False, verify=False)


def everything(made: socket.socket) -> bytes:
    """What comes until the connection is closed; fails when it is not."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while data := made.recv(65_536):
            said += data
    return said


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n"])
def test_hundreds_of_half_open_connections_keep_nobody_out(port: int, gate: Gate, hold: Hold, said: bytes) -> None:
    for number in range(600):
        hold(f"127.0.0.{100 + number // 100}", said)
    for _ in range(20):
        assert get(port).json() == "hello"
    assert len(gate) <= connections.SILENT + 5
    assert gate.refused >= 600 - connections.SILENT


def test_connections_that_ask_are_so_many_of_one_address_and_in_all(
    port: int, gate: Gate, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OF_ADDRESS", 25)
    gate.at_most = 40
    whole = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"

    def ask(host: str, times: int) -> list[socket.socket]:
        made = []
        for _ in range(times):
            made.append(hold(host, whole))
            time.sleep(0.02)
        return made

    first = ask("127.0.0.100", 28)
    assert all(everything(one) == b"" for one in first[25:])
    until_held(gate, 25)
    second = ask("127.0.0.101", 20)
    assert all(everything(one) == b"" for one in second[15:])
    until_held(gate, 40)
    for made in (first[0], second[0]):
        made.sendall(b"0123456789")
        assert made.recv(1000).startswith(b"HTTP/1.1 200 "), "those that were let in are served"


def until_held(gate: Gate, connections: int) -> None:
    """Wait until so many are counted: one is counted out a moment after its client has read the end."""
    ends_s = time.monotonic() + 20.0
    while len(gate) != connections:
        assert time.monotonic() < ends_s, f"{len(gate)} connections are counted"
        time.sleep(0.01)


def test_client_that_says_nothing_or_half_a_head_is_let_go(port: int, hold: Hold, gate: Gate, quick: None) -> None:
    silent, half = hold(said=b""), hold(said=b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert everything(silent).startswith(b"HTTP/1.1 408 ")
    assert everything(half).startswith(b"HTTP/1.1 408 ")
    until_held(gate, 0)


def test_drops_of_a_head_do_not_prolong_it(port: int, hold: Hold, quick: None) -> None:
    made = hold(said=b"GET / HTTP/1.1\r\n")
    with pytest.raises(OSError):
        for number in range(1000):
            made.sendall(f"X-{number}: 1\r\n".encode())
            time.sleep(0.02)


def test_body_that_does_not_come_ends_the_connection(port: int, hold: Hold, gate: Gate, quick: None) -> None:
    made = hold(said=b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    begun_s = time.monotonic()
    assert everything(made) == b""
    assert time.monotonic() - begun_s > 0.4
    until_held(gate, 0)


def test_answer_that_nobody_reads_ends_the_connection(port: int, hold: Hold, gate: Gate, quick: None) -> None:
    hold(said=b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    until_held(gate, 0)


def test_client_that_asks_again_and_again_and_a_websocket_are_not_disturbed(port: int, gate: Gate, quick: None) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        with connect(f"ws://127.0.0.1:{port}/talk") as talk:
            for number in range(12):
                assert client.get("/").json() == "hello"
                assert client.post("/length", content=b"x" * number).json() == number
                time.sleep(0.1)
            talk.send("still there")
            assert talk.recv(timeout=20) == "still there"


def test_connections_that_never_shake_hands_leave_room_on_the_encrypted_port(
    gate: Gate, certificate: Certificate
) -> None:
    free = free_port()
    encrypted: dict[str, Any] = {"ssl_certfile": str(certificate.chain), "ssl_keyfile": str(certificate.key)}
    stop = server._serve(app(), "a test", "127.0.0.1", free, encrypted, gate)
    held: list[socket.socket] = []
    try:
        for number in range(250):
            made = socket.socket()
            made.bind((f"127.0.0.{100 + number // 50}", 0))
            made.settimeout(5)
            held.append(made)
            made.connect(("127.0.0.1", free))
        trusted = ssl.create_default_context(cafile=str(certificate.chain))
        for _ in range(5):
            answer = httpx.get(f"https://127.0.0.1:{free}/", verify=trusted, timeout=20, trust_env=False)
            assert answer.json() == "hello"
        assert len(gate) <= connections.SILENT + 5
    finally:
        for made in held:
            made.close()
        stop()


def test_places_are_given_back(port: int, gate: Gate, hold: Hold) -> None:
    for made in [hold(f"127.0.0.{100 + number}") for number in range(20)]:
        made.close()
    for _ in range(3):
        assert get(port).status_code == 200
    until_held(gate, 0)
    assert (dict(gate._of_host), dict(gate._silent_of_host)) == ({}, {})
