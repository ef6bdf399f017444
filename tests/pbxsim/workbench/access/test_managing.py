"""The page on which an administrator manages persons, over real HTTP: every act, who may do it, and what is kept of it."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Apart, Grant, Role
from tests.ports import free_port

from ..conftest import EXAMPLE, started, stop
from .test_sign_in import PASSWORD, Guarded, form_token, sign_in


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    made = Guarded(tmp_path_factory.mktemp("managed"))
    yield made
    stop(made.process)


def act(browser: httpx.Client, what: str, name: str, **more: object) -> httpx.Response:
    token = form_token(browser.get("/person").text)
    return browser.post("/persons", data={"_xsrf": token, "act": what, "name": name, **more})


def secret_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r'class="secret">([^<]+)<', answer.text)
    assert found is not None
    return html.unescape(found[1])


def test_only_an_administrator_gets_the_page_and_acts(guarded: Guarded) -> None:
    for role in (Role.VIEWER, Role.ANALYST, Role.OPERATOR):
        browser = guarded.signed_in(role)
        assert browser.get("/persons").status_code == 403 and 'href="/persons"' not in browser.get("/person").text
        refused = act(browser, "remove", "viewer")
        assert refused.status_code == 403 and "role of an administrator" in refused.text
    assert len(guarded.persons.all()) == 4
    browser = guarded.signed_in("administrator")
    assert 'href="/persons"' in browser.get("/person").text
    assert browser.post("/persons", data={"act": "remove", "name": "viewer"}).status_code == 403, "no token, no act"
    assert act(browser, "promote", "viewer").status_code == 400
    guarded.persons.set_roles("administrator", [Role.ADMINISTRATOR, Role.VIEWER])
    assert guarded.browser().get("/persons").status_code == 302


def test_a_person_with_a_temporary_password_sets_their_own_before_anything_else(guarded: Guarded) -> None:
    admin = guarded.signed_in("administrator")
    password = secret_of(act(admin, "add", "boris", role=["viewer", "nonsense"]))
    assert password not in admin.get("/persons").text, "it is shown once"
    boris = guarded.browser()
    assert sign_in(boris, "boris", password).status_code == 303
    for page in ("/design", "/persons", "/", "/live"):
        answer = boris.get(page)
        assert answer.status_code == 303 and answer.headers["Location"] == "/person", page
    own = boris.get("/person")
    assert "given to you" in own.text
    given = {"_xsrf": form_token(own.text), "old": password, "new": "a password of my own"}
    assert boris.post("/person", data=given).headers["Location"] == "/"
    assert boris.get("/design").status_code == 200


def test_a_link_lets_somebody_set_a_password_once(guarded: Guarded) -> None:
    admin = guarded.signed_in("administrator")
    link = secret_of(act(admin, "add", "Вера", role="operator", by="link"))
    assert link.startswith(f"https://127.0.0.1:{guarded.port}/set-password?code=")
    path, stranger = link[link.index("/set-password") :], guarded.browser()
    code = path.partition("code=")[2]
    page = stranger.get(path)
    assert page.status_code == 200 and "Вера" in page.text
    data = {"_xsrf": form_token(page.text), "code": code, "new": "short"}
    assert stranger.post("/set-password", data=data).status_code == 422
    data["new"] = "a password of my own"
    assert stranger.post("/set-password", data=data).headers["Location"] == "/sign-in"
    assert stranger.get(path).status_code == 410 and stranger.post("/set-password", data=data).status_code == 410
    assert sign_in(stranger, "вера", "a password of my own").status_code == 303
    assert code not in (guarded.file.parent / "server.log").read_text(), "no secret in the log"


def test_roles_lock_sessions_and_removal(guarded: Guarded) -> None:
    guarded.persons.add("guest", [Role.VIEWER], PASSWORD)
    admin, guest = guarded.signed_in("administrator"), guarded.signed_in("guest")
    assert act(admin, "roles", "guest", role=["analyst", "operator"]).status_code == 200
    found = guarded.persons.find("guest")
    assert found is not None and found.roles == (Role.ANALYST, Role.OPERATOR)
    assert act(admin, "roles", "guest").status_code == 422, "at least one"
    assert act(admin, "end", "guest").status_code == 200 and guest.get("/design").status_code == 302
    guest = guarded.signed_in("guest")
    shown = act(admin, "lock", "guest").text
    assert "locked" in shown and guest.get("/design").status_code == 302
    assert sign_in(guarded.browser(), "guest").status_code == 401
    act(admin, "unlock", "guest")
    assert sign_in(guarded.browser(), "guest").status_code == 303
    assert act(admin, "temporary", "guest").status_code == 200
    assert act(admin, "remove", "guest").status_code == 200 and guarded.persons.find("guest") is None
    refused = act(admin, "remove", "administrator")
    assert refused.status_code == 422 and "last administrator" in refused.text
    assert act(admin, "remove", "<b>nobody</b>").status_code == 422
    told = {(one.by, one.act, one.person) for one in guarded.persons.acts()}
    assert {("administrator", what, "guest") for what in ("roles", "end", "lock", "unlock", "remove")} <= told
    log = (guarded.file.parent / "server.log").read_text()
    assert "administrator did remove to guest" in log


def test_the_page_speaks_russian(guarded: Guarded) -> None:
    text = guarded.signed_in("administrator").get("/persons?lang=ru").text
    assert "Кто может входить" in text and "Дать эти роли" in text and "наблюдатель" in text


def test_the_first_administrator_is_made_in_the_browser_of_a_workbench_that_asks_nobody(tmp_path: Path) -> None:
    file, port = tmp_path / "pbx.yaml", free_port()
    file.write_bytes(EXAMPLE.read_bytes())
    kept = tmp_path / "persons.sqlite"
    words = [str(file), "--port", str(port), "--no-day", "--persons", str(kept)]
    process = started([sys.executable, "-m", "pbxsim.workbench", *words], port, tmp_path / "server.log")
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as browser:
            assert "The first administrator" in browser.get("/persons").text
            token = form_token(browser.get("/persons").text)
            password = secret_of(browser.post("/persons", data={"_xsrf": token, "act": "add", "name": "anna"}))
            (first,) = Persons(kept).all()
            assert first.roles == (Role.ADMINISTRATOR,) and first.temporary
            assert browser.get("/persons", headers={"Accept": "text/html"}).status_code == 302, "now everybody signs in"
            assert sign_in(browser, "anna", password).status_code == 303
    finally:
        stop(process)


def test_an_administrator_gives_and_denies_listening_downloads_and_the_balance(guarded: Guarded) -> None:
    """R-23.12: each apart from the roles and from the others, at once."""
    admin = guarded.signed_in("administrator")
    secret_of(act(admin, "add", "auditor", role="viewer"))
    answer = act(admin, "apart", "auditor", listen="yes", download="nonsense", balance="no")
    assert answer.status_code == 200 and "auditor has these rights now" in answer.text
    assert "may listen to recordings" in answer.text and "may not see the balance" in answer.text
    found = guarded.persons.find("auditor")
    assert found is not None and found.apart == Apart(listen=Grant.YES, balance=Grant.NO)
    assert act(guarded.signed_in(Role.OPERATOR), "apart", "auditor", listen="yes").status_code == 403
    operator = guarded.signed_in(Role.OPERATOR)
    assert "listen to recordings and calls" in operator.get("/person").text
    guarded.persons.set_apart("operator", Apart(listen=Grant.NO, download=Grant.YES, balance=Grant.YES))
    own = operator.get("/person").text
    assert "listen to recordings" not in own and "download" not in own and "see the balance" in own
    guarded.persons.set_apart("operator", Apart())


def test_an_administrator_says_whose_calls_a_person_sees(guarded: Guarded) -> None:
    admin = guarded.signed_in("administrator")
    secret_of(act(admin, "add", "filtered", role="viewer", filter="100;102-110"))
    assert "the calls of 100;102-110" in admin.get("/persons").text
    refused = act(admin, "calls", "filtered", filter="5200")
    assert refused.status_code == 422 and "“5200” is no filter" in refused.text
    answer = act(admin, "calls", "filtered", filter="101")
    assert answer.status_code == 200 and "filtered sees these calls now" in answer.text
    found = guarded.persons.find("filtered")
    assert found is not None and found.calls == "101"
    assert act(guarded.signed_in(Role.OPERATOR), "calls", "filtered", filter="*").status_code == 403
