"""The second factor of an account's sign-in: an app's codes by time, and recovery codes for who has lost it (R-01.12).

Decides that a code works once, that nothing is on before a first code has proved the app, and that the owner is told by e-mail of
every change. Codes are made by pyotp (RFC 6238). Leaves which step is taken to `engine/account/second_factor.py`, wrong tries and
passwords to `sign_in.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
import pyotp
import sqlalchemy as sa

from engine.account import second_factor as rules
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant
from engine.numbers.digits import is_digits
from live_bridge.hosting import accounts, emails
from live_bridge.hosting import tables as t
from live_bridge.hosting.database import Database

_CODE_BYTES: Final = 10
"""Of a recovery code: 80 bits, 16 letters and digits."""


class AppSecret(msgspec.Struct, frozen=True):
    """What an app is set up with: a secret to type, and the same as an address for a QR code."""

    secret: str
    address: str


class FactorState(msgspec.Struct, frozen=True):
    """Whether an account has a second factor: since when it is on, how many recovery codes are left, and an offer that waits for
    its first code."""

    on_at: Instant | None = None
    codes_left: int = 0
    offer: AppSecret | None = None


class SecondFactor:
    """Of one database. From any thread. `issuer` names the panel in apps."""

    def __init__(self, database: Database, issuer: str, clock: Callable[[], Instant]) -> None:
        self._database = database
        self._issuer = issuer
        self._clock = clock

    def state(self, account: int) -> FactorState:
        """What an account has."""
        with self._database.reading() as connection:
            row = self._row(connection, account)
            if row is None:
                return FactorState()
            if row.on_at is None:
                return FactorState(offer=self._offer(connection, account, row.secret))
            count = sa.select(sa.func.count()).where(t.recovery_codes.c.account == account)
            return FactorState(on_at=row.on_at, codes_left=connection.execute(count).scalar_one())

    def offer(self, account: int) -> AppSecret:
        """A new secret for an app; it is on when a first code of it comes. Raises AccountRefused where one is on."""
        with self._database.writing() as connection:
            row = self._row(connection, account)
            if row is not None and row.on_at is not None:
                raise AccountRefused("factor_on", "R-01.12")
            f, secret = t.second_factors.c, pyotp.random_base32()
            connection.execute(t.second_factors.delete().where(f.account == account))
            values = {"account": account, "secret": secret, "on_at": None, "last_step": 0}
            connection.execute(t.second_factors.insert().values(**values))
            return self._offer(connection, account, secret)

    def turn_on(self, account: int, code: str) -> tuple[str, ...]:
        """Switch it on by the first code; the recovery codes, which are told here and never again. Raises AccountRefused."""
        with self._database.writing() as connection:
            row = self._row(connection, account)
            if row is None or row.on_at is not None:
                raise AccountRefused("factor_on" if row is not None else "factor_off", "R-01.12")
            if not self._is_now(connection, row, code):
                raise AccountRefused("factor_code", "R-01.12")
            f = t.second_factors.c
            connection.execute(t.second_factors.update().where(f.account == account).values(on_at=self._clock()))
            self._tell(connection, account, "factor_on")
            return self._new_codes(connection, account)

    def turn_off(self, account: int) -> None:
        """Switch it off; the owner is told. Who asks has been proved by the caller. Raises AccountRefused where none is on."""
        with self._database.writing() as connection:
            row = self._row(connection, account)
            if row is None or row.on_at is None:
                raise AccountRefused("factor_off", "R-01.12")
            for table in (t.second_factors, t.recovery_codes, t.waiting_sign_ins):
                connection.execute(table.delete().where(table.c.account == account))
            self._tell(connection, account, "factor_off")

    def renew_codes(self, account: int) -> tuple[str, ...]:
        """Other recovery codes instead of those there are. Who asks has been proved by the caller. Raises AccountRefused where no
        second factor is on."""
        with self._database.writing() as connection:
            row = self._row(connection, account)
            if row is None or row.on_at is None:
                raise AccountRefused("factor_off", "R-01.12")
            return self._new_codes(connection, account)

    def is_on(self, connection: sa.Connection, account: int) -> bool:
        """Whether a password alone is not enough."""
        row = self._row(connection, account)
        return row is not None and row.on_at is not None

    def fits(self, connection: sa.Connection, account: int, code: str) -> bool:
        """Whether this is a code of now that was not used, or a recovery code; it is used up."""
        row = self._row(connection, account)
        if row is None or row.on_at is None:
            return False
        return self._is_now(connection, row, code) or self._is_recovery(connection, account, code)

    # --- codes -------------------------------------------------------------------------------------------------------

    def _is_now(self, connection: sa.Connection, row: sa.Row[tuple[object, ...]], code: str) -> bool:
        given = "".join(code.split())
        if not is_digits(given) or len(given) != rules.DIGITS:
            return False
        made = pyotp.TOTP(row.secret, digits=rules.DIGITS, interval=rules.STEP_S)
        steps = rules.steps_taken(self._clock())
        step = rules.accepted(
            [step for step in steps if hmac.compare_digest(made.generate_otp(step), given)], row.last_step
        )
        if step is None:
            return False
        f = t.second_factors.c
        connection.execute(t.second_factors.update().where(f.account == row.account).values(last_step=step))
        return True

    def _is_recovery(self, connection: sa.Connection, account: int, code: str) -> bool:
        c = t.recovery_codes.c
        used = connection.execute(t.recovery_codes.delete().where(c.digest == _digest(code), c.account == account))
        if used.rowcount != 1:
            return False
        self._tell(connection, account, "factor_recovery")
        return True

    def _new_codes(self, connection: sa.Connection, account: int) -> tuple[str, ...]:
        connection.execute(t.recovery_codes.delete().where(t.recovery_codes.c.account == account))
        codes = tuple(_written(secrets.token_bytes(_CODE_BYTES)) for _ in range(rules.RECOVERY_CODES))
        rows = [{"digest": _digest(code), "account": account} for code in codes]
        connection.execute(t.recovery_codes.insert(), rows)
        return codes

    # --- the row -----------------------------------------------------------------------------------------------------

    def _row(self, connection: sa.Connection, account: int) -> sa.Row[tuple[object, ...]] | None:
        query = sa.select(t.second_factors).where(t.second_factors.c.account == account)
        return connection.execute(query.with_for_update()).first()

    def _offer(self, connection: sa.Connection, account: int, secret: str) -> AppSecret:
        name = accounts.read(connection, account).name
        made = pyotp.TOTP(secret, digits=rules.DIGITS, interval=rules.STEP_S)
        return AppSecret(secret=secret, address=made.provisioning_uri(name=name, issuer_name=self._issuer))

    def _tell(self, connection: sa.Connection, account: int, purpose: str) -> None:
        found = accounts.read(connection, account)
        emails.write(connection, found.email, purpose, found.language, self._clock(), name=found.name)


def _written(code: bytes) -> str:
    """A recovery code as people write it down."""
    text = base64.b32encode(code).decode().lower()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def _digest(code: str) -> str:
    """Of a recovery code, however it was typed."""
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.sha256(f"recovery {typed}".encode(errors="replace")).hexdigest()
