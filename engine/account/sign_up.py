"""Sign-up and sign-in as rules: links in e-mails, account names, passwords, lock-outs, sessions (R-01.1 to R-01.7, R-01.12).

Decides what is valid at an instant. Leaves secrets, hashes and e-mails to the hosting process.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.account import moments
from engine.account.refusals import AccountRefused
from engine.contract.ids import SECOND_US, Duration, Instant
from engine.document import email_addresses

LINK_US: Final = 72 * moments.HOUR_US
"""R-01.7."""

WRONG_PASSWORDS: Final = 10
WRONG_WITHIN_US: Final = 15 * 60 * SECOND_US
LOCKED_US: Final = 15 * 60 * SECOND_US
SESSION_US: Final = 12 * moments.HOUR_US
"""R-01.12."""

PASSWORD_LEAST: Final = 10
PASSWORD_MOST: Final = 256
"""Characters of a panel password: enough against guessing, not so many that hashing one is an attack."""

SUFFIX: Final = "onpbx.ru"
"""R-01.6."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]{2,31}", re.ASCII)


def checked_address(text: str) -> str:
    """An e-mail address, its domain in lower case. Raises AccountRefused: `example.onpbx.ru` is a domain (R-01.7)."""
    address = text.strip()
    if not email_addresses.is_email(address):
        raise AccountRefused("email", "R-01.7", given=address[:80] or "an empty text")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def account_name(text: str) -> str:
    """A name as it is stored, lower case (R-01.3, R-01.6). Raises AccountRefused.

    >>> account_name(" OnlinePBX ")
    'onlinepbx'
    """
    name = text.strip().lower() if text.strip().isascii() else ""
    if not _NAME.fullmatch(name):
        raise AccountRefused("account_name", "R-01.6", given=text.strip()[:40] or "an empty text")
    return name


def sip_domain(name: str, suffix: str = SUFFIX) -> str:
    """The SIP domain of an account (R-01.4).

    >>> sip_domain("example")
    'example.onpbx.ru'
    """
    return f"{name}.{suffix}"


def check_link(sent_at: Instant, used_at: Instant | None, at: Instant) -> None:
    """A link in an e-mail works once and for 72 h, that instant included (R-01.7). Raises AccountRefused."""
    if used_at is not None:
        raise AccountRefused("link_used", "R-01.7")
    if at - sent_at > LINK_US:
        raise AccountRefused("link_over", "R-01.7")


def check_password(password: str) -> None:
    """Whether a panel password may be set. Raises AccountRefused."""
    if len(password) < PASSWORD_LEAST:
        raise AccountRefused("password_short", "R-01.2", least=PASSWORD_LEAST)
    if len(password) > PASSWORD_MOST:
        raise AccountRefused("password_long", "R-01.2", most=PASSWORD_MOST)


def locked_until(
    wrong_at: Sequence[Instant],
    *,
    most: int = WRONG_PASSWORDS,
    within_us: Duration = WRONG_WITHIN_US,
    locked_us: Duration = LOCKED_US,
) -> Instant | None:
    """Until when the sign-in is locked by wrong passwords, given in order of time; None if it never was (R-01.12).

    The tenth wrong one within 15 minutes locks for 15 minutes from then on. Those before a lock do not count for the next one.
    """
    found: Instant | None = None
    counted: list[Instant] = []
    for at in wrong_at:
        if found is not None and at < found:
            continue
        counted = [one for one in counted if at - one <= within_us]
        counted.append(at)
        if len(counted) >= most:
            found, counted = at + locked_us, []
    return found


def session_is_over(began_at: Instant, password_set_at: Instant, at: Instant) -> bool:
    """Whether a session has ended: after 12 h, or by a change of the password (R-01.12)."""
    return at - began_at >= SESSION_US or password_set_at > began_at
