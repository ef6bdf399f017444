"""Web servers that steer calls (R-13): what is sent, whom it may reach, and that every asking ends once."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import ipaddress
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from engine import commands as cmd
from engine import events as ev
from engine import limits
from engine.ids import SECOND_US
from live_bridge.web import WebClient
from tests.harness import rule

KEY = "the key both sides know"


class Server:
    """A customer's web server on loopback: keeps what it is asked, answers as told."""

    def __init__(self) -> None:
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
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/steer"
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

    def once(url: str, *, timeout_us: int = limits.HTTP_TIMEOUT_US, key: str = KEY, allowed: tuple[str, ...] = ()) -> ev.Event:
        client = WebClient(key, [ipaddress.ip_network(text) for text in allowed])
        clients.append(client)
        endings: queue.Queue[ev.Event] = queue.Queue()
        client.ask(
            cmd.AskWebServer(call="c1", request="c1.q1", url=url, body='{"version":1}', timeout_us=timeout_us), endings.put
        )
        ended = endings.get(timeout=20)
        assert endings.empty()
        return ended

    yield once
    for client in clients:
        client.close()


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


@rule("R-13.7")
def test_without_a_key_nothing_is_sent(server: Server, ask: Asked) -> None:
    assert failed(ask(server.url, key="")) == "refused"
    assert server.asked == []


def test_closing_ends_what_is_under_way(server: Server) -> None:
    server.think_s = 30.0
    client = WebClient(KEY)
    endings: queue.Queue[ev.Event] = queue.Queue()
    client.ask(cmd.AskWebServer(call="c1", request="c1.q1", url=server.url, body="{}", timeout_us=60 * SECOND_US), endings.put)
    end_s = time.monotonic() + 10
    while not server.asked and time.monotonic() < end_s:
        time.sleep(0.01)
    client.close()
    assert failed(endings.get(timeout=5)) == "refused"
