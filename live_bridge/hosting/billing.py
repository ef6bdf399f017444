"""Charges and payments of accounts, booked once whatever happens (R-21).

Decides what is booked when, and that every change of an account begins with the charges that fell due before it, each at its
own instant: so the same money comes out whenever the daily run runs. Leaves rules to `engine/account/`, signatures and forms of
payment systems to `payments/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from engine.account import confirmation, invoices, moments, money, standing, states, tariff
from engine.account.invoices import CardPayment, Payer, PayerKind
from engine.account.refusals import AccountRefused
from engine.account.tariff import PriceChange, PriceList
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, emails, ledger, papers
from live_bridge.hosting import tables as t
from live_bridge.hosting.accounts import NUMBERS, PBX, CustomerAccount

Balance = Literal["pbx", "numbers"]
How = Literal["with_invoice", "without_invoice", "repeated", "wrong_amount", "unknown_invoice", "unidentified"]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came, as a payment system or bank tells it. `provider_id` is its own id of it."""

    system: str
    provider_id: str
    amount: Decimal
    at: Instant


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice and its life."""

    id: int
    account: int
    payer: int
    document: int
    balance: Balance
    amount: Decimal
    created_at: Instant
    state: str
    changed_at: Instant


class NoSuchInvoice(PbxError):
    """There is no such invoice of this account."""


# --- prices and charges ----------------------------------------------------------------------------------------------


def set_prices(connection: sa.Connection, at: Instant, prices: PriceList) -> None:
    """A new price list; it holds from the charge of the next day (R-21.10)."""
    connection.execute(t.prices.insert().values(at=at, prices=msgspec.json.encode(prices).decode()))


def price_changes(connection: sa.Connection) -> list[PriceChange]:
    """Every price list there was, in order of time; one that costs nothing where none was ever set."""
    rows = connection.execute(sa.select(t.prices).order_by(t.prices.c.at, t.prices.c.id))
    found = [PriceChange(at=row.at, prices=msgspec.json.decode(row.prices, type=PriceList)) for row in rows]
    return found or [PriceChange(at=0, prices=PriceList())]


def settle(
    connection: sa.Connection,
    id: int,
    at: Instant,
    zone: str = moments.MOSCOW,
    changes: Sequence[PriceChange] | None = None,
) -> CustomerAccount:
    """Hold an account, book the charges that fell due, and bring its standing to an instant."""
    account = accounts.take(connection, id)
    found = account.standing
    due = moments.charges_due(account.charged_until, at, zone)
    if due and changes is None:
        changes = price_changes(connection)
    for day, when in due:
        found = standing.at_time(found, when)
        if found.state not in states.CHARGED:
            continue
        assert changes is not None
        amount = tariff.day_charge(tariff.in_force(changes, day, zone).month(account.holdings), day)
        if amount:
            sides = {ledger.customer(id, PBX): -amount, ledger.REVENUE: amount}
            ledger.book(connection, f"charge:{id}:{day.isoformat()}", when, "charge", sides, day.isoformat())
        found = standing.charged(found, when, amount)
    found = standing.at_time(found, at)
    until = max(account.charged_until, at)
    if found != account.standing or due:
        accounts.keep(connection, id, found, charged_until=until)
    if found.state == "blocked_debt" != account.standing.state:
        _tell_blocked(connection, account, found, at)
    return msgspec.structs.replace(account, standing=found, charged_until=until)


def _tell_blocked(connection: sa.Connection, account: CustomerAccount, found: standing.Standing, at: Instant) -> None:
    """The owner learns what a block means and until when programs may ask (R-01.10, R-01.11)."""
    api_until = standing.api_ends_at(found)
    assert api_until is not None
    emails.write(
        connection, account.email, "blocked", account.language, at,
        name=account.name, balance=money.written(found.balance, account.language), since=moments.written(found.since),
        api_until=moments.written(api_until),
    )  # fmt: skip


def month_charge(
    connection: sa.Connection, account: CustomerAccount, at: Instant, zone: str = moments.MOSCOW
) -> Decimal:
    """The monthly charge now, by the prices that the next charge takes."""
    day = moments.day_of(at, zone)
    return tariff.in_force(price_changes(connection), day, zone).month(account.holdings)


def correct(connection: sa.Connection, id: int, at: Instant, amount: Decimal, key: str, memo: str) -> bool:
    """A correction of the balance, either way, once by its key."""
    account = settle(connection, id, at)
    sides = {ledger.customer(id, PBX): amount, ledger.CORRECTIONS: -amount}
    if not ledger.book(connection, f"correction:{key}", at, "correction", sides, memo):
        return False
    accounts.keep(connection, id, standing.corrected(account.standing, at, amount))
    return True


# --- payers and invoices ---------------------------------------------------------------------------------------------


def add_payer(connection: sa.Connection, id: int, at: Instant, kind: PayerKind, fields: dict[str, str]) -> int:
    """A payer of an account (R-21.3); what is missing is asked for when an invoice is made."""
    values = msgspec.json.encode(fields).decode()
    made = connection.execute(t.payers.insert().values(account=id, kind=kind, fields=values, created_at=at))
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it


def change_payer(connection: sa.Connection, id: int, payer: int, fields: dict[str, str]) -> None:
    """New fields of a payer; documents issued before keep the old ones. Raises NoSuchPaper."""
    papers.payer_fields(connection, id, payer)
    values = msgspec.json.encode(fields).decode()
    connection.execute(t.payers.update().where(t.payers.c.id == payer).values(fields=values))


def payers_of(connection: sa.Connection, id: int) -> dict[int, Payer]:
    """Payers of an account."""
    rows = connection.execute(sa.select(t.payers).where(t.payers.c.account == id).order_by(t.payers.c.id))
    return {row.id: Payer(kind=row.kind, fields=msgspec.json.decode(row.fields)) for row in rows}


def make_invoice(
    connection: sa.Connection,
    id: int,
    payer: int | None,
    amount: Decimal,
    at: Instant,
    provider: dict[str, str],
    balance: Balance = PBX,
) -> Invoice:
    """An invoice with its document (R-20.3). Raises AccountRefused."""
    account = settle(connection, id, at)
    if account.standing.state == "closed":
        raise AccountRefused("closed", "R-01.9")
    known = payers_of(connection, id)
    found = None if payer is None else known.get(payer)
    month = month_charge(connection, account, at) if found is not None and found.kind == "foreign" else money.ZERO
    invoices.check_invoice(found, amount, month)
    assert payer is not None
    body = {
        "provider": provider,
        "payer": papers.payer_fields(connection, id, payer),
        "balance": balance,
        "amount": str(amount),
        "vat": "без НДС",
        "account": account.name,
    }
    document = papers.issue(connection, "invoice", id, payer, at, body)
    made = connection.execute(
        t.invoices.insert().values(
            account=id,
            payer=payer,
            document=document,
            balance=balance,
            amount=amount,
            created_at=at,
            state="open",
            changed_at=at,
        )
    )
    return read_invoice(connection, int(made.inserted_primary_key[0]), id)  # type: ignore[index]  # as above


def read_invoice(connection: sa.Connection, invoice: int, id: int | None = None) -> Invoice:
    """An invoice, of one account or of any. Raises NoSuchInvoice."""
    row = connection.execute(sa.select(t.invoices).where(t.invoices.c.id == invoice)).first()
    if row is None or id not in (None, row.account):
        raise NoSuchInvoice(f"there is no invoice {invoice} of this account (R-20.3)")
    return _invoice(row)


def invoices_of(connection: sa.Connection, id: int) -> list[Invoice]:
    """Invoices of an account that were not deleted, the latest first."""
    c = t.invoices.c
    rows = connection.execute(sa.select(t.invoices).where(c.account == id, c.state != "deleted").order_by(c.id.desc()))
    return [_invoice(row) for row in rows]


def _invoice(row: Any) -> Invoice:
    return Invoice(**{name: row._mapping[name] for name in Invoice.__struct_fields__})


def begin_card(connection: sa.Connection, id: int, invoice: int, at: Instant, rub_per_usd: Decimal) -> Invoice:
    """A payment of an invoice by card is begun. For the balance of numbers, what was begun or paid today counts against the limit
    (R-03.13). Raises AccountRefused."""
    accounts.take(connection, id)
    found = read_invoice(connection, invoice, id)
    if found.state == "paid":
        raise AccountRefused("invoice_paid", "R-21.6")
    if found.state == "deleted":
        raise AccountRefused("invoice_gone", "R-21.7")
    c = t.invoices.c
    rows = connection.execute(
        sa.select(t.invoices).where(
            c.account == id, c.balance == NUMBERS, c.card_at.is_not(None), c.id != invoice, c.state != "deleted"
        )
    )
    begun = [CardPayment(at=row.card_at, amount=row.amount, rub_per_usd=Decimal(row.rub_per_usd)) for row in rows]
    if found.balance == NUMBERS:
        invoices.check_card(begun, CardPayment(at=at, amount=found.amount, rub_per_usd=rub_per_usd))
    connection.execute(t.invoices.update().where(c.id == invoice).values(card_at=at, rub_per_usd=str(rub_per_usd)))
    return found


def delete_overdue(connection: sa.Connection, id: int, at: Instant) -> int:
    """Delete unpaid invoices of 60 days, as the daily run does (R-21.7); how many they were. Their documents stay: numbers have
    no gaps."""
    return delete_unpaid(connection, id, at, at - invoices.INVOICE_LIFE_US)


def delete_unpaid(connection: sa.Connection, id: int, at: Instant, made_until: Instant) -> int:
    """Delete unpaid invoices that were made until an instant; how many they were. What is paid for one later is credited without
    invoice."""
    accounts.take(connection, id)
    c = t.invoices.c
    these = (c.account == id, c.state == "open", c.created_at <= made_until)
    return connection.execute(t.invoices.update().where(*these).values(state="deleted", changed_at=at)).rowcount


# --- money that comes ------------------------------------------------------------------------------------------------


def receive(connection: sa.Connection, receipt: Receipt, invoice: int) -> How:
    """A genuine notice of a payment system for an invoice (R-21.12): credited once, in its own amount, without invoice when that
    was deleted or paid already."""
    try:
        found = read_invoice(connection, invoice)
    except NoSuchInvoice:
        return "unknown_invoice"
    accounts.take(connection, found.account)
    found = read_invoice(connection, invoice)
    how = invoices.crediting(found.state, found.amount, is_known(connection, receipt), receipt.amount)
    if how in ("with_invoice", "without_invoice"):
        _credit(connection, found.account, receipt, found.balance, how, found if how == "with_invoice" else None)
    return how


def receive_transfer(
    connection: sa.Connection, receipt: Receipt, id: int | None, invoice: Invoice | None, payer: Payer | None
) -> How:
    """A bank transfer: it pays the invoice it names if the amount is the same, is credited without one otherwise; what is
    nobody's, or less than a foreign company must pay (R-21.8), waits for a person."""
    if id is not None:
        accounts.take(connection, id)
    if is_known(connection, receipt):
        return "repeated"
    if id is not None and payer is not None and payer.kind == "foreign":
        account = settle(connection, id, receipt.at)
        if receipt.amount < tariff.yearly(month_charge(connection, account, receipt.at)):
            id = None
    if id is None:
        sides = {ledger.cash(receipt.system): -receipt.amount, ledger.UNIDENTIFIED: receipt.amount}
        ledger.book(connection, _key(receipt), receipt.at, "payment", sides, receipt.provider_id)
        _keep(connection, receipt, None, None, "unidentified")
        return "unidentified"
    if invoice is not None:
        invoice = read_invoice(connection, invoice.id)
    pays = invoice is not None and invoice.state == "open" and invoice.amount == receipt.amount
    how: How = "with_invoice" if pays else "without_invoice"
    _credit(connection, id, receipt, PBX if invoice is None else invoice.balance, how, invoice if pays else None)
    return how


