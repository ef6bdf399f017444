"""Bank statements taken in: each payment once, to the account whose invoice or tax number it names (R-21.6).

Decides whose money it is: the invoice's number in the purpose of payment first, else the one account that has a payer of that tax
number; nobody's waits for a person. Leaves the file's form to `payments/bank_statement.py`, crediting to `billing.py`.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from engine.contract.ids import Instant
from live_bridge.hosting import billing
from live_bridge.hosting import tables as t
from live_bridge.hosting.billing import Receipt
from live_bridge.hosting.database import Database
from live_bridge.payments import bank_statement
from live_bridge.payments.bank_statement import Transfer

BANK = "bank"


def take_in(database: Database, data: bytes, our_account: str, at: Instant) -> dict[str, int]:
    """Take in a statement; how many payments came to what. What went out, or has not come yet, is left. Raises StatementError
    before anything is booked."""
    counts: dict[str, int] = {}
    for transfer in bank_statement.parse(data):
        if transfer.recipient_account != our_account or transfer.came is None:
            how = "not_ours"
        else:
            how = _take(database, transfer, at)
        counts[how] = counts.get(how, 0) + 1
    return counts


def _take(database: Database, transfer: Transfer, at: Instant) -> str:
    receipt = Receipt(system=BANK, provider_id=transfer.id, amount=transfer.amount, at=at)

    def act(connection: sa.Connection) -> str:
        account, invoice, payer = _whose(connection, transfer)
        found = None if invoice is None else billing.read_invoice(connection, invoice)
        paying = None if account is None or payer is None else billing.payers_of(connection, account).get(payer)
        return billing.receive_transfer(connection, receipt, account, found, paying)

    return database.attempt(act)


def _whose(connection: sa.Connection, transfer: Transfer) -> tuple[int | None, int | None, int | None]:
    """Account, invoice and payer that a transfer names."""
    number = transfer.invoice_number
    if number is not None:
        i, d = t.invoices.c, t.documents.c
        query = sa.select(i.account, i.id, i.payer).join(t.documents, d.id == i.document).where(d.number == number)
        row = connection.execute(query).first()
        if row is not None:
            return row.account, row.id, row.payer
    if transfer.payer_inn:
        p = t.payers.c
        rows = connection.execute(sa.select(p.account, p.id, p.fields).where(p.kind != "private")).all()
        same = [row for row in rows if msgspec.json.decode(row.fields).get("inn") == transfer.payer_inn]
        if len({row.account for row in same}) == 1:
            return same[0].account, None, same[0].id
    return None, None, None
