"""Persons who may sign in, in a database of their own (SQLite): names, roles, passwords, sessions, wrong tries, who did what.

Decides that nothing tells whether a name is known: a wrong password takes as long for a name that nobody has, and a lock is by
name whether it is known or not; that the last administrator who can sign in stays one; that every act upon a person is kept with
the name of who did it. Passwords are kept as argon2, sessions and links as digests; the file is its owner's alone. Leaves
lengths of time to `engine/account/sign_up.py` (R-01.7, R-01.12), what roles may do to `rights.py`, cookies to `gate.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.account import call_rights, sign_up
from engine.contract.ids import Instant
from pbxsim.workbench.access import rights
from pbxsim.workbench.access.rights import Apart, Role

FILE: Final = "PBX_PERSONS"
"""Variable that names the database."""

NAME_MOST: Final = 40
REMEMBERED_US: Final = 3_600_000_000
"""How long a wrong try is kept: longer than a lock and the time in which it comes about."""
WAIT_S: Final = 5.0
"""How long another process may hold the file."""

_NAME: Final = re.compile(r"\w[\w.@+-]*")

log = logging.getLogger(__name__)

ACTS_SHOWN: Final = 50

_FORM: Final = 5
FIRST_TABLES: Final = """
CREATE TABLE persons (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, password TEXT NOT NULL, made_at INTEGER NOT NULL,
    password_set_at INTEGER NOT NULL
);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES persons (key) ON DELETE CASCADE, began_at INTEGER NOT NULL
);
CREATE TABLE wrong_passwords (name TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX wrong_passwords_name ON wrong_passwords (name, at);
CREATE INDEX wrong_passwords_at ON wrong_passwords (at);
"""
_SECOND_FORM: Final = """
ALTER TABLE persons ADD COLUMN locked_at INTEGER;
ALTER TABLE persons ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;
CREATE TABLE links (
    digest TEXT PRIMARY KEY, person TEXT NOT NULL UNIQUE REFERENCES persons (key) ON DELETE CASCADE, made_at INTEGER NOT NULL
);
CREATE TABLE acts (at INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL, person TEXT NOT NULL, given TEXT NOT NULL);
"""
_THIRD_FORM: Final = """
CREATE TABLE phone_sessions (digest TEXT PRIMARY KEY, user INTEGER NOT NULL, address TEXT NOT NULL, began_at INTEGER NOT NULL);
"""


_FOURTH_FORM: Final = """
ALTER TABLE persons ADD COLUMN calls TEXT NOT NULL DEFAULT '*';
"""
_FIFTH_FORM: Final = """
ALTER TABLE persons ADD COLUMN apart TEXT NOT NULL DEFAULT '';
"""


class PersonRefused(Exception):
    """A request about persons that cannot be met; nothing has changed. `reason` names the sentence, `given` what stands in it."""

    def __init__(self, reason: str, given: str) -> None:
        self.reason, self.given = reason, given
        super().__init__(f"{reason}: {given}")


class SignInFailed(Exception):
    """Wrong name or password, or locked: `until` says until when, None for not locked."""

    def __init__(self, until: Instant | None = None) -> None:
        self.until = until
        super().__init__("wrong name or password" if until is None else "too many tries")


class Person(msgspec.Struct, frozen=True):
    """Somebody who may sign in."""

    name: str
    roles: tuple[Role, ...]
    made_at: Instant
    password_set_at: Instant
    locked_at: Instant | None = None
    """Since when an administrator lets them sign in no more; None where they may."""
    temporary: bool = False
    """Whether the password was given by somebody else: they may do nothing until they have set their own."""
    calls: str = call_rights.ALL
    """Whose calls of the bridge they see: a filter as `call_rights.checked` gives it; empty for nobody's (R-23.12)."""
    apart: Apart = Apart()
    """Rights that they are given or denied apart from their roles."""


class PersonAct(msgspec.Struct, frozen=True):
    """One act upon a person: `act` is add, roles, calls, apart, password, temporary, link, lock, unlock, end or remove."""

    at: Instant
    by: str
    act: str
    person: str
    given: str
    """Roles, for add and roles; the filter, for calls; `Apart.said`, for apart."""


def default_file() -> Path:
    """Where persons are kept if nobody says otherwise: below the user's state folder (XDG)."""
    named = os.environ.get(FILE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "pbx-workbench" / "persons.sqlite"


def clock() -> Instant:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class Persons:
    """The persons of one file. From any thread and from several processes; a file that is not there holds nobody."""

    def __init__(self, file: Path, now: Callable[[], Instant] = clock, hasher: PasswordHasher | None = None) -> None:
        self.file = file
        self.now = now
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Held against the password given for a name that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    # --- who there is ------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many there are. Raises sqlite3.Error for a file that cannot be read."""
        with self.reading() as rows:
            return 0 if rows is None else int(rows.execute("SELECT count(*) FROM persons").fetchone()[0])

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with self.reading() as rows:
            if rows is None:
                return []
            return [_person(row) for row in rows.execute("SELECT * FROM persons ORDER BY key")]

    def find(self, name: str) -> Person | None:
        """A person by name, in whatever case it is written."""
        with self.reading() as rows:
            row = rows and rows.execute("SELECT * FROM persons WHERE key = ?", (_key(name),)).fetchone()
        return _person(row) if row else None

    def acts(self) -> list[PersonAct]:
        """The last acts upon persons, the newest first."""
        with self.reading() as rows:
            if rows is None:
                return []
            query = "SELECT at, by, act, person, given FROM acts ORDER BY rowid DESC LIMIT ?"
            return [PersonAct(*row) for row in rows.execute(query, (ACTS_SHOWN,))]

    def sessions(self) -> dict[str, int]:
        """How many sessions each person has open, by name."""
        with self.reading() as rows:
            if rows is None:
                return {}
            query = "SELECT name, count(*) FROM sessions JOIN persons ON key = person WHERE began_at > ? GROUP BY key"
            return dict(map(tuple, rows.execute(query, (self.now() - sign_up.SESSION_US,)).fetchall()))

    def is_barred(self, name: str) -> bool:
        """Whether too many wrong passwords were given for a name."""
        with self.reading() as rows:
            until = None if rows is None else self._locked_until(rows, digest(_key(name)))
        return until is not None and self.now() < until

    def add(
        self,
        name: str,
        roles: Iterable[Role],
        password: str,
        *,
        temporary: bool = False,
        calls: str = call_rights.ALL,
        apart: Apart | None = None,
        by: str = "",
    ) -> Person:
        """Let somebody sign in. Raises PersonRefused for a name that is none or taken, AccountRefused for a weak password and for
        a filter of calls that is none."""
        name, calls = _checked(name), call_rights.checked(calls)
        sign_up.check_password(password)
        at, hashed = self.now(), self._hasher.hash(password)
        with self.writing() as rows:
            if rows.execute("SELECT 1 FROM persons WHERE key = ?", (_key(name),)).fetchone():
                raise PersonRefused("person_taken", name)
            said = _said(roles)
            given = "" if apart is None else apart.said()
            values = (_key(name), name, said, hashed, at, at, None, temporary, calls, given)
            rows.execute("INSERT INTO persons VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            self.keep_act(rows, by, "add", name, said)
            if calls != call_rights.ALL:
                self.keep_act(rows, by, "calls", name, calls)
            if given:
                self.keep_act(rows, by, "apart", name, given)
        found = self.find(name)
        assert found is not None
        return found

    def set_roles(self, name: str, roles: Iterable[Role], *, by: str = "") -> None:
        """Give a person these roles and no others; it holds at once, in open pages too. Raises PersonRefused."""
        said = _said(roles)
        with self.writing() as rows:
            person = _found(rows, name)
            if Role.ADMINISTRATOR not in said.split():
                _must_not_be_last(rows, person)
            rows.execute("UPDATE persons SET roles = ? WHERE key = ?", (said, _key(name)))
            self.keep_act(rows, by, "roles", person.name, said)

    def set_calls(self, name: str, calls: str, *, by: str = "") -> None:
        """Say whose calls a person sees; it holds at once, in open pages too. Raises PersonRefused, AccountRefused."""
        calls = call_rights.checked(calls)
        with self.writing() as rows:
            person = _found(rows, name)
            rows.execute("UPDATE persons SET calls = ? WHERE key = ?", (calls, _key(name)))
            self.keep_act(rows, by, "calls", person.name, calls)

    def set_apart(self, name: str, apart: Apart, *, by: str = "") -> None:
        """Give and deny a person rights apart from their roles; it holds at once, in open pages too. Raises PersonRefused."""
        with self.writing() as rows:
            person = _found(rows, name)
            rows.execute("UPDATE persons SET apart = ? WHERE key = ?", (apart.said(), _key(name)))
            self.keep_act(rows, by, "apart", person.name, apart.said())

    def set_password(self, name: str, password: str, *, temporary: bool = False, by: str = "") -> None:
        """Give a person a new password; all their sessions and links end, and so does a lock for wrong tries.

        Raises PersonRefused, AccountRefused.
        """
        sign_up.check_password(password)
        hashed = self._hasher.hash(password)
        with self.writing() as rows:
            person = _found(rows, name)
            self._put_password(rows, person, hashed, temporary)
            self.keep_act(rows, by or person.name, "temporary" if temporary else "password", person.name)

    def _put_password(self, rows: sqlite3.Connection, person: Person, hashed: str, temporary: bool) -> None:
        key = _key(person.name)
        query = "UPDATE persons SET password = ?, password_set_at = ?, temporary = ? WHERE key = ?"
        rows.execute(query, (hashed, self.now(), temporary, key))
        rows.execute("DELETE FROM sessions WHERE person = ?", (key,))
        rows.execute("DELETE FROM links WHERE person = ?", (key,))
        rows.execute("DELETE FROM wrong_passwords WHERE name = ?", (digest(key),))

    def make_link(self, name: str, *, by: str = "") -> str:
        """The code of a link by which a person sets a password themselves, once and within `sign_up.LINK_US`; earlier links of
        theirs end, the password they have does not. Raises PersonRefused."""
        code = secrets.token_urlsafe(32)
        with self.writing() as rows:
            person = _found(rows, name)
            values = (digest(code), _key(name), self.now())
            rows.execute("DELETE FROM links WHERE person = ?", (_key(name),))
            rows.execute("INSERT INTO links VALUES (?, ?, ?)", values)
            self.keep_act(rows, by, "link", person.name)
        return code

    def of_link(self, code: str) -> Person | None:
        """Whose link it is; None where it was used, is over, or never was."""
        with self.reading() as rows:
            return None if rows is None else self._of_link(rows, code)

    def _of_link(self, rows: sqlite3.Connection, code: str) -> Person | None:
        query = "SELECT persons.*, links.made_at AS linked_at FROM links JOIN persons ON key = person WHERE digest = ?"
        row = rows.execute(query, (digest(code),)).fetchone()
        if row is None or self.now() - row["linked_at"] > sign_up.LINK_US or row["locked_at"] is not None:
            return None
        return _person(row)

    def use_link(self, code: str, password: str) -> Person:
        """Set the password of whose link it is; the link ends with it. Raises PersonRefused, AccountRefused."""
        sign_up.check_password(password)
        hashed = self._hasher.hash(password)
        with self.writing() as rows:
            person = self._of_link(rows, code)
            if person is None:
                raise PersonRefused("link_over", "")
            self._put_password(rows, person, hashed, temporary=False)
            self.keep_act(rows, person.name, "password", person.name)
        return person

    def lock(self, name: str, *, by: str = "") -> None:
        """Let a person sign in no more until they are unlocked; their sessions and links end at once. Raises PersonRefused."""
        with self.writing() as rows:
            person = _found(rows, name)
            _must_not_be_last(rows, person)
            rows.execute("UPDATE persons SET locked_at = ? WHERE key = ?", (self.now(), _key(name)))
            rows.execute("DELETE FROM sessions WHERE person = ?", (_key(name),))
            rows.execute("DELETE FROM links WHERE person = ?", (_key(name),))
            self.keep_act(rows, by, "lock", person.name)

    def unlock(self, name: str, *, by: str = "") -> None:
        """Let a person sign in again, after wrong tries too. Raises PersonRefused."""
        with self.writing() as rows:
            person = _found(rows, name)
            rows.execute("UPDATE persons SET locked_at = NULL WHERE key = ?", (_key(name),))
            rows.execute("DELETE FROM wrong_passwords WHERE name = ?", (digest(_key(name)),))
            self.keep_act(rows, by, "unlock", person.name)

    def end_sessions(self, name: str, *, by: str = "") -> None:
        """End all sessions of a person; open pages of theirs close within seconds. Raises PersonRefused."""
        with self.writing() as rows:
            person = _found(rows, name)
            rows.execute("DELETE FROM sessions WHERE person = ?", (_key(name),))
            self.keep_act(rows, by, "end", person.name)

    def change_password(self, name: str, old: str, new: str) -> None:
        """A new password by the old one; all sessions of that person end. Raises SignInFailed, PersonRefused, AccountRefused."""
        sign_up.check_password(new)
        self._verify(name, old)
        self.set_password(name, new)

    def remove(self, name: str, *, by: str = "") -> None:
        """Take a person out; their sessions end at once. Raises PersonRefused."""
        with self.writing() as rows:
            person = _found(rows, name)
            _must_not_be_last(rows, person)
            rows.execute("DELETE FROM persons WHERE key = ?", (_key(name),))
            self.keep_act(rows, by, "remove", person.name)

    def keep_act(self, rows: sqlite3.Connection, by: str, act: str, person: str, given: str = "") -> None:
        """Keep who did what to whom, in the same transaction."""
        rows.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?)", (self.now(), by, act, person, given))
        log.info("persons: %s did %s to %s %s", by or "somebody", act, person, given)

    # --- sign-in and sessions ----------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> str:
        """The secret of a new session for who knows the password. Raises SignInFailed, the same for every reason but a lock.
        Takes a tenth of a second on purpose."""
        key = self._verify(name, password)
        secret, at = secrets.token_urlsafe(32), self.now()
        with self.writing() as rows:
            rows.execute("DELETE FROM sessions WHERE began_at <= ?", (at - sign_up.SESSION_US,))
            rows.execute("DELETE FROM wrong_passwords WHERE name = ?", (digest(key),))
            kept = rows.execute("SELECT password FROM persons WHERE key = ? AND locked_at IS NULL", (key,)).fetchone()
            if kept is None:
                raise SignInFailed
            if self._hasher.check_needs_rehash(kept["password"]):
                rows.execute("UPDATE persons SET password = ? WHERE key = ?", (self._hasher.hash(password), key))
            rows.execute("INSERT INTO sessions VALUES (?, ?, ?)", (digest(secret), key, at))
        return secret

    def session(self, secret: str) -> Person | None:
        """Whose session it is; None when it is over, or never was."""
        with self.reading() as rows:
            if rows is None:
                return None
            query = "SELECT persons.*, began_at FROM sessions JOIN persons ON key = person WHERE digest = ?"
            row = rows.execute(query, (digest(secret),)).fetchone()
        if row is None or sign_up.session_is_over(row["began_at"], row["password_set_at"], self.now()):
            return None
        return _person(row)

    def sign_out(self, secret: str) -> None:
        """End a session."""
        with self.writing() as rows:
            rows.execute("DELETE FROM sessions WHERE digest = ?", (digest(secret),))

    def _verify(self, name: str, password: str) -> str:
        """The key of a person whose password it is. Raises SignInFailed."""
        key = _key(name)
        nobody = self._nobody  # made with the first try, whoever it is for
        self._count_try(key)
        with self.reading() as rows:
            row = rows and rows.execute("SELECT password, locked_at FROM persons WHERE key = ?", (key,)).fetchone()
        right = self._is_right(row["password"] if row else nobody, password[: sign_up.PASSWORD_MOST + 1])
        if not row or not right or row["locked_at"] is not None:  # the same answer: who is locked is nobody's business
            raise SignInFailed
        return key

    def _is_right(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _count_try(self, key: str) -> None:
        """Count a try as wrong before the password is looked at, so that many at once are not more than ten; a right one takes
        them back. Raises SignInFailed while the sign-in is locked."""
        at, hidden = self.now(), digest(key)
        with self.writing() as rows:
            until = self._locked_until(rows, hidden)
            if until is not None and at < until:
                raise SignInFailed(until)
            rows.execute("DELETE FROM wrong_passwords WHERE at <= ?", (at - REMEMBERED_US,))
            rows.execute("INSERT INTO wrong_passwords VALUES (?, ?)", (hidden, at))

    def _locked_until(self, rows: sqlite3.Connection, hidden: str) -> Instant | None:
        query = "SELECT at FROM wrong_passwords WHERE name = ? AND at > ? ORDER BY at"
        return sign_up.locked_until([row["at"] for row in rows.execute(query, (hidden, self.now() - REMEMBERED_US))])

    # --- the file ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """The database; None where there is no file yet."""
        if not self.file.exists():
            yield None
            return
        with contextlib.closing(self._open()) as rows:
            yield rows

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The database, made where there is none, for one transaction that nobody else writes in."""
        if not self.file.exists():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        with contextlib.closing(self._open()) as rows:
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        rows = sqlite3.connect(self.file, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        rows.row_factory = sqlite3.Row
        rows.execute("PRAGMA foreign_keys = ON")
        if rows.execute("PRAGMA user_version").fetchone()[0] < _FORM:
            rows.execute("BEGIN IMMEDIATE")
            form = rows.execute("PRAGMA user_version").fetchone()[0]  # two processes may have come at once
            for statement in ";".join(
                (FIRST_TABLES, _SECOND_FORM, _THIRD_FORM, _FOURTH_FORM, _FIFTH_FORM)[form:]
            ).split(";"):
                rows.execute(statement)
            rows.execute(f"PRAGMA user_version = {_FORM}")
            rows.execute("COMMIT")
        return rows


def generate_password() -> str:
    """A password nobody guesses, short enough to be typed from a screen: 90 bits."""
    return secrets.token_urlsafe(11)


def _checked(name: str) -> str:
    name = unicodedata.normalize("NFC", name.strip())
    if len(name) > NAME_MOST or not _NAME.fullmatch(name):
        raise PersonRefused("person_name", name[:NAME_MOST])
    return name


def _key(name: str) -> str:
    """A name as it is looked up; no longer than any that is kept."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()[: 4 * NAME_MOST]).casefold())


def _found(rows: sqlite3.Connection, name: str) -> Person:
    row = rows.execute("SELECT * FROM persons WHERE key = ?", (_key(name),)).fetchone()
    if row is None:
        raise PersonRefused("person_unknown", name)
    return _person(row)


def _must_not_be_last(rows: sqlite3.Connection, person: Person) -> None:
    """Raises PersonRefused for the one administrator who can sign in: nobody could let anybody in again."""
    others = [_person(row) for row in rows.execute("SELECT * FROM persons WHERE key != ?", (_key(person.name),))]
    if _administers(person) and not any(_administers(other) for other in others):
        raise PersonRefused("last_administrator", person.name)


def _administers(person: Person) -> bool:
    return Role.ADMINISTRATOR in person.roles and person.locked_at is None


def _said(roles: Iterable[Role]) -> str:
    wanted = set(roles)
    if not wanted:
        raise PersonRefused("role_missing", "")
    return " ".join(role for role in Role if role in wanted)


def _person(row: sqlite3.Row) -> Person:
    known = {str(role) for role in Role}
    roles = tuple(Role(word) for word in row["roles"].split() if word in known)
    made_at, set_at, locked_at = row["made_at"], row["password_set_at"], row["locked_at"]
    apart = rights.apart_of(row["apart"])
    return Person(row["name"], roles, made_at, set_at, locked_at, bool(row["temporary"]), row["calls"], apart)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