def is_known(connection: sa.Connection, receipt: Receipt) -> bool:
    """Whether this money was taken in before."""
    c = t.payments.c
    query = sa.select(c.id).where(c.system == receipt.system, c.provider_id == receipt.provider_id)
    return connection.execute(query).first() is not None


def _credit(
    connection: sa.Connection, id: int, receipt: Receipt, balance: Balance, how: How, invoice: Invoice | None
) -> None:
    account = settle(connection, id, receipt.at)
    sides = {ledger.cash(receipt.system): -receipt.amount, ledger.customer(id, balance): receipt.amount}
    ledger.book(connection, _key(receipt), receipt.at, "payment", sides, receipt.provider_id)
    _keep(connection, receipt, id, invoice, how)
    if invoice is not None:
        c = t.invoices.c
        connection.execute(t.invoices.update().where(c.id == invoice.id).values(state="paid", changed_at=receipt.at))
    if balance == PBX:
        accounts.keep(connection, id, standing.paid(account.standing, receipt.at, receipt.amount))
    payer = None if invoice is None else payers_of(connection, id).get(invoice.payer)
    if payer is not None and payer.kind != "private":
        after = confirmation.confirmation_after(account.confirmation, "legal_paid")
        connection.execute(t.accounts.update().where(t.accounts.c.id == id).values(confirmation=after))


def _keep(connection: sa.Connection, receipt: Receipt, id: int | None, invoice: Invoice | None, how: How) -> None:
    connection.execute(
        t.payments.insert().values(
            account=id,
            invoice=None if invoice is None else invoice.id,
            system=receipt.system,
            provider_id=receipt.provider_id,
            amount=receipt.amount,
            at=receipt.at,
            how=how,
        )
    )


def _key(receipt: Receipt) -> str:
    return f"payment:{receipt.system}:{receipt.provider_id}"


def number_balance(connection: sa.Connection, id: int) -> Decimal:
    """The balance for bought numbers (R-03.5)."""
    return ledger.balance(connection, ledger.customer(id, NUMBERS))
