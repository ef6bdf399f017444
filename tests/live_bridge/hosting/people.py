"""Accounts and payers for tests of the hosting process."""

from __future__ import annotations

import itertools
import os
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.account import invoices
from engine.account.tariff import Holdings, PriceList
from engine.contract.ids import SECOND_US, Instant
from live_bridge.hosting import accounts, billing
from live_bridge.hosting.billing import Invoice
from live_bridge.hosting.database import Database

DAY_US = 86_400 * SECOND_US
_names = itertools.count()

PROVIDER = {"name": "ООО «Хостинг»", "inn": "7700000000"}
PRICES = PriceList(account=Decimal(300), user=Decimal(150), trunk=Decimal(100))


def at(text: str) -> Instant:
    """An instant from Moscow time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Moscow")).timestamp()) * SECOND_US


def day(when: Instant) -> date:
    """Its day in Moscow."""
    return datetime.fromtimestamp(when / SECOND_US, ZoneInfo("Europe/Moscow")).date()


START = at("2026-10-01 12:00:00")


def account(database: Database, when: Instant = START, users: int = 0) -> int:
    """A new account of its own name."""
    name = f"t{os.getpid()}n{next(_names)}"
    with database.writing() as connection:
        id = accounts.open_account(
            connection, when, name=name, email=f"{name}@example.org", password="-", server="moscow", contact={}
        )
        accounts.set_holdings(connection, id, Holdings(users=users))
    return id


def payer(database: Database, id: int, kind: invoices.PayerKind = "private") -> int:
    """A whole payer."""
    fields = dict.fromkeys(invoices.NEEDED[kind], "x")
    if kind == "private":
        fields["phone"] = "+79161234567"
    with database.writing() as connection:
        return billing.add_payer(connection, id, START, kind, fields)


def invoice(
    database: Database, id: int, of: int, amount: str, when: Instant = START, balance: billing.Balance = "pbx"
) -> Invoice:
    """An invoice of an amount."""
    with database.writing() as connection:
        return billing.make_invoice(connection, id, of, Decimal(amount), when, PROVIDER, balance)


def set_prices(database: Database, prices: PriceList = PRICES) -> None:
    """The price list, from long ago."""
    with database.writing() as connection:
        connection.execute(sa.text("DELETE FROM price_changes"))
        billing.set_prices(connection, at("2020-01-01 00:00:00"), prices)


def standing(database: Database, id: int) -> accounts.CustomerAccount:
    """An account as it is in the database."""
    with database.reading() as connection:
        return accounts.read(connection, id)


def top_up(database: Database, id: int, amount: str, when: Instant = START) -> None:
    """A payment without invoice."""
    one = billing.Receipt(system="bank", provider_id=f"top-up {id} {next(_names)}", amount=Decimal(amount), at=when)
    with database.writing() as connection:
        billing.receive_transfer(connection, one, id, None, None)
