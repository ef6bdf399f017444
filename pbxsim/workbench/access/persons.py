"""Persons who may sign in, in a database of their own (SQLite): names, roles, passwords, sessions, wrong tries.

Decides that nothing tells whether a name is known: a wrong password takes as long for a name that nobody has, and a lock is by
name whether it is known or not. Passwords are kept as argon2, sessions as digests; the file is its owner's alone. Leaves
lengths of time to `engine/account/sign_up.py` (R-01.12), what roles may do to `rights.py`, cookies to `gate.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
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

from engine.account import sign_up
from engine.contract.ids import Instant
from pbxsim.workbench.access.rights import Role

FILE: Final = "PBX_PERSONS"
"""Variable that names the database."""

NAME_MOST: Final = 40
REMEMBERED_US: Final = 3_600_000_000
"""How long a wrong try is kept: longer than a lock and the time in which it comes about."""
WAIT_S: Final = 5.0
"""How long another process may hold the file."""

_NAME: Final = re.compile(r"\w[\w.@+-]*")

_FORM: Final = 1
_TABLES: Final = """
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
        self._now = now
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Held against the password given for a name that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    # --- who there is ------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many there are. Raises sqlite3.Error for a file that cannot be read."""
        with self._reading() as rows:
            return 0 if rows is None else int(rows.execute("SELECT count(*) FROM persons").fetchone()[0])

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with self._reading() as rows:
            if rows is None:
                return []
            return [_person(row) for row in rows.execute("SELECT * FROM persons ORDER BY key")]

    def find(self, name: str) -> Person | None:
        """A person by name, in whatever case it is written."""
        with self._reading() as rows:
            row = rows and rows.execute("SELECT * FROM persons WHERE key = ?", (_key(name),)).fetchone()
        return _person(row) if row else None

    def add(self, name: str, roles: Iterable[Role], password: str) -> Person:
        """Let somebody sign in. Raises PersonRefused for a name that is none or taken, AccountRefused for a weak password."""
        name = _checked(name)
        sign_up.check_password(password)
        at, hashed = self._now(), self._hasher.hash(password)
        with self._writing() as rows:
            if rows.execute("SELECT 1 FROM persons WHERE key = ?", (_key(name),)).fetchone():
                raise PersonRefused("person_taken", name)
            values = (_key(name), name, _said(roles), hashed, at, at)
            rows.execute("INSERT INTO persons VALUES (?, ?, ?, ?, ?, ?)", values)
        found = self.find(name)
        assert found is not None
        return found

    def set_roles(self, name: str, roles: Iterable[Role]) -> None:
        """Give a person these roles and no others; it holds at once, in open pages too. Raises PersonRefused."""
        with self._writing() as rows:
            done = rows.execute("UPDATE persons SET roles = ? WHERE key = ?", (_said(roles), _key(name)))
            _must(done.rowcount, name)

    def set_password(self, name: str, password: str) -> None:
        """Give a person a new password; all their sessions end, and so does a lock. Raises PersonRefused, AccountRefused."""
        sign_up.check_password(password)
        hashed = self._hasher.hash(password)
        with self._writing() as rows:
            values = (hashed, self._now(), _key(name))
            _must(
                rows.execute("UPDATE persons SET password = ?, password_set_at = ? WHERE key = ?", values).rowcount,
                name,
            )
            rows.execute("DELETE FROM sessions WHERE person = ?", (_key(name),))
            rows.execute("DELETE FROM wrong_passwords WHERE name = ?", (_digest(_key(name)),))

    def change_password(self, name: str, old: str, new: str) -> None:
        """A new password by the old one; all sessions of that person end. Raises SignInFailed, PersonRefused, AccountRefused."""
        sign_up.check_password(new)
        self._verify(name, old)
        self.set_password(name, new)

    def remove(self, name: str) -> None:
        """Let somebody sign in no more; their sessions end at once. Raises PersonRefused."""
        with self._writing() as rows:
            _must(rows.execute("DELETE FROM persons WHERE key = ?", (_key(name),)).rowcount, name)

    # --- sign-in and sessions ----------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> str:
        """The secret of a new session for who knows the password. Raises SignInFailed, the same for every reason but a lock.
        Takes a tenth of a second on purpose."""
        key = self._verify(name, password)
        secret, at = secrets.token_urlsafe(32), self._now()
        with self._writing() as rows:
            rows.execute("DELETE FROM sessions WHERE began_at <= ?", (at - sign_up.SESSION_US,))
            rows.execute("DELETE FROM wrong_passwords WHERE name = ?", (_digest(key),))
            kept = rows.execute("SELECT password FROM persons WHERE key = ?", (key,)).fetchone()
            if kept is None:
                raise SignInFailed
            if self._hasher.check_needs_rehash(kept["password"]):
                rows.execute("UPDATE persons SET password = ? WHERE key = ?", (self._hasher.hash(password), key))
            rows.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_digest(secret), key, at))
        return secret

    def session(self, secret: str) -> Person | None:
        """Whose session it is; None when it is over, or never was."""
        with self._reading() as rows:
            if rows is None:
                return None
            query = "SELECT persons.*, began_at FROM sessions JOIN persons ON key = person WHERE digest = ?"
            row = rows.execute(query, (_digest(secret),)).fetchone()
        if row is None or sign_up.session_is_over(row["began_at"], row["password_set_at"], self._now()):
            return None
        return _person(row)

    def sign_out(self, secret: str) -> None:
        """End a session."""
        with self._writing() as rows:
            rows.execute("DELETE FROM sessions WHERE digest = ?", (_digest(secret),))

    def _verify(self, name: str, password: str) -> str:
        """The key of a person whose password it is. Raises SignInFailed."""
        key = _key(name)
        nobody = self._nobody  # made with the first try, whoever it is for
        self._count_try(key)
        with self._reading() as rows:
            row = rows and rows.execute("SELECT password FROM persons WHERE key = ?", (key,)).fetchone()
        right = self._is_right(row["password"] if row else nobody, password[: sign_up.PASSWORD_MOST + 1])
        if not row or not right:
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
        at, digest = self._now(), _digest(key)
        with self._writing() as rows:
            query = "SELECT at FROM wrong_passwords WHERE name = ? AND at > ? ORDER BY at"
            until = sign_up.locked_until([row["at"] for row in rows.execute(query, (digest, at - REMEMBERED_US))])
            if until is not None and at < until:
                raise SignInFailed(until)
            rows.execute("DELETE FROM wrong_passwords WHERE at <= ?", (at - REMEMBERED_US,))
            rows.execute("INSERT INTO wrong_passwords VALUES (?, ?)", (digest, at))

    # --- the file ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The database; None where there is no file yet."""
        if not self.file.exists():
            yield None
            return
        with contextlib.closing(self._open()) as rows:
            yield rows

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
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
            if rows.execute("PRAGMA user_version").fetchone()[0] < _FORM:  # two processes may have come at once
                for statement in _TABLES.split(";"):
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


def _must(rows: int, name: str) -> None:
    if not rows:
        raise PersonRefused("person_unknown", name)


def _said(roles: Iterable[Role]) -> str:
    wanted = set(roles)
    if not wanted:
        raise PersonRefused("role_missing", "")
    return " ".join(role for role in Role if role in wanted)


def _person(row: sqlite3.Row) -> Person:
    known = {str(role) for role in Role}
    roles = tuple(Role(word) for word in row["roles"].split() if word in known)
    return Person(row["name"], roles, row["made_at"], row["password_set_at"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
