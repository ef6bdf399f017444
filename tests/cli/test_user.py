"""`pbx user`, and where `pbx workbench` refuses to be served to others."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pbxsim.workbench.access.persons import Persons

from .conftest import Pbx

KEPT = ("--persons", "persons.sqlite")
PASSWORD = "correct horse battery"


def test_a_person_is_added_listed_given_roles_and_a_password_and_removed(pbx: Pbx, tmp_path: Path) -> None:
    assert "no persons" in pbx("user", "list", *KEPT).err
    added = pbx("user", "add", "Анна", "--role", "operator", "--role", "administrator", *KEPT)
    first = added.out.strip()
    assert added.status == 0 and len(first) >= 15 and "Анна may sign in as administrator, operator" in added.err
    persons = Persons(tmp_path / "persons.sqlite")
    assert persons.session(persons.sign_in("анна", first)) is not None
    (shown,) = pbx("user", "list", "--json", *KEPT).json["persons"]
    assert (shown["name"], shown["roles"]) == ("Анна", ["administrator", "operator"]) and "password" not in shown
    refused = pbx("user", "remove", "анна", *KEPT)
    assert refused.status == 2 and "last administrator" in refused.err
    assert pbx("user", "add", "boris", "--role", "administrator", *KEPT).status == 0
    assert pbx("user", "roles", "анна", "--role", "viewer", *KEPT).status == 0
    assert "viewer" in pbx("user", "list", *KEPT).out
    second = pbx("user", "passwd", "Анна", *KEPT).out.strip()
    assert second != first and persons.session(persons.sign_in("анна", second)) is not None
    assert pbx("user", "lock", "Анна", *KEPT).status == 0 and persons.sessions() == {}
    assert (
        "locked" in pbx("user", "list", *KEPT).out
        and "заблокирован" in pbx("user", "list", *KEPT, lang="ru_RU.UTF-8").out
    )
    assert pbx("user", "unlock", "Анна", *KEPT).status == 0
    assert pbx("user", "passwd", "Анна", "--temporary", *KEPT).status == 0
    link = pbx("user", "link", "Анна", *KEPT).out.strip()
    found = persons.of_link(link.removeprefix("/set-password?code="))
    assert found is not None and found.name == "Анна" and found.temporary
    assert pbx("user", "end", "Анна", *KEPT).status == 0
    assert pbx("user", "remove", "Анна", *KEPT).status == 0 and persons.count() == 1
    acts = pbx("user", "acts", "--json", *KEPT).json["acts"]
    assert [one["act"] for one in acts[:3]] == ["remove", "end", "link"] and "(pbx user)" in acts[0]["by"]
    assert "remove" in pbx("user", "acts", *KEPT).out


def test_a_password_comes_from_standard_input(pbx: Pbx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    added = pbx("user", "add", "anna", "--role", "viewer", "--stdin", *KEPT)
    assert added.status == 0 and added.out == ""
    persons = Persons(tmp_path / "persons.sqlite")
    assert persons.session(persons.sign_in("anna", PASSWORD)) is not None
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "at least 10 characters" in pbx("user", "passwd", "anna", "--stdin", *KEPT).err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "two words", "--role", "viewer"), "cannot be a name"),
        (("add", "anna", "--role", "owner"), "viewer"),
        (("add", "anna"), "--role"),
        (("passwd", "nobody"), "no person nobody"),
        (("roles", "nobody", "--role", "viewer"), "no person nobody"),
        (("remove", "nobody"), "no person nobody"),
    ],
)
def test_what_cannot_be_is_status_2_and_says_what_can(pbx: Pbx, words: tuple[str, ...], told: str) -> None:
    ran = pbx("user", *words, *KEPT)
    assert ran.status == 2 and told in ran.err and "Traceback" not in ran.err


def test_the_workbench_is_served_to_others_with_persons_and_encrypted_or_not_at_all(pbx: Pbx) -> None:
    """Each refusal with its remedy, in both languages; nothing is started."""
    for others in (("--address", "0.0.0.0"), ("--origin", "pbx.example.org", "--proxy")):
        refused = pbx("workbench", "example", *others, *KEPT)
        assert refused.status == 2 and "pbx user add NAME --role administrator" in refused.err
    assert "pbx user add ИМЯ" in pbx("workbench", "example", "--address", "0.0.0.0", *KEPT, lang="ru_RU.UTF-8").err
    assert pbx("user", "add", "anna", "--role", "administrator", *KEPT).status == 0
    refused = pbx("workbench", "example", "--address", "0.0.0.0", *KEPT)
    assert refused.status == 2 and "--certificate" in refused.err and "--proxy" in refused.err
    assert "no file chain.pem" in pbx("workbench", "example", "--certificate", "chain.pem", *KEPT).err


def test_rights_apart_from_roles_are_given_shown_and_what_is_not_named_stays(pbx: Pbx, tmp_path: Path) -> None:
    assert pbx("user", "add", "boris", "--role", "viewer", "--listen", "yes", *KEPT).status == 0
    assert pbx("user", "change", "boris", "--download", "yes", "--balance", "no", *KEPT).status == 0
    assert pbx("user", "change", "boris", "--balance", "role", *KEPT).status == 0
    found = Persons(tmp_path / "persons.sqlite").find("boris")
    assert found is not None and found.apart.said() == "listen=yes download=yes" and found.calls == "*"
    refused = pbx("user", "change", "boris", *KEPT)
    assert refused.status == 2 and "--balance" in refused.err
    assert pbx("user", "change", "nobody", "--listen", "no", *KEPT).status == 2
    assert pbx("user", "change", "boris", "--listen", "maybe", *KEPT).status == 2


def test_whose_calls_a_person_sees_is_given_shown_and_refused_in_words(pbx: Pbx, tmp_path: Path) -> None:
    assert pbx("user", "add", "boris", "--role", "viewer", "--calls", "100;102-110", *KEPT).status == 0
    assert "100;102-110" in pbx("user", "list", *KEPT).out
    assert pbx("user", "change", "boris", "--calls", "*", *KEPT).status == 0
    assert Persons(tmp_path / "persons.sqlite").find("boris").calls == "*"  # type: ignore[union-attr]
    refused = pbx("user", "change", "boris", "--calls", "5200", *KEPT)
    assert refused.status == 2 and "“5200” is no filter" in refused.err
    assert "не фильтр" in pbx("user", "change", "boris", "--calls", "5200", *KEPT, lang="ru_RU.UTF-8").err
