"""The workbench behind nginx with the configuration of the manual, over TLS: cookies, pages, WebSocket, and who asks."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Role
from tests.live_bridge.certificates import make_certificate, trust_of_two_threads
from tests.ports import free_port

from ..conftest import EXAMPLE, ROOT, started, stop
from .test_sign_in import PASSWORD, page_token, sign_in

pytestmark = pytest.mark.debian

NAME = "pbx.example.org"
CONFIGURATION = ROOT / "docs" / "nginx" / "pbx-workbench.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or "nginx"
WITHIN_S = 30


class Proxied:
    """A workbench, and nginx before it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file, self.port = folder, folder / "pbx.yaml", free_port()
        shutil.copyfile(EXAMPLE, self.file)
        persons = Persons(folder / "persons.sqlite", hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        persons.add("anna", [Role.OPERATOR], PASSWORD)
        self.certificate = make_certificate(folder, NAME)
        self.tls = free_port()
        words = [str(self.file), "--port", str(self.port), "--no-day", "--persons", str(persons.file), "--proxy"]
        command = [sys.executable, "-m", "pbxsim.workbench", *words, "--origin", f"{NAME}:{self.tls}"]
        self.workbench = started(command, self.port, folder / "server.log")
        self.nginx = self._nginx()

    def _nginx(self) -> subprocess.Popen[bytes]:
        site = CONFIGURATION.read_text(encoding="utf-8")
        for old, new in {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.tls} ssl;",
            "/etc/nginx/pbx/chain.pem": str(self.certificate.chain),
            "/etc/nginx/pbx/key.pem": str(self.certificate.key),
            "http://127.0.0.1:5006;": f"http://127.0.0.1:{self.port};",
        }.items():
            assert old in site, old
            site = site.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = (
            f"daemon off; pid {self.folder}/nginx.pid; error_log stderr; worker_processes 1; events {{}}\n"
            f"http {{ access_log off; {temporary}\n{site}\n}}\n"
        )
        file = self.folder / "nginx.conf"
        file.write_text(whole, encoding="utf-8")
        with (self.folder / "nginx.log").open("wb") as log:
            process = subprocess.Popen(
                [NGINX, "-c", str(file), "-p", str(self.folder)], stdout=log, stderr=log, start_new_session=True
            )
        ends_s = time.monotonic() + WITHIN_S
        while time.monotonic() < ends_s and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.tls)) == 0:
                    return process
            time.sleep(0.05)
        stop(process)
        raise RuntimeError(f"nginx did not start:\n{(self.folder / 'nginx.log').read_text()}")

    def browser(self) -> httpx.Client:
        """Comes to this machine under the public name, and trusts its certificate for that name."""
        trusted = ssl.create_default_context(cafile=str(self.certificate.chain))
        base = f"https://{NAME}:{self.tls}"
        made = httpx.Client(base_url=base, transport=_Here(trusted), timeout=60, headers={"Accept": "text/html"})
        return made


class _Here(httpx.HTTPTransport):
    """Every name leads to this machine, as in a hosts file."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted, trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The request goes to 127.0.0.1, its Host and the name in the certificate stay."""
        there = request.url.copy_with(host="127.0.0.1")
        known = {**request.extensions, "sni_hostname": request.url.host}
        moved = httpx.Request(request.method, there, headers=request.headers, stream=request.stream, extensions=known)
        return super().handle_request(moved)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    made = Proxied(tmp_path_factory.mktemp("proxied"))
    yield made
    stop(made.nginx)
    stop(made.workbench)


def test_a_person_signs_in_through_nginx_with_cookies_for_tls_alone(proxied: Proxied) -> None:
    browser = proxied.browser()
    first = browser.get("/design")
    assert first.status_code == 302 and first.headers["Location"] == "/sign-in?next=design"
    assert "max-age" in first.headers["Strict-Transport-Security"]
    browser.headers["X-Forwarded-For"] = "203.0.113.9"
    answer = sign_in(browser, "anna", wanted="live")
    assert answer.status_code == 303 and answer.headers["Location"] == "/live"
    cookie = next(one for one in answer.headers.get_list("Set-Cookie") if "session" in one and "Max-Age=0" not in one)
    assert cookie.startswith("__Host-pbx-session-") and "; Secure" in cookie and "; HttpOnly" in cookie
    assert browser.get("/design").status_code == 200
    log = (proxied.folder / "server.log").read_text()
    assert "anna signed in from 127.0.0.1" in log and "203.0.113.9" not in log, "what a stranger writes is not believed"


def test_a_websocket_comes_through_nginx_with_a_session_and_not_without(proxied: Proxied) -> None:
    browser = proxied.browser()
    assert sign_in(browser, "anna").status_code == 303
    kinds = [Subprotocol("bokeh"), Subprotocol(page_token(browser))]
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)

    def opened(head: dict[str, str], origin: str) -> str:
        here = socket.create_connection(("127.0.0.1", proxied.tls))
        with connect(
            f"wss://{NAME}:{proxied.tls}/design/ws", sock=here, ssl=trust_of_two_threads(proxied.certificate.chain),
            subprotocols=kinds, additional_headers=head, origin=Origin(origin), proxy=None, open_timeout=30, max_size=None,
        ) as made:  # fmt: skip
            return str(made.recv(30))

    own = f"https://{NAME}:{proxied.tls}"
    assert "msgid" in opened({"Cookie": cookies}, own)
    for head, origin, status in (({}, own, 401), ({"Cookie": cookies}, "https://evil.example", 403)):
        with pytest.raises(InvalidStatus) as refused:
            opened(head, origin)
        assert refused.value.response.status_code == status


def test_many_tries_are_slowed_down_before_they_reach_the_workbench(proxied: Proxied) -> None:
    browser = proxied.browser()
    answers = [browser.post("/sign-in", data={"name": "anna"}).status_code for _ in range(40)]
    assert answers[-1] == 429 and set(answers) <= {403, 429}
