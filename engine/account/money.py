"""Amounts of money: decimals of two places, never floats (R-20.7).

Decides how an amount is read, rounded and written. Leaves what is charged to `tariff.py`, what is paid to `invoices.py`.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Final

from engine.account.refusals import AccountRefused

ZERO: Final = Decimal("0.00")
KOPECK: Final = Decimal("0.01")
LARGEST: Final = Decimal("999999999.99")
"""No single amount is larger: a slip of the keyboard, not a payment."""

_AMOUNT: Final = re.compile(r"(\d{1,9})(?:[.,](\d{1,6}))?", re.ASCII)


def rounded(amount: Decimal) -> Decimal:
    """To kopecks, half to even (R-21.10).

    >>> rounded(Decimal("0.125")), rounded(Decimal("0.135"))
    (Decimal('0.12'), Decimal('0.14'))
    """
    return amount.quantize(KOPECK, ROUND_HALF_EVEN)


def rounded_up(amount: Decimal, step: int) -> Decimal:
    """Up to a whole number of `step` roubles.

    >>> rounded_up(Decimal("100.01"), 10), rounded_up(Decimal("110"), 10)
    (Decimal('110.00'), Decimal('110.00'))
    """
    steps = (amount / step).to_integral_value(ROUND_CEILING)
    return (steps * step).quantize(KOPECK)


def read(text: str) -> Decimal:
    """A positive amount as people and payment systems write it, with a dot or a comma; places beyond the second must be zero, as
    Robokassa writes six. Raises AccountRefused.

    >>> read("100"), read("99,9"), read("250.500000")
    (Decimal('100.00'), Decimal('99.90'), Decimal('250.50'))
    """
    found = _AMOUNT.fullmatch(text.strip())
    places = (found.group(2) or "") if found else ""
    amount = Decimal(f"{found.group(1)}.{places[:2] or '0'}").quantize(KOPECK) if found else ZERO
    if found is None or places[2:].strip("0") or not ZERO < amount <= LARGEST:
        raise AccountRefused("amount", "R-20.7", given=text[:40])
    return amount


def kopecks(amount: Decimal) -> int:
    """As whole kopecks, for storage. Raises ValueError when the amount has a part of one.

    >>> kopecks(Decimal("12.30"))
    1230
    """
    whole = amount * 100
    if whole != whole.to_integral_value():
        raise ValueError(f"{amount} is no whole number of kopecks (R-20.7)")
    return int(whole)


def of_kopecks(count: int) -> Decimal:
    """The inverse of `kopecks`.

    >>> of_kopecks(-5)
    Decimal('-0.05')
    """
    return Decimal(count).scaleb(-2).quantize(KOPECK)


def written(amount: Decimal, language: str = "ru") -> str:
    """For people.

    >>> written(Decimal("1234567.5")), written(Decimal("-3"), "en")
    ('1 234 567,50', '-3.00')
    """
    text = f"{amount.quantize(KOPECK):,.2f}"
    return text.replace(",", " ").replace(".", ",") if language == "ru" else text
