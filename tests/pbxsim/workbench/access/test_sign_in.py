"""A server with persons and TLS: what it answers to whom, over real HTTP and WebSocket and without a browser."""

from __future__ import annotations

import re
import shutil
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from bokeh.util.token import get_token_payload
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.account import sign_up
from pbxsim.workbench.access.persons import Persons, SignInFailed
from pbxsim.workbench.access.rights import Role
from pbxsim.workbench.access.sockets import OVER
from tests.live_bridge.certificates import make_certificate, trust_of_two_threads
from tests.ports import free_port

from ..conftest import EXAMPLE, started, stop

PASSWORD = "correct horse battery"
PAGES = ("", "design", "preview", "loadtest", "year", "versions", "live", "person")


class Guarded:
    """A workbench with persons."""

    def __init__(self, folder: Path) -> None:
        self.file, self.port = folder / "pbx.yaml", free_port()
        shutil.copyfile(EXAMPLE, self.file)
        cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        self.persons = Persons(folder / "persons.sqlite", hasher=cheap)
        for role in Role:
            self.persons.add(role, [role], PASSWORD)
        own = make_certificate(folder)
        self.chain, self.trusted = own.chain, ssl.create_default_context(cafile=str(own.chain))
        words = [str(self.file), "--port", str(self.port), "--no-day", "--persons", str(self.persons.file)]
        words += ["--certificate", str(own.chain), "--key", str(own.key)]
        command = [sys.executable, "-m", "pbxsim.workbench", *words]
        self.process = started(command, self.port, folder / "server.log", self.trusted)

    def browser(self) -> httpx.Client:
        """Something that keeps cookies and asks for pages."""
        base = f"https://127.0.0.1:{self.port}"
        head = {"Accept": "text/html"}
        return httpx.Client(base_url=base, verify=self.trusted, trust_env=False, timeout=60, headers=head)

    def signed_in(self, name: str) -> httpx.Client:
        """The same, with a session."""
        browser = self.browser()
        assert sign_in(browser, name).status_code == 303
        return browser

    def socket(self, browser: httpx.Client, token: str) -> ClientConnection:
        """The WebSocket of a page, with a browser's cookies."""
        head = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)}
        return connect(
            f"wss://127.0.0.1:{self.port}/design/ws", ssl=trust_of_two_threads(self.chain), additional_headers=head,
            subprotocols=[Subprotocol("bokeh"), Subprotocol(token)], proxy=None, open_timeout=30, max_size=None,
        )  # fmt: skip


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    made = Guarded(tmp_path_factory.mktemp("guarded"))
    yield made
    stop(made.process)


