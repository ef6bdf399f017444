"""Persons who may sign in: what is kept of them, how long a session lasts, and when a sign-in is locked."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from engine.account import sign_up
from engine.account.refusals import AccountRefused
from pbxsim.workbench.access.persons import FIRST_TABLES, PersonRefused, Persons, SignInFailed
from pbxsim.workbench.access.rights import RIGHTS, Apart, Grant, Right, Role, rights_of

PASSWORD = "correct horse battery"
MINUTE_US = 60_000_000
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""The same argon2 with less work: what is kept does not depend on it."""


class Clock:
    """Time as the test has it."""

    def __init__(self) -> None:
        self.at = 1_800_000_000_000_000

    def __call__(self) -> int:
        self.at += 1
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def persons(tmp_path: Path, clock: Clock) -> Persons:
    made = Persons(tmp_path / "state" / "persons.sqlite", clock, CHEAP)
    made.add("Anna", [Role.OPERATOR, Role.VIEWER], PASSWORD)
    return made


def test_nobody_saves_and_promotes_by_one_role() -> None:
    for role in Role:
        assert Right.SEE in RIGHTS[role]
        assert not {Right.SAVE, Right.PROMOTE} <= RIGHTS[role]
    assert RIGHTS[Role.VIEWER] == {Right.SEE, Right.CALLS}
    assert RIGHTS[Role.VIEWER] < RIGHTS[Role.ANALYST] < RIGHTS[Role.ADMINISTRATOR]
    assert rights_of([Role.ADMINISTRATOR, Role.OPERATOR]) == set(Right) - {Right.DOWNLOAD, Right.BALANCE}, (
        "two roles give what both give"
    )


def test_a_file_that_is_not_there_holds_nobody_and_is_not_made_by_looking(tmp_path: Path) -> None:
    none = Persons(tmp_path / "persons.sqlite")
    assert none.count() == 0 and none.all() == [] and none.find("anna") is None and none.session("x") is None
    assert not none.file.exists()


