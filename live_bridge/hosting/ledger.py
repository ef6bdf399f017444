"""The ledger: double entry, only ever appended to; a balance is the sum of its lines (R-21.10).

Decides that an entry's sides cancel out and that one key is booked once. Signs are those of what we owe: a customer's credit is
positive, money that lies with a bank or payment system is negative. Leaves which entries there are to who books them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import sqlalchemy as sa

from engine.account import money
from engine.contract.ids import Instant
from live_bridge.hosting import tables as t

REVENUE = "revenue"
CORRECTIONS = "corrections"
UNIDENTIFIED = "unidentified"
"""Money that came and belongs to nobody we know: a person looks at it."""


def customer(account: int, balance: str) -> str:
    """The ledger of one of an account's two balances: `pbx` or `numbers` (R-03.5)."""
    return f"customer:{account}:{balance}"


def cash(system: str) -> str:
    """The ledger of money that lies with a bank or payment system."""
    return f"cash:{system}"


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as one of its ledgers sees it."""

    id: int
    key: str
    at: Instant
    kind: str
    memo: str
    amount: Decimal


class Unbalanced(ValueError):
    """The sides of an entry do not cancel out."""


def book(
    connection: sa.Connection, key: str, at: Instant, kind: str, sides: Mapping[str, Decimal], memo: str = ""
) -> bool:
    """Append an entry; False, and nothing is booked, when its key is booked already. Raises Unbalanced."""
    if sum(sides.values(), money.ZERO) != 0:
        raise Unbalanced(f"entry {key} does not cancel out: {dict(sides)}")
    if connection.execute(sa.select(t.entries.c.id).where(t.entries.c.key == key)).first() is not None:
        return False
    made = connection.execute(t.entries.insert().values(key=key, at=at, kind=kind, memo=memo))
    entry = made.inserted_primary_key[0]  # type: ignore[index]  # an insert of one row has it
    connection.execute(
        t.lines.insert(), [{"entry": entry, "ledger": name, "amount": amount} for name, amount in sides.items()]
    )
    return True


def balance(connection: sa.Connection, ledger: str) -> Decimal:
    """The sum of a ledger."""
    query = sa.select(sa.func.sum(t.lines.c.amount, type_=t.Kopecks)).where(t.lines.c.ledger == ledger)
    found: Decimal | None = connection.execute(query).scalar()
    return money.ZERO if found is None else found


def bookings(connection: sa.Connection, ledger: str, limit: int | None = None) -> list[Booking]:
    """What changed a ledger, the latest first."""
    e, lines = t.entries.c, t.lines.c
    query = (
        sa.select(e.id, e.key, e.at, e.kind, e.memo, lines.amount)
        .join(t.lines, lines.entry == e.id)
        .where(lines.ledger == ledger)
        .order_by(e.at.desc(), e.id.desc())
        .limit(limit)
    )
    return [Booking(**row._mapping) for row in connection.execute(query)]


def faults(connection: sa.Connection) -> list[str]:
    """Keys of entries whose sides do not cancel out: there are none, whatever happened."""
    total = sa.func.sum(t.lines.c.amount, type_=sa.BigInteger)
    query = sa.select(t.entries.c.key).join(t.lines, t.lines.c.entry == t.entries.c.id).group_by(t.entries.c.key)
    return [row.key for row in connection.execute(query.having(total != 0))]
