"""The end of an account: closed for ever, by its owner or by the provider (R-01.9).

Decides what goes and what stays. Its charges until now are booked; its numbers go back to the operator; unpaid invoices and
scans are deleted; its bridge is told by `telling.py` and stopped by `bridges.py`. The ledger, issued documents, the folder of the
PBX and its recordings stay, as does the sign-in to read them; what is left of the balances is settled by people.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.account import moments, money, standing
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, billing, emails, ledger, numbers
from live_bridge.hosting import tables as t
from live_bridge.hosting.accounts import NUMBERS, PBX


def close(connection: sa.Connection, id: int, at: Instant, zone: str = moments.MOSCOW) -> None:
    """Close an account; one that is closed already stays as it is."""
    account = billing.settle(connection, id, at, zone)
    if account.standing.state == "closed":
        return
    accounts.keep(connection, id, standing.closed(account.standing, at))
    numbers.give_back(connection, id, at)
    billing.delete_unpaid(connection, id, at, at)
    connection.execute(t.scans.delete().where(t.scans.c.account == id))
    pbx, of_numbers = (
        money.written(ledger.balance(connection, ledger.customer(id, one)), account.language) for one in (PBX, NUMBERS)
    )
    emails.write(
        connection, account.email, "closed", account.language, at, name=account.name, when=moments.written(at),
        balance=pbx, numbers=of_numbers,
    )  # fmt: skip
