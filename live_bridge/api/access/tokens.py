"""Tokens of the API: made here, shown once, kept as a digest, allowed only what their scopes say.

A token is 32 random bytes, so a plain SHA-256 keeps it: there is nothing to guess. Leaves keeping to `store/store.py`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

SCOPES = {
    "calls:read": "calls in progress and the event stream",
    "calls:write": "make, hang up, transfer and join calls",
    "calls:listen": "listen to calls in progress; with calls:write also whisper and barge in",
    "users:write": "give users new SIP passwords",
    "versions:read": "versions of the document",
    "versions:write": "publish, promote, roll back and retire versions",
    "phones:write": "telephones in the browser: be a user's phone, call as somebody outside",
    "logins:begin": "let users sign in by their phones: a workbench",
    "members:write": "sign members in and out, pause them, do not disturb",
    "rules:write": "hold time rules by hand, erase numbers",
    "history:read": "call history, without its sounds",
    "recordings:read": "listen to recordings and voice messages",
    "account:write": "tell the state of the account and whether trunks are paid for: the hosting process",
    "metrics:read": "Prometheus metrics",
    "activity:read": "what members did: sign-ins, pauses, talks, work after calls",
    "twin:write": "post the forecast of a twin",
    "persons:name": "act for persons whom the program knows, each act in the name of one: a workbench",
}

NAMES_PERSONS = "persons:name"
"""With it a token does nothing in its own name (`persons.py`)."""

GROUPS = {
    "read": ("calls:read", "history:read", "recordings:read", "activity:read", "metrics:read", "versions:read"),
    "call": ("calls:write", "members:write"),
    "learn": ("history:read", "activity:read", "versions:read"),
    "twin": ("calls:read", "versions:read", "twin:write"),
    "configure": ("users:write", "versions:write", "rules:write"),
}
"""Words for several scopes at once (R-16.4)."""

PREFIX = "pbx_"


def expanded(words: Iterable[str]) -> tuple[str, ...]:
    """Scopes that words mean, each once, in order; KeyError with a word that means none.

    >>> expanded(["call", "calls:read"])
    ('calls:write', 'members:write', 'calls:read')
    """
    found: dict[str, None] = {}
    for word in words:
        if word not in GROUPS and word not in SCOPES:
            raise KeyError(word)
        found |= dict.fromkeys(GROUPS.get(word, (word,)))
    return tuple(found)


def generate() -> str:
    """A new token: `pbx_` and 43 letters, 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
