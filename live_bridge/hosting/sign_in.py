"""Sign-up, sign-in, passwords and sessions in the database (R-01.1, R-01.2, R-01.7, R-01.12).

Decides that nothing tells whether an address has an account: every request for an e-mail gets the same answer, a wrong password
takes as long for an address that nobody has, and a lock is by address whether it is known or not. Links and sessions are kept as
digests, passwords as argon2. Where a second factor is on, a right password is no session and takes no wrong try back: only the
code does. Leaves lengths of time to `engine/account/sign_up.py`, codes to `second_factor.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError

from engine.account import second_factor as factor_rules
from engine.account import sign_up, standing
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, emails
from live_bridge.hosting import tables as t
from live_bridge.hosting.database import Database
from live_bridge.hosting.second_factor import SecondFactor

LETTERS_AN_HOUR: Final = 5
"""E-mails with links to one address within an hour; more are not sent, and the answer is the same."""

HOUR_US: Final = 3_600_000_000

NOBODY: Final = "nobody"
"""Purpose of a link that is not sent and works nowhere: a strange address costs the same work as a known one."""

_hasher = PasswordHasher()
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))
"""Held against the password of an address without account."""


class SignInFailed(Exception):
    """Wrong address or password, or locked: `until` says until when, None for not locked."""

    def __init__(self, until: Instant | None = None) -> None:
        self.until = until
        super().__init__("wrong e-mail or password (R-01.12)" if until is None else "too many tries (R-01.12)")


class CodeWanted(Exception):
    """The password is right and the second factor is on: `ticket` is to come back with a code, within five minutes."""

    def __init__(self, ticket: str) -> None:
        self.ticket = ticket
        super().__init__("a code of the second factor is wanted (R-01.12)")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner holds it: the secret of the cookie, and what forms must bring."""

    secret: str
    csrf: str
    account: int


