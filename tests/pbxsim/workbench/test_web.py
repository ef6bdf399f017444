"""What the server lets others do with its pages: nothing. Whom it answers, what it sends, and how small."""

from __future__ import annotations

import contextlib
import re
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from pbxsim.workbench.web import is_served
from tests.ports import free_port

from .conftest import PATIENCE_MS, Site, patient

pytestmark = pytest.mark.debian


def asked(site: Site, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of a request."""
    request = urllib.request.Request(
        site.address(path), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_MS / 1000) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize("name", ["evil.example", "evil.example:5006", "127.0.0.1.evil.example"])
def test_a_name_the_server_was_not_started_for_gets_no_answer(site: Site, name: str) -> None:
    """DNS rebinding: a foreign page whose name leads here."""
    for path in ("design", "alive", "static/extensions/pbx-workbench/canvas.bundle.js"):
        status, _, body = asked(site, path, Host=name)
        assert status == 421 and b"--origin" in body and len(body) < 200


def test_names_are_compared_whole_and_a_browsers_own_ports_may_be_left_out() -> None:
    assert is_served("pbx.example.org", ["pbx.example.org:443"]) and is_served("pbx.example.org", ["pbx.example.org"])
    assert not is_served("pbx.example.org:5006", ["pbx.example.org:443"])
    assert not is_served("", ["localhost:5006"]) and not is_served("org", ["pbx.example.org:443"])


def test_a_page_runs_no_script_but_its_own_and_answers_are_compressed(site: Site) -> None:
    nonces = set()
    for _ in range(2):
        status, headers, body = asked(site, "live", Accept_Encoding="gzip")
        assert status == 200 and headers["Content-Encoding"] == "gzip" and len(body) < 20_000
        rules = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
        assert "unsafe" not in rules["script-src"] and rules["frame-ancestors"] == "'self'"
        assert rules["default-src"] == "'self'" and rules["object-src"] == "'none'" and rules["base-uri"] == "'none'"
        nonces |= set(re.findall(r"'nonce-(\w+)'", rules["script-src"]))
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    assert len(nonces) == 2, "another nonce for every answer"
    _, headers, body = asked(site, "static/js/bokeh.min.js", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip" and len(body) < 400_000


def test_a_foreign_page_cannot_frame_the_workbench(browser: Browser, site: Site) -> None:
    page = patient(browser.new_page())
    foreign = f"http://localhost:{free_port()}/"
    page.route(
        foreign,
        lambda route: route.fulfill(
            content_type="text/html", body=f'<p>foreign</p><iframe src="{site.address("live")}"></iframe>'
        ),
    )
    page.goto(foreign)
    expect(page.get_by_text("foreign")).to_be_visible()
    for _ in range(PATIENCE_MS // 100):
        inside = [frame.url for frame in page.frames[1:]]
        if inside not in ([], [""], ["about:blank"]):
            break
        page.wait_for_timeout(100)
    assert inside == ["chrome-error://chromewebdata/"], "refused"
    page.close()


def test_the_servers_own_address_shows_the_first_page(site: Site) -> None:
    status, _, body = asked(site, "")
    assert status == 200 and "<title>Design · PBX Workbench</title>" in body.decode()


@pytest.mark.parametrize("token", ["", "no-token", "bm8.dG9rZW4"])
def test_a_websocket_that_names_no_page_is_closed_without_a_traceback(site: Site, token: str) -> None:
    """Whoever asks may send anything as the name of a session."""
    before = len(site.log.read_text(encoding="utf-8"))
    named = [Subprotocol("bokeh"), *([Subprotocol(token)] if token else [])]
    with contextlib.suppress(ConnectionClosed, InvalidHandshake):
        address = site.address("design/ws").replace("http", "ws")
        with connect(address, origin=Origin(site.address("")[:-1]), subprotocols=named, proxy=None) as socket:
            socket.recv(timeout=5)
    assert "Traceback" not in site.log.read_text(encoding="utf-8")[before:]
