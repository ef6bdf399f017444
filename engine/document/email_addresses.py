"""E-mail addresses as a mail server takes them (RFC 5321 section 4.1.2, RFC 6531 for letters beyond ASCII).

Decides what is an address. Leaves whether somebody reads there to the mail.
"""

from __future__ import annotations

import re
from typing import Final

from engine.numbers.digits import is_digits

ADDRESS_OCTETS: Final = 254
"""Longest path less its angle brackets (RFC 5321 section 4.5.3.1.3)."""

LOCAL_OCTETS: Final = 64
DOMAIN_OCTETS: Final = 255
LABEL_OCTETS: Final = 63

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED: Final = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_LABEL: Final = re.compile(
    r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
)


def checked_email(value: str) -> str:
    """An address without the spaces around it. Raises ValueError.

    >>> checked_email(" anna.p@example.org "), checked_email("почта@пример.рф")
    ('anna.p@example.org', 'почта@пример.рф')
    """
    text = value.strip()
    if not is_email(text):
        raise ValueError(f"{text[:80] or 'an empty text'} is no e-mail address (R-09.2)")
    return text


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address of somebody at a domain: not at an address of the network, not at a bare host.

    >>> [is_email(a) for a in ("a@b.ru", '"a b"@b.ru', "a@b", "@b.ru", "a@@b.ru", ".a@b.ru", "a@-b.ru", "a@[192.0.2.1]")]
    [True, True, False, False, False, False, False, False]
    """
    local, at, domain = text.rpartition("@")
    if not at or not text.isprintable() or len(text.encode(errors="replace")) > ADDRESS_OCTETS:
        return False
    if len(local.encode(errors="replace")) > LOCAL_OCTETS or not (_LOCAL.fullmatch(local) or _QUOTED.fullmatch(local)):
        return False
    labels = domain.split(".")
    if len(labels) < 2 or is_digits(labels[-1]) or len(domain.encode(errors="replace")) > DOMAIN_OCTETS:
        return False
    return all(_LABEL.fullmatch(label) and len(label.encode(errors="replace")) <= LABEL_OCTETS for label in labels)
