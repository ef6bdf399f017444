"""In whose name a token acts: its own, or that of a person whom the program with the token knows (R-16.4, R-25.5).

Decides that only a token with the scope `persons:name` may name a person, and that such a token does nothing without naming
one: it is a workbench's, where people sign in, and one name for all of them would say nothing. Leaves tokens to `tokens.py`,
who persons are and what each of them may do to that program.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import unquote

from live_bridge.api.access import tokens
from live_bridge.store.audit import VIA

HEADER: Final = "X-PBX-Person"
"""Names the person, in percent-encoded UTF-8."""

PERSON_MOST: Final = 40
BY_MOST: Final = 64
"""Characters of a name that acts are kept under."""


class PersonRefused(Exception):
    """A token that may not act in this name; the sentence says why."""


def acts_as(token: str, scopes: Collection[str], scope: str, named: str | None) -> str:
    """The name that an act is kept under, of a token and the header it came with. Raises PersonRefused.

    >>> acts_as("workbench", {"rules:write", "persons:name"}, "rules:write", "%D0%90%D0%BD%D0%BD%D0%B0")
    'Анна via workbench'
    >>> acts_as("crm", {"rules:write"}, "rules:write", None)
    'crm'
    """
    if named is None:
        if tokens.NAMES_PERSONS in scopes and _is_act(scope):
            raise PersonRefused(f"this token acts for persons: name one in the header {HEADER}")
        return token
    if tokens.NAMES_PERSONS not in scopes:
        raise PersonRefused(
            f"this token may not act for a person: it lacks the scope {tokens.NAMES_PERSONS}; make another with pbx token"
        )
    try:
        person = unquote(named, errors="strict").strip()
    except UnicodeDecodeError:
        person = ""
    if not person or len(person) > PERSON_MOST or not person.isprintable() or VIA in f" {person} ":
        raise PersonRefused(
            f"{HEADER} holds a name of 1 to {PERSON_MOST} printable characters in percent-encoded UTF-8"
        )
    return f"{person}{VIA}{token}"[:BY_MOST]


def _is_act(scope: str) -> bool:
    """Whether a scope is for what somebody does, or for what a person is answerable for seeing (R-23.12)."""
    return scope.endswith(":write") or scope in ("history:read", "recordings:read", "calls:listen")