def test_the_file_is_its_owners_alone_and_holds_no_password_and_no_secret(persons: Persons) -> None:
    secret = persons.sign_in("anna", PASSWORD)
    assert stat.S_IMODE(persons.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(persons.file.parent.stat().st_mode) == 0o700
    kept = persons.file.read_bytes()
    assert PASSWORD.encode() not in kept and secret.encode() not in kept and b"$argon2id$" in kept


def test_a_person_signs_in_in_whatever_case_and_form_the_name_is_written(persons: Persons) -> None:
    persons.add("Зоя", [Role.VIEWER], PASSWORD)
    decomposed = "\u0417\u043e\u044f".lower()
    for name in ("anna", " ANNA ", "зоя", decomposed):
        found = persons.session(persons.sign_in(name, PASSWORD))
        assert found is not None and found.name in ("Anna", "Зоя")
    found = persons.find("ANNA")
    assert found is not None and found.roles == (Role.VIEWER, Role.OPERATOR)


@pytest.mark.parametrize("name", ["", "  ", "a b", "a\nb", "<b>", "-x", "x" * 41])
def test_what_is_no_name_is_refused(persons: Persons, name: str) -> None:
    with pytest.raises(PersonRefused, match="person_name"):
        persons.add(name, [Role.VIEWER], PASSWORD)


def test_what_cannot_be_is_refused_and_changes_nothing(persons: Persons) -> None:
    with pytest.raises(PersonRefused, match="person_taken"):
        persons.add("ANNA", [Role.VIEWER], PASSWORD)
    with pytest.raises(AccountRefused, match="at least"):
        persons.add("boris", [Role.VIEWER], "short")
    with pytest.raises(PersonRefused, match="role_missing"):
        persons.add("boris", [], PASSWORD)
    for act in (persons.remove, lambda name: persons.set_password(name, PASSWORD)):
        with pytest.raises(PersonRefused, match="person_unknown"):
            act("boris")
    assert [one.name for one in persons.all()] == ["Anna"]


def test_a_session_lasts_twelve_hours_and_ends_with_the_password_the_person_or_a_sign_out(
    persons: Persons, clock: Clock
) -> None:
    first = persons.sign_in("anna", PASSWORD)
    clock.at += sign_up.SESSION_US - MINUTE_US
    second = persons.sign_in("anna", PASSWORD)
    assert persons.session(first) is not None
    clock.at += MINUTE_US
    assert persons.session(first) is None and persons.session(second) is not None
    persons.sign_out(second)
    assert persons.session(second) is None
    third = persons.sign_in("anna", PASSWORD)
    persons.change_password("anna", PASSWORD, "another long password")
    assert persons.session(third) is None
    with pytest.raises(SignInFailed):
        persons.sign_in("anna", PASSWORD)
    fourth = persons.sign_in("anna", "another long password")
    persons.remove("anna")
    assert persons.session(fourth) is None and persons.count() == 0


def test_roles_that_change_hold_in_a_session_that_is_open(persons: Persons) -> None:
    secret = persons.sign_in("anna", PASSWORD)
    persons.set_roles("anna", [Role.ANALYST])
    found = persons.session(secret)
    assert found is not None and found.roles == (Role.ANALYST,)


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_ten_wrong_passwords_lock_a_name_for_fifteen_minutes_known_or_not(
    persons: Persons, clock: Clock, name: str
) -> None:
    """As R-01.12 has it for accounts: whether a name is known does not show in a lock either."""
    for _ in range(sign_up.WRONG_PASSWORDS):
        with pytest.raises(SignInFailed) as wrong:
            persons.sign_in(name, "wrong")
        assert wrong.value.until is None
    with pytest.raises(SignInFailed) as locked:
        persons.sign_in(name, PASSWORD)
    assert locked.value.until is not None and 0 < locked.value.until - clock.at <= sign_up.LOCKED_US
    clock.at += sign_up.LOCKED_US
    if name == "anna":
        assert persons.session(persons.sign_in(name, PASSWORD)) is not None


def test_a_wrong_name_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    persons = Persons(tmp_path / "persons.sqlite", hasher=PasswordHasher(time_cost=4, memory_cost=8192, parallelism=1))
    persons.add("anna", [Role.VIEWER], PASSWORD)

    def took_s(name: str) -> float:
        began_s = time.perf_counter()
        with pytest.raises(SignInFailed):
            persons.sign_in(name, "wrong")
        return time.perf_counter() - began_s

    took_s("anna")
    known, unknown = ([took_s(name) for _ in range(5)] for name in ("anna", "nobody"))
    assert 1 / 3 < min(known) / min(unknown) < 3
    assert min(unknown) > 0.005, "the password is really looked at"


def test_a_new_password_ends_a_lock(persons: Persons) -> None:
    for _ in range(sign_up.WRONG_PASSWORDS):
        with pytest.raises(SignInFailed):
            persons.sign_in("anna", "wrong")
    persons.set_password("anna", "another long password")
    assert persons.session(persons.sign_in("anna", "another long password")) is not None


def test_a_file_that_is_no_database_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "persons.sqlite"
    file.write_bytes(b"not a database, and long enough to be looked at" * 40)
    with pytest.raises(sqlite3.DatabaseError):
        Persons(file).count()


def test_the_last_administrator_who_can_sign_in_stays_one(persons: Persons) -> None:
    persons.remove("anna", by="test")
    persons.add("anna", [Role.ADMINISTRATOR], PASSWORD)
    acts = (persons.remove, persons.lock, lambda name: persons.set_roles(name, [Role.VIEWER]))
    for act in acts:
        with pytest.raises(PersonRefused, match="last_administrator"):
            act("Anna")
    persons.add("boris", [Role.ADMINISTRATOR], PASSWORD)
    persons.lock("boris")
    for act in acts:
        with pytest.raises(PersonRefused, match="last_administrator"):
            act("anna")
    persons.set_roles("anna", [Role.ADMINISTRATOR, Role.OPERATOR])
    persons.unlock("boris")
    persons.remove("anna")
    assert [one.name for one in persons.all()] == ["boris"]


def test_a_locked_person_gets_the_answer_of_a_wrong_password_until_unlocked(persons: Persons) -> None:
    secret, code = persons.sign_in("anna", PASSWORD), persons.make_link("anna")
    persons.lock("anna", by="boris")
    assert persons.session(secret) is None and persons.of_link(code) is None
    with pytest.raises(SignInFailed) as failed:
        persons.sign_in("anna", PASSWORD)
    assert failed.value.until is None
    persons.unlock("anna")
    assert persons.session(persons.sign_in("anna", PASSWORD)) is not None
    for _ in range(sign_up.WRONG_PASSWORDS):
        with pytest.raises(SignInFailed):
            persons.sign_in("anna", "wrong")
    persons.unlock("anna")
    assert persons.session(persons.sign_in("anna", PASSWORD)) is not None, "after wrong tries too"


def test_a_link_sets_a_password_once_and_within_its_time(persons: Persons, clock: Clock) -> None:
    first, secret = persons.make_link("anna"), persons.sign_in("anna", PASSWORD)
    second = persons.make_link("anna")
    assert persons.of_link(first) is None, "a new link ends the one before"
    assert persons.session(secret) is not None, "nothing ends before it is used"
    with pytest.raises(AccountRefused):
        persons.use_link(second, "short")
    assert persons.use_link(second, "another long password").name == "Anna"
    assert persons.session(secret) is None
    with pytest.raises(PersonRefused, match="link_over"):
        persons.use_link(second, "a third long password")
    assert persons.session(persons.sign_in("anna", "another long password")) is not None
    late = persons.make_link("anna")
    assert late.encode() not in persons.file.read_bytes()
    clock.at += sign_up.LINK_US + MINUTE_US
    assert persons.of_link(late) is None
    for code in ("", "no such code"):
        assert persons.of_link(code) is None


def test_acts_and_sessions_are_told_with_who_did_what(persons: Persons) -> None:
    persons.sign_in("anna", PASSWORD)
    assert persons.sessions() == {"Anna": 1}
    persons.set_password("anna", PASSWORD, temporary=True, by="boris")
    found = persons.find("anna")
    assert found is not None and found.temporary and persons.sessions() == {}
    persons.end_sessions("anna", by="boris")
    persons.change_password("anna", PASSWORD, "another long password")
    found = persons.find("anna")
    assert found is not None and not found.temporary
    told = [(one.by, one.act, one.person) for one in persons.acts()]
    assert told[:3] == [("Anna", "password", "Anna"), ("boris", "end", "Anna"), ("boris", "temporary", "Anna")]


def test_a_file_of_the_first_form_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "persons.sqlite"
    with sqlite3.connect(file) as rows:
        rows.executescript(FIRST_TABLES)
        rows.execute("INSERT INTO persons VALUES ('anna', 'Anna', 'viewer', ?, 1, 1)", (CHEAP.hash(PASSWORD),))
        rows.execute("PRAGMA user_version = 1")
    persons = Persons(file, hasher=CHEAP)
    found = persons.session(persons.sign_in("anna", PASSWORD))
    assert found is not None and found.locked_at is None and not found.temporary and persons.acts() == []
    assert found.calls == "*"


def test_rights_apart_are_kept_with_who_gave_them(persons: Persons) -> None:
    """R-23.12: they hold at once, and a file of before them leaves them to the roles."""
    persons.add("gleb", [Role.VIEWER], PASSWORD, apart=Apart(listen=Grant.YES), by="zoya")
    secret = persons.sign_in("gleb", PASSWORD)
    given = Apart(listen=Grant.YES, download=Grant.YES, balance=Grant.NO)
    persons.set_apart("GLEB", given, by="zoya")
    assert persons.session(secret).apart == given  # type: ignore[union-attr]
    persons.set_apart("gleb", Apart(), by="zoya")
    assert persons.session(secret).apart == Apart()  # type: ignore[union-attr]
    with pytest.raises(PersonRefused):
        persons.set_apart("nobody", given, by="zoya")
    told = [(one.act, one.given) for one in persons.acts() if one.person == "gleb"]
    assert told == [
        ("apart", ""), ("apart", "listen=yes download=yes balance=no"), ("apart", "listen=yes"), ("add", "viewer")
    ]  # fmt: skip


def test_whose_calls_a_person_sees_is_kept_with_who_said_so(persons: Persons) -> None:
    persons.add("gleb", [Role.VIEWER], PASSWORD, calls=" 100 ; 102 - 110 ", by="zoya")
    assert persons.find("gleb").calls == "100;102-110"  # type: ignore[union-attr]
    secret = persons.sign_in("gleb", PASSWORD)
    persons.set_calls("GLEB", "", by="zoya")
    assert persons.session(secret).calls == ""  # type: ignore[union-attr]  # it holds at once
    with pytest.raises(AccountRefused):
        persons.set_calls("gleb", "5200", by="zoya")
    with pytest.raises(PersonRefused):
        persons.set_calls("nobody", "*", by="zoya")
    told = [(one.act, one.given) for one in persons.acts()][:3]
    assert told == [("calls", ""), ("calls", "100;102-110"), ("add", "viewer")]
