"""How an account stands, and what time, a day's charge, a payment and the button «Продлить на 24 часа» make of it.

Decides states and refusals from what is known of one account (R-01.8 to R-01.11, R-21.13, R-22). Every function takes a standing
and an instant and gives the standing afterwards. Leaves amounts to `tariff.py`, the moves to `states.py`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, Literal

import msgspec

from engine.account import moments, money, states
from engine.account.refusals import AccountRefused
from engine.account.states import State
from engine.contract.ids import Instant

TRIAL_US: Final = 14 * moments.DAY_US
"""R-01.9."""

EXTENSION_US: Final = 1440 * 60 * 1_000_000
"""R-22.5."""

EXTENSION_AGAIN_US: Final = 7 * moments.DAY_US
"""R-22.10: 168 h from the previous activation."""

API_GRACE_US: Final = 7 * moments.DAY_US
"""R-01.11."""

OLD_BEFORE: Final = date(2014, 12, 17)
OLD_CREDIT: Final = Decimal("300.00")
"""Accounts from before that day, Moscow time, may owe so much and have no button (R-21.13, R-22.7)."""

Hint = Literal["not_needed", "needed", "on", "over"]
HINTS: Final[tuple[Hint, ...]] = ("not_needed", "needed", "on", "over")
"""What stands beside the button (R-22.3): not needed; needed; done and account on; done and 24 h over."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about an account."""

    state: State
    since: Instant
    """When it came into its state."""
    registered_at: Instant
    trial_ends_at: Instant
    balance: Decimal = money.ZERO
    paid_at: Instant | None = None
    """The last payment; None if there never was one."""
    extended_at: Instant | None = None
    """The last use of the button."""

    @property
    def is_old(self) -> bool:
        """Registered before 17 December 2014, Moscow time; that day itself is not before (R-22.10)."""
        return moments.day_of(self.registered_at) < OLD_BEFORE

    @property
    def credit_limit(self) -> Decimal:
        """RUB that it may owe (R-21.13)."""
        return OLD_CREDIT if self.is_old else money.ZERO

    @property
    def is_covered(self) -> bool:
        """Whether the balance is not below minus the credit limit."""
        return self.balance >= -self.credit_limit

    @property
    def is_barred(self) -> bool:
        """Whether no new call starts (R-01.10)."""
        return self.state in states.BARRED


def opened(at: Instant, trial_us: int = TRIAL_US) -> Standing:
    """A new account, in its trial (R-01.8)."""
    return Standing(state="trial", since=at, registered_at=at, trial_ends_at=at + trial_us)


def next_change(standing: Standing) -> Instant | None:
    """When time alone moves the account next; None if never."""
    if standing.state == "trial":
        return standing.trial_ends_at
    if standing.state == "extended_24h" and standing.extended_at is not None:
        return standing.extended_at + EXTENSION_US
    return None


def at_time(standing: Standing, at: Instant) -> Standing:
    """What time has made of it: the trial's end (R-21.1), the end of 24 hours (R-22.5), each at its own instant."""
    due = next_change(standing)
    if due is None or due > at:
        return standing
    if standing.state == "trial":
        paid = standing.paid_at is not None and standing.balance > 0
        return _moved(standing, "trial_over" if paid else "trial_over_unpaid", due)
    return _moved(standing, "extension_over", due)


def charged(standing: Standing, at: Instant, amount: Decimal) -> Standing:
    """A day's charge is taken; below minus the credit limit it blocks the account (R-21.13). Nothing is taken in a trial, of a
    blocked or of a closed account."""
    standing = at_time(standing, at)
    if standing.state not in states.CHARGED:
        return standing
    after = msgspec.structs.replace(standing, balance=standing.balance - amount)
    return after if after.is_covered else _moved(after, "debt", at)


def paid(standing: Standing, at: Instant, amount: Decimal) -> Standing:
    """A payment is credited; one that covers the debt makes a blocked or extended account active (R-22.10)."""
    standing = at_time(standing, at)
    last = at if standing.paid_at is None else max(standing.paid_at, at)
    after = msgspec.structs.replace(standing, balance=standing.balance + amount, paid_at=last)
    return _moved(after, "covered", at) if after.is_covered else after


def corrected(standing: Standing, at: Instant, amount: Decimal) -> Standing:
    """A correction of the balance, either way: no payment, but what covers a debt ends it. It never blocks: only a day's charge
    does."""
    standing = at_time(standing, at)
    after = msgspec.structs.replace(standing, balance=standing.balance + amount)
    if not after.is_covered or (after.state == "blocked_debt" and after.paid_at is None and after.balance <= 0):
        return after
    return _moved(after, "covered", at)


def closed(standing: Standing, at: Instant) -> Standing:
    """The account is closed, for ever."""
    standing = at_time(standing, at)
    return standing if standing.state == "closed" else _moved(standing, "closed", at)


def extended(standing: Standing, at: Instant) -> Standing:
    """The button «Продлить на 24 часа» is pressed (R-22). Raises AccountRefused with the reason."""
    standing = at_time(standing, at)
    refusal = extension_refusal(standing, at)
    if refusal is not None:
        raise refusal
    return _moved(msgspec.structs.replace(standing, extended_at=at), "extended", at)


def extension_refusal(standing: Standing, at: Instant) -> AccountRefused | None:
    """Why the button does nothing now; None when it works."""
    standing = at_time(standing, at)
    if standing.state == "closed":
        return AccountRefused("closed", "R-01.9")
    if standing.state != "blocked_debt":
        return AccountRefused("not_needed", "R-22.3")
    if standing.is_old:
        return AccountRefused("old_account", "R-22.7")
    if standing.paid_at is None:
        return AccountRefused("never_paid", "R-22.4")
    last = standing.extended_at
    if last is None:
        return None
    if at - last < EXTENSION_AGAIN_US:
        return AccountRefused("too_soon", "R-22.6", given=moments.written(last + EXTENSION_AGAIN_US))
    if standing.paid_at <= last:
        return AccountRefused("no_payment_since", "R-22.6")
    return None


def hint(standing: Standing, at: Instant) -> Hint:
    """Which of the four hints stands beside the button (R-22.3)."""
    standing = at_time(standing, at)
    if standing.state == "extended_24h":
        return "on"
    if standing.state != "blocked_debt":
        return "not_needed"
    refusal = extension_refusal(standing, at)
    return "over" if refusal is not None and refusal.rule == "R-22.6" else "needed"


def api_ends_at(standing: Standing) -> Instant | None:
    """When API requests stop (R-01.11): seven days after the account was blocked, at once when it was closed; None while nothing
    ends them."""
    if standing.state == "closed":
        return standing.since
    return standing.since + API_GRACE_US if standing.state == "blocked_debt" else None


def _moved(standing: Standing, move: states.Move, at: Instant) -> Standing:
    state = states.moved(standing.state, move)
    if state == standing.state:
        return standing
    return msgspec.structs.replace(standing, state=state, since=at)
