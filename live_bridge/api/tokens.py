"""Tokens of the API: made here, shown once, kept as a digest, allowed only what their scopes say.

A token is 32 random bytes, so a plain SHA-256 keeps it: there is nothing to guess. Leaves keeping to `store.py`.
"""

from __future__ import annotations

import hashlib
import secrets

SCOPES = {
    "calls:read": "calls in progress and the event stream",
    "calls:write": "make, hang up and transfer calls",
    "users:write": "give users new SIP passwords",
    "versions:read": "versions of the document",
    "versions:write": "publish, promote, roll back and retire versions",
    "members:write": "sign members in and out, pause them, do not disturb",
    "history:read": "call history and voice messages",
    "metrics:read": "Prometheus metrics",
}

PREFIX = "pbx_"


def generate() -> str:
    """A new token: `pbx_` and 43 letters, 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
