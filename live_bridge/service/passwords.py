"""SIP passwords of users: made by us, shown once, kept as HA1 only (RFC 7616 section 3.4.2).

Decides their length and letters. Leaves keeping to `store/store.py` and checking to `sip/digest.py`.
"""

from __future__ import annotations

import hashlib
import secrets

from live_bridge.store.store import SipAccount, now

LENGTH = 20
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters that look alike: people type these into telephones."""


def generate() -> str:
    """A new password: 20 letters of 55, 115 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def account(user: int, realm: str, password: str) -> SipAccount:
    """What is kept of a password."""
    secret = f"{user}:{realm}:{password}".encode()
    return SipAccount(
        user=user,
        realm=realm,
        ha1_sha256=hashlib.sha256(secret).hexdigest(),
        ha1_md5=hashlib.md5(secret, usedforsecurity=False).hexdigest(),
        made_at=now(),
    )
