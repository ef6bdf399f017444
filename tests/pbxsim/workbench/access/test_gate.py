"""Whom a server lets in, and where it does not start."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from tornado.httputil import HTTPHeaders, HTTPServerRequest

from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access.gate import Gate, ServeRefused
from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Right, Role

PASSWORD = "correct horse battery"


def asked(path: str = "/design", **cookies: str) -> HTTPServerRequest:
    head = HTTPHeaders({"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
    return HTTPServerRequest("GET", path, headers=head)


@pytest.fixture
def persons(tmp_path: Path) -> Persons:
    return Persons(tmp_path / "persons.sqlite", hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_without_persons_a_server_of_this_machine_asks_nobody_and_says_who_acts(persons: Persons) -> None:
    visitor = Gate(persons).visitor(asked())
    assert visitor is not None and visitor.name and not visitor.is_signed_in
    assert all(visitor.may(right) for right in Right)


def test_the_first_person_ends_single_user_mode_for_open_pages_too_and_for_good(persons: Persons) -> None:
    gate = Gate(persons)
    before = gate.visitor(asked())
    persons.add("anna", [Role.VIEWER], PASSWORD)
    assert gate.visitor(asked()) is None
    assert before is not None and not before.may(Right.SEE)
    persons.remove("anna")
    assert gate.visitor(asked()) is None, "until the server ends"


def test_a_session_has_the_rights_of_its_person_as_they_are_now(persons: Persons) -> None:
    persons.add("anna", [Role.ADMINISTRATOR], PASSWORD)
    persons.add("boris", [Role.ADMINISTRATOR], PASSWORD)
    gate = Gate(persons)
    secret = persons.sign_in("anna", PASSWORD)
    visitor = gate.visitor(asked(**{gate.cookie: secret}))
    assert visitor is not None and visitor.name == "anna" and visitor.is_signed_in
    assert visitor.may(Right.SAVE) and not visitor.may(Right.PROMOTE)
    persons.set_roles("anna", [Role.OPERATOR])
    assert visitor.may(Right.PROMOTE) and not visitor.may(Right.SAVE)
    persons.sign_out(secret)
    assert not visitor.may(Right.SEE)
    for wrong in ("", "x", secret + "x"):
        assert gate.visitor(asked(**{gate.cookie: wrong})) is None
    assert gate.visitor(asked(other=secret)) is None


def test_persons_that_cannot_be_read_are_no_reason_to_let_anybody_in(persons: Persons) -> None:
    persons.file.write_bytes(b"not a database, and long enough to be looked at" * 40)
    gate = Gate(persons)
    assert gate.visitor(asked()) is None and gate.visitor(asked(**{gate.cookie: "x"})) is None


@pytest.mark.parametrize(
    ("address", "origins", "proxy", "known", "refused"),
    [
        ("127.0.0.1", [], False, False, None),
        ("127.0.0.1", ["localhost:8888"], False, False, None),
        ("0.0.0.0", [], False, False, gates.NEEDS_PERSONS),
        ("192.0.2.1", [], True, False, gates.NEEDS_PERSONS),
        ("127.0.0.1", ["pbx.example.org"], True, False, gates.NEEDS_PERSONS),
        ("192.0.2.1", [], False, True, gates.NEEDS_TLS),
        ("127.0.0.1", ["pbx.example.org:443"], False, True, gates.NEEDS_TLS),
        ("127.0.0.1", ["pbx.example.org:443"], True, True, None),
        ("0.0.0.0", [], True, True, None),
    ],
)
def test_a_server_for_others_starts_with_persons_and_encrypted_or_not_at_all(
    persons: Persons, address: str, origins: list[str], proxy: bool, known: bool, refused: str | None
) -> None:
    if known:
        persons.add("anna", [Role.ADMINISTRATOR], PASSWORD)
    gate = Gate(persons, beyond=gates.reached_at(address, origins), encrypted=proxy)
    if refused is None:
        gate.check()
        return
    with pytest.raises(ServeRefused) as error:
        gate.check()
    assert error.value.template == refused and (address if address != "127.0.0.1" else "pbx.example.org") in str(
        error.value
    )


def test_a_server_for_others_never_falls_back_to_single_user_mode(persons: Persons) -> None:
    assert Gate(persons, beyond="pbx.example.org", encrypted=True).visitor(asked()) is None


def test_cookies_are_no_scripts_and_go_over_tls_alone_where_there_is_tls(persons: Persons) -> None:
    plain, tls, below = Gate(persons), Gate(persons, encrypted=True), Gate(persons, encrypted=True, prefix="/lab/pbx")
    assert plain.cookie_settings() == {"path": "/", "secure": False, "samesite": "Lax", "httponly": True}
    assert tls.cookie_settings()["secure"] and tls.cookie.startswith("__Host-")
    assert below.cookie_settings()["path"] == "/lab/pbx/" and below.cookie.startswith("__Secure-")


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/design", "..", "design#x", "a\\b", "design?x=\r\nA: b", "x" * 3000],
)
def test_nobody_is_sent_to_a_foreign_page_after_signing_in(wanted: str) -> None:
    assert gates.safe_page(wanted) == ""
