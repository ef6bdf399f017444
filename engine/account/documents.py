"""Billing documents: their numbers, the periods of acts, and a reconciliation's sums (R-20).

Decides what a document says. Leaves storing and printing it to the hosting process, which never changes one that was issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal

import msgspec

from engine.account import moments, money
from engine.contract.ids import Instant

DocumentKind = Literal["invoice", "act", "reconciliation", "correction"]
PREFIX: Final[dict[DocumentKind, str]] = {"invoice": "С", "act": "А", "reconciliation": "СВ", "correction": "К"}
"""First letters of a number by kind: счёт, акт, сверка, корректировка. There is no VAT invoice (R-20.6)."""


def document_number(kind: DocumentKind, year: int, n: int) -> str:
    """A number as it stands on the document: counted per kind and year, from 1, without gaps (R-20.7).

    >>> document_number("invoice", 2026, 42)
    'С-2026-000042'
    """
    return f"{PREFIX[kind]}-{year}-{n:06}"


def gaps(numbers: Iterable[int]) -> list[int]:
    """Numbers that are missing between 1 and the largest.

    >>> gaps([1, 2, 5])
    [3, 4]
    """
    known = set(numbers)
    return [n for n in range(1, max(known, default=0)) if n not in known]


def act_period(at: Instant) -> tuple[date, date]:
    """The quarter that the act due at an instant is for: the last one that is over, Moscow time (R-20.4)."""
    first, _ = moments.quarter_of(moments.day_of(at))
    return moments.quarter_of(date.fromordinal(first.toordinal() - 1))


class Turnover(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changed a balance: a payment above zero, a charge below."""

    at: Instant
    amount: Decimal


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """Mutual settlements of a period (R-20.5): the customer's money at its beginning and end, and what came and went."""

    opening: Decimal
    paid: Decimal
    charged: Decimal
    closing: Decimal


def reconcile(entries: Sequence[Turnover], first: date, last: date) -> Reconciliation:
    """The sums of a period, both days included, Moscow time."""
    begin, end = moments.instant_of(first), moments.end_of(last)
    opening = sum((one.amount for one in entries if one.at < begin), money.ZERO)
    within = [one.amount for one in entries if begin <= one.at < end]
    paid = sum((amount for amount in within if amount > 0), money.ZERO)
    charged = -sum((amount for amount in within if amount < 0), money.ZERO)
    return Reconciliation(opening=opening, paid=paid, charged=charged, closing=opening + paid - charged)


class SettlementLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a reconciliation: a payment on its day, or what a month was charged, on its last day within the period."""

    day: date
    what: Literal["payment", "services"]
    paid: Decimal = money.ZERO
    charged: Decimal = money.ZERO


def settlement_lines(entries: Sequence[Turnover], first: date, last: date) -> list[SettlementLine]:
    """The lines of a period, both days included, in order of time; their sums are those of `reconcile`."""
    charged: dict[date, Decimal] = {}
    found = []
    for one in entries:
        day = moments.day_of(one.at)
        if not first <= day <= last:
            continue
        if one.amount > 0:
            found.append(SettlementLine(day=day, what="payment", paid=one.amount))
        else:
            end = min(last, day.replace(day=moments.days_in_month(day)))
            charged[end] = charged.get(end, money.ZERO) - one.amount
    found += [SettlementLine(day=day, what="services", charged=amount) for day, amount in charged.items()]
    return sorted(found, key=lambda line: (line.day, line.what))
