"""What a PBX costs: the price list of an installation, what an account has, a month's and a day's charge (R-21.10).

Decides amounts. Leaves taking them to `standing.py`, and booking them to the hosting process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from engine.account import moments, money
from engine.contract.ids import Instant

YEAR_MONTHS = 12
RECOMMENDED_DAYS = 30
RECOMMENDED_LEAST = Decimal(100)
RECOMMENDED_STEP = 10
"""R-21.9, R-21.11."""


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has, counted; `modules` by name."""

    users: int = 0
    trunks: int = 0
    recording: int = 0
    """Users whose talks are recorded."""
    modules: tuple[str, ...] = ()


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """RUB a month for each thing. A module that is not listed costs nothing."""

    account: Decimal = money.ZERO
    user: Decimal = money.ZERO
    trunk: Decimal = money.ZERO
    recording: Decimal = money.ZERO
    modules: Mapping[str, Decimal] = msgspec.field(default_factory=dict)

    def lines(self, has: Holdings) -> list[tuple[str, int, Decimal]]:
        """What is paid for: name, count, RUB a month for one. What costs nothing or is not there is left out."""
        every = [
            ("account", 1, self.account),
            ("user", has.users, self.user),
            ("trunk", has.trunks, self.trunk),
            ("recording", has.recording, self.recording),
            *((name, 1, self.modules.get(name, money.ZERO)) for name in has.modules),
        ]
        return [line for line in every if line[1] and line[2]]

    def month(self, has: Holdings) -> Decimal:
        """The monthly charge."""
        return sum((count * price for _, count, price in self.lines(has)), money.ZERO)


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A price list and when it was set."""

    at: Instant
    prices: PriceList


def in_force(changes: Sequence[PriceChange], day: date, zone: str = moments.MOSCOW) -> PriceList:
    """The price list of a day's charge: a change holds from the charge of the day after it was made (R-21.10).

    `changes` are in order of time; the first one holds for the days before it too, as no other is known.
    """
    found = changes[0].prices
    for change in changes:
        if moments.day_of(change.at, zone) < day:
            found = change.prices
    return found


def day_charge(month: Decimal, day: date) -> Decimal:
    """A day's share of a monthly charge, half to even.

    >>> day_charge(Decimal("1000"), date(2026, 11, 29)), day_charge(Decimal("1000"), date(2026, 12, 1))
    (Decimal('33.33'), Decimal('32.26'))
    """
    return money.rounded(month / moments.days_in_month(day))


def next_days(month: Decimal, day: date, days: int = RECOMMENDED_DAYS) -> Decimal:
    """The cost of the days from `day` on, each with its own share of its month."""
    return sum(
        (day_charge(month, date.fromordinal(day.toordinal() + n)) for n in range(days)),
        money.ZERO,
    )


def recommended(balance: Decimal, month: Decimal, day: date) -> Decimal:
    """What brings the balance to the cost of the next 30 days, at least 100 RUB, rounded up to 10 (R-21.11)."""
    return money.rounded_up(max(next_days(month, day) - balance, RECOMMENDED_LEAST), RECOMMENDED_STEP)


def yearly(month: Decimal) -> Decimal:
    """The yearly cost: twelve times the monthly charge now (R-21.9)."""
    return month * YEAR_MONTHS
