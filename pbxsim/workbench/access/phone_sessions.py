"""Sessions of employees who signed in by their phones (R-23.12): kept beside those of persons, in the same file.

Decides that such a session lasts as long as any other and can be ended by an administrator. Who holds one is a user of the PBX
and no person of this server. Leaves who may have one to the bridge.
"""

from __future__ import annotations

import secrets

import msgspec

from engine.account import sign_up
from engine.contract.ids import Instant
from pbxsim.workbench.access.persons import Persons, digest


class PhoneUser(msgspec.Struct, frozen=True):
    """A user of the PBX who signed in."""

    user: int
    address: str
    began_at: Instant


class PhoneSessions:
    """Those of one file of persons."""

    def __init__(self, persons: Persons) -> None:
        self._persons = persons

    def begin(self, user: int, address: str) -> str:
        """The secret of a new session."""
        secret, at = secrets.token_urlsafe(32), self._persons.now()
        with self._persons.writing() as rows:
            rows.execute("DELETE FROM phone_sessions WHERE began_at <= ?", (at - sign_up.SESSION_US,))
            rows.execute("INSERT INTO phone_sessions VALUES (?, ?, ?, ?)", (digest(secret), user, address, at))
        return secret

    def find(self, secret: str) -> PhoneUser | None:
        """Whose session it is; None when it is over, or never was."""
        with self._persons.reading() as rows:
            query = "SELECT user, address, began_at FROM phone_sessions WHERE digest = ?"
            row = rows and rows.execute(query, (digest(secret),)).fetchone()
        if not row or self._persons.now() - row["began_at"] >= sign_up.SESSION_US:
            return None
        return PhoneUser(*row)

    def count(self) -> dict[int, int]:
        """How many sessions each user has open."""
        with self._persons.reading() as rows:
            if rows is None:
                return {}
            query = "SELECT user, count(*) FROM phone_sessions WHERE began_at > ? GROUP BY user"
            return dict(map(tuple, rows.execute(query, (self._persons.now() - sign_up.SESSION_US,)).fetchall()))

    def end(self, secret: str) -> None:
        """End a session."""
        with self._persons.writing() as rows:
            rows.execute("DELETE FROM phone_sessions WHERE digest = ?", (digest(secret),))

    def end_of(self, user: int, *, by: str) -> None:
        """End all sessions of a user; open pages of theirs close within seconds."""
        with self._persons.writing() as rows:
            rows.execute("DELETE FROM phone_sessions WHERE user = ?", (user,))
            self._persons.keep_act(rows, by, "end", str(user))
