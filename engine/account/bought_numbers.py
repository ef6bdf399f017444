"""Numbers bought from the partner operator, with their own prepaid balance (R-03.1 to R-03.8).

Decides when one may be bought, when its calls are barred, and when it is taken away. Leaves prices and free numbers to the
partner, and booking to the hosting process.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from engine.account import moments
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant

KEPT_MONTHS: Final = 2
"""R-03.8: calendar months after the last paid day."""


def check_purchase(balance: Decimal, fee: Decimal) -> None:
    """Whether a number may be bought: the fee is charged at once and in advance (R-03.5). Raises AccountRefused."""
    if balance <= 0:
        raise AccountRefused("balance_zero", "R-03.2", given=balance)
    if balance < fee:
        raise AccountRefused("number_fee", "R-03.5", given=fee)


def is_unpaid(balance: Decimal) -> bool:
    """Whether calls in and out through bought numbers are barred (R-03.6, R-03.7)."""
    return balance <= 0


def paid_until(paid_from: date) -> date:
    """The last day that a monthly fee pays for, whose period begins on a day.

    >>> paid_until(date(2026, 1, 31))
    datetime.date(2026, 2, 27)
    """
    return date.fromordinal(moments.months_later(paid_from, 1).toordinal() - 1)


def lost_at(last_paid_day: date) -> Instant:
    """When a number is taken away: two calendar months after the last paid day, end of that day, Moscow time (R-03.8)."""
    return moments.end_of(moments.months_later(last_paid_day, KEPT_MONTHS))


def is_lost(last_paid_day: date, at: Instant) -> bool:
    """Whether it has been taken away."""
    return at >= lost_at(last_paid_day)