class SignIn:
    """Of one database. From any thread."""

    def __init__(
        self,
        database: Database,
        public: str,
        clock: Callable[[], Instant],
        trial_us: int = standing.TRIAL_US,
        servers: tuple[str, ...] = (),
        issuer: str = "PBX",
    ) -> None:
        self._database = database
        self._public = public
        self._clock = clock
        self._trial_us = trial_us
        self._servers = servers
        self.factor = SecondFactor(database, issuer, clock)

    # --- links -------------------------------------------------------------------------------------------------------

    def ask_to_sign_up(self, address: str, language: str = "ru") -> None:
        """Send the link that completes a registration (R-01.1); an address that has an account gets one to set its password.
        Raises AccountRefused for what is no address, and for nothing else."""
        email = sign_up.checked_address(address)
        with self._database.writing() as connection:
            known = self._has_account(connection, email)
            purpose, text = ("password", "known") if known else ("sign_up", "sign_up")
            self._send_link(connection, email, purpose, text, language)

    def ask_for_password(self, address: str, language: str = "ru") -> None:
        """Send the link that sets a new password, if the address has an account (R-01.12). Raises AccountRefused for what is no
        address, and for nothing else."""
        email = sign_up.checked_address(address)
        with self._database.writing() as connection:
            known = self._has_account(connection, email)
            self._send_link(connection, email, "password" if known else NOBODY, "password", language)

    def _send_link(self, connection: sa.Connection, email: str, purpose: str, text: str, language: str) -> None:
        at = self._clock()
        c = t.links.c
        recent = sa.select(sa.func.count()).where(c.email == email, c.sent_at > at - HOUR_US)
        if connection.execute(recent).scalar_one() >= LETTERS_AN_HOUR:
            return
        secret = secrets.token_urlsafe(32)
        connection.execute(t.links.insert().values(digest=_digest(secret), purpose=purpose, email=email, sent_at=at))
        page = "complete" if purpose == "sign_up" else "password"
        link = f"{self._public}/{page}?key={secret}"
        emails.write(connection, email, text, language, at, is_sent=purpose != NOBODY, link=link)

    def _has_account(self, connection: sa.Connection, email: str) -> bool:
        a = t.accounts.c
        return connection.execute(sa.select(a.id).where(a.email == email)).first() is not None

    def check_link(self, secret: str, purpose: str) -> str:
        """The address of a link that works now; looking at it uses nothing up. Raises AccountRefused."""
        with self._database.reading() as connection:
            return self._link(connection, secret, purpose)

    def _link(self, connection: sa.Connection, secret: str, purpose: str) -> str:
        c = t.links.c
        query = sa.select(t.links).where(c.digest == _digest(secret), c.purpose == purpose)
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise AccountRefused("link_unknown", "R-01.7")
        sign_up.check_link(row.sent_at, row.used_at, self._clock())
        return str(row.email)

    def _use(self, connection: sa.Connection, secret: str) -> None:
        c = t.links.c
        connection.execute(t.links.update().where(c.digest == _digest(secret)).values(used_at=self._clock()))

    # --- completion --------------------------------------------------------------------------------------------------

    def complete(
        self, secret: str, *, name: str, server: str, contact: dict[str, str], password: str, language: str = "ru"
    ) -> int:
        """Complete a registration: the account is there, in its trial (R-01.2). A link that is refused is used up by nothing.
        Raises AccountRefused."""
        sign_up.check_password(password)
        if server not in self._servers:
            raise AccountRefused("server", "R-01.2", given=server, known=", ".join(self._servers))
        for field in ("name", "phone"):
            if not contact.get(field, "").strip():
                raise AccountRefused("field_missing", "R-01.2", given=field)
        checked = sign_up.account_name(name)
        self.check_link(secret, "sign_up")
        hashed = _hasher.hash(password)
        try:
            with self._database.writing() as connection:
                email = self._link(connection, secret, "sign_up")
                if self._has_account(connection, email):
                    raise AccountRefused("link_used", "R-01.7")
                self._use(connection, secret)
                return accounts.open_account(
                    connection,
                    self._clock(),
                    name=checked,
                    email=email,
                    password=hashed,
                    server=server,
                    contact=contact,
                    language=language,
                    trial_us=self._trial_us,
                )
        except IntegrityError:
            raise AccountRefused("account_taken", "R-01.6", given=checked) from None

    def set_password(self, secret: str, password: str) -> None:
        """Set a new password by a link; every session ends (R-01.12). Raises AccountRefused."""
        sign_up.check_password(password)
        self.check_link(secret, "password")
        hashed = _hasher.hash(password)
        with self._database.writing() as connection:
            email = self._link(connection, secret, "password")
            self._use(connection, secret)
            self._keep_password(connection, t.accounts.c.email == email, hashed)

    def change_password(self, account: int, old: str, new: str) -> None:
        """Set a new password with the old one; every session ends. Raises SignInFailed, AccountRefused."""
        sign_up.check_password(new)
        self.check_password(account, old)
        hashed = _hasher.hash(new)
        with self._database.writing() as connection:
            self._keep_password(connection, t.accounts.c.id == account, hashed)

    def check_password(self, account: int, password: str) -> None:
        """Whether it is the owner who asks for what cannot be taken back; wrong ones lock as at the sign-in. Raises
        SignInFailed."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.accounts).where(t.accounts.c.id == account)).one()
        self._count_try(row.email)
        if not _is_right(row.password, password[: sign_up.PASSWORD_MOST + 1]):
            raise SignInFailed
        with self._database.writing() as connection:
            if not self.factor.is_on(connection, account):
                self._take_tries_back(connection, row.email)

    def prove(self, account: int, password: str, code: str) -> None:
        """Whether it is the owner, by password and code, who changes the second factor. Raises SignInFailed."""
        self.check_password(account, password)
        with self._database.writing() as connection:
            email = connection.execute(sa.select(t.accounts.c.email).where(t.accounts.c.id == account)).scalar_one()
            if not self.factor.fits(connection, account, code):
                raise SignInFailed
            self._take_tries_back(connection, email)

    def _keep_password(self, connection: sa.Connection, which: sa.ColumnElement[bool], hashed: str) -> None:
        id = connection.execute(sa.select(t.accounts.c.id).where(which)).scalar_one()
        values = {"password": hashed, "password_set_at": self._clock()}
        connection.execute(t.accounts.update().where(t.accounts.c.id == id).values(**values))
        connection.execute(t.sessions.delete().where(t.sessions.c.account == id))

    # --- sign-in and sessions ----------------------------------------------------------------------------------------

    def sign_in(self, address: str, password: str) -> Session:
        """A session for who knows the password. Raises SignInFailed, the same for every reason but a lock, and CodeWanted where
        the second factor is on."""
        email = _as_kept(address)
        self._count_try(email)
        a = t.accounts.c
        with self._database.reading() as connection:
            row = connection.execute(sa.select(a.id, a.password).where(a.email == email)).first()
        known = row.password if row is not None else _NOBODY
        right = _is_right(known, password[: sign_up.PASSWORD_MOST + 1])
        if row is None or not right:
            raise SignInFailed
        with self._database.writing() as connection:
            if _hasher.check_needs_rehash(row.password):
                connection.execute(t.accounts.update().where(a.id == row.id).values(password=_hasher.hash(password)))
            if not self.factor.is_on(connection, row.id):
                return self._begin(connection, row.id, email)
            ticket, w = secrets.token_urlsafe(32), t.waiting_sign_ins.c
            connection.execute(t.waiting_sign_ins.delete().where(w.began_at <= self._clock() - factor_rules.WAIT_US))
            values = {"digest": _digest(ticket), "account": row.id, "began_at": self._clock()}
            connection.execute(t.waiting_sign_ins.insert().values(**values))
        raise CodeWanted(ticket)

    def enter_code(self, ticket: str, code: str) -> Session:
        """A session for whose password was right, by a code of the second factor or a recovery code. Raises SignInFailed; a wrong
        code counts as a wrong password."""
        w, a = t.waiting_sign_ins.c, t.accounts.c
        query = sa.select(w.account, w.began_at, a.email, a.password_set_at).join(t.accounts, a.id == w.account)
        with self._database.reading() as connection:
            row = connection.execute(query.where(w.digest == _digest(ticket))).first()
        if row is None or row.password_set_at > row.began_at or factor_rules.is_over(row.began_at, self._clock()):
            raise SignInFailed
        self._count_try(row.email)
        with self._database.writing() as connection:
            if not self.factor.fits(connection, row.account, code):
                raise SignInFailed
            connection.execute(t.waiting_sign_ins.delete().where(w.digest == _digest(ticket)))
            return self._begin(connection, row.account, row.email)

    def _begin(self, connection: sa.Connection, account: int, email: str) -> Session:
        session = Session(secret=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32), account=account)
        at, s = self._clock(), t.sessions.c
        connection.execute(t.sessions.delete().where(s.began_at <= at - sign_up.SESSION_US))
        self._take_tries_back(connection, email)
        values = {"digest": _digest(session.secret), "account": account, "began_at": at, "csrf": session.csrf}
        connection.execute(t.sessions.insert().values(**values))
        return session

    def _take_tries_back(self, connection: sa.Connection, email: str) -> None:
        connection.execute(t.wrong_passwords.delete().where(t.wrong_passwords.c.email == _digest(email)))

    def session(self, secret: str) -> Session | None:
        """The session of a cookie; None when it is over (R-01.12)."""
        s, a = t.sessions.c, t.accounts.c
        query = sa.select(s.began_at, s.csrf, s.account, a.password_set_at).join(t.accounts, a.id == s.account)
        with self._database.reading() as connection:
            row = connection.execute(query.where(s.digest == _digest(secret))).first()
        if row is None or sign_up.session_is_over(row.began_at, row.password_set_at, self._clock()):
            return None
        return Session(secret=secret, csrf=row.csrf, account=row.account)

    def sign_out(self, secret: str) -> None:
        """End a session."""
        with self._database.writing() as connection:
            connection.execute(t.sessions.delete().where(t.sessions.c.digest == _digest(secret)))

    def _count_try(self, address: str) -> None:
        """Count a try as wrong before the password is looked at, so that many at once are not more than ten; a right one takes
        them back. Raises SignInFailed while the sign-in is locked."""
        at = self._clock()
        digest = _digest(address)
        w = t.wrong_passwords.c
        query = sa.select(w.at).where(w.email == digest, w.at > at - HOUR_US).order_by(w.at)
        with self._database.writing() as connection:
            if not self._database.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({int(digest[:15], 16)})")
            until = sign_up.locked_until(list(connection.execute(query).scalars()))
            if until is not None and at < until:
                raise SignInFailed(until)
            connection.execute(t.wrong_passwords.delete().where(w.at <= at - 24 * HOUR_US))
            connection.execute(t.wrong_passwords.insert().values(email=digest, at=at))


def is_csrf(session: Session, given: str) -> bool:
    """Whether a form or request came from a page of this session."""
    return hmac.compare_digest(session.csrf.encode(), given.encode())


def _as_kept(address: str) -> str:
    try:
        return sign_up.checked_address(address)
    except AccountRefused:
        return address.strip()[:254]


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
