"""Issued documents: numbered without gaps, never changed, corrected by new ones (R-20).

Decides what stands in a document and its number. The number is taken and the document written in one transaction, so that one
that fails leaves no gap and two at once wait for each other. Leaves printing to the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.account import documents, moments, money
from engine.account.documents import DocumentKind, Reconciliation, Turnover
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, ledger
from live_bridge.hosting import tables as t


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """An issued document."""

    id: int
    account: int
    payer: int | None
    kind: DocumentKind
    number: str
    issued_at: Instant
    body: dict[str, Any]
    corrects: int | None


class NoSuchPaper(PbxError):
    """There is no such document of this account."""


def issue(
    connection: sa.Connection,
    kind: DocumentKind,
    account: int,
    payer: int | None,
    at: Instant,
    body: dict[str, Any],
    *,
    corrects: int | None = None,
    key: str | None = None,
) -> int:
    """Issue a document with the next number of its kind and year, Moscow time; its id."""
    year = moments.day_of(at).year
    n = _next(connection, kind, year)
    made = connection.execute(
        t.documents.insert().values(
            account=account,
            payer=payer,
            kind=kind,
            year=year,
            n=n,
            number=documents.document_number(kind, year, n),
            issued_at=at,
            body=msgspec.json.encode(body).decode(),
            corrects=corrects,
            key=key,
        )
    )
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it


def _next(connection: sa.Connection, kind: str, year: int) -> int:
    """The next number. The row of the counter is held until the transaction ends: another one waits, or takes this number when
    this one fails."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = insert(t.document_counters).values(kind=kind, year=year, n=1)
    counted = made.on_conflict_do_update(index_elements=["kind", "year"], set_={"n": t.document_counters.c.n + 1})
    return int(connection.execute(counted.returning(t.document_counters.c.n)).scalar_one())


def read(connection: sa.Connection, account: int, id: int) -> Paper:
    """A document of an account. Raises NoSuchPaper, for another account's too."""
    d = t.documents.c
    row = connection.execute(sa.select(t.documents).where(d.id == id, d.account == account)).first()
    if row is None:
        raise NoSuchPaper(f"there is no document {id} of this account (R-20.3)")
    return _paper(row)


def papers(connection: sa.Connection, account: int, kind: DocumentKind | None = None) -> list[Paper]:
    """Documents of an account, the latest first."""
    d = t.documents.c
    query = sa.select(t.documents).where(d.account == account).order_by(d.id.desc())
    return [_paper(row) for row in connection.execute(query if kind is None else query.where(d.kind == kind))]


def _paper(row: Any) -> Paper:
    return Paper(
        id=row.id,
        account=row.account,
        payer=row.payer,
        kind=row.kind,
        number=row.number,
        issued_at=row.issued_at,
        body=msgspec.json.decode(row.body),
        corrects=row.corrects,
    )


def numbers_of(connection: sa.Connection, kind: DocumentKind, year: int) -> list[int]:
    """Every number given out, in order."""
    d = t.documents.c
    query = sa.select(d.n).where(d.kind == kind, d.year == year).order_by(d.n)
    return list(connection.execute(query).scalars())


def correct(connection: sa.Connection, account: int, id: int, at: Instant, body: dict[str, Any]) -> int:
    """Correct a document by a new one, which names it (R-20.7). Raises NoSuchPaper."""
    wrong = read(connection, account, id)
    told = {**body, "corrects": wrong.number, "issued": moments.day_of(wrong.issued_at).isoformat()}
    return issue(connection, "correction", account, wrong.payer, at, told, corrects=wrong.id)


def turnovers(connection: sa.Connection, account: int) -> list[Turnover]:
    """What changed an account's own balance, in order of time."""
    found = ledger.bookings(connection, ledger.customer(account, accounts.PBX))
    return [Turnover(at=one.at, amount=one.amount) for one in reversed(found)]


def reconciliation(
    connection: sa.Connection,
    account: int,
    payer: int,
    first: date,
    last: date,
    at: Instant,
    provider: Mapping[str, str],
) -> tuple[int, Reconciliation]:
    """The reconciliation act of a period, given on request (R-20.5)."""
    entries = turnovers(connection, account)
    sums = documents.reconcile(entries, first, last)
    lines = documents.settlement_lines(entries, first, last)
    body = {
        "provider": provider,
        "payer": payer_fields(connection, account, payer),
        "lines": [
            {"day": line.day.isoformat(), "what": line.what, "paid": str(line.paid), "charged": str(line.charged)}
            for line in lines
        ],
        "first": first.isoformat(),
        "last": last.isoformat(),
        **{name: str(value) for name, value in msgspec.structs.asdict(sums).items()},
    }
    return issue(connection, "reconciliation", account, payer, at, body), sums


def payer_fields(connection: sa.Connection, account: int, payer: int) -> dict[str, str]:
    """The fields of a payer as they are now, its kind among them. Raises NoSuchPaper."""
    p = t.payers.c
    row = connection.execute(sa.select(t.payers).where(p.id == payer, p.account == account)).first()
    if row is None:
        raise NoSuchPaper(f"there is no payer {payer} of this account (R-21.3)")
    return {"kind": row.kind, **msgspec.json.decode(row.fields, type=dict[str, str])}


def quarterly_act(connection: sa.Connection, account: int, at: Instant, provider: Mapping[str, str]) -> int | None:
    """The act of the last quarter that is over, once, for an account with a legal payer and charges in it (R-20.4)."""
    first, last = documents.act_period(at)
    key = f"act:{account}:{first.isoformat()}"
    if connection.execute(sa.select(t.documents.c.id).where(t.documents.c.key == key)).first() is not None:
        return None
    p = t.payers.c
    legal = connection.execute(
        sa.select(p.id).where(p.account == account, p.kind.in_(("legal", "foreign"))).order_by(p.id)
    ).first()
    if legal is None:
        return None
    begin, end = moments.instant_of(first), moments.end_of(last)
    found = ledger.bookings(connection, ledger.customer(account, accounts.PBX))
    amount: Decimal = -sum(
        (one.amount for one in found if one.kind in ("charge", "correction") and begin <= one.at < end), money.ZERO
    )
    if amount <= 0:
        return None
    body = {
        "provider": provider,
        "payer": payer_fields(connection, account, legal.id),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "amount": str(amount),
    }
    return issue(connection, "act", account, legal.id, at, body, key=key)
