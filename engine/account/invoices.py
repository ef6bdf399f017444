"""Payers, invoices and their life, and what may be paid by card (R-21.3 to R-21.9, R-03.13).

Decides whether an invoice may be made, when an unpaid one is deleted, what a payment's notice does to it, and what a card may pay
today. Leaves amounts to `tariff.py`, and booking to the hosting process.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import msgspec

from engine.account import moments, tariff
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits

INVOICE_LIFE_US: Final = 60 * moments.DAY_US
"""R-21.7: 60 times 24 h; the next daily run after that deletes it."""

CARD_LIMIT_USD: Final = Decimal("100.00")
"""R-03.13: a day, per account."""

BANK_DAYS: Final = 3
"""Working days that a bank operation may take (R-21.6)."""

PayerKind = Literal["private", "legal", "foreign"]
INVOICE_STATES: Final = ("open", "paid", "deleted")

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "private": ("name", "phone"),
    "legal": ("name", "inn", "address", "bank", "bic", "bank_account", "delivery_address"),
    "foreign": ("name", "country", "registration_number", "address", "bank", "bank_account", "delivery_address"),
}
"""Fields of a payer without which no invoice is made (R-21.4, R-21.5)."""

OPTIONAL: Final[dict[str, tuple[str, ...]]] = {"private": (), "legal": ("kpp",), "foreign": ("bic",)}
"""Fields that a payer may have besides: sole traders have no KPP."""

MOBILE_DIGITS: Final = 10


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays: a person, a Russian company or sole trader, a foreign one."""

    kind: PayerKind
    fields: dict[str, str]


def fields_of(payer: Payer) -> tuple[str, ...]:
    """Fields that a payer is asked for, in order."""
    return (*NEEDED[payer.kind], *OPTIONAL[payer.kind])


def missing_fields(payer: Payer) -> list[str]:
    """Fields without which no invoice is made for a payer."""
    return [name for name in NEEDED[payer.kind] if not payer.fields.get(name, "").strip()]


def is_mobile(number: str) -> bool:
    """Whether it is a mobile number of Russia in any form (R-21.4).

    >>> is_mobile("+7 916 123-45-67"), is_mobile("84951234567")
    (True, False)
    """
    digits = phone_numbers.cleaned(number) or ""
    bare = digits.removeprefix("+")
    return (
        is_digits(bare)
        and len(bare) in (MOBILE_DIGITS, MOBILE_DIGITS + 1)
        and bare[-MOBILE_DIGITS] == "9"
        and (len(bare) == MOBILE_DIGITS or bare[0] in "78")
    )


def check_invoice(payer: Payer | None, amount: Decimal, month: Decimal) -> None:
    """Whether a payer may be given an invoice of an amount. `month` is the monthly charge now. Raises AccountRefused."""
    if payer is None:
        raise AccountRefused("payer_missing", "R-21.3")
    missing = missing_fields(payer)
    if payer.kind == "private" and "phone" in missing:
        raise AccountRefused("mobile_missing", "R-21.4")
    if missing:
        raise AccountRefused("payer_incomplete", "R-21.5", given=", ".join(missing))
    if payer.kind == "private" and not is_mobile(payer.fields["phone"]):
        raise AccountRefused("mobile_missing", "R-21.4")
    if payer.kind == "foreign" and amount < tariff.yearly(month):
        raise AccountRefused("foreign_minimum", "R-21.8", given=tariff.yearly(month))


def deletes_at(created_at: Instant) -> Instant:
    """From when on the daily run deletes an unpaid invoice (R-21.7)."""
    return created_at + INVOICE_LIFE_US


def is_overdue(created_at: Instant, at: Instant) -> bool:
    """Whether a daily run at an instant deletes an unpaid invoice."""
    return at >= deletes_at(created_at)


Crediting = Literal["with_invoice", "without_invoice", "repeated", "wrong_amount"]


def crediting(invoice_state: str, invoice_amount: Decimal, seen_before: bool, amount: Decimal) -> Crediting:
    """What a genuine notice of a payment system does (R-21.12): once, and only with the invoice's own amount. For a deleted
    invoice it is credited without one (R-21.7); so is a second payment of a paid one, which is money too."""
    if seen_before:
        return "repeated"
    if amount != invoice_amount:
        return "wrong_amount"
    return "with_invoice" if invoice_state == "open" else "without_invoice"


class CardPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A card payment and the roubles a dollar cost that day."""

    at: Instant
    amount: Decimal
    rub_per_usd: Decimal


def card_usd_left(paid: Iterable[CardPayment], at: Instant) -> Fraction:
    """US dollars that cards may still pay today, Moscow time (R-03.13)."""
    today = moments.day_of(at)
    spent = sum(
        (Fraction(one.amount) / Fraction(one.rub_per_usd) for one in paid if moments.day_of(one.at) == today),
        Fraction(0),
    )
    return Fraction(CARD_LIMIT_USD) - spent


def check_card(paid: Iterable[CardPayment], payment: CardPayment) -> None:
    """The payment that would exceed the day's limit is refused whole (R-03.13); exactly the limit is within it. Raises
    AccountRefused."""
    left = card_usd_left(paid, payment.at)
    if Fraction(payment.amount) / Fraction(payment.rub_per_usd) > left:
        cents = int(left * 100)
        raise AccountRefused("card_limit", "R-03.13", given=f"{cents // 100}.{cents % 100:02}")


def bank_credits_by(sent_at: Instant) -> Instant:
    """Until when a bank transfer may be on its way (R-21.6)."""
    return moments.working_days_later(sent_at, BANK_DAYS)
