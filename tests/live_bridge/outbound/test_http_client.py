"""Web servers that steer calls (R-13): what is sent, what it may reach, and that every asking ends once."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.server
import json
import queue
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract.ids import SECOND_US
from engine.elements.http_request import read_orders
from live_bridge.config_sections import WebConfig
from live_bridge.outbound.http_client import WebClient, of_domain, own_secret
from tests.harness import rule
from tests.live_bridge.certificates import Certificate

KEY = "the key both sides know"


class Server:
    """A customer's web server on loopback: keeps what it is asked, answers as told."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.answer = b'{"commands":[]}'
        self.location = ""
        self.think_s = 0.0
        self.stopping = threading.Event()
        mine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                mine.asked.append(({k.lower(): v for k, v in self.headers.items()}, body))
                mine.stopping.wait(mine.think_s)
                self.send_response(mine.status)
                if mine.location:
                    self.send_header("Location", mine.location)
                self.send_header("Content-Length", str(len(mine.answer)))
                self.end_headers()
                self.wfile.write(mine.answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # In the thread of the connection: a client that breaks off must not end the server.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}/steer"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


Asked = Callable[..., ev.Event]


@pytest.fixture
def ask() -> Iterator[Asked]:
    """Ask once and wait for the one ending."""
    clients: list[WebClient] = []

    def once(
        url: str,
        *,
        timeout_us: int = limits.HTTP_TIMEOUT_US,
        certificates: Path | None = None,
        allowed: tuple[str, ...] = (),
    ) -> ev.Event:
        client = WebClient(WebConfig(allow=allowed, certificates=certificates), KEY.encode())
        clients.append(client)
        endings: queue.Queue[ev.Event] = queue.Queue()
        client.ask(
            cmd.AskWebServer(call="c1", request="c1.q1", url=url, body='{"version":1}', timeout_us=timeout_us),
            endings.put,
        )
        ended = endings.get(timeout=20)
        assert endings.empty()
        return ended

    yield once
    for client in clients:
        client.close()


@rule("R-13.7")
def test_a_domain_of_the_installations_own_stands_in_the_body() -> None:
    assert (
        json.loads(of_domain('{"version":1,"domain":"example.onpbx.ru"}', "pbx.example.org"))["domain"]
        == "pbx.example.org"
    )
    for body in ('{"version":1,"domain":"example.onpbx.ru"}', '{"question":"responsible_user"}'):
        assert of_domain(body, "") == body
    assert of_domain('{"question":"x"}', "pbx.example.org") == '{"question":"x"}'


def failed(event: ev.Event) -> str:
    assert isinstance(event, ev.WebServerFailed)
    return event.reason


@rule("R-13.7", "R-13.8")
def test_request_is_signed_and_names_itself(server: Server, ask: Asked) -> None:
    answer = ask(server.url)
    assert isinstance(answer, ev.WebServerAnswered)
    assert (answer.status, json.loads(answer.body)) == (200, {"commands": []}) and answer.latency_us > 0
    ((headers, body),) = server.asked
    assert body == b'{"version":1}' and headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == "c1.q1"
    assert headers["x-pbx-signature"] == "sha256=" + hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()


@rule("R-13.7")
def test_redirect_is_not_followed(server: Server, ask: Asked) -> None:
    server.status, server.location = 302, server.url
    assert failed(ask(server.url)) == "redirect"
    assert len(server.asked) == 1


@rule("R-13.8")
def test_answer_of_more_than_16_kib_is_too_large(server: Server, ask: Asked) -> None:
    server.answer = b" " * (limits.HTTP_ANSWER_BYTES + 1)
    assert failed(ask(server.url)) == "too_large"
    server.answer = b" " * limits.HTTP_ANSWER_BYTES
    assert isinstance(ask(server.url), ev.WebServerAnswered)


@rule("R-13.8", "R-13.10")
def test_server_that_thinks_too_long_is_a_timeout(server: Server, ask: Asked) -> None:
    server.think_s = 30.0
    assert failed(ask(server.url, timeout_us=SECOND_US // 2)) == "timeout"


def test_bad_status_is_an_answer_for_the_engine_to_judge(server: Server, ask: Asked) -> None:
    server.status = 500
    answer = ask(server.url)
    assert isinstance(answer, ev.WebServerAnswered) and answer.status == 500


@rule("R-13.7")
@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.1/x", "https://169.254.169.254/latest/meta-data",
            "https://[::1]/x", "https://[::ffff:10.0.0.1]/x", "https://224.0.0.1/x"],
)  # fmt: skip
def test_private_and_link_local_addresses_are_refused(url: str, ask: Asked) -> None:
    assert failed(ask(url)) == "forbidden_address"


@rule("R-13.6")
def test_plain_http_leaves_this_machine_never(ask: Asked) -> None:
    assert failed(ask("http://192.0.2.1/x")) == "forbidden_address"


@rule("R-13.7")
def test_allowed_network_is_tried_and_a_server_without_tls_is_a_tls_failure(server: Server, ask: Asked) -> None:
    assert failed(ask(server.url.replace("http://", "https://"), allowed=("127.0.0.0/8",))) == "tls"


def test_nobody_there_is_refused(server: Server, ask: Asked) -> None:
    server.close()
    assert failed(ask(server.url)) == "refused"


def test_closing_ends_what_is_under_way(server: Server) -> None:
    server.think_s = 30.0
    client = WebClient(WebConfig(), KEY.encode())
    endings: queue.Queue[ev.Event] = queue.Queue()
    client.ask(
        cmd.AskWebServer(call="c1", request="c1.q1", url=server.url, body="{}", timeout_us=60 * SECOND_US), endings.put
    )
    end_s = time.monotonic() + 10
    while not server.asked and time.monotonic() < end_s:
        time.sleep(0.01)
    client.close()
    assert failed(endings.get(timeout=20)) == "refused"


@pytest.fixture
def encrypted(certificate: Certificate) -> Iterator[Server]:
    server = Server(certificate)
    yield server
    server.close()


@rule("R-13.7")
def test_server_on_an_allowed_network_is_asked_when_its_certificate_is_good(
    encrypted: Server, certificate: Certificate, ask: Asked
) -> None:
    answer = ask(encrypted.url, allowed=("127.0.0.0/8",), certificates=certificate.chain)
    assert isinstance(answer, ev.WebServerAnswered) and answer.status == 200


@rule("R-13.7")
def test_certificate_of_an_unknown_authority_is_a_tls_failure(encrypted: Server, ask: Asked) -> None:
    assert failed(ask(encrypted.url, allowed=("127.0.0.0/8",))) == "tls"
    assert encrypted.asked == []


@rule("R-13.7")
def test_certificate_of_another_name_is_a_tls_failure(encrypted: Server, certificate: Certificate, ask: Asked) -> None:
    url = encrypted.url.replace("127.0.0.1", "localhost")
    assert failed(ask(url, allowed=("127.0.0.0/8", "::1/128"), certificates=certificate.chain)) == "tls"


@rule("R-13.7")
def test_name_that_turns_to_a_private_address_is_refused_at_the_connection(
    encrypted: Server, ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever a look-up says is what is judged, and there is but one look-up."""
    looked: list[str] = []
    port = encrypted.server.server_address[1]

    def lookup(host: Any, number: Any, *_: Any, **__: Any) -> list[Any]:
        looked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", number))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert failed(ask(f"https://crm.example.org:{port}/steer")) == "forbidden_address"
    assert looked == ["crm.example.org"] and encrypted.asked == []


@pytest.mark.parametrize("answer", [b"\xff\xfe\x00", b"<html>", b"{}", b""])
def test_garbage_in_the_body_is_an_answer_that_the_engine_cannot_use(server: Server, ask: Asked, answer: bytes) -> None:
    server.answer = answer
    told = ask(server.url)
    assert isinstance(told, ev.WebServerAnswered) and isinstance(read_orders(told.body), str)


def test_server_that_does_not_speak_http_is_a_protocol_failure(ask: Asked) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(0.5)
                with contextlib.suppress(TimeoutError):  # all of the request: closing with some unread would reset
                    while connection.recv(4096):
                        pass
                connection.sendall(b"220 mail ready\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        assert failed(ask(f"http://127.0.0.1:{listening.getsockname()[1]}/x")) == "protocol"
        thread.join()


def test_own_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    secret = own_secret(tmp_path / "var")
    assert len(secret) == 64 and own_secret(tmp_path / "var") == secret
    assert stat.S_IMODE((tmp_path / "var" / "web-secret").stat().st_mode) == 0o600
