"""Who asks over an interface, and whose calls they see: a token, a person a program knows, or a user of the PBX (R-23.12).

Decides that a user of the PBX, and a token or a person with a filter, reach nothing but what asks for their sight; what
filters and a user's rights come to.
Leaves tokens to `tokens.py`, rights to `service/user_rights.py`, calls to `service/seen_calls.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from engine.account import call_rights
from engine.account.call_rights import EVERYTHING, Rights, Sight

HEADER: Final = "X-PBX-User"
"""Names the user of the PBX whom a program with `persons:name` signed in by phone."""

CALLS: Final = "X-PBX-Calls"
"""Says whose calls the person sees for whom a program asks: a filter as in R-23.12. It takes away and never gives."""

MAY: Final = "X-PBX-May"
"""Says which of the rights of R-23.12 that person has: words of `RIGHTS`. Without it they listen as the token may."""

RIGHTS: Final = ("listen", "download", "balance")

FILTER: Final = "calls-of:"
"""Begins the word among a token's scopes that says whose calls it sees."""

LISTEN: Final = "recordings:read"
"""A program that gets a sound has it: to listen and to download are one for tokens."""

LISTEN_IN: Final = "calls:listen"
"""To hear a call in progress."""

FOR_USERS: Final = frozenset({"history:read", LISTEN, LISTEN_IN, "calls:read"})
"""Scopes that a user may use of a program's token."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    name: str
    """What is done is kept under it."""
    sight: Sight = EVERYTHING
    user: int | None = None
    """A user of the PBX, for whom a program asks."""
    listen: bool = False
    download: bool = False
    balance: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether they reach only what asks for their sight."""
        return self.user is not None or not self.sight.all


def of_token(name: str, scopes: Collection[str], *, for_person: bool = False) -> Who:
    """A token, or a person a program knows: that program says what they may hear and keep (`restricted`)."""
    filters = [scope.removeprefix(FILTER) for scope in scopes if scope.startswith(FILTER)]
    listens = LISTEN in scopes
    return Who(
        name=name,
        sight=call_rights.sight(filters[0]) if filters else EVERYTHING,
        listen=listens,
        download=listens and not for_person,
    )


def of_user(user: int, rights: Rights, token: Who, name: str) -> Who:
    """A user of the PBX: their own rights, and nothing that the program's token may not."""
    sight = call_rights.sight(rights.filter, user)
    if not token.sight.all:
        sight = Sight(ranges=_both(sight, token.sight))
    return Who(
        name=name,
        sight=sight,
        user=user,
        listen=rights.listen and token.listen,
        download=rights.download and rights.listen and token.listen,
        balance=rights.balance,
    )


def narrowed(found: Who, filter: str) -> Who:
    """The same, who sees nothing but the calls of a filter; nothing at all with an empty one.

    Raises AccountRefused for a filter that is none.

    >>> narrowed(Who(name="anna", sight=call_rights.sight("100-104")), "103-110;200").sight.ranges
    ((103, 104),)
    """
    wanted = call_rights.sight(filter)
    return found if wanted.all else msgspec.structs.replace(found, sight=Sight(ranges=_both(found.sight, wanted)))


def restricted(found: Who, may: str, *, for_person: bool) -> Who:
    """The same with these rights and no others, none of which gives what the token may not: whoever a program names may download
    if the program says so, as it may itself, and anybody else no more than before. Raises ValueError for a word that is none.

    >>> restricted(of_token("desk", ["recordings:read"], for_person=True), "listen download", for_person=True).download
    True
    >>> restricted(of_token("desk", ["recordings:read"], for_person=True), "download balance", for_person=True).download
    False
    """
    words = set(may.split())
    if not words <= set(RIGHTS):
        raise ValueError(f"it holds words of {', '.join(RIGHTS)}")
    listen = found.listen and "listen" in words
    return msgspec.structs.replace(
        found,
        listen=listen,
        download=listen and "download" in words and (for_person or found.download),
        balance="balance" in words and (for_person or found.balance),
    )


def _both(one: Sight, other: Sight) -> call_rights.Ranges:
    if one.all:
        return other.ranges
    if other.all:
        return one.ranges
    found = [(max(a, c), min(b, d)) for a, b in one.ranges for c, d in other.ranges if max(a, c) <= min(b, d)]
    return tuple(found)
