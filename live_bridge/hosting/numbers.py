"""Numbers bought from the partner operator: buying, monthly fees, loss (R-03.2 to R-03.8).

Decides bookings and what is held. Leaves rules to `engine/account/bought_numbers.py`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from engine.account import bought_numbers, moments
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, billing, ledger
from live_bridge.hosting import tables as t
from live_bridge.hosting.accounts import NUMBERS

PARTNER = "partner"
"""The ledger of what the partner operator gets."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A free number of the partner's."""

    number: str
    city: str
    fee: Decimal
    """RUB a month."""


class BoughtNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of an account."""

    id: int
    account: int
    number: str
    city: str
    trunk: str
    fee: Decimal
    bought_at: Instant
    paid_until: date
    """The last day that is paid."""
    lost_at: Instant | None


def buy(connection: sa.Connection, id: int, offer: Offer, at: Instant) -> int:
    """Buy a number: the fee of the first month is charged at once (R-03.5). Raises AccountRefused."""
    if accounts.take(connection, id).standing.state == "closed":
        raise AccountRefused("closed", "R-01.9")
    bought_numbers.check_purchase(billing.number_balance(connection, id), offer.fee)
    taken = connection.execute(sa.select(t.numbers.c.id).where(t.numbers.c.held == offer.number)).first()
    if taken is not None:
        raise AccountRefused("number_taken", "R-03.4", given=offer.number)
    today = moments.day_of(at)
    made = connection.execute(
        t.numbers.insert().values(
            account=id,
            number=offer.number,
            city=offer.city,
            trunk=f"bought{offer.number}",
            fee=offer.fee,
            bought_at=at,
            paid_until=bought_numbers.paid_until(today).isoformat(),
            held=offer.number,
        )
    )
    number = int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it
    _charge(connection, id, number, offer.fee, today, at)
    return number


def held_by(connection: sa.Connection, id: int) -> list[BoughtNumber]:
    """Numbers that an account holds."""
    c = t.numbers.c
    rows = connection.execute(sa.select(t.numbers).where(c.account == id, c.lost_at.is_(None)).order_by(c.id))
    return [_number(row) for row in rows]


def all_of(connection: sa.Connection, id: int) -> list[BoughtNumber]:
    """The same, and those that were taken away."""
    rows = connection.execute(sa.select(t.numbers).where(t.numbers.c.account == id).order_by(t.numbers.c.id))
    return [_number(row) for row in rows]


def unattached(connection: sa.Connection) -> list[BoughtNumber]:
    """Numbers that are held and not yet a trunk of their PBX, the oldest first."""
    c = t.numbers.c
    query = sa.select(t.numbers).where(c.lost_at.is_(None), c.attached_at.is_(None))
    return [_number(row) for row in connection.execute(query.order_by(c.id))]


def unreleased(connection: sa.Connection) -> list[BoughtNumber]:
    """Numbers that were taken away and that the operator does not have back, unless somebody else holds them by now."""
    c = t.numbers.c
    held = sa.select(c.held).where(c.held.is_not(None))
    query = sa.select(t.numbers).where(c.lost_at.is_not(None), c.released_at.is_(None), c.number.not_in(held))
    return [_number(row) for row in connection.execute(query.order_by(c.id))]


def give_up(connection: sa.Connection, one: BoughtNumber, at: Instant) -> None:
    """A number that the operator does not give after all: its fee goes back, once."""
    accounts.take(connection, one.account)
    sides = {ledger.customer(one.account, NUMBERS): one.fee, PARTNER: -one.fee}
    ledger.book(connection, f"refund:{one.id}", at, "refund", sides, one.number)
    connection.execute(t.numbers.update().where(t.numbers.c.id == one.id).values(lost_at=at, released_at=at, held=None))


def give_back(connection: sa.Connection, id: int, at: Instant) -> None:
    """All numbers of an account go back to the operator; fees that were paid stay paid."""
    c = t.numbers.c
    held = (c.account == id, c.lost_at.is_(None))
    connection.execute(t.numbers.update().where(*held).values(lost_at=at, held=None))


def run(connection: sa.Connection, id: int, at: Instant) -> None:
    """Charge the months that begin, where the balance has the fee, and take away what was not paid for two months (R-03.8)."""
    accounts.take(connection, id)
    today = moments.day_of(at)
    for one in held_by(connection, id):
        paid_until = one.paid_until
        if bought_numbers.is_lost(paid_until, at):
            lost_at = bought_numbers.lost_at(paid_until)
            c = t.numbers.c
            connection.execute(t.numbers.update().where(c.id == one.id).values(lost_at=lost_at, held=None))
            continue
        while paid_until < today and billing.number_balance(connection, id) >= one.fee:
            begins = date.fromordinal(paid_until.toordinal() + 1)
            _charge(connection, id, one.id, one.fee, begins, at)
            paid_until = bought_numbers.paid_until(begins)
            connection.execute(
                t.numbers.update().where(t.numbers.c.id == one.id).values(paid_until=paid_until.isoformat())
            )


def unpaid_trunks(connection: sa.Connection, id: int, at: Instant) -> list[str]:
    """Keys of bought trunks whose calls are barred: the balance is used up, or the month was not paid (R-03.6)."""
    empty = bought_numbers.is_unpaid(billing.number_balance(connection, id))
    today = moments.day_of(at)
    return [one.trunk for one in held_by(connection, id) if empty or one.paid_until < today]


def _charge(connection: sa.Connection, id: int, number: int, fee: Decimal, begins: date, at: Instant) -> None:
    sides = {ledger.customer(id, NUMBERS): -fee, PARTNER: fee}
    ledger.book(connection, f"fee:{number}:{begins.isoformat()}", at, "fee", sides, begins.isoformat())


def _number(row: Any) -> BoughtNumber:
    values = {name: row._mapping[name] for name in BoughtNumber.__struct_fields__}
    return BoughtNumber(**{**values, "paid_until": date.fromisoformat(row.paid_until)})
