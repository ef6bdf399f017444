"""Accounts in the database: their standing, read and written as the rules of `engine/account/standing.py` decide.

Decides that nobody else changes an account while it is being changed, and that a balance is the sum of its ledger. Leaves
payments to `billing.py`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from engine.account import sign_up, standing
from engine.account.confirmation import ConfirmationState
from engine.account.refusals import AccountRefused
from engine.account.standing import Standing
from engine.account.tariff import Holdings
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from live_bridge.hosting import ledger
from live_bridge.hosting import tables as t

PBX: Final = "pbx"
NUMBERS: Final = "numbers"
"""The two balances of an account (R-03.5)."""


class NoSuchAccount(PbxError):
    """There is no account of that name or id."""


class CustomerAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is now."""

    id: int
    name: str
    email: str
    server: str
    language: str
    contact: dict[str, str]
    holdings: Holdings
    standing: Standing
    charged_until: Instant
    confirmation: ConfirmationState
    confirmation_sent_at: Instant | None


def find(connection: sa.Connection, name: str) -> CustomerAccount:
    """The account of a name. Raises NoSuchAccount."""
    return _one(connection, t.accounts.c.name == name.strip().lower(), name, lock=False)


def read(connection: sa.Connection, id: int) -> CustomerAccount:
    """The account of an id. Raises NoSuchAccount."""
    return _one(connection, t.accounts.c.id == id, str(id), lock=False)


def take(connection: sa.Connection, id: int) -> CustomerAccount:
    """The same, held until the transaction ends: nobody else changes it meanwhile."""
    return _one(connection, t.accounts.c.id == id, str(id), lock=True)


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool], wanted: str, lock: bool) -> CustomerAccount:
    query = sa.select(t.accounts).where(condition)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NoSuchAccount(f"there is no account {wanted}")
    return _account(row, connection)


def _account(row: Any, connection: sa.Connection) -> CustomerAccount:
    return CustomerAccount(
        id=row.id,
        name=row.name,
        email=row.email,
        server=row.server,
        language=row.language,
        contact=msgspec.json.decode(row.contact, type=dict[str, str]),
        holdings=msgspec.json.decode(row.holdings, type=Holdings),
        standing=Standing(
            state=row.state,
            since=row.since,
            registered_at=row.registered_at,
            trial_ends_at=row.trial_ends_at,
            balance=ledger.balance(connection, ledger.customer(row.id, PBX)),
            paid_at=row.paid_at,
            extended_at=row.extended_at,
        ),
        charged_until=row.charged_until,
        confirmation=row.confirmation,
        confirmation_sent_at=row.confirmation_sent_at,
    )


def everybody(connection: sa.Connection) -> list[int]:
    """Ids of all accounts, the oldest first."""
    return list(connection.execute(sa.select(t.accounts.c.id).order_by(t.accounts.c.id)).scalars())


def keep(connection: sa.Connection, id: int, after: Standing, **more: object) -> None:
    """Write a standing, the balance apart: that is in the ledger already."""
    connection.execute(
        t.accounts.update()
        .where(t.accounts.c.id == id)
        .values(state=after.state, since=after.since, paid_at=after.paid_at, extended_at=after.extended_at, **more)
    )


def open_account(
    connection: sa.Connection,
    at: Instant,
    *,
    name: str,
    email: str,
    password: str,
    server: str,
    contact: dict[str, str],
    language: str = "ru",
    trial_us: int = standing.TRIAL_US,
) -> int:
    """A new account in its trial; `password` is the hash. Raises AccountRefused for a name that is taken (R-01.6)."""
    name = sign_up.account_name(name)
    if connection.execute(sa.select(t.accounts.c.id).where(t.accounts.c.name == name)).first() is not None:
        raise AccountRefused("account_taken", "R-01.6", given=name)
    begins = standing.opened(at, trial_us)
    made = connection.execute(
        t.accounts.insert().values(
            name=name,
            email=email,
            password=password,
            password_set_at=at,
            server=server,
            contact=msgspec.json.encode(contact).decode(),
            language=language,
            holdings=msgspec.json.encode(Holdings()).decode(),
            state=begins.state,
            since=at,
            registered_at=at,
            trial_ends_at=begins.trial_ends_at,
            charged_until=at,
            confirmation="none",
        )
    )
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it


def set_holdings(connection: sa.Connection, id: int, holdings: Holdings) -> None:
    """What the account has from now on; the next day's charge is for these (R-21.10)."""
    values = msgspec.json.encode(holdings).decode()
    connection.execute(t.accounts.update().where(t.accounts.c.id == id).values(holdings=values))


def extend(connection: sa.Connection, id: int, at: Instant) -> Standing:
    """The button «Продлить на 24 часа» (R-22). Raises AccountRefused."""
    account = take(connection, id)
    after = standing.extended(account.standing, at)
    keep(connection, id, after)
    return after