def form_token(text: str) -> str:
    found = re.search(r'name="_xsrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD, wanted: str = "") -> httpx.Response:
    token = form_token(browser.get("/sign-in").text)
    given = {"_xsrf": token, "name": name, "password": password, "next": wanted}
    return browser.post("/sign-in", data=given)


def page_token(browser: httpx.Client, path: str = "/design") -> str:
    found = re.search(r'"token":\s*"([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def test_nothing_of_the_pbx_is_answered_without_a_session(guarded: Guarded) -> None:
    stranger = guarded.browser()
    for page in PAGES:
        answer = stranger.get(f"/{page}")
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in"), page
    for path in (
        "/design/autoload.js?bokeh-autoload-element=x",
        "/design/metadata",
        "/design/ws",
        "/nowhere",
        "/live/static/x",
    ):
        answer = stranger.get(path, headers={"Accept": "*/*"})
        assert answer.status_code == 401 and "sign-in" in answer.text and len(answer.text) < 100, path
    assert stranger.post("/sign-out").status_code == 401
    assert stranger.get("/alive").text == "signed-out"
    assert stranger.get("/design?draft=a&lang=ru").headers["Location"] == "/sign-in?next=design%3Fdraft%3Da%26lang%3Dru"


def test_a_sign_in_gives_a_cookie_no_script_reads_and_leads_to_the_page_that_was_asked_for(guarded: Guarded) -> None:
    browser = guarded.browser()
    answer = sign_in(browser, "viewer", wanted="preview?lang=ru")
    assert answer.status_code == 303 and answer.headers["Location"] == "/preview?lang=ru"
    (cookie,) = [one for one in answer.headers.get_list("Set-Cookie") if "session" in one and "Max-Age=0" not in one]
    parts = cookie.split("; ")
    assert parts[0].startswith("__Host-")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax", f"Max-Age={12 * 3600}"} <= set(parts)
    assert len(parts[0].split("=")[1]) >= 43
    page = browser.get("/design")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    assert "viewer" in browser.get("/person").text and browser.get("/sign-in").status_code == 302
    assert sign_in(guarded.browser(), "viewer", wanted="//evil.example").headers["Location"] == "/"


def test_a_page_does_not_tell_its_scripts_the_session(guarded: Guarded) -> None:
    browser = guarded.signed_in("viewer")
    secret = next(str(one.value) for one in browser.cookies.jar if "session" in one.name)
    browser.headers["Authorization"] = "Basic c2VjcmV0"
    for name in ("pbx-lang", "pbx-draft-0123456789", "pbx-session-01234567", "another"):
        browser.cookies.set(name, "ru", domain="127.0.0.1", path="/")
    answer = browser.get("/design")
    found = re.search(r'"token":\s*"([^"]+)"', answer.text)
    assert found is not None and secret not in answer.text
    told = get_token_payload(found[1])
    assert told["cookies"] == {"pbx-lang": "ru", "pbx-draft-0123456789": "ru"}
    assert secret not in str(told) and "Authorization" not in told["headers"]


@pytest.mark.parametrize("name", ["viewer", "nobody", "", "x" * 500, "<b>"])
def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(guarded: Guarded, name: str) -> None:
    browser = guarded.browser()
    answer = sign_in(browser, name, "wrong")
    assert answer.status_code == 401 and "Wrong name or password." in answer.text and "<b>" not in answer.text
    assert not [one for one in browser.cookies.jar if "session" in one.name]


@pytest.mark.parametrize("name", ["analyst", "nobody at all"])
def test_a_name_is_locked_after_ten_wrong_passwords_known_or_not(guarded: Guarded, name: str) -> None:
    browser = guarded.browser()
    for _ in range(sign_up.WRONG_PASSWORDS - 1):
        with pytest.raises(SignInFailed):
            guarded.persons.sign_in(name, "wrong")
    assert sign_in(browser, name, "wrong").status_code == 401
    locked = sign_in(browser, name)
    assert (
        locked.status_code == 429 and 0 < int(locked.headers["Retry-After"]) <= 900 and "Too many tries" in locked.text
    )
    if guarded.persons.find(name):
        guarded.persons.set_password(name, PASSWORD)
        assert sign_in(browser, name).status_code == 303


def test_a_form_without_its_token_changes_nothing(guarded: Guarded) -> None:
    """Forgery across sites: the browser brings its cookies along, a foreign page does not know the token."""
    browser = guarded.signed_in("viewer")
    token = form_token(browser.get("/person").text)
    for given in ({}, {"_xsrf": token[:-5] + "aaaaa"}, {"_xsrf": form_token(guarded.browser().get("/sign-in").text)}):
        for path, more in (
            ("/sign-out", {}),
            ("/person", {"old": PASSWORD, "new": "another long password"}),
            ("/sign-in", {}),
        ):
            answer = browser.post(path, data={**given, **more})
            assert answer.status_code == 403 and "too old" in answer.text, path
    assert browser.get("/design").status_code == 200
    assert sign_in(guarded.browser(), "viewer").status_code == 303, "the password is what it was"


def test_a_stranger_sends_no_large_form(guarded: Guarded) -> None:
    try:
        is_refused = guarded.browser().post("/sign-in", content=b"x" * 10_000_000).status_code == 400
    except httpx.TransportError:
        is_refused = True  # the connection is closed while there is still something to send
    assert is_refused
    assert guarded.browser().get("/sign-in").status_code == 200


def test_a_sign_out_ends_the_session_and_not_only_the_cookie(guarded: Guarded) -> None:
    browser = guarded.signed_in("viewer")
    kept = {one.name: str(one.value) for one in browser.cookies.jar}
    assert browser.get("/alive").text != "signed-out"
    answer = browser.post("/sign-out", data={"_xsrf": form_token(browser.get("/person").text)})
    assert answer.status_code == 303 and answer.headers["Location"] == "/sign-in"
    thief = guarded.browser()
    for name, value in kept.items():
        thief.cookies.set(name, value, domain="127.0.0.1")
    assert thief.get("/design").status_code == 302 and thief.get("/alive").text == "signed-out"


def test_a_person_changes_their_password_and_other_sessions_end(guarded: Guarded) -> None:
    browser, other = guarded.signed_in("operator"), guarded.signed_in("operator")

    def change(old: str, new: str) -> httpx.Response:
        return browser.post("/person", data={"_xsrf": form_token(browser.get("/person").text), "old": old, "new": new})

    assert change("wrong", "another long password").status_code == 401
    assert change(PASSWORD, "short").status_code == 422
    done = change(PASSWORD, "another long password")
    assert done.status_code == 200 and "The password is changed" in done.text
    assert browser.get("/design").status_code == 200 and other.get("/design").status_code == 302
    assert sign_in(guarded.browser(), "operator").status_code == 401
    guarded.persons.set_password("operator", PASSWORD)


def test_a_websocket_needs_a_session_and_that_of_its_page(guarded: Guarded) -> None:
    browser, other = guarded.signed_in("viewer"), guarded.signed_in("administrator")
    token = page_token(browser)
    with pytest.raises(InvalidStatus) as refused:
        guarded.socket(guarded.browser(), token)
    assert refused.value.response.status_code == 401
    with guarded.socket(other, token) as foreign, pytest.raises(ConnectionClosed):
        for _ in range(9):
            foreign.recv(30)
    assert foreign.close_code == OVER
    with guarded.socket(browser, token) as own:
        assert "msgid" in str(own.recv(30)), "Bokeh's own protocol begins"
        browser.post("/sign-out", data={"_xsrf": form_token(browser.get("/person").text)})
        own.send("{}")
        with pytest.raises(ConnectionClosed):
            for _ in range(99):
                own.recv(30)
    assert own.close_code == OVER, "a message of a session that is over is not heard"


def test_an_open_socket_closes_soon_after_its_person_is_removed_though_nothing_is_sent(guarded: Guarded) -> None:
    guarded.persons.add("guest", [Role.VIEWER], PASSWORD)
    browser = guarded.signed_in("guest")
    with guarded.socket(browser, page_token(browser)) as own:
        own.recv(30)
        guarded.persons.remove("guest")
        with pytest.raises(ConnectionClosed):
            for _ in range(99):
                own.recv(30)
    assert own.close_code == OVER


def test_the_pages_speak_both_languages(guarded: Guarded) -> None:
    browser = guarded.browser()
    english, russian = browser.get("/sign-in?next=year").text, browser.get("/sign-in?next=year&lang=ru").text
    assert '<html lang="en"' in english and "Password" in english and 'href="/sign-in?lang=ru&amp;next=year"' in english
    assert '<html lang="ru"' in russian and "Пароль" in russian and 'value="year"' in russian
    assert "Пароль" in browser.get("/sign-in").text, "it is remembered"


def test_the_log_names_who_came_and_no_password(guarded: Guarded, tmp_path: Path) -> None:
    guarded.signed_in("viewer")
    text = (guarded.file.parent / "server.log").read_text()
    assert "viewer signed in from 127.0.0.1" in text and PASSWORD not in text
